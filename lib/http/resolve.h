/*
 * resolve: names to addresses for the native client. Numeric addresses and "localhost" need no
 * service; other names go through c-ares (hosts file and DNS, A and AAAA), because getaddrinfo
 * cannot be linked statically. Internal to http/.
 */
#ifndef UNUM_HTTP_RESOLVE_H
#define UNUM_HTTP_RESOLVE_H

#include <netinet/in.h>
#include <poll.h>

#include "base/clock.h"
#include "base/err.h"

enum { HTTP_MAX_ADDRESSES = 8, HTTP_MAX_LOOKUP_FDS = 16 };

struct http_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    socklen_t len;
};

/* "127.0.0.1 port 80", "::1 port 80" for messages. */
void http_address_text(const struct http_address *address, struct unum_buf *out);

enum http_lookup_state { HTTP_LOOKUP_NONE, HTTP_LOOKUP_PENDING, HTTP_LOOKUP_DONE };

/* The addresses of one name, in the order in which they shall be tried. Stays where it is while
 * the state is PENDING. */
struct http_lookup {
    enum http_lookup_state state;
    int rc; /* DONE: 0 or IO (no such name, no answer) */
    const char *reason;
    struct http_address addresses[HTTP_MAX_ADDRESSES];
    size_t len;
    bool lasting;       /* never asked again: numeric and local names */
    int64_t expires_ns; /* monotonic */
    uint16_t port;
    const struct unum_clock *clock;
};

/* `servers`: "address:port,...", for tests; empty: those of the system. */
struct http_resolver;
struct http_resolver *http_resolver_new(const struct unum_clock *clock, struct unum_str servers);
void http_resolver_free(struct http_resolver *resolver); /* ends pending look-ups; accepts NULL */

/* Begin, unless the lookup has addresses that are still valid. Outcomes are in the lookup. */
void http_lookup_start(struct http_resolver *resolver, struct http_lookup *lookup,
                       struct unum_str host, uint16_t port);
/* Ask again next time: all addresses failed. */
void http_lookup_forget(struct http_lookup *lookup);

/* What to poll for while look-ups are pending, how long at most (ms, -1: no limit), and what to do
 * afterwards (also after the time is over). */
size_t http_resolver_fds(struct http_resolver *resolver, struct pollfd fds[HTTP_MAX_LOOKUP_FDS]);
int http_resolver_timeout_ms(struct http_resolver *resolver);
void http_resolver_process(struct http_resolver *resolver, const struct pollfd *fds, size_t len);

#endif

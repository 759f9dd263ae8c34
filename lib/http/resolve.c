#include "http/resolve.h"

#include <ares.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/alloc.h"
#include "http/message.h"

/* Addresses of services live for seconds only; a shorter life than one second helps nobody. */
enum { MIN_LIFE_S = 1, MAX_LIFE_S = 60, FAILURE_LIFE_S = 1, QUERY_TIMEOUT_MS = 2000, TRIES = 3 };

struct http_resolver {
    const struct unum_clock *clock;
    char *servers;
    ares_channel channel;
    bool open; /* the channel is made when the first name needs it */
};

void http_address_text(const struct http_address *address, struct unum_buf *out)
{
    char text[INET6_ADDRSTRLEN] = "?";
    bool v6 = address->at.any.sa_family == AF_INET6;
    if (v6)
        inet_ntop(AF_INET6, &address->at.v6.sin6_addr, text, sizeof(text));
    else
        inet_ntop(AF_INET, &address->at.v4.sin_addr, text, sizeof(text));
    unum_buf_printf(out, "%s port %u", text,
                    ntohs(v6 ? address->at.v6.sin6_port : address->at.v4.sin_port));
}

struct http_resolver *http_resolver_new(const struct unum_clock *clock, struct unum_str servers)
{
    struct http_resolver *resolver = unum_alloc(sizeof(*resolver));
    resolver->clock = clock;
    resolver->servers = servers.len ? unum_str_dup(servers) : NULL;
    return resolver;
}

void http_resolver_free(struct http_resolver *resolver)
{
    if (!resolver)
        return;
    if (resolver->open)
        ares_destroy(resolver->channel); /* calls back for every pending look-up */
    free(resolver->servers);
    free(resolver);
}

static struct http_address v4_address(struct in_addr address, uint16_t port)
{
    struct http_address to = {.len = sizeof(struct sockaddr_in)};
    to.at.v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = address, .sin_port = htons(port)};
    return to;
}

static struct http_address v6_address(const struct in6_addr *address, uint16_t port)
{
    struct http_address to = {.len = sizeof(struct sockaddr_in6)};
    to.at.v6 = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_addr = *address, .sin6_port = htons(port)};
    return to;
}

/* Numeric addresses and the names of this machine. */
static bool local_addresses(struct http_lookup *lookup, const char *name, uint16_t port)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, name, &v4) == 1) {
        lookup->addresses[lookup->len++] = v4_address(v4, port);
    } else if (inet_pton(AF_INET6, name, &v6) == 1) {
        lookup->addresses[lookup->len++] = v6_address(&v6, port);
    } else if (http_is_loopback(unum_str_from(name))) {
        v4.s_addr = htonl(INADDR_LOOPBACK);
        lookup->addresses[lookup->len++] = v4_address(v4, port);
        lookup->addresses[lookup->len++] = v6_address(&in6addr_loopback, port);
    }
    return lookup->len > 0;
}

static void finished(struct http_lookup *lookup, const char *reason, int64_t life_s)
{
    lookup->state = HTTP_LOOKUP_DONE;
    lookup->rc = reason ? UNUM_E_IO : 0;
    lookup->reason = reason;
    lookup->expires_ns = unum_monotonic_ns(lookup->clock) + life_s * 1000000000;
}

static void answered(void *cookie, int status, int timeouts, struct ares_addrinfo *answer)
{
    (void)timeouts;
    struct http_lookup *lookup = cookie;
    int64_t life_s = MAX_LIFE_S;
    for (struct ares_addrinfo_node *node = answer ? answer->nodes : NULL;
         node && lookup->len < HTTP_MAX_ADDRESSES; node = node->ai_next) {
        struct http_address *to = &lookup->addresses[lookup->len];
        if (node->ai_addrlen > sizeof(to->at))
            continue;
        memcpy(&to->at, node->ai_addr, node->ai_addrlen);
        to->len = node->ai_addrlen;
        lookup->len++;
        if (node->ai_ttl < life_s)
            life_s = node->ai_ttl;
    }
    if (answer)
        ares_freeaddrinfo(answer);
    if (status == ARES_SUCCESS && lookup->len)
        finished(lookup, NULL, life_s < MIN_LIFE_S ? MIN_LIFE_S : life_s);
    else
        finished(lookup, ares_strerror(status == ARES_SUCCESS ? ARES_ENODATA : status),
                 FAILURE_LIFE_S);
}

/* ares_library_init() is not called: outside Windows it only counts, and counts without a lock. */
static const char *open_channel(struct http_resolver *resolver)
{
    if (resolver->open)
        return NULL;
    struct ares_options options = {.timeout = QUERY_TIMEOUT_MS, .tries = TRIES};
    int status =
        ares_init_options(&resolver->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
    if (status != ARES_SUCCESS)
        return ares_strerror(status);
    resolver->open = true;
    if (resolver->servers)
        status = ares_set_servers_ports_csv(resolver->channel, resolver->servers);
    return status == ARES_SUCCESS ? NULL : ares_strerror(status);
}

void http_lookup_start(struct http_resolver *resolver, struct http_lookup *lookup,
                       struct unum_str host, uint16_t port)
{
    if (lookup->state == HTTP_LOOKUP_PENDING ||
        (lookup->state == HTTP_LOOKUP_DONE &&
         (lookup->lasting || unum_monotonic_ns(resolver->clock) < lookup->expires_ns)))
        return;
    char *UNUM_AUTO_FREE name = unum_str_dup(host);
    *lookup =
        (struct http_lookup){.state = HTTP_LOOKUP_PENDING, .port = port, .clock = resolver->clock};
    lookup->lasting = local_addresses(lookup, name, port);
    if (lookup->lasting) {
        finished(lookup, NULL, MAX_LIFE_S);
        return;
    }
    const char *trouble = open_channel(resolver);
    if (trouble) {
        finished(lookup, trouble, FAILURE_LIFE_S);
        return;
    }
    char service[8];
    struct unum_buf UNUM_AUTO_BUF number = UNUM_BUF_INIT(sizeof(service));
    unum_buf_addu(&number, port);
    const struct ares_addrinfo_hints hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = ARES_AI_NUMERICSERV};
    ares_getaddrinfo(resolver->channel, name, unum_buf_text(&number), &hints, answered, lookup);
}

void http_lookup_forget(struct http_lookup *lookup)
{
    if (lookup->state == HTTP_LOOKUP_DONE && !lookup->lasting)
        lookup->state = HTTP_LOOKUP_NONE;
}

size_t http_resolver_fds(struct http_resolver *resolver, struct pollfd fds[HTTP_MAX_LOOKUP_FDS])
{
    if (!resolver->open)
        return 0;
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    /* Bit i: read from socket i; bit i + MAXNUM: write. The macros for it shift into the sign. */
    unsigned wanted = (unsigned)ares_getsock(resolver->channel, sockets, ARES_GETSOCK_MAXNUM);
    size_t len = 0;
    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM && len < HTTP_MAX_LOOKUP_FDS; i++) {
        short events = 0;
        if (wanted >> i & 1u)
            events |= POLLIN;
        if (wanted >> (i + ARES_GETSOCK_MAXNUM) & 1u)
            events |= POLLOUT;
        if (events)
            fds[len++] = (struct pollfd){.fd = sockets[i], .events = events};
    }
    return len;
}

int http_resolver_timeout_ms(struct http_resolver *resolver)
{
    struct timeval left;
    if (!resolver->open || !ares_timeout(resolver->channel, NULL, &left))
        return -1;
    return (int)(left.tv_sec * 1000 + left.tv_usec / 1000 + 1);
}

void http_resolver_process(struct http_resolver *resolver, const struct pollfd *fds, size_t len)
{
    if (!resolver->open)
        return;
    for (size_t i = 0; i < len; i++) {
        bool failed = fds[i].revents & (POLLERR | POLLHUP | POLLNVAL);
        bool readable = failed || (fds[i].revents & POLLIN);
        bool writable = (fds[i].revents & POLLOUT) != 0;
        ares_process_fd(resolver->channel, readable ? fds[i].fd : ARES_SOCKET_BAD,
                        writable ? fds[i].fd : ARES_SOCKET_BAD);
    }
    /* Queries whose time is over. */
    ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/*
 * http: HTTP/1.1 messages and the seam through which every request leaves (RFC 9110, RFC 9112).
 *
 * A transport sends a batch of exchanges concurrently and returns when each has an answer or an
 * error. Two backends: http_native (the runtime's own client: keep-alive, no DNS library but
 * c-ares, TLS by crypto/tls.h) and http_curl (the program's: proxies, CA bundles). A fake for tests
 * is in tests/support. Redirects are never followed: AWS does not use them.
 */
#ifndef UNUM_HTTP_HTTP_H
#define UNUM_HTTP_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

struct http_header {
    struct unum_str name, value;
};

struct http_headers {
    struct http_header *at;
    size_t len, cap;
};

/* Appends; name and value are borrowed. */
void http_headers_add(struct http_headers *headers, struct unum_arena *arena, struct unum_str name,
                      struct unum_str value);
/* The first header of that name (any case), or NULL. */
const struct http_header *http_headers_get(const struct http_headers *headers, const char *name);

struct http_endpoint {
    bool tls;
    struct unum_str host; /* without brackets for IPv6 */
    uint16_t port;
    struct unum_str base_path; /* "" or "/prefix" without final slash */
};

/* "http://host[:port][/base]" or https. INVAL with the reason. Views point into `url`. */
UNUM_CHECKED int http_endpoint_parse(struct unum_str url, struct http_endpoint *ret,
                                     struct unum_err *err);
/* The value of the Host header: host, brackets for IPv6, port unless it is the scheme's. */
void http_endpoint_host(const struct http_endpoint *endpoint, struct unum_buf *out);

struct http_exchange {
    /* The request. All views are borrowed until the exchange is over. */
    struct http_endpoint endpoint;
    struct unum_str method;
    struct unum_str
        target; /* encoded path and query, starts with "/" (base_path already included) */
    struct http_headers
        headers; /* without Host, Content-Length, Connection: the transport adds them */
    struct unum_str body;
    int64_t timeout_ms; /* for the whole exchange; 0: none */
    bool once;          /* must not reach the peer twice: over a connection of its own */
    size_t max_body;    /* ceiling of the answer; 0: UNUM_LIMIT_HTTP_BODY */

    /* The answer. */
    int rc; /* 0, or TIMEOUT, IO (connect, broken connection), PARSE (not HTTP), LIMIT, AUTH (TLS
               trust) */
    struct unum_err err; /* owned: text for rc < 0 */
    bool delivered;      /* the request may have reached the peer (all of it was written) */
    int status;
    struct http_headers response_headers; /* in `answer` */
    struct unum_buf response;             /* owned */
    int64_t sent_ms, received_ms;         /* wall clock, for the peer's clock skew */
    struct unum_arena arena;  /* for the caller's headers and text; never emptied by a transport */
    struct unum_arena answer; /* text of the response's headers, until the next sending */
};

void http_exchange_done(struct http_exchange *x);
/* Forget the answer, keep the request: before a repetition. (send does it by itself.) */
void http_exchange_rewind(struct http_exchange *x);

struct http_transport_ops {
    const char *name;
    /* Send `count` exchanges, at most `parallel` at a time, each over a kept-alive connection where
     * there is one. Results are in each exchange (rc, err). A request that found its kept-alive
     * connection closed before one byte of the answer is repeated once on a fresh one by the
     * transport itself, which is why one that is `once` gets a fresh one at once. Blocks; `wake` (a
     * descriptor, -1 for none) becoming readable cancels all that is unfinished with CANCELLED.
     * `parallel` 0 counts as 1. A request that is none (control characters in a header) is INVAL.
     */
    void (*send)(void *state, struct http_exchange **exchanges, size_t count, size_t parallel,
                 int wake);
    void (*close)(void *state);
};

struct http_transport {
    const struct http_transport_ops *ops;
    void *state;
};

static inline void http_send(const struct http_transport *transport,
                             struct http_exchange **exchanges, size_t count, size_t parallel)
{
    transport->ops->send(transport->state, exchanges, count, parallel, -1);
}

/* The runtime's own client.
 *   trust_pem   PEM text of the roots to trust; empty: the built-in Amazon roots. Borrowed as long
 * as the transport lives: read when first needed, or now if `prepare_tls`. Not for use by several
 * threads at once. */
struct http_native_config {
    const struct unum_clock *clock;
    struct unum_str trust_pem;
    bool prepare_tls;
    int64_t connect_timeout_ms;   /* name, address and TLS handshake of one connection; 0: 10 s */
    struct unum_str name_servers; /* "address:port,..."; empty: those of the system */
};
UNUM_CHECKED int http_native_open(const struct http_native_config *config,
                                  struct http_transport *ret, struct unum_err *err);

/* The program's client, on libcurl. Honours HTTPS_PROXY, NO_PROXY; `ca_bundle` may be NULL. */
UNUM_CHECKED int http_curl_open(const struct unum_clock *clock, const char *ca_bundle,
                                struct http_transport *ret, struct unum_err *err);

/* Percent-encoding of everything but unreserved characters (RFC 3986 section 2.3), "/" kept if
 * asked. */
void http_encode(struct unum_buf *out, struct unum_str text, bool keep_slash);
/* The inverse; false for a malformed escape. "+" stays a plus. */
UNUM_CHECKED bool http_decode(struct unum_buf *out, struct unum_str text);

/*
 * Incremental reader of one message head and body, used by the native client; the fuzz target
 * feeds it. Limits: UNUM_LIMIT_HTTP_HEADERS, max_body.
 */
struct http_parser;

#endif

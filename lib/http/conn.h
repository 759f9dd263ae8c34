/*
 * conn: one connection of the native client: connect, shake hands, move bytes. Never waits (but for
 * http_conn_receive_within); `wants` says which poll() events to wait for when nothing moved.
 * Internal to http/.
 */
#ifndef UNUM_HTTP_CONN_H
#define UNUM_HTTP_CONN_H

#include "crypto/tls.h"
#include "http/resolve.h"

enum http_conn_state { HTTP_CONN_NEW, HTTP_CONN_CONNECTING, HTTP_CONN_TLS, HTTP_CONN_OPEN };

struct http_conn {
    enum http_conn_state state;
    int fd;
    int wants;
    struct http_address addresses[HTTP_MAX_ADDRESSES]; /* to try, and which of them is tried */
    size_t addresses_len, address;
    int64_t deadline_ns;   /* of becoming open; monotonic */
    int64_t address_by_ns; /* of this address, if there are more */
    int64_t idle_since_ns;
    int64_t receive_timeout_ms; /* what SO_RCVTIMEO is set to */
    struct tls_conn *tls;       /* NULL: plain */
    struct unum_buf head;       /* of the request under way; memory kept */
};

struct http_conn *http_conn_new(int64_t deadline_ns);
void http_conn_free(struct http_conn *conn); /* accepts NULL */

/* Where a connection shall lead. */
struct http_peer {
    const struct http_lookup *lookup; /* DONE with addresses */
    struct tls_client *tls;           /* NULL: plain */
    struct unum_str host;
    uint16_t port;
    const struct unum_clock *clock;
};

/* Go on until the connection is open (state) or has to wait (wants). All addresses are tried
 * before IO or TIMEOUT is reported; AUTH: see tls.h. */
UNUM_CHECKED int http_conn_advance(struct http_conn *conn, const struct http_peer *peer,
                                   struct unum_err *err);
/* When http_conn_advance() must be called at the latest. */
int64_t http_conn_due_ns(const struct http_conn *conn);

/* Write a part of head and body, from position `from` in both together. */
UNUM_CHECKED int http_conn_write(struct http_conn *conn, struct unum_str head, struct unum_str body,
                                 size_t from, size_t *ret_len, struct unum_err *err);
/* *ret_len == 0 without `*ret_closed`: nothing is there. */
UNUM_CHECKED int http_conn_read(struct http_conn *conn, char *to, size_t max, size_t *ret_len,
                                bool *ret_closed, struct unum_err *err);
/* As http_conn_read() on a plain connection, but wait up to `timeout_ms` (0: for ever) in the
 * receiving system call itself, which saves a poll(). */
UNUM_CHECKED int http_conn_receive_within(struct http_conn *conn, int64_t timeout_ms, char *to,
                                          size_t max, size_t *ret_len, bool *ret_closed,
                                          struct unum_err *err);
/* Whether an idle connection looks as if it could still be used. */
bool http_conn_alive(const struct http_conn *conn);

#endif

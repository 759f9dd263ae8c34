/*
 * tls: the client side of TLS 1.2 and 1.3 on non-blocking sockets.
 *
 * A client holds the trusted roots and the sessions to resume; it is made once. A connection
 * belongs to one socket, which it borrows. Nothing is ever sent before the peer's certificate has
 * been verified for the host's name or address (RFC 9525: only subject alternative names count).
 * No renegotiation. Writing to a closed socket raises no signal. Not for use by several threads at
 * once; several clients may exist.
 */
#ifndef UNUM_CRYPTO_TLS_H
#define UNUM_CRYPTO_TLS_H

#include "base/err.h"

struct tls_client;
struct tls_conn;

/* `trust_pem`: PEM text of the roots to trust; empty: the Amazon roots that are built in, of which
 * only those are decoded that a peer's chain leads to. INVAL: no certificate in the text, or one
 * that cannot be read. */
UNUM_CHECKED int tls_client_new(struct unum_str trust_pem, struct tls_client **ret,
                                struct unum_err *err);
void tls_client_free(struct tls_client *client); /* after its connections; accepts NULL */

/* What an operation that did not finish waits for. */
enum tls_wait { TLS_READY, TLS_WANT_READ, TLS_WANT_WRITE };

/* A connection to `host` (name or numeric address without brackets) over `fd`; sessions are kept by
 * host and port. */
UNUM_CHECKED int tls_conn_new(struct tls_client *client, int fd, struct unum_str host,
                              uint16_t port, struct tls_conn **ret, struct unum_err *err);
/* Says goodbye if the connection is intact, and never waits; accepts NULL. */
void tls_conn_free(struct tls_conn *conn);

/* Go on shaking hands. AUTH: the peer cannot be trusted (the message says why); IO: anything
 * else. */
UNUM_CHECKED int tls_handshake(struct tls_conn *conn, enum tls_wait *ret_wait,
                               struct unum_err *err);
/* 0 with *ret_len > 0: bytes were moved; with *ret_len == 0: *ret_wait says what to wait for, or
 * READY from tls_read(): the peer has said goodbye. IO: the connection is broken. */
UNUM_CHECKED int tls_read(struct tls_conn *conn, char *to, size_t max, size_t *ret_len,
                          enum tls_wait *ret_wait, struct unum_err *err);
UNUM_CHECKED int tls_write(struct tls_conn *conn, struct unum_str bytes, size_t *ret_len,
                           enum tls_wait *ret_wait, struct unum_err *err);

/* Whether the handshake took up an earlier session; "TLSv1.3". */
bool tls_resumed(const struct tls_conn *conn);
const char *tls_version(const struct tls_conn *conn);

#endif

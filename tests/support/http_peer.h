/*
 * http_peer: the other side of an HTTP client under test: a server on 127.0.0.1 that does what a
 * script says, byte for byte, and counts. Every connection runs the script in a thread of its own.
 */
#ifndef UNUM_TESTS_SUPPORT_HTTP_PEER_H
#define UNUM_TESTS_SUPPORT_HTTP_PEER_H

#include "base/buf.h"
#include "support/certs.h"

struct peer;
struct peer_conn;

struct peer_tls {
    const struct test_cert *cert;
    int max_version; /* e.g. TLS1_1_VERSION; 0: the newest */
};

/* Called once per connection; the connection is closed when it returns. */
typedef void (*peer_script)(struct peer_conn *conn, void *cookie);

struct peer *peer_start(peer_script script, void *cookie, const struct peer_tls *tls);
/* Close everything and wait for the scripts to end. */
void peer_stop(struct peer *peer);
uint16_t peer_port(const struct peer *peer);

/* So far: connections accepted, TLS sessions resumed, whole requests read. */
int peer_connections(struct peer *peer);
int peer_resumed(struct peer *peer);
int peer_requests(struct peer *peer);

struct peer_request {
    int number; /* of all requests to this peer, from 0 */
    struct unum_buf head, body;
};

/* For scripts. False: the client closed. The request is empty before, and freed by the caller. */
bool peer_read_head(struct peer_conn *conn, struct peer_request *ret);
bool peer_read_request(struct peer_conn *conn, struct peer_request *ret);
void peer_request_done(struct peer_request *request);
/* The text of the request line and headers holds `text` (any case). */
bool peer_request_has(const struct peer_request *request, const char *text);

void peer_write(struct peer_conn *conn, struct unum_str bytes);
void peer_says(struct peer_conn *conn, const char *text);
/* "HTTP/1.1 200 OK" with Content-Length and this body. */
void peer_answers(struct peer_conn *conn, struct unum_str body);
/* Read and drop until the client closes. */
void peer_drain(struct peer_conn *conn);
/* Reset instead of closing in order. */
void peer_reset(struct peer_conn *conn);
/* End a TLS connection without the closing alert. */
void peer_cut(struct peer_conn *conn);

/* A port of 127.0.0.1 on which nobody listens. */
uint16_t peer_unused_port(void);

#endif

#include "http/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"

/* What every address gets of the time that is left while others wait behind it. */
enum { MIN_ADDRESS_MS = 300 };

/* Below this, head and body go into one TLS record. */
enum { TLS_RECORD = 16 * 1024 };

struct http_conn *http_conn_new(int64_t deadline_ns)
{
    struct http_conn *conn = unum_alloc(sizeof(*conn));
    conn->fd = -1;
    conn->deadline_ns = deadline_ns;
    conn->head.max = 2 * UNUM_LIMIT_HTTP_HEADERS;
    return conn;
}

static void hang_up(struct http_conn *conn)
{
    tls_conn_free(conn->tls);
    conn->tls = NULL;
    unum_close_fd(&conn->fd);
}

void http_conn_free(struct http_conn *conn)
{
    if (!conn)
        return;
    hang_up(conn);
    unum_buf_done(&conn->head);
    free(conn);
}

/* The socket blocks; every call that must not wait says MSG_DONTWAIT. Only connecting needs the
 * flag, because connect() has no such argument. */
static int begin_connect(struct http_conn *conn, const struct http_address *address)
{
    int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
    conn->fd = socket(address->at.any.sa_family, type, 0);
    if (conn->fd < 0)
        return errno;
    const int on = 1;
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(conn->fd, &address->at.any, address->len) == 0 || errno == EINPROGRESS ||
        errno == EINTR)
        return 0;
    return errno;
}

static int set_blocking(int fd)
{
    return fcntl(fd, F_SETFL, 0) < 0 ? errno : 0; /* a fresh socket has no other flag */
}

/* How far the connect under way is: 0 with state OPEN/TLS pending, EINPROGRESS, or what failed. */
static int check_connect(const struct http_conn *conn)
{
    struct pollfd ready = {.fd = conn->fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) <= 0)
        return EINPROGRESS;
    int failed = 0;
    socklen_t len = sizeof(failed);
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0)
        return errno;
    return failed ? failed : set_blocking(conn->fd);
}

static int connect_failed(const struct http_address *address, int failed, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(128);
    http_address_text(address, &text);
    if (failed == ETIMEDOUT)
        return unum_err_set(err, UNUM_E_TIMEOUT, "connect to %s: timed out", unum_buf_text(&text));
    unum_err_sys(err, failed, "connect to %s", unum_buf_text(&text));
    if (err)
        err->rc = UNUM_E_IO; /* whatever the errno is taken for elsewhere */
    return UNUM_E_IO;
}

static void set_address_deadline(struct http_conn *conn, const struct http_peer *peer)
{
    int64_t now = unum_monotonic_ns(peer->clock);
    size_t left = conn->addresses_len - conn->address;
    int64_t share = (conn->deadline_ns - now) / (int64_t)(left ? left : 1);
    if (share < (int64_t)MIN_ADDRESS_MS * 1000000)
        share = (int64_t)MIN_ADDRESS_MS * 1000000;
    conn->address_by_ns = now + share;
    if (conn->address_by_ns > conn->deadline_ns || left <= 1)
        conn->address_by_ns = conn->deadline_ns;
}

int64_t http_conn_due_ns(const struct http_conn *conn)
{
    return conn->state == HTTP_CONN_CONNECTING ? conn->address_by_ns : conn->deadline_ns;
}

/* Connect to one address after the other. */
static int advance_connect(struct http_conn *conn, const struct http_peer *peer,
                           struct unum_err *err)
{
    for (;;) {
        const struct http_address *address = &conn->addresses[conn->address];
        int failed = 0;
        if (conn->state == HTTP_CONN_NEW) {
            set_address_deadline(conn, peer);
            conn->state = HTTP_CONN_CONNECTING;
            failed = begin_connect(conn, address);
        }
        if (!failed)
            failed = check_connect(conn);
        if (!failed)
            return 0;
        if (failed == EINPROGRESS) {
            conn->wants = POLLOUT;
            if (unum_monotonic_ns(peer->clock) < conn->address_by_ns)
                return 0;
            failed = ETIMEDOUT;
        }
        hang_up(conn);
        conn->wants = 0;
        if (conn->address + 1 >= conn->addresses_len)
            return connect_failed(address, failed, err);
        conn->address++;
        conn->state = HTTP_CONN_NEW;
    }
}

static int wants_of(enum tls_wait wait)
{
    return wait == TLS_WANT_WRITE ? POLLOUT : POLLIN;
}

static int advance_tls(struct http_conn *conn, const struct http_peer *peer, struct unum_err *err)
{
    enum tls_wait wait = TLS_READY;
    int rc = 0;
    if (!conn->tls)
        rc = tls_conn_new(peer->tls, conn->fd, peer->host, peer->port, &conn->tls, err);
    if (rc == 0)
        rc = tls_handshake(conn->tls, &wait, err);
    if (rc < 0)
        return rc;
    conn->wants = wait == TLS_READY ? 0 : wants_of(wait);
    if (wait != TLS_READY && unum_monotonic_ns(peer->clock) >= conn->deadline_ns)
        return unum_err_set(err, UNUM_E_TIMEOUT, "TLS handshake: timed out");
    return 0;
}

int http_conn_advance(struct http_conn *conn, const struct http_peer *peer, struct unum_err *err)
{
    int rc = 0;
    conn->wants = 0;
    if (conn->state == HTTP_CONN_NEW) {
        /* A copy: the look-up may be repeated for another connection meanwhile. */
        conn->addresses_len = peer->lookup->len;
        memcpy(conn->addresses, peer->lookup->addresses, sizeof(conn->addresses));
    }
    if (conn->state == HTTP_CONN_NEW || conn->state == HTTP_CONN_CONNECTING) {
        rc = advance_connect(conn, peer, err);
        if (rc < 0 || conn->wants)
            return rc;
        conn->state = peer->tls ? HTTP_CONN_TLS : HTTP_CONN_OPEN;
    }
    if (conn->state == HTTP_CONN_TLS) {
        rc = advance_tls(conn, peer, err);
        if (rc == 0 && !conn->wants)
            conn->state = HTTP_CONN_OPEN;
    }
    return rc;
}

static bool would_block(int failed)
{
    return failed == EAGAIN || failed == EINTR;
}

static int write_plain(struct http_conn *conn, const struct iovec *parts, size_t count,
                       size_t *ret_len, struct unum_err *err)
{
    struct iovec copy[2] = {parts[0], parts[1]};
    struct msghdr message = {.msg_iov = copy, .msg_iovlen = count};
    ssize_t put = sendmsg(conn->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (put < 0 && !would_block(errno))
        return unum_err_sys(err, errno, "send the request");
    *ret_len = put > 0 ? (size_t)put : 0;
    conn->wants = put > 0 ? 0 : POLLOUT;
    return 0;
}

static int write_tls(struct http_conn *conn, struct unum_str bytes, size_t *ret_len,
                     struct unum_err *err)
{
    enum tls_wait wait = TLS_READY;
    int rc = tls_write(conn->tls, bytes, ret_len, &wait, err);
    conn->wants = rc == 0 && *ret_len == 0 ? wants_of(wait) : 0;
    return rc;
}

static void *iov_base(struct unum_str s)
{
    return (void *)(uintptr_t)s.ptr; /* sendmsg() does not write to it */
}

int http_conn_write(struct http_conn *conn, struct unum_str head, struct unum_str body, size_t from,
                    size_t *ret_len, struct unum_err *err)
{
    struct unum_str rest_head = unum_str_from_pos(head, from);
    struct unum_str rest_body = unum_str_from_pos(body, from > head.len ? from - head.len : 0);
    if (conn->tls) {
        char record[TLS_RECORD];
        struct unum_str bytes = rest_head.len ? rest_head : rest_body;
        if (rest_head.len && rest_body.len && rest_head.len + rest_body.len <= sizeof(record)) {
            struct unum_buf both = {
                .ptr = record, .cap = sizeof(record), .max = sizeof(record) - 1};
            unum_buf_add(&both, rest_head);
            unum_buf_add(&both, rest_body);
            if (!both.failed)
                bytes = unum_buf_str(&both);
        }
        return write_tls(conn, bytes, ret_len, err);
    }
    const struct iovec parts[2] = {{iov_base(rest_head), rest_head.len},
                                   {iov_base(rest_body), rest_body.len}};
    return rest_head.len ? write_plain(conn, parts, rest_body.len ? 2 : 1, ret_len, err)
                         : write_plain(conn, (const struct iovec[2]){parts[1]}, 1, ret_len, err);
}

static int receive(struct http_conn *conn, int flags, char *to, size_t max, size_t *ret_len,
                   bool *ret_closed, struct unum_err *err)
{
    ssize_t got = recv(conn->fd, to, max, flags);
    if (got < 0 && !would_block(errno))
        return unum_err_sys(err, errno, "receive the response");
    *ret_len = got > 0 ? (size_t)got : 0;
    *ret_closed = got == 0;
    conn->wants = got < 0 ? POLLIN : 0;
    return 0;
}

int http_conn_read(struct http_conn *conn, char *to, size_t max, size_t *ret_len, bool *ret_closed,
                   struct unum_err *err)
{
    if (!conn->tls)
        return receive(conn, MSG_DONTWAIT, to, max, ret_len, ret_closed, err);
    enum tls_wait wait = TLS_READY;
    int rc = tls_read(conn->tls, to, max, ret_len, &wait, err);
    if (rc < 0)
        return rc;
    *ret_closed = *ret_len == 0 && wait == TLS_READY;
    conn->wants = *ret_len == 0 && !*ret_closed ? wants_of(wait) : 0;
    return 0;
}

int http_conn_receive_within(struct http_conn *conn, int64_t timeout_ms, char *to, size_t max,
                             size_t *ret_len, bool *ret_closed, struct unum_err *err)
{
    if (conn->receive_timeout_ms != timeout_ms) {
        const struct timeval limit = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};
        if (setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0)
            return unum_err_sys(err, errno, "receive the response");
        conn->receive_timeout_ms = timeout_ms;
    }
    return receive(conn, 0, to, max, ret_len, ret_closed, err);
}

bool http_conn_alive(const struct http_conn *conn)
{
    char byte;
    ssize_t got = recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0)
        return would_block(errno);
    /* Session tickets may wait on a TLS connection; on a plain one nothing was asked for. */
    return got > 0 && conn->tls;
}

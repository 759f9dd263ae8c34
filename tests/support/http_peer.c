#include "support/http_peer.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/vec.h"

struct peer_conn {
    struct peer *peer;
    pthread_t thread;
    int fd;
    SSL *ssl;
    bool cut;
    char input[16 * 1024]; /* read, not yet used */
    size_t input_len;
};

struct peer {
    peer_script script;
    void *cookie;
    int listener;
    uint16_t port;
    SSL_CTX *context;
    pthread_t thread;
    pthread_mutex_t lock; /* of everything below */
    bool stopping;
    UNUM_VEC(struct peer_conn *) conns;
    int connections, resumed, requests;
};

static void must(bool ok)
{
    if (!ok)
        abort();
}

static int bind_any(uint16_t *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
         getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

uint16_t peer_unused_port(void)
{
    uint16_t port;
    close(bind_any(&port));
    return port;
}

static ssize_t conn_read(struct peer_conn *conn, char *to, size_t max)
{
    if (conn->ssl)
        return SSL_read(conn->ssl, to, (int)max);
    return recv(conn->fd, to, max, 0);
}

void peer_write(struct peer_conn *conn, struct unum_str bytes)
{
    while (bytes.len) {
        size_t step = bytes.len < 65536 ? bytes.len : 65536;
        ssize_t put = conn->ssl ? SSL_write(conn->ssl, bytes.ptr, (int)step)
                                : send(conn->fd, bytes.ptr, step, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        bytes = unum_str_from_pos(bytes, (size_t)put);
    }
}

void peer_says(struct peer_conn *conn, const char *text)
{
    peer_write(conn, unum_str_from(text));
}

void peer_answers(struct peer_conn *conn, struct unum_str body)
{
    struct unum_buf UNUM_AUTO_BUF head = UNUM_BUF_INIT(200);
    unum_buf_printf(&head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.len);
    peer_write(conn, unum_buf_str(&head));
    peer_write(conn, body);
}

void peer_drain(struct peer_conn *conn)
{
    while (conn_read(conn, conn->input, sizeof(conn->input)) > 0)
        continue;
}

void peer_reset(struct peer_conn *conn)
{
    const struct linger now = {1, 0};
    setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    conn->cut = true;
}

void peer_cut(struct peer_conn *conn)
{
    conn->cut = true;
}

static bool more_input(struct peer_conn *conn)
{
    if (conn->input_len == sizeof(conn->input))
        return false;
    ssize_t got =
        conn_read(conn, conn->input + conn->input_len, sizeof(conn->input) - conn->input_len);
    if (got <= 0)
        return false;
    conn->input_len += (size_t)got;
    return true;
}

static void use_input(struct peer_conn *conn, size_t len)
{
    memmove(conn->input, conn->input + len, conn->input_len - len);
    conn->input_len -= len;
}

bool peer_read_head(struct peer_conn *conn, struct peer_request *ret)
{
    *ret = (struct peer_request){.head = UNUM_BUF_INIT(sizeof(conn->input)),
                                 .body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY)};
    size_t end;
    while ((end = unum_str_search(unum_str_of(conn->input, conn->input_len),
                                  UNUM_STR("\r\n\r\n"))) == SIZE_MAX) {
        if (!more_input(conn))
            return false;
    }
    unum_buf_add(&ret->head, unum_str_of(conn->input, end + 4));
    use_input(conn, end + 4);
    return true;
}

static size_t content_length(const struct peer_request *request)
{
    const char *at = strcasestr(unum_buf_text(&request->head), "\r\ncontent-length:");
    return at ? (size_t)strtoull(at + 17, NULL, 10) : 0;
}

bool peer_read_request(struct peer_conn *conn, struct peer_request *ret)
{
    if (!peer_read_head(conn, ret))
        return false;
    size_t left = content_length(ret);
    while (left) {
        if (!conn->input_len && !more_input(conn))
            return false;
        size_t step = left < conn->input_len ? left : conn->input_len;
        unum_buf_add(&ret->body, unum_str_of(conn->input, step));
        use_input(conn, step);
        left -= step;
    }
    pthread_mutex_lock(&conn->peer->lock);
    ret->number = conn->peer->requests++;
    pthread_mutex_unlock(&conn->peer->lock);
    return true;
}

void peer_request_done(struct peer_request *request)
{
    unum_buf_done(&request->head);
    unum_buf_done(&request->body);
}

bool peer_request_has(const struct peer_request *request, const char *text)
{
    return strcasestr(unum_buf_text(&request->head), text) != NULL;
}

static bool shake_hands(struct peer_conn *conn)
{
    if (!conn->peer->context)
        return true;
    conn->ssl = SSL_new(conn->peer->context);
    must(conn->ssl && SSL_set_fd(conn->ssl, conn->fd));
    if (SSL_accept(conn->ssl) != 1)
        return false;
    pthread_mutex_lock(&conn->peer->lock);
    conn->peer->resumed += SSL_session_reused(conn->ssl);
    pthread_mutex_unlock(&conn->peer->lock);
    return true;
}

static void *run_conn(void *cookie)
{
    struct peer_conn *conn = cookie;
    struct peer *peer = conn->peer;
    /* OpenSSL's own sockets raise it here; the signal would stay in this thread. */
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
    if (shake_hands(conn)) {
        peer->script(conn, peer->cookie);
        if (conn->ssl && !conn->cut)
            SSL_shutdown(conn->ssl);
    }
    ERR_clear_error();
    pthread_mutex_lock(&peer->lock);
    close(conn->fd);
    conn->fd = -1;
    pthread_mutex_unlock(&peer->lock);
    return NULL;
}

static void *run_listener(void *cookie)
{
    struct peer *peer = cookie;
    for (;;) {
        int fd = accept(peer->listener, NULL, NULL);
        pthread_mutex_lock(&peer->lock);
        if (peer->stopping || fd < 0) {
            if (fd >= 0)
                close(fd);
            pthread_mutex_unlock(&peer->lock);
            return NULL;
        }
        const int on = 1; /* scripts write in small parts */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct peer_conn *conn = unum_alloc(sizeof(*conn));
        conn->peer = peer;
        conn->fd = fd;
        peer->connections++;
        *unum_vec_push(&peer->conns) = conn;
        must(pthread_create(&conn->thread, NULL, run_conn, conn) == 0);
        pthread_mutex_unlock(&peer->lock);
    }
}

static SSL_CTX *make_context(const struct peer_tls *tls)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    must(context && SSL_CTX_use_certificate(context, tls->cert->cert) == 1 &&
         SSL_CTX_use_PrivateKey(context, tls->cert->key) == 1);
    if (tls->max_version) {
        SSL_CTX_set_security_level(context, 0);
        must(SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
             SSL_CTX_set_max_proto_version(context, tls->max_version) == 1);
    }
    SSL_CTX_set_session_id_context(context, (const unsigned char *)"peer", 4);
    return context;
}

struct peer *peer_start(peer_script script, void *cookie, const struct peer_tls *tls)
{
    struct peer *peer = unum_alloc(sizeof(*peer));
    signal(SIGPIPE, SIG_DFL); /* a client that relies on its being ignored shall be found out */
    peer->script = script;
    peer->cookie = cookie;
    peer->context = tls ? make_context(tls) : NULL;
    peer->listener = bind_any(&peer->port);
    pthread_mutex_init(&peer->lock, NULL);
    must(listen(peer->listener, 128) == 0);
    must(pthread_create(&peer->thread, NULL, run_listener, peer) == 0);
    return peer;
}

static int read_count(struct peer *peer, const int *count)
{
    pthread_mutex_lock(&peer->lock);
    int value = *count;
    pthread_mutex_unlock(&peer->lock);
    return value;
}

uint16_t peer_port(const struct peer *peer)
{
    return peer->port;
}

int peer_connections(struct peer *peer)
{
    return read_count(peer, &peer->connections);
}

int peer_resumed(struct peer *peer)
{
    return read_count(peer, &peer->resumed);
}

int peer_requests(struct peer *peer)
{
    return read_count(peer, &peer->requests);
}

void peer_stop(struct peer *peer)
{
    pthread_mutex_lock(&peer->lock);
    peer->stopping = true;
    shutdown(peer->listener, SHUT_RDWR); /* wakes accept() */
    for (size_t i = 0; i < peer->conns.len; i++) {
        if (peer->conns.at[i]->fd >= 0)
            shutdown(peer->conns.at[i]->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&peer->lock);
    pthread_join(peer->thread, NULL);
    for (size_t i = 0; i < peer->conns.len; i++) {
        pthread_join(peer->conns.at[i]->thread, NULL);
        SSL_free(peer->conns.at[i]->ssl);
        free(peer->conns.at[i]);
    }
    unum_vec_done(&peer->conns);
    close(peer->listener);
    SSL_CTX_free(peer->context);
    pthread_mutex_destroy(&peer->lock);
    free(peer);
}

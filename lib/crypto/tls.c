#include "crypto/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "crypto/library.h"
#include "crypto/trust.h"

enum { SESSIONS = 16, MAX_NAME = 256 };

/* What a later connection to the same place may take up. */
struct saved_session {
    char *place; /* "host:port" */
    SSL_SESSION *session;
};

struct tls_client {
    SSL_CTX *context;
    BIO_METHOD *socket_method;
    struct saved_session sessions[SESSIONS];
    size_t next_session; /* to be replaced when all are taken */
};

struct tls_conn {
    struct tls_client *client;
    SSL *ssl;
    int fd;
    bool broken;     /* a fatal error: nothing may be sent any more */
    int sys_errno;   /* of the last socket call that failed */
    char *host;      /* without a final dot */
    char *place;     /* "host:port" */
    char *distrust;  /* what the verifier found, and about which certificate */
    int distrust_at; /* X509_V_ERR_... */
};

/* ---- the socket: as OpenSSL's own, but it never waits and raises no SIGPIPE ---- */

static int socket_write(BIO *bio, const char *bytes, size_t len, size_t *ret_len)
{
    struct tls_conn *conn = BIO_get_data(bio);
    ssize_t put = send(conn->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    BIO_clear_retry_flags(bio);
    if (put >= 0) {
        *ret_len = (size_t)put;
        return 1;
    }
    conn->sys_errno = errno;
    if (errno == EAGAIN || errno == EINTR)
        BIO_set_retry_write(bio);
    return 0;
}

static int socket_read(BIO *bio, char *to, size_t max, size_t *ret_len)
{
    struct tls_conn *conn = BIO_get_data(bio);
    ssize_t got = recv(conn->fd, to, max, MSG_DONTWAIT);
    BIO_clear_retry_flags(bio);
    conn->sys_errno = got < 0 ? errno : 0;
    if (got > 0) {
        *ret_len = (size_t)got;
        return 1;
    }
    if (got == 0)
        BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    else if (errno == EAGAIN || errno == EINTR)
        BIO_set_retry_read(bio);
    return 0;
}

static long socket_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    if (command == BIO_CTRL_EOF)
        return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

static BIO_METHOD *make_socket_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket without signals");
    if (method) {
        BIO_meth_set_write_ex(method, socket_write);
        BIO_meth_set_read_ex(method, socket_read);
        BIO_meth_set_ctrl(method, socket_ctrl);
    }
    return method;
}

/* ---- sessions ---- */

static struct saved_session *find_session(struct tls_client *client, const char *place)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        if (client->sessions[i].place && strcmp(client->sessions[i].place, place) == 0)
            return &client->sessions[i];
    }
    return NULL;
}

static void drop_session(struct saved_session *saved)
{
    free(saved->place);
    SSL_SESSION_free(saved->session);
    *saved = (struct saved_session){0};
}

/* Called by OpenSSL for every ticket; 1: the session is ours from now on. */
static int save_session(SSL *ssl, SSL_SESSION *session)
{
    struct tls_conn *conn = SSL_get_app_data(ssl);
    struct tls_client *client = conn->client;
    struct saved_session *saved = find_session(client, conn->place);
    if (!saved) {
        saved = &client->sessions[client->next_session];
        client->next_session = (client->next_session + 1) % SESSIONS;
    }
    drop_session(saved);
    *saved = (struct saved_session){unum_strdup(conn->place), session};
    return 1;
}

/* ---- the client ---- */

static int library_failed(struct unum_err *err, const char *what)
{
    char reason[160] = "no reason given";
    unsigned long code = ERR_get_error();
    if (code)
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    return unum_err_set(err, UNUM_E_BUG, "TLS: %s: %s", what, reason);
}

static void add_date(struct unum_buf *out, const char *label, const ASN1_TIME *time)
{
    struct tm date;
    if (ASN1_TIME_to_tm(time, &date) == 1)
        unum_buf_printf(out, "%s %04d-%02d-%02d", label, date.tm_year + 1900, date.tm_mon + 1,
                        date.tm_mday);
}

static int remember_distrust(int trusted, X509_STORE_CTX *chain)
{
    if (trusted)
        return trusted;
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_conn *conn = SSL_get_app_data(ssl);
    struct unum_buf about = UNUM_BUF_INIT((size_t)4 * MAX_NAME);
    conn->distrust_at = X509_STORE_CTX_get_error(chain);
    const X509 *cert = X509_STORE_CTX_get_current_cert(chain);
    if (cert) {
        char subject[MAX_NAME];
        X509_NAME_oneline(X509_get_subject_name(cert), subject, sizeof(subject));
        unum_buf_adds(&about, subject);
        if (conn->distrust_at == X509_V_ERR_CERT_HAS_EXPIRED)
            add_date(&about, ", until", X509_get0_notAfter(cert));
        if (conn->distrust_at == X509_V_ERR_CERT_NOT_YET_VALID)
            add_date(&about, ", from", X509_get0_notBefore(cert));
    }
    free(conn->distrust);
    conn->distrust = unum_buf_take(&about);
    return 0;
}

static void configure(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1); /* header and content of a record in one system call */
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, remember_distrust);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, save_session);
}

int tls_client_new(struct unum_str trust_pem, struct tls_client **ret, struct unum_err *err)
{
    /* No openssl.cnf here either: a function behaves the same wherever it runs. */
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    X509_STORE *store;
    int rc = trust_store_new(trust_pem, &store, err);
    if (rc < 0)
        return rc;
    struct tls_client *client = unum_alloc(sizeof(*client));
    client->context = SSL_CTX_new_ex(crypto_library()->context, NULL, TLS_client_method());
    client->socket_method = make_socket_method();
    if (client->context)
        SSL_CTX_set_cert_store(client->context, store); /* takes it over */
    else
        X509_STORE_free(store);
    if (!client->context || !client->socket_method ||
        SSL_CTX_set_min_proto_version(client->context, TLS1_2_VERSION) != 1) {
        tls_client_free(client);
        return library_failed(err, "make a context");
    }
    configure(client->context);
    *ret = client;
    return 0;
}

void tls_client_free(struct tls_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < SESSIONS; i++)
        drop_session(&client->sessions[i]);
    SSL_CTX_free(client->context);
    BIO_meth_free(client->socket_method);
    free(client);
}

/* ---- connections ---- */

static bool is_numeric(const char *host)
{
    unsigned char address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* Which name the certificate must be for, and, for names, say it in the greeting (RFC 6066). */
static bool expect_host(SSL *ssl, const char *host)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    if (is_numeric(host))
        return X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1;
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    /* SSL_set_tlsext_host_name(), whose definition casts const away; the name is copied. */
    void *name = (void *)(uintptr_t)host;
    return X509_VERIFY_PARAM_set1_host(param, host, 0) == 1 &&
           SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1;
}

static bool attach_socket(struct tls_conn *conn)
{
    BIO *bio = BIO_new(conn->client->socket_method);
    if (!bio)
        return false;
    BIO_set_data(bio, conn);
    BIO_set_init(bio, 1);
    SSL_set_bio(conn->ssl, bio, bio);
    return true;
}

int tls_conn_new(struct tls_client *client, int fd, struct unum_str host, uint16_t port,
                 struct tls_conn **ret, struct unum_err *err)
{
    while (unum_str_ends(host, UNUM_STR(".")))
        host.len--;
    struct tls_conn *conn = unum_alloc(sizeof(*conn));
    struct unum_buf place = UNUM_BUF_INIT((size_t)2 * MAX_NAME);
    unum_buf_printf(&place, "%.*s:%u", UNUM_STR_ARG(host), port);
    conn->client = client;
    conn->fd = fd;
    conn->host = unum_str_dup(host);
    conn->place = unum_buf_take(&place);
    conn->ssl = SSL_new(client->context);
    if (!conn->ssl || !expect_host(conn->ssl, conn->host) || !attach_socket(conn)) {
        conn->broken = true;
        tls_conn_free(conn);
        return library_failed(err, "make a connection");
    }
    SSL_set_app_data(conn->ssl, conn);
    struct saved_session *saved = find_session(client, conn->place);
    if (saved && SSL_set_session(conn->ssl, saved->session) != 1)
        drop_session(saved);
    SSL_set_connect_state(conn->ssl);
    *ret = conn;
    return 0;
}

void tls_conn_free(struct tls_conn *conn)
{
    if (!conn)
        return;
    /* Without this the session would count as broken off and could not be taken up again. */
    if (conn->ssl && !conn->broken && SSL_is_init_finished(conn->ssl))
        SSL_shutdown(conn->ssl);
    SSL_free(conn->ssl);
    ERR_clear_error();
    free(conn->host);
    free(conn->place);
    free(conn->distrust);
    free(conn);
}

static int distrusted(const struct tls_conn *conn, struct unum_err *err)
{
    int what = conn->distrust_at;
    const char *reason = X509_verify_cert_error_string(what);
    if (what == X509_V_ERR_HOSTNAME_MISMATCH || what == X509_V_ERR_IP_ADDRESS_MISMATCH)
        return unum_err_set(err, UNUM_E_AUTH, "the server's certificate (%s) is not for \"%s\"",
                            conn->distrust, conn->host);
    unum_err_set(err, UNUM_E_AUTH, "the server's certificate is not trusted: %s (%s)", reason,
                 conn->distrust);
    if (what == X509_V_ERR_CERT_HAS_EXPIRED || what == X509_V_ERR_CERT_NOT_YET_VALID)
        return unum_err_hint(err, "compare this machine's clock with the certificate's dates");
    return unum_err_hint(err, "if this server is to be trusted, name a PEM file with the "
                              "certificate of its authority in AWS_CA_BUNDLE");
}

/* A fatal error of OpenSSL's; the connection is beyond use. */
static int broken(struct tls_conn *conn, int kind, const char *what, struct unum_err *err)
{
    unsigned long code = ERR_get_error();
    ERR_clear_error();
    conn->broken = true;
    if (conn->distrust)
        return distrusted(conn, err);
    bool closed = kind == SSL_ERROR_SYSCALL && conn->sys_errno == 0;
    if (closed ||
        (kind == SSL_ERROR_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING))
        return unum_err_set(err, UNUM_E_IO, "%s: the peer closed the connection", what);
    if (kind == SSL_ERROR_SYSCALL) {
        unum_err_sys(err, conn->sys_errno, "%s", what);
        if (err)
            err->rc = UNUM_E_IO;
        return UNUM_E_IO;
    }
    const char *reason = ERR_reason_error_string(code);
    return unum_err_set(err, UNUM_E_IO, "%s: %s", what, reason ? reason : "unknown TLS error");
}

/* What an SSL_... call that moved nothing means. */
static int outcome(struct tls_conn *conn, int result, const char *what, enum tls_wait *ret_wait,
                   struct unum_err *err)
{
    int kind = SSL_get_error(conn->ssl, result);
    switch (kind) {
    case SSL_ERROR_WANT_READ:
        *ret_wait = TLS_WANT_READ;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        *ret_wait = TLS_WANT_WRITE;
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        *ret_wait = TLS_READY;
        return 0;
    default:
        return broken(conn, kind, what, err);
    }
}

int tls_handshake(struct tls_conn *conn, enum tls_wait *ret_wait, struct unum_err *err)
{
    ERR_clear_error();
    int result = SSL_do_handshake(conn->ssl);
    if (result == 1) {
        *ret_wait = TLS_READY;
        return 0;
    }
    int rc = outcome(conn, result, "TLS handshake", ret_wait, err);
    if (rc == 0 && *ret_wait == TLS_READY) {
        conn->broken = true;
        return unum_err_set(err, UNUM_E_IO, "TLS handshake: the peer closed the connection");
    }
    return rc;
}

int tls_read(struct tls_conn *conn, char *to, size_t max, size_t *ret_len, enum tls_wait *ret_wait,
             struct unum_err *err)
{
    *ret_len = 0;
    ERR_clear_error();
    int result = SSL_read_ex(conn->ssl, to, max, ret_len);
    return result == 1 ? 0 : outcome(conn, result, "receive over TLS", ret_wait, err);
}

int tls_write(struct tls_conn *conn, struct unum_str bytes, size_t *ret_len,
              enum tls_wait *ret_wait, struct unum_err *err)
{
    *ret_len = 0;
    ERR_clear_error();
    int result = SSL_write_ex(conn->ssl, bytes.ptr, bytes.len, ret_len);
    return result == 1 ? 0 : outcome(conn, result, "send over TLS", ret_wait, err);
}

bool tls_resumed(const struct tls_conn *conn)
{
    return SSL_session_reused(conn->ssl) == 1;
}

const char *tls_version(const struct tls_conn *conn)
{
    return SSL_get_version(conn->ssl);
}

/*
 * The HTTP/1.1 server (RFC 9112) in front of the door: loopback only, kept-alive connections, one
 * request at a time per connection. Bodies need a Content-Length, as AWS wants it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "local/internal.h"

#define READ_CHUNK (16 * UNUM_KB)
#define KEEP_BYTES (256 * UNUM_KB) /* larger buffers are given back between requests */

struct server {
    struct local *local;
    int fd;
    struct event *accept_event;
    struct conn *conns;
    size_t count;
};

struct conn {
    struct server *server;
    struct conn *prev, *next;
    int fd;
    struct event *read_event, *write_event;
    struct unum_buf in;
    size_t scanned; /* no end of head before this position */
    size_t head_len, body_len;
    bool have_head, close_after, continue_sent;
    bool busy;       /* a request is with the door, or its answer is being sent */
    bool in_process; /* conn_process() is on the stack */
    bool dead;
    bool reading;        /* read_event is added */
    struct unum_buf out; /* head of the answer */
    size_t sent;
    struct door_request req;
};

static void conn_process(struct conn *conn);

static void conn_free(struct conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        conn->server->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    conn->server->count--;
    event_free(conn->read_event);
    event_free(conn->write_event);
    close(conn->fd);
    door_request_done(&conn->req);
    unum_arena_done(&conn->req.arena);
    unum_buf_done(&conn->req.answer.body);
    unum_buf_done(&conn->in);
    unum_buf_done(&conn->out);
    free(conn);
}

/* Close now, or as soon as conn_process() has unwound. */
static void conn_close(struct conn *conn)
{
    if (conn->dead)
        return;
    conn->dead = true;
    if (conn->req.open)
        door_gone(&conn->req);
    if (!conn->in_process)
        conn_free(conn);
}

static void conn_listen(struct conn *conn, bool on)
{
    if (on == conn->reading)
        return;
    conn->reading = on;
    if (on)
        event_add(conn->read_event, NULL);
    else
        event_del(conn->read_event);
}

static const char *reason_of(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {{200, "OK"},
                   {202, "Accepted"},
                   {204, "No Content"},
                   {206, "Partial Content"},
                   {304, "Not Modified"},
                   {400, "Bad Request"},
                   {403, "Forbidden"},
                   {404, "Not Found"},
                   {405, "Method Not Allowed"},
                   {409, "Conflict"},
                   {411, "Length Required"},
                   {412, "Precondition Failed"},
                   {413, "Content Too Large"},
                   {416, "Range Not Satisfiable"},
                   {429, "Too Many Requests"},
                   {431, "Request Header Fields Too Large"},
                   {500, "Internal Server Error"},
                   {501, "Not Implemented"},
                   {502, "Bad Gateway"},
                   {503, "Service Unavailable"},
                   {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < UNUM_COUNT(reasons); i++) {
        if (reasons[i].status == status)
            return reasons[i].text;
    }
    return "Status";
}

/* The answer is out: be ready for the next request. */
static void answer_sent(struct conn *conn)
{
    conn->busy = false;
    door_request_done(&conn->req);
    if (conn->close_after) {
        conn_close(conn);
        return;
    }
    size_t used = conn->head_len + conn->body_len;
    size_t rest = conn->in.len - used;
    if (rest > 0)
        memmove(conn->in.ptr, conn->in.ptr + used, rest);
    unum_buf_truncate(&conn->in, rest);
    if (rest == 0 && conn->in.cap > KEEP_BYTES)
        unum_buf_done(&conn->in);
    conn->have_head = conn->continue_sent = false;
    conn->scanned = conn->head_len = conn->body_len = 0;
    conn_listen(conn, true);
    conn_process(conn);
}

/* How much of head and body is sent: of a cut answer half of the body, or of the head if there is
 * no body. */
static size_t sendable(const struct conn *conn)
{
    size_t head = conn->out.len, body = conn->req.answer.body.len;
    if (!conn->req.answer.cut)
        return head + body;
    return body ? head + body / 2 : head / 2;
}

/* Send what is left of head and body. */
static void conn_send(struct conn *conn)
{
    const struct unum_buf *body = &conn->req.answer.body;
    size_t total = sendable(conn);
    while (conn->sent < total) {
        struct iovec parts[2];
        int count = 0;
        size_t skip = conn->sent;
        if (skip < conn->out.len) {
            size_t end = total < conn->out.len ? total : conn->out.len;
            parts[count++] = (struct iovec){conn->out.ptr + skip, end - skip};
            skip = 0;
        } else {
            skip -= conn->out.len;
        }
        if (total > conn->out.len + skip)
            parts[count++] = (struct iovec){body->ptr + skip, total - conn->out.len - skip};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t sent = sendmsg(conn->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            event_add(conn->write_event, NULL);
            return;
        }
        if (sent < 0) {
            conn_close(conn);
            return;
        }
        conn->sent += (size_t)sent;
    }
    answer_sent(conn);
}

static void write_head(struct conn *conn)
{
    const struct door_answer *answer = &conn->req.answer;
    struct unum_buf *out = &conn->out;
    unum_buf_clear(out);
    unum_buf_adds(out, "HTTP/1.1 ");
    unum_buf_addu(out, (uint64_t)answer->status);
    unum_buf_addc(out, ' ');
    unum_buf_adds(out, reason_of(answer->status));
    /* An answer to HEAD announces a body that is not sent. */
    if (!http_headers_get(&answer->headers, "content-length")) {
        unum_buf_adds(out, "\r\nContent-Length: ");
        unum_buf_addu(out, answer->body.len);
    }
    if (answer->content_type) {
        unum_buf_adds(out, "\r\nContent-Type: ");
        unum_buf_adds(out, answer->content_type);
    }
    for (size_t i = 0; i < answer->headers.len; i++) {
        unum_buf_adds(out, "\r\n");
        unum_buf_add(out, answer->headers.at[i].name);
        unum_buf_adds(out, ": ");
        unum_buf_add(out, answer->headers.at[i].value);
    }
    if (conn->close_after)
        unum_buf_adds(out, "\r\nConnection: close");
    unum_buf_adds(out, "\r\n\r\n");
}

static void peer_answer(void *cookie, struct door_request *req)
{
    (void)req;
    struct conn *conn = cookie;
    write_head(conn);
    conn->close_after = conn->close_after || conn->req.answer.cut;
    conn->sent = 0;
    conn_send(conn);
}

static void peer_drop(void *cookie, struct door_request *req)
{
    (void)req;
    conn_close(cookie);
}

static const struct door_peer socket_peer = {peer_answer, peer_drop};

/* What is not HTTP gets its answer here and the connection is closed. */
static void refuse(struct conn *conn, int status, const char *text)
{
    conn->busy = conn->close_after = true;
    conn->req.answer.status = status;
    conn->req.answer.content_type = "text/plain";
    conn->req.answer.body.max = UNUM_LIMIT_ERROR_TEXT;
    unum_buf_adds(&conn->req.answer.body, text);
    peer_answer(conn, &conn->req);
}

static bool is_token(struct unum_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 127 || strchr("\"(),/:;<=>?@[\\]{}", c))
            return false;
    }
    return s.len > 0;
}

static bool has_control(struct unum_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return true;
    }
    return false;
}

/* One line without its CR LF; a bare CR stays in and is refused as a control character. */
static bool next_line(struct unum_str *rest, struct unum_str *ret)
{
    if (!unum_str_split(rest, '\n', ret))
        return false;
    if (ret->len > 0 && ret->ptr[ret->len - 1] == '\r')
        ret->len--;
    return true;
}

static const char *parse_request_line(struct conn *conn, struct unum_str line)
{
    struct unum_str rest = line, method, target;
    if (!unum_str_split(&rest, ' ', &method) || !rest.ptr || !unum_str_split(&rest, ' ', &target) ||
        !rest.ptr || !is_token(method) || target.len == 0 || target.ptr[0] != '/' ||
        has_control(target))
        return "malformed request line\n";
    if (unum_str_is(rest, "HTTP/1.0"))
        conn->close_after = true;
    else if (!unum_str_is(rest, "HTTP/1.1"))
        return "only HTTP/1.1 is spoken here\n";
    size_t mark = unum_str_find(target, '?');
    conn->req.method = method;
    conn->req.path = unum_str_slice(target, 0, mark);
    conn->req.query = mark < target.len ? unum_str_from_pos(target, mark + 1) : UNUM_STR_NONE;
    return NULL;
}

static const char *parse_headers(struct conn *conn, struct unum_str rest)
{
    struct door_request *req = &conn->req;
    struct unum_str line;
    while (next_line(&rest, &line) && line.len > 0) {
        size_t colon = unum_str_find(line, ':');
        struct unum_str name = unum_str_slice(line, 0, colon);
        if (colon >= line.len || !is_token(name) || has_control(line))
            return "malformed header\n";
        http_headers_add(&req->headers, &req->arena, name,
                         unum_str_trim(unum_str_from_pos(line, colon + 1)));
    }
    return NULL;
}

/* Framing headers. The status of the refusal, or 0. */
static int parse_framing(struct conn *conn, const char **ret_text)
{
    bool have_length = false;
    uint64_t length = 0;
    unsigned hosts = 0;
    for (size_t i = 0; i < conn->req.headers.len; i++) {
        struct unum_str name = conn->req.headers.at[i].name, value = conn->req.headers.at[i].value;
        if (unum_str_ieq(name, UNUM_STR("content-length"))) {
            uint64_t number = 0;
            *ret_text = "malformed Content-Length\n";
            if (!unum_str_to_u64(value, &number) || value.ptr[0] == '+' ||
                (have_length && number != length))
                return 400;
            have_length = true;
            length = number;
        } else if (unum_str_ieq(name, UNUM_STR("transfer-encoding"))) {
            *ret_text = "send a Content-Length, as AWS wants it\n";
            return 411;
        } else if (unum_str_ieq(name, UNUM_STR("host"))) {
            hosts++;
        } else if (unum_str_ieq(name, UNUM_STR("connection")) &&
                   unum_str_ieq(value, UNUM_STR("close"))) {
            conn->close_after = true;
        }
    }
    *ret_text = "one Host header is needed\n";
    if (hosts != 1)
        return 400;
    *ret_text = "the body is larger than this platform takes (72 MB)\n";
    if (length > LOCAL_MAX_BODY)
        return 413;
    conn->body_len = (size_t)length;
    return 0;
}

/* Look for a whole head. False: not there yet, or refused. */
static bool read_head(struct conn *conn)
{
    struct unum_str seen = unum_buf_str(&conn->in);
    size_t from = conn->scanned > 3 ? conn->scanned - 3 : 0;
    size_t at = unum_str_search(unum_str_from_pos(seen, from), UNUM_STR("\r\n\r\n"));
    if (at == SIZE_MAX) {
        conn->scanned = seen.len;
        if (seen.len >= UNUM_LIMIT_HTTP_HEADERS)
            refuse(conn, 431, "the head of the request is larger than 64 KB\n");
        return false;
    }
    conn->head_len = from + at + 4;
    struct unum_str rest = unum_str_slice(seen, 0, conn->head_len), line = UNUM_STR_NONE;
    (void)next_line(&rest, &line);
    const char *wrong = parse_request_line(conn, line);
    if (!wrong)
        wrong = parse_headers(conn, rest);
    int status = wrong ? 400 : parse_framing(conn, &wrong);
    if (status) {
        refuse(conn, status, wrong);
        return false;
    }
    conn->have_head = true;
    return true;
}

/* The views of the head move when the buffer grows for the body, so the head is read again when
 * all is there; until then only its lengths count. */
static bool read_request(struct conn *conn)
{
    if (!conn->have_head && !read_head(conn))
        return false;
    if (conn->in.len < conn->head_len + conn->body_len) {
        const struct http_header *expect = http_headers_get(&conn->req.headers, "expect");
        if (expect && !conn->continue_sent) {
            static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
            (void)!send(conn->fd, interim, sizeof(interim) - 1, MSG_NOSIGNAL);
        }
        conn->continue_sent = true;
        conn->have_head = false;
        conn->scanned = 0;
        size_t missing = conn->head_len + conn->body_len - conn->in.len;
        (void)unum_buf_reserve(&conn->in, missing);
        door_request_done(&conn->req);
        return false;
    }
    conn->req.body = unum_str_of(conn->in.ptr + conn->head_len, conn->body_len);
    return true;
}

static void conn_process(struct conn *conn)
{
    if (conn->in_process)
        return;
    conn->in_process = true;
    while (!conn->dead && !conn->busy && conn->in.len > 0) {
        if (conn->head_len && conn->in.len < conn->head_len + conn->body_len)
            break; /* the body is not there yet: do not parse the head again for each piece */
        conn->req.local = conn->server->local;
        conn->req.peer = &socket_peer;
        conn->req.cookie = conn;
        if (!read_request(conn))
            break;
        conn->busy = true;
        door_receive(&conn->req);
    }
    conn->in_process = false;
    if (conn->dead)
        conn_free(conn);
}

/* While a request is with the door only the end of the peer is of interest. */
static void watch_peer(struct conn *conn)
{
    char byte;
    ssize_t got = recv(conn->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got > 0)
        conn_listen(conn, false); /* a next request: left in the socket until this one is over */
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        conn_close(conn);
}

static void on_readable(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    struct conn *conn = cookie;
    if (conn->busy) {
        watch_peer(conn);
        return;
    }
    size_t want = READ_CHUNK;
    if (conn->head_len && conn->in.len < conn->head_len + conn->body_len)
        want = conn->head_len + conn->body_len - conn->in.len;
    char *room = unum_buf_reserve(&conn->in, want);
    if (!room) {
        conn_close(conn);
        return;
    }
    ssize_t got = recv(conn->fd, room, want, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        conn_close(conn);
        return;
    }
    conn->in.len += (size_t)got;
    conn->in.ptr[conn->in.len] = '\0';
    conn_process(conn);
}

static void on_writable(evutil_socket_t fd, short what, void *cookie)
{
    (void)fd, (void)what;
    conn_send(cookie);
}

static void on_accept(evutil_socket_t fd, short what, void *cookie)
{
    (void)what;
    struct server *server = cookie;
    for (int i = 0; i < 64; i++) {
        int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (peer < 0)
            return;
        if (server->count >= LOCAL_MAX_CONNECTIONS) {
            close(peer);
            continue;
        }
        int on = 1;
        (void)setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        struct conn *conn = unum_alloc(sizeof(*conn));
        conn->server = server;
        conn->fd = peer;
        conn->in.max = UNUM_LIMIT_HTTP_HEADERS + LOCAL_MAX_BODY + READ_CHUNK;
        conn->out.max = UNUM_LIMIT_HTTP_HEADERS;
        conn->read_event =
            event_new(server->local->base, peer, EV_READ | EV_PERSIST, on_readable, conn);
        conn->write_event = event_new(server->local->base, peer, EV_WRITE, on_writable, conn);
        conn->next = server->conns;
        if (conn->next)
            conn->next->prev = conn;
        server->conns = conn;
        server->count++;
        conn_listen(conn, true);
    }
}

static int bind_loopback(int fd, uint16_t port, uint16_t *ret_port, struct unum_err *err)
{
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, SOMAXCONN) != 0) {
        int failed = errno;
        if (failed == EADDRINUSE) {
            (void)unum_err_set(err, UNUM_E_CONFLICT, "port %u of 127.0.0.1 is in use", port);
            return unum_err_hint(err, "choose another port, or 0 for any free one");
        }
        return unum_err_sys(err, failed, "listen on 127.0.0.1 port %u", port);
    }
    socklen_t len = sizeof(address);
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return unum_err_sys(err, errno, "find the port");
    *ret_port = ntohs(address.sin_port);
    return 0;
}

int server_open(struct local *local, uint16_t port, struct server **ret, uint16_t *ret_port,
                struct unum_err *err)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return unum_err_sys(err, errno, "open a socket");
    int rc = bind_loopback(fd, port, ret_port, err);
    if (rc) {
        close(fd);
        return rc;
    }
    struct server *server = unum_alloc(sizeof(*server));
    server->local = local;
    server->fd = fd;
    server->accept_event = event_new(local->base, fd, EV_READ | EV_PERSIST, on_accept, server);
    event_add(server->accept_event, NULL);
    *ret = server;
    return 0;
}

void server_close(struct server *server)
{
    if (!server)
        return;
    struct conn *next;
    for (struct conn *conn = server->conns; conn; conn = next) {
        next = conn->next;
        door_gone(&conn->req); /* nothing if there is none */
        conn_free(conn);
    }
    event_free(server->accept_event);
    close(server->fd);
    free(server);
}

#include "answer_server.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sample.h"

enum { CONNS = 256, HEAD = 8192 };

struct conn {
    int fd;
    char head[HEAD + 1];
    size_t len, body_left;
    bool in_body, waiting;
    const char *answer;
    double due;
};

static const char batch_get[] = "{\"Responses\":{\"bench\":[]},\"UnprocessedKeys\":{}}";

static const char *choose(const char *head)
{
    static const char format[] = "HTTP/1.1 %s\r\nContent-Type: application/x-amz-json-1.0\r\n"
                                 "x-amzn-RequestId: 0\r\nContent-Length: %zu\r\n\r\n%s";
    static char batch[512], empty[512], accepted[512];
    if (!batch[0]) {
        (void)snprintf(batch, sizeof(batch), format, "200 OK", strlen(batch_get), batch_get);
        (void)snprintf(empty, sizeof(empty), format, "200 OK", (size_t)2, "{}");
        (void)snprintf(accepted, sizeof(accepted), format, "202 Accepted", (size_t)0, "");
    }
    if (strstr(head, "BatchGetItem"))
        return batch;
    return strstr(head, "/invocations") ? accepted : empty;
}

static void whole(struct conn *conn, struct answer_times *times)
{
    double now = bench_now();
    if (times->requests == 0)
        times->first = now;
    times->last = now;
    times->requests++;
    conn->answer = choose(conn->head);
    conn->due = now + times->service_ms / 1000.0;
    conn->waiting = true;
    conn->in_body = false;
    conn->len = 0;
}

static void take_head(struct conn *conn, struct answer_times *times)
{
    conn->head[conn->len] = '\0';
    char *end = strstr(conn->head, "\r\n\r\n");
    if (!end)
        return;
    const char *length = strcasestr(conn->head, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t got = conn->len - (size_t)(end + 4 - conn->head);
    conn->in_body = true;
    conn->body_left = body > got ? body - got : 0;
    if (!conn->body_left)
        whole(conn, times);
}

static void receive(struct conn *conn, struct answer_times *times)
{
    static char sink[256 * 1024];
    ssize_t got = conn->in_body ? read(conn->fd, sink, sizeof(sink))
                                : read(conn->fd, conn->head + conn->len, HEAD - conn->len);
    if (got <= 0) {
        close(conn->fd);
        *conn = (struct conn){.fd = -1};
    } else if (conn->in_body) {
        conn->body_left -= (size_t)got < conn->body_left ? (size_t)got : conn->body_left;
        if (!conn->body_left)
            whole(conn, times);
    } else {
        conn->len += (size_t)got;
        take_head(conn, times);
    }
}

static void answer_due(struct conn *conns, int *ret_timeout)
{
    *ret_timeout = -1;
    for (size_t i = 0; i < CONNS; i++) {
        if (conns[i].fd < 0 || !conns[i].waiting)
            continue;
        double left = conns[i].due - bench_now();
        if (left <= 0) {
            conns[i].waiting = false;
            size_t len = strlen(conns[i].answer);
            if (write(conns[i].fd, conns[i].answer, len) != (ssize_t)len)
                _exit(1);
        } else if (*ret_timeout < 0 || left * 1000 < *ret_timeout) {
            *ret_timeout = (int)(left * 1000) + 1;
        }
    }
}

static void take_conn(int listener, struct conn *conns)
{
    int on = 1, fd = accept(listener, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    for (size_t i = 0; i < CONNS; i++) {
        if (conns[i].fd < 0) {
            conns[i] = (struct conn){.fd = fd};
            return;
        }
    }
    close(fd);
}

static _Noreturn void serve(int listener, struct answer_times *times)
{
    static struct conn conns[CONNS];
    struct pollfd fds[CONNS + 1];
    for (size_t i = 0; i < CONNS; i++)
        conns[i].fd = -1;
    for (;;) {
        int timeout;
        answer_due(conns, &timeout);
        fds[CONNS] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (size_t i = 0; i < CONNS; i++)
            fds[i] = (struct pollfd){.fd = conns[i].waiting ? -1 : conns[i].fd, .events = POLLIN};
        if (poll(fds, CONNS + 1, timeout) < 0)
            _exit(1);
        for (size_t i = 0; i < CONNS; i++) {
            if (fds[i].revents)
                receive(&conns[i], times);
        }
        if (fds[CONNS].revents)
            take_conn(listener, conns);
    }
}

void answer_server_start(struct answer_server *ret)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ret->times =
        mmap(NULL, sizeof(*ret->times), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || ret->times == MAP_FAILED || bind(fd, (const struct sockaddr *)&at, len) != 0 ||
        listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
        perror("answer server");
        exit(1);
    }
    ret->port = ntohs(at.sin_port);
    ret->pid = fork();
    if (ret->pid == 0)
        serve(fd, ret->times);
    close(fd);
}

void answer_server_stop(struct answer_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
}

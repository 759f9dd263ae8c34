#include "support/local_bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/sigv4.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "local/db.h"

#define PATIENCE_MS 60000 /* for whatever must happen; only spent when a test fails */

static void must(int rc, const struct unum_err *err)
{
    if (rc)
        fail_msg("%s", unum_err_text(err));
}

static void on_log(void *cookie, const struct local_log_line *line)
{
    struct bench *bench = cookie;
    struct unum_buf *to = line->platform ? &bench->platform : &bench->log;
    unum_buf_add(to, line->text);
    unum_buf_addc(to, '\n');
}

static void on_invocation(void *cookie, const struct local_invocation *invocation)
{
    struct bench *bench = cookie;
    bench->invocations++;
    bench->failed += invocation->failed;
}

void bench_init(struct bench *bench)
{
    memset(bench, 0, sizeof(*bench));
    bench->log.max = bench->platform.max = 64 * UNUM_MB;
    bench->answer.max = bench->tail.max = UNUM_LIMIT_HTTP_BODY;
    bench->config.cookie = bench;
    bench->config.on_log = on_log;
    bench->config.on_invocation = on_invocation;
    bench->config.keep_requests = 1000;
}

void bench_open(struct bench *bench)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!bench->bundle) {
        must(unum_make_temp_dir("unum-test", &bench->bundle, &err), &err);
        char UNUM_AUTO_FREE *bootstrap = unum_path_join(bench->bundle, "bootstrap");
        assert_int_equal(symlink(LOCAL_FUNCTION_PROGRAM, bootstrap), 0);
    }
    must(local_new(&bench->config, &bench->local, &err), &err);
    must(local_db_ensure_table(local_database(bench->local), UNUM_STR("items"), 0, &err), &err);
}

void bench_close(struct bench *bench)
{
    local_free(bench->local);
    if (bench->bundle)
        assert_int_equal(unum_remove_tree(bench->bundle, NULL), 0);
    free(bench->bundle);
    unum_buf_done(&bench->log);
    unum_buf_done(&bench->platform);
    unum_buf_done(&bench->answer);
    unum_buf_done(&bench->tail);
    memset(bench, 0, sizeof(*bench));
}

void bench_add(struct bench *bench, const struct local_function *function)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct local_function add = *function;
    if (!add.dir.len)
        add.dir = unum_str_from(bench->bundle);
    must(local_add_function(bench->local, &add, &err), &err);
}

void bench_function(struct bench *bench, const char *name)
{
    struct local_function add = LOCAL_FUNCTION;
    add.name = unum_str_from(name);
    add.timeout_ms = 60000;
    bench_add(bench, &add);
}

int bench_setup(void **state)
{
    struct bench *bench = *state;
    bench_init(bench);
    bench_open(bench);
    bench_function(bench, "app-f");
    return 0;
}

int bench_teardown(void **state)
{
    bench_close(*state);
    return 0;
}

static void on_result(void *cookie, const struct local_result *result)
{
    struct bench *bench = cookie;
    bench->done = true;
    bench->error = result->failed;
    unum_buf_clear(&bench->answer);
    unum_buf_add(&bench->answer, result->payload);
    unum_buf_clear(&bench->tail);
    unum_buf_add(&bench->tail, result->log_tail);
}

static bool is_done(void *cookie)
{
    return ((struct bench *)cookie)->done;
}

const char *bench_call(struct bench *bench, const char *function, const char *payload)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    bench->done = false;
    must(local_invoke_sync(bench->local, unum_str_from(function), unum_str_from(payload), on_result,
                           bench, &err),
         &err);
    const struct local_until until = {.done = is_done, .cookie = bench, .deadline_ms = PATIENCE_MS};
    must(local_run_until(bench->local, &until, &err), &err);
    return unum_buf_text(&bench->answer);
}

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

void bench_turn(struct bench *bench, int64_t ms)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_until until = {.done = never, .deadline_ms = ms};
    assert_int_equal(local_run_until(bench->local, &until, &err), UNUM_E_TIMEOUT);
}

void bench_settle(struct bench *bench)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_until until = {.deadline_ms = PATIENCE_MS};
    must(local_run_until(bench->local, &until, &err), &err);
    assert_true(local_quiet(bench->local));
}

void bench_event(struct bench *bench, const char *function, const char *payload)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    must(local_invoke_event(bench->local, unum_str_from(function), unum_str_from(payload), NULL,
                            &err),
         &err);
    bench_settle(bench);
}

bool bench_has_item(struct bench *bench, const char *key)
{
    char request[256];
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    int status = 0;
    (void)snprintf(request, sizeof(request),
                   "{\"TableName\":\"items\",\"Key\":{\"Name\":{\"S\":\"%s\"}}}", key);
    local_db_call(local_database(bench->local), UNUM_STR("GetItem"), unum_str_from(request), 0,
                  &status, &body);
    if (status != 200)
        fail_msg("GetItem: %s", unum_buf_text(&body));
    return strstr(unum_buf_text(&body), key) != NULL;
}

static bool process_runs(long pid)
{
    char path[64], text[256] = "";
    (void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    (void)!fread(text, 1, sizeof(text) - 1, file);
    (void)fclose(file);
    const char *end = strrchr(text, ')');
    return end && end[2] != 'Z' && end[2] != 'X';
}

bool bench_process_ends(long pid)
{
    for (int i = 0; i < PATIENCE_MS; i++) {
        if (!process_runs(pid))
            return true;
        (void)poll(NULL, 0, 1);
    }
    return false;
}

/* ---- raw ---- */

int bench_dial(struct bench *bench)
{
    struct unum_str endpoint = local_endpoint(bench->local);
    size_t colon = unum_str_rfind(endpoint, ':');
    uint64_t port = 0;
    assert_true(unum_str_to_u64(unum_str_from_pos(endpoint, colon + 1), &port));
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

struct exchange {
    int fd;
    struct unum_str left;
    struct unum_buf *out;
    bool closed;
};

static bool has_answer(const struct unum_buf *out)
{
    const char *head = strstr(unum_buf_text(out), "\r\n\r\n");
    const char *length = strcasestr(unum_buf_text(out), "\r\ncontent-length:");
    return head && length &&
           out->len >= (size_t)(head - out->ptr) + 4 + strtoul(length + 17, NULL, 10);
}

/* Asked after every turn of the loop. */
static bool step_exchange(void *cookie)
{
    struct exchange *x = cookie;
    if (x->left.len > 0) {
        ssize_t sent = send(x->fd, x->left.ptr, x->left.len, MSG_NOSIGNAL);
        if (sent > 0)
            x->left = unum_str_from_pos(x->left, (size_t)sent);
        else if (sent < 0 && errno != EAGAIN)
            x->closed = true;
    }
    for (;;) {
        char chunk[16384];
        ssize_t got = recv(x->fd, chunk, sizeof(chunk), 0);
        if (got < 0 && errno == EAGAIN)
            break;
        if (got <= 0) {
            x->closed = true;
            break;
        }
        unum_buf_add(x->out, unum_str_of(chunk, (size_t)got));
    }
    return x->closed || has_answer(x->out);
}

void bench_exchange(struct bench *bench, int fd, struct unum_str request, struct unum_buf *out)
{
    struct exchange x = {.fd = fd, .left = request, .out = out};
    unum_buf_clear(out);
    for (int i = 0; !step_exchange(&x); i++) {
        /* The loop does not watch this socket: turn it in small steps. */
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        const struct local_until until = {.done = step_exchange, .cookie = &x, .deadline_ms = 2};
        int rc = local_run_until(bench->local, &until, &err);
        if (rc && rc != UNUM_E_TIMEOUT)
            fail_msg("%s", unum_err_text(&err));
        assert_true(i < PATIENCE_MS);
    }
}

int bench_request(struct bench *bench, const char *method, const char *target, const char *service,
                  const char *headers, struct unum_str body, struct unum_buf *out)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers list = {0};
    struct unum_str host = unum_str_from_pos(local_endpoint(bench->local), sizeof("http://") - 1);
    http_headers_add(&list, &arena, UNUM_STR("Host"), host);
    struct unum_str rest = unum_str_from(headers), line;
    while (headers && unum_str_split(&rest, '\n', &line)) {
        size_t colon = unum_str_find(line, ':');
        http_headers_add(&list, &arena, unum_str_slice(line, 0, colon),
                         unum_str_trim(unum_str_from_pos(line, colon + 1)));
    }
    struct unum_str whole = unum_str_from(target);
    size_t mark = unum_str_find(whole, '?');
    const struct aws_creds creds = {.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                                    .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    const struct sigv4_request request = {
        .method = unum_str_from(method),
        .path = unum_str_slice(whole, 0, mark),
        .query = mark < whole.len ? unum_str_from_pos(whole, mark + 1) : UNUM_STR_NONE,
        .headers = &list,
        .body = body};
    bool s3 = strcmp(service, "s3") == 0;
    const struct sigv4_scope scope = {.region = UNUM_STR("eu-central-1"),
                                      .service = unum_str_from(service),
                                      .at_ms = unum_wall_ms(&unum_clock_system),
                                      .flags = s3 ? SIGV4_CONTENT_HEADER
                                                  : SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH};
    struct sigv4_result signature;
    assert_int_equal(sigv4_sign(&request, &creds, &scope, NULL, &arena, &signature, NULL), 0);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&text, "%s %s HTTP/1.1\r\n", method, target);
    for (size_t i = 0; i < list.len; i++)
        unum_buf_printf(&text, "%.*s: %.*s\r\n", UNUM_STR_ARG(list.at[i].name),
                        UNUM_STR_ARG(list.at[i].value));
    if (s3)
        unum_buf_printf(&text, "X-Amz-Content-Sha256: %.*s\r\n",
                        UNUM_STR_ARG(signature.content_sha256));
    unum_buf_printf(&text, "X-Amz-Date: %.*s\r\nAuthorization: %.*s\r\nContent-Length: %zu\r\n\r\n",
                    UNUM_STR_ARG(signature.amz_date), UNUM_STR_ARG(signature.authorization),
                    body.len);
    unum_buf_add(&text, body);
    struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(2 * UNUM_LIMIT_HTTP_BODY);
    int fd = bench_dial(bench);
    bench_exchange(bench, fd, unum_buf_str(&text), &answer);
    close(fd);
    unum_buf_clear(out);
    unum_buf_add(out, unum_buf_str(&answer)); /* head and body */
    return answer.len > 12 ? atoi(answer.ptr + 9) : 0;
}

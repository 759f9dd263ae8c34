/*
 * A function for the tests of the local platform: speaks the Lambda Runtime API over a plain socket
 * and does what its event says: {"do":"echo", ...}; other events are printed. With INIT in its
 * environment it misbehaves before its first event.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/limits.h"
#include "local/local.h"
#include "json/json.h"

struct program {
    char host[64];
    int port;
    char base[256];       /* path of the Runtime API */
    int runtime, service; /* sockets */
    char id[64];
    struct unum_buf event;
    struct unum_buf out; /* the response */
    int served;
};

static long long skipped = -1; /* as the platform said last */

static int dial(const struct program *p)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)p->port)};
    if (inet_pton(AF_INET, p->host, &to.sin_addr) != 1 ||
        connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0)
        _exit(90);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static bool send_all(int fd, struct unum_str bytes)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes = unum_str_from_pos(bytes, (size_t)sent);
    }
    return true;
}

/* One answer: status, or 0 when the peer closed. `id` gets the request id of an event. */
static int receive(int fd, struct unum_buf *body, char *id)
{
    struct unum_buf UNUM_AUTO_BUF in = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    size_t head = SIZE_MAX, length = 0;
    for (;;) {
        char *room = unum_buf_reserve(&in, 65536);
        ssize_t got = recv(fd, room, 65536, 0);
        if (got <= 0)
            return 0;
        in.len += (size_t)got;
        in.ptr[in.len] = '\0';
        if (head == SIZE_MAX) {
            char *end = strstr(in.ptr, "\r\n\r\n");
            if (!end)
                continue;
            head = (size_t)(end - in.ptr) + 4;
            const char *at = strcasestr(in.ptr, "\r\ncontent-length:");
            length = at ? strtoul(at + 17, NULL, 10) : 0;
            at = strcasestr(in.ptr, "\r\nlambda-runtime-aws-request-id: ");
            if (at && id)
                (void)sscanf(at + 33, "%63[^\r]", id);
            at = strcasestr(in.ptr, "\r\n" LOCAL_SKIPPED ":");
            skipped = at ? atoll(at + sizeof("\r\n" LOCAL_SKIPPED)) : -1;
        }
        if (in.len >= head + length)
            break;
    }
    unum_buf_clear(body);
    unum_buf_add(body, unum_str_of(in.ptr + head, length));
    return atoi(in.ptr + 9);
}

static int runtime_call(struct program *p, const char *method, const char *path,
                        struct unum_str payload, struct unum_buf *body, char *id)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&text,
                    "%s %s/2018-06-01/runtime/%s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: "
                    "%zu\r\n\r\n",
                    method, p->base, path, p->host, p->port, payload.len);
    unum_buf_add(&text, payload);
    if (!send_all(p->runtime, unum_buf_str(&text)))
        return 0;
    return receive(p->runtime, body, id);
}

/* A signed request. `target`: X-Amz-Target, or NULL for a REST call with `headers`. */
static int service_call(struct program *p, const char *service, const char *path,
                        const char *target, const char *type, struct unum_str payload,
                        const char *secret, struct unum_buf *body)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers headers = {0};
    http_headers_add(&headers, &arena, UNUM_STR("host"),
                     unum_arena_printf(&arena, "%s:%d", p->host, p->port));
    if (target)
        http_headers_add(&headers, &arena, UNUM_STR("x-amz-target"), unum_str_from(target));
    if (type)
        http_headers_add(&headers, &arena, UNUM_STR("x-amz-invocation-type"), unum_str_from(type));
    const struct aws_creds creds = {
        .access_key = unum_str_from(getenv("AWS_ACCESS_KEY_ID")),
        .secret_key = unum_str_from(secret ? secret : getenv("AWS_SECRET_ACCESS_KEY")),
        .session_token = unum_str_from(getenv("AWS_SESSION_TOKEN"))};
    const struct sigv4_request request = {.method = UNUM_STR("POST"),
                                          .path = unum_str_from(path),
                                          .headers = &headers,
                                          .body = payload};
    const struct sigv4_scope scope = {.region = unum_str_from(getenv("AWS_REGION")),
                                      .service = unum_str_from(service),
                                      .at_ms = unum_wall_ms(&unum_clock_system),
                                      .flags = SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH};
    struct sigv4_result signature;
    if (sigv4_sign(&request, &creds, &scope, NULL, &arena, &signature, NULL))
        _exit(91);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&text, "POST %s HTTP/1.1\r\n", path);
    for (size_t i = 0; i < headers.len; i++)
        unum_buf_printf(&text, "%.*s: %.*s\r\n", UNUM_STR_ARG(headers.at[i].name),
                        UNUM_STR_ARG(headers.at[i].value));
    unum_buf_printf(&text,
                    "X-Amz-Date: %.*s\r\nX-Amz-Security-Token: %.*s\r\nAuthorization: "
                    "%.*s\r\nContent-Length: %zu\r\n\r\n",
                    UNUM_STR_ARG(signature.amz_date), UNUM_STR_ARG(creds.session_token),
                    UNUM_STR_ARG(signature.authorization), payload.len);
    unum_buf_add(&text, payload);
    if (p->service < 0)
        p->service = dial(p);
    int status = send_all(p->service, unum_buf_str(&text)) ? receive(p->service, body, NULL) : 0;
    if (status == 0) {
        close(p->service);
        p->service = -1;
    }
    return status;
}

static int64_t number(const struct program *p, const char *name, int64_t otherwise)
{
    struct unum_str value;
    int64_t n;
    return json_get(unum_buf_str(&p->event), unum_str_from(name), &value) && json_to_i64(value, &n)
               ? n
               : otherwise;
}

static struct unum_str value_of(const struct program *p, const char *name)
{
    struct unum_str value = UNUM_STR("null");
    (void)json_get(unum_buf_str(&p->event), unum_str_from(name), &value);
    return value;
}

static struct unum_str text_of(const struct program *p, const char *name, char *room, size_t size)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(size - 1);
    (void)json_decode(value_of(p, name), &text);
    memcpy(room, unum_buf_text(&text), text.len + 1);
    return unum_str_from(room);
}

static void nap(int64_t ms)
{
    const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

/* Each writes the response; false: it reported an error itself, or shall say nothing. */

static bool do_echo(struct program *p)
{
    unum_buf_add(&p->out, unum_buf_str(&p->event));
    return true;
}

static bool do_log(struct program *p)
{
    printf("one\n\ntwo\r\n");
    fflush(stdout);
    fprintf(stderr, "three");
    (void)number(p, "n", 0);
    unum_buf_adds(&p->out, "null");
    return true;
}

static bool do_error(struct program *p)
{
    char path[128];
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    (void)snprintf(path, sizeof(path), "invocation/%s/error", p->id);
    (void)runtime_call(p, "POST", path,
                       UNUM_STR("{\"errorType\":\"Boom\",\"errorMessage\":\"it went boom\"}"),
                       &body, NULL);
    return false;
}

static bool do_crash(struct program *p)
{
    (void)p;
    kill(getpid(), SIGKILL);
    return false;
}

static bool do_exit(struct program *p)
{
    fprintf(stderr, "last words");
    _exit((int)number(p, "n", 1));
}

static bool do_hang(struct program *p)
{
    nap(number(p, "ms", 600000));
    unum_buf_adds(&p->out, "\"woke\"");
    return true;
}

static bool do_large(struct program *p)
{
    unum_buf_addc(&p->out, '"');
    for (int64_t i = number(p, "n", 0); i > 0; i--)
        unum_buf_addc(&p->out, 'x');
    unum_buf_addc(&p->out, '"');
    return true;
}

static bool do_garbage(struct program *p)
{
    int fd = dial(p);
    (void)!send_all(fd, UNUM_STR("\x01\x02 this is not HTTP\r\n\r\n"));
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    unum_buf_addu(&p->out, (uint64_t)receive(fd, &body, NULL));
    close(fd);
    return true;
}

static bool do_wrong_id(struct program *p)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    unum_buf_printf(
        &p->out, "[%d,%d]",
        runtime_call(p, "POST", "invocation/nobody/response", UNUM_STR("1"), &body, NULL),
        runtime_call(p, "GET", "invocation/next", UNUM_STR_NONE, &body, NULL));
    return true;
}

static bool do_put(struct program *p)
{
    unum_buf_addc(&p->out, '[');
    for (int64_t i = 0, n = number(p, "n", 1); i < n; i++) {
        char item[256], prefix[64];
        struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
        (void)text_of(p, "key", prefix, sizeof(prefix));
        (void)snprintf(item, sizeof(item),
                       "{\"TableName\":\"items\",\"Item\":{\"Name\":{\"S\":\"%s%d\"}}}", prefix,
                       (int)i);
        int status = service_call(p, "dynamodb", "/", "DynamoDB_20120810.PutItem", NULL,
                                  unum_str_from(item), NULL, &body);
        unum_buf_printf(&p->out, "%s%d", i ? "," : "", status);
    }
    unum_buf_addc(&p->out, ']');
    return true;
}

/* Reads the same again and again until it is there. */
static bool do_wait(struct program *p)
{
    char key[64], request[256];
    (void)text_of(p, "key", key, sizeof(key));
    (void)snprintf(
        request, sizeof(request),
        "{\"TableName\":\"items\",\"Key\":{\"Name\":{\"S\":\"%s\"}},\"ConsistentRead\":true}", key);
    for (;;) {
        struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
        (void)service_call(p, "dynamodb", "/", "DynamoDB_20120810.GetItem", NULL,
                           unum_str_from(request), NULL, &body);
        if (strstr(unum_buf_text(&body), key))
            break;
        nap(5);
    }
    unum_buf_adds(&p->out, "\"found\"");
    return true;
}

static bool do_invoke(struct program *p)
{
    char target[80], path[160], type[32];
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    (void)text_of(p, "target", target, sizeof(target));
    (void)text_of(p, "type", type, sizeof(type));
    (void)snprintf(path, sizeof(path), "/2015-03-31/functions/%s/invocations", target);
    unum_buf_addc(&p->out, '[');
    for (int64_t i = 0, n = number(p, "n", 1); i < n; i++) {
        int status = service_call(p, "lambda", path, NULL, type[0] ? type : "Event",
                                  value_of(p, "payload"), NULL, &body);
        unum_buf_printf(&p->out, "%s%d", i ? "," : "", status);
    }
    if (strcmp(type, "RequestResponse") == 0) {
        unum_buf_addc(&p->out, ',');
        unum_buf_add(&p->out, unum_buf_str(&body));
    }
    unum_buf_addc(&p->out, ']');
    return true;
}

/* One step of a workflow: look up, checkpoint, send the next step. */
static bool do_hop(struct program *p)
{
    char session[32], request[512], path[160];
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    int64_t left = number(p, "left", 0);
    (void)text_of(p, "Session", session, sizeof(session));
    (void)snprintf(request, sizeof(request),
                   "{\"TableName\":\"items\",\"Key\":{\"Name\":{\"S\":\"app/%s/%d-output\"}},"
                   "\"ConsistentRead\":true}",
                   session, (int)left);
    (void)service_call(p, "dynamodb", "/", "DynamoDB_20120810.GetItem", NULL,
                       unum_str_from(request), NULL, &body);
    (void)snprintf(request, sizeof(request),
                   "{\"TableName\":\"items\",\"Item\":{\"Name\":{\"S\":\"app/%s/%d-output\"},"
                   "\"Value\":{\"S\":\"some text\"}},\"ConditionExpression\":"
                   "\"attribute_not_exists(#n)\",\"ExpressionAttributeNames\":{\"#n\":\"Name\"}}",
                   session, (int)left);
    (void)service_call(p, "dynamodb", "/", "DynamoDB_20120810.PutItem", NULL,
                       unum_str_from(request), NULL, &body);
    if (left > 0) {
        (void)snprintf(path, sizeof(path), "/2015-03-31/functions/%s/invocations",
                       getenv("AWS_LAMBDA_FUNCTION_NAME"));
        (void)snprintf(request, sizeof(request), "{\"do\":\"hop\",\"Session\":\"%s\",\"left\":%d}",
                       session, (int)left - 1);
        (void)service_call(p, "lambda", path, NULL, "Event", unum_str_from(request), NULL, &body);
    }
    unum_buf_adds(&p->out, "null");
    return true;
}

static bool do_bad_key(struct program *p)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    int status = service_call(p, "dynamodb", "/", "DynamoDB_20120810.ListTables", NULL,
                              UNUM_STR("{}"), "not-my-secret", &body);
    unum_buf_printf(&p->out, "[%d,", status);
    unum_buf_add(&p->out, unum_buf_str(&body));
    unum_buf_addc(&p->out, ']');
    return true;
}

/* What it knows of platform time: from its event, or with "n" from a later answer. */
static bool do_time(struct program *p)
{
    if (number(p, "n", 0)) {
        struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
        (void)service_call(p, "dynamodb", "/", "DynamoDB_20120810.ListTables", NULL, UNUM_STR("{}"),
                           NULL, &body);
    }
    unum_buf_printf(&p->out, "%lld", skipped);
    return true;
}

/* An event of its own, by a schedule. */
static bool do_later(struct program *p)
{
    char body[512];
    struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(UNUM_MB);
    (void)snprintf(body, sizeof(body),
                   "{\"ScheduleExpression\":\"at(2999-01-01T00:00:00)\",\"FlexibleTimeWindow\":"
                   "{\"Mode\":\"OFF\"},\"ActionAfterCompletion\":\"DELETE\",\"Target\":{\"Arn\":"
                   "\"arn:aws:lambda:us-east-1:000000000000:function:%s\",\"RoleArn\":\"%s\","
                   "\"Input\":\"{\\\"do\\\":\\\"echo\\\"}\"}}",
                   getenv("AWS_LAMBDA_FUNCTION_NAME"), getenv("UNUM_SCHEDULE_ROLE"));
    int status = service_call(p, "scheduler", "/schedules/later", NULL, NULL, unum_str_from(body),
                              NULL, &answer);
    unum_buf_printf(&p->out, "%d", status);
    return true;
}

static bool do_env(struct program *p)
{
    char name[64];
    (void)text_of(p, "name", name, sizeof(name));
    const char *value = getenv(name);
    json_quote(&p->out, unum_str_from(value ? value : "(not set)"));
    return true;
}

static bool do_child(struct program *p)
{
    pid_t pid = fork();
    if (pid == 0) {
        for (;;)
            pause();
    }
    unum_buf_addu(&p->out, (uint64_t)pid);
    return true;
}

static bool do_count(struct program *p)
{
    unum_buf_printf(&p->out, "[%d,%ld]", p->served, (long)getpid());
    return true;
}

static bool do_noise(struct program *p)
{
    for (int64_t i = number(p, "n", 1); i > 0; i--)
        putchar('y');
    putchar('\n');
    printf("after\n");
    fflush(stdout);
    unum_buf_adds(&p->out, "null");
    return true;
}

static const struct {
    const char *name;
    bool (*act)(struct program *p);
} acts[] = {
    {"echo", do_echo},         {"log", do_log},     {"error", do_error},   {"crash", do_crash},
    {"exit", do_exit},         {"hang", do_hang},   {"large", do_large},   {"garbage", do_garbage},
    {"wrong-id", do_wrong_id}, {"put", do_put},     {"invoke", do_invoke}, {"bad-key", do_bad_key},
    {"env", do_env},           {"child", do_child}, {"count", do_count},   {"noise", do_noise},
    {"wait", do_wait},         {"hop", do_hop},     {"time", do_time},     {"later", do_later},
};

static void serve(struct program *p)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    if (runtime_call(p, "GET", "invocation/next", UNUM_STR_NONE, &p->event, p->id) != 200)
        _exit(92);
    p->served++;
    unum_buf_clear(&p->out);
    bool answer = false, known = false;
    for (size_t i = 0; i < UNUM_COUNT(acts); i++) {
        if (json_is(value_of(p, "do"), unum_str_from(acts[i].name))) {
            known = true;
            answer = acts[i].act(p);
        }
    }
    if (!known) {
        printf("%s\n", unum_buf_text(&p->event));
        fflush(stdout);
        answer = do_echo(p);
    }
    char path[128];
    (void)snprintf(path, sizeof(path), "invocation/%s/response", p->id);
    if (answer && runtime_call(p, "POST", path, unum_buf_str(&p->out), &body, NULL) == 0) {
        /* The platform closed without an answer: say it again, as the runtime does. */
        close(p->runtime);
        p->runtime = dial(p);
        (void)runtime_call(p, "POST", path, unum_buf_str(&p->out), &body, NULL);
    }
}

static void begin(struct program *p)
{
    const char *init = getenv("INIT");
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    if (!init)
        return;
    if (strcmp(init, "exit") == 0)
        _exit(3);
    if (strcmp(init, "error") == 0) {
        (void)runtime_call(p, "POST", "init/error",
                           UNUM_STR("{\"errorType\":\"Init.Bad\",\"errorMessage\":\"no config\"}"),
                           &body, NULL);
        _exit(1);
    }
}

int main(void)
{
    static struct program p = {.service = -1,
                               .event = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY),
                               .out = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY)};
    const char *api = getenv("AWS_LAMBDA_RUNTIME_API");
    if (!api || sscanf(api, "%63[^:]:%d%255s", p.host, &p.port, p.base) != 3)
        return 93;
    p.runtime = dial(&p);
    begin(&p);
    for (;;)
        serve(&p);
}

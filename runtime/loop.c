/*
 * The process around the invocations: configuration from the environment, the Runtime API
 * (AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").
 */
#include "rt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/creds_env.h"
#include "base/buf.h"

#define API_VERSION "/2018-06-01/runtime"

/* ---- time ---- */

/* The machine's clock and what the local platform has skipped; Lambda skips nothing. */
static int64_t platform_wall_ms(void *cookie)
{
    const struct rt *rt = cookie;
    return unum_wall_ms(&unum_clock_system) + rt->skipped_ms;
}

static int64_t platform_monotonic_ns(void *cookie)
{
    (void)cookie;
    return unum_monotonic_ns(&unum_clock_system);
}

static void platform_sleep_ms(void *cookie, int64_t ms)
{
    (void)cookie;
    unum_clock_system.sleep_ms(unum_clock_system.cookie, ms);
}

/* ---- configuration ---- */

static struct unum_str env_text(const char *name, const char *fallback)
{
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe): nobody calls setenv
    return unum_str_from(value && *value ? value : fallback);
}

static bool env_bool(const char *name, bool fallback)
{
    struct unum_str value = env_text(name, "");
    if (!value.len)
        return fallback;
    return unum_str_ieq(value, UNUM_STR("true")) || unum_str_is(value, "1");
}

static int need(struct unum_str value, const char *name, struct unum_err *err)
{
    if (value.len)
        return 0;
    unum_err_set(err, UNUM_E_INVAL, "the environment variable %s is not set", name);
    return unum_err_hint(err, "functions are started by Lambda or by `unum run`");
}

static int read_config(struct rt_config *config, struct unum_err *err)
{
    *config =
        (struct rt_config){.app = env_text("UNUM_APP", ""),
                           .function = env_text("AWS_LAMBDA_FUNCTION_NAME", ""),
                           .region = env_text("AWS_REGION", ""),
                           .table = env_text("UNUM_INTERMEDIARY_DATASTORE_NAME", ""),
                           .store_type = env_text("UNUM_INTERMEDIARY_DATASTORE_TYPE", "dynamodb"),
                           .task_root = env_text("LAMBDA_TASK_ROOT", "."),
                           .runtime_api = env_text("AWS_LAMBDA_RUNTIME_API", ""),
                           .debug = env_bool("UNUM_DEBUG", false),
                           .checkpoint = env_bool("CHECKPOINT", true),
                           .schedule_role = env_text("UNUM_SCHEDULE_ROLE", ""),
                           .inline_wait_s = 60,
                           .retention_s = INT64_C(7) * 86400};
    struct unum_str everywhere = env_text("AWS_ENDPOINT_URL", "");
    config->dynamodb_endpoint = env_text("AWS_ENDPOINT_URL_DYNAMODB", everywhere.ptr);
    config->lambda_endpoint = env_text("AWS_ENDPOINT_URL_LAMBDA", everywhere.ptr);
    config->scheduler_endpoint = env_text("AWS_ENDPOINT_URL_SCHEDULER", everywhere.ptr);
    struct unum_str pause = env_text("UNUM_MAX_INLINE_WAIT", "");
    if (pause.len && (!unum_str_to_i64(pause, &config->inline_wait_s) || config->inline_wait_s < 0))
        return unum_err_set(err, UNUM_E_INVAL,
                            "UNUM_MAX_INLINE_WAIT is \"%s\", not a number of seconds", pause.ptr);
    /* The platform's clock jumps over timers, but not over a process that sleeps. */
    if (env_bool("UNUM_LOCAL", false))
        config->inline_wait_s = 0;
    struct unum_str retention = env_text("UNUM_RETENTION", "");
    if (retention.len &&
        (!unum_str_to_i64(retention, &config->retention_s) || config->retention_s < 1))
        return unum_err_set(err, UNUM_E_INVAL, "UNUM_RETENTION is \"%s\", not a number of seconds",
                            retention.ptr);
    int rc = need(config->app, "UNUM_APP", err);
    if (rc == 0)
        rc = need(config->region, "AWS_REGION", err);
    if (rc == 0)
        rc = need(config->table, "UNUM_INTERMEDIARY_DATASTORE_NAME", err);
    return rc;
}

/* The runtime reads exactly one file; base/file.h is not part of the archive. */
static int read_ir(struct rt *rt, struct unum_err *err)
{
    struct unum_buf path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    unum_buf_printf(&path, "%.*s/unum_config.json", UNUM_STR_ARG(rt->config.task_root));
    FILE *file = fopen(unum_buf_text(&path), "re");
    int rc = 0;
    if (!file)
        rc = unum_err_sys(err, errno, "open %s", unum_buf_text(&path));
    char chunk[16 * 1024];
    size_t got;
    while (file && (got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        unum_buf_add(&text, unum_str_of(chunk, got));
    if (file && (ferror(file) || text.failed))
        rc = unum_err_set(err, UNUM_E_IO, "read %s", unum_buf_text(&path));
    if (file)
        fclose(file);
    if (rc == 0)
        rc = ir_load(unum_arena_str(&rt->arena, unum_buf_str(&text)), &rt->arena, &rt->node, err);
    if (rc < 0)
        unum_err_wrap(err, "%s", unum_buf_text(&path));
    unum_buf_done(&path);
    unum_buf_done(&text);
    return rc;
}

/* PEM roots named by the environment instead of the built-in Amazon ones. */
static int read_trust(struct rt *rt, struct unum_str *ret, struct unum_err *err)
{
    struct unum_str path = env_text("AWS_CA_BUNDLE", env_text("SSL_CERT_FILE", "").ptr);
    *ret = UNUM_STR("");
    if (!path.len)
        return 0;
    FILE *file = fopen(path.ptr, "re");
    if (!file)
        return unum_err_sys(err, errno, "open the CA bundle %s", path.ptr);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_DEFINITION);
    char chunk[16 * 1024];
    size_t got;
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
        unum_buf_add(&text, unum_str_of(chunk, got));
    bool bad = ferror(file) || text.failed;
    fclose(file);
    if (bad)
        return unum_err_set(err, UNUM_E_IO, "read the CA bundle %s", path.ptr);
    *ret = unum_arena_str(&rt->arena, unum_buf_str(&text));
    return 0;
}

static bool plain(struct unum_str endpoint)
{
    return unum_str_starts(endpoint, UNUM_STR("http://"));
}

static int open_transport(struct rt *rt, struct unum_err *err)
{
    bool tls = !plain(rt->config.dynamodb_endpoint) || !plain(rt->config.lambda_endpoint);
    struct http_native_config config = {.clock = rt->clock, .prepare_tls = tls};
    /* Nothing about certificates is read by a process that only talks to loopback. */
    int rc = tls ? read_trust(rt, &config.trust_pem, err) : 0;
    return rc < 0 ? rc : http_native_open(&config, &rt->transport, err);
}

static int open_services(struct rt *rt, struct unum_err *err)
{
    struct aws_creds_env *creds = UNUM_ARENA_NEW(&rt->arena, struct aws_creds_env);
    struct aws_config config = {.transport = rt->transport,
                                .clock = &unum_clock_system,
                                .creds = aws_creds_env(creds),
                                .region = rt->config.region};
    config.endpoints[AWS_DYNAMODB] = rt->config.dynamodb_endpoint;
    config.endpoints[AWS_LAMBDA] = rt->config.lambda_endpoint;
    config.endpoints[AWS_SCHEDULER] = rt->config.scheduler_endpoint;
    int rc = aws_client_new(&config, &rt->aws, err);
    if (rc == 0)
        rc = store_dynamodb_open(rt->aws, rt->config.table, &rt->store, err);
    if (rc == 0)
        rc = faas_lambda_open(rt->aws, &rt->faas, err);
    return rc;
}

int rt_open(struct rt *rt, const struct rt_code *code, struct unum_err *err)
{
    rt->code = code;
    int rc = read_config(&rt->config, err);
    if (rc == 0)
        rc = read_ir(rt, err);
    if (rc == 0)
        rc = open_transport(rt, err);
    if (rc == 0)
        rc = open_services(rt, err);
    return rc;
}

void rt_close(struct rt *rt)
{
    if (rt->faas.ops)
        rt->faas.ops->close(rt->faas.state);
    if (rt->store.ops)
        rt->store.ops->close(rt->store.state);
    aws_client_free(rt->aws);
    if (rt->transport.ops)
        rt->transport.ops->close(rt->transport.state);
    unum_arena_done(&rt->arena);
}

/* ---- Runtime API ---- */

/* A request to the Runtime API; `path` behind the version. Its answer is in *x. */
static int api_call(struct rt *rt, const char *method, struct unum_str path, struct unum_str body,
                    struct unum_str error_type, struct http_exchange *x, struct unum_err *err)
{
    x->endpoint = rt->api;
    x->method = unum_str_from(method);
    x->target = unum_arena_printf(&x->arena, "%.*s" API_VERSION "%.*s",
                                  UNUM_STR_ARG(rt->api.base_path), UNUM_STR_ARG(path));
    x->body = body;
    /* `next` has no timeout: the sandbox may be frozen for hours. */
    x->timeout_ms = unum_str_is(x->method, "GET") ? 0 : 30000;
    if (body.len)
        http_headers_add(&x->headers, &x->arena, UNUM_STR("Content-Type"),
                         UNUM_STR("application/json"));
    if (error_type.len)
        http_headers_add(&x->headers, &x->arena, UNUM_STR("Lambda-Runtime-Function-Error-Type"),
                         error_type);
    http_send(&rt->transport, &x, 1, 1);
    if (x->rc < 0)
        return unum_err_set(err, x->rc, "Runtime API %s: %s", method, unum_err_text(&x->err));
    if (x->status >= 400)
        return unum_err_set(err, UNUM_E_REMOTE, "Runtime API %s %.*s answered %d: %.*s", method,
                            UNUM_STR_ARG(path), x->status,
                            UNUM_STR_ARG(unum_str_slice(unum_buf_str(&x->response), 0, 200)));
    return 0;
}

static struct unum_str header_of(const struct http_exchange *x, const char *name)
{
    const struct http_header *header = http_headers_get(&x->response_headers, name);
    return header ? header->value : UNUM_STR("");
}

static int64_t header_number(const struct http_exchange *x, const char *name)
{
    int64_t number = 0;
    return unum_str_to_i64(header_of(x, name), &number) ? number : 0;
}

static void report_init_error(struct rt *rt, const struct unum_err *why)
{
    struct http_exchange x = {0};
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT * 2);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "errorMessage");
    json_strings(&w, unum_err_text(why));
    json_key(&w, "errorType");
    json_strings(&w, "Unum.Init");
    json_key(&w, "stackTrace");
    json_array_begin(&w);
    json_array_end(&w);
    json_object_end(&w);
    int ignored = api_call(rt, "POST", UNUM_STR("/init/error"), unum_buf_str(&body),
                           UNUM_STR("Unum.Init"), &x, NULL);
    (void)ignored; /* the process ends with a failure status either way */
    http_exchange_done(&x);
}

static int post_reply(struct rt *rt, struct rt_inv *inv, struct unum_err *err)
{
    struct http_exchange x = {0};
    struct unum_str path =
        unum_arena_printf(&x.arena, "/invocation/%.*s/%s", UNUM_STR_ARG(inv->request_id),
                          inv->reply.failed ? "error" : "response");
    int rc =
        api_call(rt, "POST", path, unum_buf_str(&inv->reply.body), inv->reply.error_type, &x, err);
    http_exchange_done(&x);
    return rc;
}

void rt_end_process(struct rt_inv *inv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = post_reply(inv->rt, inv, &err);
    _exit(rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void trace_environment(struct unum_str trace)
{
    /* X-Ray's convention: the variable holds the header of the current invocation. */
    char *UNUM_AUTO_FREE value = unum_str_dup(trace);
    if (trace.len)
        setenv("_X_AMZN_TRACE_ID", value, 1); // NOLINT(concurrency-mt-unsafe): before user code
    else
        unsetenv("_X_AMZN_TRACE_ID"); // NOLINT(concurrency-mt-unsafe): before user code
}

static void inv_done(struct rt_inv *inv)
{
    unum_vec_done(&inv->edges);
    unum_vec_done(&inv->containers);
    unum_buf_done(&inv->written);
    unum_buf_done(&inv->reply.body);
    unum_arena_done(&inv->arena);
}

static int one_invocation(struct rt *rt, struct unum_err *err)
{
    struct http_exchange next = {0};
    int rc =
        api_call(rt, "GET", UNUM_STR("/invocation/next"), UNUM_STR_NONE, UNUM_STR_NONE, &next, err);
    struct rt_inv inv = {.rt = rt,
                         .written = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD),
                         .reply = {.body = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD)}};
    if (rc == 0) {
        inv.request_id = header_of(&next, "Lambda-Runtime-Aws-Request-Id");
        inv.arn = header_of(&next, "Lambda-Runtime-Invoked-Function-Arn");
        inv.trace = header_of(&next, "Lambda-Runtime-Trace-Id");
        inv.deadline_ms = header_number(&next, "Lambda-Runtime-Deadline-Ms");
        rt->skipped_ms = header_number(&next, RT_SKIPPED);
        inv.began_ms = unum_wall_ms(&unum_clock_system);
        inv.writer = (struct json_writer)JSON_WRITER(&inv.written);
        trace_environment(inv.trace);
        aws_client_set_trace(rt->aws, inv.trace);
        aws_client_set_deadline(rt->aws, inv.deadline_ms);
        if (rt->node->nodes_len)
            rt_failure(&inv, unum_buf_str(&next.response));
        else
            rt_invoke(&inv, unum_buf_str(&next.response));
        aws_client_set_deadline(rt->aws, 0);
        rc = post_reply(rt, &inv, err);
    }
    inv_done(&inv);
    http_exchange_done(&next);
    return rc;
}

/* What ends the process, said without an invocation. */
static void complain(struct rt *rt, const struct unum_err *err)
{
    const struct rt_inv nobody = {.rt = rt};
    rt_log(&nobody, UNUM_LOG_ERROR, unum_err_text(err), UNUM_STR_NONE);
}

/* Returns only when the Runtime API is gone or answers nonsense: the exit status of the process. */
int rt_loop(struct rt *rt)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    while (one_invocation(rt, &err) == 0)
        continue;
    complain(rt, &err);
    return EXIT_FAILURE;
}

int rt_main(const struct rt_code *code)
{
    struct rt rt = {.arena = UNUM_ARENA_INIT};
    rt.platform_clock =
        (struct unum_clock){&rt, platform_wall_ms, platform_monotonic_ns, platform_sleep_ms};
    rt.clock = &rt.platform_clock;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_err UNUM_AUTO_ERR api_err = UNUM_ERR_INIT;
    signal(SIGPIPE, SIG_IGN);
    struct unum_str api = env_text("AWS_LAMBDA_RUNTIME_API", "");
    struct unum_str url = unum_arena_printf(&rt.arena, "http://%.*s", UNUM_STR_ARG(api));
    int rc = need(api, "AWS_LAMBDA_RUNTIME_API", &api_err);
    if (rc == 0)
        rc = http_endpoint_parse(url, &rt.api, &api_err);
    if (rc < 0) {
        complain(&rt, &api_err);
        rt_close(&rt);
        return EXIT_FAILURE;
    }
    int status = EXIT_FAILURE;
    if (rt_open(&rt, code, &err) == 0) {
        status = rt_loop(&rt);
    } else {
        complain(&rt, &err);
        struct http_native_config plain_config = {.clock = rt.clock};
        if (rt.transport.ops || http_native_open(&plain_config, &rt.transport, NULL) == 0)
            report_init_error(&rt, &err);
    }
    rt_close(&rt);
    return status;
}

/* The one symbol that main.c needs. */
UNUM_PUBLIC int unum_runtime_main(void);
int unum_runtime_main(void)
{
    return rt_main(&rt_code_linked);
}

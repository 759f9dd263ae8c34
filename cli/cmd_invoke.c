#include <string.h>

#include "base/limits.h"
#include "connection.h"
#include "here.h"
#include "sessions.h"
#include "store/record.h"
#include "template/app.h"
#include "verbs.h"

struct args {
    bool local, wait, async;
    const char *data, *file, *session, *function, *template;
    int64_t timeout_ms;
};

static const struct opt_row options[] = {
    {.letter = 'l',
     .name = "local",
     .help = "the platform that `unum local start` runs",
     .type = OPT_FLAG,
     .at = offsetof(struct args, local),
     .env = "UNUM_LOCAL",
     .common = true},
    {.letter = 'd',
     .name = "data",
     .placeholder = "JSON",
     .help = "the input: JSON, @FILE, or - for standard input; without it null",
     .type = OPT_STRING,
     .at = offsetof(struct args, data),
     .common = true},
    {.letter = 'f',
     .name = "file",
     .placeholder = "FILE",
     .help = "the input from a file",
     .type = OPT_FILE,
     .at = offsetof(struct args, file),
     .common = true},
    {.letter = 'w',
     .name = "wait",
     .help = "wait for the end and print the result instead of the session",
     .type = OPT_FLAG,
     .at = offsetof(struct args, wait),
     .common = true},
    {.name = "async",
     .help = "do not wait (as without --wait)",
     .type = OPT_FLAG,
     .at = offsetof(struct args, async)},
    {.name = "timeout",
     .placeholder = "TIME",
     .help = "with --wait: how long",
     .type = OPT_DURATION,
     .at = offsetof(struct args, timeout_ms),
     .min = 0,
     .max = 1000ll * 86400 * 366,
     .preset = "15m",
     .env = "UNUM_INVOKE_TIMEOUT"},
    {.name = "session",
     .placeholder = "NAME",
     .help = "name of the run; the same name and input join the run there is",
     .type = OPT_STRING,
     .at = offsetof(struct args, session)},
    {.name = "function",
     .placeholder = "NAME",
     .help = "call one function with the input as its event and print its answer",
     .type = OPT_STRING,
     .at = offsetof(struct args, function),
     .complete = OPT_COMPLETE_FUNCTION},
    {.letter = 't',
     .name = "template",
     .placeholder = "FILE",
     .help = "application; without it unum-template.yaml here or above",
     .type = OPT_FILE,
     .at = offsetof(struct args, template),
     .env = "UNUM_TEMPLATE"},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum invoke --local -d @event.json", "start a run and print its session"},
    {"unum invoke --local --wait -d '[1,2]'", "start a run and print its result"},
    {"unum invoke --local --function World -d '\"Hello\"'", "one function only"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "with --wait or --function: the run or the function failed"},
    {6, "with --wait: still running when --timeout was over"},
    {7, "the files are not valid"},
    {0, NULL},
};

/* POST /2015-03-31/functions/NAME/invocations (Lambda API, Invoke). */
static int call_function(struct connection *c, struct program *p, struct unum_str node,
                         const char *type, struct unum_str payload, struct aws_call *call,
                         struct unum_err *err)
{
    struct unum_str function = app_node_function(p->app, node, &p->arena);
    call->service = AWS_LAMBDA;
    call->operation = UNUM_STR("Invoke");
    call->method = UNUM_STR("POST");
    call->path = unum_arena_printf(&p->arena, "/2015-03-31/functions/%.*s/invocations",
                                   UNUM_STR_ARG(function));
    call->body = payload;
    http_headers_add(&call->headers, &p->arena, UNUM_STR("X-Amz-Invocation-Type"),
                     unum_str_from(type));
    return aws_call_one(c->client, call, err);
}

static int print_value(struct program *p, const char *key, struct unum_str session,
                       struct unum_str value)
{
    if (!program_json(p)) {
        ui_printf(&p->out, "%.*s\n", UNUM_STR_ARG(value));
        return 0;
    }
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    if (session.len) {
        json_key(&w, "session");
        json_string(&w, session);
    }
    if (key) {
        json_key(&w, key);
        json_raw(&w, value);
    }
    json_object_end(&w);
    return 0;
}

static int one_function(struct connection *c, struct program *p, const char *name,
                        struct unum_str input, struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = {0};
    struct unum_str answer = UNUM_STR_NONE;
    int rc = call_function(c, p, unum_str_from(name), "RequestResponse", input, &call, err);
    if (rc == UNUM_E_NOTFOUND) {
        struct unum_nearest nearest;
        unum_nearest_init(&nearest, unum_str_from(name));
        for (size_t i = 0; i < p->app->functions_len; i++)
            unum_nearest_try(&nearest, p->app->functions[i].name);
        if (nearest.best.ptr)
            unum_err_hint(err, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    }
    if (rc == 0)
        rc = json_check(unum_buf_str(&call.x.response), &answer, err);
    if (rc < 0)
        return rc;
    print_value(p, "answer", UNUM_STR_NONE, answer);
    if (http_headers_get(&call.x.response_headers, "X-Amz-Function-Error"))
        return unum_err_set(err, UNUM_E_FAILED, "the function %s failed", name);
    return 0;
}

static int wait_for_end(struct connection *c, struct program *p, struct unum_str session,
                        int64_t timeout_ms, struct unum_err *err)
{
    const struct unum_clock *clock = &unum_clock_system;
    int64_t deadline_ns = unum_monotonic_ns(clock) + timeout_ms * 1000000;
    struct run_record record = {0};
    for (int64_t pause_ms = 10;; pause_ms = pause_ms < 500 ? pause_ms * 3 / 2 : 500) {
        int rc = run_record_read(&c->store, p->app->name, session, &p->arena, &record, err);
        if (rc < 0)
            return rc;
        if (record.present && !unum_str_is(record.status, "RUNNING"))
            break;
        if (unum_monotonic_ns(clock) >= deadline_ns) {
            unum_err_set(err, UNUM_E_TIMEOUT, "run %.*s is still running", UNUM_STR_ARG(session));
            return unum_err_hint(err, "look again: unum status --local %.*s",
                                 UNUM_STR_ARG(session));
        }
        clock->sleep_ms(clock->cookie, pause_ms);
    }
    if (unum_str_is(record.status, "SUCCEEDED"))
        return print_value(p, "output", session, record.output);
    unum_err_set(err, UNUM_E_FAILED, "run %.*s %s: %.*s%s%.*s", UNUM_STR_ARG(session),
                 unum_str_is(record.status, "TIMED_OUT") ? "timed out" : "failed",
                 UNUM_STR_ARG(record.error_type), record.cause.len ? ": " : "",
                 UNUM_STR_ARG(record.cause));
    return unum_err_hint(err, "what its functions said: unum logs --local %.*s",
                         UNUM_STR_ARG(session));
}

static int start_run(struct connection *c, struct program *p, const struct args *args,
                     struct unum_str input, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF session = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    struct aws_call UNUM_AUTO(aws_call_done) call = {0};
    struct compiled *compiled = NULL;
    if (args->session)
        unum_buf_adds(&session, args->session);
    else
        sessions_make(&session);
    here_entry_event(unum_buf_str(&session), input, &event);
    if (event.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the input is larger than 1 MB");
    int rc = compile_app(p->app, &p->arena, &p->diags, &compiled, err);
    if (rc == 0)
        rc = program_check_diags(p, err);
    if (rc == 0)
        rc = call_function(c, p, compiled->entry, "Event", unum_buf_str(&event), &call, err);
    if (rc == 0)
        rc = sessions_add(p->app->dir, unum_buf_str(&session), err);
    if (rc < 0)
        return rc;
    if (args->wait)
        return wait_for_end(c, p, unum_buf_str(&session), args->timeout_ms, err);
    return print_value(p, NULL, unum_buf_str(&session), unum_buf_str(&session));
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_str input = UNUM_STR_NONE;
    int rc = connection_need_local(args->local, "invoke", err);
    if (rc == 0 && args->wait && args->async)
        rc = unum_err_set(err, UNUM_E_USAGE, "--wait and --async exclude each other");
    if (rc == 0)
        rc = program_payload(args->data, args->file, &text, &input, err);
    if (rc == 0)
        rc = connection_open_running(&connection, p, err);
    if (rc == 0)
        rc = args->function ? one_function(&connection, p, args->function, input, err)
                            : start_run(&connection, p, args, input, err);
    return rc;
}

const struct command cmd_invoke = {
    .name = "invoke",
    .summary = "start a run",
    .about = "Sends the input to the entry function as an asynchronous event with a session of "
             "its own, and prints the session. With --wait standard output and exit status are "
             "those of the run.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

#include <string.h>

#include "aws/lambda.h"
#include "base/limits.h"
#include "call.h"
#include "connection.h"
#include "here.h"
#include "sessions.h"
#include "template/app.h"
#include "verbs.h"
#include "watch.h"

struct args {
    struct where where;
    bool wait, async;
    const char *data, *file, *session, *function, *template;
    int64_t timeout_ms;
};

static const struct opt_row options[] = {
    WHERE_OPTIONS(struct args, where, "the platform that `unum local start` runs"),
    PAYLOAD_OPTIONS(struct args, data, file),
    {.letter = 'w',
     .name = "wait",
     .help = "wait for the end and print the result instead of the session",
     .type = OPT_FLAG,
     .at = offsetof(struct args, wait),
     .common = true},
    {.name = "async",
     .help = "do not wait (as without --wait); with --function: as an event",
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
     .help = "run the code of one function with the input and print its answer",
     .type = OPT_STRING,
     .at = offsetof(struct args, function),
     .complete = OPT_COMPLETE_FUNCTION},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum invoke -d @event.json", "start a run and print its session"},
    {"unum invoke --wait -d '[1,2]'", "start a run and print its result"},
    {"echo '{}' | unum invoke --local --wait -d -", "with the input from a pipe, on this machine"},
    {"unum invoke --function Hello -d '{}'", "one function only"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "with --wait or --function: the run or the function failed"},
    {4, "there are no credentials, or they do not allow it"},
    {6, "with --wait: still running when --timeout was over"},
    {7, "the files are not valid"},
    {130, "interrupted; the run goes on"},
    {0, NULL},
};

/* A run that is accepted but never begins is a matter of seconds, unless all of the account's
 * concurrency is in use. */
enum { BEGIN_MS = 5 * 60 * 1000 };

static int wait_for_end(struct connection *c, struct program *p, const struct compiled *compiled,
                        struct unum_str session, int64_t timeout_ms, struct unum_err *err)
{
    struct run_record record = {0};
    int rc = watch_run(c, p, compiled, session, timeout_ms, BEGIN_MS, &record, err);
    if (rc == 0)
        rc = watch_outcome(c, session, &record, err);
    return rc < 0 ? rc : call_print(p, "output", session, record.output);
}

static int start_run(struct connection *c, struct program *p, const struct args *args,
                     struct unum_str input, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF session = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    struct lambda_answer answer;
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
    if (rc < 0)
        return rc;
    rc = lambda_invoke(c->client, app_node_function(p->app, compiled->entry, &p->arena),
                       LAMBDA_EVENT, unum_buf_str(&event), &p->arena, &answer, err);
    if (rc < 0)
        return connection_explain(c, p, rc, err);
    rc = sessions_add(p->app->dir, unum_buf_str(&session), err);
    if (rc < 0)
        return rc;
    if (args->wait)
        return wait_for_end(c, p, compiled, unum_buf_str(&session), args->timeout_ms, err);
    if (program_json(p))
        return call_print(p, NULL, unum_buf_str(&session), UNUM_STR_NONE);
    return call_print(p, NULL, UNUM_STR_NONE, unum_buf_str(&session));
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_str input = UNUM_STR_NONE;
    int rc = 0;
    if (args->wait && args->async)
        rc = unum_err_set(err, UNUM_E_USAGE, "--wait and --async exclude each other");
    if (rc == 0 && args->function && (args->wait || args->session))
        rc = unum_err_set(err, UNUM_E_USAGE,
                          "--function calls one function, which is no run: "
                          "--wait and --session have no meaning");
    if (rc == 0)
        rc = program_payload(args->data, args->file, &text, &input, err);
    if (rc == 0)
        rc = connection_open(&connection, p, &args->where, false, err);
    if (rc == 0)
        rc = args->function ? call_function(&connection, p, args->function, args->async, input, err)
                            : start_run(&connection, p, args, input, err);
    return rc;
}

const struct command cmd_invoke = {
    .name = "invoke",
    .summary = "start a run",
    .about =
        "Sends the input to the entry function as an asynchronous event with a session of its own, "
        "and prints the session. With --wait the steps are shown on standard error as they end, "
        "and standard output and exit status are those of the run. Ctrl-C and --timeout end the "
        "watching, not the run; `unum status SESSION --wait` goes on with it.\n\n"
        "With --function the code of one function, at any place of the workflow, runs once with "
        "the input, and its answer is printed. It is no part of a run: nothing is recorded and "
        "nothing follows. If it fails, its error and the end of its log are shown. An event may "
        "have 1 MB, the input of --function 6 MB.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

#include "base/limits.h"
#include "here.h"
#include "sessions.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    const char *data, *file, *session, *template;
    int64_t timeout_ms;
    bool sanitize;
    struct here_args here;
};

static const struct opt_row options[] = {
    PAYLOAD_OPTIONS(struct args, data, file),
    {.name = "timeout",
     .placeholder = "TIME",
     .help = "give up after this much real time",
     .type = OPT_DURATION,
     .at = offsetof(struct args, timeout_ms),
     .min = 0,
     .max = 1000ll * 86400 * 366,
     .env = "UNUM_RUN_TIMEOUT",
     .common = true},
    {.name = "session",
     .placeholder = "NAME",
     .help = "name of the run; without it a new one",
     .type = OPT_STRING,
     .at = offsetof(struct args, session)},
    HERE_OPTIONS(struct args, here),
    {.name = "sanitize",
     .help = "build the functions with address and undefined-behaviour sanitizers",
     .type = OPT_FLAG,
     .at = offsetof(struct args, sanitize)},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum run -d @events/event.json", "input from a file"},
    {"echo '[1,2]' | unum run -d -", "input from standard input"},
    {"unum run -v -d '\"x\"'", "show every step as it ends"},
    {"unum run --latency store=5ms,invoke=20ms,cold=150ms", "timed as on AWS"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "the run failed, or a function does not compile"},
    {6, "the run was still running when --timeout was over"},
    {7, "the files are not valid"},
    {130, "interrupted; no process is left behind"},
    {0, NULL},
};

static void end_json(struct program *p, const struct here *h, const struct here_end *end)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "session");
    json_string(&w, h->session);
    json_key(&w, "status");
    json_string(&w, end->status);
    if (end->output.ptr) {
        json_key(&w, "output");
        json_raw(&w, end->output);
    }
    if (end->error_type.ptr) {
        json_key(&w, "error");
        json_string(&w, end->error_type);
        json_key(&w, "cause");
        json_string(&w, end->cause);
    }
    json_key(&w, "durationMs");
    json_int(&w, end->duration_ms);
    json_key(&w, "skippedMs");
    json_int(&w, local_skipped_ms(h->local));
    json_key(&w, "invocations");
    json_int(&w, (int64_t)h->invocations);
    json_key(&w, "coldStarts");
    json_int(&w, (int64_t)h->cold_starts);
    json_object_end(&w);
}

static int report(struct program *p, const struct here *h, const struct here_end *end,
                  struct unum_err *err)
{
    if (program_json(p))
        end_json(p, h, end);
    if (p->global.verbose && !program_json(p))
        ui_printf(&p->err, "%.*s: %.*s in %lld ms, %llu invocations, %llu cold starts\n",
                  UNUM_STR_ARG(h->session), UNUM_STR_ARG(end->status), (long long)end->duration_ms,
                  (unsigned long long)h->invocations, (unsigned long long)h->cold_starts);
    if (unum_str_is(end->status, "SUCCEEDED")) {
        if (!program_json(p))
            ui_printf(&p->out, "%.*s\n", UNUM_STR_ARG(end->output));
        return 0;
    }
    unum_err_set(err, UNUM_E_FAILED, "the run %.*s: %.*s%s%.*s",
                 UNUM_STR_ARG(unum_str_is(end->status, "TIMED_OUT") ? UNUM_STR("timed out")
                              : unum_str_is(end->status, "FAILED")  ? UNUM_STR("failed")
                                                                    : end->status),
                 UNUM_STR_ARG(end->error_type), end->cause.len ? ": " : "",
                 UNUM_STR_ARG(end->cause));
    if (!h->memory)
        unum_err_hint(err, "what its functions said: unum logs --local %.*s",
                      UNUM_STR_ARG(h->session));
    return UNUM_E_FAILED;
}

static int prepare(struct program *p, const struct args *args, struct compiled **ret,
                   struct unum_err *err)
{
    struct workflow_build how = {.sanitize = args->sanitize};
    struct build_result built;
    int rc = workflow_compile(p, ret, err);
    return rc < 0 ? rc : workflow_build(p, *ret, &how, &built, err);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_buf UNUM_AUTO_BUF session = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct here UNUM_AUTO(here_close) here = HERE_INIT;
    struct compiled *compiled = NULL;
    struct here_end end = {0};
    struct unum_str input = UNUM_STR_NONE;
    int rc = program_payload(args->data, args->file, &text, &input, err);
    if (rc == 0)
        rc = prepare(p, args, &compiled, err);
    if (rc < 0)
        return rc;
    if (args->session)
        unum_buf_adds(&session, args->session);
    else
        sessions_make(&session);
    rc = here_open(&here, p, compiled, &args->here, 0, false, err);
    if (rc == 0 && !here.memory)
        rc = sessions_add(p->app->dir, unum_buf_str(&session), err);
    if (rc == 0)
        rc = here_run(&here, compiled, unum_buf_str(&session), input, args->timeout_ms, &p->arena,
                      &end, err);
    return rc < 0 ? rc : report(p, &here, &end, err);
}

const struct command cmd_run = {
    .name = "run",
    .summary = "run the whole workflow on this machine",
    .about = "Compiles and builds what has changed, starts the functions as processes against an "
             "emulated Lambda and DynamoDB on the loopback interface, runs the workflow once and "
             "prints its result on standard output. No account and no network are used. Waits and "
             "retry delays are skipped: when nothing runs, the clock jumps to the next timer.\n\n"
             "What happened stays in .unum/local.db for `unum status --local` and `unum logs "
             "--local`.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

#include "base/clock.h"
#include "base/limits.h"
#include "connection.h"
#include "safe_text.h"
#include "sessions.h"
#include "template/app.h"
#include "verbs.h"
#include "watch.h"

struct args {
    struct where where;
    bool wait;
    int64_t timeout_ms;
    const char *template;
};

static const struct opt_row options[] = {
    WHERE_OPTIONS(struct args, where, "a run of this machine"),
    {.letter = 'w',
     .name = "wait",
     .help = "watch the run until its end, and show its steps",
     .type = OPT_FLAG,
     .at = offsetof(struct args, wait),
     .common = true},
    {.name = "timeout",
     .placeholder = "TIME",
     .help = "with --wait: how long; 0 is for ever",
     .type = OPT_DURATION,
     .at = offsetof(struct args, timeout_ms),
     .min = 0,
     .max = 1000ll * 86400 * 366,
     .preset = "0",
     .env = "UNUM_INVOKE_TIMEOUT"},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct opt_operand operands[] = {
    RUN_OPERAND,
    {0},
};

static const struct command_example examples[] = {
    {"unum status", "the last run from this folder"},
    {"unum status 20261121T034228Z-0a1b2c3d --wait", "watch a certain one to its end"},
    {"unum status --local --output json", "of this machine, for a program"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "the run failed, timed out or was cancelled"},
    {4, "there are no credentials, or they do not allow it"},
    {6, "the run is still running"},
    {130, "interrupted; the run goes on"},
    {0, NULL},
};

static void time_field(struct json_writer *w, const char *key, int64_t ms)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    if (!ms)
        return;
    unum_time_rfc3339(ms, &text);
    json_key(w, key);
    json_string(w, unum_buf_str(&text));
}

static void status_json(struct program *p, const char *session, const struct run_record *run)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "session");
    json_strings(&w, session);
    json_key(&w, "status");
    json_string(&w, run->status);
    time_field(&w, "started", run->started_ms);
    time_field(&w, "ended", run->ended_ms);
    if (run->output.ptr) {
        json_key(&w, "output");
        json_raw(&w, run->output);
    }
    if (run->error_type.ptr) {
        json_key(&w, "error");
        json_string(&w, run->error_type);
        json_key(&w, "cause");
        json_string(&w, run->cause);
    }
    json_object_end(&w);
}

static void status_text(struct program *p, const char *session, const struct run_record *run)
{
    struct unum_buf UNUM_AUTO_BUF started = UNUM_BUF_INIT(64);
    bool good = unum_str_is(run->status, "SUCCEEDED"), runs = unum_str_is(run->status, "RUNNING");
    unum_time_rfc3339(run->started_ms, &started);
    ui_printf(&p->out, "session  %s\nstatus   %s%.*s%s\nstarted  %s\n", session,
              ui_style(&p->out, good   ? UI_GREEN
                                : runs ? UI_YELLOW
                                       : UI_RED),
              UNUM_STR_ARG(run->status), ui_style(&p->out, UI_PLAIN), unum_buf_text(&started));
    if (run->ended_ms)
        ui_printf(&p->out, "took     %.3f s\n", (double)(run->ended_ms - run->started_ms) / 1000);
    if (run->output.ptr) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_GATHER * 2);
        safe_json(&p->out, run->output, &text);
        ui_printf(&p->out, "output   %s\n", unum_buf_text(&text));
    }
    if (run->error_type.ptr) {
        struct unum_buf UNUM_AUTO_BUF type = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF cause = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        safe_text(&p->out, run->error_type, &type);
        safe_text(&p->out, run->cause, &cause);
        ui_printf(&p->out, "error    %s\ncause    %s\n", unum_buf_text(&type),
                  unum_buf_text(&cause));
    }
}

static int no_run(const struct connection *c, const struct program *p, const char *session,
                  struct unum_err *err)
{
    unum_err_set(err, UNUM_E_NOTFOUND, "there is no run \"%s\" of %.*s", session,
                 UNUM_STR_ARG(p->app->name));
    return unum_err_hint(err, "`unum runs list%s` lists those there are", connection_flag(c));
}

/* An event that was just accepted has begun nothing yet. */
enum { BEGIN_MS = 15 * 1000 };

static bool started_here(const struct program *p, const char *session)
{
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str name, rest;
    if (sessions_read(p->app->dir, &names) < 0)
        return false;
    rest = unum_buf_str(&names);
    while (rest.len && unum_str_split(&rest, '\n', &name)) {
        if (unum_str_is(name, session))
            return true;
    }
    return false;
}

static int read_run(struct connection *c, struct program *p, const struct args *args,
                    const char *session, struct run_record *ret, struct unum_err *err)
{
    int rc = run_record_read(&c->store, p->app->name, unum_str_from(session), &p->arena, ret, err);
    if (rc < 0)
        return connection_explain(c, p, rc, err);
    if (!ret->present && !(args->wait && started_here(p, session)))
        return no_run(c, p, session, err);
    if (!args->wait || (ret->present && !unum_str_is(ret->status, "RUNNING")))
        return 0;
    struct compiled *compiled = NULL;
    rc = compile_app(p->app, &p->arena, &p->diags, &compiled, err);
    if (rc == 0)
        rc = program_check_diags(p, err);
    return rc < 0 ? rc
                  : watch_run(c, p, compiled, unum_str_from(session), args->timeout_ms,
                              ret->present ? 0 : BEGIN_MS, ret, err);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct run_record record = {0};
    char *UNUM_AUTO_FREE last = NULL;
    const char *session = program_operand(p, 0);
    int rc = 0;
    if (!session) {
        rc = sessions_last(p->app->dir, &last, err);
        session = last;
    }
    if (rc == 0)
        rc = connection_open(&connection, p, &args->where, !args->wait, err);
    if (rc == 0)
        rc = read_run(&connection, p, args, session, &record, err);
    if (rc < 0)
        return rc;
    if (program_json(p))
        status_json(p, session, &record);
    else
        status_text(p, session, &record);
    /* The exit status says how the run ended, also without reading the text. */
    return watch_outcome(&connection, unum_str_from(session), &record, err);
}

const struct command cmd_status = {
    .name = "status",
    .summary = "how a run stands",
    .about = "Reads the run record. The exit status tells success, failure and still running "
             "apart. With --wait the run is watched until its end.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

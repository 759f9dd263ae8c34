#include "base/clock.h"
#include "base/limits.h"
#include "connection.h"
#include "sessions.h"
#include "store/record.h"
#include "template/app.h"
#include "verbs.h"

struct args {
    bool local;
    const char *template;
};

static const struct opt_row options[] = {
    {.letter = 'l',
     .name = "local",
     .help = "a run of this machine",
     .type = OPT_FLAG,
     .at = offsetof(struct args, local),
     .env = "UNUM_LOCAL",
     .common = true},
    {.letter = 't',
     .name = "template",
     .placeholder = "FILE",
     .help = "application; without it unum-template.yaml here or above",
     .type = OPT_FILE,
     .at = offsetof(struct args, template),
     .env = "UNUM_TEMPLATE"},
    OPT_END,
};

static const struct opt_operand operands[] = {
    {.placeholder = "SESSION",
     .help = "the run; without it the last one started from this folder",
     .optional = true,
     .complete = OPT_COMPLETE_SESSION},
    {0},
};

static const struct command_example examples[] = {
    {"unum status --local", "the last run"},
    {"unum status --local 20261121T034228Z-0a1b2c3d", "a certain one"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "the run failed, timed out or was cancelled"},
    {6, "the run is still running"},
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
    if (run->output.ptr)
        ui_printf(&p->out, "output   %.*s\n", UNUM_STR_ARG(run->output));
    if (run->error_type.ptr)
        ui_printf(&p->out, "error    %.*s\ncause    %.*s\n", UNUM_STR_ARG(run->error_type),
                  UNUM_STR_ARG(run->cause));
}

/* The exit status says how the run ended, also without reading the text. */
static int outcome(const char *session, const struct run_record *run, struct unum_err *err)
{
    if (unum_str_is(run->status, "SUCCEEDED"))
        return 0;
    if (unum_str_is(run->status, "RUNNING"))
        return unum_err_set(err, UNUM_E_TIMEOUT, "run %s is still running", session);
    return unum_err_set(err, UNUM_E_FAILED, "run %s did not succeed: %.*s", session,
                        UNUM_STR_ARG(run->error_type.len ? run->error_type : run->status));
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct run_record record = {0};
    char *UNUM_AUTO_FREE last = NULL;
    const char *session = program_operand(p, 0);
    int rc = connection_need_local(args->local, "status", err);
    if (rc == 0 && !session) {
        rc = sessions_last(p->app->dir, &last, err);
        session = last;
    }
    if (rc == 0)
        rc = connection_open_any(&connection, p, err);
    if (rc == 0)
        rc = run_record_read(&connection.store, p->app->name, unum_str_from(session), &p->arena,
                             &record, err);
    if (rc < 0)
        return rc;
    if (!record.present) {
        unum_err_set(err, UNUM_E_NOTFOUND, "there is no run \"%s\" of %.*s", session,
                     UNUM_STR_ARG(p->app->name));
        return unum_err_hint(err, "`unum __complete session` lists those started from here");
    }
    if (program_json(p))
        status_json(p, session, &record);
    else
        status_text(p, session, &record);
    return outcome(session, &record, err);
}

const struct command cmd_status = {
    .name = "status",
    .summary = "how a run stands",
    .about = "Reads the run record. The exit status tells success, failure and still running "
             "apart.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

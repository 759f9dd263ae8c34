#include <inttypes.h>

#include "aws/lambda.h"
#include "base/limits.h"
#include "doctor.h"
#include "runs/walk.h"
#include "template/app.h"

enum { MOST_RUNS = 20, MOST_GAPS = 10 };

static struct runs_table table_of(const struct doctor *d)
{
    return (struct runs_table){d->connection->client, d->p->app->store_name, &unum_clock_system};
}

static void add_age(struct unum_buf *out, int64_t ms)
{
    int64_t s = ms / 1000;
    if (s < 120)
        unum_buf_printf(out, "%" PRId64 " s", s);
    else if (s < 7200)
        unum_buf_printf(out, "%" PRId64 " min", s / 60);
    else if (s < 2ll * 86400)
        unum_buf_printf(out, "%" PRId64 " h", s / 3600);
    else
        unum_buf_printf(out, "%" PRId64 " days", s / 86400);
}

/* "Hello has decided for World, which has left no record" */
static void describe_gap(const struct walk_gap *gap, struct unum_buf *out)
{
    if (gap->tried)
        unum_buf_printf(out, "%.*s has failed%s and %s", UNUM_STR_ARG(gap->missing),
                        gap->attempts > 1 ? " again" : "",
                        gap->retry ? "has not been tried once more" : "nothing has come of that");
    else if (!gap->from.len)
        unum_buf_printf(out, "the entry %.*s has no outcome", UNUM_STR_ARG(gap->missing));
    else
        unum_buf_printf(out, "after %.*s: no outcome of %.*s", UNUM_STR_ARG(gap->from),
                        UNUM_STR_ARG(gap->missing));
}

/* The gaps that are no wait for a time that has not come. */
static size_t describe_walk(const struct run_walk *walk, int64_t now_ms, struct unum_buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < walk->gaps_len; i++) {
        if (walk->gaps[i].due_ms > now_ms)
            continue;
        if (count++ >= MOST_GAPS)
            continue;
        unum_buf_adds(out, "\n  ");
        describe_gap(&walk->gaps[i], out);
    }
    if (count > MOST_GAPS)
        unum_buf_printf(out, "\n  and %zu more", count - MOST_GAPS);
    return count;
}

/* A run that has had no progress for too long, and nothing to wait for. */
static void judge_run(struct doctor *d, const struct run_entry *run, int64_t still_ms)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_buf UNUM_AUTO_BUF help = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    const struct runs_table table = table_of(d);
    struct run_walk walk;
    int64_t now_ms = unum_wall_ms(&unum_clock_system);
    if (run_walk(&table, &d->connection->store, d->p->app->name, run->session, d->compiled, &arena,
                 &walk, &err) < 0) {
        doctor_find_err(d, DOCTOR_WARNING, "runs", &err);
        return;
    }
    if (!unum_str_is(walk.run.status, "RUNNING") || now_ms - walk.newest_ms < still_ms)
        return;
    unum_buf_printf(&text, "run %.*s stands still for ", UNUM_STR_ARG(run->session));
    add_age(&text, now_ms - walk.newest_ms);
    if (!describe_walk(&walk, now_ms, &text) && walk.gaps_len)
        return; /* it waits, as it should */
    unum_buf_printf(&help, "unum logs%s %.*s; then unum doctor%s %.*s --resend",
                    connection_flag(d->connection), UNUM_STR_ARG(run->session),
                    connection_flag(d->connection), UNUM_STR_ARG(run->session));
    doctor_find(d, DOCTOR_ERROR, "runs", unum_buf_text(&help), "%s", unum_buf_text(&text));
}

void doctor_runs(struct doctor *d, int64_t still_ms)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct runs_table table = table_of(d);
    struct run_entry *runs = NULL;
    size_t len = 0, running = 0, before = d->errors;
    int64_t now_ms = unum_wall_ms(&unum_clock_system);
    if (!d->compiled)
        return;
    if (table_runs(&table, d->p->app->name, &d->p->arena, &runs, &len, &err) < 0) {
        doctor_find_err(d, err.rc == UNUM_E_NOTFOUND ? DOCTOR_NOTE : DOCTOR_WARNING, "runs", &err);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (!unum_str_is(runs[i].record.status, "RUNNING"))
            continue;
        if (++running <= MOST_RUNS && now_ms - runs[i].record.started_ms >= still_ms)
            judge_run(d, &runs[i], still_ms);
    }
    if (running > MOST_RUNS)
        doctor_find(d, DOCTOR_NOTE, "runs", NULL,
                    "%zu runs have not ended; the newest %d of them "
                    "were looked at",
                    running, MOST_RUNS);
    if (d->errors == before)
        doctor_find(d, DOCTOR_OK, "runs", NULL, "%zu run%s, %zu of them running, none stands still",
                    len, len == 1 ? "" : "s", running);
}

/* ---- one run ---- */

static int resend(struct doctor *d, const struct run_walk *walk, struct unum_str session,
                  struct unum_err *err)
{
    struct unum_map UNUM_AUTO_MAP sent = UNUM_MAP_INIT;
    int64_t now_ms = unum_wall_ms(&unum_clock_system);
    struct unum_arena *arena = &d->p->arena;
    for (size_t i = 0; i < walk->gaps_len; i++) {
        const struct walk_gap *gap = &walk->gaps[i];
        struct unum_str node, event;
        struct lambda_answer answer;
        if (gap->due_ms > now_ms || (gap->sender.len && unum_map_has(&sent, gap->sender)))
            continue;
        if (!run_walk_event(walk, d->compiled, gap, session, arena, &node, &event)) {
            doctor_find(d, DOCTOR_NOTE, "resend",
                        gap->from.len ? NULL
                                      : "start the run again with the same session and input",
                        "nothing recorded can be sent again for %.*s", UNUM_STR_ARG(gap->missing));
            continue;
        }
        int rc = lambda_invoke(d->connection->client, app_node_function(d->p->app, node, arena),
                               LAMBDA_EVENT, event, arena, &answer, err);
        if (rc < 0)
            return rc;
        (void)unum_map_set(&sent, gap->sender, d);
        doctor_find(d, DOCTOR_OK, "resend", NULL, "%.*s repeats what it has decided",
                    UNUM_STR_ARG(gap->sender));
    }
    return 0;
}

static void report_gaps(struct doctor *d, const struct run_walk *walk, int64_t still_ms,
                        const char *help)
{
    int64_t now_ms = unum_wall_ms(&unum_clock_system);
    bool still = now_ms - walk->newest_ms >= still_ms;
    for (size_t i = 0; i < walk->gaps_len; i++) {
        const struct walk_gap *gap = &walk->gaps[i];
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        bool waits = gap->due_ms > now_ms;
        describe_gap(gap, &text);
        unum_buf_adds(&text, waits ? "; due in " : ", for ");
        add_age(&text, waits ? gap->due_ms - now_ms : now_ms - gap->since_ms);
        doctor_find(d, waits || !still ? DOCTOR_NOTE : DOCTOR_ERROR, "edge",
                    waits || !still ? NULL : help, "%s", unum_buf_text(&text));
    }
}

int doctor_run(struct doctor *d, const char *session, int64_t still_ms, bool again,
               struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF help = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    const struct runs_table table = table_of(d);
    struct run_walk walk;
    int rc = run_walk(&table, &d->connection->store, d->p->app->name, unum_str_from(session),
                      d->compiled, &d->p->arena, &walk, err);
    if (rc < 0)
        return rc;
    bool running = unum_str_is(walk.run.status, "RUNNING");
    doctor_find(d, DOCTOR_OK, "run", NULL, "%s is %.*s%s", session, UNUM_STR_ARG(walk.run.status),
                running ? "" : ": nothing is missing");
    unum_buf_printf(&help, "unum doctor%s %s --resend", connection_flag(d->connection), session);
    if (running)
        doctor_find(d, DOCTOR_OK, "records", NULL, "%zu outcomes, %zu edges without one",
                    walk.records, walk.gaps_len);
    if (walk.unknown)
        doctor_find(d, DOCTOR_WARNING, "records", "look at it with the version that was deployed",
                    "%zu outcomes are of functions or states that the application here does not "
                    "have",
                    walk.unknown);
    if (walk.strange)
        doctor_find(d, DOCTOR_WARNING, "records", "look at it with the version that was deployed",
                    "%zu items of the run are of a form that is not known here", walk.strange);
    if (running && !walk.gaps_len && !walk.unknown)
        doctor_find(d, DOCTOR_NOTE, "edge", NULL, "what is missing depends on values");
    report_gaps(d, &walk, again ? INT64_MAX : still_ms, unum_buf_text(&help));
    return again ? resend(d, &walk, unum_str_from(session), err) : 0;
}

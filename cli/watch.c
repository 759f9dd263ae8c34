#include "watch.h"

#include <stdlib.h>

#include "base/limits.h"
#include "interrupt.h"
#include "runs/progress.h"

enum { SLICE_MS = 50 }; /* how soon Ctrl-C is noticed */

struct watching {
    struct program *p;
};

static void show_step(void *cookie, const struct progress_step *step)
{
    struct watching *w = cookie;
    struct ui *ui = &w->p->err;
    if (w->p->global.quiet || w->p->global.output != OUTPUT_TEXT)
        return;
    ui_progress_end(ui);
    ui_printf(ui, "%s+%7.3f s%s  %-32.*s %s%s%s%s%.*s\n", ui_style(ui, UI_DIM),
              (double)step->after_ms / 1000, ui_style(ui, UI_PLAIN), UNUM_STR_ARG(step->instance),
              ui_style(ui, step->error ? UI_RED : UI_GREEN),
              step->error   ? "failed"
              : step->close ? "joined"
                            : "done",
              ui_style(ui, UI_PLAIN), step->error_type.len ? "  " : "",
              UNUM_STR_ARG(step->error_type));
}

static void show_pending(struct watching *w, const struct progress *progress)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    if (w->p->global.quiet || w->p->global.output != OUTPUT_TEXT || !w->p->err.terminal)
        return;
    progress_pending(progress, &text);
    if (text.len)
        ui_progress(&w->p->err, "waiting for %s", unum_buf_text(&text));
}

/* False: interrupted. */
static bool pause_for(int64_t pause_ms)
{
    const struct unum_clock *clock = &unum_clock_system;
    for (; pause_ms > 0 && !interrupt_seen(); pause_ms -= SLICE_MS)
        clock->sleep_ms(clock->cookie, pause_ms < SLICE_MS ? pause_ms : SLICE_MS);
    return !interrupt_seen();
}

static int go_on_hint(const struct connection *c, struct unum_str session, struct unum_err *err)
{
    return unum_err_hint(err, "it goes on; watch it again: unum status%s %.*s --wait",
                         connection_flag(c), UNUM_STR_ARG(session));
}

static int still_running(const struct connection *c, struct unum_str session,
                         const struct progress *progress, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    progress_pending(progress, &text);
    (void)unum_err_set(err, UNUM_E_TIMEOUT, "run %.*s is still running%s%s", UNUM_STR_ARG(session),
                       text.len ? ", waiting for " : "", unum_buf_text(&text));
    return go_on_hint(c, session, err);
}

/* Has the run ended, or shall nobody wait any longer? 1: ended, 0: look again. */
static int judge(struct connection *c, struct unum_str session, const struct run_record *run,
                 const struct progress *progress, const int64_t deadlines_ns[2],
                 struct unum_err *err)
{
    int64_t now_ns = unum_monotonic_ns(&unum_clock_system);
    if (run->present && !unum_str_is(run->status, "RUNNING"))
        return 1;
    if (!run->present && deadlines_ns[1] && now_ns >= deadlines_ns[1]) {
        (void)unum_err_set(err, UNUM_E_NOTFOUND, "run %.*s has not begun", UNUM_STR_ARG(session));
        return unum_err_hint(err, "what its functions said: unum logs%s %.*s", connection_flag(c),
                             UNUM_STR_ARG(session));
    }
    if (deadlines_ns[0] && now_ns >= deadlines_ns[0])
        return still_running(c, session, progress, err);
    return 0;
}

static int watch_loop(struct connection *c, struct program *p, struct progress *progress,
                      struct unum_str session, const int64_t deadlines_ns[2],
                      struct run_record *ret, struct unum_err *err)
{
    struct watching w = {.p = p};
    for (;;) {
        int rc = progress_look(progress, show_step, &w, &p->arena, ret, err);
        if (rc == 0)
            rc = judge(c, session, ret, progress, deadlines_ns, err);
        if (rc != 0)
            return rc < 0 ? rc : 0;
        show_pending(&w, progress);
        if (!pause_for(progress_pause_ms(progress))) {
            (void)unum_err_set(err, UNUM_E_CANCELLED, "no longer watching run %.*s",
                               UNUM_STR_ARG(session));
            return go_on_hint(c, session, err);
        }
    }
}

int watch_run(struct connection *c, struct program *p, const struct compiled *compiled,
              struct unum_str session, int64_t timeout_ms, int64_t start_ms, struct run_record *ret,
              struct unum_err *err)
{
    int64_t now_ns = unum_monotonic_ns(&unum_clock_system);
    const int64_t deadlines_ns[2] = {timeout_ms ? now_ns + timeout_ms * 1000000 : 0,
                                     start_ms ? now_ns + start_ms * 1000000 : 0};
    struct progress *progress = progress_new(&c->store, p->app->name, session, compiled);
    interrupt_catch();
    int rc = watch_loop(c, p, progress, session, deadlines_ns, ret, err);
    interrupt_watch(NULL);
    ui_progress_end(&p->err);
    progress_free(progress);
    return rc < 0 ? connection_explain(c, p, rc, err) : 0;
}

int watch_outcome(const struct connection *c, struct unum_str session, const struct run_record *run,
                  struct unum_err *err)
{
    if (unum_str_is(run->status, "SUCCEEDED"))
        return 0;
    if (unum_str_is(run->status, "RUNNING")) {
        (void)unum_err_set(err, UNUM_E_TIMEOUT, "run %.*s is still running", UNUM_STR_ARG(session));
        return go_on_hint(c, session, err);
    }
    const char *how = unum_str_is(run->status, "TIMED_OUT")   ? "timed out"
                      : unum_str_is(run->status, "CANCELLED") ? "was cancelled"
                                                              : "failed";
    (void)unum_err_set(err, UNUM_E_FAILED, "run %.*s %s%s%.*s%s%.*s", UNUM_STR_ARG(session), how,
                       run->error_type.len ? ": " : "", UNUM_STR_ARG(run->error_type),
                       run->cause.len ? ": " : "", UNUM_STR_ARG(run->cause));
    return unum_err_hint(err, "what its functions said: unum logs%s %.*s", connection_flag(c),
                         UNUM_STR_ARG(session));
}

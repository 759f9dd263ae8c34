#include "here.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "interrupt.h"
#include "logline.h"
#include "store/record.h"
#include "template/app.h"
#include "workflow.h"

enum {
    LOOK_PAUSE_NS = 5000000, /* between two looks at the run record */
    SETTLE_MS = 2000,        /* for what still runs after the end */
};

int here_latency(const char *text, struct local_latency *ret, struct unum_err *err)
{
    struct {
        const char *name;
        int64_t *ms;
    } const parts[] = {{"store", &ret->store_ms},
                       {"invoke", &ret->invoke_ms},
                       {"cold", &ret->cold_ms},
                       {"change", &ret->change_ms}};
    struct unum_str rest = unum_str_from(text), part;
    while (rest.ptr && unum_str_split(&rest, ',', &part)) {
        size_t equals = unum_str_find(part, '=');
        struct unum_str name = unum_str_trim(unum_str_slice(part, 0, equals));
        int64_t *ms = NULL;
        for (size_t i = 0; i < UNUM_COUNT(parts); i++) {
            if (unum_str_is(name, parts[i].name))
                ms = parts[i].ms;
        }
        if (!ms || equals == SIZE_MAX ||
            !opt_duration(unum_str_trim(unum_str_from_pos(part, equals + 1)), ms)) {
            unum_err_set(err, UNUM_E_USAGE, "--latency: cannot read \"%.*s\"", UNUM_STR_ARG(part));
            return unum_err_hint(err, "for example --latency store=20ms,invoke=30ms,cold=200ms");
        }
    }
    return 0;
}

void here_entry_event(struct unum_str session, struct unum_str input, struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    json_key(&w, "Data");
    json_object_begin(&w);
    json_key(&w, "Source");
    json_strings(&w, "http");
    json_key(&w, "Value");
    json_raw(&w, input);
    json_object_end(&w);
    json_key(&w, "Session");
    json_string(&w, session);
    json_object_end(&w);
}

void here_close(struct here *h)
{
    connection_close(&h->connection);
    local_free(h->local);
    unum_close_fd(&h->lock);
}

/* ---- what is told while it runs ------------------------------------------------------------- */

static struct unum_str node_of(const struct here *h, struct unum_str function)
{
    struct unum_str app = h->p->app->name;
    if (unum_str_starts(function, app) && function.len > app.len + 1)
        return unum_str_from_pos(function, app.len + 1);
    return function;
}

static void on_request(void *cookie, const struct local_request *request)
{
    struct here *h = cookie;
    if (request->number && strcmp(request->service, "dynamodb") == 0)
        h->changed = true;
    struct unum_str by = request->instance.len ? request->instance : request->function;
    unum_logf(&h->p->log, UNUM_LOG_DEBUG,
              "%llu %.*s: %s %.*s%s%.*s, %zu bytes, answered %d, %zu bytes, %.1f ms",
              (unsigned long long)request->number, UNUM_STR_ARG(by), request->service,
              UNUM_STR_ARG(request->operation), request->target.len ? " " : "",
              UNUM_STR_ARG(request->target), request->request_bytes, request->status,
              request->response_bytes, (double)request->duration_us / 1000);
}

/* What an earlier command left unfinished goes on here too, but is not what was asked for. */
static bool concerns(const struct here *h, struct unum_str session)
{
    return !h->session.len || !session.len || unum_str_eq(session, h->session);
}

static void on_invocation(void *cookie, const struct local_invocation *i)
{
    struct here *h = cookie;
    struct unum_str node = node_of(h, i->function);
    if (!concerns(h, i->session))
        return;
    h->invocations++;
    h->cold_starts += i->init_us > 0;
    if (!h->p->global.verbose || h->p->global.output != OUTPUT_TEXT)
        return;
    ui_printf(&h->p->err, "%s+%6lld ms%s  %-28.*s %6.1f ms%s%s%.*s\n", ui_style(&h->p->err, UI_DIM),
              (long long)(i->started_ms - h->began_ms), ui_style(&h->p->err, UI_PLAIN),
              UNUM_STR_ARG(i->instance.len ? i->instance : node), (double)i->duration_us / 1000,
              i->init_us ? "  cold" : "", i->failed ? "  failed " : "",
              UNUM_STR_ARG(i->error_type));
}

static void on_log(void *cookie, const struct local_log_line *line)
{
    struct here *h = cookie;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (h->p->global.verbose < 2 || h->p->global.output != OUTPUT_TEXT ||
        !concerns(h, line->session) || logline_is_bookkeeping(line))
        return;
    logline_text(line->text, &text);
    ui_printf(&h->p->err, "%s%.*s%s  %.*s\n", ui_style(&h->p->err, UI_CYAN),
              UNUM_STR_ARG(node_of(h, line->function)), ui_style(&h->p->err, UI_PLAIN),
              UNUM_STR_ARG(unum_buf_str(&text)));
}

/* ---- opening -------------------------------------------------------------------------------- */

static int take_lock(struct here *h, const struct here_args *args, bool exclusive,
                     struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = workflow_file(h->p, "local.lock");
    char *UNUM_AUTO_FREE dir = workflow_file(h->p, "");
    h->memory = args->memory;
    if (h->memory && !exclusive)
        return 0;
    int rc = unum_make_dirs(dir, err);
    if (rc == 0)
        rc = unum_lock_file(path, &h->lock, exclusive ? err : NULL);
    if (rc == UNUM_E_CONFLICT && exclusive) {
        unum_err_wrap(err, "a local platform runs for this folder already");
        return unum_err_hint(err, "use it (unum invoke --local), or end it: unum local stop");
    }
    if (rc == UNUM_E_CONFLICT) {
        h->memory = true;
        if (!h->p->global.quiet)
            ui_puts(&h->p->err, "note: `unum local start` owns .unum/local.db; this run is kept "
                                "in memory only\n");
        return 0;
    }
    return rc;
}

int here_open(struct here *h, struct program *p, const struct compiled *compiled,
              const struct here_args *args, uint16_t port, bool exclusive, struct unum_err *err)
{
    h->p = p;
    struct local_config config = {
        .port = port,
        .concurrency = (unsigned)args->concurrency,
        .real_time = args->real_time,
        .cookie = h,
        .on_log = on_log,
        .on_request = on_request,
        .on_invocation = on_invocation,
    };
    int rc = here_latency(args->latency, &config.latency, err);
    if (rc == 0)
        rc = take_lock(h, args, exclusive, err);
    if (rc < 0)
        return rc;
    char *UNUM_AUTO_FREE state = workflow_file(p, "local.db");
    config.state_path = h->memory ? NULL : state;
    rc = local_new(&config, &h->local, err);
    if (rc == 0 && compiled)
        rc = local_add_app(h->local, p->app, compiled, err);
    if (rc == 0)
        rc = connection_open_inside(&h->connection, p, h->local, err);
    return rc < 0 ? unum_err_wrap(err, "local platform") : 0;
}

/* ---- one run -------------------------------------------------------------------------------- */

/* Worth a look at the run record? Not more often than the store should be asked. */
static bool may_have_ended(void *cookie)
{
    struct here *h = cookie;
    return h->changed && unum_monotonic_ns(&unum_clock_system) - h->looked_ns > LOOK_PAUSE_NS;
}

static int look(struct here *h, struct unum_arena *arena, struct run_record *ret,
                struct unum_err *err)
{
    h->changed = false;
    int rc = run_record_read(&h->connection.store, h->p->app->name, h->session, arena, ret, err);
    h->looked_ns = unum_monotonic_ns(&unum_clock_system);
    return rc;
}

static int no_end(struct here *h, struct unum_err *err)
{
    unum_err_set(err, UNUM_E_FAILED, "nothing runs any more, but run %.*s has not ended",
                 UNUM_STR_ARG(h->session));
    return unum_err_hint(err, "see what its functions said: unum logs --local %.*s",
                         UNUM_STR_ARG(h->session));
}

static int turn_until_end(struct here *h, int64_t deadline_ns, struct unum_arena *arena,
                          struct run_record *ret, struct unum_err *err)
{
    for (;;) {
        int64_t left_ms = 0;
        if (deadline_ns) {
            left_ms = (deadline_ns - unum_monotonic_ns(&unum_clock_system)) / 1000000;
            if (left_ms <= 0) {
                unum_err_set(err, UNUM_E_TIMEOUT, "run %.*s is still running",
                             UNUM_STR_ARG(h->session));
                return h->memory ? UNUM_E_TIMEOUT
                                 : unum_err_hint(err, "it goes on with the next `unum run` or "
                                                      "`unum local start` of this folder");
            }
        }
        struct local_until until = {may_have_ended, h, true, left_ms};
        int rc = local_run_until(h->local, &until, err);
        if (rc == UNUM_E_TIMEOUT)
            continue;
        bool quiet = rc == 0 && local_quiet(h->local);
        if (rc == 0)
            rc = look(h, arena, ret, err);
        if (rc < 0)
            return rc;
        if (ret->present && !unum_str_is(ret->status, "RUNNING"))
            return 0;
        if (quiet)
            return no_end(h, err);
    }
}

int here_run(struct here *h, const struct compiled *compiled, struct unum_str session,
             struct unum_str input, int64_t timeout_ms, struct unum_arena *arena,
             struct here_end *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD + UNUM_KB);
    struct unum_str function = app_node_function(h->p->app, compiled->entry, arena);
    struct run_record end = {0};
    int64_t began_ns = unum_monotonic_ns(&unum_clock_system);
    h->session = session;
    h->began_ms = unum_wall_ms(local_clock(h->local));
    here_entry_event(session, input, &event);
    if (event.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the input is larger than 1 MB");
    int rc = local_invoke_event(h->local, function, unum_buf_str(&event), NULL, err);
    if (rc < 0)
        return rc;
    interrupt_watch(h->local);
    rc = turn_until_end(h, timeout_ms ? began_ns + timeout_ms * 1000000 : 0, arena, &end, err);
    int64_t ended_ns = unum_monotonic_ns(&unum_clock_system);
    if (rc == 0) {
        /* The last function still answers, siblings of a failed branch still work. */
        struct local_until settle = {NULL, NULL, true, SETTLE_MS};
        int settled = local_run_until(h->local, &settle, NULL);
        if (settled == UNUM_E_CANCELLED)
            rc = unum_err_set(err, settled, "interrupted");
    }
    interrupt_watch(NULL);
    if (rc < 0)
        return rc;
    *ret = (struct here_end){end.status, end.output, end.error_type, end.cause,
                             (ended_ns - began_ns) / 1000000};
    return 0;
}

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "interrupt.h"
#include "log_view.h"
#include "store/record.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    struct where where;
    bool follow;
    const char *since, *until, *grep, *session, *template;
};

static const struct opt_row options[] = {
    WHERE_OPTIONS(struct args, where, "runs of this machine"),
    {.letter = 'f',
     .name = "follow",
     .help = "go on with what comes, until interrupted",
     .type = OPT_FLAG,
     .at = offsetof(struct args, follow),
     .common = true},
    {.name = "since",
     .placeholder = "TIME",
     .help = "from 10m, 2h, 7d ago, or from a time (RFC 3339); see below",
     .type = OPT_STRING,
     .at = offsetof(struct args, since),
     .common = true},
    {.name = "until",
     .placeholder = "TIME",
     .help = "until that long ago, or until a time",
     .type = OPT_STRING,
     .at = offsetof(struct args, until)},
    {.name = "grep",
     .placeholder = "TEXT",
     .help = "only lines that contain TEXT",
     .type = OPT_STRING,
     .at = offsetof(struct args, grep),
     .common = true},
    {.name = "session",
     .placeholder = "NAME",
     .help = "only lines of this run",
     .type = OPT_STRING,
     .at = offsetof(struct args, session),
     .complete = OPT_COMPLETE_SESSION},
    TEMPLATE_OPTION(struct args, template),
    OPT_END,
};

static const struct opt_operand operands[] = {
    {.placeholder = "WHAT",
     .help = "a function or a session; without it all functions",
     .optional = true,
     .complete = OPT_COMPLETE_SESSION},
    {0},
};

static const struct command_example examples[] = {
    {"unum logs", "all functions, the last ten minutes"},
    {"unum logs 20261121T034228Z-0a1b2c3d", "one run across its functions"},
    {"unum logs World --since 2h --grep error", "some lines of one function"},
    {"unum logs -f", "as they come"},
    {"unum logs --local -f --output jsonl", "a stream of this machine for another program"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {4, "there are no credentials, or they do not allow it"},
    {130, "interrupted"},
    {0, NULL},
};

enum {
    SINCE_MS = 10 * 60 * 1000, /* without --since, on AWS */
    SESSION_BEFORE_MS = 60 * 1000,
    SESSION_AFTER_MS = 5 * 60 * 1000, /* functions still answer after the end of the run */
    SESSION_UNKNOWN_MS = 24 * 3600 * 1000,
};

/* "10m": that long ago; "2026-11-21T03:42:28Z": then. */
static int parse_time(const char *option, const char *text, int64_t *ret_ms, struct unum_err *err)
{
    int64_t ago_ms;
    if (!text)
        return 0;
    if (opt_duration(unum_str_from(text), &ago_ms))
        *ret_ms = unum_wall_ms(&unum_clock_system) - ago_ms;
    else if (!unum_time_parse(unum_str_from(text), ret_ms)) {
        (void)unum_err_set(err, UNUM_E_USAGE, "%s is \"%s\"; it is 10m, 2h or a time", option,
                           text);
        return unum_err_hint(err, "for example %s 30m, or %s 2026-11-21T03:42:28Z", option, option);
    }
    return 0;
}

/* The time of a run, as its record knows it. */
static void span_of_session(struct log_view *r, const struct args *args, struct connection *c,
                            struct log_span *span)
{
    struct run_record run = {0};
    int64_t now_ms = unum_wall_ms(&unum_clock_system);
    bool known =
        run_record_read(&c->store, r->p->app->name, r->session, &r->p->arena, &run, NULL) == 0 &&
        run.present;
    if (!args->since)
        span->from_ms = known ? run.started_ms - SESSION_BEFORE_MS : now_ms - SESSION_UNKNOWN_MS;
    if (!args->until && known && run.ended_ms && !args->follow)
        span->until_ms = run.ended_ms + SESSION_AFTER_MS;
}

static int open_account(struct log_view *r, const struct args *args, struct connection *c,
                        struct log_span *span, struct unum_err *err)
{
    struct program *p = r->p;
    struct compiled *compiled = NULL;
    struct unum_str *nodes = NULL;
    size_t len = 0;
    int rc = connection_open_account(c, p, &args->where, err);
    if (rc == 0)
        rc = workflow_compile(p, &compiled, err);
    if (rc < 0)
        return rc;
    if (r->session.len)
        span_of_session(r, args, c, span);
    else if (!args->since)
        span->from_ms = unum_wall_ms(&unum_clock_system) - SINCE_MS;
    nodes = unum_arena_array(&p->arena, compiled->len, sizeof(*nodes));
    for (size_t i = 0; i < compiled->len; i++) {
        if (!r->function.len || log_view_runs(compiled->at[i].node, r->function))
            nodes[len++] = compiled->at[i].node;
    }
    return log_source_account(c, p, nodes, len, span, &r->source, err);
}

static int open_source(struct log_view *r, const struct args *args, struct connection *c,
                       struct unum_err *err)
{
    struct log_span span = {0};
    int rc = parse_time("--since", args->since, &span.from_ms, err);
    if (rc == 0)
        rc = parse_time("--until", args->until, &span.until_ms, err);
    if (rc < 0)
        return rc;
    return args->where.local ? log_source_local(r->p, &span, &r->source, err)
                             : open_account(r, args, c, &span, err);
}

static int check(struct log_view *r, const struct args *args, struct unum_err *err)
{
    struct unum_str what = unum_str_from(program_operand(r->p, 0));
    if (args->follow && program_json(r->p)) {
        (void)unum_err_set(err, UNUM_E_USAGE, "--follow has no end, so it cannot be one object");
        return unum_err_hint(err, "use --output jsonl");
    }
    if (args->follow && args->until)
        return unum_err_set(err, UNUM_E_USAGE, "--follow has no end, so --until has no meaning");
    r->session = unum_str_from(args->session);
    if (!what.len)
        return 0;
    if (app_function(r->p->app, what) || unum_str_starts(what, UNUM_STR("unum-")))
        r->function = what;
    else if (args->session)
        return unum_err_set(err, UNUM_E_USAGE,
                            "there is no function \"%.*s\", and --session names "
                            "another run",
                            UNUM_STR_ARG(what));
    else
        r->session = what;
    return 0;
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    const struct args *args = arguments;
    struct log_view view = {.p = p,
                            .w = JSON_WRITER(&p->result),
                            .follow = args->follow,
                            .grep = unum_str_from(args->grep)};
    int rc = check(&view, args, err);
    if (rc == 0)
        rc = open_source(&view, args, &connection, err);
    if (rc == 0) {
        interrupt_catch();
        if (program_json(p))
            json_array_begin(&view.w);
        rc = log_view_run(&view, err);
        if (program_json(p))
            json_array_end(&view.w);
        interrupt_watch(NULL);
        if (rc < 0 && !args->where.local)
            rc = connection_explain(&connection, p, rc, err);
    }
    log_source_free(view.source);
    return rc;
}

const struct command cmd_logs = {
    .name = "logs",
    .summary = "what functions have written",
    .about =
        "Prints what the functions wrote to standard output and standard error, of all functions, "
        "of one, or of one run across its functions. A line is never printed before one that led "
        "to it: what a function wrote comes after the start of that function by another one, "
        "whatever the clocks say; elsewhere time decides. Of lines that unum_log() wrote the "
        "message is shown; --output jsonl has all of it. Lines of the platform about invocations "
        "(START, END, REPORT) are shown with -v. Control characters in what functions wrote are "
        "shown as escapes on a terminal.\n\n"
        "Without --since: on this machine everything; with an account the last ten minutes, of a "
        "run all of its time. While following, events that reach the log service up to ten seconds "
        "late are still shown, and none twice. Where a function has a log group of its own, that "
        "one is read; a group that does not exist yet is empty.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT | STREAMS,
    .run = run,
};

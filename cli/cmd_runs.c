#include "base/limits.h"
#include "run_purge.h"
#include "run_show.h"
#include "sessions.h"
#include "template/app.h"
#include "verbs.h"

struct args {
    struct where where;
    const char *template;
    int status;
    int64_t limit, since_ms;
    bool full;
};

#define RUNS_OPTIONS                                                                               \
    WHERE_OPTIONS(struct args, where, "runs of this machine"),                                     \
    {                                                                                              \
        .letter = 't', .name = "template", .placeholder = "FILE",                                  \
        .help = "application; without it unum-template.yaml here or above", .type = OPT_FILE,      \
        .at = offsetof(struct args, template), .env = "UNUM_TEMPLATE"                              \
    }

static const char *const status_choices[] = {"any",       "running",   "succeeded", "failed",
                                             "timed-out", "cancelled", NULL};
static const char *const status_names[] = {"",       "RUNNING",   "SUCCEEDED",
                                           "FAILED", "TIMED_OUT", "CANCELLED"};

static int open_table(struct connection *c, struct program *p, const struct args *args,
                      struct runs_table *ret, struct unum_err *err)
{
    int rc = connection_open(c, p, &args->where, true, err);
    *ret = (struct runs_table){c->client, p->app->store_name, &unum_clock_system};
    return rc;
}

/* ---- list ---- */

static const struct opt_row list_options[] = {
    RUNS_OPTIONS,
    {.name = "status",
     .placeholder = "STATUS",
     .help = "only runs that stand so",
     .type = OPT_CHOICE,
     .at = offsetof(struct args, status),
     .choices = status_choices,
     .preset = "any",
     .common = true},
    {.name = "since",
     .placeholder = "TIME",
     .help = "only runs that were started within the last 10m, 2h, ...",
     .type = OPT_DURATION,
     .at = offsetof(struct args, since_ms),
     .min = 0,
     .max = 1000ll * 86400 * 366},
    {.letter = 'n',
     .name = "limit",
     .placeholder = "N",
     .help = "the newest N; 0 is all",
     .type = OPT_INT,
     .at = offsetof(struct args, limit),
     .min = 0,
     .max = TABLE_MOST_RUNS,
     .preset = "20",
     .common = true},
    OPT_END,
};

static const struct command_example list_examples[] = {
    {"unum runs list", "the newest twenty"},
    {"unum runs list --status failed --since 1d --limit 0 --output json", "for a program"},
    {NULL, NULL},
};

static void entry_json(const struct run_entry *run, struct json_writer *w)
{
    const struct {
        const char *key;
        int64_t ms;
    } times[] = {{"started", run->record.started_ms},
                 {"ended", run->record.ended_ms},
                 {"expires", run->record.expires_s * 1000}};
    json_object_begin(w);
    json_key(w, "session");
    json_string(w, run->session);
    json_key(w, "status");
    json_string(w, run->record.status);
    for (size_t i = 0; i < UNUM_COUNT(times); i++) {
        struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
        if (!times[i].ms)
            continue;
        unum_time_rfc3339(times[i].ms, &time);
        json_key(w, times[i].key);
        json_string(w, unum_buf_str(&time));
    }
    if (run->record.error_type.len) {
        json_key(w, "error");
        json_string(w, run->record.error_type);
    }
    json_object_end(w);
}

static void entry_row(const struct run_entry *run, struct ui_table *table)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_time_rfc3339(run->record.started_ms, &text);
    ui_table_cell(table, unum_buf_str(&text));
    unum_buf_clear(&text);
    ui_table_cell(table, run->record.status);
    if (run->record.ended_ms)
        unum_buf_printf(&text, "%.3f s",
                        (double)(run->record.ended_ms - run->record.started_ms) / 1000);
    ui_table_cell(table, unum_buf_str(&text));
    ui_table_cell(table, run->session);
    ui_table_cell(table, run->record.error_type);
}

static int list(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct runs_table table;
    struct run_entry *runs = NULL;
    struct ui_table rows = UI_TABLE(5);
    struct json_writer w = JSON_WRITER(&p->result);
    size_t len = 0, shown = 0;
    int64_t from_ms = args->since_ms ? unum_wall_ms(&unum_clock_system) - args->since_ms : 0;
    int rc = open_table(&connection, p, args, &table, err);
    if (rc == 0)
        rc = table_runs(&table, p->app->name, &p->arena, &runs, &len, err);
    if (rc < 0)
        return connection_explain(&connection, p, rc, err);
    json_array_begin(&w);
    for (size_t i = 0; i < len && (!args->limit || shown < (size_t)args->limit); i++) {
        if ((args->status && !unum_str_is(runs[i].record.status, status_names[args->status])) ||
            runs[i].record.started_ms < from_ms)
            continue;
        shown++;
        entry_json(&runs[i], &w);
        entry_row(&runs[i], &rows);
    }
    json_array_end(&w);
    if (!program_json(p))
        ui_table_print(&p->out, &rows, "");
    if (!shown && !program_json(p) && !p->global.quiet)
        ui_puts(&p->err, len ? "no such run\n" : "there are no runs\n");
    ui_table_done(&rows);
    return 0;
}

static const struct command runs_list = {
    .name = "list",
    .summary = "which runs there are",
    .about = "Lists the runs whose records are kept: start, status, duration, session and error, "
             "newest first. The whole table is read, page by page.",
    .options = list_options,
    .args_size = sizeof(struct args),
    .examples = list_examples,
    .needs = NEEDS_PROJECT,
    .run = list,
};

/* ---- show ---- */

static const struct opt_row show_options[] = {
    RUNS_OPTIONS,
    {.name = "full",
     .help = "values as they are, however long",
     .type = OPT_FLAG,
     .at = offsetof(struct args, full)},
    OPT_END,
};

static const struct opt_operand show_operands[] = {
    RUN_OPERAND,
    {0},
};

static const struct command_example show_examples[] = {
    {"unum runs show --local", "the last run of this machine"},
    {"unum runs show 20261121T034228Z-0a1b2c3d --full", "with whole values"},
    {NULL, NULL},
};

static int show(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct runs_table table;
    char *UNUM_AUTO_FREE last = NULL;
    const char *session = program_operand(p, 0);
    int rc = 0;
    if (!session) {
        rc = sessions_last(p->app->dir, &last, err);
        session = last;
    }
    if (rc == 0)
        rc = open_table(&connection, p, args, &table, err);
    if (rc == 0)
        rc = run_show(&connection, p, &table, session, args->full, err);
    return rc < 0 ? connection_explain(&connection, p, rc, err) : 0;
}

static const struct command runs_show = {
    .name = "show",
    .summary = "what a run has recorded",
    .about = "Prints the records of a run in order: the outcome of each instance with its value, "
             "failed attempts, and how far fan-ins have got. Values are cut to a line. The whole "
             "table is read, page by page.",
    .options = show_options,
    .args_size = sizeof(struct args),
    .operands = show_operands,
    .examples = show_examples,
    .needs = NEEDS_PROJECT,
    .run = show,
};

static const struct command *const subcommands[] = {&runs_list, &runs_show, &run_purge_command,
                                                    NULL};

static const struct command_example examples[] = {
    {"unum runs list", "which runs there are"},
    {"unum runs show SESSION", "what one has recorded"},
    {"unum runs purge --older-than 7d", "remove the records of old ones"},
    {NULL, NULL},
};

const struct command cmd_runs = {
    .name = "runs",
    .summary = "list, show and purge the records of runs",
    .about = "A run leaves its records in the data store until they expire (Retention in the "
             "template).",
    .subcommands = subcommands,
    .examples = examples,
};

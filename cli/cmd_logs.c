#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "connection.h"
#include "logline.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    bool local, follow;
    int64_t since_ms;
    const char *grep, *template;
};

static const struct opt_row options[] = {
    {.letter = 'l',
     .name = "local",
     .help = "runs of this machine",
     .type = OPT_FLAG,
     .at = offsetof(struct args, local),
     .env = "UNUM_LOCAL",
     .common = true},
    {.letter = 'f',
     .name = "follow",
     .help = "go on with what comes, until interrupted",
     .type = OPT_FLAG,
     .at = offsetof(struct args, follow),
     .common = true},
    {.name = "since",
     .placeholder = "TIME",
     .help = "only the last 10m, 2h, ...; without it everything",
     .type = OPT_DURATION,
     .at = offsetof(struct args, since_ms),
     .min = 0,
     .max = 1000ll * 86400 * 366,
     .common = true},
    {.name = "grep",
     .placeholder = "TEXT",
     .help = "only lines that contain TEXT",
     .type = OPT_STRING,
     .at = offsetof(struct args, grep),
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
    {.placeholder = "WHAT",
     .help = "a function or a session; without it all functions",
     .optional = true,
     .complete = OPT_COMPLETE_SESSION},
    {0},
};

static const struct command_example examples[] = {
    {"unum logs --local", "all functions of the application"},
    {"unum logs --local World --grep error", "some lines of one function"},
    {"unum logs --local -f --output jsonl", "a stream for another program"},
    {NULL, NULL},
};

struct reading {
    struct program *p;
    const struct args *args;
    struct unum_str function, session; /* empty: any */
    uint64_t last_id;
    struct json_writer w;
};

static struct unum_str node_of(const struct app *app, struct unum_str function)
{
    bool ours = unum_str_starts(function, app->name) && function.len > app->name.len;
    return ours ? unum_str_from_pos(function, app->name.len + 1) : function;
}

/* Nodes of one function are called "<Function>" or "<Function>--<State>". */
static bool runs_function(struct unum_str node, struct unum_str function)
{
    return unum_str_starts(node, function) &&
           (node.len == function.len ||
            unum_str_starts(unum_str_from_pos(node, function.len), UNUM_STR("--")));
}

static bool wanted(const struct reading *r, const struct local_log_line *line)
{
    if (logline_is_bookkeeping(line) && !r->p->global.verbose)
        return false;
    if (r->function.len && !runs_function(node_of(r->p->app, line->function), r->function))
        return false;
    return !r->args->grep || unum_str_search(line->text, unum_str_from(r->args->grep)) != SIZE_MAX;
}

static void line_json(const struct reading *r, const struct local_log_line *line,
                      struct json_writer *w)
{
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    const struct {
        const char *key;
        struct unum_str value;
    } fields[] = {{"function", node_of(r->p->app, line->function)},
                  {"session", line->session},
                  {"instance", line->instance},
                  {"requestId", line->request_id},
                  {"text", line->text}};
    unum_time_rfc3339(line->at_ms, &time);
    json_object_begin(w);
    json_key(w, "time");
    json_string(w, unum_buf_str(&time));
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        if (!fields[i].value.len && i + 1 < UNUM_COUNT(fields))
            continue;
        json_key(w, fields[i].key);
        json_string(w, fields[i].value);
    }
    json_object_end(w);
}

static bool on_line(void *cookie, const struct local_log_line *line)
{
    struct reading *r = cookie;
    r->last_id = line->id;
    if (!wanted(r, line))
        return true;
    if (program_json(r->p)) {
        line_json(r, line, &r->w);
        return true;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (r->p->global.output == OUTPUT_JSONL) {
        struct json_writer w = JSON_WRITER(&text);
        line_json(r, line, &w);
        unum_buf_addc(&text, '\n');
    } else {
        struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
        unum_time_rfc3339(line->at_ms, &time);
        unum_buf_printf(
            &text, "%s%.12s%s %s%.*s%s  ", ui_style(&r->p->out, UI_DIM), unum_buf_text(&time) + 11,
            ui_style(&r->p->out, UI_PLAIN), ui_style(&r->p->out, UI_CYAN),
            UNUM_STR_ARG(node_of(r->p->app, line->function)), ui_style(&r->p->out, UI_PLAIN));
        logline_text(line->text, &text);
        unum_buf_addc(&text, '\n');
    }
    ui_write(&r->p->out, unum_buf_str(&text));
    return true;
}

static int read_all(struct reading *r, struct local *local, struct unum_err *err)
{
    enum { PAUSE_MS = 200 };
    const struct unum_clock *clock = &unum_clock_system;
    int64_t from = r->args->since_ms ? unum_wall_ms(clock) - r->args->since_ms : 0;
    for (;;) {
        struct local_log_query query = {
            .session = r->session, .from_ms = from, .after_id = r->last_id};
        int rc = local_logs(local, &query, on_line, r, err);
        if (rc < 0 || !r->args->follow || r->p->out.failed)
            return rc;
        clock->sleep_ms(clock->cookie, PAUSE_MS);
    }
}

static int open_state(const struct program *p, struct local **ret, struct unum_err *err)
{
    struct running UNUM_AUTO(running_done) running = {0};
    char *UNUM_AUTO_FREE state = workflow_file(p, "local.db");
    if (running_find(p, &running, NULL) == 0 && running.memory) {
        unum_err_set(err, UNUM_E_UNSUPPORTED, "the running platform keeps its logs in memory");
        return unum_err_hint(err, "they are printed where `unum local start` runs; start it "
                                  "without --memory to read them here");
    }
    if (!unum_file_exists(state)) {
        unum_err_set(err, UNUM_E_NOTFOUND, "nothing has been run in this folder yet");
        return unum_err_hint(err, "start a run: unum run");
    }
    struct local_config config = {.state_path = state, .no_server = true};
    return local_new(&config, ret, err);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    struct reading reading = {.p = p, .args = arguments, .w = JSON_WRITER(&p->result)};
    struct unum_str what = unum_str_from(program_operand(p, 0));
    struct local *local = NULL;
    int rc = connection_need_local(reading.args->local, "logs", err);
    if (rc == 0 && reading.args->follow && program_json(p)) {
        rc = unum_err_set(err, UNUM_E_USAGE, "--follow has no end, so it cannot be one object");
        unum_err_hint(err, "use --output jsonl");
    }
    if (rc == 0)
        rc = open_state(p, &local, err);
    if (rc < 0)
        return rc;
    if (what.len && app_function(p->app, what))
        reading.function = what;
    else
        reading.session = what;
    if (program_json(p))
        json_array_begin(&reading.w);
    rc = read_all(&reading, local, err);
    if (program_json(p))
        json_array_end(&reading.w);
    local_free(local);
    return rc;
}

const struct command cmd_logs = {
    .name = "logs",
    .summary = "what functions have written",
    .about =
        "Prints what the functions wrote to standard output and standard error, of all "
        "functions, of one, or of one run across its functions. Of lines that unum_log() wrote the "
        "message is shown; --output jsonl has all of it. Lines of the platform about "
        "invocations (START, END, REPORT) are shown with -v.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .needs = NEEDS_PROJECT | STREAMS,
    .run = run,
};

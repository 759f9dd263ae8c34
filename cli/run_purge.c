#include "run_purge.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/limits.h"
#include "connection.h"
#include "runs/table.h"
#include "template/app.h"

struct args {
    struct where where;
    const char *template, *session;
    const char *older;
    bool yes;
};

static const struct opt_row options[] = {
    WHERE_OPTIONS(struct args, where, "runs of this machine"),
    {.letter = 't',
     .name = "template",
     .placeholder = "FILE",
     .help = "application; without it unum-template.yaml here or above",
     .type = OPT_FILE,
     .at = offsetof(struct args, template),
     .env = "UNUM_TEMPLATE"},
    {.name = "session",
     .placeholder = "NAME",
     .help = "this run",
     .type = OPT_STRING,
     .at = offsetof(struct args, session),
     .complete = OPT_COMPLETE_SESSION,
     .common = true},
    {.name = "older-than",
     .placeholder = "TIME",
     .help = "runs that ended longer ago than 12h, 7d, ...; 0 is all that have ended",
     .type = OPT_STRING,
     .at = offsetof(struct args, older),
     .common = true},
    {.letter = 'y',
     .name = "yes",
     .help = "do not ask",
     .type = OPT_FLAG,
     .at = offsetof(struct args, yes),
     .common = true},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum runs purge --older-than 7d", "runs that ended more than a week ago"},
    {"unum runs purge --session mine --yes", "one run, without being asked"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {5, "the run has not ended"},
    {130, "interrupted; what is left is removed by the same command"},
    {0, NULL},
};

/* Finished runs that were asked for; moved to the front of `runs`. */
static int choose(const struct program *p, const struct args *args, int64_t older_ms,
                  struct run_entry *runs, size_t len, size_t *ret_len, struct unum_err *err)
{
    int64_t before_ms = unum_wall_ms(&unum_clock_system) - older_ms;
    size_t chosen = 0;
    for (size_t i = 0; i < len; i++) {
        bool running = !runs[i].record.ended_ms;
        if (args->session) {
            if (!unum_str_is(runs[i].session, args->session))
                continue;
            if (running)
                return unum_err_set(err, UNUM_E_CONFLICT, "run %s has not ended", args->session);
        } else if (running || runs[i].record.ended_ms > before_ms) {
            continue;
        }
        runs[chosen++] = runs[i];
    }
    *ret_len = chosen;
    return chosen || !args->session
               ? 0
               : unum_err_set(err, UNUM_E_NOTFOUND, "there is no run \"%s\" of %.*s", args->session,
                              UNUM_STR_ARG(p->app->name));
}

/* Yes from the person at the terminal, or --yes. */
static int confirm(struct program *p, const struct args *args, size_t count, struct unum_err *err)
{
    char line[16];
    ssize_t got;
    if (args->yes)
        return 0;
    int UNUM_AUTO_FD tty =
        isatty(STDIN_FILENO) && p->err.terminal ? open("/dev/tty", O_RDONLY | O_CLOEXEC) : -1;
    if (tty < 0) {
        (void)unum_err_set(err, UNUM_E_USAGE, "%zu run%s would be removed, and nobody can be asked",
                           count, count == 1 ? "" : "s");
        return unum_err_hint(err, "say --yes");
    }
    ui_printf(&p->err, "Remove all records of %zu run%s of %.*s? They cannot be had back. [y/N] ",
              count, count == 1 ? "" : "s", UNUM_STR_ARG(p->app->name));
    do {
        got = read(tty, line, sizeof(line));
    } while (got < 0 && errno == EINTR);
    if (got > 0 && (line[0] == 'y' || line[0] == 'Y'))
        return 0;
    return unum_err_set(err, UNUM_E_CANCELLED, "nothing was removed");
}

static void show(void *cookie, const struct table_purge *purge)
{
    struct program *p = cookie;
    if (!p->global.quiet && p->err.terminal)
        ui_progress(&p->err, "removed %zu items", purge->items);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct connection UNUM_AUTO(connection_close) connection = CONNECTION_INIT;
    struct table_purge purge = {.app = p->app->name};
    struct run_entry *runs = NULL;
    size_t len = 0;
    int64_t older_ms = 0;
    if (!args->session == !args->older)
        return unum_err_set(err, UNUM_E_USAGE,
                            "say which runs: --session NAME or --older-than "
                            "TIME");
    if (args->older && !opt_duration(unum_str_from(args->older), &older_ms))
        return unum_err_set(err, UNUM_E_USAGE, "--older-than is \"%s\"; it is 12h, 7d, ...",
                            args->older);
    int rc = connection_open(&connection, p, &args->where, true, err);
    const struct runs_table table = {connection.client, p->app->store_name, &unum_clock_system};
    if (rc == 0)
        rc = table_runs(&table, p->app->name, &p->arena, &runs, &len, err);
    if (rc < 0)
        return connection_explain(&connection, p, rc, err);
    rc = choose(p, args, older_ms, runs, len, &purge.runs_len, err);
    purge.runs = runs;
    if (rc == 0 && purge.runs_len)
        rc = confirm(p, args, purge.runs_len, err);
    if (rc == 0)
        rc = table_purge(&table, &purge, show, p, err);
    ui_progress_end(&p->err);
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "runs");
    json_int(&w, (int64_t)purge.done);
    json_key(&w, "items");
    json_int(&w, (int64_t)purge.items);
    json_object_end(&w);
    if (rc < 0 && purge.items)
        (void)unum_err_hint(err, "%zu items are removed; the same command goes on", purge.items);
    if (rc == 0 && !program_json(p) && !p->global.quiet)
        ui_printf(&p->err, "removed %zu run%s, %zu items\n", purge.done, purge.done == 1 ? "" : "s",
                  purge.items);
    return rc < 0 ? connection_explain(&connection, p, rc, err) : 0;
}

const struct command run_purge_command = {
    .name = "purge",
    .summary = "remove the records of finished runs",
    .about = "Removes all items of runs that have ended: of one, or of all that ended some time "
             "ago. Runs that still run are never touched. The record of a run goes last, so a "
             "purge that was broken off is finished by the same command. Without it records go by "
             "themselves when they expire.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

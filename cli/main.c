/*
 * unum: the program. Finds the verb, reads the command line by its table, runs it, and says how it
 * ended. Nothing is initialised here that a verb does not ask for.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "commands.h"
#include "envelope.h"
#include "usage.h"

/* A wrong command line must be reported in the form that it asks for. */
static bool asks_for_json(int argc, char **argv)
{
    const char *env = getenv("UNUM_OUTPUT"); /* NOLINT(concurrency-mt-unsafe) */
    bool json = env && strcmp(env, "json") == 0;
    for (int i = 1; i < argc && argv[i] && strcmp(argv[i], "--") != 0; i++) {
        const char *value = NULL;
        if (strcmp(argv[i], "--output") == 0 && i + 1 < argc)
            value = argv[i + 1];
        else if (strncmp(argv[i], "--output=", 9) == 0)
            value = argv[i] + 9;
        if (value)
            json = strcmp(value, "json") == 0;
    }
    return json;
}

static int unknown_verb(const struct program *p, const struct command *parent, const char *word,
                        struct unum_err *err)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, unum_str_from(word));
    const struct command *const *subs = parent ? parent->subcommands : NULL;
    for (size_t i = 0; subs && subs[i]; i++)
        unum_nearest_try(&nearest, unum_str_from(subs[i]->name));
    for (const struct command_row *row = commands; !subs && row->command; row++) {
        if (row->group != GROUP_HIDDEN)
            unum_nearest_try(&nearest, unum_str_from(row->command->name));
    }
    const char *before = parent ? p->path : "", *blank = parent ? " " : "";
    unum_err_set(err, UNUM_E_USAGE, "there is no verb \"%s%s%s\"", before, blank, word);
    if (nearest.best.ptr)
        return unum_err_hint(err, "did you mean `unum %s%s%.*s`?", before, blank,
                             UNUM_STR_ARG(nearest.best));
    return UNUM_E_USAGE;
}

static void enter_command(struct program *p, const struct command *command)
{
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF usage = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&path, "%s%s%s", p->path ? p->path : "", p->path ? " " : "", command->name);
    unum_buf_printf(&usage, "unum %s --help", unum_buf_text(&path));
    free(p->path);
    free(p->verb_usage);
    p->path = unum_buf_take(&path);
    p->verb_usage = unum_buf_take(&usage);
    p->command = command;
}

static int print_usage(struct program *p)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (p->command)
        usage_command(p->command, p->path, false, &text);
    else if (p->global.help)
        usage_overview(&text);
    else
        usage_journey(&text);
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        json_object_begin(&w);
        json_key(&w, "text");
        json_string(&w, unum_buf_str(&text));
        json_object_end(&w);
        return 0;
    }
    ui_write(&p->out, unum_buf_str(&text));
    return 0;
}

/* Verbs are entered one word at a time: "local", then "start". */
static int find_verb(struct program *p, const struct opt_set *globals, int *argc, char ***argv,
                     struct unum_err *err)
{
    while (!p->command || p->command->subcommands) {
        int used = 0;
        int rc = opt_parse(globals, 1, *argc, *argv, true, NULL, &used, err);
        if (rc < 0)
            return rc;
        *argc -= used;
        *argv += used;
        if (*argc == 0)
            return 0;
        const char *word = **argv;
        const struct command *found = p->command ? command_sub(p->command, unum_str_from(word))
                                                 : command_find(unum_str_from(word));
        if (!found)
            return unknown_verb(p, p->command, word, err);
        enter_command(p, found);
        --*argc;
        ++*argv;
    }
    return 0;
}

static int change_directory(const struct program *p, struct unum_err *err)
{
    if (p->global.dir && chdir(p->global.dir) != 0)
        return unum_err_sys(err, errno, "enter %s", p->global.dir);
    return 0;
}

static const char *template_of(const struct command *command, const void *args)
{
    const struct opt_row *row =
        command->options ? opt_find(command->options, UNUM_STR("template")) : NULL;
    const void *variable = row ? (const char *)args + row->at : NULL;
    return variable ? *(const char *const *)variable : NULL;
}

static int run_command(struct program *p, void *args, struct unum_err *err)
{
    int rc = opt_check_operands(p->command->operands, &p->operands, err);
    if (rc == 0 && p->global.output == OUTPUT_JSONL && !(p->command->needs & STREAMS)) {
        rc = unum_err_set(err, UNUM_E_USAGE, "`unum %s` has no stream of results", p->path);
        unum_err_hint(err, "use --output json");
    }
    if (rc == 0 && p->global.output == OUTPUT_SARIF && !(p->command->needs & CHECKS_FILES)) {
        p->global.output = OUTPUT_TEXT;
        rc = unum_err_set(err, UNUM_E_USAGE, "`unum %s` does not check files", p->path);
        unum_err_hint(err, "--output sarif belongs to `unum validate` and `unum compile`");
    }
    if (rc == 0)
        rc = change_directory(p, err);
    if (rc == 0 && (p->command->needs & NEEDS_PROJECT))
        rc = program_open_project(p, template_of(p->command, args), err);
    if (rc == 0)
        rc = p->command->run(p, args, err);
    return rc;
}

static void write_debug(void *cookie, enum unum_log_level level, struct unum_str line)
{
    struct program *p = cookie;
    if (p->global.debug)
        ui_printf(&p->err, "%s: %.*s\n", unum_log_level_name(level), UNUM_STR_ARG(line));
    /* A line that cannot be written is no reason to fail. */
    if (p->debug_fd)
        (void)dprintf(p->debug_fd, "%s: %.*s\n", unum_log_level_name(level), UNUM_STR_ARG(line));
}

static int open_debug(struct program *p, struct unum_err *err)
{
    const char *path = p->global.debug_file;
    if (p->global.debug || path)
        p->log = (struct unum_log){UNUM_LOG_DEBUG, p, write_debug};
    if (!path)
        return 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return unum_err_sys(err, errno, "--debug-file %s", path);
    p->debug_fd = fd;
    return 0;
}

static int enter_and_run(struct program *p, const struct opt_set *globals, int argc, char **argv,
                         struct unum_err *err)
{
    static const struct opt_row no_options[] = {OPT_END};
    const struct opt_row *rows = p->command->options ? p->command->options : no_options;
    void *UNUM_AUTO_FREE args = unum_alloc(p->command->args_size);
    struct opt_set sets[] = {{rows, args}, *globals};
    int used = 0;
    int rc = opt_prepare(&sets[0], err);
    if (rc == 0)
        rc = opt_parse(sets, UNUM_COUNT(sets), argc, argv, false, &p->operands, &used, err);
    ui_open(&p->out, STDOUT_FILENO, (enum ui_colour)p->global.colour);
    ui_open(&p->err, STDERR_FILENO, (enum ui_colour)p->global.colour);
    if (rc == 0)
        rc = open_debug(p, err);
    if (rc == 0)
        rc = p->global.help      ? print_usage(p)
             : p->global.version ? command_find(UNUM_STR("version"))->run(p, NULL, err)
                                 : run_command(p, args, err);
    opt_done(&sets[0]);
    return rc;
}

static int dispatch(struct program *p, int argc, char **argv, struct unum_err *err)
{
    struct opt_set globals = {global_options, &p->global};
    int rc = opt_prepare(&globals, err);
    if (rc == 0)
        rc = find_verb(p, &globals, &argc, &argv, err);
    ui_open(&p->out, STDOUT_FILENO, (enum ui_colour)p->global.colour);
    ui_open(&p->err, STDERR_FILENO, (enum ui_colour)p->global.colour);
    if (rc < 0)
        return rc;
    if (p->command && !p->command->subcommands)
        return enter_and_run(p, &globals, argc, argv, err);
    if (p->global.version)
        return command_find(UNUM_STR("version"))->run(p, NULL, err);
    if (!p->command || p->global.help)
        return print_usage(p);
    return unum_err_set(err, UNUM_E_USAGE, "`unum %s` needs a verb", p->path);
}

int main(int argc, char **argv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct program p = {.result = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    struct unum_str base = unum_path_base(unum_str_from(argc ? argv[0] : "unum"));
    p.name = unum_str_is(base, "unum-cli") ? "unum-cli" : "unum";
    /* A reader that goes away is noticed by the write; sockets of the local platform too. */
    signal(SIGPIPE, SIG_IGN);
    ui_open(&p.out, STDOUT_FILENO, UI_COLOUR_AUTO);
    ui_open(&p.err, STDERR_FILENO, UI_COLOUR_AUTO);
    bool json = asks_for_json(argc, argv);
    int rc = dispatch(&p, argc ? argc - 1 : 0, argc ? argv + 1 : argv, &err);
    if (rc < 0 && json)
        p.global.output = OUTPUT_JSON;
    int code = envelope_finish(&p, rc, &err);
    free(p.path);
    free(p.verb_usage);
    unum_vec_done(&p.operands.list);
    unum_buf_done(&p.result);
    unum_diags_done(&p.diags);
    unum_arena_done(&p.arena);
    return code;
}

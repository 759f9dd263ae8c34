#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "usage.h"
#include "verbs.h"

static const struct opt_operand operands[] = {
    {.placeholder = "VERB",
     .help = "a verb, or the name of a manual page such as unum-ir",
     .optional = true,
     .repeated = true,
     .complete = OPT_COMPLETE_VERB},
    {0},
};

static const struct command_example examples[] = {
    {"unum help", "all verbs"},
    {"unum help run", "everything about `unum run`"},
    {"unum help local start", "a verb of two words"},
    {"unum help unum-template", "the manual page of unum-template.yaml"},
    {NULL, NULL},
};

static int everything_json(struct program *p)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_array_begin(&w);
    for (const struct command_row *row = commands; row->command; row++) {
        if (row->group == GROUP_HIDDEN)
            continue;
        if (!row->command->subcommands)
            usage_json(row->command, row->command->name, &w);
        for (size_t i = 0; row->command->subcommands && row->command->subcommands[i]; i++) {
            struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            const struct command *sub = row->command->subcommands[i];
            unum_buf_printf(&path, "%s %s", row->command->name, sub->name);
            usage_json(sub, unum_buf_text(&path), &w);
        }
    }
    json_array_end(&w);
    return 0;
}

/* The installed page through man(1), for people at a terminal. Returns only if there is none. */
static void show_page(const struct program *p, const char *page)
{
    static const char sections[] = "1357";
    char *UNUM_AUTO_FREE prefix = NULL;
    if (program_prefix(&prefix, NULL) < 0)
        return;
    for (const char *section = sections; *section; section++) {
        struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        unum_buf_printf(&path, "%s/share/man/man%c/%s.%c", prefix, *section, page, *section);
        if (!p->out.terminal || !unum_file_exists(unum_buf_text(&path)))
            continue;
        char *const argv[] = {(char[]){"man"}, path.ptr, NULL};
        execvp("man", argv);
    }
}

static int find(const struct program *p, const struct command **ret, struct unum_buf *path,
                struct unum_err *err)
{
    const struct command *found = NULL;
    for (size_t i = 0; i < p->operands.list.len; i++) {
        struct unum_str word = unum_str_from(p->operands.list.at[i]);
        found = i == 0 ? command_find(word) : command_sub(found, word);
        unum_buf_printf(path, "%s%.*s", i ? " " : "", UNUM_STR_ARG(word));
        if (!found) {
            unum_err_set(err, UNUM_E_USAGE, "there is no verb \"%s\"", unum_buf_text(path));
            return unum_err_hint(err, "`unum help` lists them; manual pages: unum-template, "
                                      "unum-ir, unum-runtime, unum-guarantees");
        }
    }
    *ret = found;
    return 0;
}

static int run(struct program *p, const void *args, struct unum_err *err)
{
    (void)args;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const struct command *command = NULL;
    const char *word = program_operand(p, 0);
    if (!word && program_json(p))
        return everything_json(p);
    if (word && strncmp(word, "unum-", 5) == 0 && p->operands.list.len == 1) {
        show_page(p, word);
        unum_err_set(err, UNUM_E_NOTFOUND, "cannot show the manual page %s here", word);
        return unum_err_hint(err, "at a terminal with man(1) installed: man %s", word);
    }
    int rc = find(p, &command, &path, err);
    if (rc < 0)
        return rc;
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        usage_json(command, unum_buf_text(&path), &w);
        return 0;
    }
    if (command)
        usage_command(command, unum_buf_text(&path), true, &text);
    else
        usage_overview(&text);
    ui_write(&p->out, unum_buf_str(&text));
    return 0;
}

const struct command cmd_help = {
    .name = "help",
    .summary = "explain a verb",
    .about = "Prints the verbs, or everything about one of them: the text is made from the same "
             "tables that read the command line. Names that begin with unum- are manual pages, "
             "shown with man(1) when standard output is a terminal.",
    .operands = operands,
    .examples = examples,
    .run = run,
};

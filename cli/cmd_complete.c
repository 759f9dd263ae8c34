/*
 * The hidden verb behind the completion scripts: one name a line, read from the application's
 * folder. It never uses the network, and a folder that cannot be read offers nothing.
 */
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "commands.h"
#include "sessions.h"
#include "starters.h"
#include "template/app.h"
#include "verbs.h"

static const char *const kinds[] = {"function", "session", "template", "verb", "code", NULL};

static const struct opt_operand operands[] = {
    {.placeholder = "KIND", .help = "what names are wanted", .choices = kinds},
    {0},
};

static int offer_functions(struct program *p, struct unum_err *err)
{
    int rc = program_open_project(p, NULL, err);
    for (size_t i = 0; rc == 0 && i < p->app->functions_len; i++)
        ui_printf(&p->out, "%.*s\n", UNUM_STR_ARG(p->app->functions[i].name));
    return 0;
}

static int offer_sessions(struct program *p, struct unum_err *err)
{
    char *UNUM_AUTO_FREE template = NULL;
    if (program_find_template(NULL, &template, err) < 0)
        return 0;
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE dir = unum_str_dup(unum_path_dir(unum_str_from(template)));
    if (sessions_read(dir, &names) == 0)
        ui_write(&p->out, unum_buf_str(&names));
    return 0;
}

static int offer_templates(struct program *p, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    char *UNUM_AUTO_FREE dir = NULL;
    if (starters_list(&dir, &names, err) < 0)
        return 0;
    for (size_t i = 0; i < names.list.len; i++)
        ui_printf(&p->out, "%s\n", names.list.at[i]);
    return 0;
}

static int run(struct program *p, const void *args, struct unum_err *err)
{
    (void)args;
    const char *kind = program_operand(p, 0);
    int rc = 0;
    if (strcmp(kind, "function") == 0)
        rc = offer_functions(p, err);
    else if (strcmp(kind, "session") == 0)
        rc = offer_sessions(p, err);
    else if (strcmp(kind, "template") == 0)
        rc = offer_templates(p, err);
    for (const struct command_row *row = commands; !strcmp(kind, "verb") && row->command; row++) {
        if (row->group != GROUP_HIDDEN)
            ui_printf(&p->out, "%s\n", row->command->name);
    }
    for (size_t i = 1; strcmp(kind, "code") == 0 && i < UNUM_CODE_COUNT; i++)
        ui_printf(&p->out, "%s\n", unum_code_row((enum unum_code)i)->id);
    unum_diags_done(&p->diags);
    return rc;
}

const struct command cmd_complete = {
    .name = "__complete",
    .summary = "offer names to a completion script",
    .operands = operands,
    .run = run,
};

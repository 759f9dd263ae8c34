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

static const char *const kinds[] = {"function", "session", "template", "verb",
                                    "code",     "stage",   "stack",    NULL};

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

/* What `unum deploy` has written: .unum/<stage>.json, of which "aws" is the one without a stage. */
static int offer_deployments(struct program *p, bool stacks, struct unum_err *err)
{
    char *UNUM_AUTO_FREE template = NULL;
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    if (program_find_template(NULL, &template, err) < 0)
        return 0;
    char *UNUM_AUTO_FREE base = unum_str_dup(unum_path_dir(unum_str_from(template)));
    char *UNUM_AUTO_FREE dir = unum_path_join(base, ".unum");
    if (unum_list_dir(dir, &names, err) < 0)
        return 0;
    for (size_t i = 0; i < names.list.len; i++) {
        struct unum_str name = unum_str_from(names.list.at[i]), end = UNUM_STR(".json");
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF stack = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        struct unum_str object, value;
        char *UNUM_AUTO_FREE path = unum_path_join(dir, names.list.at[i]);
        if (!unum_str_ends(name, end) || unum_file_read(path, &text, NULL) < 0 ||
            json_check(unum_buf_str(&text), &object, NULL) < 0 ||
            !json_get(object, UNUM_STR("stack"), &value) || !json_decode(value, &stack))
            continue;
        struct unum_str stage = unum_str_slice(name, 0, name.len - end.len);
        if (stacks)
            ui_printf(&p->out, "%s\n", unum_buf_text(&stack));
        else if (!unum_str_is(stage, "aws"))
            ui_printf(&p->out, "%.*s\n", UNUM_STR_ARG(stage));
    }
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
    else if (strcmp(kind, "stage") == 0 || strcmp(kind, "stack") == 0)
        rc = offer_deployments(p, strcmp(kind, "stack") == 0, err);
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

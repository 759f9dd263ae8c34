#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/path.h"
#include "starters.h"
#include "verbs.h"

struct args {
    bool list;
    const char *template, *name;
};

static const struct opt_row options[] = {
    {.letter = 't',
     .name = "template",
     .placeholder = "NAME",
     .help = "the starter to begin from",
     .type = OPT_STRING,
     .at = offsetof(struct args, template),
     .preset = "hello-world",
     .complete = OPT_COMPLETE_TEMPLATE},
    {.letter = 'n',
     .name = "name",
     .placeholder = "NAME",
     .help = "name of the application; without it the folder's",
     .type = OPT_STRING,
     .at = offsetof(struct args, name)},
    {.name = "list",
     .help = "list the starters",
     .type = OPT_FLAG,
     .at = offsetof(struct args, list)},
    OPT_END,
};

static const struct opt_operand operands[] = {
    {.placeholder = "DIR",
     .help = "folder to create; an existing one must be empty; without it, the current one",
     .optional = true,
     .complete = OPT_COMPLETE_DIR},
    {0},
};

static const struct command_example examples[] = {
    {"unum init shop", "hello-world in a new folder"},
    {"unum init --template text-processing posts", "another starter"},
    {"unum init --list", "what there is"},
    {NULL, NULL},
};

static int list_starters(struct program *p, const char *dir, const struct unum_names *names)
{
    struct ui_table table = UI_TABLE(2);
    struct json_writer w = JSON_WRITER(&p->result);
    json_array_begin(&w);
    for (size_t i = 0; i < names->list.len; i++) {
        struct unum_buf UNUM_AUTO_BUF summary = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        starters_summary(dir, names->list.at[i], &summary);
        ui_table_cell(&table, unum_str_from(names->list.at[i]));
        ui_table_cell(&table, unum_buf_str(&summary));
        json_object_begin(&w);
        json_key(&w, "name");
        json_strings(&w, names->list.at[i]);
        json_key(&w, "summary");
        json_string(&w, unum_buf_str(&summary));
        json_object_end(&w);
    }
    json_array_end(&w);
    if (!program_json(p))
        ui_table_print(&p->out, &table, "");
    ui_table_done(&table);
    return 0;
}

static int check_starter(const char *name, const struct unum_names *names, struct unum_err *err)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, unum_str_from(name));
    for (size_t i = 0; i < names->list.len; i++) {
        if (strcmp(names->list.at[i], name) == 0)
            return 0;
        unum_nearest_try(&nearest, unum_str_from(names->list.at[i]));
    }
    unum_err_set(err, UNUM_E_USAGE, "there is no starter \"%s\"", name);
    if (nearest.best.ptr)
        return unum_err_hint(err, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    return unum_err_hint(err, "`unum init --list` shows them");
}

/* The folder's name in the characters an application name may have. */
static void name_from_folder(const char *target, struct unum_buf *out)
{
    char *UNUM_AUTO_FREE here = strcmp(target, ".") == 0 ? getcwd(NULL, 0) : unum_strdup(target);
    char *UNUM_AUTO_FREE clean = unum_path_clean(unum_str_from(here ? here : "app"));
    struct unum_str base = unum_path_base(unum_str_from(clean));
    for (size_t i = 0; i < base.len && out->len < 40; i++) {
        unsigned char c = (unsigned char)base.ptr[i];
        if (isalnum(c) && c < 0x80)
            unum_buf_addc(out, (char)c);
        else if (out->len && out->ptr[out->len - 1] != '-')
            unum_buf_addc(out, '-');
    }
    while (out->len && out->ptr[out->len - 1] == '-')
        unum_buf_truncate(out, out->len - 1);
    if (!out->len || !isalpha((unsigned char)out->ptr[0])) {
        char *UNUM_AUTO_FREE rest = unum_strdup(unum_buf_text(out));
        unum_buf_clear(out);
        unum_buf_printf(out, *rest ? "app-%s" : "app%s", rest);
    }
}

static int check_name(const char *name, struct unum_err *err)
{
    size_t len = strlen(name);
    size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    if (len && good == len && len <= UNUM_LIMIT_NODE_NAME && isalpha((unsigned char)name[0]))
        return 0;
    unum_err_set(err, UNUM_E_USAGE, "\"%s\" cannot be the name of an application", name);
    return unum_err_hint(err, "letters, digits and hyphens, beginning with a letter");
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    char *UNUM_AUTO_FREE dir = NULL;
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    int rc = starters_list(&dir, &names, err);
    if (rc == 0 && args->list)
        return list_starters(p, dir, &names);
    if (rc == 0)
        rc = check_starter(args->template, &names, err);
    if (rc == 0 && args->name)
        rc = check_name(args->name, err);
    if (rc < 0)
        return rc;
    const char *target = program_operand(p, 0) ? program_operand(p, 0) : ".";
    char *UNUM_AUTO_FREE clean = unum_path_clean(unum_str_from(target));
    if (args->name)
        unum_buf_adds(&name, args->name);
    else
        name_from_folder(clean, &name);
    rc = starters_copy(dir, args->template, clean, unum_buf_text(&name), err);
    if (rc < 0)
        return rc;
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        json_object_begin(&w);
        json_key(&w, "dir");
        json_strings(&w, clean);
        json_key(&w, "template");
        json_strings(&w, args->template);
        json_key(&w, "application");
        json_string(&w, unum_buf_str(&name));
        json_object_end(&w);
        return 0;
    }
    if (p->global.quiet)
        return 0;
    bool here = strcmp(clean, ".") == 0;
    ui_printf(&p->err, "created %s from %s\nnext: %s%s%sunum run -d @events/event.json\n",
              here ? "the application" : clean, args->template, here ? "" : "cd ",
              here ? "" : clean, here ? "" : " && ");
    return 0;
}

const struct command cmd_init = {
    .name = "init",
    .summary = "begin an application from a starter",
    .about = "Copies a starter of this installation; nothing is downloaded. The folder appears "
             "complete or not at all, and a folder that holds anything is refused.",
    .options = options,
    .args_size = sizeof(struct args),
    .operands = operands,
    .examples = examples,
    .run = run,
};

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    int platform, format, arch;
    const char *template, *out;
    bool clean;
};

static const struct opt_row options[] = {
    PLATFORM_OPTION(struct args, platform, "whose template is written"),
    ARCH_OPTION(struct args, arch),
    FORMAT_OPTION(struct args, format, "plain CloudFormation, or for AWS's SAM"),
    TEMPLATE_OPTION(struct args, template),
    {.letter = 'o',
     .name = "out",
     .placeholder = "FILE",
     .help =
         "file to write, - for standard output; without it template.yaml beside the application",
     .type = OPT_FILE,
     .at = offsetof(struct args, out),
     .common = true},
    {.letter = 'c',
     .name = "clean",
     .help = "remove the file instead",
     .type = OPT_FLAG,
     .at = offsetof(struct args, clean)},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum template", "write template.yaml"},
    {"unum template -o -", "look at it"},
    {"unum template --format sam", "for `sam deploy`"},
    {"unum template -c", "remove it"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {7, "the files are not valid"},
    {0, NULL},
};

static int report(struct program *p, const char *path, const char *what)
{
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        json_object_begin(&w);
        json_key(&w, what);
        json_strings(&w, path);
        json_object_end(&w);
    } else if (!p->global.quiet) {
        ui_printf(&p->err, "%s %s\n", what, path);
    }
    return 0;
}

static int print(struct program *p, const struct compiled *compiled,
                 enum cloudformation_format format, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int rc = workflow_render(p, compiled, format, &text, err);
    if (rc < 0)
        return rc;
    if (!program_json(p)) {
        ui_write(&p->out, unum_buf_str(&text));
        return 0;
    }
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "template");
    json_string(&w, unum_buf_str(&text));
    json_object_end(&w);
    return 0;
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    enum cloudformation_format format = (enum cloudformation_format)args->format;
    struct compiled *compiled = NULL;
    char *UNUM_AUTO_FREE path =
        args->out ? unum_strdup(args->out) : unum_path_join(p->app->dir, "template.yaml");
    if (args->clean) {
        if (unlink(path) != 0 && errno != ENOENT)
            return unum_err_sys(err, errno, "remove %s", path);
        return report(p, path, "removed");
    }
    workflow_arch(p, args->arch);
    int rc = workflow_compile(p, &compiled, err);
    if (rc < 0)
        return rc;
    if (args->out && strcmp(args->out, "-") == 0)
        return print(p, compiled, format, err);
    rc = workflow_template(p, compiled, format, path, err);
    return rc < 0 ? rc : report(p, path, "wrote");
}

const struct command cmd_template = {
    .name = "template",
    .summary = "write the platform's template of the application",
    .about = "Translates the application into one CloudFormation template: functions with fixed "
             "names, roles that may do exactly what the workflow needs, log groups and the table. "
             "Equal inputs give equal bytes.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

#include "template/app.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    const char *template, *definition;
};

static const struct opt_row options[] = {
    {.letter = 't',
     .name = "template",
     .placeholder = "FILE",
     .help = "application to check; without it unum-template.yaml here or above",
     .type = OPT_FILE,
     .at = offsetof(struct args, template),
     .env = "UNUM_TEMPLATE"},
    {.letter = 'w',
     .name = "definition",
     .placeholder = "FILE",
     .help = "state machine to check instead of the application's own",
     .type = OPT_FILE,
     .at = offsetof(struct args, definition)},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum validate", "the application of this folder"},
    {"unum validate -w new.asl.json", "another state machine with its functions"},
    {"unum validate --output json", "diagnostics for an editor"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {7, "the files are not valid"},
    {0, NULL},
};

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    struct compiled *compiled = NULL;
    int rc = workflow_override(p, args->definition, err);
    if (rc < 0)
        return rc;
    rc = workflow_compile(p, &compiled, err);
    if (rc < 0)
        return rc;
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        json_object_begin(&w);
        json_key(&w, "application");
        json_string(&w, p->app->name);
        json_key(&w, "functions");
        json_int(&w, (int64_t)p->app->functions_len);
        json_key(&w, "nodes");
        json_int(&w, (int64_t)compiled->len);
        json_key(&w, "entry");
        json_string(&w, compiled->entry);
        json_object_end(&w);
        return 0;
    }
    if (!p->global.quiet)
        ui_printf(&p->out, "%.*s is valid: %zu functions, %zu nodes, starts with %.*s\n",
                  UNUM_STR_ARG(p->app->name), p->app->functions_len, compiled->len,
                  UNUM_STR_ARG(compiled->entry));
    return 0;
}

const struct command cmd_validate = {
    .name = "validate",
    .summary = "check the template and the state machine",
    .about = "Reads unum-template.yaml and the state machine, reports everything that is wrong "
             "with place, code and a way out, and writes nothing. Warnings do not change the exit "
             "status.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

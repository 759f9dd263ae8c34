#include <string.h>

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
    {"unum validate --output sarif >unum.sarif", "diagnostics for CI and code review"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {7, "the files are not valid"},
    {0, NULL},
};

/* Is it only that the projection cannot do it yet? */
static bool is_refusal(const struct unum_diag *diag)
{
    return diag->level != UNUM_LEVEL_ERROR || strncmp(unum_code_row(diag->code)->id, "E05", 3) == 0;
}

/* What it compiles to, if everything in it can be projected; what cannot is no mistake. Everything
 * else that the compiler says is. */
static struct compiled *try_compile(struct program *p, size_t *ret_refused)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct compiled *compiled = NULL;
    bool refused = true;
    if (compile_app(p->app, &p->arena, &diags, &compiled, NULL))
        return NULL;
    for (size_t i = 0; i < diags.list.len; i++)
        refused = refused && is_refusal(&diags.list.at[i]);
    *ret_refused = diags.errors;
    if (compiled || !refused) {
        struct unum_diags checked = p->diags;
        p->diags = diags;
        diags = checked;
    }
    return compiled;
}

static void result_json(struct program *p, const struct compiled *compiled, size_t refused)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "application");
    json_string(&w, p->app->name);
    json_key(&w, "functions");
    json_int(&w, (int64_t)p->app->functions_len);
    json_key(&w, "compiles");
    json_bool(&w, compiled != NULL);
    if (compiled) {
        json_key(&w, "nodes");
        json_int(&w, (int64_t)compiled->len);
        json_key(&w, "entry");
        json_string(&w, compiled->entry);
    } else {
        json_key(&w, "notCompiledYet");
        json_int(&w, (int64_t)refused);
    }
    json_object_end(&w);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    const struct args *args = arguments;
    size_t refused = 0;
    int rc = workflow_override(p, args->definition, err);
    if (rc < 0)
        return rc;
    rc = compile_check(p->app, &p->arena, &p->diags, NULL, err);
    if (rc == 0)
        rc = program_check_diags(p, err);
    if (rc < 0)
        return rc;
    const struct compiled *compiled = try_compile(p, &refused);
    rc = program_check_diags(p, err);
    if (rc < 0)
        return rc;
    if (program_json(p)) {
        result_json(p, compiled, refused);
        return 0;
    }
    if (p->global.quiet || p->global.output != OUTPUT_TEXT)
        return 0;
    if (compiled)
        ui_printf(&p->out, "%.*s is valid: %zu functions, %zu nodes, starts with %.*s\n",
                  UNUM_STR_ARG(p->app->name), p->app->functions_len, compiled->len,
                  UNUM_STR_ARG(compiled->entry));
    else
        ui_printf(
            &p->out,
            "%.*s is valid: %zu functions; `unum compile` names %zu thing%s in it that cannot "
            "be run yet\n",
            UNUM_STR_ARG(p->app->name), p->app->functions_len, refused, refused == 1 ? "" : "s");
    return 0;
}

const struct command cmd_validate = {
    .name = "validate",
    .summary = "check the template and the state machine",
    .about = "Reads unum-template.yaml and the state machine, reports everything that is wrong "
             "with place, code and a way out, and writes nothing. Warnings do not change the exit "
             "status.\n\n"
             "The state machine is judged as Step Functions judges it. What is right but cannot be "
             "run yet is refused by `unum compile`, which names it.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT | CHECKS_FILES,
    .run = run,
};

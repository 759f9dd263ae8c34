#include "deploy/sync.h"
#include "deployment.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    struct deployment_args deployment;
    bool build, dry_run;
};

static const struct opt_row options[] = {
    {.letter = 'b',
     .name = "build",
     .help = "build what has changed first",
     .type = OPT_FLAG,
     .at = offsetof(struct args, build),
     .common = true},
    {.name = "dry-run",
     .help = "say which functions differ, and change nothing",
     .type = OPT_FLAG,
     .at = offsetof(struct args, dry_run),
     .common = true},
    DEPLOYMENT_OPTIONS(struct args, deployment),
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum sync -b --stage dev", "build and swap while trying things"},
    {"unum sync -b --dry-run", "which functions run other code than is here?"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {2, "nobody can be asked; see --yes and --stage"},
    {3, "a function does not compile, or does not start on AWS"},
    {4, "there are no credentials, or AWS refuses them"},
    {5, "more than code has changed, or the stack is not at rest"},
    {7, "the files are not valid"},
    {130, "interrupted; `unum sync` again swaps the others"},
    {0, NULL},
};

static void report_json(struct deployment *d, const struct sync_result *result, bool dry_run)
{
    struct json_writer w = JSON_WRITER(&d->p->result);
    json_object_begin(&w);
    json_key(&w, "stack");
    json_string(&w, d->target.stack);
    json_key(&w, "changed");
    json_int(&w, (int64_t)result->changed);
    json_key(&w, "swapped");
    json_int(&w, dry_run ? 0 : (int64_t)result->changed);
    json_key(&w, "uploaded");
    json_int(&w, (int64_t)result->uploaded);
    json_key(&w, "functions");
    json_array_begin(&w);
    for (size_t i = 0; i < result->len; i++) {
        const struct sync_function *function = &result->functions[i];
        json_object_begin(&w);
        json_key(&w, "function");
        json_string(&w, function->function);
        json_key(&w, "changed");
        json_bool(&w, function->changed);
        json_key(&w, "contract");
        json_bool(&w, function->contract);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
}

static void report_text(struct deployment *d, const struct sync_result *result, bool dry_run)
{
    struct program *p = d->p;
    if (p->global.quiet)
        return;
    if (!result->changed) {
        ui_printf(&p->out, "%.*s: no changes\n", UNUM_STR_ARG(d->target.stack));
        return;
    }
    ui_printf(&p->out, "%.*s: %zu of %zu functions %s\n", UNUM_STR_ARG(d->target.stack),
              result->changed, result->len, dry_run ? "differ" : "swapped");
    for (size_t i = 0; i < result->len; i++) {
        if (result->functions[i].changed)
            ui_printf(&p->out, "  %.*s%s\n", UNUM_STR_ARG(result->functions[i].function),
                      result->functions[i].contract ? " (its orchestration too)" : "");
    }
}

static int build_and_sync(struct deployment *d, struct program *p, const struct args *args,
                          struct unum_err *err)
{
    const struct deployment_args *shared = &args->deployment;
    struct compiled *compiled = NULL;
    struct sync_result result;
    int rc = deployment_open(d, p, shared, err);
    if (rc == 0)
        rc = workflow_compile(p, &compiled, err);
    if (rc == 0 && args->build)
        rc = deployment_build(p, compiled, err);
    if (rc == 0)
        rc = deployment_go_on(err);
    if (rc < 0)
        return rc;
    /* A stage is there for trying things. */
    const struct sync_options wanted = {.bucket = unum_str_from(shared->bucket),
                                        .dry_run = args->dry_run,
                                        .yes = shared->yes || (shared->stage && *shared->stage),
                                        .poll_ms = shared->poll_ms};
    d->target.compiled = compiled;
    rc = deploy_sync(&d->target, &wanted, &p->arena, &result, err);
    ui_progress_end(&p->err);
    if (rc < 0)
        return rc;
    if (program_json(p))
        report_json(d, &result, args->dry_run);
    else
        report_text(d, &result, args->dry_run);
    return 0;
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    struct deployment DEPLOYMENT_AUTO d = {0};
    int rc = build_and_sync(&d, p, arguments, err);
    return deployment_explain(&d, rc, err);
}

const struct command cmd_sync = {
    .name = "sync",
    .summary = "swap the code of deployed functions in seconds",
    .about =
        "Replaces the code of the functions that run other bytes than were built, past "
        "CloudFormation, eight at a time, and waits until they can be started. Where the "
        "orchestration has changed too, a function is swapped after all that it starts, so that "
        "nobody receives what it does not know.\n\n"
        "Only code is swapped. If anything else of the template has changed, memory, environment, "
        "permissions, nothing is done, and what has changed is named: that takes `unum deploy`. "
        "A swapped function has the tag unum:hotswapped with the hash of its bundle; the next "
        "deployment brings the same code by the regular way.\n\n"
        "Without --stage a person is asked first, or --yes has to be given.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

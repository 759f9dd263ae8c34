#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "deployment.h"
#include "template/app.h"
#include "template/cloudformation.h"
#include "verbs.h"
#include "workflow.h"

struct args {
    struct deployment_args deployment;
    bool build, dry_run, cancel, no_rollback, replace_failed, fail_on_empty, no_wait;
    int platform, arch;
    const char *platform_template;
    struct opt_values parameters, tags;
};

static const struct opt_row options[] = {
    {.letter = 'b',
     .name = "build",
     .help = "build what has changed first",
     .type = OPT_FLAG,
     .at = offsetof(struct args, build),
     .common = true},
    PLATFORM_OPTION(struct args, platform, "where the functions will run"),
    ARCH_OPTION(struct args, arch),
    {.letter = 's',
     .name = "platform-template",
     .placeholder = "FILE",
     .help = "also write the template there, as it is deployed without its artifacts",
     .type = OPT_FILE,
     .at = offsetof(struct args, platform_template)},
    {.name = "dry-run",
     .help = "show what would change in the stack; only uploads happen",
     .type = OPT_FLAG,
     .at = offsetof(struct args, dry_run),
     .common = true},
    DEPLOYMENT_OPTIONS(struct args, deployment),
    {.name = "parameter",
     .placeholder = "NAME=VALUE",
     .help = "parameter of the stack; may be repeated",
     .type = OPT_LIST,
     .at = offsetof(struct args, parameters)},
    {.name = "tag",
     .placeholder = "NAME=VALUE",
     .help = "tag of the stack and of everything in it; may be repeated",
     .type = OPT_LIST,
     .at = offsetof(struct args, tags)},
    {.name = "cancel",
     .help = "undo an update that is in progress, or that failed with --no-rollback",
     .type = OPT_FLAG,
     .at = offsetof(struct args, cancel)},
    {.name = "no-rollback",
     .help = "what fails stays as far as it came, and the next deployment goes on there",
     .type = OPT_FLAG,
     .at = offsetof(struct args, no_rollback)},
    {.name = "replace-failed",
     .help = "delete a stack whose creation failed, and make it anew",
     .type = OPT_FLAG,
     .at = offsetof(struct args, replace_failed)},
    {.name = "fail-on-empty",
     .help = "exit 5 if there are no changes, instead of 0",
     .type = OPT_FLAG,
     .at = offsetof(struct args, fail_on_empty)},
    {.name = "no-wait",
     .help = "exit 5 if another operation is in progress, instead of waiting for it",
     .type = OPT_FLAG,
     .at = offsetof(struct args, no_wait)},
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum deploy -b", "build what has changed and deploy it"},
    {"unum deploy -b --dry-run", "only look at what would change"},
    {"unum deploy --cancel", "take back the update that is in progress"},
    {"unum deploy -b --stage dev --yes", "a deployment of its own for trying things"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {3, "a function does not compile"},
    {4, "there are no credentials, or AWS refuses them"},
    {5, "the stack needs a decision; with --cancel: nothing to undo"},
    {7, "the files are not valid"},
    {8, "the deployment failed; without --no-rollback it is undone"},
    {130, "interrupted; what has begun goes on, and `unum deploy` follows it"},
    {0, NULL},
};

static int keep_outputs(struct deployment *d, const struct cfn_stack *stack, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = deployment_outputs(d);
    deploy_write_outputs(&d->target, stack, &text);
    return unum_file_update(path, unum_buf_str(&text), 0644, err);
}

static void report_json(struct deployment *d, const struct deploy_result *result, bool dry_run)
{
    struct json_writer w = JSON_WRITER(&d->p->result);
    json_object_begin(&w);
    json_key(&w, "stack");
    json_string(&w, d->target.stack);
    json_key(&w, "status");
    json_string(&w, result->stack.status);
    json_key(&w, "changed");
    json_bool(&w, result->changed);
    json_key(&w, "changes");
    json_int(&w, (int64_t)result->changes);
    json_key(&w, "artifacts");
    json_int(&w, (int64_t)result->artifacts);
    json_key(&w, "uploaded");
    json_int(&w, (int64_t)result->uploaded);
    json_key(&w, "swapped");
    json_int(&w, (int64_t)result->swapped);
    if (dry_run) {
        json_key(&w, "toUpload");
        json_int(&w, (int64_t)result->missing);
    }
    json_key(&w, "outputs");
    json_object_begin(&w);
    for (size_t i = 0; i < result->stack.outputs_len; i++) {
        json_key_str(&w, result->stack.outputs[i].name);
        json_string(&w, result->stack.outputs[i].value);
    }
    json_object_end(&w);
    json_object_end(&w);
}

static void report_plan(struct deployment *d, const struct deploy_result *result)
{
    struct program *p = d->p;
    struct unum_str stack = d->target.stack;
    ui_printf(&p->out, "%.*s: %zu changes, not made; %zu of %zu bundles to upload\n",
              UNUM_STR_ARG(stack), result->changes, result->missing, result->artifacts);
    if (result->swapped)
        ui_printf(&p->out, "%.*s: %zu functions to get the code of the stack again\n",
                  UNUM_STR_ARG(stack), result->swapped);
    if (result->no_bucket)
        ui_printf(&p->out, "%.*s: the bucket %.*s to make\n", UNUM_STR_ARG(stack),
                  UNUM_STR_ARG(result->bucket));
}

static void report_text(struct deployment *d, const struct deploy_result *result, bool dry_run)
{
    struct program *p = d->p;
    if (p->global.quiet)
        return;
    if (dry_run && (result->changes || result->swapped))
        report_plan(d, result);
    else if (!result->changed)
        ui_printf(&p->out, "%.*s: no changes\n", UNUM_STR_ARG(d->target.stack));
    else
        ui_printf(&p->out, "%.*s: deployed, %zu of %zu bundles uploaded\n",
                  UNUM_STR_ARG(d->target.stack), result->uploaded, result->artifacts);
    for (size_t i = 0; i < result->stack.outputs_len; i++)
        ui_printf(&p->out, "%-18.*s %.*s\n", UNUM_STR_ARG(result->stack.outputs[i].name),
                  UNUM_STR_ARG(result->stack.outputs[i].value));
}

static struct deploy_options wanted(const struct deployment *d, const struct args *args)
{
    const struct deployment_args *shared = &args->deployment;
    return (struct deploy_options){.bucket = unum_str_from(shared->bucket),
                                   .dry_run = args->dry_run,
                                   .yes = shared->yes,
                                   .replace_failed = args->replace_failed,
                                   .no_rollback = args->no_rollback,
                                   .fail_on_empty = args->fail_on_empty,
                                   .no_wait = args->no_wait,
                                   .role_arn = unum_str_from(shared->role_arn),
                                   .parameters_len = args->parameters.list.len,
                                   .tags_len = args->tags.list.len,
                                   .skip = d->skip,
                                   .skip_len = shared->skip.list.len,
                                   .poll_ms = shared->poll_ms};
}

static int deploy(struct deployment *d, const struct args *args, struct unum_err *err)
{
    struct program *p = d->p;
    struct cfn_pair *parameters = NULL, *tags = NULL;
    struct deploy_options how = wanted(d, args);
    struct deploy_result result;
    int rc = deployment_pairs(p, "parameter", &args->parameters, &parameters, err);
    if (rc == 0)
        rc = deployment_pairs(p, "tag", &args->tags, &tags, err);
    if (rc < 0)
        return rc;
    how.parameters = parameters;
    how.tags = tags;
    rc = deploy_run(&d->target, &how, &p->arena, &result, err);
    ui_progress_end(&p->err);
    if (rc == 0 && !args->dry_run)
        rc = keep_outputs(d, &result.stack, err);
    if (rc < 0)
        return rc;
    if (program_json(p))
        report_json(d, &result, args->dry_run);
    else
        report_text(d, &result, args->dry_run);
    return 0;
}

static int cancel(struct deployment *d, const struct args *args, struct unum_err *err)
{
    struct program *p = d->p;
    const struct deploy_options how = wanted(d, args);
    struct deploy_result result = {.changed = true};
    d->again = " --cancel";
    int rc = deploy_cancel(&d->target, &how, &p->arena, &result.stack, err);
    ui_progress_end(&p->err);
    if (rc == 0)
        rc = keep_outputs(d, &result.stack, err);
    if (rc < 0)
        return rc;
    if (program_json(p))
        report_json(d, &result, args->dry_run);
    else if (!p->global.quiet)
        ui_printf(&p->out, "%.*s: the update is undone\n", UNUM_STR_ARG(d->target.stack));
    return 0;
}

static int build_and_deploy(struct deployment *d, struct program *p, const struct args *args,
                            struct unum_err *err)
{
    struct compiled *compiled = NULL;
    if (args->cancel && (args->build || args->dry_run || args->no_rollback || args->replace_failed))
        return unum_err_set(err, UNUM_E_USAGE,
                            "--cancel undoes an update: nothing is built, planned or replaced");
    workflow_arch(p, args->arch);
    int rc = deployment_open(d, p, &args->deployment, err);
    if (rc == 0 && args->cancel)
        return cancel(d, args, err);
    if (rc == 0)
        rc = workflow_compile(p, &compiled, err);
    if (rc == 0 && args->build)
        rc = deployment_build(p, compiled, err);
    if (rc == 0)
        rc = build_check_machines(p->app, compiled, err);
    if (rc == 0 && args->platform_template)
        rc = workflow_template(p, compiled, CLOUDFORMATION_PLAIN, args->platform_template, err);
    if (rc == 0)
        rc = deployment_go_on(err);
    d->target.compiled = compiled;
    return rc != 0 ? rc : deploy(d, args, err);
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    struct deployment DEPLOYMENT_AUTO d = {0};
    int rc = build_and_deploy(&d, p, arguments, err);
    return deployment_explain(&d, rc, err);
}

const struct command cmd_deploy = {
    .name = "deploy",
    .summary = "put the application on AWS",
    .about =
        "Uploads the bundles that are not there yet, named by their content, plans the change of "
        "one CloudFormation stack, shows it in words, and makes it. Events are told as they "
        "happen; when something fails, the first cause stands at the end, and the stack is as it "
        "was before. Nothing to change is a success.\n\n"
        "An interrupted deployment is continued by running it again, whatever state it left. "
        "Ctrl-C stops watching, not the deployment: `unum deploy` follows it to its end, and "
        "`unum deploy --cancel` takes an update back. A question is asked only on a terminal, "
        "data are lost only when somebody has said yes, and a stack that unum has not made is left "
        "alone.\n\n"
        "With --no-rollback what fails stays as far as it came: the next deployment goes on from "
        "there, `unum deploy --cancel` undoes an update, and `unum delete` removes a creation.\n\n"
        "--dry-run asks CloudFormation for the changes and takes the question back. It neither "
        "uploads bundles nor makes the bucket; only a template of more than 50 KB has to be "
        "uploaded for it, which needs a bucket that is there.\n\n"
        "A function that runs other code than the stack names, because `unum sync` or somebody "
        "has swapped it, gets the stack's again, also when nothing else has changed.\n\n"
        "Without --s3-bucket the bundles go to the bucket unum-managed-<account>-<region>, which "
        "is made by a stack of its own the first time.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

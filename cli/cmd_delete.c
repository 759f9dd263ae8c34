#include <unistd.h>

#include "base/alloc.h"
#include "deployment.h"
#include "template/app.h"
#include "verbs.h"

struct args {
    struct deployment_args deployment;
    bool purge;
};

static const struct opt_row options[] = {
    {.name = "purge",
     .help = "delete the table of run records too",
     .type = OPT_FLAG,
     .at = offsetof(struct args, purge),
     .common = true},
    DEPLOYMENT_OPTIONS(struct args, deployment),
    OPT_END,
};

static const struct command_example examples[] = {
    {"unum delete", "keep the records of its runs"},
    {"unum delete --purge --yes", "all of it, without asking"},
    {NULL, NULL},
};

static const struct command_exit exits[] = {
    {4, "there are no credentials, or AWS refuses them"},
    {8, "not everything could be deleted"},
    {130, "interrupted; `unum delete` again finishes it"},
    {0, NULL},
};

static void report(struct program *p, const struct deployment *d,
                   const struct deploy_removed *removed)
{
    if (program_json(p)) {
        struct json_writer w = JSON_WRITER(&p->result);
        json_object_begin(&w);
        json_key(&w, "stack");
        json_bool(&w, removed->stack);
        json_key(&w, "table");
        json_bool(&w, removed->table);
        json_key(&w, "objects");
        json_int(&w, (int64_t)removed->objects);
        json_object_end(&w);
        return;
    }
    if (p->global.quiet)
        return;
    ui_printf(&p->out, "%.*s: %s, %zu objects deleted%s\n", UNUM_STR_ARG(d->target.stack),
              removed->stack ? "deleted" : "there was no stack", removed->objects,
              removed->table ? ", table deleted" : "");
}

static int take_off(struct deployment *d, struct program *p, const struct args *args,
                    struct unum_err *err)
{
    const struct deployment_args *shared = &args->deployment;
    struct deploy_removed removed;
    int rc = deployment_open(d, p, shared, err);
    if (rc < 0)
        return rc;
    const struct deploy_removal removal = {.yes = shared->yes,
                                           .purge = args->purge,
                                           .bucket = unum_str_from(shared->bucket),
                                           .role_arn = unum_str_from(shared->role_arn),
                                           .skip = d->skip,
                                           .skip_len = shared->skip.list.len,
                                           .poll_ms = shared->poll_ms};
    rc = deploy_remove(&d->target, &removal, &removed, err);
    ui_progress_end(&p->err);
    if (rc < 0)
        return rc;
    char *UNUM_AUTO_FREE outputs = deployment_outputs(d);
    if (unlink(outputs) < 0)
        unum_logf(&p->log, UNUM_LOG_DEBUG, "there was no %s", outputs);
    report(p, d, &removed);
    return 0;
}

static int run(struct program *p, const void *arguments, struct unum_err *err)
{
    struct deployment DEPLOYMENT_AUTO d = {0};
    int rc = take_off(&d, p, arguments, err);
    return deployment_explain(&d, rc, err);
}

const struct command cmd_delete = {
    .name = "delete",
    .summary = "take the application off AWS",
    .about = "Deletes the application's stack and its artifacts in the bucket. The table with the "
             "records of runs stays unless --purge is given, and one that was there before the "
             "first deployment stays always. The bucket stays too: other applications may use it. "
             "Nothing is deleted that unum has not made.",
    .options = options,
    .args_size = sizeof(struct args),
    .examples = examples,
    .exits = exits,
    .needs = NEEDS_PROJECT,
    .run = run,
};

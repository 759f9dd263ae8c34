#include "deploy/sync.h"

#include "base/limits.h"
#include "deploy/artifacts.h"
#include "deploy/code.h"
#include "deploy/difference.h"
#include "deploy/stack.h"
#include "deploy/status.h"
#include "template/cloudformation.h"

struct sync {
    const struct deploy_target *target;
    const struct sync_options *options;
    struct unum_arena *arena;
    const struct compiled *compiled;
    struct artifact *artifacts;
    struct unum_str template; /* the deployed one */
    struct code code;
    size_t uploaded;
};

/* ---- may code be swapped at all? ---- */

static int refuse(const struct sync *s, const char *why, struct unum_err *err)
{
    (void)unum_err_set(err, UNUM_E_CONFLICT, "the stack %.*s: %s", UNUM_STR_ARG(s->target->stack),
                       why);
    (void)unum_err_hint(err, "unum deploy -b brings it into order");
    return UNUM_E_CONFLICT;
}

static int check_stack(struct sync *s, struct unum_err *err)
{
    struct cfn_stack stack;
    int rc = stack_look(s->target, s->target->stack, s->arena, &stack, err);
    if (rc == 0 && !stack.status.len)
        return refuse(s, "it is not deployed, so there is no code to swap", err);
    if (rc == 0)
        rc = stack_check_ours(s->target, &stack, "nothing of it is swapped", err);
    if (rc < 0)
        return rc;
    const struct stack_status *status = stack_status(stack.status);
    return status->action == STACK_UPDATE ? 0 : refuse(s, status->says, err);
}

static int check_template(struct sync *s, struct unum_err *err)
{
    struct cloudformation_node *nodes =
        unum_arena_array(s->arena, s->compiled->len, sizeof(*nodes));
    struct unum_buf UNUM_AUTO_BUF here = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF words = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    size_t count = 0;
    for (size_t i = 0; i < s->compiled->len; i++)
        nodes[i] = (struct cloudformation_node){.node = s->compiled->at[i].node,
                                                .function = s->compiled->at[i].function,
                                                .ir = s->compiled->at[i].ir};
    int rc = cloudformation_render(s->target->app, nodes, s->compiled->len, s->compiled->entry,
                                   CLOUDFORMATION_PLAIN, &here, err);
    if (rc == 0)
        rc = cfn_get_template(s->target->client, s->target->stack, s->arena, &s->template, err);
    if (rc == 0)
        rc = deploy_difference(s->template, unum_buf_str(&here), &words, &count, err);
    if (rc < 0 || !count)
        return rc;
    (void)unum_err_set(err, UNUM_E_CONFLICT, "more than code has changed:\n  %.*s",
                       UNUM_STR_ARG(unum_str_trim(unum_buf_str(&words))));
    (void)unum_err_hint(err, "only a deployment can change that: unum deploy -b");
    return UNUM_E_CONFLICT;
}

/* ---- what differs ---- */

/* An interrupted run may have swapped code without saying so: what runs is what is here, but not
 * what the template names. */
static int finish_tags(struct sync *s, struct unum_err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s->compiled->len; i++) {
        struct lambda_details details;
        if (s->code.functions[i].changed ||
            unum_str_search(s->template, s->artifacts[i].key) != SIZE_MAX)
            continue;
        rc = lambda_get(s->target->client, s->code.functions[i].function, s->arena, &details, err);
        if (rc == 0 && !unum_str_eq(lambda_pair_get(details.tags, details.tags_len, SYNC_TAG),
                                    code_hash(&s->code, i)))
            code_tag(&s->code, i);
    }
    return rc;
}

static int compare(struct sync *s, struct unum_err *err)
{
    int rc = code_compare(&s->code, err);
    for (size_t i = 0; rc == 0 && i < s->compiled->len; i++)
        rc = code_absent(&s->code, i, err);
    return rc < 0 || s->options->dry_run ? rc : finish_tags(s, err);
}

static int confirm(struct sync *s, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF question = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    bool asked = false;
    if (s->options->yes)
        return 0;
    unum_buf_printf(&question,
                    "Swap the code of %zu functions of %.*s in %.*s, with no way back but another "
                    "swap?",
                    s->code.changed, UNUM_STR_ARG(s->target->stack),
                    UNUM_STR_ARG(s->target->region));
    if (s->target->ui->confirm &&
        s->target->ui->confirm(s->target->ui->cookie, unum_buf_text(&question), &asked))
        return 0;
    (void)unum_err_set(err, asked ? UNUM_E_CANCELLED : UNUM_E_USAGE, "%s",
                       asked ? "not confirmed; nothing is changed"
                             : "nobody can be asked whether to swap the code");
    if (!asked)
        (void)unum_err_hint(err, "--yes swaps without asking, and so does --stage");
    return asked ? UNUM_E_CANCELLED : UNUM_E_USAGE;
}

/* ---- swapping ---- */

static int upload(struct sync *s, struct unum_err *err)
{
    struct artifact *wanted = unum_arena_array(s->arena, s->compiled->len, sizeof(*wanted));
    size_t len = 0;
    for (size_t i = 0; i < s->compiled->len; i++) {
        if (s->code.functions[i].changed)
            wanted[len++] = s->artifacts[i];
    }
    int rc = artifacts_bucket(s->target, s->options->bucket, s->options->poll_ms, s->arena,
                              &s->code.bucket, err);
    return rc < 0 ? rc
                  : artifacts_upload(s->target, s->code.bucket, wanted, len, &s->uploaded, err);
}

static int run(struct sync *s, struct unum_err *err)
{
    deploy_state(s->target, "no function is changed");
    int rc = artifacts_plan(s->target, s->arena, &s->artifacts, err);
    s->code = (struct code){.target = s->target, .arena = s->arena, .artifacts = s->artifacts};
    if (rc == 0)
        rc = check_stack(s, err);
    if (rc == 0)
        rc = check_template(s, err);
    if (rc == 0)
        rc = compare(s, err);
    if (rc < 0 || !s->code.changed || s->options->dry_run)
        return rc;
    rc = confirm(s, err);
    if (rc == 0)
        rc = upload(s, err);
    return rc < 0 ? rc : code_swap(&s->code, err);
}

int deploy_sync(const struct deploy_target *target, const struct sync_options *options,
                struct unum_arena *arena, struct sync_result *ret, struct unum_err *err)
{
    struct sync s = {
        .target = target, .options = options, .arena = arena, .compiled = target->compiled};
    int rc = run(&s, err);
    if (rc == 0)
        *ret = (struct sync_result){.functions = s.code.functions,
                                    .len = s.compiled->len,
                                    .changed = s.code.changed,
                                    .uploaded = s.uploaded,
                                    .contract = s.code.contract};
    return rc;
}

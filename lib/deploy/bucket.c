#include "base/limits.h"
#include "deploy/artifacts.h"
#include "deploy/plan.h"
#include "deploy/status.h"
#include "template/cloudformation.h"

struct unum_str artifacts_managed_name(const struct deploy_target *target, struct unum_arena *arena)
{
    return unum_arena_printf(arena, CLOUDFORMATION_MANAGED_BUCKET "-%.*s-%.*s",
                             UNUM_STR_ARG(target->account), UNUM_STR_ARG(target->region));
}

/* The stack of the bucket, made like any other; a failed one is made anew: nothing is in it. */
static int make_managed(const struct deploy_target *target, int64_t poll_ms,
                        struct unum_arena *arena, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF template = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct cfn_stack stack = {0};
    struct cfn_change_set set;
    enum plan_outcome outcome;
    struct unum_str name = UNUM_STR(CLOUDFORMATION_MANAGED_STACK), status = UNUM_STR("");
    int rc = cfn_describe_stack(target->client, name, arena, &stack, err);
    if (rc == UNUM_E_NOTFOUND)
        unum_err_clear(err);
    else if (rc < 0)
        return rc;
    status = stack.status;
    if (status.len && stack_in_progress(status))
        rc = plan_follow(target, name, poll_ms, arena, &status, err);
    else
        rc = 0;
    if (rc == 0 && status.len && stack_status(status)->action == STACK_REPLACE) {
        rc = cfn_delete_stack(target->client, stack.id, NULL, 0, UNUM_STR(""), err);
        if (rc == 0)
            rc = plan_follow(target, stack.id, poll_ms, arena, &status, err);
    }
    if (rc == 0)
        rc = cloudformation_managed_bucket_render(&template, err);
    if (rc < 0)
        return rc;
    const struct plan_request request = {.stack = name,
                                         .create = !status.len ||
                                                   stack_status(status)->action == STACK_CREATE,
                                         .shell = status.len > 0,
                                         .template_body = unum_buf_str(&template),
                                         .poll_ms = poll_ms};
    rc = plan_make(target, &request, arena, &outcome, &set, err);
    return rc < 0 || outcome == PLAN_EMPTY ? rc : plan_execute(target, &request, &set, arena, err);
}

int artifacts_find_bucket(const struct deploy_target *target, struct unum_str given,
                          struct unum_arena *arena, struct s3_bucket *ret, bool *ret_there,
                          struct unum_err *err)
{
    *ret = (struct s3_bucket){given, target->account};
    if (!given.len)
        ret->name = artifacts_managed_name(target, arena);
    int rc = s3_bucket_head(target->client, *ret, err);
    *ret_there = rc == 0;
    if (rc == UNUM_E_DENIED && !given.len) {
        (void)unum_err_set(err, rc, "%s", unum_err_text(err)); /* without its hint */
        (void)unum_err_hint(err, "somebody else has a bucket of this name, or this identity may "
                                 "not use it: --s3-bucket NAME takes another one");
    }
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    if (given.len) {
        (void)unum_err_set(err, UNUM_E_NOTFOUND, "there is no bucket %.*s", UNUM_STR_ARG(given));
        (void)unum_err_hint(err, "make it, or leave out --s3-bucket: unum makes one of its own");
        return UNUM_E_NOTFOUND;
    }
    unum_err_clear(err);
    return 0;
}

int artifacts_bucket(const struct deploy_target *target, struct unum_str given, int64_t poll_ms,
                     struct unum_arena *arena, struct s3_bucket *ret, struct unum_err *err)
{
    bool there = false;
    int rc = artifacts_find_bucket(target, given, arena, ret, &there, err);
    if (rc < 0 || there)
        return rc;
    if (target->ui->phase)
        target->ui->phase(target->ui->cookie, "make the bucket for artifacts");
    deploy_state(target, "the bucket for artifacts may be in the making, which goes on by itself; "
                         "nothing else is changed");
    rc = make_managed(target, poll_ms, arena, err);
    if (rc == 0)
        deploy_state(target, "the stack %.*s is not changed", UNUM_STR_ARG(target->stack));
    if (rc == 0)
        rc = s3_bucket_head(target->client, *ret, err);
    return rc < 0 ? unum_err_wrap(err, "the bucket for artifacts") : 0;
}

#include "base/limits.h"
#include "deploy/artifacts.h"
#include "deploy/deploy.h"
#include "deploy/plan.h"
#include "deploy/stack.h"
#include "deploy/status.h"
#include "template/cloudformation.h"
#include "json/json.h"

struct removing {
    const struct deploy_target *target;
    const struct deploy_removal *removal;
    struct unum_arena arena;
    struct cfn_stack stack;
    bool adopted; /* the table was there before the stack: it is not ours */
};

static void say(const struct removing *r, const char *text)
{
    if (r->target->ui->phase)
        r->target->ui->phase(r->target->ui->cookie, text);
}

static int stuck(struct removing *r, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&text, "not all of the stack %.*s could be deleted",
                    UNUM_STR_ARG(r->target->stack));
    stack_add_stuck(r->target, &r->stack, &r->arena, &text);
    (void)unum_err_set(err, UNUM_E_ROLLED_BACK, "%s", unum_buf_text(&text));
    (void)unum_err_hint(err, "mend these and delete again, or leave one behind with "
                             "--skip-resource ID");
    return UNUM_E_ROLLED_BACK;
}

static int follow(struct removing *r, struct unum_str *ret_status, struct unum_err *err)
{
    int rc = plan_follow(r->target, r->stack.id, r->removal->poll_ms, &r->arena, ret_status, err);
    if (rc == UNUM_E_CANCELLED)
        (void)unum_err_hint(err,
                            "the operation goes on by itself; `unum delete` again finishes it");
    return rc;
}

static int delete_stack(struct removing *r, struct deploy_removed *ret, struct unum_err *err)
{
    struct unum_str status = r->stack.status;
    int rc = 0;
    if (!status.len)
        return 0;
    if (stack_in_progress(status) && !unum_str_is(status, "DELETE_IN_PROGRESS")) {
        say(r, "wait for the operation in progress");
        rc = follow(r, &status, err);
    }
    if (rc < 0 || !status.len)
        return rc;
    bool again = unum_str_is(status, "DELETE_FAILED");
    say(r, "delete the stack");
    deploy_state(r->target, "the deletion of the stack %.*s has begun, and goes on by itself",
                 UNUM_STR_ARG(r->target->stack));
    if (!unum_str_is(status, "DELETE_IN_PROGRESS"))
        rc = cfn_delete_stack(r->target->client, r->stack.id, again ? r->removal->skip : NULL,
                              again ? r->removal->skip_len : 0, r->removal->role_arn, err);
    if (rc == 0)
        rc = follow(r, &status, err);
    if (rc < 0)
        return rc;
    if (status.len)
        return stuck(r, err);
    ret->stack = true;
    return 0;
}

/* ---- artifacts ---- */

static int delete_objects(struct removing *r, struct deploy_removed *ret, struct unum_err *err)
{
    struct s3_bucket bucket = {r->removal->bucket, r->target->account};
    struct unum_str prefix = artifacts_prefix(&r->arena, r->target->stack);
    struct s3_object *objects;
    size_t len = 0;
    if (!bucket.name.len)
        bucket.name = artifacts_managed_name(r->target, &r->arena);
    int rc = s3_list(r->target->client, bucket, prefix, &r->arena, &objects, &len, err);
    if (rc == UNUM_E_NOTFOUND) {
        unum_err_clear(err); /* there is no bucket, so there is nothing in it */
        return 0;
    }
    if (rc < 0)
        return rc;
    struct unum_str *keys = unum_arena_array(&r->arena, len, sizeof(*keys));
    for (size_t i = 0; i < len; i++)
        keys[i] = objects[i].key;
    if (len)
        say(r, "delete the artifacts");
    rc = s3_delete(r->target->client, bucket, keys, len, err);
    if (rc == 0)
        rc = s3_abort_stale(r->target->client, bucket, prefix, NULL, err);
    ret->objects = rc == 0 ? len : 0;
    return rc;
}

/* ---- the table ---- */

static int delete_table(struct removing *r, struct deploy_removed *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "TableName");
    json_string(&w, r->target->app->store_name);
    json_object_end(&w);
    struct aws_call call = {
        .service = AWS_DYNAMODB, .operation = UNUM_STR("DeleteTable"), .body = unum_buf_str(&body)};
    say(r, "delete the table");
    int rc = aws_call_one(r->target->client, &call, err);
    aws_call_done(&call);
    ret->table = rc == 0;
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

static int confirm(struct removing *r, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF question = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    bool asked = false;
    bool purge = r->removal->purge && !r->adopted;
    if (r->removal->yes)
        return 0;
    unum_buf_printf(&question, "Delete the stack %.*s in %.*s%s?", UNUM_STR_ARG(r->target->stack),
                    UNUM_STR_ARG(r->target->region), purge ? " and all records of its runs" : "");
    bool yes = r->target->ui->confirm &&
               r->target->ui->confirm(r->target->ui->cookie, unum_buf_text(&question), &asked);
    if (yes)
        return 0;
    (void)unum_err_set(err, asked ? UNUM_E_CANCELLED : UNUM_E_USAGE, "%s",
                       asked ? "not confirmed; nothing is deleted"
                             : "nobody can be asked whether to delete");
    if (!asked)
        (void)unum_err_hint(err, "--yes deletes without asking");
    return asked ? UNUM_E_CANCELLED : UNUM_E_USAGE;
}

/* A shell that was never created has nothing of its own but plans, and they may be somebody's. */
static int check_shell(struct removing *r, struct unum_err *err)
{
    struct unum_str *names;
    size_t len = 0;
    if (!unum_str_is(r->stack.status, "REVIEW_IN_PROGRESS"))
        return 0;
    int rc = cfn_list_change_sets(r->target->client, r->stack.id, &r->arena, &names, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        if (unum_str_starts(names[i], UNUM_STR(PLAN_PREFIX)))
            continue;
        rc = unum_err_set(err, UNUM_E_CONFLICT,
                          "the stack %.*s is only planned, by somebody else: it has the change set "
                          "%.*s; nothing is deleted",
                          UNUM_STR_ARG(r->target->stack), UNUM_STR_ARG(names[i]));
        (void)unum_err_hint(err, "name another stack: --stack-name NAME");
    }
    return rc;
}

static int remove_all(struct removing *r, struct deploy_removed *ret, struct unum_err *err)
{
    deploy_state(r->target, "nothing is deleted yet");
    int rc = stack_look(r->target, r->target->stack, &r->arena, &r->stack, err);
    if (rc == 0)
        rc = stack_check_ours(r->target, &r->stack, "nothing of it is deleted", err);
    if (rc == 0)
        rc = check_shell(r, err);
    if (rc == 0)
        r->adopted = unum_str_is(cfn_pair_get(r->stack.parameters, r->stack.parameters_len,
                                              CLOUDFORMATION_ADOPT_TABLE),
                                 "true") &&
                     r->target->app->store_name_set;
    if (rc == 0)
        rc = confirm(r, err);
    if (rc == 0)
        rc = delete_stack(r, ret, err);
    if (rc == 0) {
        deploy_state(r->target, "the stack %.*s is deleted, but not all of its artifacts",
                     UNUM_STR_ARG(r->target->stack));
        rc = delete_objects(r, ret, err);
    }
    if (rc == 0 && r->removal->purge && !r->adopted) {
        deploy_state(r->target, "the stack %.*s is deleted, but its table is not",
                     UNUM_STR_ARG(r->target->stack));
        rc = delete_table(r, ret, err);
    }
    return rc;
}

int deploy_remove(const struct deploy_target *target, const struct deploy_removal *removal,
                  struct deploy_removed *ret, struct unum_err *err)
{
    struct removing r = {.target = target, .removal = removal, .arena = UNUM_ARENA_INIT};
    *ret = (struct deploy_removed){0};
    int rc = remove_all(&r, ret, err);
    unum_arena_done(&r.arena);
    return rc;
}

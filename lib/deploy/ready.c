#include "deploy/ready.h"

#include "base/limits.h"
#include "deploy/plan.h"
#include "deploy/stack.h"
#include "deploy/status.h"

enum { MOST_ROUNDS = 8 }; /* until a stack is in a state that can be changed */

struct ready {
    const struct deploy_target *target;
    const struct deploy_options *options;
    struct unum_arena *arena;
    struct cfn_stack *stack;
    bool tried; /* to finish what was stuck */
};

static void say(const struct ready *r, const char *text)
{
    if (r->target->ui->phase)
        r->target->ui->phase(r->target->ui->cookie, text);
}

static int follow(struct ready *r, struct unum_err *err)
{
    struct unum_str status;
    int rc = plan_follow(r->target, r->stack->id, r->options->poll_ms, r->arena, &status, err);
    if (rc == UNUM_E_CANCELLED)
        (void)unum_err_hint(err, "the operation goes on by itself; `unum deploy` again follows it");
    return rc;
}

static int attach(struct ready *r, const struct stack_status *status, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&text, "the stack %.*s: %s", UNUM_STR_ARG(r->target->stack), status->says);
    if (r->options->no_wait) {
        (void)unum_err_set(err, UNUM_E_CONFLICT, "%s", unum_buf_text(&text));
        (void)unum_err_hint(err, "leave out --no-wait to wait for it");
        return UNUM_E_CONFLICT;
    }
    unum_buf_adds(&text, "; waiting for it");
    say(r, unum_buf_text(&text));
    return follow(r, err);
}

/* A creation that failed: nothing of it can be updated. */
static int replace(struct ready *r, const struct stack_status *status, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF why = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_buf UNUM_AUTO_BUF question = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    const struct deploy_ui *ui = r->target->ui;
    bool asked = false;
    unum_buf_printf(&why, "the stack %.*s cannot be updated, %s", UNUM_STR_ARG(r->target->stack),
                    status->says);
    int rc = stack_add_cause(r->target, r->stack, r->arena, &why, err);
    if (rc < 0)
        return rc;
    unum_buf_printf(&question, "%s. Delete it and make it anew", unum_buf_text(&why));
    stack_add_retained(r->target, r->stack, r->arena, &question);
    unum_buf_addc(&question, '?');
    bool yes = r->options->replace_failed && !r->options->dry_run;
    if (!yes && ui->confirm && !r->options->dry_run)
        yes = ui->confirm(ui->cookie, unum_buf_text(&question), &asked);
    if (!yes) {
        (void)unum_err_set(err, UNUM_E_CONFLICT, "%s", unum_buf_text(&why));
        (void)unum_err_hint(err, "%s", status->next);
        return UNUM_E_CONFLICT;
    }
    say(r, "delete the stack whose creation failed");
    rc = cfn_delete_stack(r->target->client, r->stack->id, NULL, 0, r->options->role_arn, err);
    return rc < 0 ? rc : follow(r, err);
}

static int stuck(struct ready *r, const struct stack_status *status, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&text, "the stack %.*s cannot be changed: %s", UNUM_STR_ARG(r->target->stack),
                    status->says);
    int rc = stack_add_cause(r->target, r->stack, r->arena, &text, NULL);
    (void)rc;
    stack_add_stuck(r->target, r->stack, r->arena, &text);
    (void)unum_err_set(err, UNUM_E_CONFLICT, "%s", unum_buf_text(&text));
    (void)unum_err_hint(err, "%s", status->next);
    return UNUM_E_CONFLICT;
}

/* Try once more what got stuck; the second time it is told what is in the way. */
static int unstick(struct ready *r, const struct stack_status *status, struct unum_err *err)
{
    const struct deploy_options *o = r->options;
    bool deletion = status->action == STACK_FINISH_DELETE;
    int rc;
    if (r->tried || o->dry_run)
        return stuck(r, status, err);
    r->tried = true;
    say(r, deletion ? "finish the deletion" : "finish the rollback");
    if (deletion)
        rc = cfn_delete_stack(r->target->client, r->stack->id, o->skip, o->skip_len, o->role_arn,
                              err);
    else
        rc = cfn_continue_rollback(r->target->client, r->stack->id, o->skip, o->skip_len,
                                   o->role_arn, err);
    if (rc < 0)
        return unum_err_wrap(err, "finish the %s of the stack %.*s",
                             deletion ? "deletion" : "rollback", UNUM_STR_ARG(r->target->stack));
    return follow(r, err);
}

/* One step nearer; *ret: there. */
static int step(struct ready *r, bool *ret, struct unum_err *err)
{
    const struct stack_status *status = stack_status(r->stack->status);
    *ret = false;
    switch (status->action) {
    case STACK_CREATE:
    case STACK_UPDATE:
    case STACK_RETRY:
        *ret = true;
        return 0;
    case STACK_ATTACH:
        return attach(r, status, err);
    case STACK_REPLACE:
        return replace(r, status, err);
    case STACK_FINISH_ROLLBACK:
    case STACK_FINISH_DELETE:
        return unstick(r, status, err);
    case STACK_REFUSE:
        break;
    }
    return stuck(r, status, err);
}

int ready_stack(const struct deploy_target *target, const struct deploy_options *options,
                struct unum_arena *arena, struct cfn_stack *ret, struct unum_err *err)
{
    struct cfn_stack stack = {0};
    struct ready r = {.target = target, .options = options, .arena = arena, .stack = &stack};
    for (int round = 0; round < MOST_ROUNDS; round++) {
        bool there = false;
        int rc = stack_look(target, target->stack, arena, &stack, err);
        if (rc == 0)
            rc = stack_check_ours(target, &stack,
                                  "deploying would delete what is in it; nothing is changed", err);
        if (rc == 0)
            rc = step(&r, &there, err);
        if (rc < 0)
            return rc;
        if (there) {
            *ret = stack;
            return 0;
        }
    }
    return unum_err_set(err, UNUM_E_CONFLICT, "the stack %.*s does not come to rest",
                        UNUM_STR_ARG(target->stack));
}

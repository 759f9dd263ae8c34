#include "base/limits.h"
#include "deploy/deploy.h"
#include "deploy/plan.h"
#include "deploy/stack.h"
#include "deploy/status.h"

enum { MOST_ROUNDS = 8 };

struct cancelling {
    const struct deploy_target *target;
    const struct deploy_options *options;
    struct unum_arena *arena;
    struct cfn_stack stack;
    bool tried; /* to finish a rollback that got stuck */
    bool asked; /* for the update to be undone, and it was not one any more */
};

static void say(const struct cancelling *c, const char *text)
{
    if (c->target->ui->phase)
        c->target->ui->phase(c->target->ui->cookie, text);
}

static int follow(struct cancelling *c, struct unum_err *err)
{
    struct unum_str status;
    int rc = plan_follow(c->target, c->stack.id, c->options->poll_ms, c->arena, &status, err);
    if (rc == UNUM_E_CANCELLED)
        (void)unum_err_hint(err, "the update is being undone all the same; `unum deploy --cancel` "
                                 "again follows it");
    return rc;
}

static int refuse(const struct cancelling *c, enum unum_rc rc, const char *why, const char *next,
                  struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&text, "%s: the stack %.*s: %s", why, UNUM_STR_ARG(c->target->stack),
                    stack_status(c->stack.status)->says);
    if (rc == UNUM_E_ROLLED_BACK)
        stack_add_stuck(c->target, &c->stack, c->arena, &text);
    (void)unum_err_set(err, rc, "%s", unum_buf_text(&text));
    (void)unum_err_hint(err, "%s", next);
    return rc;
}

/* The update may have ended between the look and the request: then its new state decides. */
static int cancel(struct cancelling *c, struct unum_err *err)
{
    say(c, "cancel the update");
    int rc = cfn_cancel_update(c->target->client, c->stack.id, err);
    if (rc == UNUM_E_INVAL && !c->asked) {
        unum_err_clear(err);
        c->asked = true;
        return 0;
    }
    return rc < 0 ? unum_err_wrap(err, "cancel the update of the stack %.*s",
                                  UNUM_STR_ARG(c->target->stack))
                  : follow(c, err);
}

static int roll_back(struct cancelling *c, struct unum_err *err)
{
    say(c, "undo the update that failed");
    int rc = cfn_rollback_stack(c->target->client, c->stack.id, err);
    return rc < 0 ? unum_err_wrap(err, "undo the update of the stack %.*s",
                                  UNUM_STR_ARG(c->target->stack))
                  : follow(c, err);
}

static int finish(struct cancelling *c, struct unum_err *err)
{
    const struct deploy_options *o = c->options;
    if (c->tried)
        return refuse(c, UNUM_E_ROLLED_BACK, "the rollback got stuck",
                      stack_status(c->stack.status)->next, err);
    c->tried = true;
    say(c, "finish the rollback");
    int rc = cfn_continue_rollback(c->target->client, c->stack.id, o->skip, o->skip_len,
                                   o->role_arn, err);
    return rc < 0 ? unum_err_wrap(err, "finish the rollback of the stack %.*s",
                                  UNUM_STR_ARG(c->target->stack))
                  : follow(c, err);
}

static int step(struct cancelling *c, bool *ret_done, struct unum_err *err)
{
    const struct stack_status *status = stack_status(c->stack.status);
    *ret_done = false;
    switch (status->undo) {
    case UNDO_CANCEL:
        return cancel(c, err);
    case UNDO_ROLL_BACK:
        return roll_back(c, err);
    case UNDO_CONTINUE:
        return finish(c, err);
    case UNDO_FOLLOW:
        return follow(c, err);
    case UNDO_DONE:
        *ret_done = true;
        return 0;
    case UNDO_CREATION:
        return refuse(c, UNUM_E_CONFLICT, "a creation has nothing to go back to",
                      "`unum delete` removes what was made", err);
    case UNDO_LATE:
        return refuse(c, UNUM_E_CONFLICT, "the update is made and cannot be undone any more",
                      status->next, err);
    case UNDO_NOTHING:
        break;
    }
    return refuse(c, UNUM_E_CONFLICT, "there is no update to undo", status->next, err);
}

int deploy_cancel(const struct deploy_target *target, const struct deploy_options *options,
                  struct unum_arena *arena, struct cfn_stack *ret, struct unum_err *err)
{
    struct cancelling c = {.target = target, .options = options, .arena = arena};
    for (int round = 0; round < MOST_ROUNDS; round++) {
        bool done = false;
        int rc = stack_look(target, target->stack, arena, &c.stack, err);
        if (rc == 0)
            rc = stack_check_ours(target, &c.stack, "nothing of it is undone", err);
        if (rc == 0)
            rc = step(&c, &done, err);
        if (rc < 0)
            return rc;
        if (done) {
            *ret = c.stack;
            return 0;
        }
    }
    return unum_err_set(err, UNUM_E_CONFLICT, "the stack %.*s does not come to rest",
                        UNUM_STR_ARG(target->stack));
}

#include "deploy/plan.h"

#include "base/limits.h"
#include "base/rand.h"
#include "deploy/changes.h"
#include "deploy/console.h"
#include "deploy/status.h"

enum { FIRST_MS = 500, MOST_MS = 5000 };

struct watch_config plan_watch(const struct deploy_target *target, int64_t poll_ms)
{
    return (struct watch_config){.client = target->client,
                                 .clock = target->clock,
                                 .cookie = target->ui->cookie,
                                 .event = target->ui->event,
                                 .interrupted = target->ui->interrupted,
                                 .first_poll_ms = poll_ms ? poll_ms : FIRST_MS,
                                 .most_poll_ms = poll_ms ? poll_ms : MOST_MS};
}

static void say(const struct deploy_target *target, const char *text)
{
    if (target->ui->phase)
        target->ui->phase(target->ui->cookie, text);
}

void plan_cause(const struct cfn_event *cause, struct unum_buf *out)
{
    unum_buf_printf(out, "%.*s (", UNUM_STR_ARG(cause->logical_id));
    change_type_words(cause->type, out);
    unum_buf_printf(out, "): %.*s", UNUM_STR_ARG(cause->reason));
}

/* ---- making ---- */

static bool says_empty(struct unum_str reason)
{
    return unum_str_search(reason, UNUM_STR("didn't contain changes")) != SIZE_MAX ||
           unum_str_search(reason, UNUM_STR("No updates are to be performed")) != SIZE_MAX;
}

static int create_set(const struct deploy_target *target, const struct plan_request *request,
                      struct unum_arena *arena, struct unum_str *ret_id, struct unum_err *err)
{
    static const char *const capabilities[] = {"CAPABILITY_NAMED_IAM", NULL};
    struct unum_buf UNUM_AUTO_BUF uuid = UNUM_BUF_INIT(64);
    unum_uuid4(&uuid);
    struct unum_str name = unum_arena_printf(arena, PLAN_PREFIX "%s", unum_buf_text(&uuid));
    const struct cfn_change_set_request wanted = {.stack = request->stack,
                                                  .name = name,
                                                  .token = name,
                                                  .create = request->create,
                                                  .template_body = request->template_body,
                                                  .template_url = request->template_url,
                                                  .parameters = request->parameters,
                                                  .parameters_len = request->parameters_len,
                                                  .tags = request->tags,
                                                  .tags_len = request->tags_len,
                                                  .capabilities = capabilities,
                                                  .delete_on_failure =
                                                      request->create && !request->no_rollback,
                                                  .role_arn = request->role_arn};
    return cfn_create_change_set(target->client, &wanted, arena, ret_id, err);
}

static int wait_for_set(const struct deploy_target *target, struct unum_str id, int64_t poll_ms,
                        struct unum_arena *arena, struct cfn_change_set *ret, struct unum_err *err)
{
    const struct watch_config config = plan_watch(target, poll_ms);
    int64_t wait = config.first_poll_ms;
    for (;;) {
        int rc = cfn_describe_change_set(target->client, id, arena, ret, err);
        bool busy = unum_str_ends(ret->status, UNUM_STR("_PENDING")) ||
                    unum_str_ends(ret->status, UNUM_STR("_IN_PROGRESS"));
        if (rc < 0 || !busy)
            return rc;
        rc = watch_sleep(&config, wait, err);
        if (rc < 0)
            return rc;
        wait = wait * 3 / 2 < config.most_poll_ms ? wait * 3 / 2 : config.most_poll_ms;
    }
}

int plan_drop(const struct deploy_target *target, const struct plan_request *request,
              const struct cfn_change_set *set, struct unum_err *err)
{
    int rc = set->id.len ? cfn_delete_change_set(target->client, set->id, err) : 0;
    /* Nothing is in a stack that was never created, but its name. */
    if (rc == 0 && request->create && !request->shell)
        rc = cfn_delete_stack(target->client, request->stack, NULL, 0, request->role_arn, err);
    return rc;
}

/* What validation has found, a line each; without it the set's own reason has to do. */
static int refused(const struct deploy_target *target, const struct cfn_change_set *set,
                   struct unum_arena *arena, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct cfn_problem *problems = NULL;
    size_t len = 0, told = 0;
    if (cfn_problems(target->client, set->id, arena, &problems, &len, NULL) < 0)
        len = 0;
    for (size_t i = 0; i < len; i++) {
        if (problems[i].warning)
            continue;
        unum_buf_printf(&text, "\n  %.*s (", UNUM_STR_ARG(problems[i].logical_id));
        change_type_words(problems[i].type, &text);
        unum_buf_printf(&text, "): %.*s", UNUM_STR_ARG(problems[i].reason));
        if (problems[i].path.len)
            unum_buf_printf(&text, " (%.*s)", UNUM_STR_ARG(problems[i].path));
        told++;
    }
    if (!told)
        unum_buf_printf(&text, " %.*s", UNUM_STR_ARG(set->reason));
    return unum_err_set(err, UNUM_E_INVAL, "CloudFormation does not accept the change:%s",
                        unum_buf_text(&text));
}

int plan_make(const struct deploy_target *target, const struct plan_request *request,
              struct unum_arena *arena, enum plan_outcome *ret, struct cfn_change_set *ret_set,
              struct unum_err *err)
{
    *ret_set = (struct cfn_change_set){0};
    say(target, "plan the change");
    int rc = create_set(target, request, arena, &ret_set->id, err);
    if (rc < 0 && err && says_empty(unum_str_from(unum_err_text(err)))) {
        unum_err_clear(err);
        *ret = PLAN_EMPTY;
        return 0;
    }
    if (rc < 0)
        return unum_err_wrap(err, "plan the change of the stack %.*s",
                             UNUM_STR_ARG(request->stack));
    struct cfn_change_set set = {.id = ret_set->id};
    rc = wait_for_set(target, ret_set->id, request->poll_ms, arena, &set, err);
    set.id = ret_set->id;
    if (rc == 0 && unum_str_is(set.status, "CREATE_COMPLETE")) {
        *ret = PLAN_READY;
        *ret_set = set;
        return 0;
    }
    *ret = PLAN_EMPTY;
    if (rc == 0 && !says_empty(set.reason))
        rc = refused(target, &set, arena, err);
    /* It is of no use: the first failure is what is told. */
    int ignored = plan_drop(target, request, &set, NULL);
    (void)ignored;
    return rc;
}

/* ---- executing ---- */

static int failed(const struct deploy_target *target, const struct plan_request *request,
                  const struct watch *w, struct unum_str status, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF link = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_buf UNUM_AUTO_BUF cause = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    const struct stack_status *row = stack_status(status);
    if (w->cause.id.len)
        plan_cause(&w->cause, &cause);
    else
        unum_buf_adds(&cause, w->ended ? w->ended : "no event says why");
    (void)unum_err_set(err, UNUM_E_ROLLED_BACK, "%s", unum_buf_text(&cause));
    console_link(target, w->stack, UNUM_STR_NONE, &link);
    (void)unum_err_hint(err, "the stack %.*s: %s; %s%s%s", UNUM_STR_ARG(request->stack),
                        status.len ? row->says : "everything that was made is removed",
                        status.len ? row->next : "mend the cause and deploy again",
                        link.len ? "; its events: " : "", unum_buf_text(&link));
    return UNUM_E_ROLLED_BACK;
}

static int interrupted(const struct plan_request *request, struct unum_err *err)
{
    const struct stack_status *row = stack_status(request->create ? UNUM_STR("CREATE_IN_PROGRESS")
                                                                  : UNUM_STR("UPDATE_IN_PROGRESS"));
    (void)unum_err_set(err, UNUM_E_CANCELLED,
                       "interrupted, but the stack %.*s goes on by itself: %s",
                       UNUM_STR_ARG(request->stack), row->says);
    return unum_err_hint(err, "%s", row->next);
}

/* An answer that got lost, and the refusal of its repetition, do not mean that nothing happens. */
static int execute(const struct deploy_target *target, const struct plan_request *request,
                   struct unum_str id, struct unum_arena *arena, struct unum_err *err)
{
    struct cfn_change_set now = {0};
    struct unum_str token = unum_str_from_pos(id, unum_str_rfind(id, '/') + 1);
    int rc = cfn_execute_change_set(target->client, id, token, request->no_rollback, err);
    if (rc == 0 || cfn_describe_change_set(target->client, id, arena, &now, NULL) < 0 ||
        !unum_str_starts(now.execution_status, UNUM_STR("EXECUTE_")))
        return rc;
    unum_err_clear(err);
    return 0;
}

int plan_execute(const struct deploy_target *target, const struct plan_request *request,
                 const struct cfn_change_set *set, struct unum_arena *arena, struct unum_err *err)
{
    const struct watch_config config = plan_watch(target, request->poll_ms);
    struct watch WATCH_AUTO w;
    struct unum_str status = UNUM_STR_NONE;
    struct cfn_stack stack;
    say(target, "change the stack");
    /* By its id: the stack of a failed creation is deleted, and then has no name. */
    int rc = cfn_describe_stack(target->client, request->stack, arena, &stack, err);
    if (rc < 0)
        stack.id = request->stack;
    rc = watch_begin(&w, &config, stack.id, err);
    if (rc == 0)
        deploy_state(target, "the change of the stack %.*s has begun, and goes on by itself",
                     UNUM_STR_ARG(request->stack));
    if (rc == 0)
        rc = execute(target, request, set->id, arena, err);
    if (rc == 0)
        rc = watch_end(&w, arena, &status, err);
    if (rc == UNUM_E_CANCELLED)
        return interrupted(request, err);
    if (rc < 0)
        return rc;
    return stack_status(status)->good && status.len ? 0 : failed(target, request, &w, status, err);
}

int plan_follow(const struct deploy_target *target, struct unum_str stack, int64_t poll_ms,
                struct unum_arena *arena, struct unum_str *ret_status, struct unum_err *err)
{
    const struct watch_config config = plan_watch(target, poll_ms);
    struct watch WATCH_AUTO w;
    deploy_state(target, "an operation of CloudFormation is in progress, and goes on by itself");
    int rc = watch_begin_inside(&w, &config, stack, err);
    return rc < 0 ? rc : watch_end(&w, arena, ret_status, err);
}

/* Operations on stacks without change sets, and on what went wrong.
 * Source: CloudFormation API Reference: CreateStack, UpdateStack, DeleteStack,
 * ContinueUpdateRollback, RollbackStack, CancelUpdateStack, UpdateTerminationProtection. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "json/json.h"

static void answer_stack(struct door_request *req, const struct cfn_stack *stack)
{
    cfn_begin(req);
    cfn_texts(req, "StackId", stack->id);
    cfn_end(req);
}

static void answer_nothing(struct door_request *req)
{
    cfn_begin(req);
    cfn_end(req);
}

/* The names of a list parameter. */
static void read_names(struct door_request *req, const char *list, struct unum_map *ret)
{
    struct unum_str name;
    for (size_t i = 1; i <= CFN_MOST_RESOURCES && cfn_member(req, list, i, "", &name); i++)
        (void)unum_map_set(ret, name, ret);
}

void cfn_call_create_stack(struct door_request *req)
{
    struct cfn_input CFN_AUTO_INPUT input = {0};
    struct unum_str name = cfn_get(req, "StackName");
    enum cfn_on_failure on_failure;
    bool given = false;
    if (!cfn_check_name(req, "stackName", name) || !cfn_check_texts(req) ||
        !cfn_input_on_failure(req, "OnFailure", &on_failure, &given))
        return;
    if (given && cfn_has(req, "DisableRollback")) {
        cfn_fail(req, "You can specify either DisableRollback or OnFailure, but not both.");
        return;
    }
    if (cfn_stack_find(req->local, name)) {
        door_error(req, 400, "AlreadyExistsException", "Stack [%.*s] already exists",
                   UNUM_STR_ARG(name));
        return;
    }
    if (!cfn_input_read(req, NULL, &input))
        return;
    if (cfn_of(req->local)->stacks.len >= CFN_MOST_STACKS + CFN_MOST_GONE) {
        door_error(req, 400, "LimitExceededException", "Limit for stack has been exceeded");
        return;
    }
    struct cfn_stack *stack = cfn_stack_new(req->local, name);
    stack->on_failure = on_failure;
    stack->disable_rollback = cfn_is_true(req, "DisableRollback");
    stack->retain_except_on_create = cfn_is_true(req, "RetainExceptOnCreate");
    stack->protected = cfn_is_true(req, "EnableTerminationProtection");
    cfn_set(&stack->token, cfn_get(req, "ClientRequestToken"));
    cfn_run_create(stack, &input.source);
    answer_stack(req, stack);
}

/* False: an error was answered. */
static bool has_changes(struct door_request *req, struct cfn_stack *stack, struct cfn_input *input)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct cfn_change_set *set = unum_alloc(sizeof(*set));
    set->source = input->source;
    int rc = cfn_diff(stack, set, &err);
    bool changes = rc == 0 && (set->changes_len || set->other);
    memset(&set->source, 0, sizeof(set->source)); /* the input's */
    cfn_change_set_free(set);
    if (rc)
        cfn_fail(req, "%s", unum_err_text(&err));
    else if (!changes)
        cfn_fail(req, "No updates are to be performed.");
    return changes;
}

void cfn_call_update_stack(struct door_request *req)
{
    struct cfn_input CFN_AUTO_INPUT input = {0};
    struct cfn_stack *stack = cfn_input_stack(req);
    bool disable = cfn_is_true(req, "DisableRollback");
    if (!stack || !cfn_check_texts(req) || !cfn_may_update(req, stack))
        return;
    if (!disable && (stack->status == CFN_CREATE_FAILED || stack->status == CFN_UPDATE_FAILED)) {
        cfn_fail(req,
                 "This stack is currently in a non-terminal [%s] state. To update the stack from "
                 "this state, please use the disable-rollback parameter with update-stack API. To "
                 "rollback to the last known good state, use the rollback-stack API",
                 cfn_status_name(stack->status));
        return;
    }
    if (!cfn_input_read(req, stack, &input) || !has_changes(req, stack, &input))
        return;
    stack->disable_rollback = disable;
    stack->retain_except_on_create = cfn_is_true(req, "RetainExceptOnCreate");
    stack->on_failure = CFN_ON_FAILURE_ROLLBACK;
    cfn_set(&stack->token, cfn_get(req, "ClientRequestToken"));
    cfn_run_update(stack, &input.source);
    answer_stack(req, stack);
}

/* Somebody imports what it exports? */
static bool in_use(struct door_request *req, const struct cfn_stack *stack)
{
    for (size_t i = 0; i < stack->exports.len; i++) {
        struct unum_map_entry *entry = NULL;
        while ((entry = unum_map_next(&cfn_of(req->local)->stacks, entry))) {
            const struct cfn_stack *other = entry->value;
            if (other == stack || other->status == CFN_DELETE_COMPLETE || !other->now.body)
                continue;
            struct unum_str body = unum_str_from(other->now.body);
            if (unum_str_search(body, UNUM_STR("ImportValue")) != SIZE_MAX &&
                unum_str_search(body, unum_str_from(stack->exports.at[i].value)) != SIZE_MAX) {
                cfn_fail(req, "Export %s cannot be deleted as it is in use by %s",
                         stack->exports.at[i].value, other->name);
                return true;
            }
        }
    }
    return false;
}

void cfn_call_delete_stack(struct door_request *req)
{
    struct unum_map UNUM_AUTO_MAP retain = UNUM_MAP_INIT;
    struct unum_str name = cfn_get(req, "StackName");
    if (!name.len) {
        (void)cfn_input_stack(req); /* says so */
        return;
    }
    struct cfn_stack *stack = cfn_stack_find(req->local, name);
    read_names(req, "RetainResources", &retain);
    if (!stack || stack->status == CFN_DELETE_COMPLETE || stack->status == CFN_DELETE_IN_PROGRESS) {
        answer_nothing(req); /* AWS does not mind */
        return;
    }
    if (stack->protected) {
        cfn_fail(req, "Stack [%s] cannot be deleted while TerminationProtection is enabled",
                 stack->name);
        return;
    }
    if (retain.len && stack->status != CFN_DELETE_FAILED) {
        cfn_fail(req,
                 "Invalid operation on stack [%s]. Specify RetainResources only for stacks in "
                 "the DELETE_FAILED state",
                 stack->name);
        return;
    }
    if (cfn_in_progress(stack->status) && stack->status != CFN_CREATE_IN_PROGRESS) {
        cfn_fail(req, "Stack [%s] cannot be deleted while in status %s", stack->name,
                 cfn_status_name(stack->status));
        return;
    }
    if (in_use(req, stack) || !cfn_check_texts(req))
        return;
    cfn_set(&stack->token, cfn_get(req, "ClientRequestToken"));
    cfn_run_delete(stack, &retain);
    answer_nothing(req);
}

void cfn_call_continue_update_rollback(struct door_request *req)
{
    struct unum_map UNUM_AUTO_MAP skip = UNUM_MAP_INIT;
    struct cfn_stack *stack = cfn_input_stack(req);
    if (!stack || !cfn_check_texts(req))
        return;
    read_names(req, "ResourcesToSkip", &skip);
    if (stack->status != CFN_UPDATE_ROLLBACK_FAILED) {
        cfn_fail(req, "Stack [%s] is in %s state and can't continue update rollback.", stack->id,
                 cfn_status_name(stack->status));
        return;
    }
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&skip, entry))) {
        const struct cfn_resource *r = cfn_resource_find(stack, entry->key);
        if (r && r->status == CFN_UPDATE_FAILED)
            continue;
        cfn_fail(req,
                 "ResourcesToSkip: %.*s is not a resource of the stack in UPDATE_FAILED "
                 "state",
                 UNUM_STR_ARG(entry->key));
        return;
    }
    cfn_set(&stack->token, cfn_get(req, "ClientRequestToken"));
    cfn_run_continue(stack, &skip);
    answer_nothing(req);
}

void cfn_call_rollback_stack(struct door_request *req)
{
    struct cfn_stack *stack = cfn_input_stack(req);
    if (!stack || !cfn_check_texts(req))
        return;
    if (stack->status != CFN_CREATE_FAILED && stack->status != CFN_UPDATE_FAILED) {
        cfn_fail(req, "Stack [%s] is in %s state and can not be rolled back.", stack->id,
                 cfn_status_name(stack->status));
        return;
    }
    cfn_set(&stack->token, cfn_get(req, "ClientRequestToken"));
    stack->retain_except_on_create = cfn_is_true(req, "RetainExceptOnCreate");
    cfn_run_roll_back(stack, "User Initiated");
    answer_stack(req, stack);
}

void cfn_call_cancel_update_stack(struct door_request *req)
{
    struct cfn_stack *stack = cfn_input_stack(req);
    if (!stack)
        return;
    if (stack->status != CFN_UPDATE_IN_PROGRESS) {
        cfn_fail(req, "CancelUpdateStack cannot be called from current stack status");
        return;
    }
    cfn_run_roll_back(stack, "User Initiated");
    answer_nothing(req);
}

void cfn_call_update_termination_protection(struct door_request *req)
{
    struct cfn_stack *stack = cfn_input_stack(req);
    if (!stack)
        return;
    stack->protected = cfn_is_true(req, "EnableTerminationProtection");
    cfn_keep_stack(stack);
    answer_stack(req, stack);
}

/* ---- for tests ---- */

int local_set_stack_status(struct local *local, struct unum_str name, struct unum_str status,
                           struct unum_str reason, struct unum_err *err)
{
    enum cfn_status wanted = cfn_status_of(status);
    if (!wanted || wanted == CFN_DELETE_SKIPPED)
        return unum_err_set(err, UNUM_E_INVAL, "no stack has the status \"%.*s\"",
                            UNUM_STR_ARG(status));
    if (!name.len || name.len > 128)
        return unum_err_set(err, UNUM_E_INVAL, "a stack's name has 1 to 128 characters");
    struct cfn_stack *stack = cfn_stack_find(local, name);
    if (!stack)
        stack = cfn_stack_new(local, name);
    local_timer_disarm(local, stack);
    stack->phase = CFN_IDLE;
    char UNUM_AUTO_FREE *text = reason.len ? unum_str_dup(reason) : NULL;
    cfn_stack_status(stack, wanted, text);
    if (wanted == CFN_DELETE_COMPLETE)
        stack->deleted_ms = local_now(local);
    return 0;
}

void cfn_call_set_stack_status(struct door_request *req)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (local_set_stack_status(req->local, cfn_get(req, "StackName"), cfn_get(req, "StackStatus"),
                               cfn_get(req, "StackStatusReason"), &err)) {
        cfn_fail(req, "%s", unum_err_text(&err));
        return;
    }
    answer_nothing(req);
}

void cfn_call_set_resource_hook(struct door_request *req)
{
    struct unum_map *hooks = &cfn_of(req->local)->hooks;
    struct unum_str hook = cfn_get(req, "Hook"), stack = cfn_get(req, "StackName");
    struct unum_str resource = cfn_get(req, "LogicalResourceId");
    struct unum_str key =
        unum_arena_printf(&req->arena, "%.*s/%.*s", UNUM_STR_ARG(stack), UNUM_STR_ARG(resource));
    if (!stack.len || !resource.len ||
        (hook.len && (json_check(hook, &hook, NULL) || json_type(hook) != JSON_OBJECT))) {
        cfn_fail(req, "StackName, LogicalResourceId and a JSON object as Hook are needed");
        return;
    }
    if (hooks->len >= CFN_MOST_RESOURCES && !unum_map_has(hooks, key)) {
        cfn_fail(req, "There are %d hooks already", CFN_MOST_RESOURCES);
        return;
    }
    free(unum_map_remove(hooks, key));
    if (hook.len)
        (void)unum_map_set(hooks, key, unum_str_dup(hook));
    answer_nothing(req);
}

void cfn_call_set_page(struct door_request *req)
{
    uint64_t entries;
    if (!unum_str_to_u64(cfn_get(req, "Entries"), &entries) || entries > CFN_PAGE) {
        cfn_fail(req, "Entries: 1 to %d on a page, or 0 for as many as AWS has", CFN_PAGE);
        return;
    }
    req->local->config.stack_page = (unsigned)entries;
    answer_nothing(req);
}

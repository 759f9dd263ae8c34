/* What validation before a deployment finds in a change set: what hooks of tests say.
 * Source: CloudFormation API Reference, DescribeEvents and OperationEvent; User Guide, "Validate
 * stack deployments". */
#include "local/cfn.h"

#include "json/json.h"

static bool finds(const struct cfn_stack *stack, const struct cfn_change *change,
                  struct unum_buf *reason)
{
    struct unum_str hook;
    return cfn_hook_of_request(stack, change->id, "FailValidation", &hook) &&
           json_decode(hook, reason);
}

bool cfn_validation_fails(const struct cfn_stack *stack, const struct cfn_change_set *set)
{
    for (size_t i = 0; i < set->changes_len; i++) {
        struct unum_buf UNUM_AUTO_BUF reason = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        if (finds(stack, &set->changes[i], &reason))
            return true;
    }
    return false;
}

static void write_event(struct door_request *req, const struct cfn_stack *stack,
                        const struct cfn_change_set *set, const struct cfn_change *change,
                        struct unum_str reason)
{
    cfn_open(req, "member");
    cfn_text(req, "EventId", unum_arena_printf(&req->arena, "%s-%s", set->name, change->id));
    cfn_texts(req, "StackId", stack->id);
    cfn_texts(req, "OperationId", set->name);
    cfn_texts(req, "OperationType", "CREATE_CHANGESET");
    cfn_texts(req, "EventType", "VALIDATION_ERROR");
    cfn_texts(req, "LogicalResourceId", change->id);
    cfn_texts(req, "PhysicalResourceId", change->physical);
    cfn_texts(req, "ResourceType", change->type);
    cfn_time(req, "Timestamp", set->created_ms);
    cfn_texts(req, "ValidationFailureMode", "FAIL");
    cfn_texts(req, "ValidationName", "NAME_CONFLICT_VALIDATION");
    cfn_texts(req, "ValidationStatus", "FAILED");
    cfn_text(req, "ValidationStatusReason", reason);
    cfn_text(req, "ValidationPath", unum_arena_printf(&req->arena, "/Resources/%s", change->id));
    cfn_close(req, "member");
}

void cfn_call_describe_events(struct door_request *req)
{
    struct cfn_stack *stack = NULL;
    struct cfn_page page;
    struct unum_str name = cfn_get(req, "ChangeSetName");
    const struct cfn_change_set *set =
        cfn_change_set_find(req->local, cfn_get(req, "StackName"), name, &stack);
    size_t n = 0;
    if (!name.len) {
        cfn_fail(req,
                 "ChangeSetName must be specified: the local platform has the events of stacks "
                 "in DescribeStackEvents");
        return;
    }
    if (!set) {
        door_error(req, 404, "ChangeSetNotFound", "ChangeSet [%.*s] does not exist",
                   UNUM_STR_ARG(name));
        return;
    }
    if (!cfn_page(req, &page))
        return;
    cfn_begin(req);
    cfn_open(req, "OperationEvents");
    for (size_t i = 0; i < set->changes_len; i++) {
        struct unum_buf UNUM_AUTO_BUF reason = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
        if (!finds(stack, &set->changes[i], &reason))
            continue;
        if (n >= page.first && n - page.first < page.most)
            write_event(req, stack, set, &set->changes[i], unum_buf_str(&reason));
        n++;
    }
    cfn_close(req, "OperationEvents");
    cfn_next(req, &page, n);
    cfn_end(req);
}

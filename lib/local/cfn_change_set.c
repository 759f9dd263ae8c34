/* Change sets.
 * Source: CloudFormation API Reference: CreateChangeSet, DescribeChangeSet, DeleteChangeSet,
 * ListChangeSets, ExecuteChangeSet. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

/* CreateChangeSet, DescribeChangeSet */
#define NO_CHANGES                                                                                 \
    "The submitted information didn't contain changes. Submit different information to create a "  \
    "change set."

static void set_status(struct cfn_change_set *set, const char *status, const char *execution)
{
    (void)snprintf(set->status, sizeof(set->status), "%s", status);
    (void)snprintf(set->execution, sizeof(set->execution), "%s", execution);
}

struct cfn_change_set *cfn_change_set_find(struct local *local, struct unum_str stack_name,
                                           struct unum_str name, struct cfn_stack **ret_stack)
{
    struct unum_map_entry *entry = NULL;
    if (!unum_str_starts(name, UNUM_STR("arn:"))) {
        *ret_stack = cfn_stack_find(local, stack_name);
        return *ret_stack ? unum_map_get(&(*ret_stack)->change_sets, name) : NULL;
    }
    while ((entry = unum_map_next(&cfn_of(local)->stacks, entry))) {
        struct cfn_stack *stack = entry->value;
        struct unum_map_entry *at = NULL;
        while ((at = unum_map_next(&stack->change_sets, at))) {
            struct cfn_change_set *set = at->value;
            *ret_stack = stack;
            if (unum_str_is(name, set->id))
                return set;
        }
    }
    *ret_stack = NULL;
    return NULL;
}

void cfn_change_set_drop(struct cfn_stack *stack, struct cfn_change_set *set)
{
    local_timer_disarm(stack->local, set);
    cfn_forget_change_set(stack, set);
    (void)unum_map_remove(&stack->change_sets, unum_str_from(set->name));
    cfn_change_set_free(set);
}

/* ---- making one ---- */

static struct cfn_stack *owner(struct local *local, const struct cfn_change_set *set)
{
    struct cfn_stack *stack = NULL;
    (void)cfn_change_set_find(local, UNUM_STR_NONE, unum_str_from(set->id), &stack);
    return stack;
}

static void on_time(struct local *local, void *cookie)
{
    struct cfn_change_set *set = cookie;
    struct cfn_stack *stack = owner(local, set);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!stack)
        return;
    if (cfn_diff(stack, set, &err)) {
        set_status(set, "FAILED", "UNAVAILABLE");
        cfn_set(&set->reason, unum_str_from(unum_err_text(&err)));
    } else if (!set->creates && !set->changes_len && !set->other) {
        set_status(set, "FAILED", "UNAVAILABLE");
        cfn_set(&set->reason, UNUM_STR(NO_CHANGES));
    } else if (cfn_validation_fails(stack, set)) {
        set_status(set, "FAILED", "UNAVAILABLE");
        cfn_set(
            &set->reason,
            UNUM_STR("The following hook(s)/validation failed: [AWS::EarlyValidation::"
                     "ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the "
                     "DescribeEvents API for detailed failure information."));
    } else {
        set_status(set, "CREATE_COMPLETE", "AVAILABLE");
    }
    cfn_keep_change_set(stack, set);
}

void cfn_change_set_start(struct cfn_stack *stack, struct cfn_change_set *set)
{
    if (strncmp(set->execution, "EXECUTE", 7) == 0)
        return;
    set_status(set, "CREATE_IN_PROGRESS", "UNAVAILABLE");
    local_timer_arm(stack->local,
                    &(struct local_timer){.due_ms = local_now(stack->local) + CFN_STEP_MS,
                                          .fire = on_time,
                                          .cookie = set});
}

static bool valid_name(struct unum_str name)
{
    if (!name.len || name.len > 128)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (i == 0 || ((c < '0' || c > '9') && c != '-')))
            return false;
    }
    return true;
}

bool cfn_check_name(struct door_request *req, const char *member, struct unum_str name)
{
    if (valid_name(name))
        return true;
    cfn_fail(req,
             "1 validation error detected: Value '%.*s' at '%s' failed to satisfy constraint: "
             "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
             UNUM_STR_ARG(unum_str_slice(name, 0, 256)), member);
    return false;
}

bool cfn_may_update(struct door_request *req, const struct cfn_stack *stack)
{
    switch (stack->status) {
    case CFN_CREATE_COMPLETE:
    case CFN_UPDATE_COMPLETE:
    case CFN_UPDATE_ROLLBACK_COMPLETE:
    case CFN_IMPORT_COMPLETE:
    case CFN_IMPORT_ROLLBACK_COMPLETE:
    case CFN_CREATE_FAILED: /* with rollback disabled; executing asks for it again */
    case CFN_UPDATE_FAILED:
        return true;
    default:
        cfn_fail(req, "Stack:%s is in %s state and can not be updated.", stack->id,
                 cfn_status_name(stack->status));
        return false;
    }
}

/* The stack that a change set is for; made for one that creates. NULL: an error was answered. */
static struct cfn_stack *target(struct door_request *req, bool creates)
{
    struct unum_str name = cfn_get(req, "StackName");
    struct cfn_stack *stack = cfn_stack_find(req->local, name);
    bool review = stack && stack->status == CFN_REVIEW_IN_PROGRESS;
    if (!creates) {
        if (!stack)
            cfn_fail(req, "Stack [%.*s] does not exist", UNUM_STR_ARG(name));
        else if (review)
            cfn_fail(req, "Stack:%s is in REVIEW_IN_PROGRESS state and can not be updated.",
                     stack->id);
        return stack && !review && cfn_may_update(req, stack) ? stack : NULL;
    }
    if (review)
        return stack;
    if (stack) {
        cfn_fail(req,
                 "Stack [%.*s] already exists and cannot be created again with the changeSet "
                 "[%.*s].",
                 UNUM_STR_ARG(name), UNUM_STR_ARG(cfn_get(req, "ChangeSetName")));
        return NULL;
    }
    if (cfn_of(req->local)->stacks.len >= CFN_MOST_STACKS + CFN_MOST_GONE) {
        door_error(req, 400, "LimitExceededException", "Limit for stack has been exceeded");
        return NULL;
    }
    return cfn_check_name(req, "stackName", name) ? cfn_stack_new(req->local, name) : NULL;
}

static void answer_ids(struct door_request *req, const struct cfn_stack *stack,
                       const struct cfn_change_set *set)
{
    cfn_begin(req);
    cfn_texts(req, "Id", set->id);
    cfn_texts(req, "StackId", stack->id);
    cfn_end(req);
}

/* True: the request was answered. */
static bool repeated(struct door_request *req, struct unum_str name)
{
    struct cfn_stack *stack = NULL;
    const struct cfn_change_set *set =
        cfn_change_set_find(req->local, cfn_get(req, "StackName"), name, &stack);
    struct unum_str token = cfn_get(req, "ClientToken");
    if (!set)
        return false;
    if (token.len && set->token && unum_str_is(token, set->token))
        answer_ids(req, stack, set);
    else
        door_error(req, 409, "AlreadyExistsException",
                   "ChangeSet %.*s cannot be created due to a mismatch with existing attribute "
                   "Name: it exists already",
                   UNUM_STR_ARG(name));
    return true;
}

static bool read_type(struct door_request *req, bool *ret_creates)
{
    struct unum_str type = cfn_get(req, "ChangeSetType");
    *ret_creates = unum_str_is(type, "CREATE");
    if (*ret_creates || !type.len || unum_str_is(type, "UPDATE"))
        return true;
    cfn_fail(req,
             "1 validation error detected: Value '%.*s' at 'changeSetType' failed to satisfy "
             "constraint: the local platform has CREATE and UPDATE",
             UNUM_STR_ARG(type));
    return false;
}

void cfn_call_create_change_set(struct door_request *req)
{
    struct cfn_input CFN_AUTO_INPUT input = {0};
    struct unum_str name = cfn_get(req, "ChangeSetName");
    bool creates = false, given = false;
    enum cfn_on_failure on_failure;
    if (!cfn_check_name(req, "changeSetName", name) || !cfn_check_texts(req) ||
        !read_type(req, &creates) ||
        !cfn_input_on_failure(req, "OnStackFailure", &on_failure, &given) || repeated(req, name))
        return;
    if (given && on_failure == CFN_ON_FAILURE_DELETE && !creates) {
        cfn_fail(req, "OnStackFailure DELETE is only possible for change sets of type CREATE");
        return;
    }
    /* Read first: what is refused must leave no empty stack behind. */
    struct cfn_stack *there = cfn_stack_find(req->local, cfn_get(req, "StackName"));
    if (there && creates && there->status == CFN_REVIEW_IN_PROGRESS)
        there = NULL;
    if (!cfn_input_read(req, there, &input))
        return;
    struct cfn_stack *stack = target(req, creates);
    if (!stack)
        return;
    if (stack->change_sets.len >= CFN_MOST_CHANGES) {
        door_error(req, 400, "LimitExceededException", "Limit for ChangeSets has been exceeded");
        return;
    }
    if (stack->status == CFN_NO_STATUS)
        cfn_stack_status(stack, CFN_REVIEW_IN_PROGRESS, "User Initiated");
    struct cfn_change_set *set = unum_alloc(sizeof(*set));
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_KB);
    cfn_arn(req->local, "changeSet", name, &id);
    set->name = unum_str_dup(name);
    set->id = unum_str_dup(unum_buf_str(&id));
    cfn_set(&set->description, cfn_get(req, "Description"));
    cfn_set(&set->token, cfn_get(req, "ClientToken"));
    set->creates = creates;
    set->created_ms = local_now(req->local);
    set->on_failure = on_failure;
    set->on_failure_given = given;
    set->source = input.source;
    memset(&input.source, 0, sizeof(input.source));
    (void)unum_map_set(&stack->change_sets, name, set);
    cfn_change_set_start(stack, set);
    cfn_keep_change_set(stack, set);
    answer_ids(req, stack, set);
}

/* ---- looking at one ---- */

/* NULL: an error was answered. */
static struct cfn_change_set *find(struct door_request *req, struct cfn_stack **ret_stack)
{
    struct unum_str name = cfn_get(req, "ChangeSetName"), stack = cfn_get(req, "StackName");
    struct cfn_change_set *set = cfn_change_set_find(req->local, stack, name, ret_stack);
    if (set)
        return set;
    if (!unum_str_starts(name, UNUM_STR("arn:")) && !stack.len)
        cfn_fail(req, "StackName must be specified if ChangeSetName is not specified as an ARN.");
    else if (!unum_str_starts(name, UNUM_STR("arn:")) && !*ret_stack)
        cfn_fail(req, "Stack [%.*s] does not exist", UNUM_STR_ARG(stack));
    else
        door_error(req, 404, "ChangeSetNotFound", "ChangeSet [%.*s] does not exist",
                   UNUM_STR_ARG(name));
    return NULL;
}

static const char *replacement_name(enum cfn_replacement replacement)
{
    static const char *const names[] = {"False", "True", "Conditional"};
    return names[replacement];
}

static void write_detail(struct door_request *req, const struct cfn_detail *detail, bool values)
{
    static const char *const recreation[] = {"Never", "Always", "Conditionally"};
    cfn_open(req, "member");
    cfn_open(req, "Target");
    cfn_texts(req, "Attribute", detail->attribute);
    cfn_texts(req, "Name", detail->name);
    cfn_texts(req, "RequiresRecreation", recreation[detail->replacement]);
    if (values) {
        if (detail->name)
            cfn_text(req, "Path",
                     unum_arena_printf(&req->arena, "/%s/%s", detail->attribute, detail->name));
        cfn_texts(req, "BeforeValue", detail->before);
        cfn_texts(req, "AfterValue", detail->after);
        cfn_texts(req, "AttributeChangeType",
                  !detail->before  ? "Add"
                  : !detail->after ? "Remove"
                                   : "Modify");
    }
    cfn_close(req, "Target");
    cfn_texts(req, "Evaluation", detail->dynamic ? "Dynamic" : "Static");
    cfn_texts(req, "ChangeSource", "DirectModification");
    cfn_close(req, "member");
}

static void write_scope(struct door_request *req, const struct cfn_change *change)
{
    cfn_open(req, "Scope");
    for (size_t i = 0; i < change->details_len; i++) {
        const char *attribute = change->details[i].attribute;
        bool said = false;
        for (size_t k = 0; k < i; k++)
            said |= strcmp(change->details[k].attribute, attribute) == 0;
        if (!said)
            cfn_texts(req, "member", attribute);
    }
    cfn_close(req, "Scope");
}

static const char *policy_action(const struct cfn_change *change)
{
    bool keeps = change->policy != CFN_DELETE;
    if (change->kind == CFN_REMOVE_RESOURCE)
        return keeps ? "Retain" : "Delete";
    if (change->kind == CFN_MODIFY && change->replacement == CFN_REPLACE_YES)
        return keeps ? "ReplaceAndRetain" : "ReplaceAndDelete";
    return NULL;
}

static void write_change(struct door_request *req, const struct cfn_change *change, bool values)
{
    static const char *const actions[] = {"Add", "Modify", "Remove"};
    cfn_open(req, "member");
    cfn_texts(req, "Type", "Resource");
    cfn_open(req, "ResourceChange");
    cfn_texts(req, "PolicyAction", policy_action(change));
    cfn_texts(req, "Action", actions[change->kind]);
    cfn_texts(req, "LogicalResourceId", change->id);
    cfn_texts(req, "PhysicalResourceId", change->physical);
    cfn_texts(req, "ResourceType", change->type);
    if (change->kind == CFN_MODIFY)
        cfn_texts(req, "Replacement", replacement_name(change->replacement));
    write_scope(req, change);
    cfn_open(req, "Details");
    for (size_t i = 0; i < change->details_len; i++)
        write_detail(req, &change->details[i], values);
    cfn_close(req, "Details");
    if (values) {
        cfn_texts(req, "BeforeContext", change->before);
        cfn_texts(req, "AfterContext", change->after);
    }
    cfn_close(req, "ResourceChange");
    cfn_close(req, "member");
}

static void write_pairs(struct door_request *req, const char *list, const struct cfn_pairs *pairs,
                        const char *key, const char *value)
{
    cfn_open(req, list);
    for (size_t i = 0; i < pairs->len; i++) {
        cfn_open(req, "member");
        cfn_texts(req, key, pairs->at[i].key);
        cfn_texts(req, value, pairs->at[i].hidden ? "****" : pairs->at[i].value);
        cfn_close(req, "member");
    }
    cfn_close(req, list);
}

static const char *on_failure_name(enum cfn_on_failure on_failure)
{
    static const char *const names[] = {"ROLLBACK", "DELETE", "DO_NOTHING"};
    return names[on_failure];
}

static void write_head(struct door_request *req, const struct cfn_stack *stack,
                       const struct cfn_change_set *set)
{
    cfn_texts(req, "ChangeSetName", set->name);
    cfn_texts(req, "ChangeSetId", set->id);
    cfn_texts(req, "StackId", stack->id);
    cfn_texts(req, "StackName", stack->name);
    cfn_texts(req, "Description", set->description);
    cfn_time(req, "CreationTime", set->created_ms);
    cfn_texts(req, "ExecutionStatus", set->execution);
    cfn_texts(req, "Status", set->status);
    cfn_texts(req, "StatusReason", set->reason);
    cfn_flag(req, "IncludeNestedStacks", false);
}

void cfn_call_describe_change_set(struct door_request *req)
{
    struct cfn_stack *stack = NULL;
    struct cfn_page page;
    const struct cfn_change_set *set = find(req, &stack);
    bool values = cfn_is_true(req, "IncludePropertyValues");
    if (!set || !cfn_page(req, &page))
        return;
    cfn_begin(req);
    write_head(req, stack, set);
    write_pairs(req, "Parameters", &set->source.parameters, "ParameterKey", "ParameterValue");
    cfn_open(req, "NotificationARNs");
    cfn_close(req, "NotificationARNs");
    cfn_open(req, "Capabilities");
    if (set->source.capabilities & CFN_CAPABILITY_IAM)
        cfn_texts(req, "member", "CAPABILITY_IAM");
    if (set->source.capabilities & CFN_CAPABILITY_NAMED_IAM)
        cfn_texts(req, "member", "CAPABILITY_NAMED_IAM");
    cfn_close(req, "Capabilities");
    write_pairs(req, "Tags", &set->source.tags, "Key", "Value");
    if (set->on_failure_given)
        cfn_texts(req, "OnStackFailure", on_failure_name(set->on_failure));
    cfn_open(req, "Changes");
    for (size_t i = page.first; i < set->changes_len && i - page.first < page.most; i++)
        write_change(req, &set->changes[i], values);
    cfn_close(req, "Changes");
    cfn_next(req, &page, set->changes_len);
    cfn_end(req);
}

void cfn_call_list_change_sets(struct door_request *req)
{
    struct cfn_page page;
    const struct cfn_stack *stack = cfn_input_stack(req);
    size_t i = 0;
    if (!stack || !cfn_page(req, &page))
        return;
    cfn_begin(req);
    cfn_open(req, "Summaries");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->change_sets, entry))) {
        if (i >= page.first && i - page.first < page.most) {
            cfn_open(req, "member");
            write_head(req, stack, entry->value);
            cfn_close(req, "member");
        }
        i++;
    }
    cfn_close(req, "Summaries");
    cfn_next(req, &page, i);
    cfn_end(req);
}

void cfn_call_delete_change_set(struct door_request *req)
{
    struct cfn_stack *stack = NULL;
    struct unum_str name = cfn_get(req, "ChangeSetName");
    struct cfn_change_set *set =
        cfn_change_set_find(req->local, cfn_get(req, "StackName"), name, &stack);
    if (!stack && !unum_str_starts(name, UNUM_STR("arn:"))) {
        (void)find(req, &stack);
        return;
    }
    if (set && strcmp(set->execution, "EXECUTE_IN_PROGRESS") == 0) {
        door_error(req, 400, "InvalidChangeSetStatus",
                   "An operation on this ChangeSet is currently in progress.");
        return;
    }
    if (set)
        cfn_change_set_drop(stack, set); /* one that is gone already is fine */
    cfn_begin(req);
    cfn_end(req);
}

/* ---- carrying one out ---- */

static bool may_execute(struct door_request *req, const struct cfn_stack *stack,
                        const struct cfn_change_set *set)
{
    bool failed = stack->status == CFN_CREATE_FAILED || stack->status == CFN_UPDATE_FAILED;
    bool disable = cfn_is_true(req, "DisableRollback");
    if (strcmp(set->execution, "AVAILABLE") != 0) {
        door_error(req, 400, "InvalidChangeSetStatus",
                   "ChangeSet [%s] cannot be executed in its current status of [%s]", set->id,
                   set->status);
        return false;
    }
    if (disable && set->on_failure_given) {
        cfn_fail(req, "DisableRollback cannot be specified when OnStackFailure was specified for "
                      "the change set.");
        return false;
    }
    if (failed && !disable && set->on_failure != CFN_ON_FAILURE_NOTHING) {
        cfn_fail(req,
                 "This stack is currently in a non-terminal [%s] state. To update the stack from "
                 "this state, please use the disable-rollback parameter with execute-change-set "
                 "API. To rollback to the last known good state, use the rollback-stack API",
                 cfn_status_name(stack->status));
        return false;
    }
    if (set->creates ? stack->status == CFN_REVIEW_IN_PROGRESS : cfn_may_update(req, stack))
        return true;
    if (set->creates)
        cfn_fail(req, "Stack:%s is in %s state and can not be created.", stack->id,
                 cfn_status_name(stack->status));
    return false;
}

static void drop_others(struct cfn_stack *stack, const struct cfn_change_set *kept)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->change_sets, entry))) {
        if (entry->value != kept)
            cfn_change_set_drop(stack, entry->value);
    }
}

static void copy_source(struct cfn_source *to, const struct cfn_source *from)
{
    to->body = unum_strdup(from->body);
    to->capabilities = from->capabilities;
    cfn_pairs_copy(&to->parameters, &from->parameters);
    cfn_pairs_copy(&to->tags, &from->tags);
}

void cfn_call_execute_change_set(struct door_request *req)
{
    struct cfn_stack *stack = NULL;
    struct cfn_source source = {0};
    struct cfn_change_set *set = find(req, &stack);
    struct unum_str token = cfn_get(req, "ClientRequestToken");
    if (!set)
        return;
    bool again = token.len && stack->token && unum_str_is(token, stack->token) &&
                 strncmp(set->execution, "EXECUTE", 7) == 0;
    if (!again) {
        if (!cfn_check_texts(req) || !may_execute(req, stack, set))
            return;
        (void)snprintf(set->execution, sizeof(set->execution), "EXECUTE_IN_PROGRESS");
        cfn_set(&stack->change_set, unum_str_from(set->id));
        cfn_set(&stack->token, token);
        stack->disable_rollback = cfn_is_true(req, "DisableRollback");
        stack->retain_except_on_create = cfn_is_true(req, "RetainExceptOnCreate");
        stack->on_failure = set->on_failure;
        cfn_keep_change_set(stack, set);
        drop_others(stack, set);
        copy_source(&source, &set->source);
        if (set->creates)
            cfn_run_create(stack, &source);
        else
            cfn_run_update(stack, &source);
    }
    cfn_begin(req);
    cfn_end(req);
}

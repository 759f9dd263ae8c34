/* What clients read about stacks.
 * Source: CloudFormation API Reference: DescribeStacks, ListStacks, DescribeStackEvents,
 * DescribeStackResource(s), ListStackResources, ListExports. */
#include "local/cfn.h"

#include <string.h>

/* ---- stacks ---- */

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

static void write_outputs(struct door_request *req, const struct cfn_stack *stack)
{
    cfn_open(req, "Outputs");
    for (size_t i = 0; i < stack->outputs.len; i++) {
        const struct cfn_pair *output = &stack->outputs.at[i];
        struct unum_str name = unum_str_from(output->key);
        const struct cfn_pair *about = cfn_pairs_get(&stack->descriptions, name);
        const struct cfn_pair *export = cfn_pairs_get(&stack->exports, name);
        cfn_open(req, "member");
        cfn_texts(req, "OutputKey", output->key);
        cfn_texts(req, "OutputValue", output->value);
        cfn_texts(req, "Description", about ? about->value : NULL);
        cfn_texts(req, "ExportName", export ? export->value : NULL);
        cfn_close(req, "member");
    }
    cfn_close(req, "Outputs");
}

static void write_capabilities(struct door_request *req, unsigned capabilities)
{
    cfn_open(req, "Capabilities");
    if (capabilities & CFN_CAPABILITY_IAM)
        cfn_texts(req, "member", "CAPABILITY_IAM");
    if (capabilities & CFN_CAPABILITY_NAMED_IAM)
        cfn_texts(req, "member", "CAPABILITY_NAMED_IAM");
    if (capabilities & CFN_CAPABILITY_AUTO_EXPAND)
        cfn_texts(req, "member", "CAPABILITY_AUTO_EXPAND");
    cfn_close(req, "Capabilities");
}

static void write_drift(struct door_request *req, const char *tag, const char *status)
{
    cfn_open(req, tag);
    cfn_texts(req, status, "NOT_CHECKED");
    cfn_close(req, tag);
}

static void write_stack(struct door_request *req, const struct cfn_stack *stack)
{
    const struct cfn_source *source = cfn_stack_source(stack);
    cfn_open(req, "member");
    cfn_texts(req, "StackId", stack->id);
    cfn_texts(req, "StackName", stack->name);
    cfn_texts(req, "ChangeSetId", stack->change_set);
    cfn_texts(req, "Description", stack->description);
    write_pairs(req, "Parameters", &source->parameters, "ParameterKey", "ParameterValue");
    cfn_time(req, "CreationTime", stack->created_ms);
    cfn_time(req, "DeletionTime", stack->deleted_ms);
    cfn_time(req, "LastUpdatedTime", stack->updated_ms);
    cfn_open(req, "RollbackConfiguration");
    cfn_close(req, "RollbackConfiguration");
    cfn_texts(req, "StackStatus", cfn_status_name(stack->status));
    cfn_texts(req, "StackStatusReason", stack->reason);
    cfn_flag(req, "DisableRollback", stack->disable_rollback);
    cfn_open(req, "NotificationARNs");
    cfn_close(req, "NotificationARNs");
    write_capabilities(req, source->capabilities);
    write_outputs(req, stack);
    write_pairs(req, "Tags", &source->tags, "Key", "Value");
    cfn_flag(req, "EnableTerminationProtection", stack->protected);
    write_drift(req, "DriftInformation", "StackDriftStatus");
    cfn_close(req, "member");
}

void cfn_call_describe_stacks(struct door_request *req)
{
    struct cfn_page page;
    size_t i = 0;
    if (cfn_get(req, "StackName").len) {
        const struct cfn_stack *stack = cfn_input_stack(req);
        if (!stack)
            return;
        cfn_begin(req);
        cfn_open(req, "Stacks");
        write_stack(req, stack);
        cfn_close(req, "Stacks");
        cfn_end(req);
        return;
    }
    if (!cfn_page(req, &page))
        return;
    cfn_begin(req);
    cfn_open(req, "Stacks");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&cfn_of(req->local)->stacks, entry))) {
        const struct cfn_stack *stack = entry->value;
        if (stack->status == CFN_DELETE_COMPLETE)
            continue;
        if (i >= page.first && i - page.first < page.most)
            write_stack(req, stack);
        i++;
    }
    cfn_close(req, "Stacks");
    cfn_next(req, &page, i);
    cfn_end(req);
}

static bool wanted_status(struct door_request *req, const struct cfn_stack *stack)
{
    struct unum_str name;
    if (!cfn_member(req, "StackStatusFilter", 1, "", &name))
        return true;
    for (size_t i = 1; i < CFN_STATUS_COUNT && cfn_member(req, "StackStatusFilter", i, "", &name);
         i++) {
        if (cfn_status_of(name) == stack->status)
            return true;
    }
    return false;
}

void cfn_call_list_stacks(struct door_request *req)
{
    struct cfn_page page;
    size_t i = 0;
    if (!cfn_page(req, &page))
        return;
    cfn_begin(req);
    cfn_open(req, "StackSummaries");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&cfn_of(req->local)->stacks, entry))) {
        const struct cfn_stack *stack = entry->value;
        if (!wanted_status(req, stack))
            continue;
        if (i >= page.first && i - page.first < page.most) {
            cfn_open(req, "member");
            cfn_texts(req, "StackId", stack->id);
            cfn_texts(req, "StackName", stack->name);
            cfn_texts(req, "TemplateDescription", stack->description);
            cfn_time(req, "CreationTime", stack->created_ms);
            cfn_time(req, "LastUpdatedTime", stack->updated_ms);
            cfn_time(req, "DeletionTime", stack->deleted_ms);
            cfn_texts(req, "StackStatus", cfn_status_name(stack->status));
            cfn_texts(req, "StackStatusReason", stack->reason);
            write_drift(req, "DriftInformation", "StackDriftStatus");
            cfn_close(req, "member");
        }
        i++;
    }
    cfn_close(req, "StackSummaries");
    cfn_next(req, &page, i);
    cfn_end(req);
}

/* ---- events ---- */

static void write_event(struct door_request *req, const struct cfn_stack *stack,
                        const struct cfn_event *event)
{
    cfn_open(req, "member");
    cfn_texts(req, "StackId", stack->id);
    cfn_texts(req, "EventId", event->id);
    cfn_texts(req, "StackName", stack->name);
    cfn_texts(req, "LogicalResourceId", event->logical);
    cfn_texts(req, "PhysicalResourceId", event->physical);
    cfn_texts(req, "ResourceType", event->type);
    cfn_time(req, "Timestamp", event->at_ms);
    cfn_texts(req, "ResourceStatus", cfn_status_name(event->status));
    cfn_texts(req, "ResourceStatusReason", event->reason);
    cfn_texts(req, "ResourceProperties", event->properties);
    cfn_texts(req, "ClientRequestToken", event->token);
    cfn_close(req, "member");
}

/* Newest first. A token names the last event shown, so that new ones do not shift the pages. */
void cfn_call_describe_stack_events(struct door_request *req)
{
    struct cfn_page page;
    const struct cfn_stack *stack = cfn_input_stack(req);
    if (!stack || !cfn_page(req, &page))
        return;
    size_t at = stack->events_len, shown = 0;
    while (page.first && at > 0 && stack->events[at - 1]->seq >= page.first)
        at--;
    cfn_begin(req);
    cfn_open(req, "StackEvents");
    for (; at > 0 && shown < page.most; at--, shown++)
        write_event(req, stack, stack->events[at - 1]);
    cfn_close(req, "StackEvents");
    if (at > 0)
        cfn_text(req, "NextToken",
                 unum_arena_printf(&req->arena, "from-%llu",
                                   (unsigned long long)stack->events[at]->seq));
    cfn_end(req);
}

/* ---- resources ---- */

static void write_resource(struct door_request *req, const struct cfn_stack *stack,
                           const struct cfn_resource *r, const char *tag, const char *time,
                           bool whole)
{
    cfn_open(req, tag);
    if (whole) {
        cfn_texts(req, "StackName", stack->name);
        cfn_texts(req, "StackId", stack->id);
    }
    cfn_texts(req, "LogicalResourceId", r->id);
    cfn_texts(req, "PhysicalResourceId", r->physical);
    cfn_texts(req, "ResourceType", r->type);
    cfn_time(req, time, r->at_ms);
    cfn_texts(req, "ResourceStatus", cfn_status_name(r->status));
    cfn_texts(req, "ResourceStatusReason", r->reason);
    if (strcmp(tag, "StackResourceDetail") == 0)
        cfn_texts(req, "Metadata", r->metadata ? r->metadata : "{}");
    write_drift(req, "DriftInformation", "StackResourceDriftStatus");
    cfn_close(req, tag);
}

void cfn_call_describe_stack_resource(struct door_request *req)
{
    const struct cfn_stack *stack = cfn_input_stack(req);
    if (!stack)
        return;
    struct unum_str id = cfn_get(req, "LogicalResourceId");
    const struct cfn_resource *r = cfn_resource_find(stack, id);
    if (!r || r->status == CFN_NO_STATUS) {
        cfn_fail(req, "Resource %.*s does not exist for stack %s", UNUM_STR_ARG(id), stack->name);
        return;
    }
    cfn_begin(req);
    write_resource(req, stack, r, "StackResourceDetail", "LastUpdatedTimestamp", true);
    cfn_end(req);
}

/* By name of the stack, or by the physical id of one of its resources. */
static struct cfn_stack *stack_of_physical(struct door_request *req, struct unum_str physical)
{
    struct unum_map_entry *stacks = NULL;
    while ((stacks = unum_map_next(&cfn_of(req->local)->stacks, stacks))) {
        struct cfn_stack *stack = stacks->value;
        struct unum_map_entry *entry = NULL;
        while ((entry = unum_map_next(&stack->resources, entry))) {
            const struct cfn_resource *r = entry->value;
            if (r->physical && unum_str_is(physical, r->physical))
                return stack;
        }
    }
    cfn_fail(req, "Stack for %.*s does not exist", UNUM_STR_ARG(physical));
    return NULL;
}

void cfn_call_describe_stack_resources(struct door_request *req)
{
    struct unum_str physical = cfn_get(req, "PhysicalResourceId"),
                    logical = cfn_get(req, "LogicalResourceId");
    const struct cfn_stack *stack =
        physical.len ? stack_of_physical(req, physical) : cfn_input_stack(req);
    if (!stack)
        return;
    cfn_begin(req);
    cfn_open(req, "StackResources");
    struct unum_map_entry *entry = NULL;
    size_t shown = 0;
    while (shown < CFN_PAGE && (entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *r = entry->value;
        if (r->status == CFN_NO_STATUS || (logical.len && !unum_str_is(logical, r->id)))
            continue;
        write_resource(req, stack, r, "member", "Timestamp", true);
        shown++;
    }
    cfn_close(req, "StackResources");
    cfn_end(req);
}

void cfn_call_list_stack_resources(struct door_request *req)
{
    struct cfn_page page;
    const struct cfn_stack *stack = cfn_input_stack(req);
    size_t i = 0;
    if (!stack || !cfn_page(req, &page))
        return;
    cfn_begin(req);
    cfn_open(req, "StackResourceSummaries");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *r = entry->value;
        if (r->status == CFN_NO_STATUS)
            continue;
        if (i >= page.first && i - page.first < page.most)
            write_resource(req, stack, r, "member", "LastUpdatedTimestamp", false);
        i++;
    }
    cfn_close(req, "StackResourceSummaries");
    cfn_next(req, &page, i);
    cfn_end(req);
}

void cfn_call_list_exports(struct door_request *req)
{
    struct cfn_page page;
    size_t i = 0;
    if (!cfn_page(req, &page))
        return;
    cfn_begin(req);
    cfn_open(req, "Exports");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&cfn_of(req->local)->stacks, entry))) {
        const struct cfn_stack *stack = entry->value;
        for (size_t k = 0; k < stack->exports.len; k++, i++) {
            const struct cfn_pair *output =
                cfn_pairs_get(&stack->outputs, unum_str_from(stack->exports.at[k].key));
            if (!output || i < page.first || i - page.first >= page.most)
                continue;
            cfn_open(req, "member");
            cfn_texts(req, "ExportingStackId", stack->id);
            cfn_texts(req, "Name", stack->exports.at[k].value);
            cfn_texts(req, "Value", output->value);
            cfn_close(req, "member");
        }
    }
    cfn_close(req, "Exports");
    cfn_next(req, &page, i);
    cfn_end(req);
}

/* The operations of the emulated CloudFormation, one row each. */
#include "local/cfn.h"

static const struct {
    const char *name;
    void (*call)(struct door_request *req);
} operations[] = {
    {"CancelUpdateStack", cfn_call_cancel_update_stack},
    {"ContinueUpdateRollback", cfn_call_continue_update_rollback},
    {"CreateChangeSet", cfn_call_create_change_set},
    {"CreateStack", cfn_call_create_stack},
    {"DeleteChangeSet", cfn_call_delete_change_set},
    {"DeleteStack", cfn_call_delete_stack},
    {"DescribeChangeSet", cfn_call_describe_change_set},
    {"DescribeStackEvents", cfn_call_describe_stack_events},
    {"DescribeStackResource", cfn_call_describe_stack_resource},
    {"DescribeStackResources", cfn_call_describe_stack_resources},
    {"DescribeStacks", cfn_call_describe_stacks},
    {"ExecuteChangeSet", cfn_call_execute_change_set},
    {"GetTemplate", cfn_call_get_template},
    {"GetTemplateSummary", cfn_call_get_template_summary},
    {"ListChangeSets", cfn_call_list_change_sets},
    {"ListExports", cfn_call_list_exports},
    {"ListStackResources", cfn_call_list_stack_resources},
    {"ListStacks", cfn_call_list_stacks},
    {"RollbackStack", cfn_call_rollback_stack},
    {"UnumSetPage", cfn_call_set_page},
    {"UnumSetResourceHook", cfn_call_set_resource_hook},
    {"UnumSetStackStatus", cfn_call_set_stack_status},
    {"UpdateStack", cfn_call_update_stack},
    {"UpdateTerminationProtection", cfn_call_update_termination_protection},
    {"ValidateTemplate", cfn_call_validate_template},
};

void cloudformation_call(struct door_request *req)
{
    for (size_t i = 0; i < UNUM_COUNT(operations); i++) {
        if (unum_str_is(req->operation, operations[i].name)) {
            /* A name of the table, so that it can stand in XML as it is. */
            req->operation = unum_str_from(operations[i].name);
            operations[i].call(req);
            return;
        }
    }
    door_error(req, 400, "InvalidAction", "Could not find operation %.*s for version 2010-05-15",
               UNUM_STR_ARG(req->operation));
}

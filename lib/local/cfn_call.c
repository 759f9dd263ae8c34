/* The operations of the emulated CloudFormation, one row each. */
#include "local/cfn.h"

static const struct {
    const char *name;
    void (*call)(struct door_request *req);
} operations[] = {
    {"CancelUpdateStack", cfn_cancel_update_stack},
    {"ContinueUpdateRollback", cfn_continue_update_rollback},
    {"CreateChangeSet", cfn_create_change_set},
    {"CreateStack", cfn_create_stack},
    {"DeleteChangeSet", cfn_delete_change_set},
    {"DeleteStack", cfn_delete_stack},
    {"DescribeChangeSet", cfn_describe_change_set},
    {"DescribeStackEvents", cfn_describe_stack_events},
    {"DescribeStackResource", cfn_describe_stack_resource},
    {"DescribeStackResources", cfn_describe_stack_resources},
    {"DescribeStacks", cfn_describe_stacks},
    {"ExecuteChangeSet", cfn_execute_change_set},
    {"GetTemplate", cfn_get_template},
    {"GetTemplateSummary", cfn_get_template_summary},
    {"ListChangeSets", cfn_list_change_sets},
    {"ListExports", cfn_list_exports},
    {"ListStackResources", cfn_list_stack_resources},
    {"ListStacks", cfn_list_stacks},
    {"RollbackStack", cfn_rollback_stack},
    {"UnumSetStackStatus", cfn_set_stack_status},
    {"UpdateStack", cfn_update_stack},
    {"UpdateTerminationProtection", cfn_update_termination_protection},
    {"ValidateTemplate", cfn_validate_template},
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

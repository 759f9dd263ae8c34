#include "deploy/stack.h"

#include "deploy/plan.h"
#include "deploy/status.h"
#include "template/cloudformation.h"

int stack_look(const struct deploy_target *target, struct unum_str stack, struct unum_arena *arena,
               struct cfn_stack *ret, struct unum_err *err)
{
    struct cfn_stack found = {0};
    int rc = cfn_describe_stack(target->client, stack, arena, &found, err);
    if (rc < 0 && rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    if (rc < 0 || unum_str_is(found.status, "DELETE_COMPLETE"))
        found.status = UNUM_STR("");
    *ret = found;
    return 0;
}

int stack_check_ours(const struct deploy_target *target, const struct cfn_stack *stack,
                     const char *why_not, struct unum_err *err)
{
    struct unum_str adopt =
        cfn_pair_get(stack->parameters, stack->parameters_len, CLOUDFORMATION_ADOPT_TABLE);
    if (adopt.ptr || stack_status(stack->status)->action == STACK_CREATE)
        return 0;
    (void)unum_err_set(err, UNUM_E_CONFLICT, "the stack %.*s in %.*s was not made by unum: %s",
                       UNUM_STR_ARG(target->stack), UNUM_STR_ARG(target->region), why_not);
    (void)unum_err_hint(err, "name another one: --stack-name NAME");
    return UNUM_E_CONFLICT;
}

/* None if they cannot be had: what is told with them counts without them, too. */
static struct cfn_resource *resources_of(const struct deploy_target *target,
                                         const struct cfn_stack *stack, struct unum_arena *arena,
                                         size_t *ret_len)
{
    struct cfn_resource *resources = NULL;
    if (cfn_resources(target->client, stack->id, arena, &resources, ret_len, NULL) < 0)
        *ret_len = 0;
    return resources;
}

void stack_add_stuck(const struct deploy_target *target, const struct cfn_stack *stack,
                     struct unum_arena *arena, struct unum_buf *out)
{
    size_t len = 0;
    const struct cfn_resource *resources = resources_of(target, stack, arena, &len);
    for (size_t i = 0; i < len; i++) {
        if (unum_str_ends(resources[i].status, UNUM_STR("_FAILED")))
            unum_buf_printf(out, "\n  %.*s: %.*s", UNUM_STR_ARG(resources[i].logical_id),
                            UNUM_STR_ARG(resources[i].reason));
    }
}

void stack_add_retained(const struct deploy_target *target, const struct cfn_stack *stack,
                        struct unum_arena *arena, struct unum_buf *out)
{
    size_t len = 0;
    const struct cfn_resource *resources = resources_of(target, stack, arena, &len);
    const char *separator = "; these stay: ";
    for (size_t i = 0; i < len; i++) {
        if (!unum_str_is(resources[i].type, "AWS::DynamoDB::Table") ||
            unum_str_is(resources[i].status, "DELETE_COMPLETE") || !resources[i].physical_id.len)
            continue;
        unum_buf_printf(out, "%s%.*s", separator, UNUM_STR_ARG(resources[i].physical_id));
        separator = ", ";
    }
}

int stack_add_cause(const struct deploy_target *target, const struct cfn_stack *stack,
                    struct unum_arena *arena, struct unum_buf *out, struct unum_err *err)
{
    struct cfn_event cause = {0};
    int rc = watch_find_cause(target->client, stack->id, arena, &cause, err);
    if (rc == 0 && cause.id.len) {
        unum_buf_adds(out, ". What failed first: ");
        plan_cause(&cause, out);
    }
    return rc;
}

/*
 * Roles: what a node may do, derived from its IR. Nothing is allowed that the runtime does not do.
 */
#include <string.h>

#include "template/reach.h"
#include "template/render.h"

/* A role's own policies have at most 10,240 characters together and a managed policy 6,144 (IAM
 * quotas; blanks do not count). The ARN of a function has at most 140 with its quotes. */
enum { TARGETS_INSIDE = 60, TARGETS_BESIDE_STATEMENTS = 20, TARGETS_MORE = 40 };

const char *const role_table_actions[] = {"dynamodb:BatchGetItem", "dynamodb:GetItem",
                                          "dynamodb:PutItem", "dynamodb:UpdateItem", NULL};

void role_targets(const struct render *r, const struct cloudformation_node *node,
                  struct unum_map *ret)
{
    reach_targets(node->ir, ret);
    /* The failure destination is invoked with the role of the function that failed. */
    if (!unum_str_is(node->node, IR_FAILURES_NODE))
        unum_map_set(ret, UNUM_STR(IR_FAILURES_NODE), ret);
    /* A synchronous call of the entry is handed over to an asynchronous one. */
    if (unum_str_eq(node->node, r->entry))
        unum_map_set(ret, node->node, ret);
}

static void begin_statement(struct render *r)
{
    yaml_item(&r->y);
    yaml_pairs(&r->y, "Effect", "Allow");
    yaml_begin(&r->y, "Action");
}

static void add_arn(struct render *r, struct unum_str node)
{
    yaml_entry(&r->y, "Sub",
               unum_arena_printf(r->arena,
                                 "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:"
                                 "function:%.*s",
                                 UNUM_STR_ARG(app_node_function(r->app, node, r->arena))));
}

/* The targets from `first`, `most` of them. */
static void add_invoke_statement(struct render *r, const struct unum_map *targets, size_t first,
                                 size_t most)
{
    if (first >= targets->len)
        return;
    begin_statement(r);
    yaml_entry(&r->y, NULL, UNUM_STR("lambda:InvokeFunction"));
    yaml_end(&r->y);
    yaml_begin(&r->y, "Resource");
    size_t i = 0;
    for (struct unum_map_entry *at = unum_map_next(targets, NULL); at;
         at = unum_map_next(targets, at), i++) {
        if (i >= first && i - first < most)
            add_arn(r, at->key);
    }
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_table_statement(struct render *r)
{
    begin_statement(r);
    for (const char *const *action = role_table_actions; *action; action++)
        yaml_entry(&r->y, NULL, unum_str_from(*action));
    yaml_end(&r->y);
    yaml_tagged(&r->y, "Resource", "Sub",
                unum_arena_printf(r->arena,
                                  "arn:${AWS::Partition}:dynamodb:${AWS::Region}:"
                                  "${AWS::AccountId}:table/%.*s",
                                  UNUM_STR_ARG(r->app->store_name)));
    yaml_end(&r->y);
}

static void add_log_statements(struct render *r, const struct cloudformation_node *node)
{
    begin_statement(r);
    yaml_entry(&r->y, NULL, UNUM_STR("logs:CreateLogStream"));
    yaml_entry(&r->y, NULL, UNUM_STR("logs:PutLogEvents"));
    yaml_end(&r->y);
    /* The streams of one group: their names are Lambda's. */
    yaml_tagged(&r->y, "Resource", "Sub",
                unum_arena_printf(r->arena,
                                  "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"
                                  "log-group:/aws/lambda/%.*s:*",
                                  UNUM_STR_ARG(app_node_function(r->app, node->node, r->arena))));
    yaml_end(&r->y);
    /* X-Ray has no resources that a policy could name (Service Authorization Reference). */
    begin_statement(r);
    yaml_entry(&r->y, NULL, UNUM_STR("xray:PutTelemetryRecords"));
    yaml_entry(&r->y, NULL, UNUM_STR("xray:PutTraceSegments"));
    yaml_end(&r->y);
    yaml_pairs(&r->y, "Resource", "*");
    yaml_end(&r->y);
}

/* AWS keeps some of its managed policies below a path. */
static void add_managed_policy(struct render *r, struct unum_str policy)
{
    static const char *const below_service_role[] = {
        "AWSLambdaBasicExecutionRole",    "AWSLambdaDynamoDBExecutionRole",
        "AWSLambdaENIManagementAccess",   "AWSLambdaKinesisExecutionRole",
        "AWSLambdaMSKExecutionRole",      "AWSLambdaRole",
        "AWSLambdaSQSQueueExecutionRole", "AWSLambdaVPCAccessExecutionRole"};
    if (unum_str_starts(policy, UNUM_STR("arn:"))) {
        yaml_entry(&r->y, NULL, policy);
        return;
    }
    const char *path = "";
    for (size_t i = 0; i < UNUM_COUNT(below_service_role); i++) {
        if (unum_str_is(policy, below_service_role[i]))
            path = "service-role/";
    }
    yaml_entry(&r->y, "Sub",
               unum_arena_printf(r->arena, "arn:${AWS::Partition}:iam::aws:policy/%s%.*s", path,
                                 UNUM_STR_ARG(policy)));
}

static void add_trust(struct render *r)
{
    yaml_begin(&r->y, "AssumeRolePolicyDocument");
    yaml_pairs(&r->y, "Version", "2012-10-17");
    yaml_begin(&r->y, "Statement");
    yaml_item(&r->y);
    yaml_pairs(&r->y, "Effect", "Allow");
    yaml_begin(&r->y, "Principal");
    yaml_pairs(&r->y, "Service", "lambda.amazonaws.com");
    yaml_end(&r->y);
    yaml_pairs(&r->y, "Action", "sts:AssumeRole");
    yaml_end(&r->y);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void begin_document(struct render *r)
{
    yaml_begin(&r->y, "PolicyDocument");
    yaml_pairs(&r->y, "Version", "2012-10-17");
    yaml_begin(&r->y, "Statement");
}

static void end_document(struct render *r)
{
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* What the function's own code may do, as the template says it. */
static void add_statements(struct render *r, const struct app_function *function)
{
    if (!function || !function->statements_len)
        return;
    yaml_item(&r->y);
    yaml_pairs(&r->y, "PolicyName", "function");
    begin_document(r);
    for (size_t i = 0; i < function->statements_len; i++)
        yaml_flow_entry(&r->y, function->statements[i]);
    end_document(r);
    yaml_end(&r->y);
}

static size_t targets_inside(const struct app_function *function)
{
    return function && function->statements_len ? TARGETS_BESIDE_STATEMENTS : TARGETS_INSIDE;
}

static void add_role(struct render *r, const struct cloudformation_node *node,
                     const struct unum_map *targets)
{
    const struct app_function *function = render_function(r, node);
    yaml_begin(&r->y, render_logical_id(node->node, "Role", r->arena).ptr);
    yaml_pairs(&r->y, "Type", "AWS::IAM::Role");
    yaml_begin(&r->y, "Properties");
    add_trust(r);
    if (function && function->policies_len) {
        yaml_begin(&r->y, "ManagedPolicyArns");
        for (size_t i = 0; i < function->policies_len; i++)
            add_managed_policy(r, function->policies[i]);
        yaml_end(&r->y);
    }
    yaml_begin(&r->y, "Policies");
    yaml_item(&r->y);
    yaml_pairs(&r->y, "PolicyName", "unum");
    begin_document(r);
    add_invoke_statement(r, targets, 0, targets_inside(function));
    add_table_statement(r);
    add_log_statements(r, node);
    end_document(r);
    yaml_end(&r->y);
    add_statements(r, function);
    yaml_end(&r->y);
    render_tags(r, node);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static size_t more_policies(size_t targets, size_t inside)
{
    return targets > inside ? (targets - inside + TARGETS_MORE - 1) / TARGETS_MORE : 0;
}

static struct unum_str more_id(struct render *r, const struct cloudformation_node *node, size_t i)
{
    return render_logical_id(node->node, unum_arena_printf(r->arena, "Policy%zu", i + 1).ptr,
                             r->arena);
}

static void add_more(struct render *r, const struct cloudformation_node *node,
                     const struct unum_map *targets, size_t i)
{
    yaml_begin(&r->y, more_id(r, node, i).ptr);
    yaml_pairs(&r->y, "Type", "AWS::IAM::ManagedPolicy");
    yaml_begin(&r->y, "Properties");
    yaml_pair(&r->y, "Description",
              unum_arena_printf(r->arena, "What the role of %.*s has no room for",
                                UNUM_STR_ARG(app_node_function(r->app, node->node, r->arena))));
    yaml_begin(&r->y, "Roles");
    yaml_entry(&r->y, "Ref", render_logical_id(node->node, "Role", r->arena));
    yaml_end(&r->y);
    begin_document(r);
    size_t inside = targets_inside(render_function(r, node));
    add_invoke_statement(r, targets, inside + i * TARGETS_MORE, TARGETS_MORE);
    end_document(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

void role_render(struct render *r, const struct cloudformation_node *node)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    role_targets(r, node, &targets);
    add_role(r, node, &targets);
    size_t more = more_policies(targets.len, targets_inside(render_function(r, node)));
    for (size_t i = 0; i < more; i++)
        add_more(r, node, &targets, i);
}

size_t role_resources(const struct render *r, const struct cloudformation_node *node)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    role_targets(r, node, &targets);
    return 1 + more_policies(targets.len, targets_inside(render_function(r, node)));
}

void role_depends(struct render *r, const struct cloudformation_node *node)
{
    for (size_t i = 0; i + 1 < role_resources(r, node); i++)
        yaml_entry(&r->y, NULL, more_id(r, node, i));
}

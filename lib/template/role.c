/*
 * Roles: what a node may do, derived from its IR. Nothing is allowed that the runtime does not do.
 */
#include <string.h>

#include "template/reach.h"
#include "template/render.h"

/* A role's own policies have at most 10,240 characters together and a managed policy 6,144 (IAM
 * quotas; blanks do not count). The ARN of a function has at most 140 with its quotes. */
enum { TARGETS_INSIDE = 55, TARGETS_BESIDE_STATEMENTS = 15, TARGETS_MORE = 40 };

#define SCHEDULER "scheduler.amazonaws.com"

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

bool role_has_timers(const struct cloudformation_node *node)
{
    struct unum_map UNUM_AUTO_MAP timers = UNUM_MAP_INIT;
    reach_timers(node->ir, &timers);
    return timers.len > 0;
}

void role_collect_timers(struct render *r)
{
    for (size_t i = 0; i < r->nodes_len; i++)
        reach_timers(r->nodes[i].ir, &r->timers);
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

/* "StringEquals" of one key; `tag` may be NULL. */
static void add_condition(struct render *r, const char *key, const char *tag, const char *value)
{
    yaml_begin(&r->y, "Condition");
    yaml_begin(&r->y, "StringEquals");
    if (tag)
        yaml_tagged(&r->y, key, tag, unum_str_from(value));
    else
        yaml_pairs(&r->y, key, value);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* Make schedules, which the runtime names, and give them the role of schedules. */
static void add_timer_statements(struct render *r)
{
    begin_statement(r);
    yaml_entry(&r->y, NULL, UNUM_STR("scheduler:CreateSchedule"));
    yaml_end(&r->y);
    yaml_tagged(&r->y, "Resource", "Sub",
                UNUM_STR("arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:"
                         "schedule/default/unum-*"));
    yaml_end(&r->y);
    begin_statement(r);
    yaml_entry(&r->y, NULL, UNUM_STR("iam:PassRole"));
    yaml_end(&r->y);
    yaml_tagged(&r->y, "Resource", "GetAtt", UNUM_STR(ROLE_SCHEDULES ".Arn"));
    add_condition(r, "iam:PassedToService", NULL, SCHEDULER);
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

static void begin_trust(struct render *r, const char *service)
{
    yaml_begin(&r->y, "AssumeRolePolicyDocument");
    yaml_pairs(&r->y, "Version", "2012-10-17");
    yaml_begin(&r->y, "Statement");
    yaml_item(&r->y);
    yaml_pairs(&r->y, "Effect", "Allow");
    yaml_begin(&r->y, "Principal");
    yaml_pairs(&r->y, "Service", service);
    yaml_end(&r->y);
    yaml_pairs(&r->y, "Action", "sts:AssumeRole");
}

static void end_trust(struct render *r)
{
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
    begin_trust(r, "lambda.amazonaws.com");
    end_trust(r);
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
    if (role_has_timers(node))
        add_timer_statements(r);
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

/* The targets from `first` that a role has no room for; `whose`: for people. */
static void add_more(struct render *r, struct unum_str id, struct unum_str role,
                     struct unum_str whose, const struct unum_map *targets, size_t first)
{
    yaml_begin(&r->y, id.ptr);
    yaml_pairs(&r->y, "Type", "AWS::IAM::ManagedPolicy");
    yaml_begin(&r->y, "Properties");
    yaml_pair(
        &r->y, "Description",
        unum_arena_printf(r->arena, "What the role of %.*s has no room for", UNUM_STR_ARG(whose)));
    yaml_begin(&r->y, "Roles");
    yaml_entry(&r->y, "Ref", role);
    yaml_end(&r->y);
    begin_document(r);
    add_invoke_statement(r, targets, first, TARGETS_MORE);
    end_document(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

void role_render(struct render *r, const struct cloudformation_node *node)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    role_targets(r, node, &targets);
    add_role(r, node, &targets);
    size_t inside = targets_inside(render_function(r, node));
    for (size_t i = 0; i < more_policies(targets.len, inside); i++)
        add_more(r, more_id(r, node, i), render_logical_id(node->node, "Role", r->arena),
                 app_node_function(r->app, node->node, r->arena), &targets,
                 inside + i * TARGETS_MORE);
}

size_t role_resources(const struct render *r, const struct cloudformation_node *node)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    role_targets(r, node, &targets);
    return 1 + more_policies(targets.len, targets_inside(render_function(r, node)));
}

static struct unum_str schedules_more_id(struct render *r, size_t i)
{
    return unum_arena_printf(r->arena, ROLE_SCHEDULES "More%zu", i + 1);
}

void role_depends(struct render *r, const struct cloudformation_node *node, struct unum_map *ret)
{
    for (size_t i = 0; i + 1 < role_resources(r, node); i++)
        unum_map_set(ret, more_id(r, node, i), ret);
    for (size_t i = 0; role_has_timers(node) && i + 1 < role_schedules_resources(r); i++)
        unum_map_set(ret, schedules_more_id(r, i), ret);
}

/* ---- schedules ---- */

void role_render_schedules(struct render *r)
{
    if (!r->timers.len)
        return;
    yaml_begin(&r->y, ROLE_SCHEDULES);
    yaml_pairs(&r->y, "Type", "AWS::IAM::Role");
    yaml_begin(&r->y, "Properties");
    /* Without this condition schedules of other accounts could use the role. One on the schedule's
     * ARN would refuse it: the service tries the role before the schedule is there. */
    begin_trust(r, SCHEDULER);
    add_condition(r, "aws:SourceAccount", "Ref", "AWS::AccountId");
    end_trust(r);
    yaml_begin(&r->y, "Policies");
    yaml_item(&r->y);
    yaml_pairs(&r->y, "PolicyName", "unum");
    begin_document(r);
    add_invoke_statement(r, &r->timers, 0, TARGETS_INSIDE);
    end_document(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
    render_tags(r, NULL);
    yaml_end(&r->y);
    yaml_end(&r->y);
    for (size_t i = 0; i + 1 < role_schedules_resources(r); i++)
        add_more(r, schedules_more_id(r, i), UNUM_STR(ROLE_SCHEDULES), UNUM_STR("schedules"),
                 &r->timers, TARGETS_INSIDE + i * TARGETS_MORE);
}

size_t role_schedules_resources(const struct render *r)
{
    return r->timers.len ? 1 + more_policies(r->timers.len, TARGETS_INSIDE) : 0;
}

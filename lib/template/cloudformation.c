#include "template/cloudformation.h"

#include <string.h>

#include "base/limits.h"
#include "template/reach.h"
#include "template/yaml_text.h"

enum {
    DAY = 24 * 60 * 60,
    MOST_RESOURCES = 500, /* CloudFormation quotas */
    PER_NODE = 4,
    LEAST_LOG_DAYS = 14,
    GENERATED_MB = 256,
    GENERATED_TIMEOUT_S = 60
};

/* One rendering. */
struct render {
    const struct app *app;
    const struct cloudformation_node *nodes;
    size_t nodes_len;
    struct unum_arena *arena;
    struct yaml_text y;
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Logical ids are letters and digits only; a name that loses something gets its hash. */
static struct unum_str logical_id(struct unum_str node, const char *kind, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    for (size_t i = 0; i < node.len; i++) {
        if (is_alnum(node.ptr[i]))
            unum_buf_addc(&id, node.ptr[i]);
    }
    if (id.len != node.len)
        unum_buf_printf(&id, "%08x", (unsigned)(unum_str_hash(node) & 0xffffffffu));
    unum_buf_adds(&id, kind);
    return unum_arena_str(arena, unum_buf_str(&id));
}

struct unum_str cloudformation_function_id(struct unum_str node, struct unum_arena *arena)
{
    return logical_id(node, "Function", arena);
}

/* Retention times that CloudWatch Logs knows (PutRetentionPolicy). */
static int64_t log_days(int64_t retention_s)
{
    static const int64_t known[] = {14,  30,  60,   90,   120,  150,  180,  365,  400,
                                    545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    for (size_t i = 0; i < UNUM_COUNT(known); i++) {
        if (known[i] >= LEAST_LOG_DAYS && known[i] * DAY >= retention_s)
            return known[i];
    }
    return known[UNUM_COUNT(known) - 1];
}

static void add_tags(struct render *r)
{
    if (!r->app->tags_len)
        return;
    yaml_begin(&r->y, "Tags");
    for (size_t i = 0; i < r->app->tags_len; i++) {
        yaml_item(&r->y);
        yaml_pair(&r->y, "Key", r->app->tags[i].name);
        yaml_pair(&r->y, "Value", r->app->tags[i].value);
        yaml_end(&r->y);
    }
    yaml_end(&r->y);
}

static struct unum_str function_arn(struct render *r, struct unum_str node)
{
    return unum_arena_printf(
        r->arena, "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:%.*s",
        UNUM_STR_ARG(app_node_function(r->app, node, r->arena)));
}

/* ---- roles ---- */

static void begin_statement(struct render *r)
{
    yaml_item(&r->y);
    yaml_pairs(&r->y, "Effect", "Allow");
    yaml_begin(&r->y, "Action");
}

static void add_invoke_statement(struct render *r, const struct cloudformation_node *node,
                                 bool entry)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    reach_targets(node->ir, &targets);
    /* The failure destination is invoked with the role of the function that failed. */
    if (!unum_str_is(node->node, IR_FAILURES_NODE))
        unum_map_set(&targets, UNUM_STR(IR_FAILURES_NODE), r);
    /* A synchronous call of the entry is handed over to an asynchronous one. */
    if (entry)
        unum_map_set(&targets, node->node, r);
    if (!targets.len)
        return;
    begin_statement(r);
    yaml_entry(&r->y, NULL, UNUM_STR("lambda:InvokeFunction"));
    yaml_end(&r->y);
    yaml_begin(&r->y, "Resource");
    for (struct unum_map_entry *at = unum_map_next(&targets, NULL); at;
         at = unum_map_next(&targets, at))
        yaml_entry(&r->y, "Sub", function_arn(r, at->key));
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_table_statement(struct render *r)
{
    /* A transaction needs the actions of its parts, no other. */
    static const char *const actions[] = {"dynamodb:BatchGetItem", "dynamodb:GetItem",
                                          "dynamodb:PutItem", "dynamodb:UpdateItem"};
    begin_statement(r);
    for (size_t i = 0; i < UNUM_COUNT(actions); i++)
        yaml_entry(&r->y, NULL, unum_str_from(actions[i]));
    if (r->app->gc)
        yaml_entry(&r->y, NULL, UNUM_STR("dynamodb:DeleteItem"));
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
    yaml_tagged(&r->y, "Resource", "Sub",
                unum_arena_printf(r->arena,
                                  "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"
                                  "log-group:/aws/lambda/%.*s:*",
                                  UNUM_STR_ARG(app_node_function(r->app, node->node, r->arena))));
    yaml_end(&r->y);
    /* X-Ray has no resources that a policy could name. */
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

static void add_role(struct render *r, const struct cloudformation_node *node, bool entry)
{
    const struct app_function *function = app_function(r->app, node->function);
    yaml_begin(&r->y, logical_id(node->node, "Role", r->arena).ptr);
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
    yaml_begin(&r->y, "PolicyDocument");
    yaml_pairs(&r->y, "Version", "2012-10-17");
    yaml_begin(&r->y, "Statement");
    add_invoke_statement(r, node, entry);
    add_table_statement(r);
    add_log_statements(r, node);
    yaml_end(&r->y);
    yaml_end(&r->y);
    yaml_end(&r->y);
    yaml_end(&r->y);
    add_tags(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* ---- functions ---- */

/* Can a run come back to the node? Lambda stops such loops after 16 rounds unless told otherwise;
 * ours have a bound of their own. */
static bool comes_back(struct render *r, const struct cloudformation_node *start)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    reach_targets(start->ir, &seen);
    if (unum_str_is(start->node, IR_FAILURES_NODE))
        return false;
    /* Breadth first: reach_targets() only appends, and every round looks at all there is. */
    for (size_t before = 0; before != seen.len;) {
        before = seen.len;
        for (size_t i = 0; i < r->nodes_len; i++) {
            if (unum_map_has(&seen, r->nodes[i].node))
                reach_targets(r->nodes[i].ir, &seen);
        }
    }
    return unum_map_has(&seen, start->node);
}

static void add_environment(struct render *r, const struct app_function *function)
{
    struct app_pair *ours;
    size_t ours_len = app_environment(r->app, r->arena, &ours);
    yaml_begin(&r->y, "Environment");
    yaml_begin(&r->y, "Variables");
    for (size_t i = 0; i < ours_len; i++)
        yaml_pair(&r->y, unum_arena_str(r->arena, ours[i].name).ptr, ours[i].value);
    for (size_t i = 0; function && i < function->environment_len; i++)
        yaml_pair(&r->y, unum_arena_str(r->arena, function->environment[i].name).ptr,
                  function->environment[i].value);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_code(struct render *r, const struct cloudformation_node *node)
{
    if (!node->key.len) {
        yaml_pair(&r->y, "Code",
                  unum_arena_printf(r->arena, ".unum/build/%.*s.zip", UNUM_STR_ARG(node->node)));
        return;
    }
    yaml_begin(&r->y, "Code");
    yaml_pair(&r->y, "S3Bucket", node->bucket);
    yaml_pair(&r->y, "S3Key", node->key);
    yaml_end(&r->y);
}

static void add_function(struct render *r, const struct cloudformation_node *node)
{
    const struct app_function *function = app_function(r->app, node->function);
    const struct app_function *first = r->app->functions_len ? &r->app->functions[0] : NULL;
    enum app_arch arch = function ? function->arch : first ? first->arch : APP_ARCH_X86_64;
    yaml_begin(&r->y, cloudformation_function_id(node->node, r->arena).ptr);
    yaml_pairs(&r->y, "Type", "AWS::Lambda::Function");
    /* The log group must not be made by the function's first invocation. */
    yaml_pair(&r->y, "DependsOn", logical_id(node->node, "LogGroup", r->arena));
    yaml_begin(&r->y, "Properties");
    yaml_pair(&r->y, "FunctionName", app_node_function(r->app, node->node, r->arena));
    yaml_pairs(&r->y, "Runtime", "provided.al2023");
    yaml_pair(&r->y, "Handler",
              function && function->handler.len ? function->handler : UNUM_STR("bootstrap"));
    add_code(r, node);
    yaml_tagged(
        &r->y, "Role", "GetAtt",
        unum_arena_printf(r->arena, "%s.Arn", logical_id(node->node, "Role", r->arena).ptr));
    yaml_begin(&r->y, "Architectures");
    yaml_entry(&r->y, NULL, arch == APP_ARCH_ARM64 ? UNUM_STR("arm64") : UNUM_STR("x86_64"));
    yaml_end(&r->y);
    yaml_int(&r->y, "MemorySize", function ? function->memory_mb : GENERATED_MB);
    yaml_int(&r->y, "Timeout", function ? function->timeout_s : GENERATED_TIMEOUT_S);
    if (comes_back(r, node))
        yaml_pairs(&r->y, "RecursiveLoop", "Allow");
    add_environment(r, function);
    add_tags(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_log_group(struct render *r, const struct cloudformation_node *node)
{
    yaml_begin(&r->y, logical_id(node->node, "LogGroup", r->arena).ptr);
    yaml_pairs(&r->y, "Type", "AWS::Logs::LogGroup");
    yaml_pairs(&r->y, "DeletionPolicy", "Delete");
    yaml_pairs(&r->y, "UpdateReplacePolicy", "Delete");
    yaml_begin(&r->y, "Properties");
    yaml_pair(&r->y, "LogGroupName",
              unum_arena_printf(r->arena, "/aws/lambda/%.*s",
                                UNUM_STR_ARG(app_node_function(r->app, node->node, r->arena))));
    yaml_int(&r->y, "RetentionInDays", log_days(r->app->retention_s));
    add_tags(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* The platform does not repeat a failed invocation: the failure function decides what happens.
 * Itself it is repeated by the platform and has no destination. */
static void add_invoke_config(struct render *r, const struct cloudformation_node *node)
{
    bool failures = unum_str_is(node->node, IR_FAILURES_NODE);
    yaml_begin(&r->y, logical_id(node->node, "EventInvokeConfig", r->arena).ptr);
    yaml_pairs(&r->y, "Type", "AWS::Lambda::EventInvokeConfig");
    yaml_begin(&r->y, "Properties");
    yaml_tagged(&r->y, "FunctionName", "Ref", cloudformation_function_id(node->node, r->arena));
    yaml_pairs(&r->y, "Qualifier", "$LATEST");
    yaml_int(&r->y, "MaximumRetryAttempts", failures ? 2 : 0);
    if (!failures) {
        struct unum_str target = cloudformation_function_id(UNUM_STR(IR_FAILURES_NODE), r->arena);
        yaml_begin(&r->y, "DestinationConfig");
        yaml_begin(&r->y, "OnFailure");
        yaml_tagged(&r->y, "Destination", "GetAtt",
                    unum_arena_printf(r->arena, "%.*s.Arn", UNUM_STR_ARG(target)));
        yaml_end(&r->y);
        yaml_end(&r->y);
    }
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* ---- the rest ---- */

static void add_head(struct render *r)
{
    yaml_pairs(&r->y, "AWSTemplateFormatVersion", "2010-09-09");
    yaml_pair(&r->y, "Description",
              unum_arena_printf(r->arena, "%.*s: a workflow of unum functions",
                                UNUM_STR_ARG(r->app->name)));
    bool local = false;
    for (size_t i = 0; i < r->nodes_len; i++)
        local = local || !r->nodes[i].key.len;
    if (local) {
        /* W3002: code at local paths has to be uploaded first. That is what deploy does. */
        yaml_begin(&r->y, "Metadata");
        yaml_begin(&r->y, "cfn-lint");
        yaml_begin(&r->y, "config");
        yaml_begin(&r->y, "ignore_checks");
        yaml_entry(&r->y, NULL, UNUM_STR("W3002"));
        for (int i = 0; i < 4; i++)
            yaml_end(&r->y);
    }
    yaml_blank(&r->y);
    yaml_begin(&r->y, "Parameters");
    yaml_begin(&r->y, CLOUDFORMATION_ADOPT_TABLE);
    yaml_pairs(&r->y, "Type", "String");
    yaml_pairs(&r->y, "Default", "false");
    yaml_begin(&r->y, "AllowedValues");
    yaml_entry(&r->y, NULL, UNUM_STR("true"));
    yaml_entry(&r->y, NULL, UNUM_STR("false"));
    yaml_end(&r->y);
    yaml_pairs(&r->y, "Description", "The table exists already and is not managed by this stack");
    yaml_end(&r->y);
    yaml_end(&r->y);
    yaml_blank(&r->y);
    yaml_begin(&r->y, "Conditions");
    unum_buf_adds(r->y.out,
                  "  MakeTable: !Equals [!Ref " CLOUDFORMATION_ADOPT_TABLE ", \"false\"]\n");
    yaml_end(&r->y);
    yaml_blank(&r->y);
}

static void add_table(struct render *r)
{
    yaml_begin(&r->y, "CheckpointTable");
    yaml_pairs(&r->y, "Type", "AWS::DynamoDB::Table");
    yaml_pairs(&r->y, "Condition", "MakeTable");
    yaml_pairs(&r->y, "DeletionPolicy", "Retain");
    yaml_pairs(&r->y, "UpdateReplacePolicy", "Retain");
    yaml_begin(&r->y, "Properties");
    yaml_pair(&r->y, "TableName", r->app->store_name);
    yaml_pairs(&r->y, "BillingMode", "PAY_PER_REQUEST");
    yaml_begin(&r->y, "AttributeDefinitions");
    yaml_item(&r->y);
    yaml_pairs(&r->y, "AttributeName", "Name");
    yaml_pairs(&r->y, "AttributeType", "S");
    yaml_end(&r->y);
    yaml_end(&r->y);
    yaml_begin(&r->y, "KeySchema");
    yaml_item(&r->y);
    yaml_pairs(&r->y, "AttributeName", "Name");
    yaml_pairs(&r->y, "KeyType", "HASH");
    yaml_end(&r->y);
    yaml_end(&r->y);
    yaml_begin(&r->y, "TimeToLiveSpecification");
    yaml_pairs(&r->y, "AttributeName", "Expires");
    yaml_bool(&r->y, "Enabled", true);
    yaml_end(&r->y);
    add_tags(r);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_output(struct render *r, const char *name, const char *about, const char *tag,
                       struct unum_str value)
{
    yaml_begin(&r->y, name);
    yaml_pairs(&r->y, "Description", about);
    if (tag)
        yaml_tagged(&r->y, "Value", tag, value);
    else
        yaml_pair(&r->y, "Value", value);
    yaml_end(&r->y);
}

static void add_outputs(struct render *r, struct unum_str entry)
{
    yaml_blank(&r->y);
    yaml_begin(&r->y, "Outputs");
    add_output(r, CLOUDFORMATION_ENTRY_OUTPUT, "Function that starts the workflow", "Ref",
               cloudformation_function_id(entry, r->arena));
    add_output(r, CLOUDFORMATION_TABLE_OUTPUT, "Table with the checkpoints", NULL,
               r->app->store_name);
    for (size_t i = 0; i < r->nodes_len; i++) {
        struct unum_str id = cloudformation_function_id(r->nodes[i].node, r->arena);
        const char *about =
            unum_arena_printf(r->arena, "ARN of %.*s", UNUM_STR_ARG(r->nodes[i].node)).ptr;
        add_output(r, id.ptr, about, "GetAtt",
                   unum_arena_printf(r->arena, "%.*s.Arn", UNUM_STR_ARG(id)));
    }
    yaml_end(&r->y);
}

int cloudformation_render(const struct app *app, const struct cloudformation_node *nodes,
                          size_t nodes_len, struct unum_str entry,
                          enum cloudformation_format format, struct unum_buf *out,
                          struct unum_err *err)
{
    if (format != CLOUDFORMATION_PLAIN)
        return unum_err_set(err, UNUM_E_UNSUPPORTED, "this format of templates is not there yet");
    if (nodes_len * PER_NODE + 1 > MOST_RESOURCES)
        return unum_err_set(err, UNUM_E_LIMIT,
                            "%zu functions need %zu resources; CloudFormation allows %d in a stack",
                            nodes_len, nodes_len * PER_NODE + 1, MOST_RESOURCES);
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct render r = {
        .app = app, .nodes = nodes, .nodes_len = nodes_len, .arena = &arena, .y = {.out = out}};
    add_head(&r);
    yaml_begin(&r.y, "Resources");
    for (size_t i = 0; i < nodes_len; i++) {
        add_function(&r, &nodes[i]);
        add_role(&r, &nodes[i], unum_str_eq(nodes[i].node, entry));
        add_log_group(&r, &nodes[i]);
        add_invoke_config(&r, &nodes[i]);
    }
    add_table(&r);
    yaml_end(&r.y);
    add_outputs(&r, entry);
    return out->failed
               ? unum_err_set(err, UNUM_E_LIMIT, "the template is larger than %zu bytes", out->max)
               : 0;
}

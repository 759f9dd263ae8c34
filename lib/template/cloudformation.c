#include "template/cloudformation.h"

#include <string.h>

#include "base/limits.h"
#include "crypto/hash.h"
#include "template/reach.h"
#include "template/render.h"

enum { DAY = 24 * 60 * 60, LEAST_LOG_DAYS = 14, GENERATED_MB = 256, GENERATED_TIMEOUT_S = 60 };

/* CloudFormation quotas */
#define MOST_RESOURCES ((size_t)500)
#define MOST_BYTES     UNUM_MB

/* Logical ids are letters and digits only; a name that loses something gets its hash. */
struct unum_str render_logical_id(struct unum_str node, const char *kind, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    for (size_t i = 0; i < node.len; i++) {
        if (unum_is_alnum(node.ptr[i]))
            unum_buf_addc(&id, node.ptr[i]);
    }
    if (id.len != node.len)
        unum_buf_printf(&id, "%08x", (unsigned)(unum_str_hash(node) & 0xffffffffu));
    unum_buf_adds(&id, kind);
    return unum_arena_str(arena, unum_buf_str(&id));
}

struct unum_str cloudformation_function_id(struct unum_str node, struct unum_arena *arena)
{
    return render_logical_id(node, "Function", arena);
}

const struct app_function *render_function(const struct render *r,
                                           const struct cloudformation_node *node)
{
    return node && node->function.len ? app_function(r->app, node->function) : NULL;
}

static bool is_failures(const struct cloudformation_node *node)
{
    return unum_str_is(node->node, IR_FAILURES_NODE);
}

/* ---- tags ---- */

static size_t tags_of(const struct render *r, const struct cloudformation_node *node,
                      const struct app_pair **ret)
{
    const struct app_function *function = render_function(r, node);
    *ret = function ? function->tags : r->app->tags;
    return function ? function->tags_len : r->app->tags_len;
}

/* SAM has them as a map. */
static void add_tag(struct render *r, bool map, struct unum_str name, struct unum_str value)
{
    if (map) {
        yaml_pair(&r->y, unum_arena_str(r->arena, name).ptr, value);
        return;
    }
    yaml_item(&r->y);
    yaml_pair(&r->y, "Key", name);
    yaml_pair(&r->y, "Value", value);
    yaml_end(&r->y);
}

static void add_tags(struct render *r, const struct cloudformation_node *node, bool map)
{
    const struct app_pair *tags;
    size_t len = tags_of(r, node, &tags);
    for (size_t i = 0; i < len; i++)
        add_tag(r, map, tags[i].name, tags[i].value);
}

void render_tags(struct render *r, const struct cloudformation_node *node)
{
    const struct app_pair *tags;
    if (!tags_of(r, node, &tags))
        return;
    yaml_begin(&r->y, "Tags");
    add_tags(r, node, false);
    yaml_end(&r->y);
}

/* Also what the function was made from: whoever looks at it on AWS can compare. */
static void add_function_tags(struct render *r, const struct cloudformation_node *node)
{
    bool map = r->format == CLOUDFORMATION_SAM;
    struct unum_buf UNUM_AUTO_BUF config = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    char hex[HASH_SHA256_HEX + 1];
    ir_write(node->ir, &config);
    hash_sha256_hex(unum_buf_str(&config), hex);
    yaml_begin(&r->y, "Tags");
    add_tags(r, node, map);
    add_tag(r, map, UNUM_STR(CLOUDFORMATION_IR_TAG), unum_str_from(hex));
    add_tag(r, map, UNUM_STR(CLOUDFORMATION_VERSION_TAG), UNUM_STR(UNUM_VERSION));
    yaml_end(&r->y);
}

/* ---- functions ---- */

/* Can a run come back to the node? Lambda stops such loops after 16 rounds unless told otherwise;
 * ours have a bound of their own. The failure function gets back whatever it starts again and fails
 * once more. */
static bool comes_back(struct render *r, const struct cloudformation_node *start)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    if (is_failures(start))
        return true;
    reach_targets(start->ir, &seen);
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

static void add_environment(struct render *r, const struct cloudformation_node *node)
{
    const struct app_function *function = render_function(r, node);
    struct app_pair *ours;
    size_t ours_len = app_environment(r->app, r->arena, &ours);
    yaml_begin(&r->y, "Environment");
    yaml_begin(&r->y, "Variables");
    for (size_t i = 0; i < ours_len; i++)
        yaml_pair(&r->y, unum_arena_str(r->arena, ours[i].name).ptr, ours[i].value);
    if (role_has_timers(node))
        yaml_tagged(&r->y, "UNUM_SCHEDULE_ROLE", "GetAtt", UNUM_STR(ROLE_SCHEDULES ".Arn"));
    for (size_t i = 0; function && i < function->environment_len; i++)
        yaml_pair(&r->y, unum_arena_str(r->arena, function->environment[i].name).ptr,
                  function->environment[i].value);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_code(struct render *r, const struct cloudformation_node *node)
{
    bool sam = r->format == CLOUDFORMATION_SAM;
    if (!node->key.len) {
        yaml_pair(&r->y, sam ? "CodeUri" : "Code",
                  unum_arena_printf(r->arena, ".unum/build/%.*s.zip", UNUM_STR_ARG(node->node)));
        return;
    }
    yaml_begin(&r->y, sam ? "CodeUri" : "Code");
    yaml_pair(&r->y, sam ? "Bucket" : "S3Bucket", node->bucket);
    yaml_pair(&r->y, sam ? "Key" : "S3Key", node->key);
    yaml_end(&r->y);
}

/* The platform does not repeat a failed invocation: the failure function decides what happens.
 * Itself it is repeated by the platform and has no destination. */
static void add_failure_policy(struct render *r, const struct cloudformation_node *node)
{
    yaml_int(&r->y, "MaximumRetryAttempts", is_failures(node) ? 2 : 0);
    if (is_failures(node))
        return;
    yaml_begin(&r->y, "DestinationConfig");
    yaml_begin(&r->y, "OnFailure");
    if (r->format == CLOUDFORMATION_SAM)
        yaml_pairs(&r->y, "Type", "Lambda");
    struct unum_str target = cloudformation_function_id(UNUM_STR(IR_FAILURES_NODE), r->arena);
    yaml_tagged(&r->y, "Destination", "GetAtt",
                unum_arena_printf(r->arena, "%.*s.Arn", UNUM_STR_ARG(target)));
    yaml_end(&r->y);
    yaml_end(&r->y);
}

static void add_depends(struct render *r, const struct cloudformation_node *node)
{
    /* The log group must not be made by the function's first invocation. */
    struct unum_str group = render_logical_id(node->node, "LogGroup", r->arena);
    struct unum_map UNUM_AUTO_MAP policies = UNUM_MAP_INIT;
    role_depends(r, node, &policies);
    if (!policies.len) {
        yaml_pair(&r->y, "DependsOn", group);
        return;
    }
    yaml_begin(&r->y, "DependsOn");
    yaml_entry(&r->y, NULL, group);
    for (struct unum_map_entry *at = unum_map_next(&policies, NULL); at;
         at = unum_map_next(&policies, at))
        yaml_entry(&r->y, NULL, at->key);
    yaml_end(&r->y);
}

static void add_function(struct render *r, const struct cloudformation_node *node)
{
    const struct app_function *function = render_function(r, node);
    bool sam = r->format == CLOUDFORMATION_SAM;
    yaml_begin(&r->y, cloudformation_function_id(node->node, r->arena).ptr);
    yaml_pairs(&r->y, "Type", sam ? "AWS::Serverless::Function" : "AWS::Lambda::Function");
    add_depends(r, node);
    yaml_begin(&r->y, "Properties");
    yaml_pair(&r->y, "FunctionName", app_node_function(r->app, node->node, r->arena));
    yaml_pairs(&r->y, "Runtime", "provided.al2023");
    yaml_pair(&r->y, "Handler",
              function && function->handler.len ? function->handler : UNUM_STR("bootstrap"));
    add_code(r, node);
    struct unum_str role = render_logical_id(node->node, "Role", r->arena);
    yaml_tagged(&r->y, "Role", "GetAtt",
                unum_arena_printf(r->arena, "%.*s.Arn", UNUM_STR_ARG(role)));
    yaml_begin(&r->y, "Architectures");
    yaml_entry(&r->y, NULL,
               unum_str_from(app_arch_name(app_function_arch(r->app, node->function))));
    yaml_end(&r->y);
    yaml_int(&r->y, "MemorySize", function ? function->memory_mb : GENERATED_MB);
    yaml_int(&r->y, "Timeout", function ? function->timeout_s : GENERATED_TIMEOUT_S);
    if (comes_back(r, node))
        yaml_pairs(&r->y, "RecursiveLoop", "Allow");
    add_environment(r, node);
    if (sam) {
        yaml_begin(&r->y, "EventInvokeConfig");
        add_failure_policy(r, node);
        yaml_end(&r->y);
    }
    add_function_tags(r, node);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* SAM makes this resource itself. */
static void add_invoke_config(struct render *r, const struct cloudformation_node *node)
{
    if (r->format == CLOUDFORMATION_SAM)
        return;
    yaml_begin(&r->y, render_logical_id(node->node, "EventInvokeConfig", r->arena).ptr);
    yaml_pairs(&r->y, "Type", "AWS::Lambda::EventInvokeConfig");
    yaml_begin(&r->y, "Properties");
    yaml_tagged(&r->y, "FunctionName", "Ref", cloudformation_function_id(node->node, r->arena));
    yaml_pairs(&r->y, "Qualifier", "$LATEST");
    add_failure_policy(r, node);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* ---- log groups ---- */

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

static void add_log_group(struct render *r, const struct cloudformation_node *node)
{
    yaml_begin(&r->y, render_logical_id(node->node, "LogGroup", r->arena).ptr);
    yaml_pairs(&r->y, "Type", "AWS::Logs::LogGroup");
    yaml_pairs(&r->y, "DeletionPolicy", "Delete");
    yaml_pairs(&r->y, "UpdateReplacePolicy", "Delete");
    yaml_begin(&r->y, "Properties");
    yaml_pair(&r->y, "LogGroupName",
              unum_arena_printf(r->arena, "/aws/lambda/%.*s",
                                UNUM_STR_ARG(app_node_function(r->app, node->node, r->arena))));
    yaml_int(&r->y, "RetentionInDays", log_days(r->app->retention_s));
    render_tags(r, node);
    yaml_end(&r->y);
    yaml_end(&r->y);
}

/* ---- the rest ---- */

/* W3002: code at local paths has to be uploaded first. That is what deploying does. */
static void add_lint_settings(struct render *r)
{
    bool local = false;
    for (size_t i = 0; i < r->nodes_len; i++)
        local = local || !r->nodes[i].key.len;
    if (!local || r->format == CLOUDFORMATION_SAM)
        return;
    yaml_begin(&r->y, "Metadata");
    yaml_begin(&r->y, "cfn-lint");
    yaml_begin(&r->y, "config");
    yaml_begin(&r->y, "ignore_checks");
    yaml_entry(&r->y, NULL, UNUM_STR("W3002"));
    for (int i = 0; i < 4; i++)
        yaml_end(&r->y);
}

static void add_head(struct render *r)
{
    yaml_pairs(&r->y, "AWSTemplateFormatVersion", "2010-09-09");
    if (r->format == CLOUDFORMATION_SAM)
        yaml_pairs(&r->y, "Transform", "AWS::Serverless-2016-10-31");
    yaml_pair(&r->y, "Description",
              unum_arena_printf(r->arena, "%.*s: a workflow of unum functions",
                                UNUM_STR_ARG(r->app->name)));
    add_lint_settings(r);
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
    const char *policy = r->app->store_discard ? "Delete" : "Retain";
    yaml_begin(&r->y, "CheckpointTable");
    yaml_pairs(&r->y, "Type", "AWS::DynamoDB::Table");
    yaml_pairs(&r->y, "Condition", "MakeTable");
    yaml_pairs(&r->y, "DeletionPolicy", policy);
    yaml_pairs(&r->y, "UpdateReplacePolicy", policy);
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
    render_tags(r, NULL);
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

static void add_outputs(struct render *r)
{
    yaml_blank(&r->y);
    yaml_begin(&r->y, "Outputs");
    add_output(r, CLOUDFORMATION_ENTRY_OUTPUT, "Function that starts the workflow", "Ref",
               cloudformation_function_id(r->entry, r->arena));
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

static int at_place(const struct render *r, const struct app_function *function,
                    struct unum_err *err)
{
    const char *place = app_place(r->app, function, r->arena);
    return place ? unum_err_wrap(err, "%s", place) : UNUM_E_LIMIT;
}

/* The same in both formats: SAM's transform makes what it does not spell out. */
static int check_resources(const struct render *r, struct unum_err *err)
{
    enum { TABLE = 1, BESIDE_ROLE = 3 };
    size_t count = TABLE + role_schedules_resources(r);
    const struct cloudformation_node *first = NULL;
    for (size_t i = 0; i < r->nodes_len; i++) {
        count += BESIDE_ROLE + role_resources(r, &r->nodes[i]);
        if (count > MOST_RESOURCES && !first)
            first = &r->nodes[i];
    }
    if (!first)
        return 0;
    unum_err_set(err, UNUM_E_LIMIT,
                 "%zu functions need %zu resources; CloudFormation allows %zu in a stack",
                 r->nodes_len, count, MOST_RESOURCES);
    unum_err_hint(err, "move a part of the workflow into an application of its own");
    return at_place(r, render_function(r, first), err);
}

static int check_size(const struct render *r, size_t before, struct unum_err *err)
{
    const struct unum_buf *out = r->y.out;
    if (!out->failed && out->len - before <= MOST_BYTES)
        return 0;
    size_t most = out->failed && out->max < MOST_BYTES ? out->max : MOST_BYTES;
    unum_err_set(err, UNUM_E_LIMIT, "the template for AWS is larger than %zu bytes", most);
    return at_place(r, NULL, err);
}

static int render_all(struct render *r, struct unum_err *err)
{
    size_t before = r->y.out->len;
    add_head(r);
    yaml_begin(&r->y, "Resources");
    for (size_t i = 0; i < r->nodes_len; i++) {
        add_function(r, &r->nodes[i]);
        role_render(r, &r->nodes[i]);
        add_log_group(r, &r->nodes[i]);
        add_invoke_config(r, &r->nodes[i]);
    }
    role_render_schedules(r);
    add_table(r);
    yaml_end(&r->y);
    add_outputs(r);
    return check_size(r, before, err);
}

int cloudformation_render(const struct app *app, const struct cloudformation_node *nodes,
                          size_t nodes_len, struct unum_str entry,
                          enum cloudformation_format format, struct unum_buf *out,
                          struct unum_err *err)
{
    struct unum_err UNUM_AUTO_ERR own = UNUM_ERR_INIT;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct render r = {.app = app,
                       .nodes = nodes,
                       .nodes_len = nodes_len,
                       .entry = entry,
                       .format = format,
                       .arena = &arena,
                       .y = {.out = out}};
    err = err ? err : &own;
    role_collect_timers(&r);
    int rc = check_resources(&r, err);
    if (rc == 0)
        rc = render_all(&r, err);
    unum_map_done(&r.timers);
    return rc;
}

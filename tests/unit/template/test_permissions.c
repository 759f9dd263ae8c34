/*
 * What the roles of a template allow, for every starter and every machine of tests/golden/compile:
 * every edge of the IR has its permission, nothing else has, and no action or resource is "*" but
 * where listed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "compile/compile.h"
#include "template/cloudformation.h"
#include "template/reach.h"
#include "template/render.h"
#include "yaml/yaml_doc.h"
#include "json/json.h"

/* What has no resource that a policy could name (AWS Service Authorization Reference). */
static const char *const without_resources[] = {"xray:PutTelemetryRecords",
                                                "xray:PutTraceSegments"};
/* Whose resource ends in "*": schedules, which have hashes as names. */
static const char schedules[] =
    "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/unum-*";
/* Whose resource ends in ":*": the streams of one log group, named by Lambda. */
static const char *const of_streams[] = {"logs:CreateLogStream", "logs:PutLogEvents"};

struct bench {
    struct unum_arena arena;
    struct unum_diags diags;
    struct app *app;
    struct compiled *compiled;
    struct unum_buf text;
    struct unum_source source; /* of the template */
    const struct doc *resources;
    const char *name;
};

static bool is_one_of(struct unum_str text, const char *const *list, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_is(text, list[i]))
            return true;
    }
    return false;
}

/* ---- the expectation: from the IR's text ---- */

static void add_text(struct unum_map *names, struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    if (json_decode(value, &text))
        unum_map_set(names, unum_buf_str(&text), names);
}

static void add_member(struct unum_map *names, struct unum_str object, const char *key)
{
    struct unum_str value;
    if (json_get(object, unum_str_from(key), &value))
        add_text(names, value);
}

/* States that something in the IR leads to; those that are only the end of a branch are not. */
static void add_followed(struct unum_map *states, struct unum_str value)
{
    static const char *const leading[] = {"Then", "Next", "Start", "Default", "Branches"};
    struct unum_str key, member, item;
    for (struct json_iter iter = json_iter(value); json_next(&iter, &key, &member);) {
        bool leads = false;
        for (size_t i = 0; i < UNUM_COUNT(leading); i++)
            leads = leads || (key.len && json_is(key, unum_str_from(leading[i])));
        if (leads)
            add_text(states, member);
        for (struct json_iter items = json_iter(member);
             leads && json_type(member) == JSON_ARRAY && json_next(&items, NULL, &item);)
            add_text(states, item);
        add_followed(states, member);
    }
}

static void add_states(struct unum_map *names, struct unum_str config)
{
    struct unum_map UNUM_AUTO_MAP followed = UNUM_MAP_INIT;
    struct unum_str states, key, state;
    if (!json_get(config, UNUM_STR("States"), &states))
        return;
    add_followed(&followed, config);
    for (struct json_iter iter = json_iter(states); json_next(&iter, &key, &state);) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        if (json_decode(key, &name) && unum_map_has(&followed, unum_buf_str(&name)))
            add_member(names, state, "Node");
        add_member(names, state, "Opener");
    }
}

/* Names of all nodes that an IR speaks of. */
static void names_of(struct unum_str config, struct unum_map *names)
{
    struct unum_str next, edge, opens;
    if (json_get(config, UNUM_STR("Next"), &next)) {
        if (json_type(next) == JSON_OBJECT)
            add_member(names, next, "Name");
        for (struct json_iter iter = json_iter(next);
             json_type(next) == JSON_ARRAY && json_next(&iter, NULL, &edge);)
            add_member(names, edge, "Name");
    }
    if (json_get(config, UNUM_STR("Opens"), &opens))
        add_member(names, opens, "Next");
    add_states(names, config);
}

/* Can it hand over to itself? A list of unknown length, a wait or a retry; a Parallel in a
 * Parallel; a hand-written list of edges with a fan-in. */
static bool may_start_itself(struct unum_str config)
{
    struct unum_str branches = UNUM_STR("\"Branches\""), version, next;
    size_t first = unum_str_search(config, branches);
    if (first != SIZE_MAX &&
        unum_str_search(unum_str_from_pos(config, first + branches.len), branches) != SIZE_MAX)
        return true;
    if (!json_get(config, UNUM_STR("IRVersion"), &version) &&
        json_get(config, UNUM_STR("Next"), &next) && json_type(next) == JSON_ARRAY &&
        unum_str_search(next, UNUM_STR("\"Fan-in\"")) != SIZE_MAX)
        return true;
    static const char *const marks[] = {"\"InputType\": \"Map\"", "\"ItemsPath\"",
                                        "\"Type\": \"Wait\"", "\"Retry\""};
    for (size_t i = 0; i < UNUM_COUNT(marks); i++) {
        if (unum_str_search(config, unum_str_from(marks[i])) != SIZE_MAX)
            return true;
    }
    return false;
}

static struct unum_str config_of(struct bench *b, const struct compiled_node *node)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    ir_write(node->ir, &text);
    return unum_arena_str(&b->arena, unum_buf_str(&text));
}

/* Does the graph, from `node`, come back to it? */
static bool is_in_circle(struct bench *b, const struct compiled_node *node)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    struct unum_str config = config_of(b, node);
    names_of(config, &seen);
    for (size_t before = 0; before != seen.len;) {
        before = seen.len;
        for (size_t i = 0; i < b->compiled->len; i++) {
            if (unum_map_has(&seen, b->compiled->at[i].node))
                names_of(config_of(b, &b->compiled->at[i]), &seen);
        }
    }
    return unum_map_has(&seen, node->node) || may_start_itself(config);
}

/* Is there a retrier that retries? `text`: of a state or of the Task. */
static bool is_retried(struct unum_str state)
{
    struct unum_str retriers, retrier, most;
    if (!json_pointer(state, UNUM_STR("/Fields/Retry"), &retriers))
        return false;
    for (struct json_iter iter = json_iter(retriers); json_next(&iter, NULL, &retrier);) {
        if (!json_get(retrier, UNUM_STR("MaxAttempts"), &most) || !unum_str_is(most, "0"))
            return true;
    }
    return false;
}

/* The nodes that a node starts later: itself behind its waits and retries, and who opens again. */
static void timers_of(struct unum_str node, struct unum_str config, struct unum_map *names)
{
    struct unum_str task, states, state, type;
    if (json_get(config, UNUM_STR("TimeoutSeconds"), &type))
        unum_map_set(names, node, names);
    if (json_get(config, UNUM_STR("Task"), &task) && is_retried(task))
        unum_map_set(names, node, names);
    if (!json_get(config, UNUM_STR("States"), &states))
        return;
    for (struct json_iter iter = json_iter(states); json_next(&iter, NULL, &state);) {
        if (json_get(state, UNUM_STR("Type"), &type) && json_is(type, UNUM_STR("Wait")))
            unum_map_set(names, node, names);
        if (is_retried(state))
            add_member(names, state, "Opener");
    }
}

/* ---- the template ---- */

/* What a role may do. */
struct rights {
    struct unum_map invokes;      /* ARNs of functions */
    bool schedules, passes_roles; /* may make schedules, and give them their role */
};

static const struct doc *property(const struct doc *resource, const char *name)
{
    const struct doc *properties = doc_get(resource, "Properties");
    return properties ? doc_get(properties, name) : NULL;
}

static bool is_type(const struct doc *resource, const char *type)
{
    return unum_str_is(doc_get(resource, "Type")->text, type);
}

static const struct doc *function_of(struct bench *b, struct unum_str node)
{
    const struct doc *function =
        doc_get(b->resources, cloudformation_function_id(node, &b->arena).ptr);
    assert_non_null(function);
    return function;
}

/* Without "!Sub"'s variables and with the pseudo parameters as they stand. */
static struct unum_str function_arn(struct bench *b, struct unum_str node)
{
    return unum_arena_printf(
        &b->arena, "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:%.*s",
        UNUM_STR_ARG(app_node_function(b->app, node, &b->arena)));
}

static void check_resource(struct bench *b, struct unum_str node, struct unum_str action,
                           struct unum_str resource)
{
    struct unum_str star = UNUM_STR("*");
    assert_true(unum_str_search(action, star) == SIZE_MAX);
    size_t at = unum_str_search(resource, star);
    if (is_one_of(action, without_resources, UNUM_COUNT(without_resources))) {
        assert_true(unum_str_is(resource, "*"));
    } else if (is_one_of(action, of_streams, UNUM_COUNT(of_streams))) {
        struct unum_str own = unum_arena_printf(
            &b->arena,
            "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/"
            "%.*s:*",
            UNUM_STR_ARG(app_node_function(b->app, node, &b->arena)));
        assert_true(unum_str_eq(resource, own));
    } else if (unum_str_is(action, "scheduler:CreateSchedule")) {
        assert_true(unum_str_is(resource, schedules));
    } else if (at != SIZE_MAX) {
        fail_msg("%s: %.*s may %.*s on %.*s", b->name, UNUM_STR_ARG(node), UNUM_STR_ARG(action),
                 UNUM_STR_ARG(resource));
    }
}

static void check_action(struct bench *b, struct unum_str node, struct unum_str action,
                         struct unum_str resource, struct rights *rights)
{
    check_resource(b, node, action, resource);
    if (unum_str_is(action, "lambda:InvokeFunction")) {
        assert_null(unum_map_set(&rights->invokes, resource, rights));
    } else if (unum_str_is(action, "scheduler:CreateSchedule")) {
        rights->schedules = true;
    } else if (unum_str_is(action, "iam:PassRole")) {
        assert_true(unum_str_is(resource, ROLE_SCHEDULES ".Arn"));
        rights->passes_roles = true;
    } else if (unum_str_starts(action, UNUM_STR("dynamodb:"))) {
        bool known = false;
        for (const char *const *at = role_table_actions; *at; at++)
            known = known || unum_str_is(action, *at);
        assert_true(known);
        struct unum_str table =
            unum_arena_printf(&b->arena, ":table/%.*s", UNUM_STR_ARG(b->app->store_name));
        assert_true(unum_str_ends(resource, table));
    } else if (!is_one_of(action, without_resources, UNUM_COUNT(without_resources)) &&
               !is_one_of(action, of_streams, UNUM_COUNT(of_streams))) {
        fail_msg("%s: %.*s may %.*s", b->name, UNUM_STR_ARG(node), UNUM_STR_ARG(action));
    }
}

static void check_document(struct bench *b, struct unum_str node, const struct doc *document,
                           struct rights *rights)
{
    const struct doc *statements = doc_get(document, "Statement");
    for (size_t i = 0; i < statements->len; i++) {
        const struct doc *statement = statements->members[i].value;
        const struct doc *actions = doc_get(statement, "Action");
        const struct doc *resource = doc_get(statement, "Resource");
        assert_true(unum_str_is(doc_get(statement, "Effect")->text, "Allow"));
        assert_true(actions->kind == DOC_ARRAY && actions->len);
        const struct doc *condition = doc_get(statement, "Condition");
        bool passes = unum_str_is(actions->members[0].value->text, "iam:PassRole");
        assert_int_equal(condition != NULL, passes);
        if (condition)
            assert_true(unum_str_is(
                doc_get(doc_get(condition, "StringEquals"), "iam:PassedToService")->text,
                "scheduler.amazonaws.com"));
        size_t resources = resource->kind == DOC_ARRAY ? resource->len : 1;
        for (size_t k = 0; k < actions->len * resources; k++)
            check_action(b, node, actions->members[k / resources].value->text,
                         resource->kind == DOC_ARRAY ? resource->members[k % resources].value->text
                                                     : resource->text,
                         rights);
    }
}

/* A role: its own policies, and the managed ones attached to it. */
static void collect_rights(struct bench *b, struct unum_str node, struct unum_str id,
                           struct rights *rights)
{
    for (size_t i = 0; i < b->resources->len; i++) {
        const struct doc *resource = b->resources->members[i].value;
        if (unum_str_eq(b->resources->members[i].key, id)) {
            const struct doc *policies = property(resource, "Policies");
            assert_int_equal(policies->len, 1);
            check_document(b, node, doc_get(policies->members[0].value, "PolicyDocument"), rights);
        } else if (is_type(resource, "AWS::IAM::ManagedPolicy") &&
                   unum_str_eq(property(resource, "Roles")->members[0].value->text, id)) {
            check_document(b, node, property(resource, "PolicyDocument"), rights);
        }
    }
}

static void collect_own_rights(struct bench *b, struct unum_str node, struct rights *rights)
{
    const struct doc *role = property(function_of(b, node), "Role");
    assert_true(unum_str_is(role->tag, "!GetAtt"));
    struct unum_str id = role->text;
    assert_true(unum_str_ends(id, UNUM_STR(".Arn")));
    id.len -= 4;
    collect_rights(b, node, id, rights);
}

/* Exactly the wanted ones are there. `invokes` is used up. */
static void check_invokes(struct bench *b, struct unum_str who, const struct unum_map *wanted,
                          struct unum_map *invokes)
{
    for (struct unum_map_entry *at = unum_map_next(wanted, NULL); at;
         at = unum_map_next(wanted, at)) {
        if (!unum_map_remove(invokes, function_arn(b, at->key)))
            fail_msg("%s: %.*s may not invoke %.*s", b->name, UNUM_STR_ARG(who),
                     UNUM_STR_ARG(at->key));
    }
    for (struct unum_map_entry *at = unum_map_next(invokes, NULL); at;
         at = unum_map_next(invokes, at))
        fail_msg("%s: %.*s may invoke %.*s", b->name, UNUM_STR_ARG(who), UNUM_STR_ARG(at->key));
}

/* The nodes that any node starts later; of the failure function: those that any other does. */
static void expect_timers(struct bench *b, const struct compiled_node *node, struct unum_map *ret)
{
    bool all = !node || unum_str_is(node->node, IR_FAILURES_NODE);
    for (size_t i = 0; i < b->compiled->len; i++) {
        const struct compiled_node *one = &b->compiled->at[i];
        if (all || one == node)
            timers_of(one->node, config_of(b, one), ret);
    }
}

static void check_timers(struct bench *b, const struct compiled_node *node,
                         const struct rights *rights)
{
    struct unum_map UNUM_AUTO_MAP timers = UNUM_MAP_INIT;
    expect_timers(b, node, &timers);
    bool any = timers.len > 0;
    if (rights->schedules != any || rights->passes_roles != any)
        fail_msg("%s: %.*s starts %zu nodes later, and may %smake schedules", b->name,
                 UNUM_STR_ARG(node->node), timers.len, rights->schedules ? "" : "not ");
    const struct doc *environment = property(function_of(b, node->node), "Environment");
    const struct doc *role = doc_get(doc_get(environment, "Variables"), "UNUM_SCHEDULE_ROLE");
    assert_int_equal(role != NULL, any);
    if (role)
        assert_true(unum_str_is(role->text, ROLE_SCHEDULES ".Arn"));
}

/* EventBridge Scheduler may invoke who is started later, and nobody else. */
static bool check_schedules_role(struct bench *b)
{
    struct unum_map UNUM_AUTO_MAP timers = UNUM_MAP_INIT;
    struct rights rights = {.schedules = false};
    expect_timers(b, NULL, &timers);
    const struct doc *role = doc_get(b->resources, ROLE_SCHEDULES);
    assert_int_equal(role != NULL, timers.len > 0);
    if (!role)
        return false;
    collect_rights(b, UNUM_STR("schedules"), UNUM_STR(ROLE_SCHEDULES), &rights);
    check_invokes(b, UNUM_STR("schedules"), &timers, &rights.invokes);
    assert_false(rights.schedules || rights.passes_roles);
    unum_map_done(&rights.invokes);
    const struct doc *trust = doc_get(property(role, "AssumeRolePolicyDocument"), "Statement");
    assert_int_equal(trust->len, 1);
    const struct doc *statement = trust->members[0].value;
    assert_true(unum_str_is(doc_get(doc_get(statement, "Principal"), "Service")->text,
                            "scheduler.amazonaws.com"));
    const struct doc *account =
        doc_get(doc_get(doc_get(statement, "Condition"), "StringEquals"), "aws:SourceAccount");
    assert_true(unum_str_is(account->tag, "!Ref"));
    assert_true(unum_str_is(account->text, "AWS::AccountId"));
    return true;
}

static void check_node(struct bench *b, const struct compiled_node *node)
{
    struct rights rights = {.schedules = false};
    struct unum_map UNUM_AUTO_MAP wanted = UNUM_MAP_INIT;
    struct unum_str config = config_of(b, node);
    bool failures = unum_str_is(node->node, IR_FAILURES_NODE);
    collect_own_rights(b, node->node, &rights);
    check_timers(b, node, &rights);
    if (failures) {
        for (size_t i = 0; i < b->compiled->len; i++) {
            if (!unum_str_is(b->compiled->at[i].node, IR_FAILURES_NODE))
                unum_map_set(&wanted, b->compiled->at[i].node, b);
        }
    } else {
        names_of(config, &wanted);
        unum_map_set(&wanted, UNUM_STR(IR_FAILURES_NODE), b);
        if (unum_str_eq(node->node, b->compiled->entry))
            unum_map_set(&wanted, node->node, b);
    }
    if (may_start_itself(config) && !unum_map_has(&wanted, node->node))
        unum_map_remove(&rights.invokes, function_arn(b, node->node));
    check_invokes(b, node->node, &wanted, &rights.invokes);
    unum_map_done(&rights.invokes);
    const struct doc *loop = property(function_of(b, node->node), "RecursiveLoop");
    if (loop)
        assert_true(failures || is_in_circle(b, node));
    else
        assert_false(failures);
}

static void check_application(struct bench *b, enum cloudformation_format format)
{
    struct cloudformation_node *nodes =
        unum_arena_array(&b->arena, b->compiled->len, sizeof(*nodes));
    for (size_t i = 0; i < b->compiled->len; i++)
        nodes[i] = (struct cloudformation_node){.node = b->compiled->at[i].node,
                                                .function = b->compiled->at[i].function,
                                                .ir = b->compiled->at[i].ir};
    b->text = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    assert_int_equal(cloudformation_render(b->app, nodes, b->compiled->len, b->compiled->entry,
                                           format, &b->text, NULL),
                     0);
    b->source =
        (struct unum_source){"template.yaml", unum_arena_str(&b->arena, unum_buf_str(&b->text))};
    unum_buf_done(&b->text);
    const struct doc *root = doc_parse_yaml(&b->source, &b->arena, &b->diags);
    assert_non_null(root);
    assert_int_equal(b->diags.errors, 0);
    b->resources = doc_get(root, "Resources");
    size_t roles = 0;
    for (size_t i = 0; i < b->resources->len; i++)
        roles += is_type(b->resources->members[i].value, "AWS::IAM::Role");
    assert_int_equal(roles, b->compiled->len + check_schedules_role(b));
    for (size_t i = 0; i < b->compiled->len; i++)
        check_node(b, &b->compiled->at[i]);
}

/* False if it is not meant to compile. */
static bool check_folder(const char *area, const char *name)
{
    struct bench b = {.name = name};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&path, "%s/%s/unum-template.yaml", area, name);
    if (!unum_file_exists(unum_buf_text(&path)))
        return false;
    if (app_read(unum_buf_text(&path), &b.arena, &b.diags, &b.app, &err))
        fail_msg("%s: %s", name, unum_err_text(&err));
    if (b.app && compile_app(b.app, &b.arena, &b.diags, &b.compiled, &err))
        fail_msg("%s: %s", name, unum_err_text(&err));
    bool compiles = b.compiled != NULL;
    if (compiles) {
        check_application(&b, CLOUDFORMATION_PLAIN);
        check_application(&b, CLOUDFORMATION_SAM);
    }
    unum_diags_done(&b.diags);
    unum_arena_done(&b.arena);
    return compiles;
}

static void check_area(const char *area, size_t least)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    size_t count = 0;
    assert_int_equal(unum_list_dir(area, &names, NULL), 0);
    for (size_t i = 0; i < names.list.len; i++)
        count += check_folder(area, names.list.at[i]);
    assert_true(count >= least);
}

static void starters_may_do_what_they_do(void **state)
{
    (void)state;
    check_area(UNUM_SOURCE_DIR "/share/templates", 4);
}

static void machines_may_do_what_they_do(void **state)
{
    (void)state;
    check_area(UNUM_SOURCE_DIR "/tests/golden/compile", 20);
}

/* ---- the table ---- */

/* Calls of the store, read from its sources: dynamodb_call("PutItem", ...). */
static void add_calls(const char *path, struct unum_map *calls)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str mark = UNUM_STR("dynamodb_call(\"");
    assert_int_equal(unum_file_read(path, &text, NULL), 0);
    struct unum_str rest = unum_buf_str(&text);
    for (size_t at; (at = unum_str_search(rest, mark)) != SIZE_MAX;) {
        rest = unum_str_from_pos(rest, at + mark.len);
        struct unum_buf UNUM_AUTO_BUF action = UNUM_BUF_INIT(100);
        unum_buf_printf(&action, "dynamodb:%.*s",
                        UNUM_STR_ARG(unum_str_slice(rest, 0, unum_str_find(rest, '"'))));
        unum_map_set(calls, unum_buf_str(&action), calls);
    }
}

/* A transaction needs the permissions of its parts, not one of its own. */
static void split_transactions(struct unum_map *calls)
{
    static const char *const parts[] = {"dynamodb:ConditionCheckItem", "dynamodb:PutItem",
                                        "dynamodb:UpdateItem"};
    if (!unum_map_remove(calls, UNUM_STR("dynamodb:TransactWriteItems")))
        return;
    for (size_t i = 0; i < UNUM_COUNT(parts); i++)
        unum_map_set(calls, unum_str_from(parts[i]), calls);
}

static void the_table_is_used_as_allowed(void **state)
{
    (void)state;
    struct unum_map UNUM_AUTO_MAP calls = UNUM_MAP_INIT;
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    assert_int_equal(unum_list_dir(UNUM_SOURCE_DIR "/lib/store", &names, NULL), 0);
    for (size_t i = 0; i < names.list.len; i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(UNUM_SOURCE_DIR "/lib/store", names.list.at[i]);
        if (unum_str_ends(unum_str_from(path), UNUM_STR(".c")))
            add_calls(path, &calls);
    }
    split_transactions(&calls);
    assert_true(calls.len >= 3);
    for (const char *const *at = role_table_actions; *at; at++) {
        if (!unum_map_remove(&calls, unum_str_from(*at)))
            fail_msg("%s is allowed and never called", *at);
    }
    for (struct unum_map_entry *at = unum_map_next(&calls, NULL); at;
         at = unum_map_next(&calls, at))
        fail_msg("%.*s is called and not allowed", UNUM_STR_ARG(at->key));
}

static void the_deadline_of_a_run_is_a_timer(void **state)
{
    (void)state;
    struct ir_node nodes[] = {
        {.name = UNUM_STR("Entry"), .compiled = true, .has_region = true, .timeout_s = 60},
        {.name = UNUM_STR("Other"), .compiled = true, .has_region = true},
    };
    const struct ir_node failures = {
        .name = UNUM_STR(IR_FAILURES_NODE), .compiled = true, .nodes = nodes, .nodes_len = 2};
    const struct ir_node *const rows[] = {&nodes[0], &nodes[1], &failures};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_map UNUM_AUTO_MAP timers = UNUM_MAP_INIT;
        reach_timers(rows[i], &timers);
        assert_int_equal(timers.len, i != 1);
        assert_int_equal(unum_map_has(&timers, UNUM_STR("Entry")), i != 1);
    }
}

/* ---- many targets ---- */

static void many_targets_fit_into_policies(void **state)
{
    (void)state;
    enum { MANY = 110, INLINE_CHARACTERS = 10240, MANAGED_CHARACTERS = 6144 };
    struct bench b = {.name = "many"};
    struct ir_node *irs = unum_arena_array(&b.arena, MANY + 1, sizeof(*irs));
    struct compiled_node *nodes = unum_arena_array(&b.arena, MANY + 1, sizeof(*nodes));
    struct compiled compiled = {.at = nodes, .len = MANY + 1};
    struct ir_state retried = {.fields =
                                   UNUM_STR("{\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}]}")};
    for (size_t i = 0; i < MANY; i++)
        irs[i] = (struct ir_node){.name = unum_arena_printf(&b.arena, "%061zu", i),
                                  .compiled = true,
                                  .has_region = true,
                                  .task = &retried};
    irs[MANY] = (struct ir_node){
        .name = UNUM_STR(IR_FAILURES_NODE), .compiled = true, .nodes = irs, .nodes_len = MANY};
    for (size_t i = 0; i <= MANY; i++)
        nodes[i] = (struct compiled_node){.node = irs[i].name, .ir = &irs[i]};
    compiled.entry = irs[0].name;
    struct app app = {.name = UNUM_STR("ab"), .store_name = UNUM_STR("ab-table")};
    b.app = &app;
    b.compiled = &compiled;
    check_application(&b, CLOUDFORMATION_PLAIN);
    size_t managed = 0;
    for (size_t i = 0; i < b.resources->len; i++) {
        const struct doc *resource = b.resources->members[i].value;
        bool more = is_type(resource, "AWS::IAM::ManagedPolicy");
        if (!more && !is_type(resource, "AWS::IAM::Role"))
            continue;
        struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct json_writer w = JSON_WRITER(&json);
        doc_write_json(property(resource, more ? "PolicyDocument" : "Policies"), &w);
        /* The longest partition and region are as long as the variables that stand for them. */
        assert_true(json.len < (more ? MANAGED_CHARACTERS : INLINE_CHARACTERS));
        managed += more;
    }
    assert_int_equal(managed, 4); /* of the failure function and of the schedules */
    unum_diags_done(&b.diags);
    unum_arena_done(&b.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starters_may_do_what_they_do),
        cmocka_unit_test(machines_may_do_what_they_do),
        cmocka_unit_test(the_table_is_used_as_allowed),
        cmocka_unit_test(the_deadline_of_a_run_is_a_timer),
        cmocka_unit_test(many_targets_fit_into_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Hand-written IR: edges with conditions, modifiers and fan-ins by name. Instances are named by
 * their frames only; the end of the run is found by shares (weight.h).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ir/expr.h"
#include "rt.h"
#include "weight.h"

/* The frames of `scope` as the expression grammar sees them. */
static struct ir_level *levels_of(struct rt_inv *inv, struct rt_scope scope)
{
    struct ir_level *levels = unum_arena_array(&inv->arena, scope.len + 1, sizeof(*levels));
    for (size_t i = 0; i < scope.len; i++) {
        const struct rt_frame *frame = &scope.at[scope.len - 1 - i];
        levels[i] = (struct ir_level){frame->index, frame->size};
    }
    return levels;
}

/* The target's frames: the sender's after the modifiers. */
static int modified_scope(struct rt_inv *inv, const struct ir_edge *edge, struct unum_str output,
                          struct rt_scope *ret, struct unum_err *err)
{
    struct rt_scope scope = inv->event.scope;
    struct ir_level *levels = levels_of(inv, scope);
    size_t depth = scope.len;
    int rc = ir_modify(edge->modifiers, edge->modifiers_len, output, levels, &depth, err);
    if (rc < 0)
        return rc;
    struct rt_frame *frames = unum_arena_array(&inv->arena, depth + 1, sizeof(*frames));
    for (size_t i = 0; i < depth; i++) {
        const struct ir_level *level = &levels[depth - 1 - i];
        if (level->index < 0 || level->index > UINT32_MAX || level->size < 0 ||
            level->size > UINT32_MAX)
            return unum_err_set(err, UNUM_E_INVAL,
                                "the modifiers of the edge to %.*s give index %" PRId64
                                " of %" PRId64,
                                UNUM_STR_ARG(edge->name), level->index, level->size);
        frames[i] = scope.at[i];
        frames[i].index = (uint32_t)level->index;
        frames[i].size = (uint32_t)level->size;
    }
    *ret = (struct rt_scope){frames, depth};
    return 0;
}

/* Which Scalar edges of a list are branches of a Parallel: those that say so, else all of two or
 * more without any Conditional. */
static bool is_branch(const struct ir_node *node, const struct ir_edge *edge)
{
    if (!node->edges_list || edge->input != IR_SCALAR)
        return false;
    if (edge->parallel_set)
        return edge->parallel;
    size_t scalars = 0;
    for (size_t i = 0; i < node->edges_len; i++) {
        const struct ir_edge *other = &node->edges[i];
        if (other->input != IR_SCALAR)
            continue;
        if (other->conditional.ptr || other->parallel_set)
            return false;
        scalars++;
    }
    return scalars >= 2;
}

/* An edge that is taken, and how many shares of the run go along it. */
struct taken {
    const struct ir_edge *edge;
    struct rt_scope scope;
    size_t shares, first_share;
    uint32_t branch, branches; /* of a Parallel; branches 0: none */
    struct unum_str *members;  /* of a fan-in */
    size_t members_len, position;
};

struct plan {
    struct taken *at;
    size_t len, shares;
};

static int plan_fan_in(struct rt_inv *inv, const struct ir_env *env, struct taken *taken,
                       struct unum_err *err)
{
    int rc = ir_values(taken->edge->values, taken->edge->values_len, env, &inv->arena,
                       &taken->members, &taken->members_len, err);
    if (rc == 0)
        rc = ir_values_position(taken->members, taken->members_len, inv->instance, &taken->position,
                                err);
    return rc;
}

static int plan_edge(struct rt_inv *inv, const struct ir_edge *edge, const struct ir_env *env,
                     struct plan *plan, struct unum_err *err)
{
    bool take = true;
    int rc = 0;
    if (edge->conditional.ptr)
        rc = ir_condition(edge->conditional, env, &take, err);
    if (rc < 0 || !take)
        return rc;
    struct taken taken = {.edge = edge, .first_share = plan->shares, .shares = 1};
    rc = modified_scope(inv, edge, env->output, &taken.scope, err);
    if (rc < 0)
        return rc;
    if (edge->input == IR_FANIN) {
        rc = plan_fan_in(inv, env, &taken, err);
    } else if (edge->input == IR_MAP) {
        if (json_type(env->output) != JSON_ARRAY)
            return unum_err_set(err, UNUM_E_INVAL, "a Map edge needs a list as output");
        taken.shares = json_count(env->output);
        if (taken.shares > UNUM_LIMIT_FAN_OUT)
            return unum_err_set(err, UNUM_E_LIMIT, "%zu elements; at most %d are possible",
                                taken.shares, UNUM_LIMIT_FAN_OUT);
    }
    if (rc == 0) {
        plan->shares += taken.shares;
        plan->at[plan->len++] = taken;
    }
    return rc;
}

/* Number the branches of a Parallel. All of them count, also those not taken. */
static void number_branches(const struct ir_node *node, struct plan *plan)
{
    uint32_t branches = 0;
    for (size_t i = 0; i < node->edges_len; i++) {
        if (!is_branch(node, &node->edges[i]))
            continue;
        for (size_t j = 0; j < plan->len; j++) {
            if (plan->at[j].edge == &node->edges[i])
                plan->at[j].branch = branches;
        }
        branches++;
    }
    for (size_t j = 0; j < plan->len; j++) {
        if (is_branch(node, plan->at[j].edge))
            plan->at[j].branches = branches;
    }
}

static int make_plan(struct rt_inv *inv, struct unum_str output, struct plan *ret,
                     struct unum_err *err)
{
    const struct ir_node *node = inv->node;
    struct ir_env env = {levels_of(inv, inv->event.scope), inv->event.scope.len, output};
    *ret = (struct plan){unum_arena_array(&inv->arena, node->edges_len, sizeof(*ret->at)), 0, 0};
    for (size_t i = 0; i < node->edges_len; i++) {
        int rc = plan_edge(inv, &node->edges[i], &env, ret, err);
        if (rc < 0)
            return unum_err_wrap(err, "edge %zu of %.*s, to %.*s", i + 1, UNUM_STR_ARG(node->name),
                                 UNUM_STR_ARG(node->edges[i].name));
    }
    number_branches(node, ret);
    return 0;
}

void rt_graph_evaluate(struct rt_inv *inv, struct record *record)
{
    struct plan plan;
    struct unum_err UNUM_AUTO_ERR why = UNUM_ERR_INIT;
    if (make_plan(inv, record->user, &plan, &why) == 0)
        return;
    record->error = true;
    record->error_type = UNUM_STR("States.Runtime");
    record->cause = unum_arena_str(&inv->arena, unum_str_from(unum_err_text(&why)));
    record->has_to = true;
    record->to = UNUM_STR(RECORD_FAILURE);
}

/* ---- edges ---- */

static struct rt_value output_value(struct rt_inv *inv, struct unum_str output)
{
    if (output.len > UNUM_LIMIT_INLINE)
        return (struct rt_value){.kind = RT_VALUE_REF, .ref = inv->instance};
    return (struct rt_value){.kind = RT_VALUE_INLINE, .json = output};
}

static int add_map(struct rt_inv *inv, const struct taken *taken, size_t shares,
                   struct unum_str output, struct unum_err *err)
{
    struct json_iter iter = json_iter(output);
    struct unum_str item;
    for (uint32_t i = 0; json_next(&iter, NULL, &item); i++) {
        struct rt_frame frame = {.index = i, .size = (uint32_t)taken->shares};
        struct rt_edge *edge = rt_edge_add(inv, RT_EDGE_INVOKE);
        edge->node = taken->edge->name;
        edge->scope = rt_scope_push(inv, taken->scope, frame);
        edge->value = (struct rt_value){.kind = RT_VALUE_INLINE, .json = item};
        if (item.len > UNUM_LIMIT_INLINE)
            edge->value =
                (struct rt_value){.kind = RT_VALUE_REF,
                                  .ref = inv->instance,
                                  .pointer = unum_arena_printf(&inv->arena, "/%" PRIu32, i)};
        int rc = weight_split(&inv->arena, inv->event.weight, shares, taken->first_share + i,
                              &edge->weight, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int add_edge(struct rt_inv *inv, const struct taken *taken, size_t shares,
                    struct unum_str output, struct unum_err *err)
{
    if (taken->edge->input == IR_MAP)
        return add_map(inv, taken, shares, output, err);
    struct rt_edge *edge =
        rt_edge_add(inv, taken->edge->input == IR_FANIN ? RT_EDGE_JOIN : RT_EDGE_INVOKE);
    edge->node = taken->edge->name;
    edge->scope = taken->scope;
    edge->value = output_value(inv, output);
    edge->members = taken->members;
    edge->members_len = taken->members_len;
    edge->position = taken->position;
    if (taken->branches) {
        struct rt_frame frame = {.parallel = true, .index = taken->branch, .size = taken->branches};
        edge->scope = rt_scope_push(inv, taken->scope, frame);
    }
    return weight_split(&inv->arena, inv->event.weight, shares, taken->first_share, &edge->weight,
                        err);
}

int rt_graph_decide(struct rt_inv *inv, struct record *record, struct unum_err *err)
{
    if (record->error) {
        struct rt_edge *edge = rt_edge_add(inv, RT_EDGE_END);
        edge->name = inv->instance;
        edge->status = "FAILED";
        edge->error_type = record->error_type;
        edge->cause = record->cause;
        return 0;
    }
    int rc = record_load(&inv->rt->store, inv->prefix, inv->instance, record, &inv->arena, err);
    struct plan plan = {0};
    if (rc == 0)
        rc = make_plan(inv, record->user, &plan, err);
    for (size_t i = 0; rc == 0 && i < plan.len; i++)
        rc = add_edge(inv, &plan.at[i], plan.shares, record->user, err);
    if (rc < 0 || plan.shares)
        return rc;
    bool whole = !inv->event.weight.len;
    struct rt_edge *edge = rt_edge_add(inv, whole ? RT_EDGE_END : RT_EDGE_FINISH);
    edge->name = inv->instance;
    edge->status = "SUCCEEDED";
    edge->value = output_value(inv, record->user);
    return 0;
}

/* ---- fan-in ---- */

static int sum_shares(struct rt_inv *inv, struct unum_str owner, size_t width,
                      struct weight_sum *ret, struct unum_err *err)
{
    size_t leaves = (width + RT_LEAF - 1) / RT_LEAF;
    struct unum_str *keys = unum_arena_array(&inv->arena, leaves, sizeof(*keys));
    struct store_item *items = unum_arena_array(&inv->arena, leaves, sizeof(*items));
    for (size_t i = 0; i < leaves; i++)
        keys[i] = record_set_key(&inv->arena, inv->prefix, owner, 0, (uint32_t)i);
    int rc = inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, keys, leaves,
                                      &inv->arena, items, err);
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; rc == 0 && i < leaves; i++) {
        const struct store_attr *ends = store_attr(&items[i], "Ends");
        for (size_t j = 0; rc == 0 && ends && j < ends->len; j++)
            rc = weight_add(ret, ends->ends[j].text, err);
    }
    return rc;
}

/* Count the sender among the members of an aggregator; the one that completes it invokes. */
static int follow_join(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    struct unum_str owner = rt_instance(inv, edge->node, edge->scope, 0);
    bool full = false;
    int rc = rt_count(inv, owner, (uint32_t)edge->position, (uint32_t)edge->members_len,
                      edge->weight.len ? edge->weight : UNUM_STR(""), &full, err);
    if (rc < 0 || !full)
        return rc;
    struct weight_sum sum;
    rc = sum_shares(inv, owner, edge->members_len, &sum, err);
    if (rc < 0)
        return unum_err_wrap(err, "the fan-in %.*s", UNUM_STR_ARG(owner));
    struct rt_edge start = {
        .kind = RT_EDGE_INVOKE,
        .node = edge->node,
        .scope = edge->scope,
        .weight = weight_text(&inv->arena, &sum),
        .value = {.kind = RT_VALUE_NAMES, .names = edge->members, .names_len = edge->members_len}};
    *rt_edge_add(inv, RT_EDGE_INVOKE) = start;
    return 0;
}

/* ---- several ends ---- */

/* "<share> <E or -> <instance>": what a finished instance leaves in the item of ends. */
static struct unum_str finish_member(struct rt_inv *inv)
{
    bool end = inv->node->end || inv->node->edges_len == 0;
    return unum_arena_printf(&inv->arena, "%.*s %s %.*s", UNUM_STR_ARG(inv->event.weight),
                             end ? "E" : "-", UNUM_STR_ARG(inv->instance));
}

struct ends {
    struct unum_str *names; /* of the instances on end nodes, or of all if there are none */
    size_t len;
    struct weight_sum sum;
};

static int by_bytes(const void *a, const void *b)
{
    return unum_str_cmp(*(const struct unum_str *)a, *(const struct unum_str *)b);
}

static int read_ends(struct rt_inv *inv, const struct store_attr *members, struct ends *ret,
                     struct unum_err *err)
{
    struct unum_str *all = unum_arena_array(&inv->arena, members->len, sizeof(*all));
    size_t all_len = 0;
    *ret = (struct ends){unum_arena_array(&inv->arena, members->len, sizeof(*all)), 0, {{0}}};
    for (size_t i = 0; i < members->len; i++) {
        struct unum_str rest = members->ends[i].text;
        struct unum_str share;
        struct unum_str kind;
        if (!unum_str_split(&rest, ' ', &share) || !unum_str_split(&rest, ' ', &kind) || !rest.ptr)
            return unum_err_set(err, UNUM_E_PARSE, "the item of ends holds \"%.*s\"",
                                UNUM_STR_ARG(members->ends[i].text));
        int rc = weight_add(&ret->sum, share, err);
        if (rc < 0)
            return rc;
        all[all_len++] = rest;
        if (unum_str_is(kind, "E"))
            ret->names[ret->len++] = rest;
    }
    if (!ret->len) {
        ret->names = all;
        ret->len = all_len;
    }
    qsort(ret->names, ret->len, sizeof(*ret->names), by_bytes);
    return 0;
}

/* {instance: value} of several ends. */
static int collect_ends(struct rt_inv *inv, const struct ends *ends, struct unum_str *ret_json,
                        struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    struct json_writer w = JSON_WRITER(&json);
    json_object_begin(&w);
    for (size_t i = 0; i < ends->len; i++) {
        struct unum_str value;
        const struct rt_value reference = {.kind = RT_VALUE_REF, .ref = ends->names[i]};
        int rc = rt_value_read(inv, &reference, &value, err);
        if (rc < 0)
            return rc;
        json_key_str(&w, ends->names[i]);
        json_raw(&w, value);
    }
    json_object_end(&w);
    if (json.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the results of the run exceed %zu MB",
                            UNUM_LIMIT_GATHER / UNUM_MB);
    *ret_json = unum_arena_str(&inv->arena, unum_buf_str(&json));
    return 0;
}

/* Too large for the run record: an outcome of its own holds it. */
static int store_ends(struct rt_inv *inv, struct unum_str json, struct rt_value *ret,
                      struct unum_err *err)
{
    *ret = (struct rt_value){.kind = RT_VALUE_INLINE, .json = json};
    if (json.len <= UNUM_LIMIT_INLINE)
        return 0;
    struct record record = rt_record(inv);
    struct record current;
    bool won;
    record.value = json;
    struct unum_str name = UNUM_STR("~ends");
    *ret = (struct rt_value){.kind = RT_VALUE_REF, .ref = name};
    return record_create(&inv->rt->store, inv->prefix, name, &record, &inv->arena, &won, &current,
                         err);
}

static int follow_finish(struct rt_inv *inv, struct unum_err *err)
{
    const struct store_attr expires = {
        .name = UNUM_STR(STORE_EXPIRES),
        .type = STORE_NUMBER,
        .text = unum_arena_printf(&inv->arena, "%" PRId64, inv->event.run.expires_s)};
    const struct store_update update = {
        .key = unum_arena_printf(&inv->arena, "%.*s~ends-fanin", UNUM_STR_ARG(inv->prefix)),
        .set = &expires,
        .set_len = 1,
        .member_name = UNUM_STR("Members"),
        .member = finish_member(inv)};
    struct store_item now;
    int rc = inv->rt->store.ops->update(inv->rt->store.state, inv->event.run.nonce, &update,
                                        &inv->arena, &now, err);
    const struct store_attr *members = rc == 0 ? store_attr(&now, "Members") : NULL;
    struct ends ends = {0};
    if (rc == 0 && !members)
        rc = unum_err_set(err, UNUM_E_BUG, "the item of ends is empty");
    if (rc == 0 && members)
        rc = read_ends(inv, members, &ends, err);
    if (rc < 0 || !members)
        return unum_err_wrap(err, "the end of %.*s", UNUM_STR_ARG(inv->instance));
    struct rt_edge end = {.kind = RT_EDGE_END, .name = inv->instance, .status = "SUCCEEDED"};
    if (members->len > UNUM_LIMIT_FANIN_NAMES) {
        end.status = "FAILED";
        end.error_type = UNUM_STR("Unum.TooManyEnds");
        end.cause = UNUM_STR("the run has more than 1000 ends; close the fan-out with a fan-in");
    } else if (!weight_is_whole(&ends.sum)) {
        return 0;
    } else if (ends.len == 1) {
        end.value = (struct rt_value){.kind = RT_VALUE_REF, .ref = ends.names[0]};
    } else {
        struct unum_str json = UNUM_STR_NONE;
        rc = collect_ends(inv, &ends, &json, err);
        if (rc == 0)
            rc = store_ends(inv, json, &end.value, err);
    }
    *rt_edge_add(inv, RT_EDGE_END) = end;
    return rc;
}

int rt_graph_follow(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    if (edge->kind == RT_EDGE_JOIN)
        return follow_join(inv, edge, err);
    if (edge->kind == RT_EDGE_FINISH)
        return follow_finish(inv, err);
    return unum_err_set(err, UNUM_E_BUG, "an edge of kind %d in a graph", (int)edge->kind);
}

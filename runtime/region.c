/*
 * Compiled IR: from a recorded outcome to edges. What is evaluated in place (opening, completing
 * and closing a Map or Parallel, a failure that leaves a scope) is followed by the same loop as an
 * instance: look up, evaluate, create, edges.
 */
#include <inttypes.h>

#include "eval/path.h"
#include "rt.h"

/* Whose outcome leads on: a node's instance or a close. */
struct origin {
    struct unum_str instance;
    struct rt_scope scope;
    uint32_t visit;
    struct record *record;
};

static void failed(struct record *record, const char *type, const struct unum_err *why,
                   struct unum_arena *arena)
{
    record->error = true;
    record->error_type = unum_str_from(type);
    record->cause = unum_arena_str(arena, unum_str_from(unum_err_text(why)));
    record->has_to = true;
    record->to = UNUM_STR(RECORD_FAILURE);
    record->fan_in = UNUM_STR_NONE;
}

/* ---- opening ---- */

/* The items of a fan-out: a Map's array, or the common input of a Parallel's branches. */
static int items_of(const struct ir_state *state, struct unum_str value, struct unum_str *ret_items,
                    uint32_t *ret_size, struct unum_err *err)
{
    if (state->type == IR_STATE_PARALLEL) {
        *ret_items = value;
        *ret_size = (uint32_t)state->branches_len;
        return 0;
    }
    int rc = eval_path_apply(state->items_path, value, ret_items, err);
    if (rc < 0)
        return unum_err_wrap(err, "Map %.*s", UNUM_STR_ARG(state->name));
    if (json_type(*ret_items) != JSON_ARRAY)
        return unum_err_set(err, UNUM_E_INVAL, "Map %.*s needs a list, \"%.*s\" is none",
                            UNUM_STR_ARG(state->name), UNUM_STR_ARG(state->items_path));
    size_t count = json_count(*ret_items);
    if (count > UNUM_LIMIT_FAN_OUT)
        return unum_err_set(err, UNUM_E_LIMIT, "Map %.*s has %zu elements; at most %d are possible",
                            UNUM_STR_ARG(state->name), count, UNUM_LIMIT_FAN_OUT);
    *ret_size = (uint32_t)count;
    return 0;
}

static const struct ir_state *head_of(const struct ir_node *node, const struct ir_state *state,
                                      uint32_t index)
{
    return ir_state(node, state->branches[state->type == IR_STATE_PARALLEL ? index : 0]);
}

/* Can everything that is opened in place be opened? Found out before the outcome is created. */
static int check_open(const struct ir_node *node, const struct ir_state *state,
                      struct unum_str value, unsigned depth, struct unum_err *err)
{
    struct unum_str items;
    uint32_t size;
    if (depth > UNUM_LIMIT_FRAMES)
        return unum_err_set(err, UNUM_E_LIMIT, "fan-outs are nested more than %d levels deep",
                            UNUM_LIMIT_FRAMES);
    int rc = items_of(state, value, &items, &size, err);
    struct json_iter iter = json_iter(items);
    for (uint32_t i = 0; rc == 0 && i < size; i++) {
        const struct ir_state *head = head_of(node, state, i);
        struct unum_str item = items;
        if (state->type == IR_STATE_MAP) {
            if (head->type == IR_STATE_TASK || !json_next(&iter, NULL, &item))
                break;
        }
        if (head->type != IR_STATE_TASK)
            rc = check_open(node, head, item, depth + 1, err);
    }
    return rc;
}

static void check_next(struct rt_inv *inv, struct record *record, struct unum_str value)
{
    const struct ir_state *next = record->has_to ? ir_state(inv->node, record->to) : NULL;
    if (!next || next->type == IR_STATE_TASK)
        return;
    struct unum_err UNUM_AUTO_ERR why = UNUM_ERR_INIT;
    if (check_open(inv->node, next, value, 0, &why) < 0)
        failed(record, "States.Runtime", &why, &inv->arena);
}

void rt_region_evaluate(struct rt_inv *inv, struct record *record)
{
    record->has_to = inv->node->then.ptr != NULL;
    record->to = inv->node->then;
    check_next(inv, record, record_value(record));
}

/* JSON Pointer of a reference path, behind `prefix`. */
static int pointer_of(struct rt_inv *inv, struct unum_str prefix, struct unum_str path,
                      struct unum_str *ret, struct unum_err *err)
{
    struct eval_path parsed;
    int rc = eval_path_parse(path, &inv->arena, &parsed, NULL, err);
    if (rc < 0)
        return rc;
    struct unum_buf UNUM_AUTO_BUF pointer = UNUM_BUF_INIT(UNUM_LIMIT_INLINE);
    unum_buf_add(&pointer, prefix);
    for (size_t i = 0; i < parsed.len; i++) {
        const struct eval_step *step = &parsed.steps[i];
        unum_buf_addc(&pointer, '/');
        if (!step->name.ptr)
            unum_buf_addu(&pointer, step->index);
        for (size_t j = 0; j < step->name.len; j++) {
            char c = step->name.ptr[j];
            if (c == '~' || c == '/')
                unum_buf_adds(&pointer, c == '~' ? "~0" : "~1");
            else
                unum_buf_addc(&pointer, c);
        }
    }
    *ret = unum_arena_str(&inv->arena, unum_buf_str(&pointer));
    return 0;
}

/* Append the opening of `state`, whose input is `value`, found at `pointer` in the record of
 * `opener`. */
static int open_state(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope,
                      uint32_t visit, struct unum_str value, struct unum_str opener,
                      struct unum_str pointer, struct unum_err *err)
{
    struct unum_str items;
    uint32_t size;
    int rc = items_of(state, value, &items, &size, err);
    if (rc == 0 && state->type == IR_STATE_MAP)
        rc = pointer_of(inv, pointer, state->items_path, &pointer, err);
    if (rc < 0)
        return rc;
    struct rt_frame frame = {.state = state,
                             .parallel = state->type == IR_STATE_PARALLEL,
                             .size = size,
                             .visit = visit,
                             .opener = opener};
    struct rt_edge *edge = rt_edge_add(inv, size ? RT_EDGE_OPEN : RT_EDGE_CLOSE);
    edge->scope = rt_scope_push(inv, scope, frame);
    edge->state = state;
    edge->items = items;
    edge->name = opener;
    edge->pointer = pointer;
    return 0;
}

/* One position of a fan-out: a node to start, or a further fan-out that is opened in place. */
static int open_position(struct rt_inv *inv, const struct rt_edge *open, uint32_t index,
                         struct unum_str item, struct rt_edge *ret, bool *ret_start,
                         struct unum_err *err)
{
    const struct ir_state *head = head_of(inv->node, open->state, index);
    struct rt_scope scope = rt_scope_at(inv, open->scope, index);
    bool map = open->state->type == IR_STATE_MAP;
    struct unum_str pointer = open->pointer;
    if (map && (item.len > UNUM_LIMIT_INLINE || head->type != IR_STATE_TASK))
        pointer = unum_arena_printf(&inv->arena, "%.*s/%" PRIu32, UNUM_STR_ARG(pointer), index);
    *ret_start = head->type == IR_STATE_TASK;
    if (!*ret_start)
        return open_state(inv, head, scope, 0, item, open->name, pointer, err);
    *ret = (struct rt_edge){.kind = RT_EDGE_INVOKE, .node = head->node, .scope = scope};
    if (item.len > UNUM_LIMIT_INLINE)
        ret->value = (struct rt_value){.kind = RT_VALUE_REF, .ref = open->name, .pointer = pointer};
    else
        ret->value = (struct rt_value){.kind = RT_VALUE_INLINE, .json = item};
    return 0;
}

static int follow_open(struct rt_inv *inv, const struct rt_edge *open, struct unum_err *err)
{
    struct rt_edge starts[RT_LEAF];
    size_t waiting = 0;
    uint32_t size = open->scope.at[open->scope.len - 1].size;
    bool map = open->state->type == IR_STATE_MAP;
    struct json_iter iter = json_iter(open->items);
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && !inv->handed_over && i < size; i++) {
        struct unum_str item = open->items;
        if (map && !json_next(&iter, NULL, &item))
            return unum_err_set(err, UNUM_E_BUG, "a list became shorter");
        bool start = false;
        rc = open_position(inv, open, i, item, &starts[waiting], &start, err);
        waiting += start;
        if (rc == 0 && waiting == RT_LEAF) {
            rc = rt_start(inv, starts, waiting, err);
            waiting = 0;
        }
    }
    return rc == 0 && waiting ? rt_start(inv, starts, waiting, err) : rc;
}

/* ---- going on ---- */

static struct rt_value value_of(const struct origin *from)
{
    struct record *record = from->record;
    if (record->fan_in.ptr)
        return (struct rt_value){.kind = RT_VALUE_FANIN, .json = record->fan_in};
    struct unum_str value = record_value(record);
    if (!value.ptr || value.len > UNUM_LIMIT_INLINE)
        return (struct rt_value){.kind = RT_VALUE_REF, .ref = from->instance};
    return (struct rt_value){.kind = RT_VALUE_INLINE, .json = value};
}

static int go_on(struct rt_inv *inv, const struct origin *from, struct unum_err *err)
{
    struct record *record = from->record;
    struct rt_edge *edge;
    if (record->error) {
        edge = rt_edge_add(inv, from->scope.len ? RT_EDGE_FAIL : RT_EDGE_END);
        edge->scope = from->scope;
        edge->name = from->instance;
        edge->status = "FAILED";
        edge->error_type = record->error_type;
        edge->cause = record->cause;
        return 0;
    }
    if (!record->has_to) {
        edge = rt_edge_add(inv, from->scope.len ? RT_EDGE_COMPLETE : RT_EDGE_END);
        edge->scope = from->scope;
        edge->name = from->instance;
        edge->status = "SUCCEEDED";
        edge->value = value_of(from);
        return 0;
    }
    const struct ir_state *next = ir_state(inv->node, record->to);
    if (!next)
        return unum_err_set(err, UNUM_E_INVAL,
                            "%.*s goes on with the state %.*s, which the IR of %.*s does not know",
                            UNUM_STR_ARG(from->instance), UNUM_STR_ARG(record->to),
                            UNUM_STR_ARG(inv->node->name));
    if (next->type == IR_STATE_TASK) {
        edge = rt_edge_add(inv, RT_EDGE_INVOKE);
        edge->node = next->node;
        edge->scope = from->scope;
        edge->visit = from->visit;
        edge->value = value_of(from);
        return 0;
    }
    int rc = record_load(&inv->rt->store, inv->prefix, from->instance, record, &inv->arena, err);
    if (rc < 0)
        return rc;
    return open_state(inv, next, from->scope, from->visit, record_value(record), from->instance,
                      UNUM_STR(""), err);
}

int rt_region_decide(struct rt_inv *inv, struct record *record, struct unum_err *err)
{
    const struct origin from = {inv->instance, inv->event.scope, inv->event.visit, record};
    return go_on(inv, &from, err);
}

/* ---- completing, closing, failing ---- */

static int follow_complete(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    bool full = false;
    int rc = rt_count(inv, rt_set_owner(inv, edge->scope), frame->index, frame->size, UNUM_STR_NONE,
                      &full, err);
    if (rc < 0 || !full)
        return rc;
    struct rt_scope scope = edge->scope;
    struct unum_str by = edge->name;
    struct rt_edge *close = rt_edge_add(inv, RT_EDGE_CLOSE); /* invalidates `edge` */
    close->scope = scope;
    close->name = by;
    return 0;
}

/* The outcome of the close that `edge` brings about, with everything but its result. */
static struct record close_record(struct rt_inv *inv, const struct rt_edge *edge)
{
    struct record record = rt_record(inv);
    struct rt_scope outer = rt_scope_pop(edge->scope);
    const struct rt_frame *frame = &edge->scope.at[edge->scope.len - 1];
    struct unum_buf UNUM_AUTO_BUF frames = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&frames);
    rt_scope_write(outer, &w);
    record.frames = outer.len ? unum_arena_str(&inv->arena, unum_buf_str(&frames)) : UNUM_STR_NONE;
    record.visit = frame->visit;
    record.attempt = frame->attempt;
    record.by = edge->name;
    return record;
}

/* Create a close (first wins) and go on from it if this branch brought it about: its edges are sent
 * by that branch, by any copy of its event and by its repair; a sibling that comes later leaves
 * them. */
static int create_close(struct rt_inv *inv, const struct rt_edge *edge, const struct record *mine,
                        struct unum_err *err)
{
    struct rt_scope scope = edge->scope;
    struct unum_str instance = rt_close_instance(inv, scope);
    struct record current;
    bool won;
    int rc = record_create(&inv->rt->store, inv->prefix, instance, mine, &inv->arena, &won,
                           &current, err);
    if (rc < 0 || !unum_str_eq(current.by, mine->by))
        return rc;
    const struct origin from = {instance, rt_scope_pop(scope), scope.at[scope.len - 1].visit,
                                &current};
    return go_on(inv, &from, err);
}

/* The recorded close, if there is one. */
static int find_close(struct rt_inv *inv, struct unum_str instance, struct record *ret,
                      struct unum_err *err)
{
    struct unum_str key = record_outcome_key(&inv->arena, inv->prefix, instance);
    struct store_item item;
    int rc = inv->rt->store.ops->read(inv->rt->store.state, inv->event.run.nonce, &key, 1,
                                      &inv->arena, &item, err);
    return rc < 0 ? rc : record_parse(&item, ret, err);
}

static int follow_close(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    const struct ir_state *state = edge->scope.at[edge->scope.len - 1].state;
    const struct ir_state *next = state->next.ptr ? ir_state(inv->node, state->next) : NULL;
    struct record record = close_record(inv, edge);
    record.has_to = state->next.ptr != NULL;
    record.to = state->next;
    if (next && next->type == IR_STATE_TASK) {
        /* The next Task gathers at its ingress. */
        record.fan_in = rt_fan_in(inv, state, edge->scope);
        return create_close(inv, edge, &record, err);
    }
    /* The list is needed here; do not gather it for a close that is decided already. */
    struct record found;
    int rc = find_close(inv, rt_close_instance(inv, edge->scope), &found, err);
    if (rc == 0 && found.present && !unum_str_eq(found.by, record.by))
        return 0;
    if (rc == 0 && !found.present) {
        rc = rt_gather(inv, state, edge->scope, &record.value, err);
        if (rc == 0)
            check_next(inv, &record, record.value);
    }
    return rc < 0 ? rc : create_close(inv, edge, &record, err);
}

static int follow_fail(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    struct record record = close_record(inv, edge);
    record.error = true;
    record.error_type = edge->error_type;
    record.cause = edge->cause;
    record.has_to = true;
    record.to = UNUM_STR(RECORD_FAILURE);
    return create_close(inv, edge, &record, err);
}

int rt_region_follow(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    switch (edge->kind) {
    case RT_EDGE_OPEN:
        return follow_open(inv, edge, err);
    case RT_EDGE_COMPLETE:
        return follow_complete(inv, edge, err);
    case RT_EDGE_CLOSE:
        return follow_close(inv, edge, err);
    case RT_EDGE_FAIL:
        return follow_fail(inv, edge, err);
    case RT_EDGE_INVOKE:
    case RT_EDGE_JOIN:
    case RT_EDGE_FINISH:
    case RT_EDGE_END:
        break;
    }
    return unum_err_set(err, UNUM_E_BUG, "an edge of kind %d in a region", (int)edge->kind);
}

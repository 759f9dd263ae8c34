#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ir/reader.h"
#include "json/json.h"

static int by_name(const void *a, const void *b)
{
    return unum_str_cmp(((const struct ir_state *)a)->name, ((const struct ir_state *)b)->name);
}

const char *ir_state_type_name(enum ir_state_type type)
{
    static const char *const names[IR_STATE_TYPE_COUNT] = {
        [IR_STATE_TASK] = "Task",         [IR_STATE_MAP] = "Map",
        [IR_STATE_PARALLEL] = "Parallel", [IR_STATE_PASS] = "Pass",
        [IR_STATE_CHOICE] = "Choice",     [IR_STATE_WAIT] = "Wait",
        [IR_STATE_SUCCEED] = "Succeed",   [IR_STATE_FAIL] = "Fail"};
    return names[type];
}

bool ir_is_fan_out(enum ir_state_type type)
{
    return type == IR_STATE_MAP || type == IR_STATE_PARALLEL;
}

const struct ir_state *ir_state(const struct ir_node *node, struct unum_str name)
{
    struct ir_state wanted = {.name = name};
    return node->states_len
               ? bsearch(&wanted, node->states, node->states_len, sizeof(*node->states), by_name)
               : NULL;
}

struct target_walk {
    bool (*each)(void *cookie, struct unum_str name);
    void *cookie;
};

static bool give_target(const struct target_walk *walk, struct unum_str object, const char *key)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!json_get(object, unum_str_from(key), &value) || !json_decode(value, &name))
        return true;
    return walk->each(walk->cookie, unum_buf_str(&name));
}

bool ir_each_target(struct unum_str fields, bool (*each)(void *cookie, struct unum_str name),
                    void *cookie)
{
    static const char *const lists[] = {"Choices", "Catch"};
    const struct target_walk walk = {each, cookie};
    if (!fields.ptr || json_type(fields) != JSON_OBJECT)
        return true;
    bool go_on = give_target(&walk, fields, "Default");
    for (size_t i = 0; go_on && i < UNUM_COUNT(lists); i++) {
        struct unum_str list, rule;
        if (!json_get(fields, unum_str_from(lists[i]), &list) || json_type(list) != JSON_ARRAY)
            continue;
        struct json_iter iter = json_iter(list);
        while (go_on && json_next(&iter, NULL, &rule)) {
            if (json_type(rule) == JSON_OBJECT)
                go_on = give_target(&walk, rule, "Next");
        }
    }
    return go_on;
}

struct ir_state *ir_states_add(struct ir_states *states, struct unum_str name,
                               enum ir_state_type type)
{
    if (states->len == states->cap) {
        size_t cap = states->cap ? states->cap * 2 : 8;
        struct ir_state *grown = unum_arena_array(states->arena, cap, sizeof(*grown));
        if (states->len)
            memcpy(grown, states->at, states->len * sizeof(*grown));
        states->at = grown;
        states->cap = cap;
    }
    struct ir_state *state = &states->at[states->len++];
    *state = (struct ir_state){.name = name, .type = type};
    if (type == IR_STATE_MAP)
        state->items_path = UNUM_STR("$");
    return state;
}

static bool sort_states(struct ir_states *states, struct unum_str *ret_name)
{
    if (!states->len)
        return true;
    qsort(states->at, states->len, sizeof(*states->at), by_name);
    for (size_t i = 1; i < states->len; i++) {
        if (unum_str_eq(states->at[i - 1].name, states->at[i].name)) {
            *ret_name = states->at[i].name;
            return false;
        }
    }
    return true;
}

bool ir_states_finish(struct ir_states *states, struct ir_node *node, struct unum_str *ret_name)
{
    if (!sort_states(states, ret_name))
        return false;
    node->states = states->at;
    node->states_len = states->len;
    size_t before = states->len;
    for (size_t i = 0; i < node->within_len; i++) {
        if (!ir_state(node, node->within[i]))
            ir_states_add(states, node->within[i], IR_STATE_MAP);
    }
    if (states->len != before && !sort_states(states, ret_name))
        return false;
    node->states = states->at;
    node->states_len = states->len;
    return true;
}

void ir_member_name(struct unum_buf *out, struct unum_str end, size_t depth, size_t position)
{
    unum_buf_add(out, end);
    unum_buf_adds(out, IR_INDEX);
    for (size_t level = depth - 1; level > 0; level--)
        unum_buf_printf(out, "$%zu.", level);
    if (position == SIZE_MAX)
        unum_buf_addc(out, '*');
    else
        unum_buf_addu(out, position);
}

static void add_task(struct ir_states *states, struct unum_str node)
{
    ir_states_add(states, node, IR_STATE_TASK)->node = node;
}

static const char *scalar_region(struct ir_node *node, struct ir_states *states)
{
    node->then = node->edges[0].name;
    add_task(states, node->then);
    return NULL;
}

/* One Map edge or a list of Scalar edges: opens the state that "Opens" names. */
static const char *opening_region(struct ir_node *node, const struct ir_opens *opens, bool map,
                                  struct ir_states *states)
{
    if (!opens->there)
        return "\"Opens\" is missing: the state that these edges open";
    struct ir_state *state =
        ir_states_add(states, opens->state, map ? IR_STATE_MAP : IR_STATE_PARALLEL);
    state->next = opens->next;
    state->branches_len = node->edges_len;
    state->branches = unum_arena_array(states->arena, node->edges_len, sizeof(*state->branches));
    for (size_t i = 0; i < node->edges_len; i++)
        state->branches[i] = node->edges[i].name;
    node->then = opens->state;
    for (size_t i = 0; i < node->edges_len; i++)
        add_task(states, node->edges[i].name);
    add_task(states, opens->next);
    return NULL;
}

/* The end node of a member that is spelled as ir_member_name() spells it. */
static bool member_end(struct unum_str value, size_t depth, size_t position,
                       struct unum_str *ret_end)
{
    size_t at = unum_str_search(value, UNUM_STR(IR_INDEX));
    if (at == SIZE_MAX || at == 0)
        return false;
    *ret_end = unum_str_slice(value, 0, at);
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    ir_member_name(&wanted, *ret_end, depth, position);
    return unum_str_eq(unum_buf_str(&wanted), value);
}

static const char *closing_region(struct ir_node *node, struct ir_states *states)
{
    const struct ir_edge *edge = &node->edges[0];
    if (!node->within_len)
        return "\"Within\" is missing: the state that this fan-in closes";
    if (edge->modifiers_len != 1 || !unum_str_is(edge->modifiers[0], "Pop"))
        return "a fan-in pops one level: \"Next Payload Modifiers\": [\"Pop\"]";
    bool map = edge->values_len == 1 && unum_str_ends(edge->values[0], UNUM_STR("*"));
    struct ir_state *state = ir_states_add(states, node->within[node->within_len - 1],
                                           map ? IR_STATE_MAP : IR_STATE_PARALLEL);
    state->next = edge->name;
    state->branches_len = edge->values_len;
    state->ends = unum_arena_array(states->arena, edge->values_len, sizeof(*state->ends));
    struct unum_str *ends = state->ends;
    for (size_t i = 0; i < edge->values_len; i++) {
        if (!member_end(edge->values[i], node->within_len, map ? SIZE_MAX : i, &ends[i]))
            return "a member of \"Values\" is not \"<Node>-unumIndex-<position>\", qualified by "
                   "$1, "
                   "$2, ... for the levels further out";
        add_task(states, ends[i]);
    }
    add_task(states, edge->name);
    return NULL;
}

const char *ir_region_of_edges(struct ir_node *node, const struct ir_opens *opens,
                               struct ir_states *states)
{
    if (!node->edges_len)
        return node->within_len ? "the end of a scope is spelled with \"Then\" and \"States\""
                                : NULL;
    for (size_t i = 0; i < node->edges_len; i++) {
        const struct ir_edge *edge = &node->edges[i];
        if (edge->conditional.ptr || edge->parallel_set)
            return "a compiled edge has no \"Conditional\" and no \"Parallel\"";
        if (edge->input != IR_FANIN && edge->modifiers_len)
            return "modifiers stand on a compiled fan-in only";
        if (node->edges_list && edge->input != IR_SCALAR)
            return "a compiled list of edges is a Parallel: all Scalar";
    }
    const struct ir_edge *edge = &node->edges[0];
    if (node->edges_list || edge->input == IR_MAP)
        return opening_region(node, opens, !node->edges_list, states);
    if (opens->there)
        return "\"Opens\" belongs to a Map edge or to a list of edges";
    return edge->input == IR_SCALAR ? scalar_region(node, states) : closing_region(node, states);
}

/* Can a region go on with this state? */
static const char *check_target(const struct ir_node *node, struct unum_str name,
                                struct unum_str *ret_name)
{
    const struct ir_state *state = ir_state(node, name);
    *ret_name = name;
    if (!state)
        return "is not among the States";
    if (ir_is_fan_out(state->type) && !state->branches)
        return "is reached here, but its branches are not given";
    return NULL;
}

struct target_check {
    const struct ir_node *node;
    struct unum_str *ret_name;
    const char *wrong;
};

static bool check_field_target(void *cookie, struct unum_str name)
{
    struct target_check *check = cookie;
    const struct ir_state *state = ir_state(check->node, name);
    if (state)
        check->wrong = check_target(check->node, state->name, check->ret_name);
    else
        check->wrong = "names a target that is not among the States";
    return !check->wrong;
}

static const char *check_fields(const struct ir_node *node, const struct ir_state *state,
                                struct unum_str *ret_name)
{
    struct target_check check = {.node = node, .ret_name = ret_name};
    *ret_name = state->name;
    (void)ir_each_target(state->fields, check_field_target, &check);
    return check.wrong;
}

static const char *check_state(const struct ir_node *node, const struct ir_state *state,
                               struct unum_str *ret_name)
{
    const char *wrong = check_fields(node, state, ret_name);
    if (state->type == IR_STATE_TASK)
        return wrong;
    for (size_t i = 0; !wrong && state->branches && i < state->branches_len; i++)
        wrong = check_target(node, state->branches[i], ret_name);
    for (size_t i = 0; !wrong && state->ends && i < state->branches_len; i++) {
        *ret_name = state->ends[i];
        wrong = !state->ends[i].ptr || ir_state(node, state->ends[i]) ? NULL
                                                                      : "is not among the States";
    }
    if (!wrong && state->next.ptr)
        wrong = check_target(node, state->next, ret_name);
    return wrong;
}

/* A state on the way of the walk, and which of its successors comes next. */
struct visit {
    const struct ir_state *state;
    size_t successor;
};

static bool goes_back(const struct ir_state *state, struct unum_str name)
{
    for (size_t i = 0; i < state->back_len; i++) {
        if (unum_str_eq(state->back[i], name))
            return true;
    }
    return false;
}

/* Heads of branches, then what follows the close, but for another round of a cycle; NULL at the
 * end. */
static const struct ir_state *successor(const struct ir_node *node, const struct ir_state *state,
                                        size_t i)
{
    size_t heads = state->branches ? state->branches_len : 0;
    if (i < heads)
        return ir_state(node, state->branches[i]);
    return i == heads && state->next.ptr && !goes_back(state, state->next)
               ? ir_state(node, state->next)
               : NULL;
}

/* What is evaluated in place must come to an end. Depth first without recursion: chains are long.
 */
static const char *check_ends(const struct ir_node *node, struct unum_str *ret_name)
{
    enum { FRESH, ON_THE_WAY, DONE };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    unsigned char *mark = unum_arena_alloc(&arena, node->states_len);
    struct visit *way = unum_arena_array(&arena, node->states_len, sizeof(*way));
    for (size_t i = 0; i < node->states_len; i++) {
        size_t len = 0;
        if (mark[i] == FRESH)
            way[len++] = (struct visit){&node->states[i], 0};
        while (len) {
            struct visit *here = &way[len - 1];
            mark[here->state - node->states] = ON_THE_WAY;
            const struct ir_state *next = successor(node, here->state, here->successor++);
            if (!next) {
                mark[here->state - node->states] = DONE;
                len--;
            } else if (mark[next - node->states] == ON_THE_WAY) {
                *ret_name = next->name;
                return "comes back to itself";
            } else if (mark[next - node->states] == FRESH) {
                way[len++] = (struct visit){next, 0};
            }
        }
    }
    return NULL;
}

const char *ir_region_check(const struct ir_node *node, struct unum_str *ret_name)
{
    const char *wrong = NULL;
    for (size_t i = 0; !wrong && i < node->within_len; i++) {
        const struct ir_state *state = ir_state(node, node->within[i]);
        *ret_name = node->within[i];
        if (!state || !ir_is_fan_out(state->type))
            wrong = "is not a Map or Parallel";
        for (size_t j = 0; !wrong && j < i; j++)
            wrong = unum_str_eq(node->within[i], node->within[j]) ? "encloses itself" : NULL;
    }
    for (size_t i = 0; !wrong && i < node->states_len; i++)
        wrong = check_state(node, &node->states[i], ret_name);
    if (!wrong && node->then.ptr)
        wrong = check_target(node, node->then, ret_name);
    if (!wrong && node->task)
        wrong = check_fields(node, node->task, ret_name);
    return wrong ? wrong : check_ends(node, ret_name);
}

/* ---- which spelling ---- */

static bool is_task(const struct ir_node *node, struct unum_str name)
{
    const struct ir_state *state = name.ptr ? ir_state(node, name) : NULL;
    return state && state->type == IR_STATE_TASK;
}

static bool all_tasks(const struct ir_node *node, const struct unum_str *names, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_task(node, names[i]))
            return false;
    }
    return true;
}

/* An enclosing state of which only the name is known. */
static bool is_outline(const struct ir_state *state)
{
    return ir_is_fan_out(state->type) && !state->branches_len && !state->next.ptr &&
           !state->fields.ptr;
}

static bool opens_with_edges(const struct ir_node *node, const struct ir_state *state)
{
    return !state->ends && all_tasks(node, state->branches, state->branches_len) &&
           is_task(node, state->next) &&
           (state->type == IR_STATE_PARALLEL || unum_str_is(state->items_path, "$"));
}

static bool no_target(void *cookie, struct unum_str name)
{
    (void)cookie;
    (void)name;
    return false;
}

bool ir_region_is_edges(const struct ir_node *node)
{
    /* Edges name nodes, and a target is the name of a state. */
    if (node->task && !ir_each_target(node->task->fields, no_target, NULL))
        return false;
    const struct ir_state *last =
        node->within_len ? ir_state(node, node->within[node->within_len - 1]) : NULL;
    const struct ir_state *then = node->then.ptr ? ir_state(node, node->then) : NULL;
    const struct ir_state *fan = then && then->type != IR_STATE_TASK ? then : then ? NULL : last;
    for (size_t i = 0; i < node->states_len; i++) {
        const struct ir_state *state = &node->states[i];
        if (state->type != IR_STATE_TASK && state != fan && !is_outline(state))
            return false;
        if (state->fields.ptr || state->back_len || state->in_place)
            return false;
    }
    if (node->task && node->task->back_len)
        return false;
    if (!fan)
        return true;
    if (fan == then)
        return opens_with_edges(node, fan);
    return fan->ends && !fan->branches && all_tasks(node, fan->ends, fan->branches_len) &&
           is_task(node, fan->next);
}

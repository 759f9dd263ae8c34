#include "template/reach.h"

#include "json/json.h"

enum { AT_ONCE = 64 }; /* starts that are never split; the runtime's leaf width */

/* The states of one region that have been looked at. */
struct walk {
    const struct ir_node *node;
    struct unum_map visited;
    struct unum_map *targets, *timers;
    unsigned depth; /* of openings inside each other */
};

static void visit(struct walk *walk, struct unum_str name, bool *ends);

struct target_visit {
    struct walk *walk;
    bool *ends;
};

static bool visit_target(void *cookie, struct unum_str name)
{
    const struct target_visit *to = cookie;
    visit(to->walk, name, to->ends);
    return true;
}

/* A retrier whose MaxAttempts is 0 says that an error is not retried. */
static bool is_retried(const struct ir_state *state)
{
    struct unum_str retriers, retrier, most;
    if (!state->fields.ptr || !json_get(state->fields, UNUM_STR("Retry"), &retriers))
        return false;
    for (struct json_iter iter = json_iter(retriers); json_next(&iter, NULL, &retrier);) {
        int64_t attempts = 0;
        if (!json_get(retrier, UNUM_STR("MaxAttempts"), &most) || !json_to_i64(most, &attempts) ||
            attempts != 0)
            return true;
    }
    return false;
}

static void add(struct walk *walk, struct unum_str node)
{
    unum_map_set(walk->targets, node, walk->targets);
}

static void add_timer(struct walk *walk, struct unum_str node)
{
    add(walk, node);
    unum_map_set(walk->timers, node, walk->timers);
}

static void add_opener(struct walk *walk, const struct ir_state *state)
{
    if (state->opener.ptr && is_retried(state))
        add_timer(walk, state->opener);
}

static void visit_fan_out(struct walk *walk, const struct ir_state *state)
{
    bool inside = false; /* the end of a branch is not the end of this scope */
    /* What does not fit into one invocation is handed over to the same node: starts of more than
     * one fan-out, or of more than fit into one request. */
    if (state->branches_len &&
        (walk->depth || state->type == IR_STATE_MAP || state->branches_len > AT_ONCE))
        add(walk, walk->node->name);
    walk->depth++;
    add_opener(walk, state);
    for (size_t i = 0; state->branches && i < state->branches_len; i++)
        visit(walk, state->branches[i], &inside);
    walk->depth--;
}

/* Go into the state: a Task is an edge, the end of this region. *ends becomes true if the scope can
 * end in place behind the state, i.e. without another invocation. */
static void visit(struct walk *walk, struct unum_str name, bool *ends)
{
    const struct ir_state *state = ir_state(walk->node, name);
    if (!state || unum_map_set(&walk->visited, state->name, walk))
        return;
    if (state->type == IR_STATE_TASK) {
        add(walk, state->node);
        return;
    }
    if (ir_is_fan_out(state->type))
        visit_fan_out(walk, state);
    if (state->type == IR_STATE_WAIT)
        add_timer(walk, walk->node->name); /* it goes on behind its own timer */
    struct target_visit to = {walk, ends};
    (void)ir_each_target(state->fields, visit_target, &to);
    if (state->next.ptr)
        visit(walk, state->next, ends);
    else if (state->type != IR_STATE_CHOICE && state->type != IR_STATE_FAIL)
        *ends = true;
}

static void walk_region(struct walk *walk)
{
    const struct ir_node *node = walk->node;
    bool ends = false;
    if (!node->has_region)
        return;
    struct target_visit to = {walk, &ends};
    if (node->task) {
        (void)ir_each_target(node->task->fields, visit_target, &to);
        if (is_retried(node->task))
            add_timer(walk, node->name);
    }
    if (node->then.ptr)
        visit(walk, node->then, &ends);
    else
        ends = true;
    /* The last one of a fan-out goes on behind it; one that fails, behind what catches it. */
    for (size_t i = node->within_len; i > 0; i--) {
        const struct ir_state *state = ir_state(node, node->within[i - 1]);
        bool behind = false;
        to.ends = &behind;
        if (!state)
            continue;
        add_opener(walk, state);
        (void)ir_each_target(state->fields, visit_target, &to);
        if (ends && state->next.ptr)
            visit(walk, state->next, &behind);
        ends = behind || (ends && !state->next.ptr);
    }
}

static void walk_node(const struct ir_node *node, struct unum_map *targets, struct unum_map *timers)
{
    struct walk walk = {.node = node, .targets = targets, .timers = timers};
    if (!node->compiled)
        return;
    if (node->timeout_s) /* the run's deadline is an event of its own */
        unum_map_set(timers, node->name, timers);
    walk_region(&walk);
    unum_map_done(&walk.visited);
}

void reach_targets(const struct ir_node *node, struct unum_map *ret)
{
    for (size_t i = 0; i < node->edges_len; i++) {
        /* The last one of a fan-in starts its target after everything else. */
        bool last = node->edges[i].input == IR_FANIN && node->edges_len > 1 && !node->compiled;
        unum_map_set(ret, node->edges[i].name, ret);
        if (node->edges[i].input == IR_MAP || node->edges_len > AT_ONCE || last)
            unum_map_set(ret, node->name, ret);
    }
    /* The failure function starts nodes again and sends their edges. */
    for (size_t i = 0; i < node->nodes_len; i++) {
        unum_map_set(ret, node->nodes[i].name, ret);
        for (size_t k = 0; k < node->nodes[i].edges_len; k++)
            unum_map_set(ret, node->nodes[i].edges[k].name, ret);
    }
    struct unum_map UNUM_AUTO_MAP timers = UNUM_MAP_INIT;
    walk_node(node, ret, &timers);
}

void reach_timers(const struct ir_node *node, struct unum_map *ret)
{
    struct unum_map UNUM_AUTO_MAP targets = UNUM_MAP_INIT;
    walk_node(node, &targets, ret);
    /* The failure function decides for the node whose event failed. */
    for (size_t i = 0; i < node->nodes_len; i++)
        walk_node(&node->nodes[i], &targets, ret);
}

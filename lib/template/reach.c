#include "template/reach.h"

enum { AT_ONCE = 64 }; /* starts that are never split; the runtime's leaf width */

/* The states of one region that have been looked at. */
struct walk {
    const struct ir_node *node;
    struct unum_map visited;
    struct unum_map *targets;
};

/* Go into the state: a Task is an edge, the end of this region. True if the scope can end in place
 * behind the state, i.e. without another invocation: a Map without elements. */
static bool visit(struct walk *walk, struct unum_str name)
{
    const struct ir_state *state = ir_state(walk->node, name);
    if (!state || unum_map_set(&walk->visited, name, walk))
        return false;
    if (state->type == IR_STATE_TASK) {
        unum_map_set(walk->targets, state->node, walk->targets);
        return false;
    }
    /* A fan-out that does not fit into one invocation is handed over to the same node. */
    if (state->branches_len && (state->type == IR_STATE_MAP || state->branches_len > AT_ONCE))
        unum_map_set(walk->targets, walk->node->name, walk->targets);
    for (size_t i = 0; i < state->branches_len; i++)
        visit(walk, state->branches[i]);
    return state->next.ptr ? visit(walk, state->next) : true;
}

static void walk_region(struct walk *walk)
{
    const struct ir_node *node = walk->node;
    if (!node->has_region)
        return;
    bool ends = node->then.ptr ? visit(walk, node->then) : true;
    /* The last one of a fan-out goes on behind it. */
    for (size_t i = node->within_len; ends && i > 0; i--) {
        const struct ir_state *state = ir_state(node, node->within[i - 1]);
        if (state && state->next.ptr)
            ends = visit(walk, state->next);
    }
}

void reach_targets(const struct ir_node *node, struct unum_map *ret)
{
    for (size_t i = 0; i < node->edges_len; i++) {
        unum_map_set(ret, node->edges[i].name, ret);
        if (node->edges[i].input == IR_MAP || node->edges_len > AT_ONCE)
            unum_map_set(ret, node->name, ret);
    }
    /* The failure function starts nodes again and sends their edges. */
    for (size_t i = 0; i < node->nodes_len; i++) {
        unum_map_set(ret, node->nodes[i].name, ret);
        for (size_t k = 0; k < node->nodes[i].edges_len; k++)
            unum_map_set(ret, node->nodes[i].edges[k].name, ret);
    }
    if (node->compiled) {
        struct walk walk = {.node = node, .targets = ret};
        walk_region(&walk);
        unum_map_done(&walk.visited);
    }
}

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "compile/project_internal.h"

/* The region of one node while it is collected. */
struct region {
    struct projection *p;
    UNUM_VEC(struct ir_state) states;
};

static struct place *place_of(const struct projection *p, const struct asl_state *state)
{
    return &p->places[state->id];
}

/* ---- what can come to its end without a Task ---- */

static bool can_end(struct projection *p, const struct asl_state *state);

/* A Map may have no element; a Parallel closes in place if all its branches do. */
static bool can_close(struct projection *p, const struct asl_state *state)
{
    for (size_t i = 0; state->type == ASL_PARALLEL && i < state->branches_len; i++) {
        if (!can_end(p, state->branches[i].start))
            return false;
    }
    return state->type != ASL_TASK;
}

/* Can the scope of `state` end in place when it is entered here? */
static bool can_end(struct projection *p, const struct asl_state *state)
{
    const struct asl_state *at = state;
    bool ends = true;
    for (; at; at = at->next) {
        struct place *place = place_of(p, at);
        if (!place->ends && !can_close(p, at))
            place->ends = -1;
        if (place->ends) {
            ends = place->ends > 0;
            break;
        }
    }
    for (; state != at; state = state->next)
        place_of(p, state)->ends = ends ? 1 : -1;
    return ends;
}

/* ---- collecting states ---- */

/* The state in the region; added with name and type if it is not there. */
static struct ir_state *touch(struct region *r, const struct asl_state *state)
{
    static const enum ir_state_type types[] = {
        [ASL_TASK] = IR_STATE_TASK, [ASL_MAP] = IR_STATE_MAP, [ASL_PARALLEL] = IR_STATE_PARALLEL};
    struct place *place = place_of(r->p, state);
    if (place->stamp != r->p->stamp) {
        place->stamp = r->p->stamp;
        place->at = r->states.len;
        struct ir_state *added = unum_vec_push(&r->states);
        added->name = place->ir_name;
        added->type = types[state->type];
        added->node = place->node;
        if (state->type == ASL_MAP)
            added->items_path = UNUM_STR("$");
    }
    return &r->states.at[place->at];
}

static void set_ends(struct region *r, const struct asl_state *state)
{
    struct unum_str *ends = unum_arena_array(r->p->arena, state->branches_len, sizeof(*ends));
    for (size_t i = 0; i < state->branches_len; i++) {
        const struct asl_state *end = asl_scope_end(&state->branches[i]);
        touch(r, end);
        ends[i] = place_of(r->p, end)->ir_name;
    }
    struct ir_state *fan_out = touch(r, state);
    fan_out->ends = ends;
    fan_out->branches_len = state->branches_len;
}

static void enter(struct region *r, const struct asl_state *state);

/* Heads of branches, and with a head that is evaluated in place the ends too. */
static void open_branches(struct region *r, const struct asl_state *state)
{
    struct unum_str *heads = unum_arena_array(r->p->arena, state->branches_len, sizeof(*heads));
    bool in_place = false;
    for (size_t i = 0; i < state->branches_len; i++) {
        const struct asl_state *head = state->branches[i].start;
        enter(r, head);
        heads[i] = place_of(r->p, head)->ir_name;
        in_place = in_place || head->type != ASL_TASK;
    }
    struct ir_state *fan_out = touch(r, state);
    fan_out->branches = heads;
    fan_out->branches_len = state->branches_len;
    if (state->type == ASL_MAP)
        fan_out->items_path = state->items_path;
    if (in_place)
        set_ends(r, state);
}

/* Everything that is evaluated in place from `state` on. */
static void enter(struct region *r, const struct asl_state *state)
{
    while (state) {
        if (touch(r, state)->branches)
            return;
        if (state->type == ASL_TASK)
            return;
        open_branches(r, state);
        touch(r, state)->next = state->next ? place_of(r->p, state->next)->ir_name : UNUM_STR_NONE;
        state = state->next;
    }
}

/* The scope has come to its end: the states that enclose it close, as far as that goes in place. */
static void close_scopes(struct region *r, const struct asl_scope *scope)
{
    for (const struct asl_state *state = scope->parent; state;
         state = place_of(r->p, state)->scope->parent) {
        set_ends(r, state);
        if (!state->next)
            continue;
        touch(r, state)->next = place_of(r->p, state->next)->ir_name;
        enter(r, state->next);
        if (!can_end(r->p, state->next))
            return;
    }
}

static int by_name(const void *a, const void *b)
{
    return unum_str_cmp(((const struct ir_state *)a)->name, ((const struct ir_state *)b)->name);
}

static void set_within(struct projection *p, const struct asl_scope *scope, struct ir_node *node)
{
    node->within = unum_arena_array(p->arena, scope->depth, sizeof(*node->within));
    node->within_len = scope->depth;
    size_t i = scope->depth;
    for (const struct asl_state *state = scope->parent; state;
         state = place_of(p, state)->scope->parent)
        node->within[--i] = place_of(p, state)->ir_name;
}

/* Enclosing states that the region does not reach: only their names count. */
static void add_outlines(struct region *r, const struct asl_scope *scope)
{
    for (const struct asl_state *state = scope->parent; state;
         state = place_of(r->p, state)->scope->parent) {
        if (place_of(r->p, state)->stamp == r->p->stamp)
            continue;
        struct ir_state *added = touch(r, state);
        added->type = IR_STATE_MAP;
        added->items_path = UNUM_STR("$");
    }
}

/* The IR of a node in `scope` that goes on with `then` (NULL: the end of the scope). */
static struct ir_node *project(struct projection *p, struct unum_str name,
                               const struct asl_scope *scope, const struct asl_state *then)
{
    struct ir_node *node = UNUM_ARENA_NEW(p->arena, struct ir_node);
    struct region r = {.p = p};
    p->stamp++;
    *node = (struct ir_node){.name = name,
                             .compiled = true,
                             .checkpoint = p->app->checkpoint,
                             .debug = p->app->debug,
                             .machine = p->hash,
                             .has_region = true};
    if (then) {
        node->then = place_of(p, then)->ir_name;
        enter(&r, then);
    }
    if (!then || can_end(p, then))
        close_scopes(&r, scope);
    add_outlines(&r, scope);
    set_within(p, scope, node);
    node->states = unum_arena_array(p->arena, r.states.len, sizeof(*node->states));
    node->states_len = r.states.len;
    if (r.states.len) {
        memcpy(node->states, r.states.at, r.states.len * sizeof(*node->states));
        qsort(node->states, node->states_len, sizeof(*node->states), by_name);
    }
    p->total += r.states.len;
    unum_vec_done(&r.states);
    return node;
}

/* ---- nodes ---- */

/* Nodes that open or close a fan-out or end the run cannot do without a checkpoint. */
static bool must_checkpoint(const struct ir_node *node)
{
    const struct ir_state *then = node->then.ptr ? ir_state(node, node->then) : NULL;
    return !then || then->type != IR_STATE_TASK;
}

static void force_checkpoints(struct projection *p, const struct compiled_node *nodes, size_t len)
{
    const struct ir_node *first = NULL;
    size_t forced = 0;
    for (size_t i = 0; i < len && !p->app->checkpoint; i++) {
        if (!must_checkpoint(nodes[i].ir))
            continue;
        nodes[i].ir->checkpoint = true;
        first = first ? first : nodes[i].ir;
        forced++;
    }
    if (forced)
        unum_diag_add(
            p->diags, UNUM_W0419, (struct unum_span){0},
            "Checkpoint: false is ignored for %zu of %zu nodes, among them \"%.*s\": they "
            "open or close a fan-out or end the run",
            forced, len, UNUM_STR_ARG(first->name));
}

static void refuse_size(struct projection *p, const struct asl_scope *scope)
{
    struct unum_span span = scope->parent ? scope->parent->span : scope->start->span;
    unum_diag_add(
        p->diags, UNUM_E0415, span,
        "the nodes of this machine would have to know %d states together: too many branches, "
        "or too many Maps in a row",
        PROJECT_LIMIT_STATES);
    unum_diag_hint(p->diags, "use a Map instead of a wide Parallel, and a Task between Maps");
}

struct compiled_node *project_nodes(struct projection *p, size_t *ret_len)
{
    const struct asl_scope *machine = &p->machine->scope;
    struct compiled_node *nodes =
        unum_arena_array(p->arena, p->machine->states + 2, sizeof(*nodes));
    size_t len = 0;
    /* States sorted into the order of the template: one pass per function would be quadratic. */
    size_t *first = unum_arena_array(p->arena, p->app->functions_len + 1, sizeof(*first));
    for (size_t i = 0; i < p->machine->states; i++) {
        if (p->places[i].state->type == ASL_TASK)
            first[p->places[i].state->function + 1]++;
    }
    for (size_t i = 0; i < p->app->functions_len; i++)
        first[i + 1] += first[i];
    len = first[p->app->functions_len];
    *ret_len = 0;
    for (size_t i = 0; i < p->machine->states; i++) {
        const struct place *place = &p->places[i];
        if (place->state->type != ASL_TASK)
            continue;
        if (p->total > PROJECT_LIMIT_STATES) {
            refuse_size(p, place->scope);
            return nodes;
        }
        struct compiled_node *node = &nodes[first[place->state->function]++];
        node->node = place->node;
        node->function = p->app->functions[place->state->function].name;
        node->ir = project(p, place->node, place->scope, place->state->next);
        node->ir->start = place->state == machine->start;
    }
    if (machine->start->type != ASL_TASK) {
        struct ir_node *entry = project(p, UNUM_STR(IR_ENTRY_NODE), machine, machine->start);
        entry->start = true;
        entry->generated = true;
        nodes[len++] = (struct compiled_node){.node = entry->name, .ir = entry};
    }
    force_checkpoints(p, nodes, len);
    *ret_len = len;
    return nodes;
}

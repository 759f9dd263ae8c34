#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "compile/project_internal.h"
#include "json/json.h"

#define LONGEST_WAIT (366 * 86400) /* seconds that records are kept beyond Retention, at most */

/* The region of one node while it is collected. */
struct region {
    struct projection *p;
    struct unum_str node;
    const struct asl_scope *scope; /* the node stands in */
    UNUM_VEC(struct ir_state) states;
    UNUM_VEC(const struct asl_state *) waiting; /* to be entered */
    bool reads_input, reads_item;
};

/* ---- collecting states ---- */

/* The state in the region; added with name and type if it is not there. */
static struct ir_state *touch(struct region *r, const struct asl_state *state)
{
    static const enum ir_state_type types[] = {
        [ASL_TASK] = IR_STATE_TASK,         [ASL_MAP] = IR_STATE_MAP,
        [ASL_PARALLEL] = IR_STATE_PARALLEL, [ASL_PASS] = IR_STATE_PASS,
        [ASL_CHOICE] = IR_STATE_CHOICE,     [ASL_WAIT] = IR_STATE_WAIT,
        [ASL_SUCCEED] = IR_STATE_SUCCEED,   [ASL_FAIL] = IR_STATE_FAIL};
    struct place *place = project_place(r->p, state);
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

static void want(struct region *r, const struct asl_state *state)
{
    if (state && project_place(r->p, state)->entered != r->p->stamp)
        *unum_vec_push(&r->waiting) = state;
}

static void set_fields(struct region *r, struct ir_state *ret, const struct place *place)
{
    r->reads_input = r->reads_input || place->reads_input;
    ret->fields = place->fields;
    ret->back = place->back;
    ret->back_len = place->back_len;
}

/* Does the node stand around this state, or beside it? */
static bool stands_around(const struct region *r, const struct asl_scope *scope)
{
    while (scope != r->scope && scope->parent)
        scope = project_place(r->p, scope->parent)->scope;
    return scope == r->scope;
}

/* Who opens the next attempt: the node that stands nearest of those that can. */
static void offer_to_open(struct region *r, const struct asl_state *state)
{
    struct place *place = project_place(r->p, state);
    if (!state->retriers_len || !stands_around(r, place->scope) ||
        (place->opener.ptr && place->opener_depth >= r->scope->depth))
        return;
    place->opener = r->node;
    place->opener_depth = r->scope->depth;
}

static void set_ends(struct region *r, const struct asl_state *state)
{
    const struct place *place = project_place(r->p, state);
    struct unum_str *ends = unum_arena_array(r->p->arena, state->branches_len, sizeof(*ends));
    for (size_t i = 0; i < state->branches_len; i++) {
        if (!place->ends[i])
            continue;
        touch(r, place->ends[i]);
        ends[i] = project_place(r->p, place->ends[i])->ir_name;
    }
    struct ir_state *fan_out = touch(r, state);
    fan_out->ends = ends;
    fan_out->branches_len = state->branches_len;
    fan_out->in_place = place->in_place;
}

/* Heads of branches, and with a head that is evaluated in place the ends too. */
static void open_branches(struct region *r, const struct asl_state *state)
{
    struct unum_str *heads = unum_arena_array(r->p->arena, state->branches_len, sizeof(*heads));
    bool plain = true;
    for (size_t i = 0; i < state->branches_len; i++) {
        const struct asl_state *head = state->branches[i].start;
        want(r, head);
        heads[i] = project_place(r->p, head)->ir_name;
        plain = plain && head->type == ASL_TASK;
    }
    struct ir_state *fan_out = touch(r, state);
    fan_out->branches = heads;
    fan_out->branches_len = state->branches_len;
    if (state->type == ASL_MAP && project_items_by_reference(state))
        fan_out->items_path = state->items_path;
    offer_to_open(r, state);
    r->reads_item = r->reads_item || project_place(r->p, state)->item_read;
    if (!plain)
        set_ends(r, state);
}

/* Everything that is evaluated in place from `state` on: without recursion, chains are long. */
static void enter(struct region *r, const struct asl_state *from)
{
    want(r, from);
    while (r->waiting.len) {
        const struct asl_state *state = r->waiting.at[--r->waiting.len];
        struct place *place = project_place(r->p, state);
        struct ir_state *entered = touch(r, state);
        if (place->entered == r->p->stamp)
            continue;
        place->entered = r->p->stamp;
        if (state->type == ASL_TASK)
            continue;
        set_fields(r, entered, place);
        if (state->next)
            entered->next = project_place(r->p, state->next)->ir_name;
        for (size_t i = 0; i < state->targets_len; i++)
            want(r, state->targets[i].state);
        if (state->branches_len)
            open_branches(r, state);
    }
}

/* ---- what encloses the node ---- */

static bool ends_here(const struct projection *p, const struct asl_state *state)
{
    return !state || project_place(p, state)->ends_here;
}

/* Enter the catchers of a state; true if the scope it stands in can end behind one of them. */
static bool enter_catchers(struct region *r, const struct asl_state *state)
{
    bool ends = false;
    for (size_t i = 0; i < state->catchers_len; i++) {
        const struct asl_state *to = state->catchers[i].target->state;
        enter(r, to);
        ends = ends || ends_here(r->p, to);
    }
    return ends;
}

/* This node closes `state`; true if the scope it stands in can end then. */
static bool close_state(struct region *r, const struct asl_state *state)
{
    set_ends(r, state);
    /* Positions that ended in place are evaluated again by who closes, and who ends one of a window
     * starts the next. */
    if (touch(r, state)->in_place || project_has_window(state))
        enter(r, state);
    if (state->next) {
        touch(r, state)->next = project_place(r->p, state->next)->ir_name;
        enter(r, state->next);
    }
    set_fields(r, touch(r, state), project_place(r->p, state));
    return ends_here(r->p, state->next);
}

/* The states around the node, from the inside: closed where their scope can come to its end here,
 * and with their error clauses, because any Task may fail.
 *   ends   the scope of the node can end in place */
static void enclose(struct region *r, const struct asl_scope *scope, bool ends)
{
    for (const struct asl_state *state = scope->parent; state;
         state = project_place(r->p, state)->scope->parent) {
        /* Where failures are tolerated, a failed position is as good as an ended one. */
        bool closes = (ends || project_is_tolerant(state)) && close_state(r, state);
        if (state->catchers_len || state->retriers_len) {
            (void)touch(r, state);
            set_fields(r, touch(r, state), project_place(r->p, state));
        }
        /* Elements are found again in the record of who opened the state. */
        if (project_place(r->p, state)->item_read)
            enter(r, state);
        ends = enter_catchers(r, state) || closes;
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
         state = project_place(p, state)->scope->parent)
        node->within[--i] = project_place(p, state)->ir_name;
}

/* Enclosing states that the region does not reach: only their names count. */
static void add_outlines(struct region *r, const struct asl_scope *scope)
{
    for (const struct asl_state *state = scope->parent; state;
         state = project_place(r->p, state)->scope->parent) {
        if (project_place(r->p, state)->stamp == r->p->stamp)
            continue;
        struct ir_state *added = touch(r, state);
        added->type = IR_STATE_MAP;
        added->items_path = UNUM_STR("$");
    }
}

static void set_task(struct region *r, const struct asl_state *task, struct ir_node *node)
{
    const struct place *place = project_place(r->p, task);
    if (!place->fields.ptr && !place->back_len)
        return;
    node->task = UNUM_ARENA_NEW(r->p->arena, struct ir_state);
    *node->task = (struct ir_state){.name = task->name, .type = IR_STATE_TASK, .node = place->node};
    set_fields(r, node->task, place);
}

/* The IR of a node in `scope` that runs `task` (NULL: none) and goes on with `then` (NULL: the end
 * of the scope). */
static struct ir_node *project(struct projection *p, struct unum_str name,
                               const struct asl_scope *scope, const struct asl_state *task,
                               const struct asl_state *then)
{
    struct ir_node *node = UNUM_ARENA_NEW(p->arena, struct ir_node);
    struct region r = {.p = p, .node = name, .scope = scope};
    p->stamp++;
    *node = (struct ir_node){.name = name,
                             .compiled = true,
                             .checkpoint = p->app->checkpoint,
                             .debug = p->app->debug,
                             .machine = p->hash,
                             .has_region = true};
    if (then) {
        node->then = project_place(p, then)->ir_name;
        enter(&r, then);
    }
    bool ends = ends_here(p, then);
    if (task) {
        set_task(&r, task, node);
        ends = enter_catchers(&r, task) || ends;
    }
    enclose(&r, scope, ends);
    add_outlines(&r, scope);
    set_within(p, scope, node);
    node->states = unum_arena_array(p->arena, r.states.len, sizeof(*node->states));
    node->states_len = r.states.len;
    if (r.states.len) {
        memcpy(node->states, r.states.at, r.states.len * sizeof(*node->states));
        qsort(node->states, node->states_len, sizeof(*node->states), by_name);
    }
    node->reads_input = r.reads_input;
    node->reads_item = r.reads_item;
    p->total += r.states.len;
    unum_vec_done(&r.states);
    unum_vec_done(&r.waiting);
    return node;
}

/* ---- nodes ---- */

/* What the delays of a retrier sum up to (ASL: IntervalSeconds, BackoffRate, MaxDelaySeconds). */
static double delays(const struct asl_retrier *retrier)
{
    double delay = (double)retrier->interval, rate = 2, sum = 0;
    (void)json_to_double(retrier->backoff, &rate);
    for (uint64_t i = 0; i < retrier->max_attempts && sum < LONGEST_WAIT; i++) {
        bool cut = retrier->max_delay && delay > (double)retrier->max_delay;
        sum += cut ? (double)retrier->max_delay : delay;
        delay *= rate;
    }
    return sum;
}

/* All Waits of known length and all delays of retries, once. */
static int64_t waiting_seconds(const struct projection *p)
{
    double sum = 0;
    for (size_t i = 0; i < p->machine->states; i++) {
        const struct asl_state *state = p->places[i].state;
        const struct asl_value *seconds = asl_value(state, ASL_SECONDS);
        double wait = 0;
        if (seconds)
            (void)json_to_double(seconds->json, &wait);
        sum += wait;
        for (size_t j = 0; j < state->retriers_len; j++)
            sum += delays(&state->retriers[j]);
    }
    return sum < LONGEST_WAIT ? (int64_t)sum : LONGEST_WAIT;
}

/* The node that begins the run knows what concerns all of it. */
static void set_start(struct projection *p, struct ir_node *node)
{
    node->start = true;
    node->keeps_input = p->reads_input;
    node->timeout_s = (int64_t)p->machine->timeout;
    node->waiting_s = waiting_seconds(p);
}

/* Nodes that open or close a fan-out, choose, catch, retry, wait or end the run cannot do without a
 * checkpoint. */
static bool must_checkpoint(const struct ir_node *node)
{
    const struct ir_state *then = node->then.ptr ? ir_state(node, node->then) : NULL;
    return !then || then->type != IR_STATE_TASK || (node->task && node->task->fields.ptr);
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

/* Known only when every node has been asked. */
static void set_openers(struct projection *p, const struct compiled_node *nodes, size_t len)
{
    struct unum_map UNUM_AUTO_MAP openers = UNUM_MAP_INIT;
    for (size_t i = 0; i < p->machine->states; i++) {
        if (p->places[i].opener.ptr)
            unum_map_set(&openers, p->places[i].ir_name, &p->places[i].opener);
    }
    for (size_t i = 0; i < len && openers.len; i++) {
        for (size_t j = 0; j < nodes[i].ir->states_len; j++) {
            struct ir_state *state = &nodes[i].ir->states[j];
            const struct unum_str *opener = unum_map_get(&openers, state->name);
            if (opener && state->fields.ptr)
                state->opener = *opener;
        }
    }
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
        node->ir = project(p, place->node, place->scope, place->state, place->state->next);
        if (place->state == machine->start)
            set_start(p, node->ir);
    }
    if (machine->start->type != ASL_TASK) {
        struct ir_node *entry = project(p, UNUM_STR(IR_ENTRY_NODE), machine, NULL, machine->start);
        set_start(p, entry);
        entry->generated = true;
        nodes[len++] = (struct compiled_node){.node = entry->name, .ir = entry};
    }
    set_openers(p, nodes, len);
    force_checkpoints(p, nodes, len);
    *ret_len = len;
    return nodes;
}

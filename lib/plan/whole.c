#include "plan/whole.h"

#include "json/json.h"

/* The map holds positions. */
static void *boxed(size_t position)
{
    return (void *)(uintptr_t)(position + 1); /* NOLINT(performance-no-int-to-ptr) */
}

size_t plan_find(const struct plan_whole *whole, struct unum_str key)
{
    const void *at = key.ptr ? unum_map_get(&whole->by_key, key) : NULL;
    return at ? (size_t)(uintptr_t)at - 1 : PLAN_NONE;
}

struct unum_str plan_key(const struct ir_node *node, struct unum_str name)
{
    const struct ir_state *state = name.ptr ? ir_state(node, name) : NULL;
    return state && state->type == IR_STATE_TASK ? state->node : name;
}

/* The state with that key, added if it is not there. */
static size_t state_of(struct plan_whole *whole, struct unum_str key)
{
    size_t at = plan_find(whole, key);
    if (at != PLAN_NONE)
        return at;
    at = whole->states.len;
    key = unum_arena_str(&whole->arena, key);
    *unum_vec_push(&whole->states) =
        (struct plan_state){.key = key, .name = key, .type = IR_STATE_MAP, .parent = PLAN_NONE};
    unum_map_set(&whole->by_key, key, boxed(at));
    return at;
}

/* ---- transitions ---- */

struct linking {
    struct plan_whole *whole;
    const struct ir_node *node;
    const struct ir_state *state; /* whose back edges count; NULL: none */
    size_t from;
    enum plan_way way;
};

static bool goes_back(const struct ir_state *state, struct unum_str name)
{
    for (size_t i = 0; state && i < state->back_len; i++) {
        if (unum_str_eq(state->back[i], name))
            return true;
    }
    return false;
}

static bool link_to(void *cookie, struct unum_str name)
{
    struct linking *l = cookie;
    size_t to = state_of(l->whole, plan_key(l->node, name));
    *unum_vec_push(&l->whole->states.at[l->from].edges) =
        (struct plan_edge){to, l->way, goes_back(l->state, name)};
    return true;
}

/* Transitions among the fields: those behind errors, or those of a Choice. */
static void link_fields(struct linking *l, struct unum_str fields)
{
    struct unum_str list;
    if (!fields.ptr)
        return;
    l->way = json_get(fields, UNUM_STR("Catch"), &list) ? PLAN_CATCH : PLAN_CHOICE;
    (void)ir_each_target(fields, link_to, l);
}

/* ---- states of one node ---- */

static void add_task(struct plan_whole *whole, const struct ir_node *node)
{
    size_t at = state_of(whole, node->name);
    struct plan_state *state = &whole->states.at[at];
    state->type = IR_STATE_TASK;
    state->known = true;
    state->entry = node->generated;
    state->ir = node;
    if (node->task) {
        state->name = node->task->name;
        state->fields = node->task->fields;
    }
    if (node->start)
        whole->start = at;
    state->ends = !node->then.ptr;
    struct linking l = {whole, node, node->task, at, PLAN_NEXT};
    if (node->then.ptr)
        link_to(&l, node->then);
    if (node->task)
        link_fields(&l, node->task->fields);
    size_t parent = PLAN_NONE;
    for (size_t i = 0; i < node->within_len; i++) {
        size_t inner = state_of(whole, node->within[i]);
        whole->states.at[inner].parent = parent;
        parent = inner;
    }
    whole->states.at[at].parent = parent;
}

static bool is_outline(const struct ir_state *state)
{
    return ir_is_fan_out(state->type) && !state->branches_len && !state->next.ptr &&
           !state->fields.ptr;
}

static void set_ends(struct plan_whole *whole, const struct ir_node *node,
                     const struct ir_state *from, struct plan_state *to)
{
    to->closed = true;
    to->branches_len = from->branches_len;
    to->in_place = from->in_place;
    to->end_keys = unum_arena_array(&whole->arena, from->branches_len, sizeof(*to->end_keys));
    for (size_t i = 0; i < from->branches_len; i++)
        to->end_keys[i] = from->ends[i].ptr ? plan_key(node, from->ends[i]) : UNUM_STR_NONE;
}

/* A state is entered or closed by a node that holds all its transitions; the others only name it,
 * or its error clauses. */
static bool is_whole(const struct ir_state *state)
{
    return !ir_is_fan_out(state->type) || state->branches || state->ends;
}

static bool has_forward(const struct plan_state *state)
{
    for (size_t i = 0; i < state->edges.len; i++) {
        if (state->edges.at[i].way == PLAN_NEXT || state->edges.at[i].way == PLAN_CHOICE)
            return true;
    }
    return state->ends;
}

static bool has_way(const struct plan_state *state, enum plan_way way)
{
    for (size_t i = 0; i < state->edges.len; i++) {
        if (state->edges.at[i].way == way)
            return true;
    }
    return false;
}

static void add_transitions(struct plan_whole *whole, const struct ir_node *node,
                            const struct ir_state *state, size_t at)
{
    struct linking l = {whole, node, state, at, PLAN_NEXT};
    bool choice = state->type == IR_STATE_CHOICE;
    if (is_whole(state) && !has_forward(&whole->states.at[at])) {
        whole->states.at[at].ends = !state->next.ptr && !choice;
        if (state->next.ptr)
            link_to(&l, state->next);
        if (choice)
            link_fields(&l, state->fields);
    }
    if (!choice && !has_way(&whole->states.at[at], PLAN_CATCH))
        link_fields(&l, state->fields);
    l.way = PLAN_BRANCH;
    if (state->branches && !has_way(&whole->states.at[at], PLAN_BRANCH)) {
        for (size_t i = 0; i < state->branches_len; i++)
            link_to(&l, state->branches[i]);
    }
}

static void add_state(struct plan_whole *whole, const struct ir_node *node,
                      const struct ir_state *state)
{
    if (state->type == IR_STATE_TASK) {
        size_t of = state_of(whole, state->node); /* may move the states */
        struct plan_state *task = &whole->states.at[of];
        task->type = IR_STATE_TASK;
        if (unum_str_eq(task->name, task->key))
            task->name = state->name;
        return;
    }
    size_t at = state_of(whole, state->name);
    if (is_outline(state))
        return;
    struct plan_state *ret = &whole->states.at[at];
    ret->type = is_whole(state) || !ret->known ? state->type : ret->type;
    ret->known = true;
    if (state->fields.ptr)
        ret->fields = state->fields;
    if (state->opener.ptr)
        ret->opener = state->opener;
    if (state->branches) {
        ret->opened = true;
        ret->branches_len = state->branches_len;
        ret->items_path = state->items_path;
    }
    if (state->ends)
        set_ends(whole, node, state, ret);
    add_transitions(whole, node, state, at);
}

/* ---- where states stand ---- */

static void place(struct plan_whole *whole, size_t at, size_t parent, bool *placed, size_t *queue,
                  size_t *len)
{
    if (placed[at])
        return;
    placed[at] = true;
    whole->states.at[at].parent = parent;
    queue[(*len)++] = at;
}

/* Tasks know what encloses them; what they lead to stands beside them, branches inside. */
static void place_states(struct plan_whole *whole)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    bool *placed = unum_arena_array(&arena, whole->states.len, sizeof(*placed));
    size_t *queue = unum_arena_array(&arena, whole->states.len, sizeof(*queue)), len = 0;
    for (size_t i = 0; i < whole->states.len; i++) {
        if (whole->states.at[i].ir)
            place(whole, i, whole->states.at[i].parent, placed, queue, &len);
    }
    for (size_t next = 0; next < len; next++) {
        const struct plan_state *state = &whole->states.at[queue[next]];
        for (size_t i = 0; i < state->edges.len; i++) {
            bool inside = state->edges.at[i].way == PLAN_BRANCH;
            place(whole, state->edges.at[i].to, inside ? queue[next] : state->parent, placed, queue,
                  &len);
        }
        if (state->parent != PLAN_NONE)
            place(whole, state->parent, whole->states.at[state->parent].parent, placed, queue,
                  &len);
    }
}

/* In one order, whichever node spoke of them first. */
static void sort_edges(struct plan_whole *whole)
{
    UNUM_VEC(struct plan_edge) sorted = {0};
    for (size_t i = 0; i < whole->states.len; i++) {
        struct plan_state *state = &whole->states.at[i];
        sorted.len = 0;
        for (enum plan_way way = PLAN_NEXT; way <= PLAN_BRANCH; way++) {
            for (size_t j = 0; j < state->edges.len; j++) {
                if (state->edges.at[j].way == way)
                    *unum_vec_push(&sorted) = state->edges.at[j];
            }
        }
        for (size_t j = 0; j < sorted.len; j++)
            state->edges.at[j] = sorted.at[j];
    }
    unum_vec_done(&sorted);
}

void plan_whole(const struct plan_app *app, struct plan_whole *ret)
{
    *ret = (struct plan_whole){.start = PLAN_NONE};
    for (size_t i = 0; i < app->len; i++) {
        const struct ir_node *node = app->at[i].ir;
        if (!node->compiled || !node->has_region)
            continue;
        add_task(ret, node);
        for (size_t j = 0; j < node->states_len; j++)
            add_state(ret, node, &node->states[j]);
    }
    place_states(ret);
    sort_edges(ret);
}

void plan_whole_done(struct plan_whole *whole)
{
    for (size_t i = 0; i < whole->states.len; i++)
        unum_vec_done(&whole->states.at[i].edges);
    unum_vec_done(&whole->states);
    unum_map_done(&whole->by_key);
    unum_arena_done(&whole->arena);
}

bool *plan_crossing(const struct plan_whole *whole, struct unum_arena *arena)
{
    bool *crossing = unum_arena_array(arena, whole->states.len, sizeof(*crossing));
    for (size_t i = 0; i < whole->states.len; i++) {
        const struct plan_state *state = &whole->states.at[i];
        if (state->type != IR_STATE_TASK && state->type != IR_STATE_WAIT)
            continue;
        for (size_t up = state->parent; up != PLAN_NONE && !crossing[up];
             up = whole->states.at[up].parent)
            crossing[up] = true;
    }
    return crossing;
}

struct unum_str plan_title(const struct plan_state *state, struct unum_arena *arena)
{
    if (state->type == IR_STATE_TASK)
        return state->key;
    if (!state->known)
        return unum_arena_printf(arena, "the Map or Parallel %.*s", UNUM_STR_ARG(state->key));
    return unum_arena_printf(arena, "%s %.*s", ir_state_type_name(state->type),
                             UNUM_STR_ARG(state->key));
}

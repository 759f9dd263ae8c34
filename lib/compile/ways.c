/*
 * The ways through each scope: which transitions turn back, where the scope can end in place, and
 * on which state each branch ends. Linear in states and transitions, without recursion along a
 * chain; scopes nest at most ASL_LIMIT_DEPTH deep.
 */
#include "base/vec.h"
#include "compile/project_internal.h"

struct place *project_place(const struct projection *p, const struct asl_state *state)
{
    return &p->places[state->id];
}

/* ---- transitions that turn back ---- */

struct visit {
    const struct asl_state *state;
    size_t target;
};

struct way {
    UNUM_VEC(struct visit) at;
};

static void add_back(struct projection *p, const struct asl_state *from, const struct asl_state *to)
{
    struct place *place = project_place(p, from);
    struct unum_str name = project_place(p, to)->ir_name;
    if (!place->back)
        place->back = unum_arena_array(p->arena, from->targets_len, sizeof(*place->back));
    for (size_t i = 0; i < place->back_len; i++) {
        if (unum_str_eq(place->back[i], name))
            return;
    }
    place->back[place->back_len++] = name;
}

/* Depth first: a transition to a state that is still on the way closes a cycle. Every cycle has
 * one, so that the same state is never reached twice with one number of visits. */
static bool find_backs(struct projection *p, const struct asl_scope *scope)
{
    enum { FRESH, ON_THE_WAY, DONE };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    unsigned char *mark = unum_arena_alloc(&arena, scope->len);
    struct way way = {0};
    bool any = false;
    *unum_vec_push(&way.at) = (struct visit){scope->start, 0};
    while (way.at.len) {
        struct visit *here = &way.at.at[way.at.len - 1];
        mark[here->state - scope->states] = ON_THE_WAY;
        if (here->target == here->state->targets_len) {
            mark[here->state - scope->states] = DONE;
            way.at.len--;
            continue;
        }
        const struct asl_state *to = here->state->targets[here->target++].state;
        if (mark[to - scope->states] == FRESH) {
            *unum_vec_push(&way.at) = (struct visit){to, 0};
        } else if (mark[to - scope->states] == ON_THE_WAY) {
            add_back(p, here->state, to);
            any = true;
        }
    }
    unum_vec_done(&way.at);
    return any;
}

/* ---- ends ---- */

static bool says(const struct asl_state *state, enum asl_field field)
{
    const struct asl_value *value = asl_value(state, field);
    return value && !unum_str_is(value->json, "0");
}

bool project_is_tolerant(const struct asl_state *state)
{
    return says(state, ASL_TOLERATED_COUNT) || says(state, ASL_TOLERATED_COUNT_PATH) ||
           says(state, ASL_TOLERATED_PERCENTAGE) || says(state, ASL_TOLERATED_PERCENTAGE_PATH);
}

bool project_has_window(const struct asl_state *state)
{
    return says(state, ASL_MAX_CONCURRENCY) || says(state, ASL_MAX_CONCURRENCY_PATH);
}

/* A Wait that says 1 second or more is never passed at once. */
static bool always_waits(const struct asl_state *state)
{
    const struct asl_value *seconds = asl_value(state, ASL_SECONDS);
    return seconds && !unum_str_is(seconds->json, "0");
}

/* May the way go on behind this state without a record of its own? For a Map or Parallel that is
 * said of its close. */
static bool passes_bare(const struct projection *p, const struct asl_state *state)
{
    switch (state->type) {
    case ASL_TASK:
    case ASL_FAIL:
        return false;
    case ASL_WAIT:
        return !always_waits(state);
    case ASL_MAP:
        return project_place(p, state)->in_place;
    case ASL_PARALLEL:
        for (size_t i = 0; i < state->branches_len; i++) {
            if (!project_place(p, state->branches[i].start)->ends_bare)
                return false;
        }
        return true;
    default:
        return true;
    }
}

/* May the node that got here go on behind it? A Map may have no element; a Parallel is closed by
 * whoever ends its last branch. */
static bool passes_here(const struct projection *p, const struct asl_state *state)
{
    if (state->type != ASL_PARALLEL)
        return state->type != ASL_TASK && state->type != ASL_FAIL;
    for (size_t i = 0; i < state->branches_len; i++) {
        if (project_place(p, state->branches[i].start)->ends_here)
            return true;
    }
    return false;
}

/* A transition into a state. */
struct entry {
    const struct asl_state *from;
    bool by_error;
};

static bool is_error(const struct asl_state *state, size_t target)
{
    return target >= state->targets_len - state->catchers_len;
}

/* Collect, for every state, which states lead to it: entries grouped by target. */
static struct entry *arrivals_of(const struct asl_scope *scope, struct unum_arena *arena,
                                 size_t **ret_first)
{
    size_t *first = unum_arena_array(arena, scope->len + 2, sizeof(*first));
    size_t total = 0;
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        total += state->targets_len;
        for (size_t j = 0; j < state->targets_len; j++)
            first[state->targets[j].state - scope->states + 2]++;
    }
    for (size_t i = 2; i < scope->len + 2; i++)
        first[i] += first[i - 1];
    struct entry *entries = unum_arena_array(arena, total ? total : 1, sizeof(*entries));
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        for (size_t j = 0; j < state->targets_len; j++) {
            size_t to = (size_t)(state->targets[j].state - scope->states);
            entries[first[to + 1]++] = (struct entry){state, is_error(state, j)};
        }
    }
    *ret_first = first;
    return entries;
}

/* What goes wrong in front of the first edge of a Map or Parallel is caught in place. */
static bool passes(const struct projection *p, const struct asl_state *state, bool bare,
                   bool by_error)
{
    if (by_error)
        return state->type != ASL_TASK;
    return bare ? passes_bare(p, state) : passes_here(p, state);
}

static bool *end_mark(struct projection *p, const struct asl_state *state, bool bare)
{
    struct place *place = project_place(p, state);
    return bare ? &place->ends_bare : &place->ends_here;
}

/* From the ends backwards. */
static void spread_ends(struct projection *p, const struct asl_scope *scope, bool bare)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    size_t *first;
    struct entry *entries = arrivals_of(scope, &arena, &first);
    const struct asl_state **list = unum_arena_array(&arena, scope->len, sizeof(*list));
    size_t len = 0;
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        if (state->end && passes(p, state, bare, false)) {
            *end_mark(p, state, bare) = true;
            list[len++] = state;
        }
    }
    while (len) {
        size_t at = (size_t)(list[--len] - scope->states);
        for (size_t i = first[at]; i < first[at + 1]; i++) {
            bool *mark = end_mark(p, entries[i].from, bare);
            if (*mark || !passes(p, entries[i].from, bare, entries[i].by_error))
                continue;
            *mark = true;
            list[len++] = entries[i].from;
        }
    }
}

/* Does an instance of its own stand for this state, whose record can hold what the scope ends with?
 */
static bool carries_end(const struct projection *p, const struct asl_state *state)
{
    if (state->type == ASL_FAIL || !(state->type == ASL_TASK || state->crosses))
        return false;
    bool ends = state->end;
    for (size_t i = 0; !ends && i < state->targets_len; i++)
        ends = project_place(p, state->targets[i].state)->ends_bare;
    return ends;
}

/* The one state whose record every way through the scope ends with, at its first visit; or NULL. */
static const struct asl_state *static_end(const struct projection *p, const struct asl_scope *scope,
                                          bool cycles)
{
    const struct asl_state *end = NULL;
    if (cycles || project_place(p, scope->start)->ends_bare)
        return NULL;
    for (size_t i = 0; i < scope->len; i++) {
        if (!carries_end(p, &scope->states[i]))
            continue;
        if (end)
            return NULL;
        end = &scope->states[i];
    }
    return end;
}

/* Inner scopes first: how a Map or Parallel can be passed depends on its branches. */
static bool follow_scope(struct projection *p, const struct asl_scope *scope)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        struct place *place = project_place(p, state);
        /* Positions that fail in place are evaluated again by who closes. */
        place->in_place = project_is_tolerant(state);
        place->ends = unum_arena_array(p->arena, state->branches_len, sizeof(struct asl_state *));
        for (size_t j = 0; j < state->branches_len; j++) {
            const struct asl_scope *branch = &state->branches[j];
            bool cycles = follow_scope(p, branch);
            place->ends[j] = static_end(p, branch, cycles);
            place->in_place = place->in_place || project_place(p, branch->start)->ends_bare;
        }
    }
    spread_ends(p, scope, true);
    spread_ends(p, scope, false);
    return find_backs(p, scope);
}

void project_ways(struct projection *p)
{
    (void)follow_scope(p, &p->machine->scope);
}

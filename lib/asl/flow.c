#include "asl/parse_internal.h"

enum { FRESH, ON_THE_WAY, DONE };

/* Names of one scope. */
static void index_scope(const struct asl_scope *scope, struct unum_map *ret)
{
    for (size_t i = 0; i < scope->len; i++) {
        if (!unum_map_has(ret, scope->states[i].name))
            unum_map_set(ret, scope->states[i].name, &scope->states[i]);
    }
}

static void dangling(struct asl_parser *p, const struct asl_scope *scope,
                     const struct asl_target *target, const char *key)
{
    if (unum_map_has(&p->names, target->name)) {
        unum_diag_add(p->diags, UNUM_E0405, target->span,
                      "\"%s\" leads to \"%.*s\", which is not %s", key, UNUM_STR_ARG(target->name),
                      scope->parent ? "in this branch" : "on this level");
        unum_diag_hint(p->diags, "a transition stays inside of its Map or branch");
        return;
    }
    unum_diag_add(p->diags, UNUM_E0405, target->span, "there is no state \"%.*s\"",
                  UNUM_STR_ARG(target->name));
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, target->name);
    for (size_t i = 0; i < scope->len; i++)
        unum_nearest_try(&nearest, scope->states[i].name);
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

/* False if it is not known where a state leads. */
static bool resolve(struct asl_parser *p, struct asl_scope *scope)
{
    struct unum_map UNUM_AUTO_MAP names = UNUM_MAP_INIT;
    bool all = true;
    index_scope(scope, &names);
    for (size_t i = 0; i < scope->len; i++) {
        struct asl_state *state = &scope->states[i];
        for (size_t j = 0; j < state->targets_len; j++) {
            struct asl_target *target = &state->targets[j];
            target->state = unum_map_get(&names, target->name);
            if (!target->state)
                dangling(p, scope, target, "Next");
            all = all && target->state;
        }
        if (!state->refused && !state->end && !state->targets_len)
            all = false;
        if (!state->refused && state->targets_len)
            state->next = state->targets[0].state;
    }
    if (!scope->start_at.name.ptr)
        return false;
    scope->start = unum_map_get(&names, scope->start_at.name);
    if (!scope->start)
        dangling(p, scope, &scope->start_at, "StartAt");
    return all && scope->start;
}

struct visit {
    struct asl_state *state;
    size_t target;
};

/* Everything reached from the start gets marked; a way that comes back to itself is diagnosed.
 * Depth first without recursion: chains are long. */
static void walk(struct asl_parser *p, struct asl_scope *scope)
{
    UNUM_VEC(struct visit) way = {0};
    *unum_vec_push(&way) = (struct visit){scope->start, 0};
    while (way.len) {
        struct visit *here = &way.at[way.len - 1];
        here->state->mark = ON_THE_WAY;
        if (here->target == here->state->targets_len) {
            here->state->mark = DONE;
            way.len--;
            continue;
        }
        const struct asl_target *target = &here->state->targets[here->target++];
        if (!target->state)
            continue;
        if (target->state->mark == FRESH) {
            *unum_vec_push(&way) = (struct visit){target->state, 0};
        } else if (target->state->mark == ON_THE_WAY) {
            unum_diag_add(p->diags, UNUM_E0416, target->span,
                          "the way through \"%.*s\" comes back to it: cycles are not supported yet",
                          UNUM_STR_ARG(target->name));
            unum_diag_hint(p->diags, "loop inside of a function, or use a Map over the rounds");
        }
    }
    unum_vec_done(&way);
}

void asl_check_flow(struct asl_parser *p, struct asl_scope *scope)
{
    bool complete = resolve(p, scope);
    if (!scope->start)
        return;
    walk(p, scope);
    /* What a wrong name would have reached is not the user's second mistake. */
    for (size_t i = 0; i < scope->len && complete; i++) {
        const struct asl_state *state = &scope->states[i];
        if (state->mark == FRESH)
            unum_diag_add(p->diags, UNUM_E0407, state->span, "nothing leads to state \"%.*s\"",
                          UNUM_STR_ARG(state->name));
    }
}

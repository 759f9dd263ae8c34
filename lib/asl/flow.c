/* Where states lead: targets, reachability, ends, loops. */
#include "asl/parse_internal.h"
#include "base/limits.h"

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
                     const struct asl_target *target)
{
    if (unum_map_has(&p->names, target->name)) {
        unum_diag_add(p->diags, UNUM_E0405, target->span,
                      "\"%s\" leads to \"%.*s\", which is not %s", target->key,
                      UNUM_STR_ARG(target->name),
                      scope->parent ? "in this branch" : "on this level");
        unum_diag_hint(p->diags, "a transition stays inside of its Map or branch");
        return;
    }
    unum_diag_add(p->diags, UNUM_E0405, target->span, "there is no state \"%.*s\"",
                  UNUM_STR_ARG(target->name));
    if (asl_muted(p))
        return;
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
                dangling(p, scope, target);
            all = all && target->state;
        }
        if (!state->end && !state->targets_len)
            all = false;
        /* Next and Default stand in front. */
        if (state->targets_len && state->type == ASL_CHOICE)
            state->dflt = state->targets[0].key[0] == 'D' ? state->targets[0].state : NULL;
        else if (state->targets_len && !state->end && !state->unknown)
            state->next = state->targets[0].state;
    }
    if (!scope->start_at.name.ptr)
        return false;
    scope->start_at.state = scope->start = unum_map_get(&names, scope->start_at.name);
    if (!scope->start)
        dangling(p, scope, &scope->start_at);
    return all && scope->start;
}

/* ---- reachability ---- */

struct visit {
    struct asl_state *state;
    size_t target;
};

struct way {
    UNUM_VEC(struct visit) at;
};

/* A loop that no Task or Wait interrupts runs inside of one invocation. */
static void warn_loop(struct asl_parser *p, const struct asl_target *target)
{
    unum_diag_add(p->diags, UNUM_W0432, target->span,
                  "the loop through \"%.*s\" has no Task and no Wait: it runs in place, at most "
                  "%d states",
                  UNUM_STR_ARG(target->name), UNUM_LIMIT_STEPS);
    unum_diag_hint(p->diags, "a Map goes over a list; a Wait lets time pass");
}

/* Depth first without recursion: chains are long.
 *   in_place   go only through states that neither cross to another function nor wait, and tell of
 *              loops among them */
static void walk(struct asl_parser *p, struct way *way, struct asl_state *from, bool in_place)
{
    *unum_vec_push(&way->at) = (struct visit){from, 0};
    while (way->at.len) {
        struct visit *here = &way->at.at[way->at.len - 1];
        here->state->mark = ON_THE_WAY;
        if (here->target == here->state->targets_len) {
            here->state->mark = DONE;
            way->at.len--;
            continue;
        }
        const struct asl_target *target = &here->state->targets[here->target++];
        if (!target->state || (in_place && (target->state->crosses || here->state->end)))
            continue;
        if (target->state->mark == FRESH)
            *unum_vec_push(&way->at) = (struct visit){target->state, 0};
        else if (in_place && target->state->mark == ON_THE_WAY)
            warn_loop(p, target);
    }
}

static void check_reachable(struct asl_parser *p, struct asl_scope *scope, struct way *way,
                            bool complete)
{
    walk(p, way, scope->start, false);
    for (size_t i = 0; i < scope->len; i++) {
        struct asl_state *state = &scope->states[i];
        /* What a wrong name would have reached is not the user's second mistake. */
        if (state->mark == FRESH && complete)
            unum_diag_add(p->diags, UNUM_E0407, state->span, "nothing leads to state \"%.*s\"",
                          UNUM_STR_ARG(state->name));
        state->mark = FRESH;
    }
}

static void check_end(struct asl_parser *p, const struct asl_scope *scope)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        if (state->end || state->unknown)
            return;
    }
    unum_diag_add(p->diags, UNUM_E0427, scope->start_at.span,
                  "%s never ends: no state is a Succeed, a Fail or has \"End\": true",
                  scope->parent ? "the branch" : "the machine");
}

void asl_check_flow(struct asl_parser *p, struct asl_scope *scope)
{
    bool complete = resolve(p, scope);
    struct way way = {0};
    if (scope->start) {
        if (complete)
            check_end(p, scope);
        check_reachable(p, scope, &way, complete);
        for (size_t i = 0; i < scope->len; i++) {
            if (scope->states[i].mark == FRESH && !scope->states[i].crosses)
                walk(p, &way, &scope->states[i], true);
        }
    }
    unum_vec_done(&way.at);
}

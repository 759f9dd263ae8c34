#include "plan/place.h"

const char *place_role_name(enum place_role role)
{
    static const char *const names[] = {"runs", "evaluates", "opens", "closes", "waits"};
    return names[role];
}

static const struct {
    const char *name, *text;
} reasons[] = {
    [PLACE_TASK] = {"task", "a Task is user code and has a function of its own"},
    [PLACE_ENTRY] = {"entry", "the machine does not start with a Task: a function without user "
                              "code begins it"},
    [PLACE_BEHIND] = {"behind", "it follows its code without another Task in between"},
    [PLACE_CAUGHT] = {"caught", "it follows an error of its code that is caught"},
    [PLACE_ENDED] = {"ended", "whoever ends the last branch closes and goes on"},
    [PLACE_HANDLES] = {"handles", "a failure is handled where it happens"},
    [PLACE_BRANCHES] = {"branches", "who opens evaluates every branch up to its first Task"},
};

const char *place_reason_text(enum place_reason reason)
{
    return reasons[reason].text;
}

const char *place_reason_name(enum place_reason reason)
{
    return reasons[reason].name;
}

struct row {
    size_t state;
    struct place_at at;
};

struct placing {
    const struct plan_whole *whole;
    const struct ir_node *node;
    UNUM_VEC(struct row) rows;
    /* of one node: states it has come to, and those to go on from */
    bool *seen;
    struct pending {
        size_t at; /* position among the node's states */
        enum place_reason reason;
        size_t around;
    } * queue;
    size_t len;
    /* why the states that are being added are reached */
    enum place_reason reason;
    size_t around;
};

static void add_row(struct placing *p, const struct ir_state *state, enum place_role role)
{
    size_t at = plan_find(p->whole, state->name);
    if (at != PLAN_NONE)
        *unum_vec_push(&p->rows) = (struct row){at, {p->node, role, p->reason, p->around}};
}

static bool come_to(void *cookie, struct unum_str name)
{
    struct placing *p = cookie;
    const struct ir_state *state = name.ptr ? ir_state(p->node, name) : NULL;
    size_t at = state ? (size_t)(state - p->node->states) : 0;
    if (!state || state->type == IR_STATE_TASK || p->seen[at])
        return true;
    p->seen[at] = true;
    p->queue[p->len++] = (struct pending){at, p->reason, p->around};
    add_row(p, state,
            state->type == IR_STATE_WAIT ? PLACE_WAITS
            : ir_is_fan_out(state->type) ? PLACE_OPENS
                                         : PLACE_EVALUATES);
    /* Who opens ends the branches that have no Task. */
    size_t own = plan_find(p->whole, name);
    if (state->branches && state->in_place && own != PLAN_NONE)
        *unum_vec_push(&p->rows) = (struct row){own, {p->node, PLACE_CLOSES, PLACE_ENDED, own}};
    return true;
}

/* What follows without another function, from everything that was come to. */
static void go_on(struct placing *p, size_t from)
{
    for (size_t i = from; i < p->len; i++) {
        const struct ir_state *state = &p->node->states[p->queue[i].at];
        p->reason = p->queue[i].reason;
        p->around = p->queue[i].around;
        (void)come_to(p, state->next);
        (void)ir_each_target(state->fields, come_to, p);
        if (!state->branches)
            continue;
        p->reason = PLACE_BRANCHES;
        p->around = plan_find(p->whole, state->name);
        for (size_t j = 0; j < state->branches_len; j++)
            (void)come_to(p, state->branches[j]);
    }
}

static void come_from(struct placing *p, enum place_reason reason, size_t around,
                      struct unum_str name, struct unum_str fields)
{
    size_t from = p->len;
    p->reason = reason;
    p->around = around;
    (void)come_to(p, name);
    if (fields.ptr)
        (void)ir_each_target(fields, come_to, p);
    go_on(p, from);
}

static void place_node(struct placing *p, const struct ir_node *node)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    p->node = node;
    p->seen = unum_arena_array(&arena, node->states_len, sizeof(*p->seen));
    p->queue = unum_arena_array(&arena, node->states_len, sizeof(*p->queue));
    p->len = 0;
    size_t own = plan_find(p->whole, node->name);
    if (own != PLAN_NONE && !node->generated)
        *unum_vec_push(&p->rows) = (struct row){own, {node, PLACE_RUNS, PLACE_TASK, PLAN_NONE}};
    come_from(p, node->generated ? PLACE_ENTRY : PLACE_BEHIND, PLAN_NONE, node->then,
              UNUM_STR_NONE);
    if (node->task)
        come_from(p, PLACE_CAUGHT, PLAN_NONE, UNUM_STR_NONE, node->task->fields);
    for (size_t i = node->within_len; i-- > 0;) {
        const struct ir_state *around = ir_state(node, node->within[i]);
        if (!around)
            continue;
        size_t at = plan_find(p->whole, around->name);
        p->reason = PLACE_ENDED;
        p->around = at;
        if (around->ends)
            add_row(p, around, PLACE_CLOSES);
        come_from(p, PLACE_ENDED, at, around->next, UNUM_STR_NONE);
        come_from(p, PLACE_HANDLES, at, UNUM_STR_NONE, around->fields);
    }
}

/* ---- in the order of a run ---- */

struct visit {
    size_t state;
    unsigned depth;
};

struct stack {
    UNUM_VEC(struct visit) at;
};

static void push_edges(const struct plan_state *state, unsigned depth, bool branches,
                       struct stack *stack)
{
    for (size_t i = state->edges.len; i-- > 0;) {
        if ((state->edges.at[i].way == PLAN_BRANCH) == branches)
            *unum_vec_push(&stack->at) = (struct visit){state->edges.at[i].to, depth};
    }
}

/* Branches first, then what follows; each state once. */
static void order_states(const struct plan_whole *whole, struct unum_arena *arena,
                         struct places *ret)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    bool *seen = unum_arena_array(&scratch, whole->states.len, sizeof(*seen));
    struct stack stack = {0};
    ret->at = unum_arena_array(arena, whole->states.len, sizeof(*ret->at));
    for (size_t i = 0; i <= whole->states.len; i++) {
        size_t from = i == 0 ? whole->start : i - 1;
        if (from == PLAN_NONE || seen[from])
            continue;
        unsigned depth = 0;
        for (size_t up = whole->states.at[from].parent; up != PLAN_NONE && depth < 64;
             up = whole->states.at[up].parent)
            depth++;
        *unum_vec_push(&stack.at) = (struct visit){from, depth};
        while (stack.at.len) {
            struct visit here = stack.at.at[--stack.at.len];
            const struct plan_state *state = &whole->states.at[here.state];
            if (seen[here.state])
                continue;
            seen[here.state] = true;
            if (!state->entry)
                ret->at[ret->len++] = (struct state_places){here.state, here.depth, NULL, 0};
            /* What is pushed last comes first: backwards, and branches (which stand last) on top.
             */
            push_edges(state, here.depth, false, &stack);
            push_edges(state, here.depth + 1, true, &stack);
        }
    }
    unum_vec_done(&stack.at);
}

void plan_places(const struct plan_app *app, const struct plan_whole *whole,
                 struct unum_arena *arena, struct places *ret)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    struct placing p = {.whole = whole};
    for (size_t i = 0; i < app->len; i++) {
        if (app->at[i].ir->compiled && app->at[i].ir->has_region)
            place_node(&p, app->at[i].ir);
    }
    *ret = (struct places){0};
    order_states(whole, arena, ret);
    /* Rows by state. */
    size_t *first = unum_arena_array(&scratch, whole->states.len + 2, sizeof(*first));
    struct place_at *sorted = unum_arena_array(arena, p.rows.len + 1, sizeof(*sorted));
    for (size_t i = 0; i < p.rows.len; i++)
        first[p.rows.at[i].state + 2]++;
    for (size_t i = 2; i < whole->states.len + 2; i++)
        first[i] += first[i - 1];
    for (size_t i = 0; i < p.rows.len; i++)
        sorted[first[p.rows.at[i].state + 1]++] = p.rows.at[i].at;
    for (size_t i = 0; i < ret->len; i++) {
        struct state_places *row = &ret->at[i];
        row->at = sorted + first[row->state];
        row->len = first[row->state + 1] - first[row->state];
    }
    unum_vec_done(&p.rows);
}

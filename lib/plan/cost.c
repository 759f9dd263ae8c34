#include "plan/cost.h"

#include "base/limits.h"
#include "json/json.h"

/* As in runtime/ and lib/store. */
enum { LEAF = 64, BATCH = 100 };

/* How the function got here: is there a record of its own behind it, or is it opening a fan-out? */
enum { OPENING, RECORDED, CONTEXTS };

/* From a state to the end of its scope. */
struct way_cost {
    bool possible;
    struct cost least, most;
};

struct costing {
    const struct plan_whole *whole;
    uint64_t elements;
    bool variables; /* somewhere something is assigned */
    struct way_cost (*ways)[CONTEXTS];
    unsigned char *mark;
};

/* ---- sums ---- */

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static void add(struct cost *to, struct cost more)
{
    to->invocations = plus(to->invocations, more.invocations);
    to->writes = plus(to->writes, more.writes);
    to->reads = plus(to->reads, more.reads);
    to->timers = plus(to->timers, more.timers);
}

static void add_times(struct cost *to, struct cost more, uint64_t count)
{
    add(to, (struct cost){times(more.invocations, count), times(more.writes, count),
                          times(more.reads, count), times(more.timers, count)});
}

static bool is_less(struct cost a, struct cost b)
{
    if (a.invocations != b.invocations)
        return a.invocations < b.invocations;
    if (a.writes != b.writes)
        return a.writes < b.writes;
    return a.reads < b.reads;
}

/* Nothing is recorded: everything was evaluated in place. */
static bool is_bare(struct cost cost)
{
    return !cost.invocations && !cost.writes;
}

static uint64_t groups(uint64_t count, uint64_t size)
{
    return count / size + (count % size != 0);
}

/* ---- single states ---- */

static bool has_field(const struct plan_state *state, const char *key)
{
    struct unum_str value;
    return state->fields.ptr && json_get(state->fields, unum_str_from(key), &value);
}

/* Here, or behind one of its rules or errors. */
static bool assigns(const struct plan_state *state)
{
    static const char *const lists[] = {"Choices", "Catch"};
    bool any = has_field(state, "Assign");
    for (size_t i = 0; state->fields.ptr && !any && i < UNUM_COUNT(lists); i++) {
        struct unum_str list, rule, value;
        if (!json_get(state->fields, unum_str_from(lists[i]), &list))
            continue;
        struct json_iter iter = json_iter(list);
        while (!any && json_next(&iter, NULL, &rule))
            any = json_get(rule, UNUM_STR("Assign"), &value);
    }
    return any;
}

static struct cost task_cost(const struct plan_state *state)
{
    struct cost cost = {.invocations = 1, .reads = 1, .writes = 1};
    if (state->ir && !state->ir->checkpoint)
        cost.writes = 0;
    return cost;
}

static struct cost wait_cost(const struct plan_state *state)
{
    struct unum_str seconds;
    if (state->fields.ptr && json_get(state->fields, UNUM_STR("Seconds"), &seconds) &&
        unum_str_is(seconds, "0"))
        return (struct cost){0};
    return (struct cost){.invocations = 1, .reads = 1, .writes = 1, .timers = 1};
}

/* Updates of a completion set beside one per position. */
static uint64_t level_writes(uint64_t width)
{
    uint64_t writes = 0;
    for (width = groups(width, LEAF); width > 1; width = groups(width, LEAF))
        writes = plus(writes, width);
    return writes;
}

static bool has_open_ends(const struct plan_state *state)
{
    for (size_t i = 0; state->end_keys && i < state->branches_len; i++) {
        if (!state->end_keys[i].ptr)
            return true;
    }
    return false;
}

static bool starts_with_tasks(const struct costing *c, const struct plan_state *state)
{
    for (size_t i = 0; i < state->edges.len; i++) {
        if (state->edges.at[i].way == PLAN_BRANCH &&
            c->whole->states.at[state->edges.at[i].to].type != IR_STATE_TASK)
            return false;
    }
    return true;
}

/* Is it opened without looking into its branches first? */
static bool starts_plainly(const struct costing *c, const struct plan_state *state)
{
    return starts_with_tasks(c, state) && !has_field(state, "ItemSelector") &&
           !has_field(state, "Parameters");
}

/* Are there branches that the close must evaluate again, or whose end it must look up? Who opens
 * Tasks only, and closes because there is no element, does not know. */
static bool has_hidden_ends(const struct costing *c, const struct plan_state *state, uint64_t width)
{
    return (width || !starts_with_tasks(c, state)) && (state->in_place || has_open_ends(state));
}

/* Does the next Task gather the results, or who closes? */
static bool leaves_list(const struct costing *c, const struct plan_state *state, uint64_t width)
{
    static const char *const shapes[] = {"ResultSelector", "ResultPath", "OutputPath", "Assign"};
    for (size_t i = 0; i < UNUM_COUNT(shapes); i++) {
        if (has_field(state, shapes[i]))
            return false;
    }
    for (size_t i = 0; i < state->edges.len; i++) {
        if (state->edges.at[i].way == PLAN_NEXT)
            return c->whole->states.at[state->edges.at[i].to].type == IR_STATE_TASK &&
                   !has_hidden_ends(c, state, width);
    }
    return false;
}

/* A number that the definition says; where a path does, nothing is known and it is 0. */
static uint64_t said(const struct plan_state *state, const char *key)
{
    struct unum_str value;
    double number = 0;
    if (!state->fields.ptr || !json_get(state->fields, unum_str_from(key), &value) ||
        !json_to_double(value, &number) || !(number > 0))
        return 0;
    return number < 1e9 ? (uint64_t)number : 1000000000;
}

/* Does this many elements let any failure be tolerated? What a path says is taken to do so. */
static bool tolerates(const struct plan_state *state, uint64_t width)
{
    if (has_field(state, "ToleratedFailureCountPath") ||
        has_field(state, "ToleratedFailurePercentagePath"))
        return width > 0;
    bool counted = has_field(state, "ToleratedFailureCount");
    bool shared = has_field(state, "ToleratedFailurePercentage");
    bool count = said(state, "ToleratedFailureCount") > 0 && width;
    bool share = said(state, "ToleratedFailurePercentage") * width >= 100;
    return counted && shared ? count && share : counted ? count : shared && share;
}

/* Inputs that wait for their turn are stored in lists and read one by one. */
static struct cost window_cost(const struct plan_state *state, uint64_t width)
{
    uint64_t window = said(state, "MaxConcurrency");
    if (!window || window >= width)
        return (struct cost){0};
    return (struct cost){.writes = groups(width - window, LEAF), .reads = width - window};
}

/* From the last branch's end to the record of the close.
 *   recorded   positions that have a record of their own */
static struct cost close_cost(const struct costing *c, const struct plan_state *state,
                              uint64_t width, uint64_t recorded)
{
    struct cost cost = {.writes = 1};
    bool tolerant = tolerates(state, width);
    uint64_t leaves = groups(groups(width, LEAF), BATCH);
    cost.reads += state->fields.ptr || c->variables;
    if (leaves_list(c, state, width) && !tolerant) {
        cost.reads += groups(width, BATCH);
        return cost;
    }
    cost.reads += 1;                     /* is it closed already? */
    cost.reads += tolerant ? leaves : 0; /* how many have failed? */
    if (has_hidden_ends(c, state, width) || tolerant) {
        cost.reads += leaves + state->in_place;
        cost.reads += groups(recorded, BATCH);
    } else {
        cost.reads += groups(width, BATCH);
    }
    return cost;
}

/* ---- Maps and Parallels ---- */

/* Branches of one attempt, by the shortest or the longest way of each; false: one cannot end. */
static bool branches_cost(const struct costing *c, const struct plan_state *state, bool longest,
                          struct cost *ret, uint64_t *ret_width, uint64_t *ret_recorded)
{
    bool map = state->type == IR_STATE_MAP;
    *ret = (struct cost){0};
    *ret_width = *ret_recorded = 0;
    for (size_t i = 0; i < state->edges.len; i++) {
        if (state->edges.at[i].way != PLAN_BRANCH)
            continue;
        const struct way_cost *way = &c->ways[state->edges.at[i].to][OPENING];
        uint64_t count = map ? c->elements : 1;
        struct cost branch = longest ? way->most : way->least;
        if (!way->possible && count)
            return false;
        *ret_recorded += is_bare(branch) ? 0 : count;
        branch.writes = plus(branch.writes, 1);
        add_times(ret, branch, count);
        *ret_width += count;
    }
    ret->writes = plus(ret->writes, level_writes(*ret_width));
    return true;
}

/* The state alone, up to its close; false: it cannot end. */
static bool fan_out_cost(const struct costing *c, const struct plan_state *state, bool longest,
                         int context, struct cost *ret)
{
    uint64_t width, recorded;
    if (!branches_cost(c, state, longest, ret, &width, &recorded))
        return false;
    if (!recorded && (width || state->in_place) && !starts_plainly(c, state)) {
        *ret = (struct cost){0}; /* evaluated like a Pass */
        return true;
    }
    if (context == OPENING && (state->fields.ptr || state->in_place || c->variables))
        ret->writes = plus(ret->writes, 1); /* its input */
    if (state->type == IR_STATE_MAP)
        add(ret, window_cost(state, width));
    add(ret, close_cost(c, state, width, recorded));
    return true;
}

/* What one state costs; false: no way leads through it. */
static bool own_cost(const struct costing *c, const struct plan_state *state, bool longest,
                     int context, struct cost *ret)
{
    *ret = (struct cost){0};
    switch (state->type) {
    case IR_STATE_TASK:
        *ret = task_cost(state);
        return true;
    case IR_STATE_WAIT:
        *ret = wait_cost(state);
        return true;
    case IR_STATE_MAP:
    case IR_STATE_PARALLEL:
        return fan_out_cost(c, state, longest, context, ret);
    case IR_STATE_FAIL:
        return state->parent == PLAN_NONE; /* ends the run like any other end */
    case IR_STATE_PASS:
    case IR_STATE_CHOICE:
    case IR_STATE_SUCCEED:
    case IR_STATE_TYPE_COUNT:
        break;
    }
    return true;
}

/* ---- ways ---- */

static bool goes_on(const struct plan_edge *edge)
{
    return !edge->back && (edge->way == PLAN_NEXT || edge->way == PLAN_CHOICE);
}

/* The best of what follows, when the function is then in `context`. */
static struct way_cost rest_of(const struct costing *c, const struct plan_state *state, int context)
{
    bool any = false;
    struct way_cost rest = {0};
    for (size_t i = 0; i < state->edges.len; i++) {
        const struct way_cost *way = &c->ways[state->edges.at[i].to][context];
        if (!goes_on(&state->edges.at[i]))
            continue;
        any = true;
        if (!way->possible)
            continue;
        if (!rest.possible || is_less(way->least, rest.least))
            rest.least = way->least;
        if (!rest.possible || is_less(rest.most, way->most))
            rest.most = way->most;
        rest.possible = true;
    }
    rest.possible = rest.possible || !any;
    return rest;
}

static void finish(struct costing *c, size_t at)
{
    const struct plan_state *state = &c->whole->states.at[at];
    for (int context = OPENING; context < CONTEXTS; context++) {
        struct way_cost *way = &c->ways[at][context];
        struct cost least, most;
        if (!own_cost(c, state, false, context, &least) ||
            !own_cost(c, state, true, context, &most))
            continue;
        struct way_cost behind_least = rest_of(c, state, is_bare(least) ? context : RECORDED);
        struct way_cost behind_most = rest_of(c, state, is_bare(most) ? context : RECORDED);
        way->possible = behind_least.possible;
        way->least = least;
        way->most = most;
        add(&way->least, behind_least.least);
        add(&way->most, behind_most.most);
    }
}

struct visit {
    size_t state, edge;
};

/* Everything that a state's cost depends on first; without recursion: chains are long. */
static void walk(struct costing *c, size_t from)
{
    enum { FRESH, ON_THE_WAY, DONE };
    UNUM_VEC(struct visit) way = {0};
    if (c->mark[from] != FRESH)
        return;
    *unum_vec_push(&way) = (struct visit){from, 0};
    c->mark[from] = ON_THE_WAY;
    while (way.len) {
        struct visit *here = &way.at[way.len - 1];
        const struct plan_state *state = &c->whole->states.at[here->state];
        if (here->edge == state->edges.len) {
            finish(c, here->state);
            c->mark[here->state] = DONE;
            way.len--;
            continue;
        }
        const struct plan_edge *edge = &state->edges.at[here->edge++];
        if (c->mark[edge->to] != FRESH || edge->back)
            continue;
        c->mark[edge->to] = ON_THE_WAY;
        *unum_vec_push(&way) = (struct visit){edge->to, 0};
    }
    unum_vec_done(&way);
}

/* ---- what is counted besides ---- */

static void find_elements(struct costing *c, struct unum_arena *arena, struct costs *ret)
{
    ret->elements_of = unum_arena_array(arena, c->whole->states.len, sizeof(*ret->elements_of));
    for (size_t i = 0; i < c->whole->states.len; i++) {
        const struct plan_state *state = &c->whole->states.at[i];
        for (size_t j = 0; state->type == IR_STATE_MAP && j < state->edges.len; j++) {
            if (state->edges.at[j].way != PLAN_BRANCH)
                continue;
            const struct way_cost *way = &c->ways[state->edges.at[j].to][OPENING];
            struct cost_range again = {way->possible, way->least, way->most};
            /* All of a Map without a record is evaluated in place. */
            again.shortest.writes += !is_bare(way->least);
            again.longest.writes += !is_bare(way->most);
            ret->elements_of[ret->elements_len++] = (struct cost_of){.state = i, .again = again};
        }
    }
}

/* The failed attempt's record, its retry's invocation, and what it reads. */
static struct cost retry_cost(const struct plan_state *state)
{
    struct cost cost = {.invocations = 1, .writes = 1, .reads = 1};
    if (ir_is_fan_out(state->type)) {
        cost.writes++;   /* the opening has a record of its own */
        cost.reads += 2; /* is it closed already? the input of the first attempt */
    }
    return cost;
}

static void find_retries(struct costing *c, struct unum_arena *arena, struct costs *ret)
{
    ret->retries = unum_arena_array(arena, c->whole->states.len, sizeof(*ret->retries));
    for (size_t i = 0; i < c->whole->states.len; i++) {
        const struct plan_state *state = &c->whole->states.at[i];
        struct cost_of row = {.state = i, .own = retry_cost(state), .again = {.possible = true}};
        uint64_t width, recorded;
        if (!has_field(state, "Retry"))
            continue;
        if (ir_is_fan_out(state->type))
            row.again.possible =
                branches_cost(c, state, false, &row.again.shortest, &width, &recorded) &&
                branches_cost(c, state, true, &row.again.longest, &width, &recorded);
        ret->retries[ret->retries_len++] = row;
    }
}

/* The shortest turn: from where the back edge leads to where it starts. */
struct turning {
    struct costing *c;
    struct cost *best; /* from the start of the turn to behind the state */
    bool *reached;
    size_t *order; /* states so that every transition leads forwards */
    size_t order_len;
};

/* Reverse of the order in which states are done, per scope and all together. */
static void sort_states(struct turning *t, struct unum_arena *arena)
{
    const struct plan_whole *whole = t->c->whole;
    bool *seen = unum_arena_array(arena, whole->states.len, sizeof(*seen));
    UNUM_VEC(struct visit) way = {0};
    size_t at = whole->states.len;
    for (size_t i = 0; i < whole->states.len; i++) {
        if (seen[i])
            continue;
        seen[i] = true;
        *unum_vec_push(&way) = (struct visit){i, 0};
        while (way.len) {
            struct visit *here = &way.at[way.len - 1];
            const struct plan_state *state = &whole->states.at[here->state];
            if (here->edge == state->edges.len) {
                t->order[--at] = here->state;
                way.len--;
                continue;
            }
            const struct plan_edge *edge = &state->edges.at[here->edge++];
            if (edge->back || seen[edge->to])
                continue;
            seen[edge->to] = true;
            *unum_vec_push(&way) = (struct visit){edge->to, 0};
        }
    }
    t->order_len = whole->states.len;
    unum_vec_done(&way);
}

static bool turn_cost(struct turning *t, size_t from, size_t to, struct cost *ret)
{
    const struct plan_whole *whole = t->c->whole;
    for (size_t i = 0; i < whole->states.len; i++)
        t->reached[i] = false;
    t->reached[from] = true;
    t->best[from] = (struct cost){0};
    for (size_t i = 0; i < t->order_len; i++) {
        size_t at = t->order[i];
        const struct plan_state *state = &whole->states.at[at];
        struct cost own;
        if (!t->reached[at] || !own_cost(t->c, state, false, RECORDED, &own))
            continue;
        add(&own, t->best[at]);
        if (at == to) {
            *ret = own;
            return true;
        }
        for (size_t j = 0; j < state->edges.len; j++) {
            size_t next = state->edges.at[j].to;
            if (state->edges.at[j].back || state->edges.at[j].way == PLAN_BRANCH ||
                (t->reached[next] && !is_less(own, t->best[next])))
                continue;
            t->reached[next] = true;
            t->best[next] = own;
        }
    }
    return false;
}

static void find_turns(struct costing *c, struct unum_arena *arena, struct costs *ret)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    size_t len = c->whole->states.len;
    struct turning t = {.c = c};
    ret->turns = unum_arena_array(arena, COST_LIMIT_TURNS, sizeof(*ret->turns));
    for (size_t i = 0; i < len; i++) {
        const struct plan_state *state = &c->whole->states.at[i];
        for (size_t j = 0; j < state->edges.len; j++) {
            struct cost_of turn = {.state = i, .to = state->edges.at[j].to};
            if (!state->edges.at[j].back)
                continue;
            if (ret->turns_len == COST_LIMIT_TURNS) {
                ret->turns_more++;
                continue;
            }
            if (!t.order) {
                t.order = unum_arena_array(&scratch, len, sizeof(*t.order));
                t.best = unum_arena_array(&scratch, len, sizeof(*t.best));
                t.reached = unum_arena_array(&scratch, len, sizeof(*t.reached));
                sort_states(&t, &scratch);
            }
            if (turn_cost(&t, turn.to, turn.state, &turn.own))
                ret->turns[ret->turns_len++] = turn;
        }
    }
}

void plan_cost(const struct plan_whole *whole, uint64_t elements, struct unum_arena *arena,
               struct costs *ret)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    struct costing c = {.whole = whole, .elements = elements};
    *ret = (struct costs){.elements = elements};
    c.ways = unum_arena_array(&scratch, whole->states.len, sizeof(*c.ways));
    c.mark = unum_arena_array(&scratch, whole->states.len, 1);
    for (size_t i = 0; i < whole->states.len; i++)
        c.variables = c.variables || assigns(&whole->states.at[i]);
    for (size_t i = 0; i < whole->states.len; i++)
        walk(&c, i);
    if (whole->start != PLAN_NONE) {
        const struct way_cost *way = &c.ways[whole->start][RECORDED];
        const struct ir_node *entry = whole->states.at[whole->start].ir;
        struct cost around = {.writes = 2};
        around.writes += entry && entry->keeps_input;
        if (entry && entry->timeout_s) /* the timer comes, and finds the run ended */
            add(&around, (struct cost){.invocations = 1, .writes = 1, .timers = 1});
        ret->run = (struct cost_range){way->possible, way->least, way->most};
        add(&ret->run.shortest, around);
        add(&ret->run.longest, around);
    }
    find_elements(&c, arena, ret);
    find_retries(&c, arena, ret);
    find_turns(&c, arena, ret);
}

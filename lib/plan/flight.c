/* What a change means for runs in flight: the rules of rules.c, one check each. */
#include <stdarg.h>
#include <stdlib.h>

#include "base/limits.h"
#include "plan/diff_internal.h"
#include "json/json.h"

void flight_find(struct flight *f, enum rule rule, struct unum_str subject, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    *unum_vec_push(&f->findings) =
        (struct diff_finding){&diff_rules[rule], unum_arena_str(f->arena, subject),
                              unum_arena_str(f->arena, unum_buf_str(&text))};
}

/* ---- functions ---- */

static bool same_names(const struct unum_str *a, size_t a_len, const struct unum_str *b,
                       size_t b_len)
{
    bool same = a_len == b_len;
    for (size_t i = 0; same && i < a_len; i++)
        same = unum_str_eq(a[i], b[i]);
    return same;
}

static void check_enclosed(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    struct unum_str name = new->name;
    if (old->within_len != new->within_len)
        flight_find(f, RULE_DEPTH, name,
                    "runs with an event for %.*s fail to go on: it stood in %zu and stands in %zu",
                    UNUM_STR_ARG(name), old->within_len, new->within_len);
    else if (!same_names(old->within, old->within_len, new->within, new->within_len))
        flight_find(f, RULE_ENCLOSED, name,
                    "runs that have opened %.*s wait for ever if %.*s had not ended in them",
                    UNUM_STR_ARG(old->within[old->within_len - 1]), UNUM_STR_ARG(name));
}

/* Timers name this node and the Wait. */
static void check_waits(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    for (size_t i = 0; i < old->states_len; i++) {
        const struct ir_state *wait = &old->states[i];
        if (wait->type != IR_STATE_WAIT)
            continue;
        const struct ir_state *now = ir_state(new, wait->name);
        if (!now || now->type != IR_STATE_WAIT)
            flight_find(f, RULE_WAIT_GONE, wait->name,
                        "runs that wait in %.*s and were brought there by %.*s do not go on",
                        UNUM_STR_ARG(wait->name), UNUM_STR_ARG(new->name));
    }
}

/* Retries that wait name this node and the state. */
static void check_openers(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    for (size_t i = 0; i < old->states_len; i++) {
        const struct ir_state *state = &old->states[i];
        size_t at = ir_is_fan_out(state->type) ? plan_find(&f->before, state->name) : PLAN_NONE;
        if (at == PLAN_NONE || !unum_str_eq(f->before.states.at[at].opener, old->name))
            continue;
        const struct ir_state *now = ir_state(new, state->name);
        if (!now || now->type != state->type || !now->branches)
            flight_find(f, RULE_OPENER, state->name,
                        "runs in which the next attempt of %.*s waits for its time stop: %.*s "
                        "does not open it any more",
                        UNUM_STR_ARG(state->name), UNUM_STR_ARG(new->name));
    }
}

/* States that the region of a node comes to, from where it begins. */
struct reach {
    const struct ir_node *node;
    bool *seen;
    size_t *queue, len;
};

static bool reach_to(void *cookie, struct unum_str name)
{
    struct reach *r = cookie;
    const struct ir_state *state = name.ptr ? ir_state(r->node, name) : NULL;
    size_t at = state ? (size_t)(state - r->node->states) : 0;
    if (!state || r->seen[at])
        return true;
    r->seen[at] = true;
    r->queue[r->len++] = at;
    return true;
}

/* Behind the code, behind what it catches, and behind what it closes or handles the errors of. */
static void reach_all(struct reach *r)
{
    const struct ir_node *node = r->node;
    (void)reach_to(r, node->then);
    if (node->task)
        (void)ir_each_target(node->task->fields, reach_to, r);
    for (size_t i = 0; i < node->within_len; i++) {
        const struct ir_state *around = ir_state(node, node->within[i]);
        if (!around)
            continue;
        (void)reach_to(r, around->next);
        (void)ir_each_target(around->fields, reach_to, r);
    }
    for (size_t i = 0; i < r->len; i++) {
        const struct ir_state *state = &node->states[r->queue[i]];
        (void)reach_to(r, state->next);
        (void)ir_each_target(state->fields, reach_to, r);
    }
}

/* May a decision name this state? */
static bool is_stop(const struct ir_state *state)
{
    return state->type == IR_STATE_TASK || state->type == IR_STATE_WAIT ||
           (ir_is_fan_out(state->type) && state->branches);
}

static bool same_stop(const struct ir_state *old, const struct ir_state *new)
{
    if (!new || old->type != new->type)
        return false;
    if (old->type == IR_STATE_TASK)
        return unum_str_eq(old->node, new->node);
    return old->type == IR_STATE_WAIT || new->branches;
}

static void check_targets(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    struct reach r = {.node = old,
                      .seen = unum_arena_array(&arena, old->states_len, sizeof(bool)),
                      .queue = unum_arena_array(&arena, old->states_len, sizeof(size_t))};
    reach_all(&r);
    size_t count = 0;
    for (size_t i = 0; i < r.len; i++) {
        const struct ir_state *state = &old->states[r.queue[i]];
        if (!is_stop(state) || same_stop(state, ir_state(new, state->name)))
            continue;
        if (count < MOST_NAMES) {
            unum_buf_adds(&names, count ? ", " : "");
            unum_buf_add(&names, plan_key(old, state->name));
        }
        count++;
    }
    if (count)
        flight_find(f, RULE_TARGET, new->name,
                    "runs in which an invocation of %.*s died between its record and the start of "
                    "%s%s cannot be repaired",
                    UNUM_STR_ARG(new->name), unum_buf_text(&names),
                    count > MOST_NAMES ? ", ..." : "");
}

static bool same_edge(const struct ir_edge *a, const struct ir_edge *b)
{
    return unum_str_eq(a->name, b->name) && a->input == b->input &&
           same_names(a->values, a->values_len, b->values, b->values_len) &&
           unum_str_eq(a->conditional, b->conditional) && a->parallel_set == b->parallel_set &&
           a->parallel == b->parallel &&
           same_names(a->modifiers, a->modifiers_len, b->modifiers, b->modifiers_len);
}

/* A hand-written fan-in of the old version that is not there in the same words. */
static const struct ir_edge *changed_fan_in(const struct ir_node *old, const struct ir_node *new)
{
    for (size_t i = 0; i < old->edges_len; i++) {
        bool there = old->edges[i].input != IR_FANIN;
        for (size_t j = 0; j < new->edges_len && !there; j++)
            there = same_edge(&old->edges[i], &new->edges[j]);
        if (!there)
            return &old->edges[i];
    }
    return NULL;
}

static void check_edges(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    bool same = old->edges_len == new->edges_len && old->edges_list == new->edges_list &&
                old->end == new->end;
    for (size_t i = 0; same && i < old->edges_len; i++)
        same = same_edge(&old->edges[i], &new->edges[i]);
    if (same)
        return;
    const struct ir_edge *fan_in = changed_fan_in(old, new);
    if (fan_in)
        flight_find(f, RULE_FAN_IN, new->name,
                    "runs in which %.*s waits for its inputs miss some of them or count wrong ones",
                    UNUM_STR_ARG(fan_in->name));
    else
        flight_find(f, RULE_EDGES, new->name,
                    "runs in which an invocation of %.*s died between its record and its edges "
                    "go on by the new edges",
                    UNUM_STR_ARG(new->name));
}

static void check_node(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    if (old->compiled != new->compiled) {
        flight_find(f, RULE_SPELLING, new->name, "runs that come to %.*s stop",
                    UNUM_STR_ARG(new->name));
        return;
    }
    if (old->checkpoint != new->checkpoint)
        flight_find(f, RULE_CHECKPOINT, new->name, "no run is hurt");
    if (!new->compiled) {
        check_edges(f, old, new);
        return;
    }
    check_enclosed(f, old, new);
    check_waits(f, old, new);
    check_openers(f, old, new);
    check_targets(f, old, new);
}

/* What the entry says of all runs. */
static void check_run(struct flight *f, const struct ir_node *old, const struct ir_node *new)
{
    enum { DAY = 86400 };
    if (new->keeps_input && !old->keeps_input)
        flight_find(f, RULE_RUN_INPUT, new->name,
                    "runs that have started fail where $$.Execution.Input is read");
    if (new->waiting_s > old->waiting_s + DAY)
        flight_find(f, RULE_WAITING, new->name,
                    "runs that have started fail at Waits that end after their records do");
    if (new->timeout_s != old->timeout_s)
        flight_find(f, RULE_TIMEOUT, new->name, "no run is hurt");
}

static const struct ir_node *start_of(const struct plan_app *app)
{
    for (size_t i = 0; i < app->len; i++) {
        if (app->at[i].ir->start)
            return app->at[i].ir;
    }
    return NULL;
}

static void check_entry(struct flight *f)
{
    const struct ir_node *old = start_of(f->old), *new = start_of(f->new);
    if (!old || !new)
        return;
    check_run(f, old, new);
    if (!unum_str_eq(old->name, new->name))
        flight_find(f, RULE_ENTRY, new->name,
                    "runs that were started and have not begun are lost; callers must call %.*s "
                    "instead of %.*s",
                    UNUM_STR_ARG(new->name), UNUM_STR_ARG(old->name));
}

static void check_functions(struct flight *f)
{
    for (size_t i = 0; i < f->old->len; i++) {
        const struct plan_node *old = &f->old->at[i];
        const struct plan_node *new = unum_map_get(&f->new_nodes, old->node);
        if (!new)
            flight_find(f, RULE_FUNCTION_GONE, old->node,
                        "runs with an event for %.*s that waits, is retried or is being worked on "
                        "stop",
                        UNUM_STR_ARG(old->node));
        else
            check_node(f, old->ir, new->ir);
    }
    for (size_t i = 0; i < f->new->len; i++) {
        if (!unum_map_has(&f->old_nodes, f->new->at[i].node))
            flight_find(f, RULE_FUNCTION_ADDED, f->new->at[i].node, "no run is hurt");
    }
}

/* ---- Maps and Parallels ---- */

/* States that are evaluated in front of the first record of a branch. */
static bool *find_openings(const struct plan_whole *whole, struct unum_arena *arena)
{
    bool *reached = unum_arena_array(arena, whole->states.len, sizeof(*reached));
    size_t *queue = unum_arena_array(arena, whole->states.len, sizeof(*queue)), len = 0;
    for (size_t i = 0; i < whole->states.len; i++) {
        for (size_t j = 0; j < whole->states.at[i].edges.len; j++) {
            const struct plan_edge *edge = &whole->states.at[i].edges.at[j];
            if (edge->way != PLAN_BRANCH || reached[edge->to])
                continue;
            reached[edge->to] = true;
            queue[len++] = edge->to;
        }
    }
    for (size_t at = 0; at < len; at++) {
        const struct plan_state *state = &whole->states.at[queue[at]];
        bool passes = state->type != IR_STATE_TASK && state->type != IR_STATE_WAIT &&
                      (!ir_is_fan_out(state->type) || state->in_place);
        for (size_t j = 0; passes && j < state->edges.len; j++) {
            size_t to = state->edges.at[j].to;
            if (reached[to])
                continue;
            reached[to] = true;
            queue[len++] = to;
        }
    }
    return reached;
}

static void check_ends(struct flight *f, const struct plan_state *old, const struct plan_state *new)
{
    if (!old->closed || !new->closed || old->branches_len != new->branches_len)
        return;
    for (size_t i = 0; i < old->branches_len; i++) {
        struct unum_str was = old->end_keys[i], is = new->end_keys[i];
        if ((!was.ptr && !is.ptr) || (was.ptr && is.ptr && unum_str_eq(was, is)))
            continue;
        was = was.ptr ? was : UNUM_STR("a state that the run chose");
        is = is.ptr ? is : UNUM_STR("a state that the run chooses");
        flight_find(f, RULE_ENDS, old->key,
                    "runs in which a branch of %.*s has ended and others have not fail at its "
                    "close: branch %zu ended on %.*s and is looked for on %.*s",
                    UNUM_STR_ARG(old->key), i + 1, UNUM_STR_ARG(was), UNUM_STR_ARG(is));
    }
}

/* Is more needed at the close than the results of the branches? */
static bool keeps_input(const struct plan_state *state)
{
    return state->fields.ptr || state->in_place;
}

static bool differs(const struct plan_state *old, const struct plan_state *new, const char *key)
{
    return !value_same(value_at(old->fields, key), value_at(new->fields, key));
}

static bool tolerates(const struct plan_state *state)
{
    static const char *const keys[] = {"ToleratedFailureCount", "ToleratedFailureCountPath",
                                       "ToleratedFailurePercentage",
                                       "ToleratedFailurePercentagePath"};
    bool any = false;
    for (size_t i = 0; i < UNUM_COUNT(keys); i++)
        any = any || value_at(state->fields, keys[i]).ptr;
    return any;
}

static bool has_window(const struct plan_state *state)
{
    struct unum_str number = value_at(state->fields, "MaxConcurrency");
    return (number.ptr && !unum_str_is(number, "0")) ||
           value_at(state->fields, "MaxConcurrencyPath").ptr;
}

static void check_items(struct flight *f, const struct plan_state *old,
                        const struct plan_state *new)
{
    static const char *const keys[] = {"InputPath", "Parameters", "ItemSelector"};
    bool same = unum_str_eq(old->items_path, new->items_path);
    for (size_t i = 0; i < UNUM_COUNT(keys); i++)
        same = same && !differs(old, new, keys[i]);
    if (same)
        return;
    if (old->in_place)
        flight_find(f, RULE_IN_PLACE, old->key,
                    "runs in which %.*s is open evaluate branches without a Task again with "
                    "another input",
                    UNUM_STR_ARG(old->key));
    else
        flight_find(f, RULE_ITEMS, old->key,
                    "runs in which the opening of %.*s is repaired or goes on in steps mix both "
                    "inputs",
                    UNUM_STR_ARG(old->key));
}

static bool same_heads(const struct flight *f, const struct plan_state *old,
                       const struct plan_state *new)
{
    size_t i = 0, j = 0;
    for (;; i++, j++) {
        while (i < old->edges.len && old->edges.at[i].way != PLAN_BRANCH)
            i++;
        while (j < new->edges.len &&new->edges.at[j].way != PLAN_BRANCH)
            j++;
        if (i == old->edges.len || j == new->edges.len)
            return i == old->edges.len && j == new->edges.len;
        if (!unum_str_eq(f->before.states.at[old->edges.at[i].to].key,
                         f->after.states.at[new->edges.at[j].to].key))
            return false;
    }
}

static void check_fan_out(struct flight *f, const struct plan_state *old,
                          const struct plan_state *new, bool at_head)
{
    struct unum_str key = old->key;
    if (old->branches_len && new->branches_len && old->branches_len != new->branches_len)
        flight_find(f, RULE_BRANCHES, key,
                    "runs in which %.*s is open fail at its close or lose a result: it had %zu "
                    "branches and has %zu",
                    UNUM_STR_ARG(key), old->branches_len, new->branches_len);
    else if (old->opened && new->opened && !same_heads(f, old, new))
        flight_find(f, RULE_OPENING, key,
                    "runs in which the opening of %.*s is repaired or goes on in steps start some "
                    "branches the old way and some the new way",
                    UNUM_STR_ARG(key));
    check_ends(f, old, new);
    if (old->in_place != new->in_place)
        flight_find(f, RULE_IN_PLACE, key, "runs in which %.*s is open fail at its close",
                    UNUM_STR_ARG(key));
    if (at_head && !keeps_input(old) && keeps_input(new))
        flight_find(f, RULE_KEPT_INPUT, key,
                    "runs in which %.*s is open close it with the wrong input", UNUM_STR_ARG(key));
    if (has_window(old) && !has_window(new))
        flight_find(f, RULE_WINDOW, key,
                    "runs in which elements of %.*s wait for their turn stop or fail",
                    UNUM_STR_ARG(key));
    else if (differs(old, new, "MaxConcurrency") || differs(old, new, "MaxConcurrencyPath"))
        flight_find(f, RULE_CONCURRENCY, key,
                    "runs in which the opening of %.*s is repaired find the wrong inputs",
                    UNUM_STR_ARG(key));
    if (tolerates(old) && !tolerates(new))
        flight_find(f, RULE_TOLERANCE, key,
                    "runs in which %.*s is open and its last end is a failure fail or stop",
                    UNUM_STR_ARG(key));
    check_items(f, old, new);
}

/* ---- all states ---- */

/* Has a rule of its own? */
static bool is_judged(const struct plan_state *state, struct unum_str key)
{
    static const char *const everywhere[] = {"Retry", "Catch"};
    static const char *const of_fan_outs[] = {"InputPath", "Parameters", "ItemSelector",
                                              "MaxConcurrency", "MaxConcurrencyPath"};
    bool judged = false;
    for (size_t i = 0; i < UNUM_COUNT(everywhere); i++)
        judged = judged || json_is(key, unum_str_from(everywhere[i]));
    for (size_t i = 0; ir_is_fan_out(state->type) && i < UNUM_COUNT(of_fan_outs); i++)
        judged = judged || json_is(key, unum_str_from(of_fan_outs[i]));
    return judged;
}

/* A member of `a` that `b` has not, or has otherwise. */
static bool has_other(const struct plan_state *state, struct unum_str a, struct unum_str b)
{
    struct json_iter iter = json_iter(a.ptr ? a : UNUM_STR("{}"));
    struct unum_str key, value, other;
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        json_decode(key, &name);
        if (is_judged(state, key))
            continue;
        if (!b.ptr || !json_get(b, unum_buf_str(&name), &other) || !json_equal(value, other))
            return true;
    }
    return false;
}

static void check_data(struct flight *f, const struct plan_state *old, const struct plan_state *new)
{
    if (differs(old, new, "Retry"))
        flight_find(f, RULE_RETRY, old->key, "no run is hurt");
    if (differs(old, new, "Catch"))
        flight_find(f, RULE_CATCH, old->key, "no run is hurt");
    if (has_other(old, old->fields, new->fields) || has_other(old, new->fields, old->fields))
        flight_find(f, RULE_DATA, old->key, "no run is hurt");
}

static bool same_ways(const struct flight *f, const struct plan_state *old,
                      const struct plan_state *new)
{
    bool same = old->edges.len == new->edges.len && old->ends == new->ends;
    for (size_t i = 0; same && i < old->edges.len; i++)
        same = unum_str_eq(f->before.states.at[old->edges.at[i].to].key,
                           f->after.states.at[new->edges.at[i].to].key);
    return same;
}

/* Does it stand in a Map or Parallel that evaluates branches again at its close? */
static bool evaluated_again(const struct plan_whole *whole, const struct plan_state *state)
{
    return state->parent != PLAN_NONE && whole->states.at[state->parent].in_place;
}

static void check_in_site(struct flight *f, const struct plan_state *old,
                          const struct plan_state *new, bool opening)
{
    bool same = value_same(old->fields, new->fields) && same_ways(f, old, new);
    bool own = ir_is_fan_out(old->type) && !old->in_place; /* its own rules say all */
    if (same || own || !opening || old->type == IR_STATE_TASK || old->type == IR_STATE_WAIT)
        return;
    struct unum_str around = f->before.states.at[old->parent].key;
    if (evaluated_again(&f->before, old))
        flight_find(f, RULE_IN_PLACE, old->key,
                    "runs in which %.*s is open evaluate %.*s again, in another way than at first",
                    UNUM_STR_ARG(around), UNUM_STR_ARG(old->key));
    else
        flight_find(f, RULE_OPENING, old->key,
                    "runs in which the opening of %.*s is repaired or goes on in steps start some "
                    "branches the old way and some the new way",
                    UNUM_STR_ARG(around));
}

static void state_gone(struct flight *f, const struct plan_state *old, bool crossing)
{
    if (ir_is_fan_out(old->type) && crossing)
        flight_find(f, RULE_FAN_OUT_GONE, old->key, "runs in which %.*s is open stop",
                    UNUM_STR_ARG(old->key));
    else if (old->known && old->type != IR_STATE_TASK && old->type != IR_STATE_WAIT)
        flight_find(f, RULE_STATE, old->key, "no run is hurt");
}

static void state_added(struct flight *f, const struct plan_state *new)
{
    if (plan_find(&f->before, new->key) == PLAN_NONE && new->type != IR_STATE_TASK)
        flight_find(f, RULE_STATE, new->key, "no run is hurt");
}

static void check_states(struct flight *f)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const bool *crossing = plan_crossing(&f->before, &arena);
    const bool *openings = find_openings(&f->before, &arena);
    for (size_t i = 0; i < f->before.states.len; i++) {
        const struct plan_state *old = &f->before.states.at[i];
        size_t at = plan_find(&f->after, old->key);
        const struct plan_state *new = at == PLAN_NONE ? NULL : &f->after.states.at[at];
        bool same_type = new && (new->type == old->type || !new->known || !old->known);
        if (!new || !same_type) {
            state_gone(f, old, crossing[i]);
            continue;
        }
        bool head = openings[i] && old->parent != PLAN_NONE;
        if (ir_is_fan_out(old->type) && crossing[i])
            check_fan_out(f, old, new, head);
        check_data(f, old, new);
        check_in_site(f, old, new, head);
        if (!same_ways(f, old, new))
            flight_find(f, RULE_NEXT, old->key, "no run is hurt");
    }
    for (size_t i = 0; f->after.states.at && i < f->after.states.len; i++)
        state_added(f, &f->after.states.at[i]);
}

/* ---- all of them ---- */

struct ranked {
    struct diff_finding finding;
    size_t at;
};

static int by_weight(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->finding.rule->safety != y->finding.rule->safety)
        return x->finding.rule->safety > y->finding.rule->safety ? -1 : 1;
    if (x->finding.rule != y->finding.rule)
        return x->finding.rule < y->finding.rule ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

void find_all(struct flight *f)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    check_entry(f);
    check_functions(f);
    check_states(f);
    find_order(f);
    if (!f->findings.len)
        flight_find(f, RULE_HASH, UNUM_STR("machine"), "no run is hurt");
    struct ranked *ranked = unum_arena_array(&arena, f->findings.len, sizeof(*ranked));
    for (size_t i = 0; i < f->findings.len; i++)
        ranked[i] = (struct ranked){f->findings.at[i], i};
    qsort(ranked, f->findings.len, sizeof(*ranked), by_weight);
    for (size_t i = 0; i < f->findings.len; i++)
        f->findings.at[i] = ranked[i].finding;
}

/* What the new version of a node does differently, as sentences about its function. */
#include <stdarg.h>
#include <string.h>

#include "base/limits.h"
#include "plan/diff_internal.h"

void says(struct sayings *s, const char *format, ...)
{
    if (s->list.len == MOST_SAYS) {
        s->dropped++;
        return;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    *unum_vec_push(&s->list) = unum_arena_str(s->arena, unum_buf_str(&text));
}

/* ---- where a node goes on ---- */

/* "starts Ship", "decides the Choice Route", ... */
static struct unum_str going_to(const struct sayings *s, const struct ir_node *node,
                                struct unum_str name)
{
    static const char *const verbs[] = {[IR_STATE_TASK] = "starts",
                                        [IR_STATE_MAP] = "opens Map",
                                        [IR_STATE_PARALLEL] = "opens Parallel",
                                        [IR_STATE_PASS] = "evaluates Pass",
                                        [IR_STATE_CHOICE] = "decides Choice",
                                        [IR_STATE_WAIT] = "waits in Wait",
                                        [IR_STATE_SUCCEED] = "ends in Succeed",
                                        [IR_STATE_FAIL] = "fails in Fail"};
    const struct ir_state *state = name.ptr ? ir_state(node, name) : NULL;
    if (!name.ptr && node->within_len)
        return unum_arena_printf(s->arena, "ends its branch of %.*s",
                                 UNUM_STR_ARG(node->within[node->within_len - 1]));
    if (!name.ptr)
        return UNUM_STR("ends the run");
    if (!state)
        return unum_arena_printf(s->arena, "goes on with %.*s", UNUM_STR_ARG(name));
    struct unum_str target = state->type == IR_STATE_TASK ? state->node : name;
    return unum_arena_printf(s->arena, "%s %.*s", verbs[state->type], UNUM_STR_ARG(target));
}

static struct unum_str around(const struct sayings *s, const struct ir_node *node)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < node->within_len; i++) {
        unum_buf_adds(&text, i ? " in " : "in ");
        unum_buf_add(&text, node->within[node->within_len - 1 - i]);
    }
    if (!node->within_len)
        unum_buf_adds(&text, "outside of every Map and Parallel");
    return unum_arena_str(s->arena, unum_buf_str(&text));
}

static void place_differs(struct sayings *s, const struct ir_node *old, const struct ir_node *new)
{
    if (!old->start && new->start)
        says(s, "is the entry of the workflow now");
    if (old->start && !new->start)
        says(s, "is not the entry of the workflow any more");
    struct unum_str was = around(s, old), is = around(s, new);
    if (!unum_str_eq(was, is))
        says(s, "runs %.*s (was %.*s)", UNUM_STR_ARG(is), UNUM_STR_ARG(was));
    if (old->checkpoint != new->checkpoint)
        says(s, new->checkpoint ? "records its outcome (did not)"
                                : "does not record its outcome any more, where that is possible");
    if (old->timeout_s != new->timeout_s)
        says(s, "ends runs after %lld s (was %lld; 0: never)", (long long)new->timeout_s,
             (long long)old->timeout_s);
    if (old->waiting_s != new->waiting_s)
        says(s, "keeps the records of runs for %lld s of waiting (was %lld)",
             (long long)new->waiting_s, (long long)old->waiting_s);
    if (old->keeps_input != new->keeps_input)
        says(s, new->keeps_input ? "records the input of the run now"
                                 : "does not record the input of the run any more");
    if (old->reads_input != new->reads_input)
        says(s, new->reads_input ? "reads the input of the run now"
                                 : "does not read the input of the run any more");
    if (old->debug != new->debug)
        says(s, new->debug ? "logs for debugging" : "does not log for debugging any more");
    was = going_to(s, old, old->then);
    is = going_to(s, new, new->then);
    if (!unum_str_eq(was, is))
        says(s, "%.*s behind its code (was: %.*s)", UNUM_STR_ARG(is), UNUM_STR_ARG(was));
}

/* ---- states in place ---- */

static bool is_outline(const struct ir_state *state)
{
    return ir_is_fan_out(state->type) && !state->branches_len && !state->next.ptr &&
           !state->fields.ptr;
}

/* A Task is only named, a fan-out may be: nothing is evaluated then. */
static bool only_named(const struct ir_state *state)
{
    return state->type == IR_STATE_TASK || is_outline(state);
}

static struct unum_str title_of(const struct sayings *s, const struct ir_state *state)
{
    return unum_arena_printf(s->arena, "%s %.*s", ir_state_type_name(state->type),
                             UNUM_STR_ARG(state->name));
}

static const char *deed(const struct ir_state *state)
{
    if (!ir_is_fan_out(state->type))
        return "evaluates";
    if (state->branches)
        return state->ends ? "opens and closes" : "opens";
    return state->ends ? "closes" : "handles errors of";
}

static struct unum_str members(const struct ir_state *state)
{
    return state && state->fields.ptr ? state->fields : UNUM_STR("{}");
}

static void say_one(struct sayings *s, const struct ir_state *state, bool is_new)
{
    struct unum_str title = title_of(s, state);
    if (!only_named(state) && is_new)
        says(s, "%s %.*s now", deed(state), UNUM_STR_ARG(title));
    else if (!only_named(state))
        says(s, "has nothing to do with %.*s any more (was: %s it)", UNUM_STR_ARG(title),
             deed(state));
}

/* A Task is its function: how a region calls it depends on the spelling. */
static bool same_state(struct unum_str was, struct unum_str is)
{
    return !was.ptr || !is.ptr ? !was.ptr && !is.ptr : unum_str_eq(was, is);
}

static void ends_differ(struct sayings *s, struct unum_str title, size_t branch,
                        struct unum_str was, struct unum_str is)
{
    if (same_state(was, is))
        return;
    was = was.ptr ? was : UNUM_STR("a state that depends on the run");
    is = is.ptr ? is : UNUM_STR("a state that depends on the run");
    says(s, "branch %zu of %.*s ends on %.*s (was %.*s)", branch + 1, UNUM_STR_ARG(title),
         UNUM_STR_ARG(is), UNUM_STR_ARG(was));
}

static void branches_differ(struct sayings *s, const struct ir_node *old_node,
                            const struct ir_state *old, const struct ir_node *new_node,
                            const struct ir_state *new)
{
    struct unum_str title = title_of(s, new);
    if (old->branches && new->branches && old->branches_len != new->branches_len)
        says(s, "%.*s has %zu branches (was %zu)", UNUM_STR_ARG(title), new->branches_len,
             old->branches_len);
    size_t common = old->branches_len < new->branches_len ? old->branches_len : new->branches_len;
    for (size_t i = 0; i < common; i++) {
        if (old->branches && new->branches) {
            struct unum_str was = plan_key(old_node, old->branches[i]);
            struct unum_str is = plan_key(new_node, new->branches[i]);
            if (!same_state(was, is))
                says(s, "branch %zu of %.*s starts with %.*s (was %.*s)", i + 1,
                     UNUM_STR_ARG(title), UNUM_STR_ARG(is), UNUM_STR_ARG(was));
        }
        if (old->ends && new->ends)
            ends_differ(s, title, i, plan_key(old_node, old->ends[i]),
                        plan_key(new_node, new->ends[i]));
    }
}

static void fan_outs_differ(struct sayings *s, const struct ir_node *old_node,
                            const struct ir_state *old, const struct ir_node *new_node,
                            const struct ir_state *new)
{
    struct unum_str title = title_of(s, new);
    if (strcmp(deed(old), deed(new)) != 0)
        says(s, "%s %.*s (was: %s it)", deed(new), UNUM_STR_ARG(title), deed(old));
    branches_differ(s, old_node, old, new_node, new);
    if (new->type == IR_STATE_MAP && old->branches &&new->branches &&
        !unum_str_eq(old->items_path, new->items_path))
        says(s, "%.*s takes its elements from %.*s (was %.*s)", UNUM_STR_ARG(title),
             UNUM_STR_ARG(new->items_path), UNUM_STR_ARG(old->items_path));
    if (old->in_place != new->in_place)
        says(s,
             new->in_place ? "branches of %.*s may end without a Task now"
                           : "every branch of %.*s has a Task now",
             UNUM_STR_ARG(title));
    if (old->opener.ptr && new->opener.ptr && !unum_str_eq(old->opener, new->opener))
        says(s, "the next attempt of %.*s is opened by %.*s (was %.*s)", UNUM_STR_ARG(title),
             UNUM_STR_ARG(new->opener), UNUM_STR_ARG(old->opener));
}

static void states_differ(struct sayings *s, const struct ir_node *old_node,
                          const struct ir_state *old, const struct ir_node *new_node,
                          const struct ir_state *new)
{
    if (only_named(old) || only_named(new)) {
        if (old->type == IR_STATE_TASK && new->type == IR_STATE_TASK) {
            if (!unum_str_eq(old->node, new->node))
                says(s, "starts %.*s for %.*s (was %.*s)", UNUM_STR_ARG(new->node),
                     UNUM_STR_ARG(new->name), UNUM_STR_ARG(old->node));
            return;
        }
        say_one(s, old, false);
        say_one(s, new, true);
        return;
    }
    if (old->type != new->type) {
        says(s, "%.*s is a %s now (was %s)", UNUM_STR_ARG(new->name), ir_state_type_name(new->type),
             ir_state_type_name(old->type));
        return;
    }
    values_differ(s, title_of(s, new), members(old), members(new));
    if (ir_is_fan_out(new->type))
        fan_outs_differ(s, old_node, old, new_node, new);
    bool flows =
        new->type != IR_STATE_CHOICE &&new->type != IR_STATE_SUCCEED &&new->type != IR_STATE_FAIL;
    bool known = !ir_is_fan_out(new->type) || (old->branches_len && new->branches_len);
    struct unum_str was = going_to(s, old_node, old->next), is = going_to(s, new_node, new->next);
    if (flows && known && !unum_str_eq(was, is))
        says(s, "%.*s behind %.*s (was: %.*s)", UNUM_STR_ARG(is), UNUM_STR_ARG(title_of(s, new)),
             UNUM_STR_ARG(was));
}

/* Both lists are sorted by name. */
static void regions_differ(struct sayings *s, const struct ir_node *old, const struct ir_node *new)
{
    size_t a = 0, b = 0;
    while (a < old->states_len || b < new->states_len) {
        int order = a == old->states_len   ? 1
                    : b == new->states_len ? -1
                                           : unum_str_cmp(old->states[a].name, new->states[b].name);
        if (order == 0)
            states_differ(s, old, &old->states[a++], new, &new->states[b++]);
        else if (order < 0)
            say_one(s, &old->states[a++], false);
        else
            say_one(s, &new->states[b++], true);
    }
}

/* ---- hand-written edges ---- */

static struct unum_str list_text(const struct sayings *s, const struct unum_str *at, size_t len)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    for (size_t i = 0; i < len; i++) {
        unum_buf_adds(&text, i ? ", " : "");
        unum_buf_add(&text, at[i]);
    }
    return unum_arena_str(s->arena, unum_buf_str(&text));
}

/* "Ship (Fan-in of A-unumIndex-*, if $0 < 3, modifiers Pop)" */
static struct unum_str edge_text(const struct sayings *s, const struct ir_edge *edge)
{
    static const char *const inputs[] = {"Scalar", "Map", "Fan-in of "};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    unum_buf_add(&text, edge->name);
    unum_buf_printf(&text, " (%s", inputs[edge->input]);
    if (edge->input == IR_FANIN)
        unum_buf_add(&text, list_text(s, edge->values, edge->values_len));
    if (edge->parallel_set)
        unum_buf_adds(&text, edge->parallel ? ", a branch" : ", not a branch");
    if (edge->conditional.ptr)
        unum_buf_printf(&text, ", if %.*s", UNUM_STR_ARG(edge->conditional));
    if (edge->modifiers_len) {
        unum_buf_adds(&text, ", modifiers ");
        unum_buf_add(&text, list_text(s, edge->modifiers, edge->modifiers_len));
    }
    unum_buf_addc(&text, ')');
    return unum_arena_str(s->arena, unum_buf_str(&text));
}

static void edges_differ(struct sayings *s, const struct ir_node *old, const struct ir_node *new)
{
    size_t len = old->edges_len > new->edges_len ? old->edges_len : new->edges_len;
    for (size_t i = 0; i < len; i++) {
        struct unum_str was = i < old->edges_len ? edge_text(s, &old->edges[i]) : UNUM_STR_NONE;
        struct unum_str is = i < new->edges_len ? edge_text(s, &new->edges[i]) : UNUM_STR_NONE;
        if (!was.ptr)
            says(s, "has the edge to %.*s now", UNUM_STR_ARG(is));
        else if (!is.ptr)
            says(s, "has the edge to %.*s no more", UNUM_STR_ARG(was));
        else if (!unum_str_eq(was, is))
            says(s, "has the edge to %.*s (was %.*s)", UNUM_STR_ARG(is), UNUM_STR_ARG(was));
    }
    if (old->edges_list != new->edges_list && old->edges_len == new->edges_len)
        says(s, new->edges_list ? "has a list of edges now" : "has one edge, not a list, now");
    if (old->end != new->end)
        says(s, new->end ? "is an end of the run now" : "is not marked as an end of the run now");
}

void node_differs(struct sayings *s, const struct ir_node *old, const struct ir_node *new)
{
    if (old->compiled != new->compiled) {
        says(s, new->compiled ? "follows a compiled machine (was hand-written)"
                              : "follows hand-written edges (was compiled)");
        return;
    }
    place_differs(s, old, new);
    if (!new->compiled) {
        edges_differ(s, old, new);
        return;
    }
    if (old->generated != new->generated)
        says(s, new->generated ? "runs no user code now" : "runs user code now");
    values_differ(s, UNUM_STR("its Task"), members(old->task), members(new->task));
    regions_differ(s, old, new);
}

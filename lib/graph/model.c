#include "graph/model.h"

#include "base/limits.h"
#include "base/vec.h"
#include "json/json.h"

bool graph_is_fan_out(const struct asl_state *state)
{
    return state->type == ASL_MAP || state->type == ASL_PARALLEL;
}

/* ---- who evaluates what ---- */

struct spread {
    struct graph *g;
    UNUM_VEC(const struct asl_state *) queue;
};

static size_t join(size_t a, size_t b)
{
    return a == OWNER_NONE || a == b ? b : b == OWNER_NONE ? a : OWNER_SHARED;
}

/* The function `by` arrives at the state. An owner changes at most twice, so this ends. */
static void arrive(struct spread *s, const struct asl_state *state, size_t by)
{
    struct graph_node *node = &s->g->nodes[state->id];
    size_t owner = state->type == ASL_TASK ? state->id : join(node->owner, by);
    if (owner == node->owner)
        return;
    node->owner = owner;
    *unum_vec_push(&s->queue) = state;
}

static void go_on(struct spread *s, const struct asl_state *state, size_t by)
{
    for (size_t i = 0; i < state->targets_len; i++) {
        if (state->targets[i].state)
            arrive(s, state->targets[i].state, by);
    }
    const struct asl_state *parent = s->g->nodes[state->id].scope->parent;
    if (!state->end || !parent)
        return;
    struct graph_node *around = &s->g->nodes[parent->id];
    size_t after = join(around->after, by);
    if (after == around->after)
        return;
    around->after = after;
    go_on(s, parent, after);
}

static void spread_owners(struct graph *g)
{
    struct spread s = {.g = g};
    arrive(&s, g->machine->scope.start, OWNER_ENTRY);
    while (s.queue.len) {
        const struct asl_state *state = s.queue.at[--s.queue.len];
        const struct graph_node *node = &g->nodes[state->id];
        for (size_t i = 0; i < state->branches_len; i++)
            arrive(&s, state->branches[i].start, node->owner);
        if (!graph_is_fan_out(state))
            go_on(&s, state, node->owner);
    }
    unum_vec_done(&s.queue);
}

static void collect(struct graph *g, const struct asl_scope *scope)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        g->nodes[state->id] = (struct graph_node){state, scope, OWNER_NONE, OWNER_NONE};
        for (size_t j = 0; j < state->branches_len; j++)
            collect(g, &state->branches[j]);
    }
}

void graph_model(struct graph *g, const struct asl_machine *machine,
                 const struct asl_functions *functions, struct unum_str title)
{
    *g = (struct graph){.machine = machine, .functions = functions, .title = title};
    g->len = machine->states;
    g->nodes = unum_arena_array(&g->arena, g->len, sizeof(*g->nodes));
    collect(g, &machine->scope);
    spread_owners(g);
}

void graph_done(struct graph *g)
{
    unum_arena_done(&g->arena);
}

/* ---- texts ---- */

struct unum_str graph_function(const struct graph *g, const struct asl_state *task)
{
    if (!g->functions || task->function >= g->functions->len)
        return UNUM_STR("");
    return g->functions->at[task->function].name;
}

struct unum_str graph_short(struct graph *g, struct unum_str text, size_t most)
{
    size_t at = 0, count = 0, cut = 0;
    while (at < text.len) {
        size_t len = unum_utf8_length(unum_str_from_pos(text, at));
        if (count + 3 == most)
            cut = at;
        at += len ? len : 1;
        count++;
    }
    if (count <= most)
        return text;
    return unum_arena_printf(&g->arena, "%.*s...", (int)cut, text.ptr);
}

struct unum_str graph_kind(struct graph *g, const struct asl_state *state)
{
    struct unum_str function = UNUM_STR("");
    if (state->type == ASL_TASK)
        function = graph_function(g, state);
    if (function.len)
        return unum_arena_printf(&g->arena, "%s: %.*s", asl_type_name(state->type),
                                 UNUM_STR_ARG(function));
    return unum_str_from(asl_type_name(state->type));
}

struct unum_str graph_place(struct graph *g, const struct asl_state *state)
{
    size_t owner = graph_node(g, state)->owner;
    if (owner == OWNER_ENTRY)
        return UNUM_STR("evaluated by the entry function");
    if (owner == OWNER_SHARED)
        return UNUM_STR("evaluated by whichever function arrives");
    if (owner == OWNER_NONE || state->type == ASL_TASK)
        return UNUM_STR("");
    const struct asl_state *task = g->nodes[owner].state;
    struct unum_str function = graph_function(g, task);
    return unum_arena_printf(&g->arena, "evaluated by %.*s",
                             UNUM_STR_ARG(function.len ? function : task->name));
}

static struct unum_str join_errors(struct graph *g, const struct asl_names *errors)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < errors->len && text.len < UNUM_KB; i++) {
        unum_buf_adds(&text, i ? ", " : "");
        unum_buf_add(&text, errors->at[i]);
    }
    return unum_arena_str(&g->arena, unum_buf_str(&text));
}

/* "$.n NumericGreaterThan 3", "And of 2 rules", "Not ..." */
static struct unum_str rule_text(struct graph *g, struct unum_str rule)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str variable, key, value;
    struct json_iter iter = json_iter(rule);
    if (json_get(rule, UNUM_STR("Not"), &value))
        return unum_arena_printf(&g->arena, "Not %.*s", UNUM_STR_ARG(rule_text(g, value)));
    if (!json_get(rule, UNUM_STR("Variable"), &variable))
        return json_next(&iter, &key, &value) && key.len > 2
                   ? unum_arena_printf(&g->arena, "%.*s of %zu rules", (int)key.len - 2,
                                       key.ptr + 1, json_count(value))
                   : UNUM_STR("");
    json_decode(variable, &text);
    while (json_next(&iter, &key, &value)) {
        if (json_is(key, UNUM_STR("Variable")))
            continue;
        unum_buf_addc(&text, ' ');
        json_decode(key, &text);
        unum_buf_addc(&text, ' ');
        unum_buf_add(&text, value);
    }
    return unum_arena_str(&g->arena, unum_buf_str(&text));
}

struct unum_str graph_label(struct graph *g, const struct asl_state *state, size_t i)
{
    const struct asl_target *target = &state->targets[i];
    /* Targets of choices and of catchers stand behind each other in their order. */
    if (state->choices_len && target >= state->choices[0].target)
        return rule_text(g, state->choices[target - state->choices[0].target].rule);
    if (state->catchers_len && target >= state->catchers[0].target)
        return join_errors(g, &state->catchers[target - state->catchers[0].target].errors);
    return target->key[0] == 'D' ? UNUM_STR("Default") : UNUM_STR("");
}

const char *graph_colour(const struct graph *g, const struct asl_state *state)
{
    static const char *const colours[] = {"#cfe2f3", "#d9ead3", "#fff2cc", "#f4cccc", "#d9d2e9",
                                          "#fce5cd", "#d0e0e3", "#ead1dc", "#e2f0cb", "#c9daf8"};
    size_t owner = graph_node(g, state)->owner;
    if (owner == OWNER_SHARED || owner == OWNER_NONE)
        return "#ffffff";
    if (owner == OWNER_ENTRY)
        return "#e6e6e6";
    size_t function = g->nodes[owner].state->function;
    return colours[(function == ASL_FUNCTION_NONE ? owner : function) % UNUM_COUNT(colours)];
}

int graph_render(const struct asl_machine *machine, const struct asl_functions *functions,
                 struct unum_str title, enum graph_format format, struct unum_buf *out,
                 struct unum_err *err)
{
    static int (*const formats[])(struct graph *, struct unum_buf *, struct unum_err *) = {
        [GRAPH_DOT] = graph_dot, [GRAPH_MERMAID] = graph_mermaid, [GRAPH_SVG] = graph_svg};
    struct graph UNUM_AUTO(graph_done) g;
    graph_model(&g, machine, functions, title);
    int rc = formats[format](&g, out, err);
    if (rc == 0 && out->failed)
        rc = unum_err_set(err, UNUM_E_LIMIT, "the picture has more than %zu bytes", out->max);
    return rc;
}

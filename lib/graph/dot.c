/* DOT, the language of Graphviz. A Map or Parallel is a node, the cluster with its branches, and
 * the point where it closes. */
#include "graph/model.h"

enum { NAME = 40, LABEL = 32 };

static void add_quoted(struct unum_buf *out, struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            unum_buf_addc(out, '\\');
        unum_buf_addc(out, (unsigned char)text.ptr[i] < 0x20 ? ' ' : text.ptr[i]);
    }
}

static void indent(struct unum_buf *out, unsigned depth)
{
    for (unsigned i = 0; i <= depth; i++)
        unum_buf_adds(out, "  ");
}

static void add_node(struct graph *g, const struct asl_state *state, unsigned depth,
                     struct unum_buf *out)
{
    indent(out, depth);
    unum_buf_printf(out, "s%zu [label=\"", state->id);
    add_quoted(out, graph_short(g, state->name, NAME));
    unum_buf_adds(out, "\\n");
    add_quoted(out, graph_kind(g, state));
    unum_buf_adds(out, "\", tooltip=\"");
    add_quoted(out, graph_place(g, state));
    unum_buf_printf(out, "\", fillcolor=\"%s\"%s%s];\n", graph_colour(g, state),
                    state->type == ASL_CHOICE ? ", shape=diamond" : "",
                    state->end ? ", peripheries=2" : "");
}

/* The Task of this scope whose function alone evaluates the state; else NULL. */
static const struct asl_state *group_of(const struct graph *g, const struct asl_state *state)
{
    const struct graph_node *node = graph_node(g, state);
    if (node->owner >= g->len || graph_is_fan_out(state) ||
        g->nodes[node->owner].scope != node->scope)
        return NULL;
    return g->nodes[node->owner].state;
}

/* Names of states as links: first[task] is the first of its group, next[state] the one behind. */
struct groups {
    size_t *first, *next;
};

static struct groups group_scope(struct graph *g, const struct asl_scope *scope, size_t *members)
{
    struct groups groups = {unum_arena_array(&g->arena, scope->len, sizeof(size_t)),
                            unum_arena_array(&g->arena, scope->len, sizeof(size_t))};
    for (size_t i = scope->len; i-- > 0;) {
        const struct asl_state *task = group_of(g, &scope->states[i]);
        if (!task)
            continue;
        size_t at = (size_t)(task - scope->states);
        groups.next[i] = groups.first[at];
        groups.first[at] = i + 1;
        members[at]++;
    }
    return groups;
}

static void add_group(struct graph *g, const struct asl_scope *scope, const struct groups *groups,
                      size_t task, struct unum_buf *out)
{
    const struct asl_state *state = &scope->states[task];
    struct unum_str function = graph_function(g, state);
    indent(out, scope->depth);
    unum_buf_printf(out,
                    "subgraph cluster_f%zu { style=\"rounded,dashed\"; color=\"#888888\"; "
                    "label=\"",
                    state->id);
    add_quoted(out, function.len ? function : state->name);
    unum_buf_adds(out, "\";\n");
    for (size_t i = groups->first[task]; i; i = groups->next[i - 1])
        add_node(g, &scope->states[i - 1], scope->depth + 1, out);
    indent(out, scope->depth);
    unum_buf_adds(out, "}\n");
}

static void add_scope(struct graph *g, const struct asl_scope *scope, struct unum_buf *out);

static void add_fan_out(struct graph *g, const struct asl_state *state, unsigned depth,
                        struct unum_buf *out)
{
    add_node(g, state, depth, out);
    indent(out, depth);
    unum_buf_printf(out, "subgraph cluster_s%zu { style=\"rounded\"; color=\"#555555\"; label=\"",
                    state->id);
    add_quoted(out, graph_short(g, state->name, NAME));
    unum_buf_adds(out, "\";\n");
    for (size_t i = 0; i < state->branches_len; i++)
        add_scope(g, &state->branches[i], out);
    indent(out, depth);
    unum_buf_adds(out, "}\n");
    indent(out, depth);
    unum_buf_printf(out, "c%zu [shape=point, width=0.12, tooltip=\"close of ", state->id);
    add_quoted(out, state->name);
    unum_buf_adds(out, "\"];\n");
    for (size_t i = 0; i < state->branches_len; i++) {
        indent(out, depth);
        unum_buf_printf(out, "s%zu -> s%zu [style=dashed];\n", state->id,
                        state->branches[i].start->id);
    }
}

/* Where transitions of a state start. */
static char leaves_from(const struct asl_state *state)
{
    return graph_is_fan_out(state) ? 'c' : 's';
}

static void add_edges(struct graph *g, const struct asl_state *state, unsigned depth,
                      struct unum_buf *out)
{
    for (size_t i = 0; i < state->targets_len; i++) {
        const struct asl_target *target = &state->targets[i];
        indent(out, depth);
        unum_buf_printf(out, "%c%zu -> s%zu", leaves_from(state), state->id, target->state->id);
        struct unum_str label = graph_label(g, state, i);
        if (label.len) {
            unum_buf_adds(out, " [label=\"");
            add_quoted(out, graph_short(g, label, LABEL));
            unum_buf_printf(out, "\"%s]", state->type == ASL_CHOICE ? "" : ", color=\"#cc0000\"");
        }
        unum_buf_adds(out, ";\n");
    }
    const struct asl_state *parent = graph_node(g, state)->scope->parent;
    if (state->end && parent && state->type != ASL_FAIL) {
        indent(out, depth);
        unum_buf_printf(out, "%c%zu -> c%zu [style=dashed];\n", leaves_from(state), state->id,
                        parent->id);
    }
}

static void add_scope(struct graph *g, const struct asl_scope *scope, struct unum_buf *out)
{
    size_t *members = unum_arena_array(&g->arena, scope->len, sizeof(*members));
    struct groups groups = group_scope(g, scope, members);
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        const struct asl_state *task = group_of(g, state);
        if (graph_is_fan_out(state))
            add_fan_out(g, state, scope->depth, out);
        else if (!task || members[task - scope->states] == 1)
            add_node(g, state, scope->depth, out);
        else if (task == state)
            add_group(g, scope, &groups, i, out);
    }
    for (size_t i = 0; i < scope->len; i++)
        add_edges(g, &scope->states[i], scope->depth, out);
}

int graph_dot(struct graph *g, struct unum_buf *out, struct unum_err *err)
{
    (void)err;
    unum_buf_adds(out, "digraph \"");
    add_quoted(out, g->title);
    unum_buf_adds(out, "\" {\n"
                       "  graph [fontname=\"Helvetica\", compound=true];\n"
                       "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", "
                       "fontsize=11];\n"
                       "  edge [fontname=\"Helvetica\", fontsize=9];\n"
                       "  start [shape=circle, width=0.2, label=\"\", fillcolor=\"#333333\"];\n");
    unum_buf_printf(out, "  start -> s%zu;\n", g->machine->scope.start->id);
    add_scope(g, &g->machine->scope, out);
    unum_buf_adds(out, "}\n");
    return 0;
}

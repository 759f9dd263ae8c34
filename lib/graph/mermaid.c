/* Mermaid: a flowchart as code hosts draw it. A Map or Parallel is a subgraph. */
#include "graph/model.h"

enum { NAME = 40, LABEL = 32 };

/* Quotes and markup become entities. */
static void add_text(struct unum_buf *out, struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '"' || c == '<' || c == '>' || c == '#' || c == '&' || c == '`' || c == ';')
            unum_buf_printf(out, "#%d;", c);
        else
            unum_buf_addc(out, (unsigned char)c < 0x20 ? ' ' : c);
    }
}

static void indent(struct unum_buf *out, unsigned depth)
{
    for (unsigned i = 0; i <= depth; i++)
        unum_buf_adds(out, "  ");
}

static void add_scope(struct graph *g, const struct asl_scope *scope, struct unum_buf *out);

static void add_state(struct graph *g, const struct asl_state *state, unsigned depth,
                      struct unum_buf *out)
{
    bool choice = state->type == ASL_CHOICE;
    indent(out, depth);
    if (graph_is_fan_out(state)) {
        unum_buf_printf(out, "subgraph s%zu[\"", state->id);
        add_text(out, graph_short(g, state->name, NAME));
        unum_buf_printf(out, " (%s)\"]\n", asl_type_name(state->type));
        for (size_t i = 0; i < state->branches_len; i++)
            add_scope(g, &state->branches[i], out);
        indent(out, depth);
        unum_buf_adds(out, "end\n");
    } else {
        unum_buf_printf(out, "s%zu%s\"", state->id, choice ? "{" : state->end ? "([" : "[");
        add_text(out, graph_short(g, state->name, NAME));
        unum_buf_adds(out, "<br/>");
        add_text(out, graph_kind(g, state));
        unum_buf_printf(out, "\"%s\n", choice ? "}" : state->end ? "])" : "]");
    }
    indent(out, depth);
    unum_buf_printf(out, "style s%zu fill:%s,stroke:#555555\n", state->id, graph_colour(g, state));
}

static void add_scope(struct graph *g, const struct asl_scope *scope, struct unum_buf *out)
{
    for (size_t i = 0; i < scope->len; i++)
        add_state(g, &scope->states[i], scope->depth, out);
}

static void add_edges(struct graph *g, struct unum_buf *out)
{
    for (size_t id = 0; id < g->len; id++) {
        const struct asl_state *state = g->nodes[id].state;
        for (size_t i = 0; i < state->targets_len; i++) {
            struct unum_str label = graph_label(g, state, i);
            unum_buf_printf(out, "  s%zu -->", id);
            if (label.len) {
                unum_buf_adds(out, "|\"");
                add_text(out, graph_short(g, label, LABEL));
                unum_buf_adds(out, "\"|");
            }
            unum_buf_printf(out, " s%zu\n", state->targets[i].state->id);
        }
    }
}

int graph_mermaid(struct graph *g, struct unum_buf *out, struct unum_err *err)
{
    (void)err;
    unum_buf_adds(out, "flowchart TD\n  start((\" \"))\n");
    unum_buf_printf(out, "  start --> s%zu\n", g->machine->scope.start->id);
    add_scope(g, &g->machine->scope, out);
    add_edges(g, out);
    return 0;
}

/* What all formats draw: states with the node that evaluates them, and labelled transitions. */
#ifndef UNUM_GRAPH_MODEL_H
#define UNUM_GRAPH_MODEL_H

#include "graph/graph.h"

/* Owners besides ids of Task states. */
#define OWNER_NONE   SIZE_MAX       /* nobody arrives */
#define OWNER_ENTRY  (SIZE_MAX - 1) /* the entry function */
#define OWNER_SHARED (SIZE_MAX - 2) /* whichever function arrives */

struct graph_node {
    const struct asl_state *state;
    const struct asl_scope *scope;
    size_t owner; /* id of the Task whose function evaluates it; a Task's own id */
    size_t after; /* Map, Parallel: whose function goes on behind the close */
};

struct graph {
    const struct asl_machine *machine;
    const struct asl_functions *functions;
    struct unum_str title;
    struct unum_arena arena;
    struct graph_node *nodes; /* by state id */
    size_t len;
};

void graph_model(struct graph *g, const struct asl_machine *machine,
                 const struct asl_functions *functions, struct unum_str title);
void graph_done(struct graph *g);

static inline const struct graph_node *graph_node(const struct graph *g,
                                                  const struct asl_state *state)
{
    return &g->nodes[state->id];
}

bool graph_is_fan_out(const struct asl_state *state);
/* The function a Task runs, or the empty text. */
struct unum_str graph_function(const struct graph *g, const struct asl_state *task);
/* "Task: Resize", "Choice", ...: the second line of a state. In the arena. */
struct unum_str graph_kind(struct graph *g, const struct asl_state *state);
/* "evaluated by Resize": of a state in place; in the arena. */
struct unum_str graph_place(struct graph *g, const struct asl_state *state);
/* What stands at the i-th transition: a condition, "Default", names of errors; "" for Next. */
struct unum_str graph_label(struct graph *g, const struct asl_state *state, size_t i);
/* At most `most` characters; "..." at the end where it was cut. In the arena. */
struct unum_str graph_short(struct graph *g, struct unum_str text, size_t most);
/* Fill colour, "#rrggbb". Tasks of one function and what they evaluate have the same. */
const char *graph_colour(const struct graph *g, const struct asl_state *state);

int graph_dot(struct graph *g, struct unum_buf *out, struct unum_err *err);
int graph_mermaid(struct graph *g, struct unum_buf *out, struct unum_err *err);
int graph_svg(struct graph *g, struct unum_buf *out, struct unum_err *err);

#endif

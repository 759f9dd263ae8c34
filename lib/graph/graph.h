/*
 * graph: pictures of a state machine: DOT, Mermaid, and SVG that needs nothing else. Colours and
 * groups show the projection: which function evaluates which states in place.
 */
#ifndef UNUM_GRAPH_GRAPH_H
#define UNUM_GRAPH_GRAPH_H

#include "asl/states.h"
#include "base/err.h"

/* States and bends of edges of one SVG: its layout is not linear. */
#define GRAPH_LIMIT_SVG 20000

enum graph_format { GRAPH_DOT, GRAPH_MERMAID, GRAPH_SVG };

/* Append the picture. Equal machines give equal bytes.
 *   functions   as given to asl_parse()
 *   title       the application's name
 * LIMIT if it is too large for the format. */
UNUM_CHECKED int graph_render(const struct asl_machine *machine,
                              const struct asl_functions *functions, struct unum_str title,
                              enum graph_format format, struct unum_buf *out, struct unum_err *err);

#endif

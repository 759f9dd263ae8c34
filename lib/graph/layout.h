/* Where everything stands in a picture: layers from top to bottom, branches side by side inside of
 * their Map or Parallel. */
#ifndef UNUM_GRAPH_LAYOUT_H
#define UNUM_GRAPH_LAYOUT_H

#include "graph/model.h"

struct point {
    double x, y;
};

/* One transition. */
struct line {
    const struct asl_state *from;
    size_t target;        /* of from->targets */
    struct point *points; /* from the end of `from` to the start of the target */
    size_t len;
    bool back; /* against the layers */
};

struct scope_layout {
    double x, y, w, h; /* in what encloses it */
    struct line *lines;
    size_t lines_len;
};

struct state_layout {
    double x, y, w, h; /* in its scope */
    struct scope_layout *branches;
};

struct layout {
    struct graph *g;
    struct state_layout *states; /* by id */
    struct scope_layout root;
    size_t vertices; /* so far, bends included */
};

#define LAYOUT_TITLE  30.0 /* height of the title of a Map or Parallel */
#define LAYOUT_MARGIN 16.0

/* LIMIT beyond GRAPH_LIMIT_SVG. */
UNUM_CHECKED int layout_make(struct layout *l, struct graph *g, struct unum_err *err);
/* Width of a text in pixels, estimated. */
double layout_text_width(struct unum_str text, double size);

#endif

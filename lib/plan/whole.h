/*
 * whole: the state machine that the IR of all nodes gives together. Each node knows its own region
 * only; here every state stands once, with its transitions and the Map or Parallel it stands in.
 *
 * A state is named as its records are: a Task after its node, everything else after its name in
 * the IR. What several nodes say of one state is put together: its opener knows its branches, who
 * closes it its ends.
 */
#ifndef UNUM_PLAN_WHOLE_H
#define UNUM_PLAN_WHOLE_H

#include "base/vec.h"
#include "ir/ir.h"

#define PLAN_NONE SIZE_MAX /* no state: the end of a scope, the machine itself, not known */

enum plan_way { PLAN_NEXT, PLAN_CHOICE, PLAN_CATCH, PLAN_BRANCH };

/* A transition. */
struct plan_edge {
    size_t to; /* position among the states */
    enum plan_way way;
    bool back; /* goes round a cycle once more */
};

struct plan_state {
    struct unum_str key;  /* as in the names of records */
    struct unum_str name; /* for people: the definition's name where a node knows it */
    enum ir_state_type type;
    bool known;             /* more than its name: its type is right */
    bool entry;             /* the generated entry: no state of the machine */
    struct unum_str fields; /* JSON; ptr NULL: none */
    struct unum_str items_path;
    struct unum_str opener;
    size_t parent;             /* the Map or Parallel it stands in */
    bool ends;                 /* ends its scope: no transition but those of errors */
    bool opened, closed;       /* a node opens it, a node closes it */
    struct unum_str *end_keys; /* closed: one per branch, ptr NULL: the run decides */
    size_t branches_len;
    bool in_place;
    const struct ir_node *ir; /* TASK: the node */
    UNUM_VEC(struct plan_edge) edges;
};

/* The IR of an application, without its failure function. */
struct plan_node {
    struct unum_str node;
    struct unum_str function; /* the bundle it runs; ptr NULL: not known, empty: no user code */
    const struct ir_node *ir;
};

struct plan_app {
    struct plan_node *at;
    size_t len;
};

struct plan_whole {
    struct unum_arena arena;
    UNUM_VEC(struct plan_state) states;
    struct unum_map by_key; /* -> position + 1 */
    size_t start;           /* PLAN_NONE: no node is the entry */
};

/* Put the compiled nodes of `app` together; hand-written ones stay out. The texts of `app` must
 * outlive it. Linear in the size of all IR. */
void plan_whole(const struct plan_app *app, struct plan_whole *ret);
void plan_whole_done(struct plan_whole *whole);

size_t plan_find(const struct plan_whole *whole, struct unum_str key);
/* How records name a state that a node speaks of: a Task by its node. */
struct unum_str plan_key(const struct ir_node *node, struct unum_str name);
/* Does anything inside of the Map or Parallel leave a record: a Task or a Wait? By position. */
bool *plan_crossing(const struct plan_whole *whole, struct unum_arena *arena);
/* "Map M", "Wait W", "Resize" (a Task is its function). In the arena. */
struct unum_str plan_title(const struct plan_state *state, struct unum_arena *arena);

#endif

/*
 * project: the projection of a machine onto its functions. Names of nodes and of states in the IR
 * (name.c), where the ways through it end and turn back (ways.c), what a state says about data and
 * errors (fields.c), then for every Task the region behind it (project.c).
 */
#ifndef UNUM_COMPILE_PROJECT_INTERNAL_H
#define UNUM_COMPILE_PROJECT_INTERNAL_H

#include "asl/states.h"
#include "base/map.h"
#include "compile/compile.h"

/* What the projection knows of a state, by its id. */
struct place {
    const struct asl_state *state;
    const struct asl_scope *scope; /* it stands in */
    struct unum_str ir_name;       /* in the IR */
    struct unum_str node;          /* Task: which node runs it */
    struct unum_str fields;        /* ir_state.fields */
    struct unum_str *back;         /* IR names of its targets that go round a cycle once more */
    size_t back_len;
    /* The scope can end, entered here, on the node that got here: without a Task in between. */
    bool ends_here;
    /* The same without leaving any record of its own: nor a Wait, nor the close of a fan-out. */
    bool ends_bare;
    /* Map, Parallel: a branch can end bare; the state each branch ends on, NULL: the run decides.
     */
    bool in_place;
    const struct asl_state **ends;
    bool reads_input; /* something in its fields may */
    bool item_read;   /* Map: a state inside may read the element */
    /* Map, Parallel: a node that stands around it and can open it; its depth. */
    struct unum_str opener;
    unsigned opener_depth;
    /* while a region is collected: the node that has it already, its position among that node's
     * states, and the node that has everything that is evaluated in place from it on */
    size_t stamp, at, entered;
};

struct projection {
    const struct app *app;
    const struct asl_machine *machine;
    struct unum_arena *arena;
    struct unum_diags *diags;
    struct place *places; /* by state id */
    struct unum_str hash;
    size_t stamp;
    size_t total;     /* states of all regions */
    bool reads_input; /* any state may */
};

/* States in all regions together: n branches know of n ends each, a row of n Maps of those behind
 * it. */
#define PROJECT_LIMIT_STATES 100000

struct place *project_place(const struct projection *p, const struct asl_state *state);

/* Fill places: names; then cycles and ends; then fields. */
void project_names(struct projection *p);
void project_ways(struct projection *p);
void project_fields(struct projection *p);

/* Map: may positions fail? Are they started one after the other? */
bool project_is_tolerant(const struct asl_state *state);
bool project_has_window(const struct asl_state *state);

/* Is its ItemsPath a reference path into the state's input ("$.a[0]")? Others stay in the fields.
 */
bool project_items_by_reference(const struct asl_state *map);

/* One node per Task state, in the order of the template, and the entry node where the machine does
 * not start with a Task. *ret_len of them in the arena. E0415 beyond PROJECT_LIMIT_STATES. */
struct compiled_node *project_nodes(struct projection *p, size_t *ret_len);

#endif

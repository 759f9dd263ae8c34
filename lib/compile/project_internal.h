/*
 * project: the projection of a machine onto its functions. Names of nodes and of states in the IR
 * (name.c), then for every Task the region behind it (project.c). What it cannot do is refused
 * first (refuse.c).
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
    size_t stamp;                  /* the node whose region has it already */
    size_t at;                     /* then: its position among that node's states */
    signed char ends;              /* can_end(): 0 unknown, 1 yes, -1 no */
};

struct projection {
    const struct app *app;
    const struct asl_machine *machine;
    struct unum_arena *arena;
    struct unum_diags *diags;
    struct place *places; /* by state id */
    struct unum_str hash;
    size_t stamp;
    size_t total; /* states of all regions */
};

/* States in all regions together: n branches know of n ends each, a row of n Maps of those behind
 * it. */
#define PROJECT_LIMIT_STATES 100000

/* What is right in the machine but cannot be projected yet gets a diagnostic (E05xx, E0416). True
 * if there is anything. */
bool project_refuse(struct projection *p);

/* Fill places. */
void project_names(struct projection *p);

/* One node per Task state, in the order of the template, and the entry node where the machine does
 * not start with a Task. *ret_len of them in the arena. E0415 beyond PROJECT_LIMIT_STATES. */
struct compiled_node *project_nodes(struct projection *p, size_t *ret_len);

#endif

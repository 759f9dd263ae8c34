/*
 * place: where each state of a machine runs, and why there: which function runs its code, which
 * evaluate it in place, which open a Map or Parallel and which may close it.
 */
#ifndef UNUM_PLAN_PLACE_H
#define UNUM_PLAN_PLACE_H

#include "plan/whole.h"

enum place_role {
    PLACE_RUNS,      /* its user code */
    PLACE_EVALUATES, /* in place */
    PLACE_OPENS,
    PLACE_CLOSES,
    PLACE_WAITS, /* sets the timer that starts it again */
};

/* How a function comes to a state. */
enum place_reason {
    PLACE_TASK,     /* it is the state's own function */
    PLACE_ENTRY,    /* the machine does not start with a Task */
    PLACE_BEHIND,   /* behind its own code */
    PLACE_CAUGHT,   /* its own code has failed */
    PLACE_ENDED,    /* it has ended the last branch of `around` */
    PLACE_HANDLES,  /* a failure of its own ends `around` */
    PLACE_BRANCHES, /* it stands in front of the first Task of a branch of `around` */
};

struct place_at {
    const struct ir_node *node;
    enum place_role role;
    enum place_reason reason;
    size_t around; /* position among the states, or PLAN_NONE */
};

struct state_places {
    size_t state;
    unsigned depth; /* Maps and Parallels around it */
    struct place_at *at;
    size_t len;
};

struct places {
    struct state_places *at; /* in the order in which a run comes to them, branches first */
    size_t len;
};

const char *place_role_name(enum place_role role); /* "runs", "evaluates", ... */
/* The rule in words, a clause: "a Task is user code and has a function of its own". */
const char *place_reason_text(enum place_reason reason);
const char *place_reason_name(enum place_reason reason); /* "task", "entry", ... */

/* Everything in *ret lives in `arena`. Linear in the size of all regions. */
void plan_places(const struct plan_app *app, const struct plan_whole *whole,
                 struct unum_arena *arena, struct places *ret);

#endif

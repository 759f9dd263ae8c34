/* A machine while it is interpreted; see machine.h. */
#ifndef UNUM_EVAL_MACHINE_INTERNAL_H
#define UNUM_EVAL_MACHINE_INTERNAL_H

#include "base/rand.h"
#include "eval/eval_internal.h"
#include "eval/machine.h"

#define MACHINE_LIMIT_NESTING 32

struct machine {
    const struct machine_options *options;
    struct unum_arena *arena;
    struct unum_str input;
    int64_t deadline_ms; /* INT64_MAX: none */
    uint64_t steps;
    uint64_t quick; /* since the last Task or Wait */
    uint64_t failed_branches, unasked_tasks;
    uint64_t event; /* number of the last event, as the history of Step Functions counts */
    unsigned depth;
    struct unum_prng tie;
    struct unum_err *err;
    int rc;
};

/* Where a scope runs: what its states see of the Map around it. */
struct machine_around {
    struct unum_str item; /* ptr NULL: no Map */
    size_t index;
};

struct machine_state {
    struct machine *m;
    struct unum_str name, fields, type;
    const struct machine_around *around;
    int64_t entered_ms;
    uint64_t entered_event;
    int64_t retry_count;
    struct eval_env env;
};

struct machine_outcome {
    bool failed, stopped, timed_out;
    bool by_fail; /* the error is what a Fail state says */
    struct unum_str output, error, cause, failed_state;
    int64_t end_ms;
};

/* A state sees the context object, the variables and the time `now_ms`. */
void machine_env(struct machine_state *s, struct unum_str variables, int64_t now_ms);
/* The definition cannot be run: everything ends. */
struct machine_outcome machine_broken(struct machine *m, int rc, const char *what,
                                      struct unum_str where);
/* What the evaluation said, with the words of the history in front. */
struct machine_outcome machine_evaluation_failed(struct machine_state *s);
/* What the definition asks for and is not there, or NULL; *ret_where: the state. */
const char *machine_unsupported(struct machine *m, struct unum_str definition,
                                struct unum_str *ret_where);
bool machine_is_jsonata(struct unum_str object);

struct machine_outcome machine_scope(struct machine *m, struct unum_str scope,
                                     struct unum_str input, struct unum_str variables,
                                     int64_t now_ms, const struct machine_around *around);
struct machine_outcome machine_parallel(struct machine_state *s, struct unum_str input);
struct machine_outcome machine_map(struct machine_state *s, struct unum_str input);

#endif

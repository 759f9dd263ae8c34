/*
 * machine: a whole state machine interpreted in this process, with its tasks answered by a callback
 * and under virtual time: branches one after the other in order, waits and delays only counted.
 * For tests and for judging other ways to run the same machine; functions do not contain it.
 *
 * The definition is checked JSON of the JSONPath dialect; what only a validator would refuse is
 * found when it is reached.
 */
#ifndef UNUM_EVAL_MACHINE_H
#define UNUM_EVAL_MACHINE_H

#include "base/arena.h"
#include "base/err.h"

#define MACHINE_LIMIT_STEPS 1000000 /* states of one run */

struct machine_task {
    struct unum_str state, resource, input; /* input: JSON, after Parameters */
    int64_t retry_count;
    int64_t now_ms;
};

struct machine_answer {
    bool failed;
    struct unum_str output;       /* JSON */
    struct unum_str error, cause; /* ptr NULL: none */
    int64_t took_ms;
};

struct machine_options {
    void *cookie;
    void (*task)(void *cookie, const struct machine_task *task, struct unum_arena *arena,
                 struct machine_answer *ret);
    /* Before a wait; false stops the run (ABORTED). May be NULL. */
    bool (*wait)(void *cookie, struct unum_str state, int64_t due_ms);
    /* A state has been left; may be NULL. */
    void (*left)(void *cookie, struct unum_str state, struct unum_str output,
                 struct unum_str variables);
    struct unum_str name, machine_name, role; /* for the context object; may be empty */
    int64_t start_ms;
    uint64_t seed;
    /* Which of the failures of a Map or Parallel at the same time ends it: 0: the first, else
     * another one for every number. */
    uint64_t tie;
};

enum machine_status { MACHINE_SUCCEEDED, MACHINE_FAILED, MACHINE_TIMED_OUT, MACHINE_ABORTED };
const char *machine_status_name(enum machine_status status);

struct machine_result {
    enum machine_status status;
    struct unum_str output;       /* JSON; MACHINE_SUCCEEDED */
    struct unum_str error, cause; /* ptr NULL: none */
    struct unum_str failed_state; /* where the error came up */
    bool by_fail;                 /* a Fail state said so */
    uint64_t failed_branches;     /* branches and elements that ended with a failure */
    uint64_t unasked_tasks;       /* attempts whose input could not be evaluated */
    int64_t end_ms;
};

/* INVAL: the definition is no state machine; UNSUPPORTED: it asks for what is not there (JSONata,
 * readers and writers of items, services other than Lambda). The result lives in `arena`. */
UNUM_CHECKED int machine_run(struct unum_str definition, struct unum_str input,
                             const struct machine_options *options, struct unum_arena *arena,
                             struct machine_result *ret, struct unum_err *err);

#endif

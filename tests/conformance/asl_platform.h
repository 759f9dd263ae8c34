/* A case run as a real workflow: compiled, bundled with one prebuilt function that answers from the
 * case's table, and run on a local platform of this process. */
#ifndef UNUM_TESTS_ASL_PLATFORM_H
#define UNUM_TESTS_ASL_PLATFORM_H

#include "asl_bind.h"
#include "base/err.h"

struct asl_platform;

struct asl_counts {
    uint64_t executions; /* of user code */
    uint64_t entries;    /* invocations of the entry function without user code */
    uint64_t wakeups;    /* of what stands behind a Wait */
    uint64_t timers;     /* that were set: for them, and for delayed attempts */
    uint64_t reopenings; /* of a Map or Parallel that is tried again */
    uint64_t skipped;    /* of Tasks whose input is wrong, or whose Map or Parallel was decided */
    uint64_t invocations;
};

/* Is there a reason for every invocation, as in an undisturbed run? Otherwise *ret_why says what
 * there is. `run` is the evaluator's. */
bool asl_counts_add_up(const struct asl_counts *counts, const struct asl_run *run,
                       struct unum_arena *arena, struct unum_str *ret_why);

/* Works below a temporary folder of its own; `bootstrap` is the program of all functions. `trace`:
 * invocations, requests and logs go to standard error. */
UNUM_CHECKED int asl_platform_new(const char *bootstrap, bool trace, struct asl_platform **ret,
                                  struct unum_err *err);
void asl_platform_free(struct asl_platform *platform);

/* `split`: see asl_bind(). A definition that compile refuses gives `refused` with the ids and
 * sentences of its diagnostics. Everything in *ret lives in `arena`. */
void asl_platform_run(struct asl_platform *platform, const struct asl_case *c, bool split,
                      struct unum_arena *arena, struct asl_run *ret, struct asl_counts *ret_counts);

#endif

/*
 * cost: what a run of a machine costs in invocations, and in writes to and reads from the store,
 * counted from the IR as the runtime makes them in an undisturbed run:
 *
 *   invocation      1 read (look-up), 1 write (outcome); without Checkpoint no write
 *   run             2 writes: its record at the start and at the end; 1 more where states read
 *                   $$.Execution.Input; with TimeoutSeconds 1 timer and its write
 *   Wait            1 invocation, by a timer
 *   branch          1 write when it ends (in the completion set), and 1 for every full group of 64
 *   close           1 write; 1 read for every 100 results, if any; 1 read of the opener's record
 *                   where input or variables are needed; 1 look-up where the list is needed by the
 *                   function that closes
 *   MaxConcurrency  1 write for every 64 elements that wait, 1 read for each of them
 *   ToleratedFailure...  1 more read of the completion set at the close
 *   Retry           1 write for each failed attempt, 1 more read from the second one on
 *
 * Values above 128 KB go by reference and cost a read more where they are used, those above 300 KB
 * are stored in parts: that depends on the data and is not counted. An error that is caught costs
 * what a success costs.
 */
#ifndef UNUM_PLAN_COST_H
#define UNUM_PLAN_COST_H

#include "plan/whole.h"

#define COST_LIMIT_TURNS 100 /* cycles that are counted */

struct cost {
    uint64_t invocations, writes, reads;
    uint64_t timers; /* of the invocations: by a Wait */
};

struct cost_range {
    bool possible; /* there is a way that ends without an error */
    struct cost shortest, longest;
};

struct cost_of {
    size_t state;    /* position among the states */
    size_t to;       /* of a cycle: the state that its back edge leads to */
    struct cost own; /* of a retry, beside the attempt itself; of a cycle: its shortest turn */
    struct cost_range again; /* one element, or what an attempt of a Map or Parallel repeats */
};

struct costs {
    uint64_t elements; /* of every Map */
    struct cost_range run;
    struct cost_of *elements_of; /* Maps */
    size_t elements_len;
    struct cost_of *retries;
    size_t retries_len;
    struct cost_of *turns;
    size_t turns_len, turns_more;
};

/* In *ret, which lives in `arena`. Paths follow no errors and no transition that turns back.
 *   elements   how many every Map is given, at most UNUM_LIMIT_FAN_OUT
 * Linear in the machine and in the cycles that are counted. Numbers that would not fit stay at
 * their largest value. */
void plan_cost(const struct plan_whole *whole, uint64_t elements, struct unum_arena *arena,
               struct costs *ret);

#endif

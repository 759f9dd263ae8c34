/*
 * generate: a random state machine with its input and what its Tasks answer, from a seed. Every
 * machine is valid and comes to its end; what happens on the way is left to chance: every type of
 * state, nesting, choices, cycles, errors that are retried, caught or not.
 *
 * Names of functions are plain, and several states may use one. What a run gives depends on nothing
 * but the case: no times, no random numbers, no names of runs.
 */
#ifndef UNUM_TESTS_RANDOM_GENERATE_H
#define UNUM_TESTS_RANDOM_GENERATE_H

#include "base/arena.h"

struct generate_options {
    uint64_t seed;
    bool variables; /* Assign and "$name" */
    bool timeouts;  /* Tasks that never answer: they cost real time where they are run */
    bool plain;     /* only Tasks, Maps and Parallels that hand on what they are given */
    bool common;    /* only what every interpreter of the language knows */
};

/* A case as asl_case.h describes it, without `expected`; in the arena. */
struct unum_str generate_case(const struct generate_options *options, struct unum_arena *arena);

#endif

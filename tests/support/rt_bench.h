/*
 * rt_bench: an invocation of the function runtime without a process around it, for tests of its
 * parts and for fuzzing.
 */
#ifndef UNUM_TESTS_RT_BENCH_H
#define UNUM_TESTS_RT_BENCH_H

#include "rt.h"

struct rt_bench {
    struct rt rt;
    struct rt_inv inv;
};

/* `ir` is the text of an unum_config.json. The clock is the system's; there is no store. */
void rt_bench_open(struct rt_bench *bench, const char *ir);
void rt_bench_close(struct rt_bench *bench);

#endif

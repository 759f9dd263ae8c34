/*
 * sample: measured values and their median, and the clock they are taken with.
 */
#ifndef UNUM_BENCH_SAMPLE_H
#define UNUM_BENCH_SAMPLE_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SAMPLES = 4096 };

struct sample {
    double at[SAMPLES];
    size_t len;
};

static inline double bench_seconds(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline double bench_now(void)
{
    return bench_seconds(CLOCK_MONOTONIC);
}

static inline void sample_add(struct sample *sample, double value)
{
    if (sample->len < SAMPLES)
        sample->at[sample->len++] = value;
}

static inline int sample_order(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* "name: median [min..max] unit (n)". Sorts. */
static inline double sample_print(struct sample *sample, const char *name, const char *unit)
{
    if (!sample->len)
        return 0;
    qsort(sample->at, sample->len, sizeof(sample->at[0]), sample_order);
    double median = sample->at[sample->len / 2];
    (void)printf("%-52s %10.2f [%.2f..%.2f] %s (n=%zu)\n", name, median, sample->at[0],
                 sample->at[sample->len - 1], unit, sample->len);
    return median;
}

#endif

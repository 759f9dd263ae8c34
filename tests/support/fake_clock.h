/*
 * fake_clock: time that passes only when somebody sleeps.
 */
#ifndef UNUM_TESTS_SUPPORT_FAKE_CLOCK_H
#define UNUM_TESTS_SUPPORT_FAKE_CLOCK_H

#include "base/clock.h"

struct fake_clock {
    int64_t now_ms; /* wall clock; the monotonic clock is the same in nanoseconds */
    int64_t slept_ms;
    int sleeps;
    struct unum_clock clock;
};

/* `fake->clock` is to be used afterwards. */
void fake_clock_init(struct fake_clock *fake, int64_t now_ms);

#endif

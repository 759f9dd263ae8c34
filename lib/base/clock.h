/*
 * clock: time is passed in, so that tests and the local platform own it. Wall time is milliseconds
 * since 1970-01-01 UTC; monotonic time is nanoseconds since an arbitrary start.
 */
#ifndef UNUM_BASE_CLOCK_H
#define UNUM_BASE_CLOCK_H

#include "base/buf.h"

struct unum_clock {
    void *cookie;
    int64_t (*wall_ms)(void *cookie);
    int64_t (*monotonic_ns)(void *cookie);
    void (*sleep_ms)(void *cookie, int64_t ms);
};

/* The machine's clock. */
extern const struct unum_clock unum_clock_system;

static inline int64_t unum_wall_ms(const struct unum_clock *clock)
{
    return clock->wall_ms(clock->cookie);
}

static inline int64_t unum_monotonic_ns(const struct unum_clock *clock)
{
    return clock->monotonic_ns(clock->cookie);
}

/* 2026-11-21T03:42:28.123Z (RFC 3339, UTC, always three decimals). Years 1970 to 9999. */
void unum_time_rfc3339(int64_t wall_ms, struct unum_buf *out);
/* 20261121T034228Z, the form signatures use. */
void unum_time_basic(int64_t wall_ms, struct unum_buf *out);
/* Days and times without the C library's time zone. */
struct unum_civil {
    int year, month, day, hour, minute, second, ms;
};
struct unum_civil unum_civil_of(int64_t wall_ms);
int64_t unum_civil_to_ms(const struct unum_civil *civil);
/* RFC 3339 with any offset and fraction; false if malformed. */
UNUM_CHECKED bool unum_time_parse(struct unum_str text, int64_t *ret_wall_ms);

#endif

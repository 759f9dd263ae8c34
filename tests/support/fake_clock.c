#include "support/fake_clock.h"

static int64_t wall_ms(void *cookie)
{
    return ((struct fake_clock *)cookie)->now_ms;
}

static int64_t monotonic_ns(void *cookie)
{
    return ((struct fake_clock *)cookie)->now_ms * 1000000;
}

static void sleep_ms(void *cookie, int64_t ms)
{
    struct fake_clock *fake = cookie;
    fake->sleeps++;
    fake->slept_ms += ms;
    fake->now_ms += ms;
}

void fake_clock_init(struct fake_clock *fake, int64_t now_ms)
{
    *fake = (struct fake_clock){
        .now_ms = now_ms,
        .clock = {fake, wall_ms, monotonic_ns, sleep_ms},
    };
}

/* Platform time: real time plus what was skipped, and the timers that live in it. */
#include "local/internal.h"

int64_t local_real_now(const struct local *local)
{
    return unum_wall_ms(local->real);
}

int64_t local_now(const struct local *local)
{
    return local_real_now(local) + local->skipped_ms;
}

int64_t local_mono_us(const struct local *local)
{
    return unum_monotonic_ns(local->real) / 1000;
}

/* Is `a` to fire after `b`? */
static bool later(const struct local_timer *a, const struct local_timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms > b->due_ms : a->seq > b->seq;
}

void local_timer_arm(struct local *local, const struct local_timer *timer)
{
    struct local_timer armed = *timer;
    armed.seq = ++local->timer_seq;
    (void)unum_vec_push(&local->timers);
    /* Latest first, so that the next one is taken off the end. */
    size_t low = 0, high = local->timers.len - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (later(&local->timers.at[middle], &armed))
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = local->timers.len - 1; i > low; i--)
        local->timers.at[i] = local->timers.at[i - 1];
    local->timers.at[low] = armed;
}

void local_timer_disarm(struct local *local, const void *cookie)
{
    size_t kept = 0;
    for (size_t i = 0; i < local->timers.len; i++) {
        if (local->timers.at[i].cookie != cookie)
            local->timers.at[kept++] = local->timers.at[i];
    }
    local->timers.len = kept;
}

bool local_timers_fire(struct local *local)
{
    bool fired = false;
    while (local->timers.len > 0) {
        struct local_timer timer = local->timers.at[local->timers.len - 1];
        if (timer.due_ms > local_now(local))
            break;
        local->timers.len--;
        timer.fire(local, timer.cookie);
        fired = true;
    }
    return fired;
}

bool local_timers_skip(struct local *local)
{
    if (local->timers.len == 0 || local->config.real_time)
        return false;
    int64_t ahead = local->timers.at[local->timers.len - 1].due_ms - local_now(local);
    if (ahead > 0) {
        local->skipped_ms += ahead;
        state_skipped(local);
    }
    return true;
}

int64_t local_timers_wait(const struct local *local)
{
    if (local->timers.len == 0)
        return -1;
    int64_t ahead = local->timers.at[local->timers.len - 1].due_ms - local_now(local);
    return ahead > 0 ? ahead : 0;
}

void local_timers_clear(struct local *local)
{
    for (size_t i = 0; i < local->timers.len; i++) {
        if (local->timers.at[i].drop)
            local->timers.at[i].drop(local->timers.at[i].cookie);
    }
    local->timers.len = 0;
}

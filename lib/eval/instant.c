/* Points in time, to the nanosecond. */
#include "base/clock.h"
#include "eval/eval_internal.h"

bool eval_instant(struct unum_str text, struct eval_instant *ret)
{
    int64_t ms;
    if (text.len < 20 || text.ptr[10] != 'T' || text.ptr[text.len - 1] == 'z' ||
        !unum_time_parse(text, &ms))
        return false;
    uint32_t nanoseconds = 0;
    if (text.ptr[19] == '.') {
        uint32_t digit = 100000000;
        for (size_t i = 20; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
            if (!digit)
                return false; /* more than nine digits */
            nanoseconds += (uint32_t)(text.ptr[i] - '0') * digit;
            digit /= 10;
        }
    }
    int64_t seconds = ms / 1000;
    if (ms % 1000 < 0)
        seconds--;
    *ret = (struct eval_instant){seconds, nanoseconds};
    return true;
}

int eval_instant_compare(struct eval_instant a, struct eval_instant b)
{
    if (a.seconds != b.seconds)
        return a.seconds < b.seconds ? -1 : 1;
    return (a.nanoseconds > b.nanoseconds) - (a.nanoseconds < b.nanoseconds);
}

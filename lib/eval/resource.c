/* What the Resource of a Task names. */
#include "eval/eval_internal.h"

/* Part `n` of an ARN, counted from 0; the last one is all that is left. */
static struct unum_str arn_part(struct unum_str arn, size_t n, bool rest)
{
    struct unum_str part = UNUM_STR_NONE;
    for (size_t i = 0; i < n; i++) {
        if (!unum_str_split(&arn, ':', &part))
            return UNUM_STR_NONE;
    }
    if (rest)
        return arn;
    return unum_str_split(&arn, ':', &part) ? part : UNUM_STR_NONE;
}

static bool is_states(struct unum_str resource)
{
    return unum_str_is(arn_part(resource, 0, false), "arn") &&
           unum_str_is(arn_part(resource, 2, false), "states");
}

struct unum_str eval_service(struct unum_str resource)
{
    if (!is_states(resource) || arn_part(resource, 3, false).len ||
        arn_part(resource, 4, false).len)
        return UNUM_STR_NONE;
    return arn_part(resource, 5, true);
}

bool eval_is_activity(struct unum_str resource)
{
    return is_states(resource) && unum_str_is(arn_part(resource, 5, false), "activity");
}

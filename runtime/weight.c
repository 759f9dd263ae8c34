#include "weight.h"

#include <string.h>

enum { BASE = 16 };

static int parse(struct unum_str text, struct weight_sum *ret, struct unum_err *err)
{
    memset(ret, 0, sizeof(*ret));
    if (!text.len) {
        ret->digits[0] = 1;
        return 0;
    }
    bool ok = text.ptr[0] == '.' && text.len >= 2 && text.len <= WEIGHT_LIMIT + 1;
    for (size_t i = 1; ok && i < text.len; i++) {
        char c = text.ptr[i];
        ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        ret->digits[i] = (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (!ok)
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no share of a run", UNUM_STR_ARG(text));
    return 0;
}

struct unum_str weight_text(struct unum_arena *arena, const struct weight_sum *sum)
{
    size_t last = WEIGHT_LIMIT;
    while (last > 0 && !sum->digits[last])
        last--;
    if (sum->digits[0] || !last)
        return UNUM_STR("");
    char *text = unum_arena_alloc(arena, last + 2);
    text[0] = '.';
    for (size_t i = 1; i <= last; i++)
        text[i] = "0123456789abcdef"[sum->digits[i]];
    return unum_str_of(text, last + 1);
}

/* Move all digits `places` to the right: divide by BASE^places. */
static bool shift(struct weight_sum *w, size_t places)
{
    for (size_t i = WEIGHT_LIMIT + 1 - places; i <= WEIGHT_LIMIT; i++) {
        if (w->digits[i])
            return false;
    }
    memmove(w->digits + places, w->digits, WEIGHT_LIMIT + 1 - places);
    memset(w->digits, 0, places);
    return true;
}

static void multiply(struct weight_sum *w, size_t factor)
{
    size_t carry = 0;
    for (size_t i = WEIGHT_LIMIT + 1; i-- > 0;) {
        carry += w->digits[i] * factor;
        w->digits[i] = (unsigned char)(carry % BASE);
        carry /= BASE;
    }
}

int weight_split(struct unum_arena *arena, struct unum_str weight, size_t count, size_t index,
                 struct unum_str *ret, struct unum_err *err)
{
    struct weight_sum share;
    int rc = parse(weight, &share, err);
    if (rc < 0)
        return rc;
    size_t places = 0;
    size_t parts = 1;
    for (; parts < count; parts *= BASE)
        places++;
    if (!shift(&share, places))
        return unum_err_set(err, UNUM_E_LIMIT, "fan-outs are nested too deeply (%d splits)",
                            WEIGHT_LIMIT);
    if (index == 0)
        multiply(&share, parts - count + 1); /* the first gets what is left over */
    *ret = weight_text(arena, &share);
    return 0;
}

int weight_add(struct weight_sum *sum, struct unum_str weight, struct unum_err *err)
{
    struct weight_sum more;
    int rc = parse(weight, &more, err);
    if (rc < 0)
        return rc;
    unsigned carry = 0;
    for (size_t i = WEIGHT_LIMIT + 1; i-- > 0;) {
        carry += (unsigned)sum->digits[i] + more.digits[i];
        sum->digits[i] = (unsigned char)(carry % BASE);
        carry /= BASE;
    }
    bool above = sum->digits[0] > 1;
    for (size_t i = 1; sum->digits[0] == 1 && !above && i <= WEIGHT_LIMIT; i++)
        above = sum->digits[i] != 0;
    if (above)
        return unum_err_set(err, UNUM_E_INVAL, "the shares of a run add up to more than the run");
    return 0;
}

bool weight_is_whole(const struct weight_sum *sum)
{
    return sum->digits[0] == 1;
}

/* Numbers as decimal text: 2^63 + 1, 1e400 and 0.1 keep their exact value. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "json/json.h"
#include "json/json_number_internal.h"
#include "json/json_scan_internal.h"

static char digit_at(const struct json_decimal *d, size_t i)
{
    return i < d->whole.len ? d->whole.ptr[i] : d->fraction.ptr[i - d->whole.len];
}

/* The exponent as a number; one with more than 18 digits is marked as huge. */
static void read_exponent(struct unum_str text, struct json_decimal *d)
{
    bool negative = text.len && text.ptr[0] == '-';
    if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+'))
        text = unum_str_from_pos(text, 1);
    while (text.len > 1 && text.ptr[0] == '0')
        text = unum_str_from_pos(text, 1);
    uint64_t size = 0;
    if (text.len > 18 || !unum_str_to_u64(text, &size)) {
        d->huge = true;
        return;
    }
    d->exponent = negative ? -(int64_t)size : (int64_t)size;
}

/* Strip zeros at both ends, so that equal numbers have equal digits and exponents. */
static void normalise(struct json_decimal *d)
{
    size_t count = d->whole.len + d->fraction.len;
    while (d->first < count && digit_at(d, d->first) == '0')
        d->first++;
    d->end = count;
    while (d->end > d->first && digit_at(d, d->end - 1) == '0')
        d->end--;
    d->exponent += (int64_t)(count - d->end) - (int64_t)d->fraction.len;
}

struct json_decimal json_decimal(struct unum_str number)
{
    struct json_decimal d = {0};
    struct unum_str rest = number;
    if (rest.len && rest.ptr[0] == '-') {
        d.negative = true;
        rest = unum_str_from_pos(rest, 1);
    }
    size_t e = 0;
    while (e < rest.len && rest.ptr[e] != 'e' && rest.ptr[e] != 'E')
        e++;
    struct unum_str digits = unum_str_slice(rest, 0, e);
    size_t point = unum_str_find(digits, '.');
    d.whole = unum_str_slice(digits, 0, point);
    d.fraction = point == SIZE_MAX ? UNUM_STR("") : unum_str_from_pos(digits, point + 1);
    if (e < rest.len)
        read_exponent(unum_str_from_pos(rest, e + 1), &d);
    normalise(&d);
    return d;
}

static bool is_zero(const struct json_decimal *d)
{
    return d->first == d->end;
}

bool json_number_equal(struct unum_str a, struct unum_str b)
{
    struct json_decimal x = json_decimal(a);
    struct json_decimal y = json_decimal(b);
    if (is_zero(&x) || is_zero(&y))
        return is_zero(&x) && is_zero(&y);
    if (x.huge || y.huge)
        return unum_str_eq(a, b);
    if (x.negative != y.negative || x.exponent != y.exponent || x.end - x.first != y.end - y.first)
        return false;
    for (size_t i = 0; i < x.end - x.first; i++) {
        if (digit_at(&x, x.first + i) != digit_at(&y, y.first + i))
            return false;
    }
    return true;
}

bool json_to_i64(struct unum_str value, int64_t *ret)
{
    if (json_type(value) != JSON_NUMBER)
        return false;
    struct json_decimal d = json_decimal(value);
    if (is_zero(&d)) {
        *ret = 0;
        return true;
    }
    if (d.huge || d.exponent < 0 || d.exponent > 18 || d.end - d.first > 19)
        return false;
    char digits[48];
    size_t len = 0;
    if (d.negative)
        digits[len++] = '-';
    for (size_t i = d.first; i < d.end; i++)
        digits[len++] = digit_at(&d, i);
    for (int64_t i = 0; i < d.exponent; i++)
        digits[len++] = '0';
    return unum_str_to_i64(unum_str_of(digits, len), ret);
}

/* strtod() obeys the locale that a program may have set, so the decimal point is asked for. */
static double to_double(const char *text)
{
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double number = c_locale ? strtod_l(text, NULL, c_locale) : strtod(text, NULL);
    if (c_locale)
        freelocale(c_locale);
    return number;
}

bool json_to_double(struct unum_str value, double *ret)
{
    if (json_type(value) != JSON_NUMBER)
        return false;
    char small[64];
    char *UNUM_AUTO_FREE large = NULL;
    const char *text = small;
    if (value.len < sizeof(small)) {
        memcpy(small, value.ptr, value.len);
        small[value.len] = '\0';
    } else {
        text = large = unum_str_dup(value);
    }
    double number = to_double(text);
    if (!isfinite(number))
        return false;
    *ret = number;
    return true;
}

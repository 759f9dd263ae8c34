/*
 * json_number: a JSON number taken apart without rounding.
 */
#ifndef UNUM_JSON_JSON_NUMBER_INTERNAL_H
#define UNUM_JSON_JSON_NUMBER_INTERNAL_H

#include "base/str.h"

/* (-1)^negative * D * 10^exponent, where D is the digits [first, end) of whole + fraction, without
 * zeros at either end; none at all for zero. */
struct json_decimal {
    bool negative;
    bool huge; /* the exponent has more than 18 digits and is not known */
    struct unum_str whole, fraction;
    size_t first, end;
    int64_t exponent;
};

struct json_decimal json_decimal(struct unum_str number);

/* By value. Numbers whose exponents have more than 18 digits are equal only if written alike. */
bool json_number_equal(struct unum_str a, struct unum_str b);

#endif

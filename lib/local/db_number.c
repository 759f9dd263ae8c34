#include "local/db_number.h"

#include <string.h>

/* An exponent beyond this is out of range whatever the digits are; keeps the sums small. */
enum { EXPONENT_CAP = 10000000 };

static int not_numeric(struct unum_str text, struct db_fault *fault)
{
    if (!text.len)
        return db_refuse(fault, DB_VALIDATION,
                         "The parameter cannot be converted to a numeric value");
    struct unum_str shown = unum_str_slice(text, 0, 256);
    return db_refuse(fault, DB_VALIDATION,
                     "The parameter cannot be converted to a numeric value: %.*s",
                     UNUM_STR_ARG(shown));
}

static int check_range(const struct db_number *number, struct db_fault *fault)
{
    if (!number->len)
        return 0;
    if (number->exponent > DB_NUMBER_LARGEST)
        return db_refuse(fault, DB_VALIDATION,
                         "Number overflow. Attempting to store a number with magnitude larger "
                         "than supported range");
    if (number->exponent < DB_NUMBER_SMALLEST)
        return db_refuse(fault, DB_VALIDATION,
                         "Number underflow. Attempting to store a number with magnitude smaller "
                         "than supported range");
    return 0;
}

static int too_precise(struct db_fault *fault)
{
    return db_refuse(fault, DB_VALIDATION,
                     "Attempting to store more than 38 significant digits in a Number");
}

/* The digits of a number while it is read: zeros are held back until a digit follows. */
struct digit_reader {
    struct db_number number;
    size_t zeros;       /* held back after the last digit that is not 0 */
    long before_point;  /* digits of the whole part from the first that is not 0 */
    long leading_zeros; /* zeros after the point before the first digit */
    bool point, any, overflow;
};

static void take_digit(struct digit_reader *r, unsigned char digit)
{
    r->any = true;
    if (!r->number.len && !digit) {
        r->leading_zeros += r->point;
        return;
    }
    if (!r->point)
        r->before_point++;
    if (!digit) {
        r->zeros++;
        return;
    }
    if (r->number.len + r->zeros + 1 > DB_NUMBER_DIGITS) {
        r->overflow = true;
        return;
    }
    memset(r->number.digits + r->number.len, 0, r->zeros);
    r->number.len += (unsigned)r->zeros;
    r->zeros = 0;
    r->number.digits[r->number.len++] = digit;
}

/* "e+12" at the end of a number; false if it is anything else. */
static bool take_exponent(struct unum_str text, long *ret)
{
    size_t i = 1;
    bool negative = false;
    if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-'))
        negative = text.ptr[i++] == '-';
    if (i == text.len)
        return false;
    long value = 0;
    for (; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        if (value < EXPONENT_CAP)
            value = value * 10 + (text.ptr[i] - '0');
    }
    *ret = negative ? -value : value;
    return true;
}

int db_number_parse(struct unum_str text, struct db_number *ret, struct db_fault *fault)
{
    struct digit_reader r = {0};
    size_t i = 0;
    if (i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '+'))
        r.number.negative = text.ptr[i++] == '-';
    long exponent = 0;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9') {
            take_digit(&r, (unsigned char)(c - '0'));
        } else if (c == '.' && !r.point) {
            r.point = true;
        } else if ((c == 'e' || c == 'E') && r.any) {
            if (!take_exponent(unum_str_from_pos(text, i), &exponent))
                return not_numeric(text, fault);
            break;
        } else {
            return not_numeric(text, fault);
        }
    }
    if (!r.any)
        return not_numeric(text, fault);
    if (r.overflow)
        return too_precise(fault);
    if (!r.number.len) {
        *ret = (struct db_number){0};
        return 0;
    }
    long first = r.before_point ? r.before_point - 1 : -1 - r.leading_zeros;
    long total = first + exponent;
    if (total > EXPONENT_CAP)
        total = EXPONENT_CAP;
    if (total < -EXPONENT_CAP)
        total = -EXPONENT_CAP;
    r.number.exponent = (int)total;
    int rc = check_range(&r.number, fault);
    if (rc)
        return rc;
    *ret = r.number;
    return 0;
}

struct unum_str db_number_text(const struct db_number *number, struct unum_arena *arena)
{
    if (!number->len)
        return UNUM_STR("0");
    char text[DB_NUMBER_TEXT];
    size_t at = 0;
    if (number->negative)
        text[at++] = '-';
    if (number->exponent < 0) {
        text[at++] = '0';
        text[at++] = '.';
        for (int i = -1; i > number->exponent; i--)
            text[at++] = '0';
    }
    int place = number->exponent;
    for (unsigned i = 0; i < number->len; i++, place--) {
        if (place == -1 && number->exponent >= 0)
            text[at++] = '.';
        text[at++] = (char)('0' + number->digits[i]);
    }
    for (; place >= 0; place--)
        text[at++] = '0';
    return unum_arena_str(arena, unum_str_of(text, at));
}

static int cmp_magnitude(const struct db_number *a, const struct db_number *b)
{
    if (!a->len || !b->len)
        return (a->len > 0) - (b->len > 0);
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    unsigned common = a->len < b->len ? a->len : b->len;
    int cmp = memcmp(a->digits, b->digits, common);
    if (cmp)
        return cmp < 0 ? -1 : 1;
    return (a->len > b->len) - (a->len < b->len);
}

int db_number_cmp(const struct db_number *a, const struct db_number *b)
{
    bool a_negative = a->negative && a->len;
    bool b_negative = b->negative && b->len;
    if (a_negative != b_negative)
        return a_negative ? -1 : 1;
    int cmp = cmp_magnitude(a, b);
    return a_negative ? -cmp : cmp;
}

/* A row of decimal places from DB_NUMBER_SMALLEST - 37 up to one above DB_NUMBER_LARGEST. */
enum {
    LOWEST_PLACE = DB_NUMBER_SMALLEST - DB_NUMBER_DIGITS + 1,
    PLACES = DB_NUMBER_LARGEST + 2 - LOWEST_PLACE
};

static void place_digits(const struct db_number *number, int sign, int row[static PLACES])
{
    for (unsigned i = 0; i < number->len; i++)
        row[number->exponent - (int)i - LOWEST_PLACE] += sign * number->digits[i];
}

/* The larger magnitude with its sign, plus `sign` times the smaller one: never borrows at the top.
 */
static void combine(const struct db_number *larger, const struct db_number *smaller, bool subtract,
                    int row[static PLACES])
{
    place_digits(larger, 1, row);
    place_digits(smaller, subtract ? -1 : 1, row);
    int carry = 0;
    for (int i = 0; i < PLACES; i++) {
        int digit = row[i] + carry;
        carry = digit < 0 ? -1 : digit / 10;
        row[i] = digit - carry * 10;
    }
}

int db_number_add(const struct db_number *a, const struct db_number *b, struct db_number *ret,
                  struct db_fault *fault)
{
    bool swap = cmp_magnitude(a, b) < 0;
    const struct db_number *larger = swap ? b : a;
    const struct db_number *smaller = swap ? a : b;
    int row[PLACES] = {0};
    combine(larger, smaller, larger->negative != smaller->negative, row);
    int top = PLACES - 1;
    while (top >= 0 && !row[top])
        top--;
    struct db_number sum = {0};
    if (top < 0) {
        *ret = sum;
        return 0;
    }
    int bottom = 0;
    while (!row[bottom])
        bottom++;
    if (top - bottom + 1 > DB_NUMBER_DIGITS)
        return too_precise(fault);
    sum.negative = larger->negative;
    sum.exponent = top + LOWEST_PLACE;
    for (int i = top; i >= bottom; i--)
        sum.digits[sum.len++] = (unsigned char)row[i];
    int rc = check_range(&sum, fault);
    if (rc)
        return rc;
    *ret = sum;
    return 0;
}

int db_number_subtract(const struct db_number *a, const struct db_number *b, struct db_number *ret,
                       struct db_fault *fault)
{
    struct db_number minus = *b;
    minus.negative = !minus.negative;
    return db_number_add(a, &minus, ret, fault);
}

size_t db_number_size(const struct db_number *number)
{
    return 1 + (number->len + 1) / 2;
}

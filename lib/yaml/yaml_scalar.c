#include "yaml/yaml_scalar_internal.h"

static bool is_one_of(struct unum_str text, const char *const *names)
{
    for (; *names; names++) {
        if (unum_str_is(text, *names))
            return true;
    }
    return false;
}

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const trues[] = {"true", "True", "TRUE", NULL};
static const char *const falses[] = {"false", "False", "FALSE", NULL};
static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};

/* Cut the digits at the front off. */
static struct unum_str take_digits(struct unum_str *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] >= '0' && rest->ptr[len] <= '9')
        len++;
    struct unum_str digits = unum_str_slice(*rest, 0, len);
    *rest = unum_str_from_pos(*rest, len);
    return digits;
}

static bool take(struct unum_str *rest, const char *set, char *ret)
{
    for (; *set; set++) {
        if (rest->len && rest->ptr[0] == *set) {
            *ret = *set;
            *rest = unum_str_from_pos(*rest, 1);
            return true;
        }
    }
    return false;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?, which covers int too. */
static bool read_decimal(struct unum_str text, struct yaml_scalar *ret, struct unum_arena *arena)
{
    struct unum_str rest = text;
    char sign = '+';
    char exponent_sign = '+';
    char c;
    take(&rest, "+-", &sign);
    struct unum_str whole = take_digits(&rest);
    bool point = take(&rest, ".", &c);
    struct unum_str fraction = point ? take_digits(&rest) : UNUM_STR("");
    if (!whole.len && !fraction.len)
        return false;
    struct unum_str exponent = UNUM_STR("");
    if (take(&rest, "eE", &c)) {
        take(&rest, "+-", &exponent_sign);
        exponent = take_digits(&rest);
        if (!exponent.len)
            return false;
    }
    if (rest.len)
        return false;
    size_t zeros = 0;
    while (zeros + 1 < whole.len && whole.ptr[zeros] == '0')
        zeros++;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(text.len + 4);
    if (sign == '-')
        unum_buf_addc(&out, '-');
    unum_buf_add(&out, whole.len ? unum_str_from_pos(whole, zeros) : UNUM_STR("0"));
    if (fraction.len) {
        unum_buf_addc(&out, '.');
        unum_buf_add(&out, fraction);
    }
    if (exponent.len) {
        unum_buf_addc(&out, 'e');
        if (exponent_sign == '-')
            unum_buf_addc(&out, '-');
        unum_buf_add(&out, exponent);
    }
    ret->text = unum_arena_str(arena, unum_buf_str(&out));
    ret->whole = !point && !exponent.len;
    ret->note = zeros ? YAML_SCALAR_ZEROS : YAML_SCALAR_FINE;
    return true;
}

/* 0o[0-7]+ and 0x[0-9a-fA-F]+ */
static bool read_radix(struct unum_str text, struct yaml_scalar *ret, struct unum_arena *arena)
{
    bool octal = unum_str_starts(text, UNUM_STR("0o"));
    if (text.len < 3 || (!octal && !unum_str_starts(text, UNUM_STR("0x"))))
        return false;
    int radix = octal ? 8 : 16;
    uint64_t number = 0;
    bool fits = true;
    for (size_t i = 2; i < text.len; i++) {
        int digit = unum_hex_value(text.ptr[i]);
        if (digit < 0 || digit >= radix)
            return false;
        fits = fits && number <= UINT64_MAX / (unsigned)radix;
        number = number * (unsigned)radix + (unsigned)digit;
    }
    ret->whole = true;
    ret->note = fits ? YAML_SCALAR_FINE : YAML_SCALAR_TOO_LARGE;
    ret->text = unum_arena_printf(arena, "%llu", fits ? (unsigned long long)number : 0);
    return true;
}

struct yaml_scalar yaml_scalar(struct unum_str text, struct unum_arena *arena)
{
    struct yaml_scalar scalar = {.kind = DOC_STRING, .text = text};
    if (is_one_of(text, nulls)) {
        scalar.kind = DOC_NULL;
        return scalar;
    }
    if (is_one_of(text, trues) || is_one_of(text, falses)) {
        scalar.kind = DOC_BOOL;
        scalar.boolean = is_one_of(text, trues);
        return scalar;
    }
    struct unum_str unsigned_text = text;
    char sign;
    take(&unsigned_text, "+-", &sign);
    if (is_one_of(unsigned_text, infinities) || is_one_of(text, nans)) {
        scalar.kind = DOC_NUMBER;
        scalar.text = UNUM_STR("0");
        scalar.note = YAML_SCALAR_NOT_FINITE;
    } else if (read_radix(text, &scalar, arena) || read_decimal(text, &scalar, arena)) {
        scalar.kind = DOC_NUMBER;
    }
    return scalar;
}

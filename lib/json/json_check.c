/* json_check(): the one door for foreign bytes. A loop over five states and one bit per open
 * container; nothing recurses. */
#include "base/limits.h"
#include "json/json.h"
#include "json/json_scan_internal.h"

enum want { WANT_VALUE, WANT_VALUE_OR_END, WANT_KEY, WANT_KEY_OR_END, WANT_NEXT };

struct checker {
    const char *start, *p, *end;
    const char *problem; /* set: `p` is the place */
    size_t depth;
    unsigned char objects[UNUM_LIMIT_JSON_DEPTH / 8 + 1]; /* bit: that level is an object */
};

static bool fail(struct checker *c, const char *at, const char *problem)
{
    c->p = at;
    c->problem = problem;
    return false;
}

/* Behind one escape sequence; `c->p` stands on the backslash. */
static bool check_escape(struct checker *c)
{
    const char *p = c->p;
    if (c->end - p < 2)
        return fail(c, p, "the string is not closed");
    if (p[1] != 'u') {
        if (!p[1] || !strchr("\"\\/bfnrt", p[1]))
            return fail(c, p, "unknown escape sequence");
        c->p = p + 2;
        return true;
    }
    int unit = c->end - p >= 6 ? json_hex4(p + 2) : -1;
    if (unit < 0)
        return fail(c, p, "\\u must be followed by four hexadecimal digits");
    c->p = p + 6;
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    int low =
        unit < 0xdc00 && c->end - p >= 12 && p[6] == '\\' && p[7] == 'u' ? json_hex4(p + 8) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(c, p, "half of a surrogate pair");
    c->p = p + 12;
    return true;
}

/* `c->p` stands on the opening quote and ends behind the closing one. */
static bool check_string(struct checker *c)
{
    const char *opening = c->p++;
    for (;;) {
        c->p = json_skip_plain(c->p, c->end);
        if (c->p == c->end)
            return fail(c, opening, "the string is not closed");
        unsigned char byte = (unsigned char)*c->p;
        if (byte == '"') {
            c->p++;
            return true;
        }
        if (byte == '\\') {
            if (!check_escape(c))
                return false;
        } else if (byte < 0x20) {
            return fail(c, c->p, "a control character must be escaped");
        } else {
            size_t len = unum_utf8_length(unum_str_of(c->p, (size_t)(c->end - c->p)));
            if (!len)
                return fail(c, c->p, "the text is not UTF-8");
            c->p += len;
        }
    }
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static bool check_number(struct checker *c)
{
    const char *p = c->p;
    if (*p == '-')
        p++;
    const char *digits = p;
    p = skip_digits(p, c->end);
    if (p == digits)
        return fail(c, p, "a digit is missing in the number");
    if (*digits == '0' && p - digits > 1)
        return fail(c, digits, "a number cannot start with 0");
    if (p < c->end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, c->end);
        if (p == digits)
            return fail(c, p, "a digit is missing after the decimal point");
    }
    if (p < c->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < c->end && (*p == '+' || *p == '-'))
            p++;
        digits = p;
        p = skip_digits(p, c->end);
        if (p == digits)
            return fail(c, p, "a digit is missing in the exponent");
    }
    c->p = p;
    return true;
}

static bool check_word(struct checker *c, struct unum_str word)
{
    if (!unum_str_starts(unum_str_of(c->p, (size_t)(c->end - c->p)), word))
        return fail(c, c->p, "a value is expected here");
    c->p += word.len;
    return true;
}

static bool open_container(struct checker *c, bool object)
{
    if (c->depth == UNUM_LIMIT_JSON_DEPTH)
        return fail(c, c->p, "arrays and objects are nested too deeply");
    unsigned char bit = (unsigned char)(1u << (c->depth % 8));
    if (object)
        c->objects[c->depth / 8] |= bit;
    else
        c->objects[c->depth / 8] &= (unsigned char)~bit;
    c->depth++;
    c->p++;
    return true;
}

static bool in_object(const struct checker *c)
{
    size_t level = c->depth - 1;
    return c->objects[level / 8] >> (level % 8) & 1;
}

static bool check_value(struct checker *c, enum want *ret_want)
{
    *ret_want = WANT_NEXT;
    switch (*c->p) {
    case '{':
        *ret_want = WANT_KEY_OR_END;
        return open_container(c, true);
    case '[':
        *ret_want = WANT_VALUE_OR_END;
        return open_container(c, false);
    case '"':
        return check_string(c);
    case 't':
        return check_word(c, UNUM_STR("true"));
    case 'f':
        return check_word(c, UNUM_STR("false"));
    case 'n':
        return check_word(c, UNUM_STR("null"));
    default:
        if (*c->p == '-' || (*c->p >= '0' && *c->p <= '9'))
            return check_number(c);
        return fail(c, c->p, "a value is expected here");
    }
}

static bool check_key(struct checker *c)
{
    if (*c->p != '"')
        return fail(c, c->p, "a key in double quotes is expected here");
    if (!check_string(c))
        return false;
    c->p = json_skip_blanks(c->p, c->end);
    if (c->p == c->end || *c->p != ':')
        return fail(c, c->p, "':' is expected after a key");
    c->p++;
    return true;
}

static bool check_next(struct checker *c, enum want *ret_want)
{
    bool object = in_object(c);
    if (*c->p == ',') {
        c->p++;
        *ret_want = object ? WANT_KEY : WANT_VALUE;
        return true;
    }
    if (*c->p != (object ? '}' : ']'))
        return fail(c, c->p,
                    object ? "',' or '}' is expected here" : "',' or ']' is expected here");
    c->p++;
    c->depth--;
    *ret_want = WANT_NEXT;
    return true;
}

static bool step(struct checker *c, enum want *want)
{
    switch (*want) {
    case WANT_VALUE_OR_END:
        if (*c->p == ']')
            return check_next(c, want);
        return check_value(c, want);
    case WANT_VALUE:
        return check_value(c, want);
    case WANT_KEY_OR_END:
        if (*c->p == '}')
            return check_next(c, want);
        *want = WANT_VALUE;
        return check_key(c);
    case WANT_KEY:
        *want = WANT_VALUE;
        return check_key(c);
    case WANT_NEXT:
        return check_next(c, want);
    }
    return false;
}

static bool check_all(struct checker *c)
{
    enum want want = WANT_VALUE;
    do {
        c->p = json_skip_blanks(c->p, c->end);
        if (c->p == c->end)
            return fail(c, c->p, "the text ends too early");
        if (!step(c, &want))
            return false;
    } while (c->depth || want != WANT_NEXT);
    return true;
}

/* "line L, column C" of the place, columns in characters. */
static int report(const struct checker *c, struct unum_err *err)
{
    size_t line = 1;
    size_t column = 1;
    for (const char *p = c->start; p < c->p;) {
        if (*p == '\n') {
            line++;
            column = 0;
        }
        size_t len = unum_utf8_length(unum_str_of(p, (size_t)(c->end - p)));
        p += len ? len : 1;
        column++;
    }
    return unum_err_set(err, UNUM_E_PARSE, "line %zu, column %zu: %s", line, column, c->problem);
}

int json_check(struct unum_str text, struct unum_str *ret_value, struct unum_err *err)
{
    struct checker c = {.start = text.len ? text.ptr : ""};
    c.end = c.start + text.len;
    c.p = json_skip_blanks(c.start, c.end);
    const char *first = c.p;
    if (unum_str_starts(text, UNUM_STR("\xef\xbb\xbf"))) {
        c.problem = "a byte order mark is not JSON";
        return report(&c, err);
    }
    if (!check_all(&c))
        return report(&c, err);
    const char *last = c.p;
    c.p = json_skip_blanks(c.p, c.end);
    if (c.p != c.end) {
        c.problem = "nothing may follow the value";
        return report(&c, err);
    }
    *ret_value = unum_str_of(first, (size_t)(last - first));
    return 0;
}

#include "asl/syntax.h"

#include "base/limits.h"

enum { MAX_CALL_DEPTH = 10, MAX_PATH = 4096 };

struct scan {
    struct unum_str text;
    size_t at;
    unsigned depth;
    struct asl_syntax *ret;
};

static bool fail(struct scan *s, size_t at, const char *says)
{
    if (!s->ret->says)
        *s->ret = (struct asl_syntax){.at = at, .says = says};
    return false;
}

static char peek(const struct scan *s)
{
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

static bool done(const struct scan *s)
{
    return s->at >= s->text.len;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static void blanks(struct scan *s)
{
    while (peek(s) == ' ')
        s->at++;
}

/* `p` stands on the quote. */
static bool quoted(struct scan *s)
{
    size_t start = s->at;
    char quote = s->text.ptr[s->at++];
    while (!done(s) && peek(s) != quote)
        s->at += peek(s) == '\\' ? 2 : 1;
    if (done(s))
        return fail(s, start, "the quote is not closed");
    s->at++;
    return true;
}

/* A filter or script in parentheses: only its brackets and quotes must match. */
static bool parentheses(struct scan *s)
{
    size_t start = s->at, open = 0;
    do {
        char c = peek(s);
        if (done(s))
            return fail(s, start, "the parenthesis is not closed");
        if (c == '\'' || c == '"') {
            if (!quoted(s))
                return false;
            continue;
        }
        open += c == '(';
        open -= c == ')';
        s->at++;
    } while (open);
    return true;
}

static bool integer(struct scan *s)
{
    size_t start = s->at;
    if (peek(s) == '-')
        s->at++;
    size_t first = s->at;
    while (is_digit(peek(s)))
        s->at++;
    if (s->at == first)
        return fail(s, start, "between brackets stands an index, a quoted name, * or a filter");
    if (s->at - first > 10)
        return fail(s, start, "the index is too large");
    return true;
}

/* "1", "-1", "1:2", ":2", "1:2:3", each of a list separated by commas */
static bool indexes(struct scan *s)
{
    for (;;) {
        unsigned colons = 0;
        blanks(s);
        bool any = peek(s) != ':';
        if (any && !integer(s))
            return false;
        while (peek(s) == ':') {
            if (++colons > 2)
                return fail(s, s->at, "a slice has at most three numbers");
            s->at++;
            if (is_digit(peek(s)) || peek(s) == '-') {
                any = true;
                if (!integer(s))
                    return false;
            }
        }
        if (!any)
            return fail(s, s->at, "a slice needs a number");
        blanks(s);
        if (peek(s) != ',')
            return true;
        s->at++;
    }
}

static bool names(struct scan *s)
{
    for (;;) {
        blanks(s);
        if (peek(s) != '\'' && peek(s) != '"')
            return fail(s, s->at, "a quoted name is missing");
        if (!quoted(s))
            return false;
        blanks(s);
        if (peek(s) != ',')
            return true;
        s->at++;
    }
}

static bool bracket(struct scan *s)
{
    size_t start = s->at++;
    blanks(s);
    bool right = true;
    if (peek(s) == '\'' || peek(s) == '"') {
        right = names(s);
    } else if (peek(s) == '*') {
        s->at++;
    } else if (peek(s) == '?' || peek(s) == '(') {
        s->at += peek(s) == '?';
        if (peek(s) != '(')
            return fail(s, s->at, "a filter is written [?(...)]");
        right = parentheses(s);
    } else {
        right = indexes(s);
    }
    if (!right)
        return false;
    blanks(s);
    if (peek(s) != ']')
        return fail(s, start, "the bracket is not closed");
    s->at++;
    return true;
}

/* Behind a dot: a name, *, or a function of the path such as length(). */
static bool member(struct scan *s)
{
    size_t start = s->at;
    if (peek(s) == '*') {
        s->at++;
        return true;
    }
    for (; !done(s); s->at++) {
        char c = peek(s);
        if (c == '\\' && s->at + 1 < s->text.len)
            s->at++;
        else if (c == '.' || c == '[' || c == '(')
            break;
        else if (c == ' ' || c == '\'' || c == '"' || c == ']' || c == ')' || c == ',')
            return fail(s, s->at, "a name with this character stands in brackets: ['...']");
        else if ((unsigned char)c < 0x20)
            return fail(s, s->at, "a control character");
    }
    if (s->at == start)
        return fail(s, start, "a name is missing");
    return peek(s) != '(' || parentheses(s);
}

static bool steps(struct scan *s)
{
    while (!done(s)) {
        if (peek(s) == '[') {
            if (!bracket(s))
                return false;
            continue;
        }
        if (peek(s) != '.')
            return fail(s, s->at, "here stands \".\" or \"[\"");
        s->at++;
        bool deep = peek(s) == '.';
        if (deep)
            s->at++;
        if (deep && peek(s) == '[')
            continue;
        if (!member(s))
            return false;
    }
    return true;
}

/* "$", "$$" or "$name" */
static bool root(struct scan *s)
{
    if (peek(s) != '$')
        return fail(s, s->at, "a path starts with \"$\"");
    s->at++;
    if (peek(s) == '$') {
        s->at++;
        return true;
    }
    if (is_digit(peek(s)))
        return fail(s, s->at, "the name of a variable does not start with a digit");
    while (is_word(peek(s)))
        s->at++;
    return true;
}

bool asl_path_syntax(struct unum_str text, struct asl_syntax *ret)
{
    *ret = (struct asl_syntax){0};
    struct scan s = {.text = text, .ret = ret};
    if (text.len > MAX_PATH)
        return fail(&s, 0, "longer than 4096 bytes");
    return root(&s) && steps(&s);
}

/* ---- intrinsic calls ---- */

static const struct {
    const char *name;
    unsigned least, most;
} functions[] = {
    {"Format", 1, 1000},   {"StringToJson", 1, 1},   {"JsonToString", 1, 1},
    {"Array", 0, 1000},    {"ArrayPartition", 2, 2}, {"ArrayContains", 2, 2},
    {"ArrayRange", 3, 3},  {"ArrayGetItem", 2, 2},   {"ArrayLength", 1, 1},
    {"ArrayUnique", 1, 1}, {"Base64Encode", 1, 1},   {"Base64Decode", 1, 1},
    {"Hash", 2, 2},        {"JsonMerge", 3, 3},      {"MathRandom", 2, 3},
    {"MathAdd", 2, 2},     {"StringSplit", 2, 2},    {"UUID", 0, 0},
};

static bool number(struct scan *s)
{
    size_t start = s->at;
    if (peek(s) == '-' || peek(s) == '+')
        s->at++;
    size_t first = s->at;
    while (is_digit(peek(s)))
        s->at++;
    if (s->at == first)
        return fail(s, start,
                    "an argument is a path, a text in single quotes, a number, true, "
                    "false, null or another call");
    if (peek(s) == '.') {
        s->at++;
        while (is_digit(peek(s)))
            s->at++;
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        s->at += peek(s) == '-' || peek(s) == '+';
        while (is_digit(peek(s)))
            s->at++;
    }
    return true;
}

/* A path as an argument ends at a comma or parenthesis outside of its own brackets. */
static bool path_argument(struct scan *s)
{
    size_t start = s->at, brackets = 0;
    while (!done(s)) {
        char c = peek(s);
        if (brackets && (c == '\'' || c == '"')) {
            if (!quoted(s))
                return false;
            continue;
        }
        if (!brackets && (c == ',' || c == ')' || c == ' '))
            break;
        brackets += c == '[';
        brackets -= c == ']' && brackets;
        s->at++;
    }
    struct asl_syntax inner;
    if (asl_path_syntax(unum_str_slice(s->text, start, s->at - start), &inner))
        return true;
    return fail(s, start + inner.at, inner.says);
}

static bool call(struct scan *s);

static bool word(struct scan *s, const char *text)
{
    struct unum_str wanted = unum_str_from(text);
    if (!unum_str_eq(unum_str_slice(s->text, s->at, wanted.len), wanted))
        return false;
    s->at += wanted.len;
    return true;
}

static bool argument(struct scan *s)
{
    char c = peek(s);
    if (c == '$')
        return path_argument(s);
    if (c == '\'')
        return quoted(s);
    if (unum_str_starts(unum_str_from_pos(s->text, s->at), UNUM_STR("States.")))
        return call(s);
    return word(s, "true") || word(s, "false") || word(s, "null") || number(s);
}

static bool arguments(struct scan *s, unsigned *ret_count)
{
    size_t start = s->at++;
    *ret_count = 0;
    blanks(s);
    if (peek(s) == ')') {
        s->at++;
        return true;
    }
    for (;;) {
        blanks(s);
        if (!argument(s))
            return false;
        ++*ret_count;
        blanks(s);
        if (peek(s) == ')') {
            s->at++;
            return true;
        }
        if (done(s))
            return fail(s, start, "the parenthesis is not closed");
        if (peek(s) != ',')
            return fail(s, s->at, "here stands \",\" or \")\"");
        s->at++;
    }
}

static bool unknown_function(struct scan *s, size_t start, struct unum_str name)
{
    struct unum_str best = UNUM_STR_NONE;
    size_t distance = 4;
    for (size_t i = 0; i < UNUM_COUNT(functions); i++) {
        size_t d = unum_str_distance(name, unum_str_from(functions[i].name), 3);
        if (d < distance) {
            distance = d;
            best = unum_str_from(functions[i].name);
        }
    }
    fail(s, start, "there is no such intrinsic function");
    if (!s->ret->name)
        s->ret->name = best.ptr;
    return false;
}

static bool call(struct scan *s)
{
    size_t start = s->at;
    if (!word(s, "States."))
        return fail(s, start, "an intrinsic call starts with \"States.\"");
    if (s->depth == MAX_CALL_DEPTH)
        return fail(s, start, "intrinsic calls are nested more than 10 levels deep");
    size_t first = s->at;
    while (is_word(peek(s)))
        s->at++;
    struct unum_str name = unum_str_slice(s->text, first, s->at - first);
    size_t i = 0;
    while (i < UNUM_COUNT(functions) && !unum_str_is(name, functions[i].name))
        i++;
    if (i == UNUM_COUNT(functions))
        return unknown_function(s, start, name);
    if (peek(s) != '(')
        return fail(s, s->at, "\"(\" is missing behind the name of the function");
    unsigned count;
    s->depth++;
    if (!arguments(s, &count))
        return false;
    s->depth--;
    if (count < functions[i].least)
        return fail(s, start, "the function needs more arguments");
    return count <= functions[i].most || fail(s, start, "the function has fewer arguments");
}

bool asl_call_syntax(struct unum_str text, struct asl_syntax *ret)
{
    *ret = (struct asl_syntax){0};
    struct scan s = {.text = text, .ret = ret};
    if (text.len > UNUM_LIMIT_ERROR_TEXT)
        return fail(&s, 0, "longer than 65536 bytes");
    return call(&s) && (done(&s) || fail(&s, s.at, "nothing stands behind the call"));
}

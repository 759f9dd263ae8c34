/* JSONPath: what a text says. */
#include "eval/query.h"

#include <string.h>

#include "base/limits.h"
#include "eval/query_internal.h"

bool query_flaw(struct query_scan *s, size_t at, const char *why)
{
    if (!s->flaw->why)
        *s->flaw = (struct eval_flaw){at, why};
    return false;
}

char query_peek(const struct query_scan *s)
{
    return s->at < s->text.len ? s->text.ptr[s->at] : '\0';
}

bool query_done(const struct query_scan *s)
{
    return s->at >= s->text.len;
}

void query_blanks(struct query_scan *s)
{
    while (query_peek(s) == ' ' || query_peek(s) == '\t')
        s->at++;
}

static bool is_word(char c)
{
    return unum_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

bool query_quoted(struct query_scan *s, struct unum_str *ret)
{
    size_t start = s->at;
    char quote = query_peek(s);
    char *text = unum_arena_alloc(s->arena, s->text.len - s->at + 1);
    size_t len = 0;
    s->at++;
    while (!query_done(s) && query_peek(s) != quote) {
        if (query_peek(s) == '\\' && s->at + 1 < s->text.len)
            s->at++;
        text[len++] = s->text.ptr[s->at++];
    }
    if (query_done(s))
        return query_flaw(s, start, "the quote is not closed");
    s->at++;
    *ret = unum_str_of(text, len);
    return true;
}

static bool integer(struct query_scan *s, int64_t *ret)
{
    size_t start = s->at;
    if (query_peek(s) == '-')
        s->at++;
    while (unum_is_digit(query_peek(s)))
        s->at++;
    if (s->at - start > 11 || !unum_str_to_i64(unum_str_slice(s->text, start, s->at - start), ret))
        return query_flaw(s, start,
                          s->at == start
                              ? "between brackets stands an index, a quoted name, * or a filter"
                              : "this is no index");
    return true;
}

static bool names(struct query_scan *s, struct query_step *step)
{
    UNUM_VEC(struct unum_str) found = {0};
    bool right = true;
    for (;;) {
        query_blanks(s);
        if (query_peek(s) != '\'' && query_peek(s) != '"') {
            right = query_flaw(s, s->at, "a quoted name is missing");
            break;
        }
        right = query_quoted(s, unum_vec_push(&found));
        query_blanks(s);
        if (!right || query_peek(s) != ',')
            break;
        s->at++;
    }
    if (right) {
        step->kind = QUERY_NAME;
        step->count = found.len;
        step->names = unum_arena_array(s->arena, found.len, sizeof(*step->names));
        memcpy(step->names, found.at, found.len * sizeof(*step->names));
    }
    unum_vec_done(&found);
    return right;
}

/* At the colon: ":to" and ":to:by" */
static bool slice(struct query_scan *s, struct query_step *step)
{
    step->kind = QUERY_SLICE;
    step->by = 1;
    s->at++;
    step->has_to = unum_is_digit(query_peek(s)) || query_peek(s) == '-';
    if (step->has_to && !integer(s, &step->to))
        return false;
    if (query_peek(s) == ':') {
        s->at++;
        if ((unum_is_digit(query_peek(s)) || query_peek(s) == '-') && !integer(s, &step->by))
            return false;
        if (step->by <= 0)
            return query_flaw(s, s->at, "the step of a slice is at least 1");
        if (query_peek(s) == ':')
            return query_flaw(s, s->at, "a slice has at most three numbers");
    }
    if (!step->has_from && !step->has_to)
        return query_flaw(s, s->at, "a slice needs a number");
    return true;
}

static bool indexes(struct query_scan *s, struct query_step *step)
{
    UNUM_VEC(int64_t) found = {0};
    bool right = true;
    if (query_peek(s) == ':')
        return slice(s, step);
    for (;;) {
        query_blanks(s);
        right = integer(s, unum_vec_push(&found));
        query_blanks(s);
        if (!right || query_peek(s) != ',')
            break;
        s->at++;
    }
    if (right && query_peek(s) == ':' && found.len == 1) {
        step->has_from = true;
        step->from = found.at[0];
        right = slice(s, step);
    } else if (right) {
        step->kind = QUERY_INDEX;
        step->count = found.len;
        step->indexes = unum_arena_array(s->arena, found.len, sizeof(*step->indexes));
        memcpy(step->indexes, found.at, found.len * sizeof(*step->indexes));
    }
    unum_vec_done(&found);
    return right;
}

static bool bracket(struct query_scan *s, struct query_step *step)
{
    size_t start = s->at++;
    bool right = true;
    query_blanks(s);
    char c = query_peek(s);
    if (c == '\'' || c == '"') {
        right = names(s, step);
    } else if (c == '*') {
        s->at++;
        step->kind = QUERY_ANY;
    } else if (c == '?') {
        s->at++;
        query_blanks(s);
        step->kind = QUERY_FILTER;
        if (query_peek(s) != '(')
            return query_flaw(s, s->at, "a filter is written [?(...)]");
        right = query_filter_parse(s, &step->filter);
    } else if (c == '(') {
        return query_flaw(s, s->at, "a script in a path; only filters, [?(...)], are evaluated");
    } else {
        right = indexes(s, step);
    }
    if (!right)
        return false;
    query_blanks(s);
    if (query_peek(s) != ']')
        return query_flaw(s, start, "the bracket is not closed");
    s->at++;
    return true;
}

static const struct {
    const char *name;
    enum query_function function;
} functions[] = {
    {"length", FUNCTION_LENGTH}, {"size", FUNCTION_LENGTH},   {"keys", FUNCTION_KEYS},
    {"min", FUNCTION_MIN},       {"max", FUNCTION_MAX},       {"avg", FUNCTION_AVG},
    {"sum", FUNCTION_SUM},       {"stddev", FUNCTION_STDDEV}, {"first", FUNCTION_FIRST},
    {"last", FUNCTION_LAST},     {"index", FUNCTION_INDEX},
};

/* At the parenthesis behind a name. */
static bool function(struct query_scan *s, struct unum_str name, size_t start,
                     struct query_step *step)
{
    size_t i = 0;
    while (i < UNUM_COUNT(functions) && !unum_str_is(name, functions[i].name))
        i++;
    if (i == UNUM_COUNT(functions))
        return query_flaw(s, start, "a path has no such function");
    step->kind = QUERY_FUNCTION;
    step->function = functions[i].function;
    s->at++;
    query_blanks(s);
    if (step->function == FUNCTION_INDEX && !integer(s, &step->argument))
        return false;
    query_blanks(s);
    if (query_peek(s) != ')')
        return query_flaw(s, s->at, "\")\" is missing behind the function");
    s->at++;
    return true;
}

static bool ends_name(char c, bool in_filter)
{
    if (c == '.' || c == '[' || c == '(')
        return true;
    return in_filter && (c == ' ' || c == '\t' || c == '=' || c == '!' || c == '<' || c == '>' ||
                         c == '&' || c == '|' || c == ')' || c == ',' || c == ']');
}

/* Behind a dot. */
static bool member(struct query_scan *s, bool in_filter, struct query_step *step)
{
    size_t start = s->at;
    if (query_peek(s) == '*') {
        s->at++;
        step->kind = QUERY_ANY;
        return true;
    }
    char *name = unum_arena_alloc(s->arena, s->text.len - s->at + 1);
    size_t len = 0;
    while (!query_done(s) && !ends_name(query_peek(s), in_filter)) {
        char c = query_peek(s);
        if (c == '\\' && s->at + 1 < s->text.len)
            s->at++;
        else if (c == ' ' || c == '\'' || c == '"' || c == ']' || c == ')' || c == ',')
            return query_flaw(s, s->at, "a name with this character stands in brackets: ['...']");
        else if ((unsigned char)c < 0x20)
            return query_flaw(s, s->at, "a control character");
        name[len++] = s->text.ptr[s->at++];
    }
    if (!len)
        return query_flaw(s, start, "a name is missing");
    if (query_peek(s) == '(')
        return function(s, unum_str_of(name, len), start, step);
    step->kind = QUERY_NAME;
    step->count = 1;
    step->names = UNUM_ARENA_NEW(s->arena, struct unum_str);
    step->names[0] = unum_str_of(name, len);
    return true;
}

bool query_is_definite(const struct query_step *step)
{
    if (step->deep)
        return false;
    return step->kind == QUERY_FUNCTION ||
           ((step->kind == QUERY_NAME || step->kind == QUERY_INDEX) && step->count == 1);
}

bool query_steps(struct query_scan *s, bool in_filter, struct eval_query *query)
{
    UNUM_VEC(struct query_step) found = {0};
    bool right = true;
    query->definite = true;
    while (right && (query_peek(s) == '.' || query_peek(s) == '[')) {
        if (found.len == EVAL_LIMIT_QUERY_STEPS) {
            right = query_flaw(s, s->at, "more than 256 steps");
            break;
        }
        struct query_step *step = unum_vec_push(&found);
        bool dot = query_peek(s) == '.';
        s->at += dot;
        step->deep = dot && query_peek(s) == '.';
        s->at += step->deep;
        if (query_peek(s) == '[' && (!dot || step->deep))
            right = bracket(s, step);
        else
            right = member(s, in_filter, step);
        if (right && step->kind == QUERY_FUNCTION && step->deep)
            right = query_flaw(s, s->at, "\"..\" in front of a function");
        query->definite = query->definite && right && query_is_definite(step);
    }
    if (right) {
        /* A function at the end makes one value of whatever is in front of it. */
        if (found.len && found.at[found.len - 1].kind == QUERY_FUNCTION)
            query->definite = true;
        query->len = found.len;
        query->steps = unum_arena_array(s->arena, found.len + 1, sizeof(*query->steps));
        if (found.len)
            memcpy(query->steps, found.at, found.len * sizeof(*query->steps));
    }
    unum_vec_done(&found);
    return right;
}

/* "$", "$$" or "$name" */
static bool root(struct query_scan *s, struct eval_query *query)
{
    if (query_peek(s) != '$')
        return query_flaw(s, s->at, "a path starts with \"$\"");
    s->at++;
    if (query_peek(s) == '$') {
        s->at++;
        query->root = EVAL_ROOT_CONTEXT;
        return true;
    }
    size_t start = s->at;
    if (unum_is_digit(query_peek(s)))
        return query_flaw(s, s->at, "the name of a variable does not start with a digit");
    while (is_word(query_peek(s)))
        s->at++;
    query->variable = unum_str_slice(query->text, start, s->at - start);
    query->root = query->variable.len ? EVAL_ROOT_VARIABLE : EVAL_ROOT_INPUT;
    return true;
}

bool eval_query_parse(struct unum_str text, struct unum_arena *arena, struct eval_query *ret,
                      struct eval_flaw *flaw)
{
    *flaw = (struct eval_flaw){0};
    struct query_scan s = {.text = text, .arena = arena, .flaw = flaw};
    if (text.len > EVAL_LIMIT_QUERY_TEXT)
        return query_flaw(&s, 0, "longer than 4096 bytes");
    struct eval_query query = {.text = unum_arena_str(arena, text)};
    if (!root(&s, &query) || !query_steps(&s, false, &query))
        return false;
    if (!query_done(&s))
        return query_flaw(&s, s.at, "here stands \".\" or \"[\"");
    *ret = query;
    return true;
}

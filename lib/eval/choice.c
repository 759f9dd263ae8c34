/* Choice: rules in order, the first that holds decides. */
#include "eval/eval_internal.h"

enum { MAX_DEPTH = 100 };

enum comparison { EQUALS, LESS, GREATER, LESS_EQUALS, GREATER_EQUALS };
enum family { BOOLEAN, NUMERIC, STRING, TIMESTAMP };

static const struct {
    const char *name;
    enum family family;
    enum comparison comparison;
} operators[] = {
    {"BooleanEquals", BOOLEAN, EQUALS},
    {"NumericEquals", NUMERIC, EQUALS},
    {"NumericGreaterThan", NUMERIC, GREATER},
    {"NumericGreaterThanEquals", NUMERIC, GREATER_EQUALS},
    {"NumericLessThan", NUMERIC, LESS},
    {"NumericLessThanEquals", NUMERIC, LESS_EQUALS},
    {"StringEquals", STRING, EQUALS},
    {"StringGreaterThan", STRING, GREATER},
    {"StringGreaterThanEquals", STRING, GREATER_EQUALS},
    {"StringLessThan", STRING, LESS},
    {"StringLessThanEquals", STRING, LESS_EQUALS},
    {"TimestampEquals", TIMESTAMP, EQUALS},
    {"TimestampGreaterThan", TIMESTAMP, GREATER},
    {"TimestampGreaterThanEquals", TIMESTAMP, GREATER_EQUALS},
    {"TimestampLessThan", TIMESTAMP, LESS},
    {"TimestampLessThanEquals", TIMESTAMP, LESS_EQUALS},
};

struct chooser {
    struct eval_env *env;
    struct unum_str input; /* after InputPath */
    unsigned depth;
};

static bool as_asked(int order, enum comparison comparison)
{
    switch (comparison) {
    case EQUALS:
        return order == 0;
    case LESS:
        return order < 0;
    case GREATER:
        return order > 0;
    case LESS_EQUALS:
        return order <= 0;
    case GREATER_EQUALS:
        return order >= 0;
    }
    return false;
}

/* The order of UTF-16 units: characters above U+FFFF stand before U+E000..U+FFFF. */
static int order_of_texts(struct unum_str a, struct unum_str b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && a.ptr[i] == b.ptr[i])
        i++;
    if (i == a.len || i == b.len)
        return (a.len > b.len) - (a.len < b.len);
    unsigned char x = (unsigned char)a.ptr[i];
    unsigned char y = (unsigned char)b.ptr[i];
    if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0))
        return x >= 0xf0 ? -1 : 1;
    return x < y ? -1 : 1;
}

static bool compare(struct chooser *c, enum family family, enum comparison comparison,
                    struct unum_str a, struct unum_str b)
{
    bool x;
    bool y;
    struct eval_instant s;
    struct eval_instant t;
    struct unum_arena *arena = c->env->arena;
    switch (family) {
    case BOOLEAN:
        return json_to_bool(a, &x) && json_to_bool(b, &y) && x == y;
    case NUMERIC:
        return json_type(a) == JSON_NUMBER && json_type(b) == JSON_NUMBER &&
               as_asked(eval_number_order(a, b), comparison);
    case STRING:
        return json_type(a) == JSON_STRING && json_type(b) == JSON_STRING &&
               as_asked(order_of_texts(eval_text(arena, a), eval_text(arena, b)), comparison);
    case TIMESTAMP:
        return json_type(a) == JSON_STRING && json_type(b) == JSON_STRING &&
               eval_instant(eval_text(arena, a), &s) && eval_instant(eval_text(arena, b), &t) &&
               as_asked(eval_instant_compare(s, t), comparison);
    }
    return false;
}

/* One character of a pattern: "*" any text, "\*" and "\\" the character itself. */
static size_t pattern_unit(struct unum_str pattern, size_t at, char *ret, bool *ret_any)
{
    char c = pattern.ptr[at];
    *ret_any = c == '*';
    *ret = c;
    if (c != '\\' || at + 1 == pattern.len ||
        (pattern.ptr[at + 1] != '*' && pattern.ptr[at + 1] != '\\'))
        return at + 1;
    *ret = pattern.ptr[at + 1];
    return at + 2;
}

static bool matches(struct unum_str text, struct unum_str pattern)
{
    size_t t = 0;
    size_t p = 0;
    size_t star = SIZE_MAX; /* behind the last "*" */
    size_t from = 0;        /* what it has taken so far ends here */
    while (t < text.len || p < pattern.len) {
        char c = '\0';
        bool any = false;
        size_t next = p < pattern.len ? pattern_unit(pattern, p, &c, &any) : p;
        if (p < pattern.len && any) {
            star = p = next;
            from = t;
        } else if (p < pattern.len && t < text.len && text.ptr[t] == c) {
            p = next;
            t++;
        } else if (star != SIZE_MAX && from < text.len) {
            t = ++from;
            p = star;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_type(struct chooser *c, struct unum_str name, struct unum_str value, bool *ret)
{
    enum json_type type = json_type(value);
    struct eval_instant when;
    if (unum_str_is(name, "IsNull"))
        *ret = type == JSON_NULL;
    else if (unum_str_is(name, "IsNumeric"))
        *ret = type == JSON_NUMBER;
    else if (unum_str_is(name, "IsString"))
        *ret = type == JSON_STRING;
    else if (unum_str_is(name, "IsBoolean"))
        *ret = type == JSON_BOOL;
    else if (unum_str_is(name, "IsTimestamp"))
        *ret = type == JSON_STRING && eval_instant(eval_text(c->env->arena, value), &when);
    else
        return false;
    return true;
}

enum verdict { NO, YES, ERROR };

static enum verdict rule_holds(struct chooser *c, struct unum_str rule);

static enum verdict verdict(bool yes)
{
    return yes ? YES : NO;
}

static enum verdict invalid_path(struct chooser *c, struct unum_str path)
{
    eval_error(c->env, EVAL_RUNTIME,
               "Invalid path '%.*s': The choice state's condition path references an invalid "
               "value.",
               UNUM_STR_ARG(path));
    return ERROR;
}

static enum verdict all_or_any(struct chooser *c, struct unum_str rules, enum verdict until)
{
    struct json_iter iter = json_iter(rules);
    struct unum_str rule;
    while (json_next(&iter, NULL, &rule)) {
        enum verdict one = rule_holds(c, rule);
        if (one == until || one == ERROR)
            return one;
    }
    return until == YES ? NO : YES;
}

static enum verdict not(enum verdict one) { return one == ERROR ? ERROR : verdict(one == NO); }

/* The member `key` of a rule as a comparison of `value` with `operand`. */
static enum verdict compare_by(struct chooser *c, struct unum_str name, struct unum_str value,
                               struct unum_str operand)
{
    bool wanted = true;
    bool is;
    if (is_type(c, name, value, &is))
        return verdict(!json_to_bool(operand, &wanted) || is == wanted);
    if (unum_str_is(name, "StringMatches"))
        return verdict(json_type(value) == JSON_STRING &&
                       matches(eval_text(c->env->arena, value), eval_text(c->env->arena, operand)));
    struct unum_str base = name;
    if (unum_str_ends(name, UNUM_STR("Path"))) {
        struct unum_str path = eval_text(c->env->arena, operand);
        base.len -= 4;
        enum eval_path_result found = eval_query(c->env, path, c->input, &operand);
        if (found != EVAL_PATH_FOUND)
            return found == EVAL_PATH_ERROR ? ERROR : invalid_path(c, path);
    }
    for (size_t i = 0; i < UNUM_COUNT(operators); i++) {
        if (unum_str_is(base, operators[i].name))
            return verdict(
                compare(c, operators[i].family, operators[i].comparison, value, operand));
    }
    eval_error(c->env, EVAL_RUNTIME, "There is no comparison %.*s.", UNUM_STR_ARG(name));
    return ERROR;
}

/* The operator of a rule: the member that is none of the others. */
static bool operator_of(struct unum_str rule, struct unum_str *ret_name, struct unum_str *ret_value)
{
    static const char *const others[] = {"Variable", "Next", "Assign", "Comment"};
    struct json_iter iter = json_iter(rule);
    struct unum_str key;
    while (json_next(&iter, &key, ret_value)) {
        size_t i = 0;
        while (i < UNUM_COUNT(others) && !json_is(key, unum_str_from(others[i])))
            i++;
        *ret_name = unum_str_slice(key, 1, key.len - 2);
        if (i == UNUM_COUNT(others))
            return true;
    }
    return false;
}

static enum verdict compare_variable(struct chooser *c, struct unum_str rule, struct unum_str name,
                                     struct unum_str operand)
{
    struct unum_str value;
    struct unum_str path = eval_text(c->env->arena, eval_field(rule, "Variable"));
    if (!path.ptr) {
        eval_error(c->env, EVAL_RUNTIME, "A choice rule has no Variable.");
        return ERROR;
    }
    enum eval_path_result found = eval_query(c->env, path, c->input, &value);
    if (found == EVAL_PATH_ERROR)
        return ERROR;
    if (unum_str_is(name, "IsPresent")) {
        bool wanted = true;
        return verdict(!json_to_bool(operand, &wanted) || wanted == (found == EVAL_PATH_FOUND));
    }
    if (found == EVAL_PATH_NOTHING)
        return invalid_path(c, path);
    return compare_by(c, name, value, operand);
}

static enum verdict rule_holds(struct chooser *c, struct unum_str rule)
{
    struct unum_str name;
    struct unum_str operand;
    if (!operator_of(rule, &name, &operand) || c->depth == MAX_DEPTH) {
        eval_error(c->env, EVAL_RUNTIME,
                   c->depth == MAX_DEPTH ? "Choice rules are nested more than 100 levels deep."
                                         : "A choice rule has no comparison.");
        return ERROR;
    }
    enum verdict holds;
    c->depth++;
    if (unum_str_is(name, "And"))
        holds = all_or_any(c, operand, NO);
    else if (unum_str_is(name, "Or"))
        holds = all_or_any(c, operand, YES);
    else if (unum_str_is(name, "Not"))
        holds = not(rule_holds(c, operand));
    else
        holds = compare_variable(c, rule, name, operand);
    c->depth--;
    return holds;
}

/* The rule that holds, ptr NULL: none. */
static bool find_rule(struct chooser *c, struct unum_str choices, struct unum_str *ret)
{
    struct json_iter iter = json_iter(choices);
    struct unum_str rule;
    *ret = UNUM_STR_NONE;
    while (json_next(&iter, NULL, &rule)) {
        enum verdict holds = rule_holds(c, rule);
        if (holds == ERROR)
            return false;
        if (holds == YES) {
            *ret = rule;
            return true;
        }
    }
    return true;
}

bool eval_choose(struct eval_env *env, struct unum_str fields, struct unum_str input,
                 struct unum_str *ret_next, struct unum_str *ret_output,
                 struct unum_str *ret_variables)
{
    struct chooser c = {.env = env};
    struct unum_str rule = UNUM_STR_NONE;
    struct unum_str output;
    struct unum_str variables;
    if (!eval_select(env, eval_field(fields, "InputPath"), input, &c.input))
        return false;
    struct unum_str choices = eval_field(fields, "Choices");
    if (choices.ptr && !find_rule(&c, choices, &rule))
        return false;
    struct unum_str next = rule.ptr ? eval_field(rule, "Next") : eval_field(fields, "Default");
    if (!next.ptr)
        return eval_error(env, "States.NoChoiceMatched",
                          "No choice rule matched, and there is no Default.");
    struct unum_str assign = eval_field(rule.ptr ? rule : fields, "Assign");
    if (!eval_select(env, eval_field(fields, "OutputPath"), c.input, &output) ||
        !eval_assign(env, assign, c.input, &variables))
        return false;
    *ret_next = eval_text(env->arena, next);
    *ret_output = output;
    *ret_variables = variables;
    return true;
}

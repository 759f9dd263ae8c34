#include "ir/expr_internal.h"
#include "json/json.h"

/* ---- comparison and logic ---- */

enum comparison { LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, UNEQUAL, NO_COMPARISON };

/* Longer signs first. */
static const struct {
    const char *sign;
    enum comparison comparison;
} comparisons[] = {
    {"<=", LESS_EQUAL}, {">=", GREATER_EQUAL}, {"==", EQUAL},
    {"!=", UNEQUAL},    {"<", LESS},           {">", GREATER},
};

static enum comparison take_comparison(struct expr_parser *p)
{
    for (size_t i = 0; i < UNUM_COUNT(comparisons); i++) {
        if (expr_take_symbol(p, comparisons[i].sign))
            return comparisons[i].comparison;
    }
    return NO_COMPARISON;
}

static bool same(struct expr_value a, struct expr_value b)
{
    if (expr_is_number(a) && expr_is_number(b))
        return a.kind == KIND_INT && b.kind == KIND_INT ? a.whole == b.whole
                                                        : expr_as_double(a) == expr_as_double(b);
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case KIND_BOOL:
        return a.yes == b.yes;
    case KIND_STRING:
        return unum_str_eq(a.text, b.text);
    case KIND_TREE:
        return json_equal(a.text, b.text);
    case KIND_NULL:
    case KIND_INT:
    case KIND_FLOAT:
    case KIND_ANY:
        break;
    }
    return true;
}

static int order(struct expr_value a, struct expr_value b)
{
    if (a.kind == KIND_STRING)
        return unum_str_cmp(a.text, b.text);
    if (a.kind == KIND_INT && b.kind == KIND_INT)
        return (a.whole > b.whole) - (a.whole < b.whole);
    return (expr_as_double(a) > expr_as_double(b)) - (expr_as_double(a) < expr_as_double(b));
}

static bool ordered(struct expr_value a, struct expr_value b)
{
    return (expr_is_number(a) && expr_is_number(b)) ||
           (a.kind == KIND_STRING && b.kind == KIND_STRING);
}

static struct expr_value compare(struct expr_parser *p, size_t at, enum comparison comparison,
                                 struct expr_value a, struct expr_value b)
{
    bool known = a.kind != KIND_ANY && b.kind != KIND_ANY;
    bool equality = comparison == EQUAL || comparison == UNEQUAL;
    if (known && !equality && !ordered(a, b)) {
        expr_refuse(p, at, "cannot order %s and %s", expr_kind_names[a.kind],
                    expr_kind_names[b.kind]);
        return expr_of_bool(false);
    }
    if (!known || !expr_evaluating(p))
        return expr_of_bool(false);
    if (equality)
        return expr_of_bool(same(a, b) == (comparison == EQUAL));
    int sign = order(a, b);
    switch (comparison) {
    case LESS:
        return expr_of_bool(sign < 0);
    case LESS_EQUAL:
        return expr_of_bool(sign <= 0);
    case GREATER:
        return expr_of_bool(sign > 0);
    case GREATER_EQUAL:
    case EQUAL:
    case UNEQUAL:
    case NO_COMPARISON:
        break;
    }
    return expr_of_bool(sign >= 0);
}

static struct expr_value parse_comparison(struct expr_parser *p)
{
    struct expr_value left = expr_sum(p);
    expr_skip_blanks(p);
    size_t at = p->at;
    if (p->rc)
        return left;
    enum comparison comparison = take_comparison(p);
    if (comparison == NO_COMPARISON)
        return left;
    struct expr_value result = compare(p, at, comparison, left, expr_sum(p));
    expr_skip_blanks(p);
    at = p->at;
    if (!p->rc && take_comparison(p) != NO_COMPARISON)
        expr_refuse(p, at, "comparisons cannot be chained: write \"a < b and b < c\"");
    return result;
}

static void want_bool(struct expr_parser *p, size_t at, struct expr_value v)
{
    if (v.kind != KIND_BOOL && v.kind != KIND_ANY)
        expr_refuse(p, at, "this is %s, not true or false", expr_kind_names[v.kind]);
}

static struct expr_value parse_not(struct expr_parser *p)
{
    expr_skip_blanks(p);
    bool negated = false;
    if (expr_look(p, 0) == '!' && expr_look(p, 1) != '=') {
        p->at++;
        negated = true;
    } else if (expr_take_word(p, "not")) {
        negated = true;
    }
    expr_skip_blanks(p);
    size_t at = p->at;
    struct expr_value v = parse_comparison(p);
    if (!negated)
        return v;
    want_bool(p, at, v);
    return v.kind == KIND_ANY ? v : expr_of_bool(!v.yes);
}

/* Both levels of logic: operands `operand`, joined by `word` or `symbol`, decided by the first that
 * is `decides`. */
static struct expr_value parse_logic(struct expr_parser *p, const char *word, const char *symbol,
                                     bool decides,
                                     struct expr_value (*operand)(struct expr_parser *))
{
    expr_skip_blanks(p);
    size_t at = p->at;
    struct expr_value left = operand(p);
    while (!p->rc && (expr_take_word(p, word) || expr_take_symbol(p, symbol))) {
        want_bool(p, at, left);
        bool decided = expr_evaluating(p) && left.yes == decides;
        p->skip += decided;
        expr_skip_blanks(p);
        at = p->at;
        struct expr_value right = operand(p);
        want_bool(p, at, right);
        p->skip -= decided;
        if (!decided)
            left = right;
    }
    return left;
}

static struct expr_value parse_and(struct expr_parser *p)
{
    return parse_logic(p, "and", "&&", false, parse_not);
}

struct expr_value expr_any(struct expr_parser *p)
{
    struct expr_value v = expr_of_kind(KIND_ANY);
    if (p->depth == IR_LIMIT_EXPR_DEPTH) {
        expr_refuse(p, p->at, "nested more than %d levels deep", IR_LIMIT_EXPR_DEPTH);
        return v;
    }
    p->depth++;
    v = parse_logic(p, "or", "||", true, parse_and);
    p->depth--;
    return v;
}

/* ---- entry points ---- */

struct expr_parser expr_begin(struct unum_str text, const struct ir_env *env, size_t *ret_at,
                              struct unum_err *err)
{
    struct expr_parser p = {.text = text, .env = env, .ret_at = ret_at, .err = err};
    if (text.len > IR_LIMIT_EXPR) {
        p.text = unum_str_slice(text, 0, 40);
        expr_refuse(&p, 0, "longer than %d bytes", IR_LIMIT_EXPR);
    }
    return p;
}

int expr_end(struct expr_parser *p)
{
    unum_arena_done(&p->arena);
    return p->rc;
}

void expr_expect_end(struct expr_parser *p)
{
    expr_skip_blanks(p);
    if (p->rc || p->at == p->text.len)
        return;
    if (expr_look(p, 0) == '=')
        expr_refuse(p, p->at, "\"==\" compares, \"=\" only stands in modifiers");
    else
        expr_refuse(p, p->at, "this does not belong here");
}

int expr_condition(struct unum_str text, const struct ir_env *env, bool *ret, size_t *ret_at,
                   struct unum_err *err)
{
    struct expr_parser p = expr_begin(text, env, ret_at, err);
    if (!p.rc) {
        struct expr_value v = expr_any(&p);
        expr_expect_end(&p);
        want_bool(&p, 0, v);
        if (!p.rc)
            *ret = v.yes;
    }
    return expr_end(&p);
}

int ir_condition(struct unum_str text, const struct ir_env *env, bool *ret, struct unum_err *err)
{
    return expr_condition(text, env, ret, NULL, err);
}

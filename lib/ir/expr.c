#include "ir/expr.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "eval/path.h"
#include "json/json.h"

/* ANY: a type that is only known when the expression is evaluated. */
enum kind { KIND_NULL, KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_STRING, KIND_TREE, KIND_ANY };

struct value {
    enum kind kind;
    bool yes;
    int64_t whole;
    double real;
    struct unum_str text; /* STRING: decoded; TREE: JSON */
};

struct parser {
    struct unum_str text;
    size_t at;
    const struct ir_env *env; /* NULL: nothing is known, only checked */
    unsigned skip;            /* > 0: parsed, not evaluated */
    unsigned depth;
    bool no_output; /* $ret must not occur: every sender must get the same names */
    struct unum_arena arena;
    int rc;
    size_t *ret_at;
    struct unum_err *err;
};

static const char *const kind_names[] = {"null",   "true or false",       "a number", "a number",
                                         "a text", "a list or an object", "anything"};

static void UNUM_PRINTF(3, 4) refuse(struct parser *p, size_t at, const char *format, ...)
{
    if (p->rc)
        return;
    struct unum_buf UNUM_AUTO_BUF reason = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&reason, format, args);
    va_end(args);
    if (p->ret_at)
        *p->ret_at = at;
    p->rc = unum_err_set(p->err, UNUM_E_INVAL, "expression \"%.*s\": %s (column %zu)",
                         UNUM_STR_ARG(p->text), unum_buf_text(&reason), at + 1);
}

static struct value of_kind(enum kind kind)
{
    return (struct value){.kind = kind};
}

static struct value of_int(int64_t whole)
{
    return (struct value){.kind = KIND_INT, .whole = whole};
}

static struct value of_bool(bool yes)
{
    return (struct value){.kind = KIND_BOOL, .yes = yes};
}

static bool is_number(struct value v)
{
    return v.kind == KIND_INT || v.kind == KIND_FLOAT;
}

static bool evaluating(const struct parser *p)
{
    return p->env && !p->skip && !p->rc;
}

static char look(const struct parser *p, size_t ahead)
{
    return p->at + ahead < p->text.len ? p->text.ptr[p->at + ahead] : '\0';
}

static void skip_blanks(struct parser *p)
{
    while (look(p, 0) == ' ' || look(p, 0) == '\t' || look(p, 0) == '\r' || look(p, 0) == '\n')
        p->at++;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool word_char(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static struct unum_str word_at(const struct parser *p, size_t at)
{
    size_t end = at;
    while (end < p->text.len && word_char(p->text.ptr[end]))
        end++;
    return unum_str_slice(p->text, at, end - at);
}

static bool take_symbol(struct parser *p, const char *symbol)
{
    skip_blanks(p);
    struct unum_str wanted = unum_str_from(symbol);
    if (!unum_str_starts(unum_str_from_pos(p->text, p->at), wanted))
        return false;
    p->at += wanted.len;
    return true;
}

static bool take_word(struct parser *p, const char *word)
{
    skip_blanks(p);
    if (!unum_str_is(word_at(p, p->at), word))
        return false;
    p->at += strlen(word);
    return true;
}

static struct value parse_condition(struct parser *p);

/* ---- primaries ---- */

static struct value parse_number(struct parser *p)
{
    size_t start = p->at;
    while (digit(look(p, 0)))
        p->at++;
    bool whole = true;
    if (look(p, 0) == '.' && digit(look(p, 1))) {
        whole = false;
        p->at++;
        while (digit(look(p, 0)))
            p->at++;
    }
    struct unum_str text = unum_str_slice(p->text, start, p->at - start);
    if (word_char(look(p, 0)))
        refuse(p, p->at, "a number ends in a letter");
    struct value v = of_kind(whole ? KIND_INT : KIND_FLOAT);
    if (whole && !unum_str_to_i64(text, &v.whole))
        refuse(p, start, "the number is too large");
    if (!whole)
        v.real = strtod(unum_arena_str(&p->arena, text).ptr, NULL);
    return v;
}

static struct value parse_text(struct parser *p)
{
    size_t start = p->at;
    char quote = p->text.ptr[p->at++];
    char *out = unum_arena_alloc(&p->arena, p->text.len);
    size_t len = 0;
    while (p->at < p->text.len && p->text.ptr[p->at] != quote) {
        if (p->text.ptr[p->at] == '\\' && p->at + 1 < p->text.len)
            p->at++;
        out[len++] = p->text.ptr[p->at++];
    }
    if (p->at == p->text.len)
        refuse(p, start, "the quote is not closed");
    else
        p->at++;
    return (struct value){.kind = KIND_STRING, .text = {out, len}};
}

static struct value of_json(struct parser *p, struct unum_str json)
{
    struct value v = of_kind(KIND_NULL);
    switch (json_type(json)) {
    case JSON_NULL:
        break;
    case JSON_BOOL:
        v.kind = KIND_BOOL;
        (void)json_to_bool(json, &v.yes);
        break;
    case JSON_NUMBER:
        v.kind = KIND_INT;
        if (!json_to_i64(json, &v.whole)) {
            v.kind = KIND_FLOAT;
            if (!json_to_double(json, &v.real))
                refuse(p, p->at, "the number %.*s is too large",
                       (int)(json.len > 40 ? 40 : json.len), json.ptr);
        }
        break;
    case JSON_STRING: {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(json.len);
        (void)json_decode(json, &text);
        v.kind = KIND_STRING;
        v.text = unum_arena_str(&p->arena, unum_buf_str(&text));
        break;
    }
    case JSON_ARRAY:
    case JSON_OBJECT:
        v.kind = KIND_TREE;
        v.text = json;
        break;
    }
    return v;
}

/* Behind $ret or $out: the extent of ".name", "[0]", "['name']" and so on. */
static void skip_path(struct parser *p)
{
    for (;;) {
        if (look(p, 0) == '.' && word_char(look(p, 1))) {
            p->at += 1 + word_at(p, p->at + 1).len;
        } else if (look(p, 0) == '[') {
            char quote = look(p, 1) == '\'' || look(p, 1) == '"' ? look(p, 1) : '\0';
            p->at += quote ? 2 : 1;
            while (p->at < p->text.len && look(p, 0) != (quote ? quote : ']'))
                p->at += look(p, 0) == '\\' ? 2 : 1;
            p->at += quote ? 2 : 1;
            if (p->at > p->text.len)
                p->at = p->text.len;
        } else {
            return;
        }
    }
}

static struct value parse_output(struct parser *p, size_t start)
{
    size_t path_start = p->at;
    skip_path(p);
    struct unum_str tail = unum_str_slice(p->text, path_start, p->at - path_start);
    struct eval_path path;
    size_t at = 0;
    struct unum_str text = unum_arena_printf(&p->arena, "$%.*s", UNUM_STR_ARG(tail));
    if (eval_path_parse(text, &p->arena, &path, &at, NULL)) {
        refuse(p, path_start + at - (at ? 1 : 0), "the path is malformed");
        return of_kind(KIND_ANY);
    }
    if (!evaluating(p))
        return of_kind(KIND_ANY);
    if (!p->env->output.ptr) {
        refuse(p, start, "there is no output here");
        return of_kind(KIND_ANY);
    }
    struct unum_str found;
    if (eval_path_get(&path, p->env->output, &found, NULL))
        return of_kind(KIND_NULL);
    return of_json(p, found);
}

static struct value level_index(struct parser *p, size_t start, struct unum_str digits)
{
    uint64_t level;
    if (!unum_str_to_u64(digits, &level) || level >= UNUM_LIMIT_FRAMES) {
        refuse(p, start, "levels are counted from $0 to $%d", UNUM_LIMIT_FRAMES - 1);
        return of_int(0);
    }
    if (!evaluating(p))
        return of_int(0);
    if (level >= p->env->depth) {
        refuse(p, start, "there is no $%" PRIu64 ": this instance is inside of %zu fan-outs", level,
               p->env->depth);
        return of_int(0);
    }
    return of_int(p->env->levels[level].index);
}

static struct value level_size(struct parser *p, size_t start)
{
    if (!evaluating(p))
        return of_int(0);
    if (!p->env->depth) {
        refuse(p, start, "there is no $size: this instance is inside of no fan-out");
        return of_int(0);
    }
    return of_int(p->env->levels[0].size);
}

/* Digits only, "size", or a word. */
static struct unum_str variable_name(struct parser *p)
{
    struct unum_str word = word_at(p, p->at + 1);
    if (word.len && digit(word.ptr[0])) {
        size_t len = 0;
        while (len < word.len && digit(word.ptr[len]))
            len++;
        word.len = len;
    }
    return word;
}

static struct value parse_variable(struct parser *p)
{
    size_t start = p->at;
    struct unum_str name = variable_name(p);
    p->at += 1 + name.len;
    if (name.len && digit(name.ptr[0]))
        return level_index(p, start, name);
    if (unum_str_is(name, "size"))
        return level_size(p, start);
    if (!p->no_output && (unum_str_is(name, "ret") || unum_str_is(name, "out")))
        return parse_output(p, start);
    if (p->no_output)
        refuse(p, start, "in Values stand $0, $1, ... and $size only");
    refuse(p, start, "there is no variable \"$%.*s\" (there are $0, $1, ..., $size, $ret, $out)",
           UNUM_STR_ARG(name));
    return of_kind(KIND_ANY);
}

static struct value parse_primary(struct parser *p)
{
    skip_blanks(p);
    char c = look(p, 0);
    if (digit(c))
        return parse_number(p);
    if (c == '\'' || c == '"')
        return parse_text(p);
    if (c == '$')
        return parse_variable(p);
    if (take_word(p, "true") || take_word(p, "True"))
        return of_bool(true);
    if (take_word(p, "false") || take_word(p, "False"))
        return of_bool(false);
    if (take_word(p, "null") || take_word(p, "None"))
        return of_kind(KIND_NULL);
    if (c == '(') {
        size_t start = p->at++;
        struct value v = parse_condition(p);
        if (!p->rc && !take_symbol(p, ")"))
            refuse(p, p->at < p->text.len ? p->at : start,
                   p->at < p->text.len ? "this does not belong here"
                                       : "the parenthesis is not closed");
        return v;
    }
    if (p->at >= p->text.len)
        refuse(p, p->at, "the expression ends too early");
    else
        refuse(p, p->at, "here stands a number, a text or a variable");
    return of_kind(KIND_ANY);
}

/* ---- arithmetic ---- */

static double as_double(struct value v)
{
    return v.kind == KIND_INT ? (double)v.whole : v.real;
}

static struct value overflow(struct parser *p, size_t at)
{
    refuse(p, at, "the result is too large");
    return of_int(0);
}

static struct value divide(struct parser *p, size_t at, struct value a, struct value b)
{
    if (as_double(b) == 0.0) {
        refuse(p, at, "division by zero");
        return of_int(0);
    }
    if (a.kind == KIND_INT && b.kind == KIND_INT && !(b.whole == -1 && a.whole == INT64_MIN) &&
        a.whole % b.whole == 0)
        return of_int(a.whole / b.whole);
    return (struct value){.kind = KIND_FLOAT, .real = as_double(a) / as_double(b)};
}

static struct value remainder_of(struct parser *p, size_t at, struct value a, struct value b)
{
    if (a.kind != KIND_INT || b.kind != KIND_INT) {
        refuse(p, at, "\"%%\" takes whole numbers");
        return of_int(0);
    }
    if (b.whole == 0) {
        refuse(p, at, "division by zero");
        return of_int(0);
    }
    if (b.whole == -1)
        return of_int(0);
    int64_t rest = a.whole % b.whole;
    if (rest && (rest < 0) != (b.whole < 0))
        rest += b.whole;
    return of_int(rest);
}

static struct value combine(struct parser *p, size_t at, char sign, struct value a, struct value b)
{
    bool known = a.kind != KIND_ANY && b.kind != KIND_ANY;
    if ((a.kind != KIND_ANY && !is_number(a)) || (b.kind != KIND_ANY && !is_number(b))) {
        refuse(p, at, "\"%c\" takes numbers, not %s", sign,
               kind_names[is_number(a) || a.kind == KIND_ANY ? b.kind : a.kind]);
        return of_kind(KIND_ANY);
    }
    if (!known || !evaluating(p))
        return of_kind(known && a.kind == KIND_INT && b.kind == KIND_INT && sign != '/'
                           ? KIND_INT
                           : KIND_FLOAT);
    if (sign == '/')
        return divide(p, at, a, b);
    if (sign == '%')
        return remainder_of(p, at, a, b);
    if (a.kind == KIND_INT && b.kind == KIND_INT) {
        int64_t result;
        bool over = sign == '+'   ? __builtin_add_overflow(a.whole, b.whole, &result)
                    : sign == '-' ? __builtin_sub_overflow(a.whole, b.whole, &result)
                                  : __builtin_mul_overflow(a.whole, b.whole, &result);
        return over ? overflow(p, at) : of_int(result);
    }
    double x = as_double(a), y = as_double(b);
    return (struct value){.kind = KIND_FLOAT,
                          .real = sign == '+'   ? x + y
                                  : sign == '-' ? x - y
                                                : x * y};
}

static struct value parse_unary(struct parser *p)
{
    skip_blanks(p);
    size_t at = p->at;
    if (look(p, 0) != '-')
        return parse_primary(p);
    p->at++;
    return combine(p, at, '-', of_int(0), parse_primary(p));
}

static struct value parse_product(struct parser *p)
{
    struct value left = parse_unary(p);
    for (;;) {
        skip_blanks(p);
        char sign = look(p, 0);
        size_t at = p->at;
        if (p->rc || (sign != '*' && sign != '/' && sign != '%'))
            return left;
        p->at++;
        left = combine(p, at, sign, left, parse_unary(p));
    }
}

static struct value parse_sum(struct parser *p)
{
    struct value left = parse_product(p);
    for (;;) {
        skip_blanks(p);
        char sign = look(p, 0);
        size_t at = p->at;
        if (p->rc || (sign != '+' && sign != '-'))
            return left;
        p->at++;
        left = combine(p, at, sign, left, parse_product(p));
    }
}

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

static enum comparison take_comparison(struct parser *p)
{
    for (size_t i = 0; i < UNUM_COUNT(comparisons); i++) {
        if (take_symbol(p, comparisons[i].sign))
            return comparisons[i].comparison;
    }
    return NO_COMPARISON;
}

static bool same(struct value a, struct value b)
{
    if (is_number(a) && is_number(b))
        return a.kind == KIND_INT && b.kind == KIND_INT ? a.whole == b.whole
                                                        : as_double(a) == as_double(b);
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

static int order(struct value a, struct value b)
{
    if (a.kind == KIND_STRING)
        return unum_str_cmp(a.text, b.text);
    if (a.kind == KIND_INT && b.kind == KIND_INT)
        return (a.whole > b.whole) - (a.whole < b.whole);
    return (as_double(a) > as_double(b)) - (as_double(a) < as_double(b));
}

static bool ordered(struct value a, struct value b)
{
    return (is_number(a) && is_number(b)) || (a.kind == KIND_STRING && b.kind == KIND_STRING);
}

static struct value compare(struct parser *p, size_t at, enum comparison comparison, struct value a,
                            struct value b)
{
    bool known = a.kind != KIND_ANY && b.kind != KIND_ANY;
    bool equality = comparison == EQUAL || comparison == UNEQUAL;
    if (known && !equality && !ordered(a, b)) {
        refuse(p, at, "cannot order %s and %s", kind_names[a.kind], kind_names[b.kind]);
        return of_bool(false);
    }
    if (!known || !evaluating(p))
        return of_bool(false);
    if (equality)
        return of_bool(same(a, b) == (comparison == EQUAL));
    int sign = order(a, b);
    switch (comparison) {
    case LESS:
        return of_bool(sign < 0);
    case LESS_EQUAL:
        return of_bool(sign <= 0);
    case GREATER:
        return of_bool(sign > 0);
    case GREATER_EQUAL:
    case EQUAL:
    case UNEQUAL:
    case NO_COMPARISON:
        break;
    }
    return of_bool(sign >= 0);
}

static struct value parse_comparison(struct parser *p)
{
    struct value left = parse_sum(p);
    skip_blanks(p);
    size_t at = p->at;
    if (p->rc)
        return left;
    enum comparison comparison = take_comparison(p);
    if (comparison == NO_COMPARISON)
        return left;
    struct value result = compare(p, at, comparison, left, parse_sum(p));
    skip_blanks(p);
    at = p->at;
    if (!p->rc && take_comparison(p) != NO_COMPARISON)
        refuse(p, at, "comparisons cannot be chained: write \"a < b and b < c\"");
    return result;
}

static void want_bool(struct parser *p, size_t at, struct value v)
{
    if (v.kind != KIND_BOOL && v.kind != KIND_ANY)
        refuse(p, at, "this is %s, not true or false", kind_names[v.kind]);
}

static struct value parse_not(struct parser *p)
{
    skip_blanks(p);
    bool negated = false;
    if (look(p, 0) == '!' && look(p, 1) != '=') {
        p->at++;
        negated = true;
    } else if (take_word(p, "not")) {
        negated = true;
    }
    skip_blanks(p);
    size_t at = p->at;
    struct value v = parse_comparison(p);
    if (!negated)
        return v;
    want_bool(p, at, v);
    return v.kind == KIND_ANY ? v : of_bool(!v.yes);
}

/* Both levels of logic: operands `operand`, joined by `word` or `symbol`, decided by the first that
 * is `decides`. */
static struct value parse_logic(struct parser *p, const char *word, const char *symbol,
                                bool decides, struct value (*operand)(struct parser *))
{
    skip_blanks(p);
    size_t at = p->at;
    struct value left = operand(p);
    while (!p->rc && (take_word(p, word) || take_symbol(p, symbol))) {
        want_bool(p, at, left);
        bool decided = evaluating(p) && left.yes == decides;
        p->skip += decided;
        skip_blanks(p);
        at = p->at;
        struct value right = operand(p);
        want_bool(p, at, right);
        p->skip -= decided;
        if (!decided)
            left = right;
    }
    return left;
}

static struct value parse_and(struct parser *p)
{
    return parse_logic(p, "and", "&&", false, parse_not);
}

static struct value parse_condition(struct parser *p)
{
    struct value v = of_kind(KIND_ANY);
    if (p->depth == IR_LIMIT_EXPR_DEPTH) {
        refuse(p, p->at, "nested more than %d levels deep", IR_LIMIT_EXPR_DEPTH);
        return v;
    }
    p->depth++;
    v = parse_logic(p, "or", "||", true, parse_and);
    p->depth--;
    return v;
}

/* ---- entry points ---- */

static struct parser parser_of(struct unum_str text, const struct ir_env *env, size_t *ret_at,
                               struct unum_err *err)
{
    struct parser p = {.text = text, .env = env, .ret_at = ret_at, .err = err};
    if (text.len > IR_LIMIT_EXPR) {
        p.text = unum_str_slice(text, 0, 40);
        refuse(&p, 0, "longer than %d bytes", IR_LIMIT_EXPR);
    }
    return p;
}

static int parser_end(struct parser *p)
{
    unum_arena_done(&p->arena);
    return p->rc;
}

static void expect_end(struct parser *p)
{
    skip_blanks(p);
    if (p->rc || p->at == p->text.len)
        return;
    if (look(p, 0) == '=')
        refuse(p, p->at, "\"==\" compares, \"=\" only stands in modifiers");
    else
        refuse(p, p->at, "this does not belong here");
}

static int run_condition(struct unum_str text, const struct ir_env *env, bool *ret, size_t *ret_at,
                         struct unum_err *err)
{
    struct parser p = parser_of(text, env, ret_at, err);
    if (!p.rc) {
        struct value v = parse_condition(&p);
        expect_end(&p);
        want_bool(&p, 0, v);
        if (!p.rc)
            *ret = v.yes;
    }
    return parser_end(&p);
}

int ir_condition(struct unum_str text, const struct ir_env *env, bool *ret, struct unum_err *err)
{
    return run_condition(text, env, ret, NULL, err);
}

/* A whole number, not negative, of something that is called `what`. */
static int64_t want_count(struct parser *p, size_t at, struct value v, const char *what)
{
    if (v.kind == KIND_FLOAT && evaluating(p) && v.real >= 0 && v.real < 9e15 &&
        (double)(int64_t)v.real == v.real)
        v = of_int((int64_t)v.real);
    if (v.kind == KIND_INT && v.whole >= 0)
        return v.whole;
    if (v.kind == KIND_INT)
        refuse(p, at, "%s would be %" PRId64, what, v.whole);
    else if (evaluating(p) && v.kind == KIND_FLOAT)
        refuse(p, at, "%s would not be a whole number", what);
    else if (v.kind != KIND_ANY && v.kind != KIND_FLOAT)
        refuse(p, at, "this is %s, not a number", kind_names[v.kind]);
    return 0;
}

/* The left side of a modifier; false: "$size". */
static bool modifier_target(struct parser *p, size_t *ret_level)
{
    skip_blanks(p);
    size_t start = p->at;
    struct unum_str name = look(p, 0) == '$' ? variable_name(p) : UNUM_STR_NONE;
    uint64_t level = 0;
    bool index = name.len && digit(name.ptr[0]);
    if (index && (!unum_str_to_u64(name, &level) || level >= UNUM_LIMIT_FRAMES))
        refuse(p, start, "levels are counted from $0 to $%d", UNUM_LIMIT_FRAMES - 1);
    else if (!index && !unum_str_is(name, "size"))
        refuse(p, start, "a modifier is \"Pop\", \"$0=...\", \"$1=...\" or \"$size=...\"");
    p->at += 1 + name.len;
    *ret_level = (size_t)level;
    return index;
}

static void apply_modifier(struct parser *p, struct ir_level *levels, size_t *depth)
{
    if (unum_str_is(unum_str_trim(p->text), "Pop")) {
        if (levels && *depth)
            memmove(levels, levels + 1, --*depth * sizeof(*levels));
        return;
    }
    size_t level = 0;
    bool index = modifier_target(p, &level);
    skip_blanks(p);
    if (!p->rc && !(look(p, 0) == '=' && look(p, 1) != '='))
        refuse(p, p->at, "here stands \"=\"");
    if (p->rc)
        return;
    p->at++;
    skip_blanks(p);
    size_t at = p->at;
    struct value v = parse_sum(p);
    expect_end(p);
    int64_t count = p->rc ? 0 : want_count(p, at, v, index ? "the index" : "the size");
    if (!levels || p->rc)
        return;
    if (level >= *depth)
        refuse(p, 0, "there is no $%zu: this instance is inside of %zu fan-outs", level, *depth);
    else if (index)
        levels[level].index = count;
    else
        levels[0].size = count;
}

int ir_modify(const struct unum_str *modifiers, size_t count, struct unum_str output,
              struct ir_level *levels, size_t *depth, struct unum_err *err)
{
    for (size_t i = 0; i < count && *depth; i++) {
        struct ir_env env = {levels, *depth, output};
        struct parser p = parser_of(modifiers[i], &env, NULL, err);
        if (!p.rc)
            apply_modifier(&p, levels, depth);
        int rc = parser_end(&p);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- values ---- */

/* One entry of Values with everything but "*" replaced. */
struct expansion {
    struct unum_buf before, after; /* of the star */
    bool star;
};

/* What stands at a "$" or "(" of an entry, as digits. */
static void expand_number(struct parser *p, struct unum_buf *out)
{
    size_t at = p->at;
    struct value v;
    if (look(p, 0) == '(') {
        p->at++;
        v = parse_sum(p);
        if (!p->rc && !take_symbol(p, ")"))
            refuse(p, p->at < p->text.len ? p->at : at,
                   p->at < p->text.len ? "this does not belong here"
                                       : "the parenthesis is not closed");
    } else {
        v = parse_variable(p);
    }
    if (!p->rc)
        unum_buf_addu(out, (uint64_t)want_count(p, at, v, "the index"));
}

static void expand(struct parser *p, struct expansion *x)
{
    const struct unum_str older = UNUM_STR("-UnumIndex-");
    p->no_output = true;
    if (!p->text.len)
        refuse(p, 0, "a name is missing");
    while (!p->rc && p->at < p->text.len) {
        struct unum_buf *out = x->star ? &x->after : &x->before;
        char c = look(p, 0);
        if (c == '$' || c == '(') {
            expand_number(p, out);
        } else if (c == '*') {
            if (x->star)
                refuse(p, p->at, "\"*\" can stand once in a name");
            x->star = true;
            p->at++;
        } else if (unum_str_starts(unum_str_from_pos(p->text, p->at), older)) {
            unum_buf_adds(out, "-unumIndex-");
            p->at += older.len;
        } else {
            unum_buf_addc(out, c);
            p->at++;
        }
    }
    if (x->before.failed || x->after.failed)
        refuse(p, 0, "the name is longer than %d bytes", IR_LIMIT_NAME);
}

static void expand_entry(struct parser *p, struct expansion *x)
{
    *x = (struct expansion){UNUM_BUF_INIT(IR_LIMIT_NAME), UNUM_BUF_INIT(IR_LIMIT_NAME), false};
    if (!p->rc)
        expand(p, x);
}

static void expansion_done(struct expansion *x)
{
    unum_buf_done(&x->before);
    unum_buf_done(&x->after);
}

struct names {
    struct unum_arena *arena;
    struct unum_str *at;
    size_t len, cap;
};

static void add_name(struct names *names, struct unum_str name)
{
    if (names->len == names->cap) {
        size_t cap = names->cap ? names->cap * 2 : 8;
        struct unum_str *grown = unum_arena_array(names->arena, cap, sizeof(*grown));
        if (names->len)
            memcpy(grown, names->at, names->len * sizeof(*grown));
        names->at = grown;
        names->cap = cap;
    }
    names->at[names->len++] = name;
}

static int add_names(struct names *names, const struct expansion *x, const struct ir_env *env,
                     struct unum_err *err)
{
    struct unum_str before = unum_buf_str(&x->before), after = unum_buf_str(&x->after);
    int64_t count = x->star ? env->levels[0].size : 1;
    if (count < 0 || count > (int64_t)(UNUM_LIMIT_FANIN_NAMES - names->len))
        return unum_err_set(err, UNUM_E_LIMIT, "a fan-in waits for at most %d instances",
                            UNUM_LIMIT_FANIN_NAMES);
    for (int64_t i = 0; i < count; i++)
        add_name(names, x->star ? unum_arena_printf(names->arena, "%.*s%" PRId64 "%.*s",
                                                    UNUM_STR_ARG(before), i, UNUM_STR_ARG(after))
                                : unum_arena_str(names->arena, before));
    return 0;
}

int ir_values(const struct unum_str *values, size_t count, const struct ir_env *env,
              struct unum_arena *arena, struct unum_str **ret, size_t *ret_len,
              struct unum_err *err)
{
    struct names names = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        struct expansion x;
        struct parser p = parser_of(values[i], env, NULL, err);
        expand_entry(&p, &x);
        if (x.star && !env->depth)
            refuse(&p, 0, "\"*\" needs a fan-out and this instance is inside of none");
        int rc = parser_end(&p);
        if (!rc)
            rc = add_names(&names, &x, env, err);
        expansion_done(&x);
        if (rc)
            return rc;
    }
    *ret = names.at;
    *ret_len = names.len;
    return 0;
}

int ir_values_position(const struct unum_str *names, size_t count, struct unum_str instance,
                       size_t *ret, struct unum_err *err)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        if (!unum_str_eq(names[i], instance))
            continue;
        if (found != SIZE_MAX)
            return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" stands twice in the fan-in's Values",
                                UNUM_STR_ARG(instance));
        found = i;
    }
    if (found == SIZE_MAX)
        return unum_err_set(err, UNUM_E_INVAL,
                            "\"%.*s\" is not among the names in the fan-in's Values",
                            UNUM_STR_ARG(instance));
    *ret = found;
    return 0;
}

int ir_expr_check(enum ir_expr_kind kind, struct unum_str text, size_t *ret_at,
                  struct unum_err *err)
{
    bool ignored;
    if (kind == IR_EXPR_CONDITION)
        return run_condition(text, NULL, &ignored, ret_at, err);
    struct parser p = parser_of(text, NULL, ret_at, err);
    if (kind == IR_EXPR_MODIFIER) {
        if (!p.rc)
            apply_modifier(&p, NULL, NULL);
    } else {
        struct expansion x;
        expand_entry(&p, &x);
        expansion_done(&x);
    }
    return parser_end(&p);
}

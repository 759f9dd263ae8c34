#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "eval/path.h"
#include "ir/expr_internal.h"
#include "json/json.h"

const char *const expr_kind_names[] = {"null",   "true or false",       "a number", "a number",
                                       "a text", "a list or an object", "anything"};

void UNUM_PRINTF(3, 4) expr_refuse(struct expr_parser *p, size_t at, const char *format, ...)
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

struct expr_value expr_of_kind(enum expr_kind kind)
{
    return (struct expr_value){.kind = kind};
}

struct expr_value expr_of_int(int64_t whole)
{
    return (struct expr_value){.kind = KIND_INT, .whole = whole};
}

struct expr_value expr_of_bool(bool yes)
{
    return (struct expr_value){.kind = KIND_BOOL, .yes = yes};
}

bool expr_is_number(struct expr_value v)
{
    return v.kind == KIND_INT || v.kind == KIND_FLOAT;
}

bool expr_evaluating(const struct expr_parser *p)
{
    return p->env && !p->skip && !p->rc;
}

char expr_look(const struct expr_parser *p, size_t ahead)
{
    return p->at + ahead < p->text.len ? p->text.ptr[p->at + ahead] : '\0';
}

void expr_skip_blanks(struct expr_parser *p)
{
    while (expr_look(p, 0) == ' ' || expr_look(p, 0) == '\t' || expr_look(p, 0) == '\r' ||
           expr_look(p, 0) == '\n')
        p->at++;
}

static bool word_char(char c)
{
    return unum_is_alnum(c) || c == '_' || (unsigned char)c >= 0x80;
}

static struct unum_str word_at(const struct expr_parser *p, size_t at)
{
    size_t end = at;
    while (end < p->text.len && word_char(p->text.ptr[end]))
        end++;
    return unum_str_slice(p->text, at, end - at);
}

bool expr_take_symbol(struct expr_parser *p, const char *symbol)
{
    expr_skip_blanks(p);
    struct unum_str wanted = unum_str_from(symbol);
    if (!unum_str_starts(unum_str_from_pos(p->text, p->at), wanted))
        return false;
    p->at += wanted.len;
    return true;
}

bool expr_take_word(struct expr_parser *p, const char *word)
{
    expr_skip_blanks(p);
    if (!unum_str_is(word_at(p, p->at), word))
        return false;
    p->at += strlen(word);
    return true;
}

/* ---- primaries ---- */

static struct expr_value parse_number(struct expr_parser *p)
{
    size_t start = p->at;
    while (unum_is_digit(expr_look(p, 0)))
        p->at++;
    bool whole = true;
    if (expr_look(p, 0) == '.' && unum_is_digit(expr_look(p, 1))) {
        whole = false;
        p->at++;
        while (unum_is_digit(expr_look(p, 0)))
            p->at++;
    }
    struct unum_str text = unum_str_slice(p->text, start, p->at - start);
    if (word_char(expr_look(p, 0)))
        expr_refuse(p, p->at, "a number ends in a letter");
    struct expr_value v = expr_of_kind(whole ? KIND_INT : KIND_FLOAT);
    if (whole && !unum_str_to_i64(text, &v.whole))
        expr_refuse(p, start, "the number is too large");
    if (!whole)
        v.real = strtod(unum_arena_str(&p->arena, text).ptr, NULL);
    return v;
}

static struct expr_value parse_text(struct expr_parser *p)
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
        expr_refuse(p, start, "the quote is not closed");
    else
        p->at++;
    return (struct expr_value){.kind = KIND_STRING, .text = {out, len}};
}

static struct expr_value of_json(struct expr_parser *p, struct unum_str json)
{
    struct expr_value v = expr_of_kind(KIND_NULL);
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
                expr_refuse(p, p->at, "the number %.*s is too large",
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
static void skip_path(struct expr_parser *p)
{
    for (;;) {
        if (expr_look(p, 0) == '.' && word_char(expr_look(p, 1))) {
            p->at += 1 + word_at(p, p->at + 1).len;
        } else if (expr_look(p, 0) == '[') {
            char quote = expr_look(p, 1) == '\'' || expr_look(p, 1) == '"' ? expr_look(p, 1) : '\0';
            p->at += quote ? 2 : 1;
            while (p->at < p->text.len && expr_look(p, 0) != (quote ? quote : ']'))
                p->at += expr_look(p, 0) == '\\' ? 2 : 1;
            p->at += quote ? 2 : 1;
            if (p->at > p->text.len)
                p->at = p->text.len;
        } else {
            return;
        }
    }
}

static struct expr_value parse_output(struct expr_parser *p, size_t start)
{
    size_t path_start = p->at;
    skip_path(p);
    struct unum_str tail = unum_str_slice(p->text, path_start, p->at - path_start);
    struct eval_path path;
    size_t at = 0;
    struct unum_str text = unum_arena_printf(&p->arena, "$%.*s", UNUM_STR_ARG(tail));
    if (eval_path_parse(text, &p->arena, &path, &at, NULL)) {
        expr_refuse(p, path_start + at - (at ? 1 : 0), "the path is malformed");
        return expr_of_kind(KIND_ANY);
    }
    if (!expr_evaluating(p))
        return expr_of_kind(KIND_ANY);
    if (!p->env->output.ptr) {
        expr_refuse(p, start, "there is no output here");
        return expr_of_kind(KIND_ANY);
    }
    struct unum_str found;
    if (eval_path_get(&path, p->env->output, &found, NULL))
        return expr_of_kind(KIND_NULL);
    return of_json(p, found);
}

static struct expr_value level_index(struct expr_parser *p, size_t start, struct unum_str digits)
{
    uint64_t level;
    if (!unum_str_to_u64(digits, &level) || level >= UNUM_LIMIT_FRAMES) {
        expr_refuse(p, start, "levels are counted from $0 to $%d", UNUM_LIMIT_FRAMES - 1);
        return expr_of_int(0);
    }
    if (!expr_evaluating(p))
        return expr_of_int(0);
    if (level >= p->env->depth) {
        expr_refuse(p, start, "there is no $%" PRIu64 ": this instance is inside of %zu fan-outs",
                    level, p->env->depth);
        return expr_of_int(0);
    }
    return expr_of_int(p->env->levels[level].index);
}

static struct expr_value level_size(struct expr_parser *p, size_t start)
{
    if (!expr_evaluating(p))
        return expr_of_int(0);
    if (!p->env->depth) {
        expr_refuse(p, start, "there is no $size: this instance is inside of no fan-out");
        return expr_of_int(0);
    }
    return expr_of_int(p->env->levels[0].size);
}

struct unum_str expr_variable_name(struct expr_parser *p)
{
    struct unum_str word = word_at(p, p->at + 1);
    if (word.len && unum_is_digit(word.ptr[0])) {
        size_t len = 0;
        while (len < word.len && unum_is_digit(word.ptr[len]))
            len++;
        word.len = len;
    }
    return word;
}

struct expr_value expr_variable(struct expr_parser *p)
{
    size_t start = p->at;
    struct unum_str name = expr_variable_name(p);
    p->at += 1 + name.len;
    if (name.len && unum_is_digit(name.ptr[0]))
        return level_index(p, start, name);
    if (unum_str_is(name, "size"))
        return level_size(p, start);
    if (!p->no_output && (unum_str_is(name, "ret") || unum_str_is(name, "out")))
        return parse_output(p, start);
    if (p->no_output)
        expr_refuse(p, start, "in Values stand $0, $1, ... and $size only");
    expr_refuse(p, start,
                "there is no variable \"$%.*s\" (there are $0, $1, ..., $size, $ret, $out)",
                UNUM_STR_ARG(name));
    return expr_of_kind(KIND_ANY);
}

static struct expr_value parse_primary(struct expr_parser *p)
{
    expr_skip_blanks(p);
    char c = expr_look(p, 0);
    if (unum_is_digit(c))
        return parse_number(p);
    if (c == '\'' || c == '"')
        return parse_text(p);
    if (c == '$')
        return expr_variable(p);
    if (expr_take_word(p, "true") || expr_take_word(p, "True"))
        return expr_of_bool(true);
    if (expr_take_word(p, "false") || expr_take_word(p, "False"))
        return expr_of_bool(false);
    if (expr_take_word(p, "null") || expr_take_word(p, "None"))
        return expr_of_kind(KIND_NULL);
    if (c == '(') {
        size_t start = p->at++;
        struct expr_value v = expr_any(p);
        if (!p->rc && !expr_take_symbol(p, ")"))
            expr_refuse(p, p->at < p->text.len ? p->at : start,
                        p->at < p->text.len ? "this does not belong here"
                                            : "the parenthesis is not closed");
        return v;
    }
    if (p->at >= p->text.len)
        expr_refuse(p, p->at, "the expression ends too early");
    else
        expr_refuse(p, p->at, "here stands a number, a text or a variable");
    return expr_of_kind(KIND_ANY);
}

/* ---- arithmetic ---- */

double expr_as_double(struct expr_value v)
{
    return v.kind == KIND_INT ? (double)v.whole : v.real;
}

static struct expr_value overflow(struct expr_parser *p, size_t at)
{
    expr_refuse(p, at, "the result is too large");
    return expr_of_int(0);
}

static struct expr_value divide(struct expr_parser *p, size_t at, struct expr_value a,
                                struct expr_value b)
{
    if (expr_as_double(b) == 0.0) {
        expr_refuse(p, at, "division by zero");
        return expr_of_int(0);
    }
    if (a.kind == KIND_INT && b.kind == KIND_INT && !(b.whole == -1 && a.whole == INT64_MIN) &&
        a.whole % b.whole == 0)
        return expr_of_int(a.whole / b.whole);
    return (struct expr_value){.kind = KIND_FLOAT, .real = expr_as_double(a) / expr_as_double(b)};
}

static struct expr_value remainder_of(struct expr_parser *p, size_t at, struct expr_value a,
                                      struct expr_value b)
{
    if (a.kind != KIND_INT || b.kind != KIND_INT) {
        expr_refuse(p, at, "\"%%\" takes whole numbers");
        return expr_of_int(0);
    }
    if (b.whole == 0) {
        expr_refuse(p, at, "division by zero");
        return expr_of_int(0);
    }
    if (b.whole == -1)
        return expr_of_int(0);
    int64_t rest = a.whole % b.whole;
    if (rest && (rest < 0) != (b.whole < 0))
        rest += b.whole;
    return expr_of_int(rest);
}

static struct expr_value combine(struct expr_parser *p, size_t at, char sign, struct expr_value a,
                                 struct expr_value b)
{
    bool known = a.kind != KIND_ANY && b.kind != KIND_ANY;
    if ((a.kind != KIND_ANY && !expr_is_number(a)) || (b.kind != KIND_ANY && !expr_is_number(b))) {
        expr_refuse(p, at, "\"%c\" takes numbers, not %s", sign,
                    expr_kind_names[expr_is_number(a) || a.kind == KIND_ANY ? b.kind : a.kind]);
        return expr_of_kind(KIND_ANY);
    }
    if (!known || !expr_evaluating(p))
        return expr_of_kind(known && a.kind == KIND_INT && b.kind == KIND_INT && sign != '/'
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
        return over ? overflow(p, at) : expr_of_int(result);
    }
    double x = expr_as_double(a), y = expr_as_double(b);
    return (struct expr_value){.kind = KIND_FLOAT,
                               .real = sign == '+'   ? x + y
                                       : sign == '-' ? x - y
                                                     : x * y};
}

static struct expr_value parse_unary(struct expr_parser *p)
{
    expr_skip_blanks(p);
    size_t at = p->at;
    if (expr_look(p, 0) != '-')
        return parse_primary(p);
    p->at++;
    return combine(p, at, '-', expr_of_int(0), parse_primary(p));
}

static struct expr_value parse_product(struct expr_parser *p)
{
    struct expr_value left = parse_unary(p);
    for (;;) {
        expr_skip_blanks(p);
        char sign = expr_look(p, 0);
        size_t at = p->at;
        if (p->rc || (sign != '*' && sign != '/' && sign != '%'))
            return left;
        p->at++;
        left = combine(p, at, sign, left, parse_unary(p));
    }
}

struct expr_value expr_sum(struct expr_parser *p)
{
    struct expr_value left = parse_product(p);
    for (;;) {
        expr_skip_blanks(p);
        char sign = expr_look(p, 0);
        size_t at = p->at;
        if (p->rc || (sign != '+' && sign != '-'))
            return left;
        p->at++;
        left = combine(p, at, sign, left, parse_product(p));
    }
}

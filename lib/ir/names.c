#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "ir/expr_internal.h"

/* ---- modifiers ---- */

/* A whole number, not negative, of something that is called `what`. */
static int64_t want_count(struct expr_parser *p, size_t at, struct expr_value v, const char *what)
{
    if (v.kind == KIND_FLOAT && expr_evaluating(p) && v.real >= 0 && v.real < 9e15 &&
        (double)(int64_t)v.real == v.real)
        v = expr_of_int((int64_t)v.real);
    if (v.kind == KIND_INT && v.whole >= 0)
        return v.whole;
    if (v.kind == KIND_INT)
        expr_refuse(p, at, "%s would be %" PRId64, what, v.whole);
    else if (expr_evaluating(p) && v.kind == KIND_FLOAT)
        expr_refuse(p, at, "%s would not be a whole number", what);
    else if (v.kind != KIND_ANY && v.kind != KIND_FLOAT)
        expr_refuse(p, at, "this is %s, not a number", expr_kind_names[v.kind]);
    return 0;
}

/* The left side of a modifier; false: "$size". */
static bool modifier_target(struct expr_parser *p, size_t *ret_level)
{
    expr_skip_blanks(p);
    size_t start = p->at;
    struct unum_str name = expr_look(p, 0) == '$' ? expr_variable_name(p) : UNUM_STR_NONE;
    uint64_t level = 0;
    bool index = name.len && unum_is_digit(name.ptr[0]);
    if (index && (!unum_str_to_u64(name, &level) || level >= UNUM_LIMIT_FRAMES))
        expr_refuse(p, start, "levels are counted from $0 to $%d", UNUM_LIMIT_FRAMES - 1);
    else if (!index && !unum_str_is(name, "size"))
        expr_refuse(p, start, "a modifier is \"Pop\", \"$0=...\", \"$1=...\" or \"$size=...\"");
    p->at += 1 + name.len;
    *ret_level = (size_t)level;
    return index;
}

static void apply_modifier(struct expr_parser *p, struct ir_level *levels, size_t *depth)
{
    if (unum_str_is(unum_str_trim(p->text), "Pop")) {
        if (levels && *depth)
            memmove(levels, levels + 1, --*depth * sizeof(*levels));
        return;
    }
    size_t level = 0;
    bool index = modifier_target(p, &level);
    expr_skip_blanks(p);
    if (!p->rc && !(expr_look(p, 0) == '=' && expr_look(p, 1) != '='))
        expr_refuse(p, p->at, "here stands \"=\"");
    if (p->rc)
        return;
    p->at++;
    expr_skip_blanks(p);
    size_t at = p->at;
    struct expr_value v = expr_sum(p);
    expr_expect_end(p);
    int64_t count = p->rc ? 0 : want_count(p, at, v, index ? "the index" : "the size");
    if (!levels || p->rc)
        return;
    if (level >= *depth)
        expr_refuse(p, 0, "there is no $%zu: this instance is inside of %zu fan-outs", level,
                    *depth);
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
        struct expr_parser p = expr_begin(modifiers[i], &env, NULL, err);
        if (!p.rc)
            apply_modifier(&p, levels, depth);
        int rc = expr_end(&p);
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
static void expand_number(struct expr_parser *p, struct unum_buf *out)
{
    size_t at = p->at;
    struct expr_value v;
    if (expr_look(p, 0) == '(') {
        p->at++;
        v = expr_sum(p);
        if (!p->rc && !expr_take_symbol(p, ")"))
            expr_refuse(p, p->at < p->text.len ? p->at : at,
                        p->at < p->text.len ? "this does not belong here"
                                            : "the parenthesis is not closed");
    } else {
        v = expr_variable(p);
    }
    if (!p->rc)
        unum_buf_addu(out, (uint64_t)want_count(p, at, v, "the index"));
}

static void expand(struct expr_parser *p, struct expansion *x)
{
    const struct unum_str older = UNUM_STR("-UnumIndex-");
    p->no_output = true;
    if (!p->text.len)
        expr_refuse(p, 0, "a name is missing");
    while (!p->rc && p->at < p->text.len) {
        struct unum_buf *out = x->star ? &x->after : &x->before;
        char c = expr_look(p, 0);
        if (c == '$' || c == '(') {
            expand_number(p, out);
        } else if (c == '*') {
            if (x->star)
                expr_refuse(p, p->at, "\"*\" can stand once in a name");
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
        expr_refuse(p, 0, "the name is longer than %d bytes", IR_LIMIT_NAME);
}

static void expand_entry(struct expr_parser *p, struct expansion *x)
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
        struct expr_parser p = expr_begin(values[i], env, NULL, err);
        expand_entry(&p, &x);
        if (x.star && !env->depth)
            expr_refuse(&p, 0, "\"*\" needs a fan-out and this instance is inside of none");
        int rc = expr_end(&p);
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
        return expr_condition(text, NULL, &ignored, ret_at, err);
    struct expr_parser p = expr_begin(text, NULL, ret_at, err);
    if (kind == IR_EXPR_MODIFIER) {
        if (!p.rc)
            apply_modifier(&p, NULL, NULL);
    } else {
        struct expansion x;
        expand_entry(&p, &x);
        expansion_done(&x);
    }
    return expr_end(&p);
}

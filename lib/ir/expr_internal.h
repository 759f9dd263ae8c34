/*
 * What the parts of the expression language share: term.c reads numbers, texts, variables and sums,
 * expr.c comparisons and logic, names.c modifiers and the Values of a fan-in. One pass parses and
 * evaluates; without an environment, or in a part that does not count, it only parses.
 */
#ifndef UNUM_IR_EXPR_INTERNAL_H
#define UNUM_IR_EXPR_INTERNAL_H

#include "ir/expr.h"

enum expr_kind { KIND_NULL, KIND_BOOL, KIND_INT, KIND_FLOAT, KIND_STRING, KIND_TREE, KIND_ANY };

struct expr_value {
    enum expr_kind kind;
    bool yes;
    int64_t whole;
    double real;
    struct unum_str text; /* STRING: decoded; TREE: JSON */
};

struct expr_parser {
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

extern const char *const expr_kind_names[];

void expr_refuse(struct expr_parser *p, size_t at, const char *format, ...) UNUM_PRINTF(3, 4);
struct expr_value expr_of_kind(enum expr_kind kind);
struct expr_value expr_of_int(int64_t whole);
struct expr_value expr_of_bool(bool yes);
bool expr_is_number(struct expr_value v);
double expr_as_double(struct expr_value v);
/* Is the value of what is parsed here known and wanted? */
bool expr_evaluating(const struct expr_parser *p);

char expr_look(const struct expr_parser *p, size_t ahead);
void expr_skip_blanks(struct expr_parser *p);
bool expr_take_symbol(struct expr_parser *p, const char *symbol);
bool expr_take_word(struct expr_parser *p, const char *word);
/* At a "$": digits only, "size", or a word. */
struct unum_str expr_variable_name(struct expr_parser *p);

struct expr_value expr_variable(struct expr_parser *p);
struct expr_value expr_sum(struct expr_parser *p);
struct expr_value expr_any(struct expr_parser *p); /* a whole condition */

struct expr_parser expr_begin(struct unum_str text, const struct ir_env *env, size_t *ret_at,
                              struct unum_err *err);
void expr_expect_end(struct expr_parser *p);
int expr_end(struct expr_parser *p); /* frees; the code of what was refused first */
int expr_condition(struct unum_str text, const struct ir_env *env, bool *ret, size_t *ret_at,
                   struct unum_err *err);

#endif

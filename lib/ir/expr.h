/*
 * expr: the small expression language of the IR: "Conditional", payload modifiers and the entries
 * of a fan-in's "Values" (unum-ir(5)). Evaluated by this parser, never as code. Pure.
 *
 *   cond     := or ;  or := and {("or"|"||") and} ;  and := not {("and"|"&&") not}
 *   not      := ["not"|"!"] cmp ;  cmp := sum [("<"|"<="|">"|">="|"=="|"!=") sum]
 *   sum      := prod {("+"|"-") prod} ;  prod := unary {("*"|"/"|"%") unary} ;  unary := ["-"] prim
 *   prim     := number | 'text' | "text" | true | false | null | var | "(" cond ")"
 *   var      := "$"digits | "$size" | ("$ret"|"$out") {".name" | "[index]" | "['name']"}
 *   modifier := "Pop" | ("$"digits | "$size") "=" sum
 *   value    := literal text with "$"digits, "$size", "(" sum ")" and at most one "*"
 *
 * $0 is the index of the innermost level of fan-out, $1 of the next one out, ...; $size the size of
 * the innermost; $ret and $out are the user's output, a place that is not there is null.
 * Numbers are 64-bit integers, which never overflow in silence, or doubles; "/" gives a whole
 * number where it divides, else a fraction; "%" takes whole numbers and has the sign of its right
 * side.
 * "==" of different types is false, "<" of them an error. "and" and "or" stop early.
 */
#ifndef UNUM_IR_EXPR_H
#define UNUM_IR_EXPR_H

#include "base/arena.h"
#include "base/err.h"

#define IR_LIMIT_EXPR       4096 /* bytes of one expression */
#define IR_LIMIT_EXPR_DEPTH 64   /* nested parentheses and signs */
#define IR_LIMIT_NAME       1024 /* bytes of one expanded name */

/* One level of fan-out. */
struct ir_level {
    int64_t index, size;
};

/* What variables stand for. */
struct ir_env {
    const struct ir_level *levels; /* innermost first */
    size_t depth;
    struct unum_str output; /* the user's output, checked JSON; ptr NULL: there is none */
};

enum ir_expr_kind { IR_EXPR_CONDITION, IR_EXPR_MODIFIER, IR_EXPR_VALUE };

/* Check grammar and what is known about types. INVAL with a sentence; *ret_at (may be NULL) is the
 * byte offset of the trouble. */
UNUM_CHECKED int ir_expr_check(enum ir_expr_kind kind, struct unum_str text, size_t *ret_at,
                               struct unum_err *err);

/* Is the edge with this Conditional taken? INVAL if it is not true or false, or cannot be
 * evaluated. */
UNUM_CHECKED int ir_condition(struct unum_str text, const struct ir_env *env, bool *ret,
                              struct unum_err *err);

/* Apply modifiers in order to `levels` (innermost first, *depth of them). "Pop" removes the
 * innermost level: the remaining ones move to the front. Without any level nothing happens. INVAL
 * for a level that is not there, a negative or fractional result; levels are then undefined. */
UNUM_CHECKED int ir_modify(const struct unum_str *modifiers, size_t count, struct unum_str output,
                           struct ir_level *levels, size_t *depth, struct unum_err *err);

/* Expand the Values of a fan-in to names of instances, in order. "$d" and "$size" are replaced
 * first, then parenthesised sums, then "*" gives one name per index of the innermost level.
 * "-UnumIndex-" becomes "-unumIndex-". LIMIT beyond UNUM_LIMIT_FANIN_NAMES. In `arena`. */
UNUM_CHECKED int ir_values(const struct unum_str *values, size_t count, const struct ir_env *env,
                           struct unum_arena *arena, struct unum_str **ret, size_t *ret_len,
                           struct unum_err *err);

/* Position of `instance` among expanded names. INVAL if it is not there or there twice. */
UNUM_CHECKED int ir_values_position(const struct unum_str *names, size_t count,
                                    struct unum_str instance, size_t *ret, struct unum_err *err);

#endif

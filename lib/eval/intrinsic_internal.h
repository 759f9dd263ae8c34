/* Intrinsic calls: the parsed form and the table of functions. */
#ifndef UNUM_EVAL_INTRINSIC_INTERNAL_H
#define UNUM_EVAL_INTRINSIC_INTERNAL_H

#include "eval/eval_internal.h"
#include "eval/query.h"

#define CALL_LIMIT_DEPTH     10 /* as on AWS */
#define CALL_LIMIT_ARGUMENTS 256
#define CALL_LIMIT_TEXT      (64 * UNUM_KB)

enum call_kind { CALL_FUNCTION, CALL_PATH, CALL_TEXT, CALL_LITERAL };

struct call_function;

struct call_node {
    enum call_kind kind;
    struct unum_str text; /* CALL_PATH; CALL_TEXT: between the quotes, as written; CALL_LITERAL */
    const struct call_function *function;
    struct call_node **arguments;
    size_t count;
};

struct call {
    struct eval_env *env;
    const struct call_node *node;
    struct unum_str *values; /* JSON, one per argument */
};

struct call_function {
    const char *name;
    size_t least, most;
    bool (*run)(struct call *call, struct unum_str *ret);
};

const struct call_function *intrinsic_find(struct unum_str name);

/* "The function '...' had the following error: ..."; always false. */
bool intrinsic_failed(struct call *call, const char *format, ...) UNUM_PRINTF(2, 3);
/* Characters behind backslashes stand for themselves. */
struct unum_str intrinsic_unescaped(struct unum_arena *arena, struct unum_str text);

#endif

/*
 * query: the JSONPath of Step Functions (the dialect of Jayway's JsonPath) over checked JSON
 * slices: names, indexes (negative ones count from the end), slices, unions, wildcards, "..",
 * filters and the functions length(), size(), keys(), min(), max(), avg(), sum(), stddev(),
 * first(), last(), index(n). Nothing but what the path reaches is looked at.
 *
 * A path is definite if it can name only one place: then the result is that place. Any other path
 * gives a list, which may be empty.
 */
#ifndef UNUM_EVAL_QUERY_H
#define UNUM_EVAL_QUERY_H

#include "base/arena.h"

#define EVAL_LIMIT_QUERY_TEXT  4096
#define EVAL_LIMIT_QUERY_STEPS 256
#define EVAL_LIMIT_QUERY_DEPTH 32      /* parentheses in a filter */
#define EVAL_LIMIT_QUERY_WORK  3000000 /* places and KB looked at by one path */

enum eval_root { EVAL_ROOT_INPUT, EVAL_ROOT_CONTEXT, EVAL_ROOT_VARIABLE };

struct query_step;

struct eval_query {
    struct unum_str text;
    enum eval_root root;
    struct unum_str variable; /* EVAL_ROOT_VARIABLE: its name */
    struct query_step *steps;
    size_t len;
    bool definite;
};

/* Where a text is wrong. */
struct eval_flaw {
    size_t at;       /* byte offset */
    const char *why; /* a phrase; NULL: it is right */
};

/* Everything returned lives in `arena`. False: `flaw` says what is wrong. */
bool eval_query_parse(struct unum_str text, struct unum_arena *arena, struct eval_query *ret,
                      struct eval_flaw *flaw);

enum eval_query_result { QUERY_FOUND, QUERY_NOTHING, QUERY_TOO_MUCH };
/* Apply the steps to `value` (what the root stands for). The result is a view of `value` or lives
 * in `arena`. QUERY_TOO_MUCH: more than EVAL_LIMIT_QUERY_WORK. */
enum eval_query_result eval_query_run(const struct eval_query *query, struct unum_str value,
                                      struct unum_arena *arena, struct unum_str *ret);

#endif

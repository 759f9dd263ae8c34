/* Steps of a parsed JSONPath and the filters in it. */
#ifndef UNUM_EVAL_QUERY_INTERNAL_H
#define UNUM_EVAL_QUERY_INTERNAL_H

#include "base/vec.h"
#include "eval/query.h"
#include "json/json.h"

enum query_kind {
    QUERY_NAME,  /* one or more names */
    QUERY_INDEX, /* one or more indexes */
    QUERY_SLICE,
    QUERY_ANY,
    QUERY_FILTER,
    QUERY_FUNCTION
};

enum query_function {
    FUNCTION_LENGTH,
    FUNCTION_KEYS,
    FUNCTION_MIN,
    FUNCTION_MAX,
    FUNCTION_AVG,
    FUNCTION_SUM,
    FUNCTION_STDDEV,
    FUNCTION_FIRST,
    FUNCTION_LAST,
    FUNCTION_INDEX
};

struct query_filter;

struct query_step {
    enum query_kind kind;
    bool deep; /* ".." stands before it */
    struct unum_str *names;
    int64_t *indexes;
    size_t count;
    bool has_from, has_to;
    int64_t from, to, by; /* QUERY_SLICE */
    enum query_function function;
    int64_t argument;
    struct query_filter *filter;
};

enum filter_kind { FILTER_OR, FILTER_AND, FILTER_NOT, FILTER_EXISTS, FILTER_COMPARE };
enum filter_operator {
    FILTER_EQ,
    FILTER_NE,
    FILTER_LE,
    FILTER_GE,
    FILTER_LT,
    FILTER_GT,
    FILTER_IN,
    FILTER_NIN,
    FILTER_CONTAINS,
    FILTER_SIZE,
    FILTER_EMPTY,
    FILTER_SUBSETOF,
    FILTER_ANYOF,
    FILTER_NONEOF
};

struct filter_operand {
    struct eval_query *path; /* NULL: a literal */
    bool from_root;          /* "$": the whole document, else "@" */
    struct unum_str literal; /* JSON */
};

struct query_filter {
    enum filter_kind kind;
    struct query_filter *left, *right;
    enum filter_operator op;
    struct filter_operand a, b;
};

struct query_scan {
    struct unum_str text;
    size_t at;
    struct unum_arena *arena;
    struct eval_flaw *flaw;
    unsigned depth;
};

bool query_flaw(struct query_scan *s, size_t at, const char *why);
char query_peek(const struct query_scan *s);
bool query_done(const struct query_scan *s);
void query_blanks(struct query_scan *s);
/* The quoted text at `s`, decoded. */
bool query_quoted(struct query_scan *s, struct unum_str *ret);
/* Steps up to the end of the text or (in a filter) to what can be none. */
bool query_steps(struct query_scan *s, bool in_filter, struct eval_query *query);
/* "(...)" */
bool query_filter_parse(struct query_scan *s, struct query_filter **ret);

/* Can it name only one place? */
bool query_is_definite(const struct query_step *step);

#define QUERY_KEPT 8

struct query_run {
    struct unum_str root;
    struct unum_arena *arena;
    uint64_t work;
    bool too_much;
    /* Operands that start at the root are the same for every place that is looked at. */
    struct query_kept {
        const struct filter_operand *operand;
        struct unum_str value;
        bool there;
    } kept[QUERY_KEPT];
    size_t kept_len;
};
bool query_filter_holds(struct query_run *run, const struct query_filter *filter,
                        struct unum_str value);
/* One more place of that size is looked at; false when that is too much. */
bool query_work(struct query_run *run, size_t bytes);
bool query_apply(struct query_run *run, const struct eval_query *query, struct unum_str value,
                 struct unum_str *ret);
bool query_function_apply(struct query_run *run, const struct query_step *step,
                          struct unum_str value, struct unum_str *ret);

#endif

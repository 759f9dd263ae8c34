/*
 * opt: the option parser. A table of rows says everything about a verb's options; parsing, --help,
 * the man pages and the shell completions read the same rows.
 *
 * Forms (GNU): --name=value, --name value, -xvalue, -x value, bundled flags -ab, --no-name for
 * flags, "--" ends the options, options may follow operands, names are never abbreviated.
 * Precedence: command line, then the row's environment variable, then its preset. Values are
 * borrowed from argv and the environment.
 */
#ifndef UNUM_CLI_OPT_H
#define UNUM_CLI_OPT_H

#include "base/err.h"
#include "base/vec.h"

enum opt_type {
    OPT_FLAG,     /* bool */
    OPT_COUNT,    /* int: how often it was given */
    OPT_STRING,   /* const char * */
    OPT_FILE,     /* const char *: a path; "-" is a stream where the verb says so */
    OPT_CHOICE,   /* int: position in `choices` */
    OPT_INT,      /* int64_t from min to max */
    OPT_DURATION, /* int64_t milliseconds: 250ms, 30s, 10m, 2h, 7d; from min to max */
    OPT_LIST,     /* struct opt_values: may be repeated; has neither env nor preset */
};

/* What a shell offers as value. The dynamic kinds are answered by `unum __complete`. */
enum opt_complete {
    OPT_COMPLETE_NONE,
    OPT_COMPLETE_FILE,
    OPT_COMPLETE_DIR,
    OPT_COMPLETE_FUNCTION,
    OPT_COMPLETE_SESSION,
    OPT_COMPLETE_TEMPLATE,
    OPT_COMPLETE_VERB,
    OPT_COMPLETE_CODE,
    OPT_COMPLETE_STAGE,
    OPT_COMPLETE_STACK,
};

struct opt_values {
    UNUM_VEC(const char *) list;
};

struct opt_row {
    const char *name;           /* NULL ends the table */
    const char *placeholder;    /* of the value; NULL for flags */
    const char *help;           /* one sentence without full stop */
    size_t at;                  /* offset of the variable in the verb's struct of arguments */
    const char *const *choices; /* OPT_CHOICE: NULL-terminated */
    int64_t min, max;           /* OPT_INT, OPT_DURATION */
    const char *env;            /* variable that sets it, or NULL */
    const char *preset;         /* as the user would write it; NULL: zero */
    enum opt_type type;
    enum opt_complete complete;
    char letter; /* 0: no short form */
    bool common; /* shown first in the help text */
};

#define OPT_END                                                                                    \
    {                                                                                              \
        0                                                                                          \
    }

/* Operands of a verb: one row per position, the last one may repeat. */
struct opt_operand {
    const char *placeholder; /* NULL ends the table */
    const char *help;
    bool optional, repeated;
    enum opt_complete complete;
    const char *const *choices; /* NULL: anything */
};

/* One table and the struct its offsets point into. */
struct opt_set {
    const struct opt_row *rows;
    void *args;
};

/* Write presets, then what the environment says. USAGE if a variable's value is not acceptable. */
UNUM_CHECKED int opt_prepare(const struct opt_set *set, struct unum_err *err);

/* Read argv[0..argc). Rows of earlier sets hide equally named ones of later sets. Operands are
 * collected; with `stop` reading ends before the first operand. *ret_used is the number of words
 * read. USAGE with a hint otherwise. */
UNUM_CHECKED int opt_parse(const struct opt_set *sets, size_t len, int argc, char **argv, bool stop,
                           struct opt_values *operands, int *ret_used, struct unum_err *err);

/* Do the operands fit the table? */
UNUM_CHECKED int opt_check_operands(const struct opt_operand *spec, const struct opt_values *given,
                                    struct unum_err *err);

/* "30s" or "1.5h" or "0" in milliseconds; false if it is anything else. */
UNUM_CHECKED bool opt_duration(struct unum_str text, int64_t *ret_ms);

const struct opt_row *opt_find(const struct opt_row *rows, struct unum_str name);
bool opt_takes_value(const struct opt_row *row);
/* Free the lists of a set. */
void opt_done(const struct opt_set *set);

#endif

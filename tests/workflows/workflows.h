/*
 * workflows: runs whole workflows undisturbed on the local platform and checks that everything
 * happened exactly once.
 */
#ifndef TESTS_WORKFLOWS_WORKFLOWS_H
#define TESTS_WORKFLOWS_WORKFLOWS_H

#include "base/limits.h"
#include "snapshot.h"
#include "workbench.h"

struct workflow {
    const char *name;
    const char *definition; /* NULL: `ir` */
    const char *ir;
    const char *functions;
    const char *value; /* the run's input; NULL: the list [1..n] */
    size_t n;
    const char *fan_out; /* "Fan-out" of the first event; NULL: none */
    const char *output;  /* of the run, byte for byte; NULL: what `expect` writes */
    void (*expect)(size_t n, struct unum_buf *out);
    const char *error; /* type of the error the run ends with; NULL: it succeeds */
    const char
        *outcomes;    /* "A 1, B 3": instances with an outcome per node or state; all others 0 */
    size_t tasks;     /* executions of user code */
    size_t generated; /* invocations beyond: of the entry function, of oneself */
    /* What else must hold; NULL: nothing. */
    int (*check)(size_t n, struct snapshot *now, struct unum_err *err);
};

#define TASK(name, next)       "\"" name "\":{\"Type\":\"Task\",\"Resource\":\"" name "\"," next "}"
#define NEXT(name)             "\"Next\":\"" name "\""
#define END                    "\"End\":true"
#define MACHINE(start, states) "{\"StartAt\":\"" start "\",\"States\":{" states "}}"
#define MAP(name, start, states, next)                                                             \
    "\"" name "\":{\"Type\":\"Map\",\"Iterator\":" MACHINE(start, states) "," next "}"
#define PARALLEL(name, branches, next)                                                             \
    "\"" name "\":{\"Type\":\"Parallel\",\"Branches\":[" branches "]," next "}"

extern const struct workflow shapes[], hand_written[], values[];
extern const size_t shapes_len, hand_written_len, values_len;

/* Number of checks that failed. */
size_t run_workflow(const struct workflow *workflow);
size_t run_sessions(size_t *ret_passed);
/* Says on standard output whether `what` held; 1 if not. */
size_t report(const char *what, int rc, const struct unum_err *err);

#endif

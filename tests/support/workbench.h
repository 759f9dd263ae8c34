/*
 * workbench: an application of test functions (workflow_function.c) on a local platform of this
 * process, for tests of whole workflows. What goes wrong in setting it up ends the program with a
 * message.
 */
#ifndef TESTS_SUPPORT_WORKBENCH_H
#define TESTS_SUPPORT_WORKBENCH_H

#include "compile/compile.h"
#include "local/local.h"
#include "store/record.h"

#define WORKBENCH_APP     "bench"
#define WORKBENCH_SESSION "s"

struct workbench_app {
    const char *definition; /* state machine; NULL: hand-written IR */
    const char *functions;  /* lines "Name: code", see workflow_function.c */
    const char *ir;         /* hand-written: lines of one unum_config.json each */
    const char *bootstrap;  /* program of all functions */
    unsigned retries;       /* of events, by the platform */
};

struct workbench {
    struct workbench_app what;
    struct unum_arena arena;
    char *dir;
    char *executions; /* file with a line (the instance) per execution of user code */
    char *files;      /* folder that the functions may write into */
    struct app *app;
    struct compiled *compiled;
    struct local *local;
};

void workbench_open(struct workbench *bench, const struct workbench_app *what);
void workbench_close(struct workbench *bench);
/* Forget everything but the functions; `faults` replaces the schedule. */
UNUM_CHECKED int workbench_reset(struct workbench *bench, const struct local_fault *faults,
                                 size_t len, struct unum_err *err);
/* Send an event to the entry node and go on until everything is quiet. */
UNUM_CHECKED int workbench_event(struct workbench *bench, struct unum_str event,
                                 struct unum_err *err);
/* The run record with its output; everything in `arena`. */
UNUM_CHECKED int workbench_result(struct workbench *bench, struct unum_str session,
                                  struct unum_arena *arena, struct run_record *ret,
                                  struct unum_err *err);
size_t workbench_executions(const struct workbench *bench);
/* Print what is wrong and end the program if `rc` is negative. */
void workbench_must(int rc, const char *what, const struct unum_err *err);

#endif

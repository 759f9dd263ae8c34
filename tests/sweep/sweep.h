/*
 * sweep: runs a workflow on the local platform once undisturbed, then again with a fault at every
 * request, and checks after each run what must hold whatever happens (unum-guarantees(7)).
 */
#ifndef UNUM_SWEEP_H
#define UNUM_SWEEP_H

#include "snapshot.h"
#include "workbench.h"

/* A workflow to disturb: the definition, and what each function does (see workflow_function.c). */
struct shape {
    const char *name;
    const char *definition; /* NULL: hand-written */
    const char *ir;         /* lines of one unum_config.json each */
    const char *functions;  /* lines "Name: code" */
    const char *event;      /* NULL: the list [1,2,3] */
    const char *status;     /* how the undisturbed run ends */
    size_t tasks;           /* executions of Tasks in the undisturbed run */
    size_t generated;       /* invocations of generated functions: entry, failures */
    bool handles;           /* catches or retries what a kill looks like */
    bool racy;              /* which branches still run depends on who fails first */
    size_t crashing;        /* Tasks whose process always ends: the platform repeats their events */
};
extern const struct shape shapes[];
extern const size_t shapes_len;
extern const struct shape machines[];
extern const size_t machines_len;

#endif

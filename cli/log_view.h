/*
 * log_view: what a person reads of a log: some of its lines, in order, as text or JSON.
 */
#ifndef UNUM_CLI_LOG_VIEW_H
#define UNUM_CLI_LOG_VIEW_H

#include "log_source.h"

struct log_view {
    struct program *p;
    struct unum_str function, session, grep; /* empty: any */
    bool follow;
    struct log_source *source;
    struct json_writer w; /* where lines go with --output json: an open array */
    log_line_list held;   /* a session is asked for, and whose these are is not known yet */
};

/* Print what there is; with `follow` until interrupted (CANCELLED) or nobody reads any more. */
UNUM_CHECKED int log_view_run(struct log_view *view, struct unum_err *err);
/* Is `node` one of the function's? They are called "<Function>" or "<Function>--<State>". */
bool log_view_runs(struct unum_str node, struct unum_str function);

#endif

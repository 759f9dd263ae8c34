/*
 * watch: following a run to its end: the steps as they finish on standard error, the end as exit
 * status.
 */
#ifndef UNUM_CLI_WATCH_H
#define UNUM_CLI_WATCH_H

#include "compile/compile.h"
#include "connection.h"
#include "store/record.h"

/* Watch until the run has ended, for at most `timeout_ms` (0: for ever). `compiled` NULL: no steps
 * are shown. `start_ms` > 0: a run that has no record this long is not waited for (NOTFOUND).
 * TIMEOUT with the command that goes on watching; CANCELLED after Ctrl-C, which leaves the run
 * alone. *ret lives in p->arena. */
UNUM_CHECKED int watch_run(struct connection *c, struct program *p, const struct compiled *compiled,
                           struct unum_str session, int64_t timeout_ms, int64_t start_ms,
                           struct run_record *ret, struct unum_err *err);
/* What the end of a run means for the exit status: 0, FAILED with its error, TIMEOUT if it runs. */
UNUM_CHECKED int watch_outcome(const struct connection *c, struct unum_str session,
                               const struct run_record *run, struct unum_err *err);

#endif

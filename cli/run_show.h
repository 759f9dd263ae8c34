/*
 * run_show: the records of one run, as a person reads them: what was decided, in order.
 */
#ifndef UNUM_CLI_RUN_SHOW_H
#define UNUM_CLI_RUN_SHOW_H

#include "connection.h"
#include "runs/table.h"

/* Print run record and checkpoints; values are cut to a line unless `full`. NOTFOUND if there is no
 * such run. */
UNUM_CHECKED int run_show(struct connection *c, struct program *p, const struct runs_table *table,
                          const char *session, bool full, struct unum_err *err);
/* Status in its colour. */
void run_show_status(const struct ui *ui, struct unum_str status, struct unum_buf *out);

#endif

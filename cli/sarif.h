/*
 * sarif: diagnostics in the Static Analysis Results Interchange Format 2.1.0 (OASIS), which code
 * hosts show beside the lines of a change.
 */
#ifndef UNUM_CLI_SARIF_H
#define UNUM_CLI_SARIF_H

#include "program.h"

/* One log with one run: rules are the codes that occur, results the diagnostics; an error of the
 * program itself (`rc` below 0 other than INVALID_FILE) is a notification of its invocation. */
void sarif_write(const struct program *p, int rc, const struct unum_err *err, struct unum_buf *out);

#endif

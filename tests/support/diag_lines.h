/*
 * diag_lines: diagnostics in the short form that tables of tests compare.
 */
#ifndef TESTS_SUPPORT_DIAG_LINES_H
#define TESTS_SUPPORT_DIAG_LINES_H

#include "base/diag.h"

/* "E0101 2:5-7 text; E0102 ...": sorted by position; line:column-column of the end, or only the
 * start if the span is empty or ends on another line. */
void diag_lines(struct unum_diags *diags, struct unum_buf *out);

#endif

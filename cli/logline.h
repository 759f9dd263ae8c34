/*
 * logline: log lines as a person wants to read them.
 */
#ifndef UNUM_CLI_LOGLINE_H
#define UNUM_CLI_LOGLINE_H

#include "local/local.h"

/* Lambda's own lines about an invocation: START, END, REPORT. */
bool logline_is_bookkeeping(const struct local_log_line *line);
/* Append a line: of the JSON objects that unum_log() writes the level (if it is not info), the
 * message and further fields as name=value; anything else as it is. */
void logline_text(struct unum_str text, struct unum_buf *out);

#endif

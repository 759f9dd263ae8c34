/*
 * safe_text: what others have written, for a terminal: control characters would move its cursor,
 * set its title or run its macros. They are shown as escapes; elsewhere bytes stay as they are.
 */
#ifndef UNUM_CLI_SAFE_TEXT_H
#define UNUM_CLI_SAFE_TEXT_H

#include "ui.h"

/* Append `text`: for a terminal (or where colours are wanted) control characters other than tab,
 * and bytes that are no UTF-8, as "\\x1b". */
void safe_text(const struct ui *ui, struct unum_str text, struct unum_buf *out);
/* The same for JSON, which stays JSON: "\\u009b". */
void safe_json(const struct ui *ui, struct unum_str text, struct unum_buf *out);

#endif

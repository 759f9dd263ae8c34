/*
 * diff_view: a comparison for people and for programs.
 */
#ifndef UNUM_CLI_DIFF_VIEW_H
#define UNUM_CLI_DIFF_VIEW_H

#include "plan/diff.h"
#include "program.h"

/* Functions that change in the same way stand together. */
void diff_view_text(struct program *p, struct unum_str old, struct unum_str new,
                    const struct diff *diff);
void diff_view_json(struct program *p, struct unum_str old, struct unum_str new,
                    const struct diff *diff);

#endif

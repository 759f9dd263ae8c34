/*
 * diff_side: one side of a comparison: the IR of an application, from whatever the user has.
 */
#ifndef UNUM_CLI_DIFF_SIDE_H
#define UNUM_CLI_DIFF_SIDE_H

#include "plan/whole.h"
#include "program.h"

struct diff_side {
    struct unum_str title; /* as the user named it */
    struct plan_app app;
};

/* Read `given`: a definition, a template or the folder of an application, IR or a folder with the
 * IR of every node, or "-": one of these files on standard input; NULL: the application here.
 *   template   whose functions a bare definition uses, beside those it names; NULL: that of the
 *              application here, if there is one
 * INVALID_FILE after diagnostics; what is only a warning is left to `unum validate`. The IR is what
 * the runtime will read. Everything lives in p->arena. */
UNUM_CHECKED int diff_side_read(struct program *p, const char *given, const char *template,
                                struct diff_side *ret, struct unum_err *err);

#endif

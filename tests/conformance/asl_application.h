/* A case as an application: its template, definition and table in a folder, and compiled. */
#ifndef UNUM_TESTS_ASL_APPLICATION_H
#define UNUM_TESTS_ASL_APPLICATION_H

#include "asl_bind.h"
#include "compile/compile.h"

#define ASL_APPLICATION "c" /* its name */

/* Write the files into `dir` (made if it is absent) and compile them; *ret_compiled is NULL if the
 * diagnostics contain an error. Functions append to the file "executions" in it. */
UNUM_CHECKED int asl_application(const struct asl_bound *bound, const char *dir,
                                 struct unum_arena *arena, struct unum_diags *diags,
                                 struct app **ret_app, struct compiled **ret_compiled,
                                 struct unum_err *err);
/* "E0501 Pass states are not supported yet; ..." */
struct unum_str asl_application_errors(const struct unum_diags *diags, struct unum_arena *arena);
/* Is the definition right, and only not supported yet? */
bool asl_application_unsupported(const struct unum_diags *diags);

#endif

/*
 * starters: the applications `unum init` begins from: folders of the installation, each with a
 * README.md whose first paragraph says what it is.
 */
#ifndef UNUM_CLI_STARTERS_H
#define UNUM_CLI_STARTERS_H

#include "base/err.h"
#include "base/file.h"

/* Names in byte order; *ret_dir is the folder that holds them (owned). */
UNUM_CHECKED int starters_list(char **ret_dir, struct unum_names *ret, struct unum_err *err);
/* The first paragraph of its README, in one line. */
void starters_summary(const char *dir, const char *name, struct unum_buf *out);
/* Copy a starter to `target`, which must be absent or an empty folder, all or nothing. Its
 * application name becomes `app_name`. EXISTS if the folder is not empty. */
UNUM_CHECKED int starters_copy(const char *dir, const char *name, const char *target,
                               const char *app_name, struct unum_err *err);

#endif

/*
 * sessions: the names of runs that were started from this folder, newest last, in
 * .unum/sessions: for completion and for verbs that mean "the last one".
 */
#ifndef UNUM_CLI_SESSIONS_H
#define UNUM_CLI_SESSIONS_H

#include "base/buf.h"
#include "base/err.h"

/* Remember a session; the oldest are forgotten. */
UNUM_CHECKED int sessions_add(const char *app_dir, struct unum_str session, struct unum_err *err);
/* All, one a line. NOTFOUND if there is none yet. */
UNUM_CHECKED int sessions_read(const char *app_dir, struct unum_buf *out);
/* The newest as an owned string. NOTFOUND with a way out. */
UNUM_CHECKED int sessions_last(const char *app_dir, char **ret, struct unum_err *err);
/* A new one: sorts by time, unique. */
void sessions_make(struct unum_buf *out);

#endif

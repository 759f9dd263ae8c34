/*
 * file: whole files in, whole files out. A file is written under a temporary name in the same
 * folder and renamed, so that readers see the old content or the new, never a part.
 */
#ifndef UNUM_BASE_FILE_H
#define UNUM_BASE_FILE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fd.h"
#include "base/vec.h"

/* Append the content of `path` to `out`; LIMIT if it exceeds the buffer's ceiling. "-" is stdin. */
UNUM_CHECKED int unum_file_read(const char *path, struct unum_buf *out, struct unum_err *err);
/* Replace `path` atomically. Content is flushed to the disk before the rename. */
UNUM_CHECKED int unum_file_write(const char *path, struct unum_str content, mode_t mode,
                                 struct unum_err *err);
/* The same for a file that can be made again: an equal one is left alone (its time stamp stays),
 * and nothing waits for the disk. */
UNUM_CHECKED int unum_file_update(const char *path, struct unum_str content, mode_t mode,
                                  struct unum_err *err);
/* Copy keeping the permission bits of the owner (0755 or 0644). */
UNUM_CHECKED int unum_file_copy(const char *from, const char *to, struct unum_err *err);

bool unum_file_exists(const char *path); /* follows links */
bool unum_is_dir(const char *path);
/* Modification time in nanoseconds since 1970, or -1. */
int64_t unum_file_mtime_ns(const char *path);

/* mkdir -p. */
UNUM_CHECKED int unum_make_dirs(const char *path, struct unum_err *err);
/* rm -rf; links are removed, not followed; an absent path is success. */
UNUM_CHECKED int unum_remove_tree(const char *path, struct unum_err *err);
/* Plain names in `path`, byte order, without "." and "..". The caller frees with unum_names_done.
 */
struct unum_names {
    UNUM_VEC(char *) list;
};
UNUM_CHECKED int unum_list_dir(const char *path, struct unum_names *ret, struct unum_err *err);
void unum_names_done(struct unum_names *names);

/* A fresh private folder below $TMPDIR (or /tmp) whose name starts with `prefix`. */
UNUM_CHECKED int unum_make_temp_dir(const char *prefix, char **ret_path, struct unum_err *err);

/* Take an exclusive lock on `path` (created if absent). CONFLICT, with the holder's pid in the
 * message, if another process has it. The lock ends when *ret_fd is closed. */
UNUM_CHECKED int unum_lock_file(const char *path, int *ret_fd, struct unum_err *err);

#endif

/*
 * zip: a folder as a zip archive whose bytes depend on the folder's content only: entries in byte
 * order of their paths, time 1980-01-01, permissions 0755 or 0644, no extra fields, one compression
 * level. Time zone, umask, locale, owner, the folder's own place and the order on disk do not
 * matter.
 */
#ifndef UNUM_PACKAGE_ZIP_H
#define UNUM_PACKAGE_ZIP_H

#include "base/err.h"
#include "base/limits.h"

#define ZIP_DIRECT_BYTES (50 * UNUM_MB) /* Lambda: a larger zip has to go through S3 */

/* Write the regular files below `dir` to `path`, atomically. LIMIT if they exceed Lambda's 250 MB
 * unzipped or the number of files; IO with the reason (a full disk). *ret_size is the size of the
 * zip. */
UNUM_CHECKED int zip_folder(const char *dir, const char *path, uint64_t *ret_size,
                            struct unum_err *err);

#endif

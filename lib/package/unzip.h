/*
 * unzip: a zip archive as a folder, as Lambda unpacks deployment packages: names that leave the
 * folder, links and encrypted entries are refused, permissions are 0755 or 0644.
 */
#ifndef UNUM_PACKAGE_UNZIP_H
#define UNUM_PACKAGE_UNZIP_H

#include "base/err.h"
#include "base/limits.h"

/* Unpack the archive `bytes` into `dir`, which is made and must not be there yet; after a failure
 * it is gone. PARSE: no zip archive, or a damaged one; INVAL: a name or kind of entry that is not
 * taken; LIMIT: more than UNUM_LIMIT_BUNDLE bytes or UNUM_LIMIT_BUNDLE_FILES files. */
UNUM_CHECKED int unzip_folder(struct unum_str bytes, const char *dir, struct unum_err *err);

#endif

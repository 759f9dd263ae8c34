/*
 * hashes: SHA-256 of files, remembered between builds by size, times and inode, so that unchanged
 * files cost one stat(2). A file that changed within the last second before it was hashed is not
 * remembered: it could change again without its times showing it.
 */
#ifndef UNUM_PACKAGE_HASHES_H
#define UNUM_PACKAGE_HASHES_H

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"

#define HASHES_HEX 65 /* 64 digits and the NUL */

struct hashes {
    struct unum_arena arena;
    struct unum_map entries;
    const char *root; /* relative paths start here; borrowed */
    bool changed;
};

#define UNUM_AUTO_HASHES UNUM_AUTO(hashes_done)
/* Read what `path` remembers; an absent or damaged file is an empty memory. */
void hashes_init(struct hashes *hashes, const char *root, const char *path);
void hashes_done(struct hashes *hashes);
UNUM_CHECKED int hashes_save(struct hashes *hashes, const char *path, struct unum_err *err);

/* NOTFOUND if it is not there. */
UNUM_CHECKED int hashes_file(struct hashes *hashes, struct unum_str path, char ret[HASHES_HEX],
                             struct unum_err *err);

#endif

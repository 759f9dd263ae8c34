/*
 * tree: the files below a folder, in byte order of their paths. Links are followed, so that what
 * they point at can be carried away; one that points nowhere or in circles is an error.
 */
#ifndef UNUM_PACKAGE_TREE_H
#define UNUM_PACKAGE_TREE_H

#include "base/err.h"
#include "base/vec.h"

struct tree_file {
    char *path; /* relative, with "/" */
    uint64_t size;
    bool executable;
};

struct tree {
    UNUM_VEC(struct tree_file) files;
};

#define UNUM_AUTO_TREE UNUM_AUTO(tree_done)
void tree_done(struct tree *tree);

/* `skip` says which paths (folders with a final "/") to leave out; NULL: none. LIMIT beyond
 * UNUM_LIMIT_BUNDLE_FILES files or UNUM_LIMIT_TREE_DEPTH levels. Sockets, pipes and devices are
 * errors (INVAL). */
UNUM_CHECKED int tree_list(const char *dir, bool (*skip)(void *cookie, const char *path),
                           void *cookie, struct tree *ret, struct unum_err *err);

#endif

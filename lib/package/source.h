/*
 * source: what a function's directory holds: how it is built, which files are compiled, which go
 * into the bundle as they are. Hidden files and what .unumignore lists are neither.
 *
 * .unumignore has one glob per line: "*.md" matches names at any depth, "data/raw*" paths from the
 * directory, "notes/" folders, "!keep.md" takes back; "#" starts a comment; the last match counts.
 */
#ifndef UNUM_PACKAGE_SOURCE_H
#define UNUM_PACKAGE_SOURCE_H

#include "package/tree.h"

enum source_kind {
    SOURCE_PREBUILT, /* an executable "bootstrap" */
    SOURCE_CMAKE,
    SOURCE_MAKE,
    SOURCE_FILES, /* just C or C++ sources */
    SOURCE_NOTHING
};

struct source {
    enum source_kind kind;
    struct tree files; /* all that are neither hidden nor ignored */
};

#define UNUM_AUTO_SOURCE UNUM_AUTO(source_done)
void source_done(struct source *source);

/* NOTFOUND if the directory is not there. */
UNUM_CHECKED int source_read(const char *dir, struct source *ret, struct unum_err *err);

bool source_is_c(const char *path);
bool source_is_cxx(const char *path);
/* Goes into the bundle: no source, object, build file or our own. */
bool source_is_extra(const char *path);

/* Is `path` (a folder with a final "/") matched by the text of a .unumignore? */
bool source_is_ignored(struct unum_str ignore, const char *path);

#endif

/*
 * path: Reference Paths of the Amazon States Language ("$", "$.a.b", "$['a b']", "$.a[0]"): paths
 * that name at most one place of a value. Pure: applied to a checked JSON slice, no tree is built.
 *
 * Member names behind a dot are letters, digits, "_", "-" and everything outside ASCII; any other
 * character needs a backslash ("$.a\.b") or brackets ("$['a.b']"). \uXXXX is a UTF-16 unit.
 * "@", ",", ":", "?", "*" and ".." make a path that can name several places: not a Reference Path.
 *
 * Source: Amazon States Language, sections "Paths" and "Reference Paths".
 */
#ifndef UNUM_EVAL_PATH_H
#define UNUM_EVAL_PATH_H

#include "base/arena.h"
#include "base/err.h"

#define EVAL_LIMIT_PATH_TEXT  4096 /* bytes of one path */
#define EVAL_LIMIT_PATH_STEPS 256

struct eval_step {
    struct unum_str name; /* decoded member name; ptr NULL: an index */
    size_t index;
    size_t end; /* offset behind this step in the text, for messages */
};

struct eval_path {
    struct unum_str text; /* as written, in the arena */
    struct eval_step *steps;
    size_t len;
};

/* Parse `text`. INVAL with a sentence that names the column; *ret_at (may be NULL) is then the
 * byte offset in `text`. Everything returned lives in `arena`. */
UNUM_CHECKED int eval_path_parse(struct unum_str text, struct unum_arena *arena,
                                 struct eval_path *ret, size_t *ret_at, struct unum_err *err);

/* The place of `value` that `path` names. NOTFOUND, naming the step that leads nowhere. */
UNUM_CHECKED int eval_path_get(const struct eval_path *path, struct unum_str value,
                               struct unum_str *ret, struct unum_err *err);

/* Both at once. */
UNUM_CHECKED int eval_path_apply(struct unum_str text, struct unum_str value, struct unum_str *ret,
                                 struct unum_err *err);

#endif

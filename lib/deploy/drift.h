/*
 * drift: the code that a stack's template names, to be compared with what its functions run: `unum
 * sync` and the console change functions behind the back of their stack.
 */
#ifndef UNUM_DEPLOY_DRIFT_H
#define UNUM_DEPLOY_DRIFT_H

#include "base/arena.h"
#include "base/err.h"

struct drift_code {
    struct unum_str function; /* FunctionName */
    char sha256[64 + 1];      /* hexadecimal, of the zip */
};

/* The functions of a template whose code lies under the hash of its content, as deploy uploads it;
 * others are left out. *ret is an array in the arena. PARSE: the text is no template. */
UNUM_CHECKED int drift_codes(struct unum_str text, struct unum_arena *arena,
                             struct drift_code **ret, size_t *ret_len, struct unum_err *err);
/* Is it the code of `code_sha256`, Lambda's CodeSha256 (base64)? */
bool drift_runs(const struct drift_code *code, struct unum_str code_sha256);

#endif

/*
 * difference: what of an application's template differs from the deployed one beside its code, in
 * words: what cannot be brought to AWS by swapping code.
 */
#ifndef UNUM_DEPLOY_DIFFERENCE_H
#define UNUM_DEPLOY_DIFFERENCE_H

#include "base/buf.h"
#include "base/err.h"

/* Append a line for each difference, "ResizeFunction.MemorySize is 256 here, 128 on AWS", at most
 * 20 and how many more there are, and count all. What a swap of code changes is no difference: Code
 * of the functions, and their tags about it. PARSE: one of them is no template that can be read. */
UNUM_CHECKED int deploy_difference(struct unum_str deployed, struct unum_str here,
                                   struct unum_buf *out, size_t *ret_count, struct unum_err *err);

#endif

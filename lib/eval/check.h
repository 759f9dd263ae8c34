/*
 * check: is a text of a definition well formed? Nothing is evaluated.
 */
#ifndef UNUM_EVAL_CHECK_H
#define UNUM_EVAL_CHECK_H

#include "eval/query.h"

/* A JSONPath as Step Functions reads it: "$...", "$$..." or "$name...". */
bool eval_path_check(struct unum_str text, struct eval_flaw *ret);
/* One intrinsic call, nested ones included: names, numbers of arguments, paths. */
bool eval_intrinsic_check(struct unum_str text, struct eval_flaw *ret);
/* The i-th intrinsic function without "States.", or NULL behind the last. */
const char *eval_intrinsic_name(size_t i);
/* Every member of a payload template (checked JSON) whose name ends in ".$": a path or a call.
 * *ret_member is the quoted name of the one that is wrong, a view of `json`. */
bool eval_template_check(struct unum_str json, struct unum_str *ret_member, struct eval_flaw *ret);

#endif

/* What the parts of the evaluator share. */
#ifndef UNUM_EVAL_EVAL_INTERNAL_H
#define UNUM_EVAL_EVAL_INTERNAL_H

#include "base/limits.h"
#include "eval/state.h"

#define EVAL_RUNTIME   "States.Runtime"
#define EVAL_INTRINSIC "States.IntrinsicFailure"
#define EVAL_TOO_LARGE "States.DataLimitExceeded"

#define EVAL_LIMIT_VALUE UNUM_LIMIT_GATHER /* bytes of one value that is made here */

/* Set error and cause; always false. A cause is cut at UNUM_LIMIT_CAUSE. */
bool eval_error(struct eval_env *env, const char *error, const char *format, ...) UNUM_PRINTF(3, 4);
/* `out` as a value in the arena; false when it has hit its ceiling. */
bool eval_keep(struct eval_env *env, const struct unum_buf *out, struct unum_str *ret);
/* The field of a state, or ptr NULL. */
struct unum_str eval_field(struct unum_str fields, const char *name);
/* The content of a JSON string, in the arena (a view of `value` if nothing is escaped). */
struct unum_str eval_text(struct unum_arena *arena, struct unum_str value);
struct unum_str eval_quoted(struct unum_arena *arena, struct unum_str text);
/* The context object, asked for when it is needed first; "{}" if there is none. */
struct unum_str eval_context(struct eval_env *env);
/* The next number of the generator that is keyed by seed and draw. */
uint64_t eval_draw(struct eval_env *env);

/* A path ("$...", "$$...", "$name...") in the JSONPath of `value`, the context object or the
 * variables. On EVAL_PATH_NOTHING neither error nor cause is set. */
enum eval_path_result { EVAL_PATH_FOUND, EVAL_PATH_NOTHING, EVAL_PATH_ERROR };
enum eval_path_result eval_query(struct eval_env *env, struct unum_str path, struct unum_str value,
                                 struct unum_str *ret);
/* The same for a path that must lead somewhere: "Invalid path '...' : No results for path: ...". */
bool eval_query_field(struct eval_env *env, struct unum_str path, struct unum_str value,
                      struct unum_str *ret);
/* A path or an intrinsic call; `field` is named in the cause. */
bool eval_expression(struct eval_env *env, const char *field_suffix, struct unum_str field,
                     struct unum_str text, struct unum_str value, struct unum_str *ret);
bool eval_call(struct eval_env *env, struct unum_str text, struct unum_str value,
               struct unum_str *ret);
/* A payload template: members whose names end in ".$" are replaced. */
bool eval_template(struct eval_env *env, struct unum_str template, struct unum_str value,
                   struct unum_str *ret);
/* `input` with `result` at the reference path `path`. */
bool eval_place(struct eval_env *env, struct unum_str path, struct unum_str input,
                struct unum_str result, struct unum_str *ret);
/* The variables after the members of an Assign; `value` is what "$" means in it. */
bool eval_assign(struct eval_env *env, struct unum_str assign, struct unum_str value,
                 struct unum_str *ret_variables);
/* InputPath and OutputPath: "$" by default; null gives {}. */
bool eval_select(struct eval_env *env, struct unum_str path, struct unum_str value,
                 struct unum_str *ret);

/* -1, 0 or 1: JSON numbers in their order; whole ones exactly, others as doubles. */
int eval_number_order(struct unum_str a, struct unum_str b);
/* What stands behind "arn:<partition>:states:::", e.g. "lambda:invoke"; ptr NULL: it is none of
 * the services. */
struct unum_str eval_service(struct unum_str resource);
/* "arn:<partition>:states:<region>:<account>:activity:<name>" */
bool eval_is_activity(struct unum_str resource);

/* A point in time as Step Functions reads it: RFC 3339 with capital T and Z or an offset, a
 * fraction of up to nine digits. */
struct eval_instant {
    int64_t seconds; /* since 1970 */
    uint32_t nanoseconds;
};
bool eval_instant(struct unum_str text, struct eval_instant *ret);
int eval_instant_compare(struct eval_instant a, struct eval_instant b);

#endif

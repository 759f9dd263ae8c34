/*
 * rest: reading JSON answers of AWS services. Internal to aws/.
 */
#ifndef UNUM_AWS_REST_H
#define UNUM_AWS_REST_H

#include "aws/client.h"
#include "json/json.h"

/* The answer of a call that succeeded, which must be one object. PARSE otherwise. */
UNUM_CHECKED int rest_object(const struct aws_call *call, struct unum_str *ret,
                             struct unum_err *err);
/* The decoded text of a member, in the arena; the empty view if there is none. */
struct unum_str rest_text(struct unum_str object, const char *key, struct unum_arena *arena);
struct unum_str rest_decode(struct unum_str value, struct unum_arena *arena);
/* The whole number of a member, or `otherwise`. */
int64_t rest_number(struct unum_str object, const char *key, int64_t otherwise);

/* The same for a time in milliseconds, which some servers give with a fraction. */
int64_t rest_time(struct unum_str object, const char *key, int64_t otherwise);

#endif

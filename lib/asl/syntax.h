/* Grammar of paths and intrinsic calls, without evaluating anything. */
#ifndef UNUM_ASL_SYNTAX_H
#define UNUM_ASL_SYNTAX_H

#include "base/str.h"

struct asl_syntax {
    size_t at;        /* byte offset of the problem */
    const char *says; /* what is wrong, a phrase; NULL: nothing */
    const char *name; /* an unknown function: the nearest one, or NULL */
};

/* JSONPath as Step Functions reads it: "$", "$$" (context object) or "$name" (variable), then
 * steps: .name ..name .* ['name'] [0] [-1] [0:2] [0,1] [*] [?(filter)] [(script)]. */
bool asl_path_syntax(struct unum_str text, struct asl_syntax *ret);
/* One intrinsic call (Amazon States Language, "Intrinsic Functions"), nested ones included. */
bool asl_call_syntax(struct unum_str text, struct asl_syntax *ret);

#endif

/*
 * lambda_internal: what reading, changing and calling functions share. Internal to aws/.
 */
#ifndef UNUM_AWS_LAMBDA_INTERNAL_H
#define UNUM_AWS_LAMBDA_INTERNAL_H

#include "aws/lambda.h"

#define LAMBDA_FUNCTIONS "/2015-03-31/functions/"

/* A name or an ARN, of at most 170 characters (Lambda API, FunctionName). INVAL. */
UNUM_CHECKED int lambda_check_name(struct unum_str name, struct unum_err *err);
/* <root><name, encoded><rest>, in the call's arena. */
struct unum_str lambda_path(struct aws_call *call, const char *root, struct unum_str name,
                            const char *rest);
struct aws_call lambda_begin(const char *operation, const char *method);
/* aws_call_one(); another revision than the one given is CONFLICT. */
UNUM_CHECKED int lambda_send(struct aws_client *client, struct aws_call *call, struct unum_str name,
                             struct unum_err *err);
/* The answer of a call that describes one function. */
UNUM_CHECKED int lambda_read(const struct aws_call *call, struct unum_arena *arena,
                             struct lambda_function *ret, struct unum_err *err);
/* Make such calls at the same time, and end them: rcs[i] tells of each, the result is the first
 * failure but NOTFOUND. */
UNUM_CHECKED int lambda_ask_all(struct aws_client *client, struct aws_call *calls, size_t count,
                                struct unum_arena *arena, struct lambda_function *ret, int *rcs,
                                struct unum_err *err);

#endif

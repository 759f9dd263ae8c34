/*
 * creds_env: credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, as a
 * function's process has them.
 */
#ifndef UNUM_AWS_CREDS_ENV_H
#define UNUM_AWS_CREDS_ENV_H

#include "aws/client.h"

struct aws_creds_env {
    struct aws_creds creds;
};

/* A source that reads the environment whenever it is asked. `state` is the caller's and must live
 * as long as the source is used. */
struct aws_creds_source aws_creds_env(struct aws_creds_env *state);

#endif

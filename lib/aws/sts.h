/*
 * sts: the calls of the Security Token Service that credentials and `whoami` need. Query protocol:
 * a form goes, XML comes. Always the region's endpoint.
 * Source: AWS STS API Reference, version 2011-06-15.
 */
#ifndef UNUM_AWS_STS_H
#define UNUM_AWS_STS_H

#include "aws/client.h"

struct sts_role {
    struct unum_str arn, session_name;
    struct unum_str duration_s;                        /* empty: the service's default */
    struct unum_str external_id, mfa_serial, mfa_code; /* may be empty */
};
/* The result's views live in `arena`. */
UNUM_CHECKED int sts_assume_role(struct aws_client *client, const struct sts_role *role,
                                 struct unum_arena *arena, struct aws_creds *ret,
                                 struct unum_err *err);
/* `token` is the proof (JWT); the client has no credentials. */
UNUM_CHECKED int sts_assume_role_with_web_identity(struct aws_client *client, struct unum_str token,
                                                   const struct sts_role *role,
                                                   struct unum_arena *arena, struct aws_creds *ret,
                                                   struct unum_err *err);

struct sts_identity {
    struct unum_str account, arn, user_id;
};
UNUM_CHECKED int sts_caller_identity(struct aws_client *client, struct unum_arena *arena,
                                     struct sts_identity *ret, struct unum_err *err);

#endif

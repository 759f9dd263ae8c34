/*
 * account: the AWS account a verb works on: profile, region, credentials and the transport to it,
 * each with where it came from.
 */
#ifndef UNUM_CLI_ACCOUNT_H
#define UNUM_CLI_ACCOUNT_H

#include "aws/chain.h"
#include "aws/settings.h"
#include "program.h"

struct account_args {
    const char *profile, *region, *endpoint_url;
};
/* Rows of the options every verb on AWS has; `args_type` is the verb's argument struct, whose
 * member `account` is a struct account_args. */
#define ACCOUNT_OPTIONS(args_type)                                                                 \
    {.name = "profile",                                                                            \
     .placeholder = "NAME",                                                                        \
     .help = "profile of the shared AWS files; keys in the environment are then left out",         \
     .type = OPT_STRING,                                                                           \
     .at = offsetof(args_type, account.profile)},                                                  \
        {.name = "region",                                                                         \
         .placeholder = "REGION",                                                                  \
         .help = "AWS region; without it AWS_REGION, AWS_DEFAULT_REGION or the profile's",         \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, account.region)},                                               \
    {                                                                                              \
        .name = "endpoint-url", .placeholder = "URL",                                              \
        .help = "where the service answers instead of AWS", .type = OPT_STRING,                    \
        .at = offsetof(args_type, account.endpoint_url)                                            \
    }

struct account {
    struct program *program;
    struct aws_profiles *profiles;
    struct aws_profile_choice choice;
    struct aws_region region; /* name empty: none is known */
    struct unum_str endpoint_url;
    struct aws_settings settings;
    struct aws_skew skew; /* of this machine's clock */
    struct http_transport transport;
    struct unum_log log;
    struct aws_chain *chain;
    struct aws_client *client;
};
#define ACCOUNT_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
/* Reads files, asks nobody. A region that is not given is no error yet. */
UNUM_CHECKED int account_open(struct account *account, struct program *p,
                              const struct account_args *args, struct unum_err *err);
/* INVAL if no region is known. */
UNUM_CHECKED int account_need_region(struct account *account, struct unum_err *err);
/* AUTH and what was tried if there are none. Valid until the next call. */
UNUM_CHECKED int account_creds(struct account *account, const struct aws_creds **ret,
                               struct unum_err *err);
/* One client for all services, opened when it is first asked for: every endpoint, region and retry
 * setting resolved. INVAL without a region. Valid until the account is closed. */
UNUM_CHECKED int account_client(struct account *account, struct aws_client **ret,
                                struct unum_err *err);
void account_close(struct account *account);
#define ACCOUNT_AUTO UNUM_AUTO(account_close)

#endif

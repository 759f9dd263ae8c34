/*
 * deployment: what the verbs that work on a stack share: options, the target they mean, and how
 * they speak to a person.
 */
#ifndef UNUM_CLI_DEPLOYMENT_H
#define UNUM_CLI_DEPLOYMENT_H

#include "account.h"
#include "deploy/deploy.h"

struct deployment_args {
    struct account_args account;
    const char *template, *stack, *stage, *bucket, *role_arn;
    bool yes;
    struct opt_values skip;
    int64_t poll_ms;
};
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members take no parentheses. */
#define DEPLOYMENT_OPTIONS(args_type, field)                                                       \
    {.name = "profile",                                                                            \
     .placeholder = "NAME",                                                                        \
     .help = "profile of the shared AWS files; keys in the environment are then left out",         \
     .type = OPT_STRING,                                                                           \
     .at = offsetof(args_type, field.account.profile)},                                            \
        {.name = "region",                                                                         \
         .placeholder = "REGION",                                                                  \
         .help = "AWS region; without it AWS_REGION, AWS_DEFAULT_REGION, the template's or the "   \
                 "profile's",                                                                      \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.account.region)},                                         \
        {.name = "endpoint-url",                                                                   \
         .placeholder = "URL",                                                                     \
         .help = "where the services answer instead of AWS",                                       \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.account.endpoint_url)},                                   \
        {.letter = 't',                                                                            \
         .name = "template",                                                                       \
         .placeholder = "FILE",                                                                    \
         .help = "application; without it unum-template.yaml here or above",                       \
         .type = OPT_FILE,                                                                         \
         .at = offsetof(args_type, field.template),                                                \
         .env = "UNUM_TEMPLATE"},                                                                  \
        {.name = "stage",                                                                          \
         .placeholder = "NAME",                                                                    \
         .help = "a deployment beside the others: everything is named <application>-<stage>",      \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.stage),                                                   \
         .complete = OPT_COMPLETE_STAGE,                                                           \
         .env = "UNUM_STAGE"},                                                                     \
        {.name = "stack-name",                                                                     \
         .placeholder = "NAME",                                                                    \
         .help = "CloudFormation stack; without it the application's name",                        \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.stack),                                                   \
         .complete = OPT_COMPLETE_STACK,                                                           \
         .env = "UNUM_STACK_NAME"},                                                                \
        {.name = "s3-bucket",                                                                      \
         .placeholder = "NAME",                                                                    \
         .help = "bucket for the artifacts; without it one that unum keeps",                       \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.bucket),                                                  \
         .env = "UNUM_S3_BUCKET"},                                                                 \
        {.name = "role-arn",                                                                       \
         .placeholder = "ARN",                                                                     \
         .help = "role that CloudFormation works with instead of yours",                           \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.role_arn)},                                               \
        {.name = "skip-resource",                                                                  \
         .placeholder = "ID",                                                                      \
         .help = "leave a resource as it is that a stuck rollback or deletion cannot get over; "   \
                 "may be repeated",                                                                \
         .type = OPT_LIST,                                                                         \
         .at = offsetof(args_type, field.skip)},                                                   \
        {.name = "poll",                                                                           \
         .placeholder = "TIME",                                                                    \
         .help = "pause between two questions; without it 500 ms, growing to 5 s",                 \
         .type = OPT_DURATION,                                                                     \
         .at = offsetof(args_type, field.poll_ms),                                                 \
         .min = 0,                                                                                 \
         .max = 60000,                                                                             \
         .env = "UNUM_POLL"},                                                                      \
    {                                                                                              \
        .letter = 'y', .name = "yes", .help = "ask nothing", .type = OPT_FLAG,                     \
        .at = offsetof(args_type, field.yes), .common = true                                       \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* A stage is an application of its own, named after both: renames p->app. NULL or "": none. */
UNUM_CHECKED int deployment_stage(struct program *p, const char *stage, struct unum_err *err);

struct deployment {
    struct program *p;
    const struct deployment_args *args;
    struct account account;
    struct deploy_ui ui;
    struct deploy_target target;
    struct unum_str *skip;
    const char
        *again;  /* what the command needs to be the same again beside its stage; may be NULL */
    char *state; /* what is true if it ends now; owned, NULL: nothing has begun */
};

/* The application with its stage, whose account it goes to, and a client. `compiled` is set later.
 * USAGE: a stage or stack name that cannot be one. */
UNUM_CHECKED int deployment_open(struct deployment *d, struct program *p,
                                 const struct deployment_args *args, struct unum_err *err);
void deployment_close(struct deployment *d);
/* Build what has changed, as bundles. */
UNUM_CHECKED int deployment_build(struct program *p, const struct compiled *compiled,
                                  struct unum_err *err);
/* CANCELLED once somebody has asked to stop: between two steps, while nothing is under way. */
UNUM_CHECKED int deployment_go_on(struct unum_err *err);
/* Add to a failure what state things are in, and which command goes on; returns `rc`. */
int deployment_explain(const struct deployment *d, int rc, struct unum_err *err);
#define DEPLOYMENT_AUTO UNUM_AUTO(deployment_close)

/* .unum/<stage or "aws">.json; owned. */
char *deployment_outputs(const struct deployment *d);
/* "K=V" of a repeated option as pairs, in p->arena; USAGE otherwise. */
UNUM_CHECKED int deployment_pairs(struct program *p, const char *option,
                                  const struct opt_values *values, struct cfn_pair **ret,
                                  struct unum_err *err);

#endif

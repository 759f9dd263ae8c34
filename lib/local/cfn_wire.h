/*
 * cfn_wire: requests of providers to the other emulated services, in those services' protocols,
 * straight through the door: as AWS's resource handlers do.
 */
#ifndef UNUM_LOCAL_CFN_WIRE_H
#define UNUM_LOCAL_CFN_WIRE_H

#include "local/cfn_provider.h"

struct cfn_wire {
    const char *service;    /* signing name: "lambda" */
    const char *method;     /* "POST" */
    struct unum_str target; /* path and query; empty: "/" */
    const char *operation;  /* x-amz-target, or NULL */
    struct unum_str body;
};

struct cfn_reply {
    int status;
    struct unum_str body;          /* in the job's arena */
    struct unum_str code, message; /* of an error */
};

/* Ask. FAILED only if there was no answer; errors of the service are replies. */
UNUM_CHECKED int cfn_wire(struct cfn_job *job, const struct cfn_wire *wire, struct cfn_reply *ret,
                          struct unum_err *err);
/* Ask, and take an error of the service as one, in CloudFormation's words; `fine`: a code that
 * counts as success (NULL: none). */
UNUM_CHECKED int cfn_ask(struct cfn_job *job, const struct cfn_wire *wire, const char *fine,
                         struct cfn_reply *ret, struct unum_err *err);
/* "a%2Fb" in the job's arena. */
struct unum_str cfn_encode(struct cfn_job *job, struct unum_str text);

/* Of the resource types (cfn_type_*.c) */
extern const struct cfn_provider cfn_lambda_function, cfn_lambda_invoke_config,
    cfn_lambda_permission, cfn_iam_role, cfn_iam_policy, cfn_iam_managed_policy, cfn_dynamodb_table,
    cfn_logs_group, cfn_s3_bucket, cfn_s3_bucket_policy, cfn_scheduler_group;

#endif

/*
 * client: one request path for every AWS service: endpoint -> sign -> send -> parse -> retry.
 * Retries: standard mode (3 attempts, DynamoDB 4; full jitter; retry quota), see aws/retry.h.
 * Not for use by several threads at once.
 */
#ifndef UNUM_AWS_CLIENT_H
#define UNUM_AWS_CLIENT_H

#include "aws/sigv4.h"
#include "base/log.h"

enum aws_service {
    AWS_DYNAMODB,
    AWS_LAMBDA,
    AWS_LOGS,
    AWS_S3,
    AWS_CLOUDFORMATION,
    AWS_STS,
    AWS_IAM,
    AWS_SCHEDULER,
    /* What credentials come from; requests are not signed. */
    AWS_SSO,
    AWS_SSO_OIDC,
    AWS_CONTAINER,
    AWS_INSTANCE,
    AWS_SERVICE_COUNT
};

/* Gives credentials when asked; AUTH with what was tried if there are none. */
struct aws_creds_source {
    void *cookie;
    int (*get)(void *cookie, const struct aws_creds **ret, struct unum_err *err);
    /* A service says that those got last have expired: the next get() asks their source anew. NULL:
     * every get() does. */
    void (*expire)(void *cookie);
};

/* How far the services' clock is ahead of this machine's, as learnt from their answers. */
struct aws_skew {
    int64_t ms;
    bool told; /* the user knows */
};

struct aws_error; /* aws/error.h */

struct aws_config {
    struct http_transport transport;              /* borrowed */
    const struct unum_clock *clock;               /* real time: signatures never use skipped time */
    const struct unum_log *log;                   /* may be NULL; secrets are never written to it */
    struct aws_creds_source creds;                /* `get` NULL: requests are not signed */
    struct unum_str region;                       /* required where no endpoint is given */
    struct unum_str endpoints[AWS_SERVICE_COUNT]; /* URL; empty: the public regional endpoint */
    struct unum_str signing_regions[AWS_SERVICE_COUNT]; /* empty: that of the endpoint */
    struct unum_str trace_header; /* X-Amzn-Trace-Id to pass on; may be empty */
    struct unum_str user_agent;   /* empty: unum and its version */
    int max_attempts;             /* 0: the service's default */
    struct aws_skew *skew;        /* shared with other clients; NULL: of its own */
    /* Reads errors; NULL: as functions do. aws_error_read_any() decodes XML, too. */
    void (*read_error)(struct http_exchange *x, struct aws_error *ret);
};

struct aws_client;
/* The configuration is copied, the views it holds are borrowed. */
UNUM_CHECKED int aws_client_new(const struct aws_config *config, struct aws_client **ret,
                                struct unum_err *err);
void aws_client_free(struct aws_client *client);
/* For the current invocation; empty to send none. */
void aws_client_set_trace(struct aws_client *client, struct unum_str trace_header);
/* No attempt lasts longer and no repetition starts later than this (wall clock); 0: no deadline. */
void aws_client_set_deadline(struct aws_client *client, int64_t deadline_ms);
/* What callers that ask again on their own wait with: false if the deadline comes first. */
UNUM_CHECKED bool aws_client_wait(struct aws_client *client, int64_t delay_ms);
int64_t aws_client_skew_ms(const struct aws_client *client);
/* As configured; empty if there is none. */
struct unum_str aws_client_region(const struct aws_client *client);

/* One call. DynamoDB and Logs: JSON protocol, `operation` is the target ("PutItem").
 * CloudFormation, STS and IAM: query protocol, `body` is a form (aws_form_begin). Lambda, Scheduler
 * and S3: REST, method, path, query and headers are given; of S3 the path is "/<bucket>/<key>",
 * encoded once. */
struct aws_call {
    enum aws_service service;
    bool once;             /* never repeat after it may have been delivered */
    bool unsigned_payload; /* S3: the body's hash is not part of the signature */
    struct unum_str operation;
    struct unum_str method, path, query; /* REST only; path is encoded */
    struct http_headers headers;         /* extra ones */
    struct unum_str body;
    int64_t timeout_ms; /* of one attempt; 0: 60 s, except 910 s for a Lambda RequestResponse */

    int rc; /* out: 0, or the class of the error: see aws_error_rc() */
    int status, attempts;
    struct unum_str code,
        message; /* AWS error code without namespace, e.g. "ResourceNotFoundException" */
    struct unum_str request_id;
    struct http_exchange x; /* out: response body and headers; aws_call_done() frees */
};

void aws_call_done(struct aws_call *call);
/* A form of the query protocol: Action and Version, then parameters ("Tags.member.1.Key"). */
void aws_form_begin(struct unum_buf *form, const char *action, const char *version);
void aws_form_add(struct unum_buf *form, const char *name, struct unum_str value);
/* Send one; on failure `err` says service, operation, code, message, request id. */
UNUM_CHECKED int aws_call_one(struct aws_client *client, struct aws_call *call,
                              struct unum_err *err);
/* Send all concurrently (at most 64 at a time), repeating each as it may be; 0 if all succeeded,
 * else the first failure. Each call's rc is set. Only what failed is sent again. */
UNUM_CHECKED int aws_call_all(struct aws_client *client, struct aws_call **calls, size_t count,
                              struct unum_err *err);

/* ResourceNotFoundException -> NOTFOUND, ConditionalCheckFailedException -> EXISTS, throttling
 * codes -> THROTTLED, ExpiredToken... -> AUTH, AccessDenied... -> DENIED, ValidationException ->
 * INVAL, 5xx -> REMOTE. */
int aws_error_rc(int status, struct unum_str code);

#endif

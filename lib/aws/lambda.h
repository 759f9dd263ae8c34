/*
 * lambda: typed thin calls of AWS Lambda: each one request (or a page-wise listing), its answer in
 * the caller's arena, failures as aws_call_one() has them. Answers are read as far as they are
 * known; what is missing is empty.
 * Source: Lambda API reference, version 2015-03-31.
 */
#ifndef UNUM_AWS_LAMBDA_H
#define UNUM_AWS_LAMBDA_H

#include "aws/client.h"

struct lambda_pair {
    struct unum_str name, value;
};

/* FunctionConfiguration. */
struct lambda_function {
    struct unum_str name, arn, version, runtime, handler, role, architecture;
    struct unum_str code_sha256;           /* base64, of the zip */
    struct unum_str revision_id;           /* changes with every update of code or configuration */
    struct unum_str last_modified;         /* "2026-11-21T03:42:28.000+0000" */
    struct unum_str state, state_reason;   /* Pending, Active, Inactive, Failed */
    struct unum_str update, update_reason; /* LastUpdateStatus: Successful, Failed, InProgress */
    struct unum_str log_group;             /* never empty: /aws/lambda/<name> by default */
    struct unum_str error_code, error_message; /* of Environment: it could not be decrypted */
    const struct lambda_pair *environment;
    size_t environment_len;
    int64_t code_size, memory_mb, timeout_s;
};

/* What GetFunction knows in addition. */
struct lambda_details {
    struct lambda_function function;
    struct unum_str location; /* presigned URL of the code */
    const struct lambda_pair *tags;
    size_t tags_len;
    int64_t reserved; /* concurrency; -1: none is reserved */
};

/* `name` is a name or an ARN, of at most 170 characters (INVAL otherwise). NOTFOUND: there is no
 * such function. */
UNUM_CHECKED int lambda_get(struct aws_client *client, struct unum_str name,
                            struct unum_arena *arena, struct lambda_details *ret,
                            struct unum_err *err);
UNUM_CHECKED int lambda_get_configuration(struct aws_client *client, struct unum_str name,
                                          struct unum_arena *arena, struct lambda_function *ret,
                                          struct unum_err *err);
/* The same of many, concurrently. `rcs` says of each how it went (its text is lost, but for the
 * first failure other than NOTFOUND, which is the result). */
UNUM_CHECKED int lambda_get_configurations(struct aws_client *client, const struct unum_str *names,
                                           size_t count, struct unum_arena *arena,
                                           struct lambda_function *ret, int *rcs,
                                           struct unum_err *err);
/* All functions of account and region whose name starts with `prefix` (empty: all), every page;
 * *ret is an array in the arena. LIMIT above LAMBDA_MAX_LIST. */
enum { LAMBDA_MAX_LIST = 20000 };
UNUM_CHECKED int lambda_list(struct aws_client *client, struct unum_str prefix,
                             struct unum_arena *arena, struct lambda_function **ret,
                             size_t *ret_len, struct unum_err *err);
/* What `tags` has under `name`, or the empty view. */
struct unum_str lambda_pair_get(const struct lambda_pair *pairs, size_t len, const char *name);

/* ---- changing ---- */

/* New code from an object, or from the bytes of a zip (at most 50 MB). */
struct lambda_code {
    struct unum_str bucket, key, object_version; /* version may be empty */
    struct unum_str zip;                         /* if bucket is empty */
    struct unum_str architecture;                /* "x86_64", "arm64"; empty: as it is */
    struct unum_str revision_id;                 /* only if it is still this one; empty: always */
    bool dry_run;
};
/* CONFLICT: another update is in progress, or the revision is another one by now. */
UNUM_CHECKED int lambda_update_code(struct aws_client *client, struct unum_str name,
                                    const struct lambda_code *code, struct unum_arena *arena,
                                    struct lambda_function *ret, struct unum_err *err);
/* The same of many, concurrently, from objects only; `rcs` and the result as in
 * lambda_get_configurations(). */
UNUM_CHECKED int lambda_update_codes(struct aws_client *client, const struct unum_str *names,
                                     const struct lambda_code *codes, size_t count,
                                     struct unum_arena *arena, struct lambda_function *ret,
                                     int *rcs, struct unum_err *err);

struct lambda_change {
    int64_t memory_mb, timeout_s; /* 0: as it is */
    bool set_environment;         /* replaces all of it */
    const struct lambda_pair *environment;
    size_t environment_len;
    struct unum_str handler, description; /* ptr NULL: as it is */
    struct unum_str revision_id;          /* as in struct lambda_code */
};
UNUM_CHECKED int lambda_update_configuration(struct aws_client *client, struct unum_str name,
                                             const struct lambda_change *change,
                                             struct unum_arena *arena, struct lambda_function *ret,
                                             struct unum_err *err);
/* Wait until no update is in progress and the function can be invoked. TIMEOUT after `timeout_ms`;
 * FAILED with the service's reason if the update or the function failed. */
UNUM_CHECKED int lambda_wait_ready(struct aws_client *client, struct unum_str name,
                                   int64_t timeout_ms, const struct unum_clock *clock,
                                   struct unum_arena *arena, struct lambda_function *ret,
                                   struct unum_err *err);

/* `arn` of the function, not its name. */
UNUM_CHECKED int lambda_tag(struct aws_client *client, struct unum_str arn,
                            const struct lambda_pair *tags, size_t len, struct unum_err *err);
UNUM_CHECKED int lambda_untag(struct aws_client *client, struct unum_str arn,
                              const struct unum_str *names, size_t len, struct unum_err *err);

/* ---- calling ---- */

enum lambda_invoke_type {
    LAMBDA_SYNC,  /* RequestResponse: payload up to UNUM_LIMIT_SYNC_PAYLOAD; never sent twice */
    LAMBDA_EVENT, /* Event: up to UNUM_LIMIT_ASYNC_PAYLOAD */
    LAMBDA_DRY,   /* DryRun: may we? Does nothing. */
};
struct lambda_answer {
    struct unum_str payload; /* of LAMBDA_SYNC */
    struct unum_str
        function_error; /* "Unhandled", "Handled": the function failed although HTTP says 200 */
    struct unum_str log_tail; /* at most 4 KB, decoded; empty if there is none */
    struct unum_str version, request_id;
};
/* LIMIT: the payload is too large (nothing is sent). NOTFOUND, DENIED, CONFLICT (not yet active).
 */
UNUM_CHECKED int lambda_invoke(struct aws_client *client, struct unum_str name,
                               enum lambda_invoke_type type, struct unum_str payload,
                               struct unum_arena *arena, struct lambda_answer *ret,
                               struct unum_err *err);

#endif

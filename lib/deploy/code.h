/*
 * code: what the functions of a stack run, against the bundles that were built for them: which run
 * other bytes, and swapping those, past CloudFormation.
 */
#ifndef UNUM_DEPLOY_CODE_H
#define UNUM_DEPLOY_CODE_H

#include "aws/lambda.h"
#include "deploy/artifacts.h"
#include "deploy/sync.h"

struct code {
    const struct deploy_target *target;
    struct unum_arena *arena;
    const struct artifact *artifacts; /* one per node */
    struct s3_bucket bucket;          /* where they are; only to swap */
    bool regular; /* the bundles are those that the stack names: what runs them is not swapped */
    /* Found by code_compare(), one per node each. */
    struct sync_function *functions;
    struct lambda_function *deployed;
    size_t changed;
    bool contract; /* of any function: consumers are swapped before producers */
    size_t swapped;
};

/* Waits for updates in progress first. What is not there is absent, and does not count as changed.
 */
UNUM_CHECKED int code_compare(struct code *c, struct unum_err *err);
/* CONFLICT if function `i` is absent: somebody has deleted it. */
UNUM_CHECKED int code_absent(const struct code *c, size_t i, struct unum_err *err);
/* Swap what differs, wave by wave, eight at a time, each only if nobody changes it meanwhile
 * (CONFLICT). CANCELLED: interrupted. The text says how many are swapped. */
UNUM_CHECKED int code_swap(struct code *c, struct unum_err *err);
/* Wait until every function can be started: only then a deployment counts as done. */
UNUM_CHECKED int code_await(const struct code *c, struct unum_err *err);
/* Hex SHA-256 of the bundle of node `i`. */
struct unum_str code_hash(const struct code *c, size_t i);
/* Function `i` runs its bundle: say so in its tags. Only a warning if that fails. */
void code_tag(struct code *c, size_t i);
/* Function `i` runs what the stack names, whoever has brought it there: the tag of a swap goes.
 * Only a warning if that fails. */
void code_untag(struct code *c, size_t i);

#endif

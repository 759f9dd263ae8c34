/*
 * artifacts: the zips of an application as objects named by their content, so that each is uploaded
 * once and no deployment overwrites another's.
 */
#ifndef UNUM_DEPLOY_ARTIFACTS_H
#define UNUM_DEPLOY_ARTIFACTS_H

#include "aws/s3.h"
#include "deploy/deploy.h"

struct artifact {
    struct unum_str node;
    const char *path;
    struct unum_str key;    /* "unum/<stack>/<sha256>.zip" */
    struct unum_str sha256; /* base64, as Lambda calls it CodeSha256 */
    int64_t size;
};

/* "unum/<stack>/": what all artifacts of a stack begin with. */
struct unum_str artifacts_prefix(struct unum_arena *arena, struct unum_str stack);
/* One per node, in the order of `compiled`. NOTFOUND: not built; LIMIT: a zip that Lambda would
 * refuse. */
UNUM_CHECKED int artifacts_plan(const struct deploy_target *target, struct unum_arena *arena,
                                struct artifact **ret, struct unum_err *err);
/* Upload what is not there yet. */
UNUM_CHECKED int artifacts_upload(const struct deploy_target *target, struct s3_bucket bucket,
                                  const struct artifact *artifacts, size_t len,
                                  size_t *ret_uploaded, struct unum_err *err);
/* How many are not there yet: what artifacts_upload() would upload. */
UNUM_CHECKED int artifacts_missing(const struct deploy_target *target, struct s3_bucket bucket,
                                   const struct artifact *artifacts, size_t len, size_t *ret,
                                   struct unum_err *err);
/* The bucket to use, and whether it is there: only the managed one may be missing (NOTFOUND for
 * another one). DENIED: it is somebody else's. */
UNUM_CHECKED int artifacts_find_bucket(const struct deploy_target *target, struct unum_str given,
                                       struct unum_arena *arena, struct s3_bucket *ret,
                                       bool *ret_there, struct unum_err *err);
/* The bucket to use: the given one, or the managed one, whose stack is made when it is missing. */
UNUM_CHECKED int artifacts_bucket(const struct deploy_target *target, struct unum_str given,
                                  int64_t poll_ms, struct unum_arena *arena, struct s3_bucket *ret,
                                  struct unum_err *err);
struct unum_str artifacts_managed_name(const struct deploy_target *target,
                                       struct unum_arena *arena);

#endif

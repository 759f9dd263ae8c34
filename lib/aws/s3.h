/*
 * s3: typed thin calls of Amazon S3, addressed by path. Every call that names a bucket says who
 * must own it, so that a bucket of the same name in another account is refused (DENIED), not used.
 * Failures are those of aws_call_one(); a bucket in another region is INVAL and names that region.
 * Source: Amazon S3 API Reference, version 2006-03-01.
 */
#ifndef UNUM_AWS_S3_H
#define UNUM_AWS_S3_H

#include "aws/client.h"

struct s3_bucket {
    struct unum_str name;
    struct unum_str owner; /* account id; empty: not checked */
};

enum {
    S3_PART = 16 * 1024 * 1024,   /* bytes of one part of a large object */
    S3_SINGLE = 32 * 1024 * 1024, /* beyond, an object goes in parts */
    S3_MAX_PARTS = 10000,
    S3_MAX_LIST = 1000000, /* entries of a listing */
    S3_MAX_PAGES = 10000,  /* ends a service that never stops giving markers */
};

/* Is it there, and ours? NOTFOUND; DENIED: somebody else's, or nobody lets us look. */
UNUM_CHECKED int s3_bucket_head(struct aws_client *client, struct s3_bucket bucket,
                                struct unum_err *err);

struct s3_object {
    struct unum_str key;
    int64_t size;
    struct unum_str modified; /* as the service writes it */
};
/* NOTFOUND if there is no such object. `ret->key` is not set. */
UNUM_CHECKED int s3_head(struct aws_client *client, struct s3_bucket bucket, struct unum_str key,
                         struct s3_object *ret, struct unum_err *err);
/* Store bytes whose SHA-256 the service verifies. `only_new`: EXISTS if there is one already. */
UNUM_CHECKED int s3_put(struct aws_client *client, struct s3_bucket bucket, struct unum_str key,
                        struct unum_str bytes, bool only_new, struct unum_err *err);
/* The same for a file, in parts above S3_SINGLE; `progress` (may be NULL) hears of the bytes that
 * have arrived. After a failure its parts are removed as far as the service can be reached. */
struct s3_progress {
    void *cookie;
    void (*sent)(void *cookie, int64_t bytes, int64_t total);
};
UNUM_CHECKED int s3_put_file(struct aws_client *client, struct s3_bucket bucket,
                             struct unum_str key, const char *path, bool only_new,
                             const struct s3_progress *progress, struct unum_err *err);
/* All objects below `prefix`, every page, in the arena. LIMIT above S3_MAX_LIST. */
UNUM_CHECKED int s3_list(struct aws_client *client, struct s3_bucket bucket, struct unum_str prefix,
                         struct unum_arena *arena, struct s3_object **ret, size_t *ret_len,
                         struct unum_err *err);
/* Delete objects, absent ones included, a thousand at a time. FAILED names the first that stays. */
UNUM_CHECKED int s3_delete(struct aws_client *client, struct s3_bucket bucket,
                           const struct unum_str *keys, size_t count, struct unum_err *err);
/* Remove what interrupted uploads below `prefix` have left: their parts are invisible, and paid
 * for. *ret_count (may be NULL) is how many there were. */
UNUM_CHECKED int s3_abort_stale(struct aws_client *client, struct s3_bucket bucket,
                                struct unum_str prefix, size_t *ret_count, struct unum_err *err);

#endif

#include "deploy/artifacts.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

struct unum_str artifacts_prefix(struct unum_arena *arena, struct unum_str stack)
{
    return unum_arena_printf(arena, "unum/%.*s/", UNUM_STR_ARG(stack));
}

static int hash_file(const char *path, unsigned char digest[HASH_SHA256_LEN], int64_t *ret_size,
                     struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    int rc = unum_file_read(path, &bytes, err);
    if (rc < 0)
        return rc;
    hash_sha256(unum_buf_str(&bytes), digest);
    *ret_size = (int64_t)bytes.len;
    return 0;
}

static int plan_one(const struct deploy_target *target, struct unum_str node,
                    struct unum_arena *arena, struct artifact *ret, struct unum_err *err)
{
    unsigned char digest[HASH_SHA256_LEN];
    char hex[HASH_SHA256_HEX + 1];
    struct unum_buf UNUM_AUTO_BUF base64 = UNUM_BUF_INIT(64);
    struct unum_str prefix = artifacts_prefix(arena, target->stack);
    struct unum_str name =
        unum_arena_printf(arena, "%s/.unum/build/%.*s.zip", target->app->dir, UNUM_STR_ARG(node));
    *ret = (struct artifact){.node = node, .path = name.ptr};
    if (!unum_file_exists(ret->path)) {
        (void)unum_err_set(err, UNUM_E_NOTFOUND, "%s is not there", ret->path);
        (void)unum_err_hint(err, "build first: unum deploy -b");
        return UNUM_E_NOTFOUND;
    }
    int rc = hash_file(ret->path, digest, &ret->size, err);
    if (rc < 0)
        return rc;
    hash_hex(digest, sizeof(digest), hex);
    base64_encode(&base64, unum_str_of((const char *)digest, sizeof(digest)));
    ret->key = unum_arena_printf(arena, "%.*s%s.zip", UNUM_STR_ARG(prefix), hex);
    ret->sha256 = unum_arena_str(arena, unum_buf_str(&base64));
    return 0;
}

int artifacts_plan(const struct deploy_target *target, struct unum_arena *arena,
                   struct artifact **ret, struct unum_err *err)
{
    const struct compiled *compiled = target->compiled;
    *ret = unum_arena_array(arena, compiled->len, sizeof(**ret));
    for (size_t i = 0; i < compiled->len; i++) {
        int rc = plan_one(target, compiled->at[i].node, arena, &(*ret)[i], err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Bundles of different nodes may be the same bytes. */
static bool planned_before(const struct artifact *artifacts, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (unum_str_eq(artifacts[k].key, artifacts[i].key))
            return true;
    }
    return false;
}

static void say(const struct deploy_target *target, const struct artifact *artifact)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&text, "upload %.*s (%lld KB)", UNUM_STR_ARG(artifact->node),
                    (long long)((artifact->size + 1023) / 1024));
    if (target->ui->phase)
        target->ui->phase(target->ui->cookie, unum_buf_text(&text));
}

/* *ret_absent: there is no object at all; if there is one of another size, it is damaged: its name
 * is its content. */
static int look(const struct deploy_target *target, struct s3_bucket bucket,
                const struct artifact *artifact, bool *ret_whole, bool *ret_absent,
                struct unum_err *err)
{
    struct s3_object there;
    int rc = s3_head(target->client, bucket, artifact->key, &there, err);
    *ret_whole = rc == 0 && (there.size < 0 || there.size == artifact->size);
    *ret_absent = rc == UNUM_E_NOTFOUND;
    if (rc != UNUM_E_NOTFOUND)
        return rc;
    unum_err_clear(err);
    return 0;
}

static int upload_one(const struct deploy_target *target, struct s3_bucket bucket,
                      const struct artifact *artifact, size_t *uploaded, struct unum_err *err)
{
    bool whole = false, absent = false;
    int rc = look(target, bucket, artifact, &whole, &absent, err);
    if (rc < 0 || whole)
        return rc;
    say(target, artifact);
    rc = s3_put_file(target->client, bucket, artifact->key, artifact->path, absent, NULL, err);
    if (rc == UNUM_E_EXISTS) {
        unum_err_clear(err); /* somebody else was faster, with the same bytes */
        return 0;
    }
    if (rc == 0)
        ++*uploaded;
    return rc < 0 ? unum_err_wrap(err, "upload the bundle of %.*s", UNUM_STR_ARG(artifact->node))
                  : 0;
}

int artifacts_missing(const struct deploy_target *target, struct s3_bucket bucket,
                      const struct artifact *artifacts, size_t len, size_t *ret,
                      struct unum_err *err)
{
    *ret = 0;
    for (size_t i = 0; i < len; i++) {
        bool whole = true, absent = false;
        int rc = planned_before(artifacts, i)
                     ? 0
                     : look(target, bucket, &artifacts[i], &whole, &absent, err);
        if (rc < 0)
            return rc;
        if (!whole)
            ++*ret;
    }
    return 0;
}

int artifacts_upload(const struct deploy_target *target, struct s3_bucket bucket,
                     const struct artifact *artifacts, size_t len, size_t *ret_uploaded,
                     struct unum_err *err)
{
    *ret_uploaded = 0;
    for (size_t i = 0; i < len; i++) {
        if (target->ui->interrupted && target->ui->interrupted(target->ui->cookie))
            return unum_err_set(err, UNUM_E_CANCELLED,
                                "interrupted while uploading; nothing is "
                                "changed yet");
        int rc = planned_before(artifacts, i)
                     ? 0
                     : upload_one(target, bucket, &artifacts[i], ret_uploaded, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

#include "local/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"

/* Beside the state file, or with the processes' temporary files. */
static char *root_of(const struct local *local)
{
    if (!local->config.state_path)
        return unum_path_join(local->tmp, "s3");
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&path, "%s.objects", local->config.state_path);
    return unum_strdup(unum_buf_text(&path));
}

static char *bucket_path(const struct local *local, struct unum_str bucket)
{
    char *UNUM_AUTO_FREE root = root_of(local);
    char *UNUM_AUTO_FREE name = unum_str_dup(bucket);
    return unum_path_join(root, name);
}

bool objects_is_bucket_name(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool edge = i == 0 || i + 1 == name.len;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              (!edge && (c == '-' || (c == '.' && name.ptr[i - 1] != '.')))))
            return false;
    }
    return name.len >= 3 && name.len <= 63;
}

bool objects_bucket_exists(const struct local *local, struct unum_str bucket)
{
    char *UNUM_AUTO_FREE path = bucket_path(local, bucket);
    return objects_is_bucket_name(bucket) && unum_is_dir(path);
}

int objects_bucket_create(struct local *local, struct unum_str bucket, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    char *UNUM_AUTO_FREE root = root_of(local);
    char *UNUM_AUTO_FREE path = bucket_path(local, bucket);
    if (!objects_is_bucket_name(bucket))
        return unum_err_set(err, UNUM_E_INVAL, "%.*s is no bucket name", UNUM_STR_ARG(bucket));
    if (objects_bucket_exists(local, bucket))
        return unum_err_set(err, UNUM_E_EXISTS, "there is a bucket %.*s already",
                            UNUM_STR_ARG(bucket));
    int rc = unum_make_dirs(root, err);
    if (rc == 0)
        rc = unum_list_dir(root, &names, err);
    if (rc == 0 && names.list.len >= OBJECTS_MAX_BUCKETS)
        rc = unum_err_set(err, UNUM_E_LIMIT, "there are %d buckets already", OBJECTS_MAX_BUCKETS);
    return rc < 0 ? rc : unum_make_dirs(path, err);
}

int objects_bucket_delete(struct local *local, struct unum_str bucket, struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = bucket_path(local, bucket);
    if (!objects_bucket_exists(local, bucket))
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no bucket %.*s", UNUM_STR_ARG(bucket));
    struct objects_keys UNUM_AUTO(objects_keys_done) keys = {0};
    int rc = objects_list(local, bucket, UNUM_STR(""), &keys, err);
    if (rc == 0 && keys.list.len)
        rc = unum_err_set(err, UNUM_E_CONFLICT, "the bucket %.*s is not empty",
                          UNUM_STR_ARG(bucket));
    /* What is configured for it, and uploads that were never completed, go with it. */
    return rc < 0 ? rc : unum_remove_tree(path, err);
}

char *objects_path(const struct local *local, struct unum_str bucket, struct unum_str key)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(OBJECTS_MAX_KEY);
    char *UNUM_AUTO_FREE dir = bucket_path(local, bucket);
    /* "." and ".." are no names of files, and hidden ones are not listed as such. */
    unum_buf_addc(&name, 'o');
    http_encode(&name, key, false);
    if (name.failed || !key.len)
        return NULL;
    return unum_path_join(dir, unum_buf_text(&name));
}

static int need(const struct local *local, struct unum_str bucket, struct unum_str key,
                char **ret_path, struct unum_err *err)
{
    if (!objects_bucket_exists(local, bucket))
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no bucket %.*s", UNUM_STR_ARG(bucket));
    *ret_path = objects_path(local, bucket, key);
    return *ret_path ? 0
                     : unum_err_set(err, UNUM_E_LIMIT, "the key has more than %d bytes",
                                    OBJECTS_MAX_KEY - 1);
}

int objects_read(struct local *local, struct unum_str bucket, struct unum_str key,
                 struct unum_buf *out, struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = NULL;
    int rc = need(local, bucket, key, &path, err);
    if (rc == 0 && !unum_file_exists(path))
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "there is no object %.*s in %.*s",
                          UNUM_STR_ARG(key), UNUM_STR_ARG(bucket));
    return rc < 0 ? rc : unum_file_read(path, out, err);
}

int objects_write(struct local *local, struct unum_str bucket, struct unum_str key,
                  struct unum_str bytes, struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = NULL;
    int rc = need(local, bucket, key, &path, err);
    return rc < 0 ? rc : unum_file_write(path, bytes, 0600, err);
}

int objects_delete(struct local *local, struct unum_str bucket, struct unum_str key,
                   struct unum_err *err)
{
    char *UNUM_AUTO_FREE path = NULL;
    int rc = need(local, bucket, key, &path, err);
    if (rc < 0 || !path)
        return rc;
    return unlink(path) == 0 || errno == ENOENT ? 0 : unum_err_sys(err, errno, "remove %s", path);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int objects_list(struct local *local, struct unum_str bucket, struct unum_str prefix,
                 struct objects_keys *ret, struct unum_err *err)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    char *UNUM_AUTO_FREE dir = bucket_path(local, bucket);
    if (!objects_bucket_exists(local, bucket))
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no bucket %.*s", UNUM_STR_ARG(bucket));
    int rc = unum_list_dir(dir, &names, err);
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(OBJECTS_MAX_KEY);
        const char *name = names.list.at[i];
        if (name[0] == 'o' && http_decode(&key, unum_str_from(name + 1)) &&
            unum_str_starts(unum_buf_str(&key), prefix))
            *unum_vec_push(&ret->list) = unum_str_dup(unum_buf_str(&key));
    }
    if (ret->list.len)
        qsort(ret->list.at, ret->list.len, sizeof(char *), compare);
    return rc;
}

void objects_keys_done(struct objects_keys *keys)
{
    for (size_t i = 0; i < keys->list.len; i++)
        free(keys->list.at[i]);
    unum_vec_done(&keys->list);
}

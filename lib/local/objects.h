/*
 * objects: the buckets and objects of the emulated S3. An object is a file; the folder is the
 * index, so it survives a restart as the state file does. Internal to local/.
 */
#ifndef UNUM_LOCAL_OBJECTS_H
#define UNUM_LOCAL_OBJECTS_H

#include "local/internal.h"

enum {
    OBJECTS_MAX_KEY = 200, /* bytes, encoded: it becomes the name of a file */
    OBJECTS_MAX_SIZE = 512 * 1024 * 1024,
    OBJECTS_MAX_BUCKETS = 100,
};

/* Buckets whose name begins like this belong to another account: for tests of that. */
#define OBJECTS_FOREIGN "foreign-"

/* 3 to 63 lower-case letters, digits, "-" and "." (S3 User Guide, "Bucket naming rules"). */
bool objects_is_bucket_name(struct unum_str name);
bool objects_bucket_exists(const struct local *local, struct unum_str bucket);
/* EXISTS; INVAL: no bucket name; LIMIT. */
UNUM_CHECKED int objects_bucket_create(struct local *local, struct unum_str bucket,
                                       struct unum_err *err);
/* CONFLICT if there are objects in it. Absent: NOTFOUND. */
UNUM_CHECKED int objects_bucket_delete(struct local *local, struct unum_str bucket,
                                       struct unum_err *err);
/* Path of an object's file, owned; NULL if the key cannot be one. */
char *objects_path(const struct local *local, struct unum_str bucket, struct unum_str key);
/* All of an object. NOTFOUND. */
UNUM_CHECKED int objects_read(struct local *local, struct unum_str bucket, struct unum_str key,
                              struct unum_buf *out, struct unum_err *err);
UNUM_CHECKED int objects_write(struct local *local, struct unum_str bucket, struct unum_str key,
                               struct unum_str bytes, struct unum_err *err);
/* An absent one is success. */
UNUM_CHECKED int objects_delete(struct local *local, struct unum_str bucket, struct unum_str key,
                                struct unum_err *err);
/* Keys below `prefix` in byte order; freed with objects_keys_done(). */
struct objects_keys {
    UNUM_VEC(char *) list;
};
UNUM_CHECKED int objects_list(struct local *local, struct unum_str bucket, struct unum_str prefix,
                              struct objects_keys *ret, struct unum_err *err);
void objects_keys_done(struct objects_keys *keys);

#endif

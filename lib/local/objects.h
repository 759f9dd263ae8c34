/*
 * objects: the buckets, objects and unfinished uploads of the emulated S3. Their bytes are files in
 * a folder beside the state file (or in a temporary one); everything else is in memory and, record
 * by record, in the state file. Internal to local/.
 */
#ifndef UNUM_LOCAL_OBJECTS_H
#define UNUM_LOCAL_OBJECTS_H

#include "local/checksum.h"
#include "local/internal.h"

enum {
    OBJECTS_MAX_BUCKETS = 1000,
    OBJECTS_MAX_OBJECTS = 100000, /* of a bucket */
    OBJECTS_MAX_UPLOADS = 1000,   /* unfinished, of a bucket */
    OBJECTS_MAX_PARTS = 10000,
    OBJECTS_MAX_KEY = 1024,           /* bytes */
    OBJECTS_MAX_HEADERS = 8 * 1024,   /* bytes of what is given back with an object */
    OBJECTS_MAX_SETTING = 256 * 1024, /* bytes of a bucket's document */
    OBJECTS_MAX_SIZE = 512 * 1024 * 1024,
    OBJECTS_FILE = 40, /* a file's name, with its end */
};

/* Buckets whose name begins like this belong to another account: for tests of that. */
#define OBJECTS_FOREIGN "foreign-"

/* A checksum that the object was sent with: CHECKSUM_COUNT means none. */
struct object_sum {
    enum checksum kind;
    bool of_parts; /* a checksum of the parts' checksums ("COMPOSITE") */
    char *text;    /* owned */
};

struct object {
    char *key;
    int64_t size, modified_ms;
    char *etag;    /* quoted */
    char *headers; /* JSON object: those given with it, to be given back */
    struct object_sum sum;
    char file[OBJECTS_FILE];
};

struct upload_part {
    unsigned number;
    int64_t size, modified_ms;
    char *etag; /* quoted: the MD5 of its bytes */
    char *sum;  /* base64 text of the upload's checksum; NULL: none was sent */
    char file[OBJECTS_FILE];
};

struct upload {
    char id[OBJECTS_FILE], *key, *headers;
    int64_t created_ms;
    enum checksum sum; /* that its parts are sent with */
    bool whole;        /* the object's checksum is of all of its bytes ("FULL_OBJECT") */
    UNUM_VEC(struct upload_part) parts; /* ascending */
};

struct bucket {
    char *name;
    int64_t created_ms;
    struct unum_map objects;  /* key -> struct object */
    struct unum_map uploads;  /* id -> struct upload */
    struct unum_map settings; /* "policy" -> text as given */
};

/* ---- buckets (objects.c) ---- */

/* 3 to 63 lower-case letters, digits, "-" and "." (S3 User Guide, "Bucket naming rules"). */
bool objects_is_bucket_name(struct unum_str name);
struct bucket *objects_bucket(const struct local *local, struct unum_str name);
/* The name must be free. */
struct bucket *objects_bucket_new(struct local *local, struct unum_str name);
void objects_bucket_remove(struct local *local, struct bucket *bucket);
/* Keep a document; ptr NULL: forget it. */
void objects_bucket_set(struct local *local, struct bucket *bucket, const char *setting,
                        struct unum_str text);
/* What an earlier platform left. IO. */
UNUM_CHECKED int objects_restore(struct local *local, struct unum_err *err);
void objects_clear(struct local *local);

/* ---- objects (objects.c) ---- */

struct object *objects_find(const struct bucket *bucket, struct unum_str key);
/* Replaces an object of that key. Takes over what `object` owns. */
void objects_keep(struct local *local, struct bucket *bucket, const struct object *object);
/* An absent one is fine. */
void objects_remove(struct local *local, struct bucket *bucket, struct unum_str key);
/* All of an object, for other services. NOTFOUND, IO. */
UNUM_CHECKED int objects_read(struct local *local, struct unum_str bucket, struct unum_str key,
                              struct unum_buf *out, struct unum_err *err);
/* Bytes to a new file, whose name goes to `ret`. IO. */
UNUM_CHECKED int objects_file_write(struct local *local, struct unum_str bytes,
                                    char ret[OBJECTS_FILE], struct unum_err *err);
UNUM_CHECKED int objects_file_read(const struct local *local, const char *file,
                                   struct unum_buf *out, struct unum_err *err);

/* ---- uploads (uploads.c) ---- */

struct upload *uploads_new(struct local *local, struct bucket *bucket, struct unum_str key);
/* Keep what was set in a new one. */
void uploads_keep(struct local *local, const struct bucket *bucket, const struct upload *upload);
/* Where the part of this number is, or would be. */
size_t uploads_place(const struct upload *upload, unsigned number);
/* Replaces a part of that number. Takes over what `part` owns. */
void uploads_add_part(struct local *local, struct upload *upload, const struct upload_part *part);
void uploads_remove(struct local *local, struct bucket *bucket, struct upload *upload);
void uploads_free(struct upload *upload);
UNUM_CHECKED int uploads_restore(struct local *local, struct unum_err *err);

/* ---- files and records (objects.c) ---- */

void objects_file_remove(const struct local *local, const char *file);
/* Members of a record. The text is owned, empty if it is absent. */
char *objects_text_at(struct unum_str record, const char *name);
int64_t objects_number_at(struct unum_str record, const char *name, int64_t otherwise);

#endif

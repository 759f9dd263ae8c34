/*
 * s3: one request of the emulated S3: what it addresses, its body, and the operations that answer
 * it (see the table in operations.c). Internal to local/.
 */
#ifndef UNUM_LOCAL_S3_H
#define UNUM_LOCAL_S3_H

#include "local/objects.h"
#include "xml/xml.h"

#define S3_SPACE "http://s3.amazonaws.com/doc/2006-03-01/"

enum { S3_PAGE = 1000, S3_LEAST_PART = 5 * 1024 * 1024 };

struct s3_request {
    struct door_request *req;
    struct unum_str bucket_name, key; /* decoded; key empty: the bucket itself */
    struct bucket *bucket;            /* NULL: CreateBucket of a free name, ListBuckets */
    struct unum_str body;             /* without the frames of a stream; checked */
    enum checksum sum;                /* the checksum that came with it, or CHECKSUM_COUNT */
    struct unum_str sum_text;
};

/* What every request needs: its address, its bucket, its body. False: an error was answered. */
bool s3_prepare(struct door_request *req);
/* "/BUCKET/KEY" of a request, also of one that is addressed as BUCKET.localhost; in its arena. */
struct unum_str s3_path(struct door_request *req);
/* application/xml, if there is a body. */
void s3_answer(struct s3_request *s, int status);
void s3_error(struct s3_request *s, int status, const char *code, const char *text);
/* The body as XML, whose root must be `name`; NULL: an error was answered. */
const struct xml_element *s3_body_xml(struct s3_request *s, const char *name);
/* Number in a query parameter; `otherwise` if it is absent. False: an error was answered. */
bool s3_number(struct s3_request *s, const char *name, int64_t otherwise, int64_t least,
               int64_t most, int64_t *ret);
bool s3_has(const struct s3_request *s, const char *parameter);
struct unum_str s3_param(struct s3_request *s, const char *parameter); /* or empty */
/* "key" or, with encoding-type=url, its percent-encoded form. */
void s3_write_key(struct s3_request *s, const char *tag, struct unum_str key);
void s3_begin(struct s3_request *s, const char *root);

/* What was sent, without the frames of "aws-chunked", its length, signatures and checksums
 * verified; a view of the request's, or in its arena. False: an error was answered (s3_body.c). */
bool s3_read_body(struct s3_request *s);
/* Take "aws-chunked" frames apart. `chain`: what the frames are signed with, NULL if they are not;
 * trailers go to `trailers`. NULL, or S3's code of what is wrong (s3_body.c). */
const char *s3_unframe(struct unum_str framed, const struct door_chain *chain, bool trailer,
                       struct unum_buf *out, struct unum_arena *arena,
                       struct http_headers *trailers);

/* Headers of the request that are given back with an object, as JSON object (owned); NULL: there
 * are too many, and that was answered (s3_object.c). */
char *s3_given_headers(struct s3_request *s);
/* If-None-Match and If-Match of a write, and room for it. False: an error was answered. */
bool s3_may_write(struct s3_request *s);
struct unum_str s3_etag(struct s3_request *s, struct unum_str bytes); /* "\"MD5\"" */

void s3_list_buckets(struct door_request *req);
void s3_create_bucket(struct door_request *req);
void s3_head_bucket(struct door_request *req);
void s3_delete_bucket(struct door_request *req);
void s3_get_location(struct door_request *req);
void s3_put_setting(struct door_request *req);
void s3_get_setting(struct door_request *req);
void s3_delete_setting(struct door_request *req);
void s3_list_objects(struct door_request *req);
void s3_list_objects_v2(struct door_request *req);
void s3_delete_objects(struct door_request *req);
void s3_put_object(struct door_request *req);
void s3_get_object(struct door_request *req);
void s3_head_object(struct door_request *req);
void s3_delete_object(struct door_request *req);
void s3_create_upload(struct door_request *req);
void s3_upload_part(struct door_request *req);
void s3_complete_upload(struct door_request *req);
void s3_abort_upload(struct door_request *req);
void s3_list_parts(struct door_request *req);
void s3_list_uploads(struct door_request *req);

#endif

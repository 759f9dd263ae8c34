#include "aws/s3.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/vec.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "xml/xml.h"

enum { DELETE_AT_ONCE = 1000, FORM = 4 * 1024 * 1024 };

/* ---- requests ---- */

static struct unum_str path_of(struct unum_arena *arena, struct s3_bucket bucket,
                               struct unum_str key)
{
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_addc(&path, '/');
    http_encode(&path, bucket.name, false);
    if (key.len)
        unum_buf_addc(&path, '/');
    http_encode(&path, key, true);
    return unum_arena_str(arena, unum_buf_str(&path));
}

static void header(struct aws_call *call, const char *name, struct unum_str value)
{
    http_headers_add(&call->headers, &call->x.arena, unum_str_from(name), value);
}

static struct aws_call begin(const char *operation, const char *method, struct s3_bucket bucket,
                             struct unum_str key)
{
    struct aws_call call = {
        .service = AWS_S3, .operation = unum_str_from(operation), .method = unum_str_from(method)};
    call.path = path_of(&call.x.arena, bucket, key);
    if (bucket.owner.len)
        header(&call, "x-amz-expected-bucket-owner", bucket.owner);
    return call;
}

static void parameter(struct aws_call *call, const char *name, struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_add(&query, call->query);
    if (query.len)
        unum_buf_addc(&query, '&');
    http_encode(&query, unum_str_from(name), false);
    unum_buf_addc(&query, '=');
    http_encode(&query, value, false);
    call->query = unum_arena_str(&call->x.arena, unum_buf_str(&query));
}

/* base64 of the SHA-256 of the body, which the service compares. */
static void checksum(struct aws_call *call, struct unum_buf *ret)
{
    unsigned char digest[HASH_SHA256_LEN];
    hash_sha256(call->body, digest);
    base64_encode(ret, unum_str_of((const char *)digest, sizeof(digest)));
    header(call, "x-amz-sdk-checksum-algorithm", UNUM_STR("SHA256"));
    header(call, "x-amz-checksum-sha256", unum_arena_str(&call->x.arena, unum_buf_str(ret)));
}

/* The region a refusal names: a header, or <Region> of AuthorizationHeaderMalformed. Answers to
 * HEAD have no body. */
static struct unum_str named_region(struct aws_call *call)
{
    const struct http_header *header =
        http_headers_get(&call->x.response_headers, "x-amz-bucket-region");
    struct unum_err UNUM_AUTO_ERR ignored = UNUM_ERR_INIT;
    const struct xml_element *root = NULL;
    if (call->status != 301 && call->status != 307 && call->status != 400)
        return UNUM_STR_NONE;
    if (header)
        return header->value;
    return xml_parse(unum_buf_str(&call->x.response), &call->x.arena, &root, &ignored) == 0
               ? xml_text(root, "Region")
               : UNUM_STR_NONE;
}

static int explain(const struct aws_client *client, struct aws_call *call, struct s3_bucket bucket,
                   struct unum_err *err)
{
    struct unum_str region = named_region(call);
    if (region.len && !unum_str_eq(region, aws_client_region(client))) {
        (void)unum_err_set(err, UNUM_E_INVAL, "the bucket %.*s is in the region %.*s, not in %.*s",
                           UNUM_STR_ARG(bucket.name), UNUM_STR_ARG(region),
                           UNUM_STR_ARG(aws_client_region(client)));
        (void)unum_err_hint(err, "use a bucket in the region of the deployment, or pass --region");
        return UNUM_E_INVAL;
    }
    if (call->rc == UNUM_E_DENIED)
        (void)unum_err_hint(err,
                            "the bucket %.*s belongs to another account, or this identity may not "
                            "use it",
                            UNUM_STR_ARG(bucket.name));
    /* Answers to HEAD do not say what they are about. */
    (void)unum_err_wrap(err, "the bucket %.*s", UNUM_STR_ARG(bucket.name));
    return call->rc;
}

static int send(struct aws_client *client, struct aws_call *call, struct s3_bucket bucket,
                struct unum_err *err)
{
    int rc = aws_call_one(client, call, err);
    return rc < 0 ? explain(client, call, bucket, err) : 0;
}

int s3_bucket_head(struct aws_client *client, struct s3_bucket bucket, struct unum_err *err)
{
    struct aws_call call = begin("HeadBucket", "HEAD", bucket, UNUM_STR(""));
    int rc = send(client, &call, bucket, err);
    aws_call_done(&call);
    return rc;
}

/* ---- objects ---- */

int s3_head(struct aws_client *client, struct s3_bucket bucket, struct unum_str key,
            struct s3_object *ret, struct unum_err *err)
{
    struct aws_call call = begin("HeadObject", "HEAD", bucket, key);
    int rc = send(client, &call, bucket, err);
    if (rc == 0) {
        const struct http_header *length =
            http_headers_get(&call.x.response_headers, "content-length");
        *ret = (struct s3_object){.size = -1};
        if (length && !unum_str_to_i64(length->value, &ret->size))
            ret->size = -1;
    }
    aws_call_done(&call);
    return rc;
}

int s3_put(struct aws_client *client, struct s3_bucket bucket, struct unum_str key,
           struct unum_str bytes, bool only_new, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF sum = UNUM_BUF_INIT(64);
    struct aws_call call = begin("PutObject", "PUT", bucket, key);
    call.body = bytes;
    checksum(&call, &sum);
    if (only_new)
        header(&call, "If-None-Match", UNUM_STR("*"));
    int rc = send(client, &call, bucket, err);
    if (rc < 0 && call.status == 412)
        rc = unum_err_set(err, UNUM_E_EXISTS, "there is an object %.*s already", UNUM_STR_ARG(key));
    aws_call_done(&call);
    return rc;
}

/* The answer as XML, which is a `root` (NULL: or whatever); views live in the arena. */
static int answer(const struct aws_call *call, const char *root, struct unum_arena *arena,
                  const struct xml_element **ret, struct unum_err *err)
{
    int rc = xml_parse(unum_buf_str(&call->x.response), arena, ret, err);
    if (rc == 0 && root && !unum_str_is((*ret)->name, root))
        rc = unum_err_set(err, UNUM_E_PARSE, "is no %s", root);
    return rc < 0 ? unum_err_wrap(err, "s3 %.*s: the answer", UNUM_STR_ARG(call->operation)) : 0;
}

/* ---- objects in parts ---- */

struct upload {
    struct aws_client *client;
    struct s3_bucket bucket;
    struct unum_str key, id;
    struct unum_arena arena;
    struct unum_buf parts; /* XML: one element per part */
    const struct s3_progress *progress;
    int64_t total;
};

static int begin_upload(struct upload *u, struct unum_err *err)
{
    const struct xml_element *root = NULL;
    struct aws_call call = begin("CreateMultipartUpload", "POST", u->bucket, u->key);
    call.query = UNUM_STR("uploads=");
    header(&call, "x-amz-checksum-algorithm", UNUM_STR("SHA256"));
    int rc = send(u->client, &call, u->bucket, err);
    if (rc == 0)
        rc = answer(&call, "InitiateMultipartUploadResult", &u->arena, &root, err);
    if (rc == 0)
        u->id = xml_text(root, "UploadId");
    if (rc == 0 && !u->id.len)
        rc =
            unum_err_set(err, UNUM_E_PARSE, "s3 CreateMultipartUpload: an answer without UploadId");
    aws_call_done(&call);
    return rc;
}

static int upload_part(struct upload *u, int number, struct unum_str bytes, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF sum = UNUM_BUF_INIT(64);
    struct aws_call call = begin("UploadPart", "PUT", u->bucket, u->key);
    parameter(&call, "partNumber", unum_arena_printf(&call.x.arena, "%d", number));
    parameter(&call, "uploadId", u->id);
    call.body = bytes;
    checksum(&call, &sum);
    int rc = send(u->client, &call, u->bucket, err);
    const struct http_header *tag = http_headers_get(&call.x.response_headers, "etag");
    if (rc == 0 && !tag)
        rc = unum_err_set(err, UNUM_E_PARSE, "s3 UploadPart: an answer without ETag");
    if (rc == 0 && tag)
        unum_buf_printf(&u->parts,
                        "<Part><PartNumber>%d</PartNumber><ETag>%.*s</ETag>"
                        "<ChecksumSHA256>%s</ChecksumSHA256></Part>",
                        number, UNUM_STR_ARG(tag->value), unum_buf_text(&sum));
    aws_call_done(&call);
    return rc;
}

/* A failed completion may come with status 200: the error is in the body then. */
static int complete_upload(struct upload *u, bool only_new, struct unum_err *err)
{
    const struct xml_element *root = NULL;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(FORM);
    struct aws_call call = begin("CompleteMultipartUpload", "POST", u->bucket, u->key);
    unum_buf_printf(&body, "<CompleteMultipartUpload>%s</CompleteMultipartUpload>",
                    unum_buf_text(&u->parts));
    parameter(&call, "uploadId", u->id);
    call.body = unum_buf_str(&body);
    header(&call, "Content-Type", UNUM_STR("application/xml"));
    if (only_new)
        header(&call, "If-None-Match", UNUM_STR("*"));
    int rc = send(u->client, &call, u->bucket, err);
    if (rc < 0 && call.status == 412)
        rc = unum_err_set(err, UNUM_E_EXISTS, "there is an object %.*s already",
                          UNUM_STR_ARG(u->key));
    if (rc == 0)
        rc = answer(&call, NULL, &u->arena, &root, err);
    if (rc == 0 && !xml_text(root, "ETag").len)
        rc = unum_err_set(err, UNUM_E_REMOTE, "s3 CompleteMultipartUpload: %.*s: %.*s",
                          UNUM_STR_ARG(xml_text(root, "Code")),
                          UNUM_STR_ARG(xml_text(root, "Message")));
    aws_call_done(&call);
    return rc;
}

static int abort_upload(struct aws_client *client, struct s3_bucket bucket, struct unum_str key,
                        struct unum_str id, struct unum_err *err)
{
    struct aws_call call = begin("AbortMultipartUpload", "DELETE", bucket, key);
    parameter(&call, "uploadId", id);
    int rc = send(client, &call, bucket, err);
    if (rc == UNUM_E_NOTFOUND) {
        unum_err_clear(err);
        rc = 0;
    }
    aws_call_done(&call);
    return rc;
}

static int read_part(int fd, const char *path, struct unum_buf *part, struct unum_err *err)
{
    char chunk[64 * 1024];
    unum_buf_clear(part);
    while (part->len < S3_PART) {
        size_t room = S3_PART - part->len;
        ssize_t got = read(fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return unum_err_sys(err, errno, "read %s", path);
        if (got == 0)
            return 0;
        unum_buf_add(part, unum_str_of(chunk, (size_t)got));
    }
    return 0;
}

static int upload_parts(struct upload *u, int fd, const char *path, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF part = UNUM_BUF_INIT(S3_PART);
    int64_t sent = 0;
    for (int number = 1; number <= S3_MAX_PARTS; number++) {
        int rc = read_part(fd, path, &part, err);
        if (rc == 0 && part.len)
            rc = upload_part(u, number, unum_buf_str(&part), err);
        if (rc < 0 || !part.len)
            return rc;
        sent += (int64_t)part.len;
        if (u->progress)
            u->progress->sent(u->progress->cookie, sent, u->total);
    }
    return unum_err_set(err, UNUM_E_LIMIT, "%s has more than %d parts", path, S3_MAX_PARTS);
}

static int put_parts(struct upload *u, int fd, const char *path, bool only_new,
                     struct unum_err *err)
{
    int rc = begin_upload(u, err);
    if (rc < 0)
        return rc;
    rc = upload_parts(u, fd, path, err);
    if (rc == 0)
        rc = complete_upload(u, only_new, err);
    if (rc < 0) {
        /* The first failure is what is told; what stays behind goes with the next deployment. */
        int ignored = abort_upload(u->client, u->bucket, u->key, u->id, NULL);
        (void)ignored;
    }
    return rc;
}

int s3_put_file(struct aws_client *client, struct s3_bucket bucket, struct unum_str key,
                const char *path, bool only_new, const struct s3_progress *progress,
                struct unum_err *err)
{
    struct stat st;
    int UNUM_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return unum_err_sys(err, errno, "open %s", path);
    struct upload u = {.client = client,
                       .bucket = bucket,
                       .key = key,
                       .arena = UNUM_ARENA_INIT,
                       .parts = UNUM_BUF_INIT(FORM),
                       .progress = progress,
                       .total = (int64_t)st.st_size};
    int rc;
    if (st.st_size > S3_SINGLE) {
        rc = put_parts(&u, fd, path, only_new, err);
    } else {
        struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(S3_SINGLE);
        rc = unum_file_read(path, &bytes, err);
        if (rc == 0)
            rc = s3_put(client, bucket, key, unum_buf_str(&bytes), only_new, err);
        if (rc == 0 && progress)
            progress->sent(progress->cookie, u.total, u.total);
    }
    unum_buf_done(&u.parts);
    unum_arena_done(&u.arena);
    return rc;
}

/* ---- listing and deleting ---- */

typedef UNUM_VEC(struct s3_object) object_list;

static int read_listing(const struct xml_element *root, struct unum_arena *arena,
                        object_list *objects, struct unum_err *err)
{
    const struct xml_element *entry = xml_child(root, "Contents");
    for (; entry; entry = xml_next(entry, "Contents")) {
        struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct s3_object object = {.size = -1, .modified = xml_text(entry, "LastModified")};
        if (!http_decode(&key, xml_text(entry, "Key")) ||
            !unum_str_to_i64(xml_text(entry, "Size"), &object.size))
            return unum_err_set(err, UNUM_E_PARSE, "s3 ListObjectsV2: a malformed entry");
        if (objects->len >= S3_MAX_LIST)
            return unum_err_set(err, UNUM_E_LIMIT, "there are more than %d objects", S3_MAX_LIST);
        object.key = unum_arena_str(arena, unum_buf_str(&key));
        *unum_vec_push(objects) = object;
    }
    return 0;
}

static int list_page(struct aws_client *client, struct s3_bucket bucket, struct unum_str prefix,
                     struct unum_arena *arena, object_list *objects, struct unum_str *token,
                     struct unum_err *err)
{
    const struct xml_element *root = NULL;
    struct aws_call call = begin("ListObjectsV2", "GET", bucket, UNUM_STR(""));
    if (token->len)
        parameter(&call, "continuation-token", *token);
    parameter(&call, "encoding-type", UNUM_STR("url"));
    parameter(&call, "list-type", UNUM_STR("2"));
    parameter(&call, "prefix", prefix);
    int rc = send(client, &call, bucket, err);
    if (rc == 0)
        rc = answer(&call, "ListBucketResult", arena, &root, err);
    if (rc == 0)
        rc = read_listing(root, arena, objects, err);
    if (rc == 0)
        *token = unum_str_is(xml_text(root, "IsTruncated"), "true")
                     ? xml_text(root, "NextContinuationToken")
                     : UNUM_STR_NONE;
    aws_call_done(&call);
    return rc;
}

int s3_list(struct aws_client *client, struct s3_bucket bucket, struct unum_str prefix,
            struct unum_arena *arena, struct s3_object **ret, size_t *ret_len, struct unum_err *err)
{
    object_list objects = {0};
    struct unum_str token = UNUM_STR_NONE;
    int rc, pages = 0;
    do {
        rc = list_page(client, bucket, prefix, arena, &objects, &token, err);
        if (rc == 0 && ++pages > S3_MAX_PAGES)
            rc = unum_err_set(err, UNUM_E_LIMIT, "s3 ListObjectsV2: more than %d pages",
                              S3_MAX_PAGES);
    } while (rc == 0 && token.len);
    if (rc == 0) {
        *ret = unum_arena_array(arena, objects.len, sizeof(**ret));
        *ret_len = objects.len;
        for (size_t i = 0; i < objects.len; i++)
            (*ret)[i] = objects.at[i];
    }
    unum_vec_done(&objects);
    return rc;
}

static void add_xml_text(struct unum_buf *out, struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '&')
            unum_buf_adds(out, "&amp;");
        else if (c == '<')
            unum_buf_adds(out, "&lt;");
        else if (c == '>')
            unum_buf_adds(out, "&gt;");
        else if ((unsigned char)c < 0x20)
            unum_buf_printf(out, "&#%d;", c);
        else
            unum_buf_addc(out, c);
    }
}

static int delete_some(struct aws_client *client, struct s3_bucket bucket,
                       const struct unum_str *keys, size_t count, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(FORM);
    struct unum_buf UNUM_AUTO_BUF sum = UNUM_BUF_INIT(64);
    const struct xml_element *root = NULL;
    struct aws_call call = begin("DeleteObjects", "POST", bucket, UNUM_STR(""));
    unum_buf_adds(&body, "<Delete><Quiet>true</Quiet>");
    for (size_t i = 0; i < count; i++) {
        unum_buf_adds(&body, "<Object><Key>");
        add_xml_text(&body, keys[i]);
        unum_buf_adds(&body, "</Key></Object>");
    }
    unum_buf_adds(&body, "</Delete>");
    call.query = UNUM_STR("delete=");
    call.body = unum_buf_str(&body);
    header(&call, "Content-Type", UNUM_STR("application/xml"));
    checksum(&call, &sum);
    int rc = send(client, &call, bucket, err);
    if (rc == 0)
        rc = answer(&call, "DeleteResult", &arena, &root, err);
    const struct xml_element *failed = rc == 0 ? xml_child(root, "Error") : NULL;
    if (failed)
        rc = unum_err_set(err, UNUM_E_FAILED, "%.*s could not be deleted: %.*s: %.*s",
                          UNUM_STR_ARG(xml_text(failed, "Key")),
                          UNUM_STR_ARG(xml_text(failed, "Code")),
                          UNUM_STR_ARG(xml_text(failed, "Message")));
    aws_call_done(&call);
    return rc;
}

int s3_delete(struct aws_client *client, struct s3_bucket bucket, const struct unum_str *keys,
              size_t count, struct unum_err *err)
{
    int rc = 0;
    for (size_t from = 0; rc == 0 && from < count; from += DELETE_AT_ONCE) {
        size_t some = count - from < DELETE_AT_ONCE ? count - from : DELETE_AT_ONCE;
        rc = delete_some(client, bucket, keys + from, some, err);
    }
    return rc;
}

/* One page of them; *more: there is another, behind the two markers. */
struct stale {
    struct unum_arena arena;
    struct unum_str key, id; /* of the last upload of the page */
    bool more;
    size_t count;
};

static int abort_page(struct aws_client *client, struct s3_bucket bucket, struct unum_str prefix,
                      struct stale *stale, struct unum_err *err)
{
    const struct xml_element *root = NULL;
    struct aws_call call = begin("ListMultipartUploads", "GET", bucket, UNUM_STR(""));
    if (stale->more)
        parameter(&call, "key-marker", stale->key);
    parameter(&call, "prefix", prefix);
    if (stale->more)
        parameter(&call, "upload-id-marker", stale->id);
    parameter(&call, "uploads", UNUM_STR(""));
    int rc = send(client, &call, bucket, err);
    if (rc == 0)
        rc = answer(&call, "ListMultipartUploadsResult", &stale->arena, &root, err);
    const struct xml_element *entry = rc == 0 ? xml_child(root, "Upload") : NULL;
    for (; rc == 0 && entry; entry = xml_next(entry, "Upload")) {
        rc = abort_upload(client, bucket, xml_text(entry, "Key"), xml_text(entry, "UploadId"), err);
        stale->count++;
    }
    if (rc == 0) {
        stale->key = xml_text(root, "NextKeyMarker");
        stale->id = xml_text(root, "NextUploadIdMarker");
        stale->more = stale->key.len && unum_str_is(xml_text(root, "IsTruncated"), "true");
    }
    aws_call_done(&call);
    return rc;
}

int s3_abort_stale(struct aws_client *client, struct s3_bucket bucket, struct unum_str prefix,
                   size_t *ret_count, struct unum_err *err)
{
    struct stale stale = {.arena = UNUM_ARENA_INIT};
    int rc, pages = 0;
    do {
        rc = abort_page(client, bucket, prefix, &stale, err);
        if (rc == 0 && ++pages > S3_MAX_PAGES)
            rc = unum_err_set(err, UNUM_E_LIMIT, "s3 ListMultipartUploads: more than %d pages",
                              S3_MAX_PAGES);
    } while (rc == 0 && stale.more);
    unum_arena_done(&stale.arena);
    if (rc == 0 && ret_count)
        *ret_count = stale.count;
    return rc;
}

/*
 * The emulated S3, as far as deployments need it: buckets, whole objects, objects in parts,
 * listings. Addressed by path. Buckets belong to the platform's account, but for those named
 * "foreign-...". Source: Amazon S3 API Reference, version 2006-03-01.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/rand.h"
#include "crypto/base64.h"
#include "crypto/hash.h"
#include "local/markup.h"
#include "local/objects.h"
#include "json/json.h"

enum { PAGE = 1000, MAX_PARTS = 10000 };

/* What a request is about. */
struct s3_call {
    struct door_request *req;
    struct local *local;
    struct unum_str bucket, key; /* decoded, in the request's arena */
};

/* ---- answering ---- */

void s3_error_body(struct door_request *req, const char *code, struct unum_str text)
{
    struct unum_buf *out = &req->answer.body;
    req->answer.content_type = "application/xml";
    /* Answers to HEAD have no body. */
    if (unum_str_is(req->method, "HEAD"))
        return;
    unum_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
    markup_text(out, "Code", unum_str_from(code));
    markup_text(out, "Message", text);
    markup_text(out, "Resource", req->path);
    unum_buf_adds(out, "</Error>");
}

static void answer_xml(struct door_request *req)
{
    req->answer.status = 200;
    req->answer.content_type = "application/xml";
    door_answer(req);
}

static void answer_empty(struct door_request *req, int status)
{
    req->answer.status = status;
    req->answer.content_type = "application/xml";
    door_answer(req);
}

static void begin_xml(struct door_request *req, const char *root)
{
    unum_buf_printf(&req->answer.body,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s "
                    "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
                    root);
}

/* What went wrong in objects.c, in the service's words. */
static void answer_error(struct s3_call *call, int rc, const struct unum_err *err)
{
    struct door_request *req = call->req;
    if (rc == UNUM_E_NOTFOUND && !objects_bucket_exists(call->local, call->bucket))
        door_error(req, 404, "NoSuchBucket", "The specified bucket does not exist");
    else if (rc == UNUM_E_NOTFOUND)
        door_error(req, 404, "NoSuchKey", "The specified key does not exist.");
    else if (rc == UNUM_E_EXISTS)
        door_error(req, 409, "BucketAlreadyOwnedByYou",
                   "Your previous request to create the named bucket succeeded and you already own "
                   "it.");
    else if (rc == UNUM_E_CONFLICT)
        door_error(req, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty");
    else if (rc == UNUM_E_INVAL)
        door_error(req, 400, "InvalidBucketName", "The specified bucket is not valid.");
    else if (rc == UNUM_E_LIMIT)
        door_error(req, 400, "KeyTooLongError", "%s", unum_err_text(err));
    else
        door_error(req, 500, "InternalError", "%s", unum_err_text(err));
}

static void header(struct door_request *req, const char *name, struct unum_str value)
{
    door_header(req, name, unum_arena_str(&req->arena, value));
}

/* ---- content ---- */

/* Not MD5: an ETag is only compared. */
static void add_etag(struct unum_buf *out, struct unum_str bytes)
{
    char hex[HASH_SHA256_HEX + 1];
    hash_sha256_hex(bytes, hex);
    unum_buf_printf(out, "\"%.32s\"", hex);
}

static void header_etag(struct door_request *req, struct unum_str bytes)
{
    struct unum_buf UNUM_AUTO_BUF tag = UNUM_BUF_INIT(64);
    add_etag(&tag, bytes);
    header(req, "ETag", unum_buf_str(&tag));
}

/* False: an error was answered. */
static bool check_body(struct door_request *req)
{
    struct unum_str sum = door_get(req, "x-amz-checksum-sha256");
    unsigned char digest[HASH_SHA256_LEN];
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    if (unum_str_starts(door_get(req, "x-amz-content-sha256"), UNUM_STR("STREAMING-"))) {
        door_error(req, 501, "NotImplemented", "the local S3 takes no bodies in signed chunks");
        return false;
    }
    if (!sum.len)
        return true;
    hash_sha256(req->body, digest);
    base64_encode(&text, unum_str_of((const char *)digest, sizeof(digest)));
    if (unum_str_eq(unum_buf_str(&text), sum))
        return true;
    door_error(req, 400, "BadDigest",
               "The SHA256 you specified did not match the calculated "
               "checksum.");
    return false;
}

static bool exists(struct s3_call *call, int64_t *ret_size, int64_t *ret_modified_ns)
{
    struct stat st;
    char *UNUM_AUTO_FREE path = objects_path(call->local, call->bucket, call->key);
    if (!path || stat(path, &st) < 0)
        return false;
    *ret_size = (int64_t)st.st_size;
    *ret_modified_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return true;
}

/* "If-None-Match: *": only where there is nothing yet. False: an error was answered. */
static bool may_write(struct s3_call *call)
{
    int64_t size, modified;
    if (!unum_str_is(door_get(call->req, "if-none-match"), "*") || !exists(call, &size, &modified))
        return true;
    door_error(call->req, 412, "PreconditionFailed",
               "At least one of the pre-conditions you specified did not hold");
    return false;
}

/* ---- buckets ---- */

static void create_bucket(struct s3_call *call)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = objects_bucket_create(call->local, call->bucket, &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    struct unum_buf UNUM_AUTO_BUF place = UNUM_BUF_INIT(128);
    unum_buf_printf(&place, "/%.*s", UNUM_STR_ARG(call->bucket));
    header(call->req, "Location", unum_buf_str(&place));
    answer_empty(call->req, 200);
}

static void delete_bucket(struct s3_call *call)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = objects_bucket_delete(call->local, call->bucket, &err);
    if (rc < 0)
        answer_error(call, rc, &err);
    else
        answer_empty(call->req, 204);
}

static void head_bucket(struct s3_call *call)
{
    header(call->req, "x-amz-bucket-region", call->local->region);
    answer_empty(call->req, 200);
}

static void bucket_location(struct s3_call *call)
{
    begin_xml(call->req, "LocationConstraint");
    if (!unum_str_is(call->local->region, "us-east-1"))
        unum_buf_add(&call->req->answer.body, call->local->region);
    unum_buf_adds(&call->req->answer.body, "</LocationConstraint>");
    answer_xml(call->req);
}

/* ---- listing ---- */

static void add_entry(struct s3_call *call, const char *key, bool encoded)
{
    struct unum_buf *out = &call->req->answer.body;
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    int64_t size = 0, modified_ns = 0;
    call->key = unum_str_from(key);
    if (!exists(call, &size, &modified_ns))
        return;
    if (encoded)
        http_encode(&name, call->key, true);
    else
        unum_buf_add(&name, call->key);
    unum_time_rfc3339(modified_ns / 1000000, &time);
    unum_buf_adds(out, "<Contents>");
    markup_text(out, "Key", unum_buf_str(&name));
    markup_text(out, "LastModified", unum_buf_str(&time));
    unum_buf_printf(out, "<Size>%lld</Size><StorageClass>STANDARD</StorageClass></Contents>",
                    (long long)size);
}

static void list_objects(struct s3_call *call)
{
    struct door_request *req = call->req;
    struct objects_keys UNUM_AUTO(objects_keys_done) keys = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str prefix = UNUM_STR(""), after = UNUM_STR(""), text;
    int64_t most = PAGE;
    (void)door_query(req, "prefix", &prefix);
    if (!door_query(req, "continuation-token", &after))
        (void)door_query(req, "start-after", &after);
    if (door_query(req, "max-keys", &text) &&
        (!unum_str_to_i64(text, &most) || most < 0 || most > PAGE))
        most = PAGE;
    int rc = objects_list(call->local, call->bucket, prefix, &keys, &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    bool encoded = door_query(req, "encoding-type", &text) && unum_str_is(text, "url");
    size_t from = 0, count = 0;
    while (from < keys.list.len && after.len &&
           unum_str_cmp(unum_str_from(keys.list.at[from]), after) <= 0)
        from++;
    begin_xml(req, "ListBucketResult");
    markup_text(&req->answer.body, "Name", call->bucket);
    markup_text(&req->answer.body, "Prefix", prefix);
    for (; from < keys.list.len && count < (size_t)most; from++, count++)
        add_entry(call, keys.list.at[from], encoded);
    bool more = from < keys.list.len && count > 0;
    unum_buf_printf(&req->answer.body, "<KeyCount>%zu</KeyCount><MaxKeys>%lld</MaxKeys>", count,
                    (long long)most);
    if (encoded)
        unum_buf_adds(&req->answer.body, "<EncodingType>url</EncodingType>");
    unum_buf_printf(&req->answer.body, "<IsTruncated>%s</IsTruncated>", more ? "true" : "false");
    if (more)
        markup_text(&req->answer.body, "NextContinuationToken",
                    unum_str_from(keys.list.at[from - 1]));
    unum_buf_adds(&req->answer.body, "</ListBucketResult>");
    answer_xml(req);
}

/* ---- objects ---- */

static void put_object(struct s3_call *call)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!check_body(call->req) || !may_write(call))
        return;
    int rc = objects_write(call->local, call->bucket, call->key, call->req->body, &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    header_etag(call->req, call->req->body);
    answer_empty(call->req, 200);
}

/* "bytes=FIRST-LAST", either of them absent (RFC 9110, section 14.1.2); false: none that can be
 * served. */
static bool parse_range(struct unum_str text, size_t size, size_t *ret_first, size_t *ret_len)
{
    static const struct unum_str unit = UNUM_STR_INIT("bytes=");
    uint64_t first = 0, last = size ? size - 1 : 0;
    if (!unum_str_starts(text, unit) || !size)
        return false;
    text = unum_str_from_pos(text, unit.len);
    size_t dash = unum_str_find(text, '-');
    if (dash >= text.len)
        return false;
    struct unum_str from = unum_str_slice(text, 0, dash), to = unum_str_from_pos(text, dash + 1);
    if (!from.len) {
        uint64_t tail;
        if (!unum_str_to_u64(to, &tail) || !tail)
            return false;
        first = tail < size ? size - tail : 0;
    } else if (!unum_str_to_u64(from, &first) || (to.len && !unum_str_to_u64(to, &last))) {
        return false;
    }
    last = last < size ? last : size - 1;
    if (first > last)
        return false;
    *ret_first = (size_t)first;
    *ret_len = (size_t)(last - first + 1);
    return true;
}

/* The part that was asked for; false: an error was answered. */
static bool take_range(struct door_request *req, struct unum_str *bytes)
{
    struct unum_str range = door_get(req, "range");
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(128);
    size_t first, len;
    if (!range.len)
        return true;
    if (!parse_range(range, bytes->len, &first, &len)) {
        door_error(req, 416, "InvalidRange", "The requested range is not satisfiable");
        return false;
    }
    unum_buf_printf(&text, "bytes %zu-%zu/%zu", first, first + len - 1, bytes->len);
    header(req, "Content-Range", unum_buf_str(&text));
    *bytes = unum_str_slice(*bytes, first, len);
    req->answer.status = 206;
    return true;
}

static void get_object(struct s3_call *call, bool head)
{
    struct door_request *req = call->req;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(OBJECTS_MAX_SIZE);
    int rc = objects_read(call->local, call->bucket, call->key, &bytes, &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    struct unum_str part = unum_buf_str(&bytes);
    header_etag(req, part);
    header(req, "Accept-Ranges", UNUM_STR("bytes"));
    req->answer.status = 200;
    if (!take_range(req, &part))
        return;
    req->answer.content_type = "binary/octet-stream";
    req->answer.body.max = OBJECTS_MAX_SIZE;
    if (head) {
        struct unum_buf UNUM_AUTO_BUF length = UNUM_BUF_INIT(32);
        unum_buf_printf(&length, "%zu", part.len);
        header(req, "Content-Length", unum_buf_str(&length));
    } else {
        unum_buf_add(&req->answer.body, part);
    }
    door_answer(req);
}

static void delete_object(struct s3_call *call)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = objects_delete(call->local, call->bucket, call->key, &err);
    if (rc < 0)
        answer_error(call, rc, &err);
    else
        answer_empty(call->req, 204);
}

/* The text of the next <name>...</name> behind *at; entities of XML's own decoded. */
static bool next_element(struct unum_str xml, size_t *at, const char *name, struct unum_buf *ret)
{
    static const struct {
        const char *entity;
        char c;
    } entities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    char open[32], close[32];
    (void)snprintf(open, sizeof(open), "<%s>", name);
    (void)snprintf(close, sizeof(close), "</%s>", name);
    struct unum_str rest = unum_str_from_pos(xml, *at);
    size_t from = unum_str_search(rest, unum_str_from(open));
    if (from == SIZE_MAX)
        return false;
    rest = unum_str_from_pos(rest, from + strlen(open));
    size_t len = unum_str_search(rest, unum_str_from(close));
    if (len == SIZE_MAX)
        return false;
    *at = (size_t)(rest.ptr - xml.ptr) + len + strlen(close);
    struct unum_str text = unum_str_slice(rest, 0, len);
    unum_buf_clear(ret);
    for (size_t i = 0; i < text.len;) {
        size_t k = 0;
        while (k < UNUM_COUNT(entities) &&
               !unum_str_starts(unum_str_from_pos(text, i), unum_str_from(entities[k].entity)))
            k++;
        if (k < UNUM_COUNT(entities)) {
            unum_buf_addc(ret, entities[k].c);
            i += strlen(entities[k].entity);
        } else {
            unum_buf_addc(ret, text.ptr[i++]);
        }
    }
    return true;
}

static void delete_objects(struct s3_call *call)
{
    struct door_request *req = call->req;
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    size_t at = 0;
    if (!check_body(req))
        return;
    bool quiet = unum_str_search(req->body, UNUM_STR("<Quiet>true</Quiet>")) != SIZE_MAX;
    begin_xml(req, "DeleteResult");
    while (next_element(req->body, &at, "Key", &key)) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        int rc = objects_delete(call->local, call->bucket, unum_buf_str(&key), &err);
        if (rc == 0 && quiet)
            continue;
        unum_buf_printf(&req->answer.body, "<%s>", rc < 0 ? "Error" : "Deleted");
        markup_text(&req->answer.body, "Key", unum_buf_str(&key));
        if (rc < 0) {
            markup_text(&req->answer.body, "Code", UNUM_STR("InternalError"));
            markup_text(&req->answer.body, "Message", unum_str_from(unum_err_text(&err)));
        }
        unum_buf_printf(&req->answer.body, "</%s>", rc < 0 ? "Error" : "Deleted");
    }
    unum_buf_adds(&req->answer.body, "</DeleteResult>");
    answer_xml(req);
}

/* ---- objects in parts: files "p<upload>.<number>" beside the objects, "u<upload>" has the key
 * ---- */

static char *upload_file(struct s3_call *call, const char *format, struct unum_str id, int number)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    char *UNUM_AUTO_FREE object = objects_path(call->local, call->bucket, UNUM_STR("x"));
    unum_buf_add(&name, unum_str_slice(unum_str_from(object), 0, strlen(object) - 2));
    unum_buf_printf(&name, "%s%.*s", format, UNUM_STR_ARG(id));
    if (number)
        unum_buf_printf(&name, ".%d", number);
    return unum_strdup(unum_buf_text(&name));
}

static bool is_id(struct unum_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (!isxdigit((unsigned char)id.ptr[i]) && id.ptr[i] != '-')
            return false;
    }
    return id.len == 36;
}

/* False: there is no such upload, and that was answered. */
static bool find_upload(struct s3_call *call, struct unum_str id)
{
    char *UNUM_AUTO_FREE file = is_id(id) ? upload_file(call, "u", id, 0) : NULL;
    if (file && unum_file_exists(file))
        return true;
    door_error(call->req, 404, "NoSuchUpload", "The specified multipart upload does not exist.");
    return false;
}

static void create_upload(struct s3_call *call)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(64);
    unum_uuid4(&id);
    char *UNUM_AUTO_FREE file = upload_file(call, "u", unum_buf_str(&id), 0);
    int rc = unum_file_write(file, call->key, 0600, &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    begin_xml(call->req, "InitiateMultipartUploadResult");
    markup_text(&call->req->answer.body, "Bucket", call->bucket);
    markup_text(&call->req->answer.body, "Key", call->key);
    markup_text(&call->req->answer.body, "UploadId", unum_buf_str(&id));
    unum_buf_adds(&call->req->answer.body, "</InitiateMultipartUploadResult>");
    answer_xml(call->req);
}

static void upload_part(struct s3_call *call, struct unum_str id)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str text = UNUM_STR("");
    int64_t number = 0;
    (void)door_query(call->req, "partNumber", &text);
    if (!unum_str_to_i64(text, &number) || number < 1 || number > MAX_PARTS) {
        door_error(call->req, 400, "InvalidArgument",
                   "Part number must be an integer between 1 "
                   "and 10000, inclusive");
        return;
    }
    if (!check_body(call->req) || !find_upload(call, id))
        return;
    char *UNUM_AUTO_FREE file = upload_file(call, "p", id, (int)number);
    int rc = unum_file_write(file, call->req->body, 0600, &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    header_etag(call->req, call->req->body);
    answer_empty(call->req, 200);
}

/* Take the upload away with all its parts. */
static void forget_upload(struct s3_call *call, struct unum_str id)
{
    char *UNUM_AUTO_FREE file = upload_file(call, "u", id, 0);
    for (int number = 1; number <= MAX_PARTS; number++) {
        char *UNUM_AUTO_FREE part = upload_file(call, "p", id, number);
        if (!unum_file_exists(part))
            break;
        (void)remove(part);
    }
    (void)remove(file);
}

static void complete_upload(struct s3_call *call, struct unum_str id)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(OBJECTS_MAX_SIZE);
    size_t at = 0;
    int64_t number = 0, before = 0;
    if (!find_upload(call, id) || !may_write(call))
        return;
    while (next_element(call->req->body, &at, "PartNumber", &text)) {
        bool good = unum_str_to_i64(unum_buf_str(&text), &number) && number > before;
        char *UNUM_AUTO_FREE part = upload_file(call, "p", id, good ? (int)number : 0);
        if (!good || !unum_file_exists(part) || unum_file_read(part, &bytes, &err) < 0) {
            door_error(call->req, 400, "InvalidPart",
                       "One or more of the specified parts could "
                       "not be found.");
            return;
        }
        before = number;
    }
    int rc = objects_write(call->local, call->bucket, call->key, unum_buf_str(&bytes), &err);
    if (rc < 0) {
        answer_error(call, rc, &err);
        return;
    }
    forget_upload(call, id);
    begin_xml(call->req, "CompleteMultipartUploadResult");
    markup_text(&call->req->answer.body, "Bucket", call->bucket);
    markup_text(&call->req->answer.body, "Key", call->key);
    unum_buf_adds(&call->req->answer.body, "<ETag>");
    add_etag(&call->req->answer.body, unum_buf_str(&bytes));
    unum_buf_adds(&call->req->answer.body, "</ETag></CompleteMultipartUploadResult>");
    answer_xml(call->req);
}

static void abort_upload(struct s3_call *call, struct unum_str id)
{
    if (!find_upload(call, id))
        return;
    forget_upload(call, id);
    answer_empty(call->req, 204);
}

static void list_uploads(struct s3_call *call)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    struct unum_str prefix = UNUM_STR("");
    char *UNUM_AUTO_FREE any = upload_file(call, "", UNUM_STR(""), 0);
    (void)door_query(call->req, "prefix", &prefix);
    if (unum_list_dir(any, &names, NULL) < 0)
        names.list.len = 0;
    begin_xml(call->req, "ListMultipartUploadsResult");
    markup_text(&call->req->answer.body, "Bucket", call->bucket);
    for (size_t i = 0; i < names.list.len; i++) {
        struct unum_str id = unum_str_from(names.list.at[i]);
        struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        if (id.ptr[0] != 'u' || !is_id(unum_str_from_pos(id, 1)))
            continue;
        id = unum_str_from_pos(id, 1);
        char *UNUM_AUTO_FREE file = upload_file(call, "u", id, 0);
        if (unum_file_read(file, &key, NULL) < 0 || !unum_str_starts(unum_buf_str(&key), prefix))
            continue;
        unum_buf_adds(&call->req->answer.body, "<Upload>");
        markup_text(&call->req->answer.body, "Key", unum_buf_str(&key));
        markup_text(&call->req->answer.body, "UploadId", id);
        unum_buf_adds(&call->req->answer.body, "</Upload>");
    }
    unum_buf_adds(&call->req->answer.body, "<IsTruncated>false</IsTruncated>"
                                           "</ListMultipartUploadsResult>");
    answer_xml(call->req);
}

/* ---- what is configured for a bucket: documents that are kept and given back ---- */

static const struct configuration {
    const char *parameter, *name;
    int put_status;
    const char *none; /* error of a bucket without one; NULL: an empty document */
} configurations[] = {
    {"versioning", "BucketVersioning", 200, NULL},
    {"encryption", "BucketEncryption", 200, "ServerSideEncryptionConfigurationNotFoundError"},
    {"lifecycle", "BucketLifecycleConfiguration", 200, "NoSuchLifecycleConfiguration"},
    {"publicAccessBlock", "PublicAccessBlock", 200, "NoSuchPublicAccessBlockConfiguration"},
    {"ownershipControls", "BucketOwnershipControls", 200, "OwnershipControlsNotFoundError"},
    {"policy", "BucketPolicy", 204, "NoSuchBucketPolicy"},
    {"tagging", "BucketTagging", 204, "NoSuchTagSet"},
};

static const struct configuration *find_configuration(struct s3_call *call)
{
    struct unum_str value;
    for (size_t i = 0; !call->key.len && i < UNUM_COUNT(configurations); i++) {
        if (door_query(call->req, configurations[i].parameter, &value))
            return &configurations[i];
    }
    return NULL;
}

static void get_configuration(struct s3_call *call, const struct configuration *what,
                              const char *file)
{
    struct door_request *req = call->req;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_MB);
    bool there = unum_file_exists(file) && unum_file_read(file, &text, NULL) == 0;
    if (!there && what->none) {
        door_error(req, 404, what->none, "The bucket has no %s", what->parameter);
        return;
    }
    if (there)
        unum_buf_add(&req->answer.body, unum_buf_str(&text));
    else
        unum_buf_adds(&req->answer.body, "<VersioningConfiguration "
                                         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>");
    answer_xml(req);
}

static void configure_bucket(struct s3_call *call, const struct configuration *what)
{
    struct door_request *req = call->req;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    char *UNUM_AUTO_FREE file = upload_file(call, "c", unum_str_from(what->parameter), 0);
    const char *verb = unum_str_is(req->method, "PUT")      ? "Put"
                       : unum_str_is(req->method, "GET")    ? "Get"
                       : unum_str_is(req->method, "DELETE") ? "Delete"
                                                            : NULL;
    if (!verb) {
        door_error(req, 405, "MethodNotAllowed",
                   "The specified method is not allowed against this "
                   "resource.");
        return;
    }
    req->operation = unum_arena_printf(&req->arena, "%s%s", verb, what->name);
    if (*verb == 'G') {
        get_configuration(call, what, file);
        return;
    }
    if (*verb == 'D') {
        (void)remove(file);
        answer_empty(req, 204);
        return;
    }
    int rc = req->body.len > UNUM_MB
                 ? unum_err_set(&err, UNUM_E_LIMIT, "the document is larger than 1 MB")
                 : unum_file_write(file, req->body, 0600, &err);
    if (rc < 0)
        answer_error(call, rc, &err);
    else
        answer_empty(req, what->put_status);
}

/* ---- which operation ---- */

/* A bucket somebody else owns is refused, whoever it is said to belong to. */
static bool owned(struct s3_call *call)
{
    struct unum_str owner = door_get(call->req, "x-amz-expected-bucket-owner");
    bool foreign = unum_str_starts(call->bucket, UNUM_STR(OBJECTS_FOREIGN));
    if (!foreign && (!owner.len || unum_str_is(owner, LOCAL_ACCOUNT)))
        return true;
    door_error(call->req, 403, "AccessDenied", "Access Denied");
    return false;
}

struct operation {
    const char *method, *parameter; /* "": none of the others */
    bool object, upload;            /* on an object; on one upload of it */
    const char *name;
};
static const struct operation operations[] = {
    {"PUT", "", false, false, "CreateBucket"},
    {"HEAD", "", false, false, "HeadBucket"},
    {"DELETE", "", false, false, "DeleteBucket"},
    {"GET", "location", false, false, "GetBucketLocation"},
    {"GET", "uploads", false, false, "ListMultipartUploads"},
    {"GET", "", false, false, "ListObjectsV2"},
    {"POST", "delete", false, false, "DeleteObjects"},
    {"POST", "uploads", true, false, "CreateMultipartUpload"},
    {"PUT", "uploadId", true, true, "UploadPart"},
    {"POST", "uploadId", true, true, "CompleteMultipartUpload"},
    {"DELETE", "uploadId", true, true, "AbortMultipartUpload"},
    {"PUT", "", true, false, "PutObject"},
    {"GET", "", true, false, "GetObject"},
    {"HEAD", "", true, false, "HeadObject"},
    {"DELETE", "", true, false, "DeleteObject"},
};
enum {
    CREATE_BUCKET,
    HEAD_BUCKET,
    DELETE_BUCKET,
    BUCKET_LOCATION,
    LIST_UPLOADS,
    LIST_OBJECTS,
    DELETE_OBJECTS,
    CREATE_UPLOAD,
    UPLOAD_PART,
    COMPLETE_UPLOAD,
    ABORT_UPLOAD,
    PUT_OBJECT,
    GET_OBJECT,
    HEAD_OBJECT,
    DELETE_OBJECT,
    OPERATION_COUNT
};
_Static_assert(UNUM_COUNT(operations) == OPERATION_COUNT, "one row per operation");

/* Sub-resources that are not emulated: a request with one must not be taken for a plain one. */
static bool asks_for_more(struct door_request *req)
{
    static const char *const resources[] = {"acl",        "versions", "cors",   "website",
                                            "versioning", "policy",   "tagging"};
    struct unum_str value;
    for (size_t i = 0; i < UNUM_COUNT(resources); i++) {
        if (door_query(req, resources[i], &value))
            return true;
    }
    return false;
}

static size_t find_operation(const struct s3_call *call)
{
    struct unum_str value;
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        const struct operation *row = &operations[i];
        if (!unum_str_is(call->req->method, row->method) || row->object != (call->key.len > 0))
            continue;
        if (!*row->parameter || door_query(call->req, row->parameter, &value))
            return i;
    }
    return OPERATION_COUNT;
}

static bool parse_path(struct s3_call *call)
{
    struct unum_buf UNUM_AUTO_BUF bucket = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_str path = unum_str_from_pos(call->req->path, 1);
    size_t slash = unum_str_find(path, '/');
    struct unum_str rest = slash < path.len ? unum_str_from_pos(path, slash + 1) : UNUM_STR("");
    if (!http_decode(&bucket, unum_str_slice(path, 0, slash < path.len ? slash : path.len)) ||
        !http_decode(&key, rest) || bucket.failed || key.failed || !bucket.len)
        return false;
    call->bucket = unum_arena_str(&call->req->arena, unum_buf_str(&bucket));
    call->key = unum_arena_str(&call->req->arena, unum_buf_str(&key));
    return true;
}

static void carry_out(struct s3_call *call, size_t operation)
{
    struct unum_str id = UNUM_STR("");
    (void)door_query(call->req, "uploadId", &id);
    switch (operation) {
    case CREATE_BUCKET:
        create_bucket(call);
        return;
    case HEAD_BUCKET:
        head_bucket(call);
        return;
    case DELETE_BUCKET:
        delete_bucket(call);
        return;
    case BUCKET_LOCATION:
        bucket_location(call);
        return;
    case LIST_UPLOADS:
        list_uploads(call);
        return;
    case LIST_OBJECTS:
        list_objects(call);
        return;
    case DELETE_OBJECTS:
        delete_objects(call);
        return;
    case CREATE_UPLOAD:
        create_upload(call);
        return;
    case UPLOAD_PART:
        upload_part(call, id);
        return;
    case COMPLETE_UPLOAD:
        complete_upload(call, id);
        return;
    case ABORT_UPLOAD:
        abort_upload(call, id);
        return;
    case PUT_OBJECT:
        put_object(call);
        return;
    case DELETE_OBJECT:
        delete_object(call);
        return;
    default:
        get_object(call, operation == HEAD_OBJECT);
    }
}

bool s3_is_request(const struct door_request *req)
{
    static const struct unum_str marker = UNUM_STR_INIT("/s3/aws4_request");
    return unum_str_search(door_get(req, "authorization"), marker) != SIZE_MAX;
}

void s3_call(struct door_request *req)
{
    struct s3_call call = {.req = req, .local = req->local};
    if (!parse_path(&call)) {
        door_error(req, 501, "NotImplemented", "the local S3 is addressed by path: /BUCKET/KEY");
        return;
    }
    const struct configuration *what = find_configuration(&call);
    if (what) {
        if (!owned(&call))
            return;
        if (objects_bucket_exists(call.local, call.bucket))
            configure_bucket(&call, what);
        else
            door_error(req, 404, "NoSuchBucket", "The specified bucket does not exist");
        return;
    }
    size_t operation = asks_for_more(req) ? OPERATION_COUNT : find_operation(&call);
    if (operation == OPERATION_COUNT) {
        door_error(req, 501, "NotImplemented", "the local S3 does not have this operation");
        return;
    }
    req->operation = unum_str_from(operations[operation].name);
    if (!owned(&call))
        return;
    if (operation != CREATE_BUCKET && !objects_bucket_exists(call.local, call.bucket)) {
        door_error(req, 404, "NoSuchBucket", "The specified bucket does not exist");
        return;
    }
    carry_out(&call, operation);
}

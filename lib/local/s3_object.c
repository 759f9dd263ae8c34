/* Objects. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/digest.h"
#include "local/markup.h"
#include "local/s3.h"
#include "xml/xml.h"
#include "json/json.h"

enum { DELETE_AT_ONCE = 1000 };

/* ---- what is given back ---- */

static bool is_given(struct unum_str name)
{
    static const char *const names[] = {"cache-control",    "content-disposition",
                                        "content-encoding", "content-language",
                                        "content-type",     "expires"};
    if (unum_str_ieq(unum_str_slice(name, 0, 11), UNUM_STR("x-amz-meta-")))
        return true;
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (unum_str_ieq(name, unum_str_from(names[i])))
            return true;
    }
    return false;
}

/* "aws-chunked" is how it came, not what it is. */
static struct unum_str own_value(const struct http_header *header)
{
    static const struct unum_str framing = UNUM_STR_INIT("aws-chunked");
    struct unum_str value = header->value;
    if (unum_str_ieq(header->name, UNUM_STR("content-encoding")) &&
        unum_str_starts(value, framing)) {
        value = unum_str_trim(unum_str_from_pos(value, framing.len));
        if (value.len && value.ptr[0] == ',')
            value = unum_str_trim(unum_str_from_pos(value, 1));
    }
    return value;
}

char *s3_given_headers(struct s3_request *s)
{
    struct unum_buf text = UNUM_BUF_INIT(OBJECTS_MAX_HEADERS);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    for (size_t i = 0; i < s->req->headers.len; i++) {
        const struct http_header *header = &s->req->headers.at[i];
        if (!is_given(header->name) || !own_value(header).len)
            continue;
        json_key_str(&w, header->name);
        json_string(&w, own_value(header));
    }
    json_object_end(&w);
    if (!text.failed)
        return unum_buf_take(&text);
    unum_buf_done(&text);
    s3_error(s, 400, "MetadataTooLarge",
             "Your metadata headers exceed the maximum allowed metadata size");
    return NULL;
}

struct unum_str s3_etag(struct s3_request *s, struct unum_str bytes)
{
    struct unum_buf UNUM_AUTO_BUF hex = UNUM_BUF_INIT(64);
    (void)!digest_hex(UNUM_STR("MD5"), bytes, &hex);
    return unum_arena_printf(&s->req->arena, "\"%s\"", unum_buf_text(&hex));
}

/* Only who asks for it gets the checksum, and it is that of all bytes. */
static void give_sum(struct s3_request *s, const struct object *object)
{
    if (object->sum.kind == CHECKSUM_COUNT || s->req->answer.status != 200 ||
        !unum_str_ieq(door_get(s->req, "x-amz-checksum-mode"), UNUM_STR("ENABLED")))
        return;
    door_header(s->req, checksum_kinds[object->sum.kind].header, unum_str_from(object->sum.text));
    door_header(s->req, "x-amz-checksum-type",
                object->sum.of_parts ? UNUM_STR("COMPOSITE") : UNUM_STR("FULL_OBJECT"));
}

/* "Sat, 21 Nov 2026 03:42:28 GMT" (RFC 9110, section 5.6.7) */
static void give_http_date(struct s3_request *s, int64_t at_ms)
{
    static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct unum_civil at = unum_civil_of(at_ms);
    door_header(s->req, "Last-Modified",
                unum_arena_printf(&s->req->arena, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                  days[at_ms / 86400000 % 7], at.day, months[at.month - 1], at.year,
                                  at.hour, at.minute, at.second));
}

/* ---- writing ---- */

bool s3_may_write(struct s3_request *s)
{
    const struct object *there = objects_find(s->bucket, s->key);
    struct unum_str none = door_get(s->req, "if-none-match"), match = door_get(s->req, "if-match");
    if (none.len && !unum_str_is(none, "*")) {
        s3_error(s, 501, "NotImplemented", "If-None-Match of a write must be *");
        return false;
    }
    if (match.len && !there) {
        s3_error(s, 404, "NoSuchKey", "The specified key does not exist.");
        return false;
    }
    if ((none.len && there) || (match.len && !unum_str_is(match, there->etag))) {
        s3_error(s, 412, "PreconditionFailed",
                 "At least one of the pre-conditions you specified did not hold");
        return false;
    }
    if (!there && s->bucket->objects.len >= OBJECTS_MAX_OBJECTS) {
        s3_error(s, 503, "SlowDown", "the local S3 holds at most 100000 objects in a bucket");
        return false;
    }
    return true;
}

void s3_put_object(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct object object = {.size = (int64_t)s->body.len,
                            .modified_ms = local_now(req->local),
                            .sum = {.kind = s->sum}};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!s3_may_write(s))
        return;
    char *UNUM_AUTO_FREE headers = s3_given_headers(s);
    if (!headers)
        return;
    if (objects_file_write(req->local, s->body, object.file, &err)) {
        s3_error(s, 500, "InternalError", unum_err_text(&err));
        return;
    }
    struct unum_str etag = s3_etag(s, s->body);
    object.key = unum_str_dup(s->key);
    object.etag = unum_str_dup(etag);
    object.headers = headers;
    headers = NULL;
    door_header(req, "ETag", etag);
    if (s->sum < CHECKSUM_COUNT) {
        object.sum.text = unum_str_dup(s->sum_text);
        door_header(req, checksum_kinds[s->sum].header, s->sum_text);
        door_header(req, "x-amz-checksum-type", UNUM_STR("FULL_OBJECT"));
    }
    objects_keep(req->local, s->bucket, &object);
    s3_answer(s, 200);
}

/* ---- reading ---- */

/* "bytes=2-5", "bytes=2-", "bytes=-5": one range. Anything else is passed over (RFC 9110, 14.2).
 * False: an error was answered. */
static bool read_range(struct s3_request *s, int64_t size, int64_t *ret_from, int64_t *ret_len)
{
    struct unum_str range = door_get(s->req, "range");
    static const struct unum_str unit = UNUM_STR_INIT("bytes=");
    *ret_from = 0;
    *ret_len = -1;
    if (!unum_str_starts(range, unit) || unum_str_find(range, ',') < range.len)
        return true;
    range = unum_str_from_pos(range, unit.len);
    size_t dash = unum_str_find(range, '-');
    uint64_t first = 0, last = 0;
    struct unum_str from = unum_str_slice(range, 0, dash);
    struct unum_str to = unum_str_from_pos(range, dash + 1);
    bool has_first = unum_str_to_u64(from, &first), has_last = unum_str_to_u64(to, &last);
    if (dash >= range.len || has_first != (from.len > 0) || has_last != (to.len > 0) ||
        (!has_first && !has_last) || (has_first && has_last && last < first))
        return true;
    uint64_t all = (uint64_t)size;
    if (!has_first) { /* the last bytes */
        first = last < all ? all - last : 0;
        has_first = last > 0;
        last = all ? all - 1 : 0;
    } else if (!has_last || last >= all) {
        last = all ? all - 1 : 0;
    }
    if (first >= all || !has_first) {
        s3_error(s, 416, "InvalidRange", "The requested range is not satisfiable");
        return false;
    }
    *ret_from = (int64_t)first;
    *ret_len = (int64_t)(last - first) + 1;
    door_header(s->req, "Content-Range",
                unum_arena_printf(&s->req->arena, "bytes %llu-%llu/%lld", (unsigned long long)first,
                                  (unsigned long long)last, (long long)size));
    return true;
}

/* Is an object with this ETag one of "a", "b", or any ("*")? */
static bool names_etag(struct unum_str list, const char *etag)
{
    struct unum_str part;
    while (list.len && unum_str_split(&list, ',', &part)) {
        part = unum_str_trim(part);
        struct unum_str own = unum_str_from(etag);
        if (unum_str_is(part, "*") || unum_str_eq(part, own) ||
            unum_str_eq(part, unum_str_slice(own, 1, own.len - 2)))
            return true;
    }
    return false;
}

/* NULL: an error, or that nothing has changed, was answered. */
static const struct object *find_readable(struct s3_request *s)
{
    const struct object *object = objects_find(s->bucket, s->key);
    if (!object) {
        s3_error(s, 404, "NoSuchKey", "The specified key does not exist.");
        return NULL;
    }
    struct unum_str match = door_get(s->req, "if-match"), none = door_get(s->req, "if-none-match");
    if (match.len && !names_etag(match, object->etag)) {
        s3_error(s, 412, "PreconditionFailed",
                 "At least one of the pre-conditions you specified did not hold");
        return NULL;
    }
    if (none.len && names_etag(none, object->etag)) {
        door_header(s->req, "ETag", unum_str_from(object->etag));
        s3_answer(s, 304);
        return NULL;
    }
    return object;
}

/* What a signed URL may ask the answer to say. */
static const char *const overridden[][2] = {
    {"response-cache-control", "cache-control"},
    {"response-content-disposition", "content-disposition"},
    {"response-content-encoding", "content-encoding"},
    {"response-content-language", "content-language"},
    {"response-content-type", "content-type"},
    {"response-expires", "expires"},
};

/* A view of the parameter that stands for this header, or an empty one. */
static struct unum_str override_of(struct s3_request *s, struct unum_str header)
{
    for (size_t i = 0; i < UNUM_COUNT(overridden); i++) {
        if (!unum_str_ieq(header, unum_str_from(overridden[i][1])))
            continue;
        struct unum_str value = s3_param(s, overridden[i][0]);
        for (size_t k = 0; k < value.len; k++) {
            if ((unsigned char)value.ptr[k] < ' ') /* would end the header */
                return UNUM_STR_NONE;
        }
        return value;
    }
    return UNUM_STR_NONE;
}

static void give_headers(struct s3_request *s, const struct object *object)
{
    struct json_iter iter = json_iter(unum_str_from(object->headers));
    struct unum_str key, value;
    for (size_t i = 0; i < UNUM_COUNT(overridden); i++) {
        struct unum_str other = override_of(s, unum_str_from(overridden[i][1]));
        if (other.len)
            door_header(s->req, overridden[i][1], other);
    }
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(OBJECTS_MAX_HEADERS);
        if (!json_decode(key, &name) || !json_decode(value, &text) ||
            override_of(s, unum_buf_str(&name)).len)
            continue;
        door_header(s->req, unum_arena_str(&s->req->arena, unum_buf_str(&name)).ptr,
                    unum_buf_str(&text));
    }
    if (!http_headers_get(&s->req->answer.headers, "content-type"))
        door_header(s->req, "Content-Type", UNUM_STR("binary/octet-stream"));
    door_header(s->req, "ETag", unum_str_from(object->etag));
    door_header(s->req, "Accept-Ranges", UNUM_STR("bytes"));
    give_http_date(s, object->modified_ms);
    give_sum(s, object);
}

void s3_get_object(struct door_request *req)
{
    struct s3_request *s = req->s3;
    const struct object *object = find_readable(s);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int64_t from, len;
    if (!object || !read_range(s, object->size, &from, &len))
        return;
    struct unum_buf *out = &req->answer.body;
    out->max = OBJECTS_MAX_SIZE;
    if (objects_file_read(req->local, object->file, out, &err)) {
        s3_error(s, 500, "InternalError", unum_err_text(&err));
        return;
    }
    req->answer.status = len < 0 ? 200 : 206;
    if (len >= 0 && from + len <= (int64_t)out->len) {
        memmove(out->ptr, out->ptr + from, (size_t)len);
        unum_buf_truncate(out, (size_t)len);
    }
    give_headers(s, object);
    door_answer(req);
}

void s3_head_object(struct door_request *req)
{
    struct s3_request *s = req->s3;
    const struct object *object = find_readable(s);
    int64_t from, len;
    if (!object || !read_range(s, object->size, &from, &len))
        return;
    door_header(req, "Content-Length",
                unum_arena_printf(&req->arena, "%lld", (long long)(len < 0 ? object->size : len)));
    req->answer.status = len < 0 ? 200 : 206;
    give_headers(s, object);
    door_answer(req);
}

/* ---- removing ---- */

void s3_delete_object(struct door_request *req)
{
    struct s3_request *s = req->s3;
    objects_remove(s->req->local, s->bucket, s->key);
    s3_answer(s, 204);
}

void s3_delete_objects(struct door_request *req)
{
    struct s3_request *s = req->s3;
    const struct xml_element *root = s3_body_xml(s, "Delete"), *object;
    if (!root)
        return;
    size_t count = 0;
    for (object = xml_child(root, "Object"); object; object = xml_next(object, "Object"))
        count++;
    if (!count || count > DELETE_AT_ONCE) {
        s3_error(s, 400, "MalformedXML", "The list must have 1 to 1000 objects");
        return;
    }
    bool quiet = unum_str_is(xml_text(root, "Quiet"), "true");
    struct unum_buf *out = &s->req->answer.body;
    s3_begin(s, "DeleteResult");
    for (object = xml_child(root, "Object"); object; object = xml_next(object, "Object")) {
        const struct xml_element *key = xml_at(object, "Key");
        struct unum_str name = key ? key->text : UNUM_STR("");
        objects_remove(s->req->local, s->bucket, name);
        if (quiet)
            continue;
        markup_open(out, "Deleted");
        markup_text(out, "Key", name);
        markup_close(out, "Deleted");
    }
    markup_close(out, "DeleteResult");
    s3_answer(s, 200);
}

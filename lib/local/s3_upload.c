/* Objects in parts. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/base64.h"
#include "crypto/digest.h"
#include "local/markup.h"
#include "local/s3.h"
#include "xml/xml.h"

/* What checksum the parts will have, and the object in the end. False: an error was answered. */
static bool read_sums(struct s3_request *s, enum checksum *ret, bool *ret_whole)
{
    struct unum_str algorithm = door_get(s->req, "x-amz-checksum-algorithm");
    struct unum_str type = door_get(s->req, "x-amz-checksum-type");
    *ret = algorithm.len ? checksum_named(algorithm) : CHECKSUM_COUNT;
    *ret_whole =
        *ret < CHECKSUM_COUNT && (checksum_kinds[*ret].linear || unum_str_is(type, "FULL_OBJECT"));
    bool composite = unum_str_is(type, "COMPOSITE");
    bool sha = *ret == CHECKSUM_SHA1 || *ret == CHECKSUM_SHA256;
    if ((algorithm.len && *ret == CHECKSUM_COUNT) || (type.len && *ret == CHECKSUM_COUNT) ||
        (type.len && !composite && !*ret_whole) || (composite && *ret_whole) ||
        (sha && *ret_whole)) {
        s3_error(s, 400, "InvalidRequest",
                 "x-amz-checksum-algorithm must be CRC32, CRC32C, CRC64NVME, SHA1 or SHA256, and "
                 "x-amz-checksum-type one that it has");
        return false;
    }
    return true;
}

static void answer_sums(struct s3_request *s, const struct upload *upload)
{
    if (upload->sum == CHECKSUM_COUNT)
        return;
    door_header(s->req, "x-amz-checksum-algorithm",
                unum_str_from(checksum_kinds[upload->sum].name));
    door_header(s->req, "x-amz-checksum-type",
                upload->whole ? UNUM_STR("FULL_OBJECT") : UNUM_STR("COMPOSITE"));
}

void s3_create_upload(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct unum_buf *out = &req->answer.body;
    enum checksum sum;
    bool whole;
    if (s->bucket->uploads.len >= OBJECTS_MAX_UPLOADS) {
        s3_error(s, 503, "SlowDown", "the bucket has 1000 unfinished uploads");
        return;
    }
    if (!read_sums(s, &sum, &whole))
        return;
    char *headers = s3_given_headers(s);
    if (!headers)
        return;
    struct upload *upload = uploads_new(req->local, s->bucket, s->key);
    upload->headers = headers;
    upload->sum = sum;
    upload->whole = whole;
    uploads_keep(req->local, s->bucket, upload);
    answer_sums(s, upload);
    s3_begin(s, "InitiateMultipartUploadResult");
    markup_texts(out, "Bucket", s->bucket->name);
    markup_text(out, "Key", s->key);
    markup_texts(out, "UploadId", upload->id);
    markup_close(out, "InitiateMultipartUploadResult");
    s3_answer(s, 200);
}

/* NULL: an error was answered. */
static struct upload *find_upload(struct s3_request *s)
{
    struct upload *upload = unum_map_get(&s->bucket->uploads, s3_param(s, "uploadId"));
    if (upload && unum_str_is(s->key, upload->key))
        return upload;
    s3_error(s, 404, "NoSuchUpload",
             "The specified upload does not exist. The upload ID may be invalid, or the upload may "
             "have been aborted or completed.");
    return NULL;
}

/* An upload that was begun with a checksum wants it with each part. False: an error was
 * answered. */
static bool check_part_sum(struct s3_request *s, const struct upload *upload)
{
    if (upload->sum == s->sum || upload->sum == CHECKSUM_COUNT)
        return true;
    door_error(s->req, 400, "InvalidRequest",
               "The upload was created using a %s checksum. The part must have one, too.",
               checksum_kinds[upload->sum].name);
    return false;
}

void s3_upload_part(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct upload *upload = find_upload(s);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int64_t number;
    if (!upload || !s3_number(s, "partNumber", 0, 1, OBJECTS_MAX_PARTS, &number) ||
        !check_part_sum(s, upload))
        return;
    struct upload_part part = {.number = (unsigned)number,
                               .size = (int64_t)s->body.len,
                               .modified_ms = local_now(req->local)};
    if (!number) {
        s3_error(s, 400, "InvalidArgument",
                 "Part number must be an integer between 1 and 10000, inclusive");
        return;
    }
    if (objects_file_write(req->local, s->body, part.file, &err)) {
        s3_error(s, 500, "InternalError", unum_err_text(&err));
        return;
    }
    part.etag = unum_str_dup(s3_etag(s, s->body));
    door_header(req, "ETag", unum_str_from(part.etag));
    if (s->sum < CHECKSUM_COUNT) {
        door_header(req, checksum_kinds[s->sum].header, s->sum_text);
        if (s->sum == upload->sum)
            part.sum = unum_str_dup(s->sum_text);
    }
    uploads_add_part(req->local, upload, &part);
    s3_answer(s, 200);
}

void s3_abort_upload(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct upload *upload = find_upload(s);
    if (!upload)
        return;
    uploads_remove(s->req->local, s->bucket, upload);
    s3_answer(s, 204);
}

void s3_list_parts(struct door_request *req)
{
    struct s3_request *s = req->s3;
    const struct upload *upload = find_upload(s);
    struct unum_buf *out = &s->req->answer.body;
    int64_t most, after;
    if (!upload || !s3_number(s, "max-parts", S3_PAGE, 1, S3_PAGE, &most) ||
        !s3_number(s, "part-number-marker", 0, 0, OBJECTS_MAX_PARTS, &after))
        return;
    size_t at = uploads_place(upload, (unsigned)after + 1);
    s3_begin(s, "ListPartsResult");
    markup_texts(out, "Bucket", s->bucket->name);
    markup_text(out, "Key", s->key);
    markup_texts(out, "UploadId", upload->id);
    markup_int(out, "PartNumberMarker", after);
    markup_int(out, "MaxParts", most);
    for (; at < upload->parts.len && most > 0; at++, most--) {
        const struct upload_part *part = &upload->parts.at[at];
        after = part->number;
        markup_open(out, "Part");
        markup_int(out, "PartNumber", part->number);
        markup_time(out, "LastModified", part->modified_ms);
        markup_texts(out, "ETag", part->etag);
        if (part->sum)
            markup_texts(out, checksum_kinds[upload->sum].element, part->sum);
        markup_int(out, "Size", part->size);
        markup_close(out, "Part");
    }
    markup_int(out, "NextPartNumberMarker", after);
    markup_bool(out, "IsTruncated", at < upload->parts.len);
    markup_close(out, "ListPartsResult");
    s3_answer(s, 200);
}

static int by_key_and_time(const void *a, const void *b)
{
    const struct upload *const *left = a, *const *right = b;
    int order = unum_str_cmp(unum_str_from((*left)->key), unum_str_from((*right)->key));
    return order ? order : strcmp((*left)->id, (*right)->id);
}

/* Behind the markers of the page before? */
static bool is_behind(const struct upload *upload, struct unum_str key, struct unum_str id)
{
    int order = unum_str_cmp(unum_str_from(upload->key), key);
    return order > 0 || (order == 0 && id.len && unum_str_cmp(unum_str_from(upload->id), id) > 0);
}

void s3_list_uploads(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct unum_buf *out = &s->req->answer.body;
    struct unum_str prefix = s3_param(s, "prefix"), key = s3_param(s, "key-marker");
    struct unum_str id = s3_param(s, "upload-id-marker");
    size_t len = 0, at = 0;
    int64_t most;
    if (!s3_number(s, "max-uploads", S3_PAGE, 1, S3_PAGE, &most))
        return;
    const struct upload **list =
        unum_arena_array(&s->req->arena, s->bucket->uploads.len + 1, sizeof(const void *));
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&s->bucket->uploads, entry))) {
        const struct upload *upload = entry->value;
        if (unum_str_starts(unum_str_from(upload->key), prefix) &&
            (!key.len || is_behind(upload, key, id)))
            list[len++] = upload;
    }
    qsort(list, len, sizeof(const void *), by_key_and_time);
    s3_begin(s, "ListMultipartUploadsResult");
    markup_texts(out, "Bucket", s->bucket->name);
    s3_write_key(s, "KeyMarker", key);
    markup_text(out, "UploadIdMarker", id);
    s3_write_key(s, "Prefix", prefix);
    if (s3_param(s, "encoding-type").len)
        markup_text(out, "EncodingType", s3_param(s, "encoding-type"));
    for (; at < len && (int64_t)at < most; at++) {
        markup_open(out, "Upload");
        s3_write_key(s, "Key", unum_str_from(list[at]->key));
        markup_texts(out, "UploadId", list[at]->id);
        markup_time(out, "Initiated", list[at]->created_ms);
        markup_texts(out, "StorageClass", "STANDARD");
        markup_close(out, "Upload");
    }
    if (at < len) {
        s3_write_key(s, "NextKeyMarker", unum_str_from(list[at - 1]->key));
        markup_texts(out, "NextUploadIdMarker", list[at - 1]->id);
    }
    markup_int(out, "MaxUploads", most);
    markup_bool(out, "IsTruncated", at < len);
    markup_close(out, "ListMultipartUploadsResult");
    s3_answer(s, 200);
}

/* ---- putting it together ---- */

/* Is this what arrived? ETags come with their quotes or without. */
static bool is_same(const struct upload *upload, const struct upload_part *part,
                    const struct xml_element *said)
{
    struct unum_str own = unum_str_from(part->etag), etag = xml_text(said, "ETag");
    struct unum_str sum =
        part->sum ? xml_text(said, checksum_kinds[upload->sum].element) : UNUM_STR_NONE;
    return (unum_str_eq(etag, own) || unum_str_eq(etag, unum_str_slice(own, 1, own.len - 2))) &&
           (!sum.len || unum_str_is(sum, part->sum));
}

/* The parts that the client lists, in order and as they arrived. False: an error was answered. */
static bool choose_parts(struct s3_request *s, const struct upload *upload,
                         const struct upload_part **chosen, size_t *ret_len, int64_t *ret_size)
{
    const struct xml_element *root = s3_body_xml(s, "CompleteMultipartUpload"), *element;
    int64_t before = 0, number = 0;
    *ret_len = 0;
    *ret_size = 0;
    if (!root)
        return false;
    for (element = xml_child(root, "Part"); element; element = xml_next(element, "Part")) {
        if (!unum_str_to_i64(xml_text(element, "PartNumber"), &number) || number < 1 ||
            number > OBJECTS_MAX_PARTS || number <= before) {
            s3_error(s, 400, "InvalidPartOrder",
                     "The list of parts was not in ascending order. The parts list must be "
                     "specified in order by part number.");
            return false;
        }
        before = number;
        size_t at = uploads_place(upload, (unsigned)number);
        const struct upload_part *part = at < upload->parts.len ? &upload->parts.at[at] : NULL;
        if (!part || part->number != (unsigned)number || !is_same(upload, part, element)) {
            s3_error(s, 400, "InvalidPart",
                     "One or more of the specified parts could not be found. The part may not have "
                     "been uploaded, or the specified entity tag may not match the part's entity "
                     "tag.");
            return false;
        }
        if (*ret_len && chosen[*ret_len - 1]->size < (int64_t)S3_LEAST_PART) {
            s3_error(s, 400, "EntityTooSmall",
                     "Your proposed upload is smaller than the minimum allowed size");
            return false;
        }
        chosen[(*ret_len)++] = part;
        *ret_size += part->size;
    }
    if (*ret_len == 0)
        s3_error(s, 400, "MalformedXML", "The list of parts is empty");
    else if (*ret_size > (int64_t)OBJECTS_MAX_SIZE)
        s3_error(s, 400, "EntityTooLarge", "the local S3 takes objects of at most 512 MB");
    return *ret_len > 0 && *ret_size <= (int64_t)OBJECTS_MAX_SIZE;
}

/* The MD5 of the parts' MD5s, and how many there are. */
static struct unum_str etag_of_parts(struct s3_request *s, const struct upload_part *const *parts,
                                     size_t len)
{
    struct unum_buf UNUM_AUTO_BUF sums = UNUM_BUF_INIT((size_t)OBJECTS_MAX_PARTS * 16);
    for (size_t i = 0; i < len; i++) {
        for (size_t k = 1; k + 2 < strlen(parts[i]->etag); k += 2) {
            char byte[3] = {parts[i]->etag[k], parts[i]->etag[k + 1], '\0'};
            unum_buf_addc(&sums, (char)strtoul(byte, NULL, 16));
        }
    }
    struct unum_str whole = s3_etag(s, unum_buf_str(&sums));
    return unum_arena_printf(&s->req->arena, "%.*s-%zu\"",
                             UNUM_STR_ARG(unum_str_slice(whole, 0, whole.len - 1)), len);
}

/* The object's checksum: of its bytes, or of the parts' checksums. */
static void sum_of_parts(const struct upload *upload, const struct upload_part *const *parts,
                         size_t len, struct unum_str bytes, struct object_sum *ret)
{
    struct unum_buf UNUM_AUTO_BUF all = UNUM_BUF_INIT((size_t)OBJECTS_MAX_PARTS * CHECKSUM_MOST);
    struct unum_buf text = UNUM_BUF_INIT(128);
    *ret = (struct object_sum){.kind = upload->sum, .of_parts = !upload->whole};
    if (upload->sum == CHECKSUM_COUNT)
        return;
    for (size_t i = 0; ret->of_parts && i < len; i++)
        (void)!base64_decode(&all, unum_str_from(parts[i]->sum));
    checksum_text(upload->sum, ret->of_parts ? unum_buf_str(&all) : bytes, &text);
    if (ret->of_parts)
        unum_buf_printf(&text, "-%zu", len);
    ret->text = unum_buf_take(&text);
}

/* False: an error was answered. */
static bool check_whole_sum(struct s3_request *s, const struct object_sum *sum)
{
    struct unum_str said = sum->kind < CHECKSUM_COUNT
                               ? door_get(s->req, checksum_kinds[sum->kind].header)
                               : UNUM_STR_NONE;
    if (!said.len || unum_str_is(said, sum->text))
        return true;
    door_error(s->req, 400, "BadDigest",
               "The %s you specified did not match the calculated checksum.",
               checksum_kinds[sum->kind].name);
    return false;
}

/* Write the object's file. False: an error was answered. */
static bool join(struct s3_request *s, const struct upload *upload,
                 const struct upload_part *const *parts, size_t len, struct object *object)
{
    struct local *local = s->req->local;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF all = UNUM_BUF_INIT(OBJECTS_MAX_SIZE);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < len; i++)
        rc = objects_file_read(local, parts[i]->file, &all, &err);
    if (rc == 0) {
        sum_of_parts(upload, parts, len, unum_buf_str(&all), &object->sum);
        if (!check_whole_sum(s, &object->sum))
            return false;
        rc = objects_file_write(local, unum_buf_str(&all), object->file, &err);
    }
    if (rc < 0)
        s3_error(s, 500, "InternalError", unum_err_text(&err));
    return rc == 0;
}

static void answer_complete(struct s3_request *s)
{
    const struct object *object = objects_find(s->bucket, s->key);
    struct unum_buf *out = &s->req->answer.body;
    s3_begin(s, "CompleteMultipartUploadResult");
    markup_text(out, "Location",
                unum_arena_printf(&s->req->arena, "%s/%s/%.*s", s->req->local->endpoint,
                                  s->bucket->name, UNUM_STR_ARG(s->key)));
    markup_texts(out, "Bucket", s->bucket->name);
    markup_text(out, "Key", s->key);
    markup_texts(out, "ETag", object->etag);
    if (object->sum.kind < CHECKSUM_COUNT) {
        markup_texts(out, checksum_kinds[object->sum.kind].element, object->sum.text);
        markup_texts(out, "ChecksumType", object->sum.of_parts ? "COMPOSITE" : "FULL_OBJECT");
    }
    markup_close(out, "CompleteMultipartUploadResult");
    s3_answer(s, 200);
}

void s3_complete_upload(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct upload *upload = find_upload(s);
    struct object object = {.modified_ms = local_now(req->local), .sum.kind = CHECKSUM_COUNT};
    size_t len;
    if (!upload || !s3_may_write(s))
        return;
    const struct upload_part **chosen =
        unum_arena_array(&req->arena, OBJECTS_MAX_PARTS + 1, sizeof(const void *));
    if (!choose_parts(s, upload, chosen, &len, &object.size))
        return;
    if (!join(s, upload, chosen, len, &object)) {
        free(object.sum.text);
        return;
    }
    object.etag = unum_str_dup(etag_of_parts(s, chosen, len));
    object.key = unum_str_dup(s->key);
    object.headers = unum_strdup(upload->headers);
    objects_keep(req->local, s->bucket, &object);
    uploads_remove(req->local, s->bucket, upload);
    answer_complete(s);
}

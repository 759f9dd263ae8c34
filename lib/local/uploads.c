/* Objects that arrive in parts. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "local/objects.h"
#include "json/json.h"

#define UPLOADS "upload" /* "bucket/id" */
#define PARTS   "part"   /* "id/00001" */

static void upload_name(const struct bucket *bucket, const struct upload *upload,
                        struct unum_buf *out)
{
    unum_buf_printf(out, "%s/%s", bucket->name, upload->id);
}

static void part_free(struct upload_part *part)
{
    free(part->etag);
    free(part->sum);
}

void uploads_free(struct upload *upload)
{
    if (!upload)
        return;
    for (size_t i = 0; i < upload->parts.len; i++)
        part_free(&upload->parts.at[i]);
    unum_vec_done(&upload->parts);
    free(upload->key);
    free(upload->headers);
    free(upload);
}

struct upload *uploads_new(struct local *local, struct bucket *bucket, struct unum_str key)
{
    struct upload *upload = unum_alloc(sizeof(*upload));
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(OBJECTS_FILE - 1);
    unum_uuid4(&id);
    memcpy(upload->id, unum_buf_text(&id), id.len + 1);
    upload->key = unum_str_dup(key);
    upload->created_ms = local_now(local);
    upload->sum = CHECKSUM_COUNT;
    (void)unum_map_set(&bucket->uploads, unum_buf_str(&id), upload);
    return upload;
}

void uploads_keep(struct local *local, const struct bucket *bucket, const struct upload *upload)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    upload_name(bucket, upload, &name);
    json_object_begin(&w);
    json_key(&w, "Key");
    json_strings(&w, upload->key);
    json_key(&w, "Created");
    json_int(&w, upload->created_ms);
    json_key(&w, "Headers");
    json_raw(&w, unum_str_from(upload->headers));
    if (upload->sum < CHECKSUM_COUNT) {
        json_key(&w, "SumKind");
        json_strings(&w, checksum_kinds[upload->sum].name);
        json_key(&w, "SumWhole");
        json_int(&w, upload->whole);
    }
    json_object_end(&w);
    state_keep_record(local, UPLOADS, unum_buf_str(&name), unum_buf_str(&body));
}

size_t uploads_place(const struct upload *upload, unsigned number)
{
    size_t low = 0, high = upload->parts.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (upload->parts.at[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void put(struct local *local, struct upload *upload, const struct upload_part *part)
{
    size_t at = uploads_place(upload, part->number);
    if (at < upload->parts.len && upload->parts.at[at].number == part->number) {
        objects_file_remove(local, upload->parts.at[at].file);
        part_free(&upload->parts.at[at]);
    } else {
        (void)unum_vec_push(&upload->parts);
        memmove(&upload->parts.at[at + 1], &upload->parts.at[at],
                (upload->parts.len - 1 - at) * sizeof(*part));
    }
    upload->parts.at[at] = *part;
}

/* Ids are unique, so parts need no bucket in their name. */
static void part_name(const struct upload *upload, unsigned number, struct unum_buf *out)
{
    unum_buf_printf(out, "%s/%05u", upload->id, number);
}

void uploads_add_part(struct local *local, struct upload *upload, const struct upload_part *part)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_KB);
    struct json_writer w = JSON_WRITER(&body);
    part_name(upload, part->number, &name);
    json_object_begin(&w);
    json_key(&w, "Size");
    json_int(&w, part->size);
    json_key(&w, "Modified");
    json_int(&w, part->modified_ms);
    json_key(&w, "ETag");
    json_strings(&w, part->etag);
    json_key(&w, "File");
    json_strings(&w, part->file);
    if (part->sum) {
        json_key(&w, "Sum");
        json_strings(&w, part->sum);
    }
    json_object_end(&w);
    state_keep_record(local, PARTS, unum_buf_str(&name), unum_buf_str(&body));
    put(local, upload, part);
}

void uploads_remove(struct local *local, struct bucket *bucket, struct upload *upload)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    upload_name(bucket, upload, &name);
    state_records_begin(local);
    state_forget_record(local, UPLOADS, unum_buf_str(&name));
    state_forget_records(local, PARTS, unum_str_from(upload->id));
    state_records_end(local);
    for (size_t i = 0; i < upload->parts.len; i++)
        objects_file_remove(local, upload->parts.at[i].file);
    (void)unum_map_remove(&bucket->uploads, unum_str_from(upload->id));
    uploads_free(upload);
}

/* ---- from the state file ---- */

static void restore_upload(struct local *local, struct unum_str name, struct unum_str body)
{
    size_t slash = unum_str_find(name, '/');
    struct bucket *bucket = objects_bucket(local, unum_str_slice(name, 0, slash));
    struct unum_str id = unum_str_from_pos(name, slash + 1), headers = UNUM_STR("{}");
    char *UNUM_AUTO_FREE kind = objects_text_at(body, "SumKind");
    if (!bucket || !id.len || id.len >= OBJECTS_FILE)
        return;
    struct upload *upload = unum_alloc(sizeof(*upload));
    memcpy(upload->id, id.ptr, id.len);
    upload->key = objects_text_at(body, "Key");
    upload->created_ms = objects_number_at(body, "Created", 0);
    (void)json_get(body, UNUM_STR("Headers"), &headers);
    upload->headers = unum_str_dup(headers);
    upload->sum = checksum_named(unum_str_from(kind));
    upload->whole = objects_number_at(body, "SumWhole", 0) != 0;
    uploads_free(unum_map_set(&bucket->uploads, id, upload));
}

static struct upload *find_upload(const struct local *local, struct unum_str id)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->buckets, entry))) {
        const struct bucket *bucket = entry->value;
        struct upload *upload = unum_map_get(&bucket->uploads, id);
        if (upload)
            return upload;
    }
    return NULL;
}

static void restore_part(struct local *local, struct unum_str name, struct unum_str body)
{
    size_t slash = unum_str_find(name, '/');
    struct upload *upload = find_upload(local, unum_str_slice(name, 0, slash));
    char *UNUM_AUTO_FREE file = objects_text_at(body, "File");
    struct unum_str sum;
    uint64_t number;
    if (!upload || !unum_str_to_u64(unum_str_from_pos(name, slash + 1), &number) ||
        number > OBJECTS_MAX_PARTS || strlen(file) >= OBJECTS_FILE)
        return;
    struct upload_part part = {
        .number = (unsigned)number,
        .size = objects_number_at(body, "Size", 0),
        .modified_ms = objects_number_at(body, "Modified", 0),
        .etag = objects_text_at(body, "ETag"),
        .sum = json_get(body, UNUM_STR("Sum"), &sum) ? objects_text_at(body, "Sum") : NULL,
    };
    memcpy(part.file, file, strlen(file) + 1);
    put(local, upload, &part);
}

int uploads_restore(struct local *local, struct unum_err *err)
{
    int rc = state_each_record(local, UPLOADS, restore_upload, err);
    return rc < 0 ? rc : state_each_record(local, PARTS, restore_part, err);
}

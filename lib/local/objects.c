#include "local/objects.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "base/rand.h"
#include "json/json.h"

#define BUCKETS "bucket"
#define OBJECTS "object"

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

/* ---- files ---- */

/* Beside the state file, or with the processes' temporary files. */
static char *folder_of(const struct local *local)
{
    if (!local->config.state_path)
        return unum_path_join(local->tmp, "s3");
    struct unum_buf path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_printf(&path, "%s.objects", local->config.state_path);
    return unum_buf_take(&path);
}

int objects_file_write(struct local *local, struct unum_str bytes, char ret[OBJECTS_FILE],
                       struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(OBJECTS_FILE - 1);
    char *UNUM_AUTO_FREE folder = folder_of(local);
    unum_uuid4(&id);
    char *UNUM_AUTO_FREE path = unum_path_join(folder, unum_buf_text(&id));
    int rc = unum_make_dirs(folder, err);
    if (rc == 0)
        rc = unum_file_write(path, bytes, 0600, err);
    if (rc == 0)
        memcpy(ret, unum_buf_text(&id), id.len + 1);
    return rc;
}

int objects_file_read(const struct local *local, const char *file, struct unum_buf *out,
                      struct unum_err *err)
{
    char *UNUM_AUTO_FREE folder = folder_of(local);
    char *UNUM_AUTO_FREE path = unum_path_join(folder, file);
    return unum_file_read(path, out, err);
}

void objects_file_remove(const struct local *local, const char *file)
{
    char *UNUM_AUTO_FREE folder = folder_of(local);
    char *UNUM_AUTO_FREE path = unum_path_join(folder, file);
    (void)unlink(path); /* one that stays is removed when the platform starts again */
}

/* ---- objects ---- */

static void object_free(struct object *object)
{
    if (!object)
        return;
    free(object->key);
    free(object->etag);
    free(object->headers);
    free(object->sum.text);
    free(object);
}

static void record_name(const struct bucket *bucket, struct unum_str key, struct unum_buf *out)
{
    unum_buf_printf(out, "%s/%.*s", bucket->name, UNUM_STR_ARG(key));
}

struct object *objects_find(const struct bucket *bucket, struct unum_str key)
{
    return unum_map_get(&bucket->objects, key);
}

static void keep_record(struct local *local, const struct bucket *bucket,
                        const struct object *object)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(2 * UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    record_name(bucket, unum_str_from(object->key), &name);
    json_object_begin(&w);
    json_key(&w, "Size");
    json_int(&w, object->size);
    json_key(&w, "Modified");
    json_int(&w, object->modified_ms);
    json_key(&w, "ETag");
    json_strings(&w, object->etag);
    json_key(&w, "File");
    json_strings(&w, object->file);
    json_key(&w, "Headers");
    json_raw(&w, unum_str_from(object->headers));
    if (object->sum.kind < CHECKSUM_COUNT) {
        json_key(&w, "SumKind");
        json_strings(&w, checksum_kinds[object->sum.kind].name);
        json_key(&w, "Sum");
        json_strings(&w, object->sum.text);
        json_key(&w, "SumOfParts");
        json_int(&w, object->sum.of_parts);
    }
    json_object_end(&w);
    state_keep_record(local, OBJECTS, unum_buf_str(&name), unum_buf_str(&body));
}

static void put(struct local *local, struct bucket *bucket, const struct object *object)
{
    struct object *copy = unum_alloc(sizeof(*copy));
    *copy = *object;
    struct object *before = unum_map_set(&bucket->objects, unum_str_from(object->key), copy);
    if (before)
        objects_file_remove(local, before->file);
    object_free(before);
}

void objects_keep(struct local *local, struct bucket *bucket, const struct object *object)
{
    keep_record(local, bucket, object);
    put(local, bucket, object);
}

void objects_remove(struct local *local, struct bucket *bucket, struct unum_str key)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(2 * UNUM_KB);
    struct object *object = unum_map_remove(&bucket->objects, key);
    if (!object)
        return;
    record_name(bucket, key, &name);
    state_forget_record(local, OBJECTS, unum_buf_str(&name));
    objects_file_remove(local, object->file);
    object_free(object);
}

int objects_read(struct local *local, struct unum_str bucket, struct unum_str key,
                 struct unum_buf *out, struct unum_err *err)
{
    const struct bucket *found = objects_bucket(local, bucket);
    if (!found)
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no bucket %.*s", UNUM_STR_ARG(bucket));
    const struct object *object = objects_find(found, key);
    if (!object)
        return unum_err_set(err, UNUM_E_NOTFOUND, "there is no object %.*s in %.*s",
                            UNUM_STR_ARG(key), UNUM_STR_ARG(bucket));
    return objects_file_read(local, object->file, out, err);
}

/* ---- buckets ---- */

struct bucket *objects_bucket(const struct local *local, struct unum_str name)
{
    return unum_map_get(&local->buckets, name);
}

static struct bucket *add_bucket(struct local *local, struct unum_str name)
{
    struct bucket *bucket = unum_alloc(sizeof(*bucket));
    bucket->name = unum_str_dup(name);
    bucket->created_ms = local_now(local);
    (void)unum_map_set(&local->buckets, name, bucket);
    return bucket;
}

static void keep_bucket(struct local *local, const struct bucket *bucket)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(8 * UNUM_MB);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "Created");
    json_int(&w, bucket->created_ms);
    json_key(&w, "Settings");
    json_object_begin(&w);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&bucket->settings, entry))) {
        json_key_str(&w, entry->key);
        json_strings(&w, entry->value);
    }
    json_object_end(&w);
    json_object_end(&w);
    state_keep_record(local, BUCKETS, unum_str_from(bucket->name), unum_buf_str(&body));
}

struct bucket *objects_bucket_new(struct local *local, struct unum_str name)
{
    struct bucket *bucket = add_bucket(local, name);
    keep_bucket(local, bucket);
    return bucket;
}

void objects_bucket_set(struct local *local, struct bucket *bucket, const char *setting,
                        struct unum_str text)
{
    if (text.ptr)
        free(unum_map_set(&bucket->settings, unum_str_from(setting), unum_str_dup(text)));
    else
        free(unum_map_remove(&bucket->settings, unum_str_from(setting)));
    keep_bucket(local, bucket);
}

static void bucket_free(struct bucket *bucket)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&bucket->objects, entry)))
        object_free(entry->value);
    entry = NULL;
    while ((entry = unum_map_next(&bucket->uploads, entry)))
        uploads_free(entry->value);
    entry = NULL;
    while ((entry = unum_map_next(&bucket->settings, entry)))
        free(entry->value);
    unum_map_done(&bucket->objects);
    unum_map_done(&bucket->uploads);
    unum_map_done(&bucket->settings);
    free(bucket->name);
    free(bucket);
}

void objects_bucket_remove(struct local *local, struct bucket *bucket)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&bucket->uploads, entry)))
        uploads_remove(local, bucket, entry->value);
    (void)unum_map_remove(&local->buckets, unum_str_from(bucket->name));
    state_forget_record(local, BUCKETS, unum_str_from(bucket->name));
    bucket_free(bucket);
}

void objects_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->buckets, entry)))
        bucket_free(entry->value);
    unum_map_done(&local->buckets);
}

/* ---- from the state file ---- */

char *objects_text_at(struct unum_str record, const char *name)
{
    struct unum_str value;
    struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (json_get(record, unum_str_from(name), &value))
        (void)json_decode(value, &text);
    return unum_buf_take(&text);
}

int64_t objects_number_at(struct unum_str record, const char *name, int64_t otherwise)
{
    struct unum_str value;
    int64_t number;
    return json_get(record, unum_str_from(name), &value) && json_to_i64(value, &number) ? number
                                                                                        : otherwise;
}

static void restore_bucket(struct local *local, struct unum_str name, struct unum_str body)
{
    struct bucket *bucket = add_bucket(local, name);
    struct unum_str settings, key, value;
    bucket->created_ms = objects_number_at(body, "Created", 0);
    if (!json_get(body, UNUM_STR("Settings"), &settings))
        return;
    struct json_iter iter = json_iter(settings);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF setting = UNUM_BUF_INIT(UNUM_KB);
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(OBJECTS_MAX_SETTING);
        if (json_decode(key, &setting) && json_decode(value, &text))
            free(unum_map_set(&bucket->settings, unum_buf_str(&setting), unum_buf_take(&text)));
    }
}

static void restore_object(struct local *local, struct unum_str name, struct unum_str body)
{
    size_t slash = unum_str_find(name, '/');
    struct bucket *bucket = objects_bucket(local, unum_str_slice(name, 0, slash));
    char *UNUM_AUTO_FREE file = objects_text_at(body, "File");
    char *UNUM_AUTO_FREE kind = objects_text_at(body, "SumKind");
    struct unum_str headers = UNUM_STR("{}");
    if (!bucket || slash >= name.len || strlen(file) >= OBJECTS_FILE)
        return;
    struct object object = {
        .size = objects_number_at(body, "Size", 0),
        .modified_ms = objects_number_at(body, "Modified", 0),
        .sum = {.kind = checksum_named(unum_str_from(kind)),
                .of_parts = objects_number_at(body, "SumOfParts", 0) != 0},
    };
    memcpy(object.file, file, strlen(file) + 1);
    object.key = unum_str_dup(unum_str_from_pos(name, slash + 1));
    object.etag = objects_text_at(body, "ETag");
    object.sum.text = objects_text_at(body, "Sum");
    (void)json_get(body, UNUM_STR("Headers"), &headers);
    object.headers = unum_str_dup(headers);
    put(local, bucket, &object);
}

static void mark(struct unum_map *known, const char *file)
{
    (void)unum_map_set(known, unum_str_from(file), known);
}

static void mark_files(const struct local *local, struct unum_map *known)
{
    struct unum_map_entry *outer = NULL, *entry = NULL;
    while ((outer = unum_map_next(&local->buckets, outer))) {
        const struct bucket *bucket = outer->value;
        while ((entry = unum_map_next(&bucket->objects, entry))) {
            const struct object *object = entry->value;
            mark(known, object->file);
        }
        while ((entry = unum_map_next(&bucket->uploads, entry))) {
            const struct upload *upload = entry->value;
            for (size_t i = 0; i < upload->parts.len; i++)
                mark(known, upload->parts.at[i].file);
        }
    }
}

/* Files that no record names: what an end without warning left. */
static int remove_strays(struct local *local, struct unum_err *err)
{
    struct unum_map UNUM_AUTO_MAP known = UNUM_MAP_INIT;
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    char *UNUM_AUTO_FREE folder = folder_of(local);
    if (!unum_is_dir(folder))
        return 0;
    int rc = unum_list_dir(folder, &names, err);
    mark_files(local, &known);
    for (size_t i = 0; rc == 0 && i < names.list.len; i++) {
        if (!unum_map_has(&known, unum_str_from(names.list.at[i])))
            objects_file_remove(local, names.list.at[i]);
    }
    return rc;
}

int objects_restore(struct local *local, struct unum_err *err)
{
    if (!local->config.state_path)
        return 0;
    int rc = state_each_record(local, BUCKETS, restore_bucket, err);
    if (rc == 0)
        rc = state_each_record(local, OBJECTS, restore_object, err);
    if (rc == 0)
        rc = uploads_restore(local, err);
    return rc < 0 ? rc : remove_strays(local, err);
}

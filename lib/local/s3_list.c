/* Listings of objects, page by page, with delimiters. */
#include <stdlib.h>

#include "crypto/base64.h"
#include "local/markup.h"
#include "local/s3.h"

void s3_write_key(struct s3_request *s, const char *tag, struct unum_str key)
{
    struct unum_buf UNUM_AUTO_BUF encoded = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
    if (!unum_str_is(s3_param(s, "encoding-type"), "url")) {
        markup_text(&s->req->answer.body, tag, key);
        return;
    }
    http_encode(&encoded, key, true);
    markup_text(&s->req->answer.body, tag, unum_buf_str(&encoded));
}

static int by_key(const void *a, const void *b)
{
    const struct object *const *left = a, *const *right = b;
    return unum_str_cmp(unum_str_from((*left)->key), unum_str_from((*right)->key));
}

/* All objects below a prefix, in the order of their keys; in the request's arena. */
static size_t sorted(struct s3_request *s, struct unum_str prefix, const struct object ***ret)
{
    size_t len = 0;
    const struct object **list =
        unum_arena_array(&s->req->arena, s->bucket->objects.len + 1, sizeof(const void *));
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&s->bucket->objects, entry))) {
        if (unum_str_starts(entry->key, prefix))
            list[len++] = entry->value;
    }
    qsort(list, len, sizeof(const void *), by_key);
    *ret = list;
    return len;
}

struct page {
    struct s3_request *s;
    struct unum_str prefix, delimiter, after;
    struct unum_str last; /* what the next page begins behind */
    int64_t count, most;
    bool more;
};

/* "a/b" of "a/b/c" */
static struct unum_str group_of(const struct page *page, struct unum_str key)
{
    if (!page->delimiter.len)
        return UNUM_STR_NONE;
    struct unum_str rest = unum_str_from_pos(key, page->prefix.len);
    size_t at = unum_str_search(rest, page->delimiter);
    return at == SIZE_MAX ? UNUM_STR_NONE
                          : unum_str_slice(key, 0, page->prefix.len + at + page->delimiter.len);
}

static void write_object(struct page *page, const struct object *object)
{
    struct unum_buf *out = &page->s->req->answer.body;
    markup_open(out, "Contents");
    s3_write_key(page->s, "Key", unum_str_from(object->key));
    markup_time(out, "LastModified", object->modified_ms);
    markup_texts(out, "ETag", object->etag);
    markup_int(out, "Size", object->size);
    markup_texts(out, "StorageClass", "STANDARD");
    markup_close(out, "Contents");
}

static void write_group(struct page *page, struct unum_str group)
{
    struct unum_buf *out = &page->s->req->answer.body;
    markup_open(out, "CommonPrefixes");
    s3_write_key(page->s, "Prefix", group);
    markup_close(out, "CommonPrefixes");
}

/* Which objects and groups are on the page; then they are written, objects first. */
static void write_page(struct page *page, const struct object *const *list, size_t len)
{
    size_t first = 0, end;
    struct unum_str seen = UNUM_STR_NONE;
    while (page->after.len && first < len) {
        struct unum_str key = unum_str_from(list[first]->key), group = group_of(page, key);
        if (unum_str_cmp(key, page->after) > 0 && !unum_str_eq(group, page->after))
            break;
        first++;
    }
    for (end = first; end < len; end++) {
        struct unum_str key = unum_str_from(list[end]->key), group = group_of(page, key);
        if (group.len && unum_str_eq(group, seen))
            continue;
        if (page->count == page->most) {
            page->more = true;
            break;
        }
        page->count++;
        seen = group;
        page->last = group.len ? group : key;
    }
    for (size_t i = first; i < end; i++) {
        if (!group_of(page, unum_str_from(list[i]->key)).len)
            write_object(page, list[i]);
    }
    seen = UNUM_STR_NONE;
    for (size_t i = first; i < end; i++) {
        struct unum_str group = group_of(page, unum_str_from(list[i]->key));
        if (group.len && !unum_str_eq(group, seen))
            write_group(page, group);
        seen = group;
    }
}

/* False: an error was answered. */
static bool begin(struct s3_request *s, struct page *page)
{
    const struct object **list;
    struct unum_buf *out = &s->req->answer.body;
    page->s = s;
    page->prefix = s3_param(s, "prefix");
    page->delimiter = s3_param(s, "delimiter");
    if (!s3_number(s, "max-keys", S3_PAGE, 0, INT32_MAX, &page->most))
        return false;
    if (page->most > S3_PAGE)
        page->most = S3_PAGE;
    s3_begin(s, "ListBucketResult");
    markup_texts(out, "Name", s->bucket->name);
    s3_write_key(s, "Prefix", page->prefix);
    if (page->delimiter.len)
        s3_write_key(s, "Delimiter", page->delimiter);
    markup_int(out, "MaxKeys", page->most);
    if (s3_param(s, "encoding-type").len)
        markup_text(out, "EncodingType", s3_param(s, "encoding-type"));
    size_t len = sorted(s, page->prefix, &list);
    if (page->most > 0)
        write_page(page, list, len);
    markup_bool(out, "IsTruncated", page->more);
    return true;
}

void s3_list_objects(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct page page = {.after = s3_param(s, "marker")};
    struct unum_str marker = page.after;
    if (!begin(s, &page))
        return;
    s3_write_key(s, "Marker", marker);
    if (page.more && page.delimiter.len)
        s3_write_key(s, "NextMarker", page.last);
    markup_close(&s->req->answer.body, "ListBucketResult");
    s3_answer(s, 200);
}

void s3_list_objects_v2(struct door_request *req)
{
    struct s3_request *s = req->s3;
    struct page page = {.after = s3_param(s, "start-after")};
    struct unum_str after = page.after, token = s3_param(s, "continuation-token");
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(4 * UNUM_KB);
    struct unum_buf *out = &s->req->answer.body;
    if (token.len) {
        if (!base64_decode(&text, token)) {
            s3_error(s, 400, "InvalidArgument", "The continuation token provided is incorrect");
            return;
        }
        page.after = unum_buf_str(&text);
    }
    if (!begin(s, &page))
        return;
    markup_int(out, "KeyCount", page.count);
    if (after.len)
        s3_write_key(s, "StartAfter", after);
    if (token.len)
        markup_text(out, "ContinuationToken", token);
    if (page.more) {
        struct unum_buf UNUM_AUTO_BUF next = UNUM_BUF_INIT(4 * UNUM_KB);
        base64_encode(&next, page.last);
        markup_text(out, "NextContinuationToken", unum_buf_str(&next));
    }
    markup_close(out, "ListBucketResult");
    s3_answer(s, 200);
}

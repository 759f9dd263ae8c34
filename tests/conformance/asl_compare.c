#include "asl_compare.h"

#include "base/clock.h"
#include "base/limits.h"

static struct unum_str decoded(struct unum_str value, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64 * UNUM_MB);
    if (!json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

struct unum_str case_text(struct unum_str object, const char *key, struct unum_arena *arena)
{
    struct unum_str value;
    if (!json_get(object, unum_str_from(key), &value))
        return UNUM_STR_NONE;
    return decoded(value, arena);
}

static bool is_metadata(struct unum_str object, struct unum_str key)
{
    struct unum_str version;
    return json_get(object, UNUM_STR("ExecutedVersion"), &version) &&
           (json_is(key, UNUM_STR("SdkHttpMetadata")) ||
            json_is(key, UNUM_STR("SdkResponseMetadata")));
}

static void put_without_metadata(struct json_writer *w, struct unum_str value,
                                 struct unum_arena *arena)
{
    enum json_type type = json_type(value);
    struct json_iter iter = json_iter(value);
    struct unum_str key;
    struct unum_str member;
    if (type == JSON_OBJECT) {
        json_object_begin(w);
        while (json_next(&iter, &key, &member)) {
            if (is_metadata(value, key))
                continue;
            json_key_str(w, decoded(key, arena));
            put_without_metadata(w, member, arena);
        }
        json_object_end(w);
    } else if (type == JSON_ARRAY) {
        json_array_begin(w);
        while (json_next(&iter, NULL, &member))
            put_without_metadata(w, member, arena);
        json_array_end(w);
    } else {
        json_raw(w, value);
    }
}

struct unum_str case_without_metadata(struct unum_str value, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(64 * UNUM_MB);
    struct json_writer w = JSON_WRITER(&out);
    put_without_metadata(&w, value, arena);
    return unum_arena_str(arena, unum_buf_str(&out));
}

static void put_normal(struct json_writer *w, struct unum_str value, struct unum_arena *arena)
{
    enum json_type type = json_type(value);
    struct unum_str text;
    struct unum_str inner;
    struct unum_str key;
    struct unum_str member;
    struct json_iter iter = json_iter(value);
    switch (type) {
    case JSON_STRING:
        text = decoded(value, arena);
        if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '[') &&
            json_check(text, &inner, NULL) == 0)
            put_normal(w, inner, arena);
        else
            json_raw(w, value);
        return;
    case JSON_OBJECT:
        json_object_begin(w);
        while (json_next(&iter, &key, &member)) {
            json_key_str(w, decoded(key, arena));
            put_normal(w, member, arena);
        }
        json_object_end(w);
        return;
    case JSON_ARRAY:
        json_array_begin(w);
        while (json_next(&iter, NULL, &member))
            put_normal(w, member, arena);
        json_array_end(w);
        return;
    case JSON_NULL:
    case JSON_BOOL:
    case JSON_NUMBER:
        break;
    }
    json_raw(w, value);
}

struct unum_str case_normal(struct unum_str value, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(64 * UNUM_MB);
    struct json_writer w = JSON_WRITER(&out);
    put_normal(&w, value, arena);
    return unum_arena_str(arena, unum_buf_str(&out));
}

/* `pattern` with "<...>" for any text. */
static bool fits(struct unum_str pattern, struct unum_str text)
{
    size_t open = unum_str_find(pattern, '<');
    size_t close = unum_str_find(pattern, '>');
    if (open == SIZE_MAX || close == SIZE_MAX || close < open)
        return unum_str_eq(pattern, text);
    if (!unum_str_eq(unum_str_slice(pattern, 0, open), unum_str_slice(text, 0, open)))
        return false;
    struct unum_str rest = unum_str_from_pos(pattern, close + 1);
    for (size_t i = open; i <= text.len; i++) {
        if (fits(rest, unum_str_from_pos(text, i)))
            return true;
    }
    return false;
}

static bool same_text(struct unum_str expected, struct unum_str got, struct unum_arena *arena)
{
    int64_t ms;
    struct unum_str wanted = decoded(expected, arena);
    struct unum_str text = decoded(got, arena);
    if (unum_str_is(wanted, "date") && unum_time_parse(text, &ms))
        return true;
    return fits(wanted, text);
}

static bool same_members(struct unum_str expected, struct unum_str got, struct unum_arena *arena)
{
    struct json_iter iter = json_iter(expected);
    struct unum_str key;
    struct unum_str member;
    struct unum_str other;
    for (size_t i = 0; json_next(&iter, &key, &member); i++) {
        bool there = json_type(expected) == JSON_OBJECT ? json_get(got, decoded(key, arena), &other)
                                                        : json_at(got, i, &other);
        if (!there || !case_same(member, other, true, arena))
            return false;
    }
    return json_count(expected) == json_count(got);
}

bool case_same(struct unum_str expected, struct unum_str got, bool placeholders,
               struct unum_arena *arena)
{
    if (!placeholders)
        return json_equal(expected, got);
    enum json_type type = json_type(expected);
    if (type == JSON_STRING && fits(decoded(expected, arena), got))
        return true; /* a placeholder for a value that is no text */
    if (type != json_type(got))
        return false;
    if (type == JSON_STRING)
        return same_text(expected, got, arena);
    if (type == JSON_OBJECT || type == JSON_ARRAY)
        return same_members(expected, got, arena);
    return json_equal(expected, got);
}

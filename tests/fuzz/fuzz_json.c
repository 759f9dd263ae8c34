/* json_check() on any bytes; what it lets through is walked, decoded, found again by its keys, and
 * equal to itself and to what the writer makes of it. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void rewrite(struct json_writer *w, struct unum_str value);

static void rewrite_members(struct json_writer *w, struct unum_str value, bool object)
{
    struct json_iter iter = json_iter(value);
    struct unum_str key;
    struct unum_str member;
    size_t count = 0;
    while (json_next(&iter, &key, &member)) {
        struct unum_str found;
        if (object) {
            struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            must(json_decode(key, &name) && json_is(key, unum_buf_str(&name)));
            must(json_get(value, unum_buf_str(&name), &found));
            json_key_str(w, unum_buf_str(&name));
        } else {
            must(json_at(value, count, &found) && found.ptr == member.ptr);
        }
        rewrite(w, member);
        count++;
    }
    must(count == json_count(value));
}

static void rewrite(struct json_writer *w, struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    int64_t whole;
    double number;
    bool yes;
    switch (json_type(value)) {
    case JSON_OBJECT:
        json_object_begin(w);
        rewrite_members(w, value, true);
        json_object_end(w);
        break;
    case JSON_ARRAY:
        json_array_begin(w);
        rewrite_members(w, value, false);
        json_array_end(w);
        break;
    case JSON_STRING:
        must(json_decode(value, &text) && unum_utf8_valid(unum_buf_str(&text)));
        json_string(w, unum_buf_str(&text));
        break;
    case JSON_NUMBER:
        if (json_to_i64(value, &whole))
            must(json_to_double(value, &number));
        json_raw(w, value);
        break;
    case JSON_BOOL:
        must(json_to_bool(value, &yes));
        json_bool(w, yes);
        break;
    case JSON_NULL:
        json_null(w);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_str value;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(unum_str_of((const char *)data, size), &value, &err) != 0) {
        must(err.rc == UNUM_E_PARSE && err.msg);
        return 0;
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = {.out = &out, .indent = (unsigned)(size % 3)};
    rewrite(&w, value);
    struct unum_str again;
    must(json_check(unum_buf_str(&out), &again, NULL) == 0);
    must(json_equal(value, value) && json_equal(value, again) && json_equal(again, value));
    struct unum_str found;
    struct unum_str pointer = unum_str_of((const char *)data, size < 40 ? size : 40);
    if (json_pointer(value, pointer, &found))
        must(found.ptr >= value.ptr && found.ptr + found.len <= value.ptr + value.len);
    return 0;
}

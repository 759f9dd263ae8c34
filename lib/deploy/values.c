#include "deploy/values.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "template/cloudformation.h"
#include "json/json.h"

enum { MOST_VALUE = 40 };

/* What `pointer` leads to in one of the two; false: nothing, or the service did not tell. */
static bool look(struct unum_str context, struct unum_str pointer, struct unum_str *ret)
{
    struct unum_str value;
    return context.len && json_check(context, &value, NULL) == 0 &&
           json_pointer(value, pointer, ret);
}

/* Other texts are for the console: long ones, and any that could do something to a terminal. */
static bool is_plain(struct unum_str text)
{
    if (!text.len || text.len > MOST_VALUE)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    }
    return true;
}

static bool read_scalar(struct unum_str context, struct unum_str property, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF pointer = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str value;
    unum_buf_printf(&pointer, "/Properties/%.*s", UNUM_STR_ARG(property));
    if (!look(context, unum_buf_str(&pointer), &value))
        return false;
    if (json_type(value) == JSON_NUMBER || json_type(value) == JSON_BOOL)
        unum_buf_add(out, value);
    else if (json_type(value) != JSON_STRING || !json_decode(value, out))
        return false;
    return is_plain(unum_buf_str(out));
}

void values_add(const struct cfn_change *change, struct unum_str property, struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF before = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_buf UNUM_AUTO_BUF after = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    if (read_scalar(change->before, property, &before) &&
        read_scalar(change->after, property, &after) &&
        !unum_str_eq(unum_buf_str(&before), unum_buf_str(&after)))
        unum_buf_printf(out, " (%s -> %s)", unum_buf_text(&before), unum_buf_text(&after));
}

/* ---- tags ---- */

static bool is_key(struct unum_str tag, struct unum_str key)
{
    struct unum_str found;
    return json_get(tag, UNUM_STR("Key"), &found) && json_equal(found, key);
}

/* The value of the tag with this key, both as JSON. */
static bool find(struct unum_str tags, struct unum_str key, struct unum_str *ret)
{
    struct json_iter iter = json_iter(tags);
    struct unum_str ignored, tag;
    while (json_next(&iter, &ignored, &tag)) {
        if (is_key(tag, key))
            return json_get(tag, UNUM_STR("Value"), ret);
    }
    return false;
}

static void begin_of_hash(struct unum_str tags, char ret[8 + 1])
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str value;
    ret[0] = '\0';
    if (find(tags, UNUM_STR("\"" CLOUDFORMATION_IR_TAG "\""), &value) &&
        json_type(value) == JSON_STRING && json_decode(value, &text) &&
        is_plain(unum_str_slice(unum_buf_str(&text), 0, 8)))
        (void)snprintf(ret, 8 + 1, "%.8s", unum_buf_text(&text));
}

/* Does one list have a tag, not about the orchestration, that the other has not the same way? */
static bool has_more(struct unum_str tags, struct unum_str others)
{
    struct json_iter iter = json_iter(tags);
    struct unum_str ignored, tag, key, value, other;
    while (json_next(&iter, &ignored, &tag)) {
        if (!json_get(tag, UNUM_STR("Key"), &key) || !json_get(tag, UNUM_STR("Value"), &value))
            return true;
        if (!json_equal(key, UNUM_STR("\"" CLOUDFORMATION_IR_TAG "\"")) &&
            (!find(others, key, &other) || !json_equal(value, other)))
            return true;
    }
    return false;
}

struct values_tags values_tags(const struct cfn_change *change)
{
    static const struct unum_str at = UNUM_STR_INIT("/Properties/Tags");
    struct values_tags tags = {0};
    struct unum_str before = UNUM_STR_NONE, after = UNUM_STR_NONE;
    tags.known = look(change->before, at, &before) && look(change->after, at, &after) &&
                 json_type(before) == JSON_ARRAY && json_type(after) == JSON_ARRAY;
    if (!tags.known)
        return tags;
    begin_of_hash(before, tags.before);
    begin_of_hash(after, tags.after);
    tags.ir = strcmp(tags.before, tags.after) != 0;
    tags.others = has_more(before, after) || has_more(after, before);
    return tags;
}

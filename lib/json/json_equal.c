#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/vec.h"
#include "json/json.h"
#include "json/json_number_internal.h"

struct member {
    struct unum_str key; /* decoded */
    struct unum_str value;
    size_t position;
};

struct members {
    UNUM_VEC(struct member) list;
    struct unum_arena arena; /* decoded keys that differ from their text */
};

static void members_done(struct members *members)
{
    unum_vec_done(&members->list);
    unum_arena_done(&members->arena);
}

static int by_key(const void *left, const void *right)
{
    const struct member *a = left;
    const struct member *b = right;
    int order = unum_str_cmp(a->key, b->key);
    if (order)
        return order;
    return a->position < b->position ? -1 : a->position > b->position;
}

static struct unum_str decoded(struct unum_arena *arena, struct unum_str quoted)
{
    struct unum_str inner = unum_str_slice(quoted, 1, quoted.len - 2);
    if (unum_str_find(inner, '\\') == SIZE_MAX)
        return inner;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(quoted.len);
    json_decode(quoted, &text);
    return unum_arena_str(arena, unum_buf_str(&text));
}

/* The members sorted by key; of several with one key only the first. */
static void collect(struct unum_str object, struct members *members)
{
    struct json_iter iter = json_iter(object);
    struct unum_str key;
    struct unum_str value;
    while (json_next(&iter, &key, &value)) {
        size_t position = members->list.len;
        *unum_vec_push(&members->list) =
            (struct member){decoded(&members->arena, key), value, position};
    }
    if (members->list.len < 2)
        return;
    qsort(members->list.at, members->list.len, sizeof(*members->list.at), by_key);
    size_t kept = 1;
    for (size_t i = 1; i < members->list.len; i++) {
        if (!unum_str_eq(members->list.at[i].key, members->list.at[kept - 1].key))
            members->list.at[kept++] = members->list.at[i];
    }
    members->list.len = kept;
}

static bool equal_objects(struct unum_str a, struct unum_str b)
{
    struct members UNUM_AUTO(members_done) left = {0};
    struct members UNUM_AUTO(members_done) right = {0};
    collect(a, &left);
    collect(b, &right);
    if (left.list.len != right.list.len)
        return false;
    for (size_t i = 0; i < left.list.len; i++) {
        if (!unum_str_eq(left.list.at[i].key, right.list.at[i].key) ||
            !json_equal(left.list.at[i].value, right.list.at[i].value))
            return false;
    }
    return true;
}

static bool equal_arrays(struct unum_str a, struct unum_str b)
{
    struct json_iter left = json_iter(a);
    struct json_iter right = json_iter(b);
    for (;;) {
        struct unum_str x;
        struct unum_str y;
        bool more = json_next(&left, NULL, &x);
        if (json_next(&right, NULL, &y) != more)
            return false;
        if (!more)
            return true;
        if (!json_equal(x, y))
            return false;
    }
}

static bool equal_strings(struct unum_str a, struct unum_str b)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(a.len);
    return json_decode(a, &text) && json_is(b, unum_buf_str(&text));
}

/* Recursion ends at the nesting that json_check() lets through. */
bool json_equal(struct unum_str a, struct unum_str b)
{
    if (unum_str_eq(a, b))
        return true;
    enum json_type type = json_type(a);
    if (type != json_type(b))
        return false;
    switch (type) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return a.ptr[0] == b.ptr[0];
    case JSON_NUMBER:
        return json_number_equal(a, b);
    case JSON_STRING:
        return equal_strings(a, b);
    case JSON_ARRAY:
        return equal_arrays(a, b);
    case JSON_OBJECT:
        return equal_objects(a, b);
    }
    return false;
}

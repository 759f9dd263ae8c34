/* Differences between JSON values, as sentences. */
#include "plan/diff_internal.h"

#include "base/limits.h"
#include "json/json.h"

struct unum_str value_short(struct unum_arena *arena, struct unum_str json)
{
    if (json.len <= MOST_VALUE)
        return json;
    size_t len = MOST_VALUE - 3;
    while (len && ((unsigned char)json.ptr[len] & 0xc0) == 0x80)
        len--;
    return unum_arena_printf(arena, "%.*s...", (int)len, json.ptr);
}

struct unum_str value_at(struct unum_str object, const char *key)
{
    struct unum_str value;
    if (!object.ptr || !json_get(object, unum_str_from(key), &value))
        return UNUM_STR_NONE;
    return value;
}

bool value_same(struct unum_str a, struct unum_str b)
{
    if (!a.ptr || !b.ptr)
        return !a.ptr && !b.ptr;
    return unum_str_eq(a, b) || json_equal(a, b);
}

static void say_value(struct sayings *s, struct unum_str title, struct unum_str old,
                      struct unum_str new)
{
    struct unum_str was = value_short(s->arena, old), is = value_short(s->arena, new);
    if (!old.ptr)
        says(s, "%.*s is %.*s (was absent)", UNUM_STR_ARG(title), UNUM_STR_ARG(is));
    else if (!new.ptr)
        says(s, "%.*s is absent (was %.*s)", UNUM_STR_ARG(title), UNUM_STR_ARG(was));
    else
        says(s, "%.*s is %.*s (was %.*s)", UNUM_STR_ARG(title), UNUM_STR_ARG(is),
             UNUM_STR_ARG(was));
}

static struct unum_str decoded(struct unum_arena *arena, struct unum_str quoted)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    json_decode(quoted, &text);
    return unum_arena_str(arena, unum_buf_str(&text));
}

/* Members by name, so that comparing two wide objects stays linear. */
static void index_members(struct unum_str object, struct unum_arena *arena, struct unum_map *ret)
{
    struct json_iter iter = json_iter(object);
    struct unum_str key, value;
    while (json_next(&iter, &key, &value)) {
        struct unum_str *kept = UNUM_ARENA_NEW(arena, struct unum_str);
        *kept = value;
        if (!unum_map_has(ret, decoded(arena, key)))
            unum_map_set(ret, decoded(arena, key), kept);
    }
}

static struct unum_str joined(struct sayings *s, struct unum_str title, struct unum_str key)
{
    return title.len
               ? unum_arena_printf(s->arena, "%.*s.%.*s", UNUM_STR_ARG(title), UNUM_STR_ARG(key))
               : key;
}

static void objects_differ(struct sayings *s, struct unum_str title, struct unum_str old,
                           struct unum_str new)
{
    struct unum_map UNUM_AUTO_MAP was = UNUM_MAP_INIT;
    struct unum_map UNUM_AUTO_MAP is = UNUM_MAP_INIT;
    index_members(old, s->arena, &was);
    index_members(new, s->arena, &is);
    for (struct unum_map_entry *e = unum_map_next(&was, NULL); e; e = unum_map_next(&was, e)) {
        const struct unum_str *now = unum_map_get(&is, e->key);
        const struct unum_str *before = e->value;
        values_differ(s, joined(s, title, unum_arena_str(s->arena, e->key)), *before,
                      now ? *now : UNUM_STR_NONE);
    }
    for (struct unum_map_entry *e = unum_map_next(&is, NULL); e; e = unum_map_next(&is, e)) {
        const struct unum_str *now = e->value;
        if (!unum_map_has(&was, e->key))
            values_differ(s, joined(s, title, unum_arena_str(s->arena, e->key)), UNUM_STR_NONE,
                          *now);
    }
}

static void lists_differ(struct sayings *s, struct unum_str title, struct unum_str old,
                         struct unum_str new)
{
    struct json_iter was = json_iter(old), is = json_iter(new);
    struct unum_str before, now;
    for (size_t i = 0;; i++) {
        bool a = json_next(&was, NULL, &before), b = json_next(&is, NULL, &now);
        if (!a && !b)
            return;
        values_differ(s, unum_arena_printf(s->arena, "%.*s[%zu]", UNUM_STR_ARG(title), i),
                      a ? before : UNUM_STR_NONE, b ? now : UNUM_STR_NONE);
    }
}

/* Nesting is bounded: both values have passed json_check(). */
void values_differ(struct sayings *s, struct unum_str title, struct unum_str old,
                   struct unum_str new)
{
    if (value_same(old, new))
        return;
    if (old.ptr && new.ptr && json_type(old) == json_type(new)) {
        if (json_type(old) == JSON_OBJECT && title.len < UNUM_LIMIT_PATH) {
            objects_differ(s, title, old, new);
            return;
        }
        if (json_type(old) == JSON_ARRAY && title.len < UNUM_LIMIT_PATH) {
            lists_differ(s, title, old, new);
            return;
        }
    }
    say_value(s, title, old, new);
}

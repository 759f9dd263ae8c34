#include "tree.h"

#include "base/limits.h"

struct tree *tree_read(struct unum_str json, struct unum_arena *arena)
{
    struct tree *tree = UNUM_ARENA_NEW(arena, struct tree);
    struct json_iter iter = json_iter(json);
    struct unum_str key;
    struct unum_str value;
    *tree = (struct tree){.type = json_type(json), .value = json};
    if (tree->type != JSON_OBJECT && tree->type != JSON_ARRAY)
        return tree;
    tree->members = unum_arena_array(arena, json_count(json) + 1, sizeof(*tree->members));
    while (json_next(&iter, &key, &value)) {
        struct tree *member = tree_read(value, arena);
        member->key = key;
        tree->members[tree->len++] = member;
    }
    return tree;
}

static void put(const struct tree *tree, struct unum_buf *out)
{
    const struct tree *shown = tree->instead ? tree->instead : tree;
    bool object = shown->type == JSON_OBJECT;
    bool first = true;
    if (!object && shown->type != JSON_ARRAY) {
        unum_buf_add(out, shown->value);
        return;
    }
    unum_buf_addc(out, object ? '{' : '[');
    for (size_t i = 0; i < shown->len; i++) {
        if (shown->members[i]->gone)
            continue;
        if (!first)
            unum_buf_addc(out, ',');
        first = false;
        if (object) {
            unum_buf_add(out, shown->members[i]->key);
            unum_buf_addc(out, ':');
        }
        put(shown->members[i], out);
    }
    unum_buf_addc(out, object ? '}' : ']');
}

struct unum_str tree_write(const struct tree *tree, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    put(tree, &out);
    return unum_arena_str(arena, unum_buf_str(&out));
}

struct tree *tree_get(const struct tree *tree, const char *key)
{
    for (size_t i = 0; tree->type == JSON_OBJECT && i < tree->len; i++) {
        if (!tree->members[i]->gone && json_is(tree->members[i]->key, unum_str_from(key)))
            return tree->members[i];
    }
    return NULL;
}

#include "shrink.h"

#include "tree.h"

struct shrinker {
    bool (*fails)(void *cookie, struct unum_str json);
    void *cookie;
    struct tree *root;
    struct unum_str best;
    struct unum_arena *arena;
    size_t left; /* questions that may still be asked */
    bool progress;
};

static bool still_fails(struct shrinker *s)
{
    if (!s->left)
        return false;
    s->left--;
    struct unum_str text = tree_write(s->root, s->arena);
    if (text.len >= s->best.len || !s->fails(s->cookie, text))
        return false;
    s->best = text;
    s->progress = true;
    return true;
}

/* Everything that leads to `name` leads to where it leads. */
static void redirect(struct tree *tree, struct unum_str name, const struct tree *next)
{
    static const char *const keys[] = {"Next", "Default", "StartAt"};
    for (size_t i = 0; i < UNUM_COUNT(keys); i++) {
        struct tree *target = tree_get(tree, keys[i]);
        if (target && target->type == JSON_STRING && !target->instead &&
            unum_str_eq(target->value, name))
            target->instead = next;
    }
    for (size_t i = 0; i < tree->len; i++)
        redirect(tree->members[i], name, next);
}

static void restore(struct tree *tree, struct unum_str name)
{
    if (tree->instead && unum_str_eq(tree->value, name))
        tree->instead = NULL;
    for (size_t i = 0; i < tree->len; i++)
        restore(tree->members[i], name);
}

/* Leave a state out: what led to it leads to its Next. */
static bool bypass(struct shrinker *s, struct tree *state)
{
    struct tree *next = tree_get(state, "Next");
    if (!next)
        next = tree_get(state, "Default");
    if (!next || next->instead)
        return false;
    state->gone = true;
    redirect(s->root, state->key, next);
    if (still_fails(s))
        return true;
    state->gone = false;
    restore(s->root, state->key);
    return false;
}

static bool leave_out(struct shrinker *s, struct tree *member)
{
    member->gone = true;
    if (still_fails(s))
        return true;
    member->gone = false;
    return false;
}

static void shrink(struct shrinker *s, struct tree *tree)
{
    for (size_t i = 0; i < tree->len && s->left; i++) {
        struct tree *member = tree->members[i];
        if (member->gone || leave_out(s, member))
            continue;
        if (member->type == JSON_OBJECT && tree_get(member, "Type") && bypass(s, member))
            continue;
        shrink(s, member);
    }
}

struct unum_str shrink_case(struct unum_str json, bool (*fails)(void *cookie, struct unum_str json),
                            void *cookie, size_t most, struct unum_arena *arena)
{
    struct shrinker s = {.fails = fails, .cookie = cookie, .arena = arena, .left = most};
    s.best = json;
    do {
        s.progress = false;
        s.root = tree_read(s.best, arena);
        shrink(&s, s.root);
    } while (s.progress && s.left);
    return s.best;
}

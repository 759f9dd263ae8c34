/* Document paths: following, comparing and projecting along them. */
#include "base/limits.h"
#include "local/db_token.h"

static bool same_step(const struct db_step *a, const struct db_step *b)
{
    if (!a->name.ptr || !b->name.ptr)
        return !a->name.ptr && !b->name.ptr && a->index == b->index;
    return unum_str_eq(a->name, b->name);
}

/* Number of steps both paths begin with. */
static size_t common_steps(const struct db_path *a, const struct db_path *b)
{
    size_t i = 0;
    while (i < a->len && i < b->len && same_step(&a->at[i], &b->at[i]))
        i++;
    return i;
}

bool db_same_path(const struct db_path *a, const struct db_path *b)
{
    return a->len == b->len && common_steps(a, b) == a->len;
}

struct unum_str db_path_text(const struct db_path *path, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_addc(&text, '[');
    for (size_t i = 0; i < path->len; i++) {
        if (i)
            unum_buf_adds(&text, ", ");
        if (path->at[i].name.ptr)
            unum_buf_add(&text, path->at[i].name);
        else
            unum_buf_printf(&text, "[%u]", path->at[i].index);
    }
    unum_buf_addc(&text, ']');
    return unum_arena_str(arena, unum_buf_str(&text));
}

static int refuse_pair(const struct db_path *one, const struct db_path *two, const char *verb,
                       const char *parameter, struct unum_arena *arena, struct db_fault *fault)
{
    struct unum_str first = db_path_text(one, arena);
    struct unum_str second = db_path_text(two, arena);
    return db_refuse(fault, DB_VALIDATION,
                     "Invalid %s: Two document paths %s with each other; must remove or rewrite "
                     "one of these paths; path one: %.*s, path two: %.*s",
                     parameter, verb, UNUM_STR_ARG(first), UNUM_STR_ARG(second));
}

int db_paths_check(const struct db_path *const *paths, size_t count, const char *parameter,
                   struct unum_arena *arena, struct db_fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            size_t common = common_steps(paths[i], paths[j]);
            if (common == paths[i]->len || common == paths[j]->len)
                return refuse_pair(paths[i], paths[j], "overlap", parameter, arena, fault);
            /* One place cannot be a map and a list. */
            if (!paths[i]->at[common].name.ptr != !paths[j]->at[common].name.ptr)
                return refuse_pair(paths[i], paths[j], "conflict", parameter, arena, fault);
        }
    }
    return 0;
}

static struct db_value *step_into(const struct db_value *value, const struct db_step *step)
{
    if (step->name.ptr)
        return value->type == DB_TYPE_M ? db_map_get(value, step->name) : NULL;
    return value->type == DB_TYPE_L && step->index < value->len ? value->members[step->index].value
                                                                : NULL;
}

struct db_value *db_path_get(const struct db_value *item, const struct db_path *path)
{
    const struct db_value *at = item;
    struct db_value *found = NULL;
    for (size_t i = 0; i < path->len; i++) {
        found = step_into(at, &path->at[i]);
        if (!found)
            return NULL;
        at = found;
    }
    return found;
}

/* The part of `value` that the paths name which lead here, all with `depth` steps taken. */
static struct db_value *project(const struct db_path *const *paths, size_t count, size_t depth,
                                const struct db_value *value, struct unum_arena *arena);

/* One member: the paths whose step at `depth` is the one of `paths[first]`. */
static struct db_value *project_step(const struct db_path *const *paths, size_t count, size_t first,
                                     size_t depth, const struct db_value *value,
                                     struct unum_arena *arena)
{
    const struct db_step *step = &paths[first]->at[depth];
    struct db_value *member = step_into(value, step);
    if (!member || paths[first]->len == depth + 1)
        return member;
    const struct db_path **through = unum_arena_array(arena, count, sizeof(struct db_path *));
    size_t len = 0;
    for (size_t i = first; i < count; i++) {
        if (same_step(&paths[i]->at[depth], step))
            through[len++] = paths[i];
    }
    return project(through, len, depth + 1, member, arena);
}

static bool step_was_seen(const struct db_path *const *paths, size_t at, size_t depth)
{
    for (size_t i = 0; i < at; i++) {
        if (same_step(&paths[i]->at[depth], &paths[at]->at[depth]))
            return true;
    }
    return false;
}

/* Elements of a list keep their order whatever the order of the paths is. */
static void sort_elements(struct db_value *list, uint32_t *index)
{
    for (size_t i = 1; i < list->len; i++) {
        for (size_t j = i; j > 0 && index[j] < index[j - 1]; j--) {
            struct db_member member = list->members[j];
            list->members[j] = list->members[j - 1];
            list->members[j - 1] = member;
            uint32_t swap = index[j];
            index[j] = index[j - 1];
            index[j - 1] = swap;
        }
    }
}

static struct db_value *project(const struct db_path *const *paths, size_t count, size_t depth,
                                const struct db_value *value, struct unum_arena *arena)
{
    struct db_value *part = UNUM_ARENA_NEW(arena, struct db_value);
    part->type = value->type;
    uint32_t *index = unum_arena_array(arena, count, sizeof(*index));
    for (size_t i = 0; i < count; i++) {
        if (step_was_seen(paths, i, depth))
            continue;
        struct db_value *member = project_step(paths, count, i, depth, value, arena);
        if (!member)
            continue;
        const struct db_step *step = &paths[i]->at[depth];
        index[part->len] = step->index;
        if (value->type == DB_TYPE_M)
            db_map_set(part, arena, step->name, member);
        else
            db_list_push(part, arena, member);
    }
    if (value->type == DB_TYPE_L)
        sort_elements(part, index);
    return part->len || !depth ? part : NULL;
}

struct db_value *db_project(const struct db_path *const *paths, size_t count,
                            const struct db_value *item, struct unum_arena *arena)
{
    return project(paths, count, 0, item, arena);
}

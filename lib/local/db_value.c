#include "local/db_value.h"

#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {
#define DB_TYPE_NAME(name) [DB_TYPE_##name] = #name,
    DB_TYPE_TABLE(DB_TYPE_NAME)
#undef DB_TYPE_NAME
};

const char *db_type_name(enum db_type type)
{
    return type_names[type];
}

bool db_type_find(struct unum_str name, enum db_type *ret)
{
    for (size_t i = 0; i < DB_TYPE_COUNT; i++) {
        if (unum_str_is(name, type_names[i])) {
            *ret = (enum db_type)i;
            return true;
        }
    }
    return false;
}

/* Elements of one set type in their order. */
static int cmp_texts(const void *a, const void *b)
{
    const struct db_element *left = a, *right = b;
    return unum_str_cmp(left->text, right->text);
}

static int cmp_numbers(const void *a, const void *b)
{
    const struct db_element *left = a, *right = b;
    return db_number_cmp(left->number, right->number);
}

static int (*element_order(enum db_type type))(const void *, const void *)
{
    return type == DB_TYPE_NS ? cmp_numbers : cmp_texts;
}

struct db_value *db_map_get(const struct db_value *map, struct unum_str name)
{
    for (size_t i = 0; i < map->len; i++) {
        if (unum_str_eq(map->members[i].name, name))
            return map->members[i].value;
    }
    return NULL;
}

static void add_member(struct db_value *to, struct unum_arena *arena, struct unum_str name,
                       struct db_value *value)
{
    if (to->len == to->cap) {
        size_t cap = to->cap ? to->cap * 2 : 8;
        struct db_member *grown = unum_arena_array(arena, cap, sizeof(*grown));
        if (to->len)
            memcpy(grown, to->members, to->len * sizeof(*grown));
        to->members = grown;
        to->cap = cap;
    }
    to->members[to->len++] = (struct db_member){name, value};
}

void db_map_set(struct db_value *map, struct unum_arena *arena, struct unum_str name,
                struct db_value *value)
{
    for (size_t i = 0; i < map->len; i++) {
        if (unum_str_eq(map->members[i].name, name)) {
            map->members[i].value = value;
            return;
        }
    }
    add_member(map, arena, name, value);
}

void db_list_push(struct db_value *list, struct unum_arena *arena, struct db_value *value)
{
    add_member(list, arena, UNUM_STR(""), value);
}

struct db_value *db_value_number(const struct db_number *number, struct unum_arena *arena)
{
    struct db_number *kept = UNUM_ARENA_NEW(arena, struct db_number);
    *kept = *number;
    struct db_value *value = UNUM_ARENA_NEW(arena, struct db_value);
    value->type = DB_TYPE_N;
    value->number = kept;
    value->text = db_number_text(kept, arena);
    return value;
}

struct db_value *db_value_copy(const struct db_value *value, struct unum_arena *arena)
{
    struct db_value *copy = UNUM_ARENA_NEW(arena, struct db_value);
    *copy = *value; /* texts, numbers and sets are never changed in place */
    if (value->type != DB_TYPE_L && value->type != DB_TYPE_M)
        return copy;
    copy->cap = value->len;
    copy->members = unum_arena_array(arena, value->len, sizeof(*copy->members));
    for (size_t i = 0; i < value->len; i++) {
        copy->members[i].name = value->members[i].name;
        copy->members[i].value = db_value_copy(value->members[i].value, arena);
    }
    return copy;
}

static bool equal_sets(const struct db_value *a, const struct db_value *b)
{
    for (size_t i = 0; i < a->len; i++) {
        if (!unum_str_eq(a->elements[i].text, b->elements[i].text))
            return false;
    }
    return true;
}

static bool equal_members(const struct db_value *a, const struct db_value *b)
{
    for (size_t i = 0; i < a->len; i++) {
        const struct db_value *other = b->members[i].value;
        if (a->type == DB_TYPE_M && !unum_str_eq(a->members[i].name, b->members[i].name))
            other = db_map_get(b, a->members[i].name);
        if (!other || !db_value_equal(a->members[i].value, other))
            return false;
    }
    return true;
}

bool db_value_equal(const struct db_value *a, const struct db_value *b)
{
    if (a->type != b->type || a->len != b->len)
        return false;
    switch (a->type) {
    case DB_TYPE_S:
    case DB_TYPE_N:
    case DB_TYPE_B:
        return unum_str_eq(a->text, b->text);
    case DB_TYPE_BOOL:
        return a->boolean == b->boolean;
    case DB_TYPE_NULL:
    case DB_TYPE_COUNT:
        return true;
    case DB_TYPE_SS:
    case DB_TYPE_NS:
    case DB_TYPE_BS:
        return equal_sets(a, b);
    case DB_TYPE_L:
    case DB_TYPE_M:
        return equal_members(a, b);
    }
    return false;
}

bool db_value_order(const struct db_value *a, const struct db_value *b, int *ret_cmp)
{
    if (a->type != b->type || !(DB_BIT(a->type) & DB_SCALARS))
        return false;
    *ret_cmp =
        a->type == DB_TYPE_N ? db_number_cmp(a->number, b->number) : unum_str_cmp(a->text, b->text);
    return true;
}

bool db_set_has(const struct db_value *set, const struct db_element *element)
{
    return set->len && bsearch(element, set->elements, set->len, sizeof(*element),
                               element_order(set->type)) != NULL;
}

static struct db_value *new_set(enum db_type type, size_t room, struct unum_arena *arena)
{
    struct db_value *set = UNUM_ARENA_NEW(arena, struct db_value);
    set->type = type;
    set->elements = unum_arena_array(arena, room, sizeof(*set->elements));
    return set;
}

struct db_value *db_set_union(const struct db_value *a, const struct db_value *b,
                              struct unum_arena *arena)
{
    int (*order)(const void *, const void *) = element_order(a->type);
    struct db_value *both = new_set(a->type, a->len + b->len, arena);
    size_t i = 0, j = 0;
    while (i < a->len || j < b->len) {
        int cmp = i == a->len ? 1 : j == b->len ? -1 : order(&a->elements[i], &b->elements[j]);
        both->elements[both->len++] = cmp <= 0 ? a->elements[i] : b->elements[j];
        i += cmp <= 0;
        j += cmp >= 0;
    }
    return both;
}

struct db_value *db_set_minus(const struct db_value *a, const struct db_value *b,
                              struct unum_arena *arena)
{
    struct db_value *rest = new_set(a->type, a->len, arena);
    for (size_t i = 0; i < a->len; i++) {
        if (!db_set_has(b, &a->elements[i]))
            rest->elements[rest->len++] = a->elements[i];
    }
    return rest;
}

static size_t sum_elements(const struct db_value *set)
{
    size_t sum = 0;
    for (size_t i = 0; i < set->len; i++)
        sum += set->type == DB_TYPE_NS ? db_number_size(set->elements[i].number)
                                       : set->elements[i].text.len;
    return sum;
}

size_t db_value_size(const struct db_value *value)
{
    size_t sum = 3; /* a list or map itself; one more for each of its members */
    switch (value->type) {
    case DB_TYPE_S:
    case DB_TYPE_B:
        return value->text.len;
    case DB_TYPE_N:
        return db_number_size(value->number);
    case DB_TYPE_BOOL:
    case DB_TYPE_NULL:
    case DB_TYPE_COUNT:
        return 1;
    case DB_TYPE_SS:
    case DB_TYPE_NS:
    case DB_TYPE_BS:
        return sum_elements(value);
    case DB_TYPE_L:
    case DB_TYPE_M:
        for (size_t i = 0; i < value->len; i++)
            sum += 1 + value->members[i].name.len + db_value_size(value->members[i].value);
        return sum;
    }
    return sum;
}

size_t db_item_size(const struct db_value *item)
{
    size_t sum = 0;
    for (size_t i = 0; i < item->len; i++)
        sum += item->members[i].name.len + db_value_size(item->members[i].value);
    return sum;
}

/* Depth is bounded by the JSON reader and by what one update can add to it. */
static unsigned depth_of(const struct db_value *value)
{
    unsigned deepest = 0;
    if (value->type != DB_TYPE_L && value->type != DB_TYPE_M)
        return 0;
    for (size_t i = 0; i < value->len; i++) {
        unsigned depth = depth_of(value->members[i].value);
        if (depth > deepest)
            deepest = depth;
    }
    return deepest + 1;
}

bool db_item_too_deep(const struct db_value *item)
{
    return depth_of(item) > DB_NESTING + 1;
}

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void unum_map_done(struct unum_map *map)
{
    for (size_t i = 0; i < map->used; i++)
        free((void *)(uintptr_t)map->at[i].key.ptr);
    free(map->at);
    free(map->index);
    *map = (struct unum_map)UNUM_MAP_INIT;
}

/* The index slot of `key`: either the one that holds it or the free one where it belongs. */
static size_t slot_of(const struct unum_map *map, struct unum_str key, uint64_t hash)
{
    size_t mask = map->index_size - 1;
    size_t slot = (size_t)hash & mask;
    while (map->index[slot]) {
        const struct unum_map_entry *entry = &map->at[map->index[slot] - 1];
        if (entry->key.ptr && entry->hash == hash && unum_str_eq(entry->key, key))
            return slot;
        slot = (slot + 1) & mask;
    }
    return slot;
}

static struct unum_map_entry *find(const struct unum_map *map, struct unum_str key)
{
    if (!map->index_size)
        return NULL;
    size_t slot = slot_of(map, key, unum_str_hash(key));
    return map->index[slot] ? &map->at[map->index[slot] - 1] : NULL;
}

/* Close the holes and rebuild the index for at least one more entry. */
static void rebuild(struct unum_map *map)
{
    size_t kept = 0;
    for (size_t i = 0; i < map->used; i++) {
        if (map->at[i].key.ptr)
            map->at[kept++] = map->at[i];
    }
    map->used = kept;
    /* Half of it is free afterwards, so the next rebuild is as many steps away. */
    if (map->used >= map->cap / 2) {
        map->cap = map->cap ? map->cap * 2 : 8;
        map->at = unum_realloc(map->at, map->cap, sizeof(*map->at));
    }
    size_t size = 16;
    while (size < map->cap * 2)
        size *= 2;
    free(map->index);
    map->index = unum_alloc_array(size, sizeof(*map->index));
    map->index_size = size;
    for (size_t i = 0; i < map->used; i++)
        map->index[slot_of(map, map->at[i].key, map->at[i].hash)] = (uint32_t)(i + 1);
}

void *unum_map_get(const struct unum_map *map, struct unum_str key)
{
    const struct unum_map_entry *entry = find(map, key);
    return entry ? entry->value : NULL;
}

bool unum_map_has(const struct unum_map *map, struct unum_str key)
{
    return find(map, key) != NULL;
}

void *unum_map_set(struct unum_map *map, struct unum_str key, void *value)
{
    struct unum_map_entry *entry = find(map, key);
    if (entry) {
        void *before = entry->value;
        entry->value = value;
        return before;
    }
    if (map->used == map->cap)
        rebuild(map);
    entry = &map->at[map->used++];
    *entry = (struct unum_map_entry){{unum_str_dup(key), key.len}, value, unum_str_hash(key)};
    map->index[slot_of(map, key, entry->hash)] = (uint32_t)map->used;
    map->len++;
    return NULL;
}

void *unum_map_remove(struct unum_map *map, struct unum_str key)
{
    struct unum_map_entry *entry = find(map, key);
    if (!entry)
        return NULL;
    void *value = entry->value;
    free((void *)(uintptr_t)entry->key.ptr);
    entry->key = UNUM_STR_NONE; /* the index keeps pointing at the hole, so probing goes on */
    entry->value = NULL;
    map->len--;
    return value;
}

struct unum_map_entry *unum_map_next(const struct unum_map *map, struct unum_map_entry *after)
{
    size_t i = after ? (size_t)(after - map->at) + 1 : 0;
    while (i < map->used && !map->at[i].key.ptr)
        i++;
    return i < map->used ? &map->at[i] : NULL;
}

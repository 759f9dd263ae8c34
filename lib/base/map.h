/*
 * map: string -> pointer, in insertion order (so everything that is printed from a map is
 * deterministic). Keys are copied; values are the caller's. Removing keeps the order of the rest.
 */
#ifndef UNUM_BASE_MAP_H
#define UNUM_BASE_MAP_H

#include "base/str.h"

struct unum_map_entry {
    struct unum_str key; /* ptr NULL: removed */
    void *value;
    uint64_t hash;
};

struct unum_map {
    struct unum_map_entry *at; /* in insertion order, with holes */
    size_t used;               /* entries including holes */
    size_t cap;
    size_t len;      /* entries without holes */
    uint32_t *index; /* open addressing; 0 = free, else position + 1 */
    size_t index_size;
};

#define UNUM_MAP_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define UNUM_AUTO_MAP UNUM_AUTO(unum_map_done)

void unum_map_done(struct unum_map *map); /* values are not touched */
/* The value of `key`, or NULL. */
void *unum_map_get(const struct unum_map *map, struct unum_str key);
bool unum_map_has(const struct unum_map *map, struct unum_str key);
/* Set `key`; returns the value it had before, or NULL. The position of an existing key stays. */
void *unum_map_set(struct unum_map *map, struct unum_str key, void *value);
/* Remove `key`; returns the value it had, or NULL. */
void *unum_map_remove(struct unum_map *map, struct unum_str key);

/* Walk in insertion order: for (entry = unum_map_next(m, NULL); entry; entry = unum_map_next(m,
 * entry)). Removing the current entry while walking is allowed; setting new keys is not. */
struct unum_map_entry *unum_map_next(const struct unum_map *map, struct unum_map_entry *after);

#endif

/* JSON as a tree that can be changed: what shrinking works on. */
#ifndef UNUM_TESTS_RANDOM_TREE_H
#define UNUM_TESTS_RANDOM_TREE_H

#include "base/arena.h"
#include "json/json.h"

struct tree {
    enum json_type type;
    struct unum_str key;   /* quoted, in an object */
    struct unum_str value; /* of a scalar */
    struct tree **members;
    size_t len;
    bool gone;                  /* left out when it is written */
    const struct tree *instead; /* written in its place; NULL: itself */
};

struct tree *tree_read(struct unum_str json, struct unum_arena *arena);
struct unum_str tree_write(const struct tree *tree, struct unum_arena *arena);
/* The member of an object that is there; NULL: none. */
struct tree *tree_get(const struct tree *tree, const char *key);

#endif

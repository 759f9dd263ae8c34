/*
 * arena: memory whose parts die together: a parsed document, an IR, one invocation.
 * Allocations are zeroed, aligned for any type, and never freed one by one.
 */
#ifndef UNUM_BASE_ARENA_H
#define UNUM_BASE_ARENA_H

#include "base/str.h"

struct unum_arena_block;

struct unum_arena {
    struct unum_arena_block *blocks; /* newest first */
    size_t used;                     /* bytes handed out */
};

#define UNUM_ARENA_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define UNUM_AUTO_ARENA UNUM_AUTO(unum_arena_done)

void unum_arena_done(struct unum_arena *arena);
/* Forget everything but keep the newest block, for the next invocation. */
void unum_arena_reset(struct unum_arena *arena);

void *unum_arena_alloc(struct unum_arena *arena, size_t size);
void *unum_arena_array(struct unum_arena *arena, size_t count, size_t size);
#define UNUM_ARENA_NEW(arena, type) ((type *)unum_arena_alloc((arena), sizeof(type)))

/* Copies are NUL-terminated. */
struct unum_str unum_arena_str(struct unum_arena *arena, struct unum_str s);
struct unum_str unum_arena_printf(struct unum_arena *arena, const char *format, ...)
    UNUM_PRINTF(2, 3);

#endif

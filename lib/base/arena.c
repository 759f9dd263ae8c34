#include "base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct unum_arena_block {
    struct unum_arena_block *older;
    size_t size, used;
    max_align_t bytes[];
};

enum { FIRST_BLOCK = 4096, LARGEST_STEP = 1 << 20, SMALL_TEXT = 512 };

void unum_arena_done(struct unum_arena *arena)
{
    while (arena->blocks) {
        struct unum_arena_block *older = arena->blocks->older;
        free(arena->blocks);
        arena->blocks = older;
    }
    arena->used = 0;
}

void unum_arena_reset(struct unum_arena *arena)
{
    struct unum_arena_block *keep = arena->blocks;
    if (!keep)
        return;
    arena->blocks = keep->older;
    unum_arena_done(arena);
    keep->older = NULL;
    memset(keep->bytes, 0, keep->used);
    keep->used = 0;
    arena->blocks = keep;
}

static size_t next_block_size(const struct unum_arena *arena, size_t wanted)
{
    size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
    if (size > LARGEST_STEP)
        size = LARGEST_STEP;
    return size < wanted ? wanted : size;
}

void *unum_arena_alloc(struct unum_arena *arena, size_t size)
{
    const size_t align = sizeof(max_align_t);
    if (size > SIZE_MAX / 2) {
        unum_oom_hook(size);
        abort();
    }
    size = (size + align - 1) / align * align;
    if (!size)
        size = align;
    if (!arena->blocks || arena->blocks->size - arena->blocks->used < size) {
        size_t room = next_block_size(arena, size);
        struct unum_arena_block *block = unum_alloc(sizeof(*block) + room);
        block->size = room;
        block->older = arena->blocks;
        arena->blocks = block;
    }
    void *at = (char *)arena->blocks->bytes + arena->blocks->used;
    arena->blocks->used += size;
    arena->used += size;
    return at;
}

void *unum_arena_array(struct unum_arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) {
        unum_oom_hook(SIZE_MAX);
        abort();
    }
    return unum_arena_alloc(arena, total);
}

struct unum_str unum_arena_str(struct unum_arena *arena, struct unum_str s)
{
    char *copy = unum_arena_alloc(arena, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return (struct unum_str){copy, s.len};
}

struct unum_str unum_arena_printf(struct unum_arena *arena, const char *format, ...)
{
    char small[SMALL_TEXT]; /* most texts fit, and are formatted once */
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(small, sizeof(small), format, again);
    va_end(again);
    size_t len = need < 0 ? 0 : (size_t)need;
    char *text = unum_arena_alloc(arena, len + 1);
    if (len < sizeof(small))
        memcpy(text, small, len);
    else
        vsnprintf(text, len + 1, format, args);
    va_end(args);
    return (struct unum_str){text, len};
}

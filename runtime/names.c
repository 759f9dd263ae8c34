#include "rt.h"

#include <inttypes.h>
#include <string.h>

static void add_mark(struct unum_buf *out, char mark, uint32_t number)
{
    if (number)
        unum_buf_printf(out, "%c%" PRIu32, mark, number);
}

struct unum_str rt_instance(struct rt_inv *inv, struct unum_str name, struct rt_scope scope,
                            uint32_t visit)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_add(&text, name);
    add_mark(&text, '^', visit);
    for (size_t i = 0; i < scope.len; i++) {
        unum_buf_adds(&text, i ? "." : "-unumIndex-");
        unum_buf_addu(&text, scope.at[i].index);
        add_mark(&text, '~', scope.at[i].attempt);
        add_mark(&text, '^', scope.at[i].visit);
    }
    return unum_arena_str(&inv->arena, unum_buf_str(&text));
}

struct unum_str rt_close_instance(struct rt_inv *inv, struct rt_scope scope)
{
    const struct rt_frame *frame = &scope.at[scope.len - 1];
    return rt_instance(inv, frame->state->name, rt_scope_pop(scope), frame->visit);
}

struct unum_str rt_set_owner(struct rt_inv *inv, struct rt_scope scope)
{
    return unum_arena_printf(&inv->arena, "%.*s~a%" PRIu32,
                             UNUM_STR_ARG(rt_close_instance(inv, scope)),
                             scope.at[scope.len - 1].attempt);
}

struct unum_str rt_opening_instance(struct rt_inv *inv, struct rt_scope scope)
{
    return unum_arena_printf(&inv->arena, "%.*s~o%" PRIu32,
                             UNUM_STR_ARG(rt_close_instance(inv, scope)),
                             scope.at[scope.len - 1].attempt);
}

struct rt_scope rt_scope_push(struct rt_inv *inv, struct rt_scope scope, struct rt_frame frame)
{
    struct rt_frame *copy = unum_arena_array(&inv->arena, scope.len + 1, sizeof(*copy));
    if (scope.len)
        memcpy(copy, scope.at, scope.len * sizeof(*copy));
    copy[scope.len] = frame;
    return (struct rt_scope){copy, scope.len + 1};
}

struct rt_scope rt_scope_pop(struct rt_scope scope)
{
    return (struct rt_scope){scope.at, scope.len ? scope.len - 1 : 0};
}

struct rt_scope rt_scope_at(struct rt_inv *inv, struct rt_scope scope, uint32_t index)
{
    struct rt_frame frame = scope.at[scope.len - 1];
    frame.index = index;
    return rt_scope_push(inv, rt_scope_pop(scope), frame);
}

#include "runs/log_order.h"

#include <string.h>

#include "base/limits.h"
#include "json/json.h"

/* ---- whose line it is ---- */

struct log_owner {
    struct unum_str session, instance;
};

void log_trace_done(struct log_trace *trace)
{
    unum_map_done(&trace->streams);
    unum_map_done(&trace->requests);
    unum_arena_done(&trace->arena);
    *trace = (struct log_trace){0};
}

static struct unum_str member(struct unum_str object, const char *key, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE);
    struct unum_str value;
    if (!json_get(object, unum_str_from(key), &value) || !json_decode(value, &text) || text.failed)
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

/* "START RequestId: 8f50... Version: $LATEST" and its like, in the text form of Lambda's logs. */
static void read_platform_text(struct log_line *line)
{
    static const struct {
        struct unum_str start;
        bool ends;
    } forms[] = {{UNUM_STR_INIT("START RequestId: "), false},
                 {UNUM_STR_INIT("END RequestId: "), false},
                 {UNUM_STR_INIT("REPORT RequestId: "), true},
                 {UNUM_STR_INIT("INIT_START"), false}};
    for (size_t i = 0; i < UNUM_COUNT(forms); i++) {
        if (!unum_str_starts(line->text, forms[i].start))
            continue;
        struct unum_str rest = unum_str_from_pos(line->text, forms[i].start.len);
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] > ' ')
            end++;
        line->platform = true;
        line->ends = forms[i].ends;
        if (i + 1 < UNUM_COUNT(forms))
            line->request_id = unum_str_slice(rest, 0, end);
        return;
    }
}

/* The same in the JSON form: {"time","type":"platform.start","record":{"requestId"}}. */
static void read_json(struct log_trace *trace, struct log_line *line, struct unum_str object)
{
    struct unum_str record, value;
    struct unum_str type = member(object, "type", &trace->arena);
    if (unum_str_starts(type, UNUM_STR("platform.")) &&
        json_get(object, UNUM_STR("record"), &record)) {
        line->platform = true;
        line->ends = unum_str_is(type, "platform.report");
        line->request_id = member(record, "requestId", &trace->arena);
        return;
    }
    struct unum_str request = member(object, "requestId", &trace->arena);
    struct unum_str session = member(object, "session", &trace->arena);
    struct unum_str instance = member(object, "instance", &trace->arena);
    if (request.len)
        line->request_id = request;
    if (session.len)
        line->session = session;
    if (instance.len)
        line->instance = instance;
    if (json_get(object, UNUM_STR("children"), &value) && json_type(value) == JSON_ARRAY)
        line->children = value;
}

static void remember_owner(struct log_trace *trace, const struct log_line *line)
{
    if (!line->request_id.len || (!line->session.len && !line->instance.len))
        return;
    struct log_owner *owner = unum_map_get(&trace->requests, line->request_id);
    if (!owner) {
        owner = UNUM_ARENA_NEW(&trace->arena, struct log_owner);
        (void)unum_map_set(&trace->requests, line->request_id, owner);
    }
    if (!owner->session.len && line->session.len)
        owner->session = unum_arena_str(&trace->arena, line->session);
    if (!owner->instance.len && line->instance.len)
        owner->instance = unum_arena_str(&trace->arena, line->instance);
}

void log_trace_add(struct log_trace *trace, struct log_line *line)
{
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str object;
    unum_buf_printf(&key, "%.*s\n%.*s", UNUM_STR_ARG(line->function), UNUM_STR_ARG(line->stream));
    struct unum_str *current = unum_map_get(&trace->streams, unum_buf_str(&key));
    if (!current) {
        current = UNUM_ARENA_NEW(&trace->arena, struct unum_str);
        (void)unum_map_set(&trace->streams, unum_buf_str(&key), current);
    }
    read_platform_text(line);
    if (!line->platform && unum_str_starts(line->text, UNUM_STR("{")) &&
        json_check(line->text, &object, NULL) == 0)
        read_json(trace, line, object);
    if (line->request_id.len && !unum_str_eq(*current, line->request_id))
        *current = unum_arena_str(&trace->arena, line->request_id);
    else if (!line->request_id.len)
        line->request_id = *current;
    remember_owner(trace, line);
    (void)log_trace_resolve(trace, line);
}

bool log_trace_resolve(const struct log_trace *trace, struct log_line *line)
{
    const struct log_owner *owner =
        line->request_id.len ? unum_map_get(&trace->requests, line->request_id) : NULL;
    if (owner && !line->session.len)
        line->session = owner->session;
    if (owner && !line->instance.len)
        line->instance = owner->instance;
    return line->session.len > 0;
}

/* ---- order ---- */

/* A line that others wait for: its followers are in a list. */
struct follower {
    size_t line, next; /* next: position in `followers`, SIZE_MAX at the end */
};

struct ordering {
    struct log_line *lines;
    size_t len;
    struct unum_arena *arena;
    size_t *first; /* of each line's followers */
    uint32_t *waits;
    struct follower *followers;
    size_t followers_len, followers_cap;
    size_t *heap;
    size_t heap_len;
};

static void add_follower(struct ordering *o, size_t before, size_t after)
{
    if (o->followers_len == o->followers_cap)
        return;
    o->followers[o->followers_len] = (struct follower){after, o->first[before]};
    o->first[before] = o->followers_len++;
    o->waits[after]++;
}

static bool earlier(const struct ordering *o, size_t a, size_t b)
{
    const struct log_line *x = &o->lines[a], *y = &o->lines[b];
    return x->at_ms != y->at_ms ? x->at_ms < y->at_ms : a < b;
}

static void heap_push(struct ordering *o, size_t line)
{
    size_t at = o->heap_len++;
    while (at > 0 && earlier(o, line, o->heap[(at - 1) / 2])) {
        o->heap[at] = o->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    o->heap[at] = line;
}

static size_t heap_pop(struct ordering *o)
{
    size_t top = o->heap[0], last = o->heap[--o->heap_len], at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= o->heap_len)
            break;
        if (child + 1 < o->heap_len && earlier(o, o->heap[child + 1], o->heap[child]))
            child++;
        if (!earlier(o, o->heap[child], last))
            break;
        o->heap[at] = o->heap[child];
        at = child;
    }
    o->heap[at] = last;
    return top;
}

static void set_position(struct unum_map *map, const struct unum_buf *key, size_t line)
{
    (void)unum_map_set(map, unum_buf_str(key),
                       (void *)(uintptr_t)(line + 1)); // NOLINT(performance-no-int-to-ptr)
}

static size_t position(const struct unum_map *map, const struct unum_buf *key)
{
    uintptr_t value = (uintptr_t)unum_map_get(map, unum_buf_str(key));
    return value ? (size_t)value - 1 : SIZE_MAX;
}

/* Each line after the one before it in its stream. */
static void link_streams(struct ordering *o)
{
    struct unum_map UNUM_AUTO_MAP last = UNUM_MAP_INIT;
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < o->len; i++) {
        unum_buf_clear(&key);
        unum_buf_printf(&key, "%.*s\n%.*s", UNUM_STR_ARG(o->lines[i].function),
                        UNUM_STR_ARG(o->lines[i].stream));
        size_t before = position(&last, &key);
        if (before != SIZE_MAX)
            add_follower(o, before, i);
        set_position(&last, &key, i);
    }
}

static void instance_key(struct unum_buf *key, struct unum_str session, struct unum_str instance)
{
    unum_buf_clear(key);
    unum_buf_printf(key, "%.*s\n", UNUM_STR_ARG(session));
    unum_buf_add(key, instance);
}

/* The first line of an invocation after the first line that says its instance is started. */
static void link_parents(struct ordering *o)
{
    struct unum_map UNUM_AUTO_MAP started = UNUM_MAP_INIT;
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF child = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE);
    for (size_t i = 0; i < o->len; i++) {
        struct json_iter iter = json_iter(o->lines[i].children);
        struct unum_str value;
        while (o->lines[i].children.len && json_next(&iter, NULL, &value)) {
            unum_buf_clear(&child);
            if (!json_decode(value, &child))
                continue;
            instance_key(&key, o->lines[i].session, unum_buf_str(&child));
            if (position(&started, &key) == SIZE_MAX)
                set_position(&started, &key, i);
        }
    }
    for (size_t i = 0; i < o->len; i++) {
        const struct log_line *line = &o->lines[i];
        if (!line->instance.len || !line->request_id.len)
            continue;
        instance_key(&key, line->function, line->request_id);
        if (position(&seen, &key) != SIZE_MAX)
            continue;
        set_position(&seen, &key, i);
        instance_key(&key, line->session, line->instance);
        size_t parent = position(&started, &key);
        if (parent != SIZE_MAX && parent != i &&
            !unum_str_eq(o->lines[parent].request_id, line->request_id))
            add_follower(o, parent, i);
    }
}

void log_order(struct log_line *lines, size_t len, struct unum_arena *arena)
{
    struct ordering o = {.lines = lines, .len = len, .arena = arena, .followers_cap = 2 * len};
    if (len < 2)
        return;
    o.first = unum_arena_array(arena, len, sizeof(*o.first));
    o.waits = unum_arena_array(arena, len, sizeof(*o.waits));
    o.followers = unum_arena_array(arena, o.followers_cap, sizeof(*o.followers));
    o.heap = unum_arena_array(arena, len, sizeof(*o.heap));
    struct log_line *sorted = unum_arena_array(arena, len, sizeof(*sorted));
    bool *done = unum_arena_array(arena, len, sizeof(*done));
    for (size_t i = 0; i < len; i++)
        o.first[i] = SIZE_MAX;
    link_streams(&o);
    link_parents(&o);
    for (size_t i = 0; i < len; i++) {
        if (!o.waits[i])
            heap_push(&o, i);
    }
    size_t count = 0, unbroken = 0;
    while (count < len) {
        /* Lines that wait for each other (no real log has them): the first one goes ahead. */
        while (!o.heap_len && unbroken < len) {
            if (!done[unbroken])
                heap_push(&o, unbroken);
            unbroken += o.heap_len ? 0 : 1;
        }
        size_t at = heap_pop(&o);
        if (done[at])
            continue;
        done[at] = true;
        sorted[count++] = lines[at];
        for (size_t f = o.first[at]; f != SIZE_MAX; f = o.followers[f].next) {
            if (o.waits[o.followers[f].line] && !--o.waits[o.followers[f].line] &&
                !done[o.followers[f].line])
                heap_push(&o, o.followers[f].line);
        }
    }
    memcpy(lines, sorted, len * sizeof(*lines));
}

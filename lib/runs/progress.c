#include "runs/progress.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/map.h"

enum {
    MOST_KEYS = 400,    /* asked for in one look */
    MOST_STEPS = 20000, /* remembered; beyond that only the run record is watched */
    MOST_WAITING = 5,   /* named as pending */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 2000,
};

/* A key whose record is awaited. */
struct awaited {
    struct unum_str instance;
    struct trail_link link;
};

struct progress {
    const struct store *store;
    const struct compiled *compiled;
    struct unum_str app, session, prefix, nonce;
    struct unum_arena arena;
    struct unum_map known; /* instances that are awaited or told */
    UNUM_VEC(struct awaited) awaited;
    int64_t started_ms; /* of the run */
    int64_t pause_ms;
    size_t next; /* which are asked for first, when there are too many for one look */
};

static void await(struct progress *p, const struct trail_link *link)
{
    if (link->kind != TRAIL_STEP && link->kind != TRAIL_MORE)
        return;
    for (size_t i = 0; i < link->candidates_len; i++) {
        struct unum_str instance = link->candidates[i];
        /* The close is awaited for itself. */
        if (p->known.len >= MOST_STEPS || unum_str_eq(instance, link->owner) ||
            unum_map_has(&p->known, instance))
            continue;
        (void)unum_map_set(&p->known, instance, p);
        *unum_vec_push(&p->awaited) = (struct awaited){instance, *link};
    }
}

struct progress *progress_new(const struct store *store, struct unum_str app,
                              struct unum_str session, const struct compiled *compiled)
{
    struct progress *p = unum_alloc(sizeof(*p));
    p->store = store;
    p->compiled = compiled;
    p->app = unum_arena_str(&p->arena, app);
    p->session = unum_arena_str(&p->arena, session);
    p->prefix = record_prefix(&p->arena, app, session);
    p->pause_ms = PAUSE_FIRST_MS;
    if (compiled) {
        struct unum_str entry = unum_arena_str(&p->arena, trail_entry(compiled));
        (void)unum_map_set(&p->known, entry, p);
        *unum_vec_push(&p->awaited) = (struct awaited){entry, {.kind = TRAIL_STEP, .label = entry}};
    }
    return p;
}

void progress_free(struct progress *p)
{
    if (!p)
        return;
    unum_vec_done(&p->awaited);
    unum_map_done(&p->known);
    unum_arena_done(&p->arena);
    free(p);
}

/* The machine may have changed, or a record may be of a version we do not know: then less is
 * shown. */
static void follow(struct progress *p, const struct awaited *from, const struct record *record)
{
    trail_links links = {0};
    struct trail_scope scope = {0};
    if (from->link.probe && trail_scope_parse(record->frames, &p->arena, &scope, NULL) == 0 &&
        scope.len > from->link.outer.len)
        trail_siblings(p->compiled, &from->link, scope.at[from->link.outer.len].size, &p->arena,
                       &links);
    if (trail_follow(p->compiled, from->instance, record, &p->arena, &links, NULL) < 0)
        links.len = 0;
    for (size_t i = 0; i < links.len; i++)
        await(p, &links.at[i]);
    unum_vec_done(&links);
}

static void tell(struct progress *p, const struct awaited *from, const struct record *record,
                 void (*each)(void *cookie, const struct progress_step *step), void *cookie)
{
    struct unum_str name = trail_name(from->instance), opened;
    uint32_t attempt;
    bool close = true;
    if (trail_opening(from->instance, &opened, &attempt))
        return; /* nothing has ended */
    for (size_t i = 0; i < p->compiled->len; i++)
        close &= !unum_str_eq(p->compiled->at[i].node, name);
    const struct progress_step step = {
        .instance = from->instance,
        .name = name,
        .error = record->error,
        .close = close,
        .error_type = unum_arena_str(&p->arena, record->error_type),
        .after_ms = record->now_ms > p->started_ms ? record->now_ms - p->started_ms : 0,
    };
    each(cookie, &step);
}

/* Ask for what is awaited, from p->next on; *ret_more: something has ended, and what follows it may
 * have, too. */
static int look_once(struct progress *p,
                     void (*each)(void *cookie, const struct progress_step *step), void *cookie,
                     bool *ret_more, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    size_t count = p->awaited.len < MOST_KEYS ? p->awaited.len : MOST_KEYS;
    struct unum_str *keys = unum_arena_array(&scratch, count, sizeof(*keys));
    struct store_item *items = unum_arena_array(&scratch, count, sizeof(*items));
    size_t first = p->next < p->awaited.len ? p->next : 0, kept = 0;
    *ret_more = false;
    for (size_t i = 0; i < count; i++)
        keys[i] = record_outcome_key(&scratch, p->prefix,
                                     p->awaited.at[(first + i) % p->awaited.len].instance);
    int rc = count
                 ? p->store->ops->read(p->store->state, p->nonce, keys, count, &scratch, items, err)
                 : 0;
    if (rc < 0)
        return rc;
    size_t before = p->awaited.len;
    struct awaited *ended = unum_arena_array(&scratch, count, sizeof(*ended));
    struct record *records = unum_arena_array(&scratch, count, sizeof(*records));
    size_t ended_len = 0;
    for (size_t i = 0; i < count; i++) {
        struct awaited *at = &p->awaited.at[(first + i) % before];
        if (!items[i].present || record_parse(&items[i], &records[ended_len], NULL) < 0)
            continue;
        ended[ended_len++] = *at;
        at->instance = UNUM_STR_NONE;
    }
    for (size_t i = 0; i < before; i++) {
        if (p->awaited.at[i].instance.ptr)
            p->awaited.at[kept++] = p->awaited.at[i];
    }
    p->awaited.len = kept;
    p->next = before > MOST_KEYS ? first + count : 0;
    for (size_t i = 0; i < ended_len; i++) {
        tell(p, &ended[i], &records[i], each, cookie);
        follow(p, &ended[i], &records[i]);
    }
    *ret_more = ended_len > 0;
    return 0;
}

int progress_look(struct progress *p, void (*each)(void *cookie, const struct progress_step *step),
                  void *cookie, struct unum_arena *arena, struct run_record *ret,
                  struct unum_err *err)
{
    int rc = run_record_read(p->store, p->app, p->session, arena, ret, err);
    bool more = rc == 0 && ret->present && p->compiled;
    if (more && !unum_str_eq(p->nonce, ret->nonce))
        p->nonce = unum_arena_str(&p->arena, ret->nonce);
    p->started_ms = ret->started_ms;
    bool any = false;
    while (rc == 0 && more) {
        rc = look_once(p, each, cookie, &more, err);
        any |= more;
    }
    p->pause_ms = any ? PAUSE_FIRST_MS : p->pause_ms * 5 / 4;
    if (p->pause_ms > PAUSE_MOST_MS)
        p->pause_ms = PAUSE_MOST_MS;
    return rc;
}

/* Of a fan-out the positions are named, of a way that depends on a value its first state. */
void progress_pending(const struct progress *p, struct unum_buf *out)
{
    size_t named = 0, labels = 0;
    struct unum_str last = UNUM_STR_NONE;
    for (size_t i = 0; i < p->awaited.len; i++) {
        struct unum_str label = p->awaited.at[i].link.label;
        if (!label.len || unum_str_eq(label, last))
            continue;
        last = label;
        if (labels++ >= MOST_WAITING)
            continue;
        if (named++)
            unum_buf_adds(out, ", ");
        unum_buf_add(out, label);
    }
    if (labels > named)
        unum_buf_printf(out, " and %zu more", labels - named);
}

int64_t progress_pause_ms(struct progress *p)
{
    return p->pause_ms;
}

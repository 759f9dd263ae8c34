#include "runs/walk.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "json/json.h"

enum { MOST_RECORDS = 200000, LEAF = 64 };

struct found {
    struct record record;
    bool outcome, attempted;
    uint64_t *marks; /* of a leaf */
};

struct walking {
    struct unum_str prefix, nonce;
    struct unum_arena *arena;
    const struct compiled *compiled;
    struct unum_map items; /* key behind the prefix -> struct found */
    struct run_walk *ret;
    UNUM_VEC(struct walk_gap) gaps;
    bool too_many;
};

static struct unum_str copy(struct walking *w, struct unum_str text)
{
    return text.ptr ? unum_arena_str(w->arena, text) : UNUM_STR_NONE;
}

static uint64_t *marks_of(struct walking *w, const struct store_item *item)
{
    const struct store_attr *attr = store_attr(item, "Positions");
    uint64_t *marks = UNUM_ARENA_NEW(w->arena, uint64_t);
    for (size_t i = 0; attr && attr->type == STORE_NUMBERS && i < attr->len; i++)
        *marks |= UINT64_C(1) << (attr->numbers[i] % LEAF);
    return marks;
}

static bool on_item(void *cookie, struct unum_str key, const struct store_item *item)
{
    struct walking *w = cookie;
    struct unum_str rest = unum_str_from_pos(key, w->prefix.len);
    if (!unum_str_eq(store_text(item, STORE_NONCE), w->nonce) &&
        unum_str_search(rest, UNUM_STR("-fanin/")) == SIZE_MAX)
        return true;
    w->too_many = w->items.len >= MOST_RECORDS;
    if (w->too_many)
        return false;
    struct found *found = UNUM_ARENA_NEW(w->arena, struct found);
    if (unum_str_search(rest, UNUM_STR("-fanin/")) != SIZE_MAX) {
        found->marks = marks_of(w, item);
    } else if (unum_str_ends(rest, UNUM_STR("-output"))) {
        if (record_parse(item, &found->record, NULL) < 0)
            return true;
        struct record *r = &found->record;
        struct unum_str *texts[] = {&r->nonce, &r->machine, &r->to,
                                    &r->by,    &r->frames,  &r->error_type};
        for (size_t i = 0; i < UNUM_COUNT(texts); i++)
            *texts[i] = copy(w, *texts[i]);
        /* Values are of no interest here, and may be large. */
        r->user = r->value = r->fan_in = r->variables = r->cause = UNUM_STR_NONE;
        r->spill = (struct record_spill){0};
        found->outcome = true;
    } else {
        found->attempted = true;
    }
    (void)unum_map_set(&w->items, rest, found);
    return true;
}

static struct found *find(struct walking *w, struct unum_str instance, const char *end)
{
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&key, "%.*s%s", UNUM_STR_ARG(instance), end);
    return unum_map_get(&w->items, unum_buf_str(&key));
}

static struct found *outcome(struct walking *w, struct unum_str instance)
{
    struct found *found = find(w, instance, "-output");
    return found && found->outcome ? found : NULL;
}

static bool attempted(struct walking *w, struct unum_str instance)
{
    return find(w, instance, "~a0") != NULL;
}

static bool marked(struct walking *w, const struct trail_link *link)
{
    char end[32];
    if (link->position == UINT32_MAX)
        return false;
    (void)snprintf(end, sizeof(end), "-fanin/0.%u", (unsigned)(link->position / LEAF));
    const struct found *leaf = find(w, link->owner, end);
    return leaf && leaf->marks && (*leaf->marks >> (link->position % LEAF) & 1);
}

/* Does anything show of the link? *ret_tried: not an outcome, but a failed attempt. */
static bool shows(struct walking *w, const struct trail_link *link, bool *ret_tried)
{
    *ret_tried = false;
    if (link->kind == TRAIL_END)
        return !unum_str_is(w->ret->run.status, "RUNNING");
    for (size_t i = 0; i < link->candidates_len; i++) {
        if (outcome(w, link->candidates[i]))
            return true;
        *ret_tried |= attempted(w, link->candidates[i]);
    }
    if (link->kind == TRAIL_MARK)
        return marked(w, link) || *ret_tried;
    return false;
}

/* The node's instance whose event repeats the decision of `instance`: a close's is its branch's. */
static struct unum_str sender_of(struct walking *w, struct unum_str instance)
{
    for (int depth = 0; depth < UNUM_LIMIT_FRAMES; depth++) {
        struct unum_str name = trail_name(instance);
        for (size_t i = 0; i < w->compiled->len; i++) {
            if (unum_str_eq(w->compiled->at[i].node, name))
                return instance;
        }
        const struct found *found = outcome(w, instance);
        if (!found || !found->record.by.len)
            break;
        instance = found->record.by;
    }
    return UNUM_STR_NONE;
}

static void add_gap(struct walking *w, const struct trail_link *link, const struct record *record,
                    bool tried)
{
    /* The first candidate is the nearest; the close is only the way out. */
    struct unum_str missing = link->candidates_len ? link->candidates[0] : link->label;
    struct walk_gap gap = {.from = link->from,
                           .missing = missing,
                           .label = link->label,
                           .since_ms = record ? record->now_ms : w->ret->run.started_ms,
                           .due_ms = link->due_ms,
                           .tried = tried};
    gap.sender = link->from.len ? sender_of(w, link->from) : UNUM_STR_NONE;
    const struct found *sender = gap.sender.len ? outcome(w, gap.sender) : NULL;
    if (sender)
        gap.record = sender->record;
    *unum_vec_push(&w->gaps) = gap;
}

/* A fan-out whose close is missing waits for its positions, which say more. */
static bool says_nothing_new(const trail_links *links, size_t i, bool any)
{
    const struct trail_link *link = &links->at[i];
    return any && link->kind == TRAIL_STEP && link->candidates_len == 1 && !link->owner.len &&
           links->len > 1;
}

static void check_instance(struct walking *w, struct unum_str instance, const struct record *record)
{
    trail_links links = {0};
    bool any = false;
    if (trail_follow(w->compiled, instance, record, w->arena, &links, NULL) < 0)
        w->ret->unknown++;
    for (size_t i = 0; i < links.len; i++) {
        for (size_t c = 0; links.at[i].probe && c < links.at[i].candidates_len; c++) {
            const struct found *found = outcome(w, links.at[i].candidates[c]);
            struct trail_scope scope = {0};
            if (!found || !found->record.frames.ptr ||
                trail_scope_parse(found->record.frames, w->arena, &scope, NULL) < 0 ||
                scope.len <= links.at[i].outer.len)
                continue;
            links.at[i].probe = false;
            trail_siblings(w->compiled, &links.at[i], scope.at[links.at[i].outer.len].size,
                           w->arena, &links);
        }
        any |= links.at[i].owner.len > 0;
    }
    for (size_t i = 0; i < links.len; i++) {
        bool tried;
        if (!shows(w, &links.at[i], &tried) && !says_nothing_new(&links, i, any))
            add_gap(w, &links.at[i], record, tried);
    }
    unum_vec_done(&links);
}

static void check_all(struct walking *w)
{
    struct unum_map_entry *entry = NULL;
    struct unum_str end = UNUM_STR("-output");
    w->ret->newest_ms = w->ret->run.started_ms;
    while ((entry = unum_map_next(&w->items, entry))) {
        const struct found *found = entry->value;
        if (!found->outcome)
            continue;
        w->ret->records++;
        if (found->record.now_ms > w->ret->newest_ms)
            w->ret->newest_ms = found->record.now_ms;
        check_instance(w, unum_str_slice(entry->key, 0, entry->key.len - end.len), &found->record);
    }
    struct unum_str start = trail_entry(w->compiled);
    if (!outcome(w, start)) {
        struct trail_link link = {.kind = TRAIL_STEP, .label = start};
        link.candidates = &start;
        link.candidates_len = 1;
        add_gap(w, &link, NULL, attempted(w, start));
    }
}

int run_walk(const struct runs_table *table, const struct store *store, struct unum_str app,
             struct unum_str session, const struct compiled *compiled, struct unum_arena *arena,
             struct run_walk *ret, struct unum_err *err)
{
    struct walking w = {.prefix = record_prefix(arena, app, session),
                        .arena = arena,
                        .compiled = compiled,
                        .ret = ret};
    const struct table_query query = {.prefix = w.prefix};
    *ret = (struct run_walk){0};
    int rc = run_record_read(store, app, session, arena, &ret->run, err);
    if (rc == 0 && !ret->run.present)
        rc = unum_err_set(err, UNUM_E_NOTFOUND, "there is no run \"%.*s\" of %.*s",
                          UNUM_STR_ARG(session), UNUM_STR_ARG(app));
    w.nonce = ret->run.nonce;
    if (rc == 0)
        rc = table_scan(table, &query, on_item, &w, err);
    if (rc == 0 && w.too_many)
        rc = unum_err_set(err, UNUM_E_LIMIT, "the run has more than %d records", MOST_RECORDS);
    if (rc == 0 && unum_str_is(ret->run.status, "RUNNING"))
        check_all(&w);
    ret->gaps = unum_arena_array(arena, w.gaps.len, sizeof(*ret->gaps));
    if (w.gaps.len)
        memcpy(ret->gaps, w.gaps.at, w.gaps.len * sizeof(*ret->gaps));
    ret->gaps_len = w.gaps.len;
    unum_vec_done(&w.gaps);
    unum_map_done(&w.items);
    return rc;
}

static void write_event(const struct run_walk *walk, const struct record *record,
                        struct unum_str session, struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "Data");
    json_object_begin(w);
    json_key(w, "Source");
    json_strings(w, "http");
    json_key(w, "Value");
    json_null(w); /* the outcome is recorded: nobody reads it again */
    json_object_end(w);
    json_key(w, "Session");
    json_string(w, session);
    json_key(w, "Run");
    json_object_begin(w);
    json_key(w, "Nonce");
    json_string(w, walk->run.nonce);
    if (walk->run.machine.len) {
        json_key(w, "Machine");
        json_string(w, walk->run.machine);
    }
    json_key(w, "Started");
    json_int(w, walk->run.started_ms);
    json_key(w, "Expires");
    json_int(w, walk->run.expires_s);
    json_object_end(w);
    if (record->frames.ptr) {
        json_key(w, "Fan-out");
        json_raw(w, record->frames);
    }
    if (record->visit) {
        json_key(w, "Visit");
        json_int(w, record->visit);
    }
    if (record->attempt) {
        json_key(w, "Attempt");
        json_int(w, record->attempt);
    }
    json_object_end(w);
}

bool run_walk_event(const struct run_walk *walk, const struct compiled *compiled,
                    const struct walk_gap *gap, struct unum_str session, struct unum_arena *arena,
                    struct unum_str *ret_node, struct unum_str *ret_event)
{
    const struct compiled_node *node = gap->sender.len ? trail_node(compiled, gap->sender) : NULL;
    if (!node || !node->ir->compiled || !gap->record.present)
        return false;
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    struct json_writer w = JSON_WRITER(&event);
    write_event(walk, &gap->record, session, &w);
    if (event.failed)
        return false;
    *ret_node = node->node;
    *ret_event = unum_arena_str(arena, unum_buf_str(&event));
    return true;
}

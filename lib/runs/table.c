#include "runs/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/dynamodb_item.h"
#include "json/json.h"

enum {
    BATCH = 25, /* BatchWriteItem */
    DELETE_ROUNDS = 8,
    DELETE_PAUSE_MS = 50,
    MOST_PAGES = 10 * 1000 * 1000,
    REQUEST = 1024 * 1024,
};

/* ---- reading ---- */

static void write_names(struct json_writer *w, const struct table_query *query)
{
    json_key(w, "ExpressionAttributeNames");
    json_object_begin(w);
    json_key(w, "#k");
    json_strings(w, DYNAMODB_KEY);
    if (query->attribute.len) {
        json_key(w, "#a");
        json_string(w, query->attribute);
    }
    json_object_end(w);
}

static void write_scan(const struct runs_table *table, const struct table_query *query,
                       struct unum_str start, struct unum_buf *body)
{
    struct json_writer w = JSON_WRITER(body);
    json_object_begin(&w);
    json_key(&w, "TableName");
    json_string(&w, table->name);
    json_key(&w, "ConsistentRead");
    json_bool(&w, true);
    json_key(&w, "FilterExpression");
    json_strings(&w, query->attribute.len ? "begins_with(#k, :p) AND attribute_exists(#a)"
                                          : "begins_with(#k, :p)");
    if (query->keys_only) {
        json_key(&w, "ProjectionExpression");
        json_strings(&w, "#k");
    }
    write_names(&w, query);
    json_key(&w, "ExpressionAttributeValues");
    json_object_begin(&w);
    json_key(&w, ":p");
    json_object_begin(&w);
    json_key(&w, "S");
    json_string(&w, query->prefix);
    json_object_end(&w);
    json_object_end(&w);
    if (start.ptr) {
        json_key(&w, "ExclusiveStartKey");
        json_raw(&w, start);
    }
    json_object_end(&w);
}

struct scan {
    const struct runs_table *table;
    const struct table_query *query;
    bool (*each)(void *cookie, struct unum_str key, const struct store_item *item);
    void *cookie;
    struct unum_buf start; /* ExclusiveStartKey */
    bool stopped;
};

static int scan_items(struct scan *s, struct unum_str answer, struct unum_err *err)
{
    struct unum_str items, item;
    if (!json_get(answer, UNUM_STR("Items"), &items) || json_type(items) != JSON_ARRAY)
        return unum_err_set(err, UNUM_E_PARSE, "dynamodb Scan: an answer without Items");
    struct json_iter iter = json_iter(items);
    while (!s->stopped && json_next(&iter, NULL, &item)) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct store_item parsed;
        struct unum_str key = UNUM_STR_NONE;
        int rc = dynamodb_read_item(item, &arena, &parsed, err);
        if (rc == 0 && !dynamodb_read_text(item, UNUM_STR(DYNAMODB_KEY), &arena, &key))
            rc = unum_err_set(err, UNUM_E_PARSE, "dynamodb Scan: an item without key");
        if (rc < 0)
            return rc;
        /* The service has filtered; others than DynamoDB may not. */
        if (unum_str_starts(key, s->query->prefix))
            s->stopped = !s->each(s->cookie, key, &parsed);
    }
    return 0;
}

static int scan_page(struct scan *s, bool *ret_more, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(REQUEST);
    struct unum_str answer = UNUM_STR_NONE, last;
    write_scan(s->table, s->query, s->start.len ? unum_buf_str(&s->start) : UNUM_STR_NONE, &body);
    struct aws_call UNUM_AUTO(aws_call_done) call = {
        .service = AWS_DYNAMODB, .operation = UNUM_STR("Scan"), .body = unum_buf_str(&body)};
    int rc = aws_call_one(s->table->client, &call, err);
    if (rc == 0)
        rc = json_check(unum_buf_str(&call.x.response), &answer, err);
    if (rc == 0)
        rc = scan_items(s, answer, err);
    if (rc < 0)
        return rc;
    *ret_more = json_get(answer, UNUM_STR("LastEvaluatedKey"), &last) &&
                json_type(last) == JSON_OBJECT && !s->stopped;
    unum_buf_clear(&s->start);
    if (*ret_more)
        unum_buf_add(&s->start, last);
    return 0;
}

int table_scan(const struct runs_table *table, const struct table_query *query,
               bool (*each)(void *cookie, struct unum_str key, const struct store_item *item),
               void *cookie, struct unum_err *err)
{
    struct scan s = {table, query, each, cookie, UNUM_BUF_INIT(REQUEST / 2), false};
    bool more = true;
    int rc = 0;
    for (size_t page = 0; rc == 0 && more; page++) {
        if (query->stop && *query->stop)
            rc = unum_err_set(err, UNUM_E_CANCELLED, "interrupted");
        else if (page == MOST_PAGES)
            rc = unum_err_set(err, UNUM_E_LIMIT, "dynamodb Scan does not end");
        else
            rc = scan_page(&s, &more, err);
    }
    unum_buf_done(&s.start);
    return rc;
}

/* ---- removing ---- */

static void write_deletes(const struct runs_table *table, const struct unum_str *keys, size_t count,
                          struct unum_buf *body)
{
    struct json_writer w = JSON_WRITER(body);
    json_object_begin(&w);
    json_key(&w, "RequestItems");
    json_object_begin(&w);
    json_key_str(&w, table->name);
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&w);
        json_key(&w, "DeleteRequest");
        json_object_begin(&w);
        json_key(&w, "Key");
        dynamodb_write_key(&w, keys[i]);
        json_object_end(&w);
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    json_object_end(&w);
}

static int delete_batch(const struct runs_table *table, const struct unum_str *keys, size_t count,
                        struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(REQUEST);
    write_deletes(table, keys, count, &body);
    for (int round = 0; round < DELETE_ROUNDS; round++) {
        struct aws_call UNUM_AUTO(aws_call_done) call = {.service = AWS_DYNAMODB,
                                                         .operation = UNUM_STR("BatchWriteItem"),
                                                         .body = unum_buf_str(&body)};
        struct unum_str answer = UNUM_STR_NONE, left = UNUM_STR_NONE;
        int rc = aws_call_one(table->client, &call, err);
        if (rc == 0)
            rc = json_check(unum_buf_str(&call.x.response), &answer, err);
        if (rc < 0)
            return rc;
        if (!json_get(answer, UNUM_STR("UnprocessedItems"), &left) || !json_count(left))
            return 0;
        struct unum_str kept = unum_arena_str(&call.x.arena, left);
        unum_buf_clear(&body);
        unum_buf_printf(&body, "{\"RequestItems\":%.*s}", UNUM_STR_ARG(kept));
        table->clock->sleep_ms(table->clock->cookie, (int64_t)DELETE_PAUSE_MS << round);
    }
    return unum_err_set(err, UNUM_E_THROTTLED, "dynamodb BatchWriteItem leaves items out");
}

int table_delete(const struct runs_table *table, const struct unum_str *keys, size_t count,
                 struct unum_err *err)
{
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < count; at += BATCH)
        rc = delete_batch(table, keys + at, count - at < BATCH ? count - at : BATCH, err);
    return rc;
}

/* ---- runs ---- */

struct run_list {
    struct unum_str prefix;
    struct unum_arena *arena;
    UNUM_VEC(struct run_entry) found;
    bool too_many;
};

/* "<app>/<session>/run" */
static bool on_run(void *cookie, struct unum_str key, const struct store_item *item)
{
    struct run_list *l = cookie;
    struct unum_str rest = unum_str_from_pos(key, l->prefix.len), end = UNUM_STR("/run");
    struct run_record record;
    if (!unum_str_ends(rest, end) || rest.len == end.len ||
        unum_str_find(rest, '/') != rest.len - end.len || run_record_parse(item, &record, NULL) < 0)
        return true;
    l->too_many = l->found.len >= TABLE_MOST_RUNS;
    if (l->too_many)
        return false;
    *unum_vec_push(&l->found) =
        (struct run_entry){unum_arena_str(l->arena, unum_str_slice(rest, 0, rest.len - end.len)),
                           {.present = true,
                            .nonce = unum_arena_str(l->arena, record.nonce),
                            .machine = unum_arena_str(l->arena, record.machine),
                            .started_ms = record.started_ms,
                            .ended_ms = record.ended_ms,
                            .expires_s = record.expires_s,
                            .status = unum_arena_str(l->arena, record.status),
                            .error_type = unum_arena_str(l->arena, record.error_type)}};
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const struct run_entry *x = a, *y = b;
    if (x->record.started_ms != y->record.started_ms)
        return x->record.started_ms < y->record.started_ms ? 1 : -1;
    return unum_str_cmp(x->session, y->session);
}

int table_runs(const struct runs_table *table, struct unum_str app, struct unum_arena *arena,
               struct run_entry **ret, size_t *ret_len, struct unum_err *err)
{
    struct run_list l = {.prefix = unum_arena_printf(arena, "%.*s/", UNUM_STR_ARG(app)),
                         .arena = arena};
    const struct table_query query = {.prefix = l.prefix, .attribute = UNUM_STR("InputHash")};
    int rc = table_scan(table, &query, on_run, &l, err);
    if (rc == 0 && l.too_many)
        rc = unum_err_set(err, UNUM_E_LIMIT, "there are more than %d runs", TABLE_MOST_RUNS);
    if (rc == 0) {
        *ret = unum_arena_array(arena, l.found.len, sizeof(**ret));
        *ret_len = l.found.len;
        if (l.found.len) {
            memcpy(*ret, l.found.at, l.found.len * sizeof(**ret));
            qsort(*ret, l.found.len, sizeof(**ret), newest_first);
        }
    }
    unum_vec_done(&l.found);
    return rc;
}

/* ---- purging ---- */

struct purging {
    const struct runs_table *table;
    struct table_purge *purge;
    struct unum_str prefix; /* "<app>/" */
    struct unum_map sessions;
    struct unum_arena arena; /* of the keys below */
    UNUM_VEC(struct unum_str) keys;
    void (*progress)(void *cookie, const struct table_purge *purge);
    void *cookie;
    int rc;
    struct unum_err *err;
};

static void purge_keys(struct purging *p)
{
    p->rc = table_delete(p->table, p->keys.at, p->keys.len, p->err);
    if (p->rc == 0)
        p->purge->items += p->keys.len;
    p->keys.len = 0;
    unum_arena_reset(&p->arena);
    if (p->rc == 0 && p->progress)
        p->progress(p->cookie, p->purge);
}

/* Everything but run records, which say what is to be done. */
static bool on_purged(void *cookie, struct unum_str key, const struct store_item *item)
{
    struct purging *p = cookie;
    (void)item;
    struct unum_str rest = unum_str_from_pos(key, p->prefix.len);
    size_t slash = unum_str_find(rest, '/');
    if (slash == SIZE_MAX || unum_str_is(unum_str_from_pos(rest, slash), "/run") ||
        !unum_map_has(&p->sessions, unum_str_slice(rest, 0, slash)))
        return true;
    *unum_vec_push(&p->keys) = unum_arena_str(&p->arena, key);
    if (p->keys.len == (size_t)8 * BATCH)
        purge_keys(p);
    return p->rc == 0;
}

static void purge_records(struct purging *p)
{
    for (size_t i = 0; p->rc == 0 && i < p->purge->runs_len; i++) {
        struct unum_str prefix = record_prefix(&p->arena, p->purge->app, p->purge->runs[i].session);
        *unum_vec_push(&p->keys) = record_run_key(&p->arena, prefix);
        if (p->keys.len < BATCH && i + 1 < p->purge->runs_len)
            continue;
        size_t count = p->keys.len;
        purge_keys(p);
        if (p->rc == 0)
            p->purge->done += count;
    }
}

int table_purge(const struct runs_table *table, struct table_purge *purge,
                void (*progress)(void *cookie, const struct table_purge *purge), void *cookie,
                struct unum_err *err)
{
    struct purging p = {
        .table = table, .purge = purge, .progress = progress, .cookie = cookie, .err = err};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    purge->items = purge->done = 0;
    p.prefix = unum_arena_printf(&arena, "%.*s/", UNUM_STR_ARG(purge->app));
    for (size_t i = 0; i < purge->runs_len; i++)
        (void)unum_map_set(&p.sessions, purge->runs[i].session, purge);
    const struct table_query query = {
        .prefix = purge->runs_len == 1 ? record_prefix(&arena, purge->app, purge->runs[0].session)
                                       : p.prefix,
        .keys_only = true};
    int rc = purge->runs_len ? table_scan(table, &query, on_purged, &p, err) : 0;
    if (rc == 0 && p.rc == 0 && p.keys.len)
        purge_keys(&p);
    if (rc == 0 && p.rc == 0)
        purge_records(&p);
    unum_vec_done(&p.keys);
    unum_map_done(&p.sessions);
    unum_arena_done(&p.arena);
    return rc < 0 ? rc : p.rc;
}

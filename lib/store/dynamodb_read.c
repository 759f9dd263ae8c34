/* Reading items: GetItem for one key, BatchGetItem for more. */
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "store/check.h"
#include "store/dynamodb_internal.h"
#include "store/dynamodb_item.h"

enum {
    BATCH_KEYS = 100,                  /* BatchGetItem: keys of one request */
    BATCH_ANSWER = 6 * (16 * UNUM_MB), /* 16 MB of items, every character escaped */
    BATCH_REQUEST = BATCH_KEYS * (16 * UNUM_KB),
    WINDOW = 32, /* requests whose answers are in memory at a time */
    BATCH_TIMEOUT_MS = 30 * 1000,
    IDLE_ROUNDS = 12, /* asking again without getting anything: about a minute */
    BACKOFF_MS = 50,
    MAX_BACKOFF_MS = 10 * 1000,
};

/* What is still asked for. Keys are distinct here. */
struct wanted {
    struct dynamodb *db;
    struct unum_str nonce;
    const struct unum_str *keys;
    struct store_item *items;
    struct unum_arena *arena;
    struct unum_map positions; /* key -> position + 1 */
    size_t *pending, pending_len;
    bool *answered; /* by position: not among the unprocessed keys */
};

static void take_item(struct store_item *item, struct unum_str nonce)
{
    if (!store_is_of(item, nonce))
        *item = (struct store_item){0};
}

int dynamodb_get(struct dynamodb *db, struct unum_str key, struct unum_arena *arena,
                 struct store_item *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str answer = {0}, item;
    json_object_begin(&w);
    dynamodb_write_table(&w, db);
    json_key(&w, "Key");
    dynamodb_write_key(&w, key);
    json_key(&w, "ConsistentRead");
    json_bool(&w, true);
    json_object_end(&w);
    struct aws_call UNUM_AUTO(aws_call_done) call = dynamodb_call("GetItem", &body);
    int rc = dynamodb_send(db, &call, &body, err);
    if (!rc)
        rc = json_check(unum_buf_str(&call.x.response), &answer, err);
    if (rc < 0)
        return rc;
    if (!json_get(answer, UNUM_STR("Item"), &item)) {
        *ret = (struct store_item){0};
        return 0;
    }
    return dynamodb_read_item(item, arena, ret, err);
}

static void write_batch(struct wanted *w, const size_t *positions, size_t count,
                        struct unum_buf *body)
{
    struct json_writer writer = JSON_WRITER(body);
    json_object_begin(&writer);
    json_key(&writer, "RequestItems");
    json_object_begin(&writer);
    json_key_str(&writer, w->db->table);
    json_object_begin(&writer);
    json_key(&writer, "ConsistentRead");
    json_bool(&writer, true);
    json_key(&writer, "Keys");
    json_array_begin(&writer);
    for (size_t i = 0; i < count; i++)
        dynamodb_write_key(&writer, w->keys[positions[i]]);
    json_array_end(&writer);
    json_object_end(&writer);
    json_object_end(&writer);
    json_object_end(&writer);
}

/* The position of the key that stands in an item or a list of keys; SIZE_MAX if not asked for. */
static size_t position_of(const struct wanted *w, struct unum_str item)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    struct unum_str key;
    if (!dynamodb_read_text(item, UNUM_STR(DYNAMODB_KEY), &scratch, &key))
        return SIZE_MAX;
    uintptr_t found = (uintptr_t)unum_map_get(&w->positions, key);
    return found ? found - 1 : SIZE_MAX;
}

/* The list that an answer has for our table under Responses, or under UnprocessedKeys. */
static bool member_of_table(const struct wanted *w, struct unum_str answer, const char *part,
                            struct unum_str *ret)
{
    struct unum_str tables;
    return json_get(answer, unum_str_from(part), &tables) && json_get(tables, w->db->table, ret);
}

static int take_items(struct wanted *w, struct unum_str list, struct unum_err *err)
{
    struct json_iter iter = json_iter(list);
    struct unum_str json;
    while (json_next(&iter, NULL, &json)) {
        size_t position = position_of(w, json);
        if (position == SIZE_MAX)
            return unum_err_set(err, UNUM_E_PARSE, "an item that was not asked for");
        int rc = dynamodb_read_item(json, w->arena, &w->items[position], err);
        if (rc < 0)
            return rc;
        take_item(&w->items[position], w->nonce);
    }
    return 0;
}

/* Take the items of one answer; the keys it left out stay wanted. */
static int take_answer(struct wanted *w, const struct aws_call *call, const size_t *positions,
                       size_t count, struct unum_err *err)
{
    struct unum_str answer, list, unprocessed, json;
    int rc = json_check(unum_buf_str(&call->x.response), &answer, err);
    if (rc < 0)
        return rc;
    if (!json_get(answer, UNUM_STR("Responses"), &list))
        return unum_err_set(err, UNUM_E_PARSE, "an answer without Responses");
    for (size_t i = 0; i < count; i++)
        w->answered[positions[i]] = true;
    if (member_of_table(w, answer, "UnprocessedKeys", &unprocessed) &&
        json_get(unprocessed, UNUM_STR("Keys"), &list)) {
        struct json_iter iter = json_iter(list);
        while (json_next(&iter, NULL, &json)) {
            size_t position = position_of(w, json);
            if (position == SIZE_MAX)
                return unum_err_set(err, UNUM_E_PARSE, "an unprocessed key that was not asked for");
            w->answered[position] = false;
        }
    }
    return member_of_table(w, answer, "Responses", &list) ? take_items(w, list, err) : 0;
}

/* One request per 100 keys, all at once. */
static int ask_window(struct wanted *w, const size_t *positions, size_t count, struct unum_err *err)
{
    struct aws_call calls[WINDOW] = {0};
    struct aws_call *list[WINDOW];
    struct unum_buf bodies[WINDOW] = {0};
    size_t len = 0;
    for (size_t at = 0; at < count; at += BATCH_KEYS, len++) {
        bodies[len] = (struct unum_buf)UNUM_BUF_INIT(BATCH_REQUEST);
        write_batch(w, positions + at, count - at < BATCH_KEYS ? count - at : BATCH_KEYS,
                    &bodies[len]);
        calls[len] = dynamodb_call("BatchGetItem", &bodies[len]);
        calls[len].timeout_ms = BATCH_TIMEOUT_MS;
        calls[len].x.max_body = BATCH_ANSWER;
        list[len] = &calls[len];
    }
    int rc = aws_call_all(w->db->client, list, len, err);
    for (size_t i = 0; i < len; i++) {
        size_t at = i * BATCH_KEYS;
        if (!rc) {
            rc = take_answer(w, &calls[i], positions + at,
                             count - at < BATCH_KEYS ? count - at : BATCH_KEYS, err);
            if (rc < 0)
                (void)unum_err_wrap(err, "dynamodb BatchGetItem");
        }
        aws_call_done(&calls[i]);
        unum_buf_done(&bodies[i]);
    }
    return rc;
}

static int ask_pending(struct wanted *w, struct unum_err *err)
{
    const size_t step = (size_t)WINDOW * BATCH_KEYS;
    for (size_t at = 0; at < w->pending_len; at += step) {
        size_t count = w->pending_len - at < step ? w->pending_len - at : step;
        int rc = ask_window(w, w->pending + at, count, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void drop_answered(struct wanted *w)
{
    size_t left = 0;
    for (size_t i = 0; i < w->pending_len; i++) {
        if (!w->answered[w->pending[i]])
            w->pending[left++] = w->pending[i];
    }
    w->pending_len = left;
}

/* Keys are left out because an answer is full (16 MB): ask at once; or because the table is
 * throttled, seen by getting nothing at all: wait. */
static int ask_until_done(struct wanted *w, struct unum_err *err)
{
    int idle = 0;
    while (w->pending_len) {
        size_t before = w->pending_len;
        int rc = ask_pending(w, err);
        if (rc < 0)
            return rc;
        drop_answered(w);
        idle = w->pending_len < before ? 0 : idle + 1;
        if (!w->pending_len || !idle)
            continue;
        int64_t most_ms = (int64_t)BACKOFF_MS << idle;
        if (most_ms > MAX_BACKOFF_MS)
            most_ms = MAX_BACKOFF_MS;
        int64_t wait_ms =
            most_ms / 2 + (int64_t)unum_prng_below(&w->db->jitter, (uint64_t)most_ms / 2 + 1);
        if (idle > IDLE_ROUNDS || !aws_client_wait(w->db->client, wait_ms))
            return unum_err_set(err, UNUM_E_THROTTLED,
                                "dynamodb BatchGetItem: %zu keys stay unprocessed", w->pending_len);
    }
    return 0;
}

static int read_many(struct dynamodb *db, struct unum_str nonce, const struct unum_str *keys,
                     size_t count, struct unum_arena *arena, struct store_item *items,
                     struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    size_t *first = unum_arena_array(&scratch, count, sizeof(*first));
    struct wanted w = {.db = db, .nonce = nonce, .keys = keys, .items = items, .arena = arena};
    w.pending = unum_arena_array(&scratch, count, sizeof(*w.pending));
    w.answered = unum_arena_array(&scratch, count, sizeof(*w.answered));
    for (size_t i = 0; i < count; i++) {
        uintptr_t seen = (uintptr_t)unum_map_get(&w.positions, keys[i]);
        first[i] = seen ? seen - 1 : i; /* a request with a key twice is refused */
        if (seen)
            continue;
        unum_map_set(&w.positions, keys[i], (void *)(uintptr_t)(i + 1));
        w.pending[w.pending_len++] = i;
    }
    int rc = ask_until_done(&w, err);
    unum_map_done(&w.positions);
    for (size_t i = 0; !rc && i < count; i++)
        items[i] = items[first[i]];
    return rc;
}

int dynamodb_read(void *state, struct unum_str nonce, const struct unum_str *keys, size_t count,
                  struct unum_arena *arena, struct store_item *items, struct unum_err *err)
{
    struct dynamodb *db = state;
    for (size_t i = 0; i < count; i++) {
        int rc = store_check_key(keys[i], err);
        if (rc < 0)
            return rc;
    }
    if (count)
        memset(items, 0, count * sizeof(*items));
    if (count != 1)
        return read_many(db, nonce, keys, count, arena, items, err);
    int rc = dynamodb_get(db, keys[0], arena, items, err);
    if (!rc)
        take_item(items, nonce);
    return rc;
}

/*
 * store_dynamodb: Amazon DynamoDB (API reference: BatchGetItem, GetItem, PutItem, UpdateItem).
 *
 * Everything that decides is one conditional request. An item of another run counts as absent: the
 * conditions say so, and an update that meets one replaces it with an empty item of this run, under
 * the condition that it still is of another, and tries again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/client.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "store/check.h"
#include "store/dynamodb_item.h"
#include "store/store.h"
#include "json/json.h"

enum {
    BATCH_KEYS = 100,   /* of one BatchGetItem */
    ASK_AGAIN = 30,     /* rounds for unprocessed keys */
    REPLACE_ROUNDS = 8, /* an item of another run replaced under a racing writer */
};

struct dynamodb {
    struct aws_client *client; /* borrowed */
    struct unum_str table;     /* owned copy */
};

/* ---- requests ---- */

static void init_call(struct aws_call *call, struct unum_str operation, struct unum_str body)
{
    *call = (struct aws_call){.service = AWS_DYNAMODB, .operation = operation, .body = body};
}

static void begin(struct json_writer *w, const struct dynamodb *db)
{
    json_object_begin(w);
    json_key(w, "TableName");
    json_string(w, db->table);
}

static struct unum_str answer_of(const struct aws_call *call)
{
    return unum_buf_str(&call->x.response);
}

/* The answer as checked JSON. */
static int parse_answer(const struct aws_call *call, struct unum_str *ret, struct unum_err *err)
{
    int rc = json_check(answer_of(call), ret, err);
    return rc < 0 ? unum_err_wrap(err, "the answer to %.*s", UNUM_STR_ARG(call->operation)) : 0;
}

/* ---- reading ---- */

/* Only items of this run count. */
static void keep_if_mine(struct store_item *item, struct unum_str nonce)
{
    if (item->present && !store_is_of(item, nonce))
        *item = (struct store_item){0};
}

static int read_one(struct dynamodb *db, struct unum_str nonce, struct unum_str key,
                    struct unum_arena *arena, struct store_item *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    begin(&w, db);
    json_key(&w, "ConsistentRead");
    json_bool(&w, true);
    json_key(&w, "Key");
    dynamodb_write_key(&w, key);
    json_object_end(&w);
    struct aws_call call;
    init_call(&call, UNUM_STR("GetItem"), unum_buf_str(&body));
    int rc = aws_call_one(db->client, &call, err);
    struct unum_str root;
    struct unum_str item;
    *ret = (struct store_item){0};
    if (rc == 0)
        rc = parse_answer(&call, &root, err);
    if (rc == 0 && json_get(root, UNUM_STR("Item"), &item))
        rc = dynamodb_read_item(item, arena, ret, err);
    aws_call_done(&call);
    if (rc == 0)
        keep_if_mine(ret, nonce);
    return rc;
}

/* Keys still to be read, by their text: answers come in any order and may leave some out. */
struct reading {
    struct dynamodb *db;
    struct unum_str nonce;
    const struct unum_str *keys;
    struct store_item *items;
    bool *done;
    size_t count;
    struct unum_arena *arena;
};

static void write_batch(const struct reading *r, const size_t *wanted, size_t count,
                        struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    json_key(&w, "RequestItems");
    json_object_begin(&w);
    json_key_str(&w, r->db->table);
    json_object_begin(&w);
    json_key(&w, "ConsistentRead");
    json_bool(&w, true);
    json_key(&w, "Keys");
    json_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        dynamodb_write_key(&w, r->keys[wanted[i]]);
    json_array_end(&w);
    json_object_end(&w);
    json_object_end(&w);
    json_object_end(&w);
}

/* Which of `wanted` an item is, by its key. */
static int take_item(struct reading *r, struct unum_str json, const size_t *wanted, size_t count,
                     struct unum_err *err)
{
    struct unum_str key;
    if (!dynamodb_read_text(json, UNUM_STR(DYNAMODB_KEY), r->arena, &key))
        return unum_err_set(err, UNUM_E_PARSE, "BatchGetItem answered an item without a key");
    for (size_t i = 0; i < count; i++) {
        size_t at = wanted[i];
        if (r->done[at] || !unum_str_eq(r->keys[at], key))
            continue;
        int rc = dynamodb_read_item(json, r->arena, &r->items[at], err);
        r->done[at] = true;
        if (rc == 0)
            keep_if_mine(&r->items[at], r->nonce);
        return rc;
    }
    return 0;
}

/* Keys the service did not come to (16 MB, throttling): they stay wanted. */
static int mark_unprocessed(struct reading *r, struct unum_str root, bool *again,
                            struct unum_err *err)
{
    struct unum_str table;
    struct unum_str keys;
    struct unum_str key;
    if (!json_get(root, UNUM_STR("UnprocessedKeys"), &table) ||
        !json_get(table, r->db->table, &table) || !json_get(table, UNUM_STR("Keys"), &keys))
        return 0;
    struct json_iter iter = json_iter(keys);
    while (json_next(&iter, NULL, &key)) {
        struct unum_str text;
        if (!dynamodb_read_text(key, UNUM_STR(DYNAMODB_KEY), r->arena, &text))
            return unum_err_set(err, UNUM_E_PARSE, "BatchGetItem answered a malformed key");
        for (size_t i = 0; i < r->count; i++) {
            if (unum_str_eq(r->keys[i], text))
                again[i] = true;
        }
    }
    return 0;
}

static int take_answer(struct reading *r, const struct aws_call *call, const size_t *wanted,
                       size_t count, struct unum_err *err)
{
    struct unum_str root;
    struct unum_str list;
    bool *again = unum_arena_array(r->arena, r->count, sizeof(*again));
    int rc = parse_answer(call, &root, err);
    if (rc == 0)
        rc = mark_unprocessed(r, root, again, err);
    if (rc == 0 && json_get(root, UNUM_STR("Responses"), &list) &&
        json_get(list, r->db->table, &list)) {
        struct json_iter iter = json_iter(list);
        struct unum_str item;
        while (rc == 0 && json_next(&iter, NULL, &item))
            rc = take_item(r, item, wanted, count, err);
    }
    /* What was neither answered nor put off is not there. */
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (!again[wanted[i]])
            r->done[wanted[i]] = true;
    }
    return rc;
}

/* One round: every key that is still wanted, in batches sent concurrently. */
static int read_round(struct reading *r, size_t *ret_left, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA scratch = UNUM_ARENA_INIT;
    size_t *wanted = unum_arena_array(&scratch, r->count, sizeof(*wanted));
    size_t left = 0;
    for (size_t i = 0; i < r->count; i++) {
        if (!r->done[i])
            wanted[left++] = i;
    }
    size_t batches = (left + BATCH_KEYS - 1) / BATCH_KEYS;
    struct unum_buf *bodies = unum_arena_array(&scratch, batches, sizeof(*bodies));
    struct aws_call *calls = unum_arena_array(&scratch, batches, sizeof(*calls));
    struct aws_call **order = unum_arena_array(&scratch, batches, sizeof(struct aws_call *));
    for (size_t i = 0; i < batches; i++) {
        size_t first = i * BATCH_KEYS;
        size_t count = left - first < BATCH_KEYS ? left - first : BATCH_KEYS;
        bodies[i] = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        write_batch(r, wanted + first, count, &bodies[i]);
        init_call(&calls[i], UNUM_STR("BatchGetItem"), unum_buf_str(&bodies[i]));
        order[i] = &calls[i];
    }
    int rc = batches ? aws_call_all(r->db->client, order, batches, err) : 0;
    for (size_t i = 0; i < batches; i++) {
        size_t first = i * BATCH_KEYS;
        size_t count = left - first < BATCH_KEYS ? left - first : BATCH_KEYS;
        if (rc == 0)
            rc = take_answer(r, &calls[i], wanted + first, count, err);
        aws_call_done(&calls[i]);
        unum_buf_done(&bodies[i]);
    }
    *ret_left = 0;
    for (size_t i = 0; i < r->count; i++)
        *ret_left += !r->done[i];
    return rc;
}

/* BatchGetItem refuses a key that is asked for twice: the later ones get a copy. */
static void copy_twins(struct reading *r, const size_t *first_of)
{
    for (size_t i = 0; i < r->count; i++)
        r->items[i] = r->items[first_of[i]];
}

static int by_text(const void *a, const void *b, void *keys)
{
    const struct unum_str *all = keys;
    size_t i = *(const size_t *)a;
    size_t j = *(const size_t *)b;
    int order = unum_str_cmp(all[i], all[j]);
    return order ? order : (i > j) - (i < j);
}

static void find_twins(struct reading *r, size_t *first_of)
{
    size_t *order = unum_arena_array(r->arena, r->count, sizeof(*order));
    for (size_t i = 0; i < r->count; i++)
        order[i] = i;
    qsort_r(order, r->count, sizeof(*order), by_text, (void *)(uintptr_t)r->keys);
    for (size_t i = 0; i < r->count; i++) {
        bool twin = i && unum_str_eq(r->keys[order[i]], r->keys[order[i - 1]]);
        first_of[order[i]] = twin ? first_of[order[i - 1]] : order[i];
        r->done[order[i]] = twin;
    }
}

static int read_items(void *state, struct unum_str nonce, const struct unum_str *keys, size_t count,
                      struct unum_arena *arena, struct store_item *items, struct unum_err *err)
{
    struct dynamodb *db = state;
    for (size_t i = 0; i < count; i++) {
        int rc = store_check_key(keys[i], err);
        if (rc < 0)
            return rc;
    }
    if (count == 1)
        return read_one(db, nonce, keys[0], arena, items, err);
    memset(items, 0, count * sizeof(*items));
    struct reading r = {db,    nonce, keys, items, unum_arena_array(arena, count, sizeof(bool)),
                        count, arena};
    size_t *first_of = unum_arena_array(arena, count, sizeof(*first_of));
    find_twins(&r, first_of);
    size_t left = count;
    int64_t delay_ms = 20;
    for (int round = 0; round < ASK_AGAIN; round++) {
        size_t before = left;
        int rc = read_round(&r, &left, err);
        if (rc < 0)
            return rc;
        if (!left) {
            copy_twins(&r, first_of);
            return 0;
        }
        /* A full answer (16 MB) is no reason to wait; an answer that brought nothing is. */
        if (left == before && !aws_client_wait(db->client, delay_ms))
            break;
        delay_ms = left == before && delay_ms < 2000 ? delay_ms * 2 : delay_ms;
    }
    return unum_err_set(err, UNUM_E_THROTTLED, "DynamoDB leaves %zu of %zu keys unread", left,
                        count);
}

/* ---- creating ---- */

/* The item a failed condition comes with (ReturnValuesOnConditionCheckFailure). */
static int existing_item(struct dynamodb *db, struct aws_call *call, struct unum_str key,
                         struct unum_arena *arena, struct store_item *ret, struct unum_err *err)
{
    struct unum_str root;
    struct unum_str item;
    *ret = (struct store_item){0};
    if (json_check(answer_of(call), &root, NULL) == 0 && json_get(root, UNUM_STR("Item"), &item))
        return dynamodb_read_item(item, arena, ret, err);
    /* Emulators may not return it. */
    return read_one(db, UNUM_STR_NONE, key, arena, ret, err);
}

/* PutItem under `condition`. EXISTS with the item that is there if it does not hold. */
static int put_if(struct dynamodb *db, struct unum_str key, struct unum_str nonce,
                  const struct store_attr *attrs, size_t len, const char *condition,
                  struct unum_str name, struct unum_str value_json, struct unum_arena *arena,
                  struct store_item *ret_existing, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    begin(&w, db);
    json_key(&w, "Item");
    dynamodb_write_item(&w, key, nonce, attrs, len);
    json_key(&w, "ConditionExpression");
    json_strings(&w, condition);
    json_key(&w, "ExpressionAttributeNames");
    json_object_begin(&w);
    json_key(&w, "#k");
    json_strings(&w, DYNAMODB_KEY);
    json_key(&w, "#c");
    json_string(&w, name);
    json_object_end(&w);
    json_key(&w, "ExpressionAttributeValues");
    json_object_begin(&w);
    json_key(&w, ":c");
    json_raw(&w, value_json);
    json_object_end(&w);
    json_key(&w, "ReturnValuesOnConditionCheckFailure");
    json_strings(&w, "ALL_OLD");
    json_object_end(&w);
    if (body.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the item %.*s is too large", UNUM_STR_ARG(key));
    struct aws_call call;
    init_call(&call, UNUM_STR("PutItem"), unum_buf_str(&body));
    int rc = aws_call_one(db->client, &call, err);
    if (rc == UNUM_E_EXISTS) {
        int read = existing_item(db, &call, key, arena, ret_existing, err);
        if (read < 0)
            rc = read;
    }
    aws_call_done(&call);
    return rc;
}

static struct unum_str text_value(struct unum_arena *arena, struct unum_str text)
{
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    struct json_writer w = JSON_WRITER(&json);
    const struct store_attr attr = {.type = STORE_TEXT, .text = text};
    dynamodb_write_value(&w, &attr);
    return unum_arena_str(arena, unum_buf_str(&json));
}

#define ABSENT_OR_OTHERS "attribute_not_exists(#k) OR #c <> :c"

static int create(void *state, struct unum_str nonce, struct unum_str key,
                  const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                  struct store_item *ret_existing, struct unum_err *err)
{
    int rc = store_check_key(key, err);
    if (rc == 0)
        rc = store_check_attrs(attrs, len, err);
    return rc < 0 ? rc
                  : put_if(state, key, nonce, attrs, len, ABSENT_OR_OTHERS, UNUM_STR(STORE_NONCE),
                           text_value(arena, nonce), arena, ret_existing, err);
}

static int create_run(void *state, int64_t now_s, struct unum_str key,
                      const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                      struct store_item *ret_existing, struct unum_err *err)
{
    int rc = store_check_key(key, err);
    if (rc == 0)
        rc = store_check_attrs(attrs, len, err);
    if (rc < 0)
        return rc;
    struct unum_str now = unum_arena_printf(arena, "{\"N\":\"%" PRId64 "\"}", now_s);
    return put_if(state, key, UNUM_STR_NONE, attrs, len, "attribute_not_exists(#k) OR #c <= :c",
                  UNUM_STR(STORE_EXPIRES), now, arena, ret_existing, err);
}

static int put(void *state, struct unum_str key, const struct store_attr *attrs, size_t len,
               struct unum_err *err)
{
    struct dynamodb *db = state;
    int rc = store_check_key(key, err);
    if (rc == 0)
        rc = store_check_attrs(attrs, len, err);
    if (rc < 0)
        return rc;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    begin(&w, db);
    json_key(&w, "Item");
    dynamodb_write_item(&w, key, UNUM_STR_NONE, attrs, len);
    json_object_end(&w);
    struct aws_call call;
    init_call(&call, UNUM_STR("PutItem"), unum_buf_str(&body));
    rc = aws_call_one(db->client, &call, err);
    aws_call_done(&call);
    return rc;
}

/* ---- updating ---- */

/* An update expression under construction: clauses, names and values. */
struct expression {
    struct unum_buf set, add, names, values;
    struct json_writer w_names, w_values;
    unsigned count;
};

static void expression_init(struct expression *e)
{
    *e = (struct expression){.set = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                             .add = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                             .names = UNUM_BUF_INIT(UNUM_LIMIT_TEXT),
                             .values = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    e->w_names = (struct json_writer)JSON_WRITER(&e->names);
    e->w_values = (struct json_writer)JSON_WRITER(&e->values);
    json_object_begin(&e->w_names);
    json_object_begin(&e->w_values);
}

static void expression_done(struct expression *e)
{
    unum_buf_done(&e->set);
    unum_buf_done(&e->add);
    unum_buf_done(&e->names);
    unum_buf_done(&e->values);
}

/* Introduce #n<i> and, unless json is empty, :v<i>; returns i. */
static unsigned expression_pair(struct expression *e, struct unum_str name, struct unum_str json)
{
    char placeholder[16];
    unsigned i = e->count++;
    snprintf(placeholder, sizeof(placeholder), "#n%u", i);
    json_key(&e->w_names, placeholder);
    json_string(&e->w_names, name);
    if (json.len) {
        snprintf(placeholder, sizeof(placeholder), ":v%u", i);
        json_key(&e->w_values, placeholder);
        json_raw(&e->w_values, json);
    }
    return i;
}

static void expression_set(struct expression *e, struct unum_str name, struct unum_str json,
                           bool once)
{
    unsigned i = expression_pair(e, name, json);
    unum_buf_adds(&e->set, e->set.len ? ", " : "SET ");
    if (once)
        unum_buf_printf(&e->set, "#n%u = if_not_exists(#n%u, :v%u)", i, i, i);
    else
        unum_buf_printf(&e->set, "#n%u = :v%u", i, i);
}

static void expression_add(struct expression *e, struct unum_str name, struct unum_str json)
{
    unsigned i = expression_pair(e, name, json);
    unum_buf_printf(&e->add, "%s#n%u :v%u", e->add.len ? ", " : " ADD ", i, i);
}

static struct unum_str value_json(struct unum_arena *arena, const struct store_attr *attr)
{
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&json);
    dynamodb_write_value(&w, attr);
    return unum_arena_str(arena, unum_buf_str(&json));
}

static struct unum_str member_json(struct unum_arena *arena, struct unum_str text)
{
    struct unum_buf UNUM_AUTO_BUF json = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&json, "{\"SS\":[");
    json_quote(&json, text);
    unum_buf_adds(&json, "]}");
    return unum_arena_str(arena, unum_buf_str(&json));
}

static void write_changes(struct expression *e, const struct store_update *u, struct unum_str nonce,
                          struct unum_arena *arena)
{
    struct unum_str position = unum_arena_printf(arena, "{\"NS\":[\"%" PRIu32 "\"]}", u->add);
    for (size_t i = 0; i < u->set_len; i++)
        expression_set(e, u->set[i].name, value_json(arena, &u->set[i]), false);
    if (nonce.len)
        expression_set(e, UNUM_STR(STORE_NONCE), text_value(arena, nonce), false);
    if (u->end_name.ptr)
        expression_set(e, dynamodb_end_name(arena, u->end_name, u->add), text_value(arena, u->end),
                       true);
    if (u->add_name.ptr)
        expression_add(e, u->add_name, position);
    if (u->failed_name.ptr)
        expression_add(e, u->failed_name, position);
    if (u->member_name.ptr)
        expression_add(e, u->member_name, member_json(arena, u->member));
}

static void write_condition(struct expression *e, const struct store_update *u,
                            struct unum_str nonce, struct unum_arena *arena, struct unum_buf *out)
{
    if (u->if_name.ptr) {
        unsigned i = expression_pair(e, u->if_name, text_value(arena, u->if_text));
        unum_buf_printf(out, "#n%u = :v%u", i, i);
    }
    if (!nonce.len)
        return;
    unsigned i = expression_pair(e, UNUM_STR(STORE_NONCE), text_value(arena, nonce));
    if (u->if_name.ptr) {
        unum_buf_printf(out, " AND #n%u = :v%u", i, i);
        return;
    }
    unsigned k = expression_pair(e, UNUM_STR(DYNAMODB_KEY), UNUM_STR_NONE);
    unum_buf_printf(out, "attribute_not_exists(#n%u) OR #n%u = :v%u", k, i, i);
}

static void write_update(const struct dynamodb *db, const struct store_update *u,
                         struct unum_str nonce, struct unum_arena *arena, struct unum_buf *out)
{
    struct expression e;
    struct unum_buf UNUM_AUTO_BUF condition = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    expression_init(&e);
    write_changes(&e, u, nonce, arena);
    write_condition(&e, u, nonce, arena, &condition);
    json_object_end(&e.w_names);
    json_object_end(&e.w_values);
    unum_buf_add(&e.set, unum_buf_str(&e.add));
    struct json_writer w = JSON_WRITER(out);
    begin(&w, db);
    json_key(&w, "Key");
    dynamodb_write_key(&w, u->key);
    json_key(&w, "UpdateExpression");
    json_string(&w, unum_str_trim(unum_buf_str(&e.set)));
    if (condition.len) {
        json_key(&w, "ConditionExpression");
        json_string(&w, unum_buf_str(&condition));
    }
    json_key(&w, "ExpressionAttributeNames");
    json_raw(&w, unum_buf_str(&e.names));
    json_key(&w, "ExpressionAttributeValues");
    json_raw(&w, unum_buf_str(&e.values));
    json_key(&w, "ReturnValues");
    json_strings(&w, "ALL_NEW");
    json_key(&w, "ReturnValuesOnConditionCheckFailure");
    json_strings(&w, "ALL_OLD");
    json_object_end(&w);
    expression_done(&e);
}

/* One UpdateItem. EXISTS with what is there if the condition does not hold. */
static int update_once(struct dynamodb *db, struct unum_str nonce, const struct store_update *u,
                       struct unum_arena *arena, struct store_item *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    write_update(db, u, nonce, arena, &body);
    if (body.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the update of %.*s is too large",
                            UNUM_STR_ARG(u->key));
    struct aws_call call;
    init_call(&call, UNUM_STR("UpdateItem"), unum_buf_str(&body));
    int rc = aws_call_one(db->client, &call, err);
    struct unum_str root;
    struct unum_str item;
    if (rc == 0) {
        rc = parse_answer(&call, &root, err);
        if (rc == 0 && !json_get(root, UNUM_STR("Attributes"), &item))
            rc = unum_err_set(err, UNUM_E_PARSE, "UpdateItem answered no Attributes");
        if (rc == 0)
            rc = dynamodb_read_item(item, arena, ret, err);
    } else if (rc == UNUM_E_EXISTS) {
        int read = existing_item(db, &call, u->key, arena, ret, err);
        if (read < 0)
            rc = read;
    }
    aws_call_done(&call);
    return rc;
}

static int update(void *state, struct unum_str nonce, const struct store_update *u,
                  struct unum_arena *arena, struct store_item *ret_new, struct unum_err *err)
{
    struct dynamodb *db = state;
    int rc = store_check_update(u, err);
    for (int round = 0; rc == 0 && round < REPLACE_ROUNDS; round++) {
        rc = update_once(db, nonce, u, arena, ret_new, err);
        if (rc != UNUM_E_EXISTS)
            return rc;
        if (u->if_name.ptr || !ret_new->present || store_is_of(ret_new, nonce)) {
            keep_if_mine(ret_new, nonce);
            return unum_err_set(err, UNUM_E_CONFLICT, "the condition on %.*s does not hold",
                                UNUM_STR_ARG(u->key));
        }
        /* An item of another run: an empty one of this run takes its place, unless somebody of this
         * run was faster. */
        struct store_item other;
        unum_err_clear(err);
        rc = put_if(db, u->key, nonce, NULL, 0, ABSENT_OR_OTHERS, UNUM_STR(STORE_NONCE),
                    text_value(arena, nonce), arena, &other, err);
        if (rc == UNUM_E_EXISTS) {
            unum_err_clear(err);
            rc = 0;
        }
    }
    return rc < 0 ? rc
                  : unum_err_set(err, UNUM_E_CONFLICT, "%.*s changes hands between two runs",
                                 UNUM_STR_ARG(u->key));
}

static void close_dynamodb(void *state)
{
    struct dynamodb *db = state;
    free((void *)(uintptr_t)db->table.ptr);
    free(db);
}

static const struct store_ops dynamodb_ops = {"dynamodb", read_items, create,        create_run,
                                              put,        update,     close_dynamodb};

int store_dynamodb_open(struct aws_client *client, struct unum_str table, struct store *ret,
                        struct unum_err *err)
{
    if (!client || !table.len)
        return unum_err_set(err, UNUM_E_INVAL, "a store needs a client and a table");
    struct dynamodb *db = unum_alloc(sizeof(*db));
    db->client = client;
    db->table = unum_str_of(unum_str_dup(table), table.len);
    *ret = (struct store){&dynamodb_ops, db};
    return 0;
}

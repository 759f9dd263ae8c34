/* BatchGetItem and BatchWriteItem: many items, each for itself. */
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "local/db_operation.h"

enum {
    BATCH_GET_KEYS = 100,
    BATCH_WRITE_ITEMS = 25,
    BATCH_GET_BYTES = 16 * 1024 * 1024,
    /* Left in the answer for keys that go back unprocessed: 100 keys, every byte escaped. */
    ROOM_FOR_KEYS = 100 * (DB_KEY_BYTES * 6 + 1024),
};

/* The keys of one table in BatchGetItem. */
struct table_keys {
    struct db_table table;
    struct db_reading reading;
    struct unum_str request; /* JSON, as it came */
    bool consistent;
    struct unum_str *keys;
    size_t len;
    size_t taken; /* keys from here on are unprocessed */
    uint64_t halves;
};

struct batch {
    UNUM_VEC(struct table_keys) tables;
    size_t keys, bytes;
    bool full;
};

static int read_keys(struct db_call *c, struct unum_str json, struct table_keys *t)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    struct json_iter iter = json_iter(json);
    struct unum_str element;
    t->keys = unum_arena_array(c->arena, json_count(json), sizeof(*t->keys));
    while (json_next(&iter, NULL, &element)) {
        struct unum_str *key = &t->keys[t->len];
        int rc = db_key_read(c, element, &t->table, key);
        if (rc)
            return rc;
        if (unum_map_set(&seen, *key, t))
            return db_refuse(c->fault, DB_VALIDATION,
                             "Provided list of item keys contains duplicates");
        t->len++;
    }
    return 0;
}

static int read_table(struct db_call *c, struct unum_str name, struct unum_str request,
                      struct table_keys *t)
{
    struct db_params params;
    int rc = db_params_read(c, request,
                            DB_P(KEYS) | DB_P(CONSISTENT_READ) | DB_P(PROJECTION) | DB_P(NAMES),
                            DB_P(KEYS), &params);
    if (!rc)
        rc = db_reading_parse(c, &params, &t->reading);
    if (!rc)
        rc = db_table_find(c, name, &t->table);
    if (rc)
        return rc;
    t->request = request;
    t->consistent = db_param_true(&params, DB_P_CONSISTENT_READ);
    size_t count = json_count(params.at[DB_P_KEYS]);
    if (!count || count > BATCH_GET_KEYS)
        return db_refuse(c->fault, DB_VALIDATION,
                         "1 validation error detected: Value at 'requestItems.%.*s.member.keys' "
                         "failed to satisfy constraint: Member must have length %s than or equal "
                         "to %d",
                         UNUM_STR_ARG(name), count ? "less" : "greater",
                         count ? (int)BATCH_GET_KEYS : 1);
    return read_keys(c, params.at[DB_P_KEYS], t);
}

static int read_batch(struct db_call *c, struct batch *b)
{
    struct json_iter iter = json_iter(c->params.at[DB_P_REQUEST_ITEMS]);
    struct unum_str name, request;
    while (json_next(&iter, &name, &request)) {
        struct table_keys t = {.len = 0};
        int rc = read_table(c, db_text(name, c->arena), request, &t);
        if (rc)
            return rc;
        *unum_vec_push(&b->tables) = t;
        b->keys += t.len;
    }
    if (!b->tables.len)
        return db_refuse(c->fault, DB_VALIDATION,
                         "1 validation error detected: Value '{}' at 'requestItems' failed to "
                         "satisfy constraint: Member must have length greater than or equal to 1");
    if (b->keys > BATCH_GET_KEYS)
        return db_refuse(c->fault, DB_VALIDATION,
                         "Too many items requested for the BatchGetItem call");
    return 0;
}

/* Is there room for one more item? The first always fits. */
static bool has_room(const struct db_call *c, const struct batch *b, const struct db_record *record)
{
    size_t answer = c->out->len + record->text.len + ROOM_FOR_KEYS;
    return !b->bytes || (b->bytes + record->size <= BATCH_GET_BYTES && answer <= c->out->max);
}

static int write_responses(struct db_call *c, struct batch *b, struct table_keys *t)
{
    json_key_str(&c->w, t->table.name);
    json_array_begin(&c->w);
    int rc = 0;
    for (; t->taken < t->len && !b->full && !rc; t->taken++) {
        struct db_record record;
        rc = db_get(c, t->table.name, t->keys[t->taken], &record);
        if (rc)
            break;
        if (record.text.ptr && !has_room(c, b, &record)) {
            b->full = true;
            break;
        }
        t->halves += db_read_halves(record.size, t->consistent);
        b->bytes += record.size;
        if (record.text.ptr)
            rc = db_reading_write(c, &t->reading, &record);
    }
    json_array_end(&c->w);
    return rc;
}

/* The request as it came, with the keys that are left. */
static void write_unprocessed(struct db_call *c, const struct table_keys *t)
{
    struct json_iter iter = json_iter(t->request);
    struct unum_str name, value;
    json_key_str(&c->w, t->table.name);
    json_object_begin(&c->w);
    while (json_next(&iter, &name, &value)) {
        struct unum_str text = db_text(name, c->arena);
        json_key_str(&c->w, text);
        if (!unum_str_is(text, "Keys")) {
            json_raw(&c->w, value);
            continue;
        }
        json_array_begin(&c->w);
        for (size_t i = t->taken; i < t->len; i++)
            db_key_write(&t->table, t->keys[i], &c->w);
        json_array_end(&c->w);
    }
    json_object_end(&c->w);
}

static int answer_batch(struct db_call *c, struct batch *b, size_t level)
{
    json_object_begin(&c->w);
    json_key(&c->w, "Responses");
    json_object_begin(&c->w);
    for (size_t i = 0; i < b->tables.len; i++) {
        int rc = write_responses(c, b, &b->tables.at[i]);
        if (rc)
            return rc;
        db_charge_read(c, b->tables.at[i].halves);
    }
    json_object_end(&c->w);
    json_key(&c->w, "UnprocessedKeys");
    json_object_begin(&c->w);
    for (size_t i = 0; i < b->tables.len; i++) {
        if (b->tables.at[i].taken < b->tables.at[i].len)
            write_unprocessed(c, &b->tables.at[i]);
    }
    json_object_end(&c->w);
    if (level) {
        json_key(&c->w, "ConsumedCapacity");
        json_array_begin(&c->w);
        for (size_t i = 0; i < b->tables.len; i++)
            db_capacity_write(c, b->tables.at[i].table.name, b->tables.at[i].halves, level);
        json_array_end(&c->w);
    }
    json_object_end(&c->w);
    return 0;
}

int db_batch_get_item(struct db_call *c)
{
    struct batch b = {.keys = 0};
    size_t level = 0;
    int rc = db_capacity_wanted(c, &level);
    if (!rc)
        rc = read_batch(c, &b);
    if (!rc)
        rc = answer_batch(c, &b, level);
    unum_vec_done(&b.tables);
    return rc;
}

struct write_batch {
    UNUM_VEC(struct db_write) writes;
    UNUM_VEC(struct db_charge) charges; /* per table, in order */
};

/* {"PutRequest":{"Item":...}} or {"DeleteRequest":{"Key":...}} */
static int read_request(struct db_call *c, struct unum_str json, struct unum_str table,
                        struct db_write *ret)
{
    struct db_params params, inner;
    int rc = db_params_read(c, json, DB_P(PUT_REQUEST) | DB_P(DELETE_REQUEST), 0, &params);
    if (rc)
        return rc;
    bool put = params.at[DB_P_PUT_REQUEST].ptr != NULL;
    if (put == (params.at[DB_P_DELETE_REQUEST].ptr != NULL))
        return db_refuse(c->fault, DB_VALIDATION,
                         "Supplied WriteRequest must contain exactly one of PutRequest and "
                         "DeleteRequest");
    uint64_t wanted = put ? DB_P(ITEM) : DB_P(KEY);
    rc = db_params_read(c, params.at[put ? DB_P_PUT_REQUEST : DB_P_DELETE_REQUEST], wanted, wanted,
                        &inner);
    if (rc)
        return rc;
    inner.at[DB_P_TABLE_NAME] = table;
    return db_write_prepare(c, put ? DB_WRITE_PUT : DB_WRITE_DELETE, &inner, ret);
}

static int read_requests(struct db_call *c, struct unum_str table, struct unum_str list,
                         struct write_batch *b)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    if (json_type(list) != JSON_ARRAY || !json_count(list))
        return db_refuse(c->fault, DB_VALIDATION,
                         "1 validation error detected: Value at 'requestItems' failed to satisfy "
                         "constraint: Map value must satisfy constraint: [Member must have length "
                         "less than or equal to 25, Member must have length greater than or equal "
                         "to 1]");
    *unum_vec_push(&b->charges) = (struct db_charge){.halves = 0};
    while (json_next(&iter, NULL, &element)) {
        if (b->writes.len == BATCH_WRITE_ITEMS)
            return db_refuse(c->fault, DB_VALIDATION,
                             "Too many items requested for the BatchWriteItem call");
        struct db_write write = {.kind = DB_WRITE_PUT};
        int rc = read_request(c, element, table, &write);
        if (rc)
            return rc;
        if (unum_map_set(&seen, write.key, b))
            return db_refuse(c->fault, DB_VALIDATION,
                             "Provided list of item keys contains duplicates");
        b->charges.at[b->charges.len - 1].table = write.table;
        *unum_vec_push(&b->writes) = write;
    }
    return 0;
}

static int carry_out(struct db_call *c, struct write_batch *b)
{
    UNUM_VEC(struct db_change) changes = {0};
    int rc = 0;
    for (size_t i = 0; i < b->writes.len && !rc; i++) {
        rc = db_write_evaluate(c, &b->writes.at[i], false);
        *unum_vec_push(&changes) = b->writes.at[i].change;
    }
    if (!rc)
        rc = db_apply(c, changes.at, changes.len);
    unum_vec_done(&changes);
    for (size_t i = 0; i < b->writes.len && !rc; i++) {
        uint64_t halves = db_write_charge(&b->writes.at[i]);
        db_charge_write(c, halves);
        for (size_t j = 0; j < b->charges.len; j++) {
            if (unum_str_eq(b->charges.at[j].table.name, b->writes.at[i].table.name))
                b->charges.at[j].halves += halves;
        }
    }
    return rc;
}

static int write_batch(struct db_call *c, struct write_batch *b, size_t level)
{
    struct json_iter iter = json_iter(c->params.at[DB_P_REQUEST_ITEMS]);
    struct unum_str name, list;
    while (json_next(&iter, &name, &list)) {
        int rc = read_requests(c, name, list, b);
        if (rc)
            return rc;
    }
    if (!b->writes.len)
        return db_refuse(c->fault, DB_VALIDATION,
                         "1 validation error detected: Value '{}' at 'requestItems' failed to "
                         "satisfy constraint: Member must have length greater than or equal to 1");
    int rc = carry_out(c, b);
    if (rc)
        return rc;
    json_object_begin(&c->w);
    json_key(&c->w, "UnprocessedItems");
    json_object_begin(&c->w);
    json_object_end(&c->w);
    if (level) {
        json_key(&c->w, "ConsumedCapacity");
        json_array_begin(&c->w);
        for (size_t i = 0; i < b->charges.len; i++)
            db_capacity_write(c, b->charges.at[i].table.name, b->charges.at[i].halves, level);
        json_array_end(&c->w);
    }
    json_object_end(&c->w);
    return 0;
}

int db_batch_write_item(struct db_call *c)
{
    struct write_batch b = {.writes = {0}};
    size_t level = 0;
    int rc = db_capacity_wanted(c, &level);
    if (!rc)
        rc = write_batch(c, &b, level);
    unum_vec_done(&b.writes);
    unum_vec_done(&b.charges);
    return rc;
}

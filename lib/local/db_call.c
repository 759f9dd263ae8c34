/* The database as a whole: opening, finding the operation, answering. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/rand.h"
#include "base/vec.h"
#include "local/db_operation.h"

enum access { ACCESS_READ, ACCESS_WRITE };

struct operation_row {
    const char *name;
    enum access access;
    uint64_t allowed, required;
    int (*run)(struct db_call *c);
};

#define EXPRESSION (DB_P(NAMES) | DB_P(VALUES))
#define READING    (DB_P(PROJECTION) | DB_P(CONSISTENT_READ) | DB_P(RETURN_CAPACITY))
#define WRITING                                                                                    \
    (DB_P(TABLE_NAME) | DB_P(CONDITION) | EXPRESSION | DB_P(RETURN_VALUES) | DB_P(RETURN_FAILED) | \
     DB_P(RETURN_CAPACITY) | DB_P(RETURN_COLLECTION))
#define LOOKING                                                                                    \
    (DB_P(TABLE_NAME) | READING | EXPRESSION | DB_P(FILTER) | DB_P(LIMIT) | DB_P(START_KEY) |      \
     DB_P(SELECT))

/* By name. */
static const struct operation_row operations[] = {
    {"BatchGetItem", ACCESS_READ, DB_P(REQUEST_ITEMS) | DB_P(RETURN_CAPACITY), DB_P(REQUEST_ITEMS),
     db_batch_get_item},
    {"BatchWriteItem", ACCESS_WRITE,
     DB_P(REQUEST_ITEMS) | DB_P(RETURN_CAPACITY) | DB_P(RETURN_COLLECTION), DB_P(REQUEST_ITEMS),
     db_batch_write_item},
    {"CreateTable", ACCESS_WRITE,
     DB_P(TABLE_NAME) | DB_P(DEFINITIONS) | DB_P(KEY_SCHEMA) | DB_P(BILLING) | DB_P(THROUGHPUT) |
         DB_P(ENCRYPTION) | DB_P(TAGS) | DB_P(TABLE_CLASS) | DB_P(PROTECTION),
     DB_P(TABLE_NAME) | DB_P(DEFINITIONS) | DB_P(KEY_SCHEMA), db_create_table},
    {"DeleteItem", ACCESS_WRITE, WRITING | DB_P(KEY), DB_P(TABLE_NAME) | DB_P(KEY), db_delete_item},
    {"DeleteTable", ACCESS_WRITE, DB_P(TABLE_NAME), DB_P(TABLE_NAME), db_delete_table},
    {"DescribeTable", ACCESS_READ, DB_P(TABLE_NAME), DB_P(TABLE_NAME), db_describe_table},
    {"DescribeTimeToLive", ACCESS_READ, DB_P(TABLE_NAME), DB_P(TABLE_NAME), db_describe_ttl},
    {"GetItem", ACCESS_READ, DB_P(TABLE_NAME) | DB_P(KEY) | READING | DB_P(NAMES),
     DB_P(TABLE_NAME) | DB_P(KEY), db_get_item},
    {"ListTagsOfResource", ACCESS_READ, DB_P(RESOURCE_ARN) | DB_P(NEXT_TOKEN), DB_P(RESOURCE_ARN),
     db_list_tags},
    {"ListTables", ACCESS_READ, DB_P(START_TABLE) | DB_P(LIMIT), 0, db_list_tables},
    {"PutItem", ACCESS_WRITE, WRITING | DB_P(ITEM), DB_P(TABLE_NAME) | DB_P(ITEM), db_put_item},
    {"Query", ACCESS_READ, LOOKING | DB_P(KEY_CONDITION) | DB_P(FORWARD), DB_P(TABLE_NAME),
     db_query},
    {"Scan", ACCESS_READ, LOOKING | DB_P(SEGMENT) | DB_P(SEGMENTS), DB_P(TABLE_NAME), db_scan},
    {"TagResource", ACCESS_WRITE, DB_P(RESOURCE_ARN) | DB_P(TAGS), DB_P(RESOURCE_ARN) | DB_P(TAGS),
     db_tag_resource},
    {"TransactGetItems", ACCESS_READ, DB_P(TRANSACT_ITEMS) | DB_P(RETURN_CAPACITY),
     DB_P(TRANSACT_ITEMS), db_transact_get_items},
    {"TransactWriteItems", ACCESS_WRITE,
     DB_P(TRANSACT_ITEMS) | DB_P(RETURN_CAPACITY) | DB_P(RETURN_COLLECTION) | DB_P(TOKEN),
     DB_P(TRANSACT_ITEMS), db_transact_write_items},
    {"UntagResource", ACCESS_WRITE, DB_P(RESOURCE_ARN) | DB_P(TAG_KEYS),
     DB_P(RESOURCE_ARN) | DB_P(TAG_KEYS), db_untag_resource},
    {"UpdateItem", ACCESS_WRITE, WRITING | DB_P(KEY) | DB_P(UPDATE_EXPRESSION),
     DB_P(TABLE_NAME) | DB_P(KEY), db_update_item},
    {"UpdateTimeToLive", ACCESS_WRITE, DB_P(TABLE_NAME) | DB_P(TTL), DB_P(TABLE_NAME) | DB_P(TTL),
     db_update_ttl},
};

const char *local_db_operation(size_t i)
{
    return i < UNUM_COUNT(operations) ? operations[i].name : NULL;
}

static const struct operation_row *find_operation(struct unum_str name)
{
    for (size_t i = 0; i < UNUM_COUNT(operations); i++) {
        if (unum_str_is(name, operations[i].name))
            return &operations[i];
    }
    return NULL;
}

int local_db_open(const struct local_db_config *config, struct local_db **ret_db,
                  struct unum_err *err)
{
    struct db_state state;
    if (config->path) {
        int rc = db_state_sqlite_open(config->path, &state, err);
        if (rc)
            return rc;
    } else {
        db_state_memory_open(&state);
    }
    struct local_db *db = unum_alloc(sizeof(*db));
    db->state = state;
    db->region = unum_str_dup(config->region.len ? config->region : UNUM_STR("us-east-1"));
    db->account = unum_str_dup(config->account.len ? config->account : UNUM_STR("000000000000"));
    *ret_db = db;
    return 0;
}

void local_db_close(struct local_db *db)
{
    if (!db)
        return;
    db->state.ops->close(db->state.state);
    unum_arena_done(&db->arena);
    free(db->region);
    free(db->account);
    free(db);
}

int local_db_reset(struct local_db *db, struct unum_err *err)
{
    return db->state.ops->drop(db->state.state, UNUM_STR_NONE, err);
}

int db_broken(struct db_call *c, struct unum_err *err)
{
    return db_refuse_state(c->fault, err);
}

int db_get(struct db_call *c, struct unum_str space, struct unum_str key, struct db_record *ret)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    int rc = state->ops->get(state->state, space, key, c->arena, ret, &err);
    return rc ? db_broken(c, &err) : 0;
}

int db_apply(struct db_call *c, const struct db_change *changes, size_t count)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    int rc = state->ops->apply(state->state, changes, count, &err);
    return rc ? db_broken(c, &err) : 0;
}

/* Run `body` of the operation as one transaction. */
static int run_transaction(struct db_call *c, enum access access, int (*body)(struct db_call *c))
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    if (state->ops->begin(state->state, access == ACCESS_WRITE, &err))
        return db_broken(c, &err);
    int rc = body(c);
    if (state->ops->end(state->state, !rc, &err) && !rc)
        return db_broken(c, &err);
    return rc;
}

static int run(struct db_call *c, struct unum_str operation, struct unum_str body)
{
    size_t dot = unum_str_rfind(operation, '.');
    struct unum_str name = dot == SIZE_MAX ? operation : unum_str_from_pos(operation, dot + 1);
    bool version =
        dot == SIZE_MAX || unum_str_is(unum_str_slice(operation, 0, dot), "DynamoDB_20120810");
    const struct operation_row *row = version ? find_operation(name) : NULL;
    if (!row)
        return db_refuse(c->fault, DB_UNKNOWN_OPERATION,
                         "The local platform does not have operation %.*s of DynamoDB",
                         UNUM_STR_ARG(unum_str_slice(operation, 0, 128)));
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str value;
    if (body.len > UNUM_LIMIT_HTTP_BODY)
        return db_refuse(c->fault, DB_VALIDATION, "The request is larger than 16 MB");
    if (json_check(body, &value, &err))
        return db_refuse(c->fault, DB_SERIALIZATION, "%s", unum_err_text(&err));
    int rc = db_params_read(c, value, row->allowed, row->required, &c->params);
    if (rc)
        return rc;
    c->db->usage.operations++;
    return run_transaction(c, row->access, row->run);
}

void local_db_call(struct local_db *db, struct unum_str operation, struct unum_str body,
                   int64_t now_ms, int *ret_status, struct unum_buf *ret_body)
{
    struct db_fault fault = {.arena = &db->arena};
    struct db_call c = {.db = db,
                        .arena = &db->arena,
                        .fault = &fault,
                        .now_ms = now_ms,
                        .out = ret_body,
                        .w = {.out = ret_body}};
    size_t start = ret_body->len;
    int status = 200;
    int rc = run(&c, operation, body);
    if (!rc && ret_body->failed)
        rc = db_refuse(&fault, DB_INTERNAL,
                       "local platform: the answer is larger than %zu bytes; ask for less",
                       ret_body->max);
    if (rc) {
        ret_body->failed = false;
        unum_buf_truncate(ret_body, start);
        status = db_fault_write(&fault, ret_body);
        db->usage.conditions_failed += fault.type == DB_CONDITION || fault.type == DB_CANCELED;
    }
    *ret_status = status;
    unum_arena_reset(&db->arena);
}

struct local_db_usage local_db_usage(const struct local_db *db)
{
    return db->usage;
}

/* A call of our own, outside of any request: its fault becomes an err. */
struct own_call {
    struct db_call call;
    struct db_fault fault;
};

static void own_call_init(struct own_call *own, struct local_db *db, int64_t now_ms)
{
    *own = (struct own_call){.fault = {.arena = &db->arena}};
    own->call =
        (struct db_call){.db = db, .arena = &db->arena, .fault = &own->fault, .now_ms = now_ms};
}

static int own_call_end(struct own_call *own, int rc, struct unum_err *err)
{
    if (rc)
        unum_err_set(err, rc, "%.*s", UNUM_STR_ARG(own->fault.message));
    unum_arena_reset(own->call.arena);
    return rc;
}

static int ensure(struct db_call *c)
{
    struct unum_str name = c->params.at[DB_P_TABLE_NAME];
    struct db_record record;
    int rc = db_get(c, DB_SPACE_TABLES, name, &record);
    if (rc || record.text.ptr)
        return rc;
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(64);
    unum_uuid4(&id);
    struct db_table table = {.name = name,
                             .key = UNUM_STR("Name"),
                             .ttl = UNUM_STR("Expires"),
                             .ttl_on = true,
                             .created_ms = c->now_ms,
                             .id = unum_buf_str(&id),
                             .tags = UNUM_STR("{}")};
    return db_table_store(c, &table);
}

int local_db_ensure_table(struct local_db *db, struct unum_str name, int64_t now_ms,
                          struct unum_err *err)
{
    struct own_call own;
    own_call_init(&own, db, now_ms);
    own.call.params.at[DB_P_TABLE_NAME] = name;
    return own_call_end(&own, run_transaction(&own.call, ACCESS_WRITE, ensure), err);
}

struct expiring {
    struct db_call *c;
    UNUM_VEC(struct unum_str) tables; /* names, in the arena */
};

static bool note_expiring(void *cookie, const struct db_record *record)
{
    struct expiring *e = cookie;
    struct db_table table;
    db_table_read(e->c, record, &table);
    if (table.ttl_on)
        *unum_vec_push(&e->tables) = unum_arena_str(e->c->arena, table.name);
    return true;
}

static int find_expiring(struct db_call *c)
{
    struct expiring *e = c->cookie;
    return db_tables(c, UNUM_STR_NONE, note_expiring, e);
}

int local_db_expire(struct local_db *db, int64_t now_s, size_t *ret_removed, struct unum_err *err)
{
    struct own_call own;
    own_call_init(&own, db, 0);
    struct expiring e = {.c = &own.call};
    own.call.cookie = &e;
    *unum_vec_push(&e.tables) = DB_SPACE_TOKENS;
    int rc = run_transaction(&own.call, ACCESS_READ, find_expiring);
    size_t total = 0;
    for (size_t i = 0; !rc && i < e.tables.len; i++) {
        size_t removed = 0;
        rc = db->state.ops->expire(db->state.state, e.tables.at[i], now_s, &removed, err);
        total += i ? removed : 0;
    }
    unum_vec_done(&e.tables);
    if (rc)
        return own.fault.type ? own_call_end(&own, rc, err) : rc;
    unum_arena_reset(&db->arena);
    *ret_removed = total;
    return 0;
}

int local_db_log_append(struct local_db *db, struct unum_str stream, int64_t time_ms,
                        struct unum_str text, struct unum_err *err)
{
    return db->state.ops->log_append(db->state.state, stream, time_ms, text, err);
}

int local_db_log_query(struct local_db *db, const struct local_db_log_query *query,
                       bool (*each)(void *cookie, const struct local_db_log_row *row), void *cookie,
                       struct unum_err *err)
{
    return db->state.ops->log_query(db->state.state, query, each, cookie, err);
}

int local_db_log_streams(struct local_db *db, struct unum_str prefix,
                         bool (*each)(void *cookie, const struct local_db_log_stream *stream),
                         void *cookie, struct unum_err *err)
{
    return db->state.ops->log_streams(db->state.state, prefix, each, cookie, err);
}

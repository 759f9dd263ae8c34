/*
 * db_operation: one operation on its way through the database: its parameters, the state behind it,
 * and the pieces operations share. Internal to the database.
 */
#ifndef UNUM_LOCAL_DB_OPERATION_H
#define UNUM_LOCAL_DB_OPERATION_H

#include "local/db_expression.h"
#include "local/db_state.h"

struct local_db {
    struct db_state state;
    struct unum_arena arena; /* of the running operation */
    char *region, *account;
    struct local_db_usage usage;
};

/* X(name, name on the wire, JSON type) */
#define DB_PARAM_TABLE(X)                                                                          \
    X(TABLE_NAME, "TableName", STRING)                                                             \
    X(KEY, "Key", OBJECT)                                                                          \
    X(ITEM, "Item", OBJECT)                                                                        \
    X(CONSISTENT_READ, "ConsistentRead", BOOL)                                                     \
    X(RETURN_CAPACITY, "ReturnConsumedCapacity", STRING)                                           \
    X(RETURN_COLLECTION, "ReturnItemCollectionMetrics", STRING)                                    \
    X(RETURN_VALUES, "ReturnValues", STRING)                                                       \
    X(RETURN_FAILED, "ReturnValuesOnConditionCheckFailure", STRING)                                \
    X(CONDITION, "ConditionExpression", STRING)                                                    \
    X(UPDATE_EXPRESSION, "UpdateExpression", STRING)                                               \
    X(PROJECTION, "ProjectionExpression", STRING)                                                  \
    X(FILTER, "FilterExpression", STRING)                                                          \
    X(KEY_CONDITION, "KeyConditionExpression", STRING)                                             \
    X(NAMES, "ExpressionAttributeNames", OBJECT)                                                   \
    X(VALUES, "ExpressionAttributeValues", OBJECT)                                                 \
    X(REQUEST_ITEMS, "RequestItems", OBJECT)                                                       \
    X(KEYS, "Keys", ARRAY)                                                                         \
    X(PUT_REQUEST, "PutRequest", OBJECT)                                                           \
    X(DELETE_REQUEST, "DeleteRequest", OBJECT)                                                     \
    X(TRANSACT_ITEMS, "TransactItems", ARRAY)                                                      \
    X(TOKEN, "ClientRequestToken", STRING)                                                         \
    X(GET, "Get", OBJECT)                                                                          \
    X(PUT, "Put", OBJECT)                                                                          \
    X(UPDATE, "Update", OBJECT)                                                                    \
    X(DELETE, "Delete", OBJECT)                                                                    \
    X(CONDITION_CHECK, "ConditionCheck", OBJECT)                                                   \
    X(LIMIT, "Limit", NUMBER)                                                                      \
    X(START_KEY, "ExclusiveStartKey", OBJECT)                                                      \
    X(SELECT, "Select", STRING)                                                                    \
    X(SEGMENT, "Segment", NUMBER)                                                                  \
    X(SEGMENTS, "TotalSegments", NUMBER)                                                           \
    X(FORWARD, "ScanIndexForward", BOOL)                                                           \
    X(DEFINITIONS, "AttributeDefinitions", ARRAY)                                                  \
    X(ATTRIBUTE_NAME, "AttributeName", STRING)                                                     \
    X(ATTRIBUTE_TYPE, "AttributeType", STRING)                                                     \
    X(KEY_SCHEMA, "KeySchema", ARRAY)                                                              \
    X(KEY_TYPE, "KeyType", STRING)                                                                 \
    X(BILLING, "BillingMode", STRING)                                                              \
    X(THROUGHPUT, "ProvisionedThroughput", OBJECT)                                                 \
    X(READ_UNITS, "ReadCapacityUnits", NUMBER)                                                     \
    X(WRITE_UNITS, "WriteCapacityUnits", NUMBER)                                                   \
    X(ENCRYPTION, "SSESpecification", OBJECT)                                                      \
    X(TAGS, "Tags", ARRAY)                                                                         \
    X(TABLE_CLASS, "TableClass", STRING)                                                           \
    X(PROTECTION, "DeletionProtectionEnabled", BOOL)                                               \
    X(TTL, "TimeToLiveSpecification", OBJECT)                                                      \
    X(ENABLED, "Enabled", BOOL)                                                                    \
    X(START_TABLE, "ExclusiveStartTableName", STRING)                                              \
    X(RESOURCE_ARN, "ResourceArn", STRING)                                                         \
    X(TAG_KEYS, "TagKeys", ARRAY)                                                                  \
    X(NEXT_TOKEN, "NextToken", STRING)

enum db_param {
#define DB_PARAM_ENUM(name, wire, type) DB_P_##name,
    DB_PARAM_TABLE(DB_PARAM_ENUM)
#undef DB_PARAM_ENUM
        DB_PARAM_COUNT
};

#define DB_P(name) (UINT64_C(1) << DB_P_##name)
_Static_assert(DB_PARAM_COUNT <= 64, "parameters are bits of a mask");

struct db_params {
    struct unum_str at[DB_PARAM_COUNT]; /* JSON; ptr NULL: absent or null */
};

struct db_call {
    struct local_db *db;
    struct unum_arena *arena;
    struct db_fault *fault;
    int64_t now_ms;
    struct db_params params;
    struct unum_buf *out;
    struct json_writer w; /* writes the answer */
    void *cookie;         /* of calls that are no requests */
};

/* Take the members of `object` apart. A parameter that is not in `allowed` is refused as not there,
 * one of `required` that is absent as the service does. */
UNUM_CHECKED int db_params_read(struct db_call *c, struct unum_str object, uint64_t allowed,
                                uint64_t required, struct db_params *ret);
/* The text of a parameter of type STRING, or the empty view. */
struct unum_str db_param_text(struct db_call *c, const struct db_params *params,
                              enum db_param param);
/* A STRING that must be one of `choices` (NULL-terminated); *ret is its position, 0 if absent. */
UNUM_CHECKED int db_param_choice(struct db_call *c, const struct db_params *params,
                                 enum db_param param, const char *const *choices, size_t *ret);
/* A NUMBER; *ret stays if absent. */
UNUM_CHECKED int db_param_number(struct db_call *c, const struct db_params *params,
                                 enum db_param param, int64_t least, int64_t most, int64_t *ret);
bool db_param_true(const struct db_params *params, enum db_param param);

/* The state failed: the fault that says so. */
int db_broken(struct db_call *c, struct unum_err *err);
UNUM_CHECKED int db_get(struct db_call *c, struct unum_str space, struct unum_str key,
                        struct db_record *ret);
UNUM_CHECKED int db_apply(struct db_call *c, const struct db_change *changes, size_t count);

struct db_table {
    struct unum_str name;
    struct unum_str key; /* name of the partition key */
    struct unum_str ttl; /* attribute; empty: none was ever set */
    bool ttl_on;
    int64_t created_ms;
    struct unum_str id;
    bool provisioned;
    int64_t read_units, write_units;
    struct unum_str tags; /* JSON object */
};

/* NOT_FOUND if there is no such table. */
UNUM_CHECKED int db_table_find(struct db_call *c, struct unum_str name, struct db_table *ret);
/* The table that parameter TableName names. */
UNUM_CHECKED int db_table_of(struct db_call *c, const struct db_params *params,
                             struct db_table *ret);
UNUM_CHECKED int db_table_store(struct db_call *c, const struct db_table *table);
/* When the item is expired, as its TTL attribute says. */
int64_t db_table_expires(const struct db_table *table, const struct db_value *item);
UNUM_CHECKED int db_tables(struct db_call *c, struct unum_str after,
                           bool (*each)(void *cookie, const struct db_record *record),
                           void *cookie);
/* [{"Key":...,"Value":...}] as the JSON object that a table is kept with, in the arena. */
UNUM_CHECKED int db_tags_read(struct db_call *c, struct unum_str list, struct unum_str *ret);
void db_table_read(struct db_call *c, const struct db_record *record, struct db_table *ret);

/* A key as in parameter Key: exactly the partition key. */
UNUM_CHECKED int db_key_read(struct db_call *c, struct unum_str json, const struct db_table *table,
                             struct unum_str *ret);
/* The key of a whole item. */
UNUM_CHECKED int db_key_of(struct db_call *c, const struct db_value *item,
                           const struct db_table *table, struct unum_str *ret);
void db_key_write(const struct db_table *table, struct unum_str key, struct json_writer *w);

/* Consumed capacity. Units are halves throughout. */
struct db_charge {
    struct db_table table;
    uint64_t halves;
};
/* Does the caller want to see it? */
UNUM_CHECKED int db_capacity_wanted(struct db_call *c, size_t *ret_level);
uint64_t db_read_halves(size_t size, bool consistent);
uint64_t db_write_halves(size_t size);
void db_charge_read(struct db_call *c, uint64_t halves);
void db_charge_write(struct db_call *c, uint64_t halves);
/* {"TableName":...,"CapacityUnits":...} as the next value. */
void db_capacity_write(struct db_call *c, struct unum_str table, uint64_t halves, size_t level);

/* One change of one item: PutItem, UpdateItem, DeleteItem, and the members of a transaction. */
enum db_write_kind { DB_WRITE_PUT, DB_WRITE_UPDATE, DB_WRITE_DELETE, DB_WRITE_CHECK };

struct db_write {
    enum db_write_kind kind;
    struct db_table table;
    struct unum_str key;
    struct db_scope scope;
    const struct db_condition *condition; /* NULL: none */
    struct db_update update;
    bool show_failed; /* ReturnValuesOnConditionCheckFailure is ALL_OLD */
    struct db_value
        *item; /* PUT: what to store; UPDATE: what became of it, NULL if there is none */
    /* After evaluation: */
    struct db_record old;
    struct db_change change;
    struct db_value *updated_old; /* UPDATED_OLD, if asked for */
};

/* Check everything that can be checked without looking at the item. */
UNUM_CHECKED int db_write_prepare(struct db_call *c, enum db_write_kind kind,
                                  const struct db_params *params, struct db_write *ret);
/* Read the item, check the condition, work out the new item (write->change). */
UNUM_CHECKED int db_write_evaluate(struct db_call *c, struct db_write *write, bool updated_old);
/* Parameters a write may have. */
extern const uint64_t db_write_allowed[], db_write_required[];
uint64_t db_write_charge(const struct db_write *write);
/* Paths of the update, for UPDATED_OLD and UPDATED_NEW. */
struct db_value *db_write_project(struct db_call *c, const struct db_write *write,
                                  const struct db_value *item);

/* What is read of an item. */
struct db_reading {
    struct db_scope scope;
    struct db_projection projection; /* len 0: all */
};
UNUM_CHECKED int db_reading_parse(struct db_call *c, const struct db_params *params,
                                  struct db_reading *ret);
/* The item, or the part asked for, as the next value. */
UNUM_CHECKED int db_reading_write(struct db_call *c, const struct db_reading *reading,
                                  const struct db_record *record);

/* The operations; see the table in db_call.c. */
int db_get_item(struct db_call *c);
int db_put_item(struct db_call *c);
int db_update_item(struct db_call *c);
int db_delete_item(struct db_call *c);
int db_batch_get_item(struct db_call *c);
int db_batch_write_item(struct db_call *c);
int db_transact_get_items(struct db_call *c);
int db_transact_write_items(struct db_call *c);
int db_scan(struct db_call *c);
int db_query(struct db_call *c);
int db_create_table(struct db_call *c);
int db_describe_table(struct db_call *c);
int db_delete_table(struct db_call *c);
int db_list_tables(struct db_call *c);
int db_describe_ttl(struct db_call *c);
int db_update_ttl(struct db_call *c);
int db_tag_resource(struct db_call *c);
int db_untag_resource(struct db_call *c);
int db_list_tags(struct db_call *c);

#endif

/* Tables: their definitions and the operations on them. */
#include "base/limits.h"
#include "base/rand.h"
#include "base/vec.h"
#include "local/db_operation.h"

enum { TABLE_NAME_LEAST = 3, TABLE_NAME_MOST = 255, LIST_MOST = 100 };

static struct unum_str member_text(struct db_call *c, struct unum_str object, struct unum_str key)
{
    struct unum_str value;
    if (!json_get(object, key, &value) || json_type(value) != JSON_STRING)
        return UNUM_STR("");
    return db_text(value, c->arena);
}

static int64_t member_number(struct unum_str object, struct unum_str key)
{
    struct unum_str value;
    int64_t number = 0;
    return json_get(object, key, &value) && json_to_i64(value, &number) ? number : 0;
}

static bool member_true(struct unum_str object, struct unum_str key)
{
    struct unum_str value;
    bool yes = false;
    return json_get(object, key, &value) && json_to_bool(value, &yes) && yes;
}

void db_table_read(struct db_call *c, const struct db_record *record, struct db_table *ret)
{
    struct unum_str text = record->text, tags = UNUM_STR("{}");
    (void)json_get(text, UNUM_STR("Tags"), &tags);
    *ret = (struct db_table){
        .name = record->key,
        .key = member_text(c, text, UNUM_STR("Key")),
        .ttl = member_text(c, text, UNUM_STR("Ttl")),
        .ttl_on = member_true(text, UNUM_STR("TtlOn")),
        .created_ms = member_number(text, UNUM_STR("CreatedMs")),
        .id = member_text(c, text, UNUM_STR("Id")),
        .provisioned = member_true(text, UNUM_STR("Provisioned")),
        .read_units = member_number(text, UNUM_STR("ReadUnits")),
        .write_units = member_number(text, UNUM_STR("WriteUnits")),
        .tags = tags,
    };
}

int db_table_store(struct db_call *c, const struct db_table *table)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    json_key(&w, "Key");
    json_string(&w, table->key);
    json_key(&w, "Ttl");
    json_string(&w, table->ttl);
    json_key(&w, "TtlOn");
    json_bool(&w, table->ttl_on);
    json_key(&w, "CreatedMs");
    json_int(&w, table->created_ms);
    json_key(&w, "Id");
    json_string(&w, table->id);
    json_key(&w, "Provisioned");
    json_bool(&w, table->provisioned);
    json_key(&w, "ReadUnits");
    json_int(&w, table->read_units);
    json_key(&w, "WriteUnits");
    json_int(&w, table->write_units);
    json_key(&w, "Tags");
    json_raw(&w, table->tags);
    json_object_end(&w);
    struct db_change change = {DB_SPACE_TABLES, {.key = table->name, .text = unum_buf_str(&text)}};
    return db_apply(c, &change, 1);
}

static bool name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static int check_name(struct db_call *c, struct unum_str name)
{
    if (name.len < TABLE_NAME_LEAST || name.len > TABLE_NAME_MOST)
        return db_refuse(c->fault, DB_VALIDATION,
                         "TableName must be at least 3 characters long and at most 255 characters "
                         "long");
    for (size_t i = 0; i < name.len; i++) {
        if (!name_char(name.ptr[i]))
            return db_refuse(c->fault, DB_VALIDATION,
                             "1 validation error detected: Value '%.*s' at 'tableName' failed to "
                             "satisfy constraint: Member must satisfy regular expression pattern: "
                             "[a-zA-Z0-9_.-]+",
                             UNUM_STR_ARG(name));
    }
    return 0;
}

/* Names may be given as ARNs, as clients do nowadays. */
static struct unum_str plain_name(struct unum_str name)
{
    struct unum_str mark = UNUM_STR(":table/");
    size_t at = unum_str_starts(name, UNUM_STR("arn:")) ? unum_str_search(name, mark) : SIZE_MAX;
    return at == SIZE_MAX ? name : unum_str_from_pos(name, at + mark.len);
}

int db_table_find(struct db_call *c, struct unum_str name, struct db_table *ret)
{
    name = plain_name(name);
    struct db_record record;
    int rc = check_name(c, name);
    if (!rc)
        rc = db_get(c, DB_SPACE_TABLES, name, &record);
    if (rc)
        return rc;
    if (!record.text.ptr)
        return db_refuse(c->fault, DB_NOT_FOUND,
                         "Requested resource not found: Table: %.*s not found", UNUM_STR_ARG(name));
    db_table_read(c, &record, ret);
    return 0;
}

int db_table_of(struct db_call *c, const struct db_params *params, struct db_table *ret)
{
    return db_table_find(c, db_param_text(c, params, DB_P_TABLE_NAME), ret);
}

int64_t db_table_expires(const struct db_table *table, const struct db_value *item)
{
    const struct db_value *value = table->ttl_on ? db_map_get(item, table->ttl) : NULL;
    if (!value || value->type != DB_TYPE_N)
        return DB_NEVER_EXPIRES;
    struct unum_str whole = unum_str_slice(value->text, 0, unum_str_find(value->text, '.'));
    int64_t expires;
    return unum_str_to_i64(whole, &expires) && expires > 0 ? expires : DB_NEVER_EXPIRES;
}

int db_tables(struct db_call *c, struct unum_str after,
              bool (*each)(void *cookie, const struct db_record *record), void *cookie)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    int rc = state->ops->scan(state->state, DB_SPACE_TABLES, after, each, cookie, &err);
    return rc ? db_broken(c, &err) : 0;
}

/* Times are seconds with a fraction. */
static void write_time(struct json_writer *w, int64_t ms)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(64);
    unum_buf_printf(&out, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000));
    json_raw(w, unum_buf_str(&out));
}

static void write_arn(struct db_call *c, const struct db_table *table)
{
    struct unum_str arn =
        unum_arena_printf(c->arena, "arn:aws:dynamodb:%s:%s:table/%.*s", c->db->region,
                          c->db->account, UNUM_STR_ARG(table->name));
    json_key(&c->w, "TableArn");
    json_string(&c->w, arn);
}

static void write_throughput(struct json_writer *w, const struct db_table *table)
{
    json_key(w, "ProvisionedThroughput");
    json_object_begin(w);
    json_key(w, "NumberOfDecreasesToday");
    json_int(w, 0);
    json_key(w, "ReadCapacityUnits");
    json_int(w, table->read_units);
    json_key(w, "WriteCapacityUnits");
    json_int(w, table->write_units);
    json_object_end(w);
    if (table->provisioned)
        return;
    json_key(w, "BillingModeSummary");
    json_object_begin(w);
    json_key(w, "BillingMode");
    json_strings(w, "PAY_PER_REQUEST");
    json_key(w, "LastUpdateToPayPerRequestDateTime");
    write_time(w, table->created_ms);
    json_object_end(w);
}

/* [{"AttributeName":<key>,<name>:<value>}] */
static void write_key_attribute(struct json_writer *w, const struct db_table *table,
                                const char *list, const char *name, const char *value)
{
    json_key(w, list);
    json_array_begin(w);
    json_object_begin(w);
    json_key(w, "AttributeName");
    json_string(w, table->key);
    json_key(w, name);
    json_strings(w, value);
    json_object_end(w);
    json_array_end(w);
}

static int write_description(struct db_call *c, const struct db_table *table, const char *member,
                             const char *status)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    uint64_t records = 0, bytes = 0;
    if (state->ops->count(state->state, table->name, &records, &bytes, &err))
        return db_broken(c, &err);
    struct json_writer *w = &c->w;
    json_object_begin(w);
    json_key(w, member);
    json_object_begin(w);
    write_key_attribute(w, table, "AttributeDefinitions", "AttributeType", "S");
    write_key_attribute(w, table, "KeySchema", "KeyType", "HASH");
    json_key(w, "TableName");
    json_string(w, table->name);
    json_key(w, "TableStatus");
    json_strings(w, status);
    json_key(w, "CreationDateTime");
    write_time(w, table->created_ms);
    write_throughput(w, table);
    json_key(w, "TableSizeBytes");
    json_int(w, (int64_t)bytes);
    json_key(w, "ItemCount");
    json_int(w, (int64_t)records);
    write_arn(c, table);
    json_key(w, "TableId");
    json_string(w, table->id);
    json_key(w, "DeletionProtectionEnabled");
    json_bool(w, false);
    json_object_end(w);
    json_object_end(w);
    return 0;
}

/* The one attribute that AttributeDefinitions and KeySchema agree on. */
static int read_key_schema(struct db_call *c, struct unum_str *ret_key)
{
    struct unum_str element;
    struct db_params key = {{{0}}}, definition = {{{0}}};
    if (json_count(c->params.at[DB_P_KEY_SCHEMA]) != 1 ||
        json_count(c->params.at[DB_P_DEFINITIONS]) != 1)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The local platform has tables with one partition key only: one "
                         "KeySchema element and one AttributeDefinitions element are expected "
                         "(no sort key, no secondary index)");
    (void)json_at(c->params.at[DB_P_KEY_SCHEMA], 0, &element);
    uint64_t wanted = DB_P(ATTRIBUTE_NAME) | DB_P(KEY_TYPE);
    int rc = db_params_read(c, element, wanted, wanted, &key);
    (void)json_at(c->params.at[DB_P_DEFINITIONS], 0, &element);
    wanted = DB_P(ATTRIBUTE_NAME) | DB_P(ATTRIBUTE_TYPE);
    if (!rc)
        rc = db_params_read(c, element, wanted, wanted, &definition);
    if (rc)
        return rc;
    struct unum_str name = db_param_text(c, &key, DB_P_ATTRIBUTE_NAME);
    if (!unum_str_is(db_param_text(c, &key, DB_P_KEY_TYPE), "HASH"))
        return db_refuse(c->fault, DB_VALIDATION,
                         "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (!unum_str_eq(name, db_param_text(c, &definition, DB_P_ATTRIBUTE_NAME)))
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: Some index key attributes "
                         "are not defined in AttributeDefinitions. Keys: [%.*s]",
                         UNUM_STR_ARG(name));
    if (!unum_str_is(db_param_text(c, &definition, DB_P_ATTRIBUTE_TYPE), "S"))
        return db_refuse(c->fault, DB_VALIDATION,
                         "The local platform has partition keys of type S only");
    if (!name.len || name.len > 255)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The name of a key attribute has 1 to 255 characters");
    *ret_key = name;
    return 0;
}

static int read_billing(struct db_call *c, struct db_table *table)
{
    static const char *const modes[] = {"PROVISIONED", "PAY_PER_REQUEST", NULL};
    size_t mode;
    int rc = db_param_choice(c, &c->params, DB_P_BILLING, modes, &mode);
    if (rc)
        return rc;
    table->provisioned = mode == 0;
    struct unum_str throughput = c->params.at[DB_P_THROUGHPUT];
    if (!table->provisioned && throughput.ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: Neither ReadCapacityUnits "
                         "nor WriteCapacityUnits can be specified when BillingMode is "
                         "PAY_PER_REQUEST");
    if (!table->provisioned)
        return 0;
    if (!throughput.ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: ReadCapacityUnits and "
                         "WriteCapacityUnits must both be specified when BillingMode is "
                         "PROVISIONED");
    struct db_params units;
    uint64_t wanted = DB_P(READ_UNITS) | DB_P(WRITE_UNITS);
    rc = db_params_read(c, throughput, wanted, wanted, &units);
    if (!rc)
        rc = db_param_number(c, &units, DB_P_READ_UNITS, 1, INT64_MAX, &table->read_units);
    if (!rc)
        rc = db_param_number(c, &units, DB_P_WRITE_UNITS, 1, INT64_MAX, &table->write_units);
    return rc;
}

int db_create_table(struct db_call *c)
{
    struct db_table table = {.name = db_param_text(c, &c->params, DB_P_TABLE_NAME),
                             .created_ms = c->now_ms};
    int rc = check_name(c, table.name);
    if (!rc)
        rc = read_key_schema(c, &table.key);
    if (!rc)
        rc = read_billing(c, &table);
    if (!rc && db_param_true(&c->params, DB_P_PROTECTION))
        rc = db_refuse(c->fault, DB_VALIDATION,
                       "The local platform has no deletion protection of tables");
    if (!rc)
        rc = db_tags_read(c, c->params.at[DB_P_TAGS], &table.tags);
    struct db_record existing = {0};
    if (!rc)
        rc = db_get(c, DB_SPACE_TABLES, table.name, &existing);
    if (rc)
        return rc;
    if (existing.text.ptr)
        return db_refuse(c->fault, DB_IN_USE, "Table already exists: %.*s",
                         UNUM_STR_ARG(table.name));
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(64);
    unum_uuid4(&id);
    table.id = unum_buf_str(&id);
    rc = db_table_store(c, &table);
    return rc ? rc : write_description(c, &table, "TableDescription", "ACTIVE");
}

int db_describe_table(struct db_call *c)
{
    struct db_table table = {.ttl_on = false};
    int rc = db_table_of(c, &c->params, &table);
    return rc ? rc : write_description(c, &table, "Table", "ACTIVE");
}

int db_delete_table(struct db_call *c)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    struct db_table table = {.ttl_on = false};
    int rc = db_table_of(c, &c->params, &table);
    if (!rc)
        rc = write_description(c, &table, "TableDescription", "DELETING");
    if (rc)
        return rc;
    struct db_change gone = {DB_SPACE_TABLES, {.key = table.name}};
    rc = db_apply(c, &gone, 1);
    if (!rc && state->ops->drop(state->state, table.name, &err))
        return db_broken(c, &err);
    return rc;
}

struct listing {
    struct db_call *c;
    int64_t limit, count;
    struct unum_str last;
    bool more;
};

static bool list_table(void *cookie, const struct db_record *record)
{
    struct listing *l = cookie;
    if (l->count == l->limit) {
        l->more = true;
        return false;
    }
    json_string(&l->c->w, record->key);
    l->last = unum_arena_str(l->c->arena, record->key);
    l->count++;
    return true;
}

int db_list_tables(struct db_call *c)
{
    struct listing l = {.c = c, .limit = LIST_MOST};
    int rc = db_param_number(c, &c->params, DB_P_LIMIT, 1, LIST_MOST, &l.limit);
    if (rc)
        return rc;
    struct unum_str after = UNUM_STR_NONE;
    if (c->params.at[DB_P_START_TABLE].ptr)
        after = db_param_text(c, &c->params, DB_P_START_TABLE);
    json_object_begin(&c->w);
    json_key(&c->w, "TableNames");
    json_array_begin(&c->w);
    rc = db_tables(c, after, list_table, &l);
    json_array_end(&c->w);
    if (l.more) {
        json_key(&c->w, "LastEvaluatedTableName");
        json_string(&c->w, l.last);
    }
    json_object_end(&c->w);
    return rc;
}

int db_describe_ttl(struct db_call *c)
{
    struct db_table table = {.ttl_on = false};
    int rc = db_table_of(c, &c->params, &table);
    if (rc)
        return rc;
    json_object_begin(&c->w);
    json_key(&c->w, "TimeToLiveDescription");
    json_object_begin(&c->w);
    json_key(&c->w, "TimeToLiveStatus");
    json_strings(&c->w, table.ttl_on ? "ENABLED" : "DISABLED");
    if (table.ttl_on) {
        json_key(&c->w, "AttributeName");
        json_string(&c->w, table.ttl);
    }
    json_object_end(&c->w);
    json_object_end(&c->w);
    return 0;
}

/* Items get their time of expiry anew when the attribute that says it changes. */
struct redating {
    struct db_call *c;
    const struct db_table *table;
    UNUM_VEC(struct db_change) changes;
    int rc;
};

static bool redate(void *cookie, const struct db_record *record)
{
    struct redating *r = cookie;
    struct db_value item;
    r->rc = db_item_read(record->text, r->c->arena, &item, r->c->fault);
    if (r->rc)
        return false;
    struct db_change change = {r->table->name, *record};
    change.record.key = unum_arena_str(r->c->arena, record->key);
    change.record.text = unum_arena_str(r->c->arena, record->text);
    change.record.expires = db_table_expires(r->table, &item);
    *unum_vec_push(&r->changes) = change;
    return true;
}

static int redate_items(struct db_call *c, const struct db_table *table)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct db_state *state = &c->db->state;
    struct redating r = {.c = c, .table = table};
    int rc = 0;
    if (state->ops->scan(state->state, table->name, UNUM_STR_NONE, redate, &r, &err))
        rc = db_broken(c, &err);
    if (!rc)
        rc = r.rc;
    if (!rc && r.changes.len)
        rc = db_apply(c, r.changes.at, r.changes.len);
    unum_vec_done(&r.changes);
    return rc;
}

int db_update_ttl(struct db_call *c)
{
    struct db_table table = {.ttl_on = false};
    struct db_params spec = {{{0}}};
    uint64_t wanted = DB_P(ENABLED) | DB_P(ATTRIBUTE_NAME);
    int rc = db_table_of(c, &c->params, &table);
    if (!rc)
        rc = db_params_read(c, c->params.at[DB_P_TTL], wanted, wanted, &spec);
    if (rc)
        return rc;
    bool on = db_param_true(&spec, DB_P_ENABLED);
    if (on == table.ttl_on)
        return db_refuse(c->fault, DB_VALIDATION, "TimeToLive is already %s",
                         on ? "enabled" : "disabled");
    struct unum_str name = db_param_text(c, &spec, DB_P_ATTRIBUTE_NAME);
    if (!name.len || name.len > 255)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The name of a TTL attribute has 1 to 255 characters");
    if (!on && !unum_str_eq(name, table.ttl))
        return db_refuse(c->fault, DB_VALIDATION,
                         "TimeToLive is active on a different AttributeName: current "
                         "AttributeName is %.*s",
                         UNUM_STR_ARG(table.ttl));
    table.ttl = name;
    table.ttl_on = on;
    rc = db_table_store(c, &table);
    if (!rc)
        rc = redate_items(c, &table);
    if (rc)
        return rc;
    json_object_begin(&c->w);
    json_key(&c->w, "TimeToLiveSpecification");
    json_object_begin(&c->w);
    json_key(&c->w, "Enabled");
    json_bool(&c->w, on);
    json_key(&c->w, "AttributeName");
    json_string(&c->w, name);
    json_object_end(&c->w);
    json_object_end(&c->w);
    return 0;
}

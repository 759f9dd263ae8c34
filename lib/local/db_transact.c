/* TransactWriteItems and TransactGetItems: all or nothing. */
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "local/db_operation.h"

enum { TRANSACT_ITEMS = 100, TRANSACT_BYTES = 4 * 1024 * 1024, TOKEN_CHARACTERS = 36 };
enum { TOKEN_LIFE_MS = 10 * 60 * 1000 };

struct transaction {
    struct unum_str token; /* empty: none */
    struct db_write *writes;
    struct db_fault *faults; /* per write */
    size_t len;
};

static int check_count(struct db_call *c, size_t count)
{
    if (count && count <= TRANSACT_ITEMS)
        return 0;
    return db_refuse(c->fault, DB_VALIDATION,
                     "1 validation error detected: Value at 'transactItems' failed to satisfy "
                     "constraint: Member must have length %s than or equal to %d",
                     count ? "less" : "greater", count ? (int)TRANSACT_ITEMS : 1);
}

struct member_row {
    enum db_param param;
    enum db_write_kind kind;
};

static const struct member_row members[] = {
    {DB_P_PUT, DB_WRITE_PUT},
    {DB_P_UPDATE, DB_WRITE_UPDATE},
    {DB_P_DELETE, DB_WRITE_DELETE},
    {DB_P_CONDITION_CHECK, DB_WRITE_CHECK},
};

static int prepare_member(struct db_call *c, struct unum_str json, struct db_write *ret)
{
    struct db_params params, inner;
    const struct member_row *row = NULL;
    int rc = db_params_read(
        c, json, DB_P(PUT) | DB_P(UPDATE) | DB_P(DELETE) | DB_P(CONDITION_CHECK), 0, &params);
    if (rc)
        return rc;
    size_t found = 0;
    for (size_t i = 0; i < UNUM_COUNT(members); i++) {
        if (params.at[members[i].param].ptr) {
            row = &members[i];
            found++;
        }
    }
    if (!row || found != 1)
        return db_refuse(c->fault, DB_VALIDATION,
                         "TransactItems can only contain one of Check, Put, Update or Delete");
    rc = db_params_read(c, params.at[row->param], db_write_allowed[row->kind],
                        db_write_required[row->kind], &inner);
    return rc ? rc : db_write_prepare(c, row->kind, &inner, ret);
}

/* One item may be there once only. */
static int check_distinct(struct db_call *c, const struct transaction *t)
{
    struct unum_map UNUM_AUTO_MAP seen = UNUM_MAP_INIT;
    for (size_t i = 0; i < t->len; i++) {
        struct unum_str name =
            unum_arena_printf(c->arena, "%.*s/%.*s", UNUM_STR_ARG(t->writes[i].table.name),
                              UNUM_STR_ARG(t->writes[i].key));
        if (unum_map_set(&seen, name, &t->writes[i]))
            return db_refuse(c->fault, DB_VALIDATION,
                             "Transaction request cannot include multiple operations on one item");
    }
    return 0;
}

static int prepare(struct db_call *c, struct transaction *t)
{
    struct unum_str list = c->params.at[DB_P_TRANSACT_ITEMS];
    size_t count = json_count(list);
    int rc = check_count(c, count);
    if (rc)
        return rc;
    t->writes = unum_arena_array(c->arena, count, sizeof(*t->writes));
    t->faults = unum_arena_array(c->arena, count, sizeof(*t->faults));
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    while (json_next(&iter, NULL, &element)) {
        rc = prepare_member(c, element, &t->writes[t->len]);
        if (rc)
            return rc;
        t->len++;
    }
    return check_distinct(c, t);
}

/* "Code" of a reason: how a member failed. */
static const char *reason_code(enum db_fault_type type)
{
    if (type == DB_NO_FAULT)
        return "None";
    return type == DB_CONDITION ? "ConditionalCheckFailed" : "ValidationError";
}

static int cancel(struct db_call *c, const struct transaction *t)
{
    struct unum_buf UNUM_AUTO_BUF reasons = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_buf UNUM_AUTO_BUF codes = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&reasons);
    json_array_begin(&w);
    for (size_t i = 0; i < t->len; i++) {
        const struct db_fault *fault = &t->faults[i];
        const char *code = reason_code(fault->type);
        unum_buf_printf(&codes, "%s%s", i ? ", " : "", code);
        json_object_begin(&w);
        json_key(&w, "Code");
        json_strings(&w, code);
        if (fault->item.ptr) {
            json_key(&w, "Item");
            json_raw(&w, fault->item);
        }
        if (fault->type != DB_NO_FAULT) {
            json_key(&w, "Message");
            json_string(&w, fault->message);
        }
        json_object_end(&w);
    }
    json_array_end(&w);
    c->fault->reasons = unum_arena_str(c->arena, unum_buf_str(&reasons));
    return db_refuse(c->fault, DB_CANCELED,
                     "Transaction cancelled, please refer cancellation reasons for specific "
                     "reasons [%s]",
                     unum_buf_text(&codes));
}

/* Every member is looked at, so that all reasons are known. */
static int evaluate(struct db_call *c, struct transaction *t)
{
    bool failed = false;
    size_t bytes = 0;
    for (size_t i = 0; i < t->len; i++) {
        struct db_call member = *c;
        member.fault = &t->faults[i];
        member.fault->arena = c->arena;
        int rc = db_write_evaluate(&member, &t->writes[i], false);
        if (rc && member.fault->type == DB_INTERNAL) {
            *c->fault = *member.fault;
            return rc;
        }
        failed = failed || rc;
        bytes += t->writes[i].change.record.size;
    }
    if (failed)
        return cancel(c, t);
    if (bytes > TRANSACT_BYTES)
        return db_refuse(c->fault, DB_VALIDATION,
                         "Collection size has exceeded the maximum allowed size: the items of a "
                         "transaction may have 4 MB together");
    return 0;
}

/* What identifies the request a token was used for. */
static struct unum_str request_hash(struct db_call *c)
{
    struct unum_str items = c->params.at[DB_P_TRANSACT_ITEMS];
    return unum_arena_printf(c->arena, "%016llx-%zu", (unsigned long long)unum_str_hash(items),
                             items.len);
}

static struct db_change token_change(struct db_call *c, struct unum_str token)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(1024);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    json_key(&w, "Hash");
    json_string(&w, request_hash(c));
    json_key(&w, "Ms");
    json_int(&w, c->now_ms);
    json_object_end(&w);
    return (struct db_change){DB_SPACE_TOKENS,
                              {.key = token,
                               .text = unum_arena_str(c->arena, unum_buf_str(&text)),
                               .expires = (c->now_ms + TOKEN_LIFE_MS) / 1000}};
}

/* Was the transaction carried out before? */
static int check_token(struct db_call *c, struct transaction *t, bool *ret_done)
{
    struct db_record record;
    *ret_done = false;
    if (!c->params.at[DB_P_TOKEN].ptr)
        return 0;
    t->token = db_param_text(c, &c->params, DB_P_TOKEN);
    if (!t->token.len || t->token.len > TOKEN_CHARACTERS)
        return db_refuse(c->fault, DB_VALIDATION,
                         "1 validation error detected: Value '%.*s' at 'clientRequestToken' failed "
                         "to satisfy constraint: Member must have length %s than or equal to %d",
                         UNUM_STR_ARG(unum_str_slice(t->token, 0, 64)),
                         t->token.len ? "less" : "greater",
                         t->token.len ? (int)TOKEN_CHARACTERS : 1);
    int rc = db_get(c, DB_SPACE_TOKENS, t->token, &record);
    if (rc || !record.text.ptr)
        return rc;
    struct unum_str value;
    int64_t used_ms = 0;
    if (!json_get(record.text, UNUM_STR("Ms"), &value) || !json_to_i64(value, &used_ms) ||
        c->now_ms - used_ms > TOKEN_LIFE_MS)
        return 0;
    if (!json_get(record.text, UNUM_STR("Hash"), &value) || !json_is(value, request_hash(c)))
        return db_refuse(c->fault, DB_TOKEN_REUSED,
                         "Transaction token was used for a different request within the idempotent "
                         "window");
    *ret_done = true;
    return 0;
}

static int apply(struct db_call *c, const struct transaction *t)
{
    UNUM_VEC(struct db_change) changes = {0};
    for (size_t i = 0; i < t->len; i++) {
        if (t->writes[i].kind != DB_WRITE_CHECK)
            *unum_vec_push(&changes) = t->writes[i].change;
    }
    if (t->token.len)
        *unum_vec_push(&changes) = token_change(c, t->token);
    int rc = changes.len ? db_apply(c, changes.at, changes.len) : 0;
    unum_vec_done(&changes);
    return rc;
}

/* Sum per table, in order of first appearance. */
static size_t sum_charges(const struct db_table *table, uint64_t halves, struct db_charge *charges,
                          size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_eq(charges[i].table.name, table->name)) {
            charges[i].halves += halves;
            return len;
        }
    }
    charges[len] = (struct db_charge){*table, halves};
    return len + 1;
}

static void write_charges(struct db_call *c, const struct db_charge *charges, size_t len,
                          size_t level)
{
    if (!level)
        return;
    json_key(&c->w, "ConsumedCapacity");
    json_array_begin(&c->w);
    for (size_t i = 0; i < len; i++)
        db_capacity_write(c, charges[i].table.name, charges[i].halves, level);
    json_array_end(&c->w);
}

int db_transact_write_items(struct db_call *c)
{
    struct transaction t = {.len = 0};
    struct db_charge charges[TRANSACT_ITEMS];
    size_t level = 0, tables = 0;
    bool done = false;
    int rc = db_capacity_wanted(c, &level);
    if (!rc)
        rc = prepare(c, &t);
    if (!rc)
        rc = check_token(c, &t, &done);
    if (!rc && !done)
        rc = evaluate(c, &t);
    if (!rc && !done)
        rc = apply(c, &t);
    if (rc)
        return rc;
    for (size_t i = 0; i < t.len; i++) {
        uint64_t halves = done ? 0 : 2 * db_write_charge(&t.writes[i]);
        db_charge_write(c, halves);
        tables = sum_charges(&t.writes[i].table, halves, charges, tables);
    }
    json_object_begin(&c->w);
    write_charges(c, charges, tables, level);
    json_object_end(&c->w);
    return 0;
}

/* {"Get":{...}} */
static int get_member(struct db_call *c, struct unum_str json, struct db_table *ret_table,
                      struct db_record *ret_record)
{
    struct db_params params, inner;
    struct db_reading reading;
    struct unum_str key = UNUM_STR_NONE;
    int rc = db_params_read(c, json, DB_P(GET), DB_P(GET), &params);
    if (!rc)
        rc = db_params_read(c, params.at[DB_P_GET],
                            DB_P(TABLE_NAME) | DB_P(KEY) | DB_P(PROJECTION) | DB_P(NAMES),
                            DB_P(TABLE_NAME) | DB_P(KEY), &inner);
    if (!rc)
        rc = db_reading_parse(c, &inner, &reading);
    if (!rc)
        rc = db_table_of(c, &inner, ret_table);
    if (!rc)
        rc = db_key_read(c, inner.at[DB_P_KEY], ret_table, &key);
    if (!rc)
        rc = db_get(c, ret_table->name, key, ret_record);
    if (rc)
        return rc;
    json_object_begin(&c->w);
    if (ret_record->text.ptr) {
        json_key(&c->w, "Item");
        rc = db_reading_write(c, &reading, ret_record);
    }
    json_object_end(&c->w);
    return rc;
}

int db_transact_get_items(struct db_call *c)
{
    struct db_charge charges[TRANSACT_ITEMS];
    size_t level = 0, tables = 0, bytes = 0;
    struct unum_str list = c->params.at[DB_P_TRANSACT_ITEMS];
    int rc = db_capacity_wanted(c, &level);
    if (!rc)
        rc = check_count(c, json_count(list));
    if (rc)
        return rc;
    json_object_begin(&c->w);
    json_key(&c->w, "Responses");
    json_array_begin(&c->w);
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    while (json_next(&iter, NULL, &element)) {
        struct db_table table;
        struct db_record record;
        rc = get_member(c, element, &table, &record);
        if (rc)
            return rc;
        uint64_t halves = 2 * db_read_halves(record.size, true);
        db_charge_read(c, halves);
        tables = sum_charges(&table, halves, charges, tables);
        bytes += record.size;
    }
    if (bytes > TRANSACT_BYTES)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The items of a transaction may have 4 MB together");
    json_array_end(&c->w);
    write_charges(c, charges, tables, level);
    json_object_end(&c->w);
    return 0;
}

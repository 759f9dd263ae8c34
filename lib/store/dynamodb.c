/* Writing items: creating, replacing, changing; opening and closing. */
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "store/check.h"
#include "store/dynamodb_internal.h"
#include "store/dynamodb_item.h"

enum {
    WRITE_REQUEST = 16 * UNUM_LIMIT_ITEM, /* a full item with every character escaped, and more */
    WRITE_TIMEOUT_MS = 10 * 1000,
    ROUNDS = 16, /* of losing against others that change the same item */
};

void dynamodb_write_table(struct json_writer *w, const struct dynamodb *db)
{
    json_key(w, "TableName");
    json_string(w, db->table);
}

struct aws_call dynamodb_call(const char *operation, const struct unum_buf *body)
{
    return (struct aws_call){.service = AWS_DYNAMODB,
                             .operation = unum_str_from(operation),
                             .body = unum_buf_str(body),
                             .timeout_ms = WRITE_TIMEOUT_MS};
}

int dynamodb_send(struct dynamodb *db, struct aws_call *call, const struct unum_buf *body,
                  struct unum_err *err)
{
    if (body->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the item is larger than %zu KB",
                            (size_t)UNUM_LIMIT_ITEM / UNUM_KB);
    int rc = aws_call_one(db->client, call, err);
    /* "Item size has exceeded the maximum allowed size", "Item size to update has exceeded ..." */
    if (rc == UNUM_E_INVAL && unum_str_is(call->code, "ValidationException") &&
        unum_str_search(call->message, UNUM_STR("Item size")) != SIZE_MAX)
        return unum_err_set(err, UNUM_E_LIMIT, "the item is larger than %zu KB",
                            (size_t)UNUM_LIMIT_ITEM / UNUM_KB);
    return rc;
}

/*
 * Expressions. Every name and value is written as a placeholder: "#a3", ":v2".
 */
struct expression {
    struct unum_arena *arena;
    struct unum_buf text;
    struct unum_buf names, values; /* members of ExpressionAttributeNames and ...Values */
    struct json_writer names_w, values_w;
    unsigned name_count, value_count;
};

static void expression_init(struct expression *x, struct unum_arena *arena)
{
    *x = (struct expression){.arena = arena,
                             .text = UNUM_BUF_INIT(WRITE_REQUEST),
                             .names = UNUM_BUF_INIT(WRITE_REQUEST),
                             .values = UNUM_BUF_INIT(WRITE_REQUEST)};
    x->names_w = (struct json_writer)JSON_WRITER(&x->names);
    x->values_w = (struct json_writer)JSON_WRITER(&x->values);
    json_object_begin(&x->names_w);
    json_object_begin(&x->values_w);
}

static void expression_done(struct expression *x)
{
    unum_buf_done(&x->text);
    unum_buf_done(&x->names);
    unum_buf_done(&x->values);
}

static void add_name(struct expression *x, struct unum_str name)
{
    struct unum_str placeholder = unum_arena_printf(x->arena, "#a%u", x->name_count++);
    json_key_str(&x->names_w, placeholder);
    json_string(&x->names_w, name);
    unum_buf_add(&x->text, placeholder);
}

static void add_value(struct expression *x, const struct store_attr *value)
{
    struct unum_str placeholder = unum_arena_printf(x->arena, ":v%u", x->value_count++);
    json_key_str(&x->values_w, placeholder);
    dynamodb_write_value(&x->values_w, value);
    unum_buf_add(&x->text, placeholder);
}

static void add_text_value(struct expression *x, enum store_type type, struct unum_str text)
{
    const struct store_attr value = {.type = type, .text = text};
    add_value(x, &value);
}

/* name(#a) */
static void add_function(struct expression *x, const char *function, struct unum_str name)
{
    unum_buf_printf(&x->text, "%s(", function);
    add_name(x, name);
    unum_buf_addc(&x->text, ')');
}

/* #a <operator> :v */
static void add_comparison(struct expression *x, struct unum_str name, const char *operator,
                           enum store_type type, struct unum_str text)
{
    add_name(x, name);
    unum_buf_printf(&x->text, " %s ", operator);
    add_text_value(x, type, text);
}

/* Names and values; both objects are complete afterwards. */
static void write_placeholders(struct json_writer *w, struct expression *x)
{
    json_object_end(&x->names_w);
    json_object_end(&x->values_w);
    json_key(w, "ExpressionAttributeNames");
    json_raw(w, unum_buf_str(&x->names));
    if (x->value_count) {
        json_key(w, "ExpressionAttributeValues");
        json_raw(w, unum_buf_str(&x->values));
    }
    w->out->failed |= x->text.failed || x->names.failed || x->values.failed;
}

static void write_condition(struct json_writer *w, struct unum_str condition)
{
    json_key(w, "ConditionExpression");
    json_string(w, condition);
    json_key(w, "ReturnValuesOnConditionCheckFailure");
    json_strings(w, "ALL_OLD");
}

/* The item that made a condition fail. Some servers do not tell: then it is read. */
static int read_refuser(struct dynamodb *db, const struct aws_call *call, struct unum_str key,
                        struct unum_arena *arena, struct store_item *ret, struct unum_err *err)
{
    struct unum_str answer, item;
    if (json_check(unum_buf_str(&call->x.response), &answer, NULL) == 0 &&
        json_get(answer, UNUM_STR("Item"), &item))
        return dynamodb_read_item(item, arena, ret, err);
    return dynamodb_get(db, key, arena, ret, err);
}

/*
 * PutItem.
 */
struct put {
    struct unum_str key, nonce;
    const struct store_attr *attrs;
    size_t len;
};

/* Write the item if `condition` (may be NULL) holds. EXISTS with what is there in *ret_existing if
 * it does not. */
static int put_item(struct dynamodb *db, const struct put *put, struct expression *condition,
                    struct unum_arena *arena, struct store_item *ret_existing, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(WRITE_REQUEST);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    dynamodb_write_table(&w, db);
    json_key(&w, "Item");
    dynamodb_write_item(&w, put->key, put->nonce, put->attrs, put->len);
    if (condition) {
        write_condition(&w, unum_buf_str(&condition->text));
        write_placeholders(&w, condition);
    }
    json_object_end(&w);
    struct aws_call UNUM_AUTO(aws_call_done) call = dynamodb_call("PutItem", &body);
    int rc = dynamodb_send(db, &call, &body, err);
    if (rc != UNUM_E_EXISTS || !condition)
        return rc;
    struct store_item existing;
    int read_rc = read_refuser(db, &call, put->key, arena, &existing, err);
    if (read_rc < 0)
        return read_rc;
    *ret_existing = existing;
    return UNUM_E_EXISTS;
}

/* Present: not expired. */
static void add_run_is_absent(struct expression *x, int64_t now_s)
{
    add_function(x, "attribute_not_exists", UNUM_STR(STORE_EXPIRES));
    unum_buf_adds(&x->text, " OR ");
    add_comparison(x, UNUM_STR(STORE_EXPIRES), "<=", STORE_NUMBER,
                   unum_arena_printf(x->arena, "%lld", (long long)now_s));
}

/* Present: has this nonce. */
static void add_item_is_absent(struct expression *x, struct unum_str nonce)
{
    if (!nonce.len) {
        add_function(x, "attribute_not_exists", UNUM_STR(DYNAMODB_KEY));
        return;
    }
    add_function(x, "attribute_not_exists", UNUM_STR(STORE_NONCE));
    unum_buf_adds(&x->text, " OR ");
    add_comparison(x, UNUM_STR(STORE_NONCE), "<>", STORE_TEXT, nonce);
}

/* `now_s`: NULL if the nonce decides. */
static int create(struct dynamodb *db, const struct put *put, const int64_t *now_s,
                  struct unum_arena *arena, struct store_item *ret_existing, struct unum_err *err)
{
    int rc = store_check_key(put->key, err);
    if (!rc)
        rc = store_check_attrs(put->attrs, put->len, err);
    for (int round = 0; !rc && round < ROUNDS; round++) {
        struct expression UNUM_AUTO(expression_done) condition;
        struct store_item existing = {0};
        expression_init(&condition, arena);
        if (now_s)
            add_run_is_absent(&condition, *now_s);
        else
            add_item_is_absent(&condition, put->nonce);
        rc = put_item(db, put, &condition, arena, &existing, err);
        if (rc != UNUM_E_EXISTS)
            return rc;
        if (existing.present) {
            *ret_existing = existing;
            return unum_err_set(err, UNUM_E_EXISTS, "item \"%.*s\" exists already",
                                UNUM_STR_ARG(put->key));
        }
        rc = 0; /* gone between the refusal and the read */
    }
    return rc < 0 ? rc
                  : unum_err_set(err, UNUM_E_CONFLICT, "item \"%.*s\" comes and goes",
                                 UNUM_STR_ARG(put->key));
}

static int dynamodb_create(void *state, struct unum_str nonce, struct unum_str key,
                           const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                           struct store_item *ret_existing, struct unum_err *err)
{
    const struct put put = {key, nonce, attrs, len};
    return create(state, &put, NULL, arena, ret_existing, err);
}

static int dynamodb_create_run(void *state, int64_t now_s, struct unum_str key,
                               const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                               struct store_item *ret_existing, struct unum_err *err)
{
    const struct put put = {key, UNUM_STR_NONE, attrs, len};
    return create(state, &put, &now_s, arena, ret_existing, err);
}

static int dynamodb_put(void *state, struct unum_str key, const struct store_attr *attrs,
                        size_t len, struct unum_err *err)
{
    const struct put put = {key, UNUM_STR_NONE, attrs, len};
    struct store_item unused;
    int rc = store_check_key(key, err);
    if (!rc)
        rc = store_check_attrs(attrs, len, err);
    return rc < 0 ? rc : put_item(state, &put, NULL, NULL, &unused, err);
}

/*
 * UpdateItem.
 */
static void add_separator(struct expression *x, const char *clause, bool *begun)
{
    if (*begun)
        unum_buf_adds(&x->text, ", ");
    else
        unum_buf_printf(&x->text, "%s%s ", x->text.len ? " " : "", clause);
    *begun = true;
}

static bool sets(const struct store_update *update, const char *name)
{
    for (size_t i = 0; i < update->set_len; i++) {
        if (unum_str_is(update->set[i].name, name))
            return true;
    }
    return false;
}

static void add_set_ends(struct expression *x, const struct store_attr *attr, bool *begun)
{
    for (size_t i = 0; i < attr->len; i++) {
        add_separator(x, "SET", begun);
        add_comparison(x, dynamodb_end_name(x->arena, attr->name, attr->ends[i].position), "=",
                       STORE_TEXT, attr->ends[i].text);
    }
}

static void add_set_clause(struct expression *x, struct unum_str nonce,
                           const struct store_update *update)
{
    bool begun = false;
    for (size_t i = 0; i < update->set_len; i++) {
        const struct store_attr *attr = &update->set[i];
        if (attr->type == STORE_ENDS) {
            add_set_ends(x, attr, &begun);
            continue;
        }
        if (attr->type == STORE_NUMBERS && !attr->len)
            continue;
        add_separator(x, "SET", &begun);
        add_name(x, attr->name);
        unum_buf_adds(&x->text, " = ");
        add_value(x, attr);
    }
    if (nonce.len && !sets(update, STORE_NONCE)) {
        add_separator(x, "SET", &begun);
        add_comparison(x, UNUM_STR(STORE_NONCE), "=", STORE_TEXT, nonce);
    }
    if (update->end_name.len) {
        struct unum_str name = dynamodb_end_name(x->arena, update->end_name, update->add);
        add_separator(x, "SET", &begun);
        add_name(x, name);
        unum_buf_adds(&x->text, " = ");
        unum_buf_adds(&x->text, "if_not_exists(");
        add_name(x, name);
        unum_buf_adds(&x->text, ", ");
        add_text_value(x, STORE_TEXT, update->end);
        unum_buf_addc(&x->text, ')');
    }
}

/* Setting a set to the empty set removes the attribute. */
static void add_remove_clause(struct expression *x, const struct store_update *update)
{
    bool begun = false;
    for (size_t i = 0; i < update->set_len; i++) {
        if (update->set[i].type != STORE_NUMBERS || update->set[i].len)
            continue;
        add_separator(x, "REMOVE", &begun);
        add_name(x, update->set[i].name);
    }
}

static void add_add_clause(struct expression *x, const struct store_update *update)
{
    const struct unum_str names[] = {update->add_name, update->failed_name};
    const struct store_attr number = {.type = STORE_NUMBERS, .numbers = &update->add, .len = 1};
    bool begun = false;
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (!names[i].len || (i && unum_str_eq(names[0], names[i])))
            continue;
        add_separator(x, "ADD", &begun);
        add_name(x, names[i]);
        unum_buf_addc(&x->text, ' ');
        add_value(x, &number);
    }
    if (!update->member_name.len)
        return;
    add_separator(x, "ADD", &begun);
    add_name(x, update->member_name);
    struct unum_str placeholder = unum_arena_printf(x->arena, ":v%u", x->value_count++);
    unum_buf_printf(&x->text, " %.*s", UNUM_STR_ARG(placeholder));
    json_key_str(&x->values_w, placeholder);
    json_object_begin(&x->values_w);
    json_key(&x->values_w, "SS");
    json_array_begin(&x->values_w);
    json_string(&x->values_w, update->member);
    json_array_end(&x->values_w);
    json_object_end(&x->values_w);
}

/* Absent or of this run; with a condition of the caller: of this run, and that. */
static void add_update_condition(struct expression *x, struct unum_str nonce,
                                 const struct store_update *update)
{
    bool conditional = update->if_name.ptr != NULL;
    if (nonce.len && !conditional) {
        add_function(x, "attribute_not_exists", UNUM_STR(DYNAMODB_KEY));
        unum_buf_adds(&x->text, " OR ");
    }
    if (nonce.len)
        add_comparison(x, UNUM_STR(STORE_NONCE), "=", STORE_TEXT, nonce);
    if (nonce.len && conditional)
        unum_buf_adds(&x->text, " AND ");
    if (conditional)
        add_comparison(x, update->if_name, "=", STORE_TEXT, update->if_text);
}

/* One UpdateItem. EXISTS, with what is there, if the condition does not hold. */
static int update_item(struct dynamodb *db, struct unum_str nonce,
                       const struct store_update *update, struct unum_arena *arena,
                       struct store_item *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(WRITE_REQUEST);
    struct expression UNUM_AUTO(expression_done) x;
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str answer = {0}, item;
    expression_init(&x, arena);
    add_set_clause(&x, nonce, update);
    add_remove_clause(&x, update);
    add_add_clause(&x, update);
    json_object_begin(&w);
    dynamodb_write_table(&w, db);
    json_key(&w, "Key");
    dynamodb_write_key(&w, update->key);
    json_key(&w, "ReturnValues");
    json_strings(&w, "ALL_NEW");
    if (x.text.len) {
        json_key(&w, "UpdateExpression");
        json_string(&w, unum_buf_str(&x.text));
    }
    unum_buf_clear(&x.text);
    add_update_condition(&x, nonce, update);
    if (x.text.len)
        write_condition(&w, unum_buf_str(&x.text));
    if (x.name_count)
        write_placeholders(&w, &x);
    json_object_end(&w);
    struct aws_call UNUM_AUTO(aws_call_done) call = dynamodb_call("UpdateItem", &body);
    int rc = dynamodb_send(db, &call, &body, err);
    if (rc == UNUM_E_EXISTS) {
        int read_rc = read_refuser(db, &call, update->key, arena, ret, err);
        return read_rc < 0 ? read_rc : UNUM_E_EXISTS;
    }
    if (!rc)
        rc = json_check(unum_buf_str(&call.x.response), &answer, err);
    if (rc < 0)
        return rc;
    if (!json_get(answer, UNUM_STR("Attributes"), &item))
        return unum_err_set(err, UNUM_E_PARSE, "dynamodb UpdateItem: an answer without item");
    return dynamodb_read_item(item, arena, ret, err);
}

/* Put a fresh item in the place of one that belongs to another run: nonce and expiry only, for the
 * update that follows must be the one step that changes anything. The condition lets exactly one of
 * several callers of the same run do it, and none after the first update: nothing is lost. */
static int replace_stale(struct dynamodb *db, struct unum_str nonce,
                         const struct store_update *update, struct unum_arena *arena,
                         struct unum_err *err)
{
    struct expression UNUM_AUTO(expression_done) condition;
    struct store_item existing;
    struct put put = {.key = update->key, .nonce = nonce};
    for (size_t i = 0; i < update->set_len; i++) {
        if (unum_str_is(update->set[i].name, STORE_EXPIRES)) {
            put.attrs = &update->set[i];
            put.len = 1;
        }
    }
    expression_init(&condition, arena);
    add_item_is_absent(&condition, nonce);
    int rc = put_item(db, &put, &condition, arena, &existing, err);
    return rc == UNUM_E_EXISTS ? 0 : rc; /* another caller was faster */
}

/* Why the condition did not hold: CONFLICT if it is the caller's, 0 if trying again makes sense. */
static int judge_refusal(struct dynamodb *db, struct unum_str nonce,
                         const struct store_update *update, struct store_item *item,
                         struct unum_arena *arena, struct unum_err *err)
{
    bool stale = item->present && !store_is_of(item, nonce);
    if (update->if_name.ptr) {
        if (stale)
            *item = (struct store_item){0};
        const struct store_attr *attr = NULL;
        for (size_t i = 0; !attr && i < item->len; i++) {
            if (unum_str_eq(item->at[i].name, update->if_name))
                attr = &item->at[i];
        }
        if (attr && attr->type == STORE_TEXT && unum_str_eq(attr->text, update->if_text))
            return 0; /* it was read after the refusal, and holds now */
        return unum_err_set(err, UNUM_E_CONFLICT, "item \"%.*s\": %.*s is not as expected",
                            UNUM_STR_ARG(update->key), UNUM_STR_ARG(update->if_name));
    }
    return stale ? replace_stale(db, nonce, update, arena, err) : 0;
}

static int dynamodb_update(void *state, struct unum_str nonce, const struct store_update *update,
                           struct unum_arena *arena, struct store_item *ret_new,
                           struct unum_err *err)
{
    struct store_item item = {0};
    int rc = store_check_update(update, err);
    for (int round = 0; !rc && round < ROUNDS; round++) {
        rc = update_item(state, nonce, update, arena, &item, err);
        if (!rc) {
            *ret_new = item;
            return 0;
        }
        if (rc == UNUM_E_EXISTS)
            rc = judge_refusal(state, nonce, update, &item, arena, err);
    }
    if (rc == UNUM_E_CONFLICT)
        *ret_new = item;
    return rc < 0 ? rc
                  : unum_err_set(err, UNUM_E_THROTTLED,
                                 "item \"%.*s\" is changed by others all the time",
                                 UNUM_STR_ARG(update->key));
}

static void dynamodb_close(void *state)
{
    struct dynamodb *db = state;
    if (!db)
        return;
    unum_arena_done(&db->arena);
    free(db);
}

static const struct store_ops dynamodb_ops = {
    .scheme = "dynamodb",
    .read = dynamodb_read,
    .create = dynamodb_create,
    .create_run = dynamodb_create_run,
    .put = dynamodb_put,
    .update = dynamodb_update,
    .close = dynamodb_close,
};

int store_dynamodb_open(struct aws_client *client, struct unum_str table, struct store *ret,
                        struct unum_err *err)
{
    if (!table.len)
        return unum_err_set(err, UNUM_E_INVAL, "the store has no table name");
    struct dynamodb *db = unum_alloc(sizeof(*db));
    db->client = client;
    db->table = unum_arena_str(&db->arena, table);
    unum_random_bytes(&db->jitter, sizeof(db->jitter));
    *ret = (struct store){&dynamodb_ops, db};
    return 0;
}

/* One change of one item: what a request asks for, and what it comes to. */
#include "base/limits.h"
#include "local/db_operation.h"

#define ALWAYS                                                                                     \
    (DB_P(TABLE_NAME) | DB_P(CONDITION) | DB_P(NAMES) | DB_P(VALUES) | DB_P(RETURN_FAILED))

/* Members of the entries of TransactItems. */
const uint64_t db_write_allowed[] = {
    [DB_WRITE_PUT] = ALWAYS | DB_P(ITEM),
    [DB_WRITE_UPDATE] = ALWAYS | DB_P(KEY) | DB_P(UPDATE_EXPRESSION),
    [DB_WRITE_DELETE] = ALWAYS | DB_P(KEY),
    [DB_WRITE_CHECK] = ALWAYS | DB_P(KEY),
};
const uint64_t db_write_required[] = {
    [DB_WRITE_PUT] = DB_P(TABLE_NAME) | DB_P(ITEM),
    [DB_WRITE_UPDATE] = DB_P(TABLE_NAME) | DB_P(KEY) | DB_P(UPDATE_EXPRESSION),
    [DB_WRITE_DELETE] = DB_P(TABLE_NAME) | DB_P(KEY),
    [DB_WRITE_CHECK] = DB_P(TABLE_NAME) | DB_P(KEY) | DB_P(CONDITION),
};

static int check_item(struct db_call *c, const struct db_value *item, const char *too_large,
                      size_t *ret_size)
{
    size_t size = db_item_size(item);
    if (size > UNUM_LIMIT_ITEM)
        return db_refuse(c->fault, DB_VALIDATION, "%s", too_large);
    if (db_item_too_deep(item))
        return db_refuse(c->fault, DB_VALIDATION,
                         "Nesting Levels have exceeded supported limits: Attributes in the item "
                         "have nested levels beyond supported limit");
    *ret_size = size;
    return 0;
}

/* Placeholders without an expression that could use them. */
static int check_placeholders(struct db_call *c, const struct db_params *params)
{
    if (params->at[DB_P_CONDITION].ptr || params->at[DB_P_UPDATE_EXPRESSION].ptr)
        return 0;
    if (params->at[DB_P_NAMES].ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "ExpressionAttributeNames can only be specified when using expressions");
    if (params->at[DB_P_VALUES].ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "ExpressionAttributeValues can only be specified when using expressions: "
                         "ConditionExpression is null");
    return 0;
}

static int parse_expressions(struct db_call *c, const struct db_params *params,
                             struct db_write *write)
{
    int rc = check_placeholders(c, params);
    if (!rc)
        rc = db_scope_read(params->at[DB_P_NAMES], params->at[DB_P_VALUES], c->arena, &write->scope,
                           c->fault);
    if (!rc && params->at[DB_P_UPDATE_EXPRESSION].ptr)
        rc = db_update_parse(db_param_text(c, params, DB_P_UPDATE_EXPRESSION), &write->scope,
                             &write->update, c->fault);
    if (!rc && params->at[DB_P_CONDITION].ptr)
        rc = db_condition_parse(db_param_text(c, params, DB_P_CONDITION), "ConditionExpression",
                                &write->scope, &write->condition, c->fault);
    return rc ? rc : db_scope_check_used(&write->scope, c->fault);
}

static int check_update(struct db_call *c, const struct db_write *write)
{
    for (size_t i = 0; i < write->update.len; i++) {
        if (unum_str_eq(write->update.at[i].path.at[0].name, write->table.key))
            return db_refuse(c->fault, DB_VALIDATION,
                             "One or more parameter values were invalid: Cannot update attribute "
                             "%.*s. This attribute is part of the key",
                             UNUM_STR_ARG(write->table.key));
    }
    return 0;
}

static int read_item(struct db_call *c, const struct db_params *params, struct db_write *write)
{
    size_t size;
    write->item = UNUM_ARENA_NEW(c->arena, struct db_value);
    int rc = db_item_read(params->at[DB_P_ITEM], c->arena, write->item, c->fault);
    if (!rc)
        rc = db_key_of(c, write->item, &write->table, &write->key);
    return rc ? rc
              : check_item(c, write->item, "Item size has exceeded the maximum allowed size",
                           &size);
}

int db_write_prepare(struct db_call *c, enum db_write_kind kind, const struct db_params *params,
                     struct db_write *ret)
{
    static const char *const failed[] = {"NONE", "ALL_OLD", NULL};
    struct db_write write = {.kind = kind};
    size_t show = 0;
    int rc = db_param_choice(c, params, DB_P_RETURN_FAILED, failed, &show);
    write.show_failed = show != 0;
    if (!rc)
        rc = parse_expressions(c, params, &write);
    if (!rc)
        rc = db_table_of(c, params, &write.table);
    if (rc)
        return rc;
    if (kind == DB_WRITE_PUT)
        rc = read_item(c, params, &write);
    else
        rc = db_key_read(c, params->at[DB_P_KEY], &write.table, &write.key);
    if (!rc)
        rc = check_update(c, &write);
    if (!rc)
        *ret = write;
    return rc;
}

static int check_condition(struct db_call *c, const struct db_write *write,
                           const struct db_value *old)
{
    if (!write->condition || db_condition_holds(write->condition, old))
        return 0;
    db_charge_write(c, db_write_halves(write->old.size));
    if (write->show_failed && write->old.text.ptr)
        c->fault->item = write->old.text;
    return db_refuse(c->fault, DB_CONDITION, "The conditional request failed");
}

static const struct db_path **update_paths(struct db_call *c, const struct db_write *write)
{
    const struct db_path **paths =
        unum_arena_array(c->arena, write->update.len, sizeof(struct db_path *));
    for (size_t i = 0; i < write->update.len; i++)
        paths[i] = &write->update.at[i].path;
    return paths;
}

struct db_value *db_write_project(struct db_call *c, const struct db_write *write,
                                  const struct db_value *item)
{
    return db_project(update_paths(c, write), write->update.len, item, c->arena);
}

/* An update that only takes away does not make an absent item. */
static bool makes_item(const struct db_write *write)
{
    for (size_t i = 0; i < write->update.len; i++) {
        enum db_action_kind kind = write->update.at[i].kind;
        if (kind == DB_ACTION_SET || kind == DB_ACTION_ADD)
            return true;
    }
    return !write->update.len;
}

static int update_item(struct db_call *c, struct db_write *write, struct db_value *old,
                       bool updated_old)
{
    if (updated_old)
        write->updated_old = db_value_copy(db_write_project(c, write, old), c->arena);
    if (!write->old.text.ptr) {
        struct db_value *key = UNUM_ARENA_NEW(c->arena, struct db_value);
        key->type = DB_TYPE_S;
        key->text = write->key;
        db_map_set(old, c->arena, write->table.key, key);
    }
    if (write->old.text.ptr || makes_item(write))
        write->item = old;
    return db_update_apply(&write->update, old, c->arena, c->fault);
}

int db_write_evaluate(struct db_call *c, struct db_write *write, bool updated_old)
{
    struct db_value *old = UNUM_ARENA_NEW(c->arena, struct db_value);
    old->type = DB_TYPE_M;
    int rc = db_get(c, write->table.name, write->key, &write->old);
    bool look = write->condition || write->kind == DB_WRITE_UPDATE;
    if (!rc && look && write->old.text.ptr)
        rc = db_item_read(write->old.text, c->arena, old, c->fault);
    if (!rc)
        rc = check_condition(c, write, old);
    if (!rc && write->kind == DB_WRITE_UPDATE)
        rc = update_item(c, write, old, updated_old);
    if (rc)
        return rc;
    write->change = (struct db_change){write->table.name, {.key = write->key}};
    if (!write->item)
        return 0;
    struct db_record *record = &write->change.record;
    rc = check_item(c, write->item, "Item size to update has exceeded the maximum allowed size",
                    &record->size);
    record->text = db_item_text(write->item, c->arena);
    record->expires = db_table_expires(&write->table, write->item);
    return rc;
}

uint64_t db_write_charge(const struct db_write *write)
{
    size_t before = write->old.size, after = write->change.record.size;
    return db_write_halves(before > after ? before : after);
}

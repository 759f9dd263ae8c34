/* Partition keys: the attribute of type S that names an item. */
#include "local/db_operation.h"

static int check_size(struct db_call *c, struct unum_str key, const struct db_table *table)
{
    if (!key.len)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values are not valid. The AttributeValue for a "
                         "key attribute cannot contain an empty string value. Key: %.*s",
                         UNUM_STR_ARG(table->key));
    if (key.len > DB_KEY_BYTES)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: Size of hashkey has exceeded "
                         "the maximum size limit of2048 bytes");
    return 0;
}

int db_key_read(struct db_call *c, struct unum_str json, const struct db_table *table,
                struct unum_str *ret)
{
    struct db_value key;
    int rc = db_item_read(json, c->arena, &key, c->fault);
    if (rc)
        return rc;
    const struct db_value *value = db_map_get(&key, table->key);
    if (key.len != 1 || !value || value->type != DB_TYPE_S)
        return db_refuse(c->fault, DB_VALIDATION,
                         "The provided key element does not match the schema");
    *ret = value->text;
    return check_size(c, value->text, table);
}

int db_key_of(struct db_call *c, const struct db_value *item, const struct db_table *table,
              struct unum_str *ret)
{
    const struct db_value *value = db_map_get(item, table->key);
    if (!value)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: Missing the key %.*s in the "
                         "item",
                         UNUM_STR_ARG(table->key));
    if (value->type != DB_TYPE_S)
        return db_refuse(c->fault, DB_VALIDATION,
                         "One or more parameter values were invalid: Type mismatch for key %.*s "
                         "expected: S actual: %s",
                         UNUM_STR_ARG(table->key), db_type_name(value->type));
    *ret = value->text;
    return check_size(c, value->text, table);
}

void db_key_write(const struct db_table *table, struct unum_str key, struct json_writer *w)
{
    struct db_value value = {.type = DB_TYPE_S, .text = key};
    json_object_begin(w);
    json_key_str(w, table->key);
    db_value_write(&value, w);
    json_object_end(w);
}

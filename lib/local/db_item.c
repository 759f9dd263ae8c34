/* GetItem, PutItem, UpdateItem, DeleteItem. */
#include "local/db_operation.h"

int db_reading_parse(struct db_call *c, const struct db_params *params, struct db_reading *ret)
{
    struct db_reading reading = {{0}, {0}};
    if (params->at[DB_P_NAMES].ptr && !params->at[DB_P_PROJECTION].ptr)
        return db_refuse(c->fault, DB_VALIDATION,
                         "ExpressionAttributeNames can only be specified when using expressions");
    int rc =
        db_scope_read(params->at[DB_P_NAMES], UNUM_STR_NONE, c->arena, &reading.scope, c->fault);
    if (!rc && params->at[DB_P_PROJECTION].ptr)
        rc = db_projection_parse(db_param_text(c, params, DB_P_PROJECTION), &reading.scope,
                                 &reading.projection, c->fault);
    if (!rc)
        rc = db_scope_check_used(&reading.scope, c->fault);
    if (!rc)
        *ret = reading;
    return rc;
}

int db_reading_write(struct db_call *c, const struct db_reading *reading,
                     const struct db_record *record)
{
    size_t count = reading->projection.len;
    if (!count) {
        json_raw(&c->w, record->text);
        return 0;
    }
    struct db_value item = {0};
    int rc = db_item_read(record->text, c->arena, &item, c->fault);
    if (rc)
        return rc;
    const struct db_path **paths = unum_arena_array(c->arena, count, sizeof(struct db_path *));
    for (size_t i = 0; i < count; i++)
        paths[i] = &reading->projection.at[i];
    db_item_write(db_project(paths, count, &item, c->arena), &c->w);
    return 0;
}

int db_get_item(struct db_call *c)
{
    struct db_table table = {.ttl_on = false};
    struct db_reading reading = {{0}, {0}};
    struct db_record record = {.size = 0};
    struct unum_str key = UNUM_STR_NONE;
    size_t level = 0;
    int rc = db_capacity_wanted(c, &level);
    if (!rc)
        rc = db_reading_parse(c, &c->params, &reading);
    if (!rc)
        rc = db_table_of(c, &c->params, &table);
    if (!rc)
        rc = db_key_read(c, c->params.at[DB_P_KEY], &table, &key);
    if (!rc)
        rc = db_get(c, table.name, key, &record);
    if (rc)
        return rc;
    uint64_t halves = db_read_halves(record.size, db_param_true(&c->params, DB_P_CONSISTENT_READ));
    db_charge_read(c, halves);
    json_object_begin(&c->w);
    if (record.text.ptr) {
        json_key(&c->w, "Item");
        rc = db_reading_write(c, &reading, &record);
    }
    if (level) {
        json_key(&c->w, "ConsumedCapacity");
        db_capacity_write(c, table.name, halves, level);
    }
    json_object_end(&c->w);
    return rc;
}

enum return_values { RETURN_NONE, ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATED_NEW };

static int read_return_values(struct db_call *c, enum db_write_kind kind, size_t *ret)
{
    static const char *const choices[] = {"NONE",    "ALL_OLD",     "UPDATED_OLD",
                                          "ALL_NEW", "UPDATED_NEW", NULL};
    int rc = db_param_choice(c, &c->params, DB_P_RETURN_VALUES, choices, ret);
    if (!rc && kind != DB_WRITE_UPDATE && *ret > ALL_OLD)
        return db_refuse(c->fault, DB_VALIDATION, "ReturnValues can only be ALL_OLD or NONE");
    return rc;
}

static void write_attributes(struct db_call *c, const struct db_value *item)
{
    if (!item || !item->len)
        return;
    json_key(&c->w, "Attributes");
    db_item_write(item, &c->w);
}

static void write_returned(struct db_call *c, const struct db_write *write,
                           enum return_values wanted)
{
    switch (wanted) {
    case RETURN_NONE:
        break;
    case ALL_OLD:
        if (write->old.text.ptr) {
            json_key(&c->w, "Attributes");
            json_raw(&c->w, write->old.text);
        }
        break;
    case ALL_NEW:
        write_attributes(c, write->item);
        break;
    case UPDATED_OLD:
        write_attributes(c, write->updated_old);
        break;
    case UPDATED_NEW:
        if (write->item)
            write_attributes(c, db_write_project(c, write, write->item));
        break;
    }
}

static int write_item(struct db_call *c, enum db_write_kind kind)
{
    struct db_write write;
    size_t level = 0, returned = 0;
    int rc = db_capacity_wanted(c, &level);
    if (!rc)
        rc = read_return_values(c, kind, &returned);
    if (!rc)
        rc = db_write_prepare(c, kind, &c->params, &write);
    if (!rc)
        rc = db_write_evaluate(c, &write, returned == UPDATED_OLD);
    if (rc)
        return rc;
    bool nothing = !write.item && !write.old.text.ptr;
    rc = nothing ? 0 : db_apply(c, &write.change, 1);
    if (rc)
        return rc;
    db_charge_write(c, db_write_charge(&write));
    json_object_begin(&c->w);
    write_returned(c, &write, (enum return_values)returned);
    if (level) {
        json_key(&c->w, "ConsumedCapacity");
        db_capacity_write(c, write.table.name, db_write_charge(&write), level);
    }
    json_object_end(&c->w);
    return 0;
}

int db_put_item(struct db_call *c)
{
    return write_item(c, DB_WRITE_PUT);
}

int db_update_item(struct db_call *c)
{
    return write_item(c, DB_WRITE_UPDATE);
}

int db_delete_item(struct db_call *c)
{
    return write_item(c, DB_WRITE_DELETE);
}

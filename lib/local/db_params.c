/* Parameters of operations: what is there, what is allowed, what it says. */
#include "local/db_operation.h"

struct param_row {
    const char *name;
    enum json_type type;
};

static const struct param_row rows[DB_PARAM_COUNT] = {
#define DB_PARAM_ROW(name, wire, type) {wire, JSON_##type},
    DB_PARAM_TABLE(DB_PARAM_ROW)
#undef DB_PARAM_ROW
};

static const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",       [JSON_BOOL] = "true or false", [JSON_NUMBER] = "a number",
        [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",     [JSON_OBJECT] = "an object",
    };
    return names[type];
}

static bool find_param(struct unum_str name, enum db_param *ret)
{
    for (size_t i = 0; i < DB_PARAM_COUNT; i++) {
        if (unum_str_is(name, rows[i].name)) {
            *ret = (enum db_param)i;
            return true;
        }
    }
    return false;
}

/* Parameters from before there were expressions. */
static const char *replacement(struct unum_str name)
{
    static const char *const legacy[][2] = {
        {"AttributesToGet", "ProjectionExpression"}, {"AttributeUpdates", "UpdateExpression"},
        {"ConditionalOperator", "an expression"},    {"Expected", "ConditionExpression"},
        {"KeyConditions", "KeyConditionExpression"}, {"QueryFilter", "FilterExpression"},
        {"ScanFilter", "FilterExpression"},
    };
    for (size_t i = 0; i < UNUM_COUNT(legacy); i++) {
        if (unum_str_is(name, legacy[i][0]))
            return legacy[i][1];
    }
    return NULL;
}

static int not_there(struct db_call *c, struct unum_str name)
{
    const char *instead = replacement(name);
    return db_refuse(c->fault, DB_VALIDATION,
                     "The local platform does not have parameter %.*s of this operation%s%s",
                     UNUM_STR_ARG(unum_str_slice(name, 0, 128)), instead ? "; use " : "",
                     instead ? instead : "");
}

static int take_param(struct db_call *c, struct unum_str key, struct unum_str value,
                      uint64_t allowed, struct db_params *params)
{
    if (json_type(value) == JSON_NULL)
        return 0;
    struct unum_str name = db_text(key, c->arena);
    enum db_param param;
    if (!find_param(name, &param) || !(allowed >> param & 1))
        return not_there(c, name);
    if (json_type(value) != rows[param].type)
        return db_refuse(c->fault, DB_SERIALIZATION, "parameter %s: %s is expected, not %s",
                         rows[param].name, json_type_name(rows[param].type),
                         json_type_name(json_type(value)));
    if (!params->at[param].ptr)
        params->at[param] = value;
    return 0;
}

int db_params_read(struct db_call *c, struct unum_str object, uint64_t allowed, uint64_t required,
                   struct db_params *ret)
{
    *ret = (struct db_params){0};
    if (json_type(object) != JSON_OBJECT)
        return db_refuse(c->fault, DB_SERIALIZATION, "an object is expected, not %s",
                         json_type_name(json_type(object)));
    struct json_iter iter = json_iter(object);
    struct unum_str key, value;
    while (json_next(&iter, &key, &value)) {
        int rc = take_param(c, key, value, allowed, ret);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < DB_PARAM_COUNT; i++) {
        if ((required >> i & 1) && !ret->at[i].ptr)
            return db_refuse(c->fault, DB_VALIDATION,
                             "1 validation error detected: Value null at '%c%s' failed to "
                             "satisfy constraint: Member must not be null",
                             rows[i].name[0] - 'A' + 'a', rows[i].name + 1);
    }
    return 0;
}

struct unum_str db_param_text(struct db_call *c, const struct db_params *params,
                              enum db_param param)
{
    return params->at[param].ptr ? db_text(params->at[param], c->arena) : UNUM_STR("");
}

int db_param_choice(struct db_call *c, const struct db_params *params, enum db_param param,
                    const char *const *choices, size_t *ret)
{
    *ret = 0;
    if (!params->at[param].ptr)
        return 0;
    struct unum_str text = db_param_text(c, params, param);
    struct unum_buf UNUM_AUTO_BUF list = UNUM_BUF_INIT(4096);
    for (size_t i = 0; choices[i]; i++) {
        if (unum_str_is(text, choices[i])) {
            *ret = i;
            return 0;
        }
        unum_buf_printf(&list, "%s%s", i ? ", " : "", choices[i]);
    }
    return db_refuse(c->fault, DB_VALIDATION,
                     "1 validation error detected: Value '%.*s' at '%c%s' failed to satisfy "
                     "constraint: Member must satisfy enum value set: [%s]",
                     UNUM_STR_ARG(unum_str_slice(text, 0, 256)), rows[param].name[0] - 'A' + 'a',
                     rows[param].name + 1, unum_buf_text(&list));
}

int db_param_number(struct db_call *c, const struct db_params *params, enum db_param param,
                    int64_t least, int64_t most, int64_t *ret)
{
    if (!params->at[param].ptr)
        return 0;
    int64_t number;
    if (!json_to_i64(params->at[param], &number))
        return db_refuse(c->fault, DB_SERIALIZATION, "parameter %s: a whole number is expected",
                         rows[param].name);
    if (number < least || number > most)
        return db_refuse(c->fault, DB_VALIDATION,
                         "1 validation error detected: Value '%lld' at '%c%s' failed to satisfy "
                         "constraint: Member must have value %s than or equal to %lld",
                         (long long)number, rows[param].name[0] - 'A' + 'a', rows[param].name + 1,
                         number < least ? "greater" : "less",
                         (long long)(number < least ? least : most));
    *ret = number;
    return 0;
}

bool db_param_true(const struct db_params *params, enum db_param param)
{
    bool yes = false;
    return params->at[param].ptr && json_to_bool(params->at[param], &yes) && yes;
}

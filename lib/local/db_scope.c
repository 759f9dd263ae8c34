/* Placeholders of expressions: ExpressionAttributeNames and ExpressionAttributeValues. */
#include "base/limits.h"
#include "local/db_expression.h"

enum { LONGEST_PLACEHOLDER = 255 };

static bool placeholder_ok(struct unum_str text, char first)
{
    if (text.len < 2 || text.len > LONGEST_PLACEHOLDER || text.ptr[0] != first)
        return false;
    for (size_t i = 1; i < text.len; i++) {
        char c = text.ptr[i];
        bool word =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!word)
            return false;
    }
    return true;
}

/* The entries of one of the two objects: checked count and keys. */
static int open_map(struct unum_str json, const char *parameter, struct json_iter *ret_iter,
                    size_t *ret_count, struct db_fault *fault)
{
    *ret_count = json_count(json);
    *ret_iter = json_iter(json);
    if (!*ret_count)
        return db_refuse(fault, DB_VALIDATION, "%s must not be empty", parameter);
    return 0;
}

static int read_placeholder(struct unum_str key, char first, const char *parameter,
                            struct unum_arena *arena, struct unum_str *ret, struct db_fault *fault)
{
    struct unum_str text = db_text(key, arena);
    if (!placeholder_ok(text, first))
        return db_refuse(fault, DB_VALIDATION,
                         "%s contains invalid key: Syntax error; key: \"%.*s\"", parameter,
                         UNUM_STR_ARG(unum_str_slice(text, 0, LONGEST_PLACEHOLDER)));
    *ret = text;
    return 0;
}

static int read_names(struct unum_str json, struct db_scope *scope, struct db_fault *fault)
{
    struct json_iter iter;
    size_t count = 0;
    int rc = open_map(json, "ExpressionAttributeNames", &iter, &count, fault);
    if (rc)
        return rc;
    scope->names = unum_arena_array(scope->arena, count, sizeof(*scope->names));
    struct unum_str key, member;
    while (json_next(&iter, &key, &member)) {
        struct db_name *name = &scope->names[scope->names_len];
        rc = read_placeholder(key, '#', "ExpressionAttributeNames", scope->arena,
                              &name->placeholder, fault);
        if (rc)
            return rc;
        if (json_type(member) != JSON_STRING)
            return db_refuse(fault, DB_SERIALIZATION,
                             "ExpressionAttributeNames: a name is written as a JSON string");
        name->name = db_text(member, scope->arena);
        if (!name->name.len || name->name.len > 65535)
            return db_refuse(fault, DB_VALIDATION,
                             "ExpressionAttributeNames contains invalid value: attribute names "
                             "have 1 to 65535 bytes for key %.*s",
                             UNUM_STR_ARG(name->placeholder));
        scope->names_len++;
    }
    return 0;
}

static int read_literals(struct unum_str json, struct db_scope *scope, struct db_fault *fault)
{
    struct json_iter iter;
    size_t count = 0;
    int rc = open_map(json, "ExpressionAttributeValues", &iter, &count, fault);
    if (rc)
        return rc;
    scope->literals = unum_arena_array(scope->arena, count, sizeof(*scope->literals));
    struct unum_str key, member;
    while (json_next(&iter, &key, &member)) {
        struct db_literal *literal = &scope->literals[scope->literals_len];
        rc = read_placeholder(key, ':', "ExpressionAttributeValues", scope->arena,
                              &literal->placeholder, fault);
        if (rc)
            return rc;
        rc = db_value_read(member, scope->arena, &literal->value, fault);
        if (rc && fault->type == DB_VALIDATION) {
            rc = db_fault_wrap(fault, "ExpressionAttributeValues contains invalid value: ");
            fault->message =
                unum_arena_printf(scope->arena, "%.*s for key %.*s", UNUM_STR_ARG(fault->message),
                                  UNUM_STR_ARG(literal->placeholder));
        }
        if (rc)
            return rc;
        scope->literals_len++;
    }
    return 0;
}

int db_scope_read(struct unum_str names, struct unum_str values, struct unum_arena *arena,
                  struct db_scope *ret, struct db_fault *fault)
{
    struct db_scope scope = {.arena = arena};
    int rc = names.ptr ? read_names(names, &scope, fault) : 0;
    if (!rc && values.ptr)
        rc = read_literals(values, &scope, fault);
    if (!rc)
        *ret = scope;
    return rc;
}

static void add_unused(struct unum_buf *list, struct unum_str placeholder)
{
    if (list->len)
        unum_buf_adds(list, ", ");
    unum_buf_add(list, placeholder);
}

int db_scope_check_used(const struct db_scope *scope, struct db_fault *fault)
{
    struct unum_buf UNUM_AUTO_BUF unused = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    const char *parameter = "ExpressionAttributeNames";
    for (size_t i = 0; i < scope->names_len; i++) {
        if (!scope->names[i].used)
            add_unused(&unused, scope->names[i].placeholder);
    }
    if (!unused.len) {
        parameter = "ExpressionAttributeValues";
        for (size_t i = 0; i < scope->literals_len; i++) {
            if (!scope->literals[i].used)
                add_unused(&unused, scope->literals[i].placeholder);
        }
    }
    if (!unused.len)
        return 0;
    return db_refuse(fault, DB_VALIDATION, "Value provided in %s unused in expressions: keys: {%s}",
                     parameter, unum_buf_text(&unused));
}

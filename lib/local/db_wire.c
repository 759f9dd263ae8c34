/* Values on the wire: DynamoDB's JSON form, both directions. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/base64.h"
#include "local/db_value.h"

struct reader {
    struct unum_arena *arena;
    struct db_fault *fault;
    unsigned depth; /* lists and maps around the current value */
};

static int read_value(struct reader *r, struct unum_str json, struct db_value *ret);

struct unum_str db_text(struct unum_str json, struct unum_arena *arena)
{
    struct unum_str inner = unum_str_slice(json, 1, json.len - 2);
    if (unum_str_find(inner, '\\') == SIZE_MAX)
        return inner;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    bool is_string = json_decode(json, &text);
    return is_string ? unum_arena_str(arena, unum_buf_str(&text)) : UNUM_STR("");
}

static int wrong_json(struct reader *r, const char *type, const char *wanted)
{
    return db_refuse(r->fault, DB_SERIALIZATION, "a value of type %s is written as %s", type,
                     wanted);
}

/* S, N, B and elements of their sets. */
static int read_scalar(struct reader *r, enum db_type type, struct unum_str json,
                       struct unum_str *ret_text, const struct db_number **ret_number)
{
    if (json_type(json) != JSON_STRING)
        return wrong_json(r, db_type_name(type), "a JSON string");
    struct unum_str text = db_text(json, r->arena);
    if (type == DB_TYPE_S) {
        *ret_text = text;
        return 0;
    }
    if (type == DB_TYPE_B) {
        struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
        if (!base64_decode(&bytes, text))
            return db_refuse(r->fault, DB_SERIALIZATION,
                             "a binary value is not canonical base64 text");
        *ret_text = unum_arena_str(r->arena, unum_buf_str(&bytes));
        return 0;
    }
    struct db_number *number = UNUM_ARENA_NEW(r->arena, struct db_number);
    int rc = db_number_parse(text, number, r->fault);
    if (rc)
        return rc;
    *ret_number = number;
    *ret_text = db_number_text(number, r->arena);
    return 0;
}

struct set_row {
    enum db_type element;
    const char *empty, *duplicate;
};

static const struct set_row set_rows[DB_TYPE_COUNT] = {
    [DB_TYPE_SS] = {DB_TYPE_S,
                    "One or more parameter values were invalid: An string set  may not be empty",
                    "One or more parameter values were invalid: Input collection contains "
                    "duplicates"},
    [DB_TYPE_NS] = {DB_TYPE_N,
                    "One or more parameter values were invalid: An number set  may not be empty",
                    "Input collection contains duplicates"},
    [DB_TYPE_BS] = {DB_TYPE_B,
                    "One or more parameter values were invalid: Binary sets should not be empty",
                    "One or more parameter values were invalid: Input collection of type BS "
                    "contains duplicates"},
};

static int cmp_elements(const void *a, const void *b)
{
    const struct db_element *left = a, *right = b;
    if (left->number)
        return db_number_cmp(left->number, right->number);
    return unum_str_cmp(left->text, right->text);
}

static int read_set(struct reader *r, struct unum_str json, struct db_value *ret)
{
    const struct set_row *row = &set_rows[ret->type];
    if (json_type(json) != JSON_ARRAY)
        return wrong_json(r, db_type_name(ret->type), "a JSON array");
    size_t room = json_count(json);
    if (!room)
        return db_refuse(r->fault, DB_VALIDATION, "%s", row->empty);
    ret->elements = unum_arena_array(r->arena, room, sizeof(*ret->elements));
    struct json_iter iter = json_iter(json);
    struct unum_str member;
    bool sorted = true;
    while (json_next(&iter, NULL, &member)) {
        struct db_element *element = &ret->elements[ret->len];
        int rc = read_scalar(r, row->element, member, &element->text, &element->number);
        if (rc)
            return rc;
        sorted = sorted && (!ret->len || cmp_elements(element - 1, element) < 0);
        ret->len++;
    }
    if (sorted)
        return 0;
    qsort(ret->elements, ret->len, sizeof(*ret->elements), cmp_elements);
    for (size_t i = 1; i < ret->len; i++) {
        if (!cmp_elements(&ret->elements[i - 1], &ret->elements[i]))
            return db_refuse(r->fault, DB_VALIDATION, "%s", row->duplicate);
    }
    return 0;
}

static int cmp_names(const void *a, const void *b)
{
    const struct db_member *left = a, *right = b;
    return unum_str_cmp(left->name, right->name);
}

/* A map that names an attribute twice has no defined meaning. */
static int check_names(struct reader *r, const struct db_value *map)
{
    if (map->len < 2)
        return 0;
    struct db_member *sorted = unum_arena_array(r->arena, map->len, sizeof(*sorted));
    memcpy(sorted, map->members, map->len * sizeof(*sorted));
    qsort(sorted, map->len, sizeof(*sorted), cmp_names);
    for (size_t i = 1; i < map->len; i++) {
        if (!cmp_names(&sorted[i - 1], &sorted[i]))
            return db_refuse(r->fault, DB_SERIALIZATION, "attribute name \"%.*s\" is there twice",
                             UNUM_STR_ARG(unum_str_slice(sorted[i].name, 0, 256)));
    }
    return 0;
}

static int read_members(struct reader *r, struct unum_str json, struct db_value *ret)
{
    bool map = ret->type == DB_TYPE_M;
    if (json_type(json) != (map ? JSON_OBJECT : JSON_ARRAY))
        return wrong_json(r, db_type_name(ret->type), map ? "a JSON object" : "a JSON array");
    if (r->depth > DB_NESTING)
        return db_refuse(r->fault, DB_VALIDATION,
                         "Nesting Levels have exceeded supported limits: Attributes in the item "
                         "have nested levels beyond supported limit");
    r->depth++;
    size_t room = json_count(json);
    ret->members = unum_arena_array(r->arena, room, sizeof(*ret->members));
    ret->cap = room;
    struct json_iter iter = json_iter(json);
    struct unum_str key = UNUM_STR_NONE, member;
    while (json_next(&iter, &key, &member)) {
        struct db_member *to = &ret->members[ret->len];
        to->name = map ? db_text(key, r->arena) : UNUM_STR("");
        to->value = UNUM_ARENA_NEW(r->arena, struct db_value);
        int rc = read_value(r, member, to->value);
        if (rc)
            return rc;
        ret->len++;
    }
    r->depth--;
    return map ? check_names(r, ret) : 0;
}

static int read_typed(struct reader *r, struct unum_str json, struct db_value *ret)
{
    switch (ret->type) {
    case DB_TYPE_S:
    case DB_TYPE_N:
    case DB_TYPE_B:
        return read_scalar(r, ret->type, json, &ret->text, &ret->number);
    case DB_TYPE_BOOL:
        if (!json_to_bool(json, &ret->boolean))
            return wrong_json(r, "BOOL", "true or false");
        return 0;
    case DB_TYPE_NULL:
        if (!json_to_bool(json, &ret->boolean))
            return wrong_json(r, "NULL", "true");
        if (!ret->boolean)
            return db_refuse(r->fault, DB_VALIDATION,
                             "One or more parameter values were invalid: Null attribute value "
                             "types must have the value of true");
        return 0;
    case DB_TYPE_SS:
    case DB_TYPE_NS:
    case DB_TYPE_BS:
        return read_set(r, json, ret);
    case DB_TYPE_L:
    case DB_TYPE_M:
        return read_members(r, json, ret);
    case DB_TYPE_COUNT:
        break;
    }
    return 0;
}

static int read_value(struct reader *r, struct unum_str json, struct db_value *ret)
{
    if (json_type(json) != JSON_OBJECT)
        return db_refuse(r->fault, DB_SERIALIZATION, "Unexpected value type in payload");
    struct json_iter iter = json_iter(json);
    struct unum_str key, member, content = UNUM_STR_NONE;
    while (json_next(&iter, &key, &member)) {
        if (json_type(member) == JSON_NULL)
            continue;
        if (content.ptr)
            return db_refuse(r->fault, DB_VALIDATION,
                             "Supplied AttributeValue has more than one datatypes set, must "
                             "contain exactly one of the supported datatypes");
        if (!db_type_find(db_text(key, r->arena), &ret->type))
            continue;
        content = member;
    }
    if (!content.ptr)
        return db_refuse(r->fault, DB_VALIDATION,
                         "Supplied AttributeValue is empty, must contain exactly one of the "
                         "supported datatypes");
    return read_typed(r, content, ret);
}

int db_value_read(struct unum_str json, struct unum_arena *arena, struct db_value *ret,
                  struct db_fault *fault)
{
    struct reader r = {.arena = arena, .fault = fault, .depth = 1};
    *ret = (struct db_value){0};
    return read_value(&r, json, ret);
}

int db_item_read(struct unum_str json, struct unum_arena *arena, struct db_value *ret,
                 struct db_fault *fault)
{
    struct reader r = {.arena = arena, .fault = fault};
    *ret = (struct db_value){.type = DB_TYPE_M};
    return read_members(&r, json, ret);
}

static void write_element(enum db_type type, struct unum_str text, struct json_writer *w)
{
    if (type != DB_TYPE_B && type != DB_TYPE_BS) {
        json_string(w, text);
        return;
    }
    struct unum_buf UNUM_AUTO_BUF encoded = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    base64_encode(&encoded, text);
    json_string(w, unum_buf_str(&encoded));
}

static void write_list(const struct db_value *value, struct json_writer *w)
{
    json_array_begin(w);
    for (size_t i = 0; i < value->len; i++) {
        if (value->type == DB_TYPE_L)
            db_value_write(value->members[i].value, w);
        else
            write_element(value->type, value->elements[i].text, w);
    }
    json_array_end(w);
}

void db_value_write(const struct db_value *value, struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, db_type_name(value->type));
    switch (value->type) {
    case DB_TYPE_S:
    case DB_TYPE_N:
    case DB_TYPE_B:
        write_element(value->type, value->text, w);
        break;
    case DB_TYPE_BOOL:
    case DB_TYPE_NULL:
    case DB_TYPE_COUNT:
        json_bool(w, value->boolean);
        break;
    case DB_TYPE_SS:
    case DB_TYPE_NS:
    case DB_TYPE_BS:
    case DB_TYPE_L:
        write_list(value, w);
        break;
    case DB_TYPE_M:
        db_item_write(value, w);
        break;
    }
    json_object_end(w);
}

void db_item_write(const struct db_value *item, struct json_writer *w)
{
    json_object_begin(w);
    for (size_t i = 0; i < item->len; i++) {
        json_key_str(w, item->members[i].name);
        db_value_write(item->members[i].value, w);
    }
    json_object_end(w);
}

struct unum_str db_item_text(const struct db_value *item, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct json_writer w = JSON_WRITER(&text);
    db_item_write(item, &w);
    return unum_arena_str(arena, unum_buf_str(&text));
}

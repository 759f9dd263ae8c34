#include "store/dynamodb_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/check.h"

/*
 * Writing.
 */
static void write_text(struct json_writer *w, const char *type, struct unum_str text)
{
    json_object_begin(w);
    json_key(w, type);
    json_string(w, text);
    json_object_end(w);
}

void dynamodb_write_value(struct json_writer *w, const struct store_attr *attr)
{
    if (attr->type != STORE_NUMBERS) {
        write_text(w, attr->type == STORE_NUMBER ? "N" : "S", attr->text);
        return;
    }
    json_object_begin(w);
    json_key(w, "NS");
    json_array_begin(w);
    for (size_t i = 0; i < attr->len; i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(16);
        unum_buf_addu(&text, attr->numbers[i]);
        json_string(w, unum_buf_str(&text));
    }
    json_array_end(w);
    json_object_end(w);
}

void dynamodb_write_key(struct json_writer *w, struct unum_str key)
{
    json_object_begin(w);
    json_key(w, DYNAMODB_KEY);
    write_text(w, "S", key);
    json_object_end(w);
}

struct unum_str dynamodb_end_name(struct unum_arena *arena, struct unum_str name, uint32_t position)
{
    return unum_arena_printf(arena, "%.*s:%u", UNUM_STR_ARG(name), (unsigned)position);
}

static void write_attr(struct json_writer *w, const struct store_attr *attr)
{
    if (attr->type != STORE_ENDS) {
        if (attr->type == STORE_NUMBERS && !attr->len)
            return;
        json_key_str(w, attr->name);
        dynamodb_write_value(w, attr);
        return;
    }
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    for (size_t i = 0; i < attr->len; i++) {
        json_key_str(w, dynamodb_end_name(&arena, attr->name, attr->ends[i].position));
        write_text(w, "S", attr->ends[i].text);
    }
}

void dynamodb_write_item(struct json_writer *w, struct unum_str key, struct unum_str nonce,
                         const struct store_attr *attrs, size_t len)
{
    bool has_nonce = false;
    json_object_begin(w);
    json_key(w, DYNAMODB_KEY);
    write_text(w, "S", key);
    for (size_t i = 0; i < len; i++) {
        has_nonce |= unum_str_is(attrs[i].name, STORE_NONCE);
        write_attr(w, &attrs[i]);
    }
    if (nonce.len && !has_nonce) {
        json_key(w, STORE_NONCE);
        write_text(w, "S", nonce);
    }
    json_object_end(w);
}

/*
 * Reading.
 */
/* Decoded into the arena; most texts have no escape and are copied once. */
static bool decode(struct unum_str value, struct unum_arena *arena, struct unum_str *ret)
{
    if (json_type(value) != JSON_STRING)
        return false;
    struct unum_str inner = unum_str_slice(value, 1, value.len - 2);
    if (unum_str_find(inner, '\\') == SIZE_MAX) {
        *ret = unum_arena_str(arena, inner);
        return true;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(value.len);
    if (!json_decode(value, &text) || text.failed)
        return false;
    *ret = unum_arena_str(arena, unum_buf_str(&text));
    return true;
}

bool dynamodb_read_text(struct unum_str json, struct unum_str name, struct unum_arena *arena,
                        struct unum_str *ret)
{
    struct unum_str value, text;
    return json_get(json, name, &value) && json_get(value, UNUM_STR("S"), &text) &&
           decode(text, arena, ret);
}

struct reading {
    struct unum_arena *arena;
    struct store_attr *at;
    size_t len;
    size_t members; /* of the item: no attribute list and no list of ends is longer */
};

static bool read_end(struct reading *r, struct unum_str name, uint32_t position,
                     struct unum_str text)
{
    struct store_attr *attr = r->at;
    while (attr < r->at + r->len && (attr->type != STORE_ENDS || !unum_str_eq(attr->name, name)))
        attr++;
    if (attr == r->at + r->len) {
        r->len++;
        *attr = (struct store_attr){
            .name = name,
            .type = STORE_ENDS,
            .ends = unum_arena_array(r->arena, r->members, sizeof(struct store_end))};
    }
    /* The list was made here, for writing. */
    struct store_end *end = (struct store_end *)(uintptr_t)&attr->ends[attr->len++];
    end->position = position;
    return decode(text, r->arena, &end->text);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int by_position(const void *a, const void *b)
{
    const struct store_end *x = a, *y = b;
    return (x->position > y->position) - (x->position < y->position);
}

static int by_text(const void *a, const void *b)
{
    const struct store_end *x = a, *y = b;
    return unum_str_cmp(x->text, y->text);
}

static bool read_numbers(struct reading *r, struct unum_str name, struct unum_str list)
{
    size_t count = json_count(list), len = 0;
    uint32_t *numbers = unum_arena_array(r->arena, count, sizeof(*numbers));
    struct json_iter iter = json_iter(list);
    struct unum_str value;
    while (json_next(&iter, NULL, &value)) {
        uint64_t number;
        if (json_type(value) != JSON_STRING ||
            !unum_str_to_u64(unum_str_slice(value, 1, value.len - 2), &number) ||
            number > UINT32_MAX)
            return false;
        numbers[len++] = (uint32_t)number;
    }
    if (len > 1)
        qsort(numbers, len, sizeof(*numbers), by_number);
    r->at[r->len++] =
        (struct store_attr){.name = name, .type = STORE_NUMBERS, .numbers = numbers, .len = len};
    return true;
}

static bool read_members(struct reading *r, struct unum_str name, struct unum_str list)
{
    size_t count = json_count(list), len = 0;
    struct store_end *ends = unum_arena_array(r->arena, count, sizeof(*ends));
    struct json_iter iter = json_iter(list);
    struct unum_str value;
    while (json_next(&iter, NULL, &value)) {
        if (!decode(value, r->arena, &ends[len++].text))
            return false;
    }
    if (len > 1)
        qsort(ends, len, sizeof(*ends), by_text);
    for (size_t i = 0; i < len; i++)
        ends[i].position = (uint32_t)i;
    r->at[r->len++] =
        (struct store_attr){.name = name, .type = STORE_ENDS, .ends = ends, .len = len};
    return true;
}

/* One attribute; false if it claims to be of a type of ours and is not. */
static bool read_attr(struct reading *r, struct unum_str name, struct unum_str typed)
{
    struct json_iter iter = json_iter(typed);
    struct unum_str type, value, base;
    uint32_t position;
    if (json_type(typed) != JSON_OBJECT || !json_next(&iter, &type, &value))
        return false;
    if (json_is(type, UNUM_STR("S")) && store_end_name(name, &base, &position))
        return read_end(r, base, position, value);
    if (json_is(type, UNUM_STR("NS")))
        return read_numbers(r, name, value);
    if (json_is(type, UNUM_STR("SS")))
        return read_members(r, name, value);
    bool is_number = json_is(type, UNUM_STR("N"));
    if (!is_number && !json_is(type, UNUM_STR("S")))
        return true;
    struct store_attr *attr = &r->at[r->len++];
    *attr = (struct store_attr){.name = name, .type = is_number ? STORE_NUMBER : STORE_TEXT};
    return decode(value, r->arena, &attr->text);
}

int dynamodb_read_item(struct unum_str json, struct unum_arena *arena, struct store_item *ret,
                       struct unum_err *err)
{
    struct reading r = {.arena = arena, .members = json_count(json)};
    struct json_iter iter = json_iter(json);
    struct unum_str key, value, name;
    if (json_type(json) != JSON_OBJECT)
        return unum_err_set(err, UNUM_E_PARSE, "the answer of DynamoDB has no item");
    r.at = unum_arena_array(arena, r.members, sizeof(*r.at));
    while (json_next(&iter, &key, &value)) {
        if (!decode(key, arena, &name))
            return unum_err_set(err, UNUM_E_PARSE, "malformed item");
        if (unum_str_is(name, DYNAMODB_KEY))
            continue;
        if (!read_attr(&r, name, value))
            return unum_err_set(err, UNUM_E_PARSE, "attribute %.*s of an item is malformed",
                                UNUM_STR_ARG(name));
    }
    for (size_t i = 0; i < r.len; i++) {
        const struct store_attr *attr = &r.at[i];
        if (attr->type == STORE_ENDS && attr->len > 1) /* the list was made here */
            qsort((void *)(uintptr_t)attr->ends, attr->len, sizeof(*attr->ends), by_position);
    }
    *ret = (struct store_item){true, r.at, r.len};
    return 0;
}

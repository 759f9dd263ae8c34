/*
 * db_value: attribute values as a tree in an arena, read from and written to DynamoDB's JSON form
 * ({"S":"x"}, {"M":{...}}). Numbers are in canonical form, sets are sorted, so that equal values
 * are written alike. An item is a value of type M whose members are its attributes.
 */
#ifndef UNUM_LOCAL_DB_VALUE_H
#define UNUM_LOCAL_DB_VALUE_H

#include "local/db_number.h"
#include "json/json.h"

/* X(name) in the order of bit positions below. */
#define DB_TYPE_TABLE(X) X(S) X(N) X(B) X(BOOL) X(NULL) X(SS) X(NS) X(BS) X(L) X(M)

enum db_type {
#define DB_TYPE_ENUM(name) DB_TYPE_##name,
    DB_TYPE_TABLE(DB_TYPE_ENUM)
#undef DB_TYPE_ENUM
        DB_TYPE_COUNT
};

#define DB_BIT(type) (1u << (type))
#define DB_SCALARS   (DB_BIT(DB_TYPE_S) | DB_BIT(DB_TYPE_N) | DB_BIT(DB_TYPE_B))
#define DB_SETS      (DB_BIT(DB_TYPE_SS) | DB_BIT(DB_TYPE_NS) | DB_BIT(DB_TYPE_BS))

enum { DB_NESTING = 32, DB_KEY_BYTES = 2048 };

struct db_element {
    struct unum_str text; /* as in struct db_value */
    const struct db_number *number;
};

struct db_value;
struct db_member {
    struct unum_str name; /* empty in lists */
    struct db_value *value;
};

struct db_value {
    enum db_type type;
    bool boolean;                   /* BOOL */
    struct unum_str text;           /* S: UTF-8; B: the bytes; N: canonical */
    const struct db_number *number; /* N */
    struct db_element *elements;    /* sets: ascending, at least one */
    struct db_member *members;      /* L, M */
    size_t len, cap;                /* of elements or members */
};

const char *db_type_name(enum db_type type); /* "SS" */
/* The type of that name; false if there is none. */
bool db_type_find(struct unum_str name, enum db_type *ret);

/* Read one value, or the attributes of an item. Texts are views into `json` where they have no
 * escapes, else in the arena. */
UNUM_CHECKED int db_value_read(struct unum_str json, struct unum_arena *arena, struct db_value *ret,
                               struct db_fault *fault);
UNUM_CHECKED int db_item_read(struct unum_str json, struct unum_arena *arena, struct db_value *ret,
                              struct db_fault *fault);
/* The decoded text of a JSON string. */
struct unum_str db_text(struct unum_str json, struct unum_arena *arena);

void db_value_write(const struct db_value *value, struct json_writer *w);
void db_item_write(const struct db_value *item, struct json_writer *w);
struct unum_str db_item_text(const struct db_value *item, struct unum_arena *arena);

/* Structure. Members keep their order. */
struct db_value *db_map_get(const struct db_value *map, struct unum_str name);
void db_map_set(struct db_value *map, struct unum_arena *arena, struct unum_str name,
                struct db_value *value);
void db_list_push(struct db_value *list, struct unum_arena *arena, struct db_value *value);
struct db_value *db_value_copy(const struct db_value *value, struct unum_arena *arena);
struct db_value *db_value_number(const struct db_number *number, struct unum_arena *arena);

/* Comparison. Order exists among two S, two N, two B only: false otherwise. */
bool db_value_equal(const struct db_value *a, const struct db_value *b);
bool db_value_order(const struct db_value *a, const struct db_value *b, int *ret_cmp);
bool db_set_has(const struct db_value *set, const struct db_element *element);
/* Union and difference of two sets of one type; a difference may be empty (len 0). */
struct db_value *db_set_union(const struct db_value *a, const struct db_value *b,
                              struct unum_arena *arena);
struct db_value *db_set_minus(const struct db_value *a, const struct db_value *b,
                              struct unum_arena *arena);

/* Bytes as they count for the item limit: names and values (Developer Guide, "Item sizes and
 * formats"). */
size_t db_value_size(const struct db_value *value);
size_t db_item_size(const struct db_value *item);
/* Is it nested deeper than DB_NESTING lists and maps? */
bool db_item_too_deep(const struct db_value *item);

#endif

/*
 * dynamodb_item: items in DynamoDB's JSON, both ways. Internal to store/.
 *
 *   TEXT {"S"}   NUMBER {"N"}   NUMBERS {"NS"}   set of texts {"SS"}
 *   ENDS         one attribute {"S"} per position, "<name>:<position>", so that a position is
 * written with if_not_exists and nothing has to be there before DynamoDB has no empty sets: an
 * empty one is an absent attribute.
 */
#ifndef UNUM_STORE_DYNAMODB_ITEM_H
#define UNUM_STORE_DYNAMODB_ITEM_H

#include "store/store.h"
#include "json/json.h"

#define DYNAMODB_KEY "Name" /* the table's partition key */

/* {"S":"..."} and so on; `attr` is no ENDS and no empty set. */
void dynamodb_write_value(struct json_writer *w, const struct store_attr *attr);
/* {"Name":{"S":key}} */
void dynamodb_write_key(struct json_writer *w, struct unum_str key);
/* The whole item. `nonce` is added if it is not empty and `attrs` has none. */
void dynamodb_write_item(struct json_writer *w, struct unum_str key, struct unum_str nonce,
                         const struct store_attr *attrs, size_t len);
/* "<name>:<position>" */
struct unum_str dynamodb_end_name(struct unum_arena *arena, struct unum_str name,
                                  uint32_t position);

/* Read an item (checked JSON); everything is copied into `arena`. The key is left out, types that
 * are not ours too. PARSE: not an item. */
UNUM_CHECKED int dynamodb_read_item(struct unum_str json, struct unum_arena *arena,
                                    struct store_item *ret, struct unum_err *err);
/* The decoded text of attribute `name` of type S; false if there is none. */
bool dynamodb_read_text(struct unum_str json, struct unum_str name, struct unum_arena *arena,
                        struct unum_str *ret);

#endif

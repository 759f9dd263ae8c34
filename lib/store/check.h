/*
 * check: what keys, attributes and updates must look like, whatever the backend. Internal to
 * store/.
 */
#ifndef UNUM_STORE_CHECK_H
#define UNUM_STORE_CHECK_H

#include "store/store.h"

enum { STORE_MAX_KEY = 2048 }; /* bytes; DynamoDB's limit on partition keys */

/* INVAL: empty, longer than STORE_MAX_KEY, not UTF-8. */
UNUM_CHECKED int store_check_key(struct unum_str key, struct unum_err *err);
/* INVAL: an empty name, a name twice or one that ends like an end's ("...:<digits>"), text that is
 * not UTF-8, a NUMBER that is none. */
UNUM_CHECKED int store_check_attrs(const struct store_attr *attrs, size_t len,
                                   struct unum_err *err);
UNUM_CHECKED int store_check_update(const struct store_update *update, struct unum_err *err);

/* Split "<name>:<position>"; false if it is no such name. */
bool store_end_name(struct unum_str text, struct unum_str *ret_name, uint32_t *ret_position);
/* Does the item belong to the run with that nonce? An empty nonce: to whatever run. */
bool store_is_of(const struct store_item *item, struct unum_str nonce);

#endif

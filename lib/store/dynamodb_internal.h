/*
 * dynamodb_internal: what the parts of the DynamoDB backend share.
 */
#ifndef UNUM_STORE_DYNAMODB_INTERNAL_H
#define UNUM_STORE_DYNAMODB_INTERNAL_H

#include "aws/client.h"
#include "base/rand.h"
#include "store/store.h"
#include "json/json.h"

struct dynamodb {
    struct aws_client *client; /* borrowed */
    struct unum_str table;
    struct unum_arena arena;
    struct unum_prng jitter;
};

/* "TableName":"..." */
void dynamodb_write_table(struct json_writer *w, const struct dynamodb *db);
/* A call with that body, which must outlive it. */
struct aws_call dynamodb_call(const char *operation, const struct unum_buf *body);
/* Send one; LIMIT for an item too large, and for a body that ran into its ceiling. */
UNUM_CHECKED int dynamodb_send(struct dynamodb *db, struct aws_call *call,
                               const struct unum_buf *body, struct unum_err *err);

/* Strongly consistent, whatever its nonce; *ret is absent if there is none. */
UNUM_CHECKED int dynamodb_get(struct dynamodb *db, struct unum_str key, struct unum_arena *arena,
                              struct store_item *ret, struct unum_err *err);
/* The read slot of the ops table. */
int dynamodb_read(void *state, struct unum_str nonce, const struct unum_str *keys, size_t count,
                  struct unum_arena *arena, struct store_item *items, struct unum_err *err);

#endif

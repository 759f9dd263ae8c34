/*
 * store: the strongly consistent key-value store behind every workflow.
 *
 * An item has a key and named attributes. Every item of a run carries the run's nonce: an item with
 * another nonce is *absent* for all operations here (a left-over of an expired run), and create and
 * update overwrite it; an empty nonce reads items of any run. Values are opaque text. Backends:
 * store_dynamodb, store_memory (tests). One conformance suite, tests/conformance/store_suite.h,
 * holds for all.
 */
#ifndef UNUM_STORE_STORE_H
#define UNUM_STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"

enum store_type {
    STORE_TEXT,    /* text */
    STORE_NUMBER,  /* text: decimal */
    STORE_NUMBERS, /* numbers: a set, ascending in what is returned */
    STORE_ENDS,    /* ends: position -> text */
};

struct store_end {
    uint32_t position;
    struct unum_str text;
};

struct store_attr {
    struct unum_str name;
    enum store_type type;
    struct unum_str text;
    const uint32_t *numbers;
    const struct store_end *ends;
    size_t len; /* of numbers or ends */
};

struct store_item {
    bool present;
    const struct store_attr *at;
    size_t len;
};

/* The attribute of that name, or NULL; its text, or the empty view. */
const struct store_attr *store_attr(const struct store_item *item, const char *name);
struct unum_str store_text(const struct store_item *item, const char *name);

#define STORE_NONCE "Nonce" /* attribute that names the run an item belongs to */
#define STORE_EXPIRES                                                                              \
    "Expires" /* seconds since 1970; the store may delete the item some time after */

/* One atomic change of one item; the item is made if it is absent. */
struct store_update {
    struct unum_str key;
    const struct store_attr *set; /* replaced */
    size_t set_len;
    struct unum_str add_name; /* attribute of type NUMBERS; ptr NULL: nothing is added */
    uint32_t add;
    struct unum_str failed_name; /* a second set that gets `add` too; ptr NULL: none */
    struct unum_str end_name; /* attribute of type ENDS: position `add` gets `end` if it has none */
    struct unum_str end;
    struct unum_str
        member_name; /* attribute that is a set of texts (returned as ENDS with positions 0..) */
    struct unum_str member;
    /* Applied only if the item is present and attribute `if_name` has text `if_text`; ptr NULL:
     * always. */
    struct unum_str if_name, if_text;
};

struct store_ops {
    const char *scheme; /* "dynamodb" */
    /* Strongly consistent read of `count` keys, in any number of requests, all or nothing.
     * items[i] belongs to keys[i]; texts live in `arena`. Never fewer: unprocessed keys are asked
     * again. */
    int (*read)(void *state, struct unum_str nonce, const struct unum_str *keys, size_t count,
                struct unum_arena *arena, struct store_item *items, struct unum_err *err);
    /* Create if absent. EXISTS if it is there, with what is there in *ret_existing.
     * Repeating it after an ambiguous answer is allowed: whoever sees its own value there has won.
     */
    int (*create)(void *state, struct unum_str nonce, struct unum_str key,
                  const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                  struct store_item *ret_existing, struct unum_err *err);
    /* As create, for the run record, which decides the nonce: present means "Expires after now_s".
     */
    int (*create_run)(void *state, int64_t now_s, struct unum_str key,
                      const struct store_attr *attrs, size_t len, struct unum_arena *arena,
                      struct store_item *ret_existing, struct unum_err *err);
    /* Write whatever is there (spill parts, items of a window: every copy writes the same bytes).
     */
    int (*put)(void *state, struct unum_str key, const struct store_attr *attrs, size_t len,
               struct unum_err *err);
    /* Atomic; *ret_new is the item after it. CONFLICT if the condition does not hold (nothing
     * changed; *ret_new is what is there). */
    int (*update)(void *state, struct unum_str nonce, const struct store_update *update,
                  struct unum_arena *arena, struct store_item *ret_new, struct unum_err *err);
    void (*close)(void *state);
};

struct store {
    const struct store_ops *ops;
    void *state;
};

struct aws_client;
/* Items in `table`; the client is borrowed. Attribute Name (S) is the partition key. */
UNUM_CHECKED int store_dynamodb_open(struct aws_client *client, struct unum_str table,
                                     struct store *ret, struct unum_err *err);
/* In this process; for tests. */
UNUM_CHECKED int store_memory_open(struct store *ret, struct unum_err *err);

#endif

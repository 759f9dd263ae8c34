/*
 * table: looking around in the data store: the runs of an application, the items of a run, and
 * removing them. DynamoDB has no order of keys here, so looking around reads the whole table, page
 * by page (1 MB each); the runtime never does.
 * Source: DynamoDB API reference, Scan and BatchWriteItem.
 */
#ifndef UNUM_RUNS_TABLE_H
#define UNUM_RUNS_TABLE_H

#include "aws/client.h"
#include "store/record.h"

struct runs_table {
    struct aws_client *client;
    struct unum_str name;
    const struct unum_clock *clock;
};

struct table_query {
    struct unum_str prefix;    /* keys start with it */
    struct unum_str attribute; /* only items that have it; empty: all */
    bool keys_only;            /* nothing but keys (and what says whose they are) is sent */
    const bool *stop;          /* becomes true: CANCELLED; may be NULL */
};
/* Strongly consistent. `each` is called per item in no order; its texts are valid until it returns;
 * false ends the scan (0 is returned). */
UNUM_CHECKED int table_scan(const struct runs_table *table, const struct table_query *query,
                            bool (*each)(void *cookie, struct unum_str key,
                                         const struct store_item *item),
                            void *cookie, struct unum_err *err);
/* Delete items, whether they are there or not: 25 a request, repeated for what the service left
 * out. THROTTLED if it goes on leaving out. */
UNUM_CHECKED int table_delete(const struct runs_table *table, const struct unum_str *keys,
                              size_t count, struct unum_err *err);

struct run_entry {
    struct unum_str session;
    struct run_record record; /* without output and cause */
};
enum { TABLE_MOST_RUNS = 1000000 };
/* All runs of an application, newest first; *ret in the arena. */
UNUM_CHECKED int table_runs(const struct runs_table *table, struct unum_str app,
                            struct unum_arena *arena, struct run_entry **ret, size_t *ret_len,
                            struct unum_err *err);

/* Remove all items of finished runs, the run record of each last: broken off, it is done again. */
struct table_purge {
    struct unum_str app;
    const struct run_entry *runs; /* finished ones */
    size_t runs_len;
    size_t items, done; /* out: items removed, runs removed */
};
UNUM_CHECKED int table_purge(const struct runs_table *table, struct table_purge *purge,
                             void (*progress)(void *cookie, const struct table_purge *purge),
                             void *cookie, struct unum_err *err);

#endif

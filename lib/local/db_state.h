/*
 * db_state: where the database keeps its bytes. Records have a space (the items of a table, the
 * tables themselves, tokens of transactions) and a key. Two backends behind one ops table: memory
 * and SQLite; tests/unit/local/test_db_state.c holds for both.
 */
#ifndef UNUM_LOCAL_DB_STATE_H
#define UNUM_LOCAL_DB_STATE_H

#include "base/arena.h"
#include "local/db.h"

/* Spaces that are no table: their names cannot be names of tables. */
#define DB_SPACE_TABLES UNUM_STR("#tables")
#define DB_SPACE_TOKENS UNUM_STR("#tokens")

enum { DB_NEVER_EXPIRES = 0 };

struct db_record {
    struct unum_str key;
    struct unum_str text; /* a JSON object; ptr NULL: there is no such record */
    size_t size;          /* as counted for the item limit */
    int64_t expires;      /* seconds since 1970, or DB_NEVER_EXPIRES */
};

struct db_change {
    struct unum_str space;
    struct db_record record; /* text ptr NULL: the record is removed */
};

struct db_state_ops {
    const char *name;
    /* Open a transaction: what is read stays as it is until end(). CONFLICT when another process
     * keeps the file busy. Views handed out are good until end(). */
    int (*begin)(void *state, bool writing, struct unum_err *err);
    int (*get)(void *state, struct unum_str space, struct unum_str key, struct unum_arena *arena,
               struct db_record *ret, struct unum_err *err);
    /* Records of `space` in byte order of their keys, after `after` (ptr NULL: from the first),
     * until `each` returns false. `each` must not change the state. */
    int (*scan)(void *state, struct unum_str space, struct unum_str after,
                bool (*each)(void *cookie, const struct db_record *record), void *cookie,
                struct unum_err *err);
    /* All changes or none. */
    int (*apply)(void *state, const struct db_change *changes, size_t count, struct unum_err *err);
    /* Close the transaction; nothing of it stays if `keep` is false. */
    int (*end)(void *state, bool keep, struct unum_err *err);

    /* The rest are transactions of their own. */

    /* Number of records of a space and the sum of their sizes. */
    int (*count)(void *state, struct unum_str space, uint64_t *ret_records, uint64_t *ret_bytes,
                 struct unum_err *err);
    /* Remove all records of `space`; ptr NULL: of all spaces but DB_SPACE_TABLES, and all log rows.
     */
    int (*drop)(void *state, struct unum_str space, struct unum_err *err);
    /* Remove the records of `space` that expire before `now_s`. */
    int (*expire)(void *state, struct unum_str space, int64_t now_s, size_t *ret_removed,
                  struct unum_err *err);

    int (*log_append)(void *state, struct unum_str stream, int64_t time_ms, struct unum_str text,
                      struct unum_err *err);
    int (*log_query)(void *state, const struct local_db_log_query *query,
                     bool (*each)(void *cookie, const struct local_db_log_row *row), void *cookie,
                     struct unum_err *err);
    int (*log_streams)(void *state, struct unum_str prefix,
                       bool (*each)(void *cookie, const struct local_db_log_stream *stream),
                       void *cookie, struct unum_err *err);
    void (*close)(void *state);
};

struct db_state {
    const struct db_state_ops *ops;
    void *state;
};

void db_state_memory_open(struct db_state *ret);
UNUM_CHECKED int db_state_sqlite_open(const char *path, struct db_state *ret, struct unum_err *err);

#endif

/*
 * db: the DynamoDB of the local platform, and the file its state is kept in.
 *
 * A database takes one whole operation of the JSON 1.0 protocol (DynamoDB_20120810), carries it out
 * synchronously and leaves status and body of the answer, worded as the service words it.
 * Conditions, updates and transactions are atomic: an operation is one transaction of the state
 * behind it. What is not there is refused with an error that names it. Tables have one partition
 * key of type S.
 *
 * State is SQLite (a path) or memory (no path). A file can be open in several processes; operations
 * of one struct local_db must not run at the same time. Time is passed in by the caller.
 */
#ifndef UNUM_LOCAL_DB_H
#define UNUM_LOCAL_DB_H

#include "base/buf.h"
#include "base/err.h"

struct local_db;

struct local_db_config {
    const char *path;        /* SQLite file, made if absent; NULL: memory */
    struct unum_str region;  /* in ARNs; empty: us-east-1 */
    struct unum_str account; /* in ARNs; empty: 000000000000 */
};

/* Open or make the state. IO with the file's name and a way out if it cannot be read, is damaged,
 * or was written by a newer version (UNSUPPORTED). */
UNUM_CHECKED int local_db_open(const struct local_db_config *config, struct local_db **ret_db,
                               struct unum_err *err);
void local_db_close(struct local_db *db); /* NULL is fine */
/* Forget all items, idempotence tokens and log rows; tables stay. Fast: meant for sweeps. */
UNUM_CHECKED int local_db_reset(struct local_db *db, struct unum_err *err);

/* Make table `name` if it is absent: partition key Name (S), TTL attribute Expires switched on. */
UNUM_CHECKED int local_db_ensure_table(struct local_db *db, struct unum_str name, int64_t now_ms,
                                       struct unum_err *err);

/* The name of the i-th operation that it has, NULL behind the last. */
const char *local_db_operation(size_t i);
/* Carry out one operation.
 *   operation   "GetItem", or the whole X-Amz-Target "DynamoDB_20120810.GetItem"
 *   body        the request's body; any bytes
 *   ret_body    appended to; its ceiling should be UNUM_LIMIT_HTTP_BODY
 * Never fails: what goes wrong becomes an error answer (400 as the service's, 500
 * InternalServerError with the reason when the state cannot be read or written). Content type of
 * every answer: application/x-amz-json-1.0. */
void local_db_call(struct local_db *db, struct unum_str operation, struct unum_str body,
                   int64_t now_ms, int *ret_status, struct unum_buf *ret_body);

/* Remove the items whose TTL attribute is before `now_s` (seconds since 1970), in every table whose
 * TTL is switched on. Until then expired items stay visible, as they may on AWS. */
UNUM_CHECKED int local_db_expire(struct local_db *db, int64_t now_s, size_t *ret_removed,
                                 struct unum_err *err);

/* What was consumed since opening, counted as AWS bills it. */
struct local_db_usage {
    uint64_t operations;
    uint64_t read_halves; /* read units * 2: an eventually consistent read of <= 4 KB is one */
    uint64_t write_units; /* 1 KB each, two in transactions */
    uint64_t conditions_failed;
};
struct local_db_usage local_db_usage(const struct local_db *db);

/*
 * Log rows, in the same file. A stream is any name; rows of all streams share one order of arrival.
 */
struct local_db_log_row {
    int64_t id; /* ascending, > 0 */
    struct unum_str stream;
    int64_t time_ms;
    struct unum_str text;
};

UNUM_CHECKED int local_db_log_append(struct local_db *db, struct unum_str stream, int64_t time_ms,
                                     struct unum_str text, struct unum_err *err);

struct local_db_log_query {
    struct unum_str stream;    /* exactly this one, or */
    bool prefix;               /* every stream that starts with `stream` (empty: all) */
    int64_t from_ms, until_ms; /* from <= time < until; until 0: no end */
    int64_t after_id;          /* only rows with a larger id */
    size_t limit;              /* 0: no limit */
};

/* Calls `each` per row, in order of arrival, until it returns false. The row's views end with the
 * call; `each` must not use `db`. */
UNUM_CHECKED int local_db_log_query(struct local_db *db, const struct local_db_log_query *query,
                                    bool (*each)(void *cookie, const struct local_db_log_row *row),
                                    void *cookie, struct unum_err *err);

struct local_db_log_stream {
    struct unum_str name;
    int64_t first_ms, last_ms; /* times of its earliest and latest row */
    uint64_t rows, bytes;
};
/* The streams that start with `prefix`, by name. */
UNUM_CHECKED int local_db_log_streams(struct local_db *db, struct unum_str prefix,
                                      bool (*each)(void *cookie,
                                                   const struct local_db_log_stream *stream),
                                      void *cookie, struct unum_err *err);

#endif

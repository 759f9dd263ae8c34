/* State in a SQLite file: it survives a restart and can be looked into with SQL. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "local/db_state.h"
#include "json/json.h"

enum {
    SCHEMA_VERSION = 1,
    APPLICATION_ID = 0x756e756d, /* "unum" */
    BUSY_MS = 3000,
};

/* X(name, SQL) */
#define STATEMENT_TABLE(X)                                                                         \
    X(BEGIN_READ, "BEGIN")                                                                         \
    X(BEGIN_WRITE, "BEGIN IMMEDIATE")                                                              \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(GET, "SELECT value, size, expires FROM record WHERE space = ?1 AND key = ?2")                \
    X(PUT, "INSERT INTO record (space, key, value, size, expires) VALUES (?1, ?2, ?3, ?4, ?5) "    \
           "ON CONFLICT (space, key) DO UPDATE SET value = ?3, size = ?4, expires = ?5")           \
    X(REMOVE, "DELETE FROM record WHERE space = ?1 AND key = ?2")                                  \
    X(SCAN, "SELECT value, size, expires, key FROM record WHERE space = ?1 AND key > ?2 "          \
            "ORDER BY key")                                                                        \
    X(COUNT, "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM record WHERE space = ?1")               \
    X(DROP, "DELETE FROM record WHERE space = ?1")                                                 \
    X(DROP_ALL, "DELETE FROM record WHERE space <> '#tables'")                                     \
    X(DROP_LOG, "DELETE FROM log")                                                                 \
    X(EXPIRE, "DELETE FROM record WHERE space = ?1 AND expires > 0 AND expires < ?2")              \
    X(LOG_APPEND, "INSERT INTO log (stream, time, text) VALUES (?1, ?2, ?3)")                      \
    X(LOG_QUERY, "SELECT id, stream, time, text FROM log WHERE stream = ?1 AND id > ?2 "           \
                 "AND time >= ?3 AND time < ?4 ORDER BY id LIMIT ?5")                              \
    X(LOG_PREFIX, "SELECT id, stream, time, text FROM log WHERE stream >= ?1 AND id > ?2 "         \
                  "AND time >= ?3 AND time < ?4 AND substr(stream, 1, length(?1)) = ?1 "           \
                  "ORDER BY id LIMIT ?5")                                                          \
    X(LOG_STREAMS, "SELECT stream, MIN(time), MAX(time), COUNT(*), "                               \
                   "SUM(LENGTH(CAST(text AS BLOB))) FROM log "                                     \
                   "WHERE stream >= ?1 AND substr(stream, 1, length(?1)) = ?1 "                    \
                   "GROUP BY stream ORDER BY stream")

enum statement {
#define STATEMENT_ENUM(name, sql) SQL_##name,
    STATEMENT_TABLE(STATEMENT_ENUM)
#undef STATEMENT_ENUM
        STATEMENT_COUNT
};

static const char *const statement_text[] = {
#define STATEMENT_TEXT(name, sql) [SQL_##name] = (sql),
    STATEMENT_TABLE(STATEMENT_TEXT)
#undef STATEMENT_TEXT
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE record ("
    " space TEXT NOT NULL,"   /* a table's name, '#tables' or '#tokens' */
    " key TEXT NOT NULL,"     /* value of the partition key */
    " value TEXT NOT NULL,"   /* attributes as DynamoDB JSON */
    " size INTEGER NOT NULL," /* bytes as counted for the item limit */
    " expires INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY (space, key));"
    "CREATE INDEX record_expires ON record (space, expires) WHERE expires > 0;"
    "CREATE TABLE log ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " stream TEXT NOT NULL,"
    " time INTEGER NOT NULL," /* ms since 1970 */
    " text TEXT NOT NULL);"
    "CREATE INDEX log_stream ON log (stream, id);"
    "CREATE VIEW item AS SELECT space AS table_name, key, value FROM record"
    " WHERE space NOT LIKE '#%';"
    "PRAGMA application_id = 1970173293;" /* APPLICATION_ID */
    "PRAGMA user_version = 1;"            /* SCHEMA_VERSION */
    "COMMIT;";

struct sqlite {
    sqlite3 *file;
    char *path;
    sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared when first used */
};

/* What went wrong in `s`, in words that name the file and a way out. */
static int failed(struct sqlite *s, const char *doing, struct unum_err *err)
{
    int rc, code = sqlite3_errcode(s->file);
    int sys = sqlite3_system_errno(s->file);
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        rc = unum_err_set(err, UNUM_E_CONFLICT, "%s: another process keeps \"%s\" busy", doing,
                          s->path);
        (void)unum_err_hint(err, "stop the other process that uses it and try again");
        return rc;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        rc = unum_err_set(err, UNUM_E_IO, "%s: the database \"%s\" is damaged (%s)", doing, s->path,
                          sqlite3_errmsg(s->file));
        (void)unum_err_hint(err,
                            "move it away and a new one is made; what runs left in it is lost");
        return rc;
    case SQLITE_FULL:
        rc = unum_err_set(err, UNUM_E_IO, "%s: no space is left for the database \"%s\"", doing,
                          s->path);
        (void)unum_err_hint(err, "make room on the disk and try again");
        return rc;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        rc =
            unum_err_set(err, UNUM_E_DENIED, "%s: cannot open the database \"%s\" for writing (%s)",
                         doing, s->path, sys ? strerrordesc_np(sys) : sqlite3_errmsg(s->file));
        (void)unum_err_hint(err, "check that folder and file can be written");
        return rc;
    default:
        return unum_err_set(err, UNUM_E_IO, "%s: database \"%s\": %s%s%s", doing, s->path,
                            sqlite3_errmsg(s->file), sys ? ": " : "",
                            sys ? strerrordesc_np(sys) : "");
    }
}

static void finish_statement(sqlite3_stmt **statement)
{
    if (!*statement)
        return;
    (void)sqlite3_reset(*statement);
    (void)sqlite3_clear_bindings(*statement);
}

/* sqlite3_stmt *UNUM_AUTO(finish_statement) statement: ready for its next use at the end. */
static int use(struct sqlite *s, enum statement which, sqlite3_stmt **ret, struct unum_err *err)
{
    sqlite3_stmt **statement = &s->statements[which];
    if (!*statement && sqlite3_prepare_v3(s->file, statement_text[which], -1,
                                          SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        return failed(s, "prepare a statement", err);
    *ret = *statement;
    return 0;
}

static void bind(sqlite3_stmt *statement, int at, struct unum_str text)
{
    (void)sqlite3_bind_text64(statement, at, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC,
                              SQLITE_UTF8);
}

static struct unum_str column(sqlite3_stmt *statement, int at)
{
    const char *text = (const char *)sqlite3_column_text(statement, at);
    return unum_str_of(text ? text : "", (size_t)sqlite3_column_bytes(statement, at));
}

/* The text of an item. People look into the file with SQL and may have written there too: what is
 * no JSON must not reach those who rely on it. */
static int item_column(struct sqlite *s, sqlite3_stmt *statement, struct unum_str key,
                       struct unum_str *ret, struct unum_err *err)
{
    if (!json_check(column(statement, 0), ret, NULL) && json_type(*ret) == JSON_OBJECT)
        return 0;
    int rc =
        unum_err_set(err, UNUM_E_IO, "read an item: the database \"%s\" is damaged (item \"%.*s\")",
                     s->path, UNUM_STR_ARG(unum_str_slice(key, 0, 256)));
    (void)unum_err_hint(err, "delete the item, or move the file away and a new one is made");
    return rc;
}

/* Run a statement that has no rows. */
static int run(struct sqlite *s, sqlite3_stmt *statement, const char *doing, struct unum_err *err)
{
    int code = sqlite3_step(statement);
    return code == SQLITE_DONE || code == SQLITE_ROW ? 0 : failed(s, doing, err);
}

static int run_plain(struct sqlite *s, enum statement which, const char *doing,
                     struct unum_err *err)
{
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, which, &statement, err);
    return rc ? rc : run(s, statement, doing, err);
}

static int begin(void *state, bool writing, struct unum_err *err)
{
    return run_plain(state, writing ? SQL_BEGIN_WRITE : SQL_BEGIN_READ, "begin a transaction", err);
}

static int end(void *state, bool keep, struct unum_err *err)
{
    struct sqlite *s = state;
    int rc = keep ? run_plain(s, SQL_COMMIT, "commit", err) : 0;
    /* A failure may have ended the transaction already. */
    if ((rc || !keep) && !sqlite3_get_autocommit(s->file)) {
        int undone = run_plain(s, SQL_ROLLBACK, "roll back", rc ? NULL : err);
        rc = rc ? rc : undone;
    }
    return rc;
}

static int get(void *state, struct unum_str space, struct unum_str key, struct unum_arena *arena,
               struct db_record *ret, struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_GET, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, space);
    bind(statement, 2, key);
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return failed(s, "read an item", err);
    *ret = (struct db_record){.key = key};
    if (code == SQLITE_DONE)
        return 0;
    struct unum_str text;
    rc = item_column(s, statement, key, &text, err);
    if (rc)
        return rc;
    ret->text = unum_arena_str(arena, text);
    ret->size = (size_t)sqlite3_column_int64(statement, 1);
    ret->expires = sqlite3_column_int64(statement, 2);
    return 0;
}

static int scan(void *state, struct unum_str space, struct unum_str after,
                bool (*each)(void *cookie, const struct db_record *record), void *cookie,
                struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_SCAN, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, space);
    bind(statement, 2, after); /* keys are not empty: the empty text is before all of them */
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct db_record record = {.key = column(statement, 3),
                                   .size = (size_t)sqlite3_column_int64(statement, 1),
                                   .expires = sqlite3_column_int64(statement, 2)};
        rc = item_column(s, statement, record.key, &record.text, err);
        if (rc)
            return rc;
        if (!each(cookie, &record))
            return 0;
    }
    return code == SQLITE_DONE ? 0 : failed(s, "read items", err);
}

static int apply_one(struct sqlite *s, const struct db_change *change, struct unum_err *err)
{
    const struct db_record *record = &change->record;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, record->text.ptr ? SQL_PUT : SQL_REMOVE, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, change->space);
    bind(statement, 2, record->key);
    if (record->text.ptr) {
        bind(statement, 3, record->text);
        (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)record->size);
        (void)sqlite3_bind_int64(statement, 5, record->expires);
    }
    return run(s, statement, "write an item", err);
}

static int apply(void *state, const struct db_change *changes, size_t count, struct unum_err *err)
{
    for (size_t i = 0; i < count; i++) {
        int rc = apply_one(state, &changes[i], err);
        if (rc)
            return rc;
    }
    return 0;
}

static int count_records(void *state, struct unum_str space, uint64_t *ret_records,
                         uint64_t *ret_bytes, struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_COUNT, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, space);
    if (sqlite3_step(statement) != SQLITE_ROW)
        return failed(s, "count items", err);
    *ret_records = (uint64_t)sqlite3_column_int64(statement, 0);
    *ret_bytes = (uint64_t)sqlite3_column_int64(statement, 1);
    return 0;
}

static int drop_space(struct sqlite *s, struct unum_str space, struct unum_err *err)
{
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_DROP, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, space);
    return run(s, statement, "remove items", err);
}

static int drop(void *state, struct unum_str space, struct unum_err *err)
{
    if (space.ptr)
        return drop_space(state, space, err);
    int rc = begin(state, true, err);
    if (rc)
        return rc;
    rc = run_plain(state, SQL_DROP_ALL, "remove items", err);
    if (!rc)
        rc = run_plain(state, SQL_DROP_LOG, "remove log rows", err);
    int ended = end(state, !rc, rc ? NULL : err);
    return rc ? rc : ended;
}

static int expire(void *state, struct unum_str space, int64_t now_s, size_t *ret_removed,
                  struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_EXPIRE, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, space);
    (void)sqlite3_bind_int64(statement, 2, now_s);
    rc = run(s, statement, "remove expired items", err);
    if (!rc)
        *ret_removed = (size_t)sqlite3_changes(s->file);
    return rc;
}

static int log_append(void *state, struct unum_str stream, int64_t time_ms, struct unum_str text,
                      struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_LOG_APPEND, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, stream);
    (void)sqlite3_bind_int64(statement, 2, time_ms);
    bind(statement, 3, text);
    return run(s, statement, "write a log row", err);
}

static int log_query(void *state, const struct local_db_log_query *query,
                     bool (*each)(void *cookie, const struct local_db_log_row *row), void *cookie,
                     struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, query->prefix ? SQL_LOG_PREFIX : SQL_LOG_QUERY, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, query->stream);
    (void)sqlite3_bind_int64(statement, 2, query->after_id);
    (void)sqlite3_bind_int64(statement, 3, query->from_ms);
    (void)sqlite3_bind_int64(statement, 4, query->until_ms ? query->until_ms : INT64_MAX);
    bool limited = query->limit && query->limit < INT64_MAX;
    (void)sqlite3_bind_int64(statement, 5, limited ? (sqlite3_int64)query->limit : -1);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct local_db_log_row row = {.id = sqlite3_column_int64(statement, 0),
                                       .stream = column(statement, 1),
                                       .time_ms = sqlite3_column_int64(statement, 2),
                                       .text = column(statement, 3)};
        if (!each(cookie, &row))
            return 0;
    }
    return code == SQLITE_DONE ? 0 : failed(s, "read log rows", err);
}

static int log_streams(void *state, struct unum_str prefix,
                       bool (*each)(void *cookie, const struct local_db_log_stream *stream),
                       void *cookie, struct unum_err *err)
{
    struct sqlite *s = state;
    sqlite3_stmt *UNUM_AUTO(finish_statement) statement = NULL;
    int rc = use(s, SQL_LOG_STREAMS, &statement, err);
    if (rc)
        return rc;
    bind(statement, 1, prefix);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        struct local_db_log_stream stream = {
            .name = column(statement, 0),
            .first_ms = sqlite3_column_int64(statement, 1),
            .last_ms = sqlite3_column_int64(statement, 2),
            .rows = (uint64_t)sqlite3_column_int64(statement, 3),
            .bytes = (uint64_t)sqlite3_column_int64(statement, 4),
        };
        if (!each(cookie, &stream))
            return 0;
    }
    return code == SQLITE_DONE ? 0 : failed(s, "list log streams", err);
}

static void close_sqlite(void *state)
{
    struct sqlite *s = state;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(s->statements[i]);
    (void)sqlite3_close(s->file);
    free(s->path);
    free(s);
}

static const struct db_state_ops ops = {
    .name = "sqlite",
    .begin = begin,
    .get = get,
    .scan = scan,
    .apply = apply,
    .end = end,
    .count = count_records,
    .drop = drop,
    .expire = expire,
    .log_append = log_append,
    .log_query = log_query,
    .log_streams = log_streams,
    .close = close_sqlite,
};

static int ask_number(struct sqlite *s, const char *sql, int64_t *ret, struct unum_err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(s->file, sql, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    int rc = 0;
    if (code == SQLITE_ROW)
        *ret = sqlite3_column_int64(statement, 0);
    else
        rc = failed(s, "open", err);
    (void)sqlite3_finalize(statement);
    return rc;
}

/* Another version's or another program's file is refused before anything in it is changed. */
static int check_owner(struct sqlite *s, bool *ret_new, struct unum_err *err)
{
    int64_t version = 0, application = 0, objects = 0;
    int rc = ask_number(s, "PRAGMA user_version", &version, err);
    if (!rc)
        rc = ask_number(s, "PRAGMA application_id", &application, err);
    if (!rc)
        rc = ask_number(s, "SELECT COUNT(*) FROM sqlite_master", &objects, err);
    if (rc)
        return rc;
    *ret_new = !objects && !application;
    if (*ret_new)
        return 0;
    if (application != APPLICATION_ID) {
        rc = unum_err_set(err, UNUM_E_INVAL, "open: \"%s\" is a database of another program",
                          s->path);
        (void)unum_err_hint(err, "name another file");
        return rc;
    }
    if (version != SCHEMA_VERSION) {
        rc = unum_err_set(err, UNUM_E_UNSUPPORTED,
                          "open: \"%s\" has schema %lld, this version of unum knows schema %d",
                          s->path, (long long)version, (int)SCHEMA_VERSION);
        (void)unum_err_hint(err, "use the newer unum that wrote it, or move the file away");
        return rc;
    }
    return 0;
}

static int make_tables(struct sqlite *s, struct unum_err *err)
{
    if (sqlite3_exec(s->file, schema, NULL, NULL, NULL) == SQLITE_OK)
        return 0;
    int rc = failed(s, "make the tables", err);
    (void)end(s, false, NULL);
    bool still_new = true; /* another process may have been faster */
    return check_owner(s, &still_new, NULL) || still_new ? rc : 0;
}

static int open_file(struct sqlite *s, struct unum_err *err)
{
    static const char settings[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;";
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(s->path, &s->file, flags, NULL) != SQLITE_OK)
        return failed(s, "open", err);
    (void)sqlite3_busy_timeout(s->file, BUSY_MS);
    bool is_new = false;
    int rc = check_owner(s, &is_new, err);
    if (rc)
        return rc;
    if (sqlite3_exec(s->file, settings, NULL, NULL, NULL) != SQLITE_OK)
        return failed(s, "open", err);
    return is_new ? make_tables(s, err) : 0;
}

int db_state_sqlite_open(const char *path, struct db_state *ret, struct unum_err *err)
{
    struct sqlite *s = unum_alloc(sizeof(*s));
    s->path = unum_strdup(path);
    int rc = open_file(s, err);
    if (rc) {
        close_sqlite(s);
        return rc;
    }
    *ret = (struct db_state){&ops, s};
    return 0;
}

/*
 * What must survive a restart beside the items and the log: accepted events, skipped time, records
 * of services. In tables of their own in the state file, over a connection of their own.
 */
#include "local/internal.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "json/json.h"

enum statement {
    KEEP_EVENT,
    FORGET_EVENT,
    LIST_EVENTS,
    KEEP_SKIPPED,
    READ_SKIPPED,
    KEEP_RECORD,
    FORGET_RECORD,
    FORGET_RECORDS,
    LIST_RECORDS,
    STATEMENT_COUNT
};

static const char *const statements[STATEMENT_COUNT] = {
    [KEEP_EVENT] = "INSERT INTO local_events (function, request_id, trace, payload, first_ms) "
                   "VALUES (?1, ?2, ?3, ?4, ?5)",
    [FORGET_EVENT] = "DELETE FROM local_events WHERE id = ?1",
    [LIST_EVENTS] = "SELECT id, request_id, trace, payload, first_ms FROM local_events "
                    "WHERE function = ?1 ORDER BY id",
    [KEEP_SKIPPED] = "INSERT OR REPLACE INTO local_numbers (name, value) VALUES ('skipped', ?1)",
    [READ_SKIPPED] = "SELECT value FROM local_numbers WHERE name = 'skipped'",
    [KEEP_RECORD] = "INSERT OR REPLACE INTO local_records (kind, name, body) VALUES (?1, ?2, ?3)",
    [FORGET_RECORD] = "DELETE FROM local_records WHERE kind = ?1 AND name = ?2",
    [FORGET_RECORDS] = "DELETE FROM local_records WHERE kind = ?1 AND "
                       "substr(name, 1, length(?2)) = ?2",
    [LIST_RECORDS] = "SELECT name, body FROM local_records WHERE kind = ?1 ORDER BY name",
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS local_events (id INTEGER PRIMARY KEY AUTOINCREMENT, function TEXT "
    "NOT NULL, request_id TEXT NOT NULL, trace TEXT NOT NULL, payload BLOB NOT NULL, first_ms "
    "INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS local_events_function ON local_events (function, id);"
    "CREATE TABLE IF NOT EXISTS local_numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS local_records (kind TEXT NOT NULL, name TEXT NOT NULL, body BLOB "
    "NOT NULL, PRIMARY KEY (kind, name));";

struct state {
    sqlite3 *db;
    sqlite3_stmt *prepared[STATEMENT_COUNT];
    char *path;
    unsigned depth;          /* of state_records_begin() */
    uint64_t restored_up_to; /* events up to this id are an earlier platform's */
};

static int failed(const struct state *state, struct unum_err *err)
{
    (void)unum_err_set(err, UNUM_E_IO, "local state %s: %s", state->path,
                       sqlite3_errmsg(state->db));
    return unum_err_hint(err, "free some disk space, or remove the file to start afresh");
}

static void write_failed(struct local *local)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    (void)failed(local->state, &err);
    local_broken(local, &err);
}

static void bind_text(sqlite3_stmt *statement, int at, struct unum_str text)
{
    (void)sqlite3_bind_text(statement, at, text.ptr ? text.ptr : "", (int)text.len,
                            SQLITE_TRANSIENT);
}

/* Carry out a statement without rows. */
static bool run(sqlite3_stmt *statement)
{
    bool ok = sqlite3_step(statement) == SQLITE_DONE;
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return ok;
}

static struct unum_str column(sqlite3_stmt *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement, at);
    return unum_str_of(bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, at));
}

static int prepare(struct state *state, struct unum_err *err)
{
    if (sqlite3_exec(state->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;", NULL, NULL,
                     NULL) ||
        sqlite3_exec(state->db, schema, NULL, NULL, NULL))
        return failed(state, err);
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        if (sqlite3_prepare_v3(state->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &state->prepared[i], NULL))
            return failed(state, err);
    }
    return 0;
}

int state_open(struct local *local, const char *path, struct unum_err *err)
{
    struct state *state = unum_alloc(sizeof(*state));
    state->path = unum_strdup(path);
    local->state = state;
    if (sqlite3_open(path, &state->db))
        return failed(state, err);
    (void)sqlite3_busy_timeout(state->db, 5000);
    int rc = prepare(state, err);
    if (rc)
        return rc;
    sqlite3_stmt *read = state->prepared[READ_SKIPPED];
    if (sqlite3_step(read) == SQLITE_ROW)
        local->skipped_ms = sqlite3_column_int64(read, 0);
    (void)sqlite3_reset(read);
    return 0;
}

void state_close(struct local *local)
{
    struct state *state = local->state;
    if (!state)
        return;
    local->state = NULL;
    for (int i = 0; i < STATEMENT_COUNT; i++)
        (void)sqlite3_finalize(state->prepared[i]);
    (void)sqlite3_close(state->db);
    free(state->path);
    free(state);
}

void state_keep(struct invocation *inv)
{
    struct local *local = inv->local;
    if (!local->state)
        return;
    sqlite3_stmt *keep = local->state->prepared[KEEP_EVENT];
    bind_text(keep, 1, unum_str_from(inv->function->name));
    bind_text(keep, 2, unum_str_from(inv->request_id));
    bind_text(keep, 3, unum_str_from(inv->trace));
    (void)sqlite3_bind_blob(keep, 4, inv->payload.ptr, (int)inv->payload.len, SQLITE_STATIC);
    (void)sqlite3_bind_int64(keep, 5, inv->first_ms);
    if (run(keep))
        inv->persistent_id = sqlite3_last_insert_rowid(local->state->db);
    else
        write_failed(local);
}

void state_forget(struct invocation *inv)
{
    struct local *local = inv->local;
    if (!local->state || !inv->persistent_id)
        return;
    sqlite3_stmt *forget = local->state->prepared[FORGET_EVENT];
    (void)sqlite3_bind_int64(forget, 1, inv->persistent_id);
    inv->persistent_id = 0;
    if (!run(forget))
        write_failed(local);
}

void state_skipped(struct local *local)
{
    if (!local->state)
        return;
    sqlite3_stmt *keep = local->state->prepared[KEEP_SKIPPED];
    (void)sqlite3_bind_int64(keep, 1, local->skipped_ms);
    if (!run(keep))
        write_failed(local);
}

void state_clear(struct local *local)
{
    if (local->state &&
        sqlite3_exec(local->state->db,
                     "DELETE FROM local_events; "
                     "DELETE FROM local_numbers; "
                     "DELETE FROM local_records WHERE kind NOT IN ('lambda', "
                     "'role', 'policy', 'bucket', 'object', 'upload', 'part', 'log-group');",
                     NULL, NULL, NULL))
        write_failed(local);
}

static void copy_text(char *to, size_t size, struct unum_str from)
{
    size_t len = from.len < size ? from.len : size - 1;
    memcpy(to, from.ptr, len);
    to[len] = '\0';
}

int state_restore(struct local *local, struct function *function, struct unum_err *err)
{
    if (!local->state)
        return 0;
    sqlite3_stmt *list = local->state->prepared[LIST_EVENTS];
    bind_text(list, 1, unum_str_from(function->name));
    int step;
    while ((step = sqlite3_step(list)) == SQLITE_ROW) {
        struct invocation *inv = invocation_new(local, function, column(list, 3), true);
        inv->persistent_id = sqlite3_column_int64(list, 0);
        copy_text(inv->request_id, sizeof(inv->request_id), column(list, 1));
        copy_text(inv->trace, sizeof(inv->trace), column(list, 2));
        inv->first_ms = sqlite3_column_int64(list, 4);
        queue_push(local, inv);
    }
    int rc = step == SQLITE_DONE ? 0 : failed(local->state, err);
    (void)sqlite3_reset(list);
    return rc;
}

/* ---- records ---- */

void state_records_begin(struct local *local)
{
    if (local->state && local->state->depth++ == 0 &&
        sqlite3_exec(local->state->db, "BEGIN IMMEDIATE", NULL, NULL, NULL))
        write_failed(local);
}

void state_records_end(struct local *local)
{
    if (local->state && --local->state->depth == 0 &&
        sqlite3_exec(local->state->db, "COMMIT", NULL, NULL, NULL))
        write_failed(local);
}

void state_keep_record(struct local *local, const char *kind, struct unum_str name,
                       struct unum_str body)
{
    if (!local->state)
        return;
    sqlite3_stmt *keep = local->state->prepared[KEEP_RECORD];
    bind_text(keep, 1, unum_str_from(kind));
    bind_text(keep, 2, name);
    (void)sqlite3_bind_blob(keep, 3, body.ptr ? body.ptr : "", (int)body.len, SQLITE_TRANSIENT);
    if (!run(keep))
        write_failed(local);
}

static void forget_named(struct local *local, enum statement which, const char *kind,
                         struct unum_str name)
{
    if (!local->state)
        return;
    sqlite3_stmt *forget = local->state->prepared[which];
    bind_text(forget, 1, unum_str_from(kind));
    bind_text(forget, 2, name);
    if (!run(forget))
        write_failed(local);
}

void state_forget_record(struct local *local, const char *kind, struct unum_str name)
{
    forget_named(local, FORGET_RECORD, kind, name);
}

void state_forget_records(struct local *local, const char *kind, struct unum_str prefix)
{
    forget_named(local, FORGET_RECORDS, kind, prefix);
}

int state_each_record(struct local *local, const char *kind,
                      void (*each)(struct local *local, struct unum_str name, struct unum_str body),
                      struct unum_err *err)
{
    if (!local->state)
        return 0;
    sqlite3_stmt *list = local->state->prepared[LIST_RECORDS];
    bind_text(list, 1, unum_str_from(kind));
    int step;
    while ((step = sqlite3_step(list)) == SQLITE_ROW) {
        struct unum_str value;
        /* Only what is whole is looked at. */
        if (json_check(column(list, 1), &value, NULL) == 0)
            each(local, column(list, 0), value);
    }
    int rc = step == SQLITE_DONE ? 0 : failed(local->state, err);
    (void)sqlite3_reset(list);
    return rc;
}

/* What both backends of the database's state promise, and what only a file can do wrong. */
#include "db_fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "local/db_state.h"

struct context {
    struct db_state state;
    struct unum_arena arena;
    char *dir, *path;
};

static void open_state(struct context *c, bool on_disk)
{
    *c = (struct context){0};
    if (!on_disk) {
        db_state_memory_open(&c->state);
        return;
    }
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(unum_make_temp_dir("unum-db-", &c->dir, NULL), 0);
    c->path = unum_path_join(c->dir, "state.db");
    if (db_state_sqlite_open(c->path, &c->state, &err))
        fail_msg("%s", unum_err_text(&err));
}

static void close_state(struct context *c)
{
    c->state.ops->close(c->state.state);
    unum_arena_done(&c->arena);
    if (c->dir)
        assert_int_equal(unum_remove_tree(c->dir, NULL), 0);
    free(c->dir);
    free(c->path);
}

static void apply(struct context *c, const struct db_change *changes, size_t count)
{
    assert_int_equal(c->state.ops->begin(c->state.state, true, NULL), 0);
    assert_int_equal(c->state.ops->apply(c->state.state, changes, count, NULL), 0);
    assert_int_equal(c->state.ops->end(c->state.state, true, NULL), 0);
}

static void put(struct context *c, const char *space, struct unum_str key, const char *text,
                int64_t expires)
{
    struct db_change change = {unum_str_from(space),
                               {key, unum_str_from(text), strlen(text), expires}};
    apply(c, &change, 1);
}

static struct db_record get(struct context *c, const char *space, struct unum_str key)
{
    struct db_record record;
    assert_int_equal(
        c->state.ops->get(c->state.state, unum_str_from(space), key, &c->arena, &record, NULL), 0);
    return record;
}

static void assert_count(struct context *c, const char *space, uint64_t records, uint64_t bytes)
{
    uint64_t got_records = 99, got_bytes = 99;
    assert_int_equal(
        c->state.ops->count(c->state.state, unum_str_from(space), &got_records, &got_bytes, NULL),
        0);
    assert_int_equal(got_records, records);
    assert_int_equal(got_bytes, bytes);
}

static void keeps_records(struct context *c)
{
    struct unum_str odd = UNUM_STR("a\0b\xc3\xa9'\"%");
    assert_null(get(c, "tab", odd).text.ptr);
    put(c, "tab", odd, "{\"1\":1}", 77);
    put(c, "other", odd, "{}", 0);
    struct db_record record = get(c, "tab", odd);
    assert_true(unum_str_is(record.text, "{\"1\":1}"));
    assert_int_equal(record.size, 7);
    assert_int_equal(record.expires, 77);
    put(c, "tab", odd, "{\"2\":22}", 0);
    assert_true(unum_str_is(get(c, "tab", odd).text, "{\"2\":22}"));
    assert_count(c, "tab", 1, 8);
    assert_count(c, "other", 1, 2);
    assert_count(c, "none", 0, 0);
    struct db_change gone = {UNUM_STR("tab"), {.key = odd}};
    apply(c, &gone, 1);
    apply(c, &gone, 1); /* once more is no error */
    assert_null(get(c, "tab", odd).text.ptr);
    assert_count(c, "tab", 0, 0);
    assert_true(unum_str_is(get(c, "other", odd).text, "{}"));
}

/* What was read stays readable until the transaction ends, though it is replaced meanwhile. */
static void shows_what_was_read_until_the_end(struct context *c)
{
    put(c, "tab", UNUM_STR("k"), "{\"b\":1}", 0);
    assert_int_equal(c->state.ops->begin(c->state.state, true, NULL), 0);
    struct db_record record = get(c, "tab", UNUM_STR("k"));
    struct db_change change = {UNUM_STR("tab"), {UNUM_STR("k"), UNUM_STR("{\"a\":1}"), 7, 0}};
    assert_int_equal(c->state.ops->apply(c->state.state, &change, 1, NULL), 0);
    assert_true(unum_str_is(record.text, "{\"b\":1}"));
    assert_true(unum_str_is(get(c, "tab", UNUM_STR("k")).text, "{\"a\":1}"));
    assert_int_equal(c->state.ops->end(c->state.state, true, NULL), 0);
}

struct seen {
    struct unum_buf keys;
    size_t limit;
};

static bool note_key(void *cookie, const struct db_record *record)
{
    struct seen *seen = cookie;
    unum_buf_printf(&seen->keys, "%.*s=%zu ", UNUM_STR_ARG(record->key), json_count(record->text));
    return --seen->limit > 0;
}

static void assert_scan(struct context *c, struct unum_str after, size_t limit,
                        const char *expected)
{
    struct seen seen = {UNUM_BUF_INIT(4096), limit};
    assert_int_equal(
        c->state.ops->scan(c->state.state, UNUM_STR("tab"), after, note_key, &seen, NULL), 0);
    assert_string_equal(unum_buf_text(&seen.keys), expected);
    unum_buf_done(&seen.keys);
}

static void scans_in_byte_order(struct context *c)
{
    const char *const keys[] = {"b", "a", "\xc3\xa9", "Z", "aa", "c"};
    for (size_t i = 0; i < UNUM_COUNT(keys); i++)
        put(c, "tab", unum_str_from(keys[i]), i % 2 ? "{\"v\":1}" : "{}", 0);
    put(c, "tac", UNUM_STR("a"), "{}", 0);
    assert_scan(c, UNUM_STR_NONE, 99, "Z=1 a=1 aa=0 b=0 c=1 \xc3\xa9=0 ");
    assert_scan(c, UNUM_STR_NONE, 2, "Z=1 a=1 ");
    assert_scan(c, UNUM_STR("a"), 2, "aa=0 b=0 ");
    assert_scan(c, UNUM_STR("bb"), 99, "c=1 \xc3\xa9=0 ");
    assert_scan(c, UNUM_STR("\xff"), 99, "");
}

static void removes_what_is_expired(struct context *c)
{
    put(c, "tab", UNUM_STR("never"), "{}", DB_NEVER_EXPIRES);
    put(c, "tab", UNUM_STR("past"), "{}", 99);
    put(c, "tab", UNUM_STR("now"), "{\"v\":1}", 100);
    put(c, "tab", UNUM_STR("later"), "{}", 101);
    put(c, "tac", UNUM_STR("past"), "{}", 99);
    size_t removed = 0;
    assert_int_equal(c->state.ops->expire(c->state.state, UNUM_STR("tab"), 100, &removed, NULL), 0);
    assert_int_equal(removed, 1);
    assert_scan(c, UNUM_STR_NONE, 99, "later=0 never=0 now=1 ");
    assert_count(c, "tab", 3, 11);
    assert_count(c, "tac", 1, 2);
    assert_int_equal(c->state.ops->expire(c->state.state, UNUM_STR("nothing"), 100, &removed, NULL),
                     0);
    assert_int_equal(removed, 0);
}

static void drops_a_space_or_all(struct context *c)
{
    put(c, "tab", UNUM_STR("a"), "{}", 0);
    put(c, "tac", UNUM_STR("a"), "{}", 0);
    put(c, "#tokens", UNUM_STR("a"), "{}", 0);
    put(c, "#tables", UNUM_STR("tab"), "{}", 0);
    assert_int_equal(c->state.ops->drop(c->state.state, UNUM_STR("tab"), NULL), 0);
    assert_count(c, "tab", 0, 0);
    assert_count(c, "tac", 1, 2);
    assert_int_equal(c->state.ops->drop(c->state.state, UNUM_STR_NONE, NULL), 0);
    assert_count(c, "tac", 0, 0);
    assert_count(c, "#tokens", 0, 0);
    assert_count(c, "#tables", 1, 2);
    put(c, "tab", UNUM_STR("a"), "{}", 0);
    assert_count(c, "tab", 1, 2);
}

static bool note_row(void *cookie, const struct local_db_log_row *row)
{
    struct seen *seen = cookie;
    unum_buf_printf(&seen->keys, "%.*s:%d:%.*s ", UNUM_STR_ARG(row->stream), (int)row->time_ms,
                    UNUM_STR_ARG(row->text));
    return --seen->limit > 0;
}

static void assert_rows(struct context *c, struct local_db_log_query query, const char *expected)
{
    struct seen seen = {UNUM_BUF_INIT(4096), 99};
    assert_int_equal(c->state.ops->log_query(c->state.state, &query, note_row, &seen, NULL), 0);
    assert_string_equal(unum_buf_text(&seen.keys), expected);
    unum_buf_done(&seen.keys);
}

static bool note_stream(void *cookie, const struct local_db_log_stream *stream)
{
    struct seen *seen = cookie;
    unum_buf_printf(&seen->keys, "%.*s:%d-%d:%d/%d ", UNUM_STR_ARG(stream->name),
                    (int)stream->first_ms, (int)stream->last_ms, (int)stream->rows,
                    (int)stream->bytes);
    return --seen->limit > 0;
}

static void assert_streams(struct context *c, const char *prefix, const char *expected)
{
    struct seen seen = {UNUM_BUF_INIT(4096), 99};
    assert_int_equal(
        c->state.ops->log_streams(c->state.state, unum_str_from(prefix), note_stream, &seen, NULL),
        0);
    assert_string_equal(unum_buf_text(&seen.keys), expected);
    unum_buf_done(&seen.keys);
}

static void keeps_log_rows(struct context *c)
{
    const struct local_db_log_row rows[] = {
        {0, UNUM_STR("g/1"), 10, UNUM_STR("one")},    {0, UNUM_STR("g/2"), 5, UNUM_STR("two")},
        {0, UNUM_STR("g/1"), 20, UNUM_STR("th\xff")}, {0, UNUM_STR("h"), 30, UNUM_STR("")},
        {0, UNUM_STR("g%1"), 40, UNUM_STR("x")},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        assert_int_equal(c->state.ops->log_append(c->state.state, rows[i].stream, rows[i].time_ms,
                                                  rows[i].text, NULL),
                         0);
    assert_rows(c, (struct local_db_log_query){.stream = UNUM_STR("g/1")},
                "g/1:10:one g/1:20:th\xff ");
    assert_rows(c, (struct local_db_log_query){.stream = UNUM_STR("g/"), .prefix = true},
                "g/1:10:one g/2:5:two g/1:20:th\xff ");
    assert_rows(c, (struct local_db_log_query){.stream = UNUM_STR("g%"), .prefix = true},
                "g%1:40:x ");
    assert_rows(c, (struct local_db_log_query){.prefix = true, .from_ms = 10, .until_ms = 30},
                "g/1:10:one g/1:20:th\xff ");
    assert_rows(c, (struct local_db_log_query){.prefix = true, .after_id = 2, .limit = 2},
                "g/1:20:th\xff h:30: ");
    assert_rows(c, (struct local_db_log_query){.stream = UNUM_STR("nothing")}, "");
    assert_streams(c, "", "g%1:40-40:1/1 g/1:10-20:2/6 g/2:5-5:1/3 h:30-30:1/0 ");
    assert_streams(c, "g/", "g/1:10-20:2/6 g/2:5-5:1/3 ");
    assert_streams(c, "z", "");
    assert_int_equal(c->state.ops->drop(c->state.state, UNUM_STR_NONE, NULL), 0);
    assert_rows(c, (struct local_db_log_query){.prefix = true}, "");
}

static void (*const promises[])(struct context *c) = {
    keeps_records,        shows_what_was_read_until_the_end,
    scans_in_byte_order,  removes_what_is_expired,
    drops_a_space_or_all, keeps_log_rows,
};

static void memory_keeps_its_promises(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(promises); i++) {
        struct context c;
        open_state(&c, false);
        promises[i](&c);
        close_state(&c);
    }
}

static void sqlite_keeps_its_promises(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(promises); i++) {
        struct context c;
        open_state(&c, true);
        promises[i](&c);
        close_state(&c);
    }
}

static void sqlite_undoes_what_is_not_kept(void **state)
{
    (void)state;
    struct context c;
    open_state(&c, true);
    put(&c, "tab", UNUM_STR("a"), "{\"v\":0}", 0);
    struct db_change change = {UNUM_STR("tab"), {UNUM_STR("a"), UNUM_STR("{\"v\":1}"), 7, 0}};
    assert_int_equal(c.state.ops->begin(c.state.state, true, NULL), 0);
    assert_int_equal(c.state.ops->apply(c.state.state, &change, 1, NULL), 0);
    assert_int_equal(c.state.ops->end(c.state.state, false, NULL), 0);
    assert_true(unum_str_is(get(&c, "tab", UNUM_STR("a")).text, "{\"v\":0}"));
    close_state(&c);
}

static void sqlite_survives_a_restart(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, true);
    fixture_table(&f);
    fixture_call(&f, "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"a\"}}}");
    assert_answer(&f, 200, "{}");
    assert_int_equal(local_db_log_append(f.db, UNUM_STR("s"), 1, UNUM_STR("line"), NULL), 0);
    fixture_reopen(&f);
    fixture_call(&f, "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    assert_answer(&f, 200, "{\"Item\":{\"k\":{\"S\":\"a\"}}}");
    struct seen seen = {UNUM_BUF_INIT(4096), 99};
    struct local_db_log_query query = {.stream = UNUM_STR("s")};
    assert_int_equal(local_db_log_query(f.db, &query, note_row, &seen, NULL), 0);
    assert_string_equal(unum_buf_text(&seen.keys), "s:1:line ");
    unum_buf_done(&seen.keys);
    fixture_close(&f);
}

/* Two processes on one file see each other's writes; while one writes, the other waits and then
 * says who is in the way. */
static void sqlite_is_shared_safely(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, true);
    fixture_table(&f);
    struct local_db *second = NULL;
    struct local_db_config config = {.path = f.path};
    assert_int_equal(local_db_open(&config, &second, NULL), 0);
    fixture_call(&f, "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"a\"}}}");
    struct local_db *first = f.db;
    f.db = second;
    fixture_call(&f, "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    assert_answer(&f, 200, "{\"Item\":{\"k\":{\"S\":\"a\"}}}");
    sqlite3 *raw = NULL;
    assert_int_equal(sqlite3_open(f.path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    fixture_call(&f, "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"b\"}}}");
    assert_refused(&f, 500, "InternalServerError", "another process keeps");
    fixture_call(&f, "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    assert_answer(&f, 200, "{\"Item\":{\"k\":{\"S\":\"a\"}}}");
    assert_int_equal(sqlite3_exec(raw, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);
    fixture_call(&f, "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"b\"}}}");
    assert_answer(&f, 200, "{}");
    local_db_close(first);
    fixture_close(&f);
}

static void assert_not_opened(const char *path, int rc, const char *text, const char *hint)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct local_db *db = NULL;
    struct local_db_config config = {.path = path};
    assert_int_equal(local_db_open(&config, &db, &err), rc);
    if (!strstr(unum_err_text(&err), text) || !strstr(unum_err_text(&err), path) || !err.hint ||
        !strstr(err.hint, hint))
        fail_msg("%s (%s)", unum_err_text(&err), err.hint ? err.hint : "no hint");
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *raw = NULL;
    assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);
}

static void sqlite_refuses_files_it_cannot_use(void **state)
{
    (void)state;
    char *dir = NULL;
    assert_int_equal(unum_make_temp_dir("unum-db-", &dir, NULL), 0);
    char *text = unum_path_join(dir, "text"), *other = unum_path_join(dir, "other.db");
    char *newer = unum_path_join(dir, "newer.db"), *absent = unum_path_join(dir, "no/such.db");
    struct unum_str content = UNUM_STR("this is certainly not a database, but it is long enough "
                                       "to have a header of one hundred bytes in it, and more");
    assert_int_equal(unum_file_write(text, content, 0644, NULL), 0);
    assert_not_opened(text, UNUM_E_IO, "is damaged", "move it away");
    run_sql(other, "CREATE TABLE theirs (x)");
    assert_not_opened(other, UNUM_E_INVAL, "another program", "another file");
    struct db_state made;
    assert_int_equal(db_state_sqlite_open(newer, &made, NULL), 0);
    made.ops->close(made.state);
    run_sql(newer, "PRAGMA user_version = 2");
    assert_not_opened(newer, UNUM_E_UNSUPPORTED, "schema 2", "newer unum");
    assert_not_opened(absent, UNUM_E_DENIED, "cannot open", "folder");
    assert_int_equal(unum_remove_tree(dir, NULL), 0);
    free(absent);
    free(newer);
    free(other);
    free(text);
    free(dir);
}

static void fill(struct db_fixture *f, size_t items)
{
    for (size_t i = 0; i < items && f->status == 200; i++) {
        struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_buf_printf(&body,
                        "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"item %05zu\"},\"v\":{"
                        "\"S\":\"%02000d\"}}}",
                        i, (int)i);
        fixture_call_str(f, UNUM_STR("PutItem"), unum_buf_str(&body), DB_NOW_MS);
    }
}

static void sqlite_names_the_damaged_file(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, true);
    fixture_table(&f);
    fill(&f, 200);
    assert_int_equal(f.status, 200);
    local_db_close(f.db); /* moves the log into the file */
    f.db = NULL;
    FILE *file = fopen(f.path, "r+b");
    assert_non_null(file);
    for (long page = 3; page < 60; page++) {
        assert_int_equal(fseek(file, page * 4096, SEEK_SET), 0);
        for (int i = 0; i < 4096; i++)
            (void)fputc(0xa5, file);
    }
    assert_int_equal(fclose(file), 0);
    fixture_reopen(&f);
    fixture_call(&f, "Scan", "{\"TableName\":\"tab\"}");
    assert_refused(&f, 500, "InternalServerError", "is damaged");
    assert_refused(&f, 500, "InternalServerError", "state.db");
    assert_refused(&f, 500, "InternalServerError", "move it away");
    fixture_close(&f);
}

/* Someone wrote into the file by hand. */
static void sqlite_checks_what_it_reads(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, true);
    fixture_table(&f);
    fixture_call(&f, "PutItem", "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"a\"}}}");
    run_sql(f.path, "UPDATE record SET value = '{\"k\":{' WHERE space = 'tab'");
    fixture_call(&f, "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    assert_refused(&f, 500, "InternalServerError", "is damaged");
    fixture_call(&f, "Scan", "{\"TableName\":\"tab\"}");
    assert_refused(&f, 500, "InternalServerError", "item \\\"a\\\"");
    fixture_call(&f, "DeleteItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    fixture_close(&f);
}

/* A file that cannot grow any more: the answer says why, nothing is half written, and when there is
 * room again everything goes on. */
static void sqlite_says_when_the_disk_is_full(void **state)
{
    (void)state;
    struct db_fixture f;
    struct rlimit before, small = {400 * 1024, 400 * 1024};
    fixture_open(&f, true);
    fixture_table(&f);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    fill(&f, 2000);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_refused(&f, 500, "InternalServerError", "state.db");
    fixture_call(&f, "Scan", "{\"TableName\":\"tab\",\"Select\":\"COUNT\"}");
    assert_int_equal(f.status, 200);
    fill(&f, 20);
    assert_int_equal(f.status, 200);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_keeps_its_promises),
        cmocka_unit_test(sqlite_keeps_its_promises),
        cmocka_unit_test(sqlite_undoes_what_is_not_kept),
        cmocka_unit_test(sqlite_survives_a_restart),
        cmocka_unit_test(sqlite_is_shared_safely),
        cmocka_unit_test(sqlite_refuses_files_it_cannot_use),
        cmocka_unit_test(sqlite_names_the_damaged_file),
        cmocka_unit_test(sqlite_checks_what_it_reads),
        cmocka_unit_test(sqlite_says_when_the_disk_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * db_fixture: a database of each kind for the tests of the local DynamoDB.
 */
#ifndef UNUM_TESTS_LOCAL_DB_FIXTURE_H
#define UNUM_TESTS_LOCAL_DB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "local/db.h"
#include "json/json.h"

#define DB_NOW_MS INT64_C(1700000000000)

struct db_fixture {
    struct local_db *db;
    char *dir, *path; /* NULL: memory */
    int status;       /* of the last call */
    struct unum_buf answer;
};

static inline void fixture_close(struct db_fixture *f)
{
    local_db_close(f->db);
    unum_buf_done(&f->answer);
    if (f->dir)
        assert_int_equal(unum_remove_tree(f->dir, NULL), 0);
    free(f->dir);
    free(f->path);
    *f = (struct db_fixture){0};
}

static inline void fixture_reopen(struct db_fixture *f)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    local_db_close(f->db);
    struct local_db_config config = {.path = f->path};
    if (local_db_open(&config, &f->db, &err))
        fail_msg("open: %s", unum_err_text(&err));
}

static inline void fixture_open(struct db_fixture *f, bool on_disk)
{
    *f = (struct db_fixture){.answer = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY)};
    if (on_disk) {
        assert_int_equal(unum_make_temp_dir("unum-db-", &f->dir, NULL), 0);
        f->path = unum_path_join(f->dir, "state.db");
    }
    fixture_reopen(f);
}

static inline void fixture_call_str(struct db_fixture *f, struct unum_str operation,
                                    struct unum_str body, int64_t now_ms)
{
    unum_buf_clear(&f->answer);
    local_db_call(f->db, operation, body, now_ms, &f->status, &f->answer);
    struct unum_str value;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(unum_buf_str(&f->answer), &value, &err))
        fail_msg("the answer is no JSON: %s: %s", unum_err_text(&err), unum_buf_text(&f->answer));
}

static inline void fixture_call(struct db_fixture *f, const char *operation, const char *body)
{
    fixture_call_str(f, unum_str_from(operation), unum_str_from(body), DB_NOW_MS);
}

/* Table `tab` with partition key `k`. */
static inline void fixture_table(struct db_fixture *f)
{
    fixture_call(f, "CreateTable",
                 "{\"TableName\":\"tab\",\"BillingMode\":\"PAY_PER_REQUEST\","
                 "\"AttributeDefinitions\":[{\"AttributeName\":\"k\",\"AttributeType\":\"S\"}],"
                 "\"KeySchema\":[{\"AttributeName\":\"k\",\"KeyType\":\"HASH\"}]}");
    assert_int_equal(f->status, 200);
}

static inline void assert_answer(struct db_fixture *f, int status, const char *json)
{
    if (f->status != status || !json_equal(unum_buf_str(&f->answer), unum_str_from(json)))
        fail_msg("expected %d %s\n     got %d %s", status, json, f->status,
                 unum_buf_text(&f->answer));
}

/* The answer is an error of that type whose message contains `text`. */
static inline void assert_refused(struct db_fixture *f, int status, const char *type,
                                  const char *text)
{
    struct unum_str answer = unum_buf_str(&f->answer);
    if (f->status != status || unum_str_search(answer, unum_str_from(type)) == SIZE_MAX ||
        unum_str_search(answer, unum_str_from(text)) == SIZE_MAX)
        fail_msg("expected %d %s: %s\n     got %d %.2000s", status, type, text, f->status,
                 unum_buf_text(&f->answer));
}

#endif

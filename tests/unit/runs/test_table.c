#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "runs/table.h"
#include "support/aws_fake.h"

struct bench {
    struct aws_fake fake;
    struct unum_arena arena;
    struct runs_table table;
    struct unum_buf seen;
    size_t most;
};

static int open_bench(void **state)
{
    static struct bench bench;
    bench = (struct bench){.seen = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    aws_fake_init(&bench.fake);
    aws_fake_open(&bench.fake);
    bench.table = (struct runs_table){bench.fake.client, UNUM_STR("t"), &bench.fake.clock.clock};
    *state = &bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    aws_fake_close(&bench->fake);
    unum_arena_done(&bench->arena);
    unum_buf_done(&bench->seen);
    return 0;
}

#define BODY(bench, i)  (bench)->fake.http.requests.at[i].body
#define HAS(text, part) assert_true(unum_str_search(text, UNUM_STR(part)) != SIZE_MAX)
#define KEY(key)        "{\"Name\":{\"S\":\"" key "\"}}"
#define RUN(session, status, started, ended)                                                       \
    "{\"Name\":{\"S\":\"app/" session "/run\"},\"V\":{\"N\":\"1\"},\"InputHash\":{\"S\":\"h\"},"   \
    "\"Nonce\":{\"S\":\"n\"},\"Status\":{\"S\":\"" status "\"},\"Started\":{\"N\":\"" started      \
    "\"}" ended "}"

static bool each(void *cookie, struct unum_str key, const struct store_item *item)
{
    struct bench *bench = cookie;
    assert_true(item->present);
    unum_buf_printf(&bench->seen, "%.*s ", UNUM_STR_ARG(key));
    return !bench->most || --bench->most;
}

static void every_page_is_read_strongly_consistent(void **state)
{
    struct bench *bench = *state;
    const struct table_query query = {.prefix = UNUM_STR("app/"), .keys_only = true};
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"Items\":[" KEY("app/a/x") "],\"LastEvaluatedKey\":" KEY("k") "}"},
                     {.body = "{\"Items\":[],\"LastEvaluatedKey\":" KEY("l") "}"},
                     {.body = "{\"Items\":[" KEY("app/b/y") "," KEY("other/b") "]}"});
    assert_int_equal(table_scan(&bench->table, &query, each, bench, NULL), 0);
    assert_string_equal(unum_buf_text(&bench->seen), "app/a/x app/b/y ");
    assert_int_equal(bench->fake.http.requests.len, 3);
    HAS(BODY(bench, 0), "\"ConsistentRead\":true");
    HAS(BODY(bench, 0), "begins_with(#k, :p)");
    HAS(BODY(bench, 1), "\"ExclusiveStartKey\":" KEY("k"));
    HAS(BODY(bench, 2), "\"ExclusiveStartKey\":" KEY("l"));
}

static void a_scan_may_be_stopped(void **state)
{
    struct bench *bench = *state;
    bool stop = false;
    const struct table_query query = {.prefix = UNUM_STR("app/"), .stop = &stop};
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"Items\":[" KEY("app/a") "," KEY(
                                        "app/b") "],"
                                                 "\"LastEvaluatedKey\":" KEY("k") "}"});
    bench->most = 1;
    assert_int_equal(table_scan(&bench->table, &query, each, bench, NULL), 0);
    assert_string_equal(unum_buf_text(&bench->seen), "app/a ");
    assert_int_equal(bench->fake.http.requests.len, 1);
    stop = true;
    assert_int_equal(table_scan(&bench->table, &query, each, bench, NULL), UNUM_E_CANCELLED);
    assert_int_equal(bench->fake.http.requests.len, 1);
}

static void broken_answers_are_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const bodies[] = {
        "", "{}", "{\"Items\":{}}", "{\"Items\":[{}]}", "{\"Items\":[7]}", "{\"Items\":["};
    for (size_t i = 0; i < UNUM_COUNT(bodies); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        const struct http_fake_answer answer = {.body = bodies[i]};
        const struct table_query query = {.prefix = UNUM_STR("app/")};
        bench->fake.http.answers = &answer;
        bench->fake.http.answers_len = 1;
        assert_int_equal(table_scan(&bench->table, &query, each, bench, &err), UNUM_E_PARSE);
    }
}

static void runs_come_newest_first(void **state)
{
    struct bench *bench = *state;
    struct run_entry *runs;
    size_t len;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body =
             "{\"Items\":[" RUN("old", "SUCCEEDED", "1000", ",\"Ended\":{\"N\":\"1500\"}") "," RUN(
                 "new", "RUNNING", "2000", "") "," RUN("x/y", "RUNNING", "3000", "") "]}"});
    assert_int_equal(table_runs(&bench->table, UNUM_STR("app"), &bench->arena, &runs, &len, NULL),
                     0);
    assert_int_equal(len, 2); /* a session has no slash */
    assert_true(unum_str_is(runs[0].session, "new"));
    assert_true(unum_str_is(runs[1].session, "old"));
    assert_int_equal(runs[1].record.ended_ms, 1500);
    HAS(BODY(bench, 0), "attribute_exists(#a)");
}

static void items_are_deleted_in_batches(void **state)
{
    struct bench *bench = *state;
    struct unum_str keys[30];
    for (size_t i = 0; i < UNUM_COUNT(keys); i++)
        keys[i] = unum_arena_printf(&bench->arena, "k%zu", i);
    AWS_FAKE_ANSWERS(
        &bench->fake, {.body = "{\"UnprocessedItems\":{}}"},
        {.body = "{\"UnprocessedItems\":{\"t\":[{\"DeleteRequest\":{\"Key\":" KEY("k29") "}}]}}"},
        {.body = "{\"UnprocessedItems\":{}}"});
    assert_int_equal(table_delete(&bench->table, keys, UNUM_COUNT(keys), NULL), 0);
    assert_int_equal(bench->fake.http.requests.len, 3);
    HAS(BODY(bench, 0), "\"k24\"");
    HAS(BODY(bench, 1), "\"k25\"");
    assert_true(unum_str_is(BODY(bench, 2), "{\"RequestItems\":{\"t\":[{\"DeleteRequest\":{\"Key\":"
                                            "{\"Name\":{\"S\":\"k29\"}}}}]}}"));
}

static void a_service_that_deletes_nothing_is_given_up(void **state)
{
    struct bench *bench = *state;
    const struct unum_str key = UNUM_STR("k");
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body = "{\"UnprocessedItems\":{\"t\":[{\"DeleteRequest\":{\"Key\":" KEY("k") "}}]}}"});
    assert_int_equal(table_delete(&bench->table, &key, 1, NULL), UNUM_E_THROTTLED);
    assert_int_equal(bench->fake.http.requests.len, 8);
}

/* Everything of the runs, nothing else, and the run records last. */
static void a_purge_takes_the_run_record_last(void **state)
{
    struct bench *bench = *state;
    const struct run_entry runs[] = {{.session = UNUM_STR("a")}, {.session = UNUM_STR("b")}};
    struct table_purge purge = {.app = UNUM_STR("app"), .runs = runs, .runs_len = 2};
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"Items\":[" KEY("app/a/run") "," KEY("app/a/X-output") "," KEY(
                          "app/c/X-output") "," KEY("app/ab/Y") "," KEY("app/b/Z-output/n/0") "]}"},
                     {.body = "{\"UnprocessedItems\":{}}"});
    assert_int_equal(table_purge(&bench->table, &purge, NULL, NULL, NULL), 0);
    assert_int_equal(bench->fake.http.requests.len, 3);
    assert_true(unum_str_is(
        BODY(bench, 1),
        "{\"RequestItems\":{\"t\":[{\"DeleteRequest\":{\"Key\":" KEY(
            "app/a/X-output") "}},{\"DeleteRequest\":{\"Key\":" KEY("app/b/Z-output/n/0") "}}]}}"));
    assert_true(unum_str_is(
        BODY(bench, 2), "{\"RequestItems\":{\"t\":[{\"DeleteRequest\":{\"Key\":" KEY(
                            "app/a/run") "}},{\"DeleteRequest\":{\"Key\":" KEY("app/b/run") "}}"
                                                                                            "]}"
                                                                                            "}"));
    assert_int_equal(purge.done, 2);
    assert_int_equal(purge.items, 4);
}

static void a_purge_that_is_broken_off_keeps_the_run_record(void **state)
{
    struct bench *bench = *state;
    const struct run_entry run = {.session = UNUM_STR("a")};
    struct table_purge purge = {.app = UNUM_STR("app"), .runs = &run, .runs_len = 1};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"Items\":[" KEY("app/a/X-output") "]}"},
                     {.status = 400, .body = "{\"__type\":\"AccessDeniedException\"}"});
    assert_int_equal(table_purge(&bench->table, &purge, NULL, NULL, &err), UNUM_E_DENIED);
    assert_int_equal(bench->fake.http.requests.len, 2);
    assert_int_equal(purge.done, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_page_is_read_strongly_consistent),
        TEST(a_scan_may_be_stopped),
        TEST(broken_answers_are_refused),
        TEST(runs_come_newest_first),
        TEST(items_are_deleted_in_batches),
        TEST(a_service_that_deletes_nothing_is_given_up),
        TEST(a_purge_takes_the_run_record_last),
        TEST(a_purge_that_is_broken_off_keeps_the_run_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/log_events.h"
#include "base/limits.h"
#include "support/aws_fake.h"

struct bench {
    struct aws_fake fake;
    struct unum_arena arena;
    struct unum_buf got; /* "group:message " per event */
    size_t most;         /* events until the round is ended; 0: all */
    size_t count;
};

static int open_bench(void **state)
{
    static struct bench bench;
    bench = (struct bench){.got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    aws_fake_init(&bench.fake);
    aws_fake_open(&bench.fake);
    *state = &bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    aws_fake_close(&bench->fake);
    unum_arena_done(&bench->arena);
    unum_buf_done(&bench->got);
    return 0;
}

static bool each(void *cookie, struct log_feed *feed, const struct log_event *event)
{
    struct bench *bench = cookie;
    unum_buf_printf(&bench->got, "%.*s:%.*s ", UNUM_STR_ARG(feed->group),
                    UNUM_STR_ARG(event->message));
    return ++bench->count != bench->most;
}

static int read_feeds(struct bench *bench, struct log_feed *feeds, size_t count)
{
    unum_buf_clear(&bench->got);
    return log_feeds_read(bench->fake.client, feeds, count, each, bench, NULL);
}

#define GOT(bench, text) assert_string_equal(unum_buf_text(&(bench)->got), text)
#define BODY(bench, i)   (bench)->fake.http.requests.at[i].body
#define EVENT(id, at, text)                                                                        \
    "{\"eventId\":\"" id "\",\"timestamp\":" at ",\"message\":\"" text "\","                       \
    "\"logStreamName\":\"s\",\"ingestionTime\":" at "}"

static void a_page_is_read(void **state)
{
    struct bench *bench = *state;
    log_event_list events = {0};
    struct unum_str token;
    const struct log_query query = {.group = UNUM_STR("g"),
                                    .from_ms = 5,
                                    .until_ms = 9,
                                    .pattern = UNUM_STR("\"x\""),
                                    .limit = 7};
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"events\":[" EVENT("1", "6", "a\\n") "],\"nextToken\":\"t\"}"});
    assert_int_equal(
        log_events_page(bench->fake.client, &query, &bench->arena, &events, &token, NULL), 0);
    assert_true(unum_str_is(BODY(bench, 0), "{\"logGroupName\":\"g\",\"startTime\":5,\"endTime\":8,"
                                            "\"filterPattern\":\"\\\"x\\\"\",\"limit\":7}"));
    assert_true(unum_str_is(http_fake_header(&bench->fake.http, 0, "X-Amz-Target"),
                            "Logs_20140328.FilterLogEvents"));
    assert_int_equal(events.len, 1);
    assert_true(unum_str_is(events.at[0].message, "a"));
    assert_true(unum_str_is(events.at[0].stream, "s"));
    assert_true(unum_str_is(token, "t"));
    unum_vec_done(&events);
}

static void broken_pages_are_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const bodies[] = {"",
                                         "[]",
                                         "{}",
                                         "{\"events\":{}}",
                                         "{\"events\":[{}]}",
                                         "{\"events\":[",
                                         "{\"events\":[{\"eventId\":\"1\"}]}",
                                         "{\"events\":[7]}"};
    for (size_t i = 0; i < UNUM_COUNT(bodies); i++) {
        const struct http_fake_answer answer = {.body = bodies[i]};
        struct log_feed feed;
        bench->fake.http.answers = &answer;
        bench->fake.http.answers_len = 1;
        log_feed_init(&feed, UNUM_STR("g"), 0);
        assert_int_equal(read_feeds(bench, &feed, 1), UNUM_E_PARSE);
        log_feed_done(&feed);
    }
}

static void every_page_of_every_group_is_read(void **state)
{
    struct bench *bench = *state;
    struct log_feed feeds[2];
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"events\":[" EVENT("1", "10", "a") "],\"nextToken\":\"t\"}"},
                     {.body = "{\"events\":[" EVENT("1", "11", "x") "]}"},
                     {.body = "{\"events\":[" EVENT("2", "12", "b") "]}"});
    log_feed_init(&feeds[0], UNUM_STR("g"), 0);
    log_feed_init(&feeds[1], UNUM_STR("h"), 0);
    assert_int_equal(read_feeds(bench, feeds, 2), 0);
    GOT(bench, "g:a h:x g:b ");
    assert_int_equal(bench->fake.http.requests.len, 3);
    assert_true(unum_str_is(BODY(bench, 2), "{\"logGroupName\":\"g\",\"nextToken\":\"t\"}"));
    log_feed_done(&feeds[0]);
    log_feed_done(&feeds[1]);
}

static void late_events_are_seen_and_none_twice(void **state)
{
    struct bench *bench = *state;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body = "{\"events\":[" EVENT("1", "100000", "a") "," EVENT("2", "120000", "b") "]}"},
        /* Late: older than the newest, of the same millisecond; two are there again. */
        {.body = "{\"events\":[" EVENT("3", "112000", "late") "," EVENT(
             "2", "120000", "b") "," EVENT("4", "120000", "same") "]}"},
        /* One is left out this time, */
        {.body = "{\"events\":[" EVENT("4", "120000", "same") "]}"},
        /* and comes back. */
        {.body = "{\"events\":[" EVENT("2", "120000", "b") "," EVENT("3", "112000", "late") "]}"});
    log_feed_init(&feed, UNUM_STR("g"), 90000);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:a g:b ");
    assert_int_equal(feed.next_ms, 110000);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:late g:same ");
    assert_true(unum_str_is(BODY(bench, 1), "{\"logGroupName\":\"g\",\"startTime\":110000}"));
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "");
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "");
    assert_int_equal(feed.seen.len, 3);
    log_feed_done(&feed);
}

/* A function may date its lines up to two hours ahead. */
static void a_line_from_the_future_hides_none(void **state)
{
    struct bench *bench = *state;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body = "{\"events\":[{\"eventId\":\"1\",\"timestamp\":7300000,\"message\":"
                 "\"ahead\",\"logStreamName\":\"s\",\"ingestionTime\":100000}]}"},
        {.body = "{\"events\":[" EVENT(
             "2", "101000",
             "now") ",{\"eventId\":\"1\","
                    "\"timestamp\":7300000,\"message\":\"ahead\",\"logStreamName\":\"s\","
                    "\"ingestionTime\":100000}]}"},
        {.body = "{\"events\":[" EVENT("3", "130000", "later") "]}"});
    log_feed_init(&feed, UNUM_STR("g"), 90000);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:ahead ");
    assert_int_equal(feed.next_ms, 90000);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:now ");
    assert_int_equal(feed.next_ms, 91000);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:later ");
    log_feed_done(&feed);
}

static void what_is_older_than_the_overlap_is_forgotten(void **state)
{
    struct bench *bench = *state;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"events\":[" EVENT("1", "100000", "a") "]}"},
                     {.body = "{\"events\":[" EVENT("2", "200000", "b") "]}"});
    log_feed_init(&feed, UNUM_STR("g"), 0);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    assert_int_equal(feed.seen.len, 1);
    log_feed_done(&feed);
}

static void a_missing_group_is_empty_until_it_is_there(void **state)
{
    struct bench *bench = *state;
    struct log_feed feeds[2];
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.status = 400, .body = "{\"__type\":\"ResourceNotFoundException\",\"message\":\"no\"}"},
        {.body = "{\"events\":[" EVENT("1", "5", "x") "]}"},
        {.body = "{\"events\":[" EVENT("1", "6", "a") "]}"}, {.body = "{\"events\":[]}"});
    log_feed_init(&feeds[0], UNUM_STR("g"), 0);
    log_feed_init(&feeds[1], UNUM_STR("h"), 0);
    assert_int_equal(read_feeds(bench, feeds, 2), 0);
    GOT(bench, "h:x ");
    assert_true(feeds[0].missing);
    assert_int_equal(read_feeds(bench, feeds, 2), 0);
    GOT(bench, "g:a ");
    assert_false(feeds[0].missing);
    log_feed_done(&feeds[0]);
    log_feed_done(&feeds[1]);
}

static void a_throttled_round_goes_on_where_it_was(void **state)
{
    struct bench *bench = *state;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"events\":[" EVENT("1", "5", "a") "],\"nextToken\":\"t\"}"},
                     {.status = 400, .body = "{\"__type\":\"ThrottlingException\"}"},
                     {.status = 400, .body = "{\"__type\":\"ThrottlingException\"}"},
                     {.status = 400, .body = "{\"__type\":\"ThrottlingException\"}"},
                     {.body = "{\"events\":[" EVENT("2", "6", "b") "]}"});
    log_feed_init(&feed, UNUM_STR("g"), 0);
    assert_int_equal(read_feeds(bench, &feed, 1), UNUM_E_THROTTLED);
    GOT(bench, "g:a ");
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:b ");
    assert_true(unum_str_is(BODY(bench, 4), "{\"logGroupName\":\"g\",\"nextToken\":\"t\"}"));
    log_feed_done(&feed);
}

static void the_reader_may_stop(void **state)
{
    struct bench *bench = *state;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"events\":[" EVENT("1", "5", "a") "," EVENT(
                                        "2", "6", "b") "],"
                                                       "\"nextToken\":\"t\"}"});
    log_feed_init(&feed, UNUM_STR("g"), 0);
    bench->most = 1;
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:a ");
    assert_int_equal(bench->fake.http.requests.len, 1);
    log_feed_done(&feed);
}

static void many_groups_are_read_five_at_a_time(void **state)
{
    struct bench *bench = *state;
    struct log_feed feeds[12];
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"events\":[]}"});
    for (size_t i = 0; i < UNUM_COUNT(feeds); i++)
        log_feed_init(&feeds[i], UNUM_STR("g"), 0);
    assert_int_equal(read_feeds(bench, feeds, UNUM_COUNT(feeds)), 0);
    assert_int_equal(bench->fake.http.requests.len, 12);
    assert_int_equal(bench->fake.http.parallel, 5);
    for (size_t i = 0; i < UNUM_COUNT(feeds); i++)
        log_feed_done(&feeds[i]);
}

static void a_refusal_is_told(void **state)
{
    struct bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.status = 400, .body = "{\"__type\":\"AccessDeniedException\",\"message\":\"nope\"}"});
    log_feed_init(&feed, UNUM_STR("g"), 0);
    assert_int_equal(log_feeds_read(bench->fake.client, &feed, 1, each, bench, &err),
                     UNUM_E_DENIED);
    assert_true(unum_str_search(unum_str_from(unum_err_text(&err)), UNUM_STR("nope")) != SIZE_MAX);
    log_feed_done(&feed);
}

static void events_without_an_id_are_known_again_all_the_same(void **state)
{
    struct bench *bench = *state;
    struct log_feed feed;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body = "{\"events\":[{\"timestamp\":5,\"message\":\"a\"},{\"timestamp\":5,"
                 "\"message\":\"b\"},{\"eventId\":7,\"timestamp\":6.75,\"message\":\"c\"}]}"});
    log_feed_init(&feed, UNUM_STR("g"), 0);
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "g:a g:b g:c ");
    assert_int_equal(read_feeds(bench, &feed, 1), 0);
    GOT(bench, "");
    log_feed_done(&feed);
}

static void groups_are_listed_page_by_page(void **state)
{
    struct bench *bench = *state;
    struct log_group *groups;
    size_t len;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"logGroups\":[{\"logGroupName\":\"/a\",\"storedBytes\":7}],"
                              "\"nextToken\":\"t\"}"},
                     {.body = "{\"logGroups\":[{\"logGroupName\":\"/b\",\"retentionInDays\":3}]}"});
    assert_int_equal(
        log_groups(bench->fake.client, UNUM_STR("/"), &bench->arena, &groups, &len, NULL), 0);
    assert_int_equal(len, 2);
    assert_int_equal(groups[0].stored_bytes, 7);
    assert_int_equal(groups[1].retention_days, 3);
    assert_true(unum_str_is(BODY(bench, 1), "{\"logGroupNamePrefix\":\"/\",\"nextToken\":\"t\"}"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_page_is_read),
        TEST(broken_pages_are_refused),
        TEST(every_page_of_every_group_is_read),
        TEST(late_events_are_seen_and_none_twice),
        TEST(a_line_from_the_future_hides_none),
        TEST(what_is_older_than_the_overlap_is_forgotten),
        TEST(a_missing_group_is_empty_until_it_is_there),
        TEST(a_throttled_round_goes_on_where_it_was),
        TEST(the_reader_may_stop),
        TEST(many_groups_are_read_five_at_a_time),
        TEST(a_refusal_is_told),
        TEST(events_without_an_id_are_known_again_all_the_same),
        TEST(groups_are_listed_page_by_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

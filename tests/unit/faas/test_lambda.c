#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "faas/faas.h"
#include "support/aws_fake.h"

struct bench {
    struct aws_fake fake;
    struct faas faas;
};

static int open_bench(void **state)
{
    static struct bench bench;
    aws_fake_init(&bench.fake);
    aws_fake_open(&bench.fake);
    *state = &bench;
    return faas_lambda_open(bench.fake.client, &bench.faas, NULL);
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    bench->faas.ops->close(bench->faas.state);
    aws_fake_close(&bench->fake);
    return 0;
}

static int send(struct bench *bench, struct faas_event *events, size_t count, struct unum_err *err)
{
    return bench->faas.ops->send(bench->faas.state, events, count, err);
}

static void events_are_invoked_asynchronously(void **state)
{
    struct bench *bench = *state;
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 202});
    struct faas_event events[] = {{UNUM_STR("app-A"), UNUM_STR("{\"a\":1}"), -1},
                                  {UNUM_STR("app-B:1"), UNUM_STR("2"), -1}};
    assert_int_equal(send(bench, events, 2, NULL), 0);
    assert_int_equal(events[0].rc, 0);
    assert_int_equal(events[1].rc, 0);
    assert_int_equal(bench->fake.http.sends, 1);
    const struct http_fake_request *requests = bench->fake.http.requests.at;
    assert_true(unum_str_is(requests[0].target, "/2015-03-31/functions/app-A/invocations"));
    assert_true(unum_str_is(requests[1].target, "/2015-03-31/functions/app-B%3A1/invocations"));
    assert_true(unum_str_is(requests[0].body, "{\"a\":1}"));
    assert_true(
        unum_str_is(http_fake_header(&bench->fake.http, 1, "X-Amz-Invocation-Type"), "Event"));
}

static void nothing_to_send_is_success(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(send(bench, NULL, 0, NULL), 0);
    assert_int_equal(bench->fake.http.requests.len, 0);
}

static void a_missing_function_is_named(void **state)
{
    struct bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 202},
                     {.status = 404,
                      .headers = "x-amzn-errortype: ResourceNotFoundException:http://x/",
                      .body = "{\"Message\":\"Function not found\"}"},
                     {.status = 202});
    struct faas_event events[] = {{UNUM_STR("app-A"), UNUM_STR("1"), -1},
                                  {UNUM_STR("app-B"), UNUM_STR("2"), -1},
                                  {UNUM_STR("app-C"), UNUM_STR("3"), -1}};
    assert_int_equal(send(bench, events, 3, &err), UNUM_E_NOTFOUND);
    assert_string_equal(unum_err_text(&err), "there is no function \"app-B\"");
    assert_int_equal(events[0].rc, 0);
    assert_int_equal(events[1].rc, UNUM_E_NOTFOUND);
    assert_int_equal(events[2].rc, 0);
}

static void payloads_above_the_limit_are_refused_alone(void **state)
{
    struct bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    size_t len = UNUM_LIMIT_ASYNC_PAYLOAD + 1;
    char *UNUM_AUTO_FREE large = unum_alloc(len);
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 202});
    struct faas_event events[] = {{UNUM_STR("app-A"), unum_str_of(large, len), 0},
                                  {UNUM_STR("app-B"), UNUM_STR("2"), -1}};
    assert_int_equal(send(bench, events, 2, &err), UNUM_E_LIMIT);
    assert_true(unum_str_search(unum_str_from(unum_err_text(&err)), UNUM_STR("app-A")) != SIZE_MAX);
    assert_true(unum_str_search(unum_str_from(unum_err_text(&err)), UNUM_STR("1048576")) !=
                SIZE_MAX);
    assert_int_equal(events[0].rc, UNUM_E_LIMIT);
    assert_int_equal(events[1].rc, 0);
    assert_int_equal(bench->fake.http.requests.len, 1);
}

static void the_service_may_refuse_a_payload(void **state)
{
    struct bench *bench = *state;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.status = 413, .headers = "x-amzn-errortype: RequestTooLargeException"});
    struct faas_event event = {UNUM_STR("app-A"), UNUM_STR("1"), 0};
    assert_int_equal(send(bench, &event, 1, NULL), UNUM_E_LIMIT);
    assert_int_equal(event.rc, UNUM_E_LIMIT);
    assert_int_equal(bench->fake.http.requests.len, 1);
}

static void only_202_is_acceptance(void **state)
{
    struct bench *bench = *state;
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 200});
    struct faas_event event = {UNUM_STR("app-A"), UNUM_STR("1"), 0};
    assert_int_equal(send(bench, &event, 1, NULL), UNUM_E_REMOTE);
    assert_int_equal(event.rc, UNUM_E_REMOTE);
}

static void bad_names_are_refused(void **state)
{
    struct bench *bench = *state;
    struct faas_event event = {UNUM_STR(""), UNUM_STR("1"), 0};
    assert_int_equal(send(bench, &event, 1, NULL), UNUM_E_INVAL);
    assert_int_equal(event.rc, UNUM_E_INVAL);
    assert_int_equal(bench->fake.http.requests.len, 0);
}

/* Every event is throttled once. */
static void throttle_once(void *cookie, const struct http_fake_request *request,
                          struct http_exchange *x)
{
    struct http_fake *http = cookie;
    size_t seen = 0;
    for (size_t i = 0; i < http->requests.len; i++)
        seen += unum_str_eq(http->requests.at[i].body, request->body);
    const struct http_fake_answer answer = {.status = seen == 1 ? 429 : 202};
    http_fake_answer(x, &answer);
}

static void throttled_events_are_sent_again(void **state)
{
    enum { COUNT = 80 };
    struct bench *bench = *state;
    char payloads[COUNT];
    struct faas_event events[COUNT];
    bench->fake.http.script = throttle_once;
    bench->fake.http.cookie = &bench->fake.http;
    for (int i = 0; i < COUNT; i++) {
        payloads[i] = (char)(i + 1);
        events[i] = (struct faas_event){UNUM_STR("app-A"), unum_str_of(&payloads[i], 1), -1};
    }
    assert_int_equal(send(bench, events, COUNT, NULL), 0);
    assert_int_equal(bench->fake.http.requests.len, 2 * COUNT);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(events[i].rc, 0);
}

static void many_events_are_sent_in_windows(void **state)
{
    enum { COUNT = 600 };
    static struct faas_event events[COUNT];
    struct bench *bench = *state;
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 202});
    for (int i = 0; i < COUNT; i++)
        events[i] = (struct faas_event){UNUM_STR("app-A"), UNUM_STR("1"), -1};
    assert_int_equal(send(bench, events, COUNT, NULL), 0);
    assert_int_equal(bench->fake.http.requests.len, COUNT);
    assert_true(bench->fake.http.parallel < COUNT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        TEST(events_are_invoked_asynchronously),
        TEST(nothing_to_send_is_success),
        TEST(a_missing_function_is_named),
        TEST(payloads_above_the_limit_are_refused_alone),
        TEST(the_service_may_refuse_a_payload),
        TEST(only_202_is_acceptance),
        TEST(bad_names_are_refused),
        TEST(throttled_events_are_sent_again),
        TEST(many_events_are_sent_in_windows),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

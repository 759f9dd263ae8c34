/* Asynchronous events, concurrency, time and Lambda's Invoke as a client sees it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/local_bench.h"
#include "json/json.h"

static struct bench bench;

static void add(const char *name, unsigned retries, int64_t max_age_s, const char *on_failure)
{
    struct local_function function = LOCAL_FUNCTION;
    function.name = unum_str_from(name);
    function.timeout_ms = 60000;
    function.max_retries = retries;
    function.max_age_s = max_age_s;
    function.on_failure = unum_str_from(on_failure);
    bench_add(&bench, &function);
}

static void tries_failed_events_again_after_skipped_minutes(void **state)
{
    (void)state;
    static const struct {
        unsigned retries;
        int64_t skipped_ms;
    } rows[] = {{0, 0}, {1, 60000}, {2, 180000}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "app-retry-%u", rows[i].retries);
        add(name, rows[i].retries, 0, NULL);
        assert_int_equal(local_reset(bench.local, NULL, 0, NULL), 0);
        bench.failed = bench.invocations = 0;
        bench_event(&bench, name, "{\"do\":\"error\"}");
        assert_int_equal(bench.invocations, rows[i].retries + 1);
        assert_int_equal(bench.failed, rows[i].retries + 1);
        /* A little of it may really pass. */
        assert_true(local_skipped_ms(bench.local) <= rows[i].skipped_ms);
        assert_true(local_skipped_ms(bench.local) >= rows[i].skipped_ms - 30000);
    }
}

static struct unum_str at(struct unum_str value, const char *pointer)
{
    struct unum_str found = UNUM_STR_NONE;
    if (!json_pointer(value, unum_str_from(pointer), &found))
        fail_msg("no %s in %.*s", pointer, UNUM_STR_ARG(value));
    return found;
}

/* The destination answers with its event; what it got is read from the request log of a sink. */
static void sends_failure_records(void **state)
{
    (void)state;
    static const struct {
        const char *event, *type;
    } rows[] = {{"{\"do\":\"error\"}", "Boom"},
                {"{\"do\":\"crash\"}", "Runtime.ExitError"},
                {"{\"do\":\"exit\",\"n\":2}", "Runtime.ExitError"}};
    add("app-failing", 1, 0, "app-sink");
    bench_function(&bench, "app-sink");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench.invocations = 0;
        unum_buf_clear(&bench.log);
        bench_event(&bench, "app-failing", rows[i].event);
        assert_int_equal(bench.invocations, 3);
        struct unum_str record = UNUM_STR_NONE, value;
        const char *text = strstr(unum_buf_text(&bench.log), "{\"version\""); /* after last words */
        assert_non_null(text);
        assert_int_equal(json_check(unum_str_from(text), &record, NULL), 0);
        assert_true(json_is(at(record, "/version"), UNUM_STR("1.0")));
        assert_true(json_is(at(record, "/requestContext/condition"), UNUM_STR("RetriesExhausted")));
        assert_true(json_is(
            at(record, "/requestContext/functionArn"),
            UNUM_STR("arn:aws:lambda:us-east-1:000000000000:function:app-failing:$LATEST")));
        assert_true(unum_str_is(at(record, "/requestContext/approximateInvokeCount"), "2"));
        assert_true(unum_str_is(at(record, "/responseContext/statusCode"), "200"));
        assert_true(json_is(at(record, "/responseContext/functionError"), UNUM_STR("Unhandled")));
        assert_true(json_is(at(record, "/responsePayload/errorType"), unum_str_from(rows[i].type)));
        assert_true(unum_str_is(at(record, "/requestPayload"), rows[i].event));
        (void)at(record, "/timestamp");
        value = at(record, "/requestContext/requestId");
        assert_int_equal(value.len, 38);
    }
}

static void gives_old_events_up(void **state)
{
    (void)state;
    add("app-old", 2, 100, "app-sink");
    bench_function(&bench, "app-sink");
    bench_event(&bench, "app-old", "{\"do\":\"error\"}");
    /* Tried at 0 s and 60 s; 180 s would be too late. */
    assert_int_equal(bench.invocations, 3);
    assert_non_null(strstr(unum_buf_text(&bench.log), "\"condition\":\"EventAgeExceeded\""));
}

static void reserved_zero_sends_events_to_the_destination(void **state)
{
    (void)state;
    bench_function(&bench, "app-sink");
    struct local_function function = LOCAL_FUNCTION;
    function.name = UNUM_STR("app-off");
    function.reserved = 0;
    function.on_failure = UNUM_STR("app-sink");
    bench_add(&bench, &function);
    bench_event(&bench, "app-off", "{\"a\":1}");
    assert_int_equal(bench.invocations, 1);
    assert_non_null(strstr(unum_buf_text(&bench.log), "\"requestPayload\":{\"a\":1}"));
    assert_null(strstr(unum_buf_text(&bench.log), "responsePayload"));
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    assert_int_equal(bench_request(&bench, "POST", "/2015-03-31/functions/app-off/invocations",
                                   "lambda", NULL, UNUM_STR("1"), &out),
                     429);
}

static void reports_undeliverable_records(void **state)
{
    (void)state;
    add("app-lonely", 0, 0, "app-nobody");
    bench_event(&bench, "app-lonely", "{\"do\":\"error\"}");
    assert_non_null(strstr(unum_buf_text(&bench.platform), "DestinationDeliveryFailures"));
}

static void send_events(const char *function, const char *payload, size_t count)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(local_invoke_event(bench.local, unum_str_from(function),
                                            unum_str_from(payload), NULL, &err),
                         0);
}

static void holds_the_concurrency_cap(void **state)
{
    (void)state;
    bench_close(&bench);
    bench_init(&bench);
    bench.config.concurrency = 3;
    bench_open(&bench);
    bench_function(&bench, "app-f");
    send_events("app-f", "{\"do\":\"hang\",\"ms\":20}", 12);
    bench_settle(&bench);
    assert_int_equal(bench.invocations, 12);
    assert_int_equal(local_counts(bench.local).peak_running, 3);
    assert_true(local_counts(bench.local).cold_starts <= 3);
}

static void holds_reserved_concurrency(void **state)
{
    (void)state;
    struct local_function function = LOCAL_FUNCTION;
    function.name = UNUM_STR("app-two");
    function.reserved = 2;
    bench_add(&bench, &function);
    send_events("app-two", "{\"do\":\"hang\",\"ms\":20}", 6);
    bench_settle(&bench);
    assert_int_equal(bench.invocations, 6);
    assert_int_equal(local_counts(bench.local).cold_starts, 2);
}

/* With one slot, what waits for another's input must give its slot up. */
static void waiting_for_inputs_gives_the_slot_up(void **state)
{
    (void)state;
    bench_close(&bench);
    bench_init(&bench);
    bench.config.concurrency = 1;
    bench_open(&bench);
    bench_function(&bench, "app-f");
    bench_function(&bench, "app-g");
    send_events("app-f", "{\"do\":\"wait\",\"key\":\"in0\"}", 1);
    send_events("app-g", "{\"do\":\"put\",\"key\":\"in\"}", 1);
    bench_settle(&bench);
    assert_int_equal(bench.invocations, 2);
    assert_int_equal(bench.failed, 0);
    /* The same for a function that invokes another and waits. */
    assert_string_equal(
        bench_call(&bench, "app-f",
                   "{\"do\":\"invoke\",\"type\":\"RequestResponse\",\"target\":\"app-g\","
                   "\"payload\":{\"do\":\"env\",\"name\":\"AWS_LAMBDA_FUNCTION_NAME\"}}"),
        "[200,\"app-g\"]");
}

static void invoke_answers_as_lambda(void **state)
{
    (void)state;
    static const char path[] = "/2015-03-31/functions/app-f/invocations";
    static const struct {
        const char *path, *headers, *body;
        int status;
        const char *part;
    } rows[] = {
        {path, NULL, "{\"do\":\"echo\"}", 200, "\r\n\r\n{\"do\":\"echo\"}"},
        {path, NULL, "1", 200, "X-Amz-Executed-Version: $LATEST"},
        {path, NULL, "{\"do\":\"error\"}", 200, "X-Amz-Function-Error: Unhandled"},
        {path, "X-Amz-Log-Type: Tail", "{\"do\":\"log\"}", 200, "X-Amz-Log-Result: U1RBUlQgUmVxdW"},
        {path, "X-Amz-Invocation-Type: Event", "1", 202, "Content-Length: 0"},
        {path, "X-Amz-Invocation-Type: DryRun", "1", 204, "x-amzn-RequestId"},
        {path, "X-Amz-Invocation-Type: Later", "1", 400, "InvalidParameterValueException"},
        {path, NULL, "{no", 400, "InvalidRequestContentException"},
        {path, NULL, "", 200, "\r\n\r\n{}"},
        {"/2015-03-31/functions/app-f/invocations?Qualifier=%24LATEST", NULL, "1", 200,
         "\r\n\r\n1"},
        {"/2015-03-31/functions/app-f/invocations?Qualifier=7", NULL, "1", 404, "function:app-f:7"},
        {"/2015-03-31/functions/"
         "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Aapp-f/invocations",
         NULL, "1", 200, "\r\n\r\n1"},
        {"/2015-03-31/functions/nobody/invocations", NULL, "1", 404, "ResourceNotFoundException"},
        {"/2015-03-31/functions/%zz/invocations", NULL, "1", 404, "ResourceNotFoundException"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
        int status = bench_request(&bench, "POST", rows[i].path, "lambda", rows[i].headers,
                                   unum_str_from(rows[i].body), &out);
        if (status != rows[i].status || !strstr(unum_buf_text(&out), rows[i].part))
            fail_msg("row %zu: %s", i, unum_buf_text(&out));
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF big = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_addc(&big, '"');
    while (big.len < UNUM_LIMIT_ASYNC_PAYLOAD)
        unum_buf_addc(&big, 'x');
    unum_buf_addc(&big, '"');
    assert_int_equal(bench_request(&bench, "POST", path, "lambda", "X-Amz-Invocation-Type: Event",
                                   unum_buf_str(&big), &out),
                     413);
    assert_non_null(strstr(unum_buf_text(&out), "RequestTooLargeException"));
    bench_settle(&bench);
}

static void injected_latency_is_waited_for(void **state)
{
    (void)state;
    bench_close(&bench);
    bench_init(&bench);
    bench.config.latency = (struct local_latency){.store_ms = 15, .invoke_ms = 10, .cold_ms = 30};
    bench_open(&bench);
    bench_function(&bench, "app-f");
    int64_t start = unum_monotonic_ns(&unum_clock_system);
    assert_string_equal(bench_call(&bench, "app-f", "{\"do\":\"put\",\"n\":2,\"key\":\"l\"}"),
                        "[200,200]");
    /* At least the injected time; there is no upper bound to check. */
    assert_true(unum_monotonic_ns(&unum_clock_system) - start >= 55 * 1000000);
    size_t len;
    const struct local_request *rows = local_requests(bench.local, &len);
    assert_true(len == 3 && rows[0].duration_us >= 14000);
}

static void reads_logs_as_cloudwatch_has_them(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    (void)bench_call(&bench, "app-f", "{\"do\":\"log\",\"Session\":\"s1\"}");
    static const struct {
        const char *operation, *body;
        int status;
        const char *part, *without;
    } rows[] = {
        {"FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/app-f\"}", 200, "\"message\":\"one\"",
         NULL},
        {"FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/app-f\",\"filterPattern\":\"two\"}",
         200, "\"message\":\"two\"", "\"message\":\"one\""},
        {"FilterLogEvents",
         "{\"logGroupName\":\"/aws/lambda/app-f\",\"filterPattern\":\"{ $.x = 1 }\"}", 400,
         "InvalidParameterException", NULL},
        {"FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/app-f\",\"limit\":1}", 200,
         "\"nextToken\":\"1\"", "\"message\":\"one\""},
        {"FilterLogEvents",
         "{\"logGroupName\":\"/aws/lambda/app-f\",\"limit\":1,\"nextToken\":\"1\"}", 200,
         "\"message\":\"one\"", "START"},
        {"FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/app-f\",\"startTime\":99999999999999}",
         200, "\"events\":[]", "one"},
        {"FilterLogEvents", "{\"logGroupName\":\"/aws/lambda/nobody\"}", 400,
         "ResourceNotFoundException", NULL},
        {"DescribeLogGroups", "{}", 200, "/aws/lambda/app-f", NULL},
        {"DescribeLogStreams", "{\"logGroupName\":\"/aws/lambda/app-f\"}", 200, "[$LATEST]p1-",
         NULL},
        {"GetLogEvents", "{\"logGroupName\":\"/aws/lambda/app-f\"}", 400, "logStreamName", NULL},
        {"FilterLogEvents", "[]", 400, "SerializationException", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char header[128];
        (void)snprintf(header, sizeof(header), "X-Amz-Target: Logs_20140328.%s", rows[i].operation);
        int status =
            bench_request(&bench, "POST", "/", "logs", header, unum_str_from(rows[i].body), &out);
        const char *text = unum_buf_text(&out);
        if (status != rows[i].status || !strstr(text, rows[i].part) ||
            (rows[i].without && strstr(text, rows[i].without)))
            fail_msg("row %zu: %s", i, text);
    }
}

static void knows_session_and_instance_of_requests(void **state)
{
    (void)state;
    bench_event(&bench, "app-f", "{\"do\":\"hop\",\"Session\":\"s\",\"left\":1}");
    size_t len;
    const struct local_request *rows = local_requests(bench.local, &len);
    /* Two steps: look up, create, (invoke,) answer. */
    assert_int_equal(len, 7);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(rows[i].number, i + 1);
        assert_true(unum_str_is(rows[i].session, "s"));
        assert_true(unum_str_is(rows[i].instance, i < 4 ? "1" : "0"));
    }
    assert_true(unum_str_is(rows[2].operation, "Invoke"));
}

static void needs_a_server_for_functions(void **state)
{
    (void)state;
    bench_close(&bench);
    bench_init(&bench);
    bench.config.no_server = true;
    bench_open(&bench);
    bench_function(&bench, "app-f");
    assert_int_equal(local_endpoint(bench.local).len, 0);
    assert_non_null(strstr(bench_call(&bench, "app-f", "1"), "without a server"));
    assert_true(bench.error);
}

struct seen {
    size_t lines;
    uint64_t last;
};

static bool count_line(void *cookie, const struct local_log_line *line)
{
    struct seen *seen = cookie;
    assert_true(line->id > seen->last);
    seen->last = line->id;
    seen->lines++;
    return true;
}

static bool first_line(void *cookie, const struct local_log_line *line)
{
    *(uint64_t *)cookie = line->id;
    return false;
}

static void forgets_the_oldest_log_lines(void **state)
{
    (void)state;
    /* 400 lines of 256 KB are more than is kept. */
    for (int i = 0; i < 400; i++)
        (void)bench_call(&bench, "app-f", "{\"do\":\"noise\",\"n\":262144}");
    uint64_t first = 0;
    const struct local_log_query query = {0};
    assert_int_equal(local_logs(bench.local, &query, first_line, &first, NULL), 0);
    assert_true(first > 400);
    struct seen seen = {0};
    assert_int_equal(local_logs(bench.local, &query, count_line, &seen, NULL), 0);
    assert_true(seen.lines > 1000 && seen.lines < 2000);
}

static void finds_logs_by_session(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    (void)bench_call(&bench, "app-f", "{\"do\":\"log\",\"Session\":\"s1\"}");
    (void)bench_call(&bench, "app-f", "{\"do\":\"log\",\"Session\":\"s2\"}");
    struct seen seen = {0};
    struct local_log_query query = {.session = UNUM_STR("s2")};
    assert_int_equal(local_logs(bench.local, &query, count_line, &seen, &err), 0);
    assert_true(seen.lines >= 6); /* START, three lines, END, REPORT; the last is open */
    query.after_id = seen.last;
    struct seen more = {.last = seen.last};
    assert_int_equal(local_logs(bench.local, &query, count_line, &more, &err), 0);
    assert_int_equal(more.lines, 0);
}

#define RUN(test) BENCH_TEST(test, &bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(tries_failed_events_again_after_skipped_minutes),
        RUN(sends_failure_records),
        RUN(gives_old_events_up),
        RUN(reserved_zero_sends_events_to_the_destination),
        RUN(reports_undeliverable_records),
        RUN(holds_the_concurrency_cap),
        RUN(holds_reserved_concurrency),
        RUN(waiting_for_inputs_gives_the_slot_up),
        RUN(invoke_answers_as_lambda),
        RUN(injected_latency_is_waited_for),
        RUN(knows_session_and_instance_of_requests),
        RUN(needs_a_server_for_functions),
        RUN(reads_logs_as_cloudwatch_has_them),
        RUN(forgets_the_oldest_log_lines),
        RUN(finds_logs_by_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The fault schedule: what happens at which request, and what is left afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/local_bench.h"

static struct bench bench;

static int setup(void **state)
{
    (void)bench_setup(state);
    bench_function(&bench, "app-g");
    return 0;
}

static void schedule(const struct local_fault *faults, size_t len)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (local_reset(bench.local, faults, len, &err))
        fail_msg("%s", unum_err_text(&err));
    bench.invocations = bench.failed = 0;
}

static const struct local_request *row_of(uint64_t number)
{
    size_t len;
    const struct local_request *rows = local_requests(bench.local, &len);
    for (size_t i = 0; i < len; i++) {
        if (rows[i].number == number)
            return &rows[i];
    }
    fail_msg("no request has number %llu", (unsigned long long)number);
    return NULL;
}

/* Requests 1, 2 and 3 are the puts, 4 is the response. */
static const char three[] = "{\"do\":\"put\",\"n\":3,\"key\":\"k\"}";

static void numbers_the_requests_of_functions(void **state)
{
    (void)state;
    assert_string_equal(bench_call(&bench, "app-f", three), "[200,200,200]");
    assert_int_equal(local_counts(bench.local).requests, 4);
    const struct local_request *first = row_of(1), *last = row_of(4);
    assert_string_equal(first->service, "dynamodb");
    assert_true(unum_str_is(first->operation, "PutItem"));
    assert_true(unum_str_is(first->function, "app-f"));
    assert_int_equal(first->status, 200);
    assert_false(first->faulted);
    assert_true(first->request_bytes > 0 && first->response_bytes > 0);
    assert_string_equal(last->service, "runtime");
    assert_int_equal(last->status, 202);
    assert_true(unum_str_eq(first->request_id, last->request_id) && first->request_id.len == 36);
}

static void kills_and_closes_where_it_is_told(void **state)
{
    (void)state;
    static const struct {
        enum local_fault_kind kind;
        uint64_t number;
        const char *items; /* that exist afterwards */
        size_t failed;
        int status; /* in the log */
    } rows[] = {
        {LOCAL_FAULT_KILL_BEFORE, 1, "", 1, 0},    {LOCAL_FAULT_KILL_BEFORE, 2, "0", 1, 0},
        {LOCAL_FAULT_KILL_BEFORE, 4, "012", 1, 0}, {LOCAL_FAULT_KILL_AFTER, 1, "0", 1, 0},
        {LOCAL_FAULT_KILL_AFTER, 2, "01", 1, 0},   {LOCAL_FAULT_KILL_AFTER, 4, "012", 0, 0},
        {LOCAL_FAULT_CLOSE, 1, "012", 0, 0},       {LOCAL_FAULT_CLOSE, 4, "012", 0, 0},
        {LOCAL_FAULT_STALL, 2, "012", 0, 200},     {LOCAL_FAULT_STALL, 4, "012", 0, 202},
        {LOCAL_FAULT_PAUSE, 2, "012", 0, 200},     {LOCAL_FAULT_PAUSE, 4, "012", 0, 202},
        {LOCAL_FAULT_STATUS, 2, "02", 0, 400},     {LOCAL_FAULT_TWICE, 2, "012", 0, 200},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct local_fault fault = {
            .kind = rows[i].kind, .number = rows[i].number, .status = 400};
        schedule(&fault, 1);
        bench_event(&bench, "app-f", three);
        for (char item = '0'; item < '3'; item++) {
            const char key[] = {'k', item, '\0'};
            if (bench_has_item(&bench, key) != (strchr(rows[i].items, item) != NULL))
                fail_msg("%s at %llu: item %s", local_fault_name(rows[i].kind),
                         (unsigned long long)rows[i].number, key);
        }
        assert_int_equal(bench.invocations, 1);
        assert_int_equal(bench.failed, rows[i].failed);
        const struct local_request *row = row_of(rows[i].number);
        assert_true(row->faulted);
        assert_int_equal(row->fault, rows[i].kind);
        assert_int_equal(row->status, rows[i].status);
        assert_int_equal(local_counts(bench.local).faults_applied, 1);
        assert_int_equal(local_counts(bench.local).held, 0);
    }
}

static void answers_with_the_status_of_the_service(void **state)
{
    (void)state;
    static const char invoke[] = "{\"do\":\"invoke\",\"n\":2,\"target\":\"app-g\",\"payload\":1}";
    static const struct {
        int status;
        const char *answer;
    } rows[] = {{429, "[429,202]"}, {500, "[500,202]"}, {503, "[503,202]"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct local_fault fault = {
            .kind = LOCAL_FAULT_STATUS, .number = 1, .status = rows[i].status};
        schedule(&fault, 1);
        assert_string_equal(bench_call(&bench, "app-f", invoke), rows[i].answer);
        bench_settle(&bench);
        assert_int_equal(bench.invocations, 2);
    }
}

static void delivers_twice_late_or_never(void **state)
{
    (void)state;
    static const char invoke[] =
        "{\"do\":\"invoke\",\"target\":\"app-g\",\"payload\":{\"do\":\"put\",\"key\":\"g\"}}";
    static const struct {
        enum local_fault_kind kind;
        size_t invocations;
        bool item;
    } rows[] = {
        {LOCAL_FAULT_TWICE, 3, true}, {LOCAL_FAULT_LATE, 2, true}, {LOCAL_FAULT_DROP, 1, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct local_fault fault = {.kind = rows[i].kind, .number = 1};
        schedule(&fault, 1);
        bench_event(&bench, "app-f", invoke);
        assert_int_equal(bench.invocations, rows[i].invocations);
        assert_int_equal(bench_has_item(&bench, "g0"), rows[i].item);
        assert_int_equal(row_of(1)->status, 202);
        assert_true(unum_str_is(row_of(1)->target, "app-g"));
    }
}

/* A late event overtakes nothing: it comes after the request it was told to wait for. */
static void holds_until_the_named_request(void **state)
{
    (void)state;
    const struct local_fault fault = {.kind = LOCAL_FAULT_STALL, .number = 1, .until = 4};
    schedule(&fault, 1);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    static const char *const events[] = {"{\"do\":\"put\",\"key\":\"a\"}",
                                         "{\"do\":\"put\",\"n\":3,\"key\":\"b\"}"};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(local_invoke_event(bench.local, UNUM_STR("app-f"),
                                            unum_str_from(events[i]), NULL, &err),
                         0);
    bench_settle(&bench);
    size_t len, at_1 = 0, at_3 = 0;
    const struct local_request *rows = local_requests(bench.local, &len);
    for (size_t i = 0; i < len; i++) {
        if (rows[i].number == 1)
            at_1 = i;
        if (rows[i].number == 3)
            at_3 = i;
    }
    assert_true(at_1 > at_3);
    assert_true(bench_has_item(&bench, "a0") && bench_has_item(&bench, "b2"));
}

static void kills_in_user_code(void **state)
{
    (void)state;
    const struct local_fault faults[] = {
        {.kind = LOCAL_FAULT_KILL_USER, .function = UNUM_STR("app-f"), .execution = 2}};
    schedule(faults, 1);
    bench_event(&bench, "app-f", three);
    assert_int_equal(bench.failed, 0);
    bench_event(&bench, "app-f", "{\"do\":\"put\",\"n\":3,\"key\":\"u\"}");
    assert_int_equal(bench.failed, 1);
    assert_true(bench_has_item(&bench, "u0"));
    assert_false(bench_has_item(&bench, "u1"));
    bench_event(&bench, "app-f", three);
    assert_int_equal(bench.failed, 1);

    const struct local_fault later = {.kind = LOCAL_FAULT_KILL_USER,
                                      .function = UNUM_STR("app-f"),
                                      .execution = 1,
                                      .delay_ms = 10};
    schedule(&later, 1);
    bench_event(&bench, "app-f", "{\"do\":\"hang\"}");
    assert_int_equal(bench.failed, 1);
}

static void kills_a_paused_process_at_its_timeout(void **state)
{
    (void)state;
    struct local_function add = LOCAL_FUNCTION;
    add.name = UNUM_STR("app-short");
    add.timeout_ms = 200;
    bench_add(&bench, &add);
    /* Paused until a request that never comes, while another function keeps the platform busy. */
    const struct local_fault fault = {.kind = LOCAL_FAULT_PAUSE, .number = 1, .until = 1000};
    schedule(&fault, 1);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(
        local_invoke_event(bench.local, UNUM_STR("app-short"), unum_str_from(three), NULL, &err),
        0);
    bench_event(&bench, "app-f", "{\"do\":\"hang\",\"ms\":600}");
    assert_int_equal(bench.invocations, 2);
    assert_int_equal(bench.failed, 1);
    assert_int_equal(local_counts(bench.local).timeouts, 1);
}

static void resets_without_losing_warm_processes(void **state)
{
    (void)state;
    char first[64];
    (void)snprintf(first, sizeof(first), "%s", bench_call(&bench, "app-f", "{\"do\":\"count\"}"));
    schedule(NULL, 0);
    assert_int_equal(local_counts(bench.local).requests, 0);
    const char *second = bench_call(&bench, "app-f", "{\"do\":\"count\"}");
    assert_string_equal(strchr(first, ','), strchr(second, ','));
    bench_event(&bench, "app-f", three);
    assert_true(bench_has_item(&bench, "k0"));
    schedule(NULL, 0);
    assert_false(bench_has_item(&bench, "k0"));
}

static void resets_in_the_middle_of_a_run(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    static const char *const events[] = {"{\"do\":\"hang\"}", "{\"do\":\"error\"}", "1"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(local_invoke_event(bench.local, UNUM_STR("app-f"),
                                            unum_str_from(events[i]), NULL, &err),
                         0);
    const struct local_until until = {.deadline_ms = 100};
    assert_int_equal(local_run_until(bench.local, &until, &err), UNUM_E_TIMEOUT);
    schedule(NULL, 0);
    assert_true(local_quiet(bench.local));
    assert_string_equal(bench_call(&bench, "app-f", "3"), "3");
}

static void refuses_schedules_without_a_point(void **state)
{
    (void)state;
    static const struct local_fault rows[] = {
        {.kind = LOCAL_FAULT_KILL_BEFORE},
        {.kind = LOCAL_FAULT_KILL_USER, .execution = 1},
        {.kind = LOCAL_FAULT_STATUS, .number = 1, .status = 200},
        {.kind = LOCAL_FAULT_KIND_COUNT, .number = 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        assert_int_equal(local_reset(bench.local, &rows[i], 1, &err), UNUM_E_INVAL);
    }
}

static void cuts_requests_of_people_if_told_to(void **state)
{
    (void)state;
    static const struct local_fault rows[] = {
        {.kind = LOCAL_FAULT_CLOSE, .number = 1},
        {.kind = LOCAL_FAULT_KILL_BEFORE, .number = 3},
        {.kind = LOCAL_FAULT_STATUS, .number = 4, .status = 503},
        {.kind = LOCAL_FAULT_KILL_AFTER, .number = 5},
    };
    static const char *const targets[] = {"Logs_20140328.CreateLogGroup",
                                          "Logs_20140328.DeleteLogGroup"};
    /* Of each request: which operation, and what becomes of it. */
    static const struct {
        size_t target;
        int status;
    } requests[] = {{0, 0}, {0, 400}, {1, 0}, {1, 503}, {1, 0}, {1, 400}};
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    struct bench own;
    bench_init(&own);
    own.config.number_people = true;
    own.config.faults = rows;
    own.config.faults_len = sizeof(rows) / sizeof(rows[0]);
    bench_open(&own);
    uint64_t before = local_counts(own.local).requests;
    assert_int_equal(before, 0);
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        char header[80];
        (void)snprintf(header, sizeof(header), "X-Amz-Target: %s", targets[requests[i].target]);
        assert_int_equal(bench_request(&own, "POST", "/", "logs", header,
                                       UNUM_STR("{\"logGroupName\":\"g\"}"), &out),
                         requests[i].status);
    }
    assert_int_equal(local_counts(own.local).requests, 6);
    bench_close(&own);
}

/* The first request of a person at a platform that does `fault` to it; the whole answer in `out`.
 */
static int first_answer(const struct local_fault *fault, const char *service, const char *target,
                        const char *header, struct unum_str body, struct unum_buf *out)
{
    struct bench own;
    bench_init(&own);
    own.config.number_people = true;
    own.config.faults = fault;
    own.config.faults_len = 1;
    bench_open(&own);
    const char *method = body.len ? "POST" : "HEAD";
    int status = bench_request(&own, method, target, service, header, body, out);
    assert_int_equal(local_counts(own.local).faults_applied, 1);
    bench_close(&own);
    return status;
}

static void damages_answers(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF whole = UNUM_BUF_INIT(UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF cut = UNUM_BUF_INIT(UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF garbled = UNUM_BUF_INIT(UNUM_MB);
    const struct unum_str form = UNUM_STR("Action=GetCallerIdentity&Version=2011-06-15");
    const struct unum_str end = UNUM_STR("</GetCallerIdentityResponse>");
    struct local_fault fault = {.kind = LOCAL_FAULT_PAUSE, .number = 1}; /* nobody to be paused */
    assert_int_equal(first_answer(&fault, "sts", "/", NULL, form, &whole), 200);
    assert_true(unum_str_search(unum_buf_str(&whole), end) != SIZE_MAX);

    fault.kind = LOCAL_FAULT_TRUNCATE;
    assert_int_equal(first_answer(&fault, "sts", "/", NULL, form, &cut), 200);
    assert_true(cut.len < whole.len);
    assert_true(unum_str_search(unum_buf_str(&cut), UNUM_STR("<GetCallerIdentityResponse")) !=
                SIZE_MAX);
    assert_true(unum_str_search(unum_buf_str(&cut), end) == SIZE_MAX);

    fault.kind = LOCAL_FAULT_GARBLE;
    assert_int_equal(first_answer(&fault, "sts", "/", NULL, form, &garbled), 200);
    assert_true(unum_str_search(unum_buf_str(&garbled), UNUM_STR("<GetCallerIdentityResponse")) !=
                SIZE_MAX);
    assert_true(unum_str_search(unum_buf_str(&garbled), end) == SIZE_MAX);
    assert_true((garbled.ptr[garbled.len - 1] & 0x80) != 0);

    /* Without a body the head itself ends in its middle. */
    fault.kind = LOCAL_FAULT_TRUNCATE;
    assert_int_equal(first_answer(&fault, "s3", "/bucket", NULL, UNUM_STR(""), &cut), 404);
    assert_true(unum_str_search(unum_buf_str(&cut), UNUM_STR("\r\n\r\n")) == SIZE_MAX);
}

static void refuses_as_each_service_does(void **state)
{
    (void)state;
    static const struct {
        const char *service, *target, *header, *body;
        int wanted, status;
        const char *code;
    } rows[] = {
        {"s3", "/bucket/key", NULL, "x", 429, 503, "<Code>SlowDown</Code>"},
        {"sts", "/", NULL, "Action=GetCallerIdentity&Version=2011-06-15", 429, 400,
         "<Code>Throttling</Code>"},
        {"cloudformation", "/", NULL, "Action=ListStacks&Version=2010-05-15", 429, 400,
         "<Code>Throttling</Code>"},
        {"lambda", "/2015-03-31/functions/", NULL, "{}", 429, 429, "TooManyRequestsException"},
        {"logs", "/", "X-Amz-Target: Logs_20140328.DescribeLogGroups", "{}", 429, 400,
         "ThrottlingException"},
        {"cloudformation", "/", NULL, "Action=ListStacks&Version=2010-05-15", 403, 403,
         "not authorized to perform: cloudformation:ListStacks"},
        {"cloudformation", "/", NULL, "Action=ListStacks&Version=2010-05-15", 500, 500,
         "<Code>InternalFailure</Code>"},
        {"lambda", "/2015-03-31/functions/", NULL, "{}", 500, 500, "ServiceException"},
    };
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct local_fault fault = {
            .kind = LOCAL_FAULT_STATUS, .number = 1, .status = rows[i].wanted};
        assert_int_equal(first_answer(&fault, rows[i].service, rows[i].target, rows[i].header,
                                      unum_str_from(rows[i].body), &out),
                         rows[i].status);
        if (unum_str_search(unum_buf_str(&out), unum_str_from(rows[i].code)) == SIZE_MAX)
            fail_msg("no %s in: %s", rows[i].code, unum_buf_text(&out));
    }
}

#define RUN(test) cmocka_unit_test_prestate_setup_teardown(test, setup, bench_teardown, &bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(numbers_the_requests_of_functions),      RUN(kills_and_closes_where_it_is_told),
        RUN(answers_with_the_status_of_the_service), RUN(delivers_twice_late_or_never),
        RUN(holds_until_the_named_request),          RUN(kills_in_user_code),
        RUN(kills_a_paused_process_at_its_timeout),  RUN(resets_without_losing_warm_processes),
        RUN(resets_in_the_middle_of_a_run),          RUN(refuses_schedules_without_a_point),
        RUN(cuts_requests_of_people_if_told_to),     RUN(damages_answers),
        RUN(refuses_as_each_service_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

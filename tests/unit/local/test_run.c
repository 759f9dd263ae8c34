/* Functions on the local platform: how they succeed, fail, crash, hang and stay warm. */
#include <setjmp.h>
#include <signal.h>
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

static struct bench bench;

static void answers_with_what_the_function_returned(void **state)
{
    (void)state;
    assert_string_equal(bench_call(&bench, "app-f", " {\"do\":\"echo\",\"x\":[1.0,\"\xc3\xa4\"]} "),
                        "{\"do\":\"echo\",\"x\":[1.0,\"\xc3\xa4\"]}");
    assert_false(bench.error);
}

static void keeps_processes_warm(void **state)
{
    (void)state;
    char first[64];
    (void)snprintf(first, sizeof(first), "%s", bench_call(&bench, "app-f", "{\"do\":\"count\"}"));
    const char *second = bench_call(&bench, "app-f", "{\"do\":\"count\"}");
    assert_memory_equal(first, "[1,", 3);
    assert_memory_equal(second, "[2,", 3);
    assert_string_equal(first + 3, second + 3);
    assert_int_equal(local_counts(bench.local).cold_starts, 1);
}

static void reports_errors_of_the_function(void **state)
{
    (void)state;
    assert_string_equal(bench_call(&bench, "app-f", "{\"do\":\"error\"}"),
                        "{\"errorType\":\"Boom\",\"errorMessage\":\"it went boom\"}");
    assert_true(bench.error);
    assert_string_equal(bench_call(&bench, "app-f", "{\"do\":\"echo\"}"), "{\"do\":\"echo\"}");
    assert_false(bench.error);
    assert_int_equal(local_counts(bench.local).cold_starts, 1);
}

static void reports_crashes_as_lambda_does(void **state)
{
    (void)state;
    static const struct {
        const char *event, *text;
    } rows[] = {
        {"{\"do\":\"crash\"}", "Error: Runtime exited with error: signal: killed\"}"},
        {"{\"do\":\"exit\",\"n\":7}", "Error: Runtime exited with error: exit status 7\"}"},
        {"{\"do\":\"exit\",\"n\":0}", "Error: Runtime exited without providing a reason\"}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *answer = bench_call(&bench, "app-f", rows[i].event);
        assert_true(bench.error);
        assert_non_null(strstr(answer, "{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":"
                                       "\"RequestId: "));
        assert_non_null(strstr(answer, rows[i].text));
    }
    assert_int_equal(local_counts(bench.local).cold_starts, 3);
    assert_non_null(strstr(unum_buf_text(&bench.log), "last words\n"));
    /* The platform goes on. */
    assert_string_equal(bench_call(&bench, "app-f", "1"), "1");
}

static void kills_at_the_timeout(void **state)
{
    (void)state;
    struct local_function add = LOCAL_FUNCTION;
    add.name = UNUM_STR("app-short");
    add.timeout_ms = 250;
    bench_add(&bench, &add);
    const char *answer = bench_call(&bench, "app-short", "{\"do\":\"hang\"}");
    assert_true(bench.error);
    assert_non_null(strstr(answer, "\"errorType\":\"Sandbox.Timedout\""));
    assert_non_null(strstr(answer, "Error: Task timed out after 0.25 seconds\""));
    assert_int_equal(local_counts(bench.local).timeouts, 1);
    bench_settle(&bench);
    assert_int_equal(local_counts(bench.local).processes, 0);
}

static void reports_failed_starts(void **state)
{
    (void)state;
    static const struct {
        const char *init, *type, *text;
    } rows[] = {{"error", "Init.Bad", "no config"}, {"exit", "Runtime.ExitError", "exit status 3"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct app_pair env = {UNUM_STR("INIT"), unum_str_from(rows[i].init)};
        struct local_function add = LOCAL_FUNCTION;
        char name[32];
        (void)snprintf(name, sizeof(name), "app-init-%s", rows[i].init);
        add.name = unum_str_from(name);
        add.env = &env;
        add.env_len = 1;
        bench_add(&bench, &add);
        const char *answer = bench_call(&bench, name, "{}");
        assert_true(bench.error);
        assert_non_null(strstr(answer, rows[i].type));
        assert_non_null(strstr(answer, rows[i].text));
    }
}

static void refuses_a_bundle_without_bootstrap(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct local_function add = LOCAL_FUNCTION;
    add.name = UNUM_STR("app-none");
    add.dir = UNUM_STR("/nonexistent");
    assert_int_equal(local_add_function(bench.local, &add, &err), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&err), "/nonexistent/bootstrap"));
    add.name = UNUM_STR("app-f");
    assert_int_equal(local_add_function(bench.local, &add, &err), UNUM_E_EXISTS);
    add.name = UNUM_STR("a/b");
    assert_int_equal(local_add_function(bench.local, &add, &err), UNUM_E_INVAL);
}

static void gives_functions_lambdas_environment(void **state)
{
    (void)state;
    static const struct {
        const char *name, *part;
    } rows[] = {{"AWS_LAMBDA_FUNCTION_NAME", "app-f"},
                {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
                {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"},
                {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/app-f"},
                {"AWS_LAMBDA_LOG_STREAM_NAME", "[$LATEST]p"},
                {"AWS_REGION", "us-east-1"},
                {"AWS_ENDPOINT_URL", "http://127.0.0.1:"},
                {"_HANDLER", "bootstrap"},
                {"TZ", ":UTC"},
                {"TMPDIR", "/unum-local."},
                {"LAMBDA_TASK_ROOT", "unum-test."},
                {"HOME", "(not set)"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char event[128];
        (void)snprintf(event, sizeof(event), "{\"do\":\"env\",\"name\":\"%s\"}", rows[i].name);
        assert_non_null(strstr(bench_call(&bench, "app-f", event), rows[i].part));
    }
}

static void collects_output_line_by_line(void **state)
{
    (void)state;
    (void)bench_call(&bench, "app-f", "{\"do\":\"log\"}");
    bench_settle(&bench);
    (void)bench_call(&bench, "app-f", "{\"do\":\"exit\"}");
    assert_string_equal(unum_buf_text(&bench.log), "one\n\ntwo\nthreelast words\n");
    assert_non_null(strstr(unum_buf_text(&bench.platform), "START RequestId: "));
    assert_non_null(strstr(unum_buf_text(&bench.platform), "END RequestId: "));
    assert_non_null(strstr(unum_buf_text(&bench.platform), "REPORT RequestId: "));
}

static void cuts_endless_lines(void **state)
{
    (void)state;
    (void)bench_call(&bench, "app-f", "{\"do\":\"noise\",\"n\":1000000}");
    bench_settle(&bench);
    assert_int_equal(bench.log.len, UNUM_LIMIT_LOG_LINE + 1 + sizeof("after\n") - 1);
}

static void takes_payloads_up_to_lambdas_limits(void **state)
{
    (void)state;
    char event[64];
    (void)snprintf(event, sizeof(event), "{\"do\":\"large\",\"n\":%zu}",
                   UNUM_LIMIT_SYNC_PAYLOAD - 2);
    (void)bench_call(&bench, "app-f", event);
    assert_false(bench.error);
    assert_int_equal(bench.answer.len, UNUM_LIMIT_SYNC_PAYLOAD);
    (void)snprintf(event, sizeof(event), "{\"do\":\"large\",\"n\":%zu}",
                   UNUM_LIMIT_SYNC_PAYLOAD + 200);
    const char *answer = bench_call(&bench, "app-f", event);
    assert_true(bench.error);
    assert_non_null(strstr(answer, "Function.ResponseSizeTooLarge"));
    /* The process survives it. */
    assert_string_equal(bench_call(&bench, "app-f", "2"), "2");
    assert_int_equal(local_counts(bench.local).cold_starts, 1);

    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF big = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_addc(&big, '"');
    for (size_t i = 0; i < UNUM_LIMIT_ASYNC_PAYLOAD; i++)
        unum_buf_addc(&big, 'x');
    unum_buf_addc(&big, '"');
    assert_int_equal(
        local_invoke_event(bench.local, UNUM_STR("app-f"), unum_buf_str(&big), NULL, &err),
        UNUM_E_LIMIT);
    assert_int_equal(local_invoke_event(bench.local, UNUM_STR("app-f"), UNUM_STR("{x"), NULL, &err),
                     UNUM_E_PARSE);
    assert_int_equal(local_invoke_event(bench.local, UNUM_STR("app-g"), UNUM_STR("1"), NULL, &err),
                     UNUM_E_NOTFOUND);
}

static void refuses_wrong_runtime_calls(void **state)
{
    (void)state;
    assert_string_equal(bench_call(&bench, "app-f", "{\"do\":\"wrong-id\"}"), "[400,403]");
    assert_string_equal(bench_call(&bench, "app-f", "{\"do\":\"garbage\"}"), "400");
}

static void leaves_no_child_behind(void **state)
{
    (void)state;
    long pid = strtol(bench_call(&bench, "app-f", "{\"do\":\"child\"}"), NULL, 10);
    long parent = 0;
    (void)sscanf(bench_call(&bench, "app-f", "{\"do\":\"count\"}"), "[2,%ld]", &parent);
    assert_true(pid > 1 && parent > 1);
    assert_int_equal(kill((pid_t)parent, 0), 0);
    local_free(bench.local);
    bench.local = NULL;
    assert_int_equal(kill((pid_t)parent, 0), -1);
    assert_true(bench_process_ends(pid));
}

static void ends_what_a_crashed_process_has_started(void **state)
{
    (void)state;
    long pid = strtol(bench_call(&bench, "app-f", "{\"do\":\"child\"}"), NULL, 10);
    (void)bench_call(&bench, "app-f", "{\"do\":\"exit\",\"n\":1}");
    assert_true(bench.error && pid > 1);
    assert_true(bench_process_ends(pid));
}

static void stops_when_told(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    local_stop(bench.local);
    assert_int_equal(local_run_until(bench.local, NULL, &err), UNUM_E_CANCELLED);
    bench_settle(&bench);
    bench_event(&bench, "app-f", "1");
    assert_int_equal(bench.invocations, 1);
}

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

static void ends_at_the_deadline(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_until until = {.done = never, .deadline_ms = 20};
    assert_int_equal(local_run_until(bench.local, &until, &err), UNUM_E_TIMEOUT);
    const struct local_until quiet = {.done = never, .or_quiet = true};
    assert_int_equal(local_run_until(bench.local, &quiet, &err), 0);
}

#define RUN(test) BENCH_TEST(test, &bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(answers_with_what_the_function_returned),
        RUN(keeps_processes_warm),
        RUN(reports_errors_of_the_function),
        RUN(reports_crashes_as_lambda_does),
        RUN(kills_at_the_timeout),
        RUN(reports_failed_starts),
        RUN(refuses_a_bundle_without_bootstrap),
        RUN(gives_functions_lambdas_environment),
        RUN(collects_output_line_by_line),
        RUN(cuts_endless_lines),
        RUN(takes_payloads_up_to_lambdas_limits),
        RUN(refuses_wrong_runtime_calls),
        RUN(leaves_no_child_behind),
        RUN(ends_what_a_crashed_process_has_started),
        RUN(stops_when_told),
        RUN(ends_at_the_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

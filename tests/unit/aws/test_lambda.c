#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/lambda.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "support/aws_fake.h"

struct bench {
    struct aws_fake fake;
    struct unum_arena arena;
};

static int open_bench(void **state)
{
    static struct bench bench;
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
    return 0;
}

static const struct http_fake_request *request(const struct bench *bench, size_t i)
{
    assert_true(i < bench->fake.http.requests.len);
    return &bench->fake.http.requests.at[i];
}

#define SAYS(err, text)                                                                            \
    assert_true(unum_str_search(unum_str_from(unum_err_text(err)), UNUM_STR(text)) != SIZE_MAX)

static void a_configuration_is_read(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body = "{\"FunctionName\":\"app-A\",\"FunctionArn\":\"arn:a\",\"CodeSha256\":\"c2hh\","
                 "\"CodeSize\":42,\"MemorySize\":256,\"Timeout\":30,\"RevisionId\":\"r1\","
                 "\"Architectures\":[\"arm64\"],\"State\":\"Active\",\"LastUpdateStatus\":"
                 "\"Successful\",\"LoggingConfig\":{\"LogFormat\":\"JSON\",\"LogGroup\":\"mine\"},"
                 "\"Environment\":{\"Variables\":{\"A\":\"1\",\"B\":\"\\u00e9\"}},\"New\":[1]}"});
    assert_int_equal(
        lambda_get_configuration(bench->fake.client, UNUM_STR("app-A"), &bench->arena, &f, NULL),
        0);
    assert_true(unum_str_is(request(bench, 0)->method, "GET"));
    assert_true(
        unum_str_is(request(bench, 0)->target, "/2015-03-31/functions/app-A/configuration"));
    assert_true(unum_str_is(f.arn, "arn:a"));
    assert_true(unum_str_is(f.code_sha256, "c2hh"));
    assert_true(unum_str_is(f.architecture, "arm64"));
    assert_true(unum_str_is(f.log_group, "mine"));
    assert_int_equal(f.code_size, 42);
    assert_int_equal(f.timeout_s, 30);
    assert_int_equal(f.environment_len, 2);
    assert_true(unum_str_is(lambda_pair_get(f.environment, f.environment_len, "B"), "\xc3\xa9"));
}

static void a_function_without_a_group_has_the_usual_one(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"FunctionName\":\"app-A\"}"});
    assert_int_equal(
        lambda_get_configuration(bench->fake.client, UNUM_STR("app-A"), &bench->arena, &f, NULL),
        0);
    assert_true(unum_str_is(f.log_group, "/aws/lambda/app-A"));
}

static void answers_that_are_none_are_refused(void **state)
{
    struct bench *bench = *state;
    static const char *const bodies[] = {
        "", "{", "[]", "{\"FunctionName\":7}", "{}", "<a/>", "{\"FunctionName\":\"x\""};
    for (size_t i = 0; i < UNUM_COUNT(bodies); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct lambda_function f;
        const struct http_fake_answer answer = {.body = bodies[i]};
        bench->fake.http.answers = &answer;
        bench->fake.http.answers_len = 1;
        assert_int_equal(lambda_get_configuration(bench->fake.client, UNUM_STR("app-A"),
                                                  &bench->arena, &f, &err),
                         UNUM_E_PARSE);
    }
}

static void names_are_checked_before_anything_is_sent(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    char name[171];
    memset(name, 'a', sizeof(name));
    assert_int_equal(lambda_get_configuration(bench->fake.client, unum_str_of(name, sizeof(name)),
                                              &bench->arena, &f, NULL),
                     UNUM_E_INVAL);
    assert_int_equal(
        lambda_get_configuration(bench->fake.client, UNUM_STR(""), &bench->arena, &f, NULL),
        UNUM_E_INVAL);
    assert_int_equal(bench->fake.http.requests.len, 0);
}

static void details_have_tags_and_code(void **state)
{
    struct bench *bench = *state;
    struct lambda_details d;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"Configuration\":{\"FunctionName\":\"app-A\"},\"Code\":{"
                              "\"Location\":\"https://x/y\"},\"Tags\":{\"unum:app\":\"shop\"},"
                              "\"Concurrency\":{\"ReservedConcurrentExecutions\":0}}"});
    assert_int_equal(lambda_get(bench->fake.client, UNUM_STR("app-A"), &bench->arena, &d, NULL), 0);
    assert_true(unum_str_is(d.location, "https://x/y"));
    assert_true(unum_str_is(lambda_pair_get(d.tags, d.tags_len, "unum:app"), "shop"));
    assert_null(lambda_pair_get(d.tags, d.tags_len, "other").ptr);
    assert_int_equal(d.reserved, 0);
}

static void many_are_asked_at_once(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f[3];
    int rcs[3];
    const struct unum_str names[] = {UNUM_STR("app-A"), UNUM_STR("app-B"), UNUM_STR("app-C")};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"FunctionName\":\"app-A\"}"},
                     {.status = 404, .headers = "x-amzn-errortype: ResourceNotFoundException"},
                     {.status = 403,
                      .headers = "x-amzn-errortype: AccessDeniedException",
                      .body = "{\"Message\":\"not allowed\"}"});
    assert_int_equal(
        lambda_get_configurations(bench->fake.client, names, 3, &bench->arena, f, rcs, &err),
        UNUM_E_DENIED);
    assert_int_equal(bench->fake.http.sends, 1);
    assert_int_equal(rcs[0], 0);
    assert_int_equal(rcs[1], UNUM_E_NOTFOUND);
    assert_int_equal(rcs[2], UNUM_E_DENIED);
    SAYS(&err, "not allowed");
}

static void lists_have_every_page(void **state)
{
    struct bench *bench = *state;
    struct lambda_function *found;
    size_t len;
    AWS_FAKE_ANSWERS(
        &bench->fake,
        {.body = "{\"Functions\":[{\"FunctionName\":\"app-A\"},{\"FunctionName\":"
                 "\"other\"}],\"NextMarker\":\"a/b=\"}"},
        {.body = "{\"Functions\":[],\"NextMarker\":\"2\"}"},
        {.body = "{\"Functions\":[{\"FunctionName\":\"app-B\"}],\"NextMarker\":null}"});
    assert_int_equal(
        lambda_list(bench->fake.client, UNUM_STR("app-"), &bench->arena, &found, &len, NULL), 0);
    assert_int_equal(len, 2);
    assert_true(unum_str_is(found[1].name, "app-B"));
    assert_true(unum_str_is(request(bench, 0)->target, "/2015-03-31/functions/?MaxItems=50"));
    assert_true(unum_str_is(request(bench, 1)->target,
                            "/2015-03-31/functions/?MaxItems=50&Marker=a%2Fb%3D"));
    assert_int_equal(bench->fake.http.requests.len, 3);
}

static void code_comes_from_an_object(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    const struct lambda_code code = {.bucket = UNUM_STR("b"),
                                     .key = UNUM_STR("k/1.zip"),
                                     .architecture = UNUM_STR("arm64"),
                                     .revision_id = UNUM_STR("r1")};
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"FunctionName\":\"app-A\"}"});
    assert_int_equal(
        lambda_update_code(bench->fake.client, UNUM_STR("app-A"), &code, &bench->arena, &f, NULL),
        0);
    assert_true(unum_str_is(request(bench, 0)->method, "PUT"));
    assert_true(unum_str_is(request(bench, 0)->target, "/2015-03-31/functions/app-A/code"));
    assert_true(unum_str_is(request(bench, 0)->body,
                            "{\"S3Bucket\":\"b\",\"S3Key\":\"k/1.zip\",\"Architectures\":[\"arm64\""
                            "],\"RevisionId\":\"r1\"}"));
}

static void code_comes_as_bytes(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    const struct lambda_code code = {.zip = UNUM_STR("PK\1\2"), .dry_run = true};
    const struct lambda_code none = {0};
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"FunctionName\":\"app-A\"}"});
    assert_int_equal(
        lambda_update_code(bench->fake.client, UNUM_STR("app-A"), &code, &bench->arena, &f, NULL),
        0);
    assert_true(unum_str_is(request(bench, 0)->body, "{\"ZipFile\":\"UEsBAg==\",\"DryRun\":true}"));
    assert_int_equal(
        lambda_update_code(bench->fake.client, UNUM_STR("app-A"), &none, &bench->arena, &f, NULL),
        UNUM_E_LIMIT);
}

static void another_revision_is_a_conflict(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct lambda_change change = {.memory_mb = 512,
                                         .set_environment = true,
                                         .environment =
                                             &(struct lambda_pair){UNUM_STR("A"), UNUM_STR("1")},
                                         .environment_len = 1,
                                         .revision_id = UNUM_STR("r1")};
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.status = 412, .headers = "x-amzn-errortype: PreconditionFailedException"});
    assert_int_equal(lambda_update_configuration(bench->fake.client, UNUM_STR("app-A"), &change,
                                                 &bench->arena, &f, &err),
                     UNUM_E_CONFLICT);
    assert_true(unum_str_is(request(bench, 0)->body,
                            "{\"MemorySize\":512,\"Environment\":{\"Variables\":{\"A\":\"1\"}},"
                            "\"RevisionId\":\"r1\"}"));
    SAYS(&err, "somebody else has changed app-A");
}

static void waiting_ends_with_the_update(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"FunctionName\":\"app-A\",\"State\":\"Pending\"}"},
                     {.body = "{\"FunctionName\":\"app-A\",\"State\":\"Active\","
                              "\"LastUpdateStatus\":\"InProgress\"}"},
                     {.body = "{\"FunctionName\":\"app-A\",\"State\":\"Active\","
                              "\"LastUpdateStatus\":\"Successful\"}"});
    assert_int_equal(lambda_wait_ready(bench->fake.client, UNUM_STR("app-A"), 60000,
                                       &bench->fake.clock.clock, &bench->arena, &f, NULL),
                     0);
    assert_int_equal(bench->fake.http.requests.len, 3);
}

static void waiting_ends_with_failure_or_time(void **state)
{
    struct bench *bench = *state;
    struct lambda_function f;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"FunctionName\":\"app-A\",\"LastUpdateStatus\":\"Failed\","
                              "\"LastUpdateStatusReason\":\"bad zip\"}"},
                     {.body = "{\"FunctionName\":\"app-A\",\"State\":\"Pending\"}"});
    assert_int_equal(lambda_wait_ready(bench->fake.client, UNUM_STR("app-A"), 1000,
                                       &bench->fake.clock.clock, &bench->arena, &f, &err),
                     UNUM_E_FAILED);
    SAYS(&err, "bad zip");
    assert_int_equal(lambda_wait_ready(bench->fake.client, UNUM_STR("app-A"), 1000,
                                       &bench->fake.clock.clock, &bench->arena, &f, &err),
                     UNUM_E_TIMEOUT);
}

static void tags_are_set_and_taken_away(void **state)
{
    struct bench *bench = *state;
    const struct lambda_pair tag = {UNUM_STR("unum:code"), UNUM_STR("abc")};
    const struct unum_str name = UNUM_STR("unum:code");
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 204});
    assert_int_equal(
        lambda_tag(bench->fake.client, UNUM_STR("arn:aws:lambda:x:1:function:a"), &tag, 1, NULL),
        0);
    assert_int_equal(lambda_untag(bench->fake.client, UNUM_STR("arn:a"), &name, 1, NULL), 0);
    assert_true(unum_str_is(request(bench, 0)->target,
                            "/2017-03-31/tags/arn%3Aaws%3Alambda%3Ax%3A1%3Afunction%3Aa"));
    assert_true(unum_str_is(request(bench, 0)->body, "{\"Tags\":{\"unum:code\":\"abc\"}}"));
    assert_true(
        unum_str_is(request(bench, 1)->target, "/2017-03-31/tags/arn%3Aa?tagKeys=unum%3Acode"));
}

static void a_function_error_is_told_with_its_log(void **state)
{
    struct bench *bench = *state;
    struct lambda_answer answer;
    AWS_FAKE_ANSWERS(&bench->fake, {.headers = "X-Amz-Function-Error: Unhandled\n"
                                               "X-Amz-Log-Result: bGluZQo=\n"
                                               "X-Amz-Executed-Version: $LATEST",
                                    .body = "{\"errorType\":\"E\"}"});
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_SYNC,
                                   UNUM_STR("{}"), &bench->arena, &answer, NULL),
                     0);
    assert_true(unum_str_is(answer.function_error, "Unhandled"));
    assert_true(unum_str_is(answer.log_tail, "line\n"));
    assert_true(unum_str_is(answer.payload, "{\"errorType\":\"E\"}"));
    assert_true(unum_str_is(http_fake_header(&bench->fake.http, 0, "X-Amz-Log-Type"), "Tail"));
}

static void a_call_that_may_have_run_is_not_repeated(void **state)
{
    struct bench *bench = *state;
    struct lambda_answer answer;
    AWS_FAKE_ANSWERS(&bench->fake, {.rc = UNUM_E_IO});
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_SYNC,
                                   UNUM_STR("{}"), &bench->arena, &answer, NULL),
                     UNUM_E_IO);
    assert_int_equal(bench->fake.http.requests.len, 1);
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_EVENT,
                                   UNUM_STR("{}"), &bench->arena, &answer, NULL),
                     UNUM_E_IO);
    assert_int_equal(bench->fake.http.requests.len, 4);
}

static void payloads_have_their_ceilings(void **state)
{
    struct bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct lambda_answer answer;
    size_t len = UNUM_LIMIT_ASYNC_PAYLOAD + 1;
    char *UNUM_AUTO_FREE large = unum_alloc(len);
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 200});
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_EVENT,
                                   unum_str_of(large, len), &bench->arena, &answer, &err),
                     UNUM_E_LIMIT);
    SAYS(&err, "1048577");
    assert_int_equal(bench->fake.http.requests.len, 0);
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_SYNC,
                                   unum_str_of(large, len), &bench->arena, &answer, &err),
                     0);
}

static void asking_whether_one_may(void **state)
{
    struct bench *bench = *state;
    struct lambda_answer answer;
    AWS_FAKE_ANSWERS(&bench->fake, {.status = 204},
                     {.status = 403, .headers = "x-amzn-errortype: AccessDeniedException"});
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_DRY,
                                   UNUM_STR("{}"), &bench->arena, &answer, NULL),
                     0);
    assert_true(
        unum_str_is(http_fake_header(&bench->fake.http, 0, "X-Amz-Invocation-Type"), "DryRun"));
    assert_int_equal(lambda_invoke(bench->fake.client, UNUM_STR("app-A"), LAMBDA_DRY,
                                   UNUM_STR("{}"), &bench->arena, &answer, NULL),
                     UNUM_E_DENIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_configuration_is_read),
        TEST(a_function_without_a_group_has_the_usual_one),
        TEST(answers_that_are_none_are_refused),
        TEST(names_are_checked_before_anything_is_sent),
        TEST(details_have_tags_and_code),
        TEST(many_are_asked_at_once),
        TEST(lists_have_every_page),
        TEST(code_comes_from_an_object),
        TEST(code_comes_as_bytes),
        TEST(another_revision_is_a_conflict),
        TEST(waiting_ends_with_the_update),
        TEST(waiting_ends_with_failure_or_time),
        TEST(tags_are_set_and_taken_away),
        TEST(a_function_error_is_told_with_its_log),
        TEST(a_call_that_may_have_run_is_not_repeated),
        TEST(payloads_have_their_ceilings),
        TEST(asking_whether_one_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

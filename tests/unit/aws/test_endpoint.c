#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "aws/creds_env.h"
#include "aws/endpoint.h"

static void public_endpoints_follow_region_and_partition(void **state)
{
    static const struct {
        enum aws_service service;
        const char *region, *host;
    } rows[] = {
        {AWS_DYNAMODB, "us-east-1", "dynamodb.us-east-1.amazonaws.com"},
        {AWS_LAMBDA, "eu-central-2", "lambda.eu-central-2.amazonaws.com"},
        {AWS_LOGS, "cn-northwest-1", "logs.cn-northwest-1.amazonaws.com.cn"},
        {AWS_LAMBDA, "us-gov-west-1", "lambda.us-gov-west-1.amazonaws.com"},
        {AWS_DYNAMODB, "us-iso-east-1", "dynamodb.us-iso-east-1.c2s.ic.gov"},
        {AWS_DYNAMODB, "us-isob-east-1", "dynamodb.us-isob-east-1.sc2s.sgov.gov"},
        {AWS_S3, "eu-west-1", "s3.eu-west-1.amazonaws.com"},
        {AWS_CLOUDFORMATION, "us-east-2", "cloudformation.us-east-2.amazonaws.com"},
        {AWS_STS, "us-east-2", "sts.us-east-2.amazonaws.com"},
        {AWS_SCHEDULER, "us-east-2", "scheduler.us-east-2.amazonaws.com"},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct http_endpoint endpoint;
        assert_int_equal(aws_endpoint(rows[i].service, unum_str_from(rows[i].region), UNUM_STR(""),
                                      &arena, &endpoint, NULL),
                         0);
        assert_true(endpoint.tls);
        assert_int_equal(endpoint.port, 443);
        assert_true(unum_str_is(endpoint.host, rows[i].host));
    }
}

static void an_override_is_taken_as_it_is(void **state)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_endpoint endpoint;
    (void)state;
    assert_int_equal(aws_endpoint(AWS_LAMBDA, UNUM_STR("cn-north-1"),
                                  UNUM_STR("http://127.0.0.1:4566/base/"), &arena, &endpoint, NULL),
                     0);
    assert_false(endpoint.tls);
    assert_int_equal(endpoint.port, 4566);
    assert_true(unum_str_is(endpoint.base_path, "/base"));
}

static void bad_regions_and_urls_are_refused(void **state)
{
    static const struct {
        const char *region, *url, *word;
    } rows[] = {
        {"", "", "region"},
        {"evil.example/", "", "region"},
        {"us-east-1@evil", "", "region"},
        {"US-EAST-1", "", "region"},
        {"-us", "", "region"},
        {"us-", "", "region"},
        {"us-east-1", "ftp://x", "lambda"},
        {"us-east-1", "127.0.0.1:80", "lambda"},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct http_endpoint endpoint;
        assert_int_equal(aws_endpoint(AWS_LAMBDA, unum_str_from(rows[i].region),
                                      unum_str_from(rows[i].url), &arena, &endpoint, &err),
                         UNUM_E_INVAL);
        assert_true(unum_str_search(unum_str_from(unum_err_text(&err)),
                                    unum_str_from(rows[i].word)) != SIZE_MAX);
    }
}

static void the_environment_gives_credentials(void **state)
{
    struct aws_creds_env env;
    struct aws_creds_source source = aws_creds_env(&env);
    const struct aws_creds *creds = NULL;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    (void)state;
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("AWS_SESSION_TOKEN");
    assert_int_equal(source.get(source.cookie, &creds, &err), UNUM_E_AUTH);
    assert_string_equal(unum_err_text(&err), "AWS_ACCESS_KEY_ID is not set in the environment");
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    assert_int_equal(source.get(source.cookie, &creds, &err), UNUM_E_AUTH);
    assert_string_equal(unum_err_text(&err), "AWS_SECRET_ACCESS_KEY is not set in the environment");
    setenv("AWS_SECRET_ACCESS_KEY", "secret\n", 1); /* as from a file */
    assert_int_equal(source.get(source.cookie, &creds, &err), 0);
    assert_true(unum_str_is(creds->secret_key, "secret"));
    assert_int_equal(creds->session_token.len, 0);
    setenv("AWS_SESSION_TOKEN", "token", 1);
    assert_int_equal(source.get(source.cookie, &creds, &err), 0);
    assert_true(unum_str_is(creds->session_token, "token"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_endpoints_follow_region_and_partition),
        cmocka_unit_test(an_override_is_taken_as_it_is),
        cmocka_unit_test(bad_regions_and_urls_are_refused),
        cmocka_unit_test(the_environment_gives_credentials),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

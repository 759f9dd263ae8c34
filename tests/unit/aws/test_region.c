#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/endpoint.h"
#include "support/creds_bench.h"

static const char config[] =
    "[default]\nregion = eu-north-1\nservices = here\nendpoint_url = http://profile:1\n"
    "[services here]\nlambda =\n  endpoint_url = http://services:2\n"
    "[profile bare]\n[profile odd]\nservices = absent\nuse_fips_endpoint = maybe\n";

static void open_profile(struct creds_bench *bench, const char *name)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (creds_bench_open(bench, name, &err) < 0)
        fail_msg("%s", unum_err_text(&err));
}

static void expect_region(struct creds_bench *bench, const char *flag, const char *name,
                          const char *origin)
{
    struct aws_region region;
    assert_int_equal(aws_region_resolve(unum_str_from(flag), &bench->config.choice, &bench->arena,
                                        &region, NULL),
                     0);
    assert_true(unum_str_is(region.name, name));
    if (unum_str_search(region.origin, unum_str_from(origin)) == SIZE_MAX)
        fail_msg("%.*s", UNUM_STR_ARG(region.origin));
}

static void a_region_has_an_order_and_an_origin(void **state)
{
    struct creds_bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_region region;
    creds_bench_files(bench, config, NULL);
    open_profile(bench, NULL);
    expect_region(bench, "", "eu-north-1", "profile default (");
    expect_region(bench, "", "eu-north-1", "/.aws/config:2)");
    setenv("AWS_DEFAULT_REGION", "us-west-2", 1);
    expect_region(bench, "", "us-west-2", "AWS_DEFAULT_REGION");
    setenv("AWS_REGION", "us-west-1", 1);
    expect_region(bench, "", "us-west-1", "AWS_REGION");
    expect_region(bench, "us-east-2", "us-east-2", "--region");
    assert_int_equal(aws_region_resolve(UNUM_STR("EU/1"), NULL, &bench->arena, &region, &err),
                     UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err), "--region: \"EU/1\" is no region name");
    unsetenv("AWS_REGION");
    unsetenv("AWS_DEFAULT_REGION");
    open_profile(bench, "bare");
    assert_int_equal(
        aws_region_resolve(UNUM_STR(""), &bench->config.choice, &bench->arena, &region, &err),
        UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&err), "profile \"bare\" has no region"));
}

static void expect_url(struct creds_bench *bench, enum aws_service id, const char *flag,
                       const char *url, const char *origin)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_url got;
    if (aws_endpoint_url(id, unum_str_from(flag), &bench->config.choice, UNUM_STR("eu-west-1"),
                         &bench->arena, &got, &err) < 0)
        fail_msg("%s", unum_err_text(&err));
    if (!unum_str_is(got.url, url) ||
        unum_str_search(got.origin, unum_str_from(origin)) == SIZE_MAX)
        fail_msg("%.*s from %.*s", UNUM_STR_ARG(got.url), UNUM_STR_ARG(got.origin));
    assert_int_equal(got.custom, strcmp(origin, "AWS") != 0);
}

static void endpoints_have_an_order_and_an_origin(void **state)
{
    struct creds_bench *bench = *state;
    creds_bench_files(bench, config, NULL);
    open_profile(bench, "bare");
    expect_url(bench, AWS_LAMBDA, "", "https://lambda.eu-west-1.amazonaws.com", "AWS");
    open_profile(bench, NULL);
    expect_url(bench, AWS_STS, "", "http://profile:1", "/.aws/config:4)");
    expect_url(bench, AWS_LAMBDA, "", "http://services:2", "services here (");
    setenv("AWS_ENDPOINT_URL", "http://all:3", 1);
    expect_url(bench, AWS_LAMBDA, "", "http://all:3", "AWS_ENDPOINT_URL");
    setenv("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://logs:4/base", 1);
    expect_url(bench, AWS_LOGS, "", "http://logs:4/base", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS");
    expect_url(bench, AWS_STS, "", "http://all:3", "AWS_ENDPOINT_URL");
    expect_url(bench, AWS_STS, "http://flag:5", "http://flag:5", "--endpoint-url");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True", 1);
    expect_url(bench, AWS_LOGS, "", "https://logs.eu-west-1.amazonaws.com", "AWS");
    expect_url(bench, AWS_STS, "http://flag:5", "http://flag:5", "--endpoint-url");
}

static void public_names_follow_partition_and_kind(void **state)
{
    static const struct {
        enum aws_service id;
        const char *region;
        bool fips, dual;
        const char *url, *signing;
    } rows[] = {
        {AWS_S3, "cn-north-1", false, false, "https://s3.cn-north-1.amazonaws.com.cn",
         "cn-north-1"},
        {AWS_S3, "eu-west-1", false, true, "https://s3.dualstack.eu-west-1.amazonaws.com",
         "eu-west-1"},
        {AWS_S3, "us-east-2", true, true, "https://s3-fips.dualstack.us-east-2.amazonaws.com",
         "us-east-2"},
        {AWS_LAMBDA, "eu-west-1", false, true, "https://lambda.eu-west-1.api.aws", "eu-west-1"},
        {AWS_CLOUDFORMATION, "us-east-1", true, false,
         "https://cloudformation-fips.us-east-1.amazonaws.com", "us-east-1"},
        {AWS_IAM, "eu-west-1", false, false, "https://iam.amazonaws.com", "us-east-1"},
        {AWS_IAM, "cn-northwest-1", false, false, "https://iam.cn-north-1.amazonaws.com.cn",
         "cn-north-1"},
        {AWS_IAM, "us-gov-east-1", true, false, "https://iam.us-gov.amazonaws.com",
         "us-gov-west-1"},
        {AWS_SCHEDULER, "us-isob-east-1", false, false,
         "https://scheduler.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"},
        {AWS_SSO_OIDC, "eusc-de-east-1", false, false, "https://oidc.eusc-de-east-1.amazonaws.eu",
         "eusc-de-east-1"},
    };
    struct creds_bench *bench = *state;
    open_profile(bench, NULL);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct aws_url got;
        setenv("AWS_USE_FIPS_ENDPOINT", rows[i].fips ? "true" : "false", 1);
        setenv("AWS_USE_DUALSTACK_ENDPOINT", rows[i].dual ? "true" : "false", 1);
        assert_int_equal(aws_endpoint_url(rows[i].id, UNUM_STR(""), &bench->config.choice,
                                          unum_str_from(rows[i].region), &bench->arena, &got, NULL),
                         0);
        if (!unum_str_is(got.url, rows[i].url) || !unum_str_is(got.signing_region, rows[i].signing))
            fail_msg("%s: %.*s", rows[i].url, UNUM_STR_ARG(got.url));
    }
}

static void what_is_wrong_with_an_endpoint_is_told(void **state)
{
    struct creds_bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_url got;
    creds_bench_files(bench, config, NULL);
    open_profile(bench, "odd");
    assert_int_equal(aws_endpoint_url(AWS_S3, UNUM_STR(""), &bench->config.choice,
                                      UNUM_STR("eu-west-1"), &bench->arena, &got, &err),
                     UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&err), "profile odd: services \"absent\""));
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_int_equal(aws_endpoint_url(AWS_S3, UNUM_STR(""), &bench->config.choice,
                                      UNUM_STR("eu-west-1"), &bench->arena, &got, &err),
                     UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err),
                        "use_fips_endpoint is \"maybe\", which is neither true nor false");
    assert_int_equal(aws_endpoint_url(AWS_S3, UNUM_STR("nonsense"), &bench->config.choice,
                                      UNUM_STR("eu-west-1"), &bench->arena, &got, &err),
                     UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&err), "--endpoint-url: "));
    assert_true(unum_str_is(aws_partition(UNUM_STR("us-gov-west-1"))->name, "aws-us-gov"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, creds_bench_setup, creds_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_region_has_an_order_and_an_origin),
        TEST(endpoints_have_an_order_and_an_origin),
        TEST(public_names_follow_partition_and_kind),
        TEST(what_is_wrong_with_an_endpoint_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/settings.h"
#include "support/creds_bench.h"

static void open_profile(struct creds_bench *bench, const char *config)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    creds_bench_files(bench, config, NULL);
    if (creds_bench_open(bench, NULL, &err) < 0)
        fail_msg("%s", unum_err_text(&err));
}

static struct aws_settings read_settings(struct creds_bench *bench)
{
    struct aws_settings settings;
    assert_int_equal(
        aws_settings_read(&bench->config.choice, &bench->log, &bench->arena, &settings, NULL), 0);
    return settings;
}

static void variables_come_before_the_profile(void **state)
{
    struct creds_bench *bench = *state;
    struct aws_settings settings;
    assert_int_equal(aws_settings_read(NULL, NULL, &bench->arena, &settings, NULL), 0);
    assert_int_equal(settings.max_attempts, 0);
    assert_true(unum_str_is(settings.user_agent, "unum/" UNUM_VERSION));
    open_profile(bench, "[default]\nmax_attempts = 7\nretry_mode = legacy\nsdk_ua_app_id = shop\n");
    settings = read_settings(bench);
    assert_int_equal(settings.max_attempts, 7);
    assert_true(unum_str_is(settings.user_agent, "unum/" UNUM_VERSION " app/shop"));
    setenv("AWS_MAX_ATTEMPTS", "2", 1);
    setenv("AWS_SDK_UA_APP_ID", "till", 1);
    setenv("AWS_RETRY_MODE", "adaptive", 1);
    settings = read_settings(bench);
    assert_int_equal(settings.max_attempts, 2);
    assert_true(unum_str_is(settings.user_agent, "unum/" UNUM_VERSION " app/till"));
    assert_non_null(strstr(unum_buf_text(&bench->shown), "AWS_RETRY_MODE is adaptive"));
}

static void names_of_applications_fit_into_a_header(void **state)
{
    struct creds_bench *bench = *state;
    open_profile(bench, "[default]\n");
    setenv("AWS_SDK_UA_APP_ID", "a b(c)\r\nX: y\xc3\xa4~", 1);
    assert_true(
        unum_str_is(read_settings(bench).user_agent, "unum/" UNUM_VERSION " app/a-b-c---X--y--~"));
    setenv("AWS_SDK_UA_APP_ID",
           "1234567890123456789012345678901234567890123456789012345678901234567890", 1);
    assert_true(unum_str_is(read_settings(bench).user_agent,
                            "unum/" UNUM_VERSION
                            " app/12345678901234567890123456789012345678901234567890"));
}

static void what_is_no_setting_is_named(void **state)
{
    static const struct {
        const char *config, *words;
    } rows[] = {
        {"max_attempts = 0", "max_attempts is \"0\"; it must be a number from 1 to 100"},
        {"max_attempts = many", "max_attempts is \"many\""},
        {"max_attempts = 101", "max_attempts is \"101\""},
        {"retry_mode = fast", "retry_mode is \"fast\"; it must be standard, adaptive or legacy"},
    };
    struct creds_bench *bench = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct unum_buf UNUM_AUTO_BUF config = UNUM_BUF_INIT(4096);
        struct aws_settings settings;
        unum_buf_printf(&config, "[default]\n%s\n", rows[i].config);
        open_profile(bench, unum_buf_text(&config));
        assert_int_equal(
            aws_settings_read(&bench->config.choice, NULL, &bench->arena, &settings, &err),
            UNUM_E_INVAL);
        if (!strstr(unum_err_text(&err), rows[i].words))
            fail_msg("%s", unum_err_text(&err));
    }
}

static void expect_account(struct creds_bench *bench, const char *flag, const char *account)
{
    struct unum_str got;
    assert_int_equal(creds_bench_open(bench, flag, NULL), 0);
    assert_int_equal(aws_settings_account(&bench->config.choice, &got, NULL), 0);
    assert_true(unum_str_is(got, account));
}

static void the_account_goes_with_the_keys_of_the_environment(void **state)
{
    struct creds_bench *bench = *state;
    struct unum_str got;
    creds_bench_files(bench, "[default]\n[profile other]\n", NULL);
    expect_account(bench, NULL, "");
    setenv("AWS_ACCOUNT_ID", "012345678901", 1);
    expect_account(bench, NULL, "");
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    expect_account(bench, NULL, "012345678901");
    expect_account(bench, "other", "");
    static const char *const bad[] = {"1", "01234567890", "0123456789012", "arn:aws:iam1",
                                      "-12345678901"};
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        setenv("AWS_ACCOUNT_ID", bad[i], 1);
        expect_account(bench, "other", "");
        assert_int_equal(creds_bench_open(bench, NULL, NULL), 0);
        assert_int_equal(aws_settings_account(&bench->config.choice, &got, &err), UNUM_E_INVAL);
        assert_non_null(strstr(unum_err_text(&err), "12 digits"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, creds_bench_setup, creds_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(variables_come_before_the_profile),
        TEST(the_account_goes_with_the_keys_of_the_environment),
        TEST(names_of_applications_fit_into_a_header),
        TEST(what_is_no_setting_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sources of credentials that ask somebody: SSO, a process, the container, the instance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "support/creds_bench.h"

/*
 * SSO.
 */
static const char sso_profile[] =
    "[default]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Admin & Co\n"
    "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.example/start\n";
/* SHA-1 of "corp", and of the start URL for the old form. */
#define CACHE_OF_SESSION ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json"
#define OLD_CACHE        ".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json"
#define PORTAL                                                                                     \
    "GET https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?role_name=Admin%20"  \
    "%26%20Co&account_id=111111111111"
#define OIDC "POST https://oidc.eu-central-1.amazonaws.com/token"
#define ROLE_CREDENTIALS                                                                           \
    "{\"roleCredentials\":{\"accessKeyId\":\"ASIASSO\",\"secretAccessKey\":\"Hushs\","             \
    "\"sessionToken\":\"Husht\",\"expiration\":1767229200000}}"
#define CACHE(expires)                                                                             \
    "{\"startUrl\":\"https://corp.example/"                                                        \
    "start\",\"accessToken\":\"Hushold\",\"expiresAt\":\"" expires                                 \
    "\",\"clientId\":\"id\",\"clientSecret\":\"Hushclient\",\"refreshToken\":"                     \
    "\"Hushrefresh\",\"registrationExpiresAt\":\"2026-03-01T00:00:00Z\"}"

static void sso_takes_the_token_of_the_session(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {PORTAL, {.body = ROLE_CREDENTIALS}});
    creds_bench_files(bench, sso_profile, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "nobody has signed in to https://corp.example/start");
    creds_bench_fails(bench, UNUM_E_AUTH, "run `aws sso login`");
    (void)creds_bench_file(bench, CACHE_OF_SESSION, CACHE("2026-01-01T08:00:00Z"));
    creds_bench_gives(bench, "ASIASSO", "Hushs", "Husht",
                      "SSO role Admin & Co in account 111111111111 (profile default)");
    assert_int_equal(bench->http.requests.len, 1);
    assert_true(
        unum_str_is(http_fake_header(&bench->http, 0, "x-amz-sso_bearer_token"), "Hushold"));
    /* `expiration` counts milliseconds: an hour from now. */
    bench->clock.now_ms += 44 * 60 * 1000;
    creds_bench_gives(bench, "ASIASSO", "Hushs", "Husht", "SSO");
    assert_int_equal(bench->http.requests.len, 1);
}

static void sso_renews_and_keeps_the_token(void **state)
{
    struct creds_bench *bench = *state;
    struct unum_buf UNUM_AUTO_BUF kept = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    CREDS_BENCH_ROUTES(bench, {PORTAL, {.body = ROLE_CREDENTIALS}},
                       {OIDC,
                        {.body = "{\"accessToken\":\"Hushnew\",\"expiresIn\":3600,"
                                 "\"refreshToken\":\"Hushnext\",\"tokenType\":\"Bearer\"}"}});
    creds_bench_files(bench, sso_profile, NULL);
    const char *path = creds_bench_file(bench, CACHE_OF_SESSION, CACHE("2025-12-31T23:00:00UTC"));
    creds_bench_gives(bench, "ASIASSO", "Hushs", "Husht", "SSO");
    creds_bench_asked(bench, OIDC "\n{\"clientId\":\"id\",\"clientSecret\":\"Hushclient\","
                                  "\"refreshToken\":\"Hushrefresh\",\"grantType\":"
                                  "\"refresh_token\"}\n");
    assert_true(
        unum_str_is(http_fake_header(&bench->http, 1, "x-amz-sso_bearer_token"), "Hushnew"));
    assert_int_equal(unum_file_read(path, &kept, NULL), 0);
    static const char *const words[] = {"\"startUrl\":\"https://corp.example/start\"",
                                        "\"accessToken\":\"Hushnew\"",
                                        "\"expiresAt\":\"2026-01-01T01:00:00Z\"",
                                        "\"refreshToken\":\"Hushnext\"", "\"clientSecret\""};
    for (size_t i = 0; i < UNUM_COUNT(words); i++) {
        if (!strstr(unum_buf_text(&kept), words[i]))
            fail_msg("%s is not kept in %s", words[i], unum_buf_text(&kept));
    }
    assert_null(strstr(unum_buf_text(&kept), "Hushold"));
}

static void sso_says_what_to_do_when_signed_out(void **state)
{
    struct creds_bench *bench = *state;
    creds_bench_files(bench, sso_profile, NULL);
    (void)creds_bench_file(bench, CACHE_OF_SESSION, CACHE("2025-12-31T23:00:00Z"));
    {
        CREDS_BENCH_ROUTES(bench, {OIDC, {.status = 400, .body = "{\"error\":\"invalid_grant\"}"}});
        creds_bench_fails(bench, UNUM_E_AUTH, "has expired: sso-oidc CreateToken: invalid_grant");
        creds_bench_fails(bench, UNUM_E_AUTH, "aws sso login");
    }
    (void)creds_bench_file(bench, CACHE_OF_SESSION, "{\"accessToken\":\"Hush\"}");
    creds_bench_fails(bench, UNUM_E_AUTH, "no accessToken with an expiresAt");
    (void)creds_bench_file(bench, CACHE_OF_SESSION, "Hush");
    creds_bench_fails(bench, UNUM_E_AUTH, "is no JSON");
    (void)creds_bench_file(bench, CACHE_OF_SESSION, CACHE("2026-01-01T08:00:00Z"));
    {
        CREDS_BENCH_ROUTES(bench, {PORTAL,
                                   {.status = 401,
                                    .headers = "x-amzn-ErrorType: UnauthorizedException\n",
                                    .body = "{\"message\":\"Session token not found\"}"}});
        creds_bench_fails(bench, UNUM_E_AUTH, "UnauthorizedException: Session token not found");
        creds_bench_fails(bench, UNUM_E_AUTH, "aws sso login");
    }
    {
        CREDS_BENCH_ROUTES(bench, {PORTAL, {.body = "{}"}});
        creds_bench_fails(bench, UNUM_E_AUTH, "the answer is not one");
    }
}

static void sso_of_old_knows_the_start_url_only(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {"GET https://portal.sso.us-east-1.amazonaws.com/federation/",
                               {.body = ROLE_CREDENTIALS}});
    creds_bench_files(bench,
                      "[default]\nsso_start_url = https://corp.example/start\nsso_region = "
                      "us-east-1\nsso_account_id = 1\nsso_role_name = r\n",
                      NULL);
    (void)creds_bench_file(bench, OLD_CACHE, CACHE("2026-01-01T08:00:00UTC"));
    creds_bench_gives(bench, "ASIASSO", "Hushs", "Husht", "SSO role r in account 1");
    /* It has no way to be renewed. */
    (void)creds_bench_file(bench, OLD_CACHE, CACHE("2025-12-31T08:00:00UTC"));
    creds_bench_files(bench, NULL, NULL);
    size_t before = bench->http.requests.len;
    creds_bench_fails(bench, UNUM_E_AUTH, "has expired");
    assert_int_equal(bench->http.requests.len, before);
}

static void sso_settings_must_be_whole_and_agree(void **state)
{
    static const struct {
        const char *config, *words;
    } rows[] = {
        {"[default]\nsso_account_id = 1\n", "there is no sso_role_name"},
        {"[default]\nsso_account_id = 1\nsso_role_name = r\n", "there is no sso_start_url"},
        {"[default]\nsso_account_id = 1\nsso_role_name = r\nsso_start_url = u\n",
         "there is no sso_region"},
        {"[default]\nsso_account_id = 1\nsso_role_name = r\nsso_session = crop\n"
         "[sso-session corp]\nsso_region = a\n",
         "did you mean \"corp\"?"},
        {"[default]\nsso_account_id = 1\nsso_role_name = r\nsso_session = s\nsso_region = b\n"
         "[sso-session s]\nsso_region = a\nsso_start_url = u\n",
         "have different sso_region"},
    };
    struct creds_bench *bench = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        creds_bench_files(bench, rows[i].config, NULL);
        creds_bench_fails(bench, UNUM_E_AUTH, rows[i].words);
    }
}

/*
 * Process.
 */
static void process_with(struct creds_bench *bench, const char *command)
{
    struct unum_buf UNUM_AUTO_BUF config = UNUM_BUF_INIT(65536);
    unum_buf_printf(&config, "[default]\ncredential_process = %s\n", command);
    creds_bench_files(bench, unum_buf_text(&config), NULL);
}

static void a_process_is_run_without_a_shell(void **state)
{
    struct creds_bench *bench = *state;
    /* Words as a shell splits them, and nothing of a shell else. */
    process_with(bench, "printf '%s' \"{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"A$HOME;x\\\",\""
                        "'\"SecretAccessKey\":\"Hush p\",\"SessionToken\":\"Husht\","
                        "\"Expiration\":\"2026-01-01T01:00:00+00:00\"}'");
    creds_bench_gives(bench, "A$HOME;x", "Hush p", "Husht", "process printf (profile default)");
    const char *script = creds_bench_file(bench, "a tool",
                                          "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"'$#$1"
                                          "'\",\"SecretAccessKey\":\"Hush\"}'\n");
    struct unum_buf UNUM_AUTO_BUF command = UNUM_BUF_INIT(4096);
    unum_buf_printf(&command, "sh \"%s\" a\\ b ''", script);
    process_with(bench, unum_buf_text(&command));
    creds_bench_gives(bench, "2a b", "Hush", "", "process sh");
}

static void what_a_process_does_wrong_is_told_without_what_it_printed(void **state)
{
    static const struct {
        const char *command, *words;
    } rows[] = {
        {"/nowhere/tool", "/nowhere/tool"},
        {"sh -c 'echo Hush; exit 3'", "sh exited with status 3"},
        {"sh -c 'kill -9 $$'", "was killed by signal 9"},
        {"echo Hush", "no JSON object"},
        {"echo '[\"Hush\"]'", "no JSON object"},
        {"echo '{\"AccessKeyId\":\"Hush\"}'", "no \"Version\": 1"},
        {"echo '{\"Version\":2}'", "no \"Version\": 1"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"Hush\"}'", "no SecretAccessKey"},
        {"echo '{\"Version\":1,\"SecretAccessKey\":\"Hush\"}'", "no AccessKeyId"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"Hush\","
         "\"Expiration\":\"Hush\"}'",
         "Expiration is no time"},
        {"echo '{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"Hush\","
         "\"Expiration\":\"2025-01-01T00:00:00Z\"}'",
         "have expired"},
        {"head -c 100000 /dev/zero", "printed more than 65536 bytes"},
        {"tool 'open", "open quotation mark"},
        {"tool \"open", "open quotation mark"},
        {"tool \\", "open quotation mark"},
    };
    struct creds_bench *bench = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        process_with(bench, rows[i].command);
        creds_bench_fails(bench, UNUM_E_AUTH, rows[i].words);
    }
}

/*
 * Container.
 */
#define MACHINE_CREDENTIALS                                                                        \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"ASIAM\",\"SecretAccessKey\":\"Hushm\",\"Token\":"     \
    "\"Husht\",\"Expiration\":\"2026-01-01T06:00:00Z\"}"

static void a_container_gives_its_role(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench,
                       {"GET http://169.254.170.2/v2/creds?id=1", {.body = MACHINE_CREDENTIALS}},
                       {"GET http://127.0.0.1:9/c?x=y", {.body = MACHINE_CREDENTIALS}},
                       {"GET https://creds.example/", {.body = MACHINE_CREDENTIALS}},
                       {"GET http://[fd00:ec2::23]/v1", {.body = MACHINE_CREDENTIALS}});
    static const char *const urls[] = {"http://127.0.0.1:9/c?x=y", "https://creds.example",
                                       "http://[fd00:ec2::23]/v1"};
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/creds?id=1", 1);
    creds_bench_gives(bench, "ASIAM", "Hushm", "Husht", "container (http://169.254.170.2)");
    assert_int_equal(bench->http.requests.at[0].timeout_ms, 2000);
    unsetenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    for (size_t i = 0; i < UNUM_COUNT(urls); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i], 1);
        creds_bench_files(bench, NULL, NULL);
        creds_bench_gives(bench, "ASIAM", "Hushm", "Husht", "container");
    }
}

static void a_container_wants_its_token(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {"GET http://127.0.0.1/", {.body = MACHINE_CREDENTIALS}});
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/c", 1);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Hush-variable", 1);
    creds_bench_gives(bench, "ASIAM", "Hushm", "Husht", "container");
    assert_true(unum_str_is(http_fake_header(&bench->http, 0, "authorization"), "Hush-variable"));
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
           creds_bench_file(bench, "token", "Hush-file\n"), 1);
    creds_bench_files(bench, NULL, NULL);
    creds_bench_gives(bench, "ASIAM", "Hushm", "Husht", "container");
    assert_true(unum_str_is(http_fake_header(&bench->http, 1, "authorization"), "Hush-file"));
    (void)creds_bench_file(bench, "token", "Hush\r\nX-Header: y");
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "the token has a line break");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: ");
    unsetenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Hush\nX: y", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break");
    assert_int_equal(bench->http.requests.len, 2);
}

static void a_container_is_not_believed_everything(void **state)
{
    static const char *const urls[] = {"http://creds.example/", "http://127.0.0.1.example/",
                                       "http://169.254.170.3/", "http://10.0.0.1/"};
    struct creds_bench *bench = *state;
    for (size_t i = 0; i < UNUM_COUNT(urls); i++) {
        setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", urls[i], 1);
        creds_bench_fails(bench, UNUM_E_AUTH, "needs https");
    }
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "ftp://x", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example/", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "does not start with \"/\"");
    assert_int_equal(bench->http.requests.len, 0);
    /* Who applies and fails ends the search: the instance is not asked. */
    CREDS_BENCH_ROUTES(bench, {"GET http://169.254.170.2/", {.status = 404, .body = "{}"}});
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "container credentials: HTTP status 404");
    assert_int_equal(bench->http.requests.len, 1);
}

/*
 * Instance.
 */
#define IMDS       "http://169.254.169.254/latest/"
#define IMDS_ROLES "GET " IMDS "meta-data/iam/security-credentials/"

static void an_instance_gives_its_role_by_version_two(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {"PUT " IMDS "api/token", {.body = "Hushimds"}},
                       {IMDS_ROLES "my-role", {.body = MACHINE_CREDENTIALS}},
                       {IMDS_ROLES, {.body = "my-role\nother"}});
    creds_bench_gives(bench, "ASIAM", "Hushm", "Husht", "instance role my-role");
    assert_int_equal(bench->http.requests.len, 3);
    assert_true(unum_str_is(
        http_fake_header(&bench->http, 0, "x-aws-ec2-metadata-token-ttl-seconds"), "21600"));
    for (size_t i = 1; i < 3; i++)
        assert_true(
            unum_str_is(http_fake_header(&bench->http, i, "x-aws-ec2-metadata-token"), "Hushimds"));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(bench->http.requests.at[i].timeout_ms, 1000);
}

static void version_one_is_asked_only_where_it_may(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {"PUT " IMDS "api/token", {.status = 403}},
                       {IMDS_ROLES "my-role", {.body = MACHINE_CREDENTIALS}},
                       {IMDS_ROLES, {.body = "my-role"}});
    creds_bench_gives(bench, "ASIAM", "Hushm", "Husht", "instance role my-role");
    assert_null(http_fake_header(&bench->http, 1, "x-aws-ec2-metadata-token").ptr);
    setenv("AWS_EC2_METADATA_V1_DISABLED", "true", 1);
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "HTTP status 403, and version 1 is disabled");
}

static void an_instance_is_asked_once_and_at_another_place_if_told(void **state)
{
    struct creds_bench *bench = *state;
    creds_bench_fails(bench, UNUM_E_AUTH, "this is no EC2 instance");
    assert_int_equal(bench->http.requests.len, 1);
    setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "2", 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "nothing answers at http://[fd00:ec2::254]");
    assert_int_equal(bench->http.requests.len, 3);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1338/", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "nothing answers at http://127.0.0.1:1338/");
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv5", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "it must be IPv4 or IPv6");
}

static void an_instance_without_a_role_is_no_source(void **state)
{
    struct creds_bench *bench = *state;
    {
        CREDS_BENCH_ROUTES(bench, {"PUT " IMDS "api/token", {.body = "Hushimds"}},
                           {IMDS_ROLES, {.status = 404}});
        creds_bench_fails(bench, UNUM_E_AUTH, "instance metadata: the instance has no role");
    }
    {
        CREDS_BENCH_ROUTES(
            bench, {"PUT " IMDS "api/token", {.body = "Hushimds"}},
            {IMDS_ROLES "r", {.body = "{\"Code\":\"AssumeRoleUnauthorizedAccess\"}"}},
            {IMDS_ROLES, {.body = "r"}});
        creds_bench_fails(bench, UNUM_E_AUTH, "instance metadata: AssumeRoleUnauthorizedAccess");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, creds_bench_setup, creds_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sso_takes_the_token_of_the_session),
        TEST(sso_renews_and_keeps_the_token),
        TEST(sso_says_what_to_do_when_signed_out),
        TEST(sso_of_old_knows_the_start_url_only),
        TEST(sso_settings_must_be_whole_and_agree),
        TEST(a_process_is_run_without_a_shell),
        TEST(what_a_process_does_wrong_is_told_without_what_it_printed),
        TEST(a_container_gives_its_role),
        TEST(a_container_wants_its_token),
        TEST(a_container_is_not_believed_everything),
        TEST(an_instance_gives_its_role_by_version_two),
        TEST(version_one_is_asked_only_where_it_may),
        TEST(an_instance_is_asked_once_and_at_another_place_if_told),
        TEST(an_instance_without_a_role_is_no_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

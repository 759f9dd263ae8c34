/* The order of the sources, keys that stand somewhere as they are, roles, and renewing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/creds_bench.h"

#define STS "POST https://sts.eu-west-1.amazonaws.com/"
#define ROLE_ANSWER(action, expires)                                                               \
    "<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" action             \
    "Result><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>Hushrole</"           \
    "SecretAccessKey><SessionToken>Hushtoken</SessionToken><Expiration>" expires                   \
    "</Expiration></Credentials></" action "Result></" action "Response>"
#define STS_ERROR(code, message)                                                                   \
    "<ErrorResponse><Error><Type>Sender</Type><Code>" code "</Code><Message>" message              \
    "</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"

static void set_keys(void)
{
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "Hushenv", 1);
}

static void variables_come_first_unless_a_profile_is_asked_for(void **state)
{
    struct creds_bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    set_keys();
    setenv("AWS_SESSION_TOKEN", "Hushsession", 1);
    creds_bench_files(bench, "[profile x]\nregion = a\n",
                      "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = "
                      "Hushd\n[x]\naws_access_key_id = AKIAX\naws_secret_access_key = Hushx\n"
                      "aws_session_token = Husht\n");
    creds_bench_gives(bench, "AKIAENV", "Hushenv", "Hushsession", "environment");
    setenv("AWS_PROFILE", "x", 1); /* does not beat keys of the environment */
    assert_int_equal(creds_bench_open(bench, NULL, &err), 0);
    creds_bench_gives(bench, "AKIAENV", "Hushenv", "Hushsession", "environment");
    assert_int_equal(creds_bench_open(bench, "x", &err), 0);
    creds_bench_gives(bench, "AKIAX", "Hushx", "Husht", "profile x (");
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    assert_int_equal(creds_bench_open(bench, NULL, &err), 0);
    creds_bench_gives(bench, "AKIAX", "Hushx", "Husht", "profile x (");
    unsetenv("AWS_PROFILE");
    assert_int_equal(creds_bench_open(bench, NULL, &err), 0);
    creds_bench_gives(bench, "AKIADEFAULT", "Hushd", "", "profile default (");
}

static void half_a_pair_is_an_error_not_a_reason_to_go_on(void **state)
{
    struct creds_bench *bench = *state;
    creds_bench_files(bench, NULL,
                      "[default]\naws_access_key_id = A\naws_secret_access_key = Hush\n"
                      "[half]\naws_access_key_id = A\n");
    setenv("AWS_SECRET_ACCESS_KEY", "Hushenv", 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    setenv("AWS_PROFILE", "half", 1);
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "no aws_secret_access_key");
    setenv("AWS_PROFILE", "halv", 1);
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "did you mean \"half\"?");
}

static void without_any_every_source_says_why_not(void **state)
{
    static const char *const words[] = {
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
        "assume role: profile \"default\" has no role_arn",
        "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
        "SSO: profile \"default\" has neither",
        "credentials file: ",
        "login session: ",
        "process: profile \"default\" has no credential_process",
        "config file: ",
        "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "instance metadata: nothing answers at http://169.254.169.254",
        "region eu-west-1",
    };
    struct creds_bench *bench = *state;
    for (size_t i = 0; i < UNUM_COUNT(words); i++)
        creds_bench_fails(bench, UNUM_E_AUTH, words[i]);
    creds_bench_fails(bench, UNUM_E_AUTH, "aws configure");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    size_t before = bench->http.requests.len;
    creds_bench_fails(bench, UNUM_E_AUTH, "AWS_EC2_METADATA_DISABLED is true");
    assert_int_equal(bench->http.requests.len, before);
}

static void keys_of_the_config_file_come_after_a_process(void **state)
{
    struct creds_bench *bench = *state;
    creds_bench_files(bench,
                      "[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = "
                      "Hushc\n",
                      NULL);
    creds_bench_gives(bench, "AKIACONFIG", "Hushc", "", "/.aws/config)");
    creds_bench_files(bench,
                      "[default]\naws_access_key_id = AKIACONFIG\naws_secret_access_key = "
                      "Hushc\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": "
                      "\"P\", \"SecretAccessKey\": \"Hushp\"}'\n",
                      NULL);
    creds_bench_gives(bench, "P", "Hushp", "", "process echo");
}

static void a_login_session_is_recognised(void **state)
{
    struct creds_bench *bench = *state;
    creds_bench_files(bench, "[default]\nlogin_session = arn:aws:iam::1:user/x\n", NULL);
    creds_bench_fails(bench, UNUM_E_AUTH,
                      "aws configure export-credentials --profile default --format env");
}

static const char role_files[] =
    "[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/Dev\nsource_profile = base\n"
    "external_id = ext&id\nrole_session_name = me\nduration_seconds = 1800\n";
static const char base_keys[] =
    "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = Hushbase\n";

static void a_role_is_assumed_with_the_source_profile(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:00Z")}});
    creds_bench_files(bench, role_files, base_keys);
    setenv("AWS_PROFILE", "dev", 1);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken",
                      "role arn:aws:iam::111111111111:role/Dev (profile dev), assumed with: "
                      "profile base (");
    creds_bench_asked(bench, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A"
                             "111111111111%3Arole%2FDev&RoleSessionName=me&DurationSeconds=1800"
                             "&ExternalId=ext%26id\n");
    struct unum_str auth = http_fake_header(&bench->http, 0, "authorization");
    assert_true(unum_str_starts(auth, UNUM_STR("AWS4-HMAC-SHA256 Credential=AKIABASE/20260101/"
                                               "eu-west-1/sts/aws4_request")));
    /* Kept while it lasts. */
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    assert_int_equal(bench->http.requests.len, 1);
}

static void roles_are_chained_and_cycles_are_named(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:00Z")}});
    setenv("AWS_PROFILE", "c", 1);
    creds_bench_files(bench,
                      "[profile a]\nrole_arn = arn:a\nsource_profile = base\n"
                      "[profile b]\nrole_arn = arn:b\nsource_profile = a\n"
                      "[profile c]\nrole_arn = arn:c\nsource_profile = b\n",
                      base_keys);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken",
                      "role arn:c (profile c), assumed with: role arn:b (profile b), assumed with: "
                      "role arn:a (profile a), assumed with: profile base");
    assert_int_equal(bench->http.requests.len, 3);
    creds_bench_files(bench,
                      "[profile a]\nrole_arn = arn:a\nsource_profile = c\n"
                      "[profile b]\nrole_arn = arn:b\nsource_profile = a\n"
                      "[profile c]\nrole_arn = arn:c\nsource_profile = b\n",
                      NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "source_profile of \"a\" leads back to \"c\"");
    assert_int_equal(bench->http.requests.len, 3);
    /* One that names itself, with keys of its own. */
    creds_bench_files(bench, "[profile c]\nrole_arn = arn:c\nsource_profile = c\n",
                      "[c]\naws_access_key_id = AKIAC\naws_secret_access_key = Hushc\n");
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "assumed with: profile c");
    creds_bench_files(bench, "[profile c]\nrole_arn = arn:c\nsource_profile = c\n", "");
    creds_bench_fails(bench, UNUM_E_AUTH, "source_profile of \"c\" leads back to \"c\"");
}

static void wrong_settings_of_a_role_are_named(void **state)
{
    static const struct {
        const char *settings, *words;
    } rows[] = {
        {"", "has a role_arn and neither source_profile nor credential_source"},
        {"source_profile = base\ncredential_source = Environment\n",
         "has a role_arn and both source_profile and credential_source"},
        {"source_profile = bas\n", "did you mean \"base\"?"},
        {"source_profile = empty\n", "profile \"empty\" gives no credentials"},
        {"credential_source = Env\n", "it must be Environment, Ec2InstanceMetadata or"},
        {"credential_source = Environment\n", "AWS_SECRET_ACCESS_KEY are not set"},
        {"credential_source = Ec2InstanceMetadata\n", "nothing answers"},
        {"credential_source = EcsContainer\n", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"},
        {"source_profile = base\nduration_seconds = 899\n", "it must be 900 to 43200"},
        {"source_profile = base\nduration_seconds = x\n", "it must be 900 to 43200"},
        {"source_profile = role\nduration_seconds = 3601\n", "it must be 900 to 3600"},
        {"source_profile = base\nmfa_serial = arn:mfa\n", "no terminal"},
    };
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:00Z")}});
    setenv("AWS_PROFILE", "dev", 1);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF config = UNUM_BUF_INIT(4096);
        unum_buf_printf(&config,
                        "[profile empty]\n[profile role]\nrole_arn = arn:r\nsource_profile = "
                        "base\n[profile dev]\nrole_arn = arn:d\n%s",
                        rows[i].settings);
        creds_bench_files(bench, unum_buf_text(&config), base_keys);
        creds_bench_fails(bench, UNUM_E_AUTH, rows[i].words);
    }
}

static void refusals_of_the_service_are_told(void **state)
{
    struct creds_bench *bench = *state;
    setenv("AWS_PROFILE", "dev", 1);
    creds_bench_files(bench, role_files, base_keys);
    {
        CREDS_BENCH_ROUTES(
            bench, {STS, {.status = 403, .body = STS_ERROR("AccessDenied", "not &lt;you&gt;")}});
        creds_bench_fails(bench, UNUM_E_DENIED,
                          "assume role: arn:aws:iam::111111111111:role/Dev: sts AssumeRole: "
                          "AccessDenied: not <you>");
    }
    {
        CREDS_BENCH_ROUTES(bench, {STS, {.body = "<AssumeRoleResponse/>"}});
        creds_bench_fails(bench, UNUM_E_AUTH, "the answer has no AssumeRoleResult");
    }
    {
        CREDS_BENCH_ROUTES(bench, {STS, {.body = ROLE_ANSWER("AssumeRole", "soon")}});
        creds_bench_fails(bench, UNUM_E_AUTH, "the answer has no whole credentials");
    }
    {
        CREDS_BENCH_ROUTES(bench, {STS, {.body = "<AssumeRole"}});
        creds_bench_fails(bench, UNUM_E_AUTH, "XML, line 1");
    }
    size_t before = bench->http.requests.len;
    {
        CREDS_BENCH_ROUTES(bench, {STS, {.status = 503, .body = "busy"}});
        creds_bench_fails(bench, UNUM_E_REMOTE, "HTTP status 503 (3 attempts)");
    }
    assert_int_equal(bench->http.requests.len, before + 3);
    {
        CREDS_BENCH_ROUTES(bench,
                           {STS, {.body = ROLE_ANSWER("AssumeRole", "2025-12-31T23:59:59Z")}});
        creds_bench_fails(bench, UNUM_E_AUTH, "the credentials have expired");
    }
    bench->config.region = UNUM_STR("");
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "no AWS region");
}

static int give_code(void *cookie, struct unum_str serial, struct unum_buf *ret_code,
                     struct unum_err *err)
{
    int *asked = cookie;
    (void)err;
    assert_true(unum_str_is(serial, "arn:aws:iam::1:mfa/me"));
    (*asked)++;
    unum_buf_adds(ret_code, "123456\n");
    return 0;
}

static int refuse_code(void *cookie, struct unum_str serial, struct unum_buf *ret_code,
                       struct unum_err *err)
{
    (void)cookie;
    (void)serial;
    (void)ret_code;
    return unum_err_set(err, UNUM_E_CANCELLED, "no code");
}

static void a_code_is_asked_for_where_there_is_somebody(void **state)
{
    struct creds_bench *bench = *state;
    int asked = 0;
    CREDS_BENCH_ROUTES(bench, {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:00Z")}});
    setenv("AWS_PROFILE", "dev", 1);
    creds_bench_files(bench,
                      "[profile dev]\nrole_arn = arn:d\nsource_profile = base\nmfa_serial = "
                      "arn:aws:iam::1:mfa/me\n",
                      base_keys);
    bench->config.mfa = (struct aws_ask_code){&asked, give_code};
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role arn:d");
    assert_int_equal(asked, 1);
    creds_bench_asked(bench, "&SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme&TokenCode=123456\n");
    bench->config.mfa.ask = refuse_code;
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_CANCELLED, "no code");
}

#define WEB STS
static void a_web_identity_is_exchanged_unsigned(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(
        bench, {WEB, {.body = ROLE_ANSWER("AssumeRoleWithWebIdentity", "2026-01-01T01:00:00Z")}});
    const char *token = creds_bench_file(bench, "token", "Hushjwt\n");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "neither AWS_ROLE_ARN nor a role_arn");
    setenv("AWS_ROLE_ARN", "arn:web", 1);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role arn:web (web identity");
    creds_bench_asked(bench, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3A"
                             "web&RoleSessionName=unum-1767225600&WebIdentityToken=Hushjwt\n");
    assert_null(http_fake_header(&bench->http, 0, "authorization").ptr);

    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token", 1);
    creds_bench_files(bench, NULL, NULL);
    creds_bench_fails(bench, UNUM_E_AUTH, "/nowhere/token");
    (void)creds_bench_file(bench, "token", " \n");
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", token, 1);
    creds_bench_fails(bench, UNUM_E_AUTH, "the file is empty");
    (void)creds_bench_file(bench, "token", "Husha\nHushb\n");
    creds_bench_fails(bench, UNUM_E_AUTH, "line break");
}

static void a_web_identity_may_be_a_profile_and_is_repeated(void **state)
{
    struct creds_bench *bench = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    CREDS_BENCH_ROUTES(
        bench,
        {WEB, {.status = 400, .body = STS_ERROR("IDPCommunicationError", "the provider is away")}});
    (void)creds_bench_file(bench, "token", "Hushjwt");
    creds_bench_files(bench, "[profile w]\nrole_arn = arn:w\nweb_identity_token_file = ~/token\n",
                      NULL);
    setenv("AWS_ROLE_ARN", "arn:of-the-environment", 1);
    assert_int_equal(creds_bench_open(bench, "w", &err), 0);
    creds_bench_fails(bench, UNUM_E_REMOTE,
                      "IDPCommunicationError: the provider is away (3 attempts)");
    creds_bench_asked(bench, "RoleArn=arn%3Aw&");
    assert_int_equal(bench->http.requests.len, 3);
}

static void credentials_are_renewed_in_time(void **state)
{
    struct creds_bench *bench = *state;
    static const struct creds_route good[] = {
        {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:00Z")}}};
    static const struct creds_route later[] = {
        {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T02:00:00Z")}}};
    setenv("AWS_PROFILE", "dev", 1);
    creds_bench_files(bench, role_files, base_keys);
    bench->routes = good;
    bench->routes_len = 1;
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    bench->clock.now_ms += 44 * 60 * 1000; /* 16 minutes are left */
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    assert_int_equal(bench->http.requests.len, 1);
    bench->routes_len = 0; /* nobody answers */
    bench->clock.now_ms += 2 * 60 * 1000;
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    assert_int_equal(bench->http.requests.len, 4);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role"); /* not at once */
    assert_int_equal(bench->http.requests.len, 4);
    bench->clock.now_ms += 5 * 60 * 1000; /* 9 minutes are left */
    creds_bench_fails(bench, UNUM_E_IO, "sts AssumeRole");
    bench->routes = later;
    bench->routes_len = 1;
    bench->clock.now_ms += 61 * 1000;
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    bench->clock.now_ms += 30 * 60 * 1000;
    size_t before = bench->http.requests.len;
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    assert_int_equal(bench->http.requests.len, before);
}

static void what_a_service_calls_expired_is_asked_for_again(void **state)
{
    struct creds_bench *bench = *state;
    CREDS_BENCH_ROUTES(bench, {STS, {.body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:00Z")}});
    setenv("AWS_PROFILE", "dev", 1);
    creds_bench_files(bench, role_files, base_keys);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    struct aws_creds_source source = aws_chain_source(bench->chain);
    source.expire(source.cookie);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
    assert_int_equal(bench->http.requests.len, 2);
    /* A source that fails does so now, although by the clock there would be time. */
    source.expire(source.cookie);
    bench->routes_len = 0;
    creds_bench_fails(bench, UNUM_E_IO, "sts AssumeRole");
    bench->routes_len = 1;
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role");
}

/* Refuses who signs with a time that is not the service's, as STS does. */
static void answer_by_the_clock(void *cookie, const struct http_fake_request *request,
                                struct http_exchange *x)
{
    static const struct http_fake_answer
        refusal = {.status = 403,
                   .headers = "Date: Thu, 01 Jan 2026 00:50:00 GMT",
                   .body = STS_ERROR("RequestTimeTooSkewed", "The difference is too large")},
        answer = {.headers = "Date: Thu, 01 Jan 2026 00:50:00 GMT",
                  .body = ROLE_ANSWER("AssumeRole", "2026-01-01T01:00:30Z")};
    const struct http_header *date = http_headers_get(&request->headers, "x-amz-date");
    (void)cookie;
    assert_non_null(date);
    http_fake_answer(x, unum_str_is(date->value, "20260101T005000Z") ? &answer : &refusal);
}

static void a_wrong_clock_is_corrected_and_told_once(void **state)
{
    struct creds_bench *bench = *state;
    struct aws_skew skew = {0};
    bench->http.script = answer_by_the_clock;
    bench->config.skew = &skew;
    setenv("AWS_PROFILE", "c", 1);
    creds_bench_files(bench,
                      "[profile a]\nrole_arn = arn:a\nsource_profile = base\n"
                      "[profile c]\nrole_arn = arn:c\nsource_profile = a\n",
                      base_keys);
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role arn:c");
    assert_int_equal(bench->http.requests.len, 3);     /* the second role is asked for but once */
    assert_int_equal((skew.ms + 500) / 1000, 50 * 60); /* less what the repetition waited */
    const char *words = "this machine's clock is 50 m 0 s behind";
    const char *first = strstr(unum_buf_text(&bench->shown), words);
    assert_non_null(first);
    assert_null(strstr(first + 1, words));
    /* By this machine's clock an hour is left, by the services' ten minutes: renewed. */
    bench->clock.now_ms += 61 * 1000;
    creds_bench_gives(bench, "ASIAROLE", "Hushrole", "Hushtoken", "role arn:c");
    assert_true(bench->http.requests.len > 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, creds_bench_setup, creds_bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(variables_come_first_unless_a_profile_is_asked_for),
        TEST(half_a_pair_is_an_error_not_a_reason_to_go_on),
        TEST(without_any_every_source_says_why_not),
        TEST(keys_of_the_config_file_come_after_a_process),
        TEST(a_login_session_is_recognised),
        TEST(a_role_is_assumed_with_the_source_profile),
        TEST(roles_are_chained_and_cycles_are_named),
        TEST(wrong_settings_of_a_role_are_named),
        TEST(refusals_of_the_service_are_told),
        TEST(a_code_is_asked_for_where_there_is_somebody),
        TEST(a_web_identity_is_exchanged_unsigned),
        TEST(a_web_identity_may_be_a_profile_and_is_repeated),
        TEST(credentials_are_renewed_in_time),
        TEST(what_a_service_calls_expired_is_asked_for_again),
        TEST(a_wrong_clock_is_corrected_and_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/s3.h"
#include "support/aws_fake.h"

static int open_fake(void **state)
{
    static struct aws_fake fake;
    aws_fake_init(&fake);
    aws_fake_open(&fake);
    *state = &fake;
    return 0;
}

static int close_fake(void **state)
{
    aws_fake_close(*state);
    return 0;
}

static const struct s3_bucket bucket = {UNUM_STR_INIT("b"), UNUM_STR_INIT("111111111111")};

static void a_bucket_elsewhere_is_named_with_its_region(void **state)
{
    static const struct {
        struct http_fake_answer answer;
        int rc;
        const char *words;
    } rows[] = {
        {{.status = 301, .headers = "x-amz-bucket-region: eu-west-3"},
         UNUM_E_INVAL,
         "the bucket b is in the region eu-west-3, not in us-east-1"},
        {{.status = 307, .headers = "x-amz-bucket-region: eu-west-3"},
         UNUM_E_INVAL,
         "is in the region eu-west-3"},
        {{.status = 400,
          .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region is wrong"
                  "</Message><Region>eu-central-1</Region></Error>"},
         UNUM_E_INVAL,
         "is in the region eu-central-1"},
        /* It is where it was asked for: something else is wrong. */
        {{.status = 400,
          .headers = "x-amz-bucket-region: us-east-1",
          .body = "<Error><Code>ExpiredToken</Code><Message>old</Message></Error>"},
         UNUM_E_AUTH,
         "ExpiredToken: old"},
        {{.status = 403, .headers = "x-amz-bucket-region: eu-west-3"}, UNUM_E_DENIED, "status 403"},
        {{.status = 301, .body = "<Error><Code>PermanentRedirect</Code></Error>"},
         UNUM_E_REMOTE,
         "PermanentRedirect"},
    };
    struct aws_fake *fake = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        fake->http.answers = &rows[i].answer;
        fake->http.answers_len = 1;
        assert_int_equal(s3_bucket_head(fake->client, bucket, &err), rows[i].rc);
        if (!strstr(unum_err_text(&err), rows[i].words))
            fail_msg("%s", unum_err_text(&err));
    }
}

static void every_call_says_whose_the_bucket_must_be(void **state)
{
    struct aws_fake *fake = *state;
    struct s3_object object;
    AWS_FAKE_ANSWERS(fake, {.headers = "Content-Length: 12"}, {.status = 412});
    assert_int_equal(s3_head(fake->client, bucket, UNUM_STR("a b/c&d"), &object, NULL), 0);
    assert_int_equal(object.size, 12);
    assert_true(unum_str_is(fake->http.requests.at[0].target, "/b/a%20b/c%26d"));
    assert_int_equal(s3_put(fake->client, bucket, UNUM_STR("k"), UNUM_STR("abc"), true, NULL),
                     UNUM_E_EXISTS);
    assert_true(unum_str_is(http_fake_header(&fake->http, 1, "If-None-Match"), "*"));
    assert_true(unum_str_is(http_fake_header(&fake->http, 1, "x-amz-checksum-sha256"),
                            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));
    for (size_t i = 0; i < 2; i++)
        assert_true(unum_str_is(http_fake_header(&fake->http, i, "x-amz-expected-bucket-owner"),
                                "111111111111"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        TEST(a_bucket_elsewhere_is_named_with_its_region),
        TEST(every_call_says_whose_the_bucket_must_be),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

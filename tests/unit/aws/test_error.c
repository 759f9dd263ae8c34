#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/error.h"

static void assert_str(struct unum_str got, const char *expected)
{
    if (!unum_str_is(got, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", UNUM_STR_ARG(got), expected);
}

static void codes_and_messages_are_found_wherever_they_stand(void **state)
{
    static const struct {
        const char *type, *body, *code, *message;
    } rows[] = {
        {NULL,
         "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\","
         "\"message\":\"no table\"}",
         "ResourceNotFoundException", "no table"},
        {NULL, "{\"__type\":\"com.amazon.coral.validate#ValidationException\",\"Message\":\"x\"}",
         "ValidationException", "x"},
        {"ResourceNotFoundException:http://internal.amazon.com/coral/com.amazon.coral.service/",
         "{\"Message\":\"Function not found: a\",\"Type\":\"User\"}", "ResourceNotFoundException",
         "Function not found: a"},
        {NULL, "{\"code\":\"InvalidAction\",\"message\":null}", "InvalidAction", ""},
        {"Throttled", "", "Throttled", ""},
        {NULL, "", "", ""},
        {NULL, "<html><body><h1>502 Bad Gateway</h1></body></html>", "", ""},
        {NULL, "<Error><Code>SlowDown</Code><Message>Reduce\nrate</Message></Error>", "SlowDown",
         "Reduce"},
        {NULL, "<Code>unfinished", "", ""},
        {NULL, "{\"__type\":5,\"message\":{}}", "", ""},
        {NULL, "[1,2]", "", ""},
        {NULL, "{\"__type\":\"X\",\"message\":\"a\\u0007b\"}", "X", "a b"},
        /* The rest of such a message repeats the request with its session token. */
        {NULL,
         "{\"__type\":\"InvalidSignatureException\",\"message\":\"does not match\\n\\nThe "
         "Canonical String should have been\\n'x-amz-security-token:SECRET'\"}",
         "InvalidSignatureException", "does not match"},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct http_exchange x = {.status = 400, .response = UNUM_BUF_INIT(1 << 20)};
        struct aws_error error;
        unum_buf_adds(&x.response, rows[i].body);
        if (rows[i].type)
            http_headers_add(&x.response_headers, &x.answer, UNUM_STR("X-Amzn-ErrorType"),
                             unum_str_from(rows[i].type));
        aws_error_read(&x, &error);
        assert_str(error.code, rows[i].code);
        assert_str(error.message, rows[i].message);
        http_exchange_done(&x);
    }
}

static void the_program_decodes_xml_and_knows_oauth(void **state)
{
    static const struct {
        const char *body, *code, *message;
    } rows[] = {
        {"<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type><Code>ValidationError</Code>"
         "<Message>Value &apos;a&apos; &lt;&#65;&gt;</Message></Error></ErrorResponse>",
         "ValidationError", "Value 'a' <A>"},
        {"\n<?xml version=\"1.0\"?><Error><Code>PermanentRedirect</Code><Message>use it</Message>"
         "</Error>",
         "PermanentRedirect", "use it"},
        {"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>m</Message></Error>"
         "</Errors></Response>",
         "RequestLimitExceeded", "m"},
        /* Cut off: as far as it goes. */
        {"<ErrorResponse><Error><Code>Throttling</Code><Message>Rate</Message>", "Throttling",
         "Rate"},
        {"<ErrorResponse><Error><Code>Thrott", "", ""},
        {"<html><body>Bad Gateway</body></html>", "", ""},
        {"<!DOCTYPE a [<!ENTITY b \"c\">]><Error><Code>X</Code></Error>", "X", ""},
        {"{\"error\":\"invalid_grant\",\"error_description\":\"expired\\ntoken\"}", "invalid_grant",
         "expired"},
        {"{\"error\":[]}", "", ""},
        {"{\"__type\":\"a#Throttling\",\"error\":\"x\"}", "Throttling", ""},
        {"", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct http_exchange x = {.status = 400, .response = UNUM_BUF_INIT(1 << 20)};
        struct aws_error error;
        unum_buf_adds(&x.response, rows[i].body);
        aws_error_read_any(&x, &error);
        assert_str(error.code, rows[i].code);
        assert_str(error.message, rows[i].message);
        http_exchange_done(&x);
    }
}

static void long_messages_are_cut_between_characters(void **state)
{
    struct http_exchange x = {.status = 400, .response = UNUM_BUF_INIT(1 << 20)};
    struct aws_error error;
    (void)state;
    unum_buf_adds(&x.response, "{\"__type\":\"X\",\"message\":\"a");
    for (int i = 0; i < 5000; i++)
        unum_buf_adds(&x.response, "\xc3\xa9");
    unum_buf_adds(&x.response, "\"}");
    aws_error_read(&x, &error);
    assert_int_equal(error.message.len, 1023);
    assert_true(unum_utf8_valid(error.message));
    http_exchange_done(&x);
}

static void codes_have_a_class_and_a_meaning(void **state)
{
    static const struct {
        int status;
        const char *code;
        int rc;
        enum aws_retry_class retry;
    } rows[] = {
        {400, "ThrottlingException", UNUM_E_THROTTLED, AWS_RETRY_THROTTLED},
        {400, "ProvisionedThroughputExceededException", UNUM_E_THROTTLED, AWS_RETRY_THROTTLED},
        {412, "PreconditionFailedException", UNUM_E_CONFLICT, AWS_RETRY_NO},
        {429, "TooManyRequestsException", UNUM_E_THROTTLED, AWS_RETRY_THROTTLED},
        {429, "", UNUM_E_THROTTLED, AWS_RETRY_THROTTLED},
        {503, "SlowDown", UNUM_E_THROTTLED, AWS_RETRY_THROTTLED},
        {500, "InternalServerError", UNUM_E_REMOTE, AWS_RETRY_TRANSIENT},
        {502, "", UNUM_E_REMOTE, AWS_RETRY_TRANSIENT},
        {503, "", UNUM_E_REMOTE, AWS_RETRY_TRANSIENT},
        {504, "", UNUM_E_REMOTE, AWS_RETRY_TRANSIENT},
        {501, "", UNUM_E_REMOTE, AWS_RETRY_NO},
        {408, "RequestTimeout", UNUM_E_TIMEOUT, AWS_RETRY_TRANSIENT},
        {400, "ConditionalCheckFailedException", UNUM_E_EXISTS, AWS_RETRY_NO},
        {400, "ResourceNotFoundException", UNUM_E_NOTFOUND, AWS_RETRY_NO},
        {404, "ResourceNotFoundException", UNUM_E_NOTFOUND, AWS_RETRY_NO},
        {400, "ValidationException", UNUM_E_INVAL, AWS_RETRY_NO},
        {400, "ExpiredTokenException", UNUM_E_AUTH, AWS_RETRY_CREDS},
        {403, "ExpiredToken", UNUM_E_AUTH, AWS_RETRY_CREDS},
        {400, "TokenRefreshRequired", UNUM_E_AUTH, AWS_RETRY_CREDS},
        {400, "UnrecognizedClientException", UNUM_E_AUTH, AWS_RETRY_NO},
        {403, "AccessDeniedException", UNUM_E_DENIED, AWS_RETRY_NO},
        {400, "AccessDeniedException", UNUM_E_DENIED, AWS_RETRY_NO},
        {413, "RequestTooLargeException", UNUM_E_LIMIT, AWS_RETRY_NO},
        {413, "", UNUM_E_LIMIT, AWS_RETRY_NO},
        {403, "RequestTimeTooSkewed", UNUM_E_AUTH, AWS_RETRY_SKEW},
        {403, "SignatureDoesNotMatch", UNUM_E_AUTH, AWS_RETRY_MAYBE_SKEW},
        {400, "InvalidSignatureException", UNUM_E_AUTH, AWS_RETRY_MAYBE_SKEW},
        {401, "", UNUM_E_AUTH, AWS_RETRY_NO},
        {403, "", UNUM_E_DENIED, AWS_RETRY_NO},
        {404, "", UNUM_E_NOTFOUND, AWS_RETRY_NO},
        {409, "", UNUM_E_CONFLICT, AWS_RETRY_NO},
        {400, "Whatever", UNUM_E_INVAL, AWS_RETRY_NO},
        {302, "", UNUM_E_REMOTE, AWS_RETRY_NO},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str code = unum_str_from(rows[i].code);
        if (aws_error_rc(rows[i].status, code) != rows[i].rc ||
            aws_error_class(rows[i].status, code) != rows[i].retry)
            fail_msg("status %d, code \"%s\"", rows[i].status, rows[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_and_messages_are_found_wherever_they_stand),
        cmocka_unit_test(the_program_decodes_xml_and_knows_oauth),
        cmocka_unit_test(long_messages_are_cut_between_characters),
        cmocka_unit_test(codes_have_a_class_and_a_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

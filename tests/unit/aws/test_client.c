#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

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

static struct aws_call get_item(void)
{
    return (struct aws_call){
        .service = AWS_DYNAMODB, .operation = UNUM_STR("GetItem"), .body = UNUM_STR("{}")};
}

static struct aws_call invoke(void)
{
    return (struct aws_call){.service = AWS_LAMBDA,
                             .operation = UNUM_STR("Invoke"),
                             .method = UNUM_STR("POST"),
                             .path = UNUM_STR("/2015-03-31/functions/f%20g/invocations"),
                             .query = UNUM_STR("Qualifier=1"),
                             .body = UNUM_STR("[1]")};
}

static void assert_str(struct unum_str got, const char *expected)
{
    if (!unum_str_is(got, expected))
        fail_msg("\"%.*s\" instead of \"%s\"", UNUM_STR_ARG(got), expected);
}

static bool has(struct unum_str text, const char *part)
{
    return unum_str_search(text, unum_str_from(part)) != SIZE_MAX;
}

static void json_calls_have_target_type_and_signature(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.headers = "x-amzn-requestid: R1", .body = "{\"Item\":{}}"});
    struct aws_call call = get_item();
    aws_client_set_trace(fake->client, UNUM_STR("Root=1-2"));
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_int_equal(call.status, 200);
    assert_int_equal(call.attempts, 1);
    assert_str(call.request_id, "R1");
    assert_str(unum_buf_str(&call.x.response), "{\"Item\":{}}");
    const struct http_fake_request *request = &fake->http.requests.at[0];
    assert_str(request->method, "POST");
    assert_str(request->target, "/");
    assert_str(request->body, "{}");
    assert_int_equal(request->timeout_ms, 60000);
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Target"), "DynamoDB_20120810.GetItem");
    assert_str(http_fake_header(&fake->http, 0, "Content-Type"), "application/x-amz-json-1.0");
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Date"), "20260101T000000Z");
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Security-Token"), "the-Hush-token");
    assert_str(http_fake_header(&fake->http, 0, "X-Amzn-Trace-Id"), "Root=1-2");
    assert_str(http_fake_header(&fake->http, 0, "amz-sdk-request"), "attempt=1; max=4");
    assert_null(http_fake_header(&fake->http, 0, "Host").ptr); /* the transport's */
    struct unum_str authorization = http_fake_header(&fake->http, 0, "Authorization");
    assert_true(
        has(authorization, "Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request"));
    assert_true(has(authorization, "SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;"
                                   "content-type;host;x-amz-date;x-amz-security-token;"
                                   "x-amz-target,"));
    aws_call_done(&call);
}

static void logs_speak_json_1_1(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.body = "{}"});
    struct aws_call call = {
        .service = AWS_LOGS, .operation = UNUM_STR("FilterLogEvents"), .body = UNUM_STR("{}")};
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Target"), "Logs_20140328.FilterLogEvents");
    assert_str(http_fake_header(&fake->http, 0, "Content-Type"), "application/x-amz-json-1.1");
    aws_call_done(&call);
}

static void rest_calls_have_path_query_and_headers(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.status = 202});
    struct aws_call call = invoke();
    http_headers_add(&call.headers, &call.x.arena, UNUM_STR("X-Amz-Invocation-Type"),
                     UNUM_STR("Event"));
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_str(fake->http.requests.at[0].target,
               "/2015-03-31/functions/f%20g/invocations?Qualifier=1");
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Invocation-Type"), "Event");
    assert_true(has(http_fake_header(&fake->http, 0, "Authorization"), "x-amz-invocation-type"));
    assert_int_equal(fake->http.requests.at[0].timeout_ms, 60000);
    aws_call_done(&call);
    struct aws_call waiting = invoke();
    assert_int_equal(aws_call_one(fake->client, &waiting, NULL), 0);
    assert_int_equal(fake->http.requests.at[1].timeout_ms, 910000);
    aws_call_done(&waiting);
}

static void forms_are_encoded_and_signed(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_buf UNUM_AUTO_BUF form = UNUM_BUF_INIT(1024);
    AWS_FAKE_ANSWERS(fake,
                     {.status = 400,
                      .body = "<ErrorResponse xmlns=\"http://x/\"><Error><Type>Sender</Type>"
                              "<Code>ValidationError</Code><Message>Stack with id a does not "
                              "exist</Message></Error><RequestId>r</RequestId></ErrorResponse>"});
    aws_form_begin(&form, "DescribeStacks", "2010-05-15");
    aws_form_add(&form, "StackName", UNUM_STR("a b+\xc3\xa4~"));
    struct aws_call call = {.service = AWS_CLOUDFORMATION,
                            .operation = UNUM_STR("DescribeStacks"),
                            .body = unum_buf_str(&form)};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(aws_call_one(fake->client, &call, &err), UNUM_E_INVAL);
    assert_str(call.code, "ValidationError");
    assert_str(call.message, "Stack with id a does not exist");
    const struct http_fake_request *request = &fake->http.requests.at[0];
    assert_str(request->method, "POST");
    assert_str(request->target, "/");
    assert_str(request->body, "Action=DescribeStacks&Version=2010-05-15&StackName=a%20b%2B%C3%A4~");
    assert_str(http_fake_header(&fake->http, 0, "Content-Type"),
               "application/x-www-form-urlencoded; charset=utf-8");
    assert_true(has(http_fake_header(&fake->http, 0, "Authorization"),
                    "/us-east-1/cloudformation/aws4_request"));
    aws_call_done(&call);
}

static struct aws_call put_object(const char *path)
{
    return (struct aws_call){.service = AWS_S3,
                             .operation = UNUM_STR("PutObject"),
                             .method = UNUM_STR("PUT"),
                             .path = unum_str_from(path),
                             .body = UNUM_STR("abc")};
}

static void objects_are_signed_with_their_hash(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.status = 200}, {.status = 200});
    struct aws_call call = put_object("/bucket/a%20key/../x");
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_str(fake->http.requests.at[0].target, "/bucket/a%20key/../x");
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Content-Sha256"),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(has(http_fake_header(&fake->http, 0, "Authorization"), "x-amz-content-sha256"));
    aws_call_done(&call);
    call = put_object("/bucket/key");
    call.unsigned_payload = true;
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_str(http_fake_header(&fake->http, 1, "X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD");
    aws_call_done(&call);
}

static void throttling_is_repeated_and_signed_anew(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake,
                     {.status = 400,
                      .headers = "x-amz-retry-after: 2000",
                      .body = "{\"__type\":\"a#ThrottlingException\"}"},
                     {.status = 500}, {.rc = UNUM_E_IO}, {.body = "{}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_int_equal(call.attempts, 4);
    assert_int_equal(fake->http.requests.len, 4);
    assert_true(fake->clock.slept_ms >= 2000);
    assert_str(http_fake_header(&fake->http, 3, "amz-sdk-request"), "attempt=4; max=4");
    assert_true(unum_str_eq(http_fake_header(&fake->http, 0, "amz-sdk-invocation-id"),
                            http_fake_header(&fake->http, 3, "amz-sdk-invocation-id")));
    assert_false(unum_str_eq(http_fake_header(&fake->http, 0, "Authorization"),
                             http_fake_header(&fake->http, 3, "Authorization")));
    assert_false(unum_str_eq(http_fake_header(&fake->http, 0, "X-Amz-Date"),
                             http_fake_header(&fake->http, 3, "X-Amz-Date")));
    aws_call_done(&call);
}

static void attempts_end_and_the_error_says_everything(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(fake, {.status = 503,
                            .headers = "x-amzn-requestid: R9",
                            .body = "{\"__type\":\"ServiceUnavailable\",\"message\":\"later\"}"});
    struct aws_call call = invoke();
    assert_int_equal(aws_call_one(fake->client, &call, &err), UNUM_E_REMOTE);
    assert_int_equal(fake->http.requests.len, 3);
    assert_int_equal(call.rc, UNUM_E_REMOTE);
    assert_string_equal(unum_err_text(&err), "lambda Invoke: ServiceUnavailable: later (request id "
                                             "R9) (3 attempts)");
    aws_call_done(&call);
}

static void what_cannot_succeed_is_not_repeated(void **state)
{
    static const struct {
        struct http_fake_answer answer;
        int rc;
    } rows[] = {
        {{.status = 400, .body = "{\"__type\":\"ValidationException\"}"}, UNUM_E_INVAL},
        {{.status = 400, .body = "{\"__type\":\"ExpiredTokenException\"}"}, UNUM_E_AUTH},
        {{.status = 404}, UNUM_E_NOTFOUND},
        {{.status = 413}, UNUM_E_LIMIT},
        {{.rc = UNUM_E_AUTH}, UNUM_E_AUTH}, /* the peer's certificate */
        {{.rc = UNUM_E_LIMIT}, UNUM_E_LIMIT},
        {{.rc = UNUM_E_CANCELLED}, UNUM_E_CANCELLED},
    };
    struct aws_fake *fake = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        size_t before = fake->http.requests.len;
        struct aws_call call = get_item();
        fake->http.answers = &rows[i].answer;
        fake->http.answers_len = 1;
        assert_int_equal(aws_call_one(fake->client, &call, NULL), rows[i].rc);
        assert_int_equal(fake->http.requests.len - before, 1);
        aws_call_done(&call);
    }
}

static void a_call_that_must_run_once_is_repeated_only_if_it_did_not_run(void **state)
{
    static const struct {
        struct http_fake_answer first;
        size_t requests;
    } rows[] = {
        {{.rc = UNUM_E_IO}, 1},
        {{.rc = UNUM_E_IO, .undelivered = true}, 2},
        {{.status = 500}, 1},
        {{.status = 429}, 2},
    };
    struct aws_fake *fake = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        size_t before = fake->http.requests.len;
        struct http_fake_answer answers[16] = {{0}};
        struct aws_call call = invoke();
        answers[before] = rows[i].first;
        fake->http.answers = answers;
        fake->http.answers_len = 16;
        call.once = true;
        int rc = aws_call_one(fake->client, &call, NULL);
        assert_int_equal(fake->http.requests.len - before, rows[i].requests);
        assert_int_equal(rc == 0, rows[i].requests == 2);
        aws_call_done(&call);
    }
}

/* Calls 3 and 7 fail twice; each request says whose it is. */
static void fail_some(void *cookie, const struct http_fake_request *request,
                      struct http_exchange *x)
{
    int *seen = cookie;
    size_t which = (size_t)(request->body.ptr[0] - 'a');
    seen[which]++;
    bool fails = (which == 3 || which == 7) && seen[which] < 3;
    const struct http_fake_answer answer = {.status = fails ? 500 : 200};
    http_fake_answer(x, &answer);
}

static void only_what_failed_is_sent_again(void **state)
{
    static const char bodies[] = "abcdefghij";
    struct aws_fake *fake = *state;
    int seen[10] = {0};
    struct aws_call calls[10];
    struct aws_call *list[10];
    fake->http.script = fail_some;
    fake->http.cookie = seen;
    for (size_t i = 0; i < 10; i++) {
        calls[i] = get_item();
        calls[i].body = unum_str_of(bodies + i, 1);
        list[i] = &calls[i];
    }
    assert_int_equal(aws_call_all(fake->client, list, 10, NULL), 0);
    assert_int_equal(fake->http.parallel, 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(seen[i], i == 3 || i == 7 ? 3 : 1);
        assert_int_equal(calls[i].rc, 0);
        aws_call_done(&calls[i]);
    }
    assert_int_equal(aws_call_all(fake->client, NULL, 0, NULL), 0);
}

static void one_failure_does_not_stop_the_others(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(fake, {.body = "{}"},
                     {.status = 400, .body = "{\"__type\":\"ValidationException\"}"},
                     {.body = "{}"});
    struct aws_call calls[3] = {get_item(), get_item(), get_item()};
    struct aws_call *list[] = {&calls[0], &calls[1], &calls[2]};
    assert_int_equal(aws_call_all(fake->client, list, 3, &err), UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err), "dynamodb GetItem: ValidationException");
    assert_int_equal(calls[0].rc, 0);
    assert_int_equal(calls[1].rc, UNUM_E_INVAL);
    assert_int_equal(calls[2].rc, 0);
    for (size_t i = 0; i < 3; i++)
        aws_call_done(&calls[i]);
}

static void an_outage_uses_up_the_retries_of_its_service_only(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.status = 500});
    size_t requests = 0;
    for (int i = 0; i < 60; i++) {
        struct aws_call call = get_item();
        assert_int_equal(aws_call_one(fake->client, &call, NULL), UNUM_E_REMOTE);
        aws_call_done(&call);
        requests = fake->http.requests.len;
    }
    assert_int_equal(requests, 60 + 35); /* 500 / 14 retries, then none */
    struct aws_call other = invoke();
    assert_int_equal(aws_call_one(fake->client, &other, NULL), UNUM_E_REMOTE);
    assert_int_equal(other.attempts, 3);
    aws_call_done(&other);
}

static void no_attempt_is_made_beyond_the_deadline(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(fake, {.status = 429, .headers = "x-amz-retry-after: 3000", .takes_ms = 100});
    aws_client_set_deadline(fake->client, fake->clock.now_ms + 2000);
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), UNUM_E_THROTTLED);
    assert_int_equal(fake->http.requests.len, 1);
    assert_int_equal(fake->http.requests.at[0].timeout_ms, 2000);
    assert_int_equal(fake->clock.sleeps, 0);
    aws_call_done(&call);
    assert_false(aws_client_wait(fake->client, 5000));
    assert_true(aws_client_wait(fake->client, 1900 - 1));
    fake->clock.now_ms += 10;
    struct aws_call late = get_item();
    assert_int_equal(aws_call_one(fake->client, &late, &err), UNUM_E_TIMEOUT);
    assert_int_equal(fake->http.requests.len, 1);
    assert_string_equal(unum_err_text(&err), "dynamodb GetItem: no time is left");
    aws_call_done(&late);
}

static void a_wrong_clock_is_corrected_once(void **state)
{
    struct aws_fake *fake = *state;
    fake->clock.now_ms -= 600000; /* ten minutes behind */
    AWS_FAKE_ANSWERS(fake,
                     {.status = 403,
                      .headers = "Date: Thu, 01 Jan 2026 00:00:00 GMT",
                      .body = "{\"__type\":\"RequestTimeTooSkewed\"}"},
                     {.headers = "Date: Thu, 01 Jan 2026 00:00:01 GMT", .body = "{}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_int_equal(call.attempts, 2);
    assert_str(http_fake_header(&fake->http, 0, "X-Amz-Date"), "20251231T235000Z");
    assert_str(http_fake_header(&fake->http, 1, "X-Amz-Date"), "20260101T000000Z");
    assert_true(has(unum_buf_str(&fake->log),
                    "warn this machine's clock is 10 m 0 s behind; requests are signed with "
                    "corrected time"));
    aws_call_done(&call);
    /* The next call starts with what was learnt. */
    struct aws_call next = get_item();
    assert_int_equal(aws_call_one(fake->client, &next, NULL), 0);
    assert_int_equal(next.attempts, 1);
    assert_int_equal(aws_client_skew_ms(fake->client) / 60000, 10);
    aws_call_done(&next);
}

static void a_refused_signature_is_repeated_only_if_the_clock_explains_it(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake,
                     {.status = 403,
                      .headers = "Date: Thu, 01 Jan 2026 00:02:00 GMT",
                      .body = "{\"__type\":\"InvalidSignatureException\"}"},
                     {.status = 403,
                      .headers = "Date: Thu, 01 Jan 2026 00:10:00 GMT",
                      .body = "{\"__type\":\"InvalidSignatureException\"}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), UNUM_E_AUTH);
    assert_int_equal(call.attempts, 1); /* two minutes do not */
    aws_call_done(&call);
    struct aws_call next = get_item();
    assert_int_equal(aws_call_one(fake->client, &next, NULL), UNUM_E_AUTH);
    assert_int_equal(next.attempts, 2); /* eight more do, once */
    aws_call_done(&next);
}

static void an_answer_without_a_date_says_nothing_about_the_clock(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.status = 403, .body = "{\"__type\":\"RequestTimeTooSkewed\"}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), UNUM_E_AUTH);
    assert_int_equal(call.attempts, 1);
    aws_call_done(&call);
}

static void missing_credentials_fail_the_call_unsent(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_call call = get_item();
    fake->creds.access_key = UNUM_STR("");
    assert_int_equal(aws_call_one(fake->client, &call, &err), UNUM_E_AUTH);
    assert_string_equal(unum_err_text(&err), "dynamodb GetItem: no credentials were found");
    assert_int_equal(fake->http.requests.len, 0);
    aws_call_done(&call);
}

static void secrets_are_neither_logged_nor_told(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(fake, {.status = 500}, {.status = 503},
                     {.status = 403,
                      .body = "{\"__type\":\"SignatureDoesNotMatch\",\"message\":\"no "
                              "match\\nx-amz-security-token:the-Hush-token\"}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, &err), UNUM_E_AUTH);
    assert_false(has(unum_str_from(unum_err_text(&err)), "the-Hush-token"));
    assert_true(fake->log.len > 0);
    assert_false(has(unum_buf_str(&fake->log), "the-"));
    assert_false(has(unum_buf_str(&fake->log), "Signature="));
    aws_call_done(&call);
}

/* ---- answers that are damaged ---- */

/* The sum of {"Item":{}}, by zlib. */
#define GOOD_SUM "x-amz-crc32: 49613676"

static void a_damaged_answer_is_asked_for_again(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.headers = GOOD_SUM, .body = "{\"Item\":[]}"},
                     {.headers = GOOD_SUM, .body = "{\"Item\":{"},
                     {.headers = "x-amz-crc32: a", .body = "{\"Item\":{}}"},
                     {.headers = GOOD_SUM, .body = "{\"Item\":{}}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_int_equal(call.attempts, 4);
    assert_str(unum_buf_str(&call.x.response), "{\"Item\":{}}");
    aws_call_done(&call);
}

static void a_refusal_may_be_damaged_too(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    AWS_FAKE_ANSWERS(fake, {.status = 400,
                            .headers = GOOD_SUM,
                            .body = "{\"__type\":\"ConditionalCheckFailedException\"}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(fake->client, &call, &err), UNUM_E_IO);
    assert_int_equal(call.attempts, 4);
    assert_true(has(unum_str_from(unum_err_text(&err)), "the answer was damaged on its way"));
    aws_call_done(&call);
}

static void other_services_sum_nothing_up(void **state)
{
    struct aws_fake *fake = *state;
    AWS_FAKE_ANSWERS(fake, {.headers = "x-amz-crc32: 1", .body = "2"});
    struct aws_call call = invoke();
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_int_equal(call.attempts, 1);
    aws_call_done(&call);
}

/* ---- credentials that have expired ---- */

static int expired_times;

/* Another token, as a source gives that was asked again. */
static void note_expiry(void *cookie)
{
    struct aws_fake *fake = cookie;
    expired_times++;
    fake->creds.session_token = UNUM_STR("the-next-Hush-token");
}

static struct aws_client *renewing_client(struct aws_fake *fake)
{
    struct aws_client *client = NULL;
    struct aws_config config = fake->config;
    config.creds.expire = note_expiry;
    expired_times = 0;
    assert_int_equal(aws_client_new(&config, &client, NULL), 0);
    return client;
}

static void expired_credentials_are_renewed_once(void **state)
{
    struct aws_fake *fake = *state;
    struct aws_client *client = renewing_client(fake);
    AWS_FAKE_ANSWERS(fake, {.status = 400, .body = "{\"__type\":\"ExpiredTokenException\"}"},
                     {.body = "{}"});
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(client, &call, NULL), 0);
    assert_int_equal(call.attempts, 2);
    assert_int_equal(expired_times, 1);
    assert_str(http_fake_header(&fake->http, 0, "x-amz-security-token"), "the-Hush-token");
    assert_str(http_fake_header(&fake->http, 1, "x-amz-security-token"), "the-next-Hush-token");
    aws_call_done(&call);
    aws_client_free(client);
}

static void credentials_that_stay_expired_are_an_error_with_a_way_out(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_client *client = renewing_client(fake);
    AWS_FAKE_ANSWERS(
        fake,
        {.status = 403, .body = "<Error><Code>ExpiredToken</Code><Message>old</Message></Error>"});
    struct aws_call call = invoke();
    assert_int_equal(aws_call_one(client, &call, &err), UNUM_E_AUTH);
    assert_int_equal(call.attempts, 2);
    assert_int_equal(expired_times, 1);
    assert_string_equal(unum_err_text(&err), "lambda Invoke: ExpiredToken: old (2 attempts)");
    assert_true(has(unum_str_from(err.hint), "the credentials have expired"));
    assert_true(has(unum_str_from(err.hint), "aws sso login"));
    aws_call_done(&call);
    aws_client_free(client);
}

/* First the clock is blamed, then the credentials. */
static void an_expired_request_is_signed_anew_and_with_new_credentials(void **state)
{
    struct aws_fake *fake = *state;
    struct aws_client *client = renewing_client(fake);
    static const struct http_fake_answer answers[] = {
        {.status = 400,
         .headers = "Date: Thu, 01 Jan 2026 00:30:00 GMT",
         .body = "{\"__type\":\"RequestExpired\"}"},
        {.status = 400,
         .headers = "Date: Thu, 01 Jan 2026 00:30:00 GMT",
         .body = "{\"__type\":\"RequestExpired\"}"},
        {.headers = "Date: Thu, 01 Jan 2026 00:30:00 GMT", .body = "{}"},
    };
    fake->http.answers = answers;
    fake->http.answers_len = UNUM_COUNT(answers);
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(client, &call, NULL), 0);
    assert_int_equal(call.attempts, 3);
    assert_int_equal(expired_times, 1);
    assert_str(http_fake_header(&fake->http, 1, "x-amz-security-token"), "the-Hush-token");
    assert_str(http_fake_header(&fake->http, 2, "x-amz-security-token"), "the-next-Hush-token");
    aws_call_done(&call);
    aws_client_free(client);
}

static void configurations_are_checked(void **state)
{
    struct aws_fake *fake = *state;
    struct aws_client *client = NULL;
    struct aws_config config = fake->config;
    config.region = UNUM_STR("");
    assert_int_equal(aws_client_new(&config, &client, NULL), UNUM_E_INVAL);
    config = fake->config;
    config.endpoints[AWS_LAMBDA] = UNUM_STR("nonsense");
    assert_int_equal(aws_client_new(&config, &client, NULL), UNUM_E_INVAL);
    assert_null(client);
    aws_client_free(NULL);
    config = fake->config;
    config.endpoints[AWS_LAMBDA] = UNUM_STR("http://127.0.0.1:8000/prefix");
    config.max_attempts = 1;
    assert_int_equal(aws_client_new(&config, &client, NULL), 0);
    AWS_FAKE_ANSWERS(fake, {.status = 500});
    struct aws_call call = invoke();
    assert_int_equal(aws_call_one(client, &call, NULL), UNUM_E_REMOTE);
    assert_int_equal(call.attempts, 1);
    assert_str(fake->http.requests.at[0].target,
               "/prefix/2015-03-31/functions/f%20g/invocations?Qualifier=1");
    aws_call_done(&call);
    aws_client_free(client);
}

static void clients_of_one_machine_share_what_they_know_of_its_clock(void **state)
{
    struct aws_fake *fake = *state;
    struct aws_skew skew = {0};
    struct aws_client *clients[2];
    fake->config.skew = &skew;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(aws_client_new(&fake->config, &clients[i], NULL), 0);
    fake->clock.now_ms += 600000; /* ten minutes ahead */
    AWS_FAKE_ANSWERS(fake,
                     {.status = 403,
                      .headers = "Date: Thu, 01 Jan 2026 00:00:00 GMT",
                      .body = "{\"__type\":\"RequestExpired\"}"},
                     {.headers = "Date: Thu, 01 Jan 2026 00:00:00 GMT", .body = "{}"});
    for (size_t i = 0; i < 2; i++) {
        struct aws_call call = get_item();
        assert_int_equal(aws_call_one(clients[i], &call, NULL), 0);
        assert_int_equal(call.attempts, i ? 1 : 2);
        aws_call_done(&call);
        assert_int_equal((aws_client_skew_ms(clients[i]) - 500) / 1000, -600);
    }
    assert_true(skew.told);
    assert_true(has(unum_buf_str(&fake->log), "10 m 0 s ahead"));
    for (size_t i = 0; i < 2; i++)
        aws_client_free(clients[i]);
}

static void what_gives_credentials_is_asked_unsigned(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct aws_client *client = NULL;
    struct aws_config config = fake->config;
    config.endpoints[AWS_CONTAINER] = UNUM_STR("http://169.254.170.2");
    config.endpoints[AWS_STS] = UNUM_STR("http://127.0.0.1:1");
    config.region = UNUM_STR("");
    config.creds.get = NULL;
    config.max_attempts = 1;
    config.user_agent = UNUM_STR("unum/0 app/x");
    assert_int_equal(aws_client_new(&config, &client, NULL), 0);
    AWS_FAKE_ANSWERS(fake, {.body = "{}", .headers = "Date: Thu, 01 Jan 1970 00:00:00 GMT"},
                     {.body = "<a/>", .headers = "Date: Thu, 01 Jan 1970 00:00:00 GMT"});
    struct aws_call calls[] = {
        {.service = AWS_CONTAINER,
         .operation = UNUM_STR("credentials"),
         .method = UNUM_STR("GET"),
         .path = UNUM_STR("/v2")},
        {.service = AWS_STS, .operation = UNUM_STR("x"), .body = UNUM_STR("a=b")},
    };
    for (size_t i = 0; i < UNUM_COUNT(calls); i++) {
        assert_int_equal(aws_call_one(client, &calls[i], NULL), 0);
        assert_null(http_fake_header(&fake->http, i, "Authorization").ptr);
        assert_null(http_fake_header(&fake->http, i, "X-Amz-Date").ptr);
        assert_str(http_fake_header(&fake->http, i, "User-Agent"), "unum/0 app/x");
        aws_call_done(&calls[i]);
    }
    assert_int_equal(aws_client_skew_ms(client), 0); /* whose clock that was nobody knows */
    /* A service whose endpoint follows from the region has none here. */
    struct aws_call call = get_item();
    assert_int_equal(aws_call_one(client, &call, &err), UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err), "dynamodb GetItem: no AWS region is given");
    assert_int_equal(fake->http.requests.len, 2);
    aws_call_done(&call);
    aws_client_free(client);
}

static void a_long_body_may_take_its_time(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(16 * 1024 * 1024);
    AWS_FAKE_ANSWERS(fake, {.status = 200});
    struct aws_call call = put_object("/bucket/key");
    for (int i = 0; i < 1024; i++)
        unum_buf_adds(&body, "0123456789abcdef");
    call.body = unum_buf_str(&body);
    assert_int_equal(aws_call_one(fake->client, &call, NULL), 0);
    assert_int_equal(fake->http.requests.at[0].timeout_ms, 60000 + 1024);
    aws_call_done(&call);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)
    const struct CMUnitTest tests[] = {
        TEST(json_calls_have_target_type_and_signature),
        TEST(logs_speak_json_1_1),
        TEST(rest_calls_have_path_query_and_headers),
        TEST(forms_are_encoded_and_signed),
        TEST(objects_are_signed_with_their_hash),
        TEST(throttling_is_repeated_and_signed_anew),
        TEST(attempts_end_and_the_error_says_everything),
        TEST(what_cannot_succeed_is_not_repeated),
        TEST(a_call_that_must_run_once_is_repeated_only_if_it_did_not_run),
        TEST(only_what_failed_is_sent_again),
        TEST(one_failure_does_not_stop_the_others),
        TEST(an_outage_uses_up_the_retries_of_its_service_only),
        TEST(no_attempt_is_made_beyond_the_deadline),
        TEST(a_wrong_clock_is_corrected_once),
        TEST(a_refused_signature_is_repeated_only_if_the_clock_explains_it),
        TEST(an_answer_without_a_date_says_nothing_about_the_clock),
        TEST(missing_credentials_fail_the_call_unsent),
        TEST(secrets_are_neither_logged_nor_told),
        TEST(a_damaged_answer_is_asked_for_again),
        TEST(a_refusal_may_be_damaged_too),
        TEST(other_services_sum_nothing_up),
        TEST(expired_credentials_are_renewed_once),
        TEST(credentials_that_stay_expired_are_an_error_with_a_way_out),
        TEST(an_expired_request_is_signed_anew_and_with_new_credentials),
        TEST(configurations_are_checked),
        TEST(clients_of_one_machine_share_what_they_know_of_its_clock),
        TEST(what_gives_credentials_is_asked_unsigned),
        TEST(a_long_body_may_take_its_time),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/retry.h"

static void delays_grow_up_to_their_ceiling(void **state)
{
    static const struct {
        enum aws_retry_class why;
        int64_t scale_ms;
        unsigned retry;
        int64_t ceiling_ms;
    } rows[] = {
        {AWS_RETRY_TRANSIENT, 50, 0, 50},          {AWS_RETRY_TRANSIENT, 50, 3, 400},
        {AWS_RETRY_TRANSIENT, 25, 2, 100},         {AWS_RETRY_TRANSIENT, 50, 10, 20000},
        {AWS_RETRY_THROTTLED, 25, 0, 1000},        {AWS_RETRY_THROTTLED, 50, 4, 16000},
        {AWS_RETRY_THROTTLED, 50, 5, 20000},       {AWS_RETRY_THROTTLED, 50, 31, 20000},
        {AWS_RETRY_THROTTLED, 50, 4000000, 20000},
    };
    struct unum_prng prng = {7};
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        int64_t least = INT64_MAX, most = -1;
        for (int n = 0; n < 2000; n++) {
            int64_t ms = retry_delay_ms(rows[i].why, rows[i].retry, rows[i].scale_ms, 0, &prng);
            least = ms < least ? ms : least;
            most = ms > most ? ms : most;
        }
        assert_true(most <= rows[i].ceiling_ms);
        /* Full jitter: the whole range is used. */
        assert_true(most >= rows[i].ceiling_ms * 9 / 10);
        assert_true(least <= rows[i].ceiling_ms / 10);
    }
}

static void the_service_may_ask_for_a_longer_delay(void **state)
{
    static const struct {
        const char *name, *after;
        int64_t least, most;
    } rows[] = {
        {"X-Amz-Retry-After", "1500", 1500, 1500},
        {"x-amz-retry-after", "1", 1, 50},
        {"x-amz-retry-after", "900000", 5000, 5050},
        {"x-amz-retry-after", "-5", 0, 50},
        {"x-amz-retry-after", "soon", 0, 50},
        {"x-amz-retry-after", "", 0, 50},
        {"x-amz-retry-after", " 1500 ", 1500, 1500},
        {"x-amz-retry-after", "1.5", 0, 50},
        {"x-amz-retry-after", "99999999999999999999", 0, 50},
        {"Retry-After", "2", 2000, 2000},
        {"Retry-After", "120", 5000, 5050},
        {"Retry-After", "-1", 0, 50},
        {"Retry-After", "9223372036854775807", 5000, 5050},
        {"Retry-After", "Thu, 01 Jan 2026 00:00:03 GMT", 3000, 3000},
        {"Retry-After", "Wed, 31 Dec 2025 00:00:03 GMT", 0, 50},
    };
    struct unum_prng prng = {7};
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct http_headers headers = {0};
        http_headers_add(&headers, &arena, unum_str_from(rows[i].name),
                         unum_str_from(rows[i].after));
        int64_t after_ms = retry_after_ms(&headers, (int64_t)1767225600 * 1000);
        for (int n = 0; n < 200; n++) {
            int64_t ms = retry_delay_ms(AWS_RETRY_TRANSIENT, 0, 50, after_ms, &prng);
            assert_in_range(ms, rows[i].least, rows[i].most);
        }
    }
    const struct http_headers none = {0};
    assert_int_equal(retry_after_ms(&none, 0), 0);
}

static void retries_stop_when_the_bucket_is_empty(void **state)
{
    struct retry_bucket bucket = {RETRY_BUCKET};
    int cost = 0, taken = 0;
    (void)state;
    while (retry_take(&bucket, AWS_RETRY_TRANSIENT, &cost))
        taken++;
    assert_int_equal(taken, 35); /* 500 / 14 */
    assert_int_equal(cost, 14);
    assert_int_equal(bucket.tokens, 10);
    /* Throttling is cheaper. */
    assert_true(retry_take(&bucket, AWS_RETRY_THROTTLED, &cost));
    assert_int_equal(cost, 5);
    assert_true(retry_take(&bucket, AWS_RETRY_THROTTLED, &cost));
    assert_false(retry_take(&bucket, AWS_RETRY_THROTTLED, &cost));
    assert_int_equal(bucket.tokens, 0);
    retry_refund(&bucket, 0);
    assert_int_equal(bucket.tokens, 1);
    retry_refund(&bucket, 14);
    assert_int_equal(bucket.tokens, 15);
    for (int i = 0; i < 100; i++)
        retry_refund(&bucket, 14);
    assert_int_equal(bucket.tokens, RETRY_BUCKET);
}

static void dates_are_read_strictly(void **state)
{
    static const char *const bad[] = {
        "",
        "Sun, 06 Nov 1994 08:49:37",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
    };
    int64_t ms = -1;
    (void)state;
    assert_true(skew_parse_date(UNUM_STR("Sun, 06 Nov 1994 08:49:37 GMT"), &ms));
    assert_int_equal(ms, 784111777000);
    for (size_t i = 0; i < UNUM_COUNT(bad); i++)
        assert_false(skew_parse_date(unum_str_from(bad[i]), &ms));
}

static void skew_is_measured_from_the_middle_of_the_round_trip(void **state)
{
    const int64_t date_ms = 784111777000;
    struct http_exchange x = {.sent_ms = date_ms - 3000, .received_ms = date_ms - 1000};
    int64_t skew_ms = 0;
    (void)state;
    assert_false(skew_measure(&x, &skew_ms)); /* no Date */
    http_headers_add(&x.response_headers, &x.answer, UNUM_STR("Date"),
                     UNUM_STR("Sun, 06 Nov 1994 08:49:37 GMT"));
    assert_true(skew_measure(&x, &skew_ms));
    assert_int_equal(skew_ms, 2000);
    x.received_ms = x.sent_ms + SKEW_MAX_ROUND_TRIP_MS + 1;
    assert_false(skew_measure(&x, &skew_ms)); /* too long to tell */
    x.received_ms = x.sent_ms - 1;
    assert_false(skew_measure(&x, &skew_ms)); /* the clock was set meanwhile */
    x.received_ms = x.sent_ms;
    http_headers_add(&x.response_headers, &x.answer, UNUM_STR("Age"), UNUM_STR("1"));
    assert_false(skew_measure(&x, &skew_ms)); /* cached */
    http_exchange_done(&x);
}

static void a_refused_signature_is_explained_by_a_large_change_only(void **state)
{
    (void)state;
    assert_true(skew_explains(AWS_RETRY_SKEW, 0, 1000));
    assert_false(skew_explains(AWS_RETRY_MAYBE_SKEW, 0, 120000));
    assert_true(skew_explains(AWS_RETRY_MAYBE_SKEW, 0, 300000));
    assert_true(skew_explains(AWS_RETRY_MAYBE_SKEW, 300000, 0));
    assert_false(skew_explains(AWS_RETRY_MAYBE_SKEW, 300000, 300000));
    assert_false(skew_explains(AWS_RETRY_TRANSIENT, 0, 300000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_grow_up_to_their_ceiling),
        cmocka_unit_test(the_service_may_ask_for_a_longer_delay),
        cmocka_unit_test(retries_stop_when_the_bucket_is_empty),
        cmocka_unit_test(dates_are_read_strictly),
        cmocka_unit_test(skew_is_measured_from_the_middle_of_the_round_trip),
        cmocka_unit_test(a_refused_signature_is_explained_by_a_large_change_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "aws/retry.h"

static const double throttled_scale_s = 1.0;

bool retry_take(struct retry_bucket *bucket, enum aws_retry_class why, int *ret_cost)
{
    int cost = why == AWS_RETRY_THROTTLED ? RETRY_COST_THROTTLED : RETRY_COST;
    if (bucket->tokens < cost)
        return false;
    bucket->tokens -= cost;
    *ret_cost = cost;
    return true;
}

void retry_refund(struct retry_bucket *bucket, int cost)
{
    bucket->tokens += cost ? cost : 1;
    if (bucket->tokens > RETRY_BUCKET)
        bucket->tokens = RETRY_BUCKET;
}

int64_t retry_delay_ms(enum aws_retry_class why, unsigned retry, double scale_s,
                       struct unum_str retry_after, struct unum_prng *prng)
{
    double scale_ms = (why == AWS_RETRY_THROTTLED ? throttled_scale_s : scale_s) * 1000;
    uint64_t ceiling_us = RETRY_MAX_DELAY_MS * (uint64_t)1000;
    if (retry < 20 && scale_ms * (double)(1u << retry) < RETRY_MAX_DELAY_MS)
        ceiling_us = (uint64_t)(scale_ms * (double)(1u << retry) * 1000);
    int64_t delay_ms = (int64_t)(unum_prng_below(prng, ceiling_us + 1) / 1000);
    uint64_t after_ms;
    if (!unum_str_to_u64(unum_str_trim(retry_after), &after_ms))
        return delay_ms;
    int64_t most_ms = delay_ms + RETRY_AFTER_EXTRA_MS;
    if (after_ms > (uint64_t)most_ms)
        return most_ms;
    return (int64_t)after_ms > delay_ms ? (int64_t)after_ms : delay_ms;
}

static bool take_number(struct unum_str *rest, size_t digits, int *ret)
{
    uint64_t number;
    if (rest->len < digits || !unum_str_to_u64(unum_str_slice(*rest, 0, digits), &number))
        return false;
    *ret = (int)number;
    *rest = unum_str_from_pos(*rest, digits);
    return true;
}

static bool take_text(struct unum_str *rest, struct unum_str text)
{
    if (!unum_str_starts(*rest, text))
        return false;
    *rest = unum_str_from_pos(*rest, text.len);
    return true;
}

static bool take_month(struct unum_str *rest, int *ret)
{
    static const struct unum_str months = UNUM_STR_INIT("JanFebMarAprMayJunJulAugSepOctNovDec");
    for (size_t i = 0; i < 12; i++) {
        if (take_text(rest, unum_str_slice(months, i * 3, 3))) {
            *ret = (int)i + 1;
            return true;
        }
    }
    return false;
}

bool skew_parse_date(struct unum_str text, int64_t *ret_ms)
{
    struct unum_civil c = {0};
    size_t comma = unum_str_find(text, ',');
    struct unum_str rest =
        unum_str_trim(unum_str_from_pos(text, comma == SIZE_MAX ? 0 : comma + 1));
    if (comma != 3 || !take_number(&rest, 2, &c.day) || !take_text(&rest, UNUM_STR(" ")) ||
        !take_month(&rest, &c.month) || !take_text(&rest, UNUM_STR(" ")) ||
        !take_number(&rest, 4, &c.year) || !take_text(&rest, UNUM_STR(" ")) ||
        !take_number(&rest, 2, &c.hour) || !take_text(&rest, UNUM_STR(":")) ||
        !take_number(&rest, 2, &c.minute) || !take_text(&rest, UNUM_STR(":")) ||
        !take_number(&rest, 2, &c.second) || !unum_str_is(rest, " GMT"))
        return false;
    if (c.year < 1970 || c.day < 1 || c.day > 31 || c.hour > 23 || c.minute > 59 || c.second > 60)
        return false;
    *ret_ms = unum_civil_to_ms(&c);
    return true;
}

bool skew_measure(const struct http_exchange *x, int64_t *ret_skew_ms)
{
    const struct http_header *date = http_headers_get(&x->response_headers, "date");
    int64_t peer_ms;
    if (!date || http_headers_get(&x->response_headers, "age") ||
        x->received_ms - x->sent_ms > SKEW_MAX_ROUND_TRIP_MS || x->received_ms < x->sent_ms ||
        !skew_parse_date(date->value, &peer_ms))
        return false;
    *ret_skew_ms = peer_ms - (x->sent_ms + (x->received_ms - x->sent_ms) / 2);
    return true;
}

bool skew_explains(enum aws_retry_class why, int64_t used_ms, int64_t learnt_ms)
{
    int64_t change_ms = learnt_ms > used_ms ? learnt_ms - used_ms : used_ms - learnt_ms;
    return why == AWS_RETRY_SKEW || (why == AWS_RETRY_MAYBE_SKEW && change_ms > SKEW_THRESHOLD_MS);
}

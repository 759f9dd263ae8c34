#include "aws/retry.h"

enum { THROTTLED_SCALE_MS = 1000 };

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

int64_t retry_delay_ms(enum aws_retry_class why, unsigned retry, int64_t scale_ms, int64_t after_ms,
                       struct unum_prng *prng)
{
    int64_t ceiling_ms = why == AWS_RETRY_THROTTLED ? THROTTLED_SCALE_MS : scale_ms;
    while (retry-- && ceiling_ms < RETRY_MAX_DELAY_MS)
        ceiling_ms *= 2;
    if (ceiling_ms > RETRY_MAX_DELAY_MS)
        ceiling_ms = RETRY_MAX_DELAY_MS;
    int64_t delay_ms = (int64_t)(unum_prng_below(prng, (uint64_t)ceiling_ms * 1000 + 1) / 1000);
    int64_t most_ms = delay_ms + RETRY_AFTER_EXTRA_MS;
    if (after_ms > most_ms)
        return most_ms;
    return after_ms > delay_ms ? after_ms : delay_ms;
}

int64_t retry_after_ms(const struct http_headers *headers, int64_t now_ms)
{
    const struct http_header *own = http_headers_get(headers, "x-amz-retry-after");
    const struct http_header *common = http_headers_get(headers, "retry-after");
    int64_t number;
    if (own)
        return unum_str_to_i64(unum_str_trim(own->value), &number) && number > 0 ? number : 0;
    if (!common)
        return 0;
    if (skew_parse_date(common->value, &number))
        return number > now_ms ? number - now_ms : 0;
    if (!unum_str_to_i64(unum_str_trim(common->value), &number) || number < 0)
        return 0;
    return number > INT64_MAX / 1000 ? INT64_MAX : number * 1000;
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

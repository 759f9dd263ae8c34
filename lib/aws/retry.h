/*
 * retry: how often and after what time a call is repeated, and the correction of a wrong clock.
 * Standard mode of the AWS SDKs, edition 2026. Pure: time and randomness are passed in. Internal to
 * aws/.
 */
#ifndef UNUM_AWS_RETRY_H
#define UNUM_AWS_RETRY_H

#include "aws/error.h"
#include "base/rand.h"

/* Retries are paid from a bucket that successes fill, so that an outage is not made worse. */
enum {
    RETRY_BUCKET = 500,
    RETRY_COST = 14,
    RETRY_COST_THROTTLED = 5,
    RETRY_MAX_DELAY_MS = 20000,
    RETRY_AFTER_EXTRA_MS = 5000,
};

struct retry_bucket {
    int tokens;
};
/* Take the price of one retry; *ret_cost is what was taken. False: the bucket is empty, do not
 * repeat. */
bool retry_take(struct retry_bucket *bucket, enum aws_retry_class why, int *ret_cost);
/* A call succeeded: `cost` is what its last retry took (0: it needed none). */
void retry_refund(struct retry_bucket *bucket, int cost);

/* Milliseconds to wait before retry number `retry` (from 0): full jitter below scale * 2^retry, at
 * most 20 s.
 *   scale_ms     the service's scale; throttling has its own
 *   after_ms     what the service asks for, kept within the delay and 5 s more; 0: nothing */
int64_t retry_delay_ms(enum aws_retry_class why, unsigned retry, int64_t scale_ms, int64_t after_ms,
                       struct unum_prng *prng);
/* What the service asks to wait, in milliseconds: x-amz-retry-after, which is in milliseconds, else
 * Retry-After, which is in seconds or a date (RFC 9110 section 10.2.3). 0 without, or if malformed.
 */
int64_t retry_after_ms(const struct http_headers *headers, int64_t now_ms);

/*
 * Clock skew: the peer's clock minus ours, learnt from every answer with a Date.
 */
enum {
    SKEW_MAX_ROUND_TRIP_MS = 15 * 60 * 1000,
    SKEW_THRESHOLD_MS = 4 * 60 * 1000, /* less does not explain a refused signature */
};
/* What the answer says about the skew; false if it says nothing: no Date, cached (Age), a round
 * trip too long to tell. */
bool skew_measure(const struct http_exchange *x, int64_t *ret_skew_ms);
/* Shall a call refused with `why` be repeated after the skew went from `used` to `learnt`? */
bool skew_explains(enum aws_retry_class why, int64_t used_ms, int64_t learnt_ms);
/* IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7). */
UNUM_CHECKED bool skew_parse_date(struct unum_str text, int64_t *ret_ms);

#endif

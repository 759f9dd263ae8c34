/*
 * error: what an answer that is no success says. Internal to aws/.
 */
#ifndef UNUM_AWS_ERROR_H
#define UNUM_AWS_ERROR_H

#include "aws/client.h"

struct aws_error {
    struct unum_str code;    /* without namespace and without URL; may be empty */
    struct unum_str message; /* one line; may be empty */
};

/* Read status, headers and body of an answer: JSON, XML, HTML or nothing. Texts live in the
 * exchange's arena. References in XML stay as they are. */
void aws_error_read(struct http_exchange *x, struct aws_error *ret);
/* The same, XML decoded, and OAuth's form (RFC 6749 section 5.2) too. Not in functions. */
void aws_error_read_any(struct http_exchange *x, struct aws_error *ret);
/* One line each, cut to a length fit for messages. */
void aws_error_set(struct aws_error *error, struct unum_str code, struct unum_str message,
                   struct unum_arena *arena);
struct unum_str aws_request_id(const struct http_headers *headers);

enum aws_retry_class {
    AWS_RETRY_NO,
    AWS_RETRY_TRANSIENT,
    AWS_RETRY_THROTTLED,
    AWS_RETRY_SKEW,       /* the clock is wrong: repeat with the corrected time */
    AWS_RETRY_MAYBE_SKEW, /* may be the clock: repeat if the correction changed a lot */
    AWS_RETRY_CREDS,      /* the credentials have expired: repeat with new ones */
};
/* Is it the time that is over, of the credentials or of the signature? */
bool aws_error_is_expiry(struct unum_str code);
enum aws_retry_class aws_error_class(int status, struct unum_str code);

#endif

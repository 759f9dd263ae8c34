/*
 * message: what both transports need to know about a request. Internal to http/.
 */
#ifndef UNUM_HTTP_MESSAGE_H
#define UNUM_HTTP_MESSAGE_H

#include "http/http.h"

enum { HTTP_MAX_HOST = 255 }; /* RFC 1035 section 2.3.4, and IPv6 addresses are shorter */

bool http_is_token(struct unum_str s);
bool http_is_field_value(struct unum_str s);
/* INVAL for what would not be one request on the wire: control characters, blanks in the target. */
UNUM_CHECKED int http_request_check(const struct http_exchange *x, struct unum_err *err);
/* Headers the transport writes itself; a caller's are left out (SigV4 lists Host among them). */
bool http_is_transport_header(struct unum_str name);
/* A body, or a method for which an absent body is announced as length 0. */
bool http_needs_length(const struct http_exchange *x);
/* Request line and headers up to the empty line. */
void http_request_head(const struct http_exchange *x, struct unum_buf *out);
/* Forget an old answer, set the ceiling of the new one and the time of sending. */
void http_answer_begin(struct http_exchange *x, int64_t now_ms);
/* Take back what came of the answer: the exchange failed with what is in its err, to which the
 * endpoint is added. */
void http_answer_fail(struct http_exchange *x, int rc);
/* "localhost" and names below it (RFC 6761 section 6.3), 127.0.0.0/8, ::1. */
bool http_is_loopback(struct unum_str host);

#endif

/*
 * signed_request: a person's signed request straight through the door of a local platform, for
 * tests and fuzz targets. Nothing is printed, nothing fails by itself.
 */
#ifndef TESTS_SUPPORT_SIGNED_REQUEST_H
#define TESTS_SUPPORT_SIGNED_REQUEST_H

#include "aws/sigv4.h"
#include "base/buf.h"
#include "local/local.h"

struct signed_request {
    const char *method, *service;
    struct unum_str target;             /* path and query */
    const struct http_headers *headers; /* signed as well; may be NULL */
    struct unum_str content;            /* x-amz-content-sha256 of S3; empty: the body's hash */
    struct unum_str body;
    /* The body of a stream is made once the request's signature is known; may be NULL. */
    void (*stream)(void *cookie, const struct sigv4_result *seed, struct unum_buf *body);
    void *cookie;
};

/* The status, 0 if there was no answer; its body appended to `out` (may be NULL). */
int signed_send(struct local *local, const struct signed_request *request, struct unum_buf *out);

#endif

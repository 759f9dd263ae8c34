/*
 * sigv4: AWS Signature Version 4, header form and query form.
 * Pure: no I/O, no clock, no environment. Same inputs, same bytes.
 * Source: "AWS Signature Version 4 for API requests" (IAM User Guide); checked against the official
 * test suite and requests signed by another implementation (tests/conformance/sigv4).
 */
#ifndef UNUM_AWS_SIGV4_H
#define UNUM_AWS_SIGV4_H

#include "http/http.h"

struct aws_creds {
    struct unum_str access_key, secret_key, session_token; /* token may be empty */
    int64_t expires_ms;                                    /* 0: never */
};

struct sigv4_request {
    struct unum_str method, path, query; /* as sent: path encoded, query without "?" */
    /* All that shall be signed, Host among them. What the signature adds itself (Authorization,
     * X-Amz-Date, ...) and what proxies change (User-Agent, X-Amzn-Trace-Id, ...) may be there and
     * is passed over. A name may come several times. */
    const struct http_headers *headers;
    struct unum_str body;
};

enum sigv4_flags {
    SIGV4_DOUBLE_ENCODE = 1,    /* path encoded again (every service but S3) */
    SIGV4_NORMALIZE_PATH = 2,   /* dot segments and double slashes removed (every service but S3) */
    SIGV4_CONTENT_HEADER = 4,   /* add and sign x-amz-content-sha256 */
    SIGV4_UNSIGNED_PAYLOAD = 8, /* the hash is the text UNSIGNED-PAYLOAD */
    SIGV4_TOKEN_UNSIGNED = 16,  /* x-amz-security-token is added after signing */
    SIGV4_HASH_GIVEN = 32,      /* `body` is the hash, or what stands for it ("STREAMING-...") */
};

struct sigv4_scope {
    struct unum_str region, service;
    int64_t at_ms; /* signing time, wall clock */
    unsigned flags;
};

/* A derived key, kept between signatures while day, region, service and secret stay the same. */
struct sigv4_key_cache {
    char identity[160];
    unsigned char key[32];
    bool valid;
};

/* What was computed, each stage for itself; views live in the arena. */
struct sigv4_result {
    struct unum_str amz_date, content_sha256; /* header values to send */
    struct unum_str canonical_request, string_to_sign, signature, signed_headers;
    struct unum_str authorization; /* header form: the value of that header */
    struct unum_str query;         /* query form: all that comes after "?" */
};

enum { SIGV4_MAX_EXPIRES_S = 7 * 24 * 60 * 60 };

/* Header form. The caller sends, besides what it gave: X-Amz-Date, Authorization,
 * X-Amz-Content-Sha256 with SIGV4_CONTENT_HEADER, X-Amz-Security-Token if there is a token.
 * `cache` may be NULL. INVAL: no Host header, a header value with CR, LF or NUL; LIMIT: a request
 * too long to sign. */
UNUM_CHECKED int sigv4_sign(const struct sigv4_request *request, const struct aws_creds *creds,
                            const struct sigv4_scope *scope, struct sigv4_key_cache *cache,
                            struct unum_arena *arena, struct sigv4_result *ret,
                            struct unum_err *err);

/* Query form: the signature and its parameters become part of the query, nothing else has to be
 * sent. `expires_s`: how long the URL is valid, 1 to SIGV4_MAX_EXPIRES_S (INVAL otherwise).
 * SIGV4_CONTENT_HEADER has no meaning here. */
UNUM_CHECKED int sigv4_presign(const struct sigv4_request *request, const struct aws_creds *creds,
                               const struct sigv4_scope *scope, int64_t expires_s,
                               struct sigv4_key_cache *cache, struct unum_arena *arena,
                               struct sigv4_result *ret, struct unum_err *err);

#endif

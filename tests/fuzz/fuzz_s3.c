/* Requests to the local platform's S3, with any target, headers and body: each is answered, never
 * with a failure of the platform's own, and leaves a platform that works. First byte: method;
 * second: which headers come along; then lines: the target, a header's value, and the body. */
#include <stdlib.h>

#include "base/limits.h"
#include "local/s3.h"
#include "support/signed_request.h"

enum { RUNS = 2000 }; /* of one platform */

static void check(bool ok)
{
    if (!ok)
        abort();
}

static struct local *platform(void)
{
    static struct local *local;
    static unsigned runs;
    if (local && ++runs % RUNS == 0) {
        local_free(local);
        local = NULL;
    }
    const struct local_config config = {.real_time = true};
    const struct signed_request bucket = {
        .method = "PUT", .service = "s3", .target = UNUM_STR("/bucket")};
    if (!local)
        check(local_new(&config, &local, NULL) == 0 && signed_send(local, &bucket, NULL) == 200);
    return local;
}

static void frames(struct unum_str body)
{
    static const struct door_chain chain = {
        .date = UNUM_STR_INIT("20260101T000000Z"),
        .scope = UNUM_STR_INIT("20260101/r/s3/aws4_request"),
        .signature =
            UNUM_STR_INIT("0000000000000000000000000000000000000000000000000000000000000000")};
    for (unsigned i = 0; i < 4; i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_MB);
        struct http_headers trailers = {0};
        const char *wrong =
            s3_unframe(body, i & 1 ? &chain : NULL, i & 2, &plain, &arena, &trailers);
        check(wrong || plain.len <= body.len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
    static const char *const names[] = {
        "range",          "if-match",    "if-none-match", "x-amz-checksum-crc32",
        "x-amz-meta-any", "content-md5", "content-type",  "x-amz-checksum-algorithm"};
    static const char *const kinds[] = {"", "UNSIGNED-PAYLOAD",
                                        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                                        "STREAMING-UNSIGNED-PAYLOAD-TRAILER"};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers headers = {0};
    struct unum_str rest = unum_str_of((const char *)data, size), target, value;
    if (size < 4 || size > 64 * UNUM_KB)
        return 0;
    unsigned method = data[0], more = data[1];
    rest = unum_str_from_pos(rest, 2);
    (void)unum_str_split(&rest, '\n', &target);
    if (!rest.ptr || !unum_str_split(&rest, '\n', &value) ||
        !unum_str_starts(target, UNUM_STR("/")))
        return 0;
    struct local *local = platform();
    http_headers_add(&headers, &arena, unum_str_from(names[more % 8]), value);
    if (more & 64)
        http_headers_add(&headers, &arena, UNUM_STR("x-amz-decoded-content-length"), value);
    const struct signed_request request = {.method = methods[method % 5],
                                           .service = "s3",
                                           .target = target,
                                           .headers = &headers,
                                           .content = unum_str_from(kinds[more >> 3 & 3]),
                                           .body = rest};
    const struct signed_request list = {.method = "GET", .service = "s3", .target = UNUM_STR("/")};
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    int status = signed_send(local, &request, &out);
    check(status < 500 || status == 501 || status == 503);
    check(signed_send(local, &list, NULL) == 200);
    frames(rest);
    return 0;
}

/* The emulated S3 beneath what AWS's clients send by themselves: frames, checksums, pages,
 * restarts, and names and headers that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "crypto/hash.h"
#include "local/s3.h"
#include "xml/xml.h"

#include "support/signed_request.h"
#include "support/temp_dir.h"

/* ---- frames ---- */

static void derive(const char *secret, const char *day, unsigned char key[32])
{
    static const char *const parts[] = {"us-east-1", "s3", "aws4_request"};
    char first[80];
    (void)snprintf(first, sizeof(first), "AWS4%s", secret);
    hash_hmac_sha256(unum_str_from(first), unum_str_from(day), key);
    for (size_t i = 0; i < 3; i++)
        hash_hmac_sha256(unum_str_of((const char *)key, 32), unum_str_from(parts[i]), key);
}

static struct door_chain chain_of(const char *seed)
{
    struct door_chain chain = {.date = UNUM_STR("20130524T000000Z"),
                               .scope = UNUM_STR("20130524/us-east-1/s3/aws4_request"),
                               .signature = unum_str_from(seed)};
    derive("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", chain.key);
    return chain;
}

static void add_chunk(struct unum_buf *out, size_t len, const char *signature)
{
    unum_buf_printf(out, "%zx;chunk-signature=%s\r\n", len, signature);
    for (size_t i = 0; i < len; i++)
        unum_buf_addc(out, 'a');
    if (len)
        unum_buf_adds(out, "\r\n");
}

/* The examples of "Signature calculations for the Authorization header" of the S3 API Reference. */
static void write_example(struct unum_buf *out, bool trailer)
{
    static const char *const signatures[2][3] = {
        {"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
         "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
         "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
        {"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
         "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
         "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"}};
    add_chunk(out, 65536, signatures[trailer][0]);
    add_chunk(out, 1024, signatures[trailer][1]);
    add_chunk(out, 0, signatures[trailer][2]);
    if (trailer)
        unum_buf_adds(out, "x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:"
                           "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n");
    unum_buf_adds(out, "\r\n");
}

static const char *const seeds[] = {
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"};

static const char *unframe(struct unum_str framed, bool trailer, struct unum_buf *out)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers trailers = {0};
    const struct door_chain chain = chain_of(seeds[trailer]);
    return s3_unframe(framed, &chain, trailer, out, &arena, &trailers);
}

static void frames_are_as_aws_signs_them(void **state)
{
    (void)state;
    for (int trailer = 0; trailer < 2; trailer++) {
        struct unum_buf UNUM_AUTO_BUF framed = UNUM_BUF_INIT(UNUM_MB);
        struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_MB);
        write_example(&framed, trailer);
        assert_null(unframe(unum_buf_str(&framed), trailer, &plain));
        assert_int_equal(plain.len, 65536 + 1024);
        assert_null(memchr(plain.ptr, '\r', plain.len));
    }
}

static void damaged_frames_are_refused(void **state)
{
    (void)state;
    for (int trailer = 0; trailer < 2; trailer++) {
        struct unum_buf UNUM_AUTO_BUF framed = UNUM_BUF_INIT(UNUM_MB);
        write_example(&framed, trailer);
        /* Any byte but the line ends at the very end. */
        for (size_t at = 0; at + 2 < framed.len;
             at += at < 200 || at + 700 > framed.len ? 1 : 997) {
            struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_MB);
            char was = framed.ptr[at];
            framed.ptr[at] = was == 'x' ? 'y' : 'x';
            const char *wrong = unframe(unum_buf_str(&framed), trailer, &plain);
            framed.ptr[at] = was;
            if (!wrong)
                fail_msg("byte %zu may be changed", at);
        }
        for (size_t len = 0; len + 2 < framed.len; len += 331) {
            struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_MB);
            assert_non_null(
                unframe(unum_str_slice(unum_buf_str(&framed), 0, len), trailer, &plain));
        }
    }
}

/* ---- checksums ---- */

static void checksums_have_their_known_values(void **state)
{
    (void)state;
    /* The check values of the catalogue of parametrised CRC algorithms, and of FIPS 180-4. */
    static const struct {
        enum checksum kind;
        const char *data, *value;
    } rows[] = {
        {CHECKSUM_CRC32, "123456789", "y/Q5Jg=="},
        {CHECKSUM_CRC32C, "123456789", "4waSgw=="},
        {CHECKSUM_CRC64NVME, "123456789", "rosUhgp5mIg="},
        {CHECKSUM_SHA1, "abc", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
        {CHECKSUM_SHA256, "abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
    };
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(128);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        unum_buf_clear(&text);
        checksum_text(rows[i].kind, unum_str_from(rows[i].data), &text);
        assert_string_equal(unum_buf_text(&text), rows[i].value);
        assert_int_equal(checksum_named(unum_str_from(checksum_kinds[rows[i].kind].name)),
                         rows[i].kind);
    }
    unum_buf_clear(&text);
    checksum_md5_text(UNUM_STR(""), &text);
    assert_string_equal(unum_buf_text(&text), "1B2M2Y8AsgTpgAmY7PhCfg==");
    assert_int_equal(checksum_named(UNUM_STR("MD5")), CHECKSUM_COUNT);
}

/* ---- a platform ---- */

static const char *dir;

static struct local *open_platform(bool kept)
{
    struct local *local = NULL;
    char *UNUM_AUTO_FREE path = unum_path_join(dir, "state.db");
    const struct local_config config = {.state_path = kept ? path : NULL, .real_time = true};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (local_new(&config, &local, &err))
        fail_msg("%s", unum_err_text(&err));
    return local;
}

/* The status; what was answered is in `out` (may be NULL). `header`: "name: value" or NULL. */
static int ask(struct local *local, const char *method, const char *target, const char *header,
               const char *body, struct unum_buf *out)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers headers = {0};
    struct unum_str rest = unum_str_from(header), name;
    if (header && unum_str_split(&rest, ':', &name))
        http_headers_add(&headers, &arena, name, unum_str_trim(rest));
    const struct signed_request request = {.method = method,
                                           .service = "s3",
                                           .target = unum_str_from(target),
                                           .headers = &headers,
                                           .body = unum_str_from(body)};
    if (out)
        unum_buf_clear(out);
    return signed_send(local, &request, out);
}

static bool says(const struct unum_buf *answer, const char *text)
{
    return unum_str_search(unum_buf_str(answer), unum_str_from(text)) != SIZE_MAX;
}

/* ---- streams ---- */

/* What to send, and what to do to it. */
struct stream {
    const char *trailer;   /* line without its end, or NULL */
    const char *signature; /* instead of the right one of the first frame, or NULL */
    bool is_signed;
    bool cut;
};

static void add_frame(const struct sigv4_result *seed, const unsigned char *key,
                      const struct stream *stream, char before[65], struct unum_str data,
                      struct unum_buf *body)
{
    char of_nothing[65], of_data[65];
    unsigned char mac[32];
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    hash_sha256_hex(UNUM_STR(""), of_nothing);
    hash_sha256_hex(data, of_data);
    unum_buf_printf(
        &text, "AWS4-HMAC-SHA256-PAYLOAD\n%.*s\n%.*s/us-east-1/s3/aws4_request\n%s\n%s\n%s",
        UNUM_STR_ARG(seed->amz_date), UNUM_STR_ARG(unum_str_slice(seed->amz_date, 0, 8)), before,
        of_nothing, of_data);
    hash_hmac_sha256(unum_str_of((const char *)key, 32), unum_buf_str(&text), mac);
    hash_hex(mac, sizeof(mac), before);
    unum_buf_printf(body, "%zx", data.len);
    if (stream->is_signed)
        unum_buf_printf(body, ";chunk-signature=%s",
                        data.len && stream->signature ? stream->signature : before);
    unum_buf_adds(body, "\r\n");
    unum_buf_add(body, data);
    if (data.len)
        unum_buf_adds(body, "\r\n");
}

static void write_stream(void *cookie, const struct sigv4_result *seed, struct unum_buf *body)
{
    const struct stream *stream = cookie;
    unsigned char key[32];
    char day[9] = "", before[65] = "";
    memcpy(day, seed->amz_date.ptr, 8);
    memcpy(before, seed->signature.ptr, 64);
    derive(LOCAL_SECRET_KEY, day, key);
    add_frame(seed, key, stream, before, UNUM_STR("12345"), body);
    add_frame(seed, key, stream, before, UNUM_STR("6789"), body);
    add_frame(seed, key, stream, before, UNUM_STR(""), body);
    if (stream->trailer)
        unum_buf_printf(body, "%s\r\n", stream->trailer);
    unum_buf_adds(body, "\r\n");
    if (stream->cut)
        unum_buf_truncate(body, body->len / 2);
}

static int put_stream(struct local *local, const struct stream *stream, const char *kind,
                      const char *length, struct unum_buf *out)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers headers = {0};
    http_headers_add(&headers, &arena, UNUM_STR("x-amz-decoded-content-length"),
                     unum_str_from(length));
    http_headers_add(&headers, &arena, UNUM_STR("content-encoding"), UNUM_STR("aws-chunked"));
    struct signed_request request = {.method = "PUT",
                                     .service = "s3",
                                     .target = UNUM_STR("/bucket/streamed"),
                                     .headers = &headers,
                                     .content = unum_str_from(kind),
                                     .stream = write_stream,
                                     .cookie = (void *)(uintptr_t)stream};
    unum_buf_clear(out);
    return signed_send(local, &request, out);
}

static void bodies_come_in_frames(void **state)
{
    dir = ((struct temp_dir *)*state)->path;
    static const char signed_kind[] = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
    static const char unsigned_kind[] = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    static const char wrong[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const struct {
        struct stream stream;
        const char *kind, *length;
        int status;
        const char *says;
    } rows[] = {
        {{.is_signed = true}, signed_kind, "9", 200, ""},
        {{.trailer = "x-amz-checksum-crc32:y/Q5Jg=="}, unsigned_kind, "9", 200, ""},
        {{.trailer = "x-amz-checksum-crc32c:4waSgw=="}, unsigned_kind, "9", 200, ""},
        {{.trailer = "x-amz-checksum-crc32:AAAAAA=="}, unsigned_kind, "9", 400, "BadDigest"},
        {{.trailer = "no colon"}, unsigned_kind, "9", 400, "MalformedTrailerError"},
        {{.is_signed = true, .signature = wrong}, signed_kind, "9", 403, "SignatureDoesNotMatch"},
        {{.is_signed = false}, signed_kind, "9", 403, "SignatureDoesNotMatch"},
        {{.is_signed = true}, signed_kind, "8", 400, "IncompleteBody"},
        {{.is_signed = true}, signed_kind, "many", 411, "MissingContentLength"},
        {{.is_signed = true, .cut = true}, signed_kind, "9", 400, "IncompleteBody"},
        {{.is_signed = true}, "STREAMING-ROT13", "9", 400, "InvalidArgument"},
    };
    struct local *local = open_platform(false);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    assert_int_equal(ask(local, "PUT", "/bucket", NULL, "", NULL), 200);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        int status = put_stream(local, &rows[i].stream, rows[i].kind, rows[i].length, &out);
        if (status != rows[i].status || !says(&out, rows[i].says))
            fail_msg("row %zu: %d %s", i, status, unum_buf_text(&out));
        status = ask(local, "GET", "/bucket/streamed", NULL, "", &out);
        assert_int_equal(status, rows[i].status == 200 ? 200 : 404);
        if (status == 200) {
            assert_string_equal(unum_buf_text(&out), "123456789");
            assert_int_equal(ask(local, "DELETE", "/bucket/streamed", NULL, "", NULL), 204);
        }
    }
    local_free(local);
}

/* ---- pages ---- */

/* All pages of a list, a line each for keys and groups. */
static void collect(struct local *local, const char *query, unsigned page, struct unum_buf *ret)
{
    struct unum_buf UNUM_AUTO_BUF token = UNUM_BUF_INIT(4 * UNUM_KB);
    for (;;) {
        struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(UNUM_MB);
        struct unum_buf UNUM_AUTO_BUF target = UNUM_BUF_INIT(8 * UNUM_KB);
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        const struct xml_element *root = NULL, *e;
        unum_buf_printf(&target, "/bucket?list-type=2&max-keys=%u%s", page, query);
        if (token.len) {
            unum_buf_adds(&target, "&continuation-token=");
            http_encode(&target, unum_buf_str(&token), false);
        }
        assert_int_equal(ask(local, "GET", unum_buf_text(&target), NULL, "", &answer), 200);
        assert_int_equal(xml_parse(unum_buf_str(&answer), &arena, &root, NULL), 0);
        size_t count = 0;
        for (e = xml_child(root, "Contents"); e; e = xml_next(e, "Contents"), count++)
            unum_buf_printf(ret, "%.*s\n", UNUM_STR_ARG(xml_text(e, "Key")));
        for (e = xml_child(root, "CommonPrefixes"); e; e = xml_next(e, "CommonPrefixes"), count++)
            unum_buf_printf(ret, "%.*s\n", UNUM_STR_ARG(xml_text(e, "Prefix")));
        assert_true(count <= page);
        if (!unum_str_is(xml_text(root, "IsTruncated"), "true"))
            return;
        assert_int_equal(count, page);
        unum_buf_clear(&token);
        unum_buf_add(&token, xml_text(root, "NextContinuationToken"));
        assert_true(token.len > 0);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The same lines in order. */
static char *sorted(const struct unum_buf *lines)
{
    const char *at[64];
    size_t len = 0;
    char *UNUM_AUTO_FREE copy = unum_strdup(unum_buf_text(lines));
    char *rest = copy, *line;
    struct unum_buf out = UNUM_BUF_INIT(UNUM_MB);
    while ((line = strsep(&rest, "\n")) && *line && len < UNUM_COUNT(at))
        at[len++] = line;
    qsort(at, len, sizeof(at[0]), by_text);
    for (size_t i = 0; i < len; i++)
        unum_buf_printf(&out, "%s\n", at[i]);
    return unum_buf_take(&out);
}

static void pages_together_are_the_list(void **state)
{
    dir = ((struct temp_dir *)*state)->path;
    static const char *const keys[] = {"a",     "a/",    "a/1", "a/2/x", "a/2/y", "a0", "b/1",
                                       "b/1/2", "b/1/3", "c",   "c/c/c", "d//e",  "e"};
    static const struct {
        const char *query, *lines;
    } rows[] = {
        {"", "a\na/\na/1\na/2/x\na/2/y\na0\nb/1\nb/1/2\nb/1/3\nc\nc/c/c\nd//e\ne\n"},
        {"&delimiter=/", "a\na/\na0\nb/\nc\nc/\nd/\ne\n"},
        {"&delimiter=/&prefix=a/", "a/\na/1\na/2/\n"},
        {"&delimiter=/&prefix=b/1", "b/1\nb/1/\n"},
        {"&delimiter=/&start-after=b/1", "b/\nc\nc/\nd/\ne\n"},
        {"&prefix=nothing", ""},
        {"&start-after=d", "d//e\ne\n"},
    };
    struct local *local = open_platform(false);
    assert_int_equal(ask(local, "PUT", "/bucket", NULL, "", NULL), 200);
    for (size_t i = 0; i < UNUM_COUNT(keys); i++) {
        char target[64];
        (void)snprintf(target, sizeof(target), "/bucket/%s", keys[i]);
        assert_int_equal(ask(local, "PUT", target, NULL, "", NULL), 200);
    }
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        for (unsigned page = 1; page < 16; page++) {
            struct unum_buf UNUM_AUTO_BUF lines = UNUM_BUF_INIT(UNUM_MB);
            collect(local, rows[i].query, page, &lines);
            char *UNUM_AUTO_FREE text = sorted(&lines);
            assert_string_equal(text, rows[i].lines);
        }
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    assert_int_equal(ask(local, "GET", "/bucket?list-type=2&max-keys=x", NULL, "", &out), 400);
    assert_int_equal(
        ask(local, "GET", "/bucket?list-type=2&continuation-token=%25", NULL, "", &out), 400);
    local_free(local);
}

/* ---- requests that are none, conditions, ranges ---- */

static void answers_as_s3_does(void **state)
{
    dir = ((struct temp_dir *)*state)->path;
    static const struct {
        const char *method, *target, *header, *body;
        int status;
        const char *says;
    } rows[] = {
        {"PUT", "/bucket", NULL, "", 200, ""},
        {"PUT", "/bucket", NULL, "", 409, "BucketAlreadyOwnedByYou"},
        {"PUT", "/Not..a.name", NULL, "", 400, "InvalidBucketName"},
        {"PUT", "/foreign-one", NULL, "", 409, "BucketAlreadyExists"},
        {"GET", "/foreign-one", NULL, "", 403, "AccessDenied"},
        {"PUT", "/other", NULL,
         "<CreateBucketConfiguration><LocationConstraint>mars-1</LocationConstraint>"
         "</CreateBucketConfiguration>",
         400, "IllegalLocationConstraintException"},
        {"PUT", "/other", NULL, "<x/>", 400, "MalformedXML"},
        {"GET", "/other/key", NULL, "", 404, "NoSuchBucket"},
        {"GET", "/bucket/key", NULL, "", 404, "NoSuchKey"},
        {"GET", "/bucket/%ff", NULL, "", 400, "InvalidURI"},
        {"PUT", "/bucket/key", "content-md5: AAAAAAAAAAAAAAAAAAAAAA==", "text", 400, "BadDigest"},
        {"PUT", "/bucket/key", "x-amz-checksum-sha1: AAAA", "text", 400, "BadDigest"},
        {"PUT", "/bucket/key", "if-match: \"x\"", "text", 404, "NoSuchKey"},
        {"PUT", "/bucket/key", "if-none-match: *", "text", 200, ""},
        {"PUT", "/bucket/key", "if-none-match: *", "text", 412, "PreconditionFailed"},
        {"PUT", "/bucket/key", "if-none-match: \"x\"", "text", 501, "NotImplemented"},
        {"PUT", "/bucket/key", "if-match: \"x\"", "text", 412, "PreconditionFailed"},
        {"PUT", "/bucket/key", "if-match: \"1cb251ec0d568de6a929b520c4aed8d1\"", "0123", 200, ""},
        {"PUT", "/bucket/key", "x-amz-copy-source: /bucket/key", "", 501, "NotImplemented"},
        {"PUT", "/bucket/key?acl", NULL, "", 501, "NotImplemented"},
        {"GET", "/bucket?versions", NULL, "", 501, "NotImplemented"},
        {"PATCH", "/bucket/key", NULL, "", 501, "NotImplemented"},
        {"GET", "/bucket/key", NULL, "", 200, "0123"},
        {"GET", "/bucket/key", "range: bytes=1-2", "", 206, "12"},
        {"GET", "/bucket/key", "range: bytes=-2", "", 206, "23"},
        {"GET", "/bucket/key", "range: bytes=4-", "", 416, "InvalidRange"},
        {"GET", "/bucket/key", "range: bytes=2-1", "", 200, "0123"},
        {"GET", "/bucket/key", "range: bytes=x-1", "", 200, "0123"},
        {"GET", "/bucket/key", "if-match: \"x\"", "", 412, "PreconditionFailed"},
        {"GET", "/bucket/key", "if-none-match: *", "", 304, ""},
        {"GET", "/bucket/key", "x-amz-expected-bucket-owner: 111111111111", "", 403,
         "AccessDenied"},
        {"DELETE", "/bucket", NULL, "", 409, "BucketNotEmpty"},
        {"POST", "/bucket?delete", NULL, "<Delete/>", 400, "MalformedXML"},
        {"POST", "/bucket?delete", NULL, "oops", 400, "MalformedXML"},
        {"PUT", "/bucket?policy", NULL, "oops", 400, "MalformedPolicy"},
        {"PUT", "/bucket?tagging", NULL, "<x/>", 400, "MalformedXML"},
        {"GET", "/bucket?tagging", NULL, "", 404, "NoSuchTagSet"},
        {"POST", "/bucket/p?uploads", "x-amz-checksum-algorithm: ROT13", "", 400, "InvalidRequest"},
        {"POST", "/bucket/p?uploads", "x-amz-checksum-type: COMPOSITE", "", 400, "InvalidRequest"},
        {"PUT", "/bucket/p?uploadId=none&partNumber=1", NULL, "x", 404, "NoSuchUpload"},
        {"POST", "/bucket/p?uploadId=none", NULL, "", 404, "NoSuchUpload"},
        {"DELETE", "/bucket/p?uploadId=none", NULL, "", 404, "NoSuchUpload"},
        {"GET", "/bucket/p?uploadId=none", NULL, "", 404, "NoSuchUpload"},
        {"DELETE", "/bucket/key", NULL, "", 204, ""},
        {"DELETE", "/bucket/key", NULL, "", 204, ""},
        {"DELETE", "/bucket", NULL, "", 204, ""},
    };
    struct local *local = open_platform(false);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        int status = ask(local, rows[i].method, rows[i].target, rows[i].header, rows[i].body, &out);
        if (status != rows[i].status || !says(&out, rows[i].says))
            fail_msg("row %zu: %d %s", i, status, unum_buf_text(&out));
    }
    local_free(local);
}

/* ---- restarts ---- */

/* The text of the first element of this name in an answer, owned. */
static char *element(const struct unum_buf *answer, const char *name)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const struct xml_element *root = NULL;
    assert_int_equal(xml_parse(unum_buf_str(answer), &arena, &root, NULL), 0);
    return unum_str_dup(xml_text(root, name));
}

static size_t count_files(void)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    char *UNUM_AUTO_FREE folder = unum_path_join(dir, "state.db.objects");
    assert_int_equal(unum_list_dir(folder, &names, NULL), 0);
    return names.list.len;
}

static void everything_survives_a_restart(void **state)
{
    dir = ((struct temp_dir *)*state)->path;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    struct local *local = open_platform(true);
    assert_int_equal(ask(local, "PUT", "/bucket", NULL, "", NULL), 200);
    assert_int_equal(ask(local, "PUT", "/bucket/a%20b", "x-amz-meta-who: me", "text", NULL), 200);
    assert_int_equal(ask(local, "PUT", "/bucket/a%20b", "x-amz-meta-who: you", "texts", NULL), 200);
    assert_int_equal(ask(local, "PUT", "/bucket?policy", NULL, "{}", NULL), 204);
    assert_int_equal(
        ask(local, "POST", "/bucket/p?uploads", "x-amz-checksum-algorithm: SHA256", "", &out), 200);
    char *UNUM_AUTO_FREE id = element(&out, "UploadId");
    char target[128];
    (void)snprintf(target, sizeof(target), "/bucket/p?partNumber=7&uploadId=%s", id);
    assert_int_equal(ask(local, "PUT", target, NULL, "abc", &out), 400); /* without its checksum */
    assert_int_equal(
        ask(local, "PUT", target,
            "x-amz-checksum-sha256: ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "abc", &out),
        200);
    local_free(local);
    assert_int_equal(count_files(), 2);
    /* What an end without warning may leave. */
    char *UNUM_AUTO_FREE stray = unum_path_join(dir, "state.db.objects/stray");
    assert_int_equal(unum_file_write(stray, UNUM_STR("x"), 0600, NULL), 0);

    local = open_platform(true);
    assert_int_equal(count_files(), 2);
    assert_int_equal(ask(local, "GET", "/bucket/a%20b", NULL, "", &out), 200);
    assert_string_equal(unum_buf_text(&out), "texts");
    assert_int_equal(ask(local, "GET", "/bucket?policy", NULL, "", &out), 200);
    assert_string_equal(unum_buf_text(&out), "{}");
    (void)snprintf(target, sizeof(target), "/bucket/p?uploadId=%s", id);
    assert_int_equal(ask(local, "GET", target, NULL, "", &out), 200);
    assert_true(says(&out, "<PartNumber>7</PartNumber>"));
    assert_int_equal(
        ask(local, "POST", target, NULL,
            "<CompleteMultipartUpload><Part><PartNumber>7</PartNumber>"
            "<ETag>\"900150983cd24fb0d6963f7d28e17f72\"</ETag></Part></CompleteMultipartUpload>",
            &out),
        200);
    /* The SHA-256 of one SHA-256, and how many there were. */
    char *UNUM_AUTO_FREE sum = element(&out, "ChecksumSHA256");
    assert_string_equal(sum, "T4tCwi3TcptRm6b2jS2nzFstYG0F2u1a1RKMwD5sY1g=-1");
    assert_int_equal(ask(local, "GET", "/bucket/p", NULL, "", &out), 200);
    assert_string_equal(unum_buf_text(&out), "abc");
    assert_int_equal(count_files(), 2);
    local_free(local);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_as_aws_signs_them),
        cmocka_unit_test(damaged_frames_are_refused),
        cmocka_unit_test(checksums_have_their_known_values),
        cmocka_unit_test_setup_teardown(bodies_come_in_frames, temp_dir_setup, temp_dir_teardown),
        cmocka_unit_test_setup_teardown(pages_together_are_the_list, temp_dir_setup,
                                        temp_dir_teardown),
        cmocka_unit_test_setup_teardown(answers_as_s3_does, temp_dir_setup, temp_dir_teardown),
        cmocka_unit_test_setup_teardown(everything_survives_a_restart, temp_dir_setup,
                                        temp_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

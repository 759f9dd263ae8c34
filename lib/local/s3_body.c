/*
 * Bodies: the frames of "aws-chunked" streams with their signatures, and the checksums that come
 * with them.
 * Sources: "Signature calculations for the Authorization header: transferring payload in multiple
 * chunks", the same with trailers, and "Checking object integrity in Amazon S3" (Amazon S3 API
 * Reference and User Guide).
 */
#include <string.h>

#include "crypto/hash.h"
#include "local/operations.h"
#include "local/s3.h"

enum { MAX_TRAILERS = 16 };

/* ---- frames ---- */

static bool take_line(struct unum_str *rest, struct unum_str *ret)
{
    size_t end = unum_str_search(*rest, UNUM_STR("\r\n"));
    if (end == SIZE_MAX)
        return false;
    *ret = unum_str_slice(*rest, 0, end);
    *rest = unum_str_from_pos(*rest, end + 2);
    return true;
}

static bool parse_hex(struct unum_str text, size_t *ret)
{
    size_t number = 0;
    if (!text.len || text.len > 8)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9')
            number = number * 16 + (size_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            number = number * 16 + (size_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            number = number * 16 + (size_t)(c - 'A') + 10;
        else
            return false;
    }
    *ret = number;
    return true;
}

/* Frames are signed one after the other, each with the signature of the one before it. */
struct stream {
    const struct door_chain *chain; /* NULL: not signed */
    char before[HASH_SHA256_HEX + 1];
};

/* Is this the signature of what `hashes` (one or two hexadecimal hashes, with their line ends
 * between) stands for? */
static bool follows(struct stream *stream, const char *algorithm, struct unum_str hashes,
                    struct unum_str signature)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(2 * UNUM_KB);
    unsigned char mac[HASH_SHA256_LEN];
    char hex[HASH_SHA256_HEX + 1];
    unum_buf_printf(&text, "%s\n%.*s\n%.*s\n%s\n%.*s", algorithm, UNUM_STR_ARG(stream->chain->date),
                    UNUM_STR_ARG(stream->chain->scope), stream->before, UNUM_STR_ARG(hashes));
    hash_hmac_sha256(unum_str_of((const char *)stream->chain->key, sizeof(stream->chain->key)),
                     unum_buf_str(&text), mac);
    hash_hex(mac, sizeof(mac), hex);
    memcpy(stream->before, hex, sizeof(hex));
    return !text.failed && hash_equal(unum_str_of(hex, HASH_SHA256_HEX), signature);
}

static bool check_chunk(struct stream *stream, struct unum_str data, struct unum_str line)
{
    static const struct unum_str mark = UNUM_STR_INIT(";chunk-signature=");
    char hashes[2 * HASH_SHA256_HEX + 2];
    if (!stream->chain)
        return true;
    size_t at = unum_str_search(line, mark);
    if (at == SIZE_MAX)
        return false;
    hash_sha256_hex(UNUM_STR(""), hashes);
    hashes[HASH_SHA256_HEX] = '\n';
    hash_sha256_hex(data, hashes + HASH_SHA256_HEX + 1);
    return follows(stream, "AWS4-HMAC-SHA256-PAYLOAD", unum_str_from(hashes),
                   unum_str_from_pos(line, at + mark.len));
}

/* "name:value" lines to the end. They are signed as they were sent, each with a line feed. */
static const char *read_trailers(struct stream *stream, struct unum_str rest,
                                 struct unum_arena *arena, struct http_headers *trailers)
{
    struct unum_buf UNUM_AUTO_BUF signed_text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
    struct unum_str line, signature = UNUM_STR_NONE;
    while (rest.len) {
        if (!take_line(&rest, &line))
            return "IncompleteBody";
        if (!line.len)
            continue;
        size_t colon = unum_str_find(line, ':');
        struct unum_str name = unum_str_slice(line, 0, colon);
        struct unum_str value = unum_str_trim(unum_str_from_pos(line, colon + 1));
        if (colon >= line.len || trailers->len >= MAX_TRAILERS)
            return "MalformedTrailerError";
        if (unum_str_ieq(name, UNUM_STR("x-amz-trailer-signature"))) {
            signature = value;
            continue;
        }
        http_headers_add(trailers, arena, name, value);
        unum_buf_printf(&signed_text, "%.*s:%.*s\n", UNUM_STR_ARG(name), UNUM_STR_ARG(value));
    }
    char hash[HASH_SHA256_HEX + 1];
    hash_sha256_hex(unum_buf_str(&signed_text), hash);
    if (signed_text.failed)
        return "MalformedTrailerError";
    return !stream->chain ||
                   follows(stream, "AWS4-HMAC-SHA256-TRAILER", unum_str_from(hash), signature)
               ? NULL
               : "SignatureDoesNotMatch";
}

const char *s3_unframe(struct unum_str framed, const struct door_chain *chain, bool trailer,
                       struct unum_buf *out, struct unum_arena *arena,
                       struct http_headers *trailers)
{
    struct stream stream = {.chain = chain};
    struct unum_str line;
    if (chain) {
        if (chain->signature.len != HASH_SHA256_HEX)
            return "SignatureDoesNotMatch";
        memcpy(stream.before, chain->signature.ptr, HASH_SHA256_HEX);
    }
    for (;;) {
        size_t len = 0;
        if (!take_line(&framed, &line) ||
            !parse_hex(unum_str_slice(line, 0, unum_str_find(line, ';')), &len) || framed.len < len)
            return "IncompleteBody";
        struct unum_str data = unum_str_slice(framed, 0, len);
        if (!check_chunk(&stream, data, line))
            return "SignatureDoesNotMatch";
        framed = unum_str_from_pos(framed, len);
        if (len == 0)
            break;
        if (!unum_str_starts(framed, UNUM_STR("\r\n")))
            return "IncompleteBody";
        framed = unum_str_from_pos(framed, 2);
        unum_buf_add(out, data);
    }
    if (out->failed)
        return "EntityTooLarge";
    if (trailer)
        return read_trailers(&stream, framed, arena, trailers);
    return !framed.len || unum_str_is(framed, "\r\n") ? NULL : "IncompleteBody";
}

/* False: an error was answered. */
static bool read_stream(struct s3_request *s, struct unum_str kind, struct http_headers *trailers)
{
    struct door_request *req = s->req;
    struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(LOCAL_MAX_BODY);
    struct unum_str said = door_get(req, "x-amz-decoded-content-length");
    bool trailer = unum_str_ends(kind, UNUM_STR("-TRAILER"));
    bool is_signed = unum_str_starts(kind, UNUM_STR("STREAMING-AWS4-HMAC-SHA256-PAYLOAD"));
    uint64_t length = 0;
    if (!is_signed && !unum_str_is(kind, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")) {
        s3_error(
            s, 400, "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER,"
            " STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
        return false;
    }
    if (!unum_str_to_u64(said, &length)) {
        s3_error(s, 411, "MissingContentLength",
                 "You must provide the x-amz-decoded-content-length HTTP header.");
        return false;
    }
    const char *wrong = is_signed && !req->chain
                            ? "SignatureDoesNotMatch"
                            : s3_unframe(req->body, is_signed ? req->chain : NULL, trailer, &plain,
                                         &req->arena, trailers);
    if (!wrong && length != plain.len)
        wrong = "IncompleteBody";
    if (wrong) {
        s3_error(s, strcmp(wrong, "SignatureDoesNotMatch") == 0 ? 403 : 400, wrong,
                 "The chunks of the request body do not have the lengths, signatures or trailers "
                 "that were said");
        return false;
    }
    s->body = unum_arena_str(&req->arena, unum_buf_str(&plain));
    return true;
}

/* ---- checksums ---- */

/* False: an error was answered. */
static bool check_md5(struct s3_request *s)
{
    struct unum_str said = door_get(s->req, "content-md5");
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(128);
    checksum_md5_text(s->body, &text);
    if (!said.len || unum_str_eq(said, unum_buf_str(&text)))
        return true;
    s3_error(s, 400, "BadDigest", "The Content-MD5 you specified did not match what we received.");
    return false;
}

/* False: an error was answered. */
static bool check_sums(struct s3_request *s, const struct http_headers *trailers)
{
    for (unsigned i = 0; i < CHECKSUM_COUNT; i++) {
        const struct checksum_kind *kind = &checksum_kinds[i];
        const struct http_header *trailer = http_headers_get(trailers, kind->header);
        struct unum_str said = trailer ? trailer->value : door_get(s->req, kind->header);
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(128);
        if (!said.len)
            continue;
        if (s->sum < CHECKSUM_COUNT) {
            s3_error(s, 400, "InvalidRequest",
                     "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                     "allowed.");
            return false;
        }
        checksum_text(i, s->body, &text);
        if (!unum_str_eq(said, unum_buf_str(&text))) {
            door_error(s->req, 400, "BadDigest",
                       "The %s you specified did not match the calculated checksum.", kind->name);
            return false;
        }
        s->sum = i;
        s->sum_text = unum_arena_str(&s->req->arena, said);
    }
    return true;
}

bool s3_read_body(struct s3_request *s)
{
    struct door_request *req = s->req;
    struct http_headers trailers = {0};
    struct unum_str kind = door_get(req, "x-amz-content-sha256");
    s->body = req->body;
    if (unum_str_starts(kind, UNUM_STR("STREAMING-")) && !read_stream(s, kind, &trailers))
        return false;
    if (!check_md5(s))
        return false;
    /* The header of CompleteMultipartUpload is about the object. */
    return req->row->call == s3_complete_upload || check_sums(s, &trailers);
}

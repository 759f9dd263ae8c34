#include "http/parser.h"

#include <string.h>

#include "base/limits.h"
#include "http/message.h"

void http_parser_init(struct http_parser *parser, bool head_method, struct http_headers *headers,
                      struct unum_arena *arena, struct unum_buf *body)
{
    *parser = (struct http_parser){.head_method = head_method,
                                   .headers = headers,
                                   .arena = arena,
                                   .body = body,
                                   .line = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS)};
}

void http_parser_done(struct http_parser *parser)
{
    unum_buf_done(&parser->line);
}

static int malformed(struct unum_err *err, const char *what)
{
    return unum_err_set(err, UNUM_E_PARSE, "malformed HTTP response: %s", what);
}

/* "HTTP/1.1 200 OK". The reason is text for people and may be absent. */
static int read_status(struct http_parser *parser, struct unum_str line, struct unum_err *err)
{
    if (!unum_str_starts(line, UNUM_STR("HTTP/1.")) || line.len < 12 || line.ptr[8] != ' ' ||
        (line.ptr[7] != '0' && line.ptr[7] != '1'))
        return malformed(err, "no HTTP/1.x status line");
    uint64_t status;
    if (!unum_str_to_u64(unum_str_slice(line, 9, 3), &status) || status < 100 || status > 999 ||
        (line.len > 12 && line.ptr[12] != ' ') || !http_is_field_value(line))
        return malformed(err, "no valid status code");
    if (status == 101)
        return malformed(err, "switches to a protocol that was not asked for");
    parser->status = (int)status;
    parser->http10 = line.ptr[7] == '0';
    parser->keep_alive = !parser->http10;
    parser->has_length = parser->chunked = false;
    parser->headers->len = 0;
    parser->state = HTTP_AT_HEADER;
    return 0;
}

/* "5", and "5, 5" because RFC 9110 section 8.6 lets proxies merge equal fields so. */
static int read_length(struct http_parser *parser, struct unum_str value, struct unum_err *err)
{
    struct unum_str part = UNUM_STR_NONE;
    if (!value.ptr)
        value = UNUM_STR("");
    while (unum_str_split(&value, ',', &part)) {
        uint64_t length;
        if (!unum_str_to_u64(unum_str_trim(part), &length))
            return malformed(err, "Content-Length is not a number");
        if (parser->has_length && parser->length != length)
            return malformed(err, "several Content-Lengths that differ");
        parser->has_length = true;
        parser->length = length;
    }
    return 0;
}

static void read_connection(struct http_parser *parser, struct unum_str value)
{
    struct unum_str option = UNUM_STR_NONE;
    while (unum_str_split(&value, ',', &option)) {
        option = unum_str_trim(option);
        if (unum_str_ieq(option, UNUM_STR("close")))
            parser->keep_alive = false;
        else if (parser->http10 && unum_str_ieq(option, UNUM_STR("keep-alive")))
            parser->keep_alive = true;
    }
}

static int split_field(struct unum_str line, struct http_header *ret, struct unum_err *err)
{
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return malformed(err, "a folded header line");
    size_t colon = unum_str_find(line, ':');
    if (colon == SIZE_MAX)
        return malformed(err, "a header line without a colon");
    ret->name = unum_str_slice(line, 0, colon);
    if (!http_is_token(ret->name))
        return malformed(err, "a header name that is none");
    if (!http_is_field_value(unum_str_from_pos(line, colon + 1)))
        return malformed(err, "a control character in a header");
    ret->value = unum_str_trim(unum_str_from_pos(line, colon + 1));
    return 0;
}

static int read_field(struct http_parser *parser, struct unum_str line, struct unum_err *err)
{
    struct http_header field = {UNUM_STR_NONE, UNUM_STR_NONE};
    int rc = split_field(line, &field, err);
    if (rc < 0)
        return rc;
    if (unum_str_ieq(field.name, UNUM_STR("content-length"))) {
        rc = read_length(parser, field.value, err);
    } else if (unum_str_ieq(field.name, UNUM_STR("transfer-encoding"))) {
        if (parser->chunked || parser->http10 || !unum_str_ieq(field.value, UNUM_STR("chunked")))
            return malformed(err, "a transfer coding other than chunked");
        parser->chunked = true;
    } else if (unum_str_ieq(field.name, UNUM_STR("connection"))) {
        read_connection(parser, field.value);
    }
    if (rc == 0 && parser->status >= 200)
        http_headers_add(parser->headers, parser->arena, unum_arena_str(parser->arena, field.name),
                         unum_arena_str(parser->arena, field.value));
    return rc;
}

/* Which framing the body has: RFC 9112 section 6.3. */
static int end_of_headers(struct http_parser *parser, struct unum_err *err)
{
    if (parser->chunked && parser->has_length)
        return malformed(err, "both Content-Length and Transfer-Encoding");
    if (parser->status < 200) {
        parser->state = HTTP_AT_STATUS;
        return 0;
    }
    parser->state = HTTP_AT_END;
    if (parser->head_method || parser->status == 204 || parser->status == 304)
        return 0;
    if (parser->chunked) {
        parser->state = HTTP_AT_CHUNK_SIZE;
    } else if (!parser->has_length) {
        parser->keep_alive = false;
        parser->state = HTTP_AT_BODY_TO_END;
    } else if (parser->length > 0) {
        if (parser->length > parser->body->max - parser->body->len)
            return unum_err_set(err, UNUM_E_LIMIT,
                                "the HTTP response has %llu bytes, the limit is %zu",
                                (unsigned long long)parser->length, parser->body->max);
        parser->left = parser->length;
        parser->state = HTTP_AT_BODY;
    }
    return 0;
}

/* "1a3" or "1a3;extension". */
static int read_chunk_size(struct http_parser *parser, struct unum_str line, struct unum_err *err)
{
    uint64_t size = 0;
    size_t digits = 0;
    for (; digits < line.len && unum_hex_value(line.ptr[digits]) >= 0; digits++) {
        if (size >> 60)
            return malformed(err, "a chunk size that is too large");
        size = size << 4 | (uint64_t)unum_hex_value(line.ptr[digits]);
    }
    struct unum_str rest = unum_str_trim(unum_str_from_pos(line, digits));
    if (!digits || (rest.len && rest.ptr[0] != ';') || !http_is_field_value(line))
        return malformed(err, "a chunk size that is no number");
    parser->left = size;
    parser->state = size ? HTTP_AT_CHUNK_DATA : HTTP_AT_TRAILER;
    return 0;
}

static int read_line(struct http_parser *parser, struct unum_str line, struct unum_err *err)
{
    struct http_header dropped;
    switch (parser->state) {
    case HTTP_AT_STATUS:
        return read_status(parser, line, err);
    case HTTP_AT_HEADER:
        return line.len ? read_field(parser, line, err) : end_of_headers(parser, err);
    case HTTP_AT_CHUNK_SIZE:
        return read_chunk_size(parser, line, err);
    case HTTP_AT_CHUNK_END:
        parser->state = HTTP_AT_CHUNK_SIZE;
        return line.len ? malformed(err, "a chunk that is longer than its size") : 0;
    case HTTP_AT_TRAILER:
        if (line.len)
            return split_field(line, &dropped, err);
        parser->state = HTTP_AT_END;
        return 0;
    case HTTP_AT_BODY:
    case HTTP_AT_BODY_TO_END:
    case HTTP_AT_CHUNK_DATA:
    case HTTP_AT_END:
        break;
    }
    return unum_err_set(err, UNUM_E_BUG, "HTTP response: a line was read where none is");
}

static int too_long(struct unum_err *err)
{
    return unum_err_set(err, UNUM_E_LIMIT, "the headers of the HTTP response exceed %zu bytes",
                        UNUM_LIMIT_HTTP_HEADERS);
}

/* Chunk sizes do not count against the ceiling of the headers, their extensions do not add up. */
static bool counts_as_head(enum http_parser_state state)
{
    return state == HTTP_AT_STATUS || state == HTTP_AT_HEADER || state == HTTP_AT_TRAILER;
}

/* Take one line, or the part of it that is there. */
static int feed_line(struct http_parser *parser, struct unum_str bytes, size_t *ret_used,
                     struct unum_err *err)
{
    size_t end = unum_str_find(bytes, '\n');
    size_t used = end == SIZE_MAX ? bytes.len : end + 1;
    struct unum_str part = unum_str_slice(bytes, 0, used);
    *ret_used = used;
    if (counts_as_head(parser->state)) {
        parser->head_bytes += used;
        if (parser->head_bytes > UNUM_LIMIT_HTTP_HEADERS)
            return too_long(err);
    }
    bool whole = end != SIZE_MAX && parser->line.len == 0;
    if (!whole) {
        unum_buf_add(&parser->line, part);
        if (parser->line.failed)
            return too_long(err);
        /* What is not HTTP is found out now, not when a line ends or the peer closes. */
        size_t seen = parser->line.len < 7 ? parser->line.len : 7;
        if (parser->state == HTTP_AT_STATUS && memcmp(parser->line.ptr, "HTTP/1.", seen) != 0)
            return malformed(err, "no HTTP/1.x status line");
        if (end == SIZE_MAX)
            return 0;
        part = unum_buf_str(&parser->line);
    }
    if (part.len < 2 || part.ptr[part.len - 2] != '\r')
        return malformed(err, "a line that does not end with CR LF");
    part.len -= 2;
    int rc = read_line(parser, part, err);
    unum_buf_clear(&parser->line);
    return rc;
}

static void data_taken(struct http_parser *parser, size_t len)
{
    if (parser->state == HTTP_AT_BODY_TO_END)
        return;
    parser->left -= len;
    if (parser->left == 0)
        parser->state = parser->state == HTTP_AT_BODY ? HTTP_AT_END : HTTP_AT_CHUNK_END;
}

static int feed_data(struct http_parser *parser, struct unum_str bytes, size_t *ret_used,
                     struct unum_err *err)
{
    struct unum_str part = bytes;
    if (parser->state != HTTP_AT_BODY_TO_END && part.len > parser->left)
        part.len = (size_t)parser->left;
    unum_buf_add(parser->body, part);
    if (parser->body->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the HTTP response exceeds %zu bytes",
                            parser->body->max);
    *ret_used = part.len;
    data_taken(parser, part.len);
    return 0;
}

int http_parser_feed(struct http_parser *parser, struct unum_str bytes, size_t *ret_used,
                     struct unum_err *err)
{
    size_t used = 0;
    int rc = 0;
    while (rc == 0 && used < bytes.len && parser->state != HTTP_AT_END) {
        struct unum_str rest = unum_str_from_pos(bytes, used);
        size_t step = 0;
        parser->started = true;
        if (parser->state == HTTP_AT_BODY || parser->state == HTTP_AT_BODY_TO_END ||
            parser->state == HTTP_AT_CHUNK_DATA)
            rc = feed_data(parser, rest, &step, err);
        else
            rc = feed_line(parser, rest, &step, err);
        used += step;
    }
    *ret_used = used;
    return rc;
}

int http_parser_close(struct http_parser *parser, struct unum_err *err)
{
    if (parser->state == HTTP_AT_BODY_TO_END)
        parser->state = HTTP_AT_END;
    if (parser->state == HTTP_AT_END)
        return 0;
    return unum_err_set(err, UNUM_E_IO,
                        parser->started ? "the peer closed the connection in the middle of its "
                                          "response"
                                        : "the peer closed the connection without a response");
}

char *http_parser_room(struct http_parser *parser, size_t *ret_len)
{
    if (parser->state != HTTP_AT_BODY)
        return NULL;
    *ret_len = (size_t)parser->left;
    return unum_buf_reserve(parser->body, (size_t)parser->left);
}

void http_parser_took(struct http_parser *parser, size_t len)
{
    parser->body->len += len;
    parser->body->ptr[parser->body->len] = '\0';
    data_taken(parser, len);
}

/*
 * parser: incremental reader of one HTTP/1.1 response (RFC 9112), for any split of its bytes.
 *
 * Stricter than the RFC demands where leniency has been a source of request smuggling: lines end
 * with CR LF, folded header lines, a length next to a transfer coding, differing lengths and any
 * coding but "chunked" are refused. Interim responses (1xx) are skipped, trailers dropped.
 */
#ifndef UNUM_HTTP_PARSER_H
#define UNUM_HTTP_PARSER_H

#include "http/http.h"

enum http_parser_state {
    HTTP_AT_STATUS,
    HTTP_AT_HEADER,
    HTTP_AT_BODY,        /* `left` bytes to come */
    HTTP_AT_BODY_TO_END, /* until the connection is closed */
    HTTP_AT_CHUNK_SIZE,
    HTTP_AT_CHUNK_DATA, /* `left` bytes to come */
    HTTP_AT_CHUNK_END,
    HTTP_AT_TRAILER,
    HTTP_AT_END,
};

struct http_parser {
    enum http_parser_state state;
    bool head_method; /* no body will follow */
    bool http10;      /* the peer closes unless it says otherwise */
    bool started;     /* a byte has been seen */
    bool keep_alive;  /* valid at the end: the connection may carry another exchange */
    bool has_length;  /* a Content-Length was seen: `length` */
    bool chunked;     /* a Transfer-Encoding was seen */
    uint64_t length, left;
    size_t head_bytes;    /* lines seen, interim responses and trailers included */
    struct unum_buf line; /* a line that has not ended yet */

    int status;
    struct http_headers *headers; /* borrowed; text in `arena` */
    struct unum_arena *arena;
    struct unum_buf *body; /* borrowed; its ceiling is the ceiling of the answer */
};

/* The answer goes to `headers` and `body`. The parser is freed with http_parser_done(). */
void http_parser_init(struct http_parser *parser, bool head_method, struct http_headers *headers,
                      struct unum_arena *arena, struct unum_buf *body);
void http_parser_done(struct http_parser *parser);

/* Read what is there; *ret_used is smaller than bytes.len only when the message has ended.
 * PARSE: not HTTP/1.x; LIMIT: headers or body above their ceiling. */
UNUM_CHECKED int http_parser_feed(struct http_parser *parser, struct unum_str bytes,
                                  size_t *ret_used, struct unum_err *err);
/* The peer closed. Fine where only that ends the message; else IO "closed in the middle". */
UNUM_CHECKED int http_parser_close(struct http_parser *parser, struct unum_err *err);

static inline bool http_parser_ended(const struct http_parser *parser)
{
    return parser->state == HTTP_AT_END;
}

/* Room in the body for bytes that can be received in place, without going through feed(): NULL if
 * what comes next is not body of known length. Afterwards http_parser_took(). */
char *http_parser_room(struct http_parser *parser, size_t *ret_len);
void http_parser_took(struct http_parser *parser, size_t len);

#endif

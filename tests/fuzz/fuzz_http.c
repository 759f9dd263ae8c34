/*
 * An answer read whole and in arbitrary parts (also in place) must come out the same.
 * The first byte chooses the method and the parts, the rest is what the peer sends.
 */
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "http/parser.h"

enum { MAX_BODY = 4096 };

struct reading {
    struct http_parser parser;
    struct http_headers headers;
    struct unum_arena arena;
    struct unum_buf body;
    int rc;
    size_t used;
};

static void check(bool ok)
{
    if (!ok)
        abort();
}

static size_t next_part(struct unum_prng *prng, size_t left)
{
    uint64_t part = prng ? 1 + unum_prng_below(prng, 1 + unum_prng_below(prng, 64)) : left;
    return part < left ? (size_t)part : left;
}

static void read_parts(struct reading *r, struct unum_str bytes, bool head, struct unum_prng *prng)
{
    *r = (struct reading){.body = UNUM_BUF_INIT(MAX_BODY)};
    http_parser_init(&r->parser, head, &r->headers, &r->arena, &r->body);
    while (r->rc == 0 && r->used < bytes.len && !http_parser_ended(&r->parser)) {
        size_t part = next_part(prng, bytes.len - r->used), took = 0, room_len = 0;
        char *room =
            prng && unum_prng_below(prng, 2) ? http_parser_room(&r->parser, &room_len) : NULL;
        if (room) {
            took = part < room_len ? part : room_len;
            memcpy(room, bytes.ptr + r->used, took);
            http_parser_took(&r->parser, took);
        } else {
            r->rc = http_parser_feed(&r->parser, unum_str_slice(bytes, r->used, part), &took, NULL);
            check(r->rc < 0 || took == part || http_parser_ended(&r->parser));
        }
        r->used += took;
    }
    if (r->rc == 0)
        r->rc = http_parser_close(&r->parser, NULL);
    check(r->body.len <= MAX_BODY);
}

static void done(struct reading *r)
{
    http_parser_done(&r->parser);
    unum_arena_done(&r->arena);
    unum_buf_done(&r->body);
}

static void compare(const struct reading *a, const struct reading *b)
{
    check(a->rc == b->rc);
    if (a->rc < 0)
        return;
    check(a->used == b->used && a->parser.status == b->parser.status &&
          a->parser.keep_alive == b->parser.keep_alive && a->headers.len == b->headers.len);
    check(unum_str_eq(unum_buf_str(&a->body), unum_buf_str(&b->body)));
    for (size_t i = 0; i < a->headers.len; i++) {
        check(unum_str_eq(a->headers.at[i].name, b->headers.at[i].name) &&
              unum_str_eq(a->headers.at[i].value, b->headers.at[i].value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct unum_prng prng = {data[0]};
    struct unum_str bytes = unum_str_of((const char *)data + 1, size - 1);
    struct reading whole, parts;
    read_parts(&whole, bytes, data[0] & 1, NULL);
    read_parts(&parts, bytes, data[0] & 1, &prng);
    compare(&whole, &parts);
    done(&whole);
    done(&parts);
    return 0;
}

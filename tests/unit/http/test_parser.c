/* Every answer is read whole, byte by byte and in two parts at every place: same outcome. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "http/parser.h"

#define H11 "HTTP/1.1 200 OK\r\n"

enum { MAX_BODY = 20 };

struct outcome {
    int rc, status;
    bool ended, keep_alive;
    size_t used, headers;
    char body[MAX_BODY + 1];
};

static int feed_parts(struct http_parser *parser, struct unum_str text, size_t first, size_t step,
                      size_t *ret_used)
{
    int rc = 0;
    size_t used = 0;
    for (size_t part = first; rc == 0 && used < text.len && !http_parser_ended(parser);
         part = step) {
        size_t took = 0;
        rc = http_parser_feed(parser, unum_str_slice(text, used, part ? part : text.len), &took,
                              NULL);
        used += took;
    }
    *ret_used = used;
    return rc;
}

static struct outcome read_answer(const char *text, bool head_method, size_t first, size_t step)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(MAX_BODY);
    struct http_headers headers = {0};
    struct http_parser parser;
    struct outcome o = {0};
    http_parser_init(&parser, head_method, &headers, &arena, &body);
    o.rc = feed_parts(&parser, unum_str_from(text), first, step, &o.used);
    o.ended = http_parser_ended(&parser);
    if (o.rc == 0 && !o.ended)
        o.rc = http_parser_close(&parser, NULL);
    o.status = o.rc ? 0 : parser.status;
    o.keep_alive = o.rc == 0 && parser.keep_alive;
    o.headers = o.rc ? 0 : headers.len;
    if (o.rc == 0)
        memcpy(o.body, unum_buf_text(&body), body.len);
    if (o.rc)
        o.used = 0; /* how far it got before depends on the parts */
    http_parser_done(&parser);
    return o;
}

static struct outcome read_all_ways(const char *text, bool head_method)
{
    struct outcome whole = read_answer(text, head_method, 0, 0);
    struct outcome bytes = read_answer(text, head_method, 1, 1);
    assert_memory_equal(&whole, &bytes, sizeof(whole));
    for (size_t first = 1; first < strlen(text); first++) {
        struct outcome two = read_answer(text, head_method, first, 0);
        assert_memory_equal(&whole, &two, sizeof(whole));
    }
    return whole;
}

static const struct {
    const char *text;
    int status;
    bool ended, keep_alive;
    size_t left_over;
    const char *body;
} good[] = {
    {H11 "Content-Length: 3\r\n\r\nabc", 200, true, true, 0, "abc"},
    {H11 "Content-Length: 3\r\n\r\nabcde", 200, true, true, 2, "abc"},
    {H11 "Content-Length: 0\r\n\r\n", 200, true, true, 0, ""},
    {H11 "Content-Length: 20\r\n\r\n01234567890123456789", 200, true, true, 0,
     "01234567890123456789"},
    {H11 "content-length:3\r\nCONTENT-LENGTH: 3\r\n\r\nabc", 200, true, true, 0, "abc"},
    {H11 "Content-Length: 3, 3\r\n\r\nabc", 200, true, true, 0, "abc"},
    {H11 "Content-Length: 3\r\nConnection: close\r\n\r\nabc", 200, true, false, 0, "abc"},
    {H11 "Content-Length: 3\r\nConnection: foo, Close\r\n\r\nabc", 200, true, false, 0, "abc"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, true, false, 0, "abc"},
    {"HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc", 200, true, true,
     0, "abc"},
    {H11 "\r\nabc", 200, false, false, 0, "abc"},
    {H11 "\r\n", 200, false, false, 0, ""},
    {"HTTP/1.1 503 \r\nContent-Length: 1\r\n\r\nx", 503, true, true, 0, "x"},
    {"HTTP/1.1 503\r\nContent-Length: 1\r\n\r\nx", 503, true, true, 0, "x"},
    {"HTTP/1.1 299 \xc3\xa9t\xc3\xa9\r\nContent-Length: 1\r\n\r\nx", 299, true, true, 0, "x"},
    {"HTTP/1.1 204 No Content\r\n\r\n", 204, true, true, 0, ""},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, true, true, 0, ""},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 99999999999\r\n\r\n", 304, true, true, 0, ""},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 X\r\nA: b\r\n\r\n" H11 "Content-Length: 1\r\n\r\nx",
     200, true, true, 0, "x"},
    {"HTTP/1.1 100 Continue\r\nContent-Length: 7\r\nConnection: close\r\n\r\n" H11
     "Content-Length: 1\r\n\r\nx",
     200, true, true, 0, "x"},
    {H11 "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, true, true, 0, "abc"},
    {H11 "Transfer-Encoding: CHUNKED\r\n\r\nA;x=\"y\"\r\n0123456789\r\n0a \r\n0123456789\r\n00\r\n"
         "T: 1\r\nU:\r\n\r\nHT",
     200, true, true, 2, "01234567890123456789"},
    {H11 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, true, true, 0, ""},
    {H11 "A:\r\nB: \t \r\nC:\tx y\t\r\nContent-Length: 0\r\n\r\n", 200, true, true, 0, ""},
};

static void good_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(good); i++) {
        struct outcome o = read_all_ways(good[i].text, false);
        if (o.rc)
            print_error("refused: %s\n", good[i].text);
        assert_int_equal(o.rc, 0);
        assert_int_equal(o.status, good[i].status);
        assert_int_equal(o.ended, good[i].ended);
        assert_int_equal(o.keep_alive, good[i].keep_alive);
        assert_int_equal(o.used, strlen(good[i].text) - good[i].left_over);
        assert_string_equal(o.body, good[i].body);
    }
}

#define CHUNKED H11 "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
    const char *text;
    int rc;
} bad[] = {
    {"", UNUM_E_IO},
    {"HTTP/1.1 200 OK", UNUM_E_IO},
    {H11 "Content-Length: 3\r\n\r\nab", UNUM_E_IO},
    {H11 "A: b\r\n", UNUM_E_IO},
    {CHUNKED, UNUM_E_IO},
    {CHUNKED "0\r\n", UNUM_E_IO},
    {CHUNKED "3\r\nabc", UNUM_E_IO},
    {"HTTP/1.1 100 Continue\r\n\r\n", UNUM_E_IO},
    {"x", UNUM_E_PARSE},
    {"\r\n" H11, UNUM_E_PARSE},
    {" HTTP/1.1 200 OK\r\n\r\n", UNUM_E_PARSE},
    {"http/1.1 200 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/2 200 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.2 200 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1  200 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 20 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 2000 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 099 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 2x0 OK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 200\tOK\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 200 O\x01K\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.1 200 OK\n\n", UNUM_E_PARSE},
    {"HTTP/1.1 200 OK\r\r\n\r\n", UNUM_E_PARSE},
    {H11 "A: b\n\r\n", UNUM_E_PARSE},
    {H11 "A: b\rc\r\n\r\n", UNUM_E_PARSE},
    {H11 "A: b\r\r\n\r\n", UNUM_E_PARSE},
    {H11 "A: b\r\n c\r\n\r\n", UNUM_E_PARSE},
    {H11 " A: b\r\n\r\n", UNUM_E_PARSE},
    {H11 "A\r\n\r\n", UNUM_E_PARSE},
    {H11 ": b\r\n\r\n", UNUM_E_PARSE},
    {H11 "A : b\r\n\r\n", UNUM_E_PARSE},
    {H11 "A(: b\r\n\r\n", UNUM_E_PARSE},
    {H11 "A: \x7f\r\n\r\n", UNUM_E_PARSE},
    {H11 "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", UNUM_E_PARSE},
    {H11 "Content-Length: 1, 2\r\n\r\nab", UNUM_E_PARSE},
    {H11 "Content-Length:\r\n\r\n", UNUM_E_PARSE},
    {H11 "Content-Length: -1\r\n\r\n", UNUM_E_PARSE},
    {H11 "Content-Length: +1\r\n\r\na", UNUM_E_PARSE},
    {H11 "Content-Length: 0x1\r\n\r\na", UNUM_E_PARSE},
    {H11 "Content-Length: 1 1\r\n\r\na", UNUM_E_PARSE},
    {H11 "Content-Length: 99999999999999999999\r\n\r\na", UNUM_E_PARSE},
    {H11 "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", UNUM_E_PARSE},
    {H11 "Transfer-Encoding: gzip\r\n\r\n", UNUM_E_PARSE},
    {H11 "Transfer-Encoding: gzip, chunked\r\n\r\n", UNUM_E_PARSE},
    {H11 "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", UNUM_E_PARSE},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "\r\n", UNUM_E_PARSE},
    {CHUNKED "x\r\n", UNUM_E_PARSE},
    {CHUNKED "-1\r\n", UNUM_E_PARSE},
    {CHUNKED " 1\r\na\r\n0\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "1 1\r\na\r\n0\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "1\na\r\n0\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "1\r\nab\r\n0\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "1\r\na\n0\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "11111111111111111\r\n", UNUM_E_PARSE},
    {CHUNKED "0\r\nno colon\r\n\r\n", UNUM_E_PARSE},
    {CHUNKED "0\r\n folded: x\r\n\r\n", UNUM_E_PARSE},
    {H11 "Content-Length: 21\r\n\r\n", UNUM_E_LIMIT},
    {H11 "Content-Length: 18446744073709551615\r\n\r\n", UNUM_E_LIMIT},
    {H11 "\r\n012345678901234567890", UNUM_E_LIMIT},
    {CHUNKED "15\r\n012345678901234567890\r\n0\r\n\r\n", UNUM_E_LIMIT},
    {CHUNKED "ffffffffffffffff\r\n012345678901234567890", UNUM_E_LIMIT},
};

static void bad_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct outcome o = read_all_ways(bad[i].text, false);
        if (o.rc != bad[i].rc)
            print_error("%s instead of %s: %s\n", unum_rc_name(o.rc), unum_rc_name(bad[i].rc),
                        bad[i].text);
        assert_int_equal(o.rc, bad[i].rc);
    }
}

static void nul_bytes_are_refused(void **state)
{
    (void)state;
    static const char text[] = H11 "A: b\0c\r\n\r\n";
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(10);
    struct http_headers headers = {0};
    struct http_parser parser;
    size_t used;
    http_parser_init(&parser, false, &headers, &arena, &body);
    assert_int_equal(http_parser_feed(&parser, unum_str_of(text, sizeof(text) - 1), &used, NULL),
                     UNUM_E_PARSE);
    http_parser_done(&parser);
}

static void head_has_no_body(void **state)
{
    (void)state;
    static const char *const texts[] = {H11 "Content-Length: 3\r\n\r\n", H11 "\r\n", CHUNKED,
                                        H11 "Content-Length: 9999999999\r\n\r\n"};
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        struct outcome o = read_all_ways(texts[i], true);
        assert_int_equal(o.rc, 0);
        assert_true(o.ended && o.keep_alive);
        assert_string_equal(o.body, "");
    }
}

/* Feed `line` again and again until it is refused; how many bytes were accepted. */
static size_t fill(const char *start, const char *line, size_t part)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(10);
    struct http_headers headers = {0};
    struct http_parser parser;
    size_t used, total = 0;
    http_parser_init(&parser, false, &headers, &arena, &body);
    int rc = feed_parts(&parser, unum_str_from(start), part, part, &total);
    while (rc == 0 && total < 10 * UNUM_LIMIT_HTTP_HEADERS) {
        rc = feed_parts(&parser, unum_str_from(line), part, part, &used);
        total += used;
    }
    assert_int_equal(rc, UNUM_E_LIMIT);
    http_parser_done(&parser);
    return total;
}

static void heads_have_a_ceiling(void **state)
{
    (void)state;
    for (size_t part = 0; part < 3; part++) {
        assert_in_range(fill(H11, "Name: value\r\n", part), UNUM_LIMIT_HTTP_HEADERS - 20,
                        UNUM_LIMIT_HTTP_HEADERS + 20);
        assert_in_range(fill(H11, "endless", part), UNUM_LIMIT_HTTP_HEADERS - 20,
                        UNUM_LIMIT_HTTP_HEADERS + 20);
        assert_in_range(fill("", "HTTP/1.1 100 Continue\r\n\r\n", part),
                        UNUM_LIMIT_HTTP_HEADERS - 30, UNUM_LIMIT_HTTP_HEADERS + 30);
        assert_in_range(fill(CHUNKED "0\r\n", "Trailer: x\r\n", part), UNUM_LIMIT_HTTP_HEADERS - 50,
                        UNUM_LIMIT_HTTP_HEADERS + 50);
        assert_in_range(fill(CHUNKED "1;", "extension", part), UNUM_LIMIT_HTTP_HEADERS - 50,
                        UNUM_LIMIT_HTTP_HEADERS + 100);
    }
}

static void bodies_can_be_received_in_place(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(MAX_BODY);
    struct http_headers headers = {0};
    struct http_parser parser;
    size_t used, room;
    http_parser_init(&parser, false, &headers, &arena, &body);
    assert_null(http_parser_room(&parser, &room));
    assert_int_equal(
        http_parser_feed(&parser, UNUM_STR(H11 "Content-Length: 6\r\n\r\nab"), &used, NULL), 0);
    char *at = http_parser_room(&parser, &room);
    assert_int_equal(room, 4);
    memcpy(at, "cde", 3);
    http_parser_took(&parser, 3);
    assert_false(http_parser_ended(&parser));
    assert_int_equal(http_parser_feed(&parser, UNUM_STR("fXX"), &used, NULL), 0);
    assert_int_equal(used, 1);
    assert_true(http_parser_ended(&parser));
    assert_null(http_parser_room(&parser, &room));
    assert_string_equal(unum_buf_text(&body), "abcdef");
    http_parser_done(&parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_answers),          cmocka_unit_test(bad_answers),
        cmocka_unit_test(nul_bytes_are_refused), cmocka_unit_test(head_has_no_body),
        cmocka_unit_test(heads_have_a_ceiling),  cmocka_unit_test(bodies_can_be_received_in_place),
    };
    return cmocka_run_group_tests_name("parser", tests, NULL, NULL);
}

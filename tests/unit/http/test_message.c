#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/rand.h"
#include "http/message.h"

static const struct {
    const char *url;
    bool tls;
    const char *host;
    unsigned port;
    const char *base, *header;
} good_urls[] = {
    {"http://127.0.0.1:8080", false, "127.0.0.1", 8080, "", "127.0.0.1:8080"},
    {"https://dynamodb.eu-north-1.amazonaws.com", true, "dynamodb.eu-north-1.amazonaws.com", 443,
     "", "dynamodb.eu-north-1.amazonaws.com"},
    {"HTTPS://h:443/", true, "h", 443, "", "h"},
    {"http://h:443", false, "h", 443, "", "h:443"},
    {"http://h/a/b/", false, "h", 80, "/a/b", "h"},
    {"http://h///", false, "h", 80, "", "h"},
    {"http://[::1]:9/x", false, "::1", 9, "/x", "[::1]:9"},
    {"https://[2001:db8::7]", true, "2001:db8::7", 443, "", "[2001:db8::7]"},
    {"http://my_service:65535", false, "my_service", 65535, "", "my_service:65535"},
};

static void urls_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(good_urls); i++) {
        struct http_endpoint e;
        struct unum_buf UNUM_AUTO_BUF header = UNUM_BUF_INIT(300);
        assert_int_equal(http_endpoint_parse(unum_str_from(good_urls[i].url), &e, NULL), 0);
        assert_int_equal(e.tls, good_urls[i].tls);
        assert_true(unum_str_is(e.host, good_urls[i].host));
        assert_int_equal(e.port, good_urls[i].port);
        assert_true(unum_str_is(e.base_path, good_urls[i].base));
        http_endpoint_host(&e, &header);
        assert_string_equal(unum_buf_text(&header), good_urls[i].header);
    }
}

static void wrong_urls_are_refused(void **state)
{
    (void)state;
    static const char *const urls[] = {"",
                                       "h",
                                       "//h",
                                       "ftp://h",
                                       "http:/h",
                                       "http//h",
                                       "http://",
                                       "http:///x",
                                       "http://:80",
                                       "http://h:",
                                       "http://h:0",
                                       "http://h:65536",
                                       "http://h:x",
                                       "http://h:+8",
                                       "http://h?x",
                                       "http://h#x",
                                       "http://h/a?b",
                                       "http://u:p@h",
                                       "http://[::1",
                                       "http://::1",
                                       "http://[::1]x",
                                       "http://[]",
                                       "http://[h]:80",
                                       "http://a b",
                                       "http://h\n",
                                       "http://h/\x80",
                                       "http://%41",
                                       "http://h:80:80"};
    for (size_t i = 0; i < UNUM_COUNT(urls); i++) {
        struct http_endpoint e = {.port = 7};
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        int rc = http_endpoint_parse(unum_str_from(urls[i]), &e, &err);
        if (rc == 0)
            print_error("accepted: %s\n", urls[i]);
        assert_int_equal(rc, UNUM_E_INVAL);
        assert_int_equal(e.port, 7);
        assert_int_equal(strncmp(unum_err_text(&err), "endpoint", 8), 0);
    }
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct http_endpoint e;
    assert_int_equal(http_endpoint_parse(UNUM_STR("http://user:hunter2@h"), &e, &err),
                     UNUM_E_INVAL);
    assert_null(strstr(unum_err_text(&err), "hunter2"));
    char long_host[400] = "http://";
    memset(long_host + 7, 'a', 256);
    assert_int_equal(http_endpoint_parse(unum_str_from(long_host), &e, NULL), UNUM_E_INVAL);
}

static void loopback_is_known(void **state)
{
    (void)state;
    static const char *const yes[] = {"localhost", "LOCALHOST",  "localhost.", "a.localhost",
                                      "127.0.0.1", "127.8.9.10", "::1"};
    static const char *const no[] = {
        "localhost.example", "notlocalhost", "128.0.0.1", "127.example",
        "127.0.0.1.example", "::2",          ""};
    for (size_t i = 0; i < UNUM_COUNT(yes); i++)
        assert_true(http_is_loopback(unum_str_from(yes[i])));
    for (size_t i = 0; i < UNUM_COUNT(no); i++)
        assert_false(http_is_loopback(unum_str_from(no[i])));
    assert_true(http_is_loopback(unum_str_of("127.0.0.1x", 9))); /* views have no terminator */
}

static void percent_encoding(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"abcXYZ019-._~", "abcXYZ019-._~", "abcXYZ019-._~"},
        {"a/b c", "a%2Fb%20c", "a/b%20c"},
        {"%+&=?", "%25%2B%26%3D%3F", "%25%2B%26%3D%3F"},
        {"\xc3\xa9\x7f\x01", "%C3%A9%7F%01", "%C3%A9%7F%01"},
        {"", "", ""},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        for (size_t keep = 0; keep < 2; keep++) {
            struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
            struct unum_buf UNUM_AUTO_BUF back = UNUM_BUF_INIT(100);
            http_encode(&out, unum_str_from(rows[i][0]), keep == 1);
            assert_string_equal(unum_buf_text(&out), rows[i][1 + keep]);
            assert_true(http_decode(&back, unum_buf_str(&out)));
            assert_string_equal(unum_buf_text(&back), rows[i][0]);
        }
    }
}

static void percent_decoding(void **state)
{
    (void)state;
    static const char *const bad[] = {"%", "%4", "a%zz", "%4g", "%%41", "% 1", "%+1"};
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
        assert_false(http_decode(&out, unum_str_from(bad[i])));
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
    assert_true(http_decode(&out, UNUM_STR("a+b%2f%00%fF")));
    assert_int_equal(out.len, 6);
    assert_memory_equal(out.ptr, "a+b/\0\xff", 6);
    assert_false(http_decode(&out, unum_str_of("%41", 2)));
}

static void headers_grow_and_are_found(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct http_headers headers = {0};
    assert_null(http_headers_get(&headers, "a"));
    for (int i = 0; i < 100; i++)
        http_headers_add(&headers, &arena, unum_arena_printf(&arena, "Name-%d", i),
                         unum_arena_printf(&arena, "%d", i));
    http_headers_add(&headers, &arena, UNUM_STR("name-5"), UNUM_STR("later"));
    assert_int_equal(headers.len, 101);
    assert_true(unum_str_is(http_headers_get(&headers, "NAME-5")->value, "5"));
    assert_true(unum_str_is(http_headers_get(&headers, "name-99")->value, "99"));
    assert_null(http_headers_get(&headers, "name-"));
}

static void rewinding_keeps_the_request(void **state)
{
    (void)state;
    struct http_exchange x = {.method = UNUM_STR("GET"), .response = UNUM_BUF_INIT(10)};
    http_headers_add(&x.headers, &x.arena, unum_arena_str(&x.arena, UNUM_STR("a")), UNUM_STR("b"));
    http_headers_add(&x.response_headers, &x.arena, UNUM_STR("c"), UNUM_STR("d"));
    unum_buf_adds(&x.response, "body");
    x.rc = unum_err_set(&x.err, UNUM_E_IO, "trouble");
    x.status = 500;
    x.delivered = true;
    http_exchange_rewind(&x);
    assert_true(unum_str_is(http_headers_get(&x.headers, "A")->value, "b"));
    assert_int_equal(x.response_headers.len, 0);
    assert_int_equal(x.response.len, 0);
    assert_int_equal(x.rc, 0);
    assert_int_equal(x.status, 0);
    assert_false(x.delivered);
    assert_null(x.err.msg);
    http_exchange_done(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(wrong_urls_are_refused),
        cmocka_unit_test(loopback_is_known),
        cmocka_unit_test(percent_encoding),
        cmocka_unit_test(percent_decoding),
        cmocka_unit_test(headers_grow_and_are_found),
        cmocka_unit_test(rewinding_keeps_the_request),
    };
    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}

/* RFC 4648 section 10, and what must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "crypto/base64.h"

static const char *const rows[][2] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xfb\xff\xbf", "+/+/"},
};

static void known_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64), bytes = UNUM_BUF_INIT(64);
        base64_encode(&text, unum_str_from(rows[i][0]));
        assert_string_equal(unum_buf_text(&text), rows[i][1]);
        assert_true(base64_decode(&bytes, unum_str_from(rows[i][1])));
        assert_string_equal(unum_buf_text(&bytes), rows[i][0]);
    }
}

static void random_bytes_come_back(void **state)
{
    (void)state;
    struct unum_prng prng = {1};
    for (size_t len = 0; len < 300; len++) {
        char from[300];
        for (size_t i = 0; i < len; i++)
            from[i] = (char)unum_prng_next(&prng);
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(1000);
        struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(1000);
        unum_buf_adds(&bytes, "kept");
        base64_encode(&text, unum_str_of(from, len));
        assert_int_equal(text.len, (len + 2) / 3 * 4);
        assert_true(base64_decode(&bytes, unum_buf_str(&text)));
        assert_int_equal(bytes.len, len + 4);
        assert_memory_equal(bytes.ptr + 4, from, len);
    }
}

static void malformed_text_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",        "Zg",       "Zg=",  "Zg===",    "=",
                                      "====",     "Zh==",     "Zm9=", "Zm8 ",     "Zm 8",
                                      "Zm9v\n",   "Zg==Zg==", "Z-8=", "Zm9vYg=v", "Zm9\x80v",
                                      "Zm9vZ===", "Zm9v===="};
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(64);
        unum_buf_adds(&bytes, "kept");
        assert_false(base64_decode(&bytes, unum_str_from(bad[i])));
        assert_string_equal(unum_buf_text(&bytes), "kept");
    }
}

static void ceilings_hold(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF small = UNUM_BUF_INIT(3);
    base64_encode(&small, UNUM_STR("f"));
    assert_true(small.failed);
    assert_int_equal(small.len, 0);
    unum_buf_clear(&small);
    assert_false(base64_decode(&small, UNUM_STR("Zm9vYg==")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(random_bytes_come_back),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(ceilings_hold),
    };
    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}

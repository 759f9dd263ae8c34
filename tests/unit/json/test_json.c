#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/rand.h"
#include "json/json.h"

/* Each text is copied into memory of exactly its size, so that a read beyond the view is seen. */
static struct unum_str exact(struct unum_str text, char **owner)
{
    *owner = unum_alloc(text.len);
    if (text.len)
        memcpy(*owner, text.ptr, text.len);
    return unum_str_of(*owner, text.len);
}

static struct unum_str checked(const char *text)
{
    struct unum_str value;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(unum_str_from(text), &value, &err) != 0)
        fail_msg("%s: %s", text, unum_err_text(&err));
    return value;
}

static void accepts_what_the_grammar_has(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0",
        "10",
        "1.5",
        "1e5",
        "1E+5",
        "1.25e-12",
        "123456789012345678901234567890",
        "\"\"",
        "\"a\"",
        "[]",
        "{}",
        " [ ] ",
        "\t{\r\n}\n",
        "[1,2]",
        "[[],[[]],{}]",
        "{\"a\":1}",
        "{\"a\":{\"b\":[1,{\"c\":null}]},\"d\":\"e\"}",
        "{\"a\":1,\"a\":2}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
        "\"\x7f\"",
        "\"\\u0000\"",
        "{\"\":0}",
        "[ 1 , 2 ]",
        "{ \"a\" : 1 , \"b\" : 2 }",
        "\"twelve bytes and more \\\" with a quote\"",
    };
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        char *UNUM_AUTO_FREE owner = NULL;
        struct unum_str text = exact(unum_str_from(texts[i]), &owner);
        struct unum_str value;
        if (json_check(text, &value, NULL) != 0)
            fail_msg("refused: %s", texts[i]);
        assert_true(unum_str_eq(value, unum_str_trim(text)));
        assert_true(json_equal(value, value));
    }
}

static void refuses_and_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "line 1, column 1: the text ends too early"},
        {"  \n ", "line 2, column 2: the text ends too early"},
        {"[1,]", "line 1, column 4: a value is expected here"},
        {"[1 2]", "line 1, column 4: ',' or ']' is expected here"},
        {"{\"a\":1,}", "line 1, column 8: a key in double quotes is expected here"},
        {"{a:1}", "line 1, column 2: a key in double quotes is expected here"},
        {"{\"a\" 1}", "line 1, column 6: ':' is expected after a key"},
        {"{\"a\":1]", "line 1, column 7: ',' or '}' is expected here"},
        {"[1}", "line 1, column 3: ',' or ']' is expected here"},
        {"[", "line 1, column 2: the text ends too early"},
        {"{\"a\":", "line 1, column 6: the text ends too early"},
        {"1 2", "line 1, column 3: nothing may follow the value"},
        {"\xef\xbb\xbf{}", "line 1, column 1: a byte order mark is not JSON"},
        {"tru", "line 1, column 1: a value is expected here"},
        {"nul", "line 1, column 1: a value is expected here"},
        {"truex", "line 1, column 5: nothing may follow the value"},
        {"'a'", "line 1, column 1: a value is expected here"},
        {"01", "line 1, column 1: a number cannot start with 0"},
        {"-", "line 1, column 2: a digit is missing in the number"},
        {"+1", "line 1, column 1: a value is expected here"},
        {".5", "line 1, column 1: a value is expected here"},
        {"1.", "line 1, column 3: a digit is missing after the decimal point"},
        {"1e", "line 1, column 3: a digit is missing in the exponent"},
        {"1e+", "line 1, column 4: a digit is missing in the exponent"},
        {"0x10", "line 1, column 2: nothing may follow the value"},
        {"NaN", "line 1, column 1: a value is expected here"},
        {"\"abc", "line 1, column 1: the string is not closed"},
        {"\"abc\\", "line 1, column 5: the string is not closed"},
        {"\"abc\\\"", "line 1, column 1: the string is not closed"},
        {"\"a\tb\"", "line 1, column 3: a control character must be escaped"},
        {"\"a\nb\"", "line 1, column 3: a control character must be escaped"},
        {"\"\\x\"", "line 1, column 2: unknown escape sequence"},
        {"\"\\u12g4\"", "line 1, column 2: \\u must be followed by four hexadecimal digits"},
        {"\"\\u12\"", "line 1, column 2: \\u must be followed by four hexadecimal digits"},
        {"\"\\ud83d\"", "line 1, column 2: half of a surrogate pair"},
        {"\"\\ud83dx\"", "line 1, column 2: half of a surrogate pair"},
        {"\"\\ud83d\\u0041\"", "line 1, column 2: half of a surrogate pair"},
        {"\"\\ude00\"", "line 1, column 2: half of a surrogate pair"},
        {"\"\xff\"", "line 1, column 2: the text is not UTF-8"},
        {"\"\xc0\xaf\"", "line 1, column 2: the text is not UTF-8"},
        {"\"\xed\xa0\x80\"", "line 1, column 2: the text is not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "line 1, column 2: the text is not UTF-8"},
        {"\"\xe2\x82\"", "line 1, column 2: the text is not UTF-8"},
        {"{\n  \"\xc3\xa9\xc3\xa9\": x\n}", "line 2, column 9: a value is expected here"},
        {"/* c */ 1", "line 1, column 1: a value is expected here"},
        {"]", "line 1, column 1: a value is expected here"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        char *UNUM_AUTO_FREE owner = NULL;
        struct unum_str value;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        int rc = json_check(exact(unum_str_from(rows[i].text), &owner), &value, &err);
        if (rc != UNUM_E_PARSE)
            fail_msg("not refused: %s", rows[i].text);
        assert_string_equal(unum_err_text(&err), rows[i].message);
    }
}

static void refuses_nul_bytes(void **state)
{
    (void)state;
    struct unum_str value;
    assert_int_equal(json_check(UNUM_STR("\"a\0b\""), &value, NULL), UNUM_E_PARSE);
    assert_int_equal(json_check(UNUM_STR("1\0"), &value, NULL), UNUM_E_PARSE);
    assert_int_equal(json_check(UNUM_STR("\"\\\0\""), &value, NULL), UNUM_E_PARSE);
}

static void nested(struct unum_buf *out, size_t depth, const char *open, const char *close)
{
    unum_buf_clear(out);
    for (size_t i = 0; i < depth; i++)
        unum_buf_adds(out, open);
    unum_buf_adds(out, "1");
    for (size_t i = 0; i < depth; i++)
        unum_buf_adds(out, close);
}

static void stops_at_the_depth_ceiling(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str value;
    static const char *const brackets[][2] = {{"[", "]"}, {"{\"a\":", "}"}, {"[{\"a\":", "}]"}};
    for (size_t i = 0; i < UNUM_COUNT(brackets); i++) {
        size_t most = i == 2 ? UNUM_LIMIT_JSON_DEPTH / 2 : UNUM_LIMIT_JSON_DEPTH;
        nested(&text, most, brackets[i][0], brackets[i][1]);
        assert_int_equal(json_check(unum_buf_str(&text), &value, NULL), 0);
        assert_true(json_equal(value, value));
        nested(&text, most + 1, brackets[i][0], brackets[i][1]);
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        assert_int_equal(json_check(unum_buf_str(&text), &value, &err), UNUM_E_PARSE);
        assert_non_null(strstr(unum_err_text(&err), "nested too deeply"));
    }
    nested(&text, 1000000, "[", "]");
    assert_int_equal(json_check(unum_buf_str(&text), &value, NULL), UNUM_E_PARSE);
}

static void walks_members_in_order(void **state)
{
    (void)state;
    struct json_iter iter =
        json_iter(checked(" { \"a\" : 1 , \"b\\\"\" :[ 1,\"]\" ], \"c\":{\"d\":\"}\\\\\"}} "));
    static const char *const keys[] = {"\"a\"", "\"b\\\"\"", "\"c\""};
    static const char *const values[] = {"1", "[ 1,\"]\" ]", "{\"d\":\"}\\\\\"}"};
    struct unum_str key;
    struct unum_str value;
    for (size_t i = 0; i < 3; i++) {
        assert_true(json_next(&iter, &key, &value));
        assert_true(unum_str_is(key, keys[i]));
        assert_true(unum_str_is(value, values[i]));
    }
    assert_false(json_next(&iter, &key, &value));
    assert_false(json_next(&iter, &key, &value));
    iter = json_iter(checked("[ 1, [2] ,null]"));
    assert_true(json_next(&iter, &key, &value));
    assert_int_equal(key.len, 0);
    assert_true(json_next(&iter, NULL, &value));
    assert_true(unum_str_is(value, "[2]"));
    assert_true(json_next(&iter, NULL, &value));
    assert_true(unum_str_is(value, "null"));
    assert_false(json_next(&iter, NULL, &value));
}

static void scalars_and_empty_views_have_no_members(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "1", "\"{}\"", "null", "[]", "{}", "[ ]", "{ }"};
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        struct unum_str text = unum_str_from(texts[i]);
        struct unum_str value = UNUM_STR("unchanged");
        assert_int_equal(json_count(text), 0);
        assert_false(json_get(text, UNUM_STR("a"), &value));
        assert_false(json_at(text, 0, &value));
        assert_true(unum_str_is(value, "unchanged"));
    }
    struct unum_str value;
    assert_false(json_get(checked("[1]"), UNUM_STR(""), &value));
    assert_false(json_at(checked("{\"a\":1}"), 0, &value));
    assert_int_equal(json_count(checked("{\"a\":1,\"b\":[1,2,3]}")), 2);
}

static void finds_keys_after_unescaping(void **state)
{
    (void)state;
    struct unum_str object =
        checked("{\"a\\u0062\":1,\"\\ud83d\\ude00\":2,\"x\":3,\"x\":4,\"\":5,\"n\\u0000l\":6}");
    static const struct {
        struct unum_str key;
        const char *value;
    } rows[] = {
        {UNUM_STR_INIT("ab"), "1"},   {UNUM_STR_INIT("\xf0\x9f\x98\x80"), "2"},
        {UNUM_STR_INIT("x"), "3"},    {UNUM_STR_INIT(""), "5"},
        {UNUM_STR_INIT("n\0l"), "6"},
    };
    struct unum_str value;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        assert_true(json_get(object, rows[i].key, &value));
        assert_true(unum_str_is(value, rows[i].value));
    }
    assert_false(json_get(object, UNUM_STR("a\\u0062"), &value));
    assert_false(json_get(object, UNUM_STR("a"), &value));
    assert_false(json_get(object, UNUM_STR("abc"), &value));
}

/* The examples of RFC 6901 section 5. */
static void follows_pointers(void **state)
{
    (void)state;
    struct unum_str object =
        checked("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
                "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8,\"00\":9}");
    static const struct {
        const char *pointer, *value; /* NULL: nothing there */
    } rows[] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/foo/1", "\"baz\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
        {"/00", "9"},
        {"/foo/2", NULL},
        {"/foo/-", NULL},
        {"/foo/00", NULL},
        {"/foo/01", NULL},
        {"/foo/+1", NULL},
        {"/foo/", NULL},
        {"/foo/99999999999999999999999", NULL},
        {"/foo/0/0", NULL},
        {"foo", NULL},
        {"/m~n", NULL},
        {"/m~", NULL},
        {"/m~2n", NULL},
        {"/nope", NULL},
        {"//", NULL},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str value;
        bool found = json_pointer(object, unum_str_from(rows[i].pointer), &value);
        if (found != (rows[i].value != NULL))
            fail_msg("%s %s", rows[i].pointer, found ? "found" : "not found");
        if (found)
            assert_true(unum_str_is(value, rows[i].value));
    }
    struct unum_str value;
    assert_true(json_pointer(object, UNUM_STR(""), &value));
    assert_true(unum_str_eq(value, object));
}

static void decodes_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct unum_str decoded;
    } rows[] = {
        {"\"\"", UNUM_STR_INIT("")},
        {"\"plain\"", UNUM_STR_INIT("plain")},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", UNUM_STR_INIT("\"\\/\b\f\n\r\t")},
        {"\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"",
         UNUM_STR_INIT("A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")},
        {"\"a\\u0000b\"", UNUM_STR_INIT("a\0b")},
        {"\"\\\\u0041\"", UNUM_STR_INIT("\\u0041")},
        {"\"\\uFFFF\\udbff\\udfff\"", UNUM_STR_INIT("\xef\xbf\xbf\xf4\x8f\xbf\xbf")},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
        struct unum_str value = checked(rows[i].text);
        assert_true(json_decode(value, &out));
        assert_true(unum_str_eq(unum_buf_str(&out), rows[i].decoded));
        assert_true(json_is(value, rows[i].decoded));
        assert_false(json_is(value, UNUM_STR("other")));
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
    assert_false(json_decode(checked("1"), &out));
    assert_false(json_decode(checked("[\"a\"]"), &out));
    assert_false(json_is(checked("1"), UNUM_STR("1")));
    assert_int_equal(out.len, 0);
}

static void reads_whole_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits;
        int64_t number;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"0.0e99", true, 0},
        {"7", true, 7},
        {"1.0", true, 1},
        {"1e3", true, 1000},
        {"12.50e1", true, 125},
        {"1000e-3", true, 1},
        {"-4.2E+1", true, -42},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9.223372036854775807e18", true, INT64_MAX},
        {"0.000000000000000000000000000001e30", true, 1},
        {"0e999999999999999999999999", true, 0},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"1.5", false, 0},
        {"1e-1", false, 0},
        {"1e19", false, 0},
        {"1e999999999999999999999", false, 0},
        {"1e-999999999999999999999", false, 0},
        {"\"1\"", false, 0},
        {"null", false, 0},
        {"[1]", false, 0},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        int64_t number = 99;
        if (json_to_i64(checked(rows[i].text), &number) != rows[i].fits)
            fail_msg("%s", rows[i].text);
        assert_true(number == (rows[i].fits ? rows[i].number : 99));
    }
}

static void reads_doubles(void **state)
{
    (void)state;
    double number = 0;
    assert_true(json_to_double(checked("0.1"), &number) && number == 0.1);
    assert_true(json_to_double(checked("-2.5e-3"), &number) && number == -2.5e-3);
    assert_true(json_to_double(checked("1e-400"), &number) && number == 0);
    assert_false(json_to_double(checked("1e400"), &number));
    assert_false(json_to_double(checked("\"1\""), &number));
    struct unum_buf UNUM_AUTO_BUF digits = UNUM_BUF_INIT(1000);
    unum_buf_adds(&digits, "0.");
    for (int i = 0; i < 400; i++)
        unum_buf_addc(&digits, '3');
    assert_true(json_to_double(unum_buf_str(&digits), &number) && number == 1.0 / 3);
}

static void compares_by_value(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool equal;
    } rows[] = {
        {"1", "1.0", true},
        {"100", "1e2", true},
        {"0", "-0.0e5", true},
        {"0.1", "1e-1", true},
        {"120", "12e1", true},
        {"0.00120", "12E-4", true},
        {"1", "-1", false},
        {"1", "10", false},
        {"9007199254740993", "9007199254740992", false},
        {"123456789012345678901234567890", "1.2345678901234567890123456789e29", true},
        {"123456789012345678901234567890", "123456789012345678901234567891", false},
        {"1e400", "10e399", true},
        {"1e400", "1e401", false},
        {"1e-400", "0", false},
        {"1e9999999999999999999999", "1e9999999999999999999999", true},
        {"1e9999999999999999999999", "1e9999999999999999999998", false},
        {"0e9999999999999999999999", "0", true},
        {"\"a\\u0062\"", "\"ab\"", true},
        {"\"a\"", "\"b\"", false},
        {"\"a\"", "\"ab\"", false},
        {"\"\\/\"", "\"/\"", true},
        {"\"1\"", "1", false},
        {"null", "false", false},
        {"true", "false", false},
        {"[]", "{}", false},
        {"[1,2]", "[ 1 , 2.0 ]", true},
        {"[1,2]", "[2,1]", false},
        {"[1]", "[1,2]", false},
        {"[1,2]", "[1]", false},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true},
        {"{\"a\":1,\"b\":2}", "{\"a\":1}", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
        {"{\"a\":1}", "{\"b\":1}", false},
        {"{\"a\":1}", "{\"\\u0061\":1}", true},
        {"{\"a\":1,\"a\":2}", "{\"a\":1}", true},
        {"{\"a\":1,\"a\":2}", "{\"a\":2}", false},
        {"{\"a\":{\"b\":[{}]}}", "{ \"a\" : { \"b\" : [ { } ] } }", true},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str a = checked(rows[i].a);
        struct unum_str b = checked(rows[i].b);
        if (json_equal(a, b) != rows[i].equal || json_equal(b, a) != rows[i].equal)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
}

/* Objects of n members compare in n log n: this would take minutes if it were quadratic. */
static void compares_large_objects(void **state)
{
    (void)state;
    enum { MEMBERS = 200000 };
    struct unum_buf UNUM_AUTO_BUF up = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF down = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w_up = JSON_WRITER(&up);
    struct json_writer w_down = JSON_WRITER(&down);
    json_object_begin(&w_up);
    json_object_begin(&w_down);
    char key[24];
    for (int i = 0; i < MEMBERS; i++) {
        snprintf(key, sizeof(key), "key-%d", i);
        json_key(&w_up, key);
        json_int(&w_up, i);
        snprintf(key, sizeof(key), "key-%d", MEMBERS - 1 - i);
        json_key(&w_down, key);
        json_int(&w_down, MEMBERS - 1 - i);
    }
    json_object_end(&w_up);
    json_object_end(&w_down);
    struct unum_str a;
    struct unum_str b;
    assert_int_equal(json_check(unum_buf_str(&up), &a, NULL), 0);
    assert_int_equal(json_check(unum_buf_str(&down), &b, NULL), 0);
    assert_true(json_equal(a, b));
}

static void quotes_only_what_must_be(void **state)
{
    (void)state;
    static const struct {
        struct unum_str text;
        const char *quoted;
    } rows[] = {
        {UNUM_STR_INIT(""), "\"\""},
        {UNUM_STR_INIT("plain / text"), "\"plain / text\""},
        {UNUM_STR_INIT("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
        {UNUM_STR_INIT("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\""},
        {UNUM_STR_INIT("a\0b"), "\"a\\u0000b\""},
        {UNUM_STR_INIT("\xc3\xa9 \xf0\x9f\x98\x80"), "\"\xc3\xa9 \xf0\x9f\x98\x80\""},
        {UNUM_STR_INIT("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
        {UNUM_STR_INIT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {UNUM_STR_INIT("long enough for the fast loop \n and on"),
         "\"long enough for the fast loop \\n and on\""},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(200);
        json_quote(&out, rows[i].text);
        assert_string_equal(unum_buf_text(&out), rows[i].quoted);
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(10);
    json_quote(&out, UNUM_STR_NONE);
    assert_string_equal(unum_buf_text(&out), "\"\"");
}

static void write_sample(struct json_writer *w)
{
    json_object_begin(w);
    json_key(w, "list");
    json_array_begin(w);
    json_int(w, 1);
    json_int(w, INT64_MIN);
    json_array_begin(w);
    json_array_end(w);
    json_object_begin(w);
    json_object_end(w);
    json_array_end(w);
    json_key_str(w, UNUM_STR("a\"b"));
    json_strings(w, "text");
    json_key(w, "yes");
    json_bool(w, true);
    json_key(w, "none");
    json_null(w);
    json_key(w, "raw");
    json_raw(w, UNUM_STR("[1, 2]"));
    json_object_end(w);
}

static void writes_compact_and_indented(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(1000);
    struct json_writer compact = JSON_WRITER(&out);
    write_sample(&compact);
    assert_string_equal(unum_buf_text(&out), "{\"list\":[1,-9223372036854775808,[],{}],\"a\\\"b\":"
                                             "\"text\",\"yes\":true,\"none\":null,\"raw\":[1, 2]}");
    unum_buf_clear(&out);
    struct json_writer indented = {.out = &out, .indent = 2};
    write_sample(&indented);
    assert_string_equal(unum_buf_text(&out), "{\n"
                                             "  \"list\": [\n"
                                             "    1,\n"
                                             "    -9223372036854775808,\n"
                                             "    [],\n"
                                             "    {}\n"
                                             "  ],\n"
                                             "  \"a\\\"b\": \"text\",\n"
                                             "  \"yes\": true,\n"
                                             "  \"none\": null,\n"
                                             "  \"raw\": [1, 2]\n"
                                             "}");
}

static void a_full_buffer_stays_failed(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(20);
    struct json_writer w = JSON_WRITER(&out);
    write_sample(&w);
    assert_true(out.failed);
    assert_true(out.len <= 20);
}

/* Random values: what the writer writes is read back with the same content. */
static void write_random(struct json_writer *w, struct unum_prng *prng, int depth);

static void random_text(struct unum_prng *prng, struct unum_buf *out)
{
    static const char *const parts[] = {
        "a", "\"", "\\", "\n", "\x01", "\xc3\xa9",    "\xe2\x82\xac", "\xf0\x9f\x98\x80",
        "{", "]",  ",",  ":",  "\\\"", "twelve chars"};
    size_t count = unum_prng_below(prng, 12);
    for (size_t i = 0; i < count; i++)
        unum_buf_adds(out, parts[unum_prng_below(prng, UNUM_COUNT(parts))]);
    if (unum_prng_below(prng, 10) == 0)
        unum_buf_addc(out, '\0');
}

static void write_random_container(struct json_writer *w, struct unum_prng *prng, int depth)
{
    size_t count = unum_prng_below(prng, 6);
    if (unum_prng_below(prng, 2)) {
        json_array_begin(w);
        for (size_t i = 0; i < count; i++)
            write_random(w, prng, depth + 1);
        json_array_end(w);
        return;
    }
    json_object_begin(w);
    for (size_t i = 0; i < count; i++) {
        struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(1000);
        random_text(prng, &key);
        json_key_str(w, unum_buf_str(&key));
        write_random(w, prng, depth + 1);
    }
    json_object_end(w);
}

static void write_random(struct json_writer *w, struct unum_prng *prng, int depth)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(1000);
    switch (unum_prng_below(prng, depth < 6 ? 8 : 5)) {
    case 0:
        json_null(w);
        break;
    case 1:
        json_bool(w, unum_prng_below(prng, 2));
        break;
    case 2:
        json_int(w, (int64_t)unum_prng_next(prng));
        break;
    case 3:
        unum_buf_printf(&text, "%d.%04ue%d", (int)unum_prng_below(prng, 2000) - 1000,
                        (unsigned)unum_prng_below(prng, 10000),
                        (int)unum_prng_below(prng, 600) - 300);
        json_raw(w, unum_buf_str(&text));
        break;
    case 4:
        random_text(prng, &text);
        json_string(w, unum_buf_str(&text));
        break;
    default:
        write_random_container(w, prng, depth);
    }
}

/* Write a checked value anew, member by member, everything decoded and quoted again. */
static void rewrite(struct json_writer *w, struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    enum json_type type = json_type(value);
    if (type == JSON_STRING) {
        assert_true(json_decode(value, &text));
        json_string(w, unum_buf_str(&text));
        return;
    }
    if (type != JSON_ARRAY && type != JSON_OBJECT) {
        json_raw(w, value);
        return;
    }
    struct json_iter iter = json_iter(value);
    struct unum_str key;
    struct unum_str member;
    if (type == JSON_OBJECT)
        json_object_begin(w);
    else
        json_array_begin(w);
    while (json_next(&iter, &key, &member)) {
        if (type == JSON_OBJECT) {
            unum_buf_clear(&text);
            assert_true(json_decode(key, &text));
            json_key_str(w, unum_buf_str(&text));
        }
        rewrite(w, member);
    }
    if (type == JSON_OBJECT)
        json_object_end(w);
    else
        json_array_end(w);
}

static void random_values_survive_a_round_trip(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 3000; seed++) {
        struct unum_prng prng = {seed};
        struct unum_buf UNUM_AUTO_BUF first = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF second = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct json_writer w = {.out = &first, .indent = (unsigned)(seed % 3)};
        write_random(&w, &prng, 0);
        char *UNUM_AUTO_FREE owner = NULL;
        struct unum_str a;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        if (json_check(exact(unum_buf_str(&first), &owner), &a, &err) != 0)
            fail_msg("seed %d: %s in %s", (int)seed, unum_err_text(&err), unum_buf_text(&first));
        struct json_writer again = {.out = &second, .indent = (unsigned)(seed % 3)};
        rewrite(&again, a);
        assert_true(unum_str_eq(unum_buf_str(&first), unum_buf_str(&second)));
        struct unum_buf UNUM_AUTO_BUF compact = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct json_writer tight = JSON_WRITER(&compact);
        rewrite(&tight, a);
        struct unum_str b;
        assert_int_equal(json_check(unum_buf_str(&compact), &b, NULL), 0);
        assert_true(json_equal(a, b) && json_equal(b, a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_the_grammar_has),
        cmocka_unit_test(refuses_and_says_where),
        cmocka_unit_test(refuses_nul_bytes),
        cmocka_unit_test(stops_at_the_depth_ceiling),
        cmocka_unit_test(walks_members_in_order),
        cmocka_unit_test(scalars_and_empty_views_have_no_members),
        cmocka_unit_test(finds_keys_after_unescaping),
        cmocka_unit_test(follows_pointers),
        cmocka_unit_test(decodes_strings),
        cmocka_unit_test(reads_whole_numbers),
        cmocka_unit_test(reads_doubles),
        cmocka_unit_test(compares_by_value),
        cmocka_unit_test(compares_large_objects),
        cmocka_unit_test(quotes_only_what_must_be),
        cmocka_unit_test(writes_compact_and_indented),
        cmocka_unit_test(a_full_buffer_stays_failed),
        cmocka_unit_test(random_values_survive_a_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

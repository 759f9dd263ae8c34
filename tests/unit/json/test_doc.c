#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "support/diag_lines.h"
#include "json/doc.h"
#include "json/json.h"

struct row {
    struct unum_str text;
    const char *json;  /* the tree written back; NULL: no tree */
    const char *diags; /* "" : none */
};

static void check(const struct row *row)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"a.json", row->text};
    const struct doc *doc = doc_parse_json(&source, &arena, &diags);
    struct unum_buf UNUM_AUTO_BUF lines = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    diag_lines(&diags, &lines);
    if (strcmp(unum_buf_text(&lines), row->diags) != 0)
        fail_msg("%.*s\n  says   %s\n  wanted %s", UNUM_STR_ARG(row->text), unum_buf_text(&lines),
                 row->diags);
    if (!doc != !row->json)
        fail_msg("%.*s: %s", UNUM_STR_ARG(row->text), doc ? "a tree" : "no tree");
    if (!doc)
        return;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&out);
    doc_write_json(doc, &w);
    assert_string_equal(unum_buf_text(&out), row->json);
    struct unum_str value;
    assert_int_equal(json_check(unum_buf_str(&out), &value, NULL), 0);
}

#define ROW(text, json, diags)                                                                     \
    {                                                                                              \
        UNUM_STR_INIT(text), json, diags                                                           \
    }

static void reads_what_is_json(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("{}", "{}", ""),
        ROW(" [ ] ", "[]", ""),
        ROW("{\"a\":[1,2.50,-3e+7],\"b\":{\"c\":null,\"d\":[true,false]}}",
            "{\"a\":[1,2.50,-3e+7],\"b\":{\"c\":null,\"d\":[true,false]}}", ""),
        ROW("\"\\u0041\\ud83d\\ude00\\n\\/\"", "\"A\xf0\x9f\x98\x80\\n/\"", ""),
        ROW("123456789012345678901234567890", "123456789012345678901234567890", ""),
        ROW("\"\\uFFFD\"", "\"\xef\xbf\xbd\"", ""),
        ROW("\xef\xbb\xbf[1]", "[1]", ""),
        ROW("[\"it's\"]", "[\"it's\"]", ""),
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        check(&rows[i]);
}

static void goes_on_after_a_mistake(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("[1,2,]", "[1,2]", "E0101 1:5-6 a comma after the last member"),
        ROW("{\"a\":1,}", "{\"a\":1}", "E0101 1:7-8 a comma after the last member"),
        ROW("[1,,2]", "[1,2]", "E0101 1:3-4 a comma too many"),
        ROW("[1 2]", "[1,2]", "E0101 1:3 a comma is missing"),
        ROW("{\"a\":1\n\"b\":2}", "{\"a\":1,\"b\":2}", "E0101 1:7 a comma is missing"),
        ROW("{\"a\"=1}", "{\"a\":1}", "E0101 1:5-6 ':' is expected after a key"),
        ROW("{a:1}", "{\"a\":1}", "E0101 1:2-3 keys stand in double quotes"),
        ROW("{'a':'b\\'\"c'}", "{\"a\":\"b'\\\"c\"}",
            "E0101 1:2-5 strings stand in double quotes; E0101 1:6-13 strings stand in double "
            "quotes"),
        ROW("[1, // one\n2 /* two */, # three\n3]", "[1,2,3]",
            "E0101 1:5-11 JSON has no comments; E0101 2:3-12 JSON has no comments; "
            "E0101 2:14-21 JSON has no comments"),
        ROW("[True, None, NaN]", "[true,null,null]",
            "E0101 1:2-6 True is not JSON; E0101 1:8-12 None is not JSON; "
            "E0101 1:14-17 NaN is not JSON"),
        ROW("[abc]", "[\"abc\"]", "E0101 1:2-5 a value is expected here"),
        ROW("[01, +1, .5, 1., 1e, -, 0x1F]", "[0,0,0,0,0,0,0]",
            "E0101 1:2-4 a number has no zeros in front; "
            "E0101 1:6-8 a number has no plus sign in front; "
            "E0101 1:10-12 a number starts with a digit; "
            "E0101 1:14-16 a digit is missing after the decimal point; "
            "E0101 1:18-20 a digit is missing in the exponent; "
            "E0101 1:22-23 a number starts with a digit; E0101 1:25-29 this is no number"),
        ROW("{\"a\":}", "{\"a\":null}", "E0101 1:6-7 a value is missing before '}'"),
        ROW("[\"a\tb\"]", "[\"a\\tb\"]", "E0101 1:4-5 a control character must be escaped"),
        ROW("[\"\\x\", \"\\u12\"]", "[\"x\",\"12\"]",
            "E0101 1:3-5 unknown escape sequence; "
            "E0101 1:9-13 \\u must be followed by four hexadecimal digits"),
        ROW("[\"\\ud83d\"]", "[\"\xef\xbf\xbd\"]",
            "E0104 1:3-9 \\ud83d is half of a surrogate pair"),
        ROW("[\"a\xff\xfe\", \"\0\"]", "[\"a\xef\xbf\xbd\xef\xbf\xbd\",\"\xef\xbf\xbd\"]",
            "E0104 1:4-5 the byte 0xff is not UTF-8; E0104 1:10-11 a NUL byte (0x00)"),
        ROW("1 2", "1", "E0101 1:3-4 nothing may follow the value"),
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        check(&rows[i]);
}

static void gives_up_where_nothing_can_be_known(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("", NULL, "E0101 1:1 there is no value"),
        ROW("  \n", NULL, "E0101 2:1 there is no value"),
        ROW("{\"a\":[1", NULL, "E0101 1:6-7 this array is never closed"),
        ROW("{\"a\":1", NULL, "E0101 1:1-2 this object is never closed"),
        ROW("{\n\"a\":1]", NULL,
            "E0101 2:6-7 ']' where '}' is expected: it closes the object opened on line 1"),
        ROW("[\"abc\n]", NULL, "E0101 1:2-6 the string is not closed"),
        ROW("[\"abc\\", NULL, "E0101 1:2-7 the string is not closed"),
        ROW("{\"a\"", NULL, "E0101 1:5 the text ends after a key"),
        ROW("{\"a\" 1}", NULL, "E0101 1:6-7 '1' where ':' is expected"),
        ROW("{\"a\":\xe2\x82\xac}", NULL, "E0101 1:6-7 '\xe2\x82\xac' where a value is expected"),
        ROW("[\xff]", NULL, "E0104 1:2-3 the byte 0xff is no text"),
        ROW("{[]:1}", NULL, "E0101 1:2-3 '[' where a key in double quotes is expected"),
        ROW("\xff\xfe{\0", NULL, "E0104 1:1-2 the file is UTF-16"),
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        check(&rows[i]);
}

static void finds_duplicate_keys(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("{\"a\":1,\n\"\\u0061\":2,\"b\":3,\"a\":4}", "{\"a\":1,\"b\":3}",
            "E0102 2:1-9 the key \"a\" stands here for the second time; "
            "E0102 2:18-21 the key \"a\" stands here for the second time"),
        ROW("{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"c\":0,"
            "\"c\":0}",
            "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9}",
            "E0102 1:56-59 the key \"c\" stands here for the second time; "
            "E0102 1:62-65 the key \"c\" stands here for the second time"),
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        check(&rows[i]);
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"a.json", UNUM_STR("{\"x\":1,\n\"a\":1,\n\"a\":2}")};
    assert_non_null(doc_parse_json(&source, &arena, &diags));
    assert_string_equal(diags.list.at[0].hint, "it is already on line 2: remove one of them");
}

/* Many members, all duplicates, all mistakes: the work stays linear (n log n with keys). */
static void stays_linear(void **state)
{
    (void)state;
    enum { FINE, SAME, WRONG, KINDS };
    for (int kind = FINE; kind < KINDS; kind++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_buf_addc(&text, '{');
        for (int i = 0; i < 100000; i++) {
            if (kind == FINE)
                unum_buf_printf(&text, "\"k%d\":%d,", i, i);
            else if (kind == SAME)
                unum_buf_printf(&text, "\"same\":%d,", i);
            else
                unum_buf_printf(&text, "k%d:'%d' ", i, i);
        }
        unum_buf_adds(&text, "\"last\":0}");
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
        struct unum_source source = {"a.json", unum_buf_str(&text)};
        const struct doc *doc = doc_parse_json(&source, &arena, &diags);
        assert_non_null(doc);
        assert_int_equal(doc->len, kind == SAME ? 2 : 100001);
        assert_int_equal(diags.errors, kind == FINE ? 0 : kind == SAME ? 99999 : 300000);
    }
}

static void stops_at_the_depth_ceiling(void **state)
{
    (void)state;
    for (size_t depth = UNUM_LIMIT_JSON_DEPTH; depth <= UNUM_LIMIT_JSON_DEPTH + 1; depth++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        for (size_t i = 0; i < depth; i++)
            unum_buf_addc(&text, '[');
        for (size_t i = 0; i < depth; i++)
            unum_buf_addc(&text, ']');
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
        struct unum_source source = {"a.json", unum_buf_str(&text)};
        const struct doc *doc = doc_parse_json(&source, &arena, &diags);
        assert_int_equal(doc != NULL, depth == UNUM_LIMIT_JSON_DEPTH);
        if (!doc)
            assert_int_equal(diags.list.at[0].code, UNUM_E0103);
    }
}

static void nodes_know_their_places(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"a.json", UNUM_STR(" {\"\xc3\xa9\": [1, \"x\"], \"b\" : {} } ")};
    const struct doc *doc = doc_parse_json(&source, &arena, &diags);
    assert_non_null(doc);
    static const char *const texts[] = {"\"\xc3\xa9\"", "[1, \"x\"]", "\"b\"", "{}"};
    assert_int_equal(doc->span.start, 1);
    assert_int_equal(doc->span.end, source.text.len - 1);
    for (size_t i = 0; i < 2; i++) {
        const struct doc_member *m = &doc->members[i];
        assert_true(unum_str_is(
            unum_str_slice(source.text, m->key_span.start, m->key_span.end - m->key_span.start),
            texts[2 * i]));
        assert_true(unum_str_is(unum_str_slice(source.text, m->value->span.start,
                                               m->value->span.end - m->value->span.start),
                                texts[2 * i + 1]));
    }
    assert_ptr_equal(doc_get(doc, "b"), doc->members[1].value);
    assert_null(doc_get(doc, "c"));
    assert_null(doc_get(doc_get(doc, "\xc3\xa9"), "c"));
    assert_null(doc_get(NULL, "c"));
    assert_string_equal(doc_kind_name(doc->kind), "an object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_is_json),
        cmocka_unit_test(goes_on_after_a_mistake),
        cmocka_unit_test(gives_up_where_nothing_can_be_known),
        cmocka_unit_test(finds_duplicate_keys),
        cmocka_unit_test(stays_linear),
        cmocka_unit_test(stops_at_the_depth_ceiling),
        cmocka_unit_test(nodes_know_their_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

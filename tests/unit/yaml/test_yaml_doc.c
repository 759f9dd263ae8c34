#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "support/diag_lines.h"
#include "yaml/yaml_doc.h"
#include "json/json.h"

struct row {
    struct unum_str text;
    const char *json;  /* the tree written as JSON; NULL: no tree */
    const char *diags; /* "" : none */
};

#define ROW(text, json, diags)                                                                     \
    {                                                                                              \
        UNUM_STR_INIT(text), json, diags                                                           \
    }

static void check(const struct row *row)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"a.yaml", row->text};
    const struct doc *doc = doc_parse_yaml(&source, &arena, &diags);
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

static void check_all(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(&rows[i]);
}

static void reads_collections(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("a: 1\nb:\n  - x\n  - y: z\nc: {d: [1, 2], \"e\": f}\n",
            "{\"a\":1,\"b\":[\"x\",{\"y\":\"z\"}],\"c\":{\"d\":[1,2],\"e\":\"f\"}}", ""),
        ROW("- - 1\n  - 2\n-\n", "[[1,2],null]", ""),
        ROW("--- text\n...\n", "\"text\"", ""),
        ROW("---\n", "null", ""),
        ROW("a: |\n  one\n  two\nb: >-\n  one\n  two\n",
            "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\"}", ""),
        ROW("1: a\ntrue: b\n0x10: c\n", "{\"1\":\"a\",\"true\":\"b\",\"0x10\":\"c\"}", ""),
        ROW("? a\n: b\n", "{\"a\":\"b\"}", ""),
        ROW("{\"a\": \"\\u00e9\\n\"}", "{\"a\":\"\xc3\xa9\\n\"}", ""),
        ROW("%YAML 1.2\n---\na: b\n", "{\"a\":\"b\"}", ""),
    };
    check_all(rows, UNUM_COUNT(rows));
}

static void types_follow_the_core_schema(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("[null, Null, NULL, ~, nULL]", "[null,null,null,null,\"nULL\"]", ""),
        ROW("[true, True, TRUE, tRUE, false, False, FALSE]",
            "[true,true,true,\"tRUE\",false,false,false]", ""),
        ROW("[yes, no, on, off, y, n, Yes, NO]",
            "[\"yes\",\"no\",\"on\",\"off\",\"y\",\"n\",\"Yes\",\"NO\"]", ""),
        ROW("[0, -0, +12, -19, 0o14, 0xFf, 1_000, 0b11, 12:30:45]",
            "[0,-0,12,-19,12,255,\"1_000\",\"0b11\",\"12:30:45\"]", ""),
        ROW("[.5, 5., -.5, +1.50, 1e3, 1.e-3, 1E+05, 12e03, ., e3, 1e, 0x, 0o8, -0x1]",
            "[0.5,5,-0.5,1.50,1e3,1e-3,1e05,12e03,\".\",\"e3\",\"1e\",\"0x\",\"0o8\",\"-0x1\"]",
            ""),
        ROW("['1', \"true\", '', \"~\"]", "[\"1\",\"true\",\"\",\"~\"]", ""),
        ROW("[2026-11-21, 2026-11-21T10:00:00Z, 1.2.3]",
            "[\"2026-11-21\",\"2026-11-21T10:00:00Z\",\"1.2.3\"]", ""),
        ROW("123456789012345678901234567890", "123456789012345678901234567890", ""),
        ROW("0xffffffffffffffff", "18446744073709551615", ""),
        ROW("0x1ffffffffffffffff", "0", "E0209 1:1-20 the number does not fit into 64 bits"),
        ROW("0o2000000000000000000000", "0", "E0209 1:1-25 the number does not fit into 64 bits"),
        ROW("a: 0123\nb: 00\n", "{\"a\":123,\"b\":0}",
            "W0210 1:4-8 the zeros in front of the number are lost; "
            "W0210 2:4-6 the zeros in front of the number are lost"),
        ROW("[.inf, -.Inf, .nan, '.inf']", "[0,0,0,\".inf\"]",
            "E0209 1:2-6 JSON has no infinity and no NaN; "
            "E0209 1:8-13 JSON has no infinity and no NaN; "
            "E0209 1:15-19 JSON has no infinity and no NaN"),
        ROW("[!!str 1, !!int \"2\", !!float 3, !!bool 'true', !!null '', !!seq [], !!map {}]",
            "[\"1\",2,3,true,null,[],{}]", ""),
        ROW("[!!int x, !!int 1.5, !!binary aGk=, !!map []]", "[\"x\",1.5,\"aGk=\",[]]",
            "E0208 1:2-9 the tag tag:yaml.org,2002:int does not fit here; "
            "E0208 1:11-20 the tag tag:yaml.org,2002:int does not fit here; "
            "E0208 1:22-35 the tag tag:yaml.org,2002:binary does not fit here; "
            "E0208 1:37-44 the tag tag:yaml.org,2002:map does not fit here"),
    };
    check_all(rows, UNUM_COUNT(rows));
}

static void keeps_local_tags(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"a.yaml", UNUM_STR("a: !Ref Name\nb: !Join ['', [x]]\nc: !Sub 5\n"
                                                    "d: !X {e: f}\n")};
    const struct doc *doc = doc_parse_yaml(&source, &arena, &diags);
    assert_non_null(doc);
    assert_int_equal(diags.list.len, 0);
    static const struct {
        const char *key, *tag;
        enum doc_kind kind;
    } rows[] = {{"a", "!Ref", DOC_STRING},
                {"b", "!Join", DOC_ARRAY},
                {"c", "!Sub", DOC_STRING},
                {"d", "!X", DOC_OBJECT}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        const struct doc *value = doc_get(doc, rows[i].key);
        assert_true(unum_str_is(value->tag, rows[i].tag));
        assert_int_equal(value->kind, rows[i].kind);
    }
}

static void follows_aliases(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("a: &x [1, 2]\nb: *x\nc: [*x, *x]\n", "{\"a\":[1,2],\"b\":[1,2],\"c\":[[1,2],[1,2]]}",
            ""),
        ROW("a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}", ""),
        ROW("&k a: 1\nb: *k\n", "{\"a\":1,\"b\":\"a\"}", ""),
        ROW("a: &k x\n*k : 1\n", "{\"a\":\"x\",\"x\":1}", ""),
        ROW("a: *x\n", "{\"a\":null}", "E0206 1:4-6 there is no anchor &x before this place"),
        ROW("a: &x\n  b: *x\n", "{\"a\":{\"b\":null}}",
            "E0206 2:6-8 *x stands inside the value that it stands for"),
    };
    check_all(rows, UNUM_COUNT(rows));
}

static void refuses_what_has_no_json_form(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW("", NULL, "E0201 1:1 there is no document"),
        ROW("# only a comment\n", NULL, "E0201 1:1 there is no document"),
        ROW("a: 1\nb: 2\na: 3\n", "{\"a\":1,\"b\":2}",
            "E0202 3:1-2 the key \"a\" stands here for the second time"),
        ROW("1: a\n'1': b\n", "{\"1\":\"a\"}",
            "E0202 2:1-4 the key \"1\" stands here for the second time"),
        ROW("a: 1\n---\nb: 2\n", "{\"a\":1}", "E0203 2:1-4 a second document starts here"),
        ROW("? [a, b]\n: c\nd: e\n", "{\"d\":\"e\"}",
            "E0204 1:3-9 a key must be a scalar without a tag"),
        ROW("!Ref a: b\nd: e\n", "{\"d\":\"e\"}",
            "E0204 1:1-7 a key must be a scalar without a tag"),
        ROW("? \n: b\nd: e\n", "{\"d\":\"e\"}", "E0204 1:2 a key must be a scalar without a tag"),
        ROW("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "{\"a\":{\"b\":1},\"c\":{\"d\":2}}",
            "E0205 3:3-5 merge keys are not supported"),
        ROW("\"<<\": a\n", "{\"<<\":\"a\"}", ""),
        ROW("a: b: c\n", NULL, "E0201 1:5 mapping values are not allowed in this context"),
        ROW("a: [1, 2\n", NULL,
            "E0201 2:1 while parsing a flow sequence: did not find expected ',' or ']'"),
        ROW("a:\n\t- b\n", NULL,
            "E0201 2:1 while scanning for the next token: found character that cannot start any "
            "token"),
        ROW("a: \"\xff\"\n", NULL, "E0104 1:5-6 the byte 0xff is not UTF-8"),
        ROW("a: \0\n", NULL, "E0104 1:4-5 a NUL byte (0x00)"),
        ROW("a: \x01\n", NULL, "E0104 1:4 control characters are not allowed"),
        ROW("\xff\xfe"
            "a\0",
            NULL, "E0104 1:1-2 the byte 0xff is not UTF-8"),
    };
    check_all(rows, UNUM_COUNT(rows));
}

static void places_are_bytes(void **state)
{
    (void)state;
    /* A byte order mark, characters of 2 to 4 bytes, CRLF, many lines. */
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, "\xef\xbb\xbf");
    for (int i = 0; i < 300; i++)
        unum_buf_printf(&text, "k%d: \"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\" # \xc3\xa9\r\n", i);
    unum_buf_adds(&text,
                  "last: plain  \r\nblock: |\r\n  \xc3\xa9\r\n\r\nmap:\r\n  a: [b]  \r\n\r\n");
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"a.yaml", unum_buf_str(&text)};
    const struct doc *doc = doc_parse_yaml(&source, &arena, &diags);
    assert_non_null(doc);
    assert_int_equal(doc->span.start, 3);
    static const struct {
        size_t member;
        const char *key, *value;
    } rows[] = {
        {0, "k0", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {299, "k299", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {300, "last", "plain"},
        {301, "block", "|\r\n  \xc3\xa9"},
        {302, "map", "a: [b]"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        const struct doc_member *m = &doc->members[rows[i].member];
        struct unum_str key =
            unum_str_slice(source.text, m->key_span.start, m->key_span.end - m->key_span.start);
        struct unum_str value = unum_str_slice(source.text, m->value->span.start,
                                               m->value->span.end - m->value->span.start);
        if (!unum_str_is(key, rows[i].key) || !unum_str_is(value, rows[i].value))
            fail_msg("%s: '%.*s' '%.*s'", rows[i].key, UNUM_STR_ARG(key), UNUM_STR_ARG(value));
    }
}

static const struct doc *parse(struct unum_buf *text, struct unum_arena *arena,
                               struct unum_diags *diags)
{
    struct unum_source source = {"a.yaml", unum_buf_str(text)};
    const struct doc *doc = doc_parse_yaml(&source, arena, diags);
    for (size_t i = 0; i < diags->list.len; i++)
        diags->list.at[i].span.source = NULL;
    return doc;
}

static void aliases_have_a_ceiling(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, "a0: &a0 lol\n");
    for (int i = 1; i < 30; i++)
        unum_buf_printf(&text, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1);
    assert_null(parse(&text, &arena, &diags));
    assert_int_equal(diags.list.len, 1);
    assert_int_equal(diags.list.at[0].code, UNUM_E0207);
}

static void depth_has_a_ceiling(void **state)
{
    (void)state;
    for (size_t depth = UNUM_LIMIT_JSON_DEPTH; depth <= UNUM_LIMIT_JSON_DEPTH + 1; depth++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        for (size_t i = 0; i < depth; i++)
            unum_buf_addc(&text, '[');
        for (size_t i = 0; i < depth; i++)
            unum_buf_addc(&text, ']');
        bool fits = depth == UNUM_LIMIT_JSON_DEPTH;
        assert_int_equal(parse(&text, &arena, &diags) != NULL, fits);
        assert_int_equal(diags.list.len, fits ? 0 : 1);
        if (!fits)
            assert_int_equal(diags.list.at[0].code, UNUM_E0103);
    }
    /* Aliases nest too: each line is one level deeper than the line before. */
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_adds(&text, "a0: &a0 x\n");
    for (int i = 1; i <= UNUM_LIMIT_JSON_DEPTH; i++)
        unum_buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    assert_null(parse(&text, &arena, &diags));
    assert_int_equal(diags.list.at[0].code, UNUM_E0103);
}

static void the_name_or_the_first_character_decides(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
        size_t errors;
    } rows[] = {
        {"a.json", "{\"a\": 1}", 0},
        {"a.json", "a: 1", 1},
        {"a.yaml", "a: 1", 0},
        {"a.yml", " \n{\"a\": 1}", 0},
        {"a.yaml", "{a: 1}", 1},
        {"a.asl", "[a, b]", 0},
        {"-", "\xef\xbb\xbf{\"\\ud83d\\ude00\": 1}", 0},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
        struct unum_source source = {rows[i].path, unum_str_from(rows[i].text)};
        const struct doc *doc = doc_parse_file(&source, &arena, &diags);
        if ((diags.errors != 0) != (rows[i].errors != 0) || (!doc && !diags.errors))
            fail_msg("%s: %s", rows[i].path, rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_collections),
        cmocka_unit_test(types_follow_the_core_schema),
        cmocka_unit_test(keeps_local_tags),
        cmocka_unit_test(follows_aliases),
        cmocka_unit_test(refuses_what_has_no_json_form),
        cmocka_unit_test(places_are_bytes),
        cmocka_unit_test(aliases_have_a_ceiling),
        cmocka_unit_test(depth_has_a_ceiling),
        cmocka_unit_test(the_name_or_the_first_character_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "xml/xml.h"

static const char stacks[] =
    "<?xml version=\"1.0\"?>\n"
    "<DescribeStacksResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\n"
    "  <DescribeStacksResult>\n    <Stacks>\n"
    "      <member><StackName>one</StackName><StackStatus>CREATE_FAILED</StackStatus>"
    "<StackStatusReason>a &lt;b&gt; &amp; &#x20AC; caf\xc3\xa9</StackStatusReason></member>\n"
    "      <member><StackName>two</StackName><Outputs/><StackStatus> UPDATE_COMPLETE\n"
    "</StackStatus></member>\n"
    "    </Stacks>\n  </DescribeStacksResult>\n</DescribeStacksResponse>";

static void finds_by_path(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const struct xml_element *root;
    assert_int_equal(xml_parse(unum_str_from(stacks), &arena, &root, NULL), 0);
    assert_true(unum_str_is(root->name, "DescribeStacksResponse"));
    const struct xml_element *list = xml_at(root, "DescribeStacksResult/Stacks");
    assert_true(unum_str_is(xml_text(list, "member/StackName"), "one"));
    assert_true(unum_str_is(xml_text(list, "member[1]/StackName"), "two"));
    assert_true(unum_str_is(xml_text(list, "member[1]/StackStatus"), "UPDATE_COMPLETE"));
    assert_true(unum_str_is(xml_text(list, "member[0]/StackStatusReason"),
                            "a <b> & \xe2\x82\xac caf\xc3\xa9"));
    assert_non_null(xml_at(list, "member[1]/Outputs"));
    assert_int_equal(xml_text(list, "member[1]/Outputs").len, 0);
    assert_null(xml_at(list, "member[2]"));
    assert_null(xml_at(list, "member[x]"));
    assert_null(xml_at(list, "member[]"));
    assert_null(xml_at(list, "member["));
    assert_null(xml_at(NULL, "member"));
    assert_ptr_equal(xml_at(root, ""), root);
    int count = 0;
    for (const struct xml_element *e = xml_child(list, "member"); e; e = xml_next(e, "member"))
        count++;
    assert_int_equal(count, 2);
    assert_int_equal(list->text.len, 0);
}

static void drops_prefixes_and_keeps_text_apart(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    const struct xml_element *root;
    struct unum_str text = UNUM_STR("<a:r xmlns:a=\"u\">x<a:b><![CDATA[<&>]]>1</a:b>y</a:r>");
    assert_int_equal(xml_parse(text, &arena, &root, NULL), 0);
    assert_true(unum_str_is(root->text, "xy"));
    assert_true(unum_str_is(xml_text(root, "b"), "<&>1"));
    assert_int_equal(xml_parse(UNUM_STR("<a:/>"), &arena, &root, NULL), 0);
    assert_true(unum_str_is(root->name, "a:"));
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
        const char *why;
    } rows[] = {
        {"", UNUM_E_PARSE, "no element found"},
        {"<a><b></a>", UNUM_E_PARSE, "line 1, column 9: mismatched tag"},
        {"<a>", UNUM_E_PARSE, "no element found"},
        {"<a/><b/>", UNUM_E_PARSE, "junk after document element"},
        {"<a>\xff</a>", UNUM_E_PARSE, "not well-formed"},
        {"{\"a\": 1}", UNUM_E_PARSE, "not well-formed"},
        {"<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", UNUM_E_PARSE, "document type declaration"},
        {"<a>&x;</a>", UNUM_E_PARSE, "undefined entity"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        const struct xml_element *root = NULL;
        assert_int_equal(xml_parse(unum_str_from(rows[i].text), &arena, &root, &err), rows[i].rc);
        if (unum_str_search(unum_str_from(unum_err_text(&err)), unum_str_from(rows[i].why)) ==
            SIZE_MAX)
            fail_msg("%s: %s", rows[i].text, unum_err_text(&err));
        assert_null(root);
    }
}

static void bounds_nesting(void **state)
{
    (void)state;
    for (int over = 0; over < 2; over++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        const struct xml_element *root;
        for (int i = 0; i < XML_MAX_DEPTH + over; i++)
            unum_buf_adds(&text, "<a>");
        for (int i = 0; i < XML_MAX_DEPTH + over; i++)
            unum_buf_adds(&text, "</a>");
        assert_int_equal(xml_parse(unum_buf_str(&text), &arena, &root, NULL),
                         over ? UNUM_E_LIMIT : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_path),
        cmocka_unit_test(drops_prefixes_and_keeps_text_apart),
        cmocka_unit_test(refuses),
        cmocka_unit_test(bounds_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "eval/path.h"

static const char value[] =
    "{\"a\":{\"b\":[10,[20,21],{\"c\":null}]},\"a b\":1,\"a.b\":2,\"it's\":3,"
    "\"\xd0\x96\xe4\xb8\xad\":4,\"x-y\":5,\"\xf0\x9f\x98\x80\":6,\"[.?\":7,\"\":8,\"u\":9}";

static void paths_name_one_place(void **state)
{
    (void)state;
    static const struct {
        const char *path, *wanted;
    } rows[] = {
        {"$", value},
        {"$.a.b[0]", "10"},
        {"$.a.b[1][1]", "21"},
        {"$['a']['b'][2]['c']", "null"},
        {"$[\"a\"].b[2].c", "null"},
        {"$['a b']", "1"},
        {"$.a\\ b", "1"},
        {"$.a\\.b", "2"},
        {"$['a.b']", "2"},
        {"$['it\\'s']", "3"},
        {"$[\"it's\"]", "3"},
        {"$.\xd0\x96\xe4\xb8\xad", "4"},
        {"$.\\u0416\\u4e2d", "4"},
        {"$.x-y", "5"},
        {"$.\\uD83D\\uDE00", "6"},
        {"$.\\[\\.\\?", "7"},
        {"$['']", "8"},
        {"$.\\u", "9"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct unum_str got = UNUM_STR_NONE;
        int rc = eval_path_apply(unum_str_from(rows[i].path), unum_str_from(value), &got, &err);
        if (rc || !unum_str_is(got, rows[i].wanted))
            fail_msg("%s: %.*s %s", rows[i].path, UNUM_STR_ARG(got), unum_err_text(&err));
    }
}

static void malformed_paths_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        size_t column;
        const char *part;
    } rows[] = {
        {"", 1, "starts with"},
        {"a", 1, "starts with"},
        {"$a", 2, "\".\" or \"[\""},
        {"$.", 3, "name is missing"},
        {"$.a.", 5, "name is missing"},
        {"$..a", 3, "\"..\""},
        {"$.*", 3, "wildcard"},
        {"$.a[*]", 5, "wildcard"},
        {"$.a[?(@.b)]", 5, "filter"},
        {"$.a[@]", 5, "filter"},
        {"$.a[0,1]", 6, "union"},
        {"$.a[0:1]", 6, "union"},
        {"$['a','b']", 6, "union"},
        {"$.a[-1]", 5, "from the start"},
        {"$.a[x]", 5, "index"},
        {"$.a[]", 5, "index"},
        {"$.a[0", 4, "bracket"},
        {"$['a'", 2, "bracket"},
        {"$['a", 3, "quote"},
        {"$.a\\", 4, "backslash"},
        {"$.\\ud800", 3, "surrogate"},
        {"$.\\ud800\\u0041", 3, "surrogate"},
        {"$.a b", 4, "\".\" or \"[\""},
        {"$.a[99999999999999999999]", 5, "too large"},
        {"$.a[0]b", 7, "\".\" or \"[\""},
        {"$$", 2, "\".\" or \"[\""},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct eval_path path;
        size_t at = 999;
        int rc = eval_path_parse(unum_str_from(rows[i].path), &arena, &path, &at, &err);
        if (rc != UNUM_E_INVAL || at + 1 != rows[i].column ||
            !strstr(unum_err_text(&err), rows[i].part))
            fail_msg("%s: rc %d, column %zu, %s", rows[i].path, rc, at + 1, unum_err_text(&err));
    }
}

static void paths_that_lead_nowhere_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *path, *part;
    } rows[] = {
        {"$.a.x.y", "\"$.a.x\" is not there"}, {"$.a.b[3]", "\"$.a.b\" has 3 elements"},
        {"$.a.b.c", "\"$.a.b\" is no object"}, {"$.a[0]", "\"$.a\" is no array"},
        {"$[0]", "\"$\" is no array"},         {"$['a b'].c", "\"$['a b']\" is no object"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct unum_str got = UNUM_STR("untouched");
        int rc = eval_path_apply(unum_str_from(rows[i].path), unum_str_from(value), &got, &err);
        if (rc != UNUM_E_NOTFOUND || !strstr(unum_err_text(&err), rows[i].part))
            fail_msg("%s: rc %d, %s", rows[i].path, rc, unum_err_text(&err));
        assert_true(unum_str_is(got, "untouched"));
    }
}

static void length_and_steps_have_ceilings(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(1 << 20);
    struct eval_path path;
    unum_buf_addc(&text, '$');
    for (int i = 0; i < EVAL_LIMIT_PATH_STEPS; i++)
        unum_buf_adds(&text, ".a");
    assert_int_equal(eval_path_parse(unum_buf_str(&text), &arena, &path, NULL, NULL), 0);
    unum_buf_adds(&text, ".a");
    assert_int_equal(eval_path_parse(unum_buf_str(&text), &arena, &path, NULL, NULL), UNUM_E_INVAL);
    for (int i = 0; i < EVAL_LIMIT_PATH_TEXT; i++)
        unum_buf_addc(&text, 'a');
    assert_int_equal(eval_path_parse(unum_buf_str(&text), &arena, &path, NULL, NULL), UNUM_E_INVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_name_one_place),
        cmocka_unit_test(malformed_paths_say_where),
        cmocka_unit_test(paths_that_lead_nowhere_say_where),
        cmocka_unit_test(length_and_steps_have_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

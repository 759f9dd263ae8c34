/* JSONPath: what a path names, and what is no path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "eval/check.h"
#include "eval/query.h"
#include "json/json.h"

#define DOC                                                                                        \
    "{\"a\":{\"b\":[1,2,3,4],\"c d\":5,\"e.f\":6},"                                                \
    "\"users\":[{\"n\":\"x\",\"s\":0,\"t\":[\"p\"]},{\"n\":\"y\",\"s\":1},{\"n\":\"z\",\"s\":2,"   \
    "\"t\":[]}],\"lim\":1,\"big\":12345678901234567890.10,\"nil\":null,"                           \
    "\"wide\":\"\xf0\x9f\x98\x80z\",\"large\":[9007199254740992,9007199254740993]}"

static const struct {
    const char *path, *expected; /* NULL: it leads nowhere */
} cases[] = {
    {"$.a.b[0]", "1"},
    {"$.a.b[-1]", "4"},
    {"$.a['c d']", "5"},
    {"$.a[\"e.f\"]", "6"},
    {"$.a.e\\.f", "6"},
    {"$.nil", "null"},
    {"$.big", "12345678901234567890.10"},
    {"$.nope", NULL},
    {"$.a.b[4]", NULL},
    {"$.lim.x", NULL},
    {"$.nope[*]", NULL},
    {"$.a.b[*]", "[1,2,3,4]"},
    {"$.a.b[1:3]", "[2,3]"},
    {"$.a.b[:2]", "[1,2]"},
    {"$.a.b[-2:]", "[3,4]"},
    {"$.a.b[0:4:2]", "[1,3]"},
    {"$.a.b[9:]", "[]"},
    {"$.a.b[0,2,7]", "[1,3]"},
    {"$.users[*].n", "[\"x\",\"y\",\"z\"]"},
    {"$.users[0]['n','s']", "{\"n\":\"x\",\"s\":0}"},
    {"$..n", "[\"x\",\"y\",\"z\"]"},
    {"$..nope", "[]"},
    {"$..b[0]", "[1]"},
    {"$.users[?(@.s == 0)].n", "[\"x\"]"},
    {"$.users[?(@.s != 0)].n", "[\"y\",\"z\"]"},
    {"$.users[?(@.s > $.lim)].n", "[\"z\"]"},
    {"$.users[?(@.n == 'y' || @.s >= 2)].n", "[\"y\",\"z\"]"},
    {"$.users[?(@.s < 2 && @.t)].n", "[\"x\"]"},
    {"$.users[?(!(@.t))].n", "[\"y\"]"},
    {"$.users[?(@.n in ['x', \"z\"])].s", "[0,2]"},
    {"$.users[?(@.n nin ['x'])].s", "[1,2]"},
    {"$.users[?(@.t contains 'p')].n", "[\"x\"]"},
    {"$.users[?(@.t empty true)].n", "[\"z\"]"},
    {"$.users[?(@.t size 1)].n", "[\"x\"]"},
    {"$.users[?(@.s == 7)]", "[]"},
    {"$.users.length()", "3"},
    {"$.a.b.sum()", "10"},
    {"$.a.b.avg()", "2.5"},
    {"$.a.b.max()", "4"},
    {"$.users[*].s.max()", "2"},
    {"$.a.keys()", "[\"b\",\"c d\",\"e.f\"]"},
    {"$.a.b.last()", "4"},
    {"$.a.b.index(-2)", "3"},
    {"$.wide.length()", "3"}, /* units of UTF-16 */
    {"$.large[?(@ > 9007199254740992)]", "[9007199254740993]"},
    {"$.lim[?(@ == 1)]", NULL}, /* a filter cannot be applied to a number */
    {"$.a[*][?(@ == 1)]", "[1]"},
};

static void what_a_path_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(cases); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct eval_query query;
        struct eval_flaw flaw;
        struct unum_str got = UNUM_STR_NONE;
        if (!eval_query_parse(unum_str_from(cases[i].path), &arena, &query, &flaw))
            fail_msg("%s: %s", cases[i].path, flaw.why);
        enum eval_query_result result = eval_query_run(&query, UNUM_STR(DOC), &arena, &got);
        if (result == QUERY_FOUND ? !cases[i].expected || !unum_str_is(got, cases[i].expected)
                                  : cases[i].expected != NULL)
            fail_msg("%s gives %.*s", cases[i].path, UNUM_STR_ARG(got));
    }
}

static void roots(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct eval_query query;
    struct eval_flaw flaw;
    assert_true(eval_query_parse(UNUM_STR("$$.Execution.Id"), &arena, &query, &flaw));
    assert_int_equal(query.root, EVAL_ROOT_CONTEXT);
    assert_true(eval_query_parse(UNUM_STR("$name.x"), &arena, &query, &flaw));
    assert_int_equal(query.root, EVAL_ROOT_VARIABLE);
    assert_true(unum_str_is(query.variable, "name"));
    assert_true(query.definite);
}

static void what_is_no_path(void **state)
{
    static const char *const wrong[] = {
        "",          "a",        "$.",       "$[",         "$.a[",   "$.a['x'",
        "$.a[?(@.x", "$.a[?(]",  "$.a[::0]", "$.a b",      "$1",     "$.a.b()",
        "$.a[(1)]",  "$.a[?@]",  "$.a[1",    "$.a[1:2:3:", "$.a[:]", "$.a[?(@.x =~ /a/)]",
        "$..",       "$.a[?(1)]"};
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(wrong); i++) {
        struct eval_flaw flaw = {0};
        if (eval_path_check(unum_str_from(wrong[i]), &flaw))
            fail_msg("%s is taken", wrong[i]);
        assert_non_null(flaw.why);
        assert_true(flaw.at <= strlen(wrong[i]));
    }
}

static void work_has_a_ceiling(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF doc = UNUM_BUF_INIT(UNUM_MB);
    struct eval_query query;
    struct eval_flaw flaw;
    struct unum_str got;
    for (int i = 0; i < 150; i++)
        unum_buf_adds(&doc, "[1,");
    unum_buf_adds(&doc, "1");
    for (int i = 0; i < 150; i++)
        unum_buf_adds(&doc, "]");
    assert_true(eval_query_parse(UNUM_STR("$..*..*..*..*..*..*"), &arena, &query, &flaw));
    assert_int_equal(eval_query_run(&query, unum_buf_str(&doc), &arena, &got), QUERY_TOO_MUCH);
}

/* Operands at the root are looked up once, not for every element. */
static void roots_of_filters_are_kept(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF doc = UNUM_BUF_INIT(2 * UNUM_MB);
    struct eval_query query;
    struct eval_flaw flaw;
    struct unum_str got;
    unum_buf_adds(&doc, "{\"l\":[");
    for (int i = 0; i < 100000; i++)
        unum_buf_printf(&doc, "%s%d", i ? "," : "", i);
    unum_buf_adds(&doc, "],\"x\":99998}");
    assert_true(eval_query_parse(UNUM_STR("$.l[?(@ > $.x)]"), &arena, &query, &flaw));
    assert_int_equal(eval_query_run(&query, unum_buf_str(&doc), &arena, &got), QUERY_FOUND);
    assert_true(unum_str_is(got, "[99999]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_path_names),         cmocka_unit_test(roots),
        cmocka_unit_test(what_is_no_path),           cmocka_unit_test(work_has_a_ceiling),
        cmocka_unit_test(roots_of_filters_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

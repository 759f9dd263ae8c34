#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "ir/expr.h"

/* The instance [3.7 of 10, inside of 1 of 2], whose output is `output`. */
static const struct ir_level levels[] = {{3, 10}, {1, 2}};
static const char output[] =
    "{\"kind\":\"low\",\"n\":4,\"f\":2.5,\"yes\":true,\"none\":null,\"a b\":{\"c\":[1,2,\"x\"]},"
    "\"list\":[1,2],\"same\":[1.0,2]}";

static struct ir_env env_of(const char *json)
{
    return (struct ir_env){levels, 2, unum_str_from(json)};
}

static void condition(const char *text, bool wanted)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct ir_env env = env_of(output);
    bool got = !wanted;
    int rc = ir_condition(unum_str_from(text), &env, &got, &err);
    if (rc || got != wanted)
        fail_msg("%s: rc %d, %d, %s", text, rc, got, unum_err_text(&err));
    rc = ir_expr_check(IR_EXPR_CONDITION, unum_str_from(text), NULL, &err);
    if (rc)
        fail_msg("%s: check: %s", text, unum_err_text(&err));
}

static void conditions_are_evaluated(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool wanted;
    } rows[] = {
        /* as seen in applications */
        {"$0 < $size-1", true},
        {"$0 > 1", true},
        {"$0 == 1", false},
        {"$0<$size-1 and $0>0", true},
        {"$0 == $size - 1", false},
        {"$ret.kind == 'low'", true},
        {"not ($ret.kind == 'low')", false},
        {"$0 % 2 == 0", false},
        /* grammar */
        {"$1 == 1", true},
        {"true", true},
        {"False", false},
        {"true or false and false", true},
        {"(true or false) and false", false},
        {"!false && !($0 != 3)", true},
        {"not $ret.yes", false},
        {"1 + 2 * 3 == 7", true},
        {"(1 + 2) * 3 == 9", true},
        {"-1 - -2 == 1", true},
        {"10 - 2 - 3 == 5", true},
        {"7 / 2 == 3.5", true},
        {"8 / 2 == 4", true},
        {"-7 % 3 == 2", true},
        {"7 % -3 == -2", true},
        {"1.5 + 1.5 == 3", true},
        {"'a' < 'b'", true},
        {"\"it's\" == 'it\\'s'", true},
        {"'a' == 1", false},
        {"'a' != 1", true},
        {"null == $ret.none", true},
        {"$ret.absent == null", true},
        {"$ret.absent.deep[3] == null", true},
        {"$ret.n == 4", true},
        {"$ret.n-1 == 3", true},
        {"$ret.f > 2", true},
        {"$ret['a b'].c[2] == 'x'", true},
        {"$out[\"a b\"]['c'][0] == 1", true},
        {"$ret.list == $ret.same", true},
        {"$ret.list == 'x'", false},
        {"$ret.yes and $ret.yes == true", true},
        {"9223372036854775807 > 9223372036854775806", true},
        /* what is decided is not evaluated */
        {"$size == 0 or $0 / $size < 1", true},
        {"false and 1 / ($0 - 3) == 1", false},
        {"true or $9 == 1", true},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        condition(rows[i].text, rows[i].wanted);
}

static void whole_output_is_compared(void **state)
{
    (void)state;
    bool got = false;
    struct ir_env env = env_of("\"h\\u00e9\\n\"");
    assert_int_equal(ir_condition(UNUM_STR("$ret == 'h\xc3\xa9\n'"), &env, &got, NULL), 0);
    assert_true(got);
    env = env_of("3");
    assert_int_equal(ir_condition(UNUM_STR("$ret == $0"), &env, &got, NULL), 0);
    assert_true(got);
}

static void refused(enum ir_expr_kind kind, const char *text, size_t column, const char *part)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    size_t at = 9999;
    int rc = ir_expr_check(kind, unum_str_from(text), &at, &err);
    if (rc != UNUM_E_INVAL || at + 1 != column || !strstr(unum_err_text(&err), part))
        fail_msg("%s: rc %d, column %zu, %s", text, rc, at + 1, unum_err_text(&err));
}

static void malformed_expressions_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum ir_expr_kind kind;
        const char *text;
        size_t column;
        const char *part;
    } rows[] = {
        {IR_EXPR_CONDITION, "", 1, "too early"},
        {IR_EXPR_CONDITION, "$0 <", 5, "too early"},
        {IR_EXPR_CONDITION, "$0 = 1", 4, "\"==\" compares"},
        {IR_EXPR_CONDITION, "$0 + 1", 1, "a number, not true or false"},
        {IR_EXPR_CONDITION, "$foo == 1", 1, "no variable \"$foo\""},
        {IR_EXPR_CONDITION, "$ == 1", 1, "no variable"},
        {IR_EXPR_CONDITION, "$64 == 1", 1, "from $0 to $63"},
        {IR_EXPR_CONDITION, "$99999999999999999999 == 1", 1, "from $0 to $63"},
        {IR_EXPR_CONDITION, "1 < $0 < 3", 8, "chained"},
        {IR_EXPR_CONDITION, "($0 < 1", 1, "not closed"},
        {IR_EXPR_CONDITION, "($0 < 1 2)", 9, "does not belong"},
        {IR_EXPR_CONDITION, "$0 < 1)", 7, "does not belong"},
        {IR_EXPR_CONDITION, "$0 == 'x", 7, "not closed"},
        {IR_EXPR_CONDITION, "$0 == 1x", 8, "ends in a letter"},
        {IR_EXPR_CONDITION, "'a' + 1 == 2", 5, "takes numbers, not a text"},
        {IR_EXPR_CONDITION, "'a' < 1", 5, "cannot order a text and a number"},
        {IR_EXPR_CONDITION, "not 1", 5, "a number, not true or false"},
        {IR_EXPR_CONDITION, "true and 'x'", 10, "a text, not true or false"},
        {IR_EXPR_CONDITION, "99999999999999999999 > 1", 1, "too large"},
        {IR_EXPR_CONDITION, "__import__('os')", 1, "here stands"},
        {IR_EXPR_CONDITION, "$ret[x] == 1", 6, "path is malformed"},
        {IR_EXPR_MODIFIER, "", 1, "a modifier is"},
        {IR_EXPR_MODIFIER, "pop", 1, "a modifier is"},
        {IR_EXPR_MODIFIER, "$0", 3, "here stands \"=\""},
        {IR_EXPR_MODIFIER, "$0 == 1", 4, "here stands \"=\""},
        {IR_EXPR_MODIFIER, "$ret = 1", 1, "a modifier is"},
        {IR_EXPR_MODIFIER, "$0 = 'x'", 6, "a text, not a number"},
        {IR_EXPR_MODIFIER, "$0 = 1 2", 8, "does not belong"},
        {IR_EXPR_VALUE, "", 1, "name is missing"},
        {IR_EXPR_VALUE, "B-unumIndex-*.*", 15, "once"},
        {IR_EXPR_VALUE, "B-unumIndex-($0", 13, "not closed"},
        {IR_EXPR_VALUE, "B-unumIndex-$ret", 13, "$size only"},
        {IR_EXPR_VALUE, "B-unumIndex-($ret.x)", 14, "$size only"},
        {IR_EXPR_VALUE, "B-unumIndex-$s", 13, "$size only"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++)
        refused(rows[i].kind, rows[i].text, rows[i].column, rows[i].part);
}

static void evaluation_fails_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {
        {"1 / ($0 - 3) == 1", "division by zero"},
        {"1 % ($0 - 3) == 1", "division by zero"},
        {"1 / 0.0 == 1", "division by zero"},
        {"9223372036854775807 + $0 > 1", "too large"},
        {"9223372036854775807 * $0 > 1", "too large"},
        {"$2 == 1", "there is no $2"},
        {"$ret", "a list or an object, not true or false"},
        {"$ret.kind", "a text, not true or false"},
        {"$ret.kind < 3", "cannot order"},
        {"$ret.kind + 1 == 2", "takes numbers"},
        {"$ret.f % 2 == 0", "takes whole numbers"},
        {"$ret.none and true", "null, not true or false"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct ir_env env = env_of(output);
        bool got;
        int rc = ir_condition(unum_str_from(rows[i].text), &env, &got, &err);
        if (rc != UNUM_E_INVAL || !strstr(unum_err_text(&err), rows[i].part))
            fail_msg("%s: rc %d, %s", rows[i].text, rc, unum_err_text(&err));
    }
    struct ir_env none = {0};
    bool got;
    assert_int_equal(ir_condition(UNUM_STR("$size == 1"), &none, &got, NULL), UNUM_E_INVAL);
    assert_int_equal(ir_condition(UNUM_STR("$ret == 1"), &none, &got, NULL), UNUM_E_INVAL);
}

static void depth_and_length_have_ceilings(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (int i = 0; i < 1000; i++)
        unum_buf_addc(&text, '(');
    refused(IR_EXPR_CONDITION, unum_buf_text(&text), 65, "nested more than 64");
    unum_buf_clear(&text);
    for (int i = 0; i < 3000; i++)
        unum_buf_adds(&text, "1+");
    refused(IR_EXPR_CONDITION, unum_buf_text(&text), 1, "longer than 4096");
}

static void modifiers_edit_the_levels(void **state)
{
    (void)state;
    struct ir_level at[] = {{3, 10}, {1, 2}};
    size_t depth = 2;
    const struct unum_str edits[] = {UNUM_STR_INIT("$0=$0+1"), UNUM_STR_INIT("$size = $size - 1"),
                                     UNUM_STR_INIT("$1 = $0 * $1")};
    assert_int_equal(ir_modify(edits, 3, UNUM_STR_NONE, at, &depth, NULL), 0);
    assert_int_equal(depth, 2);
    assert_int_equal(at[0].index, 4);
    assert_int_equal(at[0].size, 9);
    assert_int_equal(at[1].index, 4);
    assert_int_equal(at[1].size, 2);
    const struct unum_str pops[] = {UNUM_STR_INIT(" Pop "), UNUM_STR_INIT("$0 = 7")};
    assert_int_equal(ir_modify(pops, 2, UNUM_STR_NONE, at, &depth, NULL), 0);
    assert_int_equal(depth, 1);
    assert_int_equal(at[0].index, 7);
    assert_int_equal(at[0].size, 2);
    /* behind the last level nothing happens */
    const struct unum_str more[] = {UNUM_STR_INIT("Pop"), UNUM_STR_INIT("Pop"),
                                    UNUM_STR_INIT("$0 = $5")};
    assert_int_equal(ir_modify(more, 3, UNUM_STR_NONE, at, &depth, NULL), 0);
    assert_int_equal(depth, 0);
}

static void modifiers_that_lead_nowhere_fail(void **state)
{
    (void)state;
    static const char *const rows[] = {"$0 = $0 - 4", "$size = -1", "$0 = 7 / 2", "$2 = 1",
                                       "$0 = $ret.kind"};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct ir_level at[] = {{3, 10}, {1, 2}};
        size_t depth = 2;
        struct unum_str edit = unum_str_from(rows[i]);
        assert_int_equal(ir_modify(&edit, 1, unum_str_from(output), at, &depth, NULL),
                         UNUM_E_INVAL);
    }
}

static void expands(const char *value, const char *wanted)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF got = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const struct ir_level three[] = {{1, 3}, {12, 20}};
    struct ir_env env = {three, 2, UNUM_STR_NONE};
    struct unum_str entry = unum_str_from(value), *names;
    size_t len;
    int rc = ir_values(&entry, 1, &env, &arena, &names, &len, &err);
    if (rc)
        fail_msg("%s: %s", value, unum_err_text(&err));
    for (size_t i = 0; i < len; i++)
        unum_buf_printf(&got, "%s%.*s", i ? " " : "", UNUM_STR_ARG(names[i]));
    assert_string_equal(unum_buf_text(&got), wanted);
}

static void values_expand_to_names(void **state)
{
    (void)state;
    expands("N-unumIndex-$0", "N-unumIndex-1");
    expands("N-unumIndex-($0+1)", "N-unumIndex-2");
    expands("N-unumIndex-($0-1)", "N-unumIndex-0");
    expands("N-unumIndex-*", "N-unumIndex-0 N-unumIndex-1 N-unumIndex-2");
    expands("N-unumIndex-$1.*", "N-unumIndex-12.0 N-unumIndex-12.1 N-unumIndex-12.2");
    expands("N-unumIndex-0", "N-unumIndex-0");
    expands("N", "N");
    expands("N-UnumIndex-$1", "N-unumIndex-12");
    expands("N-unumIndex-$0+1", "N-unumIndex-1+1"); /* literal text, as in the original */
    expands("N-unumIndex-($size - 1).(2*$0)", "N-unumIndex-2.2");
    expands("N-unumIndex-(4/2)", "N-unumIndex-2");
}

static void values_that_cannot_be_names_fail(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int rc;
    } rows[] = {
        {"N-unumIndex-($0-4)", UNUM_E_INVAL},
        {"N-unumIndex-($0/2)", UNUM_E_INVAL},
        {"N-unumIndex-$2", UNUM_E_INVAL},
        {"N-unumIndex-(1/($0-3))", UNUM_E_INVAL},
    };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str *names;
    size_t len;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct ir_env env = env_of(output);
        struct unum_str entry = unum_str_from(rows[i].text);
        assert_int_equal(ir_values(&entry, 1, &env, &arena, &names, &len, NULL), rows[i].rc);
    }
    const struct ir_level wide = {0, UNUM_LIMIT_FANIN_NAMES};
    struct ir_env env = {&wide, 1, UNUM_STR_NONE}, none = {0};
    struct unum_str entries[] = {UNUM_STR("N-unumIndex-*"), UNUM_STR("M")};
    assert_int_equal(ir_values(entries, 1, &env, &arena, &names, &len, NULL), 0);
    assert_int_equal(len, UNUM_LIMIT_FANIN_NAMES);
    assert_int_equal(ir_values(entries, 2, &env, &arena, &names, &len, NULL), UNUM_E_LIMIT);
    assert_int_equal(ir_values(entries, 1, &none, &arena, &names, &len, NULL), UNUM_E_INVAL);
}

static void sender_finds_its_position(void **state)
{
    (void)state;
    const struct unum_str names[] = {UNUM_STR_INIT("A"), UNUM_STR_INIT("B-unumIndex-1"),
                                     UNUM_STR_INIT("C"), UNUM_STR_INIT("C")};
    size_t at = 9;
    assert_int_equal(ir_values_position(names, 4, UNUM_STR("B-unumIndex-1"), &at, NULL), 0);
    assert_int_equal(at, 1);
    assert_int_equal(ir_values_position(names, 4, UNUM_STR("B"), &at, NULL), UNUM_E_INVAL);
    assert_int_equal(ir_values_position(names, 4, UNUM_STR("C"), &at, NULL), UNUM_E_INVAL);
    assert_int_equal(at, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_are_evaluated),
        cmocka_unit_test(whole_output_is_compared),
        cmocka_unit_test(malformed_expressions_are_refused),
        cmocka_unit_test(evaluation_fails_with_a_reason),
        cmocka_unit_test(depth_and_length_have_ceilings),
        cmocka_unit_test(modifiers_edit_the_levels),
        cmocka_unit_test(modifiers_that_lead_nowhere_fail),
        cmocka_unit_test(values_expand_to_names),
        cmocka_unit_test(values_that_cannot_be_names_fail),
        cmocka_unit_test(sender_finds_its_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

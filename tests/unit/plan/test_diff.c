/* Comparisons of IR written by hand: rules that no definition reaches yet, and what nobody writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "plan/diff.h"

/* The nodes of "[...]" or of a text made by a test. */
static struct plan_app load(struct unum_arena *arena, const char *nodes)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct ir_node *all = NULL;
    struct plan_app app = {0};
    unum_buf_printf(&text, "{\"IRVersion\":1,\"Name\":\"unum-failures\",\"Nodes\":%s}", nodes);
    if (ir_load(unum_buf_str(&text), arena, &all, &err))
        fail_msg("%s: %s", nodes, unum_err_text(&err));
    app.at = unum_arena_array(arena, all->nodes_len, sizeof(*app.at));
    app.len = all->nodes_len;
    for (size_t i = 0; i < app.len; i++)
        app.at[i] = (struct plan_node){all->nodes[i].name, UNUM_STR_NONE, &all->nodes[i]};
    return app;
}

static const struct diff_finding *find(const struct diff *diff, const char *rule)
{
    for (size_t i = 0; i < diff->findings_len; i++) {
        if (strcmp(diff->findings[i].rule->id, rule) == 0)
            return &diff->findings[i];
    }
    return NULL;
}

#define TASK(name, rest) "{\"IRVersion\":1,\"Name\":\"" name "\"" rest "}"
#define START            ",\"Start\":true"
#define THEN(states)     ",\"Then\":" states
#define MAP(fields)                                                                                \
    TASK("A", START THEN("\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"Start\":\"B\""               \
                         ",\"Fields\":" fields "},\"B\":{\"Type\":\"Task\",\"Node\":\"B\"}}"))     \
    "," TASK("B", THEN("null,\"Within\":[\"M\"],\"States\":{\"M\":{\"Type\":\"Map\","              \
                       "\"Ends\":[\"B\"],\"Fields\":" fields                                       \
                       "},\"B\":{\"Type\":\"Task\",\"Node\":\"B\"}}"))
#define HAND(name, next) "{\"Name\":\"" name "\"" next "}"
#define FAN(values)                                                                                \
    HAND("A", START ",\"Next\":[{\"Name\":\"B\",\"InputType\":\"Scalar\"},{\"Name\":\"C\","        \
                    "\"InputType\":\"Scalar\"}]")                                                  \
    "," HAND("B", ",\"Next\":{\"Name\":\"D\",\"InputType\":{\"Fan-in\":{\"Values\":" values        \
                  "}}},\"Next Payload Modifiers\":[\"Pop\"]") "," HAND("C", "") "," HAND("D", "")

static void rules_that_definitions_do_not_reach(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *rule;
        enum diff_safety verdict;
    } rows[] = {
        {MAP("{\"MaxConcurrency\":3}"), MAP("{\"MaxConcurrency\":5}"), "concurrency", DIFF_REPAIR},
        {MAP("{\"MaxConcurrency\":3}"), MAP("{\"MaxConcurrencyPath\":\"$.k\"}"), "concurrency",
         DIFF_REPAIR},
        {MAP("{\"MaxConcurrency\":3}"), MAP("{\"ResultPath\":\"$.r\"}"), "window", DIFF_UNSAFE},
        {TASK("A", START), TASK("A", START ",\"KeepsInput\":true"), "run-input", DIFF_UNSAFE},
        {TASK("A", START), TASK("A", START ",\"WaitingSeconds\":90000"), "waiting", DIFF_UNSAFE},
        {TASK("A", START), TASK("A", START ",\"TimeoutSeconds\":60"), "timeout", DIFF_SAFE},
        {MAP("{\"ToleratedFailureCount\":3}"), MAP("{\"ToleratedFailureCount\":1}"), "data",
         DIFF_SAFE},
        {MAP("{\"ToleratedFailureCount\":3}"), MAP("{\"ResultPath\":\"$.x\"}"), "tolerance",
         DIFF_UNSAFE},
        {MAP("{\"ResultPath\":\"$.x\"}"), MAP("{\"ToleratedFailurePercentage\":3}"), "data",
         DIFF_SAFE},
        {MAP("{\"ItemSelector\":{\"a\":1}}"), MAP("{\"ItemSelector\":{\"a\":2}}"), "items",
         DIFF_REPAIR},
        {FAN("[\"B-unumIndex-0\",\"C-unumIndex-1\"]"), FAN("[\"C-unumIndex-1\",\"B-unumIndex-0\"]"),
         "fan-in", DIFF_UNSAFE},
        {HAND("A", START),
         HAND("A", START ",\"Next\":{\"Name\":\"A\",\"InputType\":\"Scalar\","
                         "\"Conditional\":\"$0 < 3\"}"),
         "edges", DIFF_REPAIR},
        {HAND("A", START), HAND("A", START ",\"End\":true"), "edges", DIFF_REPAIR},
        {HAND("A", START), TASK("A", START), "spelling", DIFF_UNSAFE},
        {TASK("A", START), TASK("A", START ",\"Checkpoint\":false"), "checkpoint", DIFF_SAFE},
        {TASK("A", START), TASK("A", START ",\"Machine\":\"00\""), "hash", DIFF_SAFE},
        {TASK("A", START ",\"Task\":{\"State\":\"S\",\"Fields\":{\"Retry\":[]}}"),
         TASK("A", START ",\"Task\":{\"State\":\"S\",\"Fields\":{\"Retry\":[{}]}}"), "retry",
         DIFF_SAFE},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        char *UNUM_AUTO_FREE was = NULL, *UNUM_AUTO_FREE is = NULL;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
        struct diff diff;
        unum_buf_printf(&text, "[%s]", rows[i].old);
        was = unum_buf_take(&text);
        unum_buf_printf(&text, "[%s]", rows[i].new);
        is = unum_buf_take(&text);
        struct plan_app old = load(&arena, was), new = load(&arena, is);
        diff_make(&old, &new, &arena, &diff);
        if (!find(&diff, rows[i].rule) || diff.verdict != rows[i].verdict)
            fail_msg("row %zu: no %s, or verdict %s", i, rows[i].rule,
                     diff_safety_name(diff.verdict));
        assert_true(diff.changed > 0);
        /* The other way round is a comparison too, and with itself nothing differs. */
        diff_make(&new, &old, &arena, &diff);
        assert_true(diff.changed > 0);
        diff_make(&new, &new, &arena, &diff);
        assert_true(diff.changed == 0 && diff.findings_len == 0 && diff.verdict == DIFF_SAFE);
    }
}

static void every_rule_has_its_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < diff_rules_len; i++) {
        const struct diff_rule *rule = &diff_rules[i];
        assert_non_null(rule->id);
        assert_true(strlen(rule->what) > 10 && strlen(rule->why) > 20);
        assert_int_equal(rule->why[strlen(rule->why) - 1], '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(rule->id, diff_rules[j].id);
    }
}

static void nothing_against_something(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct plan_app none = {0}, one = load(&arena, "[" TASK("A", START) "]");
    struct diff diff;
    diff_make(&none, &one, &arena, &diff);
    assert_int_equal(diff.functions[0].kind, DIFF_ADDED);
    assert_int_equal(diff.verdict, DIFF_SAFE);
    diff_make(&one, &none, &arena, &diff);
    assert_int_equal(diff.functions[0].kind, DIFF_REMOVED);
    assert_int_equal(diff.verdict, DIFF_UNSAFE);
    diff_make(&none, &none, &arena, &diff);
    assert_int_equal(diff.changed, 0);
}

/* Two nodes that enclose each other the wrong way round: no compiler writes this. */
static void contradicting_nodes_end(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    static const char *const texts[] = {
        "[" TASK("A", START ",\"Then\":null,\"Within\":[\"M\",\"N\"]") "," TASK(
            "B", ",\"Then\":null,\"Within\":[\"N\",\"M\"]") "]",
        "[" TASK("A", START ",\"Then\":null,\"Within\":[\"M\"]") "," TASK(
            "B", ",\"Then\":null,\"Within\":[\"N\",\"M\"]") "]",
        "[" TASK("A", START) "," TASK("A", "") "]"};
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        for (size_t j = 0; j < UNUM_COUNT(texts); j++) {
            struct plan_app old = load(&arena, texts[i]), new = load(&arena, texts[j]);
            struct diff diff;
            diff_make(&old, &new, &arena, &diff);
            assert_true(i == j ? !diff.changed : diff.changed > 0);
        }
    }
}

/* A chain that is turned round: one finding, without recursion. */
static void long_chains(void **state)
{
    (void)state;
    enum { LENGTH = 20000 };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF there = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct unum_buf UNUM_AUTO_BUF back = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct diff diff;
    for (int i = 0; i < LENGTH; i++) {
        static const char form[] =
            "%c{\"IRVersion\":1,\"Name\":\"N%d\",\"Start\":%s,\"Next\":{\"Name\":\"N%d\","
            "\"InputType\":\"Scalar\"}}";
        unum_buf_printf(&there, form, i ? ',' : '[', i, i ? "false" : "true", i + 1);
        unum_buf_printf(&back, form, i ? ',' : '[', i + 1, i + 1 < LENGTH ? "false" : "true", i);
    }
    unum_buf_addc(&there, ']');
    unum_buf_addc(&back, ']');
    struct plan_app old = load(&arena, unum_buf_text(&there)),
                    new = load(&arena, unum_buf_text(&back));
    diff_make(&old, &new, &arena, &diff);
    assert_non_null(find(&diff, "order"));
    assert_non_null(find(&diff, "entry"));
    assert_int_equal(diff.verdict, DIFF_UNSAFE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_definitions_do_not_reach),
        cmocka_unit_test(every_rule_has_its_reason),
        cmocka_unit_test(nothing_against_something),
        cmocka_unit_test(contradicting_nodes_end),
        cmocka_unit_test(long_chains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Costs and places at sizes and in shapes that no test runs; tests/workflows/costs.c compares the
 * numbers with what the platform counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/limits.h"
#include "plan/cost.h"
#include "plan/place.h"

struct fixture {
    struct unum_arena arena;
    struct plan_app app;
    struct plan_whole whole;
    struct costs costs;
    struct places places;
};

static void explain(struct fixture *f, const struct unum_buf *nodes, uint64_t elements)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct ir_node *all = NULL;
    unum_buf_adds(&text, "{\"IRVersion\":1,\"Name\":\"unum-failures\",\"Nodes\":[");
    unum_buf_add(&text, unum_buf_str(nodes));
    unum_buf_adds(&text, "]}");
    *f = (struct fixture){0};
    if (ir_load(unum_buf_str(&text), &f->arena, &all, &err))
        fail_msg("%s", unum_err_text(&err));
    f->app.at = unum_arena_array(&f->arena, all->nodes_len, sizeof(*f->app.at));
    f->app.len = all->nodes_len;
    for (size_t i = 0; i < f->app.len; i++)
        f->app.at[i] = (struct plan_node){all->nodes[i].name, UNUM_STR_NONE, &all->nodes[i]};
    plan_whole(&f->app, &f->whole);
    plan_cost(&f->whole, elements, &f->arena, &f->costs);
    plan_places(&f->app, &f->whole, &f->arena, &f->places);
}

static void forget(struct fixture *f)
{
    plan_whole_done(&f->whole);
    unum_arena_done(&f->arena);
}

static void long_chains_are_linear(void **state)
{
    (void)state;
    enum { LENGTH = 20000 };
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct fixture f;
    for (int i = 0; i < LENGTH; i++) {
        unum_buf_printf(&text, "%s{\"IRVersion\":1,\"Name\":\"N%d\",\"Start\":%s", i ? "," : "", i,
                        i ? "false" : "true");
        if (i + 1 < LENGTH)
            unum_buf_printf(&text, ",\"Next\":{\"Name\":\"N%d\",\"InputType\":\"Scalar\"}", i + 1);
        unum_buf_addc(&text, '}');
    }
    explain(&f, &text, 1);
    assert_true(f.costs.run.possible);
    assert_int_equal(f.costs.run.longest.invocations, LENGTH);
    assert_int_equal(f.costs.run.longest.writes, LENGTH + 2);
    assert_int_equal(f.places.len, LENGTH);
    assert_true(unum_str_is(f.places.at[LENGTH - 1].at[0].node->name, "N19999"));
    forget(&f);
}

/* Maps in Maps of 100,000 elements each: numbers end, they do not wrap. */
static void numbers_do_not_wrap(void **state)
{
    (void)state;
    enum { DEPTH = 12 };
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct fixture f;
    unum_buf_adds(&text,
                  "{\"IRVersion\":1,\"Name\":\"A\",\"Start\":true,\"Then\":\"M0\",\"States\":"
                  "{\"B\":{\"Type\":\"Task\",\"Node\":\"B\"}");
    for (int i = 0; i < DEPTH; i++) {
        unum_buf_printf(&text, ",\"M%d\":{\"Type\":\"Map\",\"Start\":\"", i);
        if (i + 1 < DEPTH)
            unum_buf_printf(&text, "M%d", i + 1);
        else
            unum_buf_addc(&text, 'B');
        unum_buf_adds(&text, "\"}");
    }
    unum_buf_adds(&text, "}},{\"IRVersion\":1,\"Name\":\"B\",\"Then\":null,\"Within\":[");
    for (int i = 0; i < DEPTH; i++)
        unum_buf_printf(&text, "%s\"M%d\"", i ? "," : "", i);
    unum_buf_adds(&text, "]}");
    explain(&f, &text, UNUM_LIMIT_FAN_OUT);
    assert_true(f.costs.run.possible);
    assert_true(f.costs.run.longest.invocations == UINT64_MAX);
    assert_true(f.costs.run.longest.writes == UINT64_MAX);
    forget(&f);
    explain(&f, &text, 0);
    assert_int_equal(f.costs.run.shortest.invocations, 1);
    forget(&f);
}

/* Nothing is the entry, nodes contradict each other, a fan-out nobody opens. */
static void odd_ir_ends(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"IRVersion\":1,\"Name\":\"A\"}",
        "{\"IRVersion\":1,\"Name\":\"A\",\"Start\":true,\"Then\":null,\"Within\":[\"M\",\"N\"]},"
        "{\"IRVersion\":1,\"Name\":\"B\",\"Then\":null,\"Within\":[\"N\",\"M\"]}",
        "{\"IRVersion\":1,\"Name\":\"A\",\"Start\":true,\"Then\":\"B\",\"States\":{\"B\":{\"Type\":"
        "\"Task\",\"Node\":\"B\"}}},{\"IRVersion\":1,\"Name\":\"B\",\"Then\":\"A\",\"States\":{"
        "\"A\":{\"Type\":\"Task\",\"Node\":\"A\"}}}",
        "{\"IRVersion\":1,\"Name\":\"A\",\"Start\":true,\"Then\":\"F\",\"States\":{\"F\":{\"Type\":"
        "\"Fail\"}}}"};
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
        struct fixture f;
        unum_buf_adds(&text, texts[i]);
        explain(&f, &text, 3);
        assert_true(f.places.len > 0);
        assert_int_equal(f.costs.elements_len, 0);
        forget(&f);
    }
}

/* More cycles than are counted. */
static void many_cycles(void **state)
{
    (void)state;
    enum { CYCLES = 300 };
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    struct fixture f;
    for (int i = 0; i < CYCLES; i++)
        unum_buf_printf(
            &text,
            "%s{\"IRVersion\":1,\"Name\":\"N%d\",\"Start\":%s,\"Then\":\"K%d\",\"States\":{\"K%d\":"
            "{\"Type\":\"Choice\",\"Fields\":{\"Choices\":[{\"Next\":\"N%d\"}],\"Default\":\"N%d\"}"
            ",\"Back\":[\"N%d\"]},\"N%d\":{\"Type\":\"Task\",\"Node\":\"N%d\"},\"N%d\":{\"Type\":"
            "\"Task\",\"Node\":\"N%d\"}}}",
            i ? "," : "", i, i ? "false" : "true", i, i, i, i + 1, i, i, i, i + 1, i + 1);
    unum_buf_printf(&text, ",{\"IRVersion\":1,\"Name\":\"N%d\"}", CYCLES);
    explain(&f, &text, 1);
    assert_int_equal(f.costs.turns_len, COST_LIMIT_TURNS);
    assert_int_equal(f.costs.turns_more, CYCLES - COST_LIMIT_TURNS);
    assert_int_equal(f.costs.turns[7].own.invocations, 1);
    assert_int_equal(f.costs.run.shortest.invocations, CYCLES + 1);
    forget(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_chains_are_linear),
        cmocka_unit_test(numbers_do_not_wrap),
        cmocka_unit_test(odd_ir_ends),
        cmocka_unit_test(many_cycles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rt_bench.h"

/* A node inside of a Map: an event of a run would need its frame. */
#define NODE                                                                                       \
    "{\"IRVersion\":1,\"Machine\":\"41\",\"Name\":\"B\",\"Start\":false,\"Checkpoint\":true,"      \
    "\"Within\":[\"M\"],\"Next\":{\"Name\":\"C\",\"InputType\":{\"Fan-in\":{\"Values\":[\"B-"      \
    "unumIndex-*\"]}}},"                                                                           \
    "\"Next Payload Modifiers\":[\"Pop\"]}"

static void echo(struct rt_inv *inv)
{
    inv->answer = (struct rt_answer){.given = true, .json = inv->input};
}

static void fail_loudly(struct rt_inv *inv)
{
    inv->answer = (struct rt_answer){.given = true,
                                     .failed = true,
                                     .error_type = UNUM_STR("Tax\r\nNoPrice"),
                                     .cause = UNUM_STR("no \"price\"")};
}

static void say_nothing(struct rt_inv *inv)
{
    (void)inv;
}

/* There is no store and no invoker here: whoever asked one would crash. */
static void expect(void (*run)(struct rt_inv *inv), const char *event, bool failed,
                   const char *body)
{
    struct rt_bench bench;
    rt_bench_open(&bench, NODE);
    const struct rt_code code = {"test", run};
    bench.rt.code = &code;
    bench.inv.reply.body = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    rt_invoke(&bench.inv, unum_str_from(event));
    assert_string_equal(unum_buf_text(&bench.inv.reply.body), body);
    assert_int_equal(bench.inv.reply.failed, failed);
    assert_int_equal(bench.inv.edges.len, 0);
    assert_int_equal(bench.inv.event.run.session.len, 0);
    if (failed)
        assert_true(unum_str_is(bench.inv.reply.error_type, "Unum.Failed"));
    unum_buf_done(&bench.inv.reply.body);
    rt_bench_close(&bench);
}

static void the_answer_is_the_codes_own(void **state)
{
    (void)state;
    expect(echo, "{\"Unum\":{\"Direct\":true},\"Data\":[1, 2.50]}", false, "[1, 2.50]");
    expect(echo, " {\"Data\":null,\n\"Unum\":{ \"Direct\":true}} ", false, "null");
    /* What looks like an event of a run is an input like another. */
    expect(echo,
           "{\"Unum\":{\"Direct\":true},\"Data\":{\"Data\":{\"Source\":\"http\",\"Value\":1},"
           "\"Session\":\"s\"}}",
           false, "{\"Data\":{\"Source\":\"http\",\"Value\":1},\"Session\":\"s\"}");
}

static void the_error_too(void **state)
{
    (void)state;
    expect(fail_loudly, "{\"Unum\":{\"Direct\":true},\"Data\":1}", true,
           "{\"errorMessage\":\"no \\\"price\\\"\",\"errorType\":\"Tax\\r\\nNoPrice\","
           "\"stackTrace\":[]}");
    expect(say_nothing, "{\"Unum\":{\"Direct\":true},\"Data\":1}", true,
           "{\"errorMessage\":\"the handler returned without an answer; call one of "
           "unum_answer_... or unum_fail\",\"errorType\":\"Unum.NoAnswer\",\"stackTrace\":[]}");
}

static void nothing_else_is_a_direct_call(void **state)
{
    (void)state;
    static const char *const events[] = {
        "1",
        "null",
        "{}",
        "[{\"Direct\":true},1]",
        "{\"Data\":1}",
        "{\"Unum\":{\"Direct\":true}}",
        "{\"Unum\":true,\"Data\":1}",
        "{\"Unum\":{\"Direct\":false},\"Data\":1}",
        "{\"Unum\":{\"Direct\":\"true\"},\"Data\":1}",
        "{\"Unum\":{\"Direct\":true,\"x\":1},\"Data\":1}",
        "{\"Unum\":{\"Direct\":true},\"Data\":1,\"Session\":\"s\"}",
        "{\"Unum\":{\"Direct\":true},\"Value\":1}",
        "{\"unum\":{\"Direct\":true},\"Data\":1}",
        "{\"Data\":{\"Source\":\"http\",\"Value\":1},\"Session\":\"s\"}",
    };
    for (size_t i = 0; i < UNUM_COUNT(events); i++) {
        struct unum_str input = UNUM_STR("untouched");
        if (rt_direct_input(unum_str_from(events[i]), &input))
            fail_msg("%s is taken for a direct call", events[i]);
        assert_true(unum_str_is(input, "untouched"));
    }
    assert_true(rt_direct_input(UNUM_STR("{\"Unum\":{\"Direct\":true},\"Data\":1}"), NULL));
}

/* The failure function gets what failed: a direct call must not become a run there. */
static void no_run_begins_with_one(void **state)
{
    (void)state;
    struct rt_bench bench;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    rt_bench_open(&bench, "{\"Name\":\"A\",\"Start\":true}");
    assert_int_equal(rt_event_parse(&bench.inv, UNUM_STR("{\"Unum\":{\"Direct\":true},\"Data\":1}"),
                                    &bench.inv.event, &err),
                     UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err), "a direct call is no part of a run");
    rt_bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_is_the_codes_own),
        cmocka_unit_test(the_error_too),
        cmocka_unit_test(nothing_else_is_a_direct_call),
        cmocka_unit_test(no_run_begins_with_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

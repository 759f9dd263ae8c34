/* What single states do with data, errors and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "eval/check.h"
#include "eval/test_state.h"
#include "json/json.h"

#define NAMED(text) ((struct unum_str){text, strlen(text)})

struct test {
    const char *state, *input, *mock; /* mock: a result; "!name" an error */
    const char *expected;             /* status output|error, next */
};

static void run_one(const struct test *test)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct test_state_result result = {0};
    struct test_state_request request = {
        .definition = NAMED(test->state),
        .input = NAMED(test->input),
        .context = UNUM_STR("{\"Execution\":{\"Name\":\"e\",\"Input\":{\"k\":1}},\"State\":{}}"),
        .variables = UNUM_STR("{\"v\":{\"x\":7},\"list\":[1,2]}"),
        .now_ms = 1000,
        .seed = 5};
    if (test->mock && test->mock[0] == '!') {
        request.fails = true;
        request.error = NAMED(test->mock + 1);
        request.cause = UNUM_STR("why");
    } else if (test->mock) {
        request.result = NAMED(test->mock);
    }
    if (test_state_run(&request, &arena, &result, &err))
        fail_msg("%s: %s", test->state, unum_err_text(&err));
    struct unum_str shown = result.output.ptr ? result.output : result.error;
    struct unum_str got = unum_arena_printf(
        &arena, "%s %.*s%s%.*s", test_state_status_name(result.status), UNUM_STR_ARG(shown),
        result.next.ptr ? " -> " : "", UNUM_STR_ARG(result.next));
    if (!unum_str_is(got, test->expected))
        fail_msg("%s\n  gives    %.*s (%.*s)\n  expected %s", test->state, UNUM_STR_ARG(got),
                 UNUM_STR_ARG(result.cause), test->expected);
}

#define PASS(fields) "{\"Type\":\"Pass\"," fields "}"
#define CALL(call)   PASS("\"Parameters\":{\"r.$\":\"" call "\"}")
#define TASK(fields) "{\"Type\":\"Task\",\"Resource\":\"F\"," fields "}"

static const struct test data[] = {
    {PASS("\"Next\":\"B\""), "1.0", NULL, "SUCCEEDED 1.0 -> B"},
    {PASS("\"InputPath\":null"), "1", NULL, "SUCCEEDED {}"},
    {PASS("\"OutputPath\":null"), "1", NULL, "SUCCEEDED {}"},
    {PASS("\"Parameters\":{\"a\\u002e$\":\"$.x\"}"), "{\"x\":1}", NULL, "SUCCEEDED {\"a\":1}"},
    {TASK("\"TimeoutSecondsPath\":\"$.t\""), "{\"t\":0}", "1", "FAILED States.Runtime"},
    {TASK("\"TimeoutSecondsPath\":\"$.t\""), "{\"t\":100000000}", "1", "FAILED States.Runtime"},
    {TASK("\"HeartbeatSecondsPath\":\"$.t\""), "{\"t\":\"x\"}", "1", "FAILED States.Runtime"},
    {TASK("\"TimeoutSecondsPath\":\"$.t\""), "{\"t\":1}", "1", "SUCCEEDED 1"},
    {PASS("\"InputPath\":\"$.x\""), "{}", NULL, "FAILED States.Runtime"},
    {PASS("\"Parameters\":{\"a.$\":\"$.x\",\"b\":{\"c.$\":\"$$.Execution.Input.k\",\"d\":\"$\"},"
          "\"e\":[{\"f.$\":\"$v.x\"}]}"),
     "{\"x\":[1e400]}", NULL,
     "SUCCEEDED {\"a\":[1e400],\"b\":{\"c\":1,\"d\":\"$\"},\"e\":[{\"f\":7}]}"},
    {PASS("\"Parameters\":{\"a.$\":5}"), "{}", NULL, "FAILED States.Runtime"},
    {PASS("\"Parameters\":{\"a.$\":\"nothing\"}"), "{}", NULL, "FAILED States.Runtime"},
    {PASS("\"Result\":{\"x.$\":\"$\"},\"ResultPath\":\"$.p.q\""), "{\"p\":{\"z\":1}}", NULL,
     "SUCCEEDED {\"p\":{\"z\":1,\"q\":{\"x.$\":\"$\"}}}"},
    {PASS("\"Result\":1,\"ResultPath\":\"$.l[1]\""), "{\"l\":[0,0]}", NULL,
     "SUCCEEDED {\"l\":[0,1]}"},
    {PASS("\"Result\":1,\"ResultPath\":\"$.l[2]\""), "{\"l\":[0,0]}", NULL,
     "FAILED States.ResultPathMatchFailure"},
    {PASS("\"Result\":1,\"ResultPath\":\"$.a\""), "[]", NULL,
     "FAILED States.ResultPathMatchFailure"},
    {PASS("\"Result\":1,\"ResultPath\":null"), "[5]", NULL, "SUCCEEDED [5]"},
    {TASK("\"ResultSelector\":{\"s.$\":\"$.v\"},\"ResultPath\":\"$.r\",\"OutputPath\":\"$.r\""),
     "{}", "{\"v\":3,\"w\":4}", "SUCCEEDED {\"s\":3}"},
    {"{\"Type\":\"Fail\",\"ErrorPath\":\"States.Format('E{}',$.n)\",\"Cause\":\"c\"}", "{\"n\":1}",
     NULL, "FAILED E1"},
    {"{\"Type\":\"Succeed\",\"InputPath\":\"$.a\",\"OutputPath\":\"$.b\"}", "{\"a\":{\"b\":2}}",
     NULL, "SUCCEEDED 2"},
    {"{\"Type\":\"Wait\",\"SecondsPath\":\"$.s\",\"Next\":\"N\"}", "{\"s\":3}", NULL,
     "SUCCEEDED {\"s\":3} -> N"},
    {"{\"Type\":\"Wait\",\"SecondsPath\":\"$.s\"}", "{\"s\":-1}", NULL, "FAILED States.Runtime"},
    {"{\"Type\":\"Wait\",\"Timestamp\":\"2016-12-05 21:29:29Z\"}", "{}", NULL,
     "FAILED States.Runtime"},
};

static const struct test calls[] = {
    {CALL("States.Format('{} \\\\{\\\\} it\\\\'s {}', $.o, $.l)"),
     "{\"o\":{\"a\":\"b\"},\"l\":[1,null]}", NULL, "SUCCEEDED {\"r\":\"{a=b} {} it's [1, null]\"}"},
    {CALL("States.Format('{}')"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.StringToJson($.t)"), "{\"t\":\"{\\\"a\\\":[1]}\"}", NULL,
     "SUCCEEDED {\"r\":{\"a\":[1]}}"},
    {CALL("States.StringToJson($.t)"), "{\"t\":\"{\"}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.JsonToString($.o)"), "{\"o\":{\"a\": [1, \" x\"]}}", NULL,
     "SUCCEEDED {\"r\":\"{\\\"a\\\":[1,\\\" x\\\"]}\"}"},
    {CALL("States.Array(1, 'a', $v.x, States.Array(), true, null)"), "{}", NULL,
     "SUCCEEDED {\"r\":[1,\"a\",7,[],true,null]}"},
    {CALL("States.ArrayPartition($.l, 2)"), "{\"l\":[1,2,3]}", NULL,
     "SUCCEEDED {\"r\":[[1,2],[3]]}"},
    {CALL("States.ArrayPartition($.l, 0)"), "{\"l\":[1]}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.ArrayContains($.l, $.x)"), "{\"l\":[{\"a\":1.0}],\"x\":{\"a\":1}}", NULL,
     "SUCCEEDED {\"r\":true}"},
    {CALL("States.ArrayRange(9, 1, -4)"), "{}", NULL, "SUCCEEDED {\"r\":[9,5,1]}"},
    {CALL("States.ArrayRange(1, 2000, 1)"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.ArrayGetItem($list, 1)"), "{}", NULL, "SUCCEEDED {\"r\":2}"},
    {CALL("States.ArrayGetItem($list, 2)"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.ArrayLength($.l)"), "{\"l\":5}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.ArrayUnique($.l)"),
     "{\"l\":[1,1.0,\"1\",null,null,{\"a\":1,\"b\":2},{\"b\":2,\"a\":1},[],[]]}", NULL,
     "SUCCEEDED {\"r\":[1,\"1\",null,{\"a\":1,\"b\":2},[]]}"},
    {CALL("States.Base64Decode(States.Base64Encode('h\xc3\xa9'))"), "{}", NULL,
     "SUCCEEDED {\"r\":\"h\xc3\xa9\"}"},
    {CALL("States.Base64Decode('%')"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.Hash('input data', 'MD5')"), "{}", NULL,
     "SUCCEEDED {\"r\":\"812f45842bc6d66ee14572ce20db8e86\"}"},
    {CALL("States.Hash('x', 'CRC')"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.JsonMerge($.a, $.b, false)"), "{\"a\":{\"x\":1,\"y\":{\"z\":1}},\"b\":{\"y\":2}}",
     NULL, "SUCCEEDED {\"r\":{\"x\":1,\"y\":2}}"},
    {CALL("States.JsonMerge($.a, $.a, true)"), "{\"a\":{}}", NULL,
     "FAILED States.IntrinsicFailure"},
    {CALL("States.MathAdd(1.5, -2.5)"), "{}", NULL, "SUCCEEDED {\"r\":0}"},
    {CALL("States.MathAdd(9223372036854775807, 1)"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.MathRandom(4, 5)"), "{}", NULL, "SUCCEEDED {\"r\":4}"},
    {CALL("States.MathRandom(5, 4)"), "{}", NULL, "FAILED States.IntrinsicFailure"},
    {CALL("States.StringSplit('This.is+a,,test', '.+,')"), "{}", NULL,
     "SUCCEEDED {\"r\":[\"This\",\"is\",\"a\",\"test\"]}"},
    {CALL("States.MathAdd($.nope, 1)"), "{}", NULL, "FAILED States.Runtime"},
};

#define CHOICE(rule)                                                                               \
    "{\"Type\":\"Choice\",\"Choices\":[{" rule ",\"Next\":\"Y\"}],\"Default\":\"N\"}"

static const struct test choices[] = {
    {CHOICE("\"Variable\":\"$\",\"StringMatches\":\"a*\\\\*c\""), "\"abb*c\"", NULL,
     "SUCCEEDED \"abb*c\" -> Y"},
    {CHOICE("\"Variable\":\"$\",\"StringMatches\":\"a*\\\\*c\""), "\"abbc\"", NULL,
     "SUCCEEDED \"abbc\" -> N"},
    {CHOICE("\"Variable\":\"$\",\"StringMatches\":\"*a*a*\""), "\"bab\"", NULL,
     "SUCCEEDED \"bab\" -> N"},
    {CHOICE("\"Variable\":\"$\",\"NumericGreaterThan\":9007199254740992"), "9007199254740993", NULL,
     "SUCCEEDED 9007199254740993 -> Y"},
    {CHOICE("\"Variable\":\"$\",\"NumericEquals\":1"), "1.00", NULL, "SUCCEEDED 1.00 -> Y"},
    {CHOICE("\"Variable\":\"$\",\"StringLessThan\":\"\xee\x80\x80\""), "\"\xf0\x90\x80\x80\"", NULL,
     "SUCCEEDED \"\xf0\x90\x80\x80\" -> Y"},
    {CHOICE("\"Variable\":\"$\",\"TimestampEquals\":\"2012-10-09T19:00:55.5Z\""),
     "\"2012-10-09T20:00:55.500+01:00\"", NULL, "SUCCEEDED \"2012-10-09T20:00:55.500+01:00\" -> Y"},
    {CHOICE("\"Variable\":\"$\",\"IsTimestamp\":true"), "\"2012-10-09t19:00:55Z\"", NULL,
     "SUCCEEDED \"2012-10-09t19:00:55Z\" -> N"},
    {CHOICE("\"Variable\":\"$.x\",\"IsPresent\":false"), "{}", NULL, "SUCCEEDED {} -> Y"},
    {CHOICE("\"Variable\":\"$.x\",\"IsNull\":true"), "{}", NULL, "FAILED States.Runtime"},
    {CHOICE("\"And\":[{\"Variable\":\"$.x\",\"IsPresent\":true},{\"Variable\":\"$.x\","
            "\"IsNull\":true}]"),
     "{}", NULL, "SUCCEEDED {} -> N"},
    {CHOICE("\"Or\":[{\"Not\":{\"Variable\":\"$\",\"IsNumeric\":true}},{\"Variable\":\"$\","
            "\"NumericEqualsPath\":\"$v.x\"}]"),
     "7", NULL, "SUCCEEDED 7 -> Y"},
    {"{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$\",\"IsNull\":true,\"Next\":\"Y\"}]}", "1",
     NULL, "FAILED States.NoChoiceMatched"},
};

static const struct test errors[] = {
    {TASK("\"Retry\":[{\"ErrorEquals\":[\"E\"]}]"), "{}", "!E", "RETRIABLE E"},
    {TASK("\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":0}]"), "{}", "!E", "FAILED E"},
    {TASK("\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}]"), "{}", "!States.Runtime",
     "FAILED States.Runtime"},
    {TASK("\"Catch\":[{\"ErrorEquals\":[\"States.TaskFailed\"],\"Next\":\"A\"},"
          "{\"ErrorEquals\":[\"States.Timeout\"],\"Next\":\"B\",\"ResultPath\":\"$.e\"}]"),
     "{\"i\":1}", "!States.HeartbeatTimeout",
     "CAUGHT_ERROR {\"i\":1,\"e\":{\"Error\":\"States.HeartbeatTimeout\",\"Cause\":\"why\"}} -> B"},
    {TASK("\"Catch\":[{\"ErrorEquals\":[\"Lambda.Unknown\"],\"Next\":\"A\",\"ResultPath\":null}]"),
     "1", "!Sandbox.Timedout", "CAUGHT_ERROR 1 -> A"},
    {TASK("\"Catch\":[{\"ErrorEquals\":[\"States.DataLimitExceeded\"],\"Next\":\"A\"}]"), "1",
     "!States.DataLimitExceeded",
     "CAUGHT_ERROR {\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"why\"} -> A"},
    {TASK("\"Parameters\":{\"a.$\":\"States.MathAdd('x',1)\"},"
          "\"Catch\":[{\"ErrorEquals\":[\"States.IntrinsicFailure\"],\"Next\":\"A\","
          "\"ResultPath\":null}]"),
     "1", "1", "CAUGHT_ERROR 1 -> A"},
    {"{\"Type\":\"Map\",\"ItemsPath\":\"$.l\",\"ItemProcessor\":{}}", "{\"l\":1}", "[]",
     "FAILED States.Runtime"},
};

#define EACH(table)                                                                                \
    static void each_of_##table(void **state)                                                      \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < UNUM_COUNT(table); i++)                                             \
            run_one(&(table)[i]);                                                                  \
    }
EACH(data)
EACH(calls)
EACH(choices)
EACH(errors)

/* Long texts are told apart by all of their characters, and by their value. */
static void unique_long_texts(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF input = UNUM_BUF_INIT(8 * UNUM_MB);
    unum_buf_addc(&input, '[');
    for (int i = 0; i < 20000; i++)
        unum_buf_printf(&input, "%s\"%080d\"", i ? "," : "", i / 2);
    unum_buf_printf(&input, ",\"\\u0030%079d\"]", 7);
    struct test test = {CALL("States.ArrayLength(States.ArrayUnique($))"), unum_buf_text(&input),
                        NULL, "SUCCEEDED {\"r\":10000}"};
    run_one(&test);
}

static void checks(void **state)
{
    static const char *const wrong[] = {
        "States.Nope()",     "States.Array(1",  "States.Array(1,)",   "States.UUID(1)",
        "States.Array('x)",  "States.Array(x)", "States.Array($.a[)", "States.MathAdd(1, 2) 3",
        "States.MathAdd(1)", "Format('')"};
    struct eval_flaw flaw;
    struct unum_str member = UNUM_STR_NONE;
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(wrong); i++) {
        if (eval_intrinsic_check(NAMED(wrong[i]), &flaw))
            fail_msg("%s is taken", wrong[i]);
    }
    assert_true(
        eval_intrinsic_check(UNUM_STR("States.Array($.a['x,)'], 'it\\'s', -1.5e3)"), &flaw));
    assert_false(eval_template_check(UNUM_STR("{\"a\":[{\"ok.$\":\"$.x\"},{\"b.$\":\"$.\"}]}"),
                                     &member, &flaw));
    assert_true(unum_str_is(member, "\"b.$\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_of_data),    cmocka_unit_test(each_of_calls),
        cmocka_unit_test(each_of_choices), cmocka_unit_test(each_of_errors),
        cmocka_unit_test(checks),          cmocka_unit_test(unique_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

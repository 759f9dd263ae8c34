/* Whole machines under virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "eval/machine.h"
#include "json/json.h"

#define NAMED(text) ((struct unum_str){text, strlen(text)})

/* A function named "fail:N" fails N times with "Bad"; "slow" takes 10 s; others echo. */
static void answer(void *cookie, const struct machine_task *task, struct unum_arena *arena,
                   struct machine_answer *ret)
{
    int *calls = cookie;
    uint64_t failures = 0;
    (void)arena;
    ++*calls;
    ret->output = task->input;
    ret->took_ms = 1000;
    if (unum_str_is(task->resource, "slow"))
        ret->took_ms = 10000;
    if (!unum_str_starts(task->resource, UNUM_STR("fail:")) ||
        !unum_str_to_u64(unum_str_from_pos(task->resource, 5), &failures) ||
        (uint64_t)task->retry_count >= failures)
        return;
    ret->failed = true;
    ret->error = UNUM_STR("Bad");
    ret->cause = UNUM_STR("why");
}

struct test {
    const char *states, *input;
    const char *expected; /* status output|error seconds calls */
};

static void run_one(const struct test *test)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int calls = 0;
    const struct machine_options options = {.cookie = &calls, .task = answer, .seed = 1};
    struct machine_result result;
    struct unum_str definition = unum_arena_printf(&arena, "{\"StartAt\":\"A\",%s}", test->states);
    struct unum_str checked;
    assert_int_equal(json_check(definition, &checked, &err), 0);
    if (machine_run(checked, NAMED(test->input), &options, &arena, &result, &err))
        fail_msg("%s: %s", test->states, unum_err_text(&err));
    bool right = result.status == MACHINE_SUCCEEDED;
    struct unum_str shown = right ? result.output : result.error;
    struct unum_str got =
        unum_arena_printf(&arena, "%s %.*s %llds %d", machine_status_name(result.status),
                          UNUM_STR_ARG(shown), (long long)(result.end_ms / 1000), calls);
    if (!unum_str_is(got, test->expected))
        fail_msg("%s\n  gives    %.*s (%.*s)\n  expected %s", test->states, UNUM_STR_ARG(got),
                 UNUM_STR_ARG(result.cause), test->expected);
}

#define STATES(s)     "\"States\":{" s "}"
#define TASK(f, more) "{\"Type\":\"Task\",\"Resource\":\"" f "\"," more "}"
#define INNER(s)      "{\"StartAt\":\"I\",\"States\":{" s "}}"
#define END           "\"End\":true"

static const struct test machines[] = {
    {STATES("\"A\":" TASK("f", "\"Next\":\"B\"") ",\"B\":{\"Type\":\"Wait\",\"Seconds\":60," END
                                                 "}"),
     "[1]", "SUCCEEDED [1] 61s 1"},
    /* 1 s of work, then 2, 4 and 5 (the ceiling) between the attempts */
    {STATES("\"A\":" TASK("fail:3",
                          END ",\"Retry\":[{\"ErrorEquals\":[\"Bad\"],\"IntervalSeconds\":2,"
                              "\"MaxDelaySeconds\":5}]")),
     "7", "SUCCEEDED 7 15s 4"},
    {STATES("\"A\":" TASK("fail:9", END ",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],"
                                        "\"MaxAttempts\":1,\"BackoffRate\":1}]")),
     "7", "FAILED Bad 3s 2"},
    {STATES("\"A\":" TASK("slow", END ",\"TimeoutSeconds\":4,\"Catch\":[{\"ErrorEquals\":"
                                      "[\"States.Timeout\"],\"ResultPath\":null,\"Next\":\"B\"}"
                                      "]") ",\"B\":{\"Type\":\"Succeed\"}"),
     "7", "SUCCEEDED 7 4s 1"},
    {"\"TimeoutSeconds\":5," STATES("\"A\":" TASK("slow", END)), "7",
     "TIMED_OUT States.Timeout 5s 1"},
    {STATES("\"A\":{\"Type\":\"Map\",\"MaxConcurrency\":2,\"ItemProcessor\":" INNER(
         "\"I\":" TASK("f", END)) "," END "}"),
     "[1,2,3,4,5]", "SUCCEEDED [1,2,3,4,5] 3s 5"},
    {STATES("\"A\":{\"Type\":\"Map\",\"ItemProcessor\":" INNER("\"I\":" TASK("f", END)) "," END
                                                                                        "}"),
     "[]", "SUCCEEDED [] 0s 0"},
    {STATES("\"A\":{\"Type\":\"Map\",\"ToleratedFailureCount\":1,\"ItemProcessor\":" INNER(
         "\"I\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$\",\"NumericLessThan\":3,"
         "\"Next\":\"F\"}],\"Default\":\"S\"},\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"},\"S\":{"
         "\"Type\":\"Succeed\"}") "," END "}"),
     "[1,2,3]", "FAILED States.ExceedToleratedFailureThreshold 0s 0"},
    /* a catch inside of a Map inside of a Parallel; branches in order, time of the longest */
    {STATES("\"A\":{\"Type\":\"Parallel\",\"Branches\":[" INNER(
         "\"I\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"J\",\"States\":{"
         "\"J\":" TASK("fail:9", END ",\"Catch\":[{\"ErrorEquals\":[\"Bad\"],\"Next\":\"K\"}"
                                     "]") ",\"K\":{"
                                          "\"Type\":\"Pass\",\"Parameters\":{\"c.$\":\"$."
                                          "Cause\"},\"End\":true}}}," END
                                          "}") "," INNER("\"I\":" TASK("slow", END)) "]," END "}"),
     "[0]", "SUCCEEDED [[{\"c\":\"why\"}],[0]] 10s 2"},
    /* a cycle, with a variable that counts */
    {STATES("\"A\":{\"Type\":\"Pass\",\"Assign\":{\"n\":0},\"Next\":\"B\"},\"B\":{\"Type\":"
            "\"Pass\",\"Assign\":{\"n.$\":\"States.MathAdd($n,1)\"},\"Next\":\"C\"},\"C\":{"
            "\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$n\",\"NumericLessThan\":9,\"Next\":"
            "\"B\"}],\"Default\":\"D\"},\"D\":{\"Type\":\"Pass\",\"Parameters\":{\"n.$\":\"$n\"},"
            "\"End\":true}"),
     "{}", "SUCCEEDED {\"n\":9} 0s 0"},
    {STATES("\"A\":{\"Type\":\"Pass\",\"Next\":\"A\"}"), "{}", "FAILED States.Runtime 0s 0"},
    /* a branch that fails in time decides, even if another one runs out of it */
    {"\"TimeoutSeconds\":5," STATES(
         "\"A\":{\"Type\":\"Parallel\",\"Branches\":[" INNER("\"I\":" TASK("slow", END)) "," INNER(
             "\"I\":" TASK("fail:9", END)) "],\"Catch\":[{\"ErrorEquals\":[\"Bad\"],"
                                           "\"Next\":\"C\"}]," END
                                           "},\"C\":{\"Type\":\"Succeed\"}"),
     "7", "SUCCEEDED {\"Error\":\"Bad\",\"Cause\":\"why\"} 1s 2"},
    {"\"TimeoutSeconds\":5," STATES("\"A\":{\"Type\":\"Map\",\"MaxConcurrency\":1,"
                                    "\"ItemProcessor\":" INNER("\"I\":" TASK("slow", END)) "," END
                                                                                           "}"),
     "[1,2]", "TIMED_OUT States.Timeout 5s 1"},
    /* variables of a branch stay in it */
    {STATES("\"A\":{\"Type\":\"Pass\",\"Assign\":{\"x\":1},\"Next\":\"B\"},\"B\":{\"Type\":"
            "\"Parallel\",\"Branches\":[" INNER("\"I\":{\"Type\":\"Pass\",\"Assign\":{\"x\":2},"
                                                "\"End\":true}") "],\"Next\":\"C\"},"
                                                                 "\"C\":{\"Type\":\"Pass\","
                                                                 "\"Parameters\":{\"x.$\":\"$"
                                                                 "x\"},\"End\":true}"),
     "{}", "SUCCEEDED {\"x\":1} 0s 0"},
};

static void machines_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(machines); i++)
        run_one(&machines[i]);
}

/* Failures at the same time: the first one, or one of them by chance. */
static void ties(void **state)
{
    (void)state;
    static const char definition[] =
        "{\"StartAt\":\"A\"," STATES("\"A\":{\"Type\":\"Map\",\"ItemProcessor\":" INNER(
            "\"I\":{\"Type\":\"Fail\",\"ErrorPath\":\"$\"}") "," END "}") "}";
    unsigned seen = 0;
    for (uint64_t tie = 0; tie < 40; tie++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        int calls = 0;
        const struct machine_options options = {.cookie = &calls, .task = answer, .tie = tie};
        struct machine_result result;
        assert_int_equal(machine_run(NAMED(definition), UNUM_STR("[\"0\",\"1\",\"2\"]"), &options,
                                     &arena, &result, &err),
                         0);
        assert_int_equal(result.status, MACHINE_FAILED);
        assert_int_equal(result.failed_branches, 3);
        assert_true(tie || unum_str_is(result.error, "0"));
        seen |= 1u << (result.error.ptr[0] - '0');
    }
    assert_int_equal(seen, 7);
}

static void what_cannot_be_run(void **state)
{
    static const struct {
        const char *definition;
        int rc;
    } wrong[] = {
        {"{}", UNUM_E_INVAL},
        {"{\"StartAt\":\"A\",\"States\":{}}", UNUM_E_INVAL},
        {"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"}}}", UNUM_E_INVAL},
        {"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Nope\"}}}", UNUM_E_INVAL},
        {"{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\"States\":{}}", UNUM_E_UNSUPPORTED},
        {"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"},\"B\":{\"Type\":\"Task\","
         "\"Resource\":\"arn:aws:states:::sqs:sendMessage\"}}}",
         UNUM_E_UNSUPPORTED},
        {"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,\"Resource\":"
         "\"arn:aws-cn:states:::sqs:sendMessage\"}}}",
         UNUM_E_UNSUPPORTED},
        {"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,\"Resource\":"
         "\"arn:aws:states:us-east-1:000000000000:activity:a\"}}}",
         UNUM_E_UNSUPPORTED},
    };
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(wrong); i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        int calls = 0;
        const struct machine_options options = {.cookie = &calls, .task = answer};
        struct machine_result result;
        if (machine_run(NAMED(wrong[i].definition), UNUM_STR("1"), &options, &arena, &result,
                        &err) != wrong[i].rc)
            fail_msg("%s: %s", wrong[i].definition, unum_err_text(&err));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_run),
        cmocka_unit_test(ties),
        cmocka_unit_test(what_cannot_be_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The model that the projection gets: from JSON and from YAML the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "asl/states.h"
#include "base/limits.h"
#include "yaml/yaml_doc.h"

static const char json[] =
    "{\"StartAt\": \"T\", \"TimeoutSeconds\": 900, \"States\": {\n"
    "  \"T\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::lambda:invoke\",\n"
    "    \"Comment\": \"c\", \"Parameters\": {\"FunctionName\": \"B\", \"Payload.$\": \"$.x\"},\n"
    "    \"ResultPath\": null, \"TimeoutSeconds\": 1e1,\n"
    "    \"Retry\": [{\"ErrorEquals\": [\"E\", \"F\"], \"BackoffRate\": 1.50, \"MaxDelaySeconds\": "
    "9,\n"
    "      \"JitterStrategy\": \"FULL\", \"MaxAttempts\": 0}],\n"
    "    \"Catch\": [{\"ErrorEquals\": [\"States.ALL\"], \"ResultPath\": \"$.e\", \"Assign\": "
    "{\"v\": 1},\n"
    "      \"Next\": \"F\"}], \"Next\": \"C\"},\n"
    "  \"C\": {\"Type\": \"Choice\", \"Default\": \"F\", \"Choices\": [{\"Comment\": \"c\", "
    "\"Next\": \"T\",\n"
    "    \"Variable\": \"$.n\", \"NumericEquals\": 1.0, \"Assign\": {\"w.$\": \"$\"}}]},\n"
    "  \"F\": {\"Type\": \"Fail\", \"ErrorPath\": \"$.e\"}\n"
    "}}\n";

static const char yaml[] = "StartAt: T\n"
                           "TimeoutSeconds: 900\n"
                           "States:\n"
                           "  T:\n"
                           "    Type: Task\n"
                           "    Resource: arn:aws:states:::lambda:invoke\n"
                           "    Comment: c\n"
                           "    Parameters: {FunctionName: B, Payload.$: $.x}\n"
                           "    ResultPath: null\n"
                           "    TimeoutSeconds: 1e1\n"
                           "    Retry:\n"
                           "      - ErrorEquals: [E, F]\n"
                           "        BackoffRate: 1.50\n"
                           "        MaxDelaySeconds: 9\n"
                           "        JitterStrategy: FULL\n"
                           "        MaxAttempts: 0\n"
                           "    Catch:\n"
                           "      - ErrorEquals: [States.ALL]\n"
                           "        ResultPath: $.e\n"
                           "        Assign: {v: 1}\n"
                           "        Next: F\n"
                           "    Next: C\n"
                           "  C:\n"
                           "    Type: Choice\n"
                           "    Default: F\n"
                           "    Choices:\n"
                           "      - Comment: c\n"
                           "        Next: T\n"
                           "        Variable: $.n\n"
                           "        NumericEquals: 1.0\n"
                           "        Assign: {w.$: $}\n"
                           "  F: {Type: Fail, ErrorPath: $.e}\n";

static void is(struct unum_str got, const char *wanted)
{
    assert_int_equal(got.len, strlen(wanted));
    assert_memory_equal(got.ptr, wanted, got.len);
}

static void check_task(const struct asl_state *task)
{
    assert_true(task->invoke && task->crosses && !task->end);
    assert_int_equal(task->function, 1);
    is(asl_value(task, ASL_RESULT_PATH)->json, "null");
    assert_null(asl_value(task, ASL_RESULT_PATH)->text.ptr);
    is(asl_value(task, ASL_TIMEOUT_SECONDS)->json, "1e1");
    assert_null(asl_value(task, ASL_INPUT_PATH));
    is(task->fields,
       "{\"Parameters\":{\"FunctionName\":\"B\",\"Payload.$\":\"$.x\"},\"ResultPath\":null,"
       "\"TimeoutSeconds\":1e1,\"Retry\":[{\"ErrorEquals\":[\"E\",\"F\"],\"BackoffRate\":1.50,"
       "\"MaxDelaySeconds\":9,\"JitterStrategy\":\"FULL\",\"MaxAttempts\":0}],\"Catch\":["
       "{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$.e\",\"Assign\":{\"v\":1},\"Next\":"
       "\"F\"}]}");
    assert_int_equal(task->retriers_len, 1);
    assert_int_equal(task->retriers[0].errors.len, 2);
    is(task->retriers[0].errors.at[1], "F");
    assert_int_equal(task->retriers[0].interval, 1);
    assert_int_equal(task->retriers[0].max_attempts, 0);
    assert_int_equal(task->retriers[0].max_delay, 9);
    is(task->retriers[0].backoff, "1.50");
    assert_true(task->retriers[0].jitter);
    assert_int_equal(task->catchers_len, 1);
    is(task->catchers[0].target->state->name, "F");
    is(task->next->name, "C");
    assert_int_equal(task->targets_len, 2);
}

static void check_choice(const struct asl_state *choice)
{
    assert_null(choice->next);
    is(choice->dflt->name, "F");
    assert_int_equal(choice->choices_len, 1);
    is(choice->choices[0].rule, "{\"Variable\":\"$.n\",\"NumericEquals\":1.0}");
    is(choice->choices[0].target->state->name, "T");
    is(choice->fields, "{\"Default\":\"F\",\"Choices\":[{\"Comment\":\"c\",\"Next\":\"T\","
                       "\"Variable\":\"$.n\",\"NumericEquals\":1.0,\"Assign\":{\"w.$\":\"$\"}}]}");
}

static void check(const char *path, const char *text)
{
    static const struct asl_function known[] = {{.name = UNUM_STR_INIT("A")},
                                                {.name = UNUM_STR_INIT("B")}};
    static const struct asl_functions functions = {known, UNUM_COUNT(known)};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {path, unum_str_from(text)};
    struct doc *doc = doc_parse_file(&source, &arena, &diags);
    assert_non_null(doc);
    const struct asl_machine *machine = asl_parse(doc, &functions, &arena, &diags);
    assert_non_null(machine);
    assert_int_equal(machine->timeout, 900);
    assert_int_equal(machine->states, 3);
    is(machine->scope.start->name, "T");
    check_task(&machine->scope.states[0]);
    check_choice(&machine->scope.states[1]);
    assert_true(machine->scope.states[2].end);
    is(machine->scope.states[2].fields, "{\"ErrorPath\":\"$.e\"}");
    /* Only A is not used. */
    assert_int_equal(diags.list.len, 1);
    assert_int_equal(diags.list.at[0].code, UNUM_W0414);
}

static void json_and_yaml_give_the_same_model(void **state)
{
    (void)state;
    check("machine.json", json);
    check("machine.yaml", yaml);
}

static void without_a_template_any_function_is_taken(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_source source = {"machine.json", unum_str_from(json)};
    struct doc *doc = doc_parse_file(&source, &arena, &diags);
    const struct asl_machine *machine = asl_parse(doc, NULL, &arena, &diags);
    assert_non_null(machine);
    assert_true(machine->scope.states[0].function == ASL_FUNCTION_NONE);
    assert_int_equal(diags.list.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_and_yaml_give_the_same_model),
        cmocka_unit_test(without_a_template_any_function_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

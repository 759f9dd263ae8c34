/* What makes a test of a state impossible. */
#include <stdlib.h>

#include "base/alloc.h"
#include "eval/eval_internal.h"
#include "eval/test_state_internal.h"

#define LAMBDA_INVOKE "lambda:invoke"

static bool is(struct unum_str type, const char *name)
{
    return unum_str_is(type, name);
}

static int check_type(struct test_state *t)
{
    static const char *const types[] = {"Task", "Wait",   "Pass",     "Succeed",
                                        "Fail", "Choice", "Parallel", "Map"};
    for (size_t i = 0; i < UNUM_COUNT(types); i++) {
        if (is(t->type, types[i]))
            return 0;
    }
    return unum_err_set(t->err, UNUM_E_INVAL,
                        "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field "
                        "'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
                        "Choice, Parallel, Map] at /States/%.*s/Type'",
                        UNUM_STR_ARG(t->name));
}

static int check_branches(struct test_state *t)
{
    struct unum_str branches = eval_field(t->fields, "Branches");
    if (is(t->type, "Parallel") && branches.ptr && json_count(branches) == 0)
        return unum_err_set(t->err, UNUM_E_INVAL,
                            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value "
                            "cannot be empty at /States/%.*s/Branches'",
                            UNUM_STR_ARG(t->name));
    return 0;
}

static int check_mock(struct test_state *t)
{
    bool many = is(t->type, "Map") || is(t->type, "Parallel");
    bool mocked = t->request->fails || t->request->result.ptr;
    if (t->request->fails && t->request->result.ptr)
        return unum_err_set(t->err, UNUM_E_INVAL,
                            "A test mock should have only one of the following fields: [result, "
                            "errorOutput].");
    if (!mocked && many)
        return unum_err_set(t->err, UNUM_E_INVAL,
                            "TestState API does not support Map or Parallel states. Supported "
                            "state types include: [Task, Wait, Pass, Succeed, Fail, Choice]");
    if (mocked && !many && !is(t->type, "Task"))
        return unum_err_set(t->err, UNUM_E_INVAL,
                            "State type '%.*s' is not supported when a mock is specified",
                            UNUM_STR_ARG(t->type));
    return 0;
}

static int check_result_shape(struct test_state *t)
{
    struct unum_str result = t->request->result;
    bool writer = eval_field(t->fields, "ResultWriter").ptr != NULL;
    if (!result.ptr || (!is(t->type, "Map") && !is(t->type, "Parallel")))
        return 0;
    if (is(t->type, "Map") && writer)
        return json_type(result) == JSON_OBJECT
                   ? 0
                   : unum_err_set(t->err, UNUM_E_INVAL, "Mocked result must be a JSON object.");
    if (json_type(result) != JSON_ARRAY)
        return unum_err_set(t->err, UNUM_E_INVAL, "Mocked result must be an array.");
    if (is(t->type, "Parallel") &&
        json_count(result) != json_count(eval_field(t->fields, "Branches")))
        return unum_err_set(t->err, UNUM_E_INVAL,
                            "Mocked result must contain the same number of items as number of "
                            "Parallel branches.");
    return 0;
}

/* ---- context object ---- */

enum field_type { TEXT, NUMBER, ANY };

static const struct context_field {
    const char *part, *name;
    enum field_type type;
} context_fields[] = {
    {"Execution", "Id", TEXT},
    {"Execution", "Input", ANY},
    {"Execution", "Name", TEXT},
    {"Execution", "RoleArn", TEXT},
    {"Execution", "StartTime", TEXT},
    {"Execution", "RedriveCount", NUMBER},
    {"Execution", "RedriveTime", TEXT},
    {"State", "EnteredTime", TEXT},
    {"State", "Name", TEXT},
    {"State", "RetryCount", NUMBER},
    {"StateMachine", "Id", TEXT},
    {"StateMachine", "Name", TEXT},
    {"Task", "Token", TEXT},
};

static int invalid_context(struct test_state *t, const char *format, ...) UNUM_PRINTF(2, 3);
static int invalid_context(struct test_state *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *UNUM_AUTO_FREE why = unum_err_format(format, args);
    va_end(args);
    return unum_err_set(t->err, UNUM_E_INVAL, "Invalid Context object provided: %s", why);
}

static int check_field(struct test_state *t, struct unum_str part, struct unum_str key,
                       struct unum_str value)
{
    for (size_t i = 0; i < UNUM_COUNT(context_fields); i++) {
        const struct context_field *field = &context_fields[i];
        if (!json_is(part, unum_str_from(field->part)) || !json_is(key, unum_str_from(field->name)))
            continue;
        if (field->type == TEXT && json_type(value) != JSON_STRING)
            return invalid_context(t, "%s.%s must be a string", field->part, field->name);
        if (field->type == NUMBER && json_type(value) != JSON_NUMBER)
            return invalid_context(t, "%s.%s must be a number", field->part, field->name);
        return 0;
    }
    return invalid_context(t, "Field '%.*s' is not allowed",
                           UNUM_STR_ARG(eval_text(t->arena, key)));
}

static int check_part(struct test_state *t, struct unum_str part, struct unum_str value)
{
    static const char *const parts[] = {"Execution", "State", "StateMachine", "Task"};
    struct unum_str name = eval_text(t->arena, part);
    struct unum_str key;
    struct unum_str member;
    size_t i = 0;
    while (i < UNUM_COUNT(parts) && !unum_str_is(name, parts[i]))
        i++;
    if (unum_str_is(name, "Map"))
        return invalid_context(t, "'Map' field is not supported when mocking a Context object");
    if (i == UNUM_COUNT(parts))
        return invalid_context(t, "Field '%.*s' is not allowed", UNUM_STR_ARG(name));
    if (unum_str_is(name, "Task"))
        return invalid_context(t, "Context object contains 'Task' when state is not a Task state "
                                  "with a '.sync' or '.waitForTaskToken' service integration "
                                  "pattern");
    if (json_type(value) != JSON_OBJECT)
        return invalid_context(t, "%.*s must be an object", UNUM_STR_ARG(name));
    struct json_iter iter = json_iter(value);
    int rc = 0;
    while (rc == 0 && json_next(&iter, &key, &member))
        rc = check_field(t, part, key, member);
    return rc;
}

static int check_context(struct test_state *t)
{
    struct unum_str context = t->request->context;
    struct unum_str part;
    struct unum_str value;
    int rc = 0;
    if (!context.ptr)
        return 0;
    if (json_type(context) != JSON_OBJECT)
        return invalid_context(t, "it must be an object");
    struct json_iter iter = json_iter(context);
    while (rc == 0 && json_next(&iter, &part, &value))
        rc = check_part(t, part, value);
    return rc;
}

/* ---- what is not there ---- */

static int check_supported(struct test_state *t)
{
    struct unum_str language = eval_field(t->fields, "QueryLanguage");
    struct unum_str of_machine = eval_field(t->request->definition, "QueryLanguage");
    struct unum_str resource = eval_text(t->arena, eval_field(t->fields, "Resource"));
    if (!language.ptr)
        language = of_machine;
    if (language.ptr && json_is(language, UNUM_STR("JSONata")))
        return unum_err_set(t->err, UNUM_E_UNSUPPORTED,
                            "the state is written in JSONata; only JSONPath can be evaluated");
    struct unum_str service = eval_service(resource);
    if (is(t->type, "Task") && eval_is_activity(resource))
        return unum_err_set(t->err, UNUM_E_UNSUPPORTED, "\"%.*s\" is an Activity",
                            UNUM_STR_ARG(resource));
    if (is(t->type, "Task") && service.ptr && !unum_str_is(service, LAMBDA_INVOKE))
        return unum_err_set(t->err, UNUM_E_UNSUPPORTED, "\"%.*s\" is a service other than Lambda",
                            UNUM_STR_ARG(resource));
    if (eval_field(t->fields, "ItemReader").ptr || eval_field(t->fields, "ItemBatcher").ptr ||
        eval_field(t->fields, "ResultWriter").ptr)
        return unum_err_set(t->err, UNUM_E_UNSUPPORTED,
                            "ItemReader, ItemBatcher and ResultWriter are not supported");
    if (is(t->type, "Task") && !t->request->fails && !t->request->result.ptr)
        return unum_err_set(t->err, UNUM_E_UNSUPPORTED,
                            "a Task needs a mocked result or error: no function is called here");
    return 0;
}

/* What the Lambda service answers with. */
static int check_invoke(struct test_state *t)
{
    static const char *const texts[] = {"ExecutedVersion", "FunctionError", "LogResult"};
    struct unum_str result = t->request->result;
    struct unum_str resource = eval_text(t->arena, eval_field(t->fields, "Resource"));
    if (!result.ptr || !unum_str_is(eval_service(resource), LAMBDA_INVOKE) ||
        t->request->validation == TEST_STATE_NONE)
        return 0;
    struct unum_str status = eval_field(result, "StatusCode");
    if (status.ptr && json_type(status) != JSON_NUMBER)
        return unum_err_set(t->err, UNUM_E_INVAL,
                            "Mock result schema validation error: Field 'StatusCode' must be a "
                            "number");
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        struct unum_str value = eval_field(result, texts[i]);
        if (value.ptr && json_type(value) != JSON_STRING)
            return unum_err_set(t->err, UNUM_E_INVAL,
                                "Mock result schema validation error: Field '%s' must be a string",
                                texts[i]);
    }
    return 0;
}

int test_state_check(struct test_state *t)
{
    int (*const checks[])(struct test_state *) = {
        check_type,    check_branches,  check_mock,  check_result_shape,
        check_context, check_supported, check_invoke};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < UNUM_COUNT(checks); i++)
        rc = checks[i](t);
    return rc;
}

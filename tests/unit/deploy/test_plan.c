#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "deploy/plan.h"
#include "support/aws_fake.h"

#define CREATED "<R><CreateChangeSetResult><Id>arn:set/u/1</Id></CreateChangeSetResult></R>"
#define SET(status, reason)                                                                        \
    "<R><DescribeChangeSetResult><ChangeSetId>arn:set/u/1</ChangeSetId><Status>" status            \
    "</Status><StatusReason>" reason "</StatusReason></DescribeChangeSetResult></R>"
#define DELETED "<R><DeleteChangeSetResult/></R>"
#define PROBLEMS(list, next)                                                                       \
    "<R><DescribeEventsResult><OperationEvents>" list "</OperationEvents>" next                    \
    "</DescribeEventsResult></R>"
#define PROBLEM(id, type, mode, reason, path)                                                      \
    "<member><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>" id                        \
    "</LogicalResourceId><ResourceType>" type "</ResourceType><ValidationFailureMode>" mode        \
    "</ValidationFailureMode><ValidationStatusReason>" reason                                      \
    "</ValidationStatusReason><ValidationPath>" path "</ValidationPath></member>"
#define EARLY                                                                                      \
    "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]."

static int open_fake(void **state)
{
    struct aws_fake *fake = calloc(1, sizeof(*fake));
    aws_fake_init(fake);
    aws_fake_open(fake);
    *state = fake;
    return 0;
}

static int close_fake(void **state)
{
    aws_fake_close(*state);
    free(*state);
    return 0;
}

static int make(struct aws_fake *fake, enum plan_outcome *ret, struct unum_err *err)
{
    static const struct deploy_ui ui = {0};
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct cfn_change_set set;
    const struct deploy_target target = {
        .client = fake->client, .clock = &fake->clock.clock, .ui = &ui};
    const struct plan_request request = {.stack = UNUM_STR("s"), .template_body = UNUM_STR("{}")};
    return plan_make(&target, &request, &arena, ret, &set, err);
}

static void what_validation_finds_is_told(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    enum plan_outcome outcome;
    AWS_FAKE_ANSWERS(
        fake, {.body = CREATED}, {.body = SET("FAILED", EARLY)},
        {.body = PROBLEMS(PROBLEM("F", "AWS::Lambda::Function", "FAIL", "it exists already", "")
                              PROBLEM("T", "AWS::DynamoDB::Table", "WARN", "a quota is near", ""),
                          "<NextToken>t</NextToken>")},
        {.body = PROBLEMS(
             "<member><EventType>STACK_EVENT</EventType></member>" PROBLEM(
                 "G", "AWS::IAM::Role", "FAIL", "no such property", "/Resources/G/Properties/X"),
             "")},
        {.body = DELETED});
    assert_int_equal(make(fake, &outcome, &err), UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err),
                        "CloudFormation does not accept the change:\n"
                        "  F (Lambda function): it exists already\n"
                        "  G (IAM role): no such property (/Resources/G/Properties/X)");
    assert_int_equal(fake->http.requests.len, 5);
}

static void without_them_the_reason_is_told(void **state)
{
    struct aws_fake *fake = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    enum plan_outcome outcome;
    AWS_FAKE_ANSWERS(fake, {.body = CREATED}, {.body = SET("FAILED", "something is wrong")},
                     {.status = 403,
                      .body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message>"
                              "</Error></ErrorResponse>"},
                     {.body = DELETED});
    assert_int_equal(make(fake, &outcome, &err), UNUM_E_INVAL);
    assert_string_equal(unum_err_text(&err),
                        "CloudFormation does not accept the change: something is wrong");
    assert_int_equal(fake->http.requests.len, 4);
}

static void an_empty_change_is_no_failure(void **state)
{
    struct aws_fake *fake = *state;
    enum plan_outcome outcome;
    AWS_FAKE_ANSWERS(
        fake, {.body = CREATED},
        {.body = SET("FAILED", "The submitted information didn't contain changes. Submit ...")},
        {.body = DELETED});
    assert_int_equal(make(fake, &outcome, NULL), 0);
    assert_int_equal(outcome, PLAN_EMPTY);
    assert_int_equal(fake->http.requests.len, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fake, close_fake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_validation_finds_is_told),
        TEST(without_them_the_reason_is_told),
        TEST(an_empty_change_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

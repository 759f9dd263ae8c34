/* What the emulated CloudFormation does to the other services: how a resource fails, what is left
 * of it then, and what an update takes away again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "package/zip.h"
#include "support/signed_request.h"
#include "support/temp_dir.h"
#include "xml/xml.h"

static struct local *local;
static struct unum_arena arena;

/* ---- asking ---- */

static int ask(const char *method, const char *service, const char *target, const char *operation,
               struct unum_str body, struct unum_buf *out)
{
    struct http_headers headers = {0};
    if (operation)
        http_headers_add(&headers, &arena, UNUM_STR("x-amz-target"), unum_str_from(operation));
    const struct signed_request request = {.method = method,
                                           .service = service,
                                           .target = unum_str_from(target),
                                           .headers = &headers,
                                           .body = body};
    if (out)
        unum_buf_clear(out);
    return signed_send(local, &request, out);
}

/* CloudFormation's answer. `more`: "Name=value&..."; `template` may be NULL. */
static int cfn(const char *action, const char *more, const char *template,
               const struct xml_element **ret)
{
    struct unum_buf UNUM_AUTO_BUF form = UNUM_BUF_INIT(8 * UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(8 * UNUM_MB);
    unum_buf_printf(&form,
                    "Action=%s&Version=2010-05-15&Capabilities.member.1=CAPABILITY_NAMED_IAM"
                    "&%s",
                    action, more);
    if (template) {
        unum_buf_adds(&form, "&TemplateBody=");
        http_encode(&form, unum_str_from(template), false);
    }
    int status = ask("POST", "cloudformation", "/", NULL, unum_buf_str(&form), &out);
    assert_int_equal(xml_parse(unum_buf_str(&out), &arena, ret, NULL), 0);
    return status;
}

static void done(const char *action, const char *more, const char *template)
{
    const struct xml_element *answer;
    if (cfn(action, more, template, &answer) != 200)
        fail_msg("%s %s: %.*s", action, more, UNUM_STR_ARG(xml_text(answer, "Error/Message")));
}

static bool never(void *cookie)
{
    (void)cookie;
    return false;
}

static void settle(void)
{
    const struct local_until until = {.done = never, .or_quiet = true};
    (void)!local_run_until(local, &until, NULL);
}

static const char *status_of(const char *stack)
{
    const struct xml_element *answer;
    settle();
    assert_int_equal(
        cfn("DescribeStacks", unum_arena_printf(&arena, "StackName=%s", stack).ptr, NULL, &answer),
        200);
    return unum_arena_str(&arena,
                          xml_text(answer, "DescribeStacksResult/Stacks/member/StackStatus"))
        .ptr;
}

/* Why a resource failed: the reason of an event with that status. */
static const char *reason_of(const char *stack, const char *status)
{
    const struct xml_element *answer, *e;
    assert_int_equal(cfn("DescribeStackEvents",
                         unum_arena_printf(&arena, "StackName=%s", stack).ptr, NULL, &answer),
                     200);
    e = xml_child(xml_at(answer, "DescribeStackEventsResult/StackEvents"), "member");
    for (; e; e = xml_next(e, "member")) {
        struct unum_str reason = xml_text(e, "ResourceStatusReason");
        if (unum_str_is(xml_text(e, "ResourceStatus"), status) &&
            unum_str_search(reason, UNUM_STR("cancelled")) == SIZE_MAX)
            return unum_arena_str(&arena, xml_text(e, "ResourceStatusReason")).ptr;
    }
    return "";
}

/* ---- what is there before ---- */

static void put_object(const char *key, struct unum_str bytes)
{
    const char *target = unum_arena_printf(&arena, "/art/%s", key).ptr;
    assert_int_equal(ask("PUT", "s3", target, NULL, bytes, NULL), 200);
}

static void put_zip(struct temp_dir *dir)
{
    struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_MB);
    const char *folder = temp_path(dir, "code"), *file = temp_path(dir, "f.zip");
    char *UNUM_AUTO_FREE bootstrap = unum_path_join(folder, "bootstrap");
    uint64_t size;
    assert_int_equal(unum_make_dirs(folder, NULL), 0);
    assert_int_equal(unum_file_write(bootstrap, UNUM_STR("#!/bin/false\n"), 0755, NULL), 0);
    assert_int_equal(zip_folder(folder, file, &size, NULL), 0);
    assert_int_equal(unum_file_read(file, &zip, NULL), 0);
    put_object("f.zip", unum_buf_str(&zip));
}

#define ROLE "arn:aws:iam::000000000000:role/there"
#define TRUST                                                                                      \
    "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'sts:AssumeRole', Principal: "    \
    "{Service: lambda.amazonaws.com}}]}"
#define CODE "Code: {S3Bucket: art, S3Key: f.zip}"
#define FUNCTION(more)                                                                             \
    "{Type: 'AWS::Lambda::Function', Properties: {Handler: x, Runtime: provided.al2023, Role: "    \
    "'" ROLE "', " more "}}"
#define TABLE(name, more)                                                                          \
    "{Type: 'AWS::DynamoDB::Table', Properties: {TableName: " name                                 \
    ", BillingMode: PAY_PER_REQUEST, AttributeDefinitions: [{AttributeName: Name, "                \
    "AttributeType: S}], KeySchema: [{AttributeName: Name, KeyType: HASH}]" more "}}"

static int setup(void **state)
{
    const struct local_config config = {0};
    if (temp_dir_setup(state) || local_new(&config, &local, NULL))
        return -1;
    assert_int_equal(ask("PUT", "s3", "/art", NULL, UNUM_STR(""), NULL), 200);
    put_zip(*state);
    put_object("text", UNUM_STR("no zip"));
    done("CreateStack", "StackName=before",
         "Resources:\n"
         "  Role: {Type: 'AWS::IAM::Role', Properties: {RoleName: there, "
         "AssumeRolePolicyDocument: " TRUST "}}\n"
         "  Group: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: there}}\n"
         "  Schedules: {Type: 'AWS::Scheduler::ScheduleGroup', Properties: {Name: there}}\n"
         "  Table: " TABLE(
             "there",
             "") "\n"
                 "  Function: {Type: 'AWS::Lambda::Function', DependsOn: Role, Properties: "
                 "{FunctionName: "
                 "there, Handler: x, Runtime: provided.al2023, Role: !GetAtt Role.Arn, " CODE
                 "}}\n");
    assert_string_equal(status_of("before"), "CREATE_COMPLETE");
    return 0;
}

static int teardown(void **state)
{
    local_free(local);
    unum_arena_done(&arena);
    return temp_dir_teardown(state);
}

/* ---- failures ---- */

static const struct {
    const char *resource, *reason;
} bad[] = {
    {FUNCTION("Code: {S3Bucket: nobody, S3Key: f.zip}"), "NoSuchBucket"},
    {FUNCTION("Code: {S3Bucket: art, S3Key: nothing}"), "NoSuchKey"},
    {FUNCTION("Code: {S3Bucket: art, S3Key: text}"), "Could not unzip uploaded file"},
    {FUNCTION("Code: {ZipFile: 'x = 1'}"), "takes code from S3 only"},
    {FUNCTION("Code: {}"), "provide a source for function code"},
    {FUNCTION("FunctionName: there, " CODE), "Function already exist: there"},
    {FUNCTION("FunctionName: 'no name', " CODE), "1 to 64 letters"},
    {FUNCTION("MemorySize: 64, " CODE), "MemorySize 128 to 10240"},
    {FUNCTION("Timeout: '901', " CODE), "Timeout must be 1 to 900"},
    {FUNCTION("Layers: ['arn:x'], " CODE), "no layers"},
    {FUNCTION("ReservedConcurrentExecutions: -1, " CODE), "must be a number from 0"},
    {FUNCTION("RecursiveLoop: Sometimes, " CODE), "must be Allow or Terminate"},
    {FUNCTION("Colour: red, " CODE), "extraneous key [Colour]"},
    {"{Type: 'AWS::Lambda::Function', Properties: {Runtime: python3.12, Handler: x, Role: '" ROLE
     "', " CODE "}}",
     "runtimes provided.al2023"},
    {"{Type: 'AWS::Lambda::Function', Properties: {Runtime: provided.al2023, Handler: x, Role: "
     "'arn:aws:iam::000000000000:role/nobody', " CODE "}}",
     "cannot be assumed by Lambda"},
    {"{Type: 'AWS::Lambda::EventInvokeConfig', Properties: {FunctionName: nobody, Qualifier: "
     "$LATEST}}",
     "Function not found"},
    {"{Type: 'AWS::Lambda::EventInvokeConfig', Properties: {FunctionName: there, Qualifier: "
     "$LATEST, MaximumRetryAttempts: 3}}",
     "MaximumRetryAttempts must be 0 to 2"},
    {TABLE("there", ""), "Table already exists: there"},
    {TABLE("ab", ""), "at least 3 characters"},
    {TABLE("new", ", TimeToLiveSpecification: {Enabled: true, AttributeName: ''}"),
     "1 to 255 characters"},
    {"{Type: 'AWS::IAM::Role', Properties: {RoleName: there, AssumeRolePolicyDocument: " TRUST "}}",
     "already exists"},
    {"{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}", "policy document"},
    {"{Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: " TRUST
     ", ManagedPolicyArns: [nothing]}}",
     "must be the ARN of a policy"},
    {"{Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: there}}", "already exists"},
    {"{Type: 'AWS::Logs::LogGroup', Properties: {RetentionInDays: 8}}", "must be one of 1, 3, 5"},
    {"{Type: 'AWS::S3::Bucket', Properties: {BucketName: art}}", "already exists"},
    {"{Type: 'AWS::S3::Bucket', Properties: {BucketName: foreign-one}}", "not available"},
    {"{Type: 'AWS::S3::Bucket', Properties: {BucketName: No_Name}}", "is not valid"},
    {"{Type: 'AWS::S3::Bucket', Properties: {VersioningConfiguration: {Status: 'On</x>'}}}",
     "Enabled or Suspended"},
    {"{Type: 'AWS::S3::BucketPolicy', Properties: {Bucket: nobody, PolicyDocument: {}}}",
     "does not exist"},
    {"{Type: 'AWS::Scheduler::ScheduleGroup', Properties: {Name: there}}", "already exists"},
};

/* A policy of its own for a role, changed and taken away. */
static void managed_policies_come_and_go(void **state)
{
    (void)state;
    static const char *const templates[] = {
        "Resources:\n  P: {Type: 'AWS::IAM::ManagedPolicy', Properties: {ManagedPolicyName: mine, "
        "PolicyDocument: {Statement: []}, Roles: [there]}}\n",
        "Resources:\n  P: {Type: 'AWS::IAM::ManagedPolicy', Properties: {ManagedPolicyName: mine, "
        "PolicyDocument: {Statement: [{Effect: Deny}]}, Roles: []}}\n"};
    static const char attached[] =
        "Action=ListAttachedRolePolicies&Version=2010-05-08&RoleName=there";
    static const char wanted[] =
        "Action=GetPolicy&Version=2010-05-08&PolicyArn=arn:aws:iam::000000000000:policy/mine";
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    done("CreateStack", "StackName=mine", templates[0]);
    assert_string_equal(status_of("mine"), "CREATE_COMPLETE");
    assert_int_equal(ask("POST", "iam", "/", NULL, unum_str_from(attached), &out), 200);
    assert_non_null(strstr(unum_buf_text(&out), "policy/mine"));
    done("UpdateStack", "StackName=mine", templates[1]);
    assert_string_equal(status_of("mine"), "UPDATE_COMPLETE");
    assert_int_equal(ask("POST", "iam", "/", NULL, unum_str_from(attached), &out), 200);
    assert_null(strstr(unum_buf_text(&out), "policy/mine"));
    assert_int_equal(ask("POST", "iam", "/", NULL, unum_str_from(wanted), &out), 200);
    assert_non_null(strstr(unum_buf_text(&out), "<DefaultVersionId>v2<"));
    done("DeleteStack", "StackName=mine", NULL);
    settle();
    assert_int_equal(ask("POST", "iam", "/", NULL, unum_str_from(wanted), &out), 404);
}

/* Everything the services hold, as text: what a failure must not change. */
static void look_around(struct unum_buf *out)
{
    static const struct {
        const char *method, *service, *target, *operation, *body;
    } rows[] = {
        {"GET", "lambda", "/2015-03-31/functions", NULL, ""},
        {"POST", "dynamodb", "/", "DynamoDB_20120810.ListTables", "{}"},
        {"POST", "logs", "/", "Logs_20140328.DescribeLogGroups", "{}"},
        {"GET", "scheduler", "/schedule-groups", NULL, ""},
        {"GET", "s3", "/", NULL, ""},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(UNUM_MB);
        assert_int_equal(ask(rows[i].method, rows[i].service, rows[i].target, rows[i].operation,
                             unum_str_from(rows[i].body), &answer),
                         200);
        unum_buf_add(out, unum_buf_str(&answer));
    }
    const struct xml_element *root = NULL, *e;
    struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(UNUM_MB);
    assert_int_equal(
        ask("POST", "iam", "/", NULL, UNUM_STR("Action=ListRoles&Version=2010-05-08"), &answer),
        200);
    assert_int_equal(xml_parse(unum_buf_str(&answer), &arena, &root, NULL), 0);
    for (e = xml_child(xml_at(root, "ListRolesResult/Roles"), "member"); e;
         e = xml_next(e, "member"))
        unum_buf_add(out, xml_text(e, "Arn"));
}

static void failed_creations_leave_nothing(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF before = UNUM_BUF_INIT(UNUM_MB);
    look_around(&before);
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_buf UNUM_AUTO_BUF after = UNUM_BUF_INIT(UNUM_MB);
        const char *template =
            unum_arena_printf(&arena, "Resources:\n  X: %s\n", bad[i].resource).ptr;
        done("CreateStack", "StackName=bad", template);
        const char *status = status_of("bad"), *reason = reason_of("bad", "CREATE_FAILED");
        if (strcmp(status, "ROLLBACK_COMPLETE") != 0 || !strstr(reason, bad[i].reason))
            fail_msg("%s: %s, %s", bad[i].resource, status, reason);
        done("DeleteStack", "StackName=bad", NULL);
        settle();
        look_around(&after);
        if (!unum_str_eq(unum_buf_str(&before), unum_buf_str(&after)))
            fail_msg("%s left something: %s", bad[i].resource, unum_buf_text(&after));
    }
}

static void failed_updates_go_back(void **state)
{
    (void)state;
    static const char good[] =
        "Resources:\n  F: " FUNCTION("FunctionName: mine, Timeout: 7, " CODE);
    static const char *const rows[][2] = {
        {"Resources:\n  F: " FUNCTION(
             "FunctionName: mine, Timeout: 9, Code: {S3Bucket: art, S3Key: "
             "nothing}"),
         "NoSuchKey"},
        {"Resources:\n  F: " FUNCTION("FunctionName: mine, MemorySize: 1, " CODE), "MemorySize"},
        {"Resources:\n  F: " FUNCTION("FunctionName: there, " CODE), "already exist"},
    };
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    done("CreateStack", "StackName=mine", good);
    assert_string_equal(status_of("mine"), "CREATE_COMPLETE");
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        done("UpdateStack", "StackName=mine", rows[i][0]);
        assert_string_equal(status_of("mine"), "UPDATE_ROLLBACK_COMPLETE");
        assert_non_null(strstr(reason_of("mine", "UPDATE_FAILED"), rows[i][1]));
        assert_int_equal(ask("GET", "lambda", "/2015-03-31/functions/mine/configuration", NULL,
                             UNUM_STR(""), &out),
                         200);
        assert_non_null(strstr(unum_buf_text(&out), "\"Timeout\":7"));
        assert_non_null(strstr(unum_buf_text(&out), "\"MemorySize\":128"));
        assert_int_equal(
            ask("GET", "lambda", "/2015-03-31/functions/there", NULL, UNUM_STR(""), &out), 200);
    }
}

/* ---- what an update takes away ---- */

static void updates_take_away_what_is_no_longer_said(void **state)
{
    (void)state;
    static const char full[] = "Resources:\n  F: " FUNCTION(
        "FunctionName: mine, Timeout: 7, Description: d, Environment: {Variables: {A: b}}, "
        "ReservedConcurrentExecutions: 2, Tags: [{Key: one, Value: '1'}, {Key: two, Value: "
        "'2'}], " CODE) "\n"
                        "  T: " TABLE("mine", ", Tags: [{Key: one, Value: '1'}]") "\n";
    static const char less[] = "Resources:\n  F: " FUNCTION(
        "FunctionName: mine, Tags: [{Key: two, Value: '3'}], " CODE) "\n"
                                                                     "  T: " TABLE("mine", "") "\n";
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_MB);
    static const char tags[] =
        "{\"ResourceArn\":\"arn:aws:dynamodb:us-east-1:000000000000:table/mine\"}";
    done("CreateStack", "StackName=mine&Tags.member.1.Key=s&Tags.member.1.Value=t", full);
    assert_string_equal(status_of("mine"), "CREATE_COMPLETE");
    assert_int_equal(ask("POST", "dynamodb", "/", "DynamoDB_20120810.ListTagsOfResource",
                         unum_str_from(tags), &out),
                     200);
    assert_non_null(strstr(unum_buf_text(&out), "\"one\""));
    assert_non_null(strstr(unum_buf_text(&out), "\"s\""));
    done("UpdateStack", "StackName=mine&Tags.member.1.Key=s&Tags.member.1.Value=u", less);
    assert_string_equal(status_of("mine"), "UPDATE_COMPLETE");
    assert_int_equal(ask("GET", "lambda", "/2015-03-31/functions/mine", NULL, UNUM_STR(""), &out),
                     200);
    assert_null(strstr(unum_buf_text(&out), "\"A\":\"b\""));
    assert_null(strstr(unum_buf_text(&out), "\"one\""));
    assert_null(strstr(unum_buf_text(&out), "Reserved"));
    assert_non_null(strstr(unum_buf_text(&out), "\"two\":\"3\""));
    assert_non_null(strstr(unum_buf_text(&out), "\"s\":\"u\""));
    assert_non_null(strstr(unum_buf_text(&out), "\"Timeout\":3"));
    assert_int_equal(ask("POST", "dynamodb", "/", "DynamoDB_20120810.ListTagsOfResource",
                         unum_str_from(tags), &out),
                     200);
    assert_null(strstr(unum_buf_text(&out), "\"one\""));
    done("DeleteStack", "StackName=mine", NULL);
    settle();
}

/* ---- templates that would take too long, and names that are none ---- */

static void many_conditions_are_worked_out_once(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_MB);
    unum_buf_adds(&text, "Conditions:\n  C0: !Equals [a, a]\n");
    for (int i = 1; i < 100; i++)
        unum_buf_printf(&text, "  C%d: !And [!Condition C%d, !Condition C%d]\n", i, i - 1, i - 1);
    unum_buf_adds(&text, "Resources:\n  G: {Type: 'AWS::Logs::LogGroup', Condition: C99}\n"
                         "  N: {Type: 'AWS::Logs::LogGroup', Condition: No}\n");
    unum_buf_adds(&text,
                  "  X: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: !Ref N}}\n");
    struct unum_str whole = unum_buf_str(&text);
    size_t at = unum_str_search(whole, UNUM_STR("Resources:"));
    const char *template =
        unum_arena_printf(&arena, "%.*s  No: !Not [!Condition C99]\n%s",
                          UNUM_STR_ARG(unum_str_slice(whole, 0, at)), whole.ptr + at)
            .ptr;
    done("CreateStack", "StackName=many", template);
    assert_string_equal(status_of("many"), "ROLLBACK_COMPLETE");
    assert_non_null(strstr(reason_of("many", "CREATE_FAILED"), "Unresolved resource dependencies"));
}

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    static const char group[] = "Resources: {G: {Type: 'AWS::Logs::LogGroup'}}";
    struct unum_buf UNUM_AUTO_BUF more = UNUM_BUF_INIT(8 * UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(8 * UNUM_MB);
    const struct xml_element *answer;
    char token[130];
    memset(token, 'x', sizeof(token));
    token[129] = '\0';
    const char *const rows[] = {
        unum_arena_printf(&arena, "StackName=s&ClientRequestToken=%s", token).ptr,
        "StackName=arn:aws:cloudformation:us-east-1:000000000000:stack/s/1",
        "StackName=s&Capabilities.member.2=CAPABILITY_IAM&Capabilities.member.3=CAPABILITY_IAM&"
        "Capabilities.member.4=CAPABILITY_IAM",
        "StackName=s&Parameters.member.1.ParameterKey=none&Parameters.member.1.ParameterValue=x",
        "StackName=s%00t",
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (cfn("CreateStack", rows[i], group, &answer) != 400)
            fail_msg("row %zu was taken", i);
    }
    for (size_t i = 0; i < 5 * UNUM_MB; i += 8)
        unum_buf_adds(&more, "x=aaaaa&");
    assert_int_equal(ask("POST", "iam", "/", NULL, unum_buf_str(&more), &out), 400);
    unum_buf_clear(&out);
    unum_buf_adds(&out, "Action=ListRoles&");
    unum_buf_add(&out, unum_buf_str(&more));
    unum_buf_clear(&more);
    unum_buf_add(&more, unum_buf_str(&out));
    assert_int_equal(ask("POST", "iam", "/", NULL, unum_buf_str(&more), NULL), 413);
    static const char pattern[] =
        "Parameters: {P: {Type: String, Default: aaaa, AllowedPattern: '((a{1,200}){1,200}){1,200}'"
        "}}\nResources: {G: {Type: 'AWS::Logs::LogGroup'}}";
    assert_int_equal(cfn("CreateStack", "StackName=s", pattern, &answer), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(failed_creations_leave_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(failed_updates_go_back, setup, teardown),
        cmocka_unit_test_setup_teardown(updates_take_away_what_is_no_longer_said, setup, teardown),
        cmocka_unit_test_setup_teardown(managed_policies_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(many_conditions_are_worked_out_once, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_what_is_too_long, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The emulated CloudFormation: every status of a stack, every operation, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "support/local_bench.h"
#include "xml/xml.h"

static struct bench bench;
static struct unum_arena arena;
static const struct xml_element *answer; /* of the last request */
static char *dir, *path;

/* ---- talking to it ---- */

static void encode(struct unum_buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("=&-_.", *text) || (*text >= '0' && *text <= '9') ||
            (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            unum_buf_addc(out, *text);
        else
            unum_buf_printf(out, "%%%02X", (unsigned char)*text);
    }
}

static void add(struct unum_buf *form, const char *name, const char *value)
{
    unum_buf_printf(form, "&%s=", name);
    for (; *value; value++)
        unum_buf_printf(form, "%%%02X", (unsigned char)*value);
}

/* Answers the status; `more` is "Name=value&...", `template` may be NULL. */
static int ask(const char *action, const char *more, const char *template)
{
    struct unum_buf UNUM_AUTO_BUF form = UNUM_BUF_INIT(8 * UNUM_MB);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    unum_buf_printf(&form, "Action=%s&Version=2010-05-15&", action);
    encode(&form, more);
    if (template)
        add(&form, "TemplateBody", template);
    int status =
        bench_request(&bench, "POST", "/", "cloudformation",
                      "content-type: application/x-www-form-urlencoded", unum_buf_str(&form), &out);
    struct unum_str body = unum_buf_str(&out); /* behind the head of the answer */
    body = unum_str_from_pos(body, unum_str_search(body, UNUM_STR("\r\n\r\n")) + 4);
    if (xml_parse(body, &arena, &answer, &err))
        fail_msg("%s: %s in %s", action, unum_err_text(&err), unum_buf_text(&out));
    return status;
}

static const char *text_at(const char *at)
{
    return unum_arena_str(&arena, xml_text(answer, at)).ptr;
}

static void good(const char *action, const char *more, const char *template)
{
    int status = ask(action, more, template);
    if (status != 200)
        fail_msg("%s %s: %d %s: %s", action, more, status, text_at("Error/Code"),
                 text_at("Error/Message"));
}

static void refused(const char *action, const char *more, const char *template, const char *code,
                    const char *message)
{
    int status = ask(action, more, template);
    if (status < 400)
        fail_msg("%s %s was accepted", action, more);
    assert_string_equal(text_at("Error/Code"), code);
    if (!strstr(text_at("Error/Message"), message))
        fail_msg("%s %s: \"%s\" is not in \"%s\"", action, more, message, text_at("Error/Message"));
}

static const char *status_of(const char *name)
{
    good("DescribeStacks", unum_arena_printf(&arena, "StackName=%s", name).ptr, NULL);
    return text_at("DescribeStacksResult/Stacks/member/StackStatus");
}

static void is(const char *name, const char *status)
{
    bench_settle(&bench);
    const char *found = status_of(name);
    if (strcmp(found, status) != 0)
        fail_msg("%s is %s (%s), not %s", name, found,
                 text_at("DescribeStacksResult/Stacks/member/StackStatusReason"), status);
}

/* Did the stack go through that status (or that of a resource)? */
static bool went(const char *name, const char *logical, const char *status)
{
    const char *token = "";
    for (;;) {
        good("DescribeStackEvents",
             unum_arena_printf(&arena, "StackName=%s&NextToken=%s", name, token).ptr, NULL);
        const struct xml_element *events = xml_at(answer, "DescribeStackEventsResult/StackEvents");
        for (const struct xml_element *e = xml_child(events, "member"); e;
             e = xml_next(e, "member")) {
            if (unum_str_is(xml_text(e, "LogicalResourceId"), logical) &&
                unum_str_is(xml_text(e, "ResourceStatus"), status))
                return true;
        }
        token = text_at("DescribeStackEventsResult/NextToken");
        if (!*token)
            return false;
    }
}

static void went_through(const char *name, const char *logical, const char *status)
{
    if (!went(name, logical, status))
        fail_msg("%s of %s was never %s", logical, name, status);
}

/* ---- templates ---- */

#define TABLE(id, name, more)                                                                      \
    "  " id ":\n    Type: AWS::DynamoDB::Table\n" more "    Properties:\n      TableName: " name   \
    "\n      BillingMode: PAY_PER_REQUEST\n"                                                       \
    "      AttributeDefinitions: [{AttributeName: Name, AttributeType: S}]\n"                      \
    "      KeySchema: [{AttributeName: Name, KeyType: HASH}]\n"
#define GROUP(id, more) "  " id ":\n    Type: AWS::Scheduler::ScheduleGroup\n" more
#define HOOK(hook)      "    Metadata: {UnumLocal: {" hook "}}\n"
#define ONE             "Resources:\n" GROUP("A", "")
#define TWO             ONE GROUP("B", "    DependsOn: A\n")

static bool has_table(const char *name)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_str body = unum_arena_printf(&arena, "{\"TableName\":\"%s\"}", name);
    return bench_request(&bench, "POST", "/", "dynamodb",
                         "x-amz-target: DynamoDB_20120810.DescribeTable", body, &out) == 200;
}

static int open_bench(void **state)
{
    (void)state;
    bench_init(&bench);
    bench.config.stack_page = 3;
    bench_open(&bench);
    return 0;
}

/* The clock does not jump, so that something is going on. */
static int open_slow(void **state)
{
    (void)state;
    bench_init(&bench);
    bench.config.stack_page = 3;
    bench.config.real_time = true;
    bench_open(&bench);
    return 0;
}

static int open_kept(void **state)
{
    (void)state;
    if (unum_make_temp_dir("unum-test", &dir, NULL))
        return -1;
    path = unum_path_join(dir, "local.db");
    bench_init(&bench);
    bench.config.state_path = path;
    bench.config.stack_page = 3;
    bench_open(&bench);
    return 0;
}

static int close_bench(void **state)
{
    (void)state;
    bench_close(&bench);
    unum_arena_done(&arena);
    int rc = dir ? unum_remove_tree(dir, NULL) : 0;
    free(UNUM_TAKE(dir));
    free(UNUM_TAKE(path));
    return rc;
}

/* ---- creation ---- */

static void creates_and_deletes(void **state)
{
    (void)state;
    static const char template[] =
        "Parameters:\n  Stage: {Type: String, Default: dev}\n"
        "Resources:\n" TABLE(
            "T", "!Sub 't-${Stage}'",
            "") "Outputs:\n  Name: {Value: !Ref T, Description: the table}\n"
                "  Arn: {Value: !GetAtt T.Arn, Export: {Name: !Sub '${AWS::StackName}-arn'}}\n"
                "  Text: {Value: !Join ['-', [a, !Select [1, !Split [',', 'x,y']], !If [Yes, b, "
                "c]]]}\n"
                "Conditions:\n  Yes: !And [!Equals [!Ref Stage, dev], !Not [!Equals [a, b]]]\n";
    good("CreateStack", "StackName=one", template);
    is("one", "CREATE_COMPLETE");
    assert_true(has_table("t-dev"));
    went_through("one", "one", "CREATE_IN_PROGRESS");
    went_through("one", "T", "CREATE_COMPLETE");
    status_of("one");
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/Outputs/member[0]/OutputValue"),
                        "t-dev");
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/Outputs/member[1]/OutputValue"),
                        "arn:aws:dynamodb:us-east-1:000000000000:table/t-dev");
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/Outputs/member[2]/OutputValue"),
                        "a-y-b");
    assert_string_equal(
        text_at("DescribeStacksResult/Stacks/member/Parameters/member/ParameterValue"), "dev");
    const char *id = text_at("DescribeStacksResult/Stacks/member/StackId");
    good("ListExports", "", NULL);
    assert_string_equal(text_at("ListExportsResult/Exports/member/Name"), "one-arn");
    good("DeleteStack", "StackName=one", NULL);
    bench_settle(&bench);
    refused("DescribeStacks", "StackName=one", NULL, "ValidationError",
            "Stack with id one does not exist");
    assert_false(has_table("t-dev"));
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(UNUM_KB);
    add(&query, "StackName", id);
    struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_KB);
    unum_buf_printf(&plain, "StackName=%s", id);
    good("DescribeStacks", unum_buf_text(&plain), NULL);
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/StackStatus"),
                        "DELETE_COMPLETE");
}

static void rolls_a_failed_creation_back(void **state)
{
    (void)state;
    static const char template[] = "Resources:\n" TABLE("T", "tab", "")
        GROUP("B", HOOK("FailCreate: 'no <luck> & rain', StepMs: 200"))
            GROUP("C", HOOK("StepMs: 5000"));
    good("CreateStack", "StackName=one", template);
    is("one", "ROLLBACK_COMPLETE");
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/StackStatusReason"), "");
    went_through("one", "one", "ROLLBACK_IN_PROGRESS");
    went_through("one", "B", "CREATE_FAILED");
    went_through("one", "C", "CREATE_FAILED");
    went_through("one", "T", "DELETE_COMPLETE");
    assert_false(has_table("tab"));
    refused("CreateChangeSet", "StackName=one&ChangeSetName=c&ChangeSetType=UPDATE", ONE,
            "ValidationError", "is in ROLLBACK_COMPLETE state and can not be updated.");
    refused("UpdateStack", "StackName=one", ONE, "ValidationError", "ROLLBACK_COMPLETE");
    good("DeleteStack", "StackName=one", NULL);
    bench_settle(&bench);
    good("CreateStack", "StackName=one", ONE);
    is("one", "CREATE_COMPLETE");
}

static void fails_to_roll_a_creation_back(void **state)
{
    (void)state;
    static const char template[] =
        "Resources:\n" GROUP("A", HOOK("FailDelete: stuck, FailOnce: true"))
            GROUP("B", "    DependsOn: A\n" HOOK("FailCreate: bad"));
    good("CreateStack", "StackName=one", template);
    is("one", "ROLLBACK_FAILED");
    went_through("one", "A", "DELETE_FAILED");
    good("DeleteStack", "StackName=one", NULL);
    bench_settle(&bench);
    refused("DescribeStacks", "StackName=one", NULL, "ValidationError", "does not exist");
}

static void keeps_what_failed_when_told_so(void **state)
{
    (void)state;
    static const char bad[] = "Resources:\n" TABLE("T", "tab", "")
        GROUP("B", "    DependsOn: T\n" HOOK("FailCreate: bad"));
    static const char fixed[] =
        "Resources:\n" TABLE("T", "tab", "") GROUP("B", "    DependsOn: T\n");
    good("CreateStack", "StackName=one&OnFailure=DO_NOTHING", bad);
    is("one", "CREATE_FAILED");
    assert_true(has_table("tab"));
    refused("UpdateStack", "StackName=one", fixed, "ValidationError",
            "currently in a non-terminal [CREATE_FAILED] state");
    good("UpdateStack", "StackName=one&DisableRollback=true", fixed);
    is("one", "UPDATE_COMPLETE");
    good("CreateStack", "StackName=two&DisableRollback=true",
         "Resources:\n" GROUP("B", HOOK("FailCreate: bad")));
    is("two", "CREATE_FAILED");
    good("RollbackStack", "StackName=two", NULL);
    is("two", "ROLLBACK_COMPLETE");
}

static void deletes_what_failed_when_told_so(void **state)
{
    (void)state;
    good("CreateChangeSet",
         "StackName=one&ChangeSetName=c&ChangeSetType=CREATE&OnStackFailure=DELETE",
         "Resources:\n" GROUP("B", HOOK("FailCreate: bad")));
    is("one", "REVIEW_IN_PROGRESS");
    refused("ExecuteChangeSet", "StackName=one&ChangeSetName=c&DisableRollback=true", NULL,
            "ValidationError", "DisableRollback cannot be specified");
    good("ExecuteChangeSet", "StackName=one&ChangeSetName=c", NULL);
    bench_settle(&bench);
    refused("DescribeStacks", "StackName=one", NULL, "ValidationError", "does not exist");
    good("ListStacks", "StackStatusFilter.member.1=DELETE_COMPLETE", NULL);
    assert_string_equal(text_at("ListStacksResult/StackSummaries/member/StackName"), "one");
}

/* ---- updates ---- */

static void updates_and_cleans_up(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one", "Resources:\n" TABLE("T", "old", "") GROUP("A", ""));
    is("one", "CREATE_COMPLETE");
    refused("UpdateStack", "StackName=one", "Resources:\n" TABLE("T", "old", "") GROUP("A", ""),
            "ValidationError", "No updates are to be performed.");
    good("UpdateStack", "StackName=one", "Resources:\n" TABLE("T", "new", "") GROUP("B", ""));
    is("one", "UPDATE_COMPLETE");
    went_through("one", "one", "UPDATE_IN_PROGRESS");
    went_through("one", "one", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS");
    went_through("one", "T", "DELETE_COMPLETE");
    went_through("one", "A", "DELETE_COMPLETE");
    assert_true(has_table("new"));
    assert_false(has_table("old"));
    good("ListStackResources", "StackName=one", NULL);
    assert_string_equal(
        text_at("ListStackResourcesResult/StackResourceSummaries/member[0]/PhysicalResourceId"),
        "new");
    assert_string_equal(
        text_at("ListStackResourcesResult/StackResourceSummaries/member[1]/LogicalResourceId"),
        "B");
}

static void rolls_a_failed_update_back(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one", "Resources:\n" TABLE("T", "old", "") GROUP("A", ""));
    is("one", "CREATE_COMPLETE");
    good("UpdateStack", "StackName=one",
         "Resources:\n" TABLE("T", "new", "") TABLE("N", "extra", "")
             GROUP("A", "    DependsOn: [T, N]\n" HOOK("FailUpdate: bad")));
    is("one", "UPDATE_ROLLBACK_COMPLETE");
    went_through("one", "one", "UPDATE_ROLLBACK_IN_PROGRESS");
    went_through("one", "one", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS");
    went_through("one", "A", "UPDATE_FAILED");
    assert_true(has_table("old"));
    assert_false(has_table("new"));
    assert_false(has_table("extra"));
    good("UpdateStack", "StackName=one", "Resources:\n" TABLE("T", "old", "") GROUP("B", ""));
    is("one", "UPDATE_COMPLETE");
}

static void continues_a_stuck_rollback(void **state)
{
    (void)state;
    static const char bad[] =
        "Resources:\n" GROUP("A", "    Properties: {Tags: []}\n" HOOK("FailRollback: stuck"))
            GROUP("B", "    DependsOn: A\n" HOOK("FailUpdate: bad"));
    good("CreateStack", "StackName=one", TWO);
    is("one", "CREATE_COMPLETE");
    good("UpdateStack", "StackName=one", bad);
    is("one", "UPDATE_ROLLBACK_FAILED");
    went_through("one", "A", "UPDATE_FAILED");
    refused("ContinueUpdateRollback", "StackName=one&ResourcesToSkip.member.1=B", NULL,
            "ValidationError", "ResourcesToSkip");
    good("ContinueUpdateRollback", "StackName=one", NULL);
    is("one", "UPDATE_ROLLBACK_FAILED");
    good("ContinueUpdateRollback", "StackName=one&ResourcesToSkip.member.1=A", NULL);
    is("one", "UPDATE_ROLLBACK_COMPLETE");
    refused("ContinueUpdateRollback", "StackName=one", NULL, "ValidationError",
            "can't continue update rollback");
}

static void leaves_a_failed_update_when_told_so(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one", TWO);
    is("one", "CREATE_COMPLETE");
    good("UpdateStack", "StackName=one&DisableRollback=true",
         ONE GROUP("B", "    DependsOn: A\n" HOOK("FailUpdate: bad")));
    is("one", "UPDATE_FAILED");
    good("RollbackStack", "StackName=one", NULL);
    is("one", "UPDATE_ROLLBACK_COMPLETE");
}

static void cancels_an_update(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one", TWO);
    is("one", "CREATE_COMPLETE");
    refused("CancelUpdateStack", "StackName=one", NULL, "ValidationError",
            "cannot be called from current stack status");
    good("UpdateStack", "StackName=one",
         ONE GROUP("B", "    DependsOn: A\n" HOOK("StepMs: 3600000")));
    assert_string_equal(status_of("one"), "UPDATE_IN_PROGRESS");
    refused("UpdateStack", "StackName=one", ONE, "ValidationError",
            "is in UPDATE_IN_PROGRESS state and can not be updated.");
    good("CancelUpdateStack", "StackName=one", NULL);
    is("one", "UPDATE_ROLLBACK_COMPLETE");
}

/* ---- deletion ---- */

static void retains_and_fails_to_delete(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one",
         "Resources:\n" TABLE("T", "kept", "    DeletionPolicy: Retain\n")
             GROUP("A", HOOK("FailDelete: stuck")));
    is("one", "CREATE_COMPLETE");
    refused("DeleteStack", "StackName=one&RetainResources.member.1=A", NULL, "ValidationError",
            "DELETE_FAILED state");
    good("DeleteStack", "StackName=one", NULL);
    is("one", "DELETE_FAILED");
    assert_true(strstr(text_at("DescribeStacksResult/Stacks/member/StackStatusReason"),
                       "The following resource(s) failed to delete: [A]") != NULL);
    went_through("one", "T", "DELETE_SKIPPED");
    good("DeleteStack", "StackName=one&RetainResources.member.1=A", NULL);
    bench_settle(&bench);
    refused("DescribeStacks", "StackName=one", NULL, "ValidationError", "does not exist");
    assert_true(has_table("kept"));
    good("DeleteStack", "StackName=never", NULL);
}

static void protects_from_deletion(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one&EnableTerminationProtection=true", ONE);
    is("one", "CREATE_COMPLETE");
    refused("DeleteStack", "StackName=one", NULL, "ValidationError", "TerminationProtection");
    good("UpdateTerminationProtection", "StackName=one&EnableTerminationProtection=false", NULL);
    good("DeleteStack", "StackName=one", NULL);
    bench_settle(&bench);
    assert_int_equal(ask("DescribeStacks", "StackName=one", NULL), 400);
}

/* ---- change sets ---- */

static void makes_change_sets(void **state)
{
    (void)state;
    good("CreateChangeSet", "StackName=one&ChangeSetName=c&ChangeSetType=CREATE&ClientToken=t",
         TWO);
    good("CreateChangeSet", "StackName=one&ChangeSetName=c&ChangeSetType=CREATE&ClientToken=t",
         TWO);
    refused("CreateChangeSet", "StackName=one&ChangeSetName=c&ChangeSetType=CREATE", TWO,
            "AlreadyExistsException", "ChangeSet c");
    bench_settle(&bench);
    good("DescribeChangeSet", "StackName=one&ChangeSetName=c", NULL);
    assert_string_equal(text_at("DescribeChangeSetResult/Status"), "CREATE_COMPLETE");
    assert_string_equal(text_at("DescribeChangeSetResult/ExecutionStatus"), "AVAILABLE");
    assert_string_equal(
        text_at("DescribeChangeSetResult/Changes/member[1]/ResourceChange/LogicalResourceId"), "B");
    assert_string_equal(text_at("DescribeChangeSetResult/Changes/member/ResourceChange/Action"),
                        "Add");
    good("ExecuteChangeSet", "StackName=one&ChangeSetName=c&ClientRequestToken=x", NULL);
    good("ExecuteChangeSet", "StackName=one&ChangeSetName=c&ClientRequestToken=x", NULL);
    is("one", "CREATE_COMPLETE");
    refused("CreateChangeSet", "StackName=one&ChangeSetName=d&ChangeSetType=CREATE", TWO,
            "ValidationError", "already exists and cannot be created again");
    refused("ExecuteChangeSet", "StackName=one&ChangeSetName=c", NULL, "InvalidChangeSetStatus",
            "cannot be executed");
    good("CreateChangeSet", "StackName=one&ChangeSetName=same", TWO);
    bench_settle(&bench);
    good("DescribeChangeSet", "StackName=one&ChangeSetName=same", NULL);
    assert_string_equal(text_at("DescribeChangeSetResult/Status"), "FAILED");
    assert_string_equal(text_at("DescribeChangeSetResult/StatusReason"),
                        "The submitted information didn't contain changes. Submit different "
                        "information to create a change set.");
    refused("ExecuteChangeSet", "StackName=one&ChangeSetName=same", NULL, "InvalidChangeSetStatus",
            "[FAILED]");
    good("ListChangeSets", "StackName=one", NULL);
    assert_string_equal(text_at("ListChangeSetsResult/Summaries/member[1]/ChangeSetName"), "same");
    good("DeleteChangeSet", "StackName=one&ChangeSetName=same", NULL);
    refused("DescribeChangeSet", "StackName=one&ChangeSetName=same", NULL, "ChangeSetNotFound",
            "does not exist");
}

static void says_what_changes(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one",
         "Resources:\n" TABLE("T", "old", "    UpdateReplacePolicy: Retain\n") GROUP("A", "")
             GROUP("Gone", "    DeletionPolicy: Retain\n"));
    is("one", "CREATE_COMPLETE");
    good("CreateChangeSet", "StackName=one&ChangeSetName=c",
         "Resources:\n" TABLE("T", "new", "    UpdateReplacePolicy: Retain\n")
             GROUP("A", "    Properties: {Tags: [{Key: of, Value: !GetAtt T.Arn}]}\n"));
    bench_settle(&bench);
    good("DescribeChangeSet", "StackName=one&ChangeSetName=c&IncludePropertyValues=true", NULL);
#define CHANGE(i, rest) "DescribeChangeSetResult/Changes/member[" #i "]/ResourceChange/" rest
    assert_string_equal(text_at(CHANGE(0, "Action")), "Modify");
    assert_string_equal(text_at(CHANGE(0, "Replacement")), "True");
    assert_string_equal(text_at(CHANGE(0, "PolicyAction")), "ReplaceAndRetain");
    assert_string_equal(text_at(CHANGE(0, "Scope/member")), "Properties");
    assert_string_equal(text_at(CHANGE(0, "Details/member/Target/Name")), "TableName");
    assert_string_equal(text_at(CHANGE(0, "Details/member/Target/BeforeValue")), "old");
    assert_string_equal(text_at(CHANGE(0, "Details/member/Target/AfterValue")), "new");
    assert_string_equal(text_at(CHANGE(0, "Details/member/Target/RequiresRecreation")), "Always");
    assert_string_equal(text_at(CHANGE(1, "LogicalResourceId")), "A");
    assert_string_equal(text_at(CHANGE(1, "Replacement")), "False");
    assert_true(strstr(text_at(CHANGE(1, "AfterContext")), "KNOWN_AFTER_APPLY") != NULL);
    assert_string_equal(text_at(CHANGE(1, "Details/member/Evaluation")), "Dynamic");
    assert_string_equal(text_at(CHANGE(2, "Action")), "Remove");
    assert_string_equal(text_at(CHANGE(2, "PolicyAction")), "Retain");
}

static void pages_lists(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one", TWO GROUP("C", "") GROUP("D", "") GROUP("E", ""));
    good("CreateStack", "StackName=two", ONE);
    good("CreateStack", "StackName=three", ONE);
    good("CreateStack", "StackName=four", ONE);
    is("one", "CREATE_COMPLETE");
    good("ListStackResources", "StackName=one", NULL);
    const char *token = text_at("ListStackResourcesResult/NextToken");
    assert_true(*token);
    good("ListStackResources", unum_arena_printf(&arena, "StackName=one&NextToken=%s", token).ptr,
         NULL);
    assert_string_equal(
        text_at("ListStackResourcesResult/StackResourceSummaries/member[1]/LogicalResourceId"),
        "E");
    assert_string_equal(text_at("ListStackResourcesResult/NextToken"), "");
    good("DescribeStacks", "", NULL);
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member[2]/StackName"), "three");
    token = text_at("DescribeStacksResult/NextToken");
    good("DescribeStacks", unum_arena_printf(&arena, "NextToken=%s", token).ptr, NULL);
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member[0]/StackName"), "four");
    refused("DescribeStacks", "NextToken=nonsense", NULL, "ValidationError", "NextToken");
    good("DescribeStackEvents", "StackName=one", NULL);
    assert_string_equal(
        text_at("DescribeStackEventsResult/StackEvents/member[0]/LogicalResourceId"), "one");
    assert_string_equal(text_at("DescribeStackEventsResult/StackEvents/member[0]/ResourceStatus"),
                        "CREATE_COMPLETE");
    went_through("one", "one", "CREATE_IN_PROGRESS"); /* on the last page */
}

/* ---- parameters and capabilities ---- */

static void keeps_parameters(void **state)
{
    (void)state;
    static const char template[] = "Parameters:\n  P: {Type: String, AllowedValues: [a, b]}\n"
                                   "  Secret: {Type: String, NoEcho: true, Default: s3cret}\n"
                                   "Resources:\n" GROUP("A", "    Properties: {Name: !Ref P}\n");
    refused("CreateStack", "StackName=one", template, "ValidationError",
            "Parameters: [P] must have values");
    refused("CreateStack",
            "StackName=one&Parameters.member.1.ParameterKey=P&Parameters.member.1.ParameterValue=c",
            template, "ValidationError", "Parameter 'P' must be one of AllowedValues");
    refused("CreateStack",
            "StackName=one&Parameters.member.1.ParameterKey=Q&Parameters.member.1.ParameterValue=c",
            template, "ValidationError", "Parameters: [Q] do not exist in the template");
    good("CreateStack",
         "StackName=one&Parameters.member.1.ParameterKey=P&Parameters.member.1.ParameterValue=a",
         template);
    is("one", "CREATE_COMPLETE");
    assert_string_equal(
        text_at("DescribeStacksResult/Stacks/member/Parameters/member[1]/ParameterValue"), "****");
    refused("UpdateStack",
            "StackName=one&UsePreviousTemplate=true&Parameters.member.1.ParameterKey=P&"
            "Parameters.member.1.UsePreviousValue=true",
            NULL, "ValidationError", "No updates");
    good("UpdateStack",
         "StackName=one&UsePreviousTemplate=true&Parameters.member.1.ParameterKey=P&"
         "Parameters.member.1.ParameterValue=b",
         NULL);
    is("one", "UPDATE_COMPLETE");
}

static void asks_for_capabilities(void **state)
{
    (void)state;
    static const char role[] =
        "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n";
    static const char named[] = "Resources:\n  R: {Type: AWS::IAM::Role, Properties: "
                                "{AssumeRolePolicyDocument: {}, RoleName: r}}\n";
    refused("CreateChangeSet", "StackName=one&ChangeSetName=c&ChangeSetType=CREATE", role,
            "InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]");
    refused("CreateChangeSet",
            "StackName=one&ChangeSetName=c&ChangeSetType=CREATE&Capabilities.member.1=CAPABILITY_"
            "IAM",
            named, "InsufficientCapabilitiesException", "[CAPABILITY_NAMED_IAM]");
    refused("DescribeStacks", "StackName=one", NULL, "ValidationError", "does not exist");
    good("CreateChangeSet",
         "StackName=one&ChangeSetName=c&ChangeSetType=CREATE&Capabilities.member.1=CAPABILITY_"
         "NAMED_IAM",
         named);
    refused("CreateStack", "StackName=two&Capabilities.member.1=CAPABILITY_FLY", ONE,
            "ValidationError", "CAPABILITY_FLY");
}

/* ---- bad templates ---- */

static void refuses_bad_templates(void **state)
{
    (void)state;
    static const struct {
        const char *template, *message;
    } rows[] = {
        {"{\"Resources\": {", "Template format error: JSON not well-formed. (line 1, column"},
        {"Resources: [", "Template format error: YAML not well-formed. (line 1, column"},
        {"- a", "Template format error: unsupported structure."},
        {"Description: x", "At least one Resources member must be defined."},
        {"Resources: {}", "At least one Resources member must be defined."},
        {"Nonsense: 1\n" ONE, "Invalid template property or properties [Nonsense]"},
        {"Transform: AWS::Serverless-2016-10-31\n" ONE,
         "No transform named AWS::Serverless-2016-10-31 found."},
        {"AWSTemplateFormatVersion: '2011-01-01'\n" ONE, "is not a supported value"},
        {"Resources: {A: {Properties: {}}}",
         "[/Resources/A] Every Resources object must contain a Type member."},
        {"Resources: {a-b: {Type: X}}", "Resource name a-b is non alphanumeric."},
        {"Resources: {A: {Type: AWS::EC2::VPC}, B: {Type: Custom::Thing}}",
         "Unrecognized resource types: [AWS::EC2::VPC, Custom::Thing]"},
        {ONE "    Condtion: X\n", "Invalid template resource property 'Condtion'"},
        {ONE "    Condition: X\n", "Unresolved condition dependency X"},
        {ONE "    DependsOn: X\n", "Unresolved resource dependencies [X] in the Resources block"},
        {ONE "    DeletionPolicy: Never\n", "Unrecognized DeletionPolicy Never"},
        {ONE "    Properties: {Name: !Ref X}\n",
         "Unresolved resource dependencies [X] in the Resources block"},
        {ONE "    Properties: {Name: !GetAtt X.Arn}\n",
         "instance of Fn::GetAtt references undefined resource X"},
        {ONE "    Properties: {Name: !GetAtt A.Nothing}\n",
         "does not support attribute type Nothing in Fn::GetAtt"},
        {ONE "    Properties: {Name: !Sub '${X}'}\n", "Unresolved resource dependencies [X]"},
        {ONE "    Properties: {Name: !Sub '${'}\n", "variable names in Fn::Sub syntax"},
        {ONE "    Properties: {Name: !Join [a]}\n", "every Fn::Join object requires two"},
        {ONE "    Properties: {Name: !Nonsense [a]}\n",
         "Encountered unsupported function: Fn::Nonsense"},
        {ONE "    Properties: {Name: !If [X, a, b]}\n",
         "unresolved condition dependency X in Fn::If"},
        {ONE "Conditions: {C: !Equals [!Ref A, x]}\n",
         "Unresolved resource dependencies [A] in the Conditions block"},
        {ONE "Outputs: {O: {Value: !Ref X}}\n",
         "Unresolved resource dependencies [X] in the Outputs block"},
        {ONE "Outputs: {O: {Description: x}}\n", "must contain a Value object"},
        {"Parameters: {P: {Default: x}}\n" ONE, "must contain a Type member"},
        {"Parameters: {P: {Type: AWS::SSM::Parameter::Value<String>}}\n" ONE,
         "Unrecognized parameter type"},
        {"Resources:\n" GROUP("A", "    DependsOn: B\n") GROUP("B", "    DependsOn: A\n")
             GROUP("C", "    DependsOn: A\n") GROUP("D", ""),
         "Circular dependency between resources: [A, B]"},
        {"Conditions: {X: !Not [!Condition Y], Y: !Not [!Condition X]}\n" ONE "    Condition: X\n",
         "Circular dependency in condition"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        print_message("%s\n", rows[i].message);
        if (strstr(rows[i].message, "in condition"))
            continue; /* found when it is looked at */
        refused("CreateStack", "StackName=one", rows[i].template, "ValidationError",
                rows[i].message);
        refused("ValidateTemplate", "", rows[i].template, "ValidationError", rows[i].message);
    }
    struct unum_buf UNUM_AUTO_BUF large = UNUM_BUF_INIT(UNUM_MB);
    unum_buf_adds(&large, ONE);
    while (large.len <= 51200)
        unum_buf_adds(&large, "# more\n");
    refused("CreateStack", "StackName=one", unum_buf_text(&large), "ValidationError",
            "Member must have length less than or equal to 51200");
    unum_buf_clear(&large);
    unum_buf_adds(&large, "Resources:\n");
    for (int i = 0; i < 501; i++)
        unum_buf_printf(&large, "  R%d: {Type: AWS::Scheduler::ScheduleGroup}\n", i);
    refused("CreateStack", "StackName=one", unum_buf_text(&large), "ValidationError",
            "Number of resources, 501, is greater than maximum allowed, 500");
    refused("CreateStack", "StackName=one", NULL, "ValidationError",
            "Either Template URL or Template Body must be specified.");
    refused("CreateStack", "StackName=1one", ONE, "ValidationError", "regular expression pattern");
    refused("Nonsense", "StackName=one", NULL, "InvalidAction", "Nonsense");
    refused("DescribeEvents", "StackName=one", NULL, "ValidationError",
            "ChangeSetName must be specified");
    refused("DescribeEvents", "StackName=one&ChangeSetName=none", NULL, "ChangeSetNotFound",
            "[none] does not exist");
}

static void fails_resources_with_bad_properties(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one",
         "Resources:\n" GROUP("A", "    Properties: {Nonsense: 1}\n"));
    is("one", "ROLLBACK_COMPLETE");
    good("CreateStack", "StackName=two", "Resources:\n" TABLE("T", "items", ""));
    is("two", "ROLLBACK_COMPLETE"); /* the bench has a table of that name */
    went_through("two", "T", "CREATE_FAILED");
    assert_true(has_table("items"));
}

static void shows_templates(void **state)
{
    (void)state;
    good("CreateStack", "StackName=one", "Description: about\n" ONE);
    is("one", "CREATE_COMPLETE");
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/Description"), "about");
    good("GetTemplate", "StackName=one", NULL);
    assert_true(strstr(text_at("GetTemplateResult/TemplateBody"), "Description: about") != NULL);
    good("GetTemplateSummary", "StackName=one", NULL);
    assert_string_equal(text_at("GetTemplateSummaryResult/ResourceTypes/member"),
                        "AWS::Scheduler::ScheduleGroup");
    good("DescribeStackResource", "StackName=one&LogicalResourceId=A", NULL);
    assert_string_equal(text_at("DescribeStackResourceResult/StackResourceDetail/ResourceStatus"),
                        "CREATE_COMPLETE");
    refused("DescribeStackResource", "StackName=one&LogicalResourceId=Z", NULL, "ValidationError",
            "Resource Z does not exist for stack one");
    good("DescribeStackResources", "StackName=one", NULL);
    assert_string_equal(
        text_at("DescribeStackResourcesResult/StackResources/member/LogicalResourceId"), "A");
}

static void takes_any_status_for_tests(void **state)
{
    (void)state;
    static const char *const all[] = {"REVIEW_IN_PROGRESS",
                                      "CREATE_IN_PROGRESS",
                                      "CREATE_FAILED",
                                      "CREATE_COMPLETE",
                                      "ROLLBACK_IN_PROGRESS",
                                      "ROLLBACK_FAILED",
                                      "ROLLBACK_COMPLETE",
                                      "DELETE_IN_PROGRESS",
                                      "DELETE_FAILED",
                                      "UPDATE_IN_PROGRESS",
                                      "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                                      "UPDATE_COMPLETE",
                                      "UPDATE_FAILED",
                                      "UPDATE_ROLLBACK_IN_PROGRESS",
                                      "UPDATE_ROLLBACK_FAILED",
                                      "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                                      "UPDATE_ROLLBACK_COMPLETE",
                                      "IMPORT_IN_PROGRESS",
                                      "IMPORT_COMPLETE",
                                      "IMPORT_ROLLBACK_IN_PROGRESS",
                                      "IMPORT_ROLLBACK_FAILED",
                                      "IMPORT_ROLLBACK_COMPLETE"};
    for (size_t i = 0; i < UNUM_COUNT(all); i++) {
        assert_int_equal(local_set_stack_status(bench.local, UNUM_STR("s"), unum_str_from(all[i]),
                                                UNUM_STR("why"), NULL),
                         0);
        assert_string_equal(status_of("s"), all[i]);
    }
    good("UnumSetStackStatus", "StackName=s&StackStatus=ROLLBACK_FAILED", NULL);
    assert_string_equal(status_of("s"), "ROLLBACK_FAILED");
    assert_int_equal(
        local_set_stack_status(bench.local, UNUM_STR("s"), UNUM_STR("GREEN"), UNUM_STR_NONE, NULL),
        UNUM_E_INVAL);
}

static void takes_hooks_and_pages_for_tests(void **state)
{
    (void)state;
    good("UnumSetResourceHook",
         "StackName=one&LogicalResourceId=B&Hook={\"FailCreate\":\"as told\"}", NULL);
    good("CreateStack", "StackName=one&OnFailure=DO_NOTHING", TWO);
    is("one", "CREATE_FAILED");
    good("DescribeStackResource", "StackName=one&LogicalResourceId=B", NULL);
    assert_string_equal(
        text_at("DescribeStackResourceResult/StackResourceDetail/ResourceStatusReason"), "as told");
    good("CreateStack", "StackName=two", TWO); /* the hook is for the other stack */
    is("two", "CREATE_COMPLETE");
    good("UnumSetResourceHook", "StackName=one&LogicalResourceId=B&Hook=", NULL);
    good("UpdateStack", "StackName=one&DisableRollback=true", TWO);
    is("one", "UPDATE_COMPLETE");
    refused("UnumSetResourceHook", "StackName=one&LogicalResourceId=B&Hook=[1]", NULL,
            "ValidationError", "a JSON object");
    good("UnumSetPage", "Entries=1", NULL);
    good("ListStackResources", "StackName=one", NULL);
    assert_string_equal(text_at("ListStackResourcesResult/NextToken"), "from-1");
    refused("UnumSetPage", "Entries=many", NULL, "ValidationError", "on a page");
}

/* ---- restart ---- */

static void reopen(void)
{
    local_free(bench.local);
    bench.local = NULL;
    bench_open(&bench);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    bench.config.real_time = true;
    reopen();
    good("CreateStack", "StackName=one",
         "Parameters: {P: {Type: String, Default: v}}\nResources:\n" TABLE("T", "tab", "")
             GROUP("B", "    DependsOn: T\n" HOOK("StepMs: 3600000"))
                 GROUP("C", "    DependsOn: B\n") "Outputs: {O: {Value: !Ref P}}\n");
    reopen();
    assert_string_equal(status_of("one"), "CREATE_IN_PROGRESS");
    bench.config.real_time = false;
    reopen();
    is("one", "CREATE_COMPLETE");
    assert_true(has_table("tab"));
    went_through("one", "one", "CREATE_IN_PROGRESS");
    reopen();
    is("one", "CREATE_COMPLETE");
    assert_string_equal(text_at("DescribeStacksResult/Stacks/member/Outputs/member/OutputValue"),
                        "v");
    good("CreateChangeSet", "StackName=one&ChangeSetName=c", ONE);
    reopen();
    bench_settle(&bench);
    good("ExecuteChangeSet", "StackName=one&ChangeSetName=c", NULL);
    reopen();
    is("one", "UPDATE_COMPLETE");
    assert_false(has_table("tab"));
    good("DeleteStack", "StackName=one", NULL);
    reopen();
    bench_settle(&bench);
    assert_int_equal(ask("DescribeStacks", "StackName=one", NULL), 400);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
#define TEST_KEPT(name) cmocka_unit_test_setup_teardown(name, open_kept, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(creates_and_deletes),
        TEST(rolls_a_failed_creation_back),
        TEST(fails_to_roll_a_creation_back),
        TEST(keeps_what_failed_when_told_so),
        TEST(deletes_what_failed_when_told_so),
        TEST(updates_and_cleans_up),
        TEST(rolls_a_failed_update_back),
        TEST(continues_a_stuck_rollback),
        TEST(leaves_a_failed_update_when_told_so),
        cmocka_unit_test_setup_teardown(cancels_an_update, open_slow, close_bench),
        TEST(retains_and_fails_to_delete),
        TEST(protects_from_deletion),
        TEST(makes_change_sets),
        TEST(says_what_changes),
        TEST(pages_lists),
        TEST(keeps_parameters),
        TEST(asks_for_capabilities),
        TEST(refuses_bad_templates),
        TEST(fails_resources_with_bad_properties),
        TEST(shows_templates),
        TEST(takes_any_status_for_tests),
        TEST(takes_hooks_and_pages_for_tests),
        TEST_KEPT(goes_on_after_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

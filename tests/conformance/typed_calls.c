/*
 * typed_calls ZIP LARGE: every typed call of lib/aws once, against services that are at
 * AWS_ENDPOINT_URL and empty: a stack with a bucket, a role, a log group and (from ZIP) a function;
 * LARGE is a file that has to go in parts. tests/e2e/typed_calls.bats runs it against moto.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/cloudformation.h"
#include "aws/creds_env.h"
#include "aws/error.h"
#include "aws/lambda.h"
#include "aws/log_events.h"
#include "aws/s3.h"
#include "aws/sts.h"
#include "base/file.h"
#include "base/limits.h"

static struct aws_client *client;
static struct unum_arena arena;
static struct unum_err err;
static int passed;
static const struct unum_str stack = UNUM_STR_INIT("typed"), function = UNUM_STR_INIT("typed-F");
static struct s3_bucket bucket = {UNUM_STR_INIT("typed-calls-bucket"), {0}};

/* A call that must succeed, and what must hold afterwards. */
static void check(const char *what, int rc, bool holds)
{
    if (rc < 0 || !holds) {
        printf("%s: %s\n", what, rc < 0 ? unum_err_text(&err) : "not as expected");
        exit(1);
    }
    unum_err_clear(&err);
    passed++;
}

#define expect(what, call, holds)                                                                  \
    do {                                                                                           \
        int rc_ = (call);                                                                          \
        check(what, rc_, rc_ == 0 && (holds));                                                     \
    } while (0)

/* One that must fail so. */
static void refuse(const char *what, int rc, int expected)
{
    if (rc != expected) {
        printf("%s: %s: %s\n", what, unum_rc_name(rc), unum_err_text(&err));
        exit(1);
    }
    unum_err_clear(&err);
    passed++;
}

static const char resources_of_both[] =
    "{\"Resources\":{\"B\":{\"Type\":\"AWS::S3::Bucket\",\"Properties\":{\"BucketName\":"
    "\"typed-calls-bucket\"}},\"R\":{\"Type\":\"AWS::IAM::Role\",\"Properties\":{\"RoleName\":"
    "\"typed-role\",\"AssumeRolePolicyDocument\":{\"Version\":\"2012-10-17\",\"Statement\":[{"
    "\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"lambda.amazonaws.com\"},\"Action\":"
    "\"sts:AssumeRole\"}]}}},\"L\":{\"Type\":\"AWS::Logs::LogGroup\",\"Properties\":{"
    "\"LogGroupName\":\"/aws/lambda/typed-F\",\"RetentionInDays\":14}}";
static const char the_function[] =
    ",\"F\":{\"Type\":\"AWS::Lambda::Function\",\"Properties\":{\"FunctionName\":\"typed-F\","
    "\"Runtime\":\"provided.al2023\",\"Handler\":\"bootstrap\",\"Role\":{\"Fn::GetAtt\":[\"R\","
    "\"Arn\"]},\"Code\":{\"S3Bucket\":\"typed-calls-bucket\",\"S3Key\":\"code/f&1.zip\"}}}";

/* ---- CloudFormation ---- */

static bool count_events(void *cookie, const struct cfn_event *event)
{
    ++*(size_t *)cookie;
    return event->id.len > 0;
}

static void change(bool create, const char *name)
{
    static const char *const capabilities[] = {"CAPABILITY_NAMED_IAM", NULL};
    static const struct cfn_pair tags[] = {{UNUM_STR_INIT("unum:test"), UNUM_STR_INIT("a&b")}};
    struct unum_str id = {0};
    struct cfn_change_set set = {0};
    const struct cfn_change_set_request request = {
        .stack = stack,
        .name = unum_str_from(name),
        .token = unum_str_from(name),
        .create = create,
        .template_body =
            unum_arena_printf(&arena, "%s%s}}", resources_of_both, create ? "" : the_function),
        .tags = tags,
        .tags_len = 1,
        .capabilities = capabilities,
    };
    expect("CreateChangeSet", cfn_create_change_set(client, &request, &arena, &id, &err), id.len);
    do {
        expect("DescribeChangeSet", cfn_describe_change_set(client, id, &arena, &set, &err), true);
    } while (unum_str_ends(set.status, UNUM_STR("_IN_PROGRESS")) ||
             unum_str_ends(set.status, UNUM_STR("_PENDING")));
    expect("the change set", 0, unum_str_is(set.status, "CREATE_COMPLETE") && set.changes_len);
    expect("ExecuteChangeSet", cfn_execute_change_set(client, id, unum_str_from(name), false, &err),
           true);
}

static void stacks(void)
{
    struct cfn_stack found = {0}, *list = NULL;
    struct cfn_resource *resources = NULL;
    struct unum_str text = {0};
    size_t len = 0, events = 0;
    do {
        expect("DescribeStacks", cfn_describe_stack(client, stack, &arena, &found, &err), true);
    } while (unum_str_ends(found.status, UNUM_STR("_IN_PROGRESS")));
    expect("the stack", 0, unum_str_ends(found.status, UNUM_STR("_COMPLETE")));
    expect("its tags", 0,
           unum_str_is(cfn_pair_get(found.tags, found.tags_len, "unum:test"), "a&b"));
    expect("ListStacks", cfn_list_stacks(client, &arena, &list, &len, &err), len == 1);
    expect("DescribeStackEvents", cfn_events(client, stack, &arena, count_events, &events, &err),
           events);
    expect("ListStackResources", cfn_resources(client, stack, &arena, &resources, &len, &err),
           len >= 3);
    expect("GetTemplate", cfn_get_template(client, stack, &arena, &text, &err),
           unum_str_search(text, UNUM_STR("typed-calls-bucket")) != SIZE_MAX);
    refuse("DescribeStacks", cfn_describe_stack(client, UNUM_STR("absent"), &arena, &found, &err),
           UNUM_E_NOTFOUND);
}

/* ---- S3 ---- */

static void objects(const char *zip, const char *large)
{
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const struct unum_str code = UNUM_STR("code/f&1.zip"), parts = UNUM_STR("large/a b");
    const struct s3_bucket absent = {UNUM_STR("typed-calls-absent"), bucket.owner};
    struct s3_object object = {0}, *list = NULL;
    size_t len = 0;
    expect("HeadBucket", s3_bucket_head(client, bucket, &err), true);
    refuse("HeadBucket", s3_bucket_head(client, absent, &err), UNUM_E_NOTFOUND);
    expect("the zip", unum_file_read(zip, &bytes, &err), true);
    refuse("HeadObject", s3_head(client, bucket, code, &object, &err), UNUM_E_NOTFOUND);
    expect("PutObject", s3_put(client, bucket, code, unum_buf_str(&bytes), true, &err), true);
    expect("HeadObject", s3_head(client, bucket, code, &object, &err),
           object.size == (int64_t)bytes.len);
    expect("UploadPart", s3_put_file(client, bucket, parts, large, false, NULL, &err), true);
    expect("HeadObject", s3_head(client, bucket, parts, &object, &err), object.size > S3_SINGLE);
    expect("ListObjectsV2", s3_list(client, bucket, UNUM_STR(""), &arena, &list, &len, &err),
           len == 2 && unum_str_eq(list[0].key, code) && unum_str_eq(list[1].key, parts));
    expect("ListMultipartUploads", s3_abort_stale(client, bucket, UNUM_STR(""), &len, &err),
           len == 0);
}

/* ---- Lambda ---- */

static void functions(const char *zip)
{
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct lambda_details details = {0};
    struct lambda_function got = {0}, *list = NULL;
    const struct lambda_pair pair = {UNUM_STR("unum:t"), UNUM_STR("1")};
    const struct lambda_pair variable = {UNUM_STR("A"), UNUM_STR("b\xc3\xa4")};
    struct lambda_answer answer = {0};
    size_t len = 0;
    expect("the zip", unum_file_read(zip, &bytes, &err), true);
    expect("GetFunction", lambda_get(client, function, &arena, &details, &err),
           unum_str_eq(details.function.name, function));
    refuse("GetFunction", lambda_get(client, UNUM_STR("absent"), &arena, &details, &err),
           UNUM_E_NOTFOUND);
    expect("GetFunctionConfiguration",
           lambda_get_configuration(client, function, &arena, &got, &err),
           unum_str_is(got.runtime, "provided.al2023"));
    expect("ListFunctions", lambda_list(client, UNUM_STR("typed-"), &arena, &list, &len, &err),
           len == 1);
    const struct lambda_code code = {.zip = unum_buf_str(&bytes)};
    expect("UpdateFunctionCode", lambda_update_code(client, function, &code, &arena, &got, &err),
           got.code_sha256.len);
    const struct lambda_change change_to = {
        .memory_mb = 256, .set_environment = true, .environment = &variable, .environment_len = 1};
    expect("UpdateFunctionConfiguration",
           lambda_update_configuration(client, function, &change_to, &arena, &got, &err),
           got.memory_mb == 256);
    expect("GetFunctionConfiguration",
           lambda_wait_ready(client, function, 10000, &unum_clock_system, &arena, &got, &err),
           unum_str_eq(lambda_pair_get(got.environment, got.environment_len, "A"), variable.value));
    expect("TagResource", lambda_tag(client, got.arn, &pair, 1, &err), true);
    expect("GetFunction", lambda_get(client, function, &arena, &details, &err),
           unum_str_is(lambda_pair_get(details.tags, details.tags_len, "unum:t"), "1"));
    expect("UntagResource", lambda_untag(client, got.arn, &pair.name, 1, &err), true);
    expect("Invoke",
           lambda_invoke(client, function, LAMBDA_DRY, UNUM_STR("{}"), &arena, &answer, &err),
           true);
    refuse("Invoke",
           lambda_invoke(client, UNUM_STR("absent"), LAMBDA_SYNC, UNUM_STR("{}"), &arena, &answer,
                         &err),
           UNUM_E_NOTFOUND);
}

/* ---- CloudWatch Logs ---- */

static void logs(void)
{
    struct log_group *list = NULL;
    size_t len = 0;
    log_event_list events = {0};
    struct unum_str token = {0};
    struct log_query query = {.group = UNUM_STR("/aws/lambda/typed-F")};
    expect("DescribeLogGroups",
           log_groups(client, UNUM_STR("/aws/lambda/typed"), &arena, &list, &len, &err),
           len == 1 && list[0].retention_days == 14);
    expect("FilterLogEvents", log_events_page(client, &query, &arena, &events, &token, &err), true);
    query.group = UNUM_STR("/aws/lambda/absent");
    refuse("FilterLogEvents", log_events_page(client, &query, &arena, &events, &token, &err),
           UNUM_E_NOTFOUND);
    unum_vec_done(&events);
}

static void clean_up(void)
{
    struct cfn_stack found = {0};
    const struct unum_str keys[] = {UNUM_STR("code/f&1.zip"), UNUM_STR("large/a b"),
                                    UNUM_STR("never there")};
    struct s3_object *list = NULL;
    size_t len = 1;
    expect("DeleteObjects", s3_delete(client, bucket, keys, UNUM_COUNT(keys), &err), true);
    expect("ListObjectsV2", s3_list(client, bucket, UNUM_STR(""), &arena, &list, &len, &err),
           len == 0);
    expect("DeleteStack", cfn_delete_stack(client, stack, NULL, 0, UNUM_STR(""), &err), true);
    int rc;
    do {
        rc = cfn_describe_stack(client, stack, &arena, &found, &err);
    } while (rc == 0 && unum_str_ends(found.status, UNUM_STR("_IN_PROGRESS")));
    refuse("DescribeStacks", rc, UNUM_E_NOTFOUND);
}

int main(int argc, char **argv)
{
    struct aws_creds_env creds;
    struct aws_config config = {.clock = &unum_clock_system,
                                .creds = aws_creds_env(&creds),
                                .region = UNUM_STR("eu-west-1"),
                                .read_error = aws_error_read_any};
    struct sts_identity identity = {0};
    const char *url = getenv("AWS_ENDPOINT_URL");
    if (argc != 3 || !url) {
        printf("usage: AWS_ENDPOINT_URL=URL typed_calls ZIP LARGE\n");
        return 2;
    }
    for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
        config.endpoints[i] = unum_str_from(url);
    expect("transport", http_curl_open(&unum_clock_system, NULL, &config.transport, &err), true);
    expect("client", aws_client_new(&config, &client, &err), true);
    expect("GetCallerIdentity", sts_caller_identity(client, &arena, &identity, &err),
           identity.account.len == 12);
    bucket.owner = identity.account;
    const struct sts_role role = {.arn = UNUM_STR("arn:aws:iam::123456789012:role/typed"),
                                  .session_name = UNUM_STR("typed")};
    struct aws_creds assumed = {0};
    expect("AssumeRole", sts_assume_role(client, &role, &arena, &assumed, &err),
           assumed.session_token.len && assumed.expires_ms);
    change(true, "first");
    stacks();
    objects(argv[1], argv[2]);
    change(false, "second");
    stacks();
    functions(argv[1]);
    logs();
    clean_up();
    aws_client_free(client);
    config.transport.ops->close(config.transport.state);
    unum_arena_done(&arena);
    unum_err_done(&err);
    printf("passed %d, failed 0\n", passed);
    return 0;
}

#include "support/answers.h"

#include "aws/cloudformation.h"
#include "aws/lambda.h"
#include "aws/log_events.h"
#include "aws/s3.h"
#include "aws/sts.h"

#define ARGS                                                                                       \
    struct aws_client *client, struct unum_arena *arena, struct unum_buf *ret, struct unum_err *err

static void add(struct unum_buf *ret, struct unum_str text)
{
    if (ret->len)
        unum_buf_addc(ret, ' ');
    unum_buf_add(ret, text);
}

/* ---- STS ---- */

static int identity(ARGS)
{
    struct sts_identity got;
    int rc = sts_caller_identity(client, arena, &got, err);
    if (rc == 0) {
        add(ret, got.account);
        add(ret, got.arn);
    }
    return rc;
}

static int assume_role(ARGS)
{
    const struct sts_role role = {.arn = UNUM_STR("arn:r"), .session_name = UNUM_STR("s")};
    struct aws_creds creds;
    int rc = sts_assume_role(client, &role, arena, &creds, err);
    if (rc == 0) {
        add(ret, creds.access_key);
        unum_buf_printf(ret, " %lld", (long long)creds.expires_ms);
    }
    return rc;
}

/* ---- S3 ---- */

static const struct s3_bucket bucket = {UNUM_STR_INIT("b"), UNUM_STR_INIT("111111111111")};

static int list_objects(ARGS)
{
    struct s3_object *objects;
    size_t len;
    int rc = s3_list(client, bucket, UNUM_STR("p/"), arena, &objects, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        add(ret, objects[i].key);
        unum_buf_printf(ret, ":%lld", (long long)objects[i].size);
    }
    return rc;
}

static int delete_objects(ARGS)
{
    const struct unum_str keys[] = {UNUM_STR("a&b"), UNUM_STR("c")};
    (void)arena;
    (void)ret;
    return s3_delete(client, bucket, keys, UNUM_COUNT(keys), err);
}

static int abort_uploads(ARGS)
{
    size_t count;
    int rc = s3_abort_stale(client, bucket, UNUM_STR(""), &count, err);
    (void)arena;
    if (rc == 0)
        unum_buf_printf(ret, "%zu", count);
    return rc;
}

/* ---- CloudFormation ---- */

static int describe_stack(ARGS)
{
    struct cfn_stack stack;
    int rc = cfn_describe_stack(client, UNUM_STR("app"), arena, &stack, err);
    if (rc < 0)
        return rc;
    add(ret, stack.name);
    add(ret, stack.status);
    add(ret, stack.reason);
    add(ret, cfn_pair_get(stack.outputs, stack.outputs_len, "EntryFunction"));
    add(ret, cfn_pair_get(stack.parameters, stack.parameters_len, "Stage"));
    add(ret, cfn_pair_get(stack.tags, stack.tags_len, "unum:version"));
    return 0;
}

static int list_stacks(ARGS)
{
    struct cfn_stack *stacks;
    size_t len;
    int rc = cfn_list_stacks(client, arena, &stacks, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        add(ret, stacks[i].name);
    return rc;
}

static int create_change_set(ARGS)
{
    const struct cfn_change_set_request request = {
        .stack = UNUM_STR("app"), .name = UNUM_STR("c"), .template_body = UNUM_STR("{}")};
    struct unum_str id;
    int rc = cfn_create_change_set(client, &request, arena, &id, err);
    if (rc == 0)
        add(ret, id);
    return rc;
}

static int describe_change_set(ARGS)
{
    struct cfn_change_set set;
    int rc = cfn_describe_change_set(client, UNUM_STR("c"), arena, &set, err);
    if (rc < 0)
        return rc;
    add(ret, set.status);
    add(ret, set.execution_status);
    for (size_t i = 0; i < set.changes_len; i++) {
        add(ret, set.changes[i].action);
        add(ret, set.changes[i].logical_id);
        add(ret, set.changes[i].replacement);
        for (size_t j = 0; j < set.changes[i].properties_len; j++)
            add(ret, set.changes[i].properties[j].name);
    }
    return 0;
}

static bool keep_event(void *cookie, const struct cfn_event *event)
{
    add(cookie, event->logical_id);
    add(cookie, event->status);
    return true;
}

static int events(ARGS)
{
    return cfn_events(client, UNUM_STR("app"), arena, keep_event, ret, err);
}

static int resources(ARGS)
{
    struct cfn_resource *found;
    size_t len;
    int rc = cfn_resources(client, UNUM_STR("app"), arena, &found, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        add(ret, found[i].logical_id);
        add(ret, found[i].physical_id);
    }
    return rc;
}

static int get_template(ARGS)
{
    struct unum_str text;
    int rc = cfn_get_template(client, UNUM_STR("app"), arena, &text, err);
    if (rc == 0)
        add(ret, text);
    return rc;
}

/* ---- Lambda ---- */

static int get_function(ARGS)
{
    struct lambda_details got;
    int rc = lambda_get(client, UNUM_STR("app-Hello"), arena, &got, err);
    if (rc < 0)
        return rc;
    add(ret, got.function.name);
    add(ret, got.function.state);
    add(ret, got.function.log_group);
    add(ret, lambda_pair_get(got.tags, got.tags_len, "unum:version"));
    unum_buf_printf(ret, " %lld %lld", (long long)got.function.memory_mb, (long long)got.reserved);
    return 0;
}

static int list_functions(ARGS)
{
    struct lambda_function *found;
    size_t len;
    int rc = lambda_list(client, UNUM_STR("app-"), arena, &found, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        add(ret, found[i].name);
    return rc;
}

static int update_code(ARGS)
{
    const struct lambda_code code = {.bucket = UNUM_STR("b"), .key = UNUM_STR("k")};
    struct lambda_function got;
    int rc = lambda_update_code(client, UNUM_STR("app-Hello"), &code, arena, &got, err);
    if (rc == 0) {
        add(ret, got.code_sha256);
        add(ret, got.revision_id);
    }
    return rc;
}

static int get_configuration(ARGS)
{
    struct lambda_function got;
    int rc = lambda_get_configuration(client, UNUM_STR("app-Hello"), arena, &got, err);
    if (rc == 0)
        add(ret, got.update.len ? got.update : got.state);
    return rc;
}

/* Each has an answer of its own; the first failure is the result. */
static int get_configurations(ARGS)
{
    const struct unum_str names[] = {UNUM_STR("app-A"), UNUM_STR("app-B")};
    struct lambda_function got[2];
    int rcs[2];
    int rc = lambda_get_configurations(client, names, 2, arena, got, rcs, err);
    for (size_t i = 0; rc == 0 && i < 2; i++)
        add(ret, got[i].name);
    return rc;
}

static int update_codes(ARGS)
{
    const struct unum_str names[] = {UNUM_STR("app-A"), UNUM_STR("app-B")};
    const struct lambda_code code = {.bucket = UNUM_STR("b"), .key = UNUM_STR("k")};
    const struct lambda_code codes[] = {code, code};
    struct lambda_function got[2];
    int rcs[2];
    int rc = lambda_update_codes(client, names, codes, 2, arena, got, rcs, err);
    for (size_t i = 0; rc == 0 && i < 2; i++)
        add(ret, got[i].revision_id);
    return rc;
}

static int update_configuration(ARGS)
{
    const struct lambda_change change = {.memory_mb = 256, .set_environment = true};
    struct lambda_function got;
    int rc = lambda_update_configuration(client, UNUM_STR("app-Hello"), &change, arena, &got, err);
    if (rc == 0)
        add(ret, got.revision_id);
    return rc;
}

static int wait_ready(ARGS)
{
    struct lambda_function got;
    int rc =
        lambda_wait_ready(client, UNUM_STR("app-Hello"), 0, &unum_clock_system, arena, &got, err);
    if (rc == 0)
        add(ret, got.state);
    return rc;
}

/* ---- CloudWatch Logs ---- */

struct reading {
    struct unum_buf *ret;
};

static bool each_event(void *cookie, struct log_feed *feed, const struct log_event *event)
{
    struct reading *reading = cookie;
    (void)feed;
    add(reading->ret, event->message);
    return true;
}

/* A feed's round, to its last page. */
static int read_feed(ARGS)
{
    struct log_feed feed;
    struct reading reading = {ret};
    (void)arena;
    log_feed_init(&feed, UNUM_STR("/aws/lambda/a"), 0);
    int rc = log_feeds_read(client, &feed, 1, each_event, &reading, err);
    log_feed_done(&feed);
    return rc;
}

static int filter_events(ARGS)
{
    log_event_list found = {0};
    struct unum_str token = UNUM_STR_NONE;
    int rc;
    do {
        const struct log_query query = {.group = UNUM_STR("/aws/lambda/a"), .token = token};
        rc = log_events_page(client, &query, arena, &found, &token, err);
    } while (rc == 0 && token.len && found.len < 1000);
    for (size_t i = 0; rc == 0 && i < found.len; i++)
        add(ret, found.at[i].message);
    unum_vec_done(&found);
    return rc;
}

static int groups(ARGS)
{
    struct log_group *found;
    size_t len;
    int rc = log_groups(client, UNUM_STR("/aws/"), arena, &found, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        add(ret, found[i].name);
    return rc;
}

#define CFN(action, result)                                                                        \
    "<" action "Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\n  "       \
    "<" action "Result>" result "</" action "Result>\n  <ResponseMetadata><RequestId>"             \
    "b9b4b068-3a41-11e5-94eb-example</RequestId></ResponseMetadata>\n</" action "Response>"
#define S3_XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define STS_XML(action, result)                                                                    \
    "<" action "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" action             \
    "Result>" result "</" action "Result></" action "Response>"
#define FUNCTION(name)                                                                             \
    "{\"FunctionName\":\"" name "\",\"FunctionArn\":\"arn:aws:lambda:eu-west-1:1:function:" name   \
    "\",\"Runtime\":\"provided.al2023\",\"Handler\":\"bootstrap\",\"CodeSize\":1234,"              \
    "\"CodeSha256\":\"c2hh\",\"RevisionId\":\"rev-1\",\"MemorySize\":128,\"Timeout\":30,"          \
    "\"State\":\"Active\",\"LastUpdateStatus\":\"Successful\",\"Architectures\":[\"x86_64\"],"     \
    "\"Environment\":{\"Variables\":{\"A\":\"b\\u00e9\"}}}"

const struct answer_case answer_cases[] = {
    {"sts GetCallerIdentity",
     {STS_XML("GetCallerIdentity", "<Arn>arn:aws:iam::1:user/a</Arn><UserId>U</UserId>"
                                   "<Account>1</Account>")},
     identity,
     "1 arn:aws:iam::1:user/a"},
    {"sts AssumeRole",
     {STS_XML("AssumeRole",
              "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
              "<SessionToken>t</SessionToken><Expiration>2026-01-01T00:00:00Z</Expiration>"
              "</Credentials>")},
     assume_role,
     "ASIA 1767225600000"},
    {"s3 ListObjectsV2",
     {S3_XML "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
             "<Prefix>p/</Prefix><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
             "<NextContinuationToken>t&amp;1</NextContinuationToken><Contents><Key>p/a%20b</Key>"
             "<LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>12</Size></Contents>"
             "</ListBucketResult>",
      S3_XML "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/c</Key><Size>0"
             "</Size></Contents></ListBucketResult>"},
     list_objects,
     "p/a b:12 p/c:0"},
    {"s3 DeleteObjects",
     {S3_XML "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"></DeleteResult>"},
     delete_objects,
     ""},
    {"s3 ListMultipartUploads",
     {S3_XML "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k"
             "</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker><Upload><Key>k</Key>"
             "<UploadId>u1</UploadId></Upload></ListMultipartUploadsResult>",
      "",
      S3_XML "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>l</Key>"
             "<UploadId>u2</UploadId></Upload></ListMultipartUploadsResult>",
      ""},
     abort_uploads,
     "2"},
    {"cloudformation DescribeStacks",
     {CFN("DescribeStacks",
          "<Stacks><member><StackName>app</StackName><StackId>arn:s</StackId><CreationTime>"
          "2026-01-01T00:00:00.000Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>"
          "<StackStatusReason>it&apos;s &lt;done&gt;</StackStatusReason><Outputs><member>"
          "<OutputKey>EntryFunction</OutputKey><OutputValue>app-Hello</OutputValue></member>"
          "</Outputs><Parameters><member><ParameterKey>Stage</ParameterKey><ParameterValue>dev"
          "</ParameterValue></member></Parameters><Tags><member><Key>unum:version</Key><Value>1"
          "</Value></member></Tags></member></Stacks>")},
     describe_stack,
     "app UPDATE_COMPLETE it's <done> app-Hello dev 1"},
    {"cloudformation ListStacks",
     {CFN("ListStacks",
          "<StackSummaries><member><StackName>a</StackName><StackStatus>CREATE_COMPLETE"
          "</StackStatus></member><member><StackName>gone</StackName><StackStatus>DELETE_COMPLETE"
          "</StackStatus></member></StackSummaries><NextToken>n</NextToken>"),
      CFN("ListStacks",
          "<StackSummaries><member><StackName>b</StackName><StackStatus>ROLLBACK_COMPLETE"
          "</StackStatus></member></StackSummaries>")},
     list_stacks,
     "a b"},
    {"cloudformation CreateChangeSet",
     {CFN("CreateChangeSet", "<Id>arn:c</Id><StackId>arn:s</StackId>")},
     create_change_set,
     "arn:c"},
    {"cloudformation DescribeChangeSet",
     {CFN("DescribeChangeSet",
          "<ChangeSetId>arn:c</ChangeSetId><Status>CREATE_COMPLETE</Status><ExecutionStatus>"
          "AVAILABLE</ExecutionStatus><Changes><member><Type>Resource</Type><ResourceChange>"
          "<Action>Modify</Action><LogicalResourceId>Hello</LogicalResourceId><Replacement>False"
          "</Replacement><Details><member><Target><Attribute>Properties</Attribute><Name>Code"
          "</Name><RequiresRecreation>Never</RequiresRecreation></Target></member></Details>"
          "</ResourceChange></member></Changes><NextToken>n</NextToken>"),
      CFN("DescribeChangeSet",
          "<ChangeSetId>arn:c</ChangeSetId><Status>CREATE_COMPLETE</Status><ExecutionStatus>"
          "AVAILABLE</ExecutionStatus><Changes><member><ResourceChange><Action>Add</Action>"
          "<LogicalResourceId>World</LogicalResourceId></ResourceChange></member></Changes>")},
     describe_change_set,
     "CREATE_COMPLETE AVAILABLE Modify Hello False Properties.Code Add World "},
    {"cloudformation DescribeStackEvents",
     {CFN("DescribeStackEvents",
          "<StackEvents><member><EventId>e2</EventId><LogicalResourceId>Hello</LogicalResourceId>"
          "<ResourceStatus>CREATE_COMPLETE</ResourceStatus><Timestamp>2026-01-01T00:00:01.000Z"
          "</Timestamp></member></StackEvents><NextToken>n</NextToken>"),
      CFN("DescribeStackEvents",
          "<StackEvents><member><EventId>e1</EventId><LogicalResourceId>Hello</LogicalResourceId>"
          "<ResourceStatus>CREATE_IN_PROGRESS</ResourceStatus></member></StackEvents>")},
     events,
     "Hello CREATE_COMPLETE Hello CREATE_IN_PROGRESS"},
    {"cloudformation ListStackResources",
     {CFN("ListStackResources",
          "<StackResourceSummaries><member><LogicalResourceId>Hello</LogicalResourceId>"
          "<PhysicalResourceId>app-Hello</PhysicalResourceId><ResourceType>AWS::Lambda::Function"
          "</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>"
          "</StackResourceSummaries>")},
     resources,
     "Hello app-Hello"},
    {"cloudformation GetTemplate",
     {CFN("GetTemplate", "<TemplateBody>{&quot;Resources&quot;:{}}</TemplateBody>")},
     get_template,
     "{\"Resources\":{}}"},
    {"lambda GetFunction",
     {"{\"Configuration\":" FUNCTION("app-Hello") ",\"Code\":{\"Location\":\"https://x\"},"
                                                  "\"Tags\":{\"unum:version\":\"1\"}}"},
     get_function,
     "app-Hello Active /aws/lambda/app-Hello 1 128 -1"},
    {"lambda ListFunctions",
     {"{\"Functions\":[" FUNCTION("app-A") "," FUNCTION("other") "],\"NextMarker\":\"m\"}",
      "{\"Functions\":[" FUNCTION("app-B") "],\"NextMarker\":null}"},
     list_functions,
     "app-A app-B"},
    {"lambda UpdateFunctionCode", {FUNCTION("app-Hello")}, update_code, "c2hh rev-1"},
    {"lambda GetFunctionConfiguration", {FUNCTION("app-Hello")}, get_configuration, "Successful"},
    {"lambda GetFunctionConfiguration of several",
     {FUNCTION("app-A"), FUNCTION("app-B")},
     get_configurations,
     "app-A app-B"},
    {"lambda UpdateFunctionCode of several",
     {FUNCTION("app-A"), FUNCTION("app-B")},
     update_codes,
     "rev-1 rev-1"},
    {"lambda UpdateFunctionConfiguration", {FUNCTION("app-Hello")}, update_configuration, "rev-1"},
    {"lambda readiness", {FUNCTION("app-Hello")}, wait_ready, "Active"},
    {"logs of a feed",
     {"{\"events\":[{\"eventId\":\"1\",\"logStreamName\":\"s\",\"timestamp\":1,"
      "\"ingestionTime\":2,\"message\":\"one\\n\"}],\"nextToken\":\"t\"}",
      "{\"events\":[{\"eventId\":\"2\",\"logStreamName\":\"s\",\"timestamp\":3,"
      "\"ingestionTime\":4,\"message\":\"two\"}]}"},
     read_feed,
     "one two"},
    {"logs FilterLogEvents",
     {"{\"events\":[{\"eventId\":\"1\",\"logStreamName\":\"s\",\"timestamp\":1,"
      "\"ingestionTime\":2,\"message\":\"one\\n\"}],\"nextToken\":\"t\"}",
      "{\"events\":[{\"eventId\":\"2\",\"logStreamName\":\"s\",\"timestamp\":3,"
      "\"ingestionTime\":4,\"message\":\"two\"}]}"},
     filter_events,
     "one two"},
    {"logs DescribeLogGroups",
     {"{\"logGroups\":[{\"logGroupName\":\"/aws/a\",\"arn\":\"arn:a\",\"storedBytes\":1}],"
      "\"nextToken\":\"t\"}",
      "{\"logGroups\":[{\"logGroupName\":\"/aws/b\",\"retentionInDays\":14}]}"},
     groups,
     "/aws/a /aws/b"},
};
const size_t answer_cases_len = UNUM_COUNT(answer_cases);

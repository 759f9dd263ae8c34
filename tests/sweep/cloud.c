#include "cloud.h"

#include <stdlib.h>
#include <string.h>

#include "aws/cloudformation.h"
#include "aws/lambda.h"
#include "aws/s3.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "xml/xml.h"
#include "json/json.h"

struct cloud {
    struct aws_creds creds;
    struct aws_client *client;
    struct unum_arena arena;
};

static int get_creds(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    struct cloud *cloud = cookie;
    (void)err;
    *ret = &cloud->creds;
    return 0;
}

int cloud_open(struct local *local, struct cloud **ret, struct unum_err *err)
{
    struct cloud *cloud = unum_alloc(sizeof(*cloud));
    cloud->creds = (struct aws_creds){.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                                      .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    struct aws_config config = {.transport = local_transport(local),
                                .clock = &unum_clock_system,
                                .creds = {.cookie = cloud, .get = get_creds},
                                .region = UNUM_STR(LOCAL_REGION)};
    for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
        config.endpoints[i] = local_endpoint(local);
    int rc = aws_client_new(&config, &cloud->client, err);
    if (rc < 0) {
        cloud_close(cloud);
        return rc;
    }
    *ret = cloud;
    return 0;
}

void cloud_close(struct cloud *cloud)
{
    if (!cloud)
        return;
    aws_client_free(cloud->client);
    unum_arena_done(&cloud->arena);
    free(cloud);
}

/* ---- requests without a typed call ---- */

static struct unum_str keep(struct cloud *cloud, const struct aws_call *call)
{
    return unum_arena_str(&cloud->arena, unum_buf_str(&call->x.response));
}

/* `form` is what follows Action and Version, encoded. */
static int query(struct cloud *cloud, enum aws_service service, const char *action,
                 const char *version, const char *form, const struct xml_element **ret,
                 struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    aws_form_begin(&body, action, version);
    unum_buf_adds(&body, form);
    struct aws_call call = {
        .service = service, .operation = unum_str_from(action), .body = unum_buf_str(&body)};
    int rc = aws_call_one(cloud->client, &call, err);
    if (rc == 0)
        rc = xml_parse(keep(cloud, &call), &cloud->arena, ret, err);
    aws_call_done(&call);
    return rc;
}

static int json_call(struct cloud *cloud, enum aws_service service, const char *operation,
                     const char *body, struct unum_str *ret, struct unum_err *err)
{
    struct aws_call call = {
        .service = service, .operation = unum_str_from(operation), .body = unum_str_from(body)};
    int rc = aws_call_one(cloud->client, &call, err);
    struct unum_str answer = rc == 0 ? keep(cloud, &call) : UNUM_STR("{}");
    aws_call_done(&call);
    return rc == 0 && ret ? json_check(answer.len ? answer : UNUM_STR("{}"), ret, err) : rc;
}

static int rest(struct cloud *cloud, enum aws_service service, const char *method,
                struct unum_str path, const char *parameters, struct unum_str body,
                struct unum_str *ret, struct unum_err *err)
{
    struct aws_call call = {.service = service,
                            .operation = unum_str_from(method),
                            .method = unum_str_from(method),
                            .path = path,
                            .query = unum_str_from(parameters),
                            .body = body};
    int rc = aws_call_one(cloud->client, &call, err);
    if (rc == 0 && ret)
        *ret = keep(cloud, &call);
    aws_call_done(&call);
    return rc;
}

/* ---- looking ---- */

static int look_at_change_sets(struct cloud *cloud, struct unum_str stack, struct unum_buf *out,
                               struct unum_err *err)
{
    struct unum_str form = unum_arena_printf(&cloud->arena, "&StackName=%.*s", UNUM_STR_ARG(stack));
    const struct xml_element *root = NULL;
    int rc = query(cloud, AWS_CLOUDFORMATION, "ListChangeSets", "2010-05-15", form.ptr, &root, err);
    const struct xml_element *e =
        rc == 0 ? xml_child(xml_at(root, "ListChangeSetsResult/Summaries"), "member") : NULL;
    for (; e; e = xml_next(e, "member"))
        unum_buf_printf(out, "change set of %.*s: %.*s, %.*s\n", UNUM_STR_ARG(stack),
                        UNUM_STR_ARG(xml_text(e, "Status")),
                        UNUM_STR_ARG(xml_text(e, "ExecutionStatus")));
    return rc;
}

static int look_at_stacks(struct cloud *cloud, struct unum_buf *out, struct unum_err *err)
{
    struct cfn_stack *stacks;
    size_t len = 0;
    int rc = cfn_list_stacks(cloud->client, &cloud->arena, &stacks, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        struct cfn_resource *resources;
        size_t count = 0;
        unum_buf_printf(out, "stack %.*s: %.*s\n", UNUM_STR_ARG(stacks[i].name),
                        UNUM_STR_ARG(stacks[i].status));
        rc = cfn_resources(cloud->client, stacks[i].name, &cloud->arena, &resources, &count, err);
        for (size_t k = 0; rc == 0 && k < count; k++) {
            bool good = unum_str_is(resources[k].status, "CREATE_COMPLETE") ||
                        unum_str_is(resources[k].status, "UPDATE_COMPLETE");
            unum_buf_printf(out, "resource %.*s of %.*s: %.*s\n",
                            UNUM_STR_ARG(resources[k].logical_id), UNUM_STR_ARG(stacks[i].name),
                            UNUM_STR_ARG(good ? UNUM_STR("complete") : resources[k].status));
        }
        if (rc == 0)
            rc = look_at_change_sets(cloud, stacks[i].name, out, err);
    }
    return rc;
}

static int look_at_bucket(struct cloud *cloud, const char *name, struct unum_buf *out,
                          struct unum_err *err)
{
    const struct s3_bucket bucket = {unum_str_from(name), UNUM_STR(LOCAL_ACCOUNT)};
    struct unum_str path = unum_arena_printf(&cloud->arena, "/%s", name);
    const struct xml_element *root = NULL;
    struct unum_str text = UNUM_STR_NONE;
    struct s3_object *objects;
    size_t len = 0;
    unum_buf_printf(out, "bucket %s\n", name);
    int rc = s3_list(cloud->client, bucket, UNUM_STR(""), &cloud->arena, &objects, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++)
        unum_buf_printf(out, "object %.*s in %s: %lld bytes\n", UNUM_STR_ARG(objects[i].key), name,
                        (long long)objects[i].size);
    if (rc == 0)
        rc = rest(cloud, AWS_S3, "GET", path, "uploads=", UNUM_STR(""), &text, err);
    if (rc == 0)
        rc = xml_parse(text, &cloud->arena, &root, err);
    const struct xml_element *e = rc == 0 ? xml_child(root, "Upload") : NULL;
    for (; e; e = xml_next(e, "Upload"))
        unum_buf_printf(out, "unfinished upload of %.*s in %s\n", UNUM_STR_ARG(xml_text(e, "Key")),
                        name);
    return rc;
}

static int look_at_buckets(struct cloud *cloud, struct unum_buf *out, struct unum_err *err)
{
    const struct xml_element *root = NULL;
    struct unum_str text = UNUM_STR_NONE;
    int rc = rest(cloud, AWS_S3, "GET", UNUM_STR("/"), "", UNUM_STR(""), &text, err);
    if (rc == 0)
        rc = xml_parse(text, &cloud->arena, &root, err);
    const struct xml_element *e = rc == 0 ? xml_child(xml_at(root, "Buckets"), "Bucket") : NULL;
    for (; rc == 0 && e; e = xml_next(e, "Bucket")) {
        char *UNUM_AUTO_FREE name = unum_str_dup(xml_text(e, "Name"));
        rc = look_at_bucket(cloud, name, out, err);
    }
    return rc;
}

/* Names that CloudFormation makes end in "-" and twelve random characters. */
static struct unum_str without_suffix(struct unum_str name)
{
    return name.len > 13 && name.ptr[name.len - 13] == '-' ? unum_str_slice(name, 0, name.len - 13)
                                                           : name;
}

static int look_at_functions(struct cloud *cloud, struct unum_buf *out, struct unum_err *err)
{
    struct lambda_function *functions;
    size_t len = 0;
    int rc = lambda_list(cloud->client, UNUM_STR(""), &cloud->arena, &functions, &len, err);
    for (size_t i = 0; rc == 0 && i < len; i++) {
        struct lambda_details details;
        unum_buf_printf(out, "function %.*s: %.*s, %lld MB, %lld s, %.*s\n",
                        UNUM_STR_ARG(functions[i].name), UNUM_STR_ARG(functions[i].code_sha256),
                        (long long)functions[i].memory_mb, (long long)functions[i].timeout_s,
                        UNUM_STR_ARG(without_suffix(functions[i].role)));
        rc = lambda_get(cloud->client, functions[i].name, &cloud->arena, &details, err);
        for (size_t k = 0; rc == 0 && k < details.tags_len; k++)
            unum_buf_printf(out, "tag of %.*s: %.*s=%.*s\n", UNUM_STR_ARG(functions[i].name),
                            UNUM_STR_ARG(details.tags[k].name),
                            UNUM_STR_ARG(details.tags[k].value));
    }
    return rc;
}

static int look_at_roles(struct cloud *cloud, struct unum_buf *out, struct unum_err *err)
{
    const struct xml_element *root = NULL;
    int rc = query(cloud, AWS_IAM, "ListRoles", "2010-05-08", "", &root, err);
    const struct xml_element *e =
        rc == 0 ? xml_child(xml_at(root, "ListRolesResult/Roles"), "member") : NULL;
    for (; e; e = xml_next(e, "member"))
        unum_buf_printf(out, "role %.*s\n", UNUM_STR_ARG(without_suffix(xml_text(e, "RoleName"))));
    return rc;
}

static int look_at_names(struct cloud *cloud, enum aws_service service, const char *operation,
                         const char *list, const char *name, const char *word, struct unum_buf *out,
                         struct unum_err *err)
{
    struct unum_str answer, found = UNUM_STR("[]"), key, value;
    int rc = json_call(cloud, service, operation, "{}", &answer, err);
    if (rc < 0)
        return rc;
    (void)json_get(answer, unum_str_from(list), &found);
    struct json_iter iter = json_iter(found);
    while (json_next(&iter, &key, &value)) {
        if (name && !json_get(value, unum_str_from(name), &value))
            continue;
        unum_buf_printf(out, "%s %.*s\n", word, UNUM_STR_ARG(value));
    }
    return 0;
}

static int by_text(const void *a, const void *b)
{
    const struct unum_str *x = a, *y = b;
    size_t common = x->len < y->len ? x->len : y->len;
    int order = common ? memcmp(x->ptr, y->ptr, common) : 0;
    return order ? order : (x->len > y->len) - (x->len < y->len);
}

typedef UNUM_VEC(struct unum_str) line_list;

static void split_lines(struct unum_str text, line_list *lines)
{
    struct unum_str line;
    while (unum_str_split(&text, '\n', &line)) {
        if (line.len)
            *unum_vec_push(lines) = line;
    }
    if (lines->len)
        qsort(lines->at, lines->len, sizeof(*lines->at), by_text);
}

int cloud_look(struct cloud *cloud, struct unum_buf *out, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    line_list lines = {0};
    int rc = look_at_stacks(cloud, &text, err);
    if (rc == 0)
        rc = look_at_buckets(cloud, &text, err);
    if (rc == 0)
        rc = look_at_functions(cloud, &text, err);
    if (rc == 0)
        rc = look_at_roles(cloud, &text, err);
    if (rc == 0)
        rc = look_at_names(cloud, AWS_LOGS, "DescribeLogGroups", "logGroups", "logGroupName",
                           "log group", &text, err);
    if (rc == 0)
        rc = look_at_names(cloud, AWS_DYNAMODB, "ListTables", "TableNames", NULL, "table", &text,
                           err);
    if (rc == 0)
        split_lines(unum_buf_str(&text), &lines);
    for (size_t i = 0; i < lines.len; i++)
        unum_buf_printf(out, "%.*s\n", UNUM_STR_ARG(lines.at[i]));
    unum_vec_done(&lines);
    unum_arena_reset(&cloud->arena);
    return rc;
}

bool cloud_differs(struct unum_str before, struct unum_str now, struct unum_buf *out)
{
    line_list a = {0}, b = {0};
    bool differs = !unum_str_eq(before, now);
    split_lines(before, &a);
    split_lines(now, &b);
    for (size_t i = 0, k = 0; i < a.len || k < b.len;) {
        int order = i == a.len ? 1 : k == b.len ? -1 : by_text(&a.at[i], &b.at[k]);
        if (order < 0)
            unum_buf_printf(out, "    - %.*s\n", UNUM_STR_ARG(a.at[i]));
        else if (order > 0)
            unum_buf_printf(out, "    + %.*s\n", UNUM_STR_ARG(b.at[k]));
        i += order <= 0;
        k += order >= 0;
    }
    unum_vec_done(&a);
    unum_vec_done(&b);
    return differs;
}

/* ---- somebody else ---- */

static const char trust[] = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                            "\"Principal\":{\"Service\":\"lambda.amazonaws.com\"},"
                            "\"Action\":\"sts:AssumeRole\"}]}";

static int add_objects(struct cloud *cloud, const char *app, const char *zip, struct unum_err *err)
{
    struct unum_str name = unum_arena_printf(&cloud->arena, "%s-artifacts", app);
    struct unum_str key = unum_arena_printf(&cloud->arena, "unum/%s/%s.zip", app, app);
    struct unum_str path = unum_arena_printf(&cloud->arena, "/%s", name.ptr);
    struct unum_str upload = unum_arena_printf(&cloud->arena, "/%s/unum/%s/half", name.ptr, app);
    const struct s3_bucket bucket = {name, UNUM_STR(LOCAL_ACCOUNT)};
    int rc = rest(cloud, AWS_S3, "PUT", path, "", UNUM_STR(""), NULL, err);
    if (rc == 0)
        rc = s3_put_file(cloud->client, bucket, key, zip, true, NULL, err);
    return rc < 0 ? rc : rest(cloud, AWS_S3, "POST", upload, "uploads=", UNUM_STR(""), NULL, err);
}

static int add_function(struct cloud *cloud, const char *app, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF form = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str role = unum_arena_printf(&cloud->arena, "%s-Other-role", app);
    struct unum_str body = unum_arena_printf(
        &cloud->arena,
        "{\"FunctionName\":\"%s-Other\",\"Runtime\":\"provided.al2023\",\"Handler\":\"bootstrap\","
        "\"Role\":\"arn:aws:iam::" LOCAL_ACCOUNT ":role/%s-Other-role\","
        "\"Code\":{\"S3Bucket\":\"%s-artifacts\",\"S3Key\":\"unum/%s/%s.zip\"}}",
        app, app, app, app, app);
    const struct xml_element *ignored;
    aws_form_add(&form, "RoleName", role);
    aws_form_add(&form, "AssumeRolePolicyDocument", unum_str_from(trust));
    struct unum_str more = unum_arena_printf(&cloud->arena, "&%s", unum_buf_text(&form));
    int rc = query(cloud, AWS_IAM, "CreateRole", "2010-05-08", more.ptr, &ignored, err);
    return rc < 0 ? rc
                  : rest(cloud, AWS_LAMBDA, "POST", UNUM_STR("/2015-03-31/functions"), "", body,
                         NULL, err);
}

static int add_stack(struct cloud *cloud, const char *app, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF form = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF template = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const struct xml_element *ignored;
    unum_buf_printf(&template,
                    "{\"Resources\":{"
                    "\"Bucket\":{\"Type\":\"AWS::S3::Bucket\","
                    "\"Properties\":{\"BucketName\":\"%s-stack\"}},"
                    "\"Logs\":{\"Type\":\"AWS::Logs::LogGroup\","
                    "\"Properties\":{\"LogGroupName\":\"/aws/lambda/%s-Stack\"}}}}",
                    app, app);
    aws_form_add(&form, "StackName", unum_arena_printf(&cloud->arena, "%s-stack", app));
    aws_form_add(&form, "TemplateBody", unum_buf_str(&template));
    struct unum_str more = unum_arena_printf(&cloud->arena, "&%s", unum_buf_text(&form));
    return query(cloud, AWS_CLOUDFORMATION, "CreateStack", "2010-05-15", more.ptr, &ignored, err);
}

int cloud_add_strangers(struct cloud *cloud, const char *app, const char *zip, struct unum_err *err)
{
    struct unum_str table = unum_arena_printf(
        &cloud->arena,
        "{\"TableName\":\"%s-unum-intermediate-datastore-2\",\"BillingMode\":\"PAY_PER_REQUEST\","
        "\"AttributeDefinitions\":[{\"AttributeName\":\"Name\",\"AttributeType\":\"S\"}],"
        "\"KeySchema\":[{\"AttributeName\":\"Name\",\"KeyType\":\"HASH\"}]}",
        app);
    struct unum_str group =
        unum_arena_printf(&cloud->arena, "{\"logGroupName\":\"/aws/lambda/%s-Other\"}", app);
    int rc = add_objects(cloud, app, zip, err);
    if (rc == 0)
        rc = add_function(cloud, app, err);
    if (rc == 0)
        rc = json_call(cloud, AWS_DYNAMODB, "CreateTable", table.ptr, NULL, err);
    if (rc == 0)
        rc = json_call(cloud, AWS_LOGS, "CreateLogGroup", group.ptr, NULL, err);
    return rc < 0 ? rc : add_stack(cloud, app, err);
}

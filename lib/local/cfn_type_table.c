/* AWS::DynamoDB::Table.
 * Source: CloudFormation Template Reference; DynamoDB API Reference: CreateTable, UpdateTimeToLive,
 * DeleteTable. */
#include "local/cfn_wire.h"
#include "json/json.h"

static int ask(struct cfn_job *job, const char *operation, const struct unum_buf *body,
               const char *fine, struct unum_err *err)
{
    const struct cfn_wire wire = {.service = "dynamodb",
                                  .method = "POST",
                                  .operation = operation,
                                  .body = unum_buf_str(body)};
    return cfn_ask(job, &wire, fine, NULL, err);
}

static void write_name(struct json_writer *w, struct unum_str name)
{
    json_object_begin(w);
    json_key(w, "TableName");
    json_string(w, name);
}

static int set_time_to_live(struct cfn_job *job, struct unum_str name, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str was, is;
    bool enabled = false;
    if (!cfn_prop(job, "/TimeToLiveSpecification", &is) ||
        (json_get(job->before, UNUM_STR("TimeToLiveSpecification"), &was) && json_equal(was, is)))
        return 0;
    (void)cfn_prop_bool(job, "/TimeToLiveSpecification/Enabled", &enabled);
    write_name(&w, name);
    json_key(&w, "TimeToLiveSpecification");
    json_object_begin(&w);
    json_key(&w, "AttributeName");
    json_string(&w, cfn_prop_text(job, "/TimeToLiveSpecification/AttributeName"));
    json_key(&w, "Enabled");
    json_bool(&w, enabled);
    json_object_end(&w);
    json_object_end(&w);
    return ask(job, "DynamoDB_20120810.UpdateTimeToLive", &body, NULL, err);
}

static int remove_table(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_KB);
    struct json_writer w = JSON_WRITER(&body);
    write_name(&w, job->physical);
    json_object_end(&w);
    return ask(job, "DynamoDB_20120810.DeleteTable", &body, "ResourceNotFoundException", err);
}

static void write_tags(struct cfn_job *job, struct json_writer *w)
{
    struct app_pair *tags;
    size_t len = cfn_prop_tags(job, &tags);
    json_key(w, "Tags");
    json_array_begin(w);
    for (size_t i = 0; i < len; i++) {
        json_object_begin(w);
        json_key(w, "Key");
        json_string(w, tags[i].name);
        json_key(w, "Value");
        json_string(w, tags[i].value);
        json_object_end(w);
    }
    json_array_end(w);
}

static struct unum_str arn_of(const struct cfn_job *job, struct unum_str name)
{
    return unum_arena_printf(job->arena, "arn:aws:dynamodb:%.*s:" LOCAL_ACCOUNT ":table/%.*s",
                             UNUM_STR_ARG(job->local->region), UNUM_STR_ARG(name));
}

static int drop_tags(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str *names;
    size_t len = cfn_prop_tags_gone(job, &names);
    if (!len)
        return 0;
    json_object_begin(&w);
    json_key(&w, "ResourceArn");
    json_string(&w, arn_of(job, job->physical));
    json_key(&w, "TagKeys");
    json_array_begin(&w);
    for (size_t i = 0; i < len; i++)
        json_string(&w, names[i]);
    json_array_end(&w);
    json_object_end(&w);
    return ask(job, "DynamoDB_20120810.UntagResource", &body, NULL, err);
}

static int set_tags(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    int rc = drop_tags(job, err);
    if (rc)
        return rc;
    json_object_begin(&w);
    json_key(&w, "ResourceArn");
    json_string(&w, arn_of(job, job->physical));
    write_tags(job, &w);
    json_object_end(&w);
    return ask(job, "DynamoDB_20120810.TagResource", &body, NULL, err);
}

static int create_table(struct cfn_job *job, struct unum_err *err)
{
    static const char *const copied[] = {"AttributeDefinitions",  "KeySchema",
                                         "BillingMode",           "GlobalSecondaryIndexes",
                                         "LocalSecondaryIndexes", "ProvisionedThroughput"};
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str name = cfn_prop_text(job, "/TableName"), value;
    if (!name.len)
        name = cfn_generated_name(job, 255);
    write_name(&w, name);
    for (size_t i = 0; i < UNUM_COUNT(copied); i++) {
        if (!cfn_prop(job, unum_arena_printf(job->arena, "/%s", copied[i]).ptr, &value))
            continue;
        json_key(&w, copied[i]);
        json_raw(&w, value);
    }
    write_tags(job, &w);
    json_object_end(&w);
    int rc = ask(job, "DynamoDB_20120810.CreateTable", &body, NULL, err);
    if (rc)
        return rc;
    job->ret_physical = name;
    cfn_attribute(job, "Arn", arn_of(job, name));
    rc = set_time_to_live(job, name, err);
    if (rc) {
        job->physical = name;
        (void)!remove_table(job, NULL);
    }
    return rc;
}

static int update_table(struct cfn_job *job, struct unum_err *err)
{
    int rc = set_time_to_live(job, job->physical, err);
    return rc < 0 ? rc : set_tags(job, err);
}

static const struct cfn_property properties[] = {
    {"TableName", CFN_REPLACES},
    {"KeySchema", CFN_REQUIRED | CFN_REPLACES},
    {"AttributeDefinitions", CFN_REPLACES},
    {"LocalSecondaryIndexes", CFN_REPLACES},
    {"BillingMode", 0},
    {"DeletionProtectionEnabled", 0},
    {"GlobalSecondaryIndexes", 0},
    {"PointInTimeRecoverySpecification", 0},
    {"ProvisionedThroughput", 0},
    {"SSESpecification", 0},
    {"TableClass", 0},
    {"Tags", 0},
    {"TimeToLiveSpecification", 0},
    {NULL, 0},
};
static const char *const attributes[] = {"Arn", "StreamArn", NULL};

const struct cfn_provider cfn_dynamodb_table = {
    .type = "AWS::DynamoDB::Table",
    .properties = properties,
    .name_property = "TableName",
    .attributes = attributes,
    .create = create_table,
    .update = update_table,
    .remove = remove_table,
};

/* AWS::Logs::LogGroup.
 * Source: CloudFormation Template Reference; CloudWatch Logs API Reference: CreateLogGroup,
 * PutRetentionPolicy, DeleteRetentionPolicy, DeleteLogGroup. */
#include "local/cfn_wire.h"
#include "json/json.h"

static int ask(struct cfn_job *job, const char *operation, const struct unum_buf *body,
               const char *fine, struct unum_err *err)
{
    const struct cfn_wire wire = {
        .service = "logs", .method = "POST", .operation = operation, .body = unum_buf_str(body)};
    return cfn_ask(job, &wire, fine, NULL, err);
}

static void write_name(struct json_writer *w, struct unum_str name)
{
    json_object_begin(w);
    json_key(w, "logGroupName");
    json_string(w, name);
}

static int set_retention(struct cfn_job *job, struct unum_str name, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_KB);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str was;
    int64_t days;
    bool has = cfn_prop_int(job, "/RetentionInDays", &days);
    if (!has && !json_get(job->before, UNUM_STR("RetentionInDays"), &was))
        return 0;
    write_name(&w, name);
    if (has) {
        json_key(&w, "retentionInDays");
        json_int(&w, days);
    }
    json_object_end(&w);
    return ask(job,
               has ? "Logs_20140328.PutRetentionPolicy" : "Logs_20140328.DeleteRetentionPolicy",
               &body, NULL, err);
}

static int remove_group(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_KB);
    struct json_writer w = JSON_WRITER(&body);
    write_name(&w, job->physical);
    json_object_end(&w);
    return ask(job, "Logs_20140328.DeleteLogGroup", &body, "ResourceNotFoundException", err);
}

static int create_group(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str name = cfn_prop_text(job, "/LogGroupName");
    struct app_pair *tags;
    size_t tags_len = cfn_prop_tags(job, &tags);
    if (!name.len)
        name = cfn_generated_name(job, 255);
    write_name(&w, name);
    if (tags_len) {
        json_key(&w, "tags");
        json_object_begin(&w);
        for (size_t i = 0; i < tags_len; i++) {
            json_key_str(&w, tags[i].name);
            json_string(&w, tags[i].value);
        }
        json_object_end(&w);
    }
    json_object_end(&w);
    int rc = ask(job, "Logs_20140328.CreateLogGroup", &body, NULL, err);
    if (rc)
        return rc;
    job->ret_physical = name;
    cfn_attribute(job, "Arn",
                  unum_arena_printf(job->arena,
                                    "arn:aws:logs:%.*s:" LOCAL_ACCOUNT ":log-group:%.*s:*",
                                    UNUM_STR_ARG(job->local->region), UNUM_STR_ARG(name)));
    rc = set_retention(job, name, err);
    if (rc) {
        job->physical = name;
        (void)!remove_group(job, NULL);
    }
    return rc;
}

static int update_group(struct cfn_job *job, struct unum_err *err)
{
    return set_retention(job, job->physical, err);
}

static const struct cfn_property properties[] = {
    {"LogGroupName", CFN_REPLACES}, {"LogGroupClass", 0}, {"KmsKeyId", 0},
    {"RetentionInDays", 0},         {"Tags", 0},          {NULL, 0},
};
static const char *const attributes[] = {"Arn", NULL};

const struct cfn_provider cfn_logs_group = {
    .type = "AWS::Logs::LogGroup",
    .properties = properties,
    .name_property = "LogGroupName",
    .attributes = attributes,
    .create = create_group,
    .update = update_group,
    .remove = remove_group,
};

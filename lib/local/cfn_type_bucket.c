/* AWS::S3::Bucket and ::BucketPolicy, reading of objects, and AWS::Scheduler::ScheduleGroup.
 * Source: CloudFormation Template Reference; S3 API Reference: CreateBucket, DeleteBucket,
 * PutBucketVersioning, PutBucketPolicy, GetObject. What else a bucket's properties say has no
 * meaning on one machine and is only kept with the stack. */
#include "local/cfn_wire.h"
#include "json/json.h"

static int ask(struct cfn_job *job, const char *method, struct unum_str bucket, const char *query,
               struct unum_str body, const char *fine, struct unum_err *err)
{
    const struct cfn_wire wire = {
        .service = "s3",
        .method = method,
        .target =
            unum_arena_printf(job->arena, "/%.*s%s", UNUM_STR_ARG(cfn_encode(job, bucket)), query),
        .body = body};
    return cfn_ask(job, &wire, fine, NULL, err);
}

static int set_versioning(struct cfn_job *job, struct unum_str name, struct unum_err *err)
{
    struct unum_str status = cfn_prop_text(job, "/VersioningConfiguration/Status"), was;
    if (!status.len && !json_get(job->before, UNUM_STR("VersioningConfiguration"), &was))
        return 0;
    if (!status.len)
        status = UNUM_STR("Suspended");
    if (!unum_str_is(status, "Enabled") && !unum_str_is(status, "Suspended"))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "VersioningConfiguration.Status must be Enabled or Suspended");
    return ask(job, "PUT", name, "?versioning",
               unum_arena_printf(job->arena,
                                 "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/"
                                 "2006-03-01/\"><Status>%.*s</Status></VersioningConfiguration>",
                                 UNUM_STR_ARG(status)),
               NULL, err);
}

static int remove_bucket(struct cfn_job *job, struct unum_err *err)
{
    return ask(job, "DELETE", job->physical, "", UNUM_STR_NONE, "NoSuchBucket", err);
}

static int check_free(struct cfn_job *job, struct unum_str name, struct unum_err *err)
{
    struct cfn_reply reply;
    const struct cfn_wire wire = {
        .service = "s3",
        .method = "HEAD",
        .target = unum_arena_printf(job->arena, "/%.*s", UNUM_STR_ARG(cfn_encode(job, name)))};
    int rc = cfn_wire(job, &wire, &reply, err);
    if (rc == 0 && reply.status < 300)
        return unum_err_set(err, UNUM_E_EXISTS, "%.*s already exists", UNUM_STR_ARG(name));
    return rc;
}

static int create_bucket(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str name = cfn_prop_text(job, "/BucketName");
    if (!name.len) { /* names of buckets have no capital letters */
        name = cfn_generated_name(job, 63);
        char *at = (char *)(uintptr_t)name.ptr;
        for (size_t i = 0; i < name.len; i++)
            at[i] = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] - 'A' + 'a') : at[i];
    }
    int rc = check_free(job, name, err);
    if (rc == 0)
        rc = ask(job, "PUT", name, "", UNUM_STR_NONE, NULL, err);
    if (rc)
        return rc;
    job->ret_physical = name;
    cfn_attribute(job, "Arn",
                  unum_arena_printf(job->arena, "arn:aws:s3:::%.*s", UNUM_STR_ARG(name)));
    cfn_attribute(job, "DomainName",
                  unum_arena_printf(job->arena, "%.*s.s3.amazonaws.com", UNUM_STR_ARG(name)));
    cfn_attribute(job, "RegionalDomainName",
                  unum_arena_printf(job->arena, "%.*s.s3.%.*s.amazonaws.com", UNUM_STR_ARG(name),
                                    UNUM_STR_ARG(job->local->region)));
    rc = set_versioning(job, name, err);
    if (rc) {
        job->physical = name;
        (void)!remove_bucket(job, NULL);
    }
    return rc;
}

static int update_bucket(struct cfn_job *job, struct unum_err *err)
{
    return set_versioning(job, job->physical, err);
}

static const struct cfn_property bucket_properties[] = {
    {"BucketName", CFN_REPLACES},
    {"AccessControl", 0},
    {"BucketEncryption", 0},
    {"LifecycleConfiguration", 0},
    {"OwnershipControls", 0},
    {"PublicAccessBlockConfiguration", 0},
    {"Tags", 0},
    {"VersioningConfiguration", 0},
    {NULL, 0},
};
static const char *const bucket_attributes[] = {"Arn", "DomainName", "RegionalDomainName", NULL};

const struct cfn_provider cfn_s3_bucket = {
    .type = "AWS::S3::Bucket",
    .properties = bucket_properties,
    .name_property = "BucketName",
    .attributes = bucket_attributes,
    .create = create_bucket,
    .update = update_bucket,
    .remove = remove_bucket,
};

/* ---- AWS::S3::BucketPolicy ---- */

static int put_policy(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str document = UNUM_STR("{}"), bucket = cfn_prop_text(job, "/Bucket");
    (void)cfn_prop(job, "/PolicyDocument", &document);
    int rc = ask(job, "PUT", bucket, "?policy", document, NULL, err);
    if (rc == 0)
        job->ret_physical = bucket;
    return rc;
}

static int remove_policy(struct cfn_job *job, struct unum_err *err)
{
    return ask(job, "DELETE", job->physical, "?policy", UNUM_STR_NONE, "NoSuchBucket", err);
}

static const struct cfn_property policy_properties[] = {
    {"Bucket", CFN_REQUIRED | CFN_REPLACES},
    {"PolicyDocument", CFN_REQUIRED},
    {NULL, 0},
};

const struct cfn_provider cfn_s3_bucket_policy = {
    .type = "AWS::S3::BucketPolicy",
    .properties = policy_properties,
    .create = put_policy,
    .update = put_policy,
    .remove = remove_policy,
};

/* ---- objects ---- */

int cfn_object_read(struct local *local, struct unum_str bucket, struct unum_str key,
                    struct unum_buf *out, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct cfn_job job = {.local = local, .arena = &arena};
    struct unum_buf UNUM_AUTO_BUF target = UNUM_BUF_INIT(4 * UNUM_LIMIT_PATH);
    struct unum_str part;
    struct cfn_reply reply;
    unum_buf_printf(&target, "/%.*s", UNUM_STR_ARG(cfn_encode(&job, bucket)));
    while (unum_str_split(&key, '/', &part))
        unum_buf_printf(&target, "/%.*s", UNUM_STR_ARG(cfn_encode(&job, part)));
    const struct cfn_wire wire = {
        .service = "s3", .method = "GET", .target = unum_buf_str(&target)};
    int rc = cfn_wire(&job, &wire, &reply, err);
    if (rc)
        return rc;
    if (reply.status != 200)
        return unum_err_set(err, UNUM_E_NOTFOUND, "%.*s", UNUM_STR_ARG(reply.message));
    unum_buf_add(out, reply.body);
    return out->failed ? unum_err_set(err, UNUM_E_LIMIT, "the object is too large") : 0;
}

/* ---- AWS::Scheduler::ScheduleGroup ---- */

static int ask_group(struct cfn_job *job, const char *method, struct unum_str name,
                     const char *fine, struct unum_err *err)
{
    const struct cfn_wire wire = {.service = "scheduler",
                                  .method = method,
                                  .target = unum_arena_printf(job->arena, "/schedule-groups/%.*s",
                                                              UNUM_STR_ARG(cfn_encode(job, name))),
                                  .body = UNUM_STR("{}")};
    return cfn_ask(job, &wire, fine, NULL, err);
}

static int remove_group(struct cfn_job *job, struct unum_err *err)
{
    return ask_group(job, "DELETE", job->physical, "ResourceNotFoundException", err);
}

static int create_group(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str name = cfn_prop_text(job, "/Name");
    if (!name.len)
        name = cfn_generated_name(job, 64);
    int rc = ask_group(job, "POST", name, NULL, err);
    if (rc)
        return rc;
    job->ret_physical = name;
    cfn_attribute(job, "Arn",
                  unum_arena_printf(
                      job->arena, "arn:aws:scheduler:%.*s:" LOCAL_ACCOUNT ":schedule-group/%.*s",
                      UNUM_STR_ARG(job->local->region), UNUM_STR_ARG(job->ret_physical)));
    return 0;
}

static int keep_group(struct cfn_job *job, struct unum_err *err)
{
    (void)job, (void)err;
    return 0;
}

static const struct cfn_property group_properties[] = {
    {"Name", CFN_REPLACES},
    {"Tags", 0},
    {NULL, 0},
};
static const char *const group_attributes[] = {"Arn", NULL};

const struct cfn_provider cfn_scheduler_group = {
    .type = "AWS::Scheduler::ScheduleGroup",
    .properties = group_properties,
    .name_property = "Name",
    .attributes = group_attributes,
    .create = create_group,
    .update = keep_group,
    .remove = remove_group,
};

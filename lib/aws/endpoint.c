#include "aws/endpoint.h"

/* Attempts and scales: standard retry mode. */
static const struct aws_service_row services[AWS_SERVICE_COUNT] = {
#define SERVICE(host, target, type, kind, worldwide, flags, attempts, scale)                       \
    {                                                                                              \
        .name = UNUM_STR_INIT(host), .target_prefix = UNUM_STR_INIT(target),                       \
        .content_type = UNUM_STR_INIT(type), .protocol = (kind), .global = (worldwide),            \
        .sign_flags = (flags), .max_attempts = (attempts), .retry_scale_s = (scale)                \
    }
#define COMMON (SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH)
#define FORM   "application/x-www-form-urlencoded; charset=utf-8"
    [AWS_DYNAMODB] = SERVICE("dynamodb", "DynamoDB_20120810.", "application/x-amz-json-1.0",
                             AWS_JSON, false, COMMON, 4, 0.025),
    [AWS_LAMBDA] = SERVICE("lambda", "", "application/json", AWS_REST, false, COMMON, 3, 0.05),
    [AWS_LOGS] = SERVICE("logs", "Logs_20140328.", "application/x-amz-json-1.1", AWS_JSON, false,
                         COMMON, 3, 0.05),
    /* Keys are signed as they are sent, and the body's hash is a header. */
    [AWS_S3] = SERVICE("s3", "", "application/octet-stream", AWS_REST, false, SIGV4_CONTENT_HEADER,
                       3, 0.05),
    [AWS_CLOUDFORMATION] = SERVICE("cloudformation", "", FORM, AWS_QUERY, false, COMMON, 3, 0.05),
    [AWS_STS] = SERVICE("sts", "", FORM, AWS_QUERY, false, COMMON, 3, 0.05),
    [AWS_IAM] = SERVICE("iam", "", FORM, AWS_QUERY, true, COMMON, 3, 0.05),
    [AWS_SCHEDULER] =
        SERVICE("scheduler", "", "application/json", AWS_REST, false, COMMON, 3, 0.05),
};

const struct aws_service_row *aws_service_row(enum aws_service service)
{
    return &services[service];
}

/* The first that fits counts. */
static const struct aws_partition partitions[] = {
#define PARTITION(name, prefix, suffix, dual, global)                                              \
    {                                                                                              \
        UNUM_STR_INIT(name), UNUM_STR_INIT(prefix), UNUM_STR_INIT(suffix), UNUM_STR_INIT(dual),    \
            UNUM_STR_INIT(global)                                                                  \
    }
    PARTITION("aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-north-1"),
    PARTITION("aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", "us-gov-west-1"),
    PARTITION("aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1"),
    PARTITION("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1"),
    PARTITION("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
              "eu-isoe-west-1"),
    PARTITION("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1"),
    PARTITION("aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1"),
    PARTITION("aws", "", "amazonaws.com", "api.aws", "us-east-1"),
#undef PARTITION
};

const struct aws_partition *aws_partition(struct unum_str region)
{
    const struct aws_partition *partition = partitions;
    while (!unum_str_starts(region, partition->region_prefix))
        partition++;
    return partition;
}

enum { MAX_REGION = 63 }; /* it is a label of a host name */

bool aws_is_region(struct unum_str region)
{
    for (size_t i = 0; i < region.len; i++) {
        char c = region.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
            !(c == '-' && i > 0 && i + 1 < region.len))
            return false;
    }
    return region.len > 0 && region.len <= MAX_REGION;
}

struct unum_str aws_signing_region(enum aws_service service, struct unum_str region)
{
    return services[service].global ? aws_partition(region)->global_region : region;
}

/* Host names of services without regions: as the SDKs' endpoint rules have them. */
static struct unum_str global_host(struct unum_str name, const struct aws_partition *partition,
                                   struct unum_arena *arena)
{
    if (unum_str_is(partition->name, "aws"))
        return unum_arena_printf(arena, "https://%.*s.amazonaws.com", UNUM_STR_ARG(name));
    if (unum_str_is(partition->name, "aws-us-gov"))
        return unum_arena_printf(arena, "https://%.*s.us-gov.amazonaws.com", UNUM_STR_ARG(name));
    return unum_arena_printf(arena, "https://%.*s.%.*s.%.*s", UNUM_STR_ARG(name),
                             UNUM_STR_ARG(partition->global_region),
                             UNUM_STR_ARG(partition->suffix));
}

int aws_endpoint(enum aws_service service, struct unum_str region, struct unum_str url,
                 struct unum_arena *arena, struct http_endpoint *ret, struct unum_err *err)
{
    if (!region.len) {
        (void)unum_err_set(err, UNUM_E_INVAL, "no AWS region is given");
        (void)unum_err_hint(err, "set AWS_REGION or pass --region");
        return UNUM_E_INVAL;
    }
    if (!aws_is_region(region))
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no region name", UNUM_STR_ARG(region));
    if (!url.len && services[service].global)
        url = global_host(services[service].name, aws_partition(region), arena);
    else if (!url.len)
        url =
            unum_arena_printf(arena, "https://%.*s.%.*s.%.*s", UNUM_STR_ARG(services[service].name),
                              UNUM_STR_ARG(region), UNUM_STR_ARG(aws_partition(region)->suffix));
    int rc = http_endpoint_parse(url, ret, err);
    if (rc < 0)
        (void)unum_err_wrap(err, "%.*s", UNUM_STR_ARG(services[service].name));
    return rc;
}

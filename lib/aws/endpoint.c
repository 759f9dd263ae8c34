#include "aws/endpoint.h"

/* Attempts and scales: standard retry mode. */
static const struct aws_service_row services[AWS_SERVICE_COUNT] = {
#define COMMON (SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH)
#define JSON   "application/json"
#define FORM   "application/x-www-form-urlencoded; charset=utf-8"
    [AWS_DYNAMODB] = {"dynamodb", "DynamoDB_20120810.", "application/x-amz-json-1.0", AWS_JSON,
                      COMMON, 4, 25},
    [AWS_LAMBDA] = {"lambda", "", JSON, AWS_REST, COMMON, 3, 50},
    [AWS_LOGS] = {"logs", "Logs_20140328.", "application/x-amz-json-1.1", AWS_JSON, COMMON, 3, 50},
    /* Keys are signed as they are sent, and the body's hash is a header. */
    [AWS_S3] = {"s3", "", "application/octet-stream", AWS_REST, SIGV4_CONTENT_HEADER, 3, 50},
    [AWS_CLOUDFORMATION] = {"cloudformation", "", FORM, AWS_QUERY, COMMON, 3, 50},
    [AWS_STS] = {"sts", "", FORM, AWS_QUERY, COMMON, 3, 50},
    [AWS_IAM] = {"iam", "", FORM, AWS_QUERY, COMMON, 3, 50},
    [AWS_SCHEDULER] = {"scheduler", "", JSON, AWS_REST, COMMON, 3, 50},
    /* What gives credentials cannot ask for any. */
    [AWS_SSO] = {"sso", "", JSON, AWS_REST_UNSIGNED, 0, 3, 50},
    [AWS_SSO_OIDC] = {"sso-oidc", "", JSON, AWS_REST_UNSIGNED, 0, 3, 50},
    [AWS_CONTAINER] = {"container", "", JSON, AWS_REST_UNSIGNED, 0, 3, 50},
    [AWS_INSTANCE] = {"instance metadata", "", JSON, AWS_REST_UNSIGNED, 0, 1, 50},
};

const struct aws_service_row *aws_service_row(enum aws_service service)
{
    return &services[service];
}

/* The first that fits counts. */
static const struct aws_partition partitions[] = {
#define PARTITION(name, prefix, suffix)                                                            \
    {                                                                                              \
        UNUM_STR_INIT(name), UNUM_STR_INIT(prefix), UNUM_STR_INIT(suffix)                          \
    }
    PARTITION("aws-cn", "cn-", "amazonaws.com.cn"),
    PARTITION("aws-us-gov", "us-gov-", "amazonaws.com"),
    PARTITION("aws-iso", "us-iso-", "c2s.ic.gov"),
    PARTITION("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    PARTITION("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    PARTITION("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    PARTITION("aws-eusc", "eusc-", "amazonaws.eu"),
    PARTITION("aws", "", "amazonaws.com"),
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

int aws_check_region(struct unum_str region, struct unum_err *err)
{
    if (aws_is_region(region))
        return 0;
    if (region.len)
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no region name", UNUM_STR_ARG(region));
    (void)unum_err_set(err, UNUM_E_INVAL, "no AWS region is given");
    (void)unum_err_hint(err, "set AWS_REGION or pass --region");
    return UNUM_E_INVAL;
}

int aws_endpoint(enum aws_service service, struct unum_str region, struct unum_str url,
                 struct unum_arena *arena, struct http_endpoint *ret, struct unum_err *err)
{
    if (!url.len) {
        int rc = aws_check_region(region, err);
        if (rc < 0)
            return rc;
        url = unum_arena_printf(arena, "https://%s.%.*s.%.*s", services[service].name,
                                UNUM_STR_ARG(region), UNUM_STR_ARG(aws_partition(region)->suffix));
    }
    int rc = http_endpoint_parse(url, ret, err);
    if (rc < 0)
        (void)unum_err_wrap(err, "%s", services[service].name);
    return rc;
}

#include "aws/endpoint.h"

/* Attempts and scales: standard retry mode. */
static const struct aws_service_row services[AWS_SERVICE_COUNT] = {
    [AWS_DYNAMODB] = {UNUM_STR_INIT("dynamodb"), UNUM_STR_INIT("DynamoDB_20120810."),
                      UNUM_STR_INIT("application/x-amz-json-1.0"), 4, 0.025},
    [AWS_LAMBDA] = {UNUM_STR_INIT("lambda"), UNUM_STR_INIT(""), UNUM_STR_INIT("application/json"),
                    3, 0.05},
    [AWS_LOGS] = {UNUM_STR_INIT("logs"), UNUM_STR_INIT("Logs_20140328."),
                  UNUM_STR_INIT("application/x-amz-json-1.1"), 3, 0.05},
};

const struct aws_service_row *aws_service_row(enum aws_service service)
{
    return &services[service];
}

/* The first that fits counts. */
static const struct aws_partition partitions[] = {
#define PARTITION(name, prefix, suffix, dual)                                                      \
    {                                                                                              \
        UNUM_STR_INIT(name), UNUM_STR_INIT(prefix), UNUM_STR_INIT(suffix), UNUM_STR_INIT(dual)     \
    }
    PARTITION("aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    PARTITION("aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"),
    PARTITION("aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    PARTITION("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    PARTITION("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    PARTITION("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    PARTITION("aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    PARTITION("aws", "", "amazonaws.com", "api.aws"),
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
    if (!url.len)
        url =
            unum_arena_printf(arena, "https://%.*s.%.*s.%.*s", UNUM_STR_ARG(services[service].name),
                              UNUM_STR_ARG(region), UNUM_STR_ARG(aws_partition(region)->suffix));
    int rc = http_endpoint_parse(url, ret, err);
    if (rc < 0)
        (void)unum_err_wrap(err, "%.*s", UNUM_STR_ARG(services[service].name));
    return rc;
}

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

/* Partitions by the start of their regions' names; the first that fits counts. */
static const struct partition {
    struct unum_str region_prefix, suffix;
} partitions[] = {
    {UNUM_STR_INIT("cn-"), UNUM_STR_INIT("amazonaws.com.cn")},
    {UNUM_STR_INIT("us-gov-"), UNUM_STR_INIT("amazonaws.com")},
    {UNUM_STR_INIT("us-iso-"), UNUM_STR_INIT("c2s.ic.gov")},
    {UNUM_STR_INIT("us-isob-"), UNUM_STR_INIT("sc2s.sgov.gov")},
    {UNUM_STR_INIT(""), UNUM_STR_INIT("amazonaws.com")},
};

enum { MAX_REGION = 63 }; /* it is a label of a host name */

/* It becomes part of a host name that credentials are sent to. */
static bool is_region(struct unum_str region)
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
    if (!is_region(region))
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no region name", UNUM_STR_ARG(region));
    if (!url.len) {
        const struct partition *partition = partitions;
        while (!unum_str_starts(region, partition->region_prefix))
            partition++;
        url =
            unum_arena_printf(arena, "https://%.*s.%.*s.%.*s", UNUM_STR_ARG(services[service].name),
                              UNUM_STR_ARG(region), UNUM_STR_ARG(partition->suffix));
    }
    int rc = http_endpoint_parse(url, ret, err);
    if (rc < 0)
        (void)unum_err_wrap(err, "%.*s", UNUM_STR_ARG(services[service].name));
    return rc;
}

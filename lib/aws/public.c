#include "aws/public.h"

/* What the endpoints of functions do not need to know of a partition. */
static const struct partition_row {
    const char *name;
    struct unum_str dual_stack_suffix; /* of host names that have IPv6, too */
    struct unum_str global_region;     /* where services without regions are signed */
} partitions[] = {
#define PARTITION(name, dual, global)                                                              \
    {                                                                                              \
        name, UNUM_STR_INIT(dual), UNUM_STR_INIT(global)                                           \
    }
    PARTITION("aws", "api.aws", "us-east-1"),
    PARTITION("aws-cn", "api.amazonwebservices.com.cn", "cn-north-1"),
    PARTITION("aws-us-gov", "api.aws", "us-gov-west-1"),
    PARTITION("aws-iso", "api.aws.ic.gov", "us-iso-east-1"),
    PARTITION("aws-iso-b", "api.aws.scloud", "us-isob-east-1"),
    PARTITION("aws-iso-e", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1"),
    PARTITION("aws-iso-f", "api.aws.hci.ic.gov", "us-isof-south-1"),
    PARTITION("aws-eusc", "api.amazonwebservices.eu", "eusc-de-east-1"),
#undef PARTITION
};

static const struct partition_row *find_row(struct unum_str partition)
{
    for (size_t i = 0; i < UNUM_COUNT(partitions); i++) {
        if (unum_str_is(partition, partitions[i].name))
            return &partitions[i];
    }
    return &partitions[0];
}

/* In GovCloud the usual endpoint of most services conforms to FIPS. */
static bool gov_is_fips(enum aws_service service)
{
    return service != AWS_LAMBDA && service != AWS_S3 && service != AWS_SCHEDULER;
}

struct place {
    struct unum_str region, partition, suffix;
    const struct partition_row *row;
    bool fips, dual_stack;
};

static struct unum_str regional(enum aws_service service, const struct place *at,
                                struct unum_arena *arena)
{
    const char *host = service == AWS_SSO        ? "portal.sso"
                       : service == AWS_SSO_OIDC ? "oidc"
                                                 : aws_service_row(service)->name;
    const char *mode = at->fips ? "-fips" : "";
    struct unum_str suffix = at->dual_stack ? at->row->dual_stack_suffix : at->suffix;
    if (!at->dual_stack && unum_str_is(at->partition, "aws-us-gov") && gov_is_fips(service))
        mode = "";
    /* S3 had IPv6 before the others, under names of its own. */
    if (service == AWS_S3 && at->dual_stack)
        return unum_arena_printf(arena, "https://s3%s.dualstack.%.*s.%.*s", mode,
                                 UNUM_STR_ARG(at->region), UNUM_STR_ARG(at->suffix));
    return unum_arena_printf(arena, "https://%s%s.%.*s.%.*s", host, mode, UNUM_STR_ARG(at->region),
                             UNUM_STR_ARG(suffix));
}

/* One endpoint for all regions of a partition. */
static struct unum_str iam(const struct place *at, struct unum_arena *arena)
{
    const char *mode = at->fips ? "-fips" : "";
    struct unum_str suffix = at->dual_stack ? at->row->dual_stack_suffix : at->suffix;
    bool first = unum_str_is(at->partition, "aws");
    if (unum_str_is(at->partition, "aws-us-gov"))
        return unum_arena_printf(arena, "https://iam.us-gov.%.*s", UNUM_STR_ARG(suffix));
    if (at->dual_stack)
        return unum_arena_printf(arena, "https://iam%s.%s%.*s", mode,
                                 first || unum_str_is(at->partition, "aws-cn") ? "global." : "",
                                 UNUM_STR_ARG(suffix));
    if (first || at->fips)
        return unum_arena_printf(arena, "https://iam%s.%.*s", mode, UNUM_STR_ARG(suffix));
    return unum_arena_printf(arena, "https://iam.%.*s.%.*s", UNUM_STR_ARG(at->row->global_region),
                             UNUM_STR_ARG(suffix));
}

int aws_public_endpoint(enum aws_service service, struct unum_str region, bool fips,
                        bool dual_stack, struct unum_arena *arena, struct aws_public *ret,
                        struct unum_err *err)
{
    int rc = aws_check_region(region, err);
    if (rc < 0)
        return rc;
    const struct aws_partition *partition = aws_partition(region);
    const struct place at = {region, partition->name, partition->suffix, find_row(partition->name),
                             fips,   dual_stack};
    if (fips && unum_str_is(partition->name, "aws-cn"))
        return unum_err_set(err, UNUM_E_INVAL,
                            "FIPS endpoints are asked for, and region %.*s has none",
                            UNUM_STR_ARG(region));
    *ret = service == AWS_IAM ? (struct aws_public){iam(&at, arena), at.row->global_region}
                              : (struct aws_public){regional(service, &at, arena), region};
    return 0;
}

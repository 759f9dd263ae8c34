#include "aws/region.h"

#include "aws/endpoint.h"

/*
 * Profile.
 */
static int choose_named(struct aws_profile_choice *choice, struct unum_err *err)
{
    int rc = aws_profiles_need(choice->profiles, AWS_SECTION_PROFILE, choice->name,
                               &choice->section, err);
    if (rc < 0) {
        rc = UNUM_E_AUTH;
        if (err) {
            err->rc = rc;
            (void)unum_err_wrap(err, "%s", choice->origin);
        }
    }
    return rc;
}

int aws_profile_choose(const struct aws_profiles *profiles, struct unum_str flag,
                       struct aws_profile_choice *ret, struct unum_err *err)
{
    static const char *const variables[] = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"};
    struct aws_profile_choice choice = {profiles, flag, NULL, flag.len > 0, "--profile"};
    for (size_t i = 0; i < UNUM_COUNT(variables) && !choice.name.len; i++) {
        choice.name = aws_variable(variables[i]);
        choice.origin = variables[i];
    }
    if (choice.name.len) {
        int rc = choose_named(&choice, err);
        if (rc < 0)
            return rc;
    } else {
        choice.name = UNUM_STR("default");
        choice.origin = "the default";
        choice.section = aws_profiles_find(profiles, AWS_SECTION_PROFILE, choice.name);
    }
    *ret = choice;
    return 0;
}

/* "profile x (PATH:LINE)" */
static struct unum_str place(const struct aws_profile_choice *choice,
                             const struct aws_setting *setting, struct unum_arena *arena)
{
    return unum_arena_printf(arena, "profile %.*s (%.*s:%u)", UNUM_STR_ARG(choice->name),
                             UNUM_STR_ARG(choice->profiles->path[setting->file]), setting->line);
}

static const struct aws_setting *profile_setting(const struct aws_profile_choice *choice,
                                                 const char *key)
{
    const struct aws_setting *setting = choice ? aws_section_setting(choice->section, key) : NULL;
    return setting && setting->value.len ? setting : NULL;
}

/*
 * Region.
 */
int aws_region_resolve(struct unum_str flag, const struct aws_profile_choice *choice,
                       struct unum_arena *arena, struct aws_region *ret, struct unum_err *err)
{
    static const char *const variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    struct aws_region region = {flag, UNUM_STR("--region")};
    const struct aws_setting *setting = profile_setting(choice, "region");
    for (size_t i = 0; i < UNUM_COUNT(variables) && !region.name.len; i++)
        region = (struct aws_region){aws_variable(variables[i]), unum_str_from(variables[i])};
    if (!region.name.len && setting)
        region = (struct aws_region){setting->value, place(choice, setting, arena)};
    if (!region.name.len) {
        (void)unum_err_set(err, UNUM_E_INVAL,
                           "no AWS region: --region is not given, AWS_REGION and "
                           "AWS_DEFAULT_REGION are not set, and %s%.*s%s has no region",
                           choice ? "profile \"" : "there is no profile that",
                           UNUM_STR_ARG(choice ? choice->name : UNUM_STR("")), choice ? "\"" : "");
        (void)unum_err_hint(err, "pass --region, or set AWS_REGION");
        return UNUM_E_INVAL;
    }
    if (!aws_is_region(region.name))
        return unum_err_set(err, UNUM_E_INVAL, "%.*s: \"%.*s\" is no region name",
                            UNUM_STR_ARG(region.origin), UNUM_STR_ARG(region.name));
    ret->name = unum_arena_str(arena, region.name);
    ret->origin = region.origin;
    return 0;
}

/*
 * Endpoints.
 */
static const struct endpoint_row {
    const char *variable; /* which one names a URL of this service */
    const char *key;      /* in services sections */
    struct unum_str host; /* first label(s) of the public host name */
} rows[AWS_ENDPOINT_COUNT] = {
#define ROW(ID, key, host) [AWS_ENDPOINT_##ID] = {"AWS_ENDPOINT_URL_" #ID, key, UNUM_STR_INIT(host)}
    ROW(CLOUDFORMATION, "cloudformation", "cloudformation"),
    ROW(CLOUDWATCH_LOGS, "cloudwatch_logs", "logs"),
    ROW(DYNAMODB, "dynamodb", "dynamodb"),
    ROW(IAM, "iam", "iam"),
    ROW(LAMBDA, "lambda", "lambda"),
    ROW(S3, "s3", "s3"),
    ROW(SCHEDULER, "scheduler", "scheduler"),
    ROW(SFN, "sfn", "states"),
    ROW(SSO, "sso", "portal.sso"),
    ROW(SSO_OIDC, "sso_oidc", "oidc"),
    ROW(STS, "sts", "sts"),
    ROW(XRAY, "xray", "xray"),
#undef ROW
};

int aws_switch(const char *variable, const char *key, const struct aws_profile_choice *choice,
               bool *ret, struct unum_err *err)
{
    struct unum_str value = aws_variable(variable);
    const struct aws_setting *setting = profile_setting(choice, key);
    bool from_file = !value.len && setting;
    if (from_file)
        value = setting->value;
    *ret = unum_str_ieq(value, UNUM_STR("true"));
    if (!value.len || *ret || unum_str_ieq(value, UNUM_STR("false")))
        return 0;
    return unum_err_set(err, UNUM_E_INVAL, "%s is \"%.*s\", which is neither true nor false",
                        from_file ? key : variable, UNUM_STR_ARG(value));
}

/* IAM has one endpoint per partition, in a region of its own. */
static struct unum_str iam_region(const struct aws_partition *partition, struct unum_str region)
{
    if (unum_str_is(partition->name, "aws"))
        return UNUM_STR("us-east-1");
    if (unum_str_is(partition->name, "aws-cn"))
        return UNUM_STR("cn-north-1");
    if (unum_str_is(partition->name, "aws-us-gov"))
        return UNUM_STR("us-gov-west-1");
    return region;
}

static struct unum_str iam_host(const struct aws_partition *partition, struct unum_str region,
                                bool fips, struct unum_arena *arena)
{
    const char *mode = fips ? "-fips" : "";
    if (unum_str_is(partition->name, "aws"))
        return unum_arena_printf(arena, "https://iam%s.amazonaws.com", mode);
    if (unum_str_is(partition->name, "aws-us-gov"))
        return UNUM_STR("https://iam.us-gov.amazonaws.com"); /* conforms as it is */
    struct unum_str at = iam_region(partition, region);
    return unum_arena_printf(arena, "https://iam%s.%.*s.%.*s", mode, UNUM_STR_ARG(at),
                             UNUM_STR_ARG(partition->suffix));
}

static int public_url(enum aws_endpoint_id id, const struct aws_profile_choice *choice,
                      struct unum_str region, struct unum_arena *arena, struct aws_url *ret,
                      struct unum_err *err)
{
    const struct aws_partition *partition = aws_partition(region);
    bool fips = false, dual = false;
    int rc = aws_switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", choice, &fips, err);
    if (rc == 0)
        rc = aws_switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", choice, &dual, err);
    if (rc < 0)
        return rc;
    const char *mode = fips ? "-fips" : "";
    struct unum_str host = rows[id].host;
    ret->origin = UNUM_STR("AWS");
    if (id == AWS_ENDPOINT_IAM)
        ret->url = iam_host(partition, region, fips, arena);
    else if (id == AWS_ENDPOINT_S3 && dual)
        ret->url = unum_arena_printf(arena, "https://s3%s.dualstack.%.*s.%.*s", mode,
                                     UNUM_STR_ARG(region), UNUM_STR_ARG(partition->suffix));
    else
        ret->url = unum_arena_printf(
            arena, "https://%.*s%s.%.*s.%.*s", UNUM_STR_ARG(host), mode, UNUM_STR_ARG(region),
            UNUM_STR_ARG(dual ? partition->dual_stack_suffix : partition->suffix));
    return 0;
}

/* The `services` section a profile names. */
static int services_url(enum aws_endpoint_id id, const struct aws_profile_choice *choice,
                        struct unum_arena *arena, struct aws_url *ret, struct unum_err *err)
{
    const struct aws_setting *name = profile_setting(choice, "services");
    const struct aws_section *services;
    if (!name)
        return 0;
    int rc = aws_profiles_need(choice->profiles, AWS_SECTION_SERVICES, name->value, &services, err);
    if (rc < 0) {
        if (err)
            err->rc = UNUM_E_INVAL;
        (void)unum_err_wrap(err, "profile %.*s", UNUM_STR_ARG(choice->name));
        return UNUM_E_INVAL;
    }
    const struct aws_setting *setting = aws_section_nested(services, rows[id].key, "endpoint_url");
    if (setting && setting->value.len) {
        ret->url = setting->value;
        ret->origin =
            unum_arena_printf(arena, "services %.*s (%.*s:%u)", UNUM_STR_ARG(name->value),
                              UNUM_STR_ARG(choice->profiles->path[setting->file]), setting->line);
    }
    return 0;
}

/* Leaves `ret` empty if nothing is configured. */
static int configured_url(enum aws_endpoint_id id, const struct aws_profile_choice *choice,
                          struct unum_arena *arena, struct aws_url *ret, struct unum_err *err)
{
    const char *const variables[] = {rows[id].variable, "AWS_ENDPOINT_URL"};
    bool ignored;
    int rc = aws_switch("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls",
                        choice, &ignored, err);
    if (rc < 0 || ignored)
        return rc;
    for (size_t i = 0; i < UNUM_COUNT(variables) && !ret->url.len; i++) {
        ret->url = aws_variable(variables[i]);
        ret->origin = unum_str_from(variables[i]);
    }
    if (!ret->url.len)
        rc = services_url(id, choice, arena, ret, err);
    const struct aws_setting *setting = profile_setting(choice, "endpoint_url");
    if (rc == 0 && !ret->url.len && setting) {
        ret->url = setting->value;
        ret->origin = place(choice, setting, arena);
    }
    return rc;
}

int aws_endpoint_url(enum aws_endpoint_id id, struct unum_str flag,
                     const struct aws_profile_choice *choice, struct unum_str region,
                     struct unum_arena *arena, struct aws_url *ret, struct unum_err *err)
{
    struct aws_url url = {.url = flag, .origin = UNUM_STR("--endpoint-url")};
    struct http_endpoint parsed;
    int rc = flag.len ? 0 : configured_url(id, choice, arena, &url, err);
    if (rc < 0)
        return rc;
    url.custom = url.url.len > 0;
    url.signing_region = region;
    if (!url.custom) {
        if (!aws_is_region(region))
            return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no region name",
                                UNUM_STR_ARG(region));
        rc = public_url(id, choice, region, arena, &url, err);
        if (id == AWS_ENDPOINT_IAM)
            url.signing_region = iam_region(aws_partition(region), region);
    }
    if (rc == 0) {
        url.url = unum_arena_str(arena, url.url);
        rc = http_endpoint_parse(url.url, &parsed, err);
        if (rc < 0)
            (void)unum_err_wrap(err, "%.*s", UNUM_STR_ARG(url.origin));
    }
    if (rc == 0)
        *ret = url;
    return rc;
}

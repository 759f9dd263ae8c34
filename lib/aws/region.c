#include "aws/region.h"

#include "aws/public.h"

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
} rows[AWS_SERVICE_COUNT] = {
#define ROW(ID, name, key) [AWS_##ID] = {"AWS_ENDPOINT_URL_" name, key}
    ROW(DYNAMODB, "DYNAMODB", "dynamodb"),
    ROW(LAMBDA, "LAMBDA", "lambda"),
    ROW(LOGS, "CLOUDWATCH_LOGS", "cloudwatch_logs"),
    ROW(S3, "S3", "s3"),
    ROW(CLOUDFORMATION, "CLOUDFORMATION", "cloudformation"),
    ROW(STS, "STS", "sts"),
    ROW(IAM, "IAM", "iam"),
    ROW(SCHEDULER, "SCHEDULER", "scheduler"),
    ROW(SSO, "SSO", "sso"),
    ROW(SSO_OIDC, "SSO_OIDC", "sso_oidc"),
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

static int public_url(enum aws_service id, const struct aws_profile_choice *choice,
                      struct unum_str region, struct unum_arena *arena, struct aws_url *ret,
                      struct unum_err *err)
{
    bool fips = false, dual = false;
    struct aws_public public;
    int rc = aws_switch("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", choice, &fips, err);
    if (rc == 0)
        rc = aws_switch("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", choice, &dual, err);
    if (rc == 0)
        rc = aws_public_endpoint(id, region, fips, dual, arena, &public, err);
    if (rc < 0)
        return rc;
    ret->origin = UNUM_STR("AWS");
    ret->url = public.url;
    ret->signing_region = public.signing_region;
    return 0;
}

/* The `services` section a profile names. */
static int services_url(enum aws_service id, const struct aws_profile_choice *choice,
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
static int configured_url(enum aws_service id, const struct aws_profile_choice *choice,
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

int aws_endpoint_url(enum aws_service id, struct unum_str flag,
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
    if (!url.custom)
        rc = public_url(id, choice, region, arena, &url, err);
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

/*
 * A role: assumed with the credentials of another profile or of another source, or with the token
 * of an identity provider.
 */
#include "aws/creds.h"
#include "aws/sts.h"

enum { MIN_DURATION_S = 900, MAX_DURATION_S = 43200, MAX_CHAINED_S = 3600 };

/*
 * What both calls need.
 */
/* `creds` NULL: nothing is signed. */
static int open_sts(const struct creds_request *request, const struct aws_creds *creds,
                    struct unum_arena *arena, struct aws_client **ret, struct unum_err *err)
{
    const struct aws_chain_config *config = request->config;
    struct aws_region region;
    struct aws_url url;
    int rc = aws_region_resolve(config->region, &request->choice, arena, &region, err);
    if (rc == 0)
        rc =
            aws_endpoint_url(AWS_STS, UNUM_STR(""), &config->choice, region.name, arena, &url, err);
    if (rc < 0)
        return rc;
    const struct creds_peer peer = {
        .service = AWS_STS, .url = url.url, .region = url.signing_region, .creds = creds};
    return creds_client(request, &peer, ret, err);
}

static struct unum_str session_name(const struct creds_request *request, struct unum_str given,
                                    struct unum_arena *arena)
{
    if (given.len)
        return given;
    return unum_arena_printf(arena, "unum-%lld",
                             (long long)(unum_wall_ms(request->config->clock) / 1000));
}

static int check_duration(const struct creds_request *request, struct unum_str text, bool chained,
                          struct unum_err *err)
{
    uint64_t seconds, most = chained ? MAX_CHAINED_S : MAX_DURATION_S;
    if (!text.len)
        return 0;
    if (!unum_str_to_u64(text, &seconds) || seconds < MIN_DURATION_S || seconds > most)
        return unum_err_set(err, UNUM_E_AUTH,
                            "profile \"%.*s\": duration_seconds is \"%.*s\"; it must be %d to "
                            "%llu%s",
                            UNUM_STR_ARG(request->choice.name), UNUM_STR_ARG(text), MIN_DURATION_S,
                            (unsigned long long)most,
                            chained ? " where a role assumes the next" : "");
    return 0;
}

/*
 * AssumeRole.
 */
static bool has_keys(const struct creds_request *request)
{
    return creds_setting(request, "aws_access_key_id").len &&
           creds_setting(request, "aws_secret_access_key").len;
}

static bool role_applies(const struct creds_request *request, struct unum_buf *why)
{
    struct unum_str name = request->choice.name;
    if (!creds_setting(request, "role_arn").len)
        unum_buf_printf(why, "profile \"%.*s\" has no role_arn", UNUM_STR_ARG(name));
    else if (creds_setting(request, "web_identity_token_file").len)
        unum_buf_printf(why, "profile \"%.*s\" has a web_identity_token_file", UNUM_STR_ARG(name));
    else if (request->above && has_keys(request))
        unum_buf_printf(why, "source profile \"%.*s\" has keys of its own", UNUM_STR_ARG(name));
    return !why->len;
}

static int refuse_cycle(const struct creds_request *request, struct unum_str name,
                        struct unum_err *err)
{
    for (const struct creds_request *r = request; r; r = r->above) {
        if (unum_str_eq(r->choice.name, name))
            return unum_err_set(err, UNUM_E_AUTH,
                                "source_profile of \"%.*s\" leads back to \"%.*s\"",
                                UNUM_STR_ARG(request->choice.name), UNUM_STR_ARG(name));
    }
    if (request->depth + 1 >= CREDS_MAX_PROFILES)
        return unum_err_set(err, UNUM_E_AUTH, "more than %d profiles are each other's source",
                            CREDS_MAX_PROFILES);
    return 0;
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by CREDS_MAX_PROFILES */
static int from_profile(struct creds_request *request, struct unum_str name, struct creds_held *ret,
                        struct unum_err *err)
{
    struct creds_request source = *request;
    source.above = request;
    source.depth = request->depth + 1;
    source.variables = false;
    source.chained = false;
    /* A profile may name itself if it has keys: the role is then left out. */
    bool itself = unum_str_eq(name, request->choice.name) && has_keys(request);
    int rc = itself ? 0 : refuse_cycle(request, name, err);
    if (rc < 0)
        return rc;
    source.choice.name = name;
    rc = aws_profiles_need(source.choice.profiles, AWS_SECTION_PROFILE, name,
                           &source.choice.section, err);
    if (rc == 0)
        rc = creds_look(&source, ret, err);
    if (rc < 0)
        return unum_err_wrap(err, "source profile of \"%.*s\"", UNUM_STR_ARG(request->choice.name));
    request->chained = source.chained;
    return 0;
}

static int from_source(struct creds_request *request, struct unum_str name, struct creds_held *ret,
                       struct unum_err *err)
{
    static const struct {
        const char *name;
        const struct creds_row *row;
    } sources[] = {
        {"Environment", &creds_environment},
        {"Ec2InstanceMetadata", &creds_imds},
        {"EcsContainer", &creds_container},
    };
    struct unum_buf UNUM_AUTO_BUF why = UNUM_BUF_INIT(1024);
    struct creds_request source = *request;
    source.variables = true;
    for (size_t i = 0; i < UNUM_COUNT(sources); i++) {
        if (!unum_str_is(name, sources[i].name))
            continue;
        if (!sources[i].row->applies(&source, &why))
            return unum_err_set(err, UNUM_E_AUTH, "credential_source %s: %s", sources[i].name,
                                unum_buf_text(&why));
        int rc = sources[i].row->fetch(&source, ret, err);
        request->chained = sources[i].row->machine; /* those are roles' */
        return rc < 0 ? unum_err_wrap(err, "credential_source %s", sources[i].name) : 0;
    }
    return unum_err_set(err, UNUM_E_AUTH,
                        "profile \"%.*s\": credential_source is \"%.*s\"; it must be Environment, "
                        "Ec2InstanceMetadata or EcsContainer",
                        UNUM_STR_ARG(request->choice.name), UNUM_STR_ARG(name));
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by CREDS_MAX_PROFILES */
static int source_of_role(struct creds_request *request, struct creds_held *ret,
                          struct unum_err *err)
{
    struct unum_str profile = creds_setting(request, "source_profile");
    struct unum_str source = creds_setting(request, "credential_source");
    if (!profile.len == !source.len)
        return unum_err_set(err, UNUM_E_AUTH,
                            "profile \"%.*s\" has a role_arn and %s source_profile %s "
                            "credential_source",
                            UNUM_STR_ARG(request->choice.name), profile.len ? "both" : "neither",
                            profile.len ? "and" : "nor");
    return profile.len ? from_profile(request, profile, ret, err)
                       : from_source(request, source, ret, err);
}

static int ask_mfa(const struct creds_request *request, struct unum_str serial,
                   struct unum_buf *ret_code, struct unum_err *err)
{
    const struct aws_ask_code *mfa = &request->config->mfa;
    if (!serial.len)
        return 0;
    if (!mfa->ask)
        return unum_err_set(err, UNUM_E_AUTH,
                            "profile \"%.*s\" wants a code of %.*s, and there is no terminal to "
                            "ask for it",
                            UNUM_STR_ARG(request->choice.name), UNUM_STR_ARG(serial));
    return mfa->ask(mfa->cookie, serial, ret_code, err);
}

/* NOLINTNEXTLINE(misc-no-recursion): bounded by CREDS_MAX_PROFILES */
static int role_fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF code = UNUM_BUF_INIT(64);
    struct creds_held CREDS_AUTO_HELD source = {0};
    struct unum_str arn = creds_setting(request, "role_arn");
    struct aws_client *CREDS_AUTO_CLIENT sts = NULL;
    struct sts_role role = {
        .arn = arn,
        .session_name = session_name(request, creds_setting(request, "role_session_name"), &arena),
        .duration_s = creds_setting(request, "duration_seconds"),
        .external_id = creds_setting(request, "external_id"),
        .mfa_serial = creds_setting(request, "mfa_serial"),
    };
    struct aws_creds creds;
    int rc = source_of_role(request, &source, err);
    if (rc == 0)
        rc = check_duration(request, role.duration_s, request->chained, err);
    if (rc == 0)
        rc = open_sts(request, &source.creds, &arena, &sts, err);
    if (rc == 0)
        rc = ask_mfa(request, role.mfa_serial, &code, err);
    role.mfa_code = unum_str_trim(unum_buf_str(&code));
    if (rc == 0)
        rc = sts_assume_role(sts, &role, &arena, &creds, err);
    if (rc < 0)
        return unum_err_wrap(err, "%.*s", UNUM_STR_ARG(arn));
    creds_keep(ret, &creds);
    creds_origin(ret, "role %.*s (profile %.*s), assumed with: %.*s", UNUM_STR_ARG(arn),
                 UNUM_STR_ARG(request->choice.name), UNUM_STR_ARG(source.origin));
    request->chained = true;
    return 0;
}

const struct creds_row creds_role = {"assume role", false, role_applies, role_fetch};

/*
 * AssumeRoleWithWebIdentity.
 */
struct web_identity {
    struct unum_str file, arn, session;
};

/* Variables come before the profile's settings, one by one. */
static struct unum_str either(const struct creds_request *request, const char *variable,
                              const char *key)
{
    struct unum_str value = request->variables ? aws_variable(variable) : UNUM_STR("");
    return value.len ? value : creds_setting(request, key);
}

static struct web_identity web_identity(const struct creds_request *request)
{
    return (struct web_identity){
        either(request, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file"),
        either(request, "AWS_ROLE_ARN", "role_arn"),
        either(request, "AWS_ROLE_SESSION_NAME", "role_session_name")};
}

static bool web_applies(const struct creds_request *request, struct unum_buf *why)
{
    if (web_identity(request).file.len)
        return true;
    if (request->variables)
        unum_buf_adds(why, "AWS_WEB_IDENTITY_TOKEN_FILE is not set, and ");
    unum_buf_printf(why, "profile \"%.*s\" has no web_identity_token_file",
                    UNUM_STR_ARG(request->choice.name));
    return false;
}

static int web_fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct web_identity given = web_identity(request);
    struct unum_str token = UNUM_STR_NONE;
    struct aws_creds creds;
    struct aws_client *CREDS_AUTO_CLIENT sts = NULL;
    if (!given.arn.len)
        return unum_err_set(err, UNUM_E_AUTH,
                            "there is a token file (%.*s), but neither AWS_ROLE_ARN nor a "
                            "role_arn in profile \"%.*s\"",
                            UNUM_STR_ARG(given.file), UNUM_STR_ARG(request->choice.name));
    const struct sts_role role = {
        .arn = given.arn,
        .session_name = session_name(request, given.session, &arena),
        .duration_s = creds_setting(request, "duration_seconds"),
    };
    int rc = check_duration(request, role.duration_s, false, err);
    if (rc == 0)
        rc = creds_token_file(given.file, &arena, &token, err);
    if (rc == 0)
        rc = open_sts(request, NULL, &arena, &sts, err);
    if (rc == 0)
        rc = sts_assume_role_with_web_identity(sts, token, &role, &arena, &creds, err);
    if (rc < 0)
        return unum_err_wrap(err, "%.*s", UNUM_STR_ARG(given.arn));
    creds_keep(ret, &creds);
    creds_origin(ret, "role %.*s (web identity token %.*s)", UNUM_STR_ARG(given.arn),
                 UNUM_STR_ARG(given.file));
    request->chained = true;
    return 0;
}

const struct creds_row creds_web_identity = {"web identity", false, web_applies, web_fetch};

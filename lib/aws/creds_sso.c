/*
 * IAM Identity Center (SSO): the token `aws sso login` left in the cache, renewed where it may be,
 * is exchanged for a role's credentials. The token's file is written back when it was renewed,
 * because the renewal token in it is good for one use; the credentials stay in memory.
 * Source: IAM Identity Center Portal and OIDC API References; AWS SDKs and Tools Reference Guide,
 * "IAM Identity Center credential provider".
 */
#include <string.h>

#include "aws/creds.h"
#include "base/file.h"
#include "base/limits.h"
#include "crypto/sha1.h"
#include "json/json.h"

enum { MAX_CACHE_FILE = 256 * 1024, RENEW_MS = 5 * 60 * 1000 };

struct sso {
    const struct creds_request *request;
    struct unum_arena arena;
    struct unum_str start_url, region, account, role;
    struct unum_str session; /* empty: the old form, without renewing */
    struct unum_str cache_path;
    struct unum_str cache; /* the file's JSON */
    struct unum_str token;
    int64_t expires_ms;
};

static bool applies(const struct creds_request *request, struct unum_buf *why)
{
    if (!creds_setting(request, "sso_account_id").len &&
        !creds_setting(request, "sso_role_name").len)
        unum_buf_printf(why, "profile \"%.*s\" has neither sso_account_id nor sso_role_name",
                        UNUM_STR_ARG(request->choice.name));
    return !why->len;
}

static int hint_login(const struct sso *sso, struct unum_err *err)
{
    struct unum_str name = sso->request->choice.name;
    if (unum_str_is(name, "default"))
        (void)unum_err_hint(err, "run `aws sso login`");
    else
        (void)unum_err_hint(err, "run `aws sso login --profile %.*s`", UNUM_STR_ARG(name));
    return UNUM_E_AUTH;
}

/*
 * Settings.
 */
static int missing(const struct sso *sso, const char *key, struct unum_err *err)
{
    return unum_err_set(err, UNUM_E_AUTH, "profile \"%.*s\" uses SSO, but there is no %s",
                        UNUM_STR_ARG(sso->request->choice.name), key);
}

/* The session's value; a profile that gives another one contradicts it. */
static int from_session(const struct sso *sso, const struct aws_section *session, const char *key,
                        struct unum_str *value, struct unum_err *err)
{
    struct unum_str own = *value;
    *value = aws_section_get(session, key);
    if (own.len && value->len && !unum_str_eq(own, *value))
        return unum_err_set(
            err, UNUM_E_AUTH, "profile \"%.*s\" and sso-session \"%.*s\" have different %s",
            UNUM_STR_ARG(sso->request->choice.name), UNUM_STR_ARG(sso->session), key);
    return 0;
}

static int read_settings(struct sso *sso, struct unum_err *err)
{
    const struct creds_request *request = sso->request;
    const struct aws_section *session;
    sso->account = creds_setting(request, "sso_account_id");
    sso->role = creds_setting(request, "sso_role_name");
    sso->start_url = creds_setting(request, "sso_start_url");
    sso->region = creds_setting(request, "sso_region");
    sso->session = creds_setting(request, "sso_session");
    int rc = 0;
    if (sso->session.len) {
        rc = aws_profiles_need(request->choice.profiles, AWS_SECTION_SSO_SESSION, sso->session,
                               &session, err);
        if (rc == 0)
            rc = from_session(sso, session, "sso_start_url", &sso->start_url, err);
        if (rc == 0)
            rc = from_session(sso, session, "sso_region", &sso->region, err);
    }
    if (rc < 0)
        return rc;
    const struct {
        const char *key;
        struct unum_str value;
    } needed[] = {{"sso_account_id", sso->account},
                  {"sso_role_name", sso->role},
                  {"sso_start_url", sso->start_url},
                  {"sso_region", sso->region}};
    for (size_t i = 0; i < UNUM_COUNT(needed); i++) {
        if (!needed[i].value.len)
            return missing(sso, needed[i].key, err);
    }
    return 0;
}

/*
 * The token.
 */
/* RFC 3339; tools of old wrote "UTC" for "Z". */
static bool read_time(struct unum_str text, struct unum_arena *arena, int64_t *ret_ms)
{
    if (unum_str_ends(text, UNUM_STR("UTC")))
        text = unum_arena_printf(arena, "%.*sZ", (int)(text.len - 3), text.ptr);
    return unum_time_parse(text, ret_ms);
}

static int read_cache(struct sso *sso, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(MAX_CACHE_FILE);
    char name[SHA1_HEX + 1];
    sha1_hex(sso->session.len ? sso->session : sso->start_url, name);
    struct unum_str home = aws_home(&sso->arena);
    sso->cache_path =
        unum_arena_printf(&sso->arena, "%.*s/.aws/sso/cache/%s.json", UNUM_STR_ARG(home), name);
    int rc = unum_file_read(sso->cache_path.ptr, &text, err);
    if (rc == UNUM_E_NOTFOUND)
        (void)unum_err_set(err, UNUM_E_AUTH, "nobody has signed in to %.*s",
                           UNUM_STR_ARG(sso->start_url));
    sso->cache = unum_arena_str(&sso->arena, unum_buf_str(&text));
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    if (rc < 0)
        return hint_login(sso, err);
    if (json_check(sso->cache, &sso->cache, NULL) < 0) {
        (void)unum_err_set(err, UNUM_E_AUTH, "%s is no JSON", sso->cache_path.ptr);
        return hint_login(sso, err);
    }
    sso->token = creds_member(sso->cache, "accessToken", &sso->arena);
    struct unum_str expires = creds_member(sso->cache, "expiresAt", &sso->arena);
    if (!sso->token.len || !read_time(expires, &sso->arena, &sso->expires_ms)) {
        (void)unum_err_set(err, UNUM_E_AUTH, "%s has no accessToken with an expiresAt",
                           sso->cache_path.ptr);
        return hint_login(sso, err);
    }
    return 0;
}

/* The file as it was, with the three members that changed. */
static int write_cache(const struct sso *sso, struct unum_str renewal, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(MAX_CACHE_FILE);
    struct unum_buf UNUM_AUTO_BUF expires = UNUM_BUF_INIT(64);
    struct json_writer w = JSON_WRITER(&text);
    struct json_iter iter = json_iter(sso->cache);
    struct unum_str key, value;
    unum_time_rfc3339(sso->expires_ms / 1000 * 1000, &expires);
    json_object_begin(&w);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(1024);
        if (!json_decode(key, &name) || json_is(key, UNUM_STR("accessToken")) ||
            json_is(key, UNUM_STR("expiresAt")) || json_is(key, UNUM_STR("refreshToken")))
            continue;
        json_key_str(&w, unum_buf_str(&name));
        json_raw(&w, value);
    }
    json_key(&w, "accessToken");
    json_string(&w, sso->token);
    json_key(&w, "expiresAt");
    /* "....000Z": without the fraction, as its other readers write it. */
    unum_buf_truncate(&expires, expires.len - 5);
    unum_buf_addc(&expires, 'Z');
    json_string(&w, unum_buf_str(&expires));
    if (renewal.len) {
        json_key(&w, "refreshToken");
        json_string(&w, renewal);
    }
    json_object_end(&w);
    int rc = text.failed ? UNUM_E_LIMIT
                         : unum_file_write(sso->cache_path.ptr, unum_buf_str(&text), 0600, err);
    if (text.ptr)
        explicit_bzero(text.ptr, text.cap);
    return rc;
}

static int take_renewed(struct sso *sso, struct unum_str answer, struct unum_str old_renewal)
{
    struct unum_str json, value;
    int64_t seconds;
    if (json_check(answer, &json, NULL) < 0 || !json_get(json, UNUM_STR("expiresIn"), &value) ||
        !json_to_i64(value, &seconds) || seconds < 0 || seconds > 366L * 24 * 60 * 60)
        return UNUM_E_PARSE;
    struct unum_str token = creds_member(json, "accessToken", &sso->arena);
    struct unum_str renewal = creds_member(json, "refreshToken", &sso->arena);
    if (!token.len)
        return UNUM_E_PARSE;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    sso->token = token;
    sso->expires_ms = creds_now_ms(sso->request) + seconds * 1000;
    if (write_cache(sso, renewal.len ? renewal : old_renewal, &err) < 0)
        unum_logf(sso->request->config->log, UNUM_LOG_WARN, "the renewed SSO token is not kept: %s",
                  unum_err_text(&err));
    return 0;
}

static int open_client(struct sso *sso, enum aws_service service, struct aws_client **ret,
                       struct unum_err *err)
{
    struct aws_url url;
    int rc = aws_endpoint_url(service, UNUM_STR(""), &sso->request->config->choice, sso->region,
                              &sso->arena, &url, err);
    if (rc < 0)
        return rc;
    const struct creds_peer peer = {.service = service, .url = url.url};
    return creds_client(sso->request, &peer, ret, err);
}

/* OIDC CreateToken with what the cache holds; UNSUPPORTED if it holds too little for that. */
static int renew(struct sso *sso, struct unum_err *err)
{
    static const char *const members[] = {"clientId", "clientSecret", "refreshToken"};
    struct unum_str values[3],
        registered = creds_member(sso->cache, "registrationExpiresAt", &sso->arena);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(128 * UNUM_KB);
    struct json_writer w = JSON_WRITER(&body);
    int64_t until_ms;
    json_object_begin(&w);
    for (size_t i = 0; i < UNUM_COUNT(members); i++) {
        values[i] = creds_member(sso->cache, members[i], &sso->arena);
        if (!values[i].len)
            return UNUM_E_UNSUPPORTED;
        json_key(&w, members[i]);
        json_string(&w, values[i]);
    }
    json_key(&w, "grantType");
    json_strings(&w, "refresh_token");
    json_object_end(&w);
    if (!read_time(registered, &sso->arena, &until_ms) || until_ms <= creds_now_ms(sso->request))
        return UNUM_E_UNSUPPORTED;
    struct aws_client *CREDS_AUTO_CLIENT client = NULL;
    struct aws_call CREDS_AUTO_CALL call = {.service = AWS_SSO_OIDC,
                                            .operation = UNUM_STR("CreateToken"),
                                            .method = UNUM_STR("POST"),
                                            .path = UNUM_STR("/token"),
                                            .body = unum_buf_str(&body)};
    int rc = open_client(sso, AWS_SSO_OIDC, &client, err);
    if (rc == 0)
        rc = creds_send(client, &call, err);
    if (rc == 0 && take_renewed(sso, unum_buf_str(&call.x.response), values[2]) < 0)
        rc = unum_err_set(err, UNUM_E_PARSE, "sso-oidc CreateToken: the answer has no token");
    if (body.ptr)
        explicit_bzero(body.ptr, body.cap);
    return rc;
}

static int take_token(struct sso *sso, struct unum_err *err)
{
    struct unum_err UNUM_AUTO_ERR why = UNUM_ERR_INIT;
    int rc = read_cache(sso, err);
    int64_t left_ms = sso->expires_ms - creds_now_ms(sso->request);
    if (rc < 0 || left_ms > RENEW_MS)
        return rc;
    rc = sso->session.len ? renew(sso, &why) : UNUM_E_UNSUPPORTED;
    if (rc == 0 || left_ms > 0)
        return 0;
    (void)unum_err_set(err, UNUM_E_AUTH, "the sign-in to %.*s has expired%s%s",
                       UNUM_STR_ARG(sso->start_url), rc == UNUM_E_UNSUPPORTED ? "" : ": ",
                       rc == UNUM_E_UNSUPPORTED ? "" : unum_err_text(&why));
    return hint_login(sso, err);
}

/*
 * The credentials.
 */
static int take_creds(struct sso *sso, struct unum_str answer, struct creds_held *ret,
                      struct unum_err *err)
{
    static const struct creds_names names = {"accessKeyId", "secretAccessKey", "sessionToken",
                                             NULL};
    struct unum_str json, role, value;
    int64_t expires_ms;
    if (json_check(answer, &json, NULL) < 0 ||
        !json_get(json, UNUM_STR("roleCredentials"), &role) ||
        !json_get(role, UNUM_STR("expiration"), &value) || !json_to_i64(value, &expires_ms))
        return unum_err_set(err, UNUM_E_PARSE, "sso GetRoleCredentials: the answer is not one");
    int rc = creds_from_json(role, &names, ret, err);
    if (rc < 0)
        return unum_err_wrap(err, "sso GetRoleCredentials");
    ret->creds.expires_ms = expires_ms;
    creds_origin(ret, "SSO role %.*s in account %.*s (profile %.*s)", UNUM_STR_ARG(sso->role),
                 UNUM_STR_ARG(sso->account), UNUM_STR_ARG(sso->request->choice.name));
    return 0;
}

static int ask_portal(struct sso *sso, struct creds_held *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(4096);
    unum_buf_adds(&query, "role_name=");
    http_encode(&query, sso->role, false);
    unum_buf_adds(&query, "&account_id=");
    http_encode(&query, sso->account, false);
    struct aws_client *CREDS_AUTO_CLIENT client = NULL;
    struct aws_call CREDS_AUTO_CALL call = {.service = AWS_SSO,
                                            .operation = UNUM_STR("GetRoleCredentials"),
                                            .method = UNUM_STR("GET"),
                                            .path = UNUM_STR("/federation/credentials"),
                                            .query = unum_buf_str(&query)};
    creds_header(&call, "x-amz-sso_bearer_token", sso->token);
    int rc = open_client(sso, AWS_SSO, &client, err);
    if (rc == 0)
        rc = creds_send(client, &call, err);
    if (rc == 0)
        return take_creds(sso, unum_buf_str(&call.x.response), ret, err);
    return call.status == 401 ? hint_login(sso, err) : rc;
}

static int fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct sso sso = {.request = request};
    int rc = read_settings(&sso, err);
    if (rc == 0)
        rc = take_token(&sso, err);
    if (rc == 0)
        rc = ask_portal(&sso, ret, err);
    unum_arena_done(&sso.arena);
    request->chained = rc == 0;
    return rc;
}

const struct creds_row creds_sso = {"SSO", false, applies, fetch};

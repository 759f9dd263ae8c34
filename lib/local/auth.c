/*
 * Who may speak: loopback names, access keys and signatures.
 * Sources: "AWS Signature Version 4 for API requests" (IAM User Guide); common error types of the
 * DynamoDB and Lambda API references.
 */
#include "local/internal.h"

#include <string.h>

#include "crypto/hash.h"
#include "local/operations.h"
#include "local/sts.h"

#define MAX_SKEW_MS 300000

static bool is_loopback_name(struct unum_str host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        struct unum_str name = unum_str_from(names[i]), rest = unum_str_from_pos(host, name.len);
        if (unum_str_ieq(unum_str_slice(host, 0, name.len), name) &&
            (rest.len == 0 || rest.ptr[0] == ':'))
            return true;
    }
    /* A bucket's own name: nobody else answers for names below localhost (RFC 6761). */
    host = unum_str_slice(host, 0, unum_str_find(host, ':'));
    return unum_str_ends(host, UNUM_STR(".localhost"));
}

bool door_check_host(struct door_request *req)
{
    /* A page in a browser may reach loopback under a name of its own (DNS rebinding), or send
     * simple requests that carry its Origin. */
    if (is_loopback_name(door_get(req, "host")) && !door_get(req, "origin").ptr)
        return true;
    door_error(req, 403, "AccessDeniedException",
               "only programs on this machine may use the local platform, as 127.0.0.1, localhost "
               "or [::1], and no web pages");
    return false;
}

struct claim {
    struct unum_str key, day, region, service, signed_headers, signature;
};

static bool parse_claim(struct unum_str authorization, struct claim *ret)
{
    static const struct unum_str scheme = UNUM_STR_INIT("AWS4-HMAC-SHA256");
    if (!unum_str_starts(authorization, scheme))
        return false;
    struct unum_str rest = unum_str_from_pos(authorization, scheme.len), part;
    struct unum_str credential = UNUM_STR_NONE;
    while (unum_str_split(&rest, ',', &part)) {
        part = unum_str_trim(part);
        size_t mark = unum_str_find(part, '=');
        struct unum_str name = unum_str_slice(part, 0, mark);
        struct unum_str value = mark < part.len ? unum_str_from_pos(part, mark + 1) : UNUM_STR_NONE;
        if (unum_str_is(name, "Credential"))
            credential = value;
        else if (unum_str_is(name, "SignedHeaders"))
            ret->signed_headers = value;
        else if (unum_str_is(name, "Signature"))
            ret->signature = value;
    }
    struct unum_str end = UNUM_STR_NONE;
    return unum_str_split(&credential, '/', &ret->key) &&
           unum_str_split(&credential, '/', &ret->day) &&
           unum_str_split(&credential, '/', &ret->region) &&
           unum_str_split(&credential, '/', &ret->service) &&
           unum_str_split(&credential, '/', &end) && unum_str_is(end, "aws4_request") &&
           !credential.ptr && ret->signed_headers.len && ret->signature.len && ret->key.len;
}

/* "20261121T034228Z" */
static bool parse_basic(struct unum_str text, int64_t *ret_ms)
{
    if (text.len != 16 || text.ptr[8] != 'T' || text.ptr[15] != 'Z')
        return false;
    uint64_t year, month, day, hour, minute, second;
    if (!unum_str_to_u64(unum_str_slice(text, 0, 4), &year) ||
        !unum_str_to_u64(unum_str_slice(text, 4, 2), &month) ||
        !unum_str_to_u64(unum_str_slice(text, 6, 2), &day) ||
        !unum_str_to_u64(unum_str_slice(text, 9, 2), &hour) ||
        !unum_str_to_u64(unum_str_slice(text, 11, 2), &minute) ||
        !unum_str_to_u64(unum_str_slice(text, 13, 2), &second) || month < 1 || month > 12 ||
        day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || year < 1970)
        return false;
    const struct unum_civil civil = {(int)year,   (int)month,  (int)day, (int)hour,
                                     (int)minute, (int)second, 0};
    *ret_ms = unum_civil_to_ms(&civil);
    return true;
}

/* The signed headers, without those the signer adds itself. */
static bool collect_headers(struct door_request *req, const struct claim *claim,
                            struct http_headers *ret, unsigned *ret_flags, bool *ret_token)
{
    struct unum_str rest = claim->signed_headers, name;
    bool host = false, date = false;
    while (unum_str_split(&rest, ';', &name)) {
        if (unum_str_is(name, "x-amz-date")) {
            date = true;
            continue;
        }
        if (unum_str_is(name, "x-amz-security-token")) {
            *ret_token = true;
            continue;
        }
        if (unum_str_is(name, "x-amz-content-sha256")) {
            *ret_flags |= SIGV4_CONTENT_HEADER;
            continue;
        }
        host |= unum_str_is(name, "host");
        bool found = false;
        for (size_t i = 0; i < req->headers.len; i++) {
            if (unum_str_ieq(req->headers.at[i].name, name)) {
                http_headers_add(ret, &req->arena, name, req->headers.at[i].value);
                found = true;
            }
        }
        if (!found)
            return false;
    }
    return host && date;
}

/* A URL signed with version 2, as some clients still do for S3 if nobody tells them otherwise. */
static bool is_old_url(struct door_request *req)
{
    struct unum_str key;
    return door_query(req, "AWSAccessKeyId", &key);
}

struct unum_str door_scope_service(struct door_request *req)
{
    struct claim claim = {0};
    if (parse_claim(door_get(req, "authorization"), &claim))
        return claim.service;
    struct unum_str credential = UNUM_STR_NONE, part = UNUM_STR_NONE;
    if (is_old_url(req))
        return UNUM_STR("s3");
    if (!door_query(req, "X-Amz-Credential", &credential))
        return UNUM_STR_NONE;
    for (int i = 0; i < 4; i++)
        (void)unum_str_split(&credential, '/', &part);
    return part;
}

/* The same claim from the query of a signed URL. */
static bool parse_url_claim(struct door_request *req, struct claim *ret, int64_t *ret_expires_s)
{
    struct unum_str credential, expires, end = UNUM_STR_NONE;
    return door_query(req, "X-Amz-Credential", &credential) &&
           unum_str_split(&credential, '/', &ret->key) &&
           unum_str_split(&credential, '/', &ret->day) &&
           unum_str_split(&credential, '/', &ret->region) &&
           unum_str_split(&credential, '/', &ret->service) &&
           unum_str_split(&credential, '/', &end) && unum_str_is(end, "aws4_request") &&
           door_query(req, "X-Amz-SignedHeaders", &ret->signed_headers) &&
           door_query(req, "X-Amz-Signature", &ret->signature) &&
           door_query(req, "X-Amz-Expires", &expires) && unum_str_to_i64(expires, ret_expires_s) &&
           *ret_expires_s >= 1 && *ret_expires_s <= SIGV4_MAX_EXPIRES_S;
}

static const struct aws_creds people = {.access_key = UNUM_STR_INIT(LOCAL_ACCESS_KEY),
                                        .secret_key = UNUM_STR_INIT(LOCAL_SECRET_KEY)};

enum refusal { NO_SIGNATURE, INCOMPLETE, UNKNOWN_KEY, WRONG_SERVICE, SKEWED, WRONG, EXPIRED };

/* What each protocol calls them. Sources: common errors of the API references; "Error responses"
 * (Amazon S3 API Reference). */
static const struct {
    const char *json, *query, *s3, *text;
} refusals[] = {
    [NO_SIGNATURE] =
        {"MissingAuthenticationTokenException", "MissingAuthenticationToken", "AccessDenied",
         "Missing Authentication Token: sign requests with access key " LOCAL_ACCESS_KEY
         " and secret key " LOCAL_SECRET_KEY},
    [INCOMPLETE] = {"IncompleteSignatureException", "IncompleteSignature",
                    "AuthorizationHeaderMalformed",
                    "Authorization header requires a Credential, SignedHeaders and Signature, and "
                    "an X-Amz-Date of the same day"},
    [UNKNOWN_KEY] = {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
                     "The security token included in the request is invalid."},
    [WRONG_SERVICE] = {"InvalidSignatureException", "SignatureDoesNotMatch",
                       "AuthorizationHeaderMalformed",
                       "Credential should be scoped to correct service."},
    [SKEWED] = {"InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
                "Signature expired, or not yet current: X-Amz-Date differs from the time here "
                "by more than 5 minutes"},
    [WRONG] = {"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch",
               "The request signature we calculated does not match the signature you provided. "
               "Check your AWS Secret Access Key and signing method. Consult the service "
               "documentation for details."},
    [EXPIRED] = {"ExpiredTokenException", "ExpiredToken", "ExpiredToken",
                 "The security token included in the request is expired"},
};

static bool refuse(struct door_request *req, enum refusal which)
{
    enum door_service service = req->service;
    req->caller = NULL;
    if (service == DOOR_S3)
        door_error(req, which == INCOMPLETE || which == WRONG_SERVICE ? 400 : 403,
                   refusals[which].s3, "%s", refusals[which].text);
    else if (service == DOOR_STS || service == DOOR_IAM || service == DOOR_CLOUDFORMATION)
        door_error(req, 403, refusals[which].query, "%s", refusals[which].text);
    else
        door_error(req, service == DOOR_LAMBDA || service == DOOR_SCHEDULER ? 403 : 400,
                   refusals[which].json, "%s", refusals[which].text);
    return false;
}

/* Is the scope that of the service which was asked? */
static bool right_service(enum door_service service, struct unum_str name)
{
    const struct operation_service *row = operations_service(service);
    return !row || unum_str_is(name, row->name);
}

/* Whose key it is: people, a session of AssumeRole, or a process. */
static bool find_secret(struct door_request *req, struct unum_str key, struct aws_creds *ret,
                        struct sigv4_key_cache **ret_caches, enum refusal *ret_why)
{
    struct local *local = req->local;
    *ret = people;
    *ret_caches = local->people_caches;
    if (unum_str_eq(key, people.access_key))
        return true;
    *ret_why = UNKNOWN_KEY;
    req->caller = unum_map_get(&local->keys, key);
    if (req->caller) {
        ret->access_key = unum_str_from(req->caller->key);
        ret->secret_key = unum_str_from(req->caller->secret);
        *ret_caches = req->caller->caches;
        return true;
    }
    struct session *session = unum_map_get(&local->sessions, key);
    if (!session)
        return false;
    struct unum_str token = door_get(req, "x-amz-security-token");
    if (!token.len)
        (void)door_query(req, "X-Amz-Security-Token", &token);
    if (!unum_str_is(token, session->token))
        return false;
    if (session->expires_ms <= local_real_now(local)) {
        *ret_why = EXPIRED;
        return false;
    }
    req->session = session;
    ret->access_key = unum_str_from(session->key);
    ret->secret_key = unum_str_from(session->secret);
    *ret_caches = session->caches;
    return true;
}

/* The query without what the signature of a URL has added itself. */
static struct unum_str unsigned_query(struct door_request *req)
{
    static const char *const added[] = {
        "X-Amz-Algorithm", "X-Amz-Credential",     "X-Amz-Date",     "X-Amz-SignedHeaders",
        "X-Amz-Expires",   "X-Amz-Security-Token", "X-Amz-Signature"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
    struct unum_str rest = req->query, part;
    while (unum_str_split(&rest, '&', &part)) {
        struct unum_str name = unum_str_slice(part, 0, unum_str_find(part, '='));
        bool own = false;
        for (size_t i = 0; i < UNUM_COUNT(added); i++)
            own |= unum_str_is(name, added[i]);
        if (own)
            continue;
        if (text.len)
            unum_buf_addc(&text, '&');
        unum_buf_add(&text, part);
    }
    return unum_arena_str(&req->arena, unum_buf_str(&text));
}

/* Signed URLs (S3 only). */
static bool authenticate_url(struct door_request *req)
{
    struct claim claim = {0};
    struct unum_str date = UNUM_STR_NONE;
    int64_t expires_s = 0, at_ms = 0;
    (void)door_query(req, "X-Amz-Date", &date);
    if (!parse_url_claim(req, &claim, &expires_s) || !parse_basic(date, &at_ms) ||
        !unum_str_eq(claim.day, unum_str_slice(date, 0, 8)))
        return refuse(req, INCOMPLETE);
    struct aws_creds creds;
    struct sigv4_key_cache *caches;
    enum refusal why;
    if (!find_secret(req, claim.key, &creds, &caches, &why))
        return refuse(req, why);
    int64_t age_ms = local_real_now(req->local) - at_ms;
    if (age_ms < -MAX_SKEW_MS)
        return refuse(req, SKEWED);
    if (age_ms > expires_s * 1000) {
        door_error(req, 403, "AccessDenied", "Request has expired");
        return false;
    }
    struct http_headers headers = {0};
    struct unum_str rest = claim.signed_headers, name;
    while (unum_str_split(&rest, ';', &name))
        http_headers_add(&headers, &req->arena, name,
                         door_get(req, unum_arena_str(&req->arena, name).ptr));
    (void)door_query(req, "X-Amz-Security-Token", &creds.session_token);
    const struct sigv4_request request = {.method = req->method,
                                          .path = req->path,
                                          .query = unsigned_query(req),
                                          .headers = &headers};
    const struct sigv4_scope scope = {.region = claim.region,
                                      .service = claim.service,
                                      .at_ms = at_ms,
                                      .flags = SIGV4_UNSIGNED_PAYLOAD};
    struct sigv4_result result;
    if (sigv4_presign(&request, &creds, &scope, expires_s, &caches[req->service], &req->arena,
                      &result, NULL) == 0 &&
        hash_equal(result.signature, claim.signature))
        return true;
    return refuse(req, WRONG);
}

/* S3 says in a header what was hashed; the others hash the body. False: an error was answered. */
static bool check_content(struct door_request *req, struct sigv4_request *request, unsigned *flags)
{
    struct unum_str said = door_get(req, "x-amz-content-sha256");
    char hex[HASH_SHA256_HEX + 1];
    if (req->service != DOOR_S3)
        return true;
    if (!said.len) {
        door_error(req, 400, "InvalidRequest",
                   "Missing required header for this request: x-amz-content-sha256");
        return false;
    }
    request->body = said;
    *flags |= SIGV4_HASH_GIVEN;
    if (said.len != HASH_SHA256_HEX)
        return true; /* "UNSIGNED-PAYLOAD", "STREAMING-..." */
    hash_sha256_hex(req->body, hex);
    if (unum_str_is(said, hex))
        return true;
    door_error(req, 400, "XAmzContentSHA256Mismatch",
               "The provided 'x-amz-content-sha256' header does not match what was computed.");
    return false;
}

/* What the frames of the body are signed with, and begin with. */
static void begin_chain(struct door_request *req, const struct claim *claim, struct unum_str date,
                        const struct sigv4_key_cache *cache)
{
    if (!cache->valid)
        return;
    struct door_chain *chain = UNUM_ARENA_NEW(&req->arena, struct door_chain);
    memcpy(chain->key, cache->key, sizeof(chain->key));
    chain->date = date;
    chain->scope =
        unum_arena_printf(&req->arena, "%.*s/%.*s/%.*s/aws4_request", UNUM_STR_ARG(claim->day),
                          UNUM_STR_ARG(claim->region), UNUM_STR_ARG(claim->service));
    chain->signature = claim->signature;
    req->chain = chain;
}

bool door_authenticate(struct door_request *req)
{
    struct local *local = req->local;
    struct unum_str authorization = door_get(req, "authorization"), found;
    if (!authorization.len && req->service == DOOR_S3 && door_query(req, "X-Amz-Signature", &found))
        return authenticate_url(req);
    if (!authorization.len && is_old_url(req)) {
        door_error(req, 400, "InvalidRequest",
                   "The authorization mechanism you have provided is not supported. Please use "
                   "AWS4-HMAC-SHA256.");
        return false;
    }
    if (!authorization.len)
        return refuse(req, NO_SIGNATURE);
    struct claim claim = {0};
    int64_t at_ms = 0;
    struct unum_str date = door_get(req, "x-amz-date");
    if (!parse_claim(authorization, &claim) || !parse_basic(date, &at_ms) ||
        !unum_str_eq(claim.day, unum_str_slice(date, 0, 8)))
        return refuse(req, INCOMPLETE);
    struct aws_creds creds;
    struct sigv4_key_cache *caches;
    enum refusal why;
    if (!find_secret(req, claim.key, &creds, &caches, &why))
        return refuse(req, why);
    if (!right_service(req->service, claim.service))
        return refuse(req, WRONG_SERVICE);
    int64_t skew = local_real_now(local) - at_ms;
    if (skew > MAX_SKEW_MS || skew < -MAX_SKEW_MS)
        return refuse(req, SKEWED);
    struct http_headers headers = {0};
    unsigned flags = req->service == DOOR_S3 ? 0 : SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH;
    bool token = false;
    bool complete = collect_headers(req, &claim, &headers, &flags, &token);
    creds.session_token = door_get(req, "x-amz-security-token");
    if (!token)
        flags |= SIGV4_TOKEN_UNSIGNED;
    struct sigv4_request request = {.method = req->method,
                                    .path = req->path,
                                    .query = req->query,
                                    .headers = &headers,
                                    .body = req->body};
    if (!check_content(req, &request, &flags))
        return false;
    const struct sigv4_scope scope = {
        .region = claim.region, .service = claim.service, .at_ms = at_ms, .flags = flags};
    struct sigv4_result result;
    if (complete &&
        sigv4_sign(&request, &creds, &scope, &caches[req->service], &req->arena, &result, NULL) ==
            0 &&
        unum_str_eq(result.signed_headers, claim.signed_headers) &&
        hash_equal(result.signature, claim.signature)) {
        if (req->service == DOOR_S3 && unum_str_starts(request.body, UNUM_STR("STREAMING-AWS4-")))
            begin_chain(req, &claim, date, &caches[req->service]);
        return true;
    }
    return refuse(req, WRONG);
}

/*
 * Who may speak: loopback names, access keys and signatures.
 * Sources: "AWS Signature Version 4 for API requests" (IAM User Guide); common error types of the
 * DynamoDB and Lambda API references.
 */
#include "local/internal.h"

#include "crypto/hash.h"

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
    return false;
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

static const struct aws_creds people = {.access_key = UNUM_STR_INIT(LOCAL_ACCESS_KEY),
                                        .secret_key = UNUM_STR_INIT(LOCAL_SECRET_KEY)};

static bool refuse(struct door_request *req, int rest_status, const char *code, const char *text)
{
    bool json =
        req->service == DOOR_DYNAMODB || req->service == DOOR_LOGS || req->service == DOOR_UNKNOWN;
    req->caller = NULL;
    door_error(req, json ? 400 : rest_status, code, "%s", text);
    return false;
}

/* The service names that a scope may carry, by what was asked for. */
static bool right_service(enum door_service service, struct unum_str name)
{
    static const char *const names[DOOR_SERVICE_COUNT] = {
        [DOOR_LAMBDA] = "lambda", [DOOR_DYNAMODB] = "dynamodb",
        [DOOR_LOGS] = "logs",     [DOOR_SCHEDULER] = "scheduler",
        [DOOR_S3] = "s3",         [DOOR_STS] = "sts",
        [DOOR_IAM] = "iam",       [DOOR_CLOUDFORMATION] = "cloudformation",
    };
    return !names[service] || unum_str_is(name, names[service]);
}

bool door_authenticate(struct door_request *req)
{
    struct local *local = req->local;
    struct unum_str authorization = door_get(req, "authorization");
    if (!authorization.len)
        return refuse(
            req, 403, "MissingAuthenticationTokenException",
            "Missing Authentication Token: sign requests with access key " LOCAL_ACCESS_KEY
            " and secret key " LOCAL_SECRET_KEY);
    struct claim claim = {0};
    int64_t at_ms = 0;
    struct unum_str date = door_get(req, "x-amz-date");
    if (!parse_claim(authorization, &claim) || !parse_basic(date, &at_ms) ||
        !unum_str_eq(claim.day, unum_str_slice(date, 0, 8)))
        return refuse(
            req, 403, "IncompleteSignatureException",
            "Authorization header requires a Credential, SignedHeaders and Signature, and "
            "an X-Amz-Date of the same day");
    struct aws_creds creds = people;
    struct sigv4_key_cache *caches = local->people_caches;
    if (!unum_str_eq(claim.key, people.access_key)) {
        req->caller = unum_map_get(&local->keys, claim.key);
        if (!req->caller)
            return refuse(req, 403, "UnrecognizedClientException",
                          "The security token included in the request is invalid.");
        creds.access_key = unum_str_from(req->caller->key);
        creds.secret_key = unum_str_from(req->caller->secret);
        caches = req->caller->caches;
    }
    if (!right_service(req->service, claim.service))
        return refuse(req, 403, "InvalidSignatureException",
                      "Credential should be scoped to correct service.");
    int64_t skew = local_real_now(local) - at_ms;
    if (skew > MAX_SKEW_MS || skew < -MAX_SKEW_MS)
        return refuse(
            req, 403, "InvalidSignatureException",
            "Signature expired, or not yet current: X-Amz-Date differs from the time here "
            "by more than 5 minutes");
    struct http_headers headers = {0};
    unsigned flags =
        req->service == DOOR_S3 ? 0U : (unsigned)(SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH);
    if (req->service == DOOR_S3 &&
        unum_str_is(door_get(req, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD"))
        flags |= SIGV4_UNSIGNED_PAYLOAD;
    bool token = false;
    bool complete = collect_headers(req, &claim, &headers, &flags, &token);
    creds.session_token = door_get(req, "x-amz-security-token");
    if (!token)
        flags |= SIGV4_TOKEN_UNSIGNED;
    const struct sigv4_request request = {.method = req->method,
                                          .path = req->path,
                                          .query = req->query,
                                          .headers = &headers,
                                          .body = req->body};
    const struct sigv4_scope scope = {
        .region = claim.region, .service = claim.service, .at_ms = at_ms, .flags = flags};
    struct sigv4_result result;
    if (complete &&
        sigv4_sign(&request, &creds, &scope, &caches[req->service], &req->arena, &result, NULL) ==
            0 &&
        unum_str_eq(result.signed_headers, claim.signed_headers) &&
        hash_equal(result.signature, claim.signature))
        return true;
    return refuse(req, 403, "InvalidSignatureException",
                  "The request signature we calculated does not match the signature you provided. "
                  "Check your AWS Secret Access Key and signing method. Consult the service "
                  "documentation for details.");
}

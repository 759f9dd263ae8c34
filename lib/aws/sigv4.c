#include "aws/sigv4.h"

#include <string.h>

#include "aws/canonical.h"
#include "base/limits.h"
#include "crypto/hash.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

enum { MAX_CANONICAL = 4 * UNUM_LIMIT_HTTP_HEADERS, USUAL_CANONICAL = 1000, DATE_LEN = 8 };

/* Changed on the way by proxies and load balancers, or added by the signature itself. */
static const char *const never_signed[] = {
    "authorization", "connection",           "expect",          "transfer-encoding",
    "user-agent",    "x-amz-security-token", "x-amzn-trace-id",
};

/* What all stages need; texts live in the arena. */
struct signing {
    const struct sigv4_request *request;
    const struct aws_creds *creds;
    const struct sigv4_scope *scope;
    struct sigv4_key_cache *cache;
    struct unum_arena *arena;
    struct canonical_pairs headers, query;
    struct unum_str date;       /* YYYYMMDD */
    struct unum_str scope_text; /* date/region/service/aws4_request */
    bool token_signed;
};

/* Pieces put together in the arena, without the cost of a format. */
static struct unum_str join(struct unum_arena *arena, const struct unum_str *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    char *text = unum_arena_alloc(arena, len + 1);
    char *at = text;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return unum_str_of(text, len);
}
#define JOIN(arena, ...)                                                                           \
    join((arena), (const struct unum_str[]){__VA_ARGS__},                                          \
         UNUM_COUNT(((const struct unum_str[]){__VA_ARGS__})))

static bool is_one_of(struct unum_str name, const char *const *list, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_ieq(name, unum_str_from(list[i])))
            return true;
    }
    return false;
}

static int add_header(struct signing *s, struct unum_str name, struct unum_str value,
                      struct unum_err *err)
{
    struct http_header header = {name, value};
    return canonical_header_add(&s->headers, s->arena, &header, err);
}

/* The request's own headers. `replaced`: those that the signature sets itself. */
static int read_headers(struct signing *s, const char *const *replaced, size_t replaced_len,
                        struct unum_err *err)
{
    const struct http_headers *headers = s->request->headers;
    bool has_host = false;
    for (size_t i = 0; i < headers->len; i++) {
        const struct http_header *header = &headers->at[i];
        if (is_one_of(header->name, never_signed, UNUM_COUNT(never_signed)) ||
            is_one_of(header->name, replaced, replaced_len))
            continue;
        has_host |= unum_str_ieq(header->name, UNUM_STR("host"));
        int rc = canonical_header_add(&s->headers, s->arena, header, err);
        if (rc < 0)
            return rc;
    }
    if (!has_host)
        return unum_err_set(err, UNUM_E_INVAL, "a request without Host cannot be signed");
    return 0;
}

static int start(struct signing *s, struct sigv4_result *out, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    if (!s->creds->access_key.len || !s->creds->secret_key.len)
        return unum_err_set(err, UNUM_E_AUTH, "credentials without access key or secret key");
    if (!s->scope->region.len || !s->scope->service.len)
        return unum_err_set(err, UNUM_E_INVAL, "a signature needs a region and a service");
    unum_time_basic(s->scope->at_ms, &text);
    out->amz_date = unum_arena_str(s->arena, unum_buf_str(&text));
    s->date = unum_str_slice(out->amz_date, 0, DATE_LEN);
    s->scope_text = JOIN(s->arena, s->date, UNUM_STR("/"), s->scope->region, UNUM_STR("/"),
                         s->scope->service, UNUM_STR("/aws4_request"));
    s->token_signed = s->creds->session_token.len && !(s->scope->flags & SIGV4_TOKEN_UNSIGNED);
    if (s->scope->flags & SIGV4_UNSIGNED_PAYLOAD) {
        out->content_sha256 = UNUM_STR("UNSIGNED-PAYLOAD");
    } else if (s->scope->flags & SIGV4_HASH_GIVEN) {
        out->content_sha256 = s->request->body;
    } else {
        char *hex = unum_arena_alloc(s->arena, HASH_SHA256_HEX + 1);
        hash_sha256_hex(s->request->body, hex);
        out->content_sha256 = unum_str_of(hex, HASH_SHA256_HEX);
    }
    canonical_query_read(&s->query, s->arena, s->request->query);
    return 0;
}

static struct unum_str joined_names(struct signing *s)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(MAX_CANONICAL);
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(MAX_CANONICAL);
    canonical_headers_write(&text, &names, &s->headers);
    return unum_arena_str(s->arena, unum_buf_str(&names));
}

static int write_canonical_request(struct signing *s, struct sigv4_result *out,
                                   struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(MAX_CANONICAL);
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(MAX_CANONICAL);
    unum_buf_reserve(&text, USUAL_CANONICAL);
    unum_buf_reserve(&names, USUAL_CANONICAL / 4);
    unum_buf_add(&text, s->request->method);
    unum_buf_addc(&text, '\n');
    canonical_path(&text, s->request->path, s->scope->flags & SIGV4_NORMALIZE_PATH,
                   s->scope->flags & SIGV4_DOUBLE_ENCODE ? CANONICAL_ENCODED_TWICE
                                                         : CANONICAL_ENCODED_ONCE);
    unum_buf_addc(&text, '\n');
    canonical_query_write(&text, &s->query);
    unum_buf_addc(&text, '\n');
    canonical_headers_write(&text, &names, &s->headers);
    unum_buf_addc(&text, '\n');
    unum_buf_add(&text, unum_buf_str(&names));
    unum_buf_addc(&text, '\n');
    unum_buf_add(&text, out->content_sha256);
    if (text.failed || names.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "path, query and headers exceed %zu KB",
                            MAX_CANONICAL / UNUM_KB);
    out->canonical_request = unum_arena_str(s->arena, unum_buf_str(&text));
    out->signed_headers = unum_arena_str(s->arena, unum_buf_str(&names));
    return 0;
}

static struct unum_str bytes_of(const unsigned char bytes[HASH_SHA256_LEN])
{
    return unum_str_of((const char *)bytes, HASH_SHA256_LEN);
}

static void derive_key(const struct signing *s, unsigned char key[HASH_SHA256_LEN])
{
    struct unum_buf UNUM_AUTO_BUF secret = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
    unum_buf_reserve(&secret, s->creds->secret_key.len + 4); /* one place to wipe */
    unum_buf_adds(&secret, "AWS4");
    unum_buf_add(&secret, s->creds->secret_key);
    hash_hmac_sha256(unum_buf_str(&secret), s->date, key);
    hash_hmac_sha256(bytes_of(key), s->scope->region, key);
    hash_hmac_sha256(bytes_of(key), s->scope->service, key);
    hash_hmac_sha256(bytes_of(key), UNUM_STR("aws4_request"), key);
    if (secret.ptr)
        explicit_bzero(secret.ptr, secret.cap);
}

/* What the derived key depends on, as C string; false if it does not fit (then nothing is kept). */
static bool identify(const struct signing *s, char *identity, size_t size)
{
    size_t need =
        s->date.len + s->scope->region.len + s->scope->service.len + s->creds->secret_key.len + 3;
    if (need >= size)
        return false;
    const struct unum_str parts[] = {s->date, s->scope->region, s->scope->service,
                                     s->creds->secret_key};
    for (size_t i = 0; i < UNUM_COUNT(parts); i++) {
        memcpy(identity, parts[i].ptr, parts[i].len);
        identity += parts[i].len;
        *identity++ = i + 1 < UNUM_COUNT(parts) ? '\n' : '\0';
    }
    return true;
}

static void signing_key(const struct signing *s, unsigned char key[HASH_SHA256_LEN])
{
    struct sigv4_key_cache *cache = s->cache;
    char identity[sizeof(cache->identity)] = "";
    bool kept = cache && identify(s, identity, sizeof(identity));
    if (kept && cache->valid && !strcmp(identity, cache->identity)) {
        memcpy(key, cache->key, HASH_SHA256_LEN);
    } else {
        derive_key(s, key);
        if (kept) {
            memcpy(cache->identity, identity, sizeof(identity));
            memcpy(cache->key, key, HASH_SHA256_LEN);
            cache->valid = true;
        }
    }
    explicit_bzero(identity, sizeof(identity));
}

static int finish(struct signing *s, struct sigv4_result *out, struct unum_err *err)
{
    int rc = write_canonical_request(s, out, err);
    if (rc < 0)
        return rc;
    char hex[HASH_SHA256_HEX + 1];
    hash_sha256_hex(out->canonical_request, hex);
    out->string_to_sign = JOIN(s->arena, UNUM_STR(ALGORITHM "\n"), out->amz_date, UNUM_STR("\n"),
                               s->scope_text, UNUM_STR("\n"), unum_str_of(hex, HASH_SHA256_HEX));
    unsigned char key[HASH_SHA256_LEN], mac[HASH_SHA256_LEN];
    signing_key(s, key);
    hash_hmac_sha256(bytes_of(key), out->string_to_sign, mac);
    explicit_bzero(key, sizeof(key));
    hash_hex(mac, sizeof(mac), hex);
    out->signature = unum_arena_str(s->arena, unum_str_from(hex));
    return 0;
}

int sigv4_sign(const struct sigv4_request *request, const struct aws_creds *creds,
               const struct sigv4_scope *scope, struct sigv4_key_cache *cache,
               struct unum_arena *arena, struct sigv4_result *ret, struct unum_err *err)
{
    static const char *const replaced[] = {"x-amz-date", "x-amz-content-sha256"};
    struct signing s = {request, creds, scope, cache, .arena = arena};
    struct sigv4_result out = {0};
    bool content = scope->flags & SIGV4_CONTENT_HEADER;
    int rc = start(&s, &out, err);
    if (!rc)
        rc = read_headers(&s, replaced, content ? 2 : 1, err);
    if (!rc)
        rc = add_header(&s, UNUM_STR("x-amz-date"), out.amz_date, err);
    if (!rc && content)
        rc = add_header(&s, UNUM_STR("x-amz-content-sha256"), out.content_sha256, err);
    if (!rc && s.token_signed)
        rc = add_header(&s, UNUM_STR("x-amz-security-token"), creds->session_token, err);
    if (!rc)
        rc = finish(&s, &out, err);
    if (rc < 0)
        return rc;
    out.authorization = JOIN(arena, UNUM_STR(ALGORITHM " Credential="), creds->access_key,
                             UNUM_STR("/"), s.scope_text, UNUM_STR(", SignedHeaders="),
                             out.signed_headers, UNUM_STR(", Signature="), out.signature);
    *ret = out;
    return 0;
}

/* One parameter of the signature: into what is sent, and (if `is_signed`) what is signed. */
static void add_param(struct signing *s, struct unum_buf *sent, const char *name,
                      struct unum_str value, bool is_signed)
{
    struct unum_buf UNUM_AUTO_BUF encoded = UNUM_BUF_INIT(MAX_CANONICAL);
    http_encode(&encoded, value, false);
    if (sent->len)
        unum_buf_addc(sent, '&');
    unum_buf_adds(sent, name);
    unum_buf_addc(sent, '=');
    unum_buf_add(sent, unum_buf_str(&encoded));
    sent->failed |= encoded.failed;
    if (is_signed)
        canonical_pairs_add(&s->query, s->arena, unum_str_from(name),
                            unum_arena_str(s->arena, unum_buf_str(&encoded)));
}

static void add_params(struct signing *s, const struct sigv4_result *out, int64_t expires_s,
                       struct unum_buf *sent)
{
    struct unum_str credential = JOIN(s->arena, s->creds->access_key, UNUM_STR("/"), s->scope_text);
    struct unum_str expires = unum_arena_printf(s->arena, "%lld", (long long)expires_s);
    unum_buf_add(sent, s->request->query);
    add_param(s, sent, "X-Amz-Algorithm", UNUM_STR(ALGORITHM), true);
    add_param(s, sent, "X-Amz-Credential", credential, true);
    add_param(s, sent, "X-Amz-Date", out->amz_date, true);
    add_param(s, sent, "X-Amz-SignedHeaders", joined_names(s), true);
    add_param(s, sent, "X-Amz-Expires", expires, true);
    if (s->creds->session_token.len)
        add_param(s, sent, "X-Amz-Security-Token", s->creds->session_token, s->token_signed);
}

int sigv4_presign(const struct sigv4_request *request, const struct aws_creds *creds,
                  const struct sigv4_scope *scope, int64_t expires_s, struct sigv4_key_cache *cache,
                  struct unum_arena *arena, struct sigv4_result *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF sent = UNUM_BUF_INIT(MAX_CANONICAL);
    struct signing s = {request, creds, scope, cache, .arena = arena};
    struct sigv4_result out = {0};
    if (expires_s < 1 || expires_s > SIGV4_MAX_EXPIRES_S)
        return unum_err_set(err, UNUM_E_INVAL, "a signed URL is valid for 1 to %d seconds",
                            SIGV4_MAX_EXPIRES_S);
    int rc = start(&s, &out, err);
    if (!rc)
        rc = read_headers(&s, NULL, 0, err);
    if (rc < 0)
        return rc;
    add_params(&s, &out, expires_s, &sent);
    rc = finish(&s, &out, err);
    if (rc < 0)
        return rc;
    add_param(&s, &sent, "X-Amz-Signature", out.signature, false);
    if (sent.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the signed URL exceeds %zu KB",
                            MAX_CANONICAL / UNUM_KB);
    out.query = unum_arena_str(arena, unum_buf_str(&sent));
    *ret = out;
    return 0;
}

/*
 * The emulated S3: what a request addresses, and how it is answered. Buckets with settings that are
 * kept, not enforced; objects without versions; objects in parts. Addressed by path or as
 * BUCKET.localhost. Buckets belong to the platform's account, but for those named "foreign-...".
 * Source: Amazon S3 API Reference, version 2006-03-01.
 */
#include "local/s3.h"

#include <string.h>

#include "local/function_code.h"
#include "local/markup.h"
#include "local/operations.h"

/* ---- answering ---- */

void s3_error_body(struct door_request *req, const char *code, struct unum_str text)
{
    struct unum_buf *out = &req->answer.body;
    req->answer.content_type = "application/xml";
    unum_buf_adds(out, MARKUP_DECLARATION);
    markup_open(out, "Error");
    markup_texts(out, "Code", code);
    markup_text(out, "Message", text);
    markup_text(out, "Resource", req->path);
    markup_request_id(out);
    markup_close(out, "Error");
}

void s3_answer(struct s3_request *s, int status)
{
    s->req->answer.status = status;
    s->req->answer.content_type = s->req->answer.body.len ? "application/xml" : NULL;
    door_answer(s->req);
}

void s3_error(struct s3_request *s, int status, const char *code, const char *text)
{
    door_error(s->req, status, code, "%s", text);
}

void s3_begin(struct s3_request *s, const char *root)
{
    unum_buf_printf(&s->req->answer.body, MARKUP_DECLARATION "<%s xmlns=\"" S3_SPACE "\">", root);
}

const struct xml_element *s3_body_xml(struct s3_request *s, const char *name)
{
    const struct xml_element *root = NULL;
    if (xml_parse(s->body, &s->req->arena, &root, NULL) == 0 && unum_str_is(root->name, name))
        return root;
    s3_error(s, 400, "MalformedXML",
             "The XML you provided was not well-formed or did not validate against our published "
             "schema");
    return NULL;
}

/* ---- parameters ---- */

static bool has_parameter(const struct door_request *req, const char *name)
{
    struct unum_str rest = req->query, part;
    while (rest.len && unum_str_split(&rest, '&', &part)) {
        if (unum_str_is(unum_str_slice(part, 0, unum_str_find(part, '=')), name))
            return true;
    }
    return false;
}

bool s3_has(const struct s3_request *s, const char *parameter)
{
    return has_parameter(s->req, parameter);
}

struct unum_str s3_param(struct s3_request *s, const char *parameter)
{
    struct unum_str value = UNUM_STR_NONE;
    (void)door_query(s->req, parameter, &value);
    return value;
}

bool s3_number(struct s3_request *s, const char *name, int64_t otherwise, int64_t least,
               int64_t most, int64_t *ret)
{
    struct unum_str text = s3_param(s, name);
    *ret = otherwise;
    if (!text.len || (unum_str_to_i64(text, ret) && *ret >= least && *ret <= most))
        return true;
    door_error(s->req, 400, "InvalidArgument", "%s must be an integer between %lld and %lld", name,
               (long long)least, (long long)most);
    return false;
}

/* ---- the address ---- */

/* "bucket.localhost:8000" */
static struct unum_str bucket_of_host(const struct door_request *req)
{
    static const struct unum_str suffix = UNUM_STR_INIT(".localhost");
    struct unum_str host = door_get(req, "host");
    host = unum_str_slice(host, 0, unum_str_find(host, ':'));
    return unum_str_ends(host, suffix) ? unum_str_slice(host, 0, host.len - suffix.len)
                                       : UNUM_STR_NONE;
}

struct unum_str s3_path(struct door_request *req)
{
    struct unum_str bucket = bucket_of_host(req);
    return bucket.len ? unum_arena_printf(&req->arena, "/%.*s%.*s", UNUM_STR_ARG(bucket),
                                          UNUM_STR_ARG(req->path))
                      : req->path;
}

static bool decode(struct door_request *req, struct unum_str text, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
    if (!http_decode(&plain, text) || plain.failed || !unum_utf8_valid(unum_buf_str(&plain)))
        return false;
    *ret = unum_arena_str(&req->arena, unum_buf_str(&plain));
    return true;
}

static bool read_address(struct s3_request *s)
{
    struct unum_str rest = unum_str_from_pos(s3_path(s->req), 1);
    struct unum_str bucket = UNUM_STR("");
    (void)unum_str_split(&rest, '/', &bucket);
    return decode(s->req, bucket, &s->bucket_name) && decode(s->req, rest, &s->key);
}

/* What S3 has and this does not: refused, never taken for something else. */
static bool asks_for_more(const struct door_request *req)
{
    static const char *const missing[] = {"accelerate",     "acl",
                                          "analytics",      "attributes",
                                          "cors",           "inventory",
                                          "legal-hold",     "intelligent-tiering",
                                          "logging",        "metadataTable",
                                          "metrics",        "notification",
                                          "object-lock",    "policyStatus",
                                          "renameObject",   "replication",
                                          "restore",        "retention",
                                          "requestPayment", "select",
                                          "session",        "torrent",
                                          "versionId",      "versions",
                                          "website",        "metadataConfiguration"};
    for (size_t i = 0; i < UNUM_COUNT(missing); i++) {
        if (has_parameter(req, missing[i]))
            return true;
    }
    /* Settings are those of buckets; parts are not read one by one. */
    return door_get(req, "x-amz-copy-source").len > 0 ||
           (req->s3->key.len && has_parameter(req, "tagging")) ||
           (has_parameter(req, "partNumber") && !has_parameter(req, "uploadId"));
}

/* A bucket somebody else owns is refused, whoever it is said to belong to. False: an error was
 * answered. */
static bool check_owner(struct s3_request *s)
{
    struct unum_str owner = door_get(s->req, "x-amz-expected-bucket-owner");
    if ((!owner.len || unum_str_is(owner, LOCAL_ACCOUNT)) &&
        !unum_str_starts(s->bucket_name, UNUM_STR(OBJECTS_FOREIGN)))
        return true;
    s3_error(s, 403, "AccessDenied", "Access Denied");
    return false;
}

bool s3_prepare(struct door_request *req)
{
    struct s3_request *s = UNUM_ARENA_NEW(&req->arena, struct s3_request);
    *s = (struct s3_request){.req = req, .sum = CHECKSUM_COUNT};
    req->s3 = s;
    if (!read_address(s)) {
        s3_error(s, 400, "InvalidURI", "Couldn't parse the specified URI.");
        return false;
    }
    if (asks_for_more(req)) {
        req->operation = UNUM_STR("?");
        operations_refuse(req);
        return false;
    }
    if (function_code_answer(req, s->bucket_name, s->key))
        return false;
    bool creates = req->row->call == s3_create_bucket;
    if (s->bucket_name.len) {
        /* Names are shared by all accounts: creating one that is taken is a conflict, no denial. */
        if (!creates && !check_owner(s))
            return false;
        s->bucket = objects_bucket(req->local, s->bucket_name);
        if (!s->bucket && !creates) {
            s3_error(s, 404, "NoSuchBucket", "The specified bucket does not exist");
            return false;
        }
    }
    if (s->key.len > OBJECTS_MAX_KEY) {
        s3_error(s, 400, "KeyTooLongError", "Your key is too long");
        return false;
    }
    return s3_read_body(s);
}

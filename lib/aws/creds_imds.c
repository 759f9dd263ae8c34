/*
 * The role of an EC2 instance, from the instance metadata service: version 2 (a session token
 * first), version 1 only where version 2 is refused and 1 is not disabled.
 * Source: Amazon EC2 User Guide, "Use IMDSv2"; "Retrieve security credentials from instance
 * metadata".
 */
#include "aws/creds.h"
#include "json/json.h"

enum { TIMEOUT_MS = 1000, MAX_ATTEMPTS = 10 };
static const char role_path[] = "/latest/meta-data/iam/security-credentials/";

struct imds {
    struct aws_client *client;
    struct unum_arena arena;
    struct unum_str url, token;
    int attempts;
    int64_t timeout_ms;
};

static bool applies(const struct creds_request *request, struct unum_buf *why)
{
    (void)request;
    if (unum_str_ieq(aws_variable("AWS_EC2_METADATA_DISABLED"), UNUM_STR("true")))
        unum_buf_adds(why, "AWS_EC2_METADATA_DISABLED is true");
    return !why->len;
}

static int64_t number(const char *variable, const char *key, const struct creds_request *request,
                      int64_t preset, int64_t most)
{
    struct unum_str text = aws_variable(variable);
    int64_t value;
    if (!text.len)
        text = creds_setting(request, key);
    return unum_str_to_i64(text, &value) && value >= 1 && value <= most ? value : preset;
}

static int find_endpoint(const struct creds_request *request, struct imds *imds,
                         struct unum_err *err)
{
    struct unum_str url = aws_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    struct unum_str mode = aws_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    if (!url.len)
        url = creds_setting(request, "ec2_metadata_service_endpoint");
    if (!mode.len)
        mode = creds_setting(request, "ec2_metadata_service_endpoint_mode");
    if (!mode.len || unum_str_ieq(mode, UNUM_STR("IPv4")))
        imds->url = UNUM_STR("http://169.254.169.254");
    else if (unum_str_ieq(mode, UNUM_STR("IPv6")))
        imds->url = UNUM_STR("http://[fd00:ec2::254]");
    else
        return unum_err_set(err, UNUM_E_AUTH,
                            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is \"%.*s\"; it must be IPv4 "
                            "or IPv6",
                            UNUM_STR_ARG(mode));
    if (url.len)
        imds->url = url;
    imds->attempts = (int)number("AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                 "metadata_service_num_attempts", request, 1, MAX_ATTEMPTS);
    imds->timeout_ms = 1000 * number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                                     request, TIMEOUT_MS / 1000, 60);
    return 0;
}

static int ask_imds(struct imds *imds, const char *what, struct unum_str method,
                    struct unum_str path, struct aws_call *call, struct unum_err *err)
{
    *call = (struct aws_call){.service = AWS_INSTANCE,
                              .operation = unum_str_from(what),
                              .method = method,
                              .path = path,
                              .timeout_ms = imds->timeout_ms};
    if (unum_str_is(method, "PUT"))
        creds_header(call, "X-aws-ec2-metadata-token-ttl-seconds", UNUM_STR("21600"));
    else if (imds->token.len)
        creds_header(call, "X-aws-ec2-metadata-token", imds->token);
    return creds_send(imds->client, call, err);
}

static int take_token(const struct creds_request *request, struct imds *imds, struct unum_err *err)
{
    struct aws_call CREDS_AUTO_CALL call = {0};
    bool only_v2;
    int rc = aws_switch("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled",
                        &request->choice, &only_v2, err);
    if (rc < 0)
        return rc;
    rc = ask_imds(imds, "token", UNUM_STR("PUT"), UNUM_STR("/latest/api/token"), &call, err);
    if (rc == 0) {
        imds->token = unum_arena_str(&imds->arena, unum_str_trim(unum_buf_str(&call.x.response)));
        return 0;
    }
    if (!call.status)
        return unum_err_set(err, UNUM_E_NOTFOUND,
                            "nothing answers at %.*s: this is no EC2 instance",
                            UNUM_STR_ARG(imds->url));
    if (only_v2 || (call.status != 403 && call.status != 404 && call.status != 405))
        return unum_err_set(err, UNUM_E_AUTH, "instance metadata token: HTTP status %d%s",
                            call.status, only_v2 ? ", and version 1 is disabled" : "");
    return 0;
}

static int find_role(struct imds *imds, struct unum_str *ret_path, struct unum_err *err)
{
    struct aws_call CREDS_AUTO_CALL call = {0};
    int rc = ask_imds(imds, "role", UNUM_STR("GET"), unum_str_from(role_path), &call, err);
    struct unum_str text = unum_str_trim(unum_buf_str(&call.x.response));
    if (rc == UNUM_E_NOTFOUND || (rc == 0 && !text.len))
        return unum_err_set(err, UNUM_E_NOTFOUND, "the instance has no role");
    if (rc < 0)
        return rc;
    struct unum_str role = unum_str_trim(unum_str_slice(text, 0, unum_str_find(text, '\n')));
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(1024);
    unum_buf_adds(&path, role_path);
    http_encode(&path, role, false);
    if (path.failed)
        return unum_err_set(err, UNUM_E_AUTH, "instance metadata: the role's name is too long");
    *ret_path = unum_arena_str(&imds->arena, unum_buf_str(&path));
    return 0;
}

static int take_creds(struct imds *imds, struct unum_str path, struct creds_held *ret,
                      struct unum_err *err)
{
    static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "Token",
                                             "Expiration"};
    struct aws_call CREDS_AUTO_CALL call = {0};
    struct unum_str json, code;
    int rc = ask_imds(imds, "credentials", UNUM_STR("GET"), path, &call, err);
    if (rc == UNUM_E_NOTFOUND)
        return unum_err_set(err, UNUM_E_AUTH, "the instance's role went away");
    if (rc < 0)
        return rc;
    if (json_check(unum_buf_str(&call.x.response), &json, NULL) < 0)
        return unum_err_set(err, UNUM_E_AUTH, "instance metadata: the answer is no JSON");
    code = creds_member(json, "Code", &imds->arena);
    if (code.len && !unum_str_is(code, "Success"))
        return unum_err_set(err, UNUM_E_AUTH, "instance metadata: %.*s", UNUM_STR_ARG(code));
    rc = creds_from_json(json, &names, ret, err);
    if (rc == 0)
        creds_origin(ret, "instance role %.*s",
                     UNUM_STR_ARG(unum_str_from_pos(path, sizeof(role_path) - 1)));
    return rc;
}

static int open_client(const struct creds_request *request, struct imds *imds, struct unum_err *err)
{
    const struct creds_peer peer = {
        .service = AWS_INSTANCE, .url = imds->url, .attempts = imds->attempts};
    return creds_client(request, &peer, &imds->client, err);
}

static int fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct imds imds = {.client = NULL};
    struct unum_str path = UNUM_STR_NONE;
    int rc = find_endpoint(request, &imds, err);
    if (rc == 0)
        rc = open_client(request, &imds, err);
    if (rc == 0)
        rc = take_token(request, &imds, err);
    if (rc == 0)
        rc = find_role(&imds, &path, err);
    if (rc == 0)
        rc = take_creds(&imds, path, ret, err);
    aws_client_free(imds.client);
    unum_arena_done(&imds.arena);
    return rc;
}

const struct creds_row creds_imds = {"instance metadata", true, applies, fetch};

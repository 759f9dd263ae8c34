/*
 * The container's credentials endpoint (ECS, EKS Pod Identity, and whoever speaks the same).
 */
#include "aws/creds.h"
#include "json/json.h"

enum { ATTEMPTS = 3, TIMEOUT_MS = 2000 };

static bool applies(const struct creds_request *request, struct unum_buf *why)
{
    (void)request;
    if (!aws_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").len &&
        !aws_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").len)
        unum_buf_adds(why, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
    return !why->len;
}

/* Without TLS only where nobody can listen: this machine and the addresses of the platforms. */
static bool may_be_plain(struct unum_str host)
{
    static const char *const hosts[] = {"localhost", "::1", "169.254.170.2", "169.254.170.23",
                                        "fd00:ec2::23"};
    for (size_t i = 0; i < UNUM_COUNT(hosts); i++) {
        if (unum_str_ieq(host, unum_str_from(hosts[i])))
            return true;
    }
    /* 127.0.0.0/8, as an address: no name of a host can end in digits and dots alone. */
    if (!unum_str_starts(host, UNUM_STR("127.")))
        return false;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
            return false;
    }
    return true;
}

/* "http://host/path?query": the three parts. */
struct place {
    struct unum_str url, path, query;
};

static int split_url(struct unum_str url, struct place *ret, struct unum_err *err)
{
    struct http_endpoint endpoint;
    size_t scheme = unum_str_search(url, UNUM_STR("://"));
    size_t start = scheme == SIZE_MAX ? url.len : scheme + 3, end = start;
    while (end < url.len && url.ptr[end] != '/' && url.ptr[end] != '?')
        end++;
    struct unum_str target = unum_str_from_pos(url, end);
    size_t question = unum_str_find(target, '?');
    *ret = (struct place){unum_str_slice(url, 0, end), unum_str_slice(target, 0, question),
                          UNUM_STR("")};
    if (!ret->path.len)
        ret->path = UNUM_STR("/");
    if (question != SIZE_MAX)
        ret->query = unum_str_from_pos(target, question + 1);
    int rc = http_endpoint_parse(ret->url, &endpoint, err);
    if (rc < 0)
        return unum_err_wrap(err, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!endpoint.tls && !may_be_plain(endpoint.host))
        return unum_err_set(err, UNUM_E_AUTH,
                            "AWS_CONTAINER_CREDENTIALS_FULL_URI: host \"%.*s\" needs https; http "
                            "is for loopback and the container platforms' own addresses",
                            UNUM_STR_ARG(endpoint.host));
    return 0;
}

static int find_place(struct unum_arena *arena, struct place *ret, struct unum_err *err)
{
    struct unum_str relative = aws_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    if (!relative.len)
        return split_url(aws_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"), ret, err);
    if (relative.ptr[0] != '/')
        return unum_err_set(err, UNUM_E_AUTH,
                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not start with \"/\"");
    return split_url(unum_arena_printf(arena, "http://169.254.170.2%.*s", UNUM_STR_ARG(relative)),
                     ret, err);
}

static int authorize(struct aws_call *call, struct unum_err *err)
{
    struct unum_str file = aws_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    struct unum_str token = aws_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (file.len) {
        int rc = creds_token_file(file, &call->x.arena, &token, err);
        if (rc < 0)
            return unum_err_wrap(err, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    }
    if (unum_str_find(token, '\r') != SIZE_MAX || unum_str_find(token, '\n') != SIZE_MAX)
        return unum_err_set(err, UNUM_E_AUTH, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line break");
    if (token.len)
        creds_header(call, "Authorization", token);
    return 0;
}

static int ask(struct creds_request *request, const struct place *place, struct creds_held *ret,
               struct unum_err *err)
{
    static const struct creds_names names = {"AccessKeyId", "SecretAccessKey", "Token",
                                             "Expiration"};
    const struct creds_peer peer = {
        .service = AWS_CONTAINER, .url = place->url, .attempts = ATTEMPTS};
    struct aws_client *CREDS_AUTO_CLIENT client = NULL;
    struct aws_call CREDS_AUTO_CALL call = {.service = AWS_CONTAINER,
                                            .operation = UNUM_STR("credentials"),
                                            .method = UNUM_STR("GET"),
                                            .path = place->path,
                                            .query = place->query,
                                            .timeout_ms = TIMEOUT_MS};
    struct unum_str json = UNUM_STR_NONE;
    int rc = authorize(&call, err);
    creds_header(&call, "Accept", UNUM_STR("application/json"));
    if (rc == 0)
        rc = creds_client(request, &peer, &client, err);
    if (rc == 0)
        rc = creds_send(client, &call, err);
    if (rc == 0 && json_check(unum_buf_str(&call.x.response), &json, NULL) < 0)
        rc = unum_err_set(err, UNUM_E_AUTH, "container credentials: the answer is no JSON");
    if (rc == 0)
        rc = creds_from_json(json, &names, ret, err);
    if (rc == 0)
        creds_origin(ret, "container (%.*s)", UNUM_STR_ARG(place->url));
    return rc;
}

static int fetch(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct place place = {0};
    int rc = find_place(&arena, &place, err);
    if (rc == 0)
        rc = ask(request, &place, ret, err);
    /* It applied: that something was not found does not hand over to the next source. */
    if (rc == UNUM_E_NOTFOUND) {
        rc = UNUM_E_AUTH;
        if (err)
            err->rc = rc;
    }
    return rc;
}

const struct creds_row creds_container = {"container", true, applies, fetch};

#include "aws/ask.h"

#include <string.h>

#include "aws/retry.h"
#include "xml/xml.h"
#include "json/json.h"

enum { ATTEMPTS = 3, TIMEOUT_MS = 60 * 1000 };
static const double retry_scale_s = 0.05;

void aws_ask_header(struct aws_ask *ask, struct unum_str name, struct unum_str value)
{
    http_headers_add(&ask->headers, &ask->x.arena, name, value);
}

void aws_ask_done(struct aws_ask *ask)
{
    if (ask->x.response.ptr)
        explicit_bzero(ask->x.response.ptr, ask->x.response.cap);
    http_exchange_done(&ask->x);
}

static int sign(struct aws_ask *ask, struct unum_str path, int64_t skew_ms,
                struct http_headers *headers, struct unum_err *err)
{
    struct unum_arena *arena = &ask->x.arena;
    struct unum_buf UNUM_AUTO_BUF host = UNUM_BUF_INIT(512);
    struct http_headers signed_ones = {0};
    struct sigv4_result result;
    http_endpoint_host(&ask->x.endpoint, &host);
    http_headers_add(&signed_ones, arena, UNUM_STR("Host"),
                     unum_arena_str(arena, unum_buf_str(&host)));
    for (size_t i = 0; i < headers->len; i++)
        http_headers_add(&signed_ones, arena, headers->at[i].name, headers->at[i].value);
    const struct sigv4_request request = {ask->method, path, ask->query, &signed_ones, ask->body};
    const struct sigv4_scope scope = {ask->region, ask->service, unum_wall_ms(ask->clock) + skew_ms,
                                      SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH};
    int rc = sigv4_sign(&request, ask->creds, &scope, NULL, arena, &result, err);
    if (rc < 0)
        return rc;
    http_headers_add(headers, arena, UNUM_STR("X-Amz-Date"), result.amz_date);
    if (ask->creds->session_token.len)
        http_headers_add(headers, arena, UNUM_STR("X-Amz-Security-Token"),
                         ask->creds->session_token);
    http_headers_add(headers, arena, UNUM_STR("Authorization"), result.authorization);
    return 0;
}

static int prepare(struct aws_ask *ask, int64_t skew_ms, struct unum_err *err)
{
    struct http_exchange *x = &ask->x;
    struct http_headers headers = {0};
    int rc = http_endpoint_parse(ask->url, &x->endpoint, err);
    if (rc < 0)
        return rc;
    http_exchange_rewind(x);
    struct unum_str path = unum_arena_printf(
        &x->arena, "%.*s%.*s", UNUM_STR_ARG(x->endpoint.base_path), UNUM_STR_ARG(ask->path));
    x->method = ask->method;
    x->target = path;
    if (ask->query.len)
        x->target =
            unum_arena_printf(&x->arena, "%.*s?%.*s", UNUM_STR_ARG(path), UNUM_STR_ARG(ask->query));
    x->body = ask->body;
    x->timeout_ms = ask->timeout_ms ? ask->timeout_ms : TIMEOUT_MS;
    x->max_body = AWS_ASK_MAX_ANSWER;
    for (size_t i = 0; i < ask->headers.len; i++)
        http_headers_add(&headers, &x->arena, ask->headers.at[i].name, ask->headers.at[i].value);
    http_headers_add(&headers, &x->arena, UNUM_STR("User-Agent"), UNUM_STR("unum/" UNUM_VERSION));
    if (ask->creds)
        rc = sign(ask, path, skew_ms, &headers, err);
    x->headers = headers;
    return rc;
}

/* OIDC has a form of its own (RFC 6749 section 5.2), XML is decoded. */
static void read_error(struct aws_ask *ask)
{
    struct http_exchange *x = &ask->x;
    struct unum_str body = unum_buf_str(&x->response), value;
    const struct xml_element *root;
    struct unum_buf UNUM_AUTO_BUF code = UNUM_BUF_INIT(128);
    aws_error_read(x, &ask->error);
    if (unum_str_starts(unum_str_trim(body), UNUM_STR("<")) &&
        xml_parse(body, &x->arena, &root, NULL) == 0 && xml_at(root, "Error/Code")) {
        struct unum_str message = xml_text(root, "Error/Message");
        ask->error.code = xml_text(root, "Error/Code");
        ask->error.message = unum_str_slice(message, 0, unum_str_find(message, '\n'));
        ask->error.message = unum_str_slice(ask->error.message, 0, 1024);
    }
    if (!ask->error.code.len && json_check(body, &body, NULL) == 0 &&
        json_get(body, UNUM_STR("error"), &value) && json_decode(value, &code))
        ask->error.code = unum_arena_str(&x->arena, unum_buf_str(&code));
}

/* Shall the attempt be repeated? `*skew_ms` is corrected from the answer. */
static enum aws_retry_class judge(struct aws_ask *ask, int *ret_rc, int64_t *skew_ms)
{
    struct http_exchange *x = &ask->x;
    ask->error = (struct aws_error){UNUM_STR(""), UNUM_STR("")};
    *ret_rc = x->rc;
    if (x->rc < 0)
        return x->rc == UNUM_E_IO || x->rc == UNUM_E_TIMEOUT ? AWS_RETRY_TRANSIENT : AWS_RETRY_NO;
    if (x->status >= 200 && x->status < 300)
        return AWS_RETRY_NO;
    read_error(ask);
    *ret_rc = aws_error_rc(x->status, ask->error.code);
    if (unum_str_is(ask->error.code, "IDPCommunicationError"))
        return AWS_RETRY_TRANSIENT;
    enum aws_retry_class why = aws_error_class(x->status, ask->error.code);
    int64_t learnt_ms;
    if (why != AWS_RETRY_SKEW && why != AWS_RETRY_MAYBE_SKEW)
        return why;
    if (!ask->creds || *skew_ms || !skew_measure(x, &learnt_ms) ||
        !skew_explains(why, *skew_ms, learnt_ms))
        return AWS_RETRY_NO;
    *skew_ms = learnt_ms;
    return why;
}

static int describe(const struct aws_ask *ask, int rc, int attempts, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(8192);
    const struct http_exchange *x = &ask->x;
    struct unum_str id = UNUM_STR("");
    unum_buf_printf(&text, "%s: ", ask->what);
    if (x->rc < 0) {
        unum_buf_adds(&text, unum_err_text(&x->err));
    } else {
        id = aws_request_id(&x->response_headers);
        if (ask->error.code.len)
            unum_buf_add(&text, ask->error.code);
        else
            unum_buf_printf(&text, "HTTP status %d", x->status);
        if (ask->error.message.len)
            unum_buf_printf(&text, ": %.*s", UNUM_STR_ARG(ask->error.message));
    }
    if (id.len)
        unum_buf_printf(&text, " (request id %.*s)", UNUM_STR_ARG(id));
    if (attempts > 1)
        unum_buf_printf(&text, " (%d attempts)", attempts);
    return unum_err_set(err, rc, "%s", unum_buf_text(&text));
}

int aws_ask_send(struct aws_ask *ask, struct unum_err *err)
{
    int most = ask->attempts > 0 ? ask->attempts : ATTEMPTS;
    int64_t skew_ms = 0;
    struct unum_prng jitter;
    unum_random_bytes(&jitter, sizeof(jitter));
    for (int attempt = 1;; attempt++) {
        struct http_exchange *x = &ask->x;
        int rc = prepare(ask, skew_ms, err);
        if (rc < 0)
            return unum_err_wrap(err, "%s", ask->what);
        http_send(ask->transport, &x, 1, 1);
        enum aws_retry_class why = judge(ask, &rc, &skew_ms);
        if (!rc)
            return 0;
        if (why == AWS_RETRY_NO || attempt >= most)
            return describe(ask, rc, attempt, err);
        const struct http_header *after =
            http_headers_get(&x->response_headers, "x-amz-retry-after");
        int64_t delay_ms = retry_delay_ms(why, (unsigned)attempt - 1, retry_scale_s,
                                          after ? after->value : UNUM_STR_NONE, &jitter);
        if (delay_ms > 0)
            ask->clock->sleep_ms(ask->clock->cookie, delay_ms);
    }
}

#include "signed_request.h"

#include <string.h>

#include "base/limits.h"

static bool sign(const struct signed_request *asked, struct http_exchange *x,
                 struct http_headers *headers, struct sigv4_result *ret)
{
    bool s3 = strcmp(asked->service, "s3") == 0;
    size_t mark = unum_str_find(asked->target, '?');
    const struct sigv4_request request = {
        .method = x->method,
        .path = unum_str_slice(asked->target, 0, mark),
        .query =
            mark < asked->target.len ? unum_str_from_pos(asked->target, mark + 1) : UNUM_STR_NONE,
        .headers = headers,
        .body = asked->content.len ? asked->content : asked->body};
    const struct aws_creds creds = {.access_key = UNUM_STR(LOCAL_ACCESS_KEY),
                                    .secret_key = UNUM_STR(LOCAL_SECRET_KEY)};
    unsigned flags = SIGV4_DOUBLE_ENCODE | SIGV4_NORMALIZE_PATH;
    if (s3)
        flags = SIGV4_CONTENT_HEADER | (asked->content.len ? SIGV4_HASH_GIVEN : 0U);
    const struct sigv4_scope scope = {.region = UNUM_STR(LOCAL_REGION),
                                      .service = unum_str_from(asked->service),
                                      .at_ms = unum_wall_ms(&unum_clock_system),
                                      .flags = flags};
    if (sigv4_sign(&request, &creds, &scope, NULL, &x->arena, ret, NULL))
        return false;
    http_headers_add(&x->headers, &x->arena, UNUM_STR("x-amz-date"), ret->amz_date);
    http_headers_add(&x->headers, &x->arena, UNUM_STR("authorization"), ret->authorization);
    if (s3)
        http_headers_add(&x->headers, &x->arena, UNUM_STR("x-amz-content-sha256"),
                         ret->content_sha256);
    return true;
}

int signed_send(struct local *local, const struct signed_request *asked, struct unum_buf *out)
{
    struct http_exchange x = {.method = unum_str_from(asked->method),
                              .target = asked->target,
                              .body = asked->body,
                              .max_body = UNUM_LIMIT_HTTP_BODY};
    struct unum_buf UNUM_AUTO_BUF stream = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct http_headers headers = {0};
    struct sigv4_result seed;
    int status = 0;
    http_headers_add(&headers, &x.arena, UNUM_STR("host"),
                     unum_str_from_pos(local_endpoint(local), sizeof("http://") - 1));
    for (size_t i = 0; asked->headers && i < asked->headers->len; i++) {
        const struct http_header *header = &asked->headers->at[i];
        http_headers_add(&headers, &x.arena, header->name, header->value);
        http_headers_add(&x.headers, &x.arena, header->name, header->value);
    }
    if (http_endpoint_parse(local_endpoint(local), &x.endpoint, NULL) == 0 &&
        sign(asked, &x, &headers, &seed)) {
        if (asked->stream) {
            asked->stream(asked->cookie, &seed, &stream);
            x.body = unum_buf_str(&stream);
        }
        struct http_exchange *one = &x;
        struct http_transport transport = local_transport(local);
        http_send(&transport, &one, 1, 1);
        status = x.rc ? 0 : x.status;
        if (out)
            unum_buf_add(out, unum_buf_str(&x.response));
    }
    http_exchange_done(&x);
    return status;
}

#include "http/http.h"

#include <string.h>

#include "base/limits.h"
#include "http/message.h"

void http_headers_add(struct http_headers *headers, struct unum_arena *arena, struct unum_str name,
                      struct unum_str value)
{
    if (headers->len == headers->cap) {
        size_t cap = headers->cap ? headers->cap * 2 : 8;
        struct http_header *at = unum_arena_array(arena, cap, sizeof(*at));
        if (headers->len)
            memcpy(at, headers->at, headers->len * sizeof(*at));
        headers->at = at;
        headers->cap = cap;
    }
    headers->at[headers->len++] = (struct http_header){name, value};
}

const struct http_header *http_headers_get(const struct http_headers *headers, const char *name)
{
    struct unum_str wanted = unum_str_from(name);
    for (size_t i = 0; i < headers->len; i++) {
        if (unum_str_ieq(headers->at[i].name, wanted))
            return &headers->at[i];
    }
    return NULL;
}

/* Visible ASCII: what a request target may consist of after encoding. */
static bool is_visible(struct unum_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
            return false;
    }
    return true;
}

static bool is_host(struct unum_str host, const char *also)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!unum_is_alnum(host.ptr[i]) && (!host.ptr[i] || !strchr(also, host.ptr[i])))
            return false;
    }
    return host.len > 0 && host.len <= HTTP_MAX_HOST;
}

/* The characters of an IPv6 address; whether it is one is found out when it is used. */
static bool is_ipv6(struct unum_str host)
{
    for (size_t i = 0; i < host.len; i++) {
        if (!host.ptr[i] || !strchr("0123456789abcdefABCDEF:.", host.ptr[i]))
            return false;
    }
    return unum_str_find(host, ':') != SIZE_MAX && host.len <= HTTP_MAX_HOST;
}

static int bad_url(struct unum_str url, const char *why, struct unum_err *err)
{
    return unum_err_set(err, UNUM_E_INVAL, "endpoint \"%.*s\": %s", UNUM_STR_ARG(url), why);
}

/* Cut "http://" or "https://" off. */
static bool take_scheme(struct unum_str *rest, bool *ret_tls)
{
    size_t colon = unum_str_find(*rest, ':');
    struct unum_str scheme = unum_str_slice(*rest, 0, colon == SIZE_MAX ? 0 : colon);
    bool tls = unum_str_ieq(scheme, UNUM_STR("https"));
    if (!tls && !unum_str_ieq(scheme, UNUM_STR("http")))
        return false;
    struct unum_str after = unum_str_from_pos(*rest, scheme.len);
    if (!unum_str_starts(after, UNUM_STR("://")))
        return false;
    *ret_tls = tls;
    *rest = unum_str_from_pos(after, 3);
    return true;
}

/* Split "host:port", "[::1]:port" or a bare host; false if brackets do not match. */
static bool split_authority(struct unum_str authority, struct unum_str *ret_host,
                            struct unum_str *ret_port, bool *ret_ipv6)
{
    *ret_ipv6 = authority.len && authority.ptr[0] == '[';
    size_t host_end = unum_str_find(authority, *ret_ipv6 ? ']' : ':');
    if (*ret_ipv6 && host_end == SIZE_MAX)
        return false;
    if (host_end == SIZE_MAX)
        host_end = authority.len;
    size_t start = *ret_ipv6 ? 1 : 0;
    *ret_host = unum_str_slice(authority, start, host_end - start);
    struct unum_str rest = unum_str_from_pos(authority, host_end + start);
    if (rest.len && rest.ptr[0] != ':')
        return false;
    *ret_port = rest.len ? unum_str_from_pos(rest, 1) : UNUM_STR_NONE;
    return true;
}

int http_endpoint_parse(struct unum_str url, struct http_endpoint *ret, struct unum_err *err)
{
    struct http_endpoint endpoint = {0};
    struct unum_str rest = url, port;
    bool ipv6;
    if (!is_visible(url))
        return unum_err_set(err, UNUM_E_INVAL, "endpoint: not a URL");
    if (!take_scheme(&rest, &endpoint.tls))
        return bad_url(url, "it must start with http:// or https://", err);
    if (unum_str_find(rest, '?') != SIZE_MAX || unum_str_find(rest, '#') != SIZE_MAX)
        return bad_url(url, "it must not have a query or a fragment", err);
    size_t slash = unum_str_find(rest, '/');
    struct unum_str authority = unum_str_slice(rest, 0, slash);
    /* Not quoted: what stands before the "@" may be a password. */
    if (unum_str_find(authority, '@') != SIZE_MAX)
        return unum_err_set(err, UNUM_E_INVAL, "endpoint: it must not hold a user name");
    if (!split_authority(authority, &endpoint.host, &port, &ipv6) ||
        !(ipv6 ? is_ipv6(endpoint.host) : is_host(endpoint.host, "._-")))
        return bad_url(url, "it has no valid host", err);
    endpoint.port = endpoint.tls ? 443 : 80;
    if (port.ptr) {
        uint64_t number;
        if (!unum_str_to_u64(port, &number) || number == 0 || number > UINT16_MAX)
            return bad_url(url, "the port must be a number from 1 to 65535", err);
        endpoint.port = (uint16_t)number;
    }
    if (slash != SIZE_MAX)
        endpoint.base_path = unum_str_from_pos(rest, slash);
    while (unum_str_ends(endpoint.base_path, UNUM_STR("/")))
        endpoint.base_path.len--;
    *ret = endpoint;
    return 0;
}

void http_endpoint_host(const struct http_endpoint *endpoint, struct unum_buf *out)
{
    bool ipv6 = unum_str_find(endpoint->host, ':') != SIZE_MAX;
    if (ipv6)
        unum_buf_addc(out, '[');
    unum_buf_add(out, endpoint->host);
    if (ipv6)
        unum_buf_addc(out, ']');
    if (endpoint->port != (endpoint->tls ? 443 : 80)) {
        unum_buf_addc(out, ':');
        unum_buf_addu(out, endpoint->port);
    }
}

void http_exchange_done(struct http_exchange *x)
{
    unum_err_done(&x->err);
    unum_buf_done(&x->response);
    unum_arena_done(&x->arena);
    unum_arena_done(&x->answer);
}

void http_exchange_rewind(struct http_exchange *x)
{
    unum_err_done(&x->err);
    unum_buf_clear(&x->response);
    x->response_headers = (struct http_headers){0};
    unum_arena_reset(&x->answer);
    x->rc = 0;
    x->delivered = false;
    x->status = 0;
    x->sent_ms = x->received_ms = 0;
}

void http_encode(struct unum_buf *out, struct unum_str text, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (unum_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
            (keep_slash && c == '/')) {
            unum_buf_addc(out, c);
            continue;
        }
        char escape[3] = {'%', digits[(unsigned char)c >> 4], digits[c & 15]};
        unum_buf_add(out, unum_str_of(escape, sizeof(escape)));
    }
}

bool http_decode(struct unum_buf *out, struct unum_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            unum_buf_addc(out, text.ptr[i]);
            continue;
        }
        int high = i + 2 < text.len ? unum_hex_value(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? unum_hex_value(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        unum_buf_addc(out, (char)(high << 4 | low));
        i += 2;
    }
    return true;
}

/* RFC 9110 section 5.6.2. */
bool http_is_token(struct unum_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!unum_is_alnum(s.ptr[i]) && (!s.ptr[i] || !strchr("!#$%&'*+-.^_`|~", s.ptr[i])))
            return false;
    }
    return s.len > 0;
}

/* RFC 9110 section 5.5: visible characters, blanks, tabs and bytes above 0x7f. */
bool http_is_field_value(struct unum_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

int http_request_check(const struct http_exchange *x, struct unum_err *err)
{
    if (!http_is_token(x->method))
        return unum_err_set(err, UNUM_E_INVAL, "HTTP request: the method is not a token");
    if (!x->target.len || x->target.ptr[0] != '/' || !is_visible(x->target) ||
        unum_str_find(x->target, '#') != SIZE_MAX)
        return unum_err_set(err, UNUM_E_INVAL,
                            "HTTP request: the target must be an encoded path starting with \"/\"");
    if (!is_host(x->endpoint.host, ":._-") || !x->endpoint.port)
        return unum_err_set(err, UNUM_E_INVAL, "HTTP request: no host or no port");
    for (size_t i = 0; i < x->headers.len; i++) {
        const struct http_header *header = &x->headers.at[i];
        /* The value is not shown: it may be a secret. */
        if (!http_is_token(header->name) || !http_is_field_value(header->value))
            return unum_err_set(err, UNUM_E_INVAL, "HTTP request: header %zu is malformed", i + 1);
    }
    return 0;
}

bool http_is_transport_header(struct unum_str name)
{
    static const struct unum_str names[] = {UNUM_STR_INIT("host"), UNUM_STR_INIT("content-length"),
                                            UNUM_STR_INIT("connection"),
                                            UNUM_STR_INIT("transfer-encoding")};
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (unum_str_ieq(name, names[i]))
            return true;
    }
    return false;
}

bool http_needs_length(const struct http_exchange *x)
{
    return x->body.len || unum_str_is(x->method, "POST") || unum_str_is(x->method, "PUT") ||
           unum_str_is(x->method, "PATCH");
}

void http_request_head(const struct http_exchange *x, struct unum_buf *out)
{
    unum_buf_add(out, x->method);
    unum_buf_addc(out, ' ');
    unum_buf_add(out, x->target);
    unum_buf_adds(out, " HTTP/1.1\r\nHost: ");
    http_endpoint_host(&x->endpoint, out);
    for (size_t i = 0; i < x->headers.len; i++) {
        const struct http_header *header = &x->headers.at[i];
        if (http_is_transport_header(header->name))
            continue;
        unum_buf_adds(out, "\r\n");
        unum_buf_add(out, header->name);
        unum_buf_adds(out, ": ");
        unum_buf_add(out, header->value);
    }
    if (http_needs_length(x)) {
        unum_buf_adds(out, "\r\nContent-Length: ");
        unum_buf_addu(out, x->body.len);
    }
    unum_buf_adds(out, "\r\n\r\n");
}

void http_answer_begin(struct http_exchange *x, int64_t now_ms)
{
    http_exchange_rewind(x);
    x->response.max = x->max_body ? x->max_body : UNUM_LIMIT_HTTP_BODY;
    x->sent_ms = now_ms;
}

void http_answer_fail(struct http_exchange *x, int rc)
{
    x->rc = rc;
    x->status = 0;
    x->response_headers = (struct http_headers){0};
    unum_buf_clear(&x->response);
    unum_err_wrap(&x->err, "%s://%.*s:%u", x->endpoint.tls ? "https" : "http",
                  UNUM_STR_ARG(x->endpoint.host), x->endpoint.port);
}

bool http_is_loopback(struct unum_str host)
{
    while (unum_str_ends(host, UNUM_STR(".")))
        host.len--;
    if (unum_str_ieq(host, UNUM_STR("localhost")) || unum_str_is(host, "::1"))
        return true;
    static const char suffix[] = ".localhost";
    size_t len = sizeof(suffix) - 1;
    if (host.len > len &&
        unum_str_ieq(unum_str_from_pos(host, host.len - len), unum_str_of(suffix, len)))
        return true;
    if (!unum_str_starts(host, UNUM_STR("127.")))
        return false;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
            return false;
    }
    return true;
}

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/vec.h"
#include "http/message.h"

/* Verbose output is never switched on: it would show authorization headers. */

enum { CONNECT_TIMEOUT_MS = 10000, MAX_KEPT_CONNECTIONS = 64, WAIT_MS = 10000 };

struct client {
    const struct unum_clock *clock;
    char *ca_bundle; /* NULL: the system's */
    CURLM *multi;    /* holds the kept-alive connections */
    UNUM_VEC(CURL *) spare;
};

/* One exchange under way. */
struct transfer {
    struct client *client;
    struct http_exchange *x;
    CURL *easy;
    struct curl_slist *headers;
    size_t head_bytes;
    int status;      /* of the head that is being read */
    bool head_done;  /* what follows are trailers */
    bool over_limit; /* why we stopped the transfer ourselves */
    char text[CURL_ERROR_SIZE];
};

struct batch {
    struct client *client;
    struct http_exchange **exchanges;
    size_t count, next;
    struct transfer *transfers;
    size_t slots, active;
};

/* ---- what comes back ---- */

static size_t take_body(char *bytes, size_t size, size_t count, void *cookie)
{
    struct transfer *t = cookie;
    unum_buf_add(&t->x->response, unum_str_of(bytes, size * count));
    t->over_limit = t->over_limit || t->x->response.failed;
    return t->over_limit ? 0 : size * count;
}

static void begin_head(struct transfer *t, struct unum_str line)
{
    uint64_t status = 0;
    size_t blank = unum_str_find(line, ' ');
    if (blank != SIZE_MAX && unum_str_to_u64(unum_str_slice(line, blank + 1, 3), &status) &&
        status <= 999)
        t->status = (int)status;
    t->x->response_headers.len = 0;
}

/* Called with one whole line, of interim responses and trailers too. */
static size_t take_header(char *bytes, size_t size, size_t count, void *cookie)
{
    struct transfer *t = cookie;
    struct http_exchange *x = t->x;
    struct unum_str line = unum_str_trim(unum_str_of(bytes, size * count));
    t->head_bytes += size * count;
    if (t->head_bytes > UNUM_LIMIT_HTTP_HEADERS) {
        t->over_limit = true;
        return 0;
    }
    size_t colon = unum_str_find(line, ':');
    if (t->head_done) {
        return size * count;
    } else if (unum_str_starts(line, UNUM_STR("HTTP/"))) {
        begin_head(t, line);
    } else if (!line.len) {
        t->head_done = t->status >= 200;
    } else if (colon != SIZE_MAX) {
        struct unum_str name = unum_str_slice(line, 0, colon);
        struct unum_str value = unum_str_trim(unum_str_from_pos(line, colon + 1));
        http_headers_add(&x->response_headers, &x->answer, unum_arena_str(&x->answer, name),
                         unum_arena_str(&x->answer, value));
    }
    return size * count;
}

/* ---- what is sent ---- */

static void add_header(struct transfer *t, struct unum_buf *line)
{
    struct curl_slist *list =
        line->failed ? NULL : curl_slist_append(t->headers, unum_buf_text(line));
    if (list)
        t->headers = list;
    else
        t->over_limit = true;
    unum_buf_clear(line);
}

/* libcurl adds headers of its own unless told not to: the request must be what was signed. */
static void add_headers(struct transfer *t)
{
    static const char *const unwanted[] = {"Accept", "Content-Type", "Expect", "User-Agent"};
    const struct http_exchange *x = t->x;
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_HEADERS);
    unum_buf_adds(&line, "Host: ");
    http_endpoint_host(&x->endpoint, &line);
    add_header(t, &line);
    for (size_t i = 0; i < x->headers.len; i++) {
        const struct http_header *header = &x->headers.at[i];
        if (http_is_transport_header(header->name))
            continue;
        unum_buf_add(&line, header->name);
        /* "Name;" is libcurl's spelling of a header without content. */
        unum_buf_adds(&line, header->value.len ? ": " : ";");
        unum_buf_add(&line, header->value);
        add_header(t, &line);
    }
    for (size_t i = 0; i < UNUM_COUNT(unwanted); i++) {
        if (http_headers_get(&x->headers, unwanted[i]))
            continue;
        unum_buf_printf(&line, "%s:", unwanted[i]);
        add_header(t, &line);
    }
}

/* One setopt: `ok` stays false once anything was refused. */
#define SET(option, value) (ok = ok && curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static bool set_target(struct transfer *t)
{
    const struct http_exchange *x = t->x;
    CURL *easy = t->easy;
    bool ok = true;
    struct unum_buf UNUM_AUTO_BUF url = UNUM_BUF_INIT(2 * UNUM_LIMIT_HTTP_HEADERS);
    unum_buf_adds(&url, x->endpoint.tls ? "https://" : "http://");
    http_endpoint_host(&x->endpoint, &url);
    unum_buf_add(&url, x->target);
    if (url.failed)
        return false;
    SET(CURLOPT_URL, unum_buf_text(&url)); /* copied */
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    if (http_is_loopback(x->endpoint.host))
        SET(CURLOPT_NOPROXY, "*");
    return ok;
}

static bool set_method(struct transfer *t)
{
    const struct http_exchange *x = t->x;
    CURL *easy = t->easy;
    bool ok = true;
    char *UNUM_AUTO_FREE method = unum_str_dup(x->method);
    if (http_needs_length(x)) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
        SET(CURLOPT_POSTFIELDS, x->body.len ? x->body.ptr : ""); /* borrowed */
    }
    if (unum_str_is(x->method, "HEAD"))
        SET(CURLOPT_NOBODY, 1L);
    else
        SET(CURLOPT_CUSTOMREQUEST, method); /* copied */
    return ok;
}

/* CURLOPT_NOSIGNAL stays off: with it libcurl would not keep SIGPIPE from OpenSSL's writes, and the
 * alarm it also avoids is only used where names are resolved without threads. */
static bool set_handling(struct transfer *t)
{
    CURL *easy = t->easy;
    bool ok = true;
    SET(CURLOPT_PRIVATE, t);
    SET(CURLOPT_ERRORBUFFER, t->text);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    if (t->x->once) /* on a kept-alive connection libcurl would repeat it by itself */
        SET(CURLOPT_FRESH_CONNECT, 1L);
    if (t->client->ca_bundle)
        SET(CURLOPT_CAINFO, t->client->ca_bundle);
    if (t->x->timeout_ms > 0)
        SET(CURLOPT_TIMEOUT_MS, t->x->timeout_ms < INT_MAX ? (long)t->x->timeout_ms : INT_MAX);
    return ok;
}

/* ---- one exchange ---- */

static CURL *take_easy(struct client *client)
{
    if (client->spare.len)
        return client->spare.at[--client->spare.len];
    return curl_easy_init();
}

/* All of the request was handed to the system, as far as libcurl knows. */
static bool was_delivered(const struct transfer *t)
{
    long request = 0;
    curl_off_t body = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &request);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &body);
    return request > 0 && (size_t)body >= t->x->body.len;
}

static void release(struct transfer *t)
{
    struct client *client = t->client;
    if (t->easy) {
        t->x->delivered |= was_delivered(t);
        curl_multi_remove_handle(client->multi, t->easy);
        curl_easy_reset(t->easy);
        *unum_vec_push(&client->spare) = t->easy;
    }
    t->easy = NULL;
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->x->received_ms = unum_wall_ms(client->clock);
}

static int rc_of(CURLcode code)
{
    switch ((int)code) {
    case CURLE_OPERATION_TIMEDOUT:
        return UNUM_E_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
        return UNUM_E_AUTH;
    case CURLE_UNSUPPORTED_PROTOCOL: /* an answer that does not start as HTTP/1.x does */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return UNUM_E_PARSE;
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_OUT_OF_MEMORY: /* a header line beyond libcurl's own ceiling */
        return UNUM_E_LIMIT;
    default:
        return UNUM_E_IO;
    }
}

static void complete(struct transfer *t, CURLcode code)
{
    struct http_exchange *x = t->x;
    char text[CURL_ERROR_SIZE];
    memcpy(text, t->text, sizeof(text));
    int status = t->status;
    bool head_done = t->head_done;
    release(t);
    if (t->over_limit) {
        bool body = x->response.failed;
        http_answer_fail(x, unum_err_set(&x->err, UNUM_E_LIMIT,
                                         "the %s of the HTTP response exceed%s %zu bytes",
                                         body ? "body" : "headers", body ? "s" : "",
                                         body ? x->response.max : UNUM_LIMIT_HTTP_HEADERS));
    } else if (code != CURLE_OK) {
        int rc = rc_of(code);
        unum_err_set(&x->err, rc, "%s", text[0] ? text : curl_easy_strerror(code));
        if (rc == UNUM_E_AUTH)
            unum_err_hint(&x->err, "if this server is to be trusted, name a PEM file with the "
                                   "certificate of its authority in AWS_CA_BUNDLE");
        http_answer_fail(x, rc);
    } else if (!head_done) {
        /* libcurl takes a connection closed within the headers for the end of an empty answer. */
        http_answer_fail(x, unum_err_set(&x->err, UNUM_E_IO,
                                         "the peer closed the connection in the middle of its "
                                         "response"));
    } else {
        x->status = status;
    }
}

static int begin(struct transfer *t)
{
    struct http_exchange *x = t->x;
    int rc = http_request_check(x, &x->err);
    if (rc < 0)
        return rc;
    t->easy = take_easy(t->client);
    add_headers(t);
    if (t->over_limit)
        return unum_err_set(&x->err, UNUM_E_LIMIT, "the headers of the request are too large");
    if (!t->easy || !set_target(t) || !set_method(t) || !set_handling(t) ||
        curl_multi_add_handle(t->client->multi, t->easy) != CURLM_OK)
        return unum_err_set(&x->err, UNUM_E_BUG, "libcurl refused the request");
    return 0;
}

/* ---- a batch ---- */

static void start_more(struct batch *batch)
{
    while (batch->active < batch->slots && batch->next < batch->count) {
        struct transfer *t = batch->transfers;
        while (t->x)
            t++;
        *t = (struct transfer){.client = batch->client, .x = batch->exchanges[batch->next++]};
        http_answer_begin(t->x, unum_wall_ms(batch->client->clock));
        int rc = begin(t);
        if (rc == 0) {
            batch->active++;
            continue;
        }
        release(t);
        t->x->delivered = false;
        http_answer_fail(t->x, rc);
        t->x = NULL;
    }
}

/* libcurl itself repeats on a fresh connection when it finds a kept-alive one closed while reading,
 * but not while it is still writing. */
static bool repeat(struct transfer *t, CURLcode code)
{
    CURLM *multi = t->client->multi;
    long connects = 1;
    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &connects);
    if ((code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR) || connects > 0 || t->head_bytes)
        return false;
    t->x->delivered |= was_delivered(t);
    t->text[0] = '\0';
    return curl_multi_remove_handle(multi, t->easy) == CURLM_OK &&
           curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK &&
           curl_multi_add_handle(multi, t->easy) == CURLM_OK;
}

static void collect(struct batch *batch)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(batch->client->multi, &left))) {
        char *cookie = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &cookie);
        for (size_t i = 0; i < batch->slots; i++) {
            struct transfer *t = &batch->transfers[i];
            if (!t->x || (char *)t != cookie || repeat(t, code))
                continue;
            complete(t, code);
            t->x = NULL;
            batch->active--;
        }
    }
}

static void cancel(struct batch *batch)
{
    static const char text[] = "cancelled";
    for (size_t i = 0; i < batch->slots; i++) {
        struct transfer *t = &batch->transfers[i];
        if (!t->x)
            continue;
        release(t);
        http_answer_fail(t->x, unum_err_set(&t->x->err, UNUM_E_CANCELLED, text));
        t->x = NULL;
    }
    for (; batch->next < batch->count; batch->next++) {
        struct http_exchange *x = batch->exchanges[batch->next];
        http_answer_begin(x, unum_wall_ms(batch->client->clock));
        x->received_ms = x->sent_ms;
        http_answer_fail(x, unum_err_set(&x->err, UNUM_E_CANCELLED, text));
    }
}

static bool wait_for_events(struct batch *batch, int wake, int timeout_ms)
{
    struct curl_waitfd wake_fd = {.fd = wake, .events = CURL_WAIT_POLLIN};
    curl_multi_poll(batch->client->multi, &wake_fd, wake >= 0 ? 1 : 0, timeout_ms, NULL);
    return wake < 0 || wake_fd.revents == 0;
}

static void curl_send(void *state, struct http_exchange **exchanges, size_t count, size_t parallel,
                      int wake)
{
    struct batch batch = {.client = state,
                          .exchanges = exchanges,
                          .count = count,
                          .slots = !parallel          ? 1
                                   : parallel < count ? parallel
                                                      : count};
    struct transfer *UNUM_AUTO_FREE transfers = unum_alloc_array(batch.slots, sizeof(*transfers));
    batch.transfers = transfers;
    bool cancelled = wake >= 0 && !wait_for_events(&batch, wake, 0);
    while (!cancelled) {
        int running;
        start_more(&batch);
        if (!batch.active)
            return;
        curl_multi_perform(batch.client->multi, &running);
        size_t before = batch.active;
        collect(&batch);
        if (batch.active == before)
            cancelled = !wait_for_events(&batch, wake, WAIT_MS);
    }
    cancel(&batch);
}

static void curl_close(void *state)
{
    struct client *client = state;
    for (size_t i = 0; i < client->spare.len; i++)
        curl_easy_cleanup(client->spare.at[i]);
    unum_vec_done(&client->spare);
    curl_multi_cleanup(client->multi);
    curl_global_cleanup();
    free(client->ca_bundle);
    free(client);
}

static const struct http_transport_ops curl_ops = {"curl", curl_send, curl_close};

int http_curl_open(const struct unum_clock *clock, const char *ca_bundle,
                   struct http_transport *ret, struct unum_err *err)
{
    if (ca_bundle && (!unum_file_exists(ca_bundle) || unum_is_dir(ca_bundle)))
        return unum_err_set(err, UNUM_E_INVAL, "CA bundle: %s is not a file", ca_bundle);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return unum_err_set(err, UNUM_E_BUG, "libcurl cannot be initialised");
    struct client *client = unum_alloc(sizeof(*client));
    client->clock = clock ? clock : &unum_clock_system;
    client->ca_bundle = ca_bundle ? unum_strdup(ca_bundle) : NULL;
    client->multi = curl_multi_init();
    if (!client->multi || curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
                                            (long)MAX_KEPT_CONNECTIONS) != CURLM_OK) {
        curl_close(client);
        return unum_err_set(err, UNUM_E_BUG, "libcurl cannot be initialised");
    }
    *ret = (struct http_transport){&curl_ops, client};
    return 0;
}

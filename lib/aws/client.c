#include "aws/client.h"

#include <stdlib.h>
#include <string.h>

#include "aws/crc32.h"
#include "aws/endpoint.h"
#include "aws/error.h"
#include "aws/retry.h"
#include "base/alloc.h"
#include "base/limits.h"

enum {
    PARALLEL = 64,
    TIMEOUT_MS = 60 * 1000,
    INVOKE_TIMEOUT_MS = 910 * 1000, /* above the longest function timeout */
    SLOWEST_BYTES_PER_MS = 16,      /* what a body may take is added to the timeout */
};

/* What is kept per service: as in the SDKs, an outage of one does not use up another's retries. */
struct service {
    bool open; /* once it was needed */
    struct http_endpoint endpoint;
    struct unum_str host; /* value of the Host header */
    struct unum_str signing_region;
    struct sigv4_key_cache key;
    struct retry_bucket bucket;
};

struct aws_client {
    struct aws_config config;
    struct service services[AWS_SERVICE_COUNT];
    struct unum_arena arena;
    struct unum_prng jitter;
    int64_t deadline_ms; /* 0: none */
    struct aws_skew skew;
};

/* One call under way. */
struct flight {
    struct aws_call *call;
    struct unum_str invocation_id;
    struct unum_str target, path;
    int max_attempts;
    int cost;           /* of the retry under way */
    int64_t due_ns;     /* monotonic time of the next attempt */
    int64_t skew_ms;    /* used by the latest signature */
    bool skew_repeated; /* at most once */
    bool renewed;       /* the credentials, at most once */
    bool waiting;       /* an attempt is to come */
    bool signs;
};

static int open_service(struct aws_client *client, enum aws_service id, struct unum_err *err)
{
    struct service *service = &client->services[id];
    struct unum_buf UNUM_AUTO_BUF host = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    int rc = aws_endpoint(id, client->config.region, client->config.endpoints[id], &client->arena,
                          &service->endpoint, err);
    if (rc < 0)
        return rc;
    http_endpoint_host(&service->endpoint, &host);
    service->host = unum_arena_str(&client->arena, unum_buf_str(&host));
    service->signing_region = client->config.signing_regions[id];
    if (!service->signing_region.len)
        service->signing_region = client->config.region;
    service->bucket.tokens = RETRY_BUCKET;
    service->open = true;
    return 0;
}

int aws_client_new(const struct aws_config *config, struct aws_client **ret, struct unum_err *err)
{
    struct aws_client *client = unum_alloc(sizeof(*client));
    bool given = false;
    int rc = 0;
    client->config = *config;
    if (!client->config.skew)
        client->config.skew = &client->skew;
    if (!client->config.read_error)
        client->config.read_error = aws_error_read;
    unum_random_bytes(&client->jitter, sizeof(client->jitter));
    for (size_t i = 0; rc == 0 && i < AWS_SERVICE_COUNT; i++) {
        if (!config->endpoints[i].len)
            continue;
        rc = open_service(client, (enum aws_service)i, err);
        given = true;
    }
    if (rc == 0 && (config->region.len || !given))
        rc = aws_check_region(config->region, err);
    if (rc < 0) {
        aws_client_free(client);
        return rc;
    }
    *ret = client;
    return 0;
}

void aws_client_free(struct aws_client *client)
{
    if (!client)
        return;
    unum_arena_done(&client->arena);
    explicit_bzero(client, sizeof(*client));
    free(client);
}

void aws_client_set_trace(struct aws_client *client, struct unum_str trace_header)
{
    client->config.trace_header = trace_header;
}

void aws_client_set_deadline(struct aws_client *client, int64_t deadline_ms)
{
    client->deadline_ms = deadline_ms;
}

int64_t aws_client_skew_ms(const struct aws_client *client)
{
    return client->config.skew->ms;
}

struct unum_str aws_client_region(const struct aws_client *client)
{
    return client->config.region;
}

/* Milliseconds until the deadline; INT64_MAX without one. */
static int64_t time_left_ms(const struct aws_client *client)
{
    if (!client->deadline_ms)
        return INT64_MAX;
    return client->deadline_ms - unum_wall_ms(client->config.clock);
}

bool aws_client_wait(struct aws_client *client, int64_t delay_ms)
{
    if (delay_ms >= time_left_ms(client))
        return false;
    if (delay_ms > 0)
        client->config.clock->sleep_ms(client->config.clock->cookie, delay_ms);
    return true;
}

/*
 * Making a request.
 */
static bool waits_for_function(const struct aws_call *call)
{
    if (call->service != AWS_LAMBDA || !unum_str_ends(call->path, UNUM_STR("/invocations")))
        return false;
    const struct http_header *type = http_headers_get(&call->headers, "x-amz-invocation-type");
    return !type || unum_str_is(type->value, "RequestResponse");
}

static int begin_flight(struct aws_client *client, struct flight *flight, struct unum_err *err)
{
    struct aws_call *call = flight->call;
    const struct aws_service_row *row = aws_service_row(call->service);
    struct service *service = &client->services[call->service];
    struct http_exchange *x = &call->x;
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(64);
    bool rest = row->protocol == AWS_REST || row->protocol == AWS_REST_UNSIGNED;
    call->rc = call->status = call->attempts = 0;
    call->code = call->message = call->request_id = UNUM_STR("");
    int rc = service->open ? 0 : open_service(client, call->service, err);
    if (rc < 0)
        return rc;
    unum_uuid4(&id);
    flight->invocation_id = unum_arena_str(&x->arena, unum_buf_str(&id));
    flight->max_attempts = client->config.max_attempts;
    if (flight->max_attempts < 1)
        flight->max_attempts = row->max_attempts;
    flight->path =
        unum_arena_printf(&x->arena, "%.*s%.*s", UNUM_STR_ARG(service->endpoint.base_path),
                          UNUM_STR_ARG(rest ? call->path : UNUM_STR("/")));
    flight->target = flight->path;
    if (call->query.len)
        flight->target = unum_arena_printf(&x->arena, "%.*s?%.*s", UNUM_STR_ARG(flight->path),
                                           UNUM_STR_ARG(call->query));
    flight->signs = client->config.creds.get && row->protocol != AWS_REST_UNSIGNED;
    flight->waiting = true;
    x->endpoint = service->endpoint;
    x->method = rest ? call->method : UNUM_STR("POST");
    x->target = flight->target;
    x->body = call->body;
    x->once = call->once;
    return 0;
}

static void add_headers(struct aws_client *client, struct flight *flight,
                        struct http_headers *headers)
{
    struct aws_call *call = flight->call;
    struct unum_arena *arena = &call->x.arena;
    const struct aws_service_row *row = aws_service_row(call->service);
    http_headers_add(headers, arena, UNUM_STR("Host"), client->services[call->service].host);
    for (size_t i = 0; i < call->headers.len; i++)
        http_headers_add(headers, arena, call->headers.at[i].name, call->headers.at[i].value);
    if (call->body.len && !http_headers_get(&call->headers, "content-type"))
        http_headers_add(headers, arena, UNUM_STR("Content-Type"),
                         unum_str_from(row->content_type));
    if (row->protocol == AWS_JSON)
        http_headers_add(
            headers, arena, UNUM_STR("X-Amz-Target"),
            unum_arena_printf(arena, "%s%.*s", row->target_prefix, UNUM_STR_ARG(call->operation)));
    if (client->config.trace_header.len)
        http_headers_add(headers, arena, UNUM_STR("X-Amzn-Trace-Id"), client->config.trace_header);
    http_headers_add(headers, arena, UNUM_STR("User-Agent"),
                     client->config.user_agent.len ? client->config.user_agent
                                                   : UNUM_STR("unum/" UNUM_VERSION));
    http_headers_add(headers, arena, UNUM_STR("amz-sdk-invocation-id"), flight->invocation_id);
    http_headers_add(
        headers, arena, UNUM_STR("amz-sdk-request"),
        unum_arena_printf(arena, "attempt=%d; max=%d", call->attempts, flight->max_attempts));
}

/* Add what a signature consists of. */
static int sign(struct aws_client *client, const struct flight *flight,
                const struct aws_creds *creds, struct http_headers *headers, struct unum_err *err)
{
    struct aws_call *call = flight->call;
    struct unum_arena *arena = &call->x.arena;
    struct service *service = &client->services[call->service];
    const struct aws_service_row *row = aws_service_row(call->service);
    const struct sigv4_request request = {call->x.method, flight->path, call->query, headers,
                                          call->body};
    const struct sigv4_scope scope = {service->signing_region, unum_str_from(row->name),
                                      unum_wall_ms(client->config.clock) + flight->skew_ms,
                                      row->sign_flags |
                                          (call->unsigned_payload ? SIGV4_UNSIGNED_PAYLOAD : 0U)};
    struct sigv4_result result;
#ifdef UNUM_MUTANT_TELLS_SECRETS
    /* A wrong variant for the search for secrets, which must find it. Never defined in what is
     * shipped. */
    unum_logf(client->config.log, UNUM_LOG_DEBUG, "signs with %.*s",
              UNUM_STR_ARG(creds->secret_key));
#endif
    int rc = sigv4_sign(&request, creds, &scope, &service->key, arena, &result, err);
    if (rc < 0)
        return rc;
    http_headers_add(headers, arena, UNUM_STR("X-Amz-Date"), result.amz_date);
    if (row->sign_flags & SIGV4_CONTENT_HEADER)
        http_headers_add(headers, arena, UNUM_STR("X-Amz-Content-Sha256"), result.content_sha256);
    if (creds->session_token.len)
        http_headers_add(headers, arena, UNUM_STR("X-Amz-Security-Token"),
                         unum_arena_str(arena, creds->session_token));
    http_headers_add(headers, arena, UNUM_STR("Authorization"), result.authorization);
    return 0;
}

/* Every attempt is signed anew: it has another time, and perhaps other credentials. */
static int make_attempt(struct aws_client *client, struct flight *flight, struct unum_err *err)
{
    struct aws_call *call = flight->call;
    const struct aws_creds_source *source = &client->config.creds;
    const struct aws_creds *creds = NULL;
    struct http_headers headers = {0};
    int rc = 0;
    if (flight->signs)
        rc = source->get(source->cookie, &creds, err);
    if (rc < 0)
        return rc;
    flight->skew_ms = client->config.skew->ms;
    add_headers(client, flight, &headers);
    if (flight->signs)
        rc = sign(client, flight, creds, &headers, err);
    /* Without Host, which the transport adds. */
    call->x.headers = (struct http_headers){headers.at + 1, headers.len - 1, headers.len - 1};
    return rc;
}

static int prepare_attempt(struct aws_client *client, struct flight *flight, struct unum_err *err)
{
    struct aws_call *call = flight->call;
    int64_t left_ms = time_left_ms(client);
    if (left_ms <= 0)
        return unum_err_set(err, UNUM_E_TIMEOUT, "no time is left");
    call->attempts++;
    http_exchange_rewind(&call->x);
    call->x.timeout_ms = call->timeout_ms           ? call->timeout_ms
                         : waits_for_function(call) ? INVOKE_TIMEOUT_MS
                                                    : TIMEOUT_MS;
    call->x.timeout_ms += (int64_t)(call->body.len / SLOWEST_BYTES_PER_MS);
    if (call->x.timeout_ms > left_ms)
        call->x.timeout_ms = left_ms;
    return make_attempt(client, flight, err);
}

/*
 * Judging an answer.
 */
static void tell_skew(struct aws_client *client)
{
    struct aws_skew *skew = client->config.skew;
    long long off_s = (skew->ms > 0 ? skew->ms : -skew->ms) / 1000;
    if (!skew->told)
        unum_logf(
            client->config.log, UNUM_LOG_WARN,
            "this machine's clock is %lld m %lld s %s; requests are signed with corrected time",
            off_s / 60, off_s % 60, skew->ms > 0 ? "behind" : "ahead");
    skew->told = true;
}

static enum aws_retry_class transport_class(int rc)
{
    return rc == UNUM_E_IO || rc == UNUM_E_TIMEOUT || rc == UNUM_E_PARSE ? AWS_RETRY_TRANSIENT
                                                                         : AWS_RETRY_NO;
}

/* DynamoDB says what its answer's bytes add up to (DynamoDB Developer Guide, "Programmatic
 * interfaces": response headers). */
static bool is_damaged(const struct aws_call *call)
{
    const struct http_exchange *x = &call->x;
    const struct http_header *header = http_headers_get(&x->response_headers, "x-amz-crc32");
    uint64_t sum;
    return call->service == AWS_DYNAMODB && header &&
           (!unum_str_to_u64(unum_str_trim(header->value), &sum) ||
            sum != aws_crc32(unum_buf_str(&x->response)));
}

/* Credentials that have expired before their time, or that are renewed by somebody else: asked for
 * once more. */
static enum aws_retry_class renew(struct aws_client *client, struct flight *flight)
{
    const struct aws_creds_source *source = &client->config.creds;
    if (!flight->signs || flight->renewed || !source->expire)
        return AWS_RETRY_NO;
    source->expire(source->cookie);
    flight->renewed = true;
    return AWS_RETRY_CREDS;
}

/* Fill the call's results from the exchange; say whether a repetition makes sense. */
static enum aws_retry_class judge(struct aws_client *client, struct flight *flight)
{
    struct aws_call *call = flight->call;
    struct http_exchange *x = &call->x;
    struct aws_error error;
    call->status = x->rc < 0 ? 0 : x->status;
    call->code = call->message = call->request_id = UNUM_STR("");
    if (x->rc < 0) {
        call->rc = x->rc;
        return transport_class(x->rc);
    }
    /* Headers go with the answer, messages about it may come later. */
    call->request_id = unum_arena_str(&x->arena, aws_request_id(&x->response_headers));
    int64_t skew_ms = 0;
    bool has_date = flight->signs && skew_measure(x, &skew_ms);
    if (has_date)
        client->config.skew->ms = skew_ms;
    if (is_damaged(call)) {
        call->rc = UNUM_E_IO;
        call->message = UNUM_STR("the answer was damaged on its way (x-amz-crc32)");
        return AWS_RETRY_TRANSIENT;
    }
    if (x->status >= 200 && x->status < 300) {
        call->rc = 0;
        return AWS_RETRY_NO;
    }
    client->config.read_error(x, &error);
    call->code = error.code;
    call->message = error.message;
    call->rc = aws_error_rc(x->status, error.code);
    enum aws_retry_class why = aws_error_class(x->status, error.code);
    if (why == AWS_RETRY_CREDS)
        return renew(client, flight);
    if (why != AWS_RETRY_SKEW && why != AWS_RETRY_MAYBE_SKEW)
        return why;
    if (!has_date || flight->skew_repeated || !skew_explains(why, flight->skew_ms, skew_ms))
        return aws_error_is_expiry(error.code) ? renew(client, flight) : AWS_RETRY_NO;
    flight->skew_repeated = true;
    tell_skew(client);
    return AWS_RETRY_SKEW;
}

static void log_attempt(const struct aws_client *client, const struct aws_call *call)
{
    const struct http_exchange *x = &call->x;
    unum_logf(client->config.log, UNUM_LOG_DEBUG, "%s %.*s: %.*s %.*s%.*s: %s %d, %lld ms, %.*s",
              aws_service_row(call->service)->name, UNUM_STR_ARG(call->operation),
              UNUM_STR_ARG(x->method), UNUM_STR_ARG(client->services[call->service].host),
              UNUM_STR_ARG(unum_str_slice(x->target, 0, unum_str_find(x->target, '?'))),
              x->rc < 0 ? unum_rc_text(x->rc) : "status", call->status,
              (long long)(x->received_ms - x->sent_ms), UNUM_STR_ARG(call->request_id));
}

/* A call that must not run twice is repeated only if it did not run: never sent whole, or refused.
 */
static bool may_repeat(const struct aws_call *call)
{
    return !call->once || !call->x.delivered || (call->status >= 400 && call->status < 500);
}

static void settle(struct aws_client *client, struct flight *flight)
{
    struct aws_call *call = flight->call;
    struct retry_bucket *bucket = &client->services[call->service].bucket;
    const struct aws_service_row *row = aws_service_row(call->service);
    enum aws_retry_class why = judge(client, flight);
    if (client->config.log)
        log_attempt(client, call);
    flight->waiting = false;
    if (!call->rc)
        retry_refund(bucket, flight->cost);
    if (why == AWS_RETRY_NO || call->attempts >= flight->max_attempts || !may_repeat(call))
        return;
    int64_t after_ms = retry_after_ms(&call->x.response_headers, call->x.received_ms);
    int64_t delay_ms = retry_delay_ms(why, (unsigned)call->attempts - 1, row->retry_scale_ms,
                                      after_ms, &client->jitter);
    if (delay_ms >= time_left_ms(client) || !retry_take(bucket, why, &flight->cost))
        return;
    flight->due_ns = unum_monotonic_ns(client->config.clock) + delay_ms * 1000000;
    flight->waiting = true;
    unum_logf(client->config.log, UNUM_LOG_DEBUG, "%s %.*s: %s, attempt %d of %d in %lld ms",
              row->name, UNUM_STR_ARG(call->operation),
              call->code.len ? call->code.ptr : unum_rc_text(call->rc), call->attempts + 1,
              flight->max_attempts, (long long)delay_ms);
}

static int describe(const struct aws_call *call, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    unum_buf_printf(&text, "%s %.*s: ", aws_service_row(call->service)->name,
                    UNUM_STR_ARG(call->operation));
    if (!call->status) {
        unum_buf_adds(&text, unum_err_text(&call->x.err));
    } else {
        if (call->code.len)
            unum_buf_add(&text, call->code);
        else
            unum_buf_printf(&text, "HTTP status %d", call->status);
        if (call->message.len)
            unum_buf_printf(&text, ": %.*s", UNUM_STR_ARG(call->message));
    }
    if (call->request_id.len)
        unum_buf_printf(&text, " (request id %.*s)", UNUM_STR_ARG(call->request_id));
    if (call->attempts > 1)
        unum_buf_printf(&text, " (%d attempts)", call->attempts);
    (void)unum_err_set(err, call->rc, "%s", unum_buf_text(&text));
    if (call->rc == UNUM_E_AUTH && aws_error_is_expiry(call->code))
        (void)unum_err_hint(err, "the credentials have expired, and asking their source again gave "
                                 "none that are valid: log in (`aws sso login`) or set new ones, "
                                 "then run the same command again");
    return call->rc;
}

/*
 * Sending.
 */
struct batch {
    struct flight *flights;
    size_t count;
    struct http_exchange **exchanges; /* room for `count` */
    struct flight **sent;
};

/* A call that could not even be sent keeps its reason in the exchange. */
static void fail_unsent(struct flight *flight, int rc, struct unum_err *why)
{
    struct http_exchange *x = &flight->call->x;
    unum_err_done(&x->err);
    x->err = *why;
    *why = (struct unum_err)UNUM_ERR_INIT;
    x->rc = flight->call->rc = rc;
    flight->call->status = 0;
    flight->waiting = false;
}

/* Wait for the first attempt that is due; false if none is to come. */
static bool wait_for_due(struct aws_client *client, const struct batch *batch)
{
    int64_t first_ns = INT64_MAX;
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->flights[i].waiting && batch->flights[i].due_ns < first_ns)
            first_ns = batch->flights[i].due_ns;
    }
    if (first_ns == INT64_MAX)
        return false;
    int64_t wait_ns = first_ns - unum_monotonic_ns(client->config.clock);
    if (wait_ns > 0)
        client->config.clock->sleep_ms(client->config.clock->cookie, (wait_ns + 999999) / 1000000);
    return true;
}

static void send_due(struct aws_client *client, struct batch *batch)
{
    int64_t now_ns = unum_monotonic_ns(client->config.clock);
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++) {
        struct flight *flight = &batch->flights[i];
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        if (!flight->waiting || flight->due_ns > now_ns)
            continue;
        int rc = prepare_attempt(client, flight, &err);
        if (rc < 0) {
            fail_unsent(flight, rc, &err);
            continue;
        }
        batch->sent[count] = flight;
        batch->exchanges[count++] = &flight->call->x;
    }
    if (count)
        http_send(&client->config.transport, batch->exchanges, count, PARALLEL);
    for (size_t i = 0; i < count; i++)
        settle(client, batch->sent[i]);
}

int aws_call_all(struct aws_client *client, struct aws_call **calls, size_t count,
                 struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct batch batch = {unum_arena_array(&arena, count, sizeof(struct flight)), count,
                          unum_arena_array(&arena, count, sizeof(struct http_exchange *)),
                          unum_arena_array(&arena, count, sizeof(struct flight *))};
    int64_t now_ns = unum_monotonic_ns(client->config.clock);
    for (size_t i = 0; i < count; i++) {
        struct flight *flight = &batch.flights[i];
        struct unum_err UNUM_AUTO_ERR why = UNUM_ERR_INIT;
        *flight = (struct flight){.call = calls[i], .due_ns = now_ns};
        int rc = begin_flight(client, flight, &why);
        if (rc < 0)
            fail_unsent(flight, rc, &why);
    }
    while (wait_for_due(client, &batch))
        send_due(client, &batch);
    for (size_t i = 0; i < count; i++) {
        if (calls[i]->rc < 0)
            return describe(calls[i], err);
    }
    return 0;
}

int aws_call_one(struct aws_client *client, struct aws_call *call, struct unum_err *err)
{
    return aws_call_all(client, &call, 1, err);
}

void aws_call_done(struct aws_call *call)
{
    http_exchange_done(&call->x);
}

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "http/conn.h"
#include "http/message.h"
#include "http/parser.h"

enum {
    INPUT_SIZE = 32 * 1024,
    IN_PLACE = 8 * 1024, /* bodies with more than this to come are received without a copy */
    MAX_IDLE = 64,       /* kept-alive connections per endpoint */
    MAX_ENDPOINTS = 32,
    CONNECT_TIMEOUT_MS = 10000,
    IDLE_LIFE_S = 60, /* an older connection is not tried again */
    IDLE_TRUST_S = 1, /* a younger one is used unseen; the repetition covers the rest */
};

struct endpoint {
    char *host;
    uint16_t port;
    bool tls;
    struct http_lookup lookup;
    UNUM_VEC(struct http_conn *) idle; /* newest last */
    size_t users;                      /* jobs under way */
    uint64_t used;                     /* number of the last job, to find the oldest */
};

struct native {
    const struct unum_clock *clock;
    int64_t connect_timeout_ms;
    struct unum_str trust_pem;
    struct tls_client *tls; /* made when the first connection needs it */
    struct http_resolver *resolver;
    struct endpoint *endpoints[MAX_ENDPOINTS];
    size_t endpoints_len;
    uint64_t jobs; /* so far */
    char *input;
};

/* One exchange under way. */
struct job {
    struct http_exchange *x;
    struct endpoint *endpoint;
    struct http_conn *conn;
    struct http_parser parser;
    size_t sent;         /* of head and body together */
    int64_t deadline_ns; /* INT64_MAX: none */
    bool reused;         /* the connection has carried an exchange before */
    bool finished;
};

struct batch {
    struct native *native;
    struct http_exchange **exchanges;
    size_t count, next; /* next: the first that was not started */
    struct job *jobs;
    size_t slots, active;
    struct pollfd *fds;
    int wake;
    bool alone; /* nothing else can happen meanwhile: the receiving call itself may wait */
};

static int64_t now_ns(const struct native *native)
{
    return unum_monotonic_ns(native->clock);
}

static void endpoint_free(struct endpoint *endpoint)
{
    for (size_t i = 0; i < endpoint->idle.len; i++)
        http_conn_free(endpoint->idle.at[i]);
    unum_vec_done(&endpoint->idle);
    free(endpoint->host);
    free(endpoint);
}

/* Make room by dropping the endpoint that was not used for the longest time. */
static void drop_oldest_endpoint(struct native *native)
{
    size_t oldest = SIZE_MAX;
    for (size_t i = 0; i < native->endpoints_len; i++) {
        const struct endpoint *e = native->endpoints[i];
        if (!e->users && e->lookup.state != HTTP_LOOKUP_PENDING &&
            (oldest == SIZE_MAX || e->used < native->endpoints[oldest]->used))
            oldest = i;
    }
    if (oldest == SIZE_MAX)
        return;
    endpoint_free(native->endpoints[oldest]);
    native->endpoints[oldest] = native->endpoints[--native->endpoints_len];
}

static struct endpoint *find_endpoint(struct native *native, const struct http_endpoint *wanted)
{
    for (size_t i = 0; i < native->endpoints_len; i++) {
        struct endpoint *e = native->endpoints[i];
        if (e->port == wanted->port && e->tls == wanted->tls &&
            unum_str_ieq(unum_str_from(e->host), wanted->host))
            return e;
    }
    if (native->endpoints_len == MAX_ENDPOINTS)
        drop_oldest_endpoint(native);
    if (native->endpoints_len == MAX_ENDPOINTS)
        return NULL;
    struct endpoint *e = unum_alloc(sizeof(*e));
    e->host = unum_str_dup(wanted->host);
    e->port = wanted->port;
    e->tls = wanted->tls;
    native->endpoints[native->endpoints_len++] = e;
    return e;
}

/* The newest kept-alive connection that looks usable, or NULL. */
static struct http_conn *take_idle(struct native *native, struct endpoint *endpoint)
{
    int64_t now = endpoint->idle.len ? now_ns(native) : 0;
    while (endpoint->idle.len) {
        struct http_conn *conn = endpoint->idle.at[--endpoint->idle.len];
        int64_t idle_ns = now - conn->idle_since_ns;
        if (idle_ns < (int64_t)IDLE_TRUST_S * 1000000000 ||
            (idle_ns < (int64_t)IDLE_LIFE_S * 1000000000 && http_conn_alive(conn)))
            return conn;
        http_conn_free(conn);
    }
    return NULL;
}

static void keep_idle(struct native *native, struct endpoint *endpoint, struct http_conn *conn)
{
    if (endpoint->idle.len >= MAX_IDLE) {
        http_conn_free(conn);
        return;
    }
    conn->idle_since_ns = now_ns(native);
    *unum_vec_push(&endpoint->idle) = conn;
}

static int need_tls(struct native *native, struct unum_err *err)
{
    if (native->tls)
        return 0;
    int rc = tls_client_new(native->trust_pem, &native->tls, err);
    return rc < 0 ? unum_err_wrap(err, "trusted certificates") : 0;
}

static void finish(struct native *native, struct job *job, bool keep)
{
    if (job->conn && keep)
        keep_idle(native, job->endpoint, job->conn);
    else
        http_conn_free(job->conn);
    job->conn = NULL;
    http_parser_done(&job->parser);
    if (job->endpoint)
        job->endpoint->users--;
    job->endpoint = NULL;
    job->finished = true;
    job->x->received_ms = unum_wall_ms(native->clock);
}

/* The error is in the exchange. What came of the answer is no answer. */
static void fail(struct native *native, struct job *job, int rc)
{
    http_answer_fail(job->x, rc);
    finish(native, job, false);
}

static void begin_answer(struct job *job)
{
    struct http_exchange *x = job->x;
    http_parser_init(&job->parser, unum_str_is(x->method, "HEAD"), &x->response_headers, &x->answer,
                     &x->response);
    job->sent = 0;
}

static void use_fresh_connection(struct native *native, struct job *job)
{
    job->reused = false;
    job->conn = http_conn_new(now_ns(native) + native->connect_timeout_ms * 1000000);
    http_lookup_start(native->resolver, &job->endpoint->lookup, job->x->endpoint.host,
                      job->x->endpoint.port);
}

static int write_head(struct job *job, struct unum_err *err)
{
    unum_buf_clear(&job->conn->head);
    http_request_head(job->x, &job->conn->head);
    if (job->conn->head.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the headers of the request exceed %zu bytes",
                            job->conn->head.max);
    return 0;
}

static int prepare(struct native *native, struct job *job)
{
    struct http_exchange *x = job->x;
    int rc = http_request_check(x, &x->err);
    if (rc == 0 && x->endpoint.tls)
        rc = need_tls(native, &x->err);
    if (rc < 0)
        return rc;
    job->endpoint = find_endpoint(native, &x->endpoint);
    if (!job->endpoint)
        return unum_err_set(&x->err, UNUM_E_LIMIT, "more than %d endpoints at once", MAX_ENDPOINTS);
    job->endpoint->users++;
    job->endpoint->used = ++native->jobs;
    job->conn = x->once ? NULL : take_idle(native, job->endpoint);
    job->reused = job->conn != NULL;
    if (!job->conn)
        use_fresh_connection(native, job);
    return write_head(job, &x->err);
}

static void start(struct native *native, struct job *job, struct http_exchange *x)
{
    *job = (struct job){.x = x, .deadline_ns = INT64_MAX};
    http_answer_begin(x, unum_wall_ms(native->clock));
    begin_answer(job);
    if (x->timeout_ms > 0 && x->timeout_ms < INT64_MAX / 2000000)
        job->deadline_ns = now_ns(native) + x->timeout_ms * 1000000;
    int rc = prepare(native, job);
    if (rc < 0)
        fail(native, job, rc);
}

/* A kept-alive connection was closed by its peer before this request: repeat on a fresh one, which
 * counts as not reused, so that it happens once. */
static bool repeat(struct native *native, struct job *job)
{
    if (!job->reused || job->parser.started)
        return false;
    http_conn_free(job->conn);
    http_parser_done(&job->parser);
    unum_err_clear(&job->x->err);
    begin_answer(job);
    use_fresh_connection(native, job);
    return write_head(job, NULL) == 0;
}

/* Resolve and connect. *ret_wait: not open yet. */
static int open_connection(struct native *native, struct job *job, bool *ret_wait)
{
    struct http_exchange *x = job->x;
    struct http_lookup *lookup = &job->endpoint->lookup;
    *ret_wait = true;
    if (job->conn->state == HTTP_CONN_NEW) {
        http_lookup_start(native->resolver, lookup, x->endpoint.host, x->endpoint.port);
        if (lookup->state == HTTP_LOOKUP_PENDING) {
            if (now_ns(native) < job->conn->deadline_ns)
                return 0;
            return unum_err_set(&x->err, UNUM_E_TIMEOUT, "look up the name: timed out");
        }
        if (lookup->rc < 0)
            return unum_err_set(&x->err, UNUM_E_IO, "look up the name: %s", lookup->reason);
    }
    const struct http_peer peer = {.lookup = lookup,
                                   .tls = x->endpoint.tls ? native->tls : NULL,
                                   .host = x->endpoint.host,
                                   .port = x->endpoint.port,
                                   .clock = native->clock};
    int rc = http_conn_advance(job->conn, &peer, &x->err);
    if (rc < 0)
        http_lookup_forget(lookup);
    *ret_wait = job->conn->state != HTTP_CONN_OPEN;
    return rc;
}

static size_t request_size(const struct job *job)
{
    return job->conn->head.len + job->x->body.len;
}

/* Write as much as goes; `wants` of the connection says what the rest waits for. */
static int write_request(struct job *job, struct unum_err *err)
{
    struct http_conn *conn = job->conn;
    const size_t size = request_size(job);
    conn->wants = 0;
    while (job->sent < size) {
        size_t put = 0;
        int rc =
            http_conn_write(conn, unum_buf_str(&conn->head), job->x->body, job->sent, &put, err);
        if (rc < 0 || put == 0)
            return rc;
        job->sent += put;
    }
    job->x->delivered = true;
    return 0;
}

static int read_some(struct native *native, struct job *job, bool within, size_t *ret_len,
                     size_t *ret_left_over, bool *ret_closed)
{
    struct http_exchange *x = job->x;
    size_t room_len = INPUT_SIZE;
    char *room = http_parser_room(&job->parser, &room_len);
    bool in_place = room && room_len > IN_PLACE;
    if (!in_place) {
        room = native->input;
        room_len = INPUT_SIZE;
    }
    int rc = within ? http_conn_receive_within(job->conn, x->timeout_ms, room, room_len, ret_len,
                                               ret_closed, &x->err)
                    : http_conn_read(job->conn, room, room_len, ret_len, ret_closed, &x->err);
    if (rc < 0 || *ret_len == 0)
        return rc;
    size_t used = *ret_len;
    if (in_place)
        http_parser_took(&job->parser, *ret_len);
    else
        rc = http_parser_feed(&job->parser, unum_str_of(room, *ret_len), &used, &x->err);
    *ret_left_over = *ret_len - used;
    return rc;
}

static void finish_answer(struct native *native, struct job *job, bool clean)
{
    job->x->status = job->parser.status;
    finish(native, job, clean && job->parser.keep_alive && job->sent == request_size(job));
}

/* Read what is there until the answer has ended or nothing more comes. */
static int read_answer(struct native *native, struct job *job, bool may_wait)
{
    while (!job->finished) {
        size_t len = 0, left_over = 0;
        bool closed = false;
        int rc = read_some(native, job, may_wait, &len, &left_over, &closed);
        if (rc == 0 && closed)
            rc = http_parser_close(&job->parser, &job->x->err);
        if (rc < 0)
            return rc;
        if (http_parser_ended(&job->parser))
            finish_answer(native, job, !closed && !left_over);
        else if (len == 0)
            return 0;
        may_wait = false;
    }
    return 0;
}

/* Whether the first receive may wait in the system call: a lone exchange on a connection that was
 * open from the start (so all of its time is left), or without any limit. */
static bool may_wait_in_receive(const struct batch *batch, const struct job *job)
{
    return batch->alone && !job->conn->tls && !job->parser.started &&
           (job->reused || job->deadline_ns == INT64_MAX);
}

/* Write and read. A peer that does not read to the end may have answered nevertheless, so what it
 * sent is read before a failure to write counts. */
static int converse(struct batch *batch, struct job *job)
{
    struct unum_err UNUM_AUTO_ERR write_err = UNUM_ERR_INIT;
    bool was_sent = job->sent == request_size(job);
    int written = write_request(job, &write_err);
    int write_wants = job->conn->wants;
    bool just_sent = !was_sent && job->sent == request_size(job);
    int rc = read_answer(batch->native, job, just_sent && may_wait_in_receive(batch, job));
    if (rc < 0 || job->finished)
        return rc;
    job->conn->wants |= write_wants;
    if (written < 0)
        return unum_err_set(&job->x->err, written, "%s", unum_err_text(&write_err));
    return 0;
}

/* Take an exchange as far as it goes without waiting. */
static void advance(struct batch *batch, struct job *job)
{
    struct native *native = batch->native;
    while (!job->finished) {
        bool wait = false;
        int rc = 0;
        if (job->conn->state != HTTP_CONN_OPEN)
            rc = open_connection(native, job, &wait);
        if (rc == 0 && !wait)
            rc = converse(batch, job);
        if (rc == 0)
            return;
        if (rc != UNUM_E_IO || !repeat(native, job))
            fail(native, job, rc);
    }
}

static int64_t due_ns(const struct job *job)
{
    int64_t due = job->deadline_ns;
    if (job->conn->state != HTTP_CONN_OPEN && http_conn_due_ns(job->conn) < due)
        due = http_conn_due_ns(job->conn);
    return due;
}

static int poll_timeout(const struct batch *batch, bool resolving)
{
    int64_t due = INT64_MAX;
    for (size_t i = 0; i < batch->active; i++) {
        if (due_ns(&batch->jobs[i]) < due)
            due = due_ns(&batch->jobs[i]);
    }
    int limit = -1;
    if (due != INT64_MAX) {
        int64_t left = due - now_ns(batch->native);
        int64_t ms = left <= 0 ? 0 : (left + 999999) / 1000000;
        limit = ms > INT32_MAX ? INT32_MAX : (int)ms;
    }
    int resolver = resolving ? http_resolver_timeout_ms(batch->native->resolver) : -1;
    return resolver >= 0 && (limit < 0 || resolver < limit) ? resolver : limit;
}

static bool is_resolving(const struct job *job)
{
    return job->conn->state == HTTP_CONN_NEW && job->endpoint->lookup.state == HTTP_LOOKUP_PENDING;
}

static void cancel(struct batch *batch)
{
    static const char text[] = "cancelled";
    while (batch->active) {
        struct job *job = &batch->jobs[--batch->active];
        fail(batch->native, job, unum_err_set(&job->x->err, UNUM_E_CANCELLED, text));
    }
    for (; batch->next < batch->count; batch->next++) {
        struct http_exchange *x = batch->exchanges[batch->next];
        http_answer_begin(x, unum_wall_ms(batch->native->clock));
        x->received_ms = x->sent_ms;
        http_answer_fail(x, unum_err_set(&x->err, UNUM_E_CANCELLED, text));
    }
}

/* Wait until something can go on. False: cancelled. */
static bool wait_for_events(struct batch *batch)
{
    struct pollfd *fds = batch->fds;
    size_t len = batch->active;
    bool resolving = false;
    for (size_t i = 0; i < batch->active; i++) {
        const struct job *job = &batch->jobs[i];
        fds[i] = (struct pollfd){.fd = job->conn->wants ? job->conn->fd : -1,
                                 .events = (short)job->conn->wants};
        resolving = resolving || is_resolving(job);
    }
    fds[len++] = (struct pollfd){.fd = batch->wake, .events = POLLIN};
    struct pollfd *resolver_fds = fds + len;
    size_t resolver_len = resolving ? http_resolver_fds(batch->native->resolver, resolver_fds) : 0;
    int ready = poll(fds, len + resolver_len, poll_timeout(batch, resolving));
    if (ready < 0) { /* EINTR: nothing is known to be ready */
        for (size_t i = 0; i < len + resolver_len; i++)
            fds[i].revents = 0;
    }
    if (resolving)
        http_resolver_process(batch->native->resolver, resolver_fds, resolver_len);
    return fds[batch->active].revents == 0;
}

static void expire(struct batch *batch, struct job *job)
{
    if (job->finished || now_ns(batch->native) < job->deadline_ns)
        return;
    const char *what = job->conn->state != HTTP_CONN_OPEN ? "connecting"
                       : job->sent < request_size(job)    ? "sending the request"
                                                          : "waiting for the response";
    fail(batch->native, job,
         unum_err_set(&job->x->err, UNUM_E_TIMEOUT, "timed out after %lld ms while %s",
                      (long long)job->x->timeout_ms, what));
}

/* Advance what is ready or due, then let what is over give way. */
static void advance_ready(struct batch *batch)
{
    for (size_t i = 0; i < batch->active; i++) {
        struct job *job = &batch->jobs[i];
        bool due = job->conn->state != HTTP_CONN_OPEN &&
                   now_ns(batch->native) >= http_conn_due_ns(job->conn);
        bool resolved = job->conn->state == HTTP_CONN_NEW && !is_resolving(job);
        if (batch->fds[i].revents || due || resolved)
            advance(batch, job);
        expire(batch, job);
    }
    size_t kept = 0;
    for (size_t i = 0; i < batch->active; i++) {
        if (!batch->jobs[i].finished)
            batch->jobs[kept++] = batch->jobs[i];
    }
    batch->active = kept;
}

static void start_more(struct batch *batch)
{
    while (batch->active < batch->slots && batch->next < batch->count) {
        struct job *job = &batch->jobs[batch->active];
        start(batch->native, job, batch->exchanges[batch->next++]);
        if (!job->finished)
            advance(batch, job);
        if (!job->finished)
            batch->active++;
    }
}

static bool is_readable(int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    return fd >= 0 && poll(&ready, 1, 0) > 0;
}

static void native_send(void *state, struct http_exchange **exchanges, size_t count,
                        size_t parallel, int wake)
{
    /* One exchange at a time is the common case and needs no memory of its own. */
    struct job one_job;
    struct pollfd few_fds[2 + HTTP_MAX_LOOKUP_FDS];
    struct batch batch = {.native = state,
                          .exchanges = exchanges,
                          .count = count,
                          .slots = !parallel          ? 1
                                   : parallel < count ? parallel
                                                      : count,
                          .wake = wake,
                          .alone = count == 1 && wake < 0,
                          .jobs = &one_job,
                          .fds = few_fds};
    struct job *UNUM_AUTO_FREE jobs = NULL;
    struct pollfd *UNUM_AUTO_FREE fds = NULL;
    if (batch.slots > 1) {
        jobs = unum_alloc_array(batch.slots, sizeof(*jobs));
        fds = unum_alloc_array(batch.slots + 1 + HTTP_MAX_LOOKUP_FDS, sizeof(*fds));
        batch.jobs = jobs;
        batch.fds = fds;
    }
    bool cancelled = is_readable(wake);
    while (!cancelled) {
        start_more(&batch);
        if (!batch.active)
            return;
        cancelled = !wait_for_events(&batch);
        if (!cancelled)
            advance_ready(&batch);
    }
    cancel(&batch);
}

static void native_close(void *state)
{
    struct native *native = state;
    http_resolver_free(native->resolver); /* calls back into the endpoints' look-ups */
    for (size_t i = 0; i < native->endpoints_len; i++)
        endpoint_free(native->endpoints[i]);
    tls_client_free(native->tls);
    free(native->input);
    free(native);
}

static const struct http_transport_ops native_ops = {"native", native_send, native_close};

int http_native_open(const struct http_native_config *config, struct http_transport *ret,
                     struct unum_err *err)
{
    struct native *native = unum_alloc(sizeof(*native));
    native->clock = config->clock ? config->clock : &unum_clock_system;
    native->trust_pem = config->trust_pem;
    native->connect_timeout_ms =
        config->connect_timeout_ms > 0 ? config->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    native->resolver = http_resolver_new(native->clock, config->name_servers);
    native->input = unum_alloc(INPUT_SIZE);
    int rc = config->prepare_tls ? need_tls(native, err) : 0;
    if (rc < 0) {
        native_close(native);
        return rc;
    }
    *ret = (struct http_transport){&native_ops, native};
    return 0;
}

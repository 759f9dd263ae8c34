/* Requests of this process that go straight through the door, without sockets. */
#include "local/internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define WAKE_MS 20 /* how often the caller's descriptor is looked at */

struct inside {
    struct http_exchange *x;
    struct unum_buf host;
    struct door_request req;
    bool over;
};

static void finish(struct inside *inside, int rc, const char *text)
{
    inside->over = true;
    inside->x->rc = rc ? unum_err_set(&inside->x->err, rc, "%s", text) : 0;
}

static void inside_answer(void *cookie, struct door_request *req)
{
    struct inside *inside = cookie;
    struct http_exchange *x = inside->x;
    x->status = req->answer.status;
    x->response.max = x->max_body ? x->max_body : UNUM_LIMIT_HTTP_BODY;
    unum_buf_add(&x->response, unum_buf_str(&req->answer.body));
    if (req->answer.content_type)
        http_headers_add(&x->response_headers, &x->arena, UNUM_STR("Content-Type"),
                         unum_str_from(req->answer.content_type));
    for (size_t i = 0; i < req->answer.headers.len; i++)
        http_headers_add(&x->response_headers, &x->arena,
                         unum_arena_str(&x->arena, req->answer.headers.at[i].name),
                         unum_arena_str(&x->arena, req->answer.headers.at[i].value));
    x->received_ms = local_real_now(req->local);
    if (req->answer.cut)
        finish(inside, UNUM_E_IO, "the local platform closed the connection inside its answer");
    else if (x->response.failed)
        finish(inside, UNUM_E_LIMIT, "the answer is larger than expected");
    else
        finish(inside, 0, NULL);
}

static void inside_drop(void *cookie, struct door_request *req)
{
    (void)req;
    finish(cookie, UNUM_E_IO, "the local platform closed the connection");
}

static const struct door_peer inside_peer = {inside_answer, inside_drop};

static void begin(struct local *local, struct inside *inside)
{
    struct http_exchange *x = inside->x;
    struct door_request *req = &inside->req;
    req->local = local;
    req->peer = &inside_peer;
    req->cookie = inside;
    req->method = x->method;
    size_t mark = unum_str_find(x->target, '?');
    req->path = unum_str_slice(x->target, 0, mark);
    req->query = mark < x->target.len ? unum_str_from_pos(x->target, mark + 1) : UNUM_STR_NONE;
    req->body = x->body;
    inside->host.max = UNUM_KB;
    http_endpoint_host(&x->endpoint, &inside->host);
    http_headers_add(&req->headers, &req->arena, UNUM_STR("Host"), unum_buf_str(&inside->host));
    for (size_t i = 0; i < x->headers.len; i++)
        http_headers_add(&req->headers, &req->arena, x->headers.at[i].name, x->headers.at[i].value);
    x->delivered = true;
    x->sent_ms = local_real_now(local);
    if (x->body.len > LOCAL_MAX_BODY)
        finish(inside, UNUM_E_LIMIT, "the body is larger than this platform takes (72 MB)");
    else
        door_receive(req);
}

static bool all_over(struct inside *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!all[i].over)
            return false;
    }
    return true;
}

static void give_up_rest(struct inside *all, size_t count, int rc, const char *text,
                         int64_t late_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (all[i].over || (late_ms && (!all[i].x->timeout_ms || all[i].x->timeout_ms > late_ms)))
            continue;
        door_gone(&all[i].req);
        finish(&all[i], rc, text);
    }
}

static void transport_send(void *state, struct http_exchange **exchanges, size_t count,
                           size_t parallel, int wake)
{
    (void)parallel;
    struct local *local = state;
    struct inside *all = unum_alloc_array(count, sizeof(*all));
    int64_t start_us = local_mono_us(local);
    for (size_t i = 0; i < count; i++) {
        all[i].x = exchanges[i];
        begin(local, &all[i]);
    }
    while (!all_over(all, count)) {
        struct pollfd woken[] = {{.fd = local->stop_fd, .events = POLLIN},
                                 {.fd = wake, .events = POLLIN}};
        if (local->closing || poll(woken, 2, 0) > 0) {
            give_up_rest(all, count, UNUM_E_CANCELLED, "interrupted", 0);
            break;
        }
        int64_t late_ms = (local_mono_us(local) - start_us) / 1000;
        if (late_ms > 0)
            give_up_rest(all, count, UNUM_E_TIMEOUT, "no answer in time", late_ms);
        if (!local_step(local))
            local_turn(local, WAKE_MS);
    }
    for (size_t i = 0; i < count; i++) {
        door_request_done(&all[i].req);
        unum_arena_done(&all[i].req.arena);
        unum_buf_done(&all[i].req.answer.body);
        unum_buf_done(&all[i].host);
    }
    free(all);
}

static void transport_close(void *state)
{
    (void)state;
}

struct http_transport local_transport(struct local *local)
{
    static const struct http_transport_ops ops = {"local", transport_send, transport_close};
    return (struct http_transport){&ops, local};
}

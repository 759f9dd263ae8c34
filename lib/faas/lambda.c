/*
 * faas_lambda: AWS Lambda, Invoke with type Event (API reference: Invoke).
 */
#include "aws/client.h"
#include "base/alloc.h"
#include "base/limits.h"
#include "faas/faas.h"

#include <stdlib.h>

struct lambda {
    struct aws_client *client; /* borrowed */
};

static int check_size(const struct faas_event *event, struct unum_err *err)
{
    if (event->payload.len <= UNUM_LIMIT_ASYNC_PAYLOAD)
        return 0;
    return unum_err_set(err, UNUM_E_LIMIT,
                        "the event for %.*s has %zu bytes; Lambda takes %zu in an asynchronous "
                        "invocation",
                        UNUM_STR_ARG(event->function), event->payload.len,
                        UNUM_LIMIT_ASYNC_PAYLOAD);
}

static void fill_call(const struct faas_event *event, struct unum_arena *arena,
                      struct aws_call *call)
{
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_adds(&path, "/2015-03-31/functions/");
    http_encode(&path, event->function, false);
    unum_buf_adds(&path, "/invocations");
    *call = (struct aws_call){.service = AWS_LAMBDA,
                              .operation = UNUM_STR("Invoke"),
                              .method = UNUM_STR("POST"),
                              .path = unum_arena_str(arena, unum_buf_str(&path)),
                              .body = event->payload};
    http_headers_add(&call->headers, arena, UNUM_STR("X-Amz-Invocation-Type"), UNUM_STR("Event"));
}

/* The first failure in the order of the events, naming its function. */
static int first_failure(const struct faas_event *events, size_t count, struct unum_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (events[i].rc == UNUM_E_NOTFOUND)
            return unum_err_set(err, UNUM_E_NOTFOUND, "there is no function %.*s",
                                UNUM_STR_ARG(events[i].function));
        if (events[i].rc < 0) {
            unum_err_wrap(err, "invoke %.*s", UNUM_STR_ARG(events[i].function));
            return events[i].rc;
        }
    }
    return unum_err_set(err, UNUM_E_BUG, "an invocation failed without a reason");
}

static int send(void *state, struct faas_event *events, size_t count, struct unum_err *err)
{
    struct lambda *lambda = state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct aws_call *calls = unum_arena_array(&arena, count, sizeof(*calls));
    struct aws_call **order = unum_arena_array(&arena, count, sizeof(struct aws_call *));
    size_t sent = 0;
    int refused = 0;
    for (size_t i = 0; i < count; i++) {
        events[i].rc = check_size(&events[i], refused ? NULL : err);
        if (events[i].rc < 0) {
            refused = refused ? refused : events[i].rc;
            continue;
        }
        fill_call(&events[i], &arena, &calls[i]);
        order[sent++] = &calls[i];
    }
    struct unum_err UNUM_AUTO_ERR failed = UNUM_ERR_INIT;
    int rc = sent ? aws_call_all(lambda->client, order, sent, &failed) : 0;
    for (size_t i = 0; i < count; i++) {
        if (events[i].rc == 0)
            events[i].rc = calls[i].rc;
        aws_call_done(&calls[i]);
    }
    if (refused)
        return refused;
    if (rc < 0 && err) {
        unum_err_set(err, failed.rc, "%s", unum_err_text(&failed));
        return first_failure(events, count, err);
    }
    return rc;
}

static void close_lambda(void *state)
{
    free(state);
}

static const struct faas_ops lambda_ops = {"aws", send, close_lambda};

int faas_lambda_open(struct aws_client *client, struct faas *ret, struct unum_err *err)
{
    if (!client)
        return unum_err_set(err, UNUM_E_INVAL, "no client");
    struct lambda *lambda = unum_alloc(sizeof(*lambda));
    lambda->client = client;
    *ret = (struct faas){&lambda_ops, lambda};
    return 0;
}

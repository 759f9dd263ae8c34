#include "faas/faas.h"

#include <stdlib.h>

#include "aws/client.h"
#include "base/alloc.h"
#include "base/limits.h"

enum {
    WINDOW = 256,       /* events whose requests are in memory at a time */
    MAX_FUNCTION = 170, /* characters of a name or ARN (Lambda API, FunctionName) */
    INVOKE_TIMEOUT_MS = 30 * 1000,
    STATUS_ACCEPTED = 202,
};

struct lambda {
    struct aws_client *client; /* borrowed */
};

static int check_event(const struct faas_event *event, struct unum_err *err)
{
    if (!event->function.len || event->function.len > MAX_FUNCTION)
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no function name",
                            UNUM_STR_ARG(event->function));
    if (event->payload.len > UNUM_LIMIT_ASYNC_PAYLOAD)
        return unum_err_set(
            err, UNUM_E_LIMIT, "invoke %.*s: the payload has %zu bytes, lambda takes %zu",
            UNUM_STR_ARG(event->function), event->payload.len, UNUM_LIMIT_ASYNC_PAYLOAD);
    return 0;
}

static void fill_call(struct aws_call *call, const struct faas_event *event)
{
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_arena *arena = &call->x.arena;
    unum_buf_adds(&path, "/2015-03-31/functions/");
    http_encode(&path, event->function, false);
    unum_buf_adds(&path, "/invocations");
    call->service = AWS_LAMBDA;
    call->operation = UNUM_STR("Invoke");
    call->method = UNUM_STR("POST");
    call->path = unum_arena_str(arena, unum_buf_str(&path));
    http_headers_add(&call->headers, arena, UNUM_STR("X-Amz-Invocation-Type"), UNUM_STR("Event"));
    call->body = event->payload;
    call->timeout_ms = INVOKE_TIMEOUT_MS;
}

/* What became of one event; `err` has the text of the call's failure. */
static int judge(const struct aws_call *call, const struct faas_event *event, struct unum_err *err)
{
    if (!call->rc && call->status != STATUS_ACCEPTED)
        return unum_err_set(err, UNUM_E_REMOTE, "invoke %.*s: lambda answered %d instead of %d",
                            UNUM_STR_ARG(event->function), call->status, STATUS_ACCEPTED);
    if (call->rc == UNUM_E_NOTFOUND) {
        (void)unum_err_set(err, UNUM_E_NOTFOUND, "there is no function \"%.*s\"",
                           UNUM_STR_ARG(event->function));
        (void)unum_err_hint(err, "deploy the application again, all of it");
        return UNUM_E_NOTFOUND;
    }
    if (call->rc == UNUM_E_LIMIT)
        return unum_err_set(err, UNUM_E_LIMIT, "invoke %.*s: lambda refuses a payload of %zu bytes",
                            UNUM_STR_ARG(event->function), event->payload.len);
    return call->rc;
}

/* Keep the first failure. */
static void note(struct unum_err *first, int *first_rc, struct unum_err *err, int rc)
{
    if (*first_rc || rc >= 0)
        return;
    *first_rc = rc;
    if (first) {
        unum_err_clear(first);
        *first = *err;
        *err = (struct unum_err)UNUM_ERR_INIT;
    }
}

static int send_window(struct lambda *lambda, struct faas_event *events, size_t count,
                       struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct aws_call *calls = unum_arena_array(&arena, count, sizeof(*calls));
    struct aws_call **list = unum_arena_array(&arena, count, sizeof(struct aws_call *));
    size_t len = 0;
    int first_rc = 0;
    for (size_t i = 0; i < count; i++) {
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        events[i].rc = check_event(&events[i], &failure);
        note(err, &first_rc, &failure, events[i].rc);
        if (events[i].rc < 0)
            continue;
        fill_call(&calls[i], &events[i]);
        list[len++] = &calls[i];
    }
    struct unum_err UNUM_AUTO_ERR call_err = UNUM_ERR_INIT;
    int rc = aws_call_all(lambda->client, list, len, &call_err);
    for (size_t i = 0; i < count; i++) {
        if (!events[i].rc) {
            struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
            events[i].rc = judge(&calls[i], &events[i], &failure);
            /* The text of aws_call_all is that of its first failure. */
            if (events[i].rc < 0 && !failure.rc && events[i].rc == rc)
                note(err, &first_rc, &call_err, rc);
            note(err, &first_rc, &failure, events[i].rc);
        }
        aws_call_done(&calls[i]);
    }
    return first_rc;
}

static int lambda_send(void *state, struct faas_event *events, size_t count, struct unum_err *err)
{
    int first_rc = 0;
    for (size_t at = 0; at < count; at += WINDOW) {
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        size_t len = count - at < WINDOW ? count - at : WINDOW;
        int rc = send_window(state, events + at, len, &failure);
        note(err, &first_rc, &failure, rc);
    }
    return first_rc;
}

static void lambda_close(void *state)
{
    free(state);
}

static const struct faas_ops lambda_ops = {
    .scheme = "aws",
    .send = lambda_send,
    .close = lambda_close,
};

int faas_lambda_open(struct aws_client *client, struct faas *ret, struct unum_err *err)
{
    (void)err;
    struct lambda *lambda = unum_alloc(sizeof(*lambda));
    lambda->client = client;
    *ret = (struct faas){&lambda_ops, lambda};
    return 0;
}

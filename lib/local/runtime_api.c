/*
 * The Lambda Runtime API, one address per process.
 * Source: "Using the Lambda runtime API" (Lambda Developer Guide) and its OpenAPI description.
 */
#include "local/internal.h"

#include "json/json.h"

#define AFTER_INIT_ERROR_MS 500 /* for the process to end by itself */

static void accepted(struct door_request *req)
{
    req->answer.status = 202;
    req->answer.content_type = "application/json";
    unum_buf_adds(&req->answer.body, "{\"status\":\"OK\"}");
    door_answer(req);
}

static void next_call(struct door_request *req)
{
    struct worker *worker = req->caller;
    if (worker->parked || worker->init_failed ||
        (worker->state != WORKER_STARTING && worker->state != WORKER_ANSWERED)) {
        door_error(req, 403, "InvalidStateTransition",
                   "the next event cannot be asked for before the current one is answered");
        return;
    }
    worker_park(worker, req);
}

/* What the process reported, as a JSON object whatever it was. */
static void end_with_error(struct invocation *inv, struct unum_str body)
{
    struct unum_str value;
    if (json_check(body, &value, NULL) == 0 && json_type(value) == JSON_OBJECT)
        invocation_end(inv, true, value);
    else
        invocation_fail(inv, "Runtime.UnknownReason", "%.*s",
                        UNUM_STR_ARG(unum_str_slice(body, 0, UNUM_LIMIT_CAUSE)));
}

static void answered(struct worker *worker)
{
    worker->state = WORKER_ANSWERED;
    worker_release(worker);
}

static void response_call(struct door_request *req)
{
    struct worker *worker = req->caller;
    struct invocation *inv = worker->invocation;
    size_t most = UNUM_LIMIT_SYNC_PAYLOAD + LOCAL_EXCESS_RESPONSE;
    worker_drain(worker);
    if (req->body.len > most) {
        invocation_fail(inv, "Function.ResponseSizeTooLarge",
                        "Response payload size exceeded maximum allowed payload size (%zu bytes).",
                        most);
        answered(worker);
        door_error(req, 413, "RequestEntityTooLarge",
                   "Exceeded maximum allowed payload size (%zu bytes).", most);
        return;
    }
    invocation_end(inv, false, req->body);
    answered(worker);
    accepted(req);
}

static void error_call(struct door_request *req)
{
    struct worker *worker = req->caller;
    worker_drain(worker);
    end_with_error(worker->invocation, req->body);
    answered(worker);
    accepted(req);
}

static void init_error_call(struct door_request *req)
{
    struct worker *worker = req->caller;
    if (worker->state != WORKER_STARTING || worker->init_failed || worker->parked) {
        door_error(req, 403, "InvalidStateTransition", "the init phase is over");
        return;
    }
    worker_drain(worker);
    worker->init_failed = true;
    if (worker->invocation) {
        end_with_error(worker->invocation, req->body);
        worker_release(worker);
    }
    worker_kill_after(worker, AFTER_INIT_ERROR_MS);
    accepted(req);
}

static void invocation_call(struct door_request *req, struct unum_str rest)
{
    struct unum_str id = UNUM_STR_NONE;
    (void)unum_str_split(&rest, '/', &id);
    const struct worker *worker = req->caller;
    if (worker->state != WORKER_BUSY || !unum_str_is(id, worker->invocation->request_id))
        door_error(req, 400, "InvalidRequestID", "Invalid request ID");
    else if (unum_str_is(rest, "response"))
        response_call(req);
    else if (unum_str_is(rest, "error"))
        error_call(req);
    else
        door_error(req, 404, "NotFound", "the Runtime API has response and error here");
}

void runtime_api_call(struct door_request *req)
{
    static const struct unum_str marker = UNUM_STR_INIT("/2018-06-01/runtime/");
    struct unum_str rest =
        unum_str_from_pos(req->path, unum_str_search(req->path, marker) + marker.len);
    bool get = unum_str_is(req->method, "GET"), post = unum_str_is(req->method, "POST");
    if (unum_str_is(rest, "invocation/next") && get)
        next_call(req);
    else if (unum_str_is(rest, "init/error") && post)
        init_error_call(req);
    else if (unum_str_starts(rest, UNUM_STR("invocation/")) && post)
        invocation_call(req, unum_str_from_pos(rest, sizeof("invocation/") - 1));
    else
        door_error(req, 404, "NotFound",
                   "the Runtime API has invocation/next, invocation/ID/response, "
                   "invocation/ID/error and init/error");
}

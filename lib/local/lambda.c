/*
 * Lambda's Invoke, and enough to look around.
 * Source: Lambda API reference: Invoke, GetFunction, GetFunctionConfiguration, ListFunctions.
 */
#include "local/lambda.h"

#include <string.h>

#include "base/alloc.h"
#include "crypto/base64.h"
#include "local/function_code.h"
#include "local/functions.h"
#include "json/json.h"

void local_function_arn(const struct local *local, struct unum_str name, struct unum_buf *out)
{
    unum_buf_printf(out, "arn:aws:lambda:%.*s:" LOCAL_ACCOUNT ":function:%.*s",
                    UNUM_STR_ARG(local->region), UNUM_STR_ARG(name));
}

/* "name", "name:$LATEST", "account:function:name" or a whole ARN. */
static void split_name(struct unum_str text, struct unum_str *ret_name,
                       struct unum_str *ret_version)
{
    static const struct unum_str marker = UNUM_STR_INIT("function:");
    size_t at = unum_str_search(text, marker);
    if (at != SIZE_MAX)
        text = unum_str_from_pos(text, at + marker.len);
    size_t colon = unum_str_find(text, ':');
    *ret_name = unum_str_slice(text, 0, colon);
    if (colon < text.len)
        *ret_version = unum_str_from_pos(text, colon + 1);
}

/* False: an error was answered. */
static bool find_target(struct door_request *req, struct unum_str encoded)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str name = UNUM_STR_NONE, version = UNUM_STR_NONE;
    if (http_decode(&text, encoded) && !text.failed)
        split_name(unum_buf_str(&text), &name, &version);
    struct unum_str qualifier;
    if (door_query(req, "Qualifier", &qualifier))
        version = qualifier;
    bool latest = !version.len || unum_str_is(version, "$LATEST");
    req->target = latest ? local_function_find(req->local, name) : NULL;
    if (req->target)
        return true;
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(4 * UNUM_KB);
    local_function_arn(req->local, name, &arn);
    if (!latest)
        unum_buf_printf(&arn, ":%.*s", UNUM_STR_ARG(version));
    door_error(req, 404, "ResourceNotFoundException", "Function not found: %s",
               unum_buf_text(&arn));
    return false;
}

/* ---- Invoke ---- */

static void executed_version(struct door_request *req)
{
    door_header(req, "X-Amz-Executed-Version", UNUM_STR("$LATEST"));
}

static void invoke_event(struct door_request *req, struct unum_str payload)
{
    struct invocation *inv =
        queue_event_but(req->local, req->target, payload, req->fault ? &req->fault->what : NULL);
    door_header(req, "X-Amzn-Trace-Id", unum_str_from(inv->trace));
    invocation_unref(inv);
    req->answer.status = 202;
    door_answer(req);
}

static void caller_waits(struct door_request *req, int change)
{
    if (req->invocation)
        invocation_wait(req->invocation, change);
}

static void sync_gone(struct door_request *req)
{
    struct invocation *inv = req->kept;
    caller_waits(req, -1);
    inv->done = NULL;
    inv->cookie = NULL;
    invocation_unref(inv);
}

static void sync_done(struct invocation *inv, bool failed, struct unum_str payload)
{
    struct door_request *req = inv->cookie;
    caller_waits(req, -1);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    executed_version(req);
    if (failed)
        door_header(req, "X-Amz-Function-Error", UNUM_STR("Unhandled"));
    if (inv->want_tail) {
        struct unum_str tail = unum_buf_str(&inv->tail);
        if (tail.len > LOCAL_LOG_TAIL)
            tail = unum_str_from_pos(tail, tail.len - LOCAL_LOG_TAIL);
        struct unum_buf UNUM_AUTO_BUF encoded = UNUM_BUF_INIT((size_t)4 * LOCAL_LOG_TAIL);
        base64_encode(&encoded, tail);
        door_header(req, "X-Amz-Log-Result", unum_buf_str(&encoded));
    }
    unum_buf_add(&req->answer.body, payload);
    inv->done = NULL;
    invocation_unref(inv);
    door_answer(req);
}

static void invoke_sync(struct door_request *req, struct unum_str payload)
{
    struct local *local = req->local;
    const struct function *function = req->target;
    if (function->reserved >= 0 && function->running >= (size_t)function->reserved) {
        door_error(req, 429, "TooManyRequestsException", "Rate Exceeded.");
        return;
    }
    struct invocation *inv = invocation_new(local, req->target, payload, false);
    inv->want_tail = unum_str_is(door_get(req, "x-amz-log-type"), "Tail");
    inv->done = sync_done;
    inv->cookie = req;
    struct unum_str context = door_get(req, "x-amz-client-context");
    if (context.len)
        inv->client_context = unum_str_dup(context);
    struct unum_str trace = door_get(req, "x-amzn-trace-id");
    if (trace.len && trace.len < sizeof(inv->trace)) {
        memcpy(inv->trace, trace.ptr, trace.len);
        inv->trace[trace.len] = '\0';
    }
    req->kept = invocation_ref(inv);
    req->gone = sync_gone;
    caller_waits(req, 1);
    queue_push(local, inv);
}

void lambda_invoke_call(struct door_request *req)
{
    struct unum_str type = door_get(req, "x-amz-invocation-type");
    bool event = unum_str_is(type, "Event"), dry = unum_str_is(type, "DryRun");
    if (!event && !dry && type.len && !unum_str_is(type, "RequestResponse")) {
        door_error(req, 400, "InvalidParameterValueException",
                   "InvocationType must be Event, RequestResponse or DryRun");
        return;
    }
    if (function_is_pending(req->target)) {
        door_error(req, 409, "ResourceConflictException",
                   "The operation cannot be performed at this time. The function is currently in "
                   "the following state: Pending");
        return;
    }
    unsigned most = event ? UNUM_LIMIT_ASYNC_PAYLOAD : UNUM_LIMIT_SYNC_PAYLOAD;
    if (req->body.len > most) {
        door_error(req, 413, "RequestTooLargeException",
                   "Request must be smaller than %u bytes for the InvokeFunction operation", most);
        return;
    }
    struct unum_str payload = UNUM_STR("{}");
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (req->body.len > 0 && json_check(req->body, &payload, &err)) {
        door_error(req, 400, "InvalidRequestContentException",
                   "Could not parse request body into json: %s", unum_err_text(&err));
        return;
    }
    if (req->local->queued >= LOCAL_MAX_QUEUE) {
        door_error(req, 429, "TooManyRequestsException", "%zu invocations are waiting already",
                   req->local->queued);
        return;
    }
    if (dry) {
        req->answer.status = 204;
        door_answer(req);
    } else if (event) {
        invoke_event(req, payload);
    } else {
        invoke_sync(req, payload);
    }
}

/* ---- looking around ---- */

void lambda_list_call(struct door_request *req)
{
    struct unum_str text;
    uint64_t from = 0, most = 50, at = 0;
    if ((door_query(req, "Marker", &text) && text.len && !unum_str_to_u64(text, &from)) ||
        (door_query(req, "MaxItems", &text) &&
         (!unum_str_to_u64(text, &most) || most < 1 || most > 10000))) {
        door_error(req, 400, "InvalidParameterValueException", "Marker or MaxItems is not valid");
        return;
    }
    if (most > 50)
        most = 50; /* Lambda's page, whatever is asked for */
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "Functions");
    json_array_begin(&w);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&req->local->functions, entry))) {
        if (at >= from && at - from < most)
            lambda_write_configuration(req, entry->value, &w);
        at++;
    }
    json_array_end(&w);
    if (at > from && at - from > most) {
        json_key(&w, "NextMarker");
        json_string(&w, unum_arena_printf(&req->arena, "%llu", (unsigned long long)(from + most)));
    }
    json_object_end(&w);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    door_answer(req);
}

void lambda_get_configuration_call(struct door_request *req)
{
    struct json_writer w = JSON_WRITER(&req->answer.body);
    lambda_write_configuration(req, req->target, &w);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    door_answer(req);
}

void lambda_get_call(struct door_request *req)
{
    struct json_writer w = JSON_WRITER(&req->answer.body);
    struct unum_str record = function_record(req->target, &req->arena), tags;
    json_object_begin(&w);
    json_key(&w, "Configuration");
    lambda_write_configuration(req, req->target, &w);
    json_key(&w, "Code");
    json_object_begin(&w);
    json_key(&w, "RepositoryType");
    json_strings(&w, "S3");
    json_key(&w, "Location");
    json_string(&w, function_code_url(req, req->target));
    json_object_end(&w);
    if (json_get(record, UNUM_STR("Tags"), &tags)) {
        json_key(&w, "Tags");
        json_raw(&w, tags);
    }
    if (req->target->reserved >= 0) {
        json_key(&w, "Concurrency");
        json_object_begin(&w);
        json_key(&w, "ReservedConcurrentExecutions");
        json_int(&w, req->target->reserved);
        json_object_end(&w);
    }
    json_object_end(&w);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    door_answer(req);
}

bool lambda_prepare(struct door_request *req)
{
    return !req->resource.ptr || find_target(req, req->resource);
}

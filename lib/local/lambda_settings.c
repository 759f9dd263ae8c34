/*
 * What Lambda keeps beside a function's configuration, with calls of its own: asynchronous
 * invocation, concurrency, recursion, tags.
 * Source: Lambda API reference, version 2015-03-31.
 */
#include "local/functions.h"
#include "local/lambda.h"

enum { AGE_LEAST = 60, AGE_MOST = 21600 };

static void answer_invoke_config(struct door_request *req)
{
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str record = function_record(req->target, &req->arena), config, value;
    struct json_writer w = JSON_WRITER(&req->answer.body);
    int64_t at_ms = 0;
    if (!json_get(record, UNUM_STR("Invoke"), &config)) {
        door_error(req, 404, "ResourceNotFoundException",
                   "The function %s doesn't have an EventInvokeConfig", req->target->name);
        return;
    }
    if (json_get(record, UNUM_STR("LastModified"), &value) && !json_to_i64(value, &at_ms))
        at_ms = 0;
    local_function_arn(req->local, unum_str_from(req->target->name), &arn);
    unum_buf_adds(&arn, ":$LATEST");
    json_object_begin(&w);
    json_key(&w, "FunctionArn");
    json_string(&w, unum_buf_str(&arn));
    json_key(&w, "LastModified");
    unum_buf_printf(w.out, "%lld.%03lld", (long long)(at_ms / 1000), (long long)(at_ms % 1000));
    w.keyed = false;
    w.comma = true;
    lambda_copy_member(&w, config, "MaximumRetryAttempts");
    lambda_copy_member(&w, config, "MaximumEventAgeInSeconds");
    lambda_copy_member(&w, config, "DestinationConfig");
    json_object_end(&w);
    lambda_answer(req, 200);
}

void lambda_put_invoke_config_call(struct door_request *req)
{
    static const char *const taken[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds",
                                        "DestinationConfig"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str body;
    if (!lambda_read_body(req, &body))
        return;
    struct unum_str target = lambda_text(req, body, "/DestinationConfig/OnFailure/Destination");
    if (!lambda_is_between(body, "/MaximumRetryAttempts", 0, 2) ||
        !lambda_is_between(body, "/MaximumEventAgeInSeconds", AGE_LEAST, AGE_MOST) ||
        (target.len && unum_str_search(target, UNUM_STR(":function:")) == SIZE_MAX)) {
        (void)lambda_invalid(req,
                             "MaximumRetryAttempts must be 0 to 2, MaximumEventAgeInSeconds 60 to "
                             "21600, and the destination a function");
        return;
    }
    json_object_begin(&w);
    json_key(&w, "Invoke");
    json_object_begin(&w);
    lambda_copy_members(&w, body, taken, UNUM_COUNT(taken));
    json_object_end(&w);
    json_object_end(&w);
    function_change(req->local, req->target, unum_buf_str(&text));
    answer_invoke_config(req);
}

void lambda_get_invoke_config_call(struct door_request *req)
{
    answer_invoke_config(req);
}

void lambda_delete_invoke_config_call(struct door_request *req)
{
    function_change(req->local, req->target, UNUM_STR("{\"Invoke\":null}"));
    req->answer.status = 204;
    door_answer(req);
}

void lambda_put_concurrency_call(struct door_request *req)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str body, value;
    int64_t number;
    if (!lambda_read_body(req, &body))
        return;
    if (!json_get(body, UNUM_STR("ReservedConcurrentExecutions"), &value) ||
        !json_to_i64(value, &number) || number < 0 || number > INT32_MAX) {
        (void)lambda_invalid(req, "ReservedConcurrentExecutions must be a number from 0");
        return;
    }
    unum_buf_printf(&text, "{\"Reserved\":%lld}", (long long)number);
    function_change(req->local, req->target, unum_buf_str(&text));
    unum_buf_printf(&req->answer.body, "{\"ReservedConcurrentExecutions\":%lld}",
                    (long long)number);
    lambda_answer(req, 200);
}

void lambda_get_concurrency_call(struct door_request *req)
{
    if (req->target->reserved >= 0)
        unum_buf_printf(&req->answer.body, "{\"ReservedConcurrentExecutions\":%d}",
                        req->target->reserved);
    else
        unum_buf_adds(&req->answer.body, "{}");
    lambda_answer(req, 200);
}

void lambda_delete_concurrency_call(struct door_request *req)
{
    function_change(req->local, req->target, UNUM_STR("{\"Reserved\":null}"));
    req->answer.status = 204;
    door_answer(req);
}

void lambda_get_recursion_call(struct door_request *req)
{
    struct unum_str record = function_record(req->target, &req->arena);
    struct unum_str loop = lambda_text(req, record, "/RecursiveLoop");
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "RecursiveLoop");
    json_string(&w, loop.len ? loop : UNUM_STR("Terminate"));
    json_object_end(&w);
    lambda_answer(req, 200);
}

void lambda_put_recursion_call(struct door_request *req)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str body;
    if (!lambda_read_body(req, &body))
        return;
    struct unum_str loop = lambda_text(req, body, "/RecursiveLoop");
    if (!unum_str_is(loop, "Allow") && !unum_str_is(loop, "Terminate")) {
        (void)lambda_invalid(req, "RecursiveLoop must be Allow or Terminate");
        return;
    }
    unum_buf_printf(&text, "{\"RecursiveLoop\":\"%.*s\"}", UNUM_STR_ARG(loop));
    function_change(req->local, req->target, unum_buf_str(&text));
    lambda_get_recursion_call(req);
}

/* ---- tags ---- */

static void write_merged_tags(struct unum_str before, struct unum_str added,
                              struct door_request *req, struct json_writer *w)
{
    struct json_iter iter = json_iter(before);
    struct unum_str key, value, other;
    json_object_begin(w);
    while (before.len && json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
        bool untagged = false;
        if (!json_decode(key, &name))
            continue;
        if (!added.len) {
            struct unum_str rest = req->query, part;
            while (rest.len && unum_str_split(&rest, '&', &part)) {
                struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
                if (unum_str_starts(part, UNUM_STR("tagKeys=")) &&
                    http_decode(&text, unum_str_from_pos(part, 8)))
                    untagged |= unum_str_eq(unum_buf_str(&text), unum_buf_str(&name));
            }
        }
        if (untagged || (added.len && json_get(added, unum_buf_str(&name), &other)))
            continue;
        json_key_str(w, unum_buf_str(&name));
        json_raw(w, value);
    }
    iter = json_iter(added);
    while (added.len && json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
        if (!json_decode(key, &name) || json_type(value) != JSON_STRING)
            continue;
        json_key_str(w, unum_buf_str(&name));
        json_raw(w, value);
    }
    json_object_end(w);
}

void lambda_tags_call(struct door_request *req)
{
    struct unum_str record = function_record(req->target, &req->arena);
    struct unum_str tags = UNUM_STR("{}"), body, added = UNUM_STR_NONE;
    (void)json_get(record, UNUM_STR("Tags"), &tags);
    if (unum_str_is(req->method, "GET")) {
        struct json_writer w = JSON_WRITER(&req->answer.body);
        json_object_begin(&w);
        json_key(&w, "Tags");
        json_raw(&w, tags);
        json_object_end(&w);
        lambda_answer(req, 200);
        return;
    }
    if (unum_str_is(req->method, "POST") &&
        (!lambda_read_body(req, &body) || !json_get(body, UNUM_STR("Tags"), &added) ||
         json_type(added) != JSON_OBJECT)) {
        if (req->open)
            (void)lambda_invalid(req, "Tags is missing");
        return;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    json_key(&w, "Tags");
    write_merged_tags(tags, added, req, &w);
    json_object_end(&w);
    function_change(req->local, req->target, unum_buf_str(&text));
    req->answer.status = 204;
    door_answer(req);
}

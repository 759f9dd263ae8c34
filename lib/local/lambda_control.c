/*
 * Lambda's control plane: functions that are made, changed and removed over the wire.
 * Source: Lambda API reference, version 2015-03-31.
 */
#include <string.h>

#include "crypto/base64.h"
#include "local/functions.h"
#include "local/lambda.h"
#include "local/objects.h"

enum {
    TIMEOUT_MOST = 900,
    MEMORY_LEAST = 128,
    MEMORY_MOST = 10240,
    NAME_MOST = 64,
    ENVIRONMENT_MOST = 4096,
    AGE_LEAST = 60,
    AGE_MOST = 21600
};

static bool invalid(struct door_request *req, const char *text)
{
    door_error(req, 400, "InvalidParameterValueException", "%s", text);
    return false;
}

/* False: an error was answered. */
static bool read_body(struct door_request *req, struct unum_str *ret)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(req->body, ret, &err) == 0 && json_type(*ret) == JSON_OBJECT)
        return true;
    door_error(req, 400, "InvalidRequestContentException",
               "Could not parse request body into json: %s", unum_err_text(&err));
    return false;
}

static struct unum_str text_of(struct door_request *req, struct unum_str object,
                               const char *pointer)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!json_pointer(object, unum_str_from(pointer), &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(&req->arena, unum_buf_str(&text));
}

/* True as well if there is none. */
static bool is_between(struct unum_str object, const char *pointer, int64_t least, int64_t most)
{
    struct unum_str value;
    int64_t number;
    return !json_pointer(object, unum_str_from(pointer), &value) || json_type(value) == JSON_NULL ||
           (json_to_i64(value, &number) && number >= least && number <= most);
}

/* ---- answers ---- */

static void copy_member(struct json_writer *w, struct unum_str record, const char *name)
{
    struct unum_str value;
    if (!json_get(record, unum_str_from(name), &value))
        return;
    json_key(w, name);
    json_raw(w, value);
}

/* "2026-11-21T03:42:28.000+0000" */
static void write_time(struct json_writer *w, int64_t at_ms)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(64);
    unum_time_rfc3339(at_ms, &text);
    if (text.len > 0)
        unum_buf_truncate(&text, text.len - 1);
    unum_buf_adds(&text, "+0000");
    json_string(w, unum_buf_str(&text));
}

static void write_logging(struct door_request *req, const struct function *function,
                          struct unum_str record, struct json_writer *w)
{
    struct unum_str group = text_of(req, record, "/LoggingConfig/LogGroup");
    struct unum_str format = text_of(req, record, "/LoggingConfig/LogFormat");
    json_key(w, "LoggingConfig");
    json_object_begin(w);
    json_key(w, "LogFormat");
    json_string(w, format.len ? format : UNUM_STR("Text"));
    json_key(w, "LogGroup");
    json_string(w, group.len ? group
                             : unum_arena_printf(&req->arena, "/aws/lambda/%s", function->name));
    json_object_end(w);
}

void lambda_write_configuration(struct door_request *req, const struct function *function,
                                struct json_writer *w)
{
    static const char *const copied[] = {
        "Runtime",    "Role",     "Handler",     "Description",   "Timeout",    "MemorySize",
        "CodeSha256", "CodeSize", "Environment", "TracingConfig", "RevisionId", "DurableConfig"};
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str record = function_record(function, &req->arena), value;
    int64_t at_ms;
    local_function_arn(req->local, unum_str_from(function->name), &arn);
    json_object_begin(w);
    json_key(w, "FunctionName");
    json_strings(w, function->name);
    json_key(w, "FunctionArn");
    json_string(w, unum_buf_str(&arn));
    for (size_t i = 0; i < UNUM_COUNT(copied); i++)
        copy_member(w, record, copied[i]);
    json_key(w, "Architectures");
    json_raw(w, json_get(record, UNUM_STR("Architectures"), &value) ? value
                                                                    : UNUM_STR("[\"x86_64\"]"));
    json_key(w, "EphemeralStorage");
    json_raw(w, json_get(record, UNUM_STR("EphemeralStorage"), &value)
                    ? value
                    : UNUM_STR("{\"Size\":512}"));
    if (json_get(record, UNUM_STR("LastModified"), &value) && json_to_i64(value, &at_ms)) {
        json_key(w, "LastModified");
        write_time(w, at_ms);
    }
    write_logging(req, function, record, w);
    json_key(w, "Version");
    json_strings(w, "$LATEST");
    json_key(w, "State");
    json_strings(w, "Active");
    json_key(w, "LastUpdateStatus");
    json_strings(w, "Successful");
    json_key(w, "PackageType");
    json_strings(w, "Zip");
    json_object_end(w);
}

static void answer_json(struct door_request *req, int status)
{
    req->answer.status = status;
    req->answer.content_type = "application/json";
    door_answer(req);
}

static void answer_configuration(struct door_request *req, const struct function *function,
                                 int status)
{
    struct json_writer w = JSON_WRITER(&req->answer.body);
    lambda_write_configuration(req, function, &w);
    answer_json(req, status);
}

/* ---- what is asked for ---- */

/* False: an error was answered. */
static bool check_settings(struct door_request *req, struct unum_str body)
{
    struct unum_str runtime = text_of(req, body, "/Runtime"), role = text_of(req, body, "/Role");
    struct unum_str variables;
    if (runtime.len && !unum_str_starts(runtime, UNUM_STR("provided.al")))
        return invalid(req, "the local platform runs functions of the runtimes provided.al2023 and "
                            "provided.al2: others need AWS");
    if (role.len && !unum_str_starts(role, UNUM_STR("arn:")))
        return invalid(req, "Role must be an ARN");
    if (role.len && !iam_has_role(req->local, role))
        return invalid(req, "The role defined for the function cannot be assumed by Lambda.");
    if (!is_between(body, "/Timeout", 1, TIMEOUT_MOST) ||
        !is_between(body, "/MemorySize", MEMORY_LEAST, MEMORY_MOST) ||
        !is_between(body, "/EphemeralStorage/Size", 512, 10240))
        return invalid(req, "Timeout must be 1 to 900, MemorySize 128 to 10240, "
                            "EphemeralStorage.Size 512 to 10240");
    if (json_pointer(body, UNUM_STR("/Environment/Variables"), &variables) &&
        variables.len > ENVIRONMENT_MOST)
        return invalid(req, "Lambda was unable to configure your environment variables because the "
                            "environment variables you have provided exceeded the 4KB limit.");
    if (json_pointer(body, UNUM_STR("/Layers/0"), &variables) ||
        json_pointer(body, UNUM_STR("/VpcConfig/SubnetIds/0"), &variables) ||
        unum_str_is(text_of(req, body, "/PackageType"), "Image"))
        return invalid(req, "the local platform has no layers, networks or container images");
    return true;
}

/* Bytes of the zip: from an object or from the request. False: an error was answered. */
static bool read_code(struct door_request *req, struct unum_str code, struct unum_buf *ret)
{
    struct unum_str zip = text_of(req, code, "/ZipFile"), bucket = text_of(req, code, "/S3Bucket");
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (zip.len) {
        if (!base64_decode(ret, zip))
            return invalid(req, "ZipFile is not base64 text of a zip");
        if (ret->len > FUNCTIONS_ZIP) {
            door_error(req, 413, "RequestEntityTooLargeException",
                       "Request must be smaller than 69905067 bytes for the operation");
            return false;
        }
        return true;
    }
    if (!bucket.len)
        return invalid(req, "Please provide a source for function code.");
    int rc = objects_read(req->local, bucket, text_of(req, code, "/S3Key"), ret, &err);
    if (rc == UNUM_E_NOTFOUND && !objects_bucket(req->local, bucket))
        return invalid(req, "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error "
                            "Message: The specified bucket does not exist");
    if (rc == UNUM_E_NOTFOUND)
        return invalid(req, "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error "
                            "Message: The specified key does not exist.");
    return rc == 0 || invalid(req, unum_err_text(&err));
}

/* False: an error was answered. */
static bool unpack(struct door_request *req, struct unum_str name, struct unum_str code,
                   struct json_writer *w)
{
    struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!read_code(req, code, &zip))
        return false;
    int rc = function_unpack(req->local, name, unum_buf_str(&zip), w, &err);
    if (rc == UNUM_E_PARSE)
        return invalid(req, "Could not unzip uploaded file. Please check your file, then try to "
                            "upload again.");
    if (rc == UNUM_E_IO) {
        door_error(req, 500, "ServiceException", "%s", unum_err_text(&err));
        return false;
    }
    return rc == 0 || invalid(req, unum_err_text(&err));
}

static void copy_members(struct json_writer *w, struct unum_str body, const char *const *names,
                         size_t len)
{
    for (size_t i = 0; i < len; i++)
        copy_member(w, body, names[i]);
}

/* The last of "a:b:NAME". */
static struct unum_str plain_name(struct unum_str name)
{
    static const struct unum_str marker = UNUM_STR_INIT("function:");
    size_t at = unum_str_search(name, marker);
    return at == SIZE_MAX ? name : unum_str_from_pos(name, at + marker.len);
}

static bool is_name(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return name.len > 0 && name.len <= NAME_MOST;
}

/* False: an error was answered. */
static bool check_new(struct door_request *req, struct unum_str body, struct unum_str name)
{
    struct unum_str value;
    if (!is_name(name))
        return invalid(req, "FunctionName has 1 to 64 letters, digits, - or _");
    if (!text_of(req, body, "/Role").len || !json_get(body, UNUM_STR("Code"), &value) ||
        json_type(value) != JSON_OBJECT || !text_of(req, body, "/Runtime").len)
        return invalid(req, "Role, Runtime and Code are required");
    if (!check_settings(req, body))
        return false;
    if (local_function_find(req->local, name)) {
        door_error(req, 409, "ResourceConflictException", "Function already exist: %.*s",
                   UNUM_STR_ARG(name));
        return false;
    }
    if (req->local->functions.len >= FUNCTIONS_MAX) {
        door_error(req, 429, "TooManyRequestsException", "there are %d functions already",
                   FUNCTIONS_MAX);
        return false;
    }
    return true;
}

void lambda_create_call(struct door_request *req)
{
    static const char *const taken[] = {
        "Runtime",       "Role",          "Handler",       "Description",      "Timeout",
        "MemorySize",    "Environment",   "Architectures", "EphemeralStorage", "TracingConfig",
        "LoggingConfig", "DurableConfig", "Tags"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str body, code, value;
    if (!read_body(req, &body))
        return;
    struct unum_str name = plain_name(text_of(req, body, "/FunctionName"));
    if (!check_new(req, body, name))
        return;
    json_object_begin(&w);
    copy_members(&w, body, taken, UNUM_COUNT(taken));
    if (!json_get(body, UNUM_STR("Timeout"), &value)) {
        json_key(&w, "Timeout");
        json_int(&w, 3);
    }
    if (!json_get(body, UNUM_STR("MemorySize"), &value)) {
        json_key(&w, "MemorySize");
        json_int(&w, MEMORY_LEAST);
    }
    if (!json_get(body, UNUM_STR("Code"), &code) || !unpack(req, name, code, &w))
        return;
    json_object_end(&w);
    req->target = function_create(req->local, name, unum_buf_str(&text));
    answer_configuration(req, req->target, 201);
}

/* "RevisionId" must be the one it has. False: an error was answered. */
static bool check_revision(struct door_request *req, struct unum_str body)
{
    struct unum_str wanted = text_of(req, body, "/RevisionId");
    struct unum_str record = function_record(req->target, &req->arena);
    if (!wanted.len || unum_str_eq(wanted, text_of(req, record, "/RevisionId")))
        return true;
    door_error(req, 412, "PreconditionFailedException",
               "The Revision Id provided does not match the latest Revision Id. Call the "
               "GetFunction/GetAlias API to retrieve the latest Revision Id");
    return false;
}

static void change(struct door_request *req, const struct unum_buf *text)
{
    function_change(req->local, req->target, unum_buf_str(text));
}

void lambda_update_code_call(struct door_request *req)
{
    static const char *const taken[] = {"Architectures"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str body, value;
    bool dry = false;
    if (!read_body(req, &body) || !check_revision(req, body))
        return;
    if (json_get(body, UNUM_STR("DryRun"), &value) && json_to_bool(value, &dry) && dry) {
        struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
        if (read_code(req, body, &zip))
            answer_configuration(req, req->target, 200);
        return;
    }
    json_object_begin(&w);
    copy_members(&w, body, taken, UNUM_COUNT(taken));
    if (!unpack(req, unum_str_from(req->target->name), body, &w))
        return;
    json_object_end(&w);
    change(req, &text);
    answer_configuration(req, req->target, 200);
}

void lambda_update_configuration_call(struct door_request *req)
{
    static const char *const taken[] = {
        "Runtime",       "Role",          "Handler",      "Description",
        "Timeout",       "MemorySize",    "Environment",  "EphemeralStorage",
        "TracingConfig", "LoggingConfig", "DurableConfig"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str body;
    if (!read_body(req, &body) || !check_revision(req, body) || !check_settings(req, body))
        return;
    json_object_begin(&w);
    copy_members(&w, body, taken, UNUM_COUNT(taken));
    json_object_end(&w);
    change(req, &text);
    answer_configuration(req, req->target, 200);
}

void lambda_delete_call(struct door_request *req)
{
    struct function *function = req->target;
    req->target = NULL;
    function_delete(req->local, function);
    req->answer.status = 204;
    door_answer(req);
}

/* ---- what has calls of its own ---- */

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
    copy_member(&w, config, "MaximumRetryAttempts");
    copy_member(&w, config, "MaximumEventAgeInSeconds");
    copy_member(&w, config, "DestinationConfig");
    json_object_end(&w);
    answer_json(req, 200);
}

void lambda_put_invoke_config_call(struct door_request *req)
{
    static const char *const taken[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds",
                                        "DestinationConfig"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str body;
    if (!read_body(req, &body))
        return;
    struct unum_str target = text_of(req, body, "/DestinationConfig/OnFailure/Destination");
    if (!is_between(body, "/MaximumRetryAttempts", 0, 2) ||
        !is_between(body, "/MaximumEventAgeInSeconds", AGE_LEAST, AGE_MOST) ||
        (target.len && unum_str_search(target, UNUM_STR(":function:")) == SIZE_MAX)) {
        (void)invalid(req, "MaximumRetryAttempts must be 0 to 2, MaximumEventAgeInSeconds 60 to "
                           "21600, and the destination a function");
        return;
    }
    json_object_begin(&w);
    json_key(&w, "Invoke");
    json_object_begin(&w);
    copy_members(&w, body, taken, UNUM_COUNT(taken));
    json_object_end(&w);
    json_object_end(&w);
    change(req, &text);
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
    if (!read_body(req, &body))
        return;
    if (!json_get(body, UNUM_STR("ReservedConcurrentExecutions"), &value) ||
        !json_to_i64(value, &number) || number < 0 || number > INT32_MAX) {
        (void)invalid(req, "ReservedConcurrentExecutions must be a number from 0");
        return;
    }
    unum_buf_printf(&text, "{\"Reserved\":%lld}", (long long)number);
    change(req, &text);
    unum_buf_printf(&req->answer.body, "{\"ReservedConcurrentExecutions\":%lld}",
                    (long long)number);
    answer_json(req, 200);
}

void lambda_get_concurrency_call(struct door_request *req)
{
    if (req->target->reserved >= 0)
        unum_buf_printf(&req->answer.body, "{\"ReservedConcurrentExecutions\":%d}",
                        req->target->reserved);
    else
        unum_buf_adds(&req->answer.body, "{}");
    answer_json(req, 200);
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
    struct unum_str loop = text_of(req, record, "/RecursiveLoop");
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "RecursiveLoop");
    json_string(&w, loop.len ? loop : UNUM_STR("Terminate"));
    json_object_end(&w);
    answer_json(req, 200);
}

void lambda_put_recursion_call(struct door_request *req)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str body;
    if (!read_body(req, &body))
        return;
    struct unum_str loop = text_of(req, body, "/RecursiveLoop");
    if (!unum_str_is(loop, "Allow") && !unum_str_is(loop, "Terminate")) {
        (void)invalid(req, "RecursiveLoop must be Allow or Terminate");
        return;
    }
    unum_buf_printf(&text, "{\"RecursiveLoop\":\"%.*s\"}", UNUM_STR_ARG(loop));
    change(req, &text);
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
        answer_json(req, 200);
        return;
    }
    if (unum_str_is(req->method, "POST") &&
        (!read_body(req, &body) || !json_get(body, UNUM_STR("Tags"), &added) ||
         json_type(added) != JSON_OBJECT)) {
        if (req->open)
            (void)invalid(req, "Tags is missing");
        return;
    }
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    json_object_begin(&w);
    json_key(&w, "Tags");
    write_merged_tags(tags, added, req, &w);
    json_object_end(&w);
    change(req, &text);
    req->answer.status = 204;
    door_answer(req);
}

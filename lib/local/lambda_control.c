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
    ENVIRONMENT_MOST = 4096
};

bool lambda_invalid(struct door_request *req, const char *text)
{
    door_error(req, 400, "InvalidParameterValueException", "%s", text);
    return false;
}

/* False: an error was answered. */
bool lambda_read_body(struct door_request *req, struct unum_str *ret)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(req->body, ret, &err) == 0 && json_type(*ret) == JSON_OBJECT)
        return true;
    door_error(req, 400, "InvalidRequestContentException",
               "Could not parse request body into json: %s", unum_err_text(&err));
    return false;
}

struct unum_str lambda_text(struct door_request *req, struct unum_str object, const char *pointer)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!json_pointer(object, unum_str_from(pointer), &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(&req->arena, unum_buf_str(&text));
}

/* True as well if there is none. */
bool lambda_is_between(struct unum_str object, const char *pointer, int64_t least, int64_t most)
{
    struct unum_str value;
    int64_t number;
    return !json_pointer(object, unum_str_from(pointer), &value) || json_type(value) == JSON_NULL ||
           (json_to_i64(value, &number) && number >= least && number <= most);
}

/* ---- answers ---- */

void lambda_copy_member(struct json_writer *w, struct unum_str record, const char *name)
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
    struct unum_str group = lambda_text(req, record, "/LoggingConfig/LogGroup");
    struct unum_str format = lambda_text(req, record, "/LoggingConfig/LogFormat");
    json_key(w, "LoggingConfig");
    json_object_begin(w);
    json_key(w, "LogFormat");
    json_string(w, format.len ? format : UNUM_STR("Text"));
    json_key(w, "LogGroup");
    json_string(w, group.len ? group
                             : unum_arena_printf(&req->arena, "/aws/lambda/%s", function->name));
    json_object_end(w);
}

static void write_state(const struct function *function, struct json_writer *w)
{
    bool pending = function_is_pending(function);
    json_key(w, "State");
    json_strings(w, pending ? "Pending" : "Active");
    if (pending) {
        json_key(w, "StateReason");
        json_strings(w, "The function is being created.");
        json_key(w, "StateReasonCode");
        json_strings(w, "Creating");
    }
    json_key(w, "LastUpdateStatus");
    json_strings(w, function_is_changing(function) ? "InProgress" : "Successful");
    if (pending) {
        json_key(w, "LastUpdateStatusReason");
        json_strings(w, "The function is being created.");
        json_key(w, "LastUpdateStatusReasonCode");
        json_strings(w, "Creating");
    }
}

/* One change after the other. CloudFormation waits for each itself. False: an error was answered.
 */
static bool may_change(struct door_request *req)
{
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_KB);
    if (!function_is_changing(req->target))
        return true;
    local_function_arn(req->local, unum_str_from(req->target->name), &arn);
    if (function_is_pending(req->target))
        door_error(req, 409, "ResourceConflictException",
                   "The operation cannot be performed at this time. The function is currently in "
                   "the following state: Pending");
    else
        door_error(req, 409, "ResourceConflictException",
                   "The operation cannot be performed at this time. An update is in progress for "
                   "resource: %s",
                   unum_buf_text(&arn));
    return false;
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
        lambda_copy_member(w, record, copied[i]);
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
    write_state(function, w);
    json_key(w, "PackageType");
    json_strings(w, "Zip");
    json_object_end(w);
}

void lambda_answer(struct door_request *req, int status)
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
    lambda_answer(req, status);
}

/* ---- what is asked for ---- */

/* False: an error was answered. */
static bool check_settings(struct door_request *req, struct unum_str body)
{
    struct unum_str runtime = lambda_text(req, body, "/Runtime"),
                    role = lambda_text(req, body, "/Role");
    struct unum_str variables;
    if (runtime.len && !unum_str_starts(runtime, UNUM_STR("provided.al")))
        return lambda_invalid(
            req, "the local platform runs functions of the runtimes provided.al2023 and "
                 "provided.al2: others need AWS");
    if (role.len && !unum_str_starts(role, UNUM_STR("arn:")))
        return lambda_invalid(req, "Role must be an ARN");
    if (role.len && !iam_has_role(req->local, role))
        return lambda_invalid(req,
                              "The role defined for the function cannot be assumed by Lambda.");
    if (!lambda_is_between(body, "/Timeout", 1, TIMEOUT_MOST) ||
        !lambda_is_between(body, "/MemorySize", MEMORY_LEAST, MEMORY_MOST) ||
        !lambda_is_between(body, "/EphemeralStorage/Size", 512, 10240))
        return lambda_invalid(req, "Timeout must be 1 to 900, MemorySize 128 to 10240, "
                                   "EphemeralStorage.Size 512 to 10240");
    if (json_pointer(body, UNUM_STR("/Environment/Variables"), &variables) &&
        variables.len > ENVIRONMENT_MOST)
        return lambda_invalid(
            req, "Lambda was unable to configure your environment variables because the "
                 "environment variables you have provided exceeded the 4KB limit.");
    if (json_pointer(body, UNUM_STR("/Layers/0"), &variables) ||
        json_pointer(body, UNUM_STR("/VpcConfig/SubnetIds/0"), &variables) ||
        unum_str_is(lambda_text(req, body, "/PackageType"), "Image"))
        return lambda_invalid(req,
                              "the local platform has no layers, networks or container images");
    return true;
}

/* Bytes of the zip: from an object or from the request. False: an error was answered. */
static bool read_code(struct door_request *req, struct unum_str code, struct unum_buf *ret)
{
    struct unum_str zip = lambda_text(req, code, "/ZipFile"),
                    bucket = lambda_text(req, code, "/S3Bucket");
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (zip.len) {
        if (!base64_decode(ret, zip))
            return lambda_invalid(req, "ZipFile is not base64 text of a zip");
        if (ret->len > FUNCTIONS_ZIP) {
            door_error(req, 413, "RequestEntityTooLargeException",
                       "Request must be smaller than 69905067 bytes for the operation");
            return false;
        }
        return true;
    }
    if (!bucket.len)
        return lambda_invalid(req, "Please provide a source for function code.");
    int rc = objects_read(req->local, bucket, lambda_text(req, code, "/S3Key"), ret, &err);
    if (rc == UNUM_E_NOTFOUND && !objects_bucket(req->local, bucket))
        return lambda_invalid(
            req, "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error "
                 "Message: The specified bucket does not exist");
    if (rc == UNUM_E_NOTFOUND)
        return lambda_invalid(req,
                              "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error "
                              "Message: The specified key does not exist.");
    return rc == 0 || lambda_invalid(req, unum_err_text(&err));
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
        return lambda_invalid(req,
                              "Could not unzip uploaded file. Please check your file, then try to "
                              "upload again.");
    if (rc == UNUM_E_IO) {
        door_error(req, 500, "ServiceException", "%s", unum_err_text(&err));
        return false;
    }
    return rc == 0 || lambda_invalid(req, unum_err_text(&err));
}

void lambda_copy_members(struct json_writer *w, struct unum_str body, const char *const *names,
                         size_t len)
{
    for (size_t i = 0; i < len; i++)
        lambda_copy_member(w, body, names[i]);
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
        return lambda_invalid(req, "FunctionName has 1 to 64 letters, digits, - or _");
    if (!lambda_text(req, body, "/Role").len || !json_get(body, UNUM_STR("Code"), &value) ||
        json_type(value) != JSON_OBJECT || !lambda_text(req, body, "/Runtime").len)
        return lambda_invalid(req, "Role, Runtime and Code are required");
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
    if (!lambda_read_body(req, &body))
        return;
    struct unum_str name = plain_name(lambda_text(req, body, "/FunctionName"));
    if (!check_new(req, body, name))
        return;
    json_object_begin(&w);
    lambda_copy_members(&w, body, taken, UNUM_COUNT(taken));
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
    if (!req->inside)
        function_settles(req->local, req->target, true);
    answer_configuration(req, req->target, 201);
}

/* "RevisionId" must be the one it has. False: an error was answered. */
static bool check_revision(struct door_request *req, struct unum_str body)
{
    struct unum_str wanted = lambda_text(req, body, "/RevisionId");
    struct unum_str record = function_record(req->target, &req->arena);
    if (!wanted.len || unum_str_eq(wanted, lambda_text(req, record, "/RevisionId")))
        return true;
    door_error(req, 412, "PreconditionFailedException",
               "The Revision Id provided does not match the latest Revision Id. Call the "
               "GetFunction/GetAlias API to retrieve the latest Revision Id");
    return false;
}

void lambda_update_code_call(struct door_request *req)
{
    static const char *const taken[] = {"Architectures"};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_str body, value;
    bool dry = false;
    if (!lambda_read_body(req, &body) || !may_change(req) || !check_revision(req, body))
        return;
    if (json_get(body, UNUM_STR("DryRun"), &value) && json_to_bool(value, &dry) && dry) {
        struct unum_buf UNUM_AUTO_BUF zip = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
        if (read_code(req, body, &zip))
            answer_configuration(req, req->target, 200);
        return;
    }
    json_object_begin(&w);
    lambda_copy_members(&w, body, taken, UNUM_COUNT(taken));
    if (!unpack(req, unum_str_from(req->target->name), body, &w))
        return;
    json_object_end(&w);
    function_change(req->local, req->target, unum_buf_str(&text));
    if (!req->inside)
        function_settles(req->local, req->target, false);
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
    if (!lambda_read_body(req, &body) || !may_change(req) || !check_revision(req, body) ||
        !check_settings(req, body))
        return;
    json_object_begin(&w);
    lambda_copy_members(&w, body, taken, UNUM_COUNT(taken));
    json_object_end(&w);
    function_change(req->local, req->target, unum_buf_str(&text));
    if (!req->inside)
        function_settles(req->local, req->target, false);
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

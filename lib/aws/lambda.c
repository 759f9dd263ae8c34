#include "aws/lambda.h"

#include <string.h>

#include "aws/rest.h"
#include "base/limits.h"
#include "base/vec.h"
#include "crypto/base64.h"

enum {
    MAX_NAME = 170, /* characters of a name or ARN (Lambda API, FunctionName) */
    MAX_ZIP = 50 * 1024 * 1024,
    MAX_PAIRS = 1000,
    PAGE = 50, /* functions in one answer of ListFunctions, whatever is asked for */
    WAIT_FIRST_MS = 200,
    WAIT_MOST_MS = 3000,
    CHANGE_REQUEST = 64 * 1024,
    LOG_TAIL = 8 * 1024,
};

#define FUNCTIONS "/2015-03-31/functions/"

static int check_name(struct unum_str name, struct unum_err *err)
{
    if (name.len && name.len <= MAX_NAME)
        return 0;
    return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no function name", UNUM_STR_ARG(name));
}

/* FUNCTIONS<name><rest>, or another root. */
static struct unum_str path_of(struct aws_call *call, const char *root, struct unum_str name,
                               const char *rest)
{
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_adds(&path, root);
    http_encode(&path, name, false);
    unum_buf_adds(&path, rest);
    return unum_arena_str(&call->x.arena, unum_buf_str(&path));
}

static struct aws_call begin(const char *operation, const char *method)
{
    return (struct aws_call){.service = AWS_LAMBDA,
                             .operation = unum_str_from(operation),
                             .method = unum_str_from(method)};
}

/* Another revision than the one given answers 412. */
static int send(struct aws_client *client, struct aws_call *call, struct unum_str name,
                struct unum_err *err)
{
    int rc = aws_call_one(client, call, err);
    if (rc < 0 && unum_str_is(call->code, "PreconditionFailedException")) {
        (void)unum_err_set(err, UNUM_E_CONFLICT, "somebody else has changed %.*s meanwhile",
                           UNUM_STR_ARG(name));
        (void)unum_err_hint(err, "look at what is there now, then try again");
        return UNUM_E_CONFLICT;
    }
    return rc;
}

/* ---- reading ---- */

static size_t read_pairs(struct unum_str object, const char *key, struct unum_arena *arena,
                         const struct lambda_pair **ret)
{
    struct unum_str list, name, value;
    size_t len = 0;
    *ret = NULL;
    if (!json_get(object, unum_str_from(key), &list) || json_type(list) != JSON_OBJECT)
        return 0;
    size_t count = json_count(list);
    if (count > MAX_PAIRS)
        count = MAX_PAIRS;
    struct lambda_pair *pairs = unum_arena_array(arena, count, sizeof(*pairs));
    struct json_iter iter = json_iter(list);
    while (len < count && json_next(&iter, &name, &value)) {
        if (json_type(value) == JSON_STRING)
            pairs[len++] =
                (struct lambda_pair){rest_decode(name, arena), rest_decode(value, arena)};
    }
    *ret = pairs;
    return len;
}

static void read_environment(struct unum_str object, struct unum_arena *arena,
                             struct lambda_function *f)
{
    struct unum_str environment, error;
    if (!json_get(object, UNUM_STR("Environment"), &environment))
        return;
    f->environment_len = read_pairs(environment, "Variables", arena, &f->environment);
    if (json_get(environment, UNUM_STR("Error"), &error)) {
        f->error_code = rest_text(error, "ErrorCode", arena);
        f->error_message = rest_text(error, "Message", arena);
    }
}

static int read_function(struct unum_str object, struct unum_arena *arena,
                         struct lambda_function *ret, struct unum_err *err)
{
    struct lambda_function f = {0};
    const struct {
        const char *key;
        struct unum_str *at;
    } texts[] = {
        {"FunctionName", &f.name},
        {"FunctionArn", &f.arn},
        {"Version", &f.version},
        {"Runtime", &f.runtime},
        {"Handler", &f.handler},
        {"Role", &f.role},
        {"CodeSha256", &f.code_sha256},
        {"RevisionId", &f.revision_id},
        {"LastModified", &f.last_modified},
        {"State", &f.state},
        {"StateReason", &f.state_reason},
        {"LastUpdateStatus", &f.update},
        {"LastUpdateStatusReason", &f.update_reason},
    };
    struct unum_str value, first;
    for (size_t i = 0; i < UNUM_COUNT(texts); i++)
        *texts[i].at = rest_text(object, texts[i].key, arena);
    if (!f.name.len)
        return unum_err_set(err, UNUM_E_PARSE, "an answer about a function has no FunctionName");
    f.code_size = rest_number(object, "CodeSize", 0);
    f.memory_mb = rest_number(object, "MemorySize", 0);
    f.timeout_s = rest_number(object, "Timeout", 0);
    if (json_get(object, UNUM_STR("Architectures"), &value) && json_at(value, 0, &first))
        f.architecture = rest_decode(first, arena);
    if (json_get(object, UNUM_STR("LoggingConfig"), &value))
        f.log_group = rest_text(value, "LogGroup", arena);
    if (!f.log_group.len)
        f.log_group = unum_arena_printf(arena, "/aws/lambda/%.*s", UNUM_STR_ARG(f.name));
    read_environment(object, arena, &f);
    *ret = f;
    return 0;
}

/* The answer of a call that describes one function. */
static int read_answer(const struct aws_call *call, struct unum_arena *arena,
                       struct lambda_function *ret, struct unum_err *err)
{
    struct unum_str object = UNUM_STR_NONE;
    int rc = rest_object(call, &object, err);
    if (rc == 0)
        rc = read_function(object, arena, ret, err);
    return rc;
}

int lambda_get(struct aws_client *client, struct unum_str name, struct unum_arena *arena,
               struct lambda_details *ret, struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = begin("GetFunction", "GET");
    struct unum_str object = UNUM_STR_NONE, part = UNUM_STR_NONE;
    struct lambda_details details = {.reserved = -1};
    int rc = check_name(name, err);
    if (rc < 0)
        return rc;
    call.path = path_of(&call, FUNCTIONS, name, "");
    rc = send(client, &call, name, err);
    if (rc == 0)
        rc = rest_object(&call, &object, err);
    if (rc < 0)
        return rc;
    if (!json_get(object, UNUM_STR("Configuration"), &part))
        return unum_err_set(err, UNUM_E_PARSE,
                            "lambda GetFunction: an answer without "
                            "Configuration");
    rc = read_function(part, arena, &details.function, err);
    if (rc < 0)
        return rc;
    details.tags_len = read_pairs(object, "Tags", arena, &details.tags);
    if (json_get(object, UNUM_STR("Code"), &part))
        details.location = rest_text(part, "Location", arena);
    if (json_get(object, UNUM_STR("Concurrency"), &part))
        details.reserved = rest_number(part, "ReservedConcurrentExecutions", -1);
    *ret = details;
    return 0;
}

int lambda_get_configuration(struct aws_client *client, struct unum_str name,
                             struct unum_arena *arena, struct lambda_function *ret,
                             struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = begin("GetFunctionConfiguration", "GET");
    int rc = check_name(name, err);
    if (rc < 0)
        return rc;
    call.path = path_of(&call, FUNCTIONS, name, "/configuration");
    rc = send(client, &call, name, err);
    return rc < 0 ? rc : read_answer(&call, arena, ret, err);
}

static int read_configurations(struct aws_call *calls, size_t count, struct unum_arena *arena,
                               struct lambda_function *ret, int *rcs, struct unum_err *err)
{
    int first = 0;
    for (size_t i = 0; i < count; i++) {
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        rcs[i] = calls[i].rc;
        if (rcs[i] == 0)
            rcs[i] = read_answer(&calls[i], arena, &ret[i], &failure);
        else
            (void)unum_err_set(
                &failure, rcs[i], "lambda %.*s: %.*s%s%.*s", UNUM_STR_ARG(calls[i].operation),
                UNUM_STR_ARG(calls[i].code), calls[i].code.len ? ": " : "",
                UNUM_STR_ARG(calls[i].message.len ? calls[i].message
                                                  : unum_str_from(unum_err_text(&calls[i].x.err))));
        if (rcs[i] < 0 && rcs[i] != UNUM_E_NOTFOUND && first == 0)
            first = unum_err_set(err, rcs[i], "%s", unum_err_text(&failure));
    }
    return first;
}

int lambda_get_configurations(struct aws_client *client, const struct unum_str *names, size_t count,
                              struct unum_arena *arena, struct lambda_function *ret, int *rcs,
                              struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA own = UNUM_ARENA_INIT;
    struct aws_call *calls = unum_arena_array(&own, count, sizeof(*calls));
    struct aws_call **list = unum_arena_array(&own, count, sizeof(struct aws_call *));
    for (size_t i = 0; i < count; i++) {
        int rc = check_name(names[i], err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < count; i++) {
        calls[i] = begin("GetFunctionConfiguration", "GET");
        calls[i].path = path_of(&calls[i], FUNCTIONS, names[i], "/configuration");
        list[i] = &calls[i];
    }
    int sent = count ? aws_call_all(client, list, count, NULL) : 0;
    (void)sent; /* each failure is looked at for itself */
    int rc = read_configurations(calls, count, arena, ret, rcs, err);
    for (size_t i = 0; i < count; i++)
        aws_call_done(&calls[i]);
    return rc;
}

struct listing {
    struct unum_str prefix;
    struct unum_arena *arena;
    UNUM_VEC(struct lambda_function) found;
};

static int read_page(struct listing *l, const struct aws_call *call, struct unum_str *ret_marker,
                     struct unum_err *err)
{
    struct unum_str object = UNUM_STR_NONE, functions, value;
    int rc = rest_object(call, &object, err);
    if (rc < 0)
        return rc;
    if (!json_get(object, UNUM_STR("Functions"), &functions) || json_type(functions) != JSON_ARRAY)
        return unum_err_set(err, UNUM_E_PARSE, "lambda ListFunctions: an answer without Functions");
    struct json_iter iter = json_iter(functions);
    while (json_next(&iter, NULL, &value)) {
        struct lambda_function function = {0};
        rc = read_function(value, l->arena, &function, err);
        if (rc < 0)
            return rc;
        if (!unum_str_starts(function.name, l->prefix))
            continue;
        if (l->found.len >= LAMBDA_MAX_LIST)
            return unum_err_set(err, UNUM_E_LIMIT, "there are more than %d functions",
                                LAMBDA_MAX_LIST);
        *unum_vec_push(&l->found) = function;
    }
    *ret_marker = rest_text(object, "NextMarker", l->arena);
    return 0;
}

static int list_page(struct aws_client *client, struct listing *l, struct unum_str *marker,
                     struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = begin("ListFunctions", "GET");
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(64 * UNUM_KB);
    unum_buf_printf(&query, "MaxItems=%d", PAGE);
    if (marker->len) {
        unum_buf_adds(&query, "&Marker=");
        http_encode(&query, *marker, false);
    }
    call.path = UNUM_STR(FUNCTIONS);
    call.query = unum_buf_str(&query);
    int rc = aws_call_one(client, &call, err);
    return rc < 0 ? rc : read_page(l, &call, marker, err);
}

int lambda_list(struct aws_client *client, struct unum_str prefix, struct unum_arena *arena,
                struct lambda_function **ret, size_t *ret_len, struct unum_err *err)
{
    struct listing l = {.prefix = prefix, .arena = arena};
    struct unum_str marker = UNUM_STR_NONE;
    int rc = 0;
    /* The ceiling ends a service that never stops giving markers. */
    for (size_t page = 0; rc == 0 && (page == 0 || marker.len); page++) {
        rc = page > LAMBDA_MAX_LIST
                 ? unum_err_set(err, UNUM_E_LIMIT, "lambda ListFunctions does not end")
                 : list_page(client, &l, &marker, err);
    }
    if (rc == 0) {
        struct lambda_function *found = unum_arena_array(arena, l.found.len, sizeof(*found));
        if (l.found.len)
            memcpy(found, l.found.at, l.found.len * sizeof(*found));
        *ret = found;
        *ret_len = l.found.len;
    }
    unum_vec_done(&l.found);
    return rc;
}

struct unum_str lambda_pair_get(const struct lambda_pair *pairs, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_is(pairs[i].name, name))
            return pairs[i].value;
    }
    return UNUM_STR_NONE;
}

/* ---- changing ---- */

static void write_text(struct json_writer *w, const char *key, struct unum_str text)
{
    if (!text.len)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void write_code(struct json_writer *w, const struct lambda_code *code)
{
    json_object_begin(w);
    if (code->bucket.len) {
        write_text(w, "S3Bucket", code->bucket);
        write_text(w, "S3Key", code->key);
        write_text(w, "S3ObjectVersion", code->object_version);
    } else {
        json_key(w, "ZipFile");
        unum_buf_addc(w->out, '"');
        base64_encode(w->out, code->zip);
        unum_buf_addc(w->out, '"');
        w->keyed = false;
        w->comma = true;
    }
    if (code->architecture.len) {
        json_key(w, "Architectures");
        json_array_begin(w);
        json_string(w, code->architecture);
        json_array_end(w);
    }
    write_text(w, "RevisionId", code->revision_id);
    if (code->dry_run) {
        json_key(w, "DryRun");
        json_bool(w, true);
    }
    json_object_end(w);
}

/* Send `body` to one function, which answers with its configuration. */
static int change(struct aws_client *client, struct unum_str name, const char *operation,
                  const char *rest, const struct unum_buf *body, struct unum_arena *arena,
                  struct lambda_function *ret, struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = begin(operation, "PUT");
    int rc = check_name(name, err);
    if (rc < 0)
        return rc;
    if (body->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "lambda %s: the request is too large", operation);
    call.path = path_of(&call, FUNCTIONS, name, rest);
    call.body = unum_buf_str(body);
    rc = send(client, &call, name, err);
    return rc < 0 ? rc : read_answer(&call, arena, ret, err);
}

int lambda_update_code(struct aws_client *client, struct unum_str name,
                       const struct lambda_code *code, struct unum_arena *arena,
                       struct lambda_function *ret, struct unum_err *err)
{
    if (!code->bucket.len && (!code->zip.len || code->zip.len > MAX_ZIP))
        return unum_err_set(err, UNUM_E_LIMIT,
                            "the code of %.*s has %zu bytes; without a bucket "
                            "at most %d are taken",
                            UNUM_STR_ARG(name), code->zip.len, MAX_ZIP);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(CHANGE_REQUEST + code->zip.len / 3 * 4 + 4);
    struct json_writer w = JSON_WRITER(&body);
    write_code(&w, code);
    return change(client, name, "UpdateFunctionCode", "/code", &body, arena, ret, err);
}

int lambda_update_codes(struct aws_client *client, const struct unum_str *names,
                        const struct lambda_code *codes, size_t count, struct unum_arena *arena,
                        struct lambda_function *ret, int *rcs, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA own = UNUM_ARENA_INIT;
    struct aws_call *calls = unum_arena_array(&own, count, sizeof(*calls));
    struct aws_call **list = unum_arena_array(&own, count, sizeof(struct aws_call *));
    for (size_t i = 0; i < count; i++) {
        int rc = check_name(names[i], err);
        if (rc < 0)
            return rc;
        if (!codes[i].bucket.len)
            return unum_err_set(err, UNUM_E_INVAL, "the code of %.*s is in no bucket",
                                UNUM_STR_ARG(names[i]));
    }
    for (size_t i = 0; i < count; i++) {
        struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(CHANGE_REQUEST);
        struct json_writer w = JSON_WRITER(&body);
        write_code(&w, &codes[i]);
        calls[i] = begin("UpdateFunctionCode", "PUT");
        calls[i].path = path_of(&calls[i], FUNCTIONS, names[i], "/code");
        calls[i].body = unum_arena_str(&own, unum_buf_str(&body));
        list[i] = &calls[i];
    }
    int sent = count ? aws_call_all(client, list, count, NULL) : 0;
    (void)sent; /* each failure is looked at for itself */
    int rc = read_configurations(calls, count, arena, ret, rcs, err);
    for (size_t i = 0; i < count; i++)
        aws_call_done(&calls[i]);
    return rc;
}

static void write_pairs(struct json_writer *w, const struct lambda_pair *pairs, size_t len)
{
    json_object_begin(w);
    for (size_t i = 0; i < len; i++) {
        json_key_str(w, pairs[i].name);
        json_string(w, pairs[i].value);
    }
    json_object_end(w);
}

static void write_number(struct json_writer *w, const char *key, int64_t number)
{
    if (!number)
        return;
    json_key(w, key);
    json_int(w, number);
}

int lambda_update_configuration(struct aws_client *client, struct unum_str name,
                                const struct lambda_change *c, struct unum_arena *arena,
                                struct lambda_function *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(CHANGE_REQUEST);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    write_number(&w, "MemorySize", c->memory_mb);
    write_number(&w, "Timeout", c->timeout_s);
    write_text(&w, "Handler", c->handler);
    if (c->description.ptr) {
        json_key(&w, "Description");
        json_string(&w, c->description);
    }
    if (c->set_environment) {
        json_key(&w, "Environment");
        json_object_begin(&w);
        json_key(&w, "Variables");
        write_pairs(&w, c->environment, c->environment_len);
        json_object_end(&w);
    }
    write_text(&w, "RevisionId", c->revision_id);
    json_object_end(&w);
    return change(client, name, "UpdateFunctionConfiguration", "/configuration", &body, arena, ret,
                  err);
}

/* 1: ready, 0: not yet. An Inactive function wakes up when it is invoked. */
static int judge_ready(const struct lambda_function *f, struct unum_err *err)
{
    if (unum_str_is(f->state, "Failed"))
        return unum_err_set(err, UNUM_E_FAILED, "function %.*s cannot run: %.*s",
                            UNUM_STR_ARG(f->name), UNUM_STR_ARG(f->state_reason));
    if (unum_str_is(f->update, "Failed"))
        return unum_err_set(err, UNUM_E_FAILED, "the update of function %.*s failed: %.*s",
                            UNUM_STR_ARG(f->name), UNUM_STR_ARG(f->update_reason));
    return !unum_str_is(f->state, "Pending") && !unum_str_is(f->update, "InProgress");
}

int lambda_wait_ready(struct aws_client *client, struct unum_str name, int64_t timeout_ms,
                      const struct unum_clock *clock, struct unum_arena *arena,
                      struct lambda_function *ret, struct unum_err *err)
{
    int64_t deadline_ns = unum_monotonic_ns(clock) + timeout_ms * 1000000;
    struct lambda_function function = {0};
    for (int64_t pause_ms = WAIT_FIRST_MS;; pause_ms = pause_ms * 3 / 2) {
        int rc = lambda_get_configuration(client, name, arena, &function, err);
        if (rc == 0)
            rc = judge_ready(&function, err);
        if (rc < 0)
            return rc;
        if (rc > 0)
            break;
        if (unum_monotonic_ns(clock) >= deadline_ns)
            return unum_err_set(err, UNUM_E_TIMEOUT, "function %.*s is still being updated",
                                UNUM_STR_ARG(name));
        clock->sleep_ms(clock->cookie, pause_ms < WAIT_MOST_MS ? pause_ms : WAIT_MOST_MS);
    }
    *ret = function;
    return 0;
}

int lambda_tag(struct aws_client *client, struct unum_str arn, const struct lambda_pair *tags,
               size_t len, struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = begin("TagResource", "POST");
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(CHANGE_REQUEST);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "Tags");
    write_pairs(&w, tags, len);
    json_object_end(&w);
    if (body.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "lambda TagResource: the request is too large");
    call.path = path_of(&call, "/2017-03-31/tags/", arn, "");
    call.body = unum_buf_str(&body);
    return aws_call_one(client, &call, err);
}

int lambda_untag(struct aws_client *client, struct unum_str arn, const struct unum_str *names,
                 size_t len, struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = begin("UntagResource", "DELETE");
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(CHANGE_REQUEST);
    for (size_t i = 0; i < len; i++) {
        unum_buf_adds(&query, i ? "&tagKeys=" : "tagKeys=");
        http_encode(&query, names[i], false);
    }
    if (query.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "lambda UntagResource: the request is too large");
    call.path = path_of(&call, "/2017-03-31/tags/", arn, "");
    call.query = unum_buf_str(&query);
    return aws_call_one(client, &call, err);
}

/* ---- calling ---- */

static const struct invoke_row {
    const char *name;
    size_t most; /* bytes of payload */
    int status;
} invoke_rows[] = {
    [LAMBDA_SYNC] = {"RequestResponse", UNUM_LIMIT_SYNC_PAYLOAD, 200},
    [LAMBDA_EVENT] = {"Event", UNUM_LIMIT_ASYNC_PAYLOAD, 202},
    [LAMBDA_DRY] = {"DryRun", UNUM_LIMIT_SYNC_PAYLOAD, 204},
};

static struct unum_str header(const struct aws_call *call, const char *name,
                              struct unum_arena *arena)
{
    const struct http_header *found = http_headers_get(&call->x.response_headers, name);
    return found ? unum_arena_str(arena, found->value) : UNUM_STR_NONE;
}

static struct unum_str decode_tail(const struct aws_call *call, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(LOG_TAIL);
    const struct http_header *found =
        http_headers_get(&call->x.response_headers, "X-Amz-Log-Result");
    if (!found || !base64_decode(&text, found->value) || text.failed)
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

int lambda_invoke(struct aws_client *client, struct unum_str name, enum lambda_invoke_type type,
                  struct unum_str payload, struct unum_arena *arena, struct lambda_answer *ret,
                  struct unum_err *err)
{
    const struct invoke_row *row = &invoke_rows[type];
    struct aws_call UNUM_AUTO(aws_call_done) call = begin("Invoke", "POST");
    int rc = check_name(name, err);
    if (rc < 0)
        return rc;
    if (payload.len > row->most)
        return unum_err_set(err, UNUM_E_LIMIT,
                            "the payload for %.*s has %zu bytes, Lambda takes %zu",
                            UNUM_STR_ARG(name), payload.len, row->most);
    call.path = path_of(&call, FUNCTIONS, name, "/invocations");
    call.body = payload;
    call.once = type == LAMBDA_SYNC;
    http_headers_add(&call.headers, &call.x.arena, UNUM_STR("X-Amz-Invocation-Type"),
                     unum_str_from(row->name));
    if (type == LAMBDA_SYNC)
        http_headers_add(&call.headers, &call.x.arena, UNUM_STR("X-Amz-Log-Type"),
                         UNUM_STR("Tail"));
    rc = send(client, &call, name, err);
    if (rc < 0)
        return rc;
    if (call.status != row->status)
        return unum_err_set(err, UNUM_E_REMOTE, "lambda Invoke: status %d instead of %d",
                            call.status, row->status);
    *ret = (struct lambda_answer){
        .payload = unum_arena_str(arena, unum_buf_str(&call.x.response)),
        .function_error = header(&call, "X-Amz-Function-Error", arena),
        .log_tail = decode_tail(&call, arena),
        .version = header(&call, "X-Amz-Executed-Version", arena),
        .request_id = unum_arena_str(arena, call.request_id),
    };
    return 0;
}

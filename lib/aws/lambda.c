#include "aws/lambda_internal.h"

#include <string.h>

#include "aws/rest.h"
#include "base/limits.h"
#include "base/vec.h"

enum {
    MAX_NAME = 170, /* characters of a name or ARN (Lambda API, FunctionName) */
    MAX_PAIRS = 1000,
    PAGE = 50, /* functions in one answer of ListFunctions, whatever is asked for */
};

int lambda_check_name(struct unum_str name, struct unum_err *err)
{
    if (name.len && name.len <= MAX_NAME)
        return 0;
    return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no function name", UNUM_STR_ARG(name));
}

struct unum_str lambda_path(struct aws_call *call, const char *root, struct unum_str name,
                            const char *rest)
{
    struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    unum_buf_adds(&path, root);
    http_encode(&path, name, false);
    unum_buf_adds(&path, rest);
    return unum_arena_str(&call->x.arena, unum_buf_str(&path));
}

struct aws_call lambda_begin(const char *operation, const char *method)
{
    return (struct aws_call){.service = AWS_LAMBDA,
                             .operation = unum_str_from(operation),
                             .method = unum_str_from(method)};
}

/* It answers 412. */
int lambda_send(struct aws_client *client, struct aws_call *call, struct unum_str name,
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

int lambda_read(const struct aws_call *call, struct unum_arena *arena, struct lambda_function *ret,
                struct unum_err *err)
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
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin("GetFunction", "GET");
    struct unum_str object = UNUM_STR_NONE, part = UNUM_STR_NONE;
    struct lambda_details details = {.reserved = -1};
    int rc = lambda_check_name(name, err);
    if (rc < 0)
        return rc;
    call.path = lambda_path(&call, LAMBDA_FUNCTIONS, name, "");
    rc = lambda_send(client, &call, name, err);
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
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin("GetFunctionConfiguration", "GET");
    int rc = lambda_check_name(name, err);
    if (rc < 0)
        return rc;
    call.path = lambda_path(&call, LAMBDA_FUNCTIONS, name, "/configuration");
    rc = lambda_send(client, &call, name, err);
    return rc < 0 ? rc : lambda_read(&call, arena, ret, err);
}

static int read_all(struct aws_call *calls, size_t count, struct unum_arena *arena,
                    struct lambda_function *ret, int *rcs, struct unum_err *err)
{
    int first = 0;
    for (size_t i = 0; i < count; i++) {
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        rcs[i] = calls[i].rc;
        if (rcs[i] == 0)
            rcs[i] = lambda_read(&calls[i], arena, &ret[i], &failure);
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

int lambda_ask_all(struct aws_client *client, struct aws_call *calls, size_t count,
                   struct unum_arena *arena, struct lambda_function *ret, int *rcs,
                   struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA own = UNUM_ARENA_INIT;
    struct aws_call **list = unum_arena_array(&own, count, sizeof(struct aws_call *));
    for (size_t i = 0; i < count; i++)
        list[i] = &calls[i];
    int sent = count ? aws_call_all(client, list, count, NULL) : 0;
    (void)sent; /* each failure is looked at for itself */
    int rc = read_all(calls, count, arena, ret, rcs, err);
    for (size_t i = 0; i < count; i++)
        aws_call_done(&calls[i]);
    return rc;
}

int lambda_get_configurations(struct aws_client *client, const struct unum_str *names, size_t count,
                              struct unum_arena *arena, struct lambda_function *ret, int *rcs,
                              struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA own = UNUM_ARENA_INIT;
    struct aws_call *calls = unum_arena_array(&own, count, sizeof(*calls));
    for (size_t i = 0; i < count; i++) {
        int rc = lambda_check_name(names[i], err);
        if (rc < 0)
            return rc;
    }
    for (size_t i = 0; i < count; i++) {
        calls[i] = lambda_begin("GetFunctionConfiguration", "GET");
        calls[i].path = lambda_path(&calls[i], LAMBDA_FUNCTIONS, names[i], "/configuration");
    }
    return lambda_ask_all(client, calls, count, arena, ret, rcs, err);
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
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin("ListFunctions", "GET");
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(64 * UNUM_KB);
    unum_buf_printf(&query, "MaxItems=%d", PAGE);
    if (marker->len) {
        unum_buf_adds(&query, "&Marker=");
        http_encode(&query, *marker, false);
    }
    call.path = UNUM_STR(LAMBDA_FUNCTIONS);
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

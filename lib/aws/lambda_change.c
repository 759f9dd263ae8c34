#include "aws/lambda_internal.h"
#include "base/limits.h"
#include "crypto/base64.h"
#include "json/json.h"

enum {
    MAX_ZIP = 50 * 1024 * 1024,
    WAIT_FIRST_MS = 200,
    WAIT_MOST_MS = 3000,
    CHANGE_REQUEST = 64 * 1024,
};

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
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin(operation, "PUT");
    int rc = lambda_check_name(name, err);
    if (rc < 0)
        return rc;
    if (body->failed)
        return unum_err_set(err, UNUM_E_LIMIT, "lambda %s: the request is too large", operation);
    call.path = lambda_path(&call, LAMBDA_FUNCTIONS, name, rest);
    call.body = unum_buf_str(body);
    rc = lambda_send(client, &call, name, err);
    return rc < 0 ? rc : lambda_read(&call, arena, ret, err);
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
    for (size_t i = 0; i < count; i++) {
        int rc = lambda_check_name(names[i], err);
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
        calls[i] = lambda_begin("UpdateFunctionCode", "PUT");
        calls[i].path = lambda_path(&calls[i], LAMBDA_FUNCTIONS, names[i], "/code");
        calls[i].body = unum_arena_str(&own, unum_buf_str(&body));
    }
    return lambda_ask_all(client, calls, count, arena, ret, rcs, err);
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
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin("TagResource", "POST");
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(CHANGE_REQUEST);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "Tags");
    write_pairs(&w, tags, len);
    json_object_end(&w);
    if (body.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "lambda TagResource: the request is too large");
    int rc = lambda_check_name(arn, err);
    if (rc < 0)
        return rc;
    call.path = lambda_path(&call, "/2017-03-31/tags/", arn, "");
    call.body = unum_buf_str(&body);
    return aws_call_one(client, &call, err);
}

int lambda_untag(struct aws_client *client, struct unum_str arn, const struct unum_str *names,
                 size_t len, struct unum_err *err)
{
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin("UntagResource", "DELETE");
    struct unum_buf UNUM_AUTO_BUF query = UNUM_BUF_INIT(CHANGE_REQUEST);
    for (size_t i = 0; i < len; i++) {
        unum_buf_adds(&query, i ? "&tagKeys=" : "tagKeys=");
        http_encode(&query, names[i], false);
    }
    if (query.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "lambda UntagResource: the request is too large");
    int rc = lambda_check_name(arn, err);
    if (rc < 0)
        return rc;
    call.path = lambda_path(&call, "/2017-03-31/tags/", arn, "");
    call.query = unum_buf_str(&query);
    return aws_call_one(client, &call, err);
}

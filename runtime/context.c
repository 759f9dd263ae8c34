/*
 * The user's side of an invocation: unum/runtime.h. A context is a struct rt_inv; user code gets a
 * name for it that hides everything.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rt.h"

static struct rt_inv *inv_of(unum_context *ctx)
{
    return (struct rt_inv *)ctx;
}

static struct unum_str str_of(struct unum_json value)
{
    return unum_str_of(value.data, value.size);
}

static struct unum_json json_of(struct unum_str text)
{
    return (struct unum_json){text.ptr, text.len};
}

static const struct unum_json no_value = {NULL, 0};

/* ---- code kinds ---- */

static void run_linked(struct rt_inv *inv)
{
    int ignored = unum_handler((unum_context *)inv, json_of(inv->input));
    (void)ignored; /* the answer says it all */
}

static void run_none(struct rt_inv *inv)
{
    inv->answer = (struct rt_answer){.given = true, .json = inv->input};
}

const struct rt_code rt_code_linked = {"linked", run_linked};
const struct rt_code rt_code_none = {"none", run_none};

/* ---- answering ---- */

static int fail_with(struct rt_inv *inv, struct unum_str type, struct unum_str cause)
{
    inv->answer = (struct rt_answer){.given = true,
                                     .failed = true,
                                     .error_type = unum_arena_str(&inv->arena, type),
                                     .cause = unum_arena_str(&inv->arena, cause)};
    return -1;
}

/* Bytes that live as long as the invocation need no copy. */
static bool lives_long(const struct rt_inv *inv, struct unum_str text)
{
    const char *from = inv->input.ptr;
    return from && text.ptr >= from && text.ptr + text.len <= from + inv->input.len;
}

int unum_answer_bytes(unum_context *ctx, const char *json, size_t size)
{
    struct rt_inv *inv = inv_of(ctx);
    struct unum_str value;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (size > UNUM_LIMIT_SYNC_PAYLOAD)
        return fail_with(inv, UNUM_STR("States.DataLimitExceeded"),
                         UNUM_STR("the answer is larger than 6 MB"));
    if (json_check(unum_str_of(json, size), &value, &err) < 0) {
        struct unum_str cause =
            unum_arena_printf(&inv->arena, "the answer is not JSON: %s", unum_err_text(&err));
        return fail_with(inv, UNUM_STR("Unum.InvalidJSON"), cause);
    }
    inv->answer = (struct rt_answer){
        .given = true, .json = lives_long(inv, value) ? value : unum_arena_str(&inv->arena, value)};
    return 0;
}

int unum_answer(unum_context *ctx, const char *json)
{
    return unum_answer_bytes(ctx, json ? json : "", json ? strlen(json) : 0);
}

int unum_answer_json(unum_context *ctx, struct unum_json value)
{
    return unum_answer_bytes(ctx, value.data, value.size);
}

__attribute__((format(printf, 2, 0))) static struct unum_str
format_text(struct rt_inv *inv, const char *format, va_list args)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    unum_buf_vprintf(&text, format, args);
    return unum_arena_str(&inv->arena, unum_buf_str(&text));
}

int unum_answer_string(unum_context *ctx, const char *format, ...)
{
    struct rt_inv *inv = inv_of(ctx);
    va_list args;
    va_start(args, format);
    struct unum_str text = format_text(inv, format, args);
    va_end(args);
    struct unum_buf UNUM_AUTO_BUF quoted = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD * 2);
    json_quote(&quoted, text);
    return unum_answer_bytes(ctx, unum_buf_text(&quoted), quoted.len);
}

int unum_fail(unum_context *ctx, const char *type, const char *format, ...)
{
    struct rt_inv *inv = inv_of(ctx);
    va_list args;
    va_start(args, format);
    struct unum_str cause = format_text(inv, format, args);
    va_end(args);
    struct unum_str name = unum_str_from(type && *type ? type : "Error");
    bool reserved =
        unum_str_starts(name, UNUM_STR("States.")) || unum_str_starts(name, UNUM_STR("Unum."));
    if (reserved)
        name = unum_arena_printf(&inv->arena, "User.%.*s", UNUM_STR_ARG(name));
    return fail_with(inv, name, cause);
}

/* ---- reading ---- */

enum unum_json_type unum_type(struct unum_json value)
{
    static const enum unum_json_type types[] = {
        [JSON_NULL] = UNUM_JSON_NULL,     [JSON_BOOL] = UNUM_JSON_BOOL,
        [JSON_NUMBER] = UNUM_JSON_NUMBER, [JSON_STRING] = UNUM_JSON_STRING,
        [JSON_ARRAY] = UNUM_JSON_ARRAY,   [JSON_OBJECT] = UNUM_JSON_OBJECT};
    return value.data && value.size ? types[json_type(str_of(value))] : UNUM_JSON_NONE;
}

struct unum_json unum_at(struct unum_json value, const char *pointer)
{
    struct unum_str part;
    if (!value.data || !json_pointer(str_of(value), unum_str_from(pointer), &part))
        return no_value;
    return json_of(part);
}

size_t unum_count(struct unum_json value)
{
    return value.data ? json_count(str_of(value)) : 0;
}

struct unum_json unum_element(struct unum_json array, size_t index)
{
    struct unum_str part;
    if (!array.data || !json_at(str_of(array), index, &part))
        return no_value;
    return json_of(part);
}

struct unum_iterator unum_each(struct unum_json value)
{
    struct json_iter iter =
        value.data ? json_iter(str_of(value)) : (struct json_iter){UNUM_STR_NONE, false};
    return (struct unum_iterator){no_value, no_value, json_of(iter.rest), iter.object};
}

int unum_next(struct unum_iterator *iterator)
{
    struct json_iter iter = {str_of(iterator->rest), iterator->in_object != 0};
    struct unum_str key = UNUM_STR_NONE;
    struct unum_str value;
    if (!iter.rest.ptr || !json_next(&iter, &key, &value))
        return 0;
    iterator->rest = json_of(iter.rest);
    iterator->key = key.len ? json_of(key) : no_value;
    iterator->value = json_of(value);
    return 1;
}

const char *unum_string_sized(unum_context *ctx, struct unum_json value, size_t *size)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    if (!value.data || !json_decode(str_of(value), &text))
        return NULL;
    struct unum_str copy = unum_arena_str(&inv_of(ctx)->arena, unum_buf_str(&text));
    if (size)
        *size = copy.len;
    return copy.ptr;
}

const char *unum_string(unum_context *ctx, struct unum_json value)
{
    return unum_string_sized(ctx, value, NULL);
}

int64_t unum_int(struct unum_json value, int64_t fallback)
{
    int64_t number;
    return value.data && json_to_i64(str_of(value), &number) ? number : fallback;
}

double unum_double(struct unum_json value, double fallback)
{
    double number;
    return value.data && json_to_double(str_of(value), &number) ? number : fallback;
}

int unum_bool(struct unum_json value, int fallback)
{
    bool yes;
    return value.data && json_to_bool(str_of(value), &yes) ? yes : fallback;
}

const char *unum_text(unum_context *ctx, struct unum_json value)
{
    return value.data ? unum_arena_str(&inv_of(ctx)->arena, str_of(value)).ptr : NULL;
}

struct unum_json unum_parse(const char *text, size_t size)
{
    struct unum_str value;
    if (!text || json_check(unum_str_of(text, size), &value, NULL) < 0)
        return no_value;
    return json_of(value);
}

/* ---- writing ---- */

static struct json_writer *writer_of(unum_context *ctx)
{
    return &inv_of(ctx)->writer;
}

static void begin(unum_context *ctx, char kind)
{
    struct rt_inv *inv = inv_of(ctx);
    if (inv->containers.len >= UNUM_LIMIT_JSON_DEPTH) {
        inv->written_wrong = true;
        return;
    }
    *unum_vec_push(&inv->containers) = kind;
    if (kind == '{')
        json_object_begin(&inv->writer);
    else
        json_array_begin(&inv->writer);
}

void unum_object(unum_context *ctx)
{
    begin(ctx, '{');
}

void unum_array(unum_context *ctx)
{
    begin(ctx, '[');
}

void unum_end(unum_context *ctx)
{
    struct rt_inv *inv = inv_of(ctx);
    if (!inv->containers.len) {
        inv->written_wrong = true;
        return;
    }
    if (inv->containers.at[--inv->containers.len] == '{')
        json_object_end(&inv->writer);
    else
        json_array_end(&inv->writer);
}

void unum_key(unum_context *ctx, const char *key)
{
    json_key(writer_of(ctx), key);
}

void unum_put_string(unum_context *ctx, const char *text)
{
    if (text)
        json_strings(writer_of(ctx), text);
    else
        json_null(writer_of(ctx));
}

void unum_put_bytes(unum_context *ctx, const char *text, size_t size)
{
    json_string(writer_of(ctx), unum_str_of(text, size));
}

void unum_put_int(unum_context *ctx, int64_t number)
{
    json_int(writer_of(ctx), number);
}

/* The shortest text that reads back as the same double. */
void unum_put_double(unum_context *ctx, double number)
{
    if (!isfinite(number)) {
        json_null(writer_of(ctx));
        return;
    }
    char text[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    json_raw(writer_of(ctx), unum_str_from(text));
}

void unum_put_bool(unum_context *ctx, int yes)
{
    json_bool(writer_of(ctx), yes != 0);
}

void unum_put_null(unum_context *ctx)
{
    json_null(writer_of(ctx));
}

void unum_put_json(unum_context *ctx, struct unum_json value)
{
    if (value.data)
        json_raw(writer_of(ctx), str_of(value));
    else
        json_null(writer_of(ctx));
}

int unum_answer_written(unum_context *ctx)
{
    struct rt_inv *inv = inv_of(ctx);
    int rc;
    if (inv->written.failed)
        rc = fail_with(inv, UNUM_STR("States.DataLimitExceeded"),
                       UNUM_STR("the answer is larger than 6 MB"));
    else if (inv->written_wrong || inv->containers.len)
        rc = fail_with(inv, UNUM_STR("Unum.InvalidJSON"),
                       UNUM_STR("unum_object or unum_array and unum_end do not match"));
    else
        rc = unum_answer_bytes(ctx, unum_buf_text(&inv->written), inv->written.len);
    unum_buf_clear(&inv->written);
    inv->writer = (struct json_writer)JSON_WRITER(&inv->written);
    inv->containers.len = 0;
    inv->written_wrong = false;
    return rc;
}

/* ---- fan-in ---- */

static void index_inputs(struct rt_inv *inv)
{
    if (inv->inputs || json_type(inv->input) != JSON_ARRAY)
        return;
    inv->inputs = unum_arena_array(&inv->arena, json_count(inv->input), sizeof(*inv->inputs));
    struct json_iter iter = json_iter(inv->input);
    while (json_next(&iter, NULL, &inv->inputs[inv->inputs_len]))
        inv->inputs_len++;
}

size_t unum_input_count(unum_context *ctx)
{
    return json_type(inv_of(ctx)->input) == JSON_ARRAY ? json_count(inv_of(ctx)->input) : 0;
}

struct unum_json unum_input(unum_context *ctx, size_t position)
{
    struct rt_inv *inv = inv_of(ctx);
    index_inputs(inv);
    return position < inv->inputs_len ? json_of(inv->inputs[position]) : no_value;
}

/* ---- the invocation ---- */

const char *unum_function(unum_context *ctx)
{
    return unum_arena_str(&inv_of(ctx)->arena, inv_of(ctx)->node->name).ptr;
}

const char *unum_session(unum_context *ctx)
{
    return unum_arena_str(&inv_of(ctx)->arena, inv_of(ctx)->event.run.session).ptr;
}

const char *unum_instance(unum_context *ctx)
{
    return inv_of(ctx)->instance.ptr;
}

const char *unum_request_id(unum_context *ctx)
{
    return unum_arena_str(&inv_of(ctx)->arena, inv_of(ctx)->request_id).ptr;
}

int unum_attempt(unum_context *ctx)
{
    return (int)inv_of(ctx)->event.attempt;
}

static const struct rt_frame *frame_at(unum_context *ctx, int level)
{
    const struct rt_scope *scope = &inv_of(ctx)->event.scope;
    if (level < 0 || (size_t)level >= scope->len)
        return NULL;
    return &scope->at[scope->len - 1 - (size_t)level];
}

int64_t unum_index(unum_context *ctx, int level)
{
    const struct rt_frame *frame = frame_at(ctx, level);
    return frame ? (int64_t)frame->index : -1;
}

int64_t unum_size(unum_context *ctx, int level)
{
    const struct rt_frame *frame = frame_at(ctx, level);
    return frame ? (int64_t)frame->size : -1;
}

int64_t unum_remaining_ms(unum_context *ctx)
{
    /* The platform's deadline is real time, whatever clock the workflow runs on. */
    return inv_of(ctx)->deadline_ms - unum_wall_ms(&unum_clock_system);
}

void *unum_memory(unum_context *ctx, size_t size)
{
    return unum_arena_alloc(&inv_of(ctx)->arena, size);
}

/* ---- logging ---- */

static enum unum_log_level level_of(enum unum_severity severity)
{
    switch (severity) {
    case UNUM_DEBUG:
        return UNUM_LOG_DEBUG;
    case UNUM_INFO:
        return UNUM_LOG_INFO;
    case UNUM_WARN:
        return UNUM_LOG_WARN;
    case UNUM_ERROR:
        break;
    }
    return UNUM_LOG_ERROR;
}

void unum_log(unum_context *ctx, enum unum_severity severity, const char *format, ...)
{
    struct rt_inv *inv = inv_of(ctx);
    va_list args;
    va_start(args, format);
    struct unum_str text = format_text(inv, format, args);
    va_end(args);
    rt_log(inv, level_of(severity), text.ptr, UNUM_STR_NONE);
}

void unum_log_json(unum_context *ctx, enum unum_severity severity, const char *message,
                   struct unum_json fields)
{
    bool object = unum_type(fields) == UNUM_JSON_OBJECT;
    rt_log(inv_of(ctx), level_of(severity), message, object ? str_of(fields) : UNUM_STR_NONE);
}

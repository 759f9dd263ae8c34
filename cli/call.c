#include "call.h"

#include <string.h>

#include "aws/lambda.h"
#include "base/limits.h"
#include "ir/ir.h"
#include "safe_text.h"
#include "template/app.h"

int call_print(struct program *p, const char *key, struct unum_str session, struct unum_str value)
{
    if (!program_json(p)) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_GATHER * 2);
        safe_json(&p->out, value, &text);
        unum_buf_addc(&text, '\n');
        ui_write(&p->out, unum_buf_str(&text));
        return 0;
    }
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    if (session.len) {
        json_key(&w, "session");
        json_string(&w, session);
    }
    if (key) {
        json_key(&w, key);
        json_raw(&w, value);
    }
    json_object_end(&w);
    return 0;
}

/* Which of the names of functions and nodes was meant? */
static void suggest(const struct program *p, const char *name, struct unum_err *err)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, unum_str_from(name));
    for (size_t i = 0; i < p->app->functions_len; i++)
        unum_nearest_try(&nearest, p->app->functions[i].name);
    if (nearest.best.ptr && !unum_str_is(nearest.best, name))
        unum_err_hint(err, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
}

static struct unum_str member_text(struct unum_str object, const char *key,
                                   struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_str value;
    if (!json_get(object, unum_str_from(key), &value) || !json_decode(value, &text))
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

static void print_lines(struct ui *ui, const char *indent, struct unum_str text)
{
    struct unum_str line, rest = unum_str_trim(text);
    while (rest.len && unum_str_split(&rest, '\n', &line)) {
        struct unum_buf UNUM_AUTO_BUF safe = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        safe_text(ui, line, &safe);
        ui_printf(ui, "%s%s\n", indent, unum_buf_text(&safe));
    }
}

static void failure_json(struct program *p, const struct lambda_answer *answer,
                         struct unum_str payload)
{
    struct json_writer w = JSON_WRITER(&p->result);
    json_object_begin(&w);
    json_key(&w, "functionError");
    json_string(&w, answer->function_error);
    json_key(&w, "payload");
    if (payload.ptr)
        json_raw(&w, payload);
    else
        json_string(&w, answer->payload);
    json_key(&w, "logTail");
    json_string(&w, answer->log_tail);
    json_object_end(&w);
}

/* {"errorType","errorMessage","stackTrace"} as Lambda and its runtimes write it. */
static int function_failed(struct program *p, const char *name, const struct lambda_answer *answer,
                           struct unum_err *err)
{
    struct unum_str payload = UNUM_STR_NONE, stack, frame;
    if (json_check(answer->payload, &payload, NULL) < 0)
        payload = UNUM_STR_NONE;
    struct unum_str type = member_text(payload, "errorType", &p->arena);
    struct unum_str message = member_text(payload, "errorMessage", &p->arena);
    if (program_json(p)) {
        failure_json(p, answer, payload);
    } else if (!p->global.quiet) {
        if (json_get(payload, UNUM_STR("stackTrace"), &stack) && json_count(stack)) {
            struct json_iter iter = json_iter(stack);
            ui_puts(&p->err, "stack:\n");
            while (json_next(&iter, NULL, &frame))
                print_lines(&p->err, "  ", frame);
        }
        if (answer->log_tail.len) {
            ui_puts(&p->err, "the end of its log:\n");
            print_lines(&p->err, "  ", answer->log_tail);
        }
    }
    return unum_err_set(err, UNUM_E_FAILED, "the function %s failed: %.*s%s%.*s", name,
                        UNUM_STR_ARG(type.len ? type : answer->function_error),
                        message.len ? ": " : "", UNUM_STR_ARG(message));
}

/* The form the runtime knows as a call without a run (runtime/direct.c). */
static int direct_event(const char *function, struct unum_str input, struct unum_buf *out,
                        struct unum_err *err)
{
    if (strcmp(function, IR_ENTRY_NODE) == 0 || strcmp(function, IR_FAILURES_NODE) == 0)
        return unum_err_set(err, UNUM_E_USAGE, "%s has no code of yours to call", function);
    unum_buf_adds(out, "{\"Unum\":{\"Direct\":true},\"Data\":");
    unum_buf_add(out, input);
    unum_buf_addc(out, '}');
    return out->failed ? unum_err_set(err, UNUM_E_LIMIT, "the input is larger than 6 MB") : 0;
}

int call_function(struct connection *c, struct program *p, const char *function, bool async,
                  struct unum_str input, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    struct unum_str checked = UNUM_STR_NONE;
    struct unum_str name = app_node_function(p->app, unum_str_from(function), &p->arena);
    struct lambda_answer answer;
    int rc = direct_event(function, input, &event, err);
    if (rc < 0)
        return rc;
    rc = lambda_invoke(c->client, name, async ? LAMBDA_EVENT : LAMBDA_SYNC, unum_buf_str(&event),
                       &p->arena, &answer, err);
    if (rc == UNUM_E_NOTFOUND)
        suggest(p, function, err);
    if (rc < 0)
        return connection_explain(c, p, rc, err);
    if (answer.function_error.len)
        return function_failed(p, function, &answer, err);
    if (async) {
        struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_KB);
        json_quote(&id, answer.request_id);
        return program_json(p) ? call_print(p, "requestId", UNUM_STR_NONE, unum_buf_str(&id))
                               : call_print(p, NULL, UNUM_STR_NONE, answer.request_id);
    }
    rc = json_check(answer.payload, &checked, err);
    if (rc < 0)
        return unum_err_wrap(err, "the answer of %s", function);
    return call_print(p, "answer", UNUM_STR_NONE, checked);
}

/*
 * Invocations: waiting for a process, running, over; asynchronous ones are tried again and end, if
 * nothing helps, at the failure destination.
 * Sources: "Invoking a Lambda function asynchronously", "Retaining records of asynchronous
 * invocations" (Lambda Developer Guide).
 */
#include "local/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "json/json.h"

#define RETRY_DELAY_MS 60000 /* before the second attempt; twice that before the third */

/* ---- one invocation ---- */

static void new_trace(struct invocation *inv)
{
    unsigned char random[20];
    unum_random_bytes(random, sizeof(random));
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(sizeof(inv->trace) - 1);
    unum_buf_printf(&text, "Root=1-%08llx-",
                    (unsigned long long)(local_real_now(inv->local) / 1000));
    unum_buf_hex(&text, random, 12);
    unum_buf_adds(&text, ";Parent=");
    unum_buf_hex(&text, random + 12, 8);
    unum_buf_adds(&text, ";Sampled=0");
    memcpy(inv->trace, text.ptr, text.len + 1);
}

/* The session is named in the payload of every event but the first. */
static void find_session(struct invocation *inv)
{
    struct unum_str payload = unum_buf_str(&inv->payload), session;
    if (json_type(payload) != JSON_OBJECT || !json_get(payload, UNUM_STR("Session"), &session))
        return;
    struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    if (json_decode(session, &text) && text.len)
        inv->session = unum_str_dup(unum_buf_str(&text));
    unum_buf_done(&text);
}

struct invocation *invocation_new(struct local *local, struct function *function,
                                  struct unum_str payload, bool asynchronous)
{
    struct invocation *inv = unum_alloc(sizeof(*inv));
    inv->local = local;
    inv->refs = 1;
    inv->function = function;
    inv->asynchronous = asynchronous;
    inv->attempt = 1;
    inv->payload.max = UNUM_LIMIT_HTTP_BODY;
    unum_buf_add(&inv->payload, payload);
    inv->tail.max = (size_t)2 * LOCAL_LOG_TAIL + UNUM_LIMIT_LOG_LINE;
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(sizeof(inv->request_id) - 1);
    unum_uuid4(&id);
    memcpy(inv->request_id, id.ptr, id.len + 1);
    new_trace(inv);
    inv->first_ms = inv->queued_ms = local_now(local);
    find_session(inv);
    return inv;
}

struct invocation *invocation_ref(struct invocation *inv)
{
    inv->refs++;
    return inv;
}

void invocation_unref(struct invocation *inv)
{
    if (!inv || --inv->refs > 0)
        return;
    unum_buf_done(&inv->payload);
    unum_buf_done(&inv->tail);
    free(inv->client_context);
    free(inv->session);
    free(inv->instance);
    free(inv);
}

void invocation_wait(struct invocation *inv, int change)
{
    if (inv->over || !inv->running)
        return;
    bool before = inv->waits > 0;
    inv->waits = change > 0 ? inv->waits + 1 : inv->waits - 1;
    bool after = inv->waits > 0;
    if (!before && after)
        inv->local->waiting++;
    else if (before && !after)
        inv->local->waiting--;
}

/* ---- the failure record ---- */

static void write_response(struct json_writer *w, struct unum_str payload)
{
    json_key(w, "responseContext");
    json_object_begin(w);
    json_key(w, "statusCode");
    json_int(w, 200);
    json_key(w, "executedVersion");
    json_strings(w, "$LATEST");
    json_key(w, "functionError");
    json_strings(w, "Unhandled");
    json_object_end(w);
    json_key(w, "responsePayload");
    struct unum_str value;
    if (json_check(payload, &value, NULL) == 0)
        json_raw(w, value);
    else
        json_string(w, payload);
}

static void write_record(const struct invocation *inv, const char *condition, unsigned invoked,
                         struct unum_str payload, struct unum_buf *out)
{
    struct json_writer w = JSON_WRITER(out);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    json_object_begin(&w);
    json_key(&w, "version");
    json_strings(&w, "1.0");
    json_key(&w, "timestamp");
    unum_time_rfc3339(local_now(inv->local), &text);
    json_string(&w, unum_buf_str(&text));
    json_key(&w, "requestContext");
    json_object_begin(&w);
    json_key(&w, "requestId");
    json_strings(&w, inv->request_id);
    json_key(&w, "functionArn");
    unum_buf_clear(&text);
    local_function_arn(inv->local, unum_str_from(inv->function->name), &text);
    unum_buf_adds(&text, ":$LATEST");
    json_string(&w, unum_buf_str(&text));
    json_key(&w, "condition");
    json_strings(&w, condition);
    json_key(&w, "approximateInvokeCount");
    json_int(&w, invoked);
    json_object_end(&w);
    json_key(&w, "requestPayload");
    json_raw(&w, unum_buf_str(&inv->payload));
    if (payload.ptr)
        write_response(&w, payload);
    json_object_end(&w);
}

/* An event is given up. `payload` is what the function answered last; ptr NULL: it never ran. */
static void give_up(struct invocation *inv, const char *condition, unsigned invoked,
                    struct unum_str payload)
{
    struct local *local = inv->local;
    state_forget(inv);
    if (!inv->function->on_failure)
        return;
    struct function *target = local_function_find(local, unum_str_from(inv->function->on_failure));
    struct unum_buf UNUM_AUTO_BUF record = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    write_record(inv, condition, invoked, payload, &record);
    if (!target)
        logs_printf(local, inv, "DestinationDeliveryFailures: there is no function \"%s\"",
                    inv->function->on_failure);
    else if (record.failed || record.len > UNUM_LIMIT_ASYNC_PAYLOAD)
        logs_printf(
            local, inv,
            "DestinationDeliveryFailures: the failure record has %zu bytes, Lambda delivers "
            "at most %zu",
            record.len, UNUM_LIMIT_ASYNC_PAYLOAD);
    else
        invocation_unref(queue_event(local, target, unum_buf_str(&record)));
}

/* ---- the end of an attempt ---- */

static void retry_now(struct local *local, void *cookie)
{
    queue_push(local, cookie);
}

static void retry_drop(void *cookie)
{
    invocation_unref(cookie);
}

/* A new attempt has an identity of its own for processes that still hold the old one. */
static struct invocation *next_attempt(struct invocation *inv)
{
    struct invocation *again =
        invocation_new(inv->local, inv->function, unum_buf_str(&inv->payload), true);
    memcpy(again->request_id, inv->request_id, sizeof(again->request_id));
    memcpy(again->trace, inv->trace, sizeof(again->trace));
    again->attempt = inv->attempt + 1;
    again->first_ms = inv->first_ms;
    again->persistent_id = inv->persistent_id;
    inv->persistent_id = 0;
    return again;
}

static void event_ended(struct invocation *inv, bool failed, struct unum_str payload)
{
    if (!failed) {
        state_forget(inv);
        return;
    }
    if (inv->attempt > inv->function->max_retries) {
        give_up(inv, "RetriesExhausted", inv->attempt, payload);
        return;
    }
    int64_t due_ms = local_now(inv->local) + RETRY_DELAY_MS * (int64_t)inv->attempt;
    if (due_ms - inv->first_ms > inv->function->max_age_ms) {
        give_up(inv, "EventAgeExceeded", inv->attempt, payload);
        return;
    }
    local_timer_arm(inv->local, &(struct local_timer){.due_ms = due_ms,
                                                      .fire = retry_now,
                                                      .drop = retry_drop,
                                                      .cookie = next_attempt(inv)});
}

static void report(struct invocation *inv, bool failed, struct unum_str payload)
{
    struct local *local = inv->local;
    int64_t took_us = inv->started_us ? local_mono_us(local) - inv->started_us : 0;
    logs_printf(local, inv, "END RequestId: %s", inv->request_id);
    char init[48] = "";
    if (inv->init_us)
        (void)snprintf(init, sizeof(init), "\tInit Duration: %.2f ms", (double)inv->init_us / 1000);
    logs_printf(local, inv,
                "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: "
                "%lld MB%s",
                inv->request_id, (double)took_us / 1000, (long long)((took_us + 999) / 1000),
                (long long)inv->function->memory_mb, init);
    if (!local->config.on_invocation)
        return;
    struct unum_buf UNUM_AUTO_BUF type = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_str value;
    if (failed && json_check(payload, &value, NULL) == 0 &&
        json_get(value, UNUM_STR("errorType"), &value))
        (void)json_decode(value, &type);
    const struct local_invocation row = {
        .function = unum_str_from(inv->function->name),
        .process = unum_str_from(inv->process),
        .session = unum_str_from(inv->session),
        .instance = unum_str_from(inv->instance),
        .request_id = unum_str_from(inv->request_id),
        .queued_ms = inv->queued_ms,
        .started_ms = inv->started_ms,
        .ended_ms = local_now(local),
        .init_us = inv->init_us,
        .duration_us = took_us,
        .asynchronous = inv->asynchronous,
        .failed = failed,
        .attempt = inv->attempt,
        .error_type = unum_buf_str(&type),
    };
    local->config.on_invocation(local->config.cookie, &row);
}

void invocation_end(struct invocation *inv, bool failed, struct unum_str payload)
{
    struct local *local = inv->local;
    if (inv->over)
        return;
    inv->over = true;
    if (inv->running) {
        inv->running = false;
        local->running--;
        inv->function->running--;
        if (inv->waits > 0)
            local->waiting--;
        inv->waits = 0;
        report(inv, failed, payload);
    }
    if (inv->asynchronous)
        event_ended(inv, failed, payload);
    else if (inv->done)
        inv->done(inv, failed, payload);
}

void invocation_fail(struct invocation *inv, const char *type, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_buf UNUM_AUTO_BUF payload = UNUM_BUF_INIT(4 * UNUM_LIMIT_ERROR_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    struct json_writer w = JSON_WRITER(&payload);
    json_object_begin(&w);
    json_key(&w, "errorType");
    json_strings(&w, type);
    json_key(&w, "errorMessage");
    json_string(&w, unum_buf_str(&text));
    json_object_end(&w);
    invocation_end(inv, true, unum_buf_str(&payload));
}

/* ---- the queue ---- */

void queue_push(struct local *local, struct invocation *inv)
{
    inv->next = NULL;
    if (local->ready_last)
        local->ready_last->next = inv;
    else
        local->ready_first = inv;
    local->ready_last = inv;
    local->queued++;
}

struct invocation *queue_event(struct local *local, struct function *function,
                               struct unum_str payload)
{
    struct invocation *inv = invocation_new(local, function, payload, true);
    state_keep(inv);
    queue_push(local, invocation_ref(inv));
    return inv;
}

struct invocation *queue_event_but(struct local *local, struct function *function,
                                   struct unum_str payload, const struct local_fault *fault)
{
    enum local_fault_kind kind = fault ? fault->kind : LOCAL_FAULT_KIND_COUNT;
    if (kind == LOCAL_FAULT_LATE || kind == LOCAL_FAULT_DROP) {
        struct invocation *inv = invocation_new(local, function, payload, true);
        if (kind == LOCAL_FAULT_LATE)
            held_add(local,
                     &(struct held){.until = fault->until, .invocation = invocation_ref(inv)});
        return inv;
    }
    struct invocation *inv = queue_event(local, function, payload);
    if (kind == LOCAL_FAULT_TWICE) {
        struct invocation *copy = invocation_new(local, function, payload, true);
        memcpy(copy->request_id, inv->request_id, sizeof(copy->request_id));
        queue_push(local, copy);
    }
    return inv;
}

static void unlink_after(struct local *local, struct invocation *before, struct invocation *inv)
{
    if (before)
        before->next = inv->next;
    else
        local->ready_first = inv->next;
    if (local->ready_last == inv)
        local->ready_last = before;
    inv->next = NULL;
    local->queued--;
}

static void start(struct local *local, struct invocation *inv)
{
    struct function *function = inv->function;
    inv->running = true;
    inv->execution = ++function->delivered;
    local->running++;
    function->running++;
    local->counts.invocations++;
    if (local->running > local->counts.peak_running)
        local->counts.peak_running = local->running;
    inv->started_ms = local_now(local);
    struct worker *worker = worker_take_warm(function);
    if (worker) {
        worker_give(worker, inv);
        return;
    }
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (worker_start(local, function, inv, &err))
        invocation_fail(inv, "Runtime.InvalidEntrypoint", "RequestId: %s Error: %s",
                        inv->request_id, unum_err_text(&err));
}

void queue_again(struct invocation *inv)
{
    struct local *local = inv->local;
    inv->running = false;
    local->running--;
    inv->function->running--;
    inv->function->delivered--;
    local->counts.invocations--;
    if (inv->waits > 0)
        local->waiting--;
    inv->waits = 0;
    inv->next = local->ready_first;
    local->ready_first = invocation_ref(inv);
    if (!local->ready_last)
        local->ready_last = inv;
    local->queued++;
}

/* An event that can never start any more. */
static bool is_hopeless(struct local *local, struct invocation *inv, const char **ret_condition)
{
    *ret_condition = "EventAgeExceeded";
    if (!inv->asynchronous)
        return false;
    if (local_now(local) - inv->first_ms > inv->function->max_age_ms)
        return true;
    /* Reserved concurrency 0 sends events straight to the destination. */
    *ret_condition = "RetriesExhausted";
    return inv->function->reserved == 0;
}

void queue_dispatch(struct local *local)
{
    struct invocation *before = NULL, *inv = local->ready_first;
    while (inv && local->running - local->waiting < local->concurrency) {
        struct invocation *next = inv->next;
        const char *condition;
        if (is_hopeless(local, inv, &condition)) {
            unlink_after(local, before, inv);
            inv->over = true;
            give_up(inv, condition, inv->attempt - 1, UNUM_STR_NONE);
            invocation_unref(inv);
            next = before ? before->next : local->ready_first;
        } else if (inv->function->reserved < 0 ||
                   inv->function->running < (size_t)inv->function->reserved) {
            unlink_after(local, before, inv);
            start(local, inv);
            invocation_unref(inv);
            next = before ? before->next : local->ready_first;
        } else {
            before = inv;
        }
        inv = next;
    }
}

void queue_clear(struct local *local)
{
    while (local->ready_first) {
        struct invocation *inv = local->ready_first;
        unlink_after(local, NULL, inv);
        invocation_unref(inv);
    }
}

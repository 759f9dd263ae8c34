/*
 * Starting a node later: Waits, and the delays of retries.
 * Source: EventBridge Scheduler API reference, CreateSchedule; at(yyyy-mm-ddThh:mm:ss) in UTC.
 */
#include <inttypes.h>

#include "crypto/hash.h"
#include "rt.h"

enum { ANSWER_MARGIN_MS = 2000 };

/* Equal for every copy of the edge, so that a repetition finds the schedule there. */
static struct unum_str schedule_name(struct rt_inv *inv, const struct rt_edge *edge)
{
    char hex[HASH_SHA256_HEX + 1];
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str name = edge->resume.ptr ? edge->resume : edge->node;
    unum_buf_add(&text, inv->prefix);
    unum_buf_add(&text, inv->event.run.nonce);
    unum_buf_addc(&text, '/');
    unum_buf_add(&text, rt_instance(inv, name, edge->scope, edge->visit));
    unum_buf_printf(&text, "~%" PRIu32, edge->attempt);
    hash_sha256_hex(unum_buf_str(&text), hex);
    return unum_arena_printf(&inv->arena, "unum-%.48s", hex);
}

static void write_schedule(struct rt_inv *inv, const struct rt_edge *edge, struct unum_str payload,
                           struct unum_buf *out)
{
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    struct unum_buf UNUM_AUTO_BUF at = UNUM_BUF_INIT(64);
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(out);
    /* Whole seconds: rounded up, a wait is never shorter than it says. */
    unum_time_rfc3339((edge->due_ms + 999) / 1000 * 1000, &time);
    unum_buf_printf(&at, "at(%.19s)", unum_buf_text(&time));
    size_t tail = unum_str_rfind(inv->arn, ':');
    unum_buf_add(&arn, unum_str_slice(inv->arn, 0, tail == SIZE_MAX ? 0 : tail + 1));
    unum_buf_printf(&arn, "%.*s-%.*s", UNUM_STR_ARG(inv->rt->config.app), UNUM_STR_ARG(edge->node));
    json_object_begin(&w);
    json_key(&w, "ScheduleExpression");
    json_string(&w, unum_buf_str(&at));
    json_key(&w, "ActionAfterCompletion");
    json_strings(&w, "DELETE");
    json_key(&w, "FlexibleTimeWindow");
    json_object_begin(&w);
    json_key(&w, "Mode");
    json_strings(&w, "OFF");
    json_object_end(&w);
    json_key(&w, "Target");
    json_object_begin(&w);
    json_key(&w, "Arn");
    json_string(&w, unum_buf_str(&arn));
    json_key(&w, "RoleArn");
    json_string(&w, inv->rt->config.schedule_role);
    json_key(&w, "Input");
    json_string(&w, payload);
    json_object_end(&w);
    json_object_end(&w);
}

int rt_schedule(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF payload = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(3 * (size_t)UNUM_LIMIT_ASYNC_PAYLOAD);
    struct unum_str name = schedule_name(inv, edge);
    rt_event_write(inv, edge, &payload);
    write_schedule(inv, edge, unum_buf_str(&payload), &body);
    if (payload.failed || body.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the event for %.*s is too large to wait",
                            UNUM_STR_ARG(edge->node));
    struct aws_call call = {
        .service = AWS_SCHEDULER,
        .operation = UNUM_STR("CreateSchedule"),
        .method = UNUM_STR("POST"),
        .path = unum_arena_printf(&inv->arena, "/schedules/%.*s", UNUM_STR_ARG(name)),
        .body = unum_buf_str(&body)};
    int rc = aws_call_one(inv->rt->aws, &call, err);
    bool there = unum_str_is(call.code, "ConflictException");
    /* A time that passed on the way is refused. */
    bool passed = unum_str_is(call.code, "ValidationException") &&
                  edge->due_ms <= unum_wall_ms(inv->rt->clock);
    aws_call_done(&call);
    if (rc < 0 && (there || passed)) {
        unum_err_clear(err);
        rc = passed ? rt_start(inv, edge, 1, err) : 0;
    }
    return rc < 0 ? unum_err_wrap(err, "start %.*s later", UNUM_STR_ARG(edge->node)) : 0;
}

int rt_timer(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err)
{
    struct rt_edge now = *edge;
    int64_t left = edge->due_ms - unum_wall_ms(inv->rt->clock);
    int64_t until_deadline =
        inv->deadline_ms ? inv->deadline_ms - unum_wall_ms(&unum_clock_system) : INT64_MAX;
    if (left > inv->rt->config.inline_wait_s * 1000 || left > until_deadline - ANSWER_MARGIN_MS)
        return left > 0 ? rt_schedule(inv, edge, err) : rt_start(inv, &now, 1, err);
    if (left > 0)
        inv->rt->clock->sleep_ms(inv->rt->clock->cookie, left);
    now.kind = RT_EDGE_INVOKE;
    return rt_start(inv, &now, 1, err);
}

/*
 * EventBridge Scheduler's one-time schedules, as waits and delayed retries use them. They fire at
 * platform time, invoke a function of this platform and delete themselves if asked to.
 * Source: EventBridge Scheduler API reference: CreateSchedule, GetSchedule, DeleteSchedule,
 * ListSchedules; "Schedule types" (User Guide): at(yyyy-mm-ddThh:mm:ss) in UTC.
 */
#include "local/internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "json/json.h"

#define MAX_SCHEDULES 1000000

struct schedule {
    struct local *local;
    char *name;
    struct unum_buf body; /* as given to CreateSchedule */
    bool delete_after;
};

static void schedule_free(void *cookie)
{
    struct schedule *schedule = cookie;
    unum_buf_done(&schedule->body);
    free(schedule->name);
    free(schedule);
}

static bool string_at(struct unum_str value, const char *pointer, struct unum_buf *out)
{
    struct unum_str found;
    return json_pointer(value, unum_str_from(pointer), &found) && json_decode(found, out);
}

/* at(2026-11-21T03:42:28) */
static bool parse_at(struct unum_str text, int64_t *ret_ms)
{
    if (!unum_str_starts(text, UNUM_STR("at(")) || !unum_str_ends(text, UNUM_STR(")")))
        return false;
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    unum_buf_add(&time, unum_str_slice(text, 3, text.len - 4));
    unum_buf_addc(&time, 'Z');
    return !time.failed && unum_time_parse(unum_buf_str(&time), ret_ms);
}

static struct function *target_of(struct local *local, struct unum_str body)
{
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(4 * UNUM_KB);
    if (!string_at(body, "/Target/Arn", &arn))
        return NULL;
    static const struct unum_str marker = UNUM_STR_INIT(":function:");
    struct unum_str name = unum_buf_str(&arn);
    size_t at = unum_str_search(name, marker);
    if (at == SIZE_MAX)
        return NULL;
    name = unum_str_from_pos(name, at + marker.len);
    return local_function_find(local, unum_str_slice(name, 0, unum_str_find(name, ':')));
}

static void fire(struct local *local, void *cookie)
{
    struct schedule *schedule = cookie;
    struct unum_str body = unum_buf_str(&schedule->body), value = UNUM_STR("{}");
    struct function *function = target_of(local, body);
    struct unum_buf UNUM_AUTO_BUF input = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    if (string_at(body, "/Target/Input", &input))
        (void)!json_check(unum_buf_str(&input), &value, NULL);
    if (function)
        invocation_unref(queue_event(local, function, value));
    if (schedule->delete_after)
        (void)unum_map_remove(&local->schedules, unum_str_from(schedule->name));
    state_forget_schedule(local, unum_str_from(schedule->name));
    if (schedule->delete_after)
        schedule_free(schedule);
}

static void arm(struct local *local, struct unum_str name, struct unum_str body, int64_t due_ms)
{
    struct schedule *schedule = unum_alloc(sizeof(*schedule));
    schedule->local = local;
    schedule->name = unum_str_dup(name);
    schedule->body.max = UNUM_LIMIT_HTTP_BODY;
    unum_buf_add(&schedule->body, body);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    schedule->delete_after = string_at(body, "/ActionAfterCompletion", &text) &&
                             unum_str_is(unum_buf_str(&text), "DELETE");
    (void)unum_map_set(&local->schedules, name, schedule);
    local_timer_arm(local,
                    &(struct local_timer){.due_ms = due_ms, .fire = fire, .cookie = schedule});
}

/* NULL, or what is wrong. */
static const char *check(struct local *local, struct unum_str body, int64_t *ret_due_ms)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    if (!string_at(body, "/ScheduleExpression", &text) ||
        !parse_at(unum_buf_str(&text), ret_due_ms))
        return "ScheduleExpression must be at(yyyy-mm-ddThh:mm:ss): the local platform has "
               "one-time "
               "schedules";
    unum_buf_clear(&text);
    if (string_at(body, "/ScheduleExpressionTimezone", &text) &&
        !unum_str_is(unum_buf_str(&text), "UTC"))
        return "the local platform's schedules are in UTC";
    unum_buf_clear(&text);
    if (!string_at(body, "/FlexibleTimeWindow/Mode", &text) ||
        !unum_str_is(unum_buf_str(&text), "OFF"))
        return "FlexibleTimeWindow.Mode must be OFF here";
    if (!target_of(local, body))
        return "Target.Arn must be the ARN of a function of this platform";
    unum_buf_clear(&text);
    struct unum_str value;
    if (string_at(body, "/Target/Input", &text) && json_check(unum_buf_str(&text), &value, NULL))
        return "Target.Input must be JSON";
    if (text.len > UNUM_LIMIT_ASYNC_PAYLOAD)
        return "Target.Input is larger than an event may be";
    return NULL;
}

static void answer_arn(struct door_request *req, struct unum_str name)
{
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "ScheduleArn");
    json_string(&w,
                unum_arena_printf(&req->arena,
                                  "arn:aws:scheduler:%.*s:" LOCAL_ACCOUNT ":schedule/default/%.*s",
                                  UNUM_STR_ARG(req->local->region), UNUM_STR_ARG(name)));
    json_object_end(&w);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    door_answer(req);
}

static void create_call(struct door_request *req, struct unum_str name)
{
    struct local *local = req->local;
    req->operation = UNUM_STR("CreateSchedule");
    struct unum_str body;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(req->body, &body, &err)) {
        door_error(req, 400, "ValidationException", "%s", unum_err_text(&err));
        return;
    }
    int64_t due_ms = 0;
    const char *wrong = check(local, body, &due_ms);
    if (wrong) {
        door_error(req, 400, "ValidationException", "%s", wrong);
        return;
    }
    if (unum_map_has(&local->schedules, name)) {
        door_error(req, 409, "ConflictException", "Schedule %.*s already exists.",
                   UNUM_STR_ARG(name));
        return;
    }
    if (local->schedules.len >= MAX_SCHEDULES) {
        door_error(req, 402, "ServiceQuotaExceededException", "there are %d schedules already",
                   MAX_SCHEDULES);
        return;
    }
    req->target = target_of(local, body);
    arm(local, name, body, due_ms);
    state_keep_schedule(local, name, body);
    answer_arn(req, name);
}

static void get_call(struct door_request *req, const struct schedule *schedule)
{
    req->operation = UNUM_STR("GetSchedule");
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "Name");
    json_strings(&w, schedule->name);
    struct json_iter iter = json_iter(unum_buf_str(&schedule->body));
    struct unum_str key, value;
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
        if (json_is(key, UNUM_STR("Name")) || !json_decode(key, &text))
            continue;
        json_key_str(&w, unum_buf_str(&text));
        json_raw(&w, value);
    }
    json_object_end(&w);
    door_answer(req);
}

static void delete_call(struct door_request *req, struct schedule *schedule)
{
    req->operation = UNUM_STR("DeleteSchedule");
    local_timer_disarm(req->local, schedule);
    (void)unum_map_remove(&req->local->schedules, unum_str_from(schedule->name));
    state_forget_schedule(req->local, unum_str_from(schedule->name));
    schedule_free(schedule);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    unum_buf_adds(&req->answer.body, "{}");
    door_answer(req);
}

static void list_call(struct door_request *req)
{
    req->operation = UNUM_STR("ListSchedules");
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "Schedules");
    json_array_begin(&w);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&req->local->schedules, entry))) {
        json_object_begin(&w);
        json_key(&w, "Name");
        json_string(&w, entry->key);
        json_key(&w, "GroupName");
        json_strings(&w, "default");
        json_key(&w, "State");
        json_strings(&w, "ENABLED");
        json_object_end(&w);
    }
    json_array_end(&w);
    json_object_end(&w);
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    door_answer(req);
}

void scheduler_call(struct door_request *req)
{
    struct unum_str rest = unum_str_from_pos(req->path, sizeof("/schedules") - 1);
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    bool decoded = http_decode(&name, unum_str_from_pos(rest, 1));
    if (rest.len <= 1 && unum_str_is(req->method, "GET")) {
        list_call(req);
        return;
    }
    if (!decoded || name.failed || !name.len || name.len > 64) {
        door_error(req, 400, "ValidationException", "a schedule's name has 1 to 64 characters");
        return;
    }
    struct schedule *schedule = unum_map_get(&req->local->schedules, unum_buf_str(&name));
    if (unum_str_is(req->method, "POST"))
        create_call(req, unum_buf_str(&name));
    else if (!schedule)
        door_error(req, 404, "ResourceNotFoundException", "Schedule %s does not exist.",
                   unum_buf_text(&name));
    else if (unum_str_is(req->method, "GET"))
        get_call(req, schedule);
    else if (unum_str_is(req->method, "DELETE"))
        delete_call(req, schedule);
    else
        door_error(
            req, 400, "ValidationException",
            "the local EventBridge Scheduler has CreateSchedule, GetSchedule, DeleteSchedule "
            "and ListSchedules");
}

static void restore_one(struct local *local, struct unum_str name, struct unum_str body)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    int64_t due_ms = 0;
    if (!unum_map_has(&local->schedules, name) && string_at(body, "/ScheduleExpression", &text) &&
        parse_at(unum_buf_str(&text), &due_ms))
        arm(local, name, body, due_ms);
}

int schedules_restore(struct local *local, struct unum_err *err)
{
    return state_each_schedule(local, restore_one, err);
}

void schedules_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->schedules, entry))) {
        local_timer_disarm(local, entry->value);
        schedule_free(entry->value);
    }
    unum_map_done(&local->schedules);
    memset(&local->schedules, 0, sizeof(local->schedules));
}

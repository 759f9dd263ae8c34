/* Schedules as they are kept: each with its timer and its row in the state file. */
#include "local/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "json/json.h"

#define SCHEDULES "schedule"
#define GROUPS    "schedule-group"

struct unum_str schedule_arn(const struct local *local, const char *kind, struct unum_str name,
                             struct unum_arena *arena)
{
    return unum_arena_printf(arena, "arn:aws:scheduler:%.*s:" LOCAL_ACCOUNT ":%s/%.*s",
                             UNUM_STR_ARG(local->region), kind, UNUM_STR_ARG(name));
}

/* ---- firing ---- */

/* What a function gets whose schedule has no Input. */
static void write_default_event(const struct schedule *schedule, struct unum_buf *out)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(64);
    struct unum_buf UNUM_AUTO_BUF time = UNUM_BUF_INIT(64);
    const struct local *local = schedule->local;
    const struct unum_str arn =
        schedule_arn(local, "schedule", unum_str_from(schedule->key), &arena);
    unum_uuid4(&id);
    unum_time_rfc3339(schedule->due_ms, &time);
    const struct app_pair members[] = {
        {UNUM_STR("version"), UNUM_STR("0")},
        {UNUM_STR("id"), unum_buf_str(&id)},
        {UNUM_STR("detail-type"), UNUM_STR("Scheduled Event")},
        {UNUM_STR("source"), UNUM_STR("aws.scheduler")},
        {UNUM_STR("account"), UNUM_STR(LOCAL_ACCOUNT)},
        {UNUM_STR("time"), unum_arena_printf(&arena, "%.19sZ", unum_buf_text(&time))},
        {UNUM_STR("region"), local->region},
        {UNUM_STR("detail"), UNUM_STR("{}")},
    };
    struct json_writer w = JSON_WRITER(out);
    json_object_begin(&w);
    for (size_t i = 0; i < UNUM_COUNT(members); i++) {
        json_key_str(&w, members[i].name);
        json_string(&w, members[i].value);
    }
    json_key(&w, "resources");
    json_array_begin(&w);
    json_string(&w, arn);
    json_array_end(&w);
    json_object_end(&w);
}

static void keep(const struct schedule *schedule)
{
    struct unum_buf UNUM_AUTO_BUF record = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct json_writer w = JSON_WRITER(&record);
    json_object_begin(&w);
    json_key(&w, "Created");
    json_int(&w, schedule->created_ms);
    json_key(&w, "Modified");
    json_int(&w, schedule->modified_ms);
    json_key(&w, "Done");
    json_bool(&w, schedule->done);
    json_key(&w, "Body");
    json_raw(&w, unum_str_from(schedule->body));
    json_object_end(&w);
    state_keep_record(schedule->local, SCHEDULES, unum_str_from(schedule->key),
                      unum_buf_str(&record));
}

static void send_event(const struct schedule *schedule)
{
    struct local *local = schedule->local;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_str body = unum_str_from(schedule->body), payload;
    struct function *function = schedule_target(local, schedule_text(body, "/Target/Arn", &arena));
    if (!function)
        return; /* it was deleted since */
    unum_buf_add(&event, schedule_text(body, "/Target/Input", &arena));
    if (!event.len)
        write_default_event(schedule, &event);
    if (json_check(unum_buf_str(&event), &payload, NULL) == 0)
        invocation_unref(queue_event_but(local, function, payload, &schedule->fault));
}

static void fire(struct local *local, void *cookie)
{
    struct schedule *schedule = cookie;
    (void)local;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str after =
        schedule_text(unum_str_from(schedule->body), "/ActionAfterCompletion", &arena);
    send_event(schedule);
    if (unum_str_is(after, "DELETE")) {
        schedule_delete(schedule);
    } else {
        schedule->done = true;
        keep(schedule);
    }
}

static void arm(struct schedule *schedule)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str state = schedule_text(unum_str_from(schedule->body), "/State", &arena);
    if (!schedule->done && !unum_str_is(state, "DISABLED"))
        local_timer_arm(
            schedule->local,
            &(struct local_timer){.due_ms = schedule->due_ms, .fire = fire, .cookie = schedule});
}

/* ---- schedules ---- */

static struct schedule *new_schedule(struct local *local, struct unum_str key)
{
    struct schedule *schedule = unum_alloc(sizeof(*schedule));
    schedule->local = local;
    schedule->key = unum_str_dup(key);
    schedule->fault.kind = LOCAL_FAULT_KIND_COUNT;
    (void)unum_map_set(&local->schedules, key, schedule);
    return schedule;
}

static void schedule_free(struct schedule *schedule)
{
    local_timer_disarm(schedule->local, schedule);
    free(schedule->body);
    free(schedule->key);
    free(schedule);
}

struct schedule *schedule_find(const struct local *local, struct unum_str key)
{
    return unum_map_get(&local->schedules, key);
}

struct schedule *schedule_set(struct local *local, struct unum_str key,
                              const struct schedule_wish *wish)
{
    struct schedule *schedule = schedule_find(local, key);
    int64_t now_ms = local_now(local);
    if (!schedule) {
        schedule = new_schedule(local, key);
        schedule->created_ms = now_ms;
    }
    local_timer_disarm(local, schedule);
    free(schedule->body);
    schedule->body = unum_str_dup(wish->body);
    schedule->due_ms = wish->due_ms;
    schedule->modified_ms = now_ms;
    schedule->done = false;
    arm(schedule);
    keep(schedule);
    return schedule;
}

void schedule_delete(struct schedule *schedule)
{
    struct local *local = schedule->local;
    (void)unum_map_remove(&local->schedules, unum_str_from(schedule->key));
    state_forget_record(local, SCHEDULES, unum_str_from(schedule->key));
    schedule_free(schedule);
}

/* ---- groups ---- */

static struct schedule_group *new_group(struct local *local, struct unum_str name, int64_t now_ms)
{
    struct schedule_group *group = unum_alloc(sizeof(*group));
    group->created_ms = now_ms;
    (void)unum_map_set(&local->schedule_groups, name, group);
    return group;
}

struct schedule_group *schedule_group_find(struct local *local, struct unum_str name)
{
    struct schedule_group *group = unum_map_get(&local->schedule_groups, name);
    if (!group && unum_str_is(name, SCHEDULE_GROUP)) /* every account has it */
        group = new_group(local, name, local_now(local));
    return group;
}

void schedule_group_add(struct local *local, struct unum_str name)
{
    struct unum_buf UNUM_AUTO_BUF record = UNUM_BUF_INIT(UNUM_KB);
    const struct schedule_group *group = new_group(local, name, local_now(local));
    unum_buf_printf(&record, "{\"Created\":%lld}", (long long)group->created_ms);
    state_keep_record(local, GROUPS, name, unum_buf_str(&record));
}

void schedule_group_delete(struct local *local, struct unum_str name)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str prefix = unum_arena_printf(&arena, "%.*s/", UNUM_STR_ARG(name));
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->schedules, entry))) {
        if (unum_str_starts(entry->key, prefix))
            schedule_delete(entry->value);
    }
    free(unum_map_remove(&local->schedule_groups, name));
    state_forget_record(local, GROUPS, name);
}

/* ---- from an earlier platform ---- */

static int64_t number_at(struct unum_str record, const char *name)
{
    struct unum_str value;
    int64_t number = 0;
    if (json_get(record, unum_str_from(name), &value))
        (void)json_to_i64(value, &number);
    return number;
}

static void restore_schedule(struct local *local, struct unum_str key, struct unum_str record)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str body, value;
    int64_t due_ms = 0;
    if (unum_map_has(&local->schedules, key) || !json_get(record, UNUM_STR("Body"), &body) ||
        !schedule_parse_at(schedule_text(body, "/ScheduleExpression", &arena), &due_ms))
        return;
    struct schedule *schedule = new_schedule(local, key);
    schedule->body = unum_str_dup(body);
    schedule->due_ms = due_ms;
    schedule->created_ms = number_at(record, "Created");
    schedule->modified_ms = number_at(record, "Modified");
    if (json_get(record, UNUM_STR("Done"), &value))
        (void)json_to_bool(value, &schedule->done);
    arm(schedule);
}

static void restore_group(struct local *local, struct unum_str name, struct unum_str record)
{
    if (!unum_map_has(&local->schedule_groups, name))
        (void)new_group(local, name, number_at(record, "Created"));
}

int schedules_restore(struct local *local, struct unum_err *err)
{
    int rc = state_each_record(local, GROUPS, restore_group, err);
    return rc ? rc : state_each_record(local, SCHEDULES, restore_schedule, err);
}

void schedules_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->schedules, entry)))
        schedule_free(entry->value);
    unum_map_done(&local->schedules);
    entry = NULL;
    while ((entry = unum_map_next(&local->schedule_groups, entry)))
        free(entry->value);
    unum_map_done(&local->schedule_groups);
    memset(&local->schedules, 0, sizeof(local->schedules));
    memset(&local->schedule_groups, 0, sizeof(local->schedule_groups));
}

/*
 * The operations of EventBridge Scheduler.
 * Source: EventBridge Scheduler API reference, version 2021-06-30.
 */
#include "local/scheduler.h"
#include "local/schedule.h"

#include <stdlib.h>

#include "json/json.h"

enum { PAGE = 100, MAX_SCHEDULES = 1000000, MAX_GROUPS = 500 };

/* ---- answers ---- */

static void answer(struct door_request *req)
{
    req->answer.status = 200;
    req->answer.content_type = "application/json";
    door_answer(req);
}

static void answer_empty(struct door_request *req)
{
    unum_buf_adds(&req->answer.body, "{}");
    answer(req);
}

static void answer_arn(struct door_request *req, const char *member, const char *kind,
                       struct unum_str name)
{
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, member);
    json_string(&w, schedule_arn(req->local, kind, name, &req->arena));
    json_object_end(&w);
    answer(req);
}

/* Seconds, as REST-JSON has times. */
static void write_time(struct json_writer *w, const char *key, int64_t ms, struct unum_arena *arena)
{
    json_key(w, key);
    json_raw(w, unum_arena_printf(arena, "%lld.%03d", (long long)(ms / 1000), (int)(ms % 1000)));
}

static void write_names(struct json_writer *w, struct door_request *req, struct unum_str key)
{
    size_t mark = unum_str_find(key, '/');
    json_key(w, "Arn");
    json_string(w, schedule_arn(req->local, "schedule", key, &req->arena));
    json_key(w, "GroupName");
    json_string(w, unum_str_slice(key, 0, mark));
    json_key(w, "Name");
    json_string(w, unum_str_from_pos(key, mark + 1));
}

/* A member as it was given, or its default (NULL: none). */
static void write_member(struct json_writer *w, struct unum_str body, const char *name,
                         const char *otherwise)
{
    struct unum_str value;
    bool there = json_get(body, unum_str_from(name), &value) && json_type(value) != JSON_NULL;
    if (!there && !otherwise)
        return;
    json_key(w, name);
    if (there)
        json_raw(w, value);
    else
        json_raw(w, unum_str_from(otherwise));
}

/* With the retries that AWS assumes. */
static void write_target(struct json_writer *w, struct unum_str target)
{
    struct unum_str policy = UNUM_STR("{}");
    (void)json_get(target, UNUM_STR("RetryPolicy"), &policy);
    json_object_begin(w);
    write_member(w, target, "Arn", NULL);
    write_member(w, target, "DeadLetterConfig", NULL);
    write_member(w, target, "Input", NULL);
    json_key(w, "RetryPolicy");
    json_object_begin(w);
    write_member(w, policy, "MaximumEventAgeInSeconds", "86400");
    write_member(w, policy, "MaximumRetryAttempts", "185");
    json_object_end(w);
    write_member(w, target, "RoleArn", NULL);
    json_object_end(w);
}

/* ---- requests ---- */

/* Of a query's parameter; a name of a group or empty. False: an error was answered. */
static bool query_name(struct door_request *req, const char *parameter, struct unum_str *ret)
{
    struct unum_str name;
    if (!door_query(req, parameter, &name))
        return true;
    if (!schedule_is_name(name)) {
        door_error(req, 400, "ValidationException",
                   "1 validation error detected: Value at '%s' failed to satisfy constraint: "
                   "Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$",
                   parameter);
        return false;
    }
    *ret = name;
    return true;
}

static struct unum_str key_of(struct door_request *req, struct unum_str group, struct unum_str name)
{
    return unum_arena_printf(&req->arena, "%.*s/%.*s", UNUM_STR_ARG(group), UNUM_STR_ARG(name));
}

static void no_such(struct door_request *req, const char *what, struct unum_str name)
{
    door_error(req, 404, "ResourceNotFoundException", "%s %.*s does not exist.", what,
               UNUM_STR_ARG(name));
}

/* The schedule that the path and ?groupName name. NULL: an error was answered. */
static struct schedule *find(struct door_request *req, struct unum_str name)
{
    struct unum_str group = UNUM_STR(SCHEDULE_GROUP);
    if (!query_name(req, "groupName", &group))
        return NULL;
    struct schedule *schedule = schedule_find(req->local, key_of(req, group, name));
    if (!schedule)
        no_such(req, "Schedule", name);
    return schedule;
}

/* ---- schedules ---- */

/* A repeated request is answered as the first one was. */
static bool is_repeated(const struct schedule *schedule, const struct schedule_wish *wish,
                        struct unum_arena *arena)
{
    struct unum_str body = unum_str_from(schedule->body);
    return wish->token.len &&
           unum_str_eq(schedule_text(body, "/ClientToken", arena), wish->token) &&
           json_equal(body, wish->body);
}

void scheduler_create_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    struct local *local = req->local;
    struct schedule_wish wish;
    if (!schedule_check(req, &wish))
        return;
    if (!schedule_group_find(local, wish.group)) {
        no_such(req, "Schedule group", wish.group);
        return;
    }
    struct unum_str key = key_of(req, wish.group, name);
    struct schedule *schedule = schedule_find(local, key);
    req->target = wish.target;
    if (schedule && !is_repeated(schedule, &wish, &req->arena)) {
        door_error(req, 409, "ConflictException", "Schedule %.*s already exists.",
                   UNUM_STR_ARG(name));
        return;
    }
    if (!schedule && local->schedules.len >= MAX_SCHEDULES) {
        door_error(req, 402, "ServiceQuotaExceededException", "there are %d schedules already",
                   MAX_SCHEDULES);
        return;
    }
    if (!schedule) {
        schedule = schedule_set(local, key, &wish);
        if (req->fault)
            schedule->fault = req->fault->what;
    }
    answer_arn(req, "ScheduleArn", "schedule", key);
}

void scheduler_update_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    struct schedule_wish wish;
    if (!schedule_check(req, &wish))
        return;
    struct unum_str key = key_of(req, wish.group, name);
    req->target = wish.target;
    if (!schedule_find(req->local, key)) {
        no_such(req, "Schedule", name);
        return;
    }
    (void)schedule_set(req->local, key, &wish);
    answer_arn(req, "ScheduleArn", "schedule", key);
}

void scheduler_get_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    const struct schedule *schedule = find(req, name);
    if (!schedule)
        return;
    struct unum_str body = unum_str_from(schedule->body), target = UNUM_STR("{}");
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    write_names(&w, req, unum_str_from(schedule->key));
    write_member(&w, body, "ActionAfterCompletion", "\"NONE\"");
    write_time(&w, "CreationDate", schedule->created_ms, &req->arena);
    write_member(&w, body, "Description", NULL);
    write_member(&w, body, "EndDate", NULL);
    write_member(&w, body, "FlexibleTimeWindow", NULL);
    write_member(&w, body, "KmsKeyArn", NULL);
    write_time(&w, "LastModificationDate", schedule->modified_ms, &req->arena);
    write_member(&w, body, "ScheduleExpression", NULL);
    write_member(&w, body, "ScheduleExpressionTimezone", "\"UTC\"");
    write_member(&w, body, "StartDate", NULL);
    write_member(&w, body, "State", "\"ENABLED\"");
    (void)json_get(body, UNUM_STR("Target"), &target);
    json_key(&w, "Target");
    write_target(&w, target);
    json_object_end(&w);
    answer(req);
}

void scheduler_delete_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    struct schedule *schedule = find(req, name);
    if (!schedule)
        return;
    schedule_delete(schedule);
    answer_empty(req);
}

/* ---- lists ---- */

struct page {
    UNUM_VEC(const struct unum_map_entry *) rows; /* in the order of their keys */
    size_t most;
    struct unum_str after, prefix, group, state;
};

static int by_key(const void *a, const void *b)
{
    const struct unum_map_entry *const *left = a, *const *right = b;
    return unum_str_cmp((*left)->key, (*right)->key);
}

/* Parameters of a list. False: an error was answered. */
static bool page_begin(struct door_request *req, struct page *page)
{
    struct unum_str text;
    uint64_t most = PAGE;
    if (!query_name(req, "NamePrefix", &page->prefix) ||
        !query_name(req, "ScheduleGroup", &page->group))
        return false;
    if (door_query(req, "MaxResults", &text) &&
        (!unum_str_to_u64(text, &most) || most < 1 || most > PAGE)) {
        door_error(req, 400, "ValidationException",
                   "1 validation error detected: Value at 'maxResults' failed to satisfy "
                   "constraint: Member must be between 1 and %d",
                   PAGE);
        return false;
    }
    (void)door_query(req, "NextToken", &page->after);
    (void)door_query(req, "State", &page->state);
    page->most = most;
    return true;
}

static void page_add(struct page *page, const struct unum_map_entry *entry, struct unum_str name)
{
    if (unum_str_starts(name, page->prefix) &&
        (!page->after.len || unum_str_cmp(entry->key, page->after) > 0))
        *unum_vec_push(&page->rows) = entry;
}

/* How many are shown; the next page begins behind the last of them. */
static size_t page_end(struct page *page, struct json_writer *w)
{
    size_t len = page->rows.len;
    if (len)
        qsort(page->rows.at, len, sizeof(*page->rows.at), by_key);
    if (len <= page->most)
        return len;
    json_key(w, "NextToken");
    json_string(w, page->rows.at[page->most - 1]->key);
    return page->most;
}

static void write_summary(struct json_writer *w, struct door_request *req,
                          const struct schedule *schedule)
{
    struct unum_str body = unum_str_from(schedule->body);
    json_object_begin(w);
    write_names(w, req, unum_str_from(schedule->key));
    write_time(w, "CreationDate", schedule->created_ms, &req->arena);
    write_time(w, "LastModificationDate", schedule->modified_ms, &req->arena);
    write_member(w, body, "State", "\"ENABLED\"");
    json_key(w, "Target");
    json_object_begin(w);
    json_key(w, "Arn");
    json_string(w, schedule_text(body, "/Target/Arn", &req->arena));
    json_object_end(w);
    json_object_end(w);
}

static bool is_wanted(const struct page *page, const struct unum_map_entry *entry,
                      struct unum_arena *arena)
{
    const struct schedule *schedule = entry->value;
    if (page->group.len &&
        !unum_str_eq(unum_str_slice(entry->key, 0, unum_str_find(entry->key, '/')), page->group))
        return false;
    if (!page->state.len)
        return true;
    struct unum_str state = schedule_text(unum_str_from(schedule->body), "/State", arena);
    return unum_str_eq(state.len ? state : UNUM_STR("ENABLED"), page->state);
}

void scheduler_list_call(struct door_request *req)
{
    struct page page = {.after = UNUM_STR_NONE};
    struct unum_map_entry *entry = NULL;
    struct json_writer w = JSON_WRITER(&req->answer.body);
    if (!page_begin(req, &page))
        return;
    if (page.group.len && !schedule_group_find(req->local, page.group)) {
        no_such(req, "Schedule group", page.group);
        return;
    }
    while ((entry = unum_map_next(&req->local->schedules, entry))) {
        if (is_wanted(&page, entry, &req->arena))
            page_add(&page, entry,
                     unum_str_from_pos(entry->key, unum_str_find(entry->key, '/') + 1));
    }
    json_object_begin(&w);
    size_t len = page_end(&page, &w);
    json_key(&w, "Schedules");
    json_array_begin(&w);
    for (size_t i = 0; i < len; i++)
        write_summary(&w, req, page.rows.at[i]->value);
    json_array_end(&w);
    json_object_end(&w);
    unum_vec_done(&page.rows);
    answer(req);
}

/* ---- groups ---- */

static void write_group(struct json_writer *w, struct door_request *req, struct unum_str name,
                        const struct schedule_group *group)
{
    json_object_begin(w);
    json_key(w, "Arn");
    json_string(w, schedule_arn(req->local, "schedule-group", name, &req->arena));
    write_time(w, "CreationDate", group->created_ms, &req->arena);
    write_time(w, "LastModificationDate", group->created_ms, &req->arena);
    json_key(w, "Name");
    json_string(w, name);
    json_key(w, "State");
    json_strings(w, "ACTIVE");
    json_object_end(w);
}

void scheduler_create_group_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    struct local *local = req->local;
    if (schedule_group_find(local, name)) {
        door_error(req, 409, "ConflictException", "Schedule group %.*s already exists.",
                   UNUM_STR_ARG(name));
        return;
    }
    if (local->schedule_groups.len >= MAX_GROUPS) {
        door_error(req, 402, "ServiceQuotaExceededException",
                   "there are %d schedule groups already", MAX_GROUPS);
        return;
    }
    schedule_group_add(local, name);
    answer_arn(req, "ScheduleGroupArn", "schedule-group", name);
}

void scheduler_get_group_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    const struct schedule_group *group = schedule_group_find(req->local, name);
    struct json_writer w = JSON_WRITER(&req->answer.body);
    if (!group) {
        no_such(req, "Schedule group", name);
        return;
    }
    write_group(&w, req, name, group);
    answer(req);
}

void scheduler_delete_group_call(struct door_request *req)
{
    struct unum_str name = req->resource;
    if (unum_str_is(name, SCHEDULE_GROUP)) {
        door_error(req, 400, "ValidationException", "The default schedule group stays.");
        return;
    }
    if (!schedule_group_find(req->local, name)) {
        no_such(req, "Schedule group", name);
        return;
    }
    schedule_group_delete(req->local, name);
    answer_empty(req);
}

void scheduler_list_groups_call(struct door_request *req)
{
    struct page page = {.after = UNUM_STR_NONE};
    struct unum_map_entry *entry = NULL;
    struct json_writer w = JSON_WRITER(&req->answer.body);
    (void)schedule_group_find(req->local, UNUM_STR(SCHEDULE_GROUP));
    if (!page_begin(req, &page))
        return;
    while ((entry = unum_map_next(&req->local->schedule_groups, entry)))
        page_add(&page, entry, entry->key);
    json_object_begin(&w);
    size_t len = page_end(&page, &w);
    json_key(&w, "ScheduleGroups");
    json_array_begin(&w);
    for (size_t i = 0; i < len; i++)
        write_group(&w, req, page.rows.at[i]->key, page.rows.at[i]->value);
    json_array_end(&w);
    json_object_end(&w);
    unum_vec_done(&page.rows);
    answer(req);
}

/* ---- what every request needs ---- */

bool scheduler_prepare(struct door_request *req)
{
    struct unum_buf UNUM_AUTO_BUF decoded = UNUM_BUF_INIT(UNUM_KB);
    bool fine = http_decode(&decoded, req->resource);
    if (!req->resource.ptr)
        return true;
    req->resource = unum_arena_str(&req->arena, unum_buf_str(&decoded));
    if (fine && schedule_is_name(req->resource))
        return true;
    door_error(req, 400, "ValidationException",
               "1 validation error detected: Value at 'name' failed to satisfy "
               "constraint: Member must be 1 to 64 of [0-9a-zA-Z-_.]");
    return false;
}

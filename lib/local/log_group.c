/*
 * Log groups: those that were made over the wire, with their retention, and one of every function,
 * whether it was made or not. Lines go to a function's own group.
 * Source: CloudWatch Logs API reference: CreateLogGroup, DeleteLogGroup, DescribeLogGroups,
 * PutRetentionPolicy, DeleteRetentionPolicy.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "local/logs_api.h"
#include "json/json.h"

#define KIND "log-group"

enum { MAX_GROUPS = 1000, NAME_MOST = 512, PAGE = 50 };

struct log_group {
    int64_t created_ms;
    int64_t days; /* 0: for ever */
};

void log_groups_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->groups, entry)))
        free(entry->value);
    unum_map_done(&local->groups);
}

/* ---- the state file ---- */

static void keep(struct local *local, struct unum_str name, const struct log_group *group)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_KB);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "Created");
    json_int(&w, group->created_ms);
    json_key(&w, "Days");
    json_int(&w, group->days);
    json_object_end(&w);
    state_keep_record(local, KIND, name, unum_buf_str(&body));
}

static int64_t number_at(struct unum_str record, const char *name)
{
    struct unum_str value;
    int64_t number;
    return json_get(record, unum_str_from(name), &value) && json_to_i64(value, &number) ? number
                                                                                        : 0;
}

static void restore_one(struct local *local, struct unum_str name, struct unum_str body)
{
    struct log_group *group = unum_alloc(sizeof(*group));
    group->created_ms = number_at(body, "Created");
    group->days = number_at(body, "Days");
    free(unum_map_set(&local->groups, name, group));
}

int log_groups_restore(struct local *local, struct unum_err *err)
{
    return state_each_record(local, KIND, restore_one, err);
}

/* ---- requests ---- */

static struct unum_str text_of(struct door_request *req, struct unum_str object, const char *name)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    if (!json_get(object, unum_str_from(name), &value) || !json_decode(value, &text) || text.failed)
        return UNUM_STR_NONE;
    return unum_arena_str(&req->arena, unum_buf_str(&text));
}

/* Letters, digits, "_", "-", "/", ".", "#". False: an error was answered. */
static bool read_name(struct door_request *req, struct unum_str *ret_body, struct unum_str *ret)
{
    static const char marks[] = "_-/.#";
    if (!logs_body(req, ret_body))
        return false;
    *ret = text_of(req, *ret_body, "logGroupName");
    bool good = ret->len > 0 && ret->len <= NAME_MOST;
    for (size_t i = 0; good && i < ret->len; i++) {
        char c = ret->ptr[i];
        good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c && strchr(marks, c));
    }
    if (!good)
        door_error(req, 400, "InvalidParameterException",
                   "logGroupName has 1 to 512 letters, digits and characters of \"%s\"", marks);
    return good;
}

static void answer_nothing(struct door_request *req)
{
    req->answer.status = 200;
    req->answer.content_type = "application/x-amz-json-1.1";
    unum_buf_adds(&req->answer.body, "{}");
    door_answer(req);
}

void logs_create_group_call(struct door_request *req)
{
    struct unum_str body, name;
    if (!read_name(req, &body, &name))
        return;
    if (unum_map_has(&req->local->groups, name)) {
        door_error(req, 400, "ResourceAlreadyExistsException",
                   "The specified log group already exists");
        return;
    }
    if (req->local->groups.len >= MAX_GROUPS) {
        door_error(req, 400, "LimitExceededException", "Resource limit exceeded.");
        return;
    }
    struct log_group *group = unum_alloc(sizeof(*group));
    group->created_ms = local_now(req->local);
    (void)unum_map_set(&req->local->groups, name, group);
    keep(req->local, name, group);
    answer_nothing(req);
}

/* NULL: an error was answered. */
static struct log_group *find(struct door_request *req, struct unum_str *ret_body,
                              struct unum_str *ret_name)
{
    if (!read_name(req, ret_body, ret_name))
        return NULL;
    struct log_group *group = unum_map_get(&req->local->groups, *ret_name);
    if (!group)
        door_error(req, 400, "ResourceNotFoundException",
                   "The specified log group does not exist.");
    return group;
}

void logs_delete_group_call(struct door_request *req)
{
    struct unum_str body, name;
    if (!find(req, &body, &name))
        return;
    free(unum_map_remove(&req->local->groups, name));
    state_forget_record(req->local, KIND, name);
    answer_nothing(req);
}

void logs_put_retention_call(struct door_request *req)
{
    static const int allowed[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    struct unum_str body, name;
    struct log_group *group = find(req, &body, &name);
    if (!group)
        return;
    int64_t days = number_at(body, "retentionInDays");
    for (size_t i = 0; i < UNUM_COUNT(allowed); i++) {
        if (days != allowed[i])
            continue;
        group->days = days;
        keep(req->local, name, group);
        answer_nothing(req);
        return;
    }
    door_error(req, 400, "InvalidParameterException",
               "retentionInDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, "
               "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653");
}

void logs_delete_retention_call(struct door_request *req)
{
    struct unum_str body, name;
    struct log_group *group = find(req, &body, &name);
    if (!group)
        return;
    group->days = 0;
    keep(req->local, name, group);
    answer_nothing(req);
}

/* ---- looking around ---- */

static int compare(const void *a, const void *b)
{
    return unum_str_cmp(*(const struct unum_str *)a, *(const struct unum_str *)b);
}

/* Names of all groups in order, in the request's arena; *ret_len counts them. */
static struct unum_str *all_names(struct door_request *req, size_t *ret_len)
{
    const struct local *local = req->local;
    size_t len = 0;
    struct unum_str *names =
        unum_arena_array(&req->arena, local->groups.len + local->functions.len + 1, sizeof(*names));
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->groups, entry)))
        names[len++] = entry->key;
    while ((entry = unum_map_next(&local->functions, entry))) {
        names[len] =
            unum_arena_printf(&req->arena, LOGS_OF_FUNCTIONS "%.*s", UNUM_STR_ARG(entry->key));
        len += !unum_map_has(&local->groups, names[len]);
    }
    qsort(names, len, sizeof(*names), compare);
    *ret_len = len;
    return names;
}

static void write_group(struct door_request *req, struct unum_str name, struct json_writer *w)
{
    const struct log_group *group = unum_map_get(&req->local->groups, name);
    struct unum_str arn =
        unum_arena_printf(&req->arena, "arn:aws:logs:%.*s:" LOCAL_ACCOUNT ":log-group:%.*s",
                          UNUM_STR_ARG(req->local->region), UNUM_STR_ARG(name));
    json_object_begin(w);
    json_key(w, "logGroupName");
    json_string(w, name);
    json_key(w, "creationTime");
    json_int(w, group ? group->created_ms : 0);
    if (group && group->days) {
        json_key(w, "retentionInDays");
        json_int(w, group->days);
    }
    json_key(w, "metricFilterCount");
    json_int(w, 0);
    json_key(w, "arn");
    json_string(w, unum_arena_printf(&req->arena, "%.*s:*", UNUM_STR_ARG(arn)));
    json_key(w, "logGroupArn");
    json_string(w, arn);
    json_key(w, "logGroupClass");
    json_strings(w, "STANDARD");
    json_key(w, "storedBytes");
    json_int(w, 0);
    json_object_end(w);
}

void logs_describe_groups_call(struct door_request *req)
{
    struct unum_str body, value;
    if (!logs_body(req, &body))
        return;
    struct unum_str prefix = text_of(req, body, "logGroupNamePrefix");
    struct unum_str pattern = text_of(req, body, "logGroupNamePattern");
    struct unum_str after = text_of(req, body, "nextToken");
    int64_t limit = json_get(body, UNUM_STR("limit"), &value) ? number_at(body, "limit") : PAGE;
    if (limit < 1 || limit > PAGE || (prefix.len && pattern.len)) {
        door_error(req, 400, "InvalidParameterException",
                   "limit must be 1 to 50, and there is logGroupNamePrefix or logGroupNamePattern");
        return;
    }
    size_t len, count = 0, i = 0;
    const struct unum_str *names = all_names(req, &len);
    struct unum_str last = UNUM_STR_NONE, next = UNUM_STR_NONE;
    struct json_writer w = JSON_WRITER(&req->answer.body);
    json_object_begin(&w);
    json_key(&w, "logGroups");
    json_array_begin(&w);
    for (; i < len && !next.ptr; i++) {
        if ((after.len && unum_str_cmp(names[i], after) <= 0) ||
            !unum_str_starts(names[i], prefix) ||
            (pattern.len && unum_str_search(names[i], pattern) == SIZE_MAX))
            continue;
        if (count == (size_t)limit) {
            next = last;
        } else {
            write_group(req, names[i], &w);
            last = names[i];
            count++;
        }
    }
    json_array_end(&w);
    if (next.ptr) {
        json_key(&w, "nextToken");
        json_string(&w, next);
    }
    json_object_end(&w);
    req->answer.status = 200;
    req->answer.content_type = "application/x-amz-json-1.1";
    door_answer(req);
}

/*
 * Log groups that were made over the wire, with their retention. Lines go to a function's own group
 * whether it was made or not.
 * Source: CloudWatch Logs API reference: CreateLogGroup, DeleteLogGroup, PutRetentionPolicy,
 * DeleteRetentionPolicy.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "local/internal.h"
#include "json/json.h"

enum { MAX_GROUPS = 1000, NAME_MOST = 512 };

struct log_group {
    int64_t days; /* 0: for ever */
};

void log_groups_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->groups, entry)))
        free(entry->value);
    unum_map_done(&local->groups);
}

static void answer_nothing(struct door_request *req)
{
    req->answer.status = 200;
    req->answer.content_type = "application/x-amz-json-1.1";
    unum_buf_adds(&req->answer.body, "{}");
    door_answer(req);
}

static void create_call(struct door_request *req, struct unum_str name, struct unum_str body)
{
    (void)body;
    if (unum_map_has(&req->local->groups, name)) {
        door_error(req, 400, "ResourceAlreadyExistsException",
                   "The specified log group already exists");
        return;
    }
    if (req->local->groups.len >= MAX_GROUPS) {
        door_error(req, 400, "LimitExceededException", "Resource limit exceeded.");
        return;
    }
    (void)unum_map_set(&req->local->groups, name, unum_alloc(sizeof(struct log_group)));
    answer_nothing(req);
}

/* NULL: an error was answered. */
static struct log_group *find(struct door_request *req, struct unum_str name)
{
    struct log_group *group = unum_map_get(&req->local->groups, name);
    if (!group)
        door_error(req, 400, "ResourceNotFoundException",
                   "The specified log group does not exist.");
    return group;
}

static void delete_call(struct door_request *req, struct unum_str name, struct unum_str body)
{
    (void)body;
    if (!find(req, name))
        return;
    free(unum_map_remove(&req->local->groups, name));
    answer_nothing(req);
}

static void put_retention_call(struct door_request *req, struct unum_str name, struct unum_str body)
{
    static const int allowed[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                  365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};
    struct log_group *group = find(req, name);
    struct unum_str value;
    int64_t days = 0;
    if (!group)
        return;
    if (!json_get(body, UNUM_STR("retentionInDays"), &value) || !json_to_i64(value, &days))
        days = 0;
    for (size_t i = 0; i < UNUM_COUNT(allowed); i++) {
        if (days == allowed[i]) {
            group->days = days;
            answer_nothing(req);
            return;
        }
    }
    door_error(req, 400, "InvalidParameterException",
               "retentionInDays must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, "
               "400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653");
}

static void delete_retention_call(struct door_request *req, struct unum_str name,
                                  struct unum_str body)
{
    struct log_group *group = find(req, name);
    (void)body;
    if (!group)
        return;
    group->days = 0;
    answer_nothing(req);
}

bool log_group_call(struct door_request *req, struct unum_str body)
{
    static const struct {
        const char *name;
        void (*call)(struct door_request *req, struct unum_str name, struct unum_str body);
    } calls[] = {{"CreateLogGroup", create_call},
                 {"DeleteLogGroup", delete_call},
                 {"PutRetentionPolicy", put_retention_call},
                 {"DeleteRetentionPolicy", delete_retention_call}};
    for (size_t i = 0; i < UNUM_COUNT(calls); i++) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
        struct unum_str value;
        if (!unum_str_is(req->operation, calls[i].name))
            continue;
        if (!json_get(body, UNUM_STR("logGroupName"), &value) || !json_decode(value, &name) ||
            name.failed || !name.len || name.len > NAME_MOST)
            door_error(req, 400, "InvalidParameterException",
                       "logGroupName has 1 to 512 characters");
        else
            calls[i].call(req, unum_buf_str(&name), body);
        return true;
    }
    return false;
}

/*
 * schedule: EventBridge Scheduler's one-time schedules and their groups: checked, armed at platform
 * time, fired, and kept in the state file.
 */
#ifndef UNUM_LOCAL_SCHEDULE_H
#define UNUM_LOCAL_SCHEDULE_H

#include "local/internal.h"

#define SCHEDULE_GROUP     "default"
#define SCHEDULE_NAME_MOST 64

struct schedule {
    struct local *local;
    char *key;  /* "group/name" */
    char *body; /* the members of CreateSchedule or UpdateSchedule; checked JSON */
    int64_t due_ms, created_ms, modified_ms;
    bool done;                /* its time has come */
    struct local_fault fault; /* what happens to its event; LOCAL_FAULT_KIND_COUNT: nothing */
};

/* What a request wants. Views into its body and its arena. */
struct schedule_wish {
    struct unum_str body, group, token; /* token: empty if there is none */
    int64_t due_ms;
    struct function *target;
};

struct schedule_group {
    int64_t created_ms;
};

/* ---- checking (schedule_check.c) ---- */

/* A member of the body; false if it is not there or null. */
bool schedule_member(struct unum_str body, const char *pointer, struct unum_str *ret);
/* Its text in the arena; empty if it is not there or no string. */
struct unum_str schedule_text(struct unum_str body, const char *pointer, struct unum_arena *arena);
/* 1 to 64 of [0-9a-zA-Z-_.], as names of schedules and groups are. */
bool schedule_is_name(struct unum_str name);
/* The body of CreateSchedule or UpdateSchedule. False: an error was answered. */
bool schedule_check(struct door_request *req, struct schedule_wish *ret);
/* "at(2026-11-21T03:42:28)" in UTC. */
bool schedule_parse_at(struct unum_str text, int64_t *ret_ms);
/* The function that a target's ARN names, or NULL. */
struct function *schedule_target(const struct local *local, struct unum_str arn);

/* ---- keeping (schedule.c) ---- */

struct schedule *schedule_find(const struct local *local, struct unum_str key);
/* Make a schedule, or give the one that has this key another body. */
struct schedule *schedule_set(struct local *local, struct unum_str key,
                              const struct schedule_wish *wish);
void schedule_delete(struct schedule *schedule);
struct schedule_group *schedule_group_find(struct local *local, struct unum_str name);
void schedule_group_add(struct local *local, struct unum_str name);
/* With all of its schedules. */
void schedule_group_delete(struct local *local, struct unum_str name);
/* "arn:aws:scheduler:REGION:ACCOUNT:KIND/NAME" in the arena. */
struct unum_str schedule_arn(const struct local *local, const char *kind, struct unum_str name,
                             struct unum_arena *arena);

#endif

/*
 * plan: one change set: made, waited for, shown, taken back or executed, followed to its end.
 */
#ifndef UNUM_DEPLOY_PLAN_H
#define UNUM_DEPLOY_PLAN_H

#include "deploy/deploy.h"
#include "deploy/watch.h"

/* How the names of all change sets of unum begin. */
#define PLAN_PREFIX "unum-"

struct plan_request {
    struct unum_str stack;
    bool create;      /* the stack does not exist, or is only a shell */
    bool shell;       /* it is a shell already */
    bool no_rollback; /* what fails stays as far as it came */
    struct unum_str template_body, template_url;
    const struct cfn_pair *parameters, *tags;
    size_t parameters_len, tags_len;
    struct unum_str role_arn;
    int64_t poll_ms;
};

enum plan_outcome { PLAN_EMPTY, PLAN_READY };

/* Make the change set and wait until it can be executed. PLAN_EMPTY: it has no changes and is gone
 * again. A shell that was made for it goes with it when it fails. */
UNUM_CHECKED int plan_make(const struct deploy_target *target, const struct plan_request *request,
                           struct unum_arena *arena, enum plan_outcome *ret,
                           struct cfn_change_set *ret_set, struct unum_err *err);
/* Take it back, and the shell with it. */
UNUM_CHECKED int plan_drop(const struct deploy_target *target, const struct plan_request *request,
                           const struct cfn_change_set *set, struct unum_err *err);
/* Execute and follow it. ROLLED_BACK with the first cause. */
UNUM_CHECKED int plan_execute(const struct deploy_target *target,
                              const struct plan_request *request, const struct cfn_change_set *set,
                              struct unum_arena *arena, struct unum_err *err);

/* How to watch for this target. */
struct watch_config plan_watch(const struct deploy_target *target, int64_t poll_ms);
/* Follow what is in progress; *ret_status as watch_end() has it. */
UNUM_CHECKED int plan_follow(const struct deploy_target *target, struct unum_str stack,
                             int64_t poll_ms, struct unum_arena *arena, struct unum_str *ret_status,
                             struct unum_err *err);
/* "Resize (Lambda function): reason", the first thing that went wrong. */
void plan_cause(const struct cfn_event *cause, struct unum_buf *out);

#endif

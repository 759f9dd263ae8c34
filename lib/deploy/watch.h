/*
 * watch: follows an operation of a stack to its end: every event once, in the order they happened,
 * and what went wrong first.
 */
#ifndef UNUM_DEPLOY_WATCH_H
#define UNUM_DEPLOY_WATCH_H

#include "aws/cloudformation.h"
#include "base/map.h"
#include "base/vec.h"

struct watch_config {
    struct aws_client *client;
    const struct unum_clock *clock;
    void *cookie;
    void (*event)(void *cookie, const struct cfn_event *event); /* may be NULL */
    bool (*interrupted)(void *cookie);                          /* may be NULL */
    int64_t first_poll_ms, most_poll_ms;                        /* 0: 500 ms, 5 s */
};

struct watch {
    const struct watch_config *config;
    struct unum_str stack; /* id where one is known: a deleted stack has lost its name */
    struct unum_map seen;  /* event ids */
    struct unum_arena arena;
    struct cfn_event cause; /* first real failure; id empty: none */
    const char *ended; /* by whom it was ended meanwhile, "the update was cancelled"; or NULL */
};

/* Remember what has happened to the stack so far: only what comes after counts. A stack that does
 * not exist has no past. */
UNUM_CHECKED int watch_begin(struct watch *w, const struct watch_config *config,
                             struct unum_str stack, struct unum_err *err);
/* From the last operation's own beginning on: for one that somebody else has started. */
UNUM_CHECKED int watch_begin_inside(struct watch *w, const struct watch_config *config,
                                    struct unum_str stack, struct unum_err *err);
/* Until no operation is in progress. *ret_status: empty if the stack is gone. CANCELLED: asked to
 * stop watching; the operation goes on. */
UNUM_CHECKED int watch_end(struct watch *w, struct unum_arena *arena, struct unum_str *ret_status,
                           struct unum_err *err);
void watch_done(struct watch *w);
#define WATCH_AUTO UNUM_AUTO(watch_done)

/* Sleep in small steps; CANCELLED if interrupted. */
UNUM_CHECKED int watch_sleep(const struct watch_config *config, int64_t ms, struct unum_err *err);

/* Is this event a failure of its own, not the consequence of another one? */
bool watch_is_cause(const struct cfn_event *event);
/* The first failure that this stack's events tell about, of its newest failed operation; id empty:
 * none. For stacks that failed before. */
UNUM_CHECKED int watch_find_cause(struct aws_client *client, struct unum_str stack,
                                  struct unum_arena *arena, struct cfn_event *ret,
                                  struct unum_err *err);

#endif

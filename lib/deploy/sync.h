/*
 * sync: the code of deployed functions replaced by what has been built, without CloudFormation.
 * Only code: what else differs from the deployed template is refused.
 */
#ifndef UNUM_DEPLOY_SYNC_H
#define UNUM_DEPLOY_SYNC_H

#include "deploy/deploy.h"

/* Tag of a function whose code is not the template's: hex SHA-256 of the zip. */
#define SYNC_TAG "unum:hotswapped"

struct sync_options {
    struct unum_str bucket; /* empty: the managed one */
    bool dry_run, yes;
    int64_t poll_ms;
};

struct sync_function {
    struct unum_str node, function; /* "Resize", "thumbnails-Resize" */
    bool changed;                   /* AWS runs other bytes than were built */
    bool absent;                    /* there is no such function; never in a result */
    bool contract;                  /* so does its orchestration differ: other nodes care */
    size_t wave;                    /* of those that are swapped: all of a wave at once */
};

struct sync_result {
    const struct sync_function *functions; /* one per node, in the order of `compiled` */
    size_t len, changed, uploaded;
    bool contract; /* of any function: consumers have been swapped before producers */
};

/* Repeating it finishes what was interrupted: only what differs is swapped. CONFLICT: there is no
 * stack at rest, its template differs beside the code (each difference is named), or somebody else
 * changed a function meanwhile. CANCELLED: refused or interrupted. USAGE: nobody can be asked. */
UNUM_CHECKED int deploy_sync(const struct deploy_target *target, const struct sync_options *options,
                             struct unum_arena *arena, struct sync_result *ret,
                             struct unum_err *err);

/* Which wave each node belongs to so that who is started by a node comes before it; in a cycle
 * nobody can be first. The failure function takes from everybody: wave 0. `ret` has compiled->len
 * places. */
void sync_waves(const struct compiled *compiled, size_t *ret);

#endif

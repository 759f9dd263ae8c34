/*
 * ready: a stack in whatever state is brought into one in which it can be created or changed: an
 * operation in progress is waited for, a stuck one is finished, a creation that failed is, if that
 * is wanted, deleted to be made anew.
 */
#ifndef UNUM_DEPLOY_READY_H
#define UNUM_DEPLOY_READY_H

#include "deploy/deploy.h"

/* *ret as it is then; its status is empty if there is none. CONFLICT: what is in the way, and what
 * to do: it is somebody else's, it would have to be replaced, it is stuck. CANCELLED: interrupted
 * while waiting; what is going on goes on. */
UNUM_CHECKED int ready_stack(const struct deploy_target *target,
                             const struct deploy_options *options, struct unum_arena *arena,
                             struct cfn_stack *ret, struct unum_err *err);

#endif

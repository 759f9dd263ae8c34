/*
 * stack: the stack that a deployment is about: how it was found, whose it is, what is stuck in it.
 */
#ifndef UNUM_DEPLOY_STACK_H
#define UNUM_DEPLOY_STACK_H

#include "base/buf.h"
#include "deploy/deploy.h"

/* As it is now, by name or id; the status is empty if there is none, or none any more. */
UNUM_CHECKED int stack_look(const struct deploy_target *target, struct unum_str stack,
                            struct unum_arena *arena, struct cfn_stack *ret, struct unum_err *err);
/* A stack that unum has made has the parameter that all its templates declare. A shell that was
 * never created has none yet, and nothing in it that could be anybody's: it passes. CONFLICT if it
 * is somebody else's: `why_not` says what is therefore not done, "deploying would delete ...". */
UNUM_CHECKED int stack_check_ours(const struct deploy_target *target, const struct cfn_stack *stack,
                                  const char *why_not, struct unum_err *err);
/* A line for each resource that failed, "\n  Table: reason", as far as the service can be asked. */
void stack_add_stuck(const struct deploy_target *target, const struct cfn_stack *stack,
                     struct unum_arena *arena, struct unum_buf *out);
/* "; these stay: a, b": what survives the deletion of the stack, or nothing. */
void stack_add_retained(const struct deploy_target *target, const struct cfn_stack *stack,
                        struct unum_arena *arena, struct unum_buf *out);
/* ". What failed first: Resize (Lambda function): reason", or nothing. */
UNUM_CHECKED int stack_add_cause(const struct deploy_target *target, const struct cfn_stack *stack,
                                 struct unum_arena *arena, struct unum_buf *out,
                                 struct unum_err *err);

#endif

/*
 * console: where a person finds a stack in AWS's console.
 */
#ifndef UNUM_DEPLOY_CONSOLE_H
#define UNUM_DEPLOY_CONSOLE_H

#include "deploy/deploy.h"

/* The address of the stack's events, or, if `change_set` is not empty, of that change set,
 * appended; both are ARNs. Nothing if CloudFormation answers elsewhere than at AWS, or in a
 * partition whose console nobody can link to. */
void console_link(const struct deploy_target *target, struct unum_str stack,
                  struct unum_str change_set, struct unum_buf *out);

#endif

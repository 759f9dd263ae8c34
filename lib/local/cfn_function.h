/* cfn_function: what the functions of templates share, and those that cfn_function_condition.c has.
 * Internal to local/. */
#ifndef UNUM_LOCAL_CFN_FUNCTION_H
#define UNUM_LOCAL_CFN_FUNCTION_H

#include "local/cfn.h"

int cfn_wrong(struct unum_err *err, const char *text); /* INVALID_FILE */
bool cfn_is_list(const struct doc *doc, size_t least, size_t most);
const struct doc *cfn_at(const struct doc *list, size_t i);
/* All elements from `from` on. */
int cfn_walk_all(const struct cfn_walk *walk, const struct doc *list, size_t from,
                 struct unum_err *err);
/* A list of two, or INVALID_FILE with `text`. */
int cfn_pair_check(const struct cfn_walk *walk, const struct doc *argument, const char *text,
                   struct unum_err *err);

int cfn_if_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                    struct unum_err *err);
int cfn_if_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err);
int cfn_equals_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err);
int cfn_equals_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err);
int cfn_and_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                     struct unum_err *err);
int cfn_and_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err);
int cfn_or_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                    struct unum_err *err);
int cfn_or_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err);
int cfn_not_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                     struct unum_err *err);
int cfn_not_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err);

#endif

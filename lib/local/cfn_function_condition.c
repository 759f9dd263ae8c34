/*
 * Fn::If and the functions of conditions.
 * Source: CloudFormation Template Reference, "Condition functions".
 */
#include "local/cfn_function.h"

#define MOST_CONDITIONS 10 /* of Fn::And and Fn::Or */

/* An operand of Fn::And, Fn::Or, Fn::Not: a function or {"Condition": name}. */
static int operand(struct cfn_scope *scope, const struct doc *value, bool *ret,
                   struct unum_err *err)
{
    const struct doc *name = doc_get(value, "Condition");
    if (value->kind == DOC_OBJECT && value->len == 1 && name && name->kind == DOC_STRING)
        return cfn_condition(scope, name->text, ret, err);
    struct unum_str text = UNUM_STR_NONE;
    int rc = cfn_evaluate_text(scope, value, &text, err);
    if (rc == 0)
        *ret = unum_str_is(text, "true");
    return rc;
}

static int operand_check(const struct cfn_walk *walk, const char *function, const struct doc *value,
                         struct unum_err *err)
{
    const struct doc *name = doc_get(value, "Condition");
    if (value->kind == DOC_OBJECT && value->len == 1 && name && name->kind == DOC_STRING)
        return walk->condition ? walk->condition(walk->cookie, function, name->text, err) : 0;
    return cfn_walk(walk, value, err);
}

static const char if_text[] =
    "Template error: Fn::If requires a list argument with three elements: the name of a condition, "
    "the value if it is true, and the value if it is false";

int cfn_if_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                    struct unum_err *err)
{
    bool yes = false;
    if (!cfn_is_list(argument, 3, 3) || cfn_at(argument, 0)->kind != DOC_STRING)
        return cfn_wrong(err, if_text);
    int rc = cfn_condition(scope, cfn_at(argument, 0)->text, &yes, err);
    return rc ? rc : cfn_evaluate(scope, cfn_at(argument, yes ? 1 : 2), ret, err);
}

int cfn_if_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    if (!cfn_is_list(argument, 3, 3) || cfn_at(argument, 0)->kind != DOC_STRING)
        return cfn_wrong(err, if_text);
    int rc = walk->condition
                 ? walk->condition(walk->cookie, "Fn::If", cfn_at(argument, 0)->text, err)
                 : 0;
    return rc ? rc : cfn_walk_all(walk, argument, 1, err);
}

static const char equals_text[] =
    "Template error: every Fn::Equals object requires a list of 2 string parameters.";

int cfn_equals_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err)
{
    struct unum_str a = UNUM_STR_NONE, b = UNUM_STR_NONE;
    if (!cfn_is_list(argument, 2, 2))
        return cfn_wrong(err, equals_text);
    int rc = cfn_evaluate_text(scope, cfn_at(argument, 0), &a, err);
    if (rc == 0)
        rc = cfn_evaluate_text(scope, cfn_at(argument, 1), &b, err);
    if (rc == 0)
        *ret = cfn_bool_doc(scope->arena, unum_str_eq(a, b));
    return rc;
}

int cfn_equals_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return cfn_pair_check(walk, argument, equals_text, err);
}

static int all_of(struct cfn_scope *scope, const struct doc *argument, bool until, const char *text,
                  const struct doc **ret, struct unum_err *err)
{
    if (!cfn_is_list(argument, 2, MOST_CONDITIONS))
        return cfn_wrong(err, text);
    bool yes = !until;
    for (size_t i = 0; i < argument->len && yes != until; i++) {
        int rc = operand(scope, cfn_at(argument, i), &yes, err);
        if (rc)
            return rc;
    }
    *ret = cfn_bool_doc(scope->arena, yes);
    return 0;
}

static int operands_check(const struct cfn_walk *walk, const char *function,
                          const struct doc *argument, struct unum_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < argument->len && rc == 0; i++)
        rc = operand_check(walk, function, cfn_at(argument, i), err);
    return rc;
}

static const char and_text[] =
    "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean "
    "parameters.";
static const char or_text[] =
    "Template error: every Fn::Or object requires a list of at least 2 and at most 10 boolean "
    "parameters.";
static const char not_text[] =
    "Template error: every Fn::Not object requires a list of one boolean parameter.";

int cfn_and_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                     struct unum_err *err)
{
    return all_of(scope, argument, false, and_text, ret, err);
}

int cfn_and_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return cfn_is_list(argument, 2, MOST_CONDITIONS)
               ? operands_check(walk, "Fn::And", argument, err)
               : cfn_wrong(err, and_text);
}

int cfn_or_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                    struct unum_err *err)
{
    return all_of(scope, argument, true, or_text, ret, err);
}

int cfn_or_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return cfn_is_list(argument, 2, MOST_CONDITIONS) ? operands_check(walk, "Fn::Or", argument, err)
                                                     : cfn_wrong(err, or_text);
}

int cfn_not_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                     struct unum_err *err)
{
    bool yes = false;
    if (!cfn_is_list(argument, 1, 1))
        return cfn_wrong(err, not_text);
    int rc = operand(scope, cfn_at(argument, 0), &yes, err);
    if (rc == 0)
        *ret = cfn_bool_doc(scope->arena, !yes);
    return rc;
}

int cfn_not_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return cfn_is_list(argument, 1, 1) ? operands_check(walk, "Fn::Not", argument, err)
                                       : cfn_wrong(err, not_text);
}

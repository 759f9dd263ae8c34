/*
 * The functions of templates, one row each.
 * Source: CloudFormation Template Reference, "Intrinsic function reference", "Condition functions",
 * "Pseudo parameters reference".
 */
#include "local/cfn.h"

#include "crypto/base64.h"

#define MOST_CONDITIONS 10 /* of Fn::And and Fn::Or */

static int wrong(struct unum_err *err, const char *text)
{
    return unum_err_set(err, UNUM_E_INVALID_FILE, "%s", text);
}

static bool is_list(const struct doc *doc, size_t least, size_t most)
{
    return doc->kind == DOC_ARRAY && doc->len >= least && doc->len <= most;
}

static const struct doc *at(const struct doc *list, size_t i)
{
    return list->members[i].value;
}

static int walk_all(const struct cfn_walk *walk, const struct doc *list, size_t from,
                    struct unum_err *err)
{
    int rc = 0;
    for (size_t i = from; i < list->len && rc == 0; i++)
        rc = cfn_walk(walk, at(list, i), err);
    return rc;
}

/* The value of an argument that must be a list once its functions are carried out. */
static int evaluate_list(struct cfn_scope *scope, const struct doc *value, const char *text,
                         const struct doc **ret, struct unum_err *err)
{
    int rc = cfn_evaluate(scope, value, ret, err);
    if (rc)
        return rc;
    return *ret && (*ret)->kind == DOC_ARRAY ? 0 : wrong(err, text);
}

static bool is_unknown(const struct doc *doc)
{
    return doc && doc->kind == DOC_STRING &&
           unum_str_search(doc->text, UNUM_STR(CFN_UNKNOWN)) != SIZE_MAX;
}

/* ---- Ref ---- */

static bool pseudo(struct cfn_scope *scope, struct unum_str name, const struct doc **ret)
{
    struct unum_str region = scope->local->region;
    bool china = unum_str_starts(region, UNUM_STR("cn-"));
    struct unum_str text;
    if (unum_str_is(name, "AWS::Region"))
        text = region;
    else if (unum_str_is(name, "AWS::AccountId"))
        text = UNUM_STR(LOCAL_ACCOUNT);
    else if (unum_str_is(name, "AWS::Partition"))
        text = china                                          ? UNUM_STR("aws-cn")
               : unum_str_starts(region, UNUM_STR("us-gov-")) ? UNUM_STR("aws-us-gov")
                                                              : UNUM_STR("aws");
    else if (unum_str_is(name, "AWS::URLSuffix"))
        text = china ? UNUM_STR("amazonaws.com.cn") : UNUM_STR("amazonaws.com");
    else if (unum_str_is(name, "AWS::StackName"))
        text = scope->stack_name;
    else if (unum_str_is(name, "AWS::StackId"))
        text = scope->stack_id;
    else if (unum_str_is(name, "AWS::NoValue")) {
        *ret = NULL;
        return true;
    } else if (unum_str_is(name, "AWS::NotificationARNs")) {
        struct doc *none = cfn_text_doc(scope->arena, UNUM_STR(""));
        none->kind = DOC_ARRAY;
        *ret = none;
        return true;
    } else
        return false;
    *ret = cfn_text_doc(scope->arena, text);
    return true;
}

static struct unum_str resource_text(struct cfn_scope *scope, struct unum_str id,
                                     struct unum_str attribute)
{
    struct unum_str found = UNUM_STR_NONE;
    if (scope->resource && scope->resource(scope->cookie, id, attribute, &found))
        return unum_arena_str(scope->arena, found);
    return UNUM_STR(CFN_UNKNOWN);
}

static int refer(struct cfn_scope *scope, struct unum_str name, const struct doc **ret,
                 struct unum_err *err)
{
    if (pseudo(scope, name, ret))
        return 0;
    const struct cfn_parameter *parameter = cfn_template_parameter(scope->template, name);
    if (parameter) {
        *ret = cfn_parameter_doc(scope, parameter);
        return 0;
    }
    if (!cfn_template_resource(scope->template, name))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Unresolved resource dependencies [%.*s] in "
                            "the Resources block of the template",
                            UNUM_STR_ARG(name));
    *ret = cfn_text_doc(scope->arena, resource_text(scope, name, UNUM_STR_NONE));
    return 0;
}

static int ref_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err)
{
    if (argument->kind != DOC_STRING)
        return wrong(err, "Template format error: All References must be of type string");
    return refer(scope, argument->text, ret, err);
}

static int ref_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    if (argument->kind != DOC_STRING)
        return wrong(err, "Template format error: All References must be of type string");
    return walk->reference
               ? walk->reference(walk->cookie, "Ref", argument->text, UNUM_STR_NONE, err)
               : 0;
}

/* ---- Fn::GetAtt ---- */

static int getatt_parts(const struct doc *argument, struct unum_str *ret_id,
                        struct unum_str *ret_attribute, struct unum_err *err)
{
    static const char *const text =
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource "
        "name and the resource attribute";
    if (argument->kind == DOC_STRING) {
        size_t dot = unum_str_find(argument->text, '.');
        *ret_id = unum_str_slice(argument->text, 0, dot);
        *ret_attribute =
            dot < argument->text.len ? unum_str_from_pos(argument->text, dot + 1) : UNUM_STR_NONE;
    } else if (is_list(argument, 2, 2) && at(argument, 0)->kind == DOC_STRING &&
               at(argument, 1)->kind == DOC_STRING) {
        *ret_id = at(argument, 0)->text;
        *ret_attribute = at(argument, 1)->text;
    }
    return ret_id->len && ret_attribute->len ? 0 : wrong(err, text);
}

static int getatt_evaluate(struct cfn_scope *scope, const struct doc *argument,
                           const struct doc **ret, struct unum_err *err)
{
    struct unum_str id = UNUM_STR_NONE, attribute = UNUM_STR_NONE;
    int rc = getatt_parts(argument, &id, &attribute, err);
    if (rc == 0)
        *ret = cfn_text_doc(scope->arena, resource_text(scope, id, attribute));
    return rc;
}

static int getatt_check(const struct cfn_walk *walk, const struct doc *argument,
                        struct unum_err *err)
{
    struct unum_str id = UNUM_STR_NONE, attribute = UNUM_STR_NONE;
    int rc = getatt_parts(argument, &id, &attribute, err);
    if (rc == 0 && walk->reference)
        rc = walk->reference(walk->cookie, "Fn::GetAtt", id, attribute, err);
    return rc;
}

/* ---- Fn::Sub ---- */

struct sub {
    struct unum_str text;
    const struct doc *names; /* may be NULL */
};

static int sub_parts(const struct doc *argument, struct sub *ret, struct unum_err *err)
{
    static const char *const text =
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
        "arguments. Specify a string as first argument, and an optional second argument to "
        "specify a mapping of values to replace in the string";
    *ret = (struct sub){0};
    if (argument->kind == DOC_STRING) {
        ret->text = argument->text;
    } else if (is_list(argument, 1, 2) && at(argument, 0)->kind == DOC_STRING &&
               (argument->len == 1 || at(argument, 1)->kind == DOC_OBJECT)) {
        ret->text = at(argument, 0)->text;
        ret->names = argument->len == 2 ? at(argument, 1) : NULL;
    } else {
        return wrong(err, text);
    }
    return 0;
}

static const struct doc *sub_name(const struct sub *sub, struct unum_str name)
{
    for (size_t i = 0; sub->names && i < sub->names->len; i++) {
        if (unum_str_eq(sub->names->members[i].key, name))
            return sub->names->members[i].value;
    }
    return NULL;
}

/* The next "${name}" of the text: what stands before it, and its name (ptr NULL: the end). */
static int sub_next(struct unum_str *rest, struct unum_str *ret_before, struct unum_str *ret_name,
                    struct unum_err *err)
{
    size_t mark = unum_str_search(*rest, UNUM_STR("${"));
    *ret_name = UNUM_STR_NONE;
    *ret_before = unum_str_slice(*rest, 0, mark);
    if (mark == SIZE_MAX) {
        *rest = UNUM_STR_NONE;
        return 0;
    }
    struct unum_str behind = unum_str_from_pos(*rest, mark + 2);
    size_t end = unum_str_find(behind, '}');
    if (end >= behind.len)
        return wrong(err, "Template error: variable names in Fn::Sub syntax must contain only "
                          "alphanumeric characters, underscores, periods, and colons");
    *ret_name = unum_str_trim(unum_str_slice(behind, 0, end));
    if (!ret_name->len)
        return wrong(err, "Template error: variable names in Fn::Sub syntax must contain only "
                          "alphanumeric characters, underscores, periods, and colons");
    *rest = unum_str_from_pos(behind, end + 1);
    return 0;
}

static int sub_value(struct cfn_scope *scope, const struct sub *sub, struct unum_str name,
                     struct unum_buf *out, struct unum_err *err)
{
    const struct doc *value = sub_name(sub, name);
    struct unum_str text = UNUM_STR_NONE;
    size_t dot = unum_str_find(name, '.');
    int rc = 0;
    if (name.ptr[0] == '!') {
        unum_buf_printf(out, "${%.*s}", UNUM_STR_ARG(unum_str_from_pos(name, 1)));
        return 0;
    }
    if (value) {
        rc = cfn_evaluate_text(scope, value, &text, err);
    } else if (dot < name.len) {
        text = resource_text(scope, unum_str_slice(name, 0, dot), unum_str_from_pos(name, dot + 1));
    } else {
        const struct doc *found = NULL;
        rc = refer(scope, name, &found, err);
        if (rc == 0 && (!found || found->kind != DOC_STRING))
            rc = wrong(err, "Template error: Fn::Sub takes strings only");
        else if (rc == 0)
            text = found->text;
    }
    if (rc == 0)
        unum_buf_add(out, text);
    return rc;
}

static int sub_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err)
{
    struct sub sub;
    int rc = sub_parts(argument, &sub, err);
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    struct unum_str rest = sub.text, before, name;
    while (rc == 0 && rest.ptr) {
        rc = sub_next(&rest, &before, &name, err);
        if (rc)
            break;
        unum_buf_add(&out, before);
        if (name.ptr)
            rc = sub_value(scope, &sub, name, &out, err);
    }
    if (rc)
        return rc;
    if (out.failed)
        return wrong(err, "Template error: the text of Fn::Sub is too large");
    *ret = cfn_text_doc(scope->arena, unum_arena_str(scope->arena, unum_buf_str(&out)));
    return 0;
}

static int sub_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    struct sub sub;
    int rc = sub_parts(argument, &sub, err);
    struct unum_str rest = sub.text, before, name;
    while (rc == 0 && rest.ptr) {
        rc = sub_next(&rest, &before, &name, err);
        if (rc || !name.ptr || name.ptr[0] == '!' || sub_name(&sub, name) || !walk->reference)
            continue;
        size_t dot = unum_str_find(name, '.');
        rc =
            walk->reference(walk->cookie, "Fn::Sub", unum_str_slice(name, 0, dot),
                            dot < name.len ? unum_str_from_pos(name, dot + 1) : UNUM_STR_NONE, err);
    }
    for (size_t i = 0; rc == 0 && sub.names && i < sub.names->len; i++)
        rc = cfn_walk(walk, sub.names->members[i].value, err);
    return rc;
}

/* ---- Fn::Join, Fn::Select, Fn::Split ---- */

static const char join_text[] =
    "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) "
    "a list of strings to be joined or a function that returns a list of strings (such as "
    "Fn::GetAZs) to be joined.";

static int join_evaluate(struct cfn_scope *scope, const struct doc *argument,
                         const struct doc **ret, struct unum_err *err)
{
    const struct doc *list = NULL;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    if (!is_list(argument, 2, 2) || at(argument, 0)->kind != DOC_STRING)
        return wrong(err, join_text);
    int rc = evaluate_list(scope, at(argument, 1), join_text, &list, err);
    for (size_t i = 0; rc == 0 && i < list->len; i++) {
        struct unum_str text = UNUM_STR_NONE;
        rc = cfn_evaluate_text(scope, at(list, i), &text, err);
        if (i)
            unum_buf_add(&out, at(argument, 0)->text);
        unum_buf_add(&out, text);
    }
    if (rc)
        return rc;
    if (out.failed)
        return wrong(err, "Template error: the text of Fn::Join is too large");
    *ret = cfn_text_doc(scope->arena, unum_arena_str(scope->arena, unum_buf_str(&out)));
    return 0;
}

static int join_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    if (!is_list(argument, 2, 2) || at(argument, 0)->kind != DOC_STRING ||
        (at(argument, 1)->kind != DOC_ARRAY && at(argument, 1)->kind != DOC_OBJECT))
        return wrong(err, join_text);
    return walk_all(walk, argument, 1, err);
}

static const char select_text[] =
    "Template error: every Fn::Select object requires two parameters, the index and a list of "
    "objects to select from (or a function that returns such a list)";

static int select_evaluate(struct cfn_scope *scope, const struct doc *argument,
                           const struct doc **ret, struct unum_err *err)
{
    const struct doc *list = NULL;
    struct unum_str index = UNUM_STR_NONE;
    uint64_t number = 0;
    if (!is_list(argument, 2, 2))
        return wrong(err, select_text);
    int rc = cfn_evaluate_text(scope, at(argument, 0), &index, err);
    if (rc == 0)
        rc = cfn_evaluate(scope, at(argument, 1), &list, err);
    if (rc)
        return rc;
    if (is_unknown(list)) {
        *ret = list;
        return 0;
    }
    if (!list || list->kind != DOC_ARRAY)
        return wrong(err, select_text);
    if (!unum_str_to_u64(index, &number) || number >= list->len)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template error: Fn::Select cannot select nonexistent value at index "
                            "%.*s",
                            UNUM_STR_ARG(index));
    *ret = at(list, number);
    return 0;
}

static int pair_check(const struct cfn_walk *walk, const struct doc *argument, const char *text,
                      struct unum_err *err)
{
    return is_list(argument, 2, 2) ? walk_all(walk, argument, 0, err) : wrong(err, text);
}

static int select_check(const struct cfn_walk *walk, const struct doc *argument,
                        struct unum_err *err)
{
    return pair_check(walk, argument, select_text, err);
}

static const char split_text[] =
    "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and "
    "(2) a string to be split or a function that returns a string to be split.";

static int split_evaluate(struct cfn_scope *scope, const struct doc *argument,
                          const struct doc **ret, struct unum_err *err)
{
    struct unum_str text = UNUM_STR_NONE;
    if (!is_list(argument, 2, 2) || at(argument, 0)->kind != DOC_STRING ||
        !at(argument, 0)->text.len)
        return wrong(err, split_text);
    struct unum_str mark = at(argument, 0)->text;
    int rc = cfn_evaluate_text(scope, at(argument, 1), &text, err);
    if (rc)
        return rc;
    struct doc *list = cfn_text_doc(scope->arena, UNUM_STR(""));
    if (unum_str_search(text, UNUM_STR(CFN_UNKNOWN)) != SIZE_MAX) {
        list->text = UNUM_STR(CFN_UNKNOWN);
        *ret = list;
        return 0;
    }
    list->kind = DOC_ARRAY;
    list->members = unum_arena_array(scope->arena, text.len + 1, sizeof(*list->members));
    for (;;) {
        size_t end = unum_str_search(text, mark);
        list->members[list->len].key = UNUM_STR("");
        list->members[list->len++].value = cfn_text_doc(scope->arena, unum_str_slice(text, 0, end));
        if (end == SIZE_MAX)
            break;
        text = unum_str_from_pos(text, end + mark.len);
    }
    *ret = list;
    return 0;
}

static int split_check(const struct cfn_walk *walk, const struct doc *argument,
                       struct unum_err *err)
{
    return pair_check(walk, argument, split_text, err);
}

/* ---- Fn::FindInMap, Fn::Base64, Fn::ImportValue ---- */

static const char map_text[] =
    "Template error: every Fn::FindInMap object requires three parameters, the map name, map key "
    "and the attribute for return value";

static const struct doc *member(const struct doc *object, struct unum_str key)
{
    for (size_t i = 0; object && object->kind == DOC_OBJECT && i < object->len; i++) {
        if (unum_str_eq(object->members[i].key, key))
            return object->members[i].value;
    }
    return NULL;
}

static int map_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err)
{
    struct unum_str keys[3];
    if (!is_list(argument, 3, 3))
        return wrong(err, map_text);
    const struct doc *found = scope->template->mappings;
    for (size_t i = 0; i < 3; i++) {
        int rc = cfn_evaluate_text(scope, at(argument, i), &keys[i], err);
        if (rc)
            return rc;
        found = member(found, keys[i]);
        if (!found)
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Template error: Unable to get mapping for %.*s::%.*s::%.*s",
                                UNUM_STR_ARG(keys[0]), UNUM_STR_ARG(i > 0 ? keys[1] : keys[0]),
                                UNUM_STR_ARG(i > 1 ? keys[2] : keys[i]));
    }
    *ret = found;
    return 0;
}

static int map_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return is_list(argument, 3, 3) ? walk_all(walk, argument, 0, err) : wrong(err, map_text);
}

static int base64_evaluate(struct cfn_scope *scope, const struct doc *argument,
                           const struct doc **ret, struct unum_err *err)
{
    struct unum_str text = UNUM_STR_NONE;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(2 * UNUM_LIMIT_TEMPLATE);
    int rc = cfn_evaluate_text(scope, argument, &text, err);
    if (rc)
        return rc;
    base64_encode(&out, text);
    *ret = cfn_text_doc(scope->arena, unum_arena_str(scope->arena, unum_buf_str(&out)));
    return 0;
}

static int value_check(const struct cfn_walk *walk, const struct doc *argument,
                       struct unum_err *err)
{
    return cfn_walk(walk, argument, err);
}

static int import_evaluate(struct cfn_scope *scope, const struct doc *argument,
                           const struct doc **ret, struct unum_err *err)
{
    struct unum_str name = UNUM_STR_NONE, value = UNUM_STR_NONE;
    int rc = cfn_evaluate_text(scope, argument, &name, err);
    if (rc)
        return rc;
    if (!scope->import || !scope->import(scope->cookie, name, &value))
        return unum_err_set(err, UNUM_E_INVALID_FILE, "No export named %.*s found.",
                            UNUM_STR_ARG(name));
    *ret = cfn_text_doc(scope->arena, unum_arena_str(scope->arena, value));
    return 0;
}

/* ---- conditions ---- */

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

static int if_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                       struct unum_err *err)
{
    bool yes = false;
    if (!is_list(argument, 3, 3) || at(argument, 0)->kind != DOC_STRING)
        return wrong(err, if_text);
    int rc = cfn_condition(scope, at(argument, 0)->text, &yes, err);
    return rc ? rc : cfn_evaluate(scope, at(argument, yes ? 1 : 2), ret, err);
}

static int if_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    if (!is_list(argument, 3, 3) || at(argument, 0)->kind != DOC_STRING)
        return wrong(err, if_text);
    int rc =
        walk->condition ? walk->condition(walk->cookie, "Fn::If", at(argument, 0)->text, err) : 0;
    return rc ? rc : walk_all(walk, argument, 1, err);
}

static const char equals_text[] =
    "Template error: every Fn::Equals object requires a list of 2 string parameters.";

static int equals_evaluate(struct cfn_scope *scope, const struct doc *argument,
                           const struct doc **ret, struct unum_err *err)
{
    struct unum_str a = UNUM_STR_NONE, b = UNUM_STR_NONE;
    if (!is_list(argument, 2, 2))
        return wrong(err, equals_text);
    int rc = cfn_evaluate_text(scope, at(argument, 0), &a, err);
    if (rc == 0)
        rc = cfn_evaluate_text(scope, at(argument, 1), &b, err);
    if (rc == 0)
        *ret = cfn_bool_doc(scope->arena, unum_str_eq(a, b));
    return rc;
}

static int equals_check(const struct cfn_walk *walk, const struct doc *argument,
                        struct unum_err *err)
{
    return pair_check(walk, argument, equals_text, err);
}

static int all_of(struct cfn_scope *scope, const struct doc *argument, bool until, const char *text,
                  const struct doc **ret, struct unum_err *err)
{
    if (!is_list(argument, 2, MOST_CONDITIONS))
        return wrong(err, text);
    bool yes = !until;
    for (size_t i = 0; i < argument->len && yes != until; i++) {
        int rc = operand(scope, at(argument, i), &yes, err);
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
        rc = operand_check(walk, function, at(argument, i), err);
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

static int and_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err)
{
    return all_of(scope, argument, false, and_text, ret, err);
}

static int and_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return is_list(argument, 2, MOST_CONDITIONS) ? operands_check(walk, "Fn::And", argument, err)
                                                 : wrong(err, and_text);
}

static int or_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                       struct unum_err *err)
{
    return all_of(scope, argument, true, or_text, ret, err);
}

static int or_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return is_list(argument, 2, MOST_CONDITIONS) ? operands_check(walk, "Fn::Or", argument, err)
                                                 : wrong(err, or_text);
}

static int not_evaluate(struct cfn_scope *scope, const struct doc *argument, const struct doc **ret,
                        struct unum_err *err)
{
    bool yes = false;
    if (!is_list(argument, 1, 1))
        return wrong(err, not_text);
    int rc = operand(scope, at(argument, 0), &yes, err);
    if (rc == 0)
        *ret = cfn_bool_doc(scope->arena, !yes);
    return rc;
}

static int not_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    return is_list(argument, 1, 1) ? operands_check(walk, "Fn::Not", argument, err)
                                   : wrong(err, not_text);
}

/* ---- the table ---- */

static const struct cfn_function functions[] = {
    {"Ref", ref_evaluate, ref_check},
    {"Fn::GetAtt", getatt_evaluate, getatt_check},
    {"Fn::Sub", sub_evaluate, sub_check},
    {"Fn::Join", join_evaluate, join_check},
    {"Fn::Select", select_evaluate, select_check},
    {"Fn::Split", split_evaluate, split_check},
    {"Fn::FindInMap", map_evaluate, map_check},
    {"Fn::Base64", base64_evaluate, value_check},
    {"Fn::ImportValue", import_evaluate, value_check},
    {"Fn::If", if_evaluate, if_check},
    {"Fn::Equals", equals_evaluate, equals_check},
    {"Fn::And", and_evaluate, and_check},
    {"Fn::Or", or_evaluate, or_check},
    {"Fn::Not", not_evaluate, not_check},
};

static int unsupported(struct unum_str name, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF all = UNUM_BUF_INIT(UNUM_KB);
    for (size_t i = 1; i < UNUM_COUNT(functions); i++)
        unum_buf_printf(&all, "%s%s", i > 1 ? ", " : "", functions[i].name);
    return unum_err_set(err, UNUM_E_INVALID_FILE,
                        "Template format error: Encountered unsupported function: %.*s Supported "
                        "functions are: [%s]",
                        UNUM_STR_ARG(name), unum_buf_text(&all));
}

int cfn_function_of(const struct doc *value, const struct cfn_function **ret,
                    const struct doc **ret_argument, struct unum_err *err)
{
    *ret = NULL;
    if (value->kind != DOC_OBJECT)
        return 0;
    for (size_t i = 0; i < value->len; i++) {
        struct unum_str key = value->members[i].key;
        bool ref = unum_str_is(key, "Ref") && value->len == 1;
        if (!ref && !unum_str_starts(key, UNUM_STR("Fn::")))
            continue;
        if (value->len != 1)
            return unum_err_set(err, UNUM_E_INVALID_FILE,
                                "Template format error: %.*s must stand alone in its object",
                                UNUM_STR_ARG(key));
        *ret_argument = value->members[i].value;
        for (size_t row = 0; row < UNUM_COUNT(functions); row++) {
            if (unum_str_is(key, functions[row].name)) {
                *ret = &functions[row];
                return 0;
            }
        }
        return unsupported(key, err);
    }
    return 0;
}

/*
 * The functions of templates, one row each.
 * Source: CloudFormation Template Reference, "Intrinsic function reference", "Condition functions",
 * "Pseudo parameters reference".
 */
#include "local/cfn_function.h"

#include "crypto/base64.h"

int cfn_wrong(struct unum_err *err, const char *text)
{
    return unum_err_set(err, UNUM_E_INVALID_FILE, "%s", text);
}

bool cfn_is_list(const struct doc *doc, size_t least, size_t most)
{
    return doc->kind == DOC_ARRAY && doc->len >= least && doc->len <= most;
}

const struct doc *cfn_at(const struct doc *list, size_t i)
{
    return list->members[i].value;
}

int cfn_walk_all(const struct cfn_walk *walk, const struct doc *list, size_t from,
                 struct unum_err *err)
{
    int rc = 0;
    for (size_t i = from; i < list->len && rc == 0; i++)
        rc = cfn_walk(walk, cfn_at(list, i), err);
    return rc;
}

/* The value of an argument that must be a list once its functions are carried out. */
static int evaluate_list(struct cfn_scope *scope, const struct doc *value, const char *text,
                         const struct doc **ret, struct unum_err *err)
{
    int rc = cfn_evaluate(scope, value, ret, err);
    if (rc)
        return rc;
    return *ret && (*ret)->kind == DOC_ARRAY ? 0 : cfn_wrong(err, text);
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
        return cfn_wrong(err, "Template format error: All References must be of type string");
    return refer(scope, argument->text, ret, err);
}

static int ref_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    if (argument->kind != DOC_STRING)
        return cfn_wrong(err, "Template format error: All References must be of type string");
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
    } else if (cfn_is_list(argument, 2, 2) && cfn_at(argument, 0)->kind == DOC_STRING &&
               cfn_at(argument, 1)->kind == DOC_STRING) {
        *ret_id = cfn_at(argument, 0)->text;
        *ret_attribute = cfn_at(argument, 1)->text;
    }
    return ret_id->len && ret_attribute->len ? 0 : cfn_wrong(err, text);
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
    } else if (cfn_is_list(argument, 1, 2) && cfn_at(argument, 0)->kind == DOC_STRING &&
               (argument->len == 1 || cfn_at(argument, 1)->kind == DOC_OBJECT)) {
        ret->text = cfn_at(argument, 0)->text;
        ret->names = argument->len == 2 ? cfn_at(argument, 1) : NULL;
    } else {
        return cfn_wrong(err, text);
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
        return cfn_wrong(err, "Template error: variable names in Fn::Sub syntax must contain only "
                              "alphanumeric characters, underscores, periods, and colons");
    *ret_name = unum_str_trim(unum_str_slice(behind, 0, end));
    if (!ret_name->len)
        return cfn_wrong(err, "Template error: variable names in Fn::Sub syntax must contain only "
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
            rc = cfn_wrong(err, "Template error: Fn::Sub takes strings only");
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
        return cfn_wrong(err, "Template error: the text of Fn::Sub is too large");
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
    if (!cfn_is_list(argument, 2, 2) || cfn_at(argument, 0)->kind != DOC_STRING)
        return cfn_wrong(err, join_text);
    int rc = evaluate_list(scope, cfn_at(argument, 1), join_text, &list, err);
    for (size_t i = 0; rc == 0 && i < list->len; i++) {
        struct unum_str text = UNUM_STR_NONE;
        rc = cfn_evaluate_text(scope, cfn_at(list, i), &text, err);
        if (i)
            unum_buf_add(&out, cfn_at(argument, 0)->text);
        unum_buf_add(&out, text);
    }
    if (rc)
        return rc;
    if (out.failed)
        return cfn_wrong(err, "Template error: the text of Fn::Join is too large");
    *ret = cfn_text_doc(scope->arena, unum_arena_str(scope->arena, unum_buf_str(&out)));
    return 0;
}

static int join_check(const struct cfn_walk *walk, const struct doc *argument, struct unum_err *err)
{
    if (!cfn_is_list(argument, 2, 2) || cfn_at(argument, 0)->kind != DOC_STRING ||
        (cfn_at(argument, 1)->kind != DOC_ARRAY && cfn_at(argument, 1)->kind != DOC_OBJECT))
        return cfn_wrong(err, join_text);
    return cfn_walk_all(walk, argument, 1, err);
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
    if (!cfn_is_list(argument, 2, 2))
        return cfn_wrong(err, select_text);
    int rc = cfn_evaluate_text(scope, cfn_at(argument, 0), &index, err);
    if (rc == 0)
        rc = cfn_evaluate(scope, cfn_at(argument, 1), &list, err);
    if (rc)
        return rc;
    if (is_unknown(list)) {
        *ret = list;
        return 0;
    }
    if (!list || list->kind != DOC_ARRAY)
        return cfn_wrong(err, select_text);
    if (!unum_str_to_u64(index, &number) || number >= list->len)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template error: Fn::Select cannot select nonexistent value at index "
                            "%.*s",
                            UNUM_STR_ARG(index));
    *ret = cfn_at(list, number);
    return 0;
}

int cfn_pair_check(const struct cfn_walk *walk, const struct doc *argument, const char *text,
                   struct unum_err *err)
{
    return cfn_is_list(argument, 2, 2) ? cfn_walk_all(walk, argument, 0, err)
                                       : cfn_wrong(err, text);
}

static int select_check(const struct cfn_walk *walk, const struct doc *argument,
                        struct unum_err *err)
{
    return cfn_pair_check(walk, argument, select_text, err);
}

static const char split_text[] =
    "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and "
    "(2) a string to be split or a function that returns a string to be split.";

static size_t count_parts(struct unum_str text, struct unum_str mark)
{
    size_t count = 1, end;
    while ((end = unum_str_search(text, mark)) != SIZE_MAX) {
        text = unum_str_from_pos(text, end + mark.len);
        count++;
    }
    return count;
}

static int split_evaluate(struct cfn_scope *scope, const struct doc *argument,
                          const struct doc **ret, struct unum_err *err)
{
    struct unum_str text = UNUM_STR_NONE;
    if (!cfn_is_list(argument, 2, 2) || cfn_at(argument, 0)->kind != DOC_STRING ||
        !cfn_at(argument, 0)->text.len)
        return cfn_wrong(err, split_text);
    struct unum_str mark = cfn_at(argument, 0)->text;
    int rc = cfn_evaluate_text(scope, cfn_at(argument, 1), &text, err);
    if (rc)
        return rc;
    struct doc *list = cfn_text_doc(scope->arena, UNUM_STR(""));
    if (unum_str_search(text, UNUM_STR(CFN_UNKNOWN)) != SIZE_MAX) {
        list->text = UNUM_STR(CFN_UNKNOWN);
        *ret = list;
        return 0;
    }
    list->kind = DOC_ARRAY;
    list->members = unum_arena_array(scope->arena, count_parts(text, mark), sizeof(*list->members));
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
    return cfn_pair_check(walk, argument, split_text, err);
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
    if (!cfn_is_list(argument, 3, 3))
        return cfn_wrong(err, map_text);
    const struct doc *found = scope->template->mappings;
    for (size_t i = 0; i < 3; i++) {
        int rc = cfn_evaluate_text(scope, cfn_at(argument, i), &keys[i], err);
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
    return cfn_is_list(argument, 3, 3) ? cfn_walk_all(walk, argument, 0, err)
                                       : cfn_wrong(err, map_text);
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
    {"Fn::If", cfn_if_evaluate, cfn_if_check},
    {"Fn::Equals", cfn_equals_evaluate, cfn_equals_check},
    {"Fn::And", cfn_and_evaluate, cfn_and_check},
    {"Fn::Or", cfn_or_evaluate, cfn_or_check},
    {"Fn::Not", cfn_not_evaluate, cfn_not_check},
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

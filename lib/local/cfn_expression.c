/* Values of a template with the functions carried out. */
#include "local/cfn.h"

#include <string.h>

#include "json/json.h"

struct doc *cfn_text_doc(struct unum_arena *arena, struct unum_str text)
{
    struct doc *doc = UNUM_ARENA_NEW(arena, struct doc);
    doc->kind = DOC_STRING;
    doc->text = text;
    doc->tag = UNUM_STR("");
    return doc;
}

struct doc *cfn_bool_doc(struct unum_arena *arena, bool yes)
{
    return cfn_text_doc(arena, yes ? UNUM_STR("true") : UNUM_STR("false"));
}

static int evaluate_members(struct cfn_scope *scope, const struct doc *value,
                            const struct doc **ret, struct unum_err *err)
{
    struct doc *made = UNUM_ARENA_NEW(scope->arena, struct doc);
    *made = *value;
    made->tag = UNUM_STR("");
    made->len = 0;
    made->members = unum_arena_array(scope->arena, value->len, sizeof(*made->members));
    for (size_t i = 0; i < value->len; i++) {
        const struct doc *member = NULL;
        int rc = cfn_evaluate(scope, value->members[i].value, &member, err);
        if (rc)
            return rc;
        if (!member) /* AWS::NoValue */
            continue;
        made->members[made->len] = value->members[i];
        made->members[made->len++].value = (struct doc *)(uintptr_t)member;
    }
    *ret = made;
    return 0;
}

int cfn_evaluate(struct cfn_scope *scope, const struct doc *value, const struct doc **ret,
                 struct unum_err *err)
{
    const struct cfn_function *function = NULL;
    const struct doc *argument = NULL;
    if (scope->arena->used > CFN_MOST_EVALUATED)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: the values of the template are too large");
    int rc = cfn_function_of(value, &function, &argument, err);
    if (rc)
        return rc;
    if (function)
        return function->evaluate(scope, argument, ret, err);
    if (value->kind == DOC_ARRAY || value->kind == DOC_OBJECT)
        return evaluate_members(scope, value, ret, err);
    *ret = value;
    return 0;
}

int cfn_evaluate_text(struct cfn_scope *scope, const struct doc *value, struct unum_str *ret,
                      struct unum_err *err)
{
    const struct doc *made = NULL;
    int rc = cfn_evaluate(scope, value, &made, err);
    if (rc)
        return rc;
    if (made && made->kind == DOC_BOOL)
        *ret = made->boolean ? UNUM_STR("true") : UNUM_STR("false");
    else if (made && (made->kind == DOC_STRING || made->kind == DOC_NUMBER))
        *ret = made->text;
    else
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: a string is expected, not %s",
                            made ? doc_kind_name(made->kind) : "AWS::NoValue");
    return 0;
}

int cfn_evaluate_json(struct cfn_scope *scope, const struct doc *value, struct unum_str *ret,
                      struct unum_err *err)
{
    const struct doc *made = NULL;
    *ret = UNUM_STR("{}");
    if (!value)
        return 0;
    int rc = cfn_evaluate(scope, value, &made, err);
    if (rc || !made)
        return rc;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    doc_write_json(made, &w);
    if (text.failed)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: the values of a resource are too large");
    *ret = unum_arena_str(scope->arena, unum_buf_str(&text));
    return 0;
}

enum { NOT_KNOWN, BEING_WORKED_OUT, IS_FALSE, IS_TRUE };

/* Each condition is worked out once: they may name each other many times over. */
int cfn_condition(struct cfn_scope *scope, struct unum_str name, bool *ret, struct unum_err *err)
{
    const struct doc *all = scope->template->conditions;
    size_t i = 0;
    while (all && i < all->len && !unum_str_eq(all->members[i].key, name))
        i++;
    if (!all || i == all->len)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Unresolved condition dependency %.*s",
                            UNUM_STR_ARG(name));
    if (!scope->conditions) {
        scope->conditions = unum_arena_alloc(scope->arena, all->len);
        memset(scope->conditions, NOT_KNOWN, all->len);
    }
    unsigned char *known = &scope->conditions[i];
    if (*known == BEING_WORKED_OUT)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Circular dependency in condition %.*s",
                            UNUM_STR_ARG(name));
    if (*known == NOT_KNOWN) {
        struct unum_str text = UNUM_STR_NONE;
        *known = BEING_WORKED_OUT;
        int rc = cfn_evaluate_text(scope, all->members[i].value, &text, err);
        if (rc)
            return rc;
        *known = unum_str_is(text, "true") ? IS_TRUE : IS_FALSE;
    }
    *ret = *known == IS_TRUE;
    return 0;
}

int cfn_included(struct cfn_scope *scope, struct unum_str condition, bool *ret,
                 struct unum_err *err)
{
    *ret = true;
    return condition.len ? cfn_condition(scope, condition, ret, err) : 0;
}

bool cfn_parameter_is_list(const struct cfn_parameter *parameter)
{
    return unum_str_is(parameter->type, "CommaDelimitedList") ||
           unum_str_is(parameter->type, "List<Number>") ||
           unum_str_is(parameter->type, "List<String>");
}

const struct doc *cfn_parameter_doc(struct cfn_scope *scope, const struct cfn_parameter *parameter)
{
    const struct cfn_pair *pair =
        scope->parameters ? cfn_pairs_get(scope->parameters, parameter->name) : NULL;
    struct unum_str text = pair ? unum_str_from(pair->value) : parameter->default_value;
    text = unum_arena_str(scope->arena, text);
    if (!cfn_parameter_is_list(parameter))
        return cfn_text_doc(scope->arena, text);
    struct doc *list = UNUM_ARENA_NEW(scope->arena, struct doc);
    list->kind = DOC_ARRAY;
    list->tag = UNUM_STR("");
    size_t most = 1;
    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == ',';
    list->members = unum_arena_array(scope->arena, most, sizeof(*list->members));
    struct unum_str part;
    while (text.len && unum_str_split(&text, ',', &part)) {
        list->members[list->len].key = UNUM_STR("");
        list->members[list->len++].value = cfn_text_doc(scope->arena, unum_str_trim(part));
    }
    return list;
}

int cfn_walk(const struct cfn_walk *walk, const struct doc *value, struct unum_err *err)
{
    const struct cfn_function *function = NULL;
    const struct doc *argument = NULL;
    int rc = cfn_function_of(value, &function, &argument, err);
    if (rc)
        return rc;
    if (function)
        return function->check(walk, argument, err);
    if (value->kind != DOC_ARRAY && value->kind != DOC_OBJECT)
        return 0;
    for (size_t i = 0; i < value->len && rc == 0; i++)
        rc = cfn_walk(walk, value->members[i].value, err);
    return rc;
}

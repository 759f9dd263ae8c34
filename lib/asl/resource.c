/* Resource of Task states. */
#include "asl/parse_internal.h"

#include "asl/integration.h"

static void refuse(struct asl_parser *p, enum unum_code code, struct unum_span span,
                   const char *text, const char *instead)
{
    unum_diag_add(p->diags, code, span, "%s", text);
    unum_diag_hint(p->diags, "%s", instead);
}

/* Part `n` of "arn:aws:lambda:region:account:function:name:qualifier"; ptr NULL if there is none.
 */
static struct unum_str arn_part(struct unum_str arn, size_t n)
{
    struct unum_str part = UNUM_STR_NONE;
    for (size_t i = 0; i <= n; i++) {
        if (!unum_str_split(&arn, ':', &part))
            return UNUM_STR_NONE;
    }
    return part;
}

enum { ARN_SERVICE = 2, ARN_REGION = 3, ARN_KIND = 5, ARN_NAME = 6, ARN_QUALIFIER = 7 };

/* ---- functions ---- */

static bool is_name(struct unum_str name, const char *more)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = unum_is_alnum(c) || c == '-' || c == '_';
        if (!plain && unum_str_find(unum_str_from(more), c) == SIZE_MAX)
            return false;
    }
    return name.len > 0;
}

/* The name in the ARN of a Lambda function; ptr NULL after a diagnostic. */
static struct unum_str function_of_arn(struct asl_parser *p, const struct doc *at)
{
    struct unum_str name = arn_part(at->text, ARN_NAME);
    struct unum_str qualifier = arn_part(at->text, ARN_QUALIFIER);
    if (!unum_str_is(arn_part(at->text, ARN_SERVICE), "lambda") ||
        !unum_str_is(arn_part(at->text, ARN_KIND), "function") || !name.len) {
        refuse(p, UNUM_E0413, at->span, "this is not the ARN of a Lambda function",
               "write the name of a function of the template");
        return UNUM_STR_NONE;
    }
    if (!qualifier.ptr)
        return name;
    if (!is_name(qualifier, "$.")) {
        refuse(p, UNUM_E0429, at->span, "behind the function's name stands no version or alias",
               "write the name of a function of the template");
        return UNUM_STR_NONE;
    }
    refuse(p, UNUM_E0533, at->span, "versions and aliases of functions are not supported yet",
           "write the name of a function of the template");
    return UNUM_STR_NONE;
}

static bool has_substitution(struct unum_str name)
{
    return unum_str_search(name, UNUM_STR("${")) != SIZE_MAX;
}

static void unknown_function(struct asl_parser *p, const struct doc *at, struct unum_str name)
{
    unum_diag_add(p->diags, UNUM_E0413, at->span, "the template has no function \"%.*s\"",
                  UNUM_STR_ARG(name));
    if (asl_muted(p))
        return;
    if (has_substitution(name)) {
        unum_diag_hint(p->diags,
                       "substitutions such as ${Name} are not done here: write the name of "
                       "a function of the template");
        return;
    }
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, name);
    for (size_t i = 0; p->functions && i < p->functions->len; i++)
        unum_nearest_try(&nearest, p->functions->at[i].name);
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    else
        unum_diag_hint(p->diags, "add it to Functions in unum-template.yaml");
}

/* `at` is a string that names a function, plainly or by its ARN. */
static void use_function(struct asl_parser *p, const struct doc *at, struct asl_state *ret)
{
    struct unum_str name = at->text;
    if (unum_str_starts(name, UNUM_STR("arn:")))
        name = function_of_arn(p, at);
    if (!name.ptr || (!p->functions && !has_substitution(name)))
        return;
    const size_t *function = unum_map_get(&p->by_function, name);
    if (!function) {
        unknown_function(p, at, name);
        return;
    }
    ret->function = *function;
    p->used[ret->function] = true;
}

/* ---- arn:aws:states:::lambda:invoke ---- */

/* Parameters of the Lambda API that the edges between functions cannot carry. */
static const struct {
    const char *name, *instead;
} refused[] = {
    {"FunctionName.$", "write a \"Choice\" before one Task for each function"},
    {"Qualifier", "take it out: the deployed version of the application's function is invoked"},
    {"Qualifier.$", "take it out: the deployed version of the application's function is invoked"},
    {"ClientContext", "hand the data over in \"Payload\""},
    {"ClientContext.$", "hand the data over in \"Payload\""},
    {"InvocationType.$", "take it out: the state waits for the result of the function"},
    {"LogType", "take it out: `unum logs` shows the log"},
    {"LogType.$", "take it out: `unum logs` shows the log"},
};

static bool check_invocation_type(struct asl_parser *p, const struct doc_member *member)
{
    const struct doc *value = member->value;
    if (value->kind == DOC_STRING && unum_str_is(value->text, "RequestResponse"))
        return true;
    if (value->kind == DOC_STRING &&
        (unum_str_is(value->text, "Event") || unum_str_is(value->text, "DryRun")))
        refuse(p, UNUM_E0532, value->span, "this \"InvocationType\" is not supported yet",
               "take it out: the state waits for the result of the function");
    else
        unum_diag_add(p->diags, UNUM_E0430, asl_at(value),
                      "\"InvocationType\" is \"RequestResponse\", \"Event\" or \"DryRun\"");
    return false;
}

static void check_invoke_field(struct asl_parser *p, const struct doc_member *member)
{
    static const char *const known[] = {"FunctionName", "Payload", "Payload.$", "InvocationType"};
    for (size_t i = 0; i < UNUM_COUNT(refused); i++) {
        if (!unum_str_is(member->key, refused[i].name))
            continue;
        unum_diag_add(p->diags, UNUM_E0532, member->key_span,
                      "\"%s\" of lambda:invoke is not supported yet", refused[i].name);
        unum_diag_hint(p->diags, "%s", refused[i].instead);
        return;
    }
    if (unum_str_is(member->key, "InvocationType")) {
        check_invocation_type(p, member);
    } else if (!unum_str_is(member->key, "FunctionName") && !unum_str_is(member->key, "Payload") &&
               !unum_str_is(member->key, "Payload.$")) {
        unum_diag_add(p->diags, UNUM_E0430, member->key_span, "lambda:invoke has no field \"%.*s\"",
                      UNUM_STR_ARG(member->key));
        if (asl_muted(p))
            return;
        struct unum_nearest nearest;
        unum_nearest_init(&nearest, member->key);
        for (size_t i = 0; i < UNUM_COUNT(known); i++)
            unum_nearest_try(&nearest, unum_str_from(known[i]));
        if (nearest.best.ptr)
            unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    }
}

static void lambda_invoke(struct asl_parser *p, const struct doc *state, const struct doc *at,
                          struct asl_state *ret)
{
    ret->invoke = true;
    if (ret->jsonata)
        return;
    const struct doc *parameters = doc_get(state, "Parameters");
    if (!parameters) {
        unum_diag_add(p->diags, UNUM_E0403, at->span,
                      "lambda:invoke needs \"FunctionName\" in \"Parameters\"");
        return;
    }
    if (parameters->kind != DOC_OBJECT)
        return;
    for (size_t i = 0; i < parameters->len; i++)
        check_invoke_field(p, &parameters->members[i]);
    const struct doc *name = doc_get(parameters, "FunctionName");
    if (!name && !doc_get(parameters, "FunctionName.$"))
        unum_diag_add(p->diags, UNUM_E0403, asl_first(parameters->span),
                      "lambda:invoke needs \"FunctionName\"");
    if (name && name->kind != DOC_STRING)
        unum_diag_add(p->diags, UNUM_E0430, asl_at(name), "\"FunctionName\" is a string, not %s",
                      doc_kind_name(name->kind));
    else if (name && !name->text.len)
        unum_diag_add(p->diags, UNUM_E0430, name->span, "\"FunctionName\" is empty");
    else if (name)
        use_function(p, name, ret);
}

/* ---- other integrations ---- */

static void integration(struct asl_parser *p, const struct doc *state, const struct doc *at,
                        struct asl_state *ret)
{
    struct unum_str text = at->text;
    if (unum_str_is(arn_part(text, ARN_KIND), "activity")) {
        refuse(p, UNUM_E0525, at->span, "Activities are not supported yet",
               "call the worker from a function");
        return;
    }
    struct integration call;
    if (!integration_read(text, &call)) {
        unum_diag_add(p->diags, UNUM_E0429, at->span,
                      "Step Functions has no service integration \"%.*s\"", UNUM_STR_ARG(text));
        struct unum_str best = asl_muted(p) ? UNUM_STR_NONE : integration_nearest(text, p->arena);
        if (best.ptr)
            unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(best));
    } else if (call.pattern == INTEGRATION_CALLBACK) {
        refuse(p, UNUM_E0529, at->span, "callbacks (.waitForTaskToken) are not supported yet",
               "wait inside of a function, within its Timeout");
    } else if (call.lambda) {
        lambda_invoke(p, state, at, ret);
    } else {
        refuse(p, UNUM_E0524, at->span, "service integrations are not supported yet",
               "call the service from a function");
    }
}

void asl_resource(struct asl_parser *p, const struct doc *state, struct asl_state *ret)
{
    const struct doc *at = doc_get(state, "Resource");
    ret->function = ASL_FUNCTION_NONE;
    if (!at) {
        asl_missing(p, state, ASL_AT_TASK, "Resource");
        return;
    }
    ret->resource = asl_at(at);
    if (!asl_text(p, state, "Resource", true).len)
        return;
    if (unum_str_starts(at->text, UNUM_STR("arn:")) &&
        unum_str_is(arn_part(at->text, ARN_SERVICE), "states"))
        integration(p, state, at, ret);
    else
        use_function(p, at, ret);
}

void asl_unused_functions(struct asl_parser *p)
{
    for (size_t i = 0; p->functions && i < p->functions->len; i++) {
        if (!p->used[i])
            unum_diag_add(p->diags, UNUM_W0414, p->functions->at[i].span,
                          "no state uses function \"%.*s\"",
                          UNUM_STR_ARG(p->functions->at[i].name));
    }
}

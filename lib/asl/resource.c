#include "asl/parse_internal.h"

static void refuse(struct asl_parser *p, enum unum_code code, const struct doc *at,
                   const char *text, const char *instead)
{
    unum_diag_add(p->diags, code, at->span, "%s", text);
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

enum { ARN_SERVICE = 2, ARN_KIND = 5, ARN_NAME = 6, ARN_QUALIFIER = 7 };

/* Something of Step Functions itself: never a function of the template. */
static void refuse_integration(struct asl_parser *p, const struct doc *at)
{
    struct unum_str kind = arn_part(at->text, ARN_KIND);
    struct unum_str name = arn_part(at->text, ARN_NAME);
    if (unum_str_is(kind, "activity"))
        refuse(p, UNUM_E0525, at, "Activities are not supported yet",
               "call the worker from a function");
    else if (unum_str_ends(at->text, UNUM_STR(".waitForTaskToken")))
        refuse(p, UNUM_E0529, at, "callbacks (.waitForTaskToken) are not supported yet",
               "wait inside of a function, within its Timeout");
    else if (unum_str_is(kind, "lambda") && unum_str_is(name, "invoke"))
        refuse(p, UNUM_E0527, at, "lambda:invoke is not supported yet",
               "write the name of the function as \"Resource\"; its input is then the state's "
               "input, and its result the state's result");
    else
        refuse(p, UNUM_E0524, at, "service integrations are not supported yet",
               "call the service from a function");
}

/* The name of a function that a Resource means; ptr NULL after a diagnostic. */
static struct unum_str function_name(struct asl_parser *p, const struct doc *at)
{
    if (!unum_str_starts(at->text, UNUM_STR("arn:")))
        return at->text;
    struct unum_str service = arn_part(at->text, ARN_SERVICE);
    if (unum_str_is(service, "states")) {
        refuse_integration(p, at);
        return UNUM_STR_NONE;
    }
    struct unum_str name = arn_part(at->text, ARN_NAME);
    if (!unum_str_is(service, "lambda") || !unum_str_is(arn_part(at->text, ARN_KIND), "function") ||
        !name.len) {
        refuse(p, UNUM_E0413, at, "this is not the ARN of a Lambda function",
               "write the name of a function of the template");
        return UNUM_STR_NONE;
    }
    if (arn_part(at->text, ARN_QUALIFIER).ptr) {
        refuse(p, UNUM_E0413, at, "versions and aliases of functions are not supported",
               "write the name of a function of the template");
        return UNUM_STR_NONE;
    }
    return name;
}

void asl_resource(struct asl_parser *p, const struct doc *state, struct asl_state *ret)
{
    const struct doc *at = doc_get(state, "Resource");
    if (!at) {
        asl_missing(p, state, ASL_AT_TASK, "Resource");
        return;
    }
    if (!asl_text(p, state, "Resource", true).len)
        return;
    struct unum_str name = function_name(p, at);
    if (!name.ptr)
        return;
    const size_t *function = unum_map_get(&p->by_function, name);
    if (function) {
        ret->function = *function;
        p->used[ret->function] = true;
        return;
    }
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, name);
    for (size_t i = 0; i < p->functions->len; i++)
        unum_nearest_try(&nearest, p->functions->at[i].name);
    unum_diag_add(p->diags, UNUM_E0413, at->span, "the template has no function \"%.*s\"",
                  UNUM_STR_ARG(name));
    if (nearest.best.ptr)
        unum_diag_hint(p->diags, "did you mean \"%.*s\"?", UNUM_STR_ARG(nearest.best));
    else
        unum_diag_hint(p->diags, "add it to Functions in unum-template.yaml");
}

void asl_unused_functions(struct asl_parser *p)
{
    for (size_t i = 0; i < p->functions->len; i++) {
        if (!p->used[i])
            unum_diag_add(p->diags, UNUM_W0414, p->functions->at[i].span,
                          "no state uses function \"%.*s\"",
                          UNUM_STR_ARG(p->functions->at[i].name));
    }
}

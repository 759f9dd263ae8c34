/* What a definition asks for that cannot be interpreted. */
#include "eval/machine_internal.h"

bool machine_is_jsonata(struct unum_str object)
{
    struct unum_str language = eval_field(object, "QueryLanguage");
    return language.ptr && json_is(language, UNUM_STR("JSONata"));
}

static bool uses(struct unum_str fields, const char *key)
{
    return eval_field(fields, key).ptr != NULL;
}

static const char *unsupported(struct machine *m, struct unum_str scope, unsigned depth,
                               struct unum_str *ret_where);

static const char *unsupported_state(struct machine *m, struct unum_str state, unsigned depth,
                                     struct unum_str *ret_where)
{
    static const char *const inside[] = {"ItemProcessor", "Iterator"};
    struct unum_str resource = eval_text(m->arena, eval_field(state, "Resource"));
    struct unum_str type = eval_text(m->arena, eval_field(state, "Type"));
    struct unum_str branches = eval_field(state, "Branches");
    struct unum_str branch;
    const char *what = NULL;
    if (machine_is_jsonata(state))
        return "is written in JSONata";
    struct unum_str service = eval_service(resource);
    if (unum_str_is(type, "Task") && service.ptr && !unum_str_is(service, "lambda:invoke"))
        return "calls a service other than Lambda, or waits for a token";
    if (unum_str_is(type, "Task") && eval_is_activity(resource))
        return "is done by an Activity";
    if (unum_str_is(type, "Map") &&
        (uses(state, "ItemReader") || uses(state, "ItemBatcher") || uses(state, "ResultWriter")))
        return "reads, batches or writes items of a Map";
    for (size_t i = 0; !what && i < UNUM_COUNT(inside); i++) {
        struct unum_str scope = eval_field(state, inside[i]);
        what = scope.ptr ? unsupported(m, scope, depth + 1, ret_where) : NULL;
    }
    struct json_iter iter = {0};
    if (branches.ptr)
        iter = json_iter(branches);
    while (!what && branches.ptr && json_next(&iter, NULL, &branch))
        what = unsupported(m, branch, depth + 1, ret_where);
    return what;
}

static const char *unsupported(struct machine *m, struct unum_str scope, unsigned depth,
                               struct unum_str *ret_where)
{
    struct unum_str states = eval_field(scope, "States");
    struct unum_str key;
    struct unum_str state;
    if (!states.ptr || depth > MACHINE_LIMIT_NESTING)
        return NULL;
    struct json_iter iter = json_iter(states);
    while (json_next(&iter, &key, &state)) {
        *ret_where = key.ptr ? eval_text(m->arena, key) : UNUM_STR("");
        const char *what = unsupported_state(m, state, depth, ret_where);
        if (what)
            return what;
    }
    return NULL;
}

const char *machine_unsupported(struct machine *m, struct unum_str definition,
                                struct unum_str *ret_where)
{
    return unsupported(m, definition, 0, ret_where);
}

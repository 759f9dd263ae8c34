/* What is right in a machine but not projected yet: each is refused with its own diagnostic. */
#include "compile/project_internal.h"

#include "eval/path.h"

static const struct {
    enum asl_type type;
    enum unum_code code;
    const char *instead;
} types[] = {
    {ASL_PASS, UNUM_E0501,
     "let the function before it give the value, or use a Task whose function does"},
    {ASL_CHOICE, UNUM_E0502,
     "decide inside of a function, or write the IR by hand with a Conditional on its edges"},
    {ASL_WAIT, UNUM_E0503, "wait inside of a function, within its Timeout"},
    {ASL_SUCCEED, UNUM_E0504, "write \"End\": true into the states that lead here"},
    {ASL_FAIL, UNUM_E0505, "let the function before it return the error"},
};

static const struct {
    enum asl_field field;
    enum unum_code code;
    const char *instead;
} fields[] = {
    {ASL_INPUT_PATH, UNUM_E0506, "take the part inside of the function"},
    {ASL_OUTPUT_PATH, UNUM_E0507, "return the part from the function"},
    {ASL_RESULT_PATH, UNUM_E0508, "let the function return its input with the result in it"},
    {ASL_PARAMETERS, UNUM_E0509, "build the input inside of the function"},
    {ASL_RESULT_SELECTOR, UNUM_E0510, "return the wanted part from the function"},
    {ASL_ASSIGN, UNUM_E0511, "pass the value on in the output of the function"},
    {ASL_RETRY, UNUM_E0512, "try again inside of the function"},
    {ASL_CATCH, UNUM_E0513, "let the function return the error as a value"},
    {ASL_TIMEOUT_SECONDS, UNUM_E0514, "set Timeout of the function in the template"},
    {ASL_TIMEOUT_SECONDS_PATH, UNUM_E0514, "set Timeout of the function in the template"},
    {ASL_HEARTBEAT_SECONDS, UNUM_E0515, "set Timeout of the function in the template"},
    {ASL_HEARTBEAT_SECONDS_PATH, UNUM_E0515, "set Timeout of the function in the template"},
    {ASL_MAX_CONCURRENCY, UNUM_E0516,
     "write 0: all elements run at the same time, within the account's concurrency"},
    {ASL_MAX_CONCURRENCY_PATH, UNUM_E0516,
     "take it out: all elements run at the same time, within the account's concurrency"},
    {ASL_ITEM_SELECTOR, UNUM_E0517, "build the elements in the function before the Map"},
    {ASL_TOLERATED_COUNT, UNUM_E0518, "let the function return its error as a value"},
    {ASL_TOLERATED_COUNT_PATH, UNUM_E0518, "let the function return its error as a value"},
    {ASL_TOLERATED_PERCENTAGE, UNUM_E0518, "let the function return its error as a value"},
    {ASL_TOLERATED_PERCENTAGE_PATH, UNUM_E0518, "let the function return its error as a value"},
};

static void refuse_type(struct projection *p, const struct asl_state *state)
{
    for (size_t i = 0; i < UNUM_COUNT(types); i++) {
        if (types[i].type != state->type)
            continue;
        unum_diag_add(p->diags, types[i].code, state->span, "%s states are not supported yet",
                      asl_type_name(state->type));
        unum_diag_hint(p->diags, "%s", types[i].instead);
    }
}

/* Is the field there, with a value that changes what the workflow does? */
static bool has_effect(const struct asl_state *state, const struct asl_value *value)
{
    switch (value->field) {
    case ASL_MAX_CONCURRENCY:
        return !unum_str_is(value->json, "0");
    case ASL_RETRY:
        return state->retriers_len > 0;
    case ASL_CATCH:
        return state->catchers_len > 0;
    default:
        return true;
    }
}

static void refuse_fields(struct projection *p, const struct asl_state *state)
{
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        const struct asl_value *value = asl_value(state, fields[i].field);
        if (!value || !has_effect(state, value) ||
            (state->invoke && fields[i].field == ASL_PARAMETERS))
            continue;
        unum_diag_add(p->diags, fields[i].code, value->key_span,
                      "\"%s\" of a %s state is not supported yet", asl_field_name(fields[i].field),
                      asl_type_name(state->type));
        unum_diag_hint(p->diags, "%s", fields[i].instead);
    }
    if (state->invoke) {
        unum_diag_add(p->diags, UNUM_E0527, state->resource, "lambda:invoke is not supported yet");
        unum_diag_hint(p->diags,
                       "write the name of the function as \"Resource\"; its input is then the "
                       "state's input, and its result the state's result");
    }
}

static void refuse_items_path(struct projection *p, const struct asl_state *state)
{
    const struct asl_value *value = asl_value(state, ASL_ITEMS_PATH);
    struct unum_str text = state->items_path;
    struct eval_path path;
    if (!value || unum_str_is(text, "$"))
        return;
    if (unum_str_starts(text, UNUM_STR("$$"))) {
        unum_diag_add(p->diags, UNUM_E0530, value->span,
                      "the context object (\"$$\") is not supported yet");
    } else if (text.ptr[1] != '.' && text.ptr[1] != '[') {
        unum_diag_add(p->diags, UNUM_E0511, value->span, "variables are not supported yet");
    } else if (eval_path_parse(text, p->arena, &path, NULL, NULL)) {
        unum_diag_add(p->diags, UNUM_E0531, value->span,
                      "paths that can name several places are not supported yet");
    } else {
        return;
    }
    unum_diag_hint(p->diags, "pass the list on in the output of the function before the Map");
}

/* Scopes are chains once Choice and Catch are refused: whoever is met again closes a cycle. */
static void refuse_cycle(struct projection *p, const struct asl_scope *scope)
{
    enum { SEEN = 3 };
    for (struct asl_state *state = scope->start; state; state = state->next) {
        state->mark = SEEN;
        if (!state->next || state->next->mark != SEEN)
            continue;
        unum_diag_add(p->diags, UNUM_E0416, state->targets[0].span,
                      "the way through \"%.*s\" comes back to it: cycles are not supported yet",
                      UNUM_STR_ARG(state->next->name));
        unum_diag_hint(p->diags, "loop inside of a function, or use a Map over the rounds");
        return;
    }
}

static void refuse_scope(struct projection *p, const struct asl_scope *scope)
{
    refuse_cycle(p, scope);
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        refuse_type(p, state);
        if (state->type == ASL_TASK || state->type == ASL_MAP || state->type == ASL_PARALLEL)
            refuse_fields(p, state);
        if (state->type == ASL_MAP)
            refuse_items_path(p, state);
        for (size_t j = 0; j < state->branches_len; j++)
            refuse_scope(p, &state->branches[j]);
    }
}

bool project_refuse(struct projection *p)
{
    size_t errors = p->diags->errors;
    const struct asl_machine *machine = p->machine;
    if (machine->timeout) {
        unum_diag_add(p->diags, UNUM_E0528, machine->timeout_span,
                      "\"TimeoutSeconds\" of a state machine is not supported yet");
        unum_diag_hint(p->diags, "set Timeout of every function in the template");
    }
    refuse_scope(p, &machine->scope);
    unum_diags_sort(p->diags);
    return p->diags->errors != errors;
}

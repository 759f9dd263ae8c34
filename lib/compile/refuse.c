/* What is right in a machine but not projected yet: each is refused with its own diagnostic. */
#include "compile/project_internal.h"

static const struct {
    enum asl_field field;
    enum unum_code code;
    const char *instead;
} fields[] = {
    {ASL_TIMEOUT_SECONDS, UNUM_E0514, "set Timeout of the function in the template"},
    {ASL_TIMEOUT_SECONDS_PATH, UNUM_E0514, "set Timeout of the function in the template"},
    {ASL_HEARTBEAT_SECONDS, UNUM_E0515, "set Timeout of the function in the template"},
    {ASL_HEARTBEAT_SECONDS_PATH, UNUM_E0515, "set Timeout of the function in the template"},
};

static void refuse_fields(struct projection *p, const struct asl_state *state)
{
    for (size_t i = 0; i < UNUM_COUNT(fields); i++) {
        const struct asl_value *value = asl_value(state, fields[i].field);
        if (!value || unum_str_is(value->json, "0"))
            continue;
        unum_diag_add(p->diags, fields[i].code, value->key_span,
                      "\"%s\" of a %s state is not supported yet", asl_field_name(fields[i].field),
                      asl_type_name(state->type));
        unum_diag_hint(p->diags, "%s", fields[i].instead);
    }
}

static void refuse_scope(struct projection *p, const struct asl_scope *scope)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct asl_state *state = &scope->states[i];
        refuse_fields(p, state);
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

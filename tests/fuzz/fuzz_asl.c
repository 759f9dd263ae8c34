/* Definitions: any text gets diagnostics or a model; a model holds together, its fields are the
 * JSON that the evaluator reads, and it can be drawn. */
#include <stdlib.h>

#include "asl/states.h"
#include "base/limits.h"
#include "graph/graph.h"
#include "json/json.h"

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void check_state(const struct asl_state *state)
{
    struct unum_str value;
    need(json_check(state->fields, &value, NULL) == 0 && json_type(value) == JSON_OBJECT);
    for (size_t i = 0; i < state->values_len; i++)
        need(json_check(state->values[i].json, &value, NULL) == 0);
    for (size_t i = 0; i < state->choices_len; i++)
        need(json_check(state->choices[i].rule, &value, NULL) == 0);
    for (size_t i = 0; i < state->targets_len; i++)
        need(state->targets[i].state != NULL);
    need(state->end || state->next || state->type == ASL_CHOICE);
}

static void check_scope(const struct asl_scope *scope)
{
    need(scope->start != NULL && scope->len > 0);
    for (size_t i = 0; i < scope->len; i++) {
        check_state(&scope->states[i]);
        for (size_t j = 0; j < scope->states[i].branches_len; j++)
            check_scope(&scope->states[i].branches[j]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct asl_function known[] = {{.name = UNUM_STR_INIT("A")}};
    static const struct asl_functions functions = {known, 1};
    struct unum_source source = {"machine", unum_str_of((const char *)data, size)};
    for (int i = 0; i < 2; i++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct doc *doc = doc_parse_json(&source, &arena, &diags);
        if (!doc)
            return 0;
        size_t before = diags.errors;
        struct asl_machine *machine = asl_parse(doc, i ? &functions : NULL, &arena, &diags);
        need((machine == NULL) == (diags.errors > before));
        if (machine)
            check_scope(&machine->scope);
        for (int format = GRAPH_DOT; machine && format <= GRAPH_SVG; format++) {
            struct unum_buf UNUM_AUTO_BUF picture = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            int rc = graph_render(machine, i ? &functions : NULL, UNUM_STR("x"),
                                  (enum graph_format)format, &picture, NULL);
            need(rc == 0 || rc == UNUM_E_LIMIT);
        }
        unum_diags_print(&diags, false, &text);
        unum_diags_json(&diags, &text);
    }
    return 0;
}

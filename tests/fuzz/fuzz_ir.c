/* IR: both readers agree on any bytes; what was read can be written, is read again as the same
 * text, and its expressions can be evaluated. */
#include <stdlib.h>

#include "base/limits.h"
#include "ir/expr.h"
#include "ir/ir.h"

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void evaluate(const struct ir_edge *edge, struct unum_arena *arena)
{
    struct ir_level levels[] = {{3, 10}, {1, 2}};
    struct ir_env env = {levels, 2, UNUM_STR("{\"a\":[1,\"x\",2.5],\"b\":null}")};
    size_t depth = 2, len = 0, at = 0;
    struct unum_str *names = NULL;
    bool taken = false;
    if (edge->conditional.ptr)
        (void)!ir_condition(edge->conditional, &env, &taken, NULL);
    if (!ir_values(edge->values, edge->values_len, &env, arena, &names, &len, NULL)) {
        need(len <= UNUM_LIMIT_FANIN_NAMES);
        for (size_t i = 0; i < len; i++)
            (void)!ir_values_position(names, len, names[i], &at, NULL);
    }
    if (!ir_modify(edge->modifiers, edge->modifiers_len, env.output, levels, &depth, NULL))
        need(depth <= 2);
}

static void check(const struct ir_node *node, struct unum_arena *arena)
{
    for (size_t i = 0; i < node->edges_len; i++)
        evaluate(&node->edges[i], arena);
    for (size_t i = 0; i < node->states_len; i++) {
        const struct ir_state *state = &node->states[i];
        need(ir_state(node, state->name) == state);
        for (size_t j = 0; state->branches && j < state->branches_len; j++)
            need(ir_state(node, state->branches[j]));
        for (size_t j = 0; state->ends && j < state->branches_len; j++)
            need(ir_state(node, state->ends[j]));
        need(!state->next.ptr || ir_state(node, state->next));
    }
    for (size_t i = 0; i < node->within_len; i++)
        need(ir_state(node, node->within[i]));
    need(!node->then.ptr || ir_state(node, node->then));
    for (size_t i = 0; i < node->nodes_len; i++)
        check(&node->nodes[i], arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF first = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF second = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_source source = {"fuzz", {(const char *)data, size}};
    struct ir_node *node = NULL, *again = NULL;
    bool loaded = ir_load(source.text, &arena, &node, NULL) == 0;
    struct ir_node *read = ir_read(&source, &arena, &diags);
    need(loaded == (read != NULL));
    if (!loaded)
        return 0;
    check(node, &arena);
    ir_write(node, &first);
    ir_write(read, &second);
    need(unum_str_eq(unum_buf_str(&first), unum_buf_str(&second)));
    need(ir_load(unum_buf_str(&first), &arena, &again, NULL) == 0);
    unum_buf_clear(&second);
    ir_write(again, &second);
    need(unum_str_eq(unum_buf_str(&first), unum_buf_str(&second)));
    struct ir_node *const nodes[] = {node};
    ir_check_application(nodes, 1, &diags);
    return 0;
}

/* Two applications' IR, one in a line each: any two that can be loaded can be compared, explained
 * and counted, and nothing differs from itself. */
#include <stdlib.h>

#include "base/limits.h"
#include "plan/cost.h"
#include "plan/diff.h"
#include "plan/place.h"

static void need(bool condition)
{
    if (!condition)
        abort();
}

static bool load(struct unum_str text, struct unum_arena *arena, struct plan_app *ret)
{
    struct ir_node *node = NULL;
    if (ir_load(text, arena, &node, NULL))
        return false;
    size_t len = node->nodes_len ? node->nodes_len : 1;
    *ret = (struct plan_app){unum_arena_array(arena, len, sizeof(*ret->at)), len};
    for (size_t i = 0; i < len; i++) {
        const struct ir_node *ir = node->nodes_len ? &node->nodes[i] : node;
        ret->at[i] = (struct plan_node){ir->name, UNUM_STR_NONE, ir};
    }
    return true;
}

static void explain(const struct plan_app *app, struct unum_arena *arena)
{
    struct plan_whole whole;
    struct costs costs;
    struct places places;
    plan_whole(app, &whole);
    plan_cost(&whole, 3, arena, &costs);
    plan_places(app, &whole, arena, &places);
    need(places.len <= whole.states.len && costs.turns_len <= COST_LIMIT_TURNS);
    plan_whole_done(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str text = unum_str_of((const char *)data, size), first;
    struct plan_app old, new;
    struct diff diff;
    if (!unum_str_split(&text, '\n', &first) || !text.ptr || !load(first, &arena, &old) ||
        !load(text, &arena, &new))
        return 0;
    diff_make(&old, &new, &arena, &diff);
    need(diff.findings_len > 0 || !diff.changed);
    need(diff.changed <= diff.functions_len);
    for (size_t i = 1; i < diff.findings_len; i++)
        need(diff.findings[i - 1].rule->safety >= diff.findings[i].rule->safety);
    diff_make(&new, &new, &arena, &diff);
    need(!diff.changed && !diff.findings_len);
    explain(&old, &arena);
    explain(&new, &arena);
    return 0;
}

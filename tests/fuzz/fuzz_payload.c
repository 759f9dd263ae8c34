/* Any state over any input: templates, results placed by paths, items, waits, retriers and
 * catchers. */
#include "eval/check.h"
#include "fuzz_state.h"

static void leave(struct unum_arena *arena, struct unum_str fields, struct unum_str json)
{
    struct unum_str output;
    struct unum_str variables = UNUM_STR_NONE;
    struct unum_str next = UNUM_STR_NONE;
    struct eval_retry retry;
    struct eval_env env = fuzz_env(arena);
    if (eval_leave(&env, fields, json, UNUM_STR("{\"r\":[1]}"), &output, &variables)) {
        need_json(output);
        need_json(variables);
    }
    eval_retry(&env, fields, UNUM_STR("E"), UNUM_STR("[1,0]"), &retry);
    need(retry.delay_ms >= 0);
    if (eval_catch(&env, fields, UNUM_STR("E"), UNUM_STR("c"), json, &next, &output, &variables) ==
        EVAL_CAUGHT)
        need_json(output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str text;
    struct unum_str fields;
    struct unum_str json;
    struct unum_str made;
    struct unum_str member;
    struct eval_flaw flaw;
    int64_t due_ms;
    size_t tolerated;
    if (!two_parts(data, size, &text, &json) || json_check(text, &fields, NULL) ||
        json_type(fields) != JSON_OBJECT)
        return 0;
    (void)eval_template_check(fields, &member, &flaw);
    struct eval_env env = fuzz_env(&arena);
    if (eval_enter(&env, fields, json, &made))
        need_json(made);
    if (eval_items(&env, fields, json, UNUM_STR_NONE, &made))
        need(json_type(made) == JSON_ARRAY);
    if (eval_item(&env, fields, json, UNUM_STR("1"), &made))
        need_json(made);
    if (eval_wait(&env, fields, json, &due_ms))
        need(due_ms >= env.now_ms);
    (void)!eval_tolerated(&env, fields, json, 10, &tolerated);
    leave(&arena, fields, json);
    return 0;
}

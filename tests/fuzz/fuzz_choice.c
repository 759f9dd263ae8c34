/* Any Choice state over any input: it ends, with a state to go on with or with an error. */
#include "fuzz_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str text;
    struct unum_str fields;
    struct unum_str json;
    struct unum_str next;
    struct unum_str output;
    struct unum_str variables;
    if (!two_parts(data, size, &text, &json) || json_check(text, &fields, NULL) ||
        json_type(fields) != JSON_OBJECT)
        return 0;
    struct eval_env env = fuzz_env(&arena);
    if (eval_choose(&env, fields, json, &next, &output, &variables))
        need_json(output);
    else
        need(env.error.len > 0);
    return 0;
}

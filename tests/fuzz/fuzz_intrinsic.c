/* An intrinsic call over any input. */
#include "eval/check.h"
#include "fuzz_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF fields = UNUM_BUF_INIT(UNUM_MB);
    struct unum_str call;
    struct unum_str json;
    struct unum_str made;
    struct eval_flaw flaw;
    if (!two_parts(data, size, &call, &json) || !unum_utf8_valid(call))
        return 0;
    bool right = eval_intrinsic_check(call, &flaw);
    need(right || (flaw.why && flaw.at <= call.len));
    unum_buf_adds(&fields, "{\"Parameters\":{\"r.$\":");
    json_quote(&fields, call);
    unum_buf_adds(&fields, "}}");
    struct eval_env env = fuzz_env(&arena);
    if (eval_enter(&env, unum_buf_str(&fields), json, &made)) {
        need(right || (call.len && call.ptr[0] == '$'));
        need_json(made);
    } else {
        need(env.error.len > 0 && env.cause.len > 0);
    }
    return 0;
}

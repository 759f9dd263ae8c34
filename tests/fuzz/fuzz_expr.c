/* Expressions: whatever the text, checking and evaluating end; what passes the check as malformed
 * is never evaluated. First byte: which kind. */
#include <stdlib.h>

#include "base/limits.h"
#include "eval/path.h"
#include "ir/expr.h"

static void need(bool condition)
{
    if (!condition)
        abort();
}

#define OUTPUT "{\"a\":[1,\"x\",2.5,{\"b\":true}],\"b\":null,\"n\":-7,\"s\":\"text\"}"

static void path(struct unum_str text)
{
    struct unum_str found = UNUM_STR_NONE;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct eval_path parsed;
    size_t at = 0;
    if (eval_path_parse(text, &arena, &parsed, &at, NULL)) {
        need(at <= text.len);
        return;
    }
    if (!eval_path_get(&parsed, UNUM_STR(OUTPUT), &found, NULL))
        need(found.len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct ir_level levels[] = {{3, 10}, {1, 2}};
    struct ir_env env = {levels, 2, UNUM_STR(OUTPUT)};
    size_t at = 0, depth = 2, len = 0;
    struct unum_str *names;
    bool taken;
    if (!size)
        return 0;
    struct unum_str text = {(const char *)data + 1, size - 1};
    int rc = 0;
    if (data[0] % 4 > IR_EXPR_VALUE) {
        path(text);
        return 0;
    }
    int checked = ir_expr_check((enum ir_expr_kind)(data[0] % 4), text, &at, NULL);
    need(checked == 0 || at <= text.len);
    switch (data[0] % 4) {
    case IR_EXPR_CONDITION:
        rc = ir_condition(text, &env, &taken, NULL);
        break;
    case IR_EXPR_MODIFIER:
        rc = ir_modify(&text, 1, env.output, levels, &depth, NULL);
        break;
    default:
        rc = ir_values(&text, 1, &env, &arena, &names, &len, NULL);
        break;
    }
    need(checked == 0 || rc != 0);
    return 0;
}

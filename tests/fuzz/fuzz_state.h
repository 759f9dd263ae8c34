/* One state of a machine under fuzzing: "FIRST\nSECOND", what is made must be JSON again. */
#ifndef UNUM_TESTS_FUZZ_STATE_H
#define UNUM_TESTS_FUZZ_STATE_H

#include <stdlib.h>

#include "base/limits.h"
#include "eval/state.h"

static inline void need(bool condition)
{
    if (!condition)
        abort();
}

static inline void need_json(struct unum_str value)
{
    struct unum_str checked;
    need(json_check(value, &checked, NULL) == 0);
}

/* The part before the first line break and the JSON behind it; false: there is none. */
static inline bool two_parts(const uint8_t *data, size_t size, struct unum_str *ret_first,
                             struct unum_str *ret_json)
{
    struct unum_str all = unum_str_of((const char *)data, size);
    size_t at = unum_str_find(all, '\n');
    if (at == SIZE_MAX)
        return false;
    *ret_first = unum_str_slice(all, 0, at);
    return json_check(unum_str_from_pos(all, at + 1), ret_json, NULL) == 0;
}

static inline void fuzz_context(void *cookie, struct unum_buf *out)
{
    (void)cookie;
    unum_buf_adds(out, "{\"Execution\":{\"Id\":\"x\",\"Input\":[1]},\"State\":{\"Name\":\"S\"}}");
}

static inline struct eval_env fuzz_env(struct unum_arena *arena)
{
    return (struct eval_env){.arena = arena,
                             .variables = UNUM_STR("{\"v\":{\"a\":[1,2,\"x\"]},\"n\":1.5}"),
                             .context = fuzz_context,
                             .seed = 1,
                             .now_ms = 1};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

/* JSONPath over any document: parsing and running end, and give JSON. */
#include "eval/check.h"
#include "fuzz_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str path;
    struct unum_str json;
    struct unum_str found;
    struct eval_query query;
    struct eval_flaw flaw;
    bool document = two_parts(data, size, &path, &json);
    if (!document)
        path = unum_str_of((const char *)data, size);
    bool right = eval_query_parse(path, &arena, &query, &flaw);
    need(right == eval_path_check(path, &flaw));
    if (!right)
        need(flaw.why && flaw.at <= path.len);
    else if (document && eval_query_run(&query, json, &arena, &found) == QUERY_FOUND)
        need_json(found);
    return 0;
}

#include "support/rt_bench.h"

#include <stdlib.h>

/* The archive calls it; no test of parts does. */
int unum_handler(unum_context *ctx, struct unum_json input)
{
    return unum_answer_json(ctx, input);
}

void rt_bench_open(struct rt_bench *bench, const char *ir)
{
    *bench = (struct rt_bench){
        .rt = {.clock = &unum_clock_system,
               .config = {.app = UNUM_STR_INIT("app"), .store_type = UNUM_STR_INIT("dynamodb")}}};
    if (ir_load(unum_str_from(ir), &bench->rt.arena, &bench->rt.node, NULL) < 0)
        abort();
    bench->inv = (struct rt_inv){
        .rt = &bench->rt, .node = bench->rt.node, .entry_id = UNUM_STR_INIT("req-1")};
}

void rt_bench_close(struct rt_bench *bench)
{
    unum_arena_done(&bench->inv.arena);
    unum_arena_done(&bench->rt.arena);
}

#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    (void)input;
    int64_t sum = 0;
    size_t count = unum_input_count(ctx);
    unum_object(ctx);
    unum_key(ctx, "squares");
    unum_array(ctx);
    for (size_t i = 0; i < count; i++) {
        unum_put_json(ctx, unum_input(ctx, i));
        sum += unum_int(unum_input(ctx, i), 0);
    }
    unum_end(ctx);
    unum_key(ctx, "sum");
    unum_put_int(ctx, sum);
    unum_end(ctx);
    return unum_answer_written(ctx);
}

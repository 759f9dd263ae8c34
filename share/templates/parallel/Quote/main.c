#include <unum/runtime.h>

/* The inputs stand in the order of the branches, whichever was ready first. */
int unum_handler(unum_context *ctx, struct unum_json input)
{
    (void)input;
    unum_object(ctx);
    unum_key(ctx, "tax");
    unum_put_json(ctx, unum_input(ctx, 0));
    unum_key(ctx, "available");
    unum_put_bool(ctx, unum_int(unum_input(ctx, 1), 0) > 0);
    unum_end(ctx);
    return unum_answer_written(ctx);
}

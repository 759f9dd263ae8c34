#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    (void)input;
    unum_object(ctx);
    unum_key(ctx, "user_names");
    unum_put_json(ctx, unum_input(ctx, 0));
    unum_key(ctx, "urls");
    unum_put_json(ctx, unum_input(ctx, 1));
    unum_end(ctx);
    return unum_answer_written(ctx);
}

#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    int64_t number = unum_int(input, INT64_MIN);
    if (number < -3000000000 || number > 3000000000)
        return unum_fail(ctx, "Square.Range", "an element is no whole number up to 3000000000");
    unum_put_int(ctx, number * number);
    return unum_answer_written(ctx);
}

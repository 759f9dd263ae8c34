#include <unum/runtime.h>

/* Cents; 20 percent, rounded down. */
int unum_handler(unum_context *ctx, struct unum_json input)
{
    int64_t price = unum_int(unum_at(input, "/price"), -1);
    if (price < 0 || price > INT64_MAX / 20)
        return unum_fail(ctx, "Tax.NoPrice", "\"price\" is no amount in cents");
    unum_put_int(ctx, price * 20 / 100);
    return unum_answer_written(ctx);
}

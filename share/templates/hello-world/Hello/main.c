#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    (void)input;
    return unum_answer_string(ctx, "Hello");
}

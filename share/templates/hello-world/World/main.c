#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *greeting = unum_string(ctx, input);
    return greeting ? unum_answer_string(ctx, "%s world!", greeting)
                    : unum_fail(ctx, "World.NoGreeting", "the input is no string");
}

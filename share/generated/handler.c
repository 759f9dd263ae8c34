/*
 * The generated functions of an application: the entry of a machine that does not start with one
 * Task, and the failure function. Neither has user code: the runtime does their work by their IR
 * alone, and never calls this.
 */
#include <unum/runtime.h>

int unum_handler(unum_context *ctx, struct unum_json input)
{
    (void)input;
    return unum_fail(ctx, "NoCode", "%s is a generated function", unum_function(ctx));
}

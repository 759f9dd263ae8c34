#include <unum/runtime.h>

/* A real one would store the post under unum_instance(), which is the same however often it runs.
 */
int unum_handler(unum_context *ctx, struct unum_json input)
{
    unum_log(ctx, UNUM_INFO, "published post %s", unum_session(ctx));
    return unum_answer_json(ctx, input);
}

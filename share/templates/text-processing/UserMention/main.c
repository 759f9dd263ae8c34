#include <ctype.h>
#include <unum/runtime.h>

/* The names after "@", as a list. */
int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *text = unum_string(ctx, input);
    if (!text)
        return unum_fail(ctx, "Post.NoText", "the post is no string");
    unum_array(ctx);
    while (*text) {
        if (*text++ != '@')
            continue;
        const char *name = text;
        while (isalnum((unsigned char)*text))
            text++;
        if (text > name)
            unum_put_bytes(ctx, name, (size_t)(text - name));
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

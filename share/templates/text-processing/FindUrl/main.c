#include <ctype.h>
#include <string.h>
#include <unum/runtime.h>

static size_t scheme_length(const char *text)
{
    if (strncmp(text, "http://", 7) == 0)
        return 7;
    return strncmp(text, "https://", 8) == 0 ? 8 : 0;
}

/* Up to the next blank, without the punctuation of the sentence around it. */
static size_t url_length(const char *url)
{
    size_t length = strcspn(url, " \t\r\n<>\"");
    while (length && strchr(".,;:!?)", url[length - 1]))
        length--;
    return length;
}

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *text = unum_string(ctx, input);
    if (!text)
        return unum_fail(ctx, "Post.NoText", "the post is no string");
    unum_array(ctx);
    while (*text) {
        size_t scheme = scheme_length(text);
        size_t length = scheme ? url_length(text) : 0;
        if (length > scheme)
            unum_put_bytes(ctx, text, length);
        text += length > scheme ? length : 1;
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

#include <stdio.h>
#include <unum/runtime.h>

/* Five letters that follow from the address alone: the same one gets the same code every time, also
 * when a step runs twice. FNV-1a, 64 bits. */
static void shorten(const char *url, size_t size, char code[6])
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)url[i]) * 1099511628211u;
    for (int i = 0; i < 5; i++, hash /= 26)
        code[i] = (char)('a' + hash % 26);
    code[5] = 0;
}

/* Pairs of address and short address. */
int unum_handler(unum_context *ctx, struct unum_json input)
{
    struct unum_iterator it = unum_each(input);
    unum_array(ctx);
    while (unum_next(&it)) {
        size_t size = 0;
        const char *url = unum_string_sized(ctx, it.value, &size);
        char code[6], address[32];
        if (!url)
            return unum_fail(ctx, "Post.BadUrl", "a link is no string");
        shorten(url, size, code);
        snprintf(address, sizeof(address), "http://sh.ort/%s", code);
        unum_array(ctx);
        unum_put_bytes(ctx, url, size);
        unum_put_string(ctx, address);
        unum_end(ctx);
    }
    unum_end(ctx);
    return unum_answer_written(ctx);
}

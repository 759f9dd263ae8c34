#include <string.h>
#include <unum/runtime.h>

static const struct {
    const char *item;
    int left;
} stock[] = {{"lamp", 12}, {"desk", 3}, {"chair", 0}};

int unum_handler(unum_context *ctx, struct unum_json input)
{
    const char *item = unum_string(ctx, unum_at(input, "/item"));
    int left = 0;
    for (size_t i = 0; item && i < sizeof(stock) / sizeof(stock[0]); i++) {
        if (strcmp(item, stock[i].item) == 0)
            left = stock[i].left;
    }
    unum_put_int(ctx, left);
    return unum_answer_written(ctx);
}

#include "package/words.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

void words_add(struct words *words, const char *word)
{
    if (words->len + 1 >= words->cap) {
        size_t cap = words->cap ? words->cap * 2 : 16;
        const char **grown = unum_arena_array(words->arena, cap, sizeof(*grown));
        if (words->len)
            memcpy(grown, words->at, words->len * sizeof(*grown));
        words->at = grown;
        words->cap = cap;
    }
    words->at[words->len++] = word;
    words->at[words->len] = NULL;
}

void words_printf(struct words *words, const char *format, ...)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&text, format, args);
    va_end(args);
    words_add(words, unum_arena_str(words->arena, unum_buf_str(&text)).ptr);
}

void words_append(struct words *words, const struct words *more)
{
    for (size_t i = 0; i < more->len; i++)
        words_add(words, more->at[i]);
}

void words_split(struct words *words, const char *text)
{
    while (text && *text) {
        text += strspn(text, " \t\n");
        size_t len = strcspn(text, " \t\n");
        if (len)
            words_add(words, unum_arena_str(words->arena, unum_str_of(text, len)).ptr);
        text += len;
    }
}

const char *words_join(const struct words *words, const char *separator)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < words->len; i++) {
        if (i)
            unum_buf_adds(&text, separator);
        unum_buf_adds(&text, words->at[i]);
    }
    return unum_arena_str(words->arena, unum_buf_str(&text)).ptr;
}

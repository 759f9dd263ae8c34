#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { SMALL_TEXT = 512 };

void unum_buf_done(struct unum_buf *buf)
{
    free(buf->ptr);
    buf->ptr = NULL;
    buf->len = buf->cap = 0;
}

void unum_buf_clear(struct unum_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

char *unum_buf_reserve(struct unum_buf *buf, size_t extra)
{
    if (buf->failed || extra > buf->max || buf->len > buf->max - extra) {
        buf->failed = true;
        return NULL;
    }
    size_t wanted = buf->len + extra + 1;
    if (wanted > buf->cap) {
        size_t cap = buf->cap ? buf->cap * 2 : 64;
        if (cap < wanted)
            cap = wanted;
        if (cap - 1 > buf->max)
            cap = buf->max + 1;
        buf->ptr = unum_realloc(buf->ptr, cap, 1);
        buf->cap = cap;
    }
    return buf->ptr + buf->len;
}

void unum_buf_add(struct unum_buf *buf, struct unum_str s)
{
    char *room = unum_buf_reserve(buf, s.len);
    if (!room)
        return;
    if (s.len)
        memcpy(room, s.ptr, s.len);
    buf->len += s.len;
    buf->ptr[buf->len] = '\0';
}

void unum_buf_adds(struct unum_buf *buf, const char *text)
{
    unum_buf_add(buf, unum_str_from(text));
}

void unum_buf_addc(struct unum_buf *buf, char c)
{
    unum_buf_add(buf, unum_str_of(&c, 1));
}

void unum_buf_addu(struct unum_buf *buf, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    unum_buf_add(buf, unum_str_of(digits + at, sizeof(digits) - at));
}

void unum_buf_vprintf(struct unum_buf *buf, const char *format, va_list args)
{
    char small[SMALL_TEXT]; /* most texts fit, and are formatted once */
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(small, sizeof(small), format, again);
    va_end(again);
    if (need < 0) {
        buf->failed = true;
        return;
    }
    if ((size_t)need < sizeof(small)) {
        unum_buf_add(buf, unum_str_of(small, (size_t)need));
        return;
    }
    char *room = unum_buf_reserve(buf, (size_t)need);
    if (!room)
        return;
    vsnprintf(room, (size_t)need + 1, format, args);
    buf->len += (size_t)need;
}

void unum_buf_printf(struct unum_buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(buf, format, args);
    va_end(args);
}

void unum_buf_hex(struct unum_buf *buf, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    for (size_t i = 0; i < len; i++) {
        char pair[2] = {digits[from[i] >> 4], digits[from[i] & 15]};
        unum_buf_add(buf, unum_str_of(pair, 2));
    }
}

void unum_buf_truncate(struct unum_buf *buf, size_t len)
{
    if (len >= buf->len)
        return;
    buf->len = len;
    buf->ptr[len] = '\0';
}

struct unum_str unum_buf_str(const struct unum_buf *buf)
{
    return (struct unum_str){buf->len ? buf->ptr : "", buf->len};
}

const char *unum_buf_text(const struct unum_buf *buf)
{
    return buf->ptr ? buf->ptr : "";
}

char *unum_buf_take(struct unum_buf *buf)
{
    char *text = buf->ptr ? buf->ptr : unum_strdup("");
    buf->ptr = NULL;
    buf->len = buf->cap = 0;
    return text;
}

#include "crypto/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
enum { PAD = 64 }; /* its place there */

void base64_encode(struct unum_buf *out, struct unum_str bytes)
{
    /* Divided first, so that no length overflows. */
    size_t len = bytes.len / 3 * 4 + (bytes.len % 3 ? 4 : 0);
    char *to = unum_buf_reserve(out, len);
    if (!to)
        return;
    const unsigned char *from = (const unsigned char *)bytes.ptr;
    size_t left = bytes.len;
    for (; left >= 3; left -= 3, from += 3) {
        *to++ = alphabet[from[0] >> 2];
        *to++ = alphabet[(from[0] & 3) << 4 | from[1] >> 4];
        *to++ = alphabet[(from[1] & 15) << 2 | from[2] >> 6];
        *to++ = alphabet[from[2] & 63];
    }
    if (left) {
        unsigned second = left == 2 ? from[1] : 0;
        *to++ = alphabet[from[0] >> 2];
        *to++ = alphabet[(from[0] & 3u) << 4 | second >> 4];
        *to++ = alphabet[left == 2 ? (second & 15) << 2 : PAD];
        *to++ = '=';
    }
    *to = '\0';
    out->len += len;
}

/* The six bits of a digit, or 64. */
static unsigned digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : 64;
}

static size_t padding_of(struct unum_str text)
{
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    return padding;
}

/* Up to three bytes of one group of four digits; false if it is not canonical. */
static bool decode_group(const char *group, size_t digits, char *to)
{
    unsigned bits = 0;
    for (size_t k = 0; k < 4; k++) {
        unsigned value = k < digits ? digit_value(group[k]) : 0;
        if (value > 63)
            return false;
        bits = bits << 6 | value;
    }
    for (size_t k = 0; k + 1 < digits; k++)
        to[k] = (char)(bits >> (16 - 8 * k) & 255);
    return (bits & (0xffffffu >> (8 * (digits - 1)))) == 0;
}

bool base64_decode(struct unum_buf *out, struct unum_str text)
{
    if (text.len % 4 != 0)
        return false;
    size_t padding = padding_of(text);
    size_t len = text.len / 4 * 3 - padding;
    char *to = unum_buf_reserve(out, len);
    if (!to)
        return false;
    for (size_t i = 0; i < text.len; i += 4, to += 3) {
        if (!decode_group(text.ptr + i, i + 4 == text.len ? 4 - padding : 4, to)) {
            out->ptr[out->len] = '\0';
            return false;
        }
    }
    out->len += len;
    out->ptr[out->len] = '\0';
    return true;
}

/*
 * json_scan: the inner loops over JSON text, eight bytes at a time. All of them stay inside
 * [p, end) and return `end` when nothing is found.
 */
#ifndef UNUM_JSON_JSON_SCAN_INTERNAL_H
#define UNUM_JSON_JSON_SCAN_INTERNAL_H

#include <endian.h>
#include <string.h>

#include "base/str.h"

#define JSON_ONES  0x0101010101010101u
#define JSON_HIGHS 0x8080808080808080u

/* Eight bytes, the first one in the lowest bits on every machine. */
static inline uint64_t json_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof(word));
    return le64toh(word);
}

/* The high bit of each byte of `word` that equals `c`; exact, so each hit can be taken in turn. */
static inline uint64_t json_hits(uint64_t word, unsigned char c)
{
    uint64_t x = word ^ (JSON_ONES * c);
    return ~(((x & ~JSON_HIGHS) + ~JSON_HIGHS) | x) & JSON_HIGHS;
}

static inline size_t json_hit_at(uint64_t hits)
{
    return (size_t)__builtin_ctzll(hits) / 8;
}

static inline bool json_is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* The first byte that is no plain string content: a quote, a backslash, a control character or
 * the start of a non-ASCII character. */
static inline const char *json_skip_plain(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t word = json_load8(p);
        uint64_t control = ~((word & ~JSON_HIGHS) + JSON_ONES * 0x60);
        uint64_t hits =
            ((control | word) & JSON_HIGHS) | json_hits(word, '"') | json_hits(word, '\\');
        if (hits)
            return p + json_hit_at(hits);
    }
    while (p < end && json_is_plain((unsigned char)*p))
        p++;
    return p;
}

static inline bool json_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *json_skip_blanks(const char *p, const char *end)
{
    while (p < end && json_is_blank(*p))
        p++;
    return p;
}

/* Checked text only: behind the string that starts at `p` (a quote). */
static inline const char *json_skip_string(const char *p, const char *end)
{
    const char *start = ++p;
    while (p < end) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (!quote)
            return end;
        const char *slash = quote;
        while (slash > start && slash[-1] == '\\')
            slash--;
        p = quote + 1;
        if ((quote - slash) % 2 == 0)
            return p;
        start = p;
    }
    return end;
}

/* Checked text only: behind the value that starts at `p`. */
const char *json_skip_value(const char *p, const char *end);

/* The value of the four hexadecimal digits at `p`, or -1. */
int json_hex4(const char *p);

/* Append code point `c` as UTF-8 at `at`; returns the number of bytes (1 to 4). */
size_t json_put_utf8(char *at, uint32_t c);

/* One escape sequence of a checked string: `*p` stands on the backslash and is moved behind the
 * sequence (behind both halves of a surrogate pair). A half without its other half gives U+FFFD. */
uint32_t json_take_escape(const char **p, const char *end);

#endif

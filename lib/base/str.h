/*
 * str: a borrowed view of bytes. It never owns, is never NUL-terminated by promise, and may
 * contain NUL bytes. Views go in everywhere; buffers (buf.h) come out.
 */
#ifndef UNUM_BASE_STR_H
#define UNUM_BASE_STR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

struct unum_str {
    const char *ptr;
    size_t len;
};

/* A string literal as a view. */
#define UNUM_STR(lit) ((struct unum_str){"" lit, sizeof(lit) - 1})
/* The same for static initialisers. */
#define UNUM_STR_INIT(lit)                                                                         \
    {                                                                                              \
        "" lit, sizeof(lit) - 1                                                                    \
    }
/* printf("%.*s", UNUM_STR_ARG(s)) */
#define UNUM_STR_ARG(s) (int)(s).len, (s).ptr
#define UNUM_STR_NONE   ((struct unum_str){NULL, 0})

/* A C string as a view; NULL gives the empty view with ptr NULL. */
struct unum_str unum_str_from(const char *text);
struct unum_str unum_str_of(const char *ptr, size_t len);

bool unum_str_eq(struct unum_str a, struct unum_str b);
bool unum_str_is(struct unum_str a, const char *text);
bool unum_str_ieq(struct unum_str a, struct unum_str b); /* ASCII case folded */
int unum_str_cmp(struct unum_str a, struct unum_str b);  /* bytes, as memcmp; shorter first */
bool unum_str_starts(struct unum_str s, struct unum_str prefix);
bool unum_str_ends(struct unum_str s, struct unum_str suffix);

/* Position of the first/last `c` or of `needle`; SIZE_MAX if there is none. */
size_t unum_str_find(struct unum_str s, char c);
size_t unum_str_rfind(struct unum_str s, char c);
size_t unum_str_search(struct unum_str s, struct unum_str needle);

/* The part from `start`, at most `len` bytes; positions beyond the end are clipped. */
struct unum_str unum_str_slice(struct unum_str s, size_t start, size_t len);
struct unum_str unum_str_from_pos(struct unum_str s, size_t start);
/* Without blanks, tabs, CR and LF at both ends. */
struct unum_str unum_str_trim(struct unum_str s);
/* Cut the text before the first `c` off `*rest` and return it; without `c` all of it.
 * Returns false when `*rest` was already used up (ptr NULL). */
bool unum_str_split(struct unum_str *rest, char c, struct unum_str *ret_part);

/* Whole view as a decimal number; false if it is anything else or does not fit. */
UNUM_CHECKED bool unum_str_to_u64(struct unum_str s, uint64_t *ret);
UNUM_CHECKED bool unum_str_to_i64(struct unum_str s, int64_t *ret);

/* Of ASCII, whatever the locale says. */
static inline bool unum_is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static inline bool unum_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static inline bool unum_is_alnum(char c)
{
    return unum_is_letter(c) || unum_is_digit(c);
}
/* Value of a hexadecimal digit, -1 for anything else. */
static inline int unum_hex_value(char c)
{
    if (unum_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* FNV-1a, 64 bits. Stable across processes: it may decide names and shards. */
uint64_t unum_str_hash(struct unum_str s);

/* Edit distance (insert, delete, replace, swap of neighbours), at most `cap` + 1. */
size_t unum_str_distance(struct unum_str a, struct unum_str b, size_t cap);

/* Length of the valid UTF-8 sequence at the start of `s`, 0 if it is broken or `s` is empty.
 * Rejects overlong forms, surrogates and values above U+10FFFF (RFC 3629). */
size_t unum_utf8_length(struct unum_str s);
bool unum_utf8_valid(struct unum_str s);

/* NUL-terminated copy on the heap. */
char *unum_str_dup(struct unum_str s);

#endif

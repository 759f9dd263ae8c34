#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

struct unum_str unum_str_from(const char *text)
{
    return (struct unum_str){text, text ? strlen(text) : 0};
}

struct unum_str unum_str_of(const char *ptr, size_t len)
{
    return (struct unum_str){ptr, len};
}

bool unum_str_eq(struct unum_str a, struct unum_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool unum_str_is(struct unum_str a, const char *text)
{
    return unum_str_eq(a, unum_str_from(text));
}

bool unum_str_ieq(struct unum_str a, struct unum_str b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

int unum_str_cmp(struct unum_str a, struct unum_str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    if (order)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool unum_str_starts(struct unum_str s, struct unum_str prefix)
{
    return s.len >= prefix.len && unum_str_eq(unum_str_of(s.ptr, prefix.len), prefix);
}

bool unum_str_ends(struct unum_str s, struct unum_str suffix)
{
    return s.len >= suffix.len && unum_str_eq(unum_str_from_pos(s, s.len - suffix.len), suffix);
}

size_t unum_str_find(struct unum_str s, char c)
{
    const char *at = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

size_t unum_str_rfind(struct unum_str s, char c)
{
    const char *at = s.len ? memrchr(s.ptr, c, s.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

size_t unum_str_search(struct unum_str s, struct unum_str needle)
{
    if (needle.len == 0)
        return 0;
    const char *at = s.len ? memmem(s.ptr, s.len, needle.ptr, needle.len) : NULL;
    return at ? (size_t)(at - s.ptr) : SIZE_MAX;
}

struct unum_str unum_str_slice(struct unum_str s, size_t start, size_t len)
{
    if (!s.ptr)
        return (struct unum_str){0};
    if (start > s.len)
        start = s.len;
    if (len > s.len - start)
        len = s.len - start;
    return (struct unum_str){s.ptr + start, len};
}

struct unum_str unum_str_from_pos(struct unum_str s, size_t start)
{
    return unum_str_slice(s, start, SIZE_MAX);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct unum_str unum_str_trim(struct unum_str s)
{
    while (s.len && blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool unum_str_split(struct unum_str *rest, char c, struct unum_str *ret_part)
{
    if (!rest->ptr)
        return false;
    size_t at = unum_str_find(*rest, c);
    if (at == SIZE_MAX) {
        *ret_part = *rest;
        *rest = UNUM_STR_NONE;
    } else {
        *ret_part = unum_str_slice(*rest, 0, at);
        *rest = unum_str_from_pos(*rest, at + 1);
    }
    return true;
}

bool unum_str_to_u64(struct unum_str s, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.len == 0)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

bool unum_str_to_i64(struct unum_str s, int64_t *ret)
{
    bool negative = s.len && s.ptr[0] == '-';
    uint64_t size = 0;
    if (!unum_str_to_u64(negative ? unum_str_from_pos(s, 1) : s, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *ret = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

uint64_t unum_str_hash(struct unum_str s)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++) {
        hash ^= (unsigned char)s.ptr[i];
        hash = (hash * 0x100000001b3u);
    }
    return hash;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Optimal string alignment on three rolling rows; inputs are names, so they are short. */
/* What both have in common in front and at the end changes nothing. */
static void strip_common(struct unum_str *a, struct unum_str *b)
{
    size_t front = 0, back = 0;
    while (front < a->len && front < b->len && a->ptr[front] == b->ptr[front])
        front++;
    *a = unum_str_from_pos(*a, front);
    *b = unum_str_from_pos(*b, front);
    while (back < a->len && back < b->len && a->ptr[a->len - 1 - back] == b->ptr[b->len - 1 - back])
        back++;
    a->len -= back;
    b->len -= back;
}

enum { LONGEST_NAME = 128 };

/* Of two texts that are not empty: only the places within `cap` of the diagonal can belong to a
 * distance of at most `cap`. */
static size_t banded_distance(struct unum_str a, struct unum_str b, size_t cap)
{
    size_t rows[3][LONGEST_NAME + 2] = {0};
    size_t band = cap < LONGEST_NAME ? cap : LONGEST_NAME, least = 0;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *now = rows[i % 3];
        const size_t *before = rows[(i - 1) % 3];
        const size_t *earlier = rows[(i + 1) % 3];
        size_t from = i > band ? i - band : 1, to = i + band < b.len ? i + band : b.len;
        size_t least_before = least;
        least = now[0] = i;
        if (from > 1)
            least = now[from - 1] = cap + 1;
        for (size_t j = from; j <= to; j++) {
            size_t cost = a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1;
            /* The last place of a row has nothing above it. */
            size_t above = j == i + band ? cap + 1 : before[j] + 1;
            now[j] = min3(above, now[j - 1] + 1, before[j - 1] + cost);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1] &&
                earlier[j - 2] + 1 < now[j])
                now[j] = earlier[j - 2] + 1;
            least = now[j] < least ? now[j] : least;
        }
        if (least > cap && least_before > cap)
            return cap + 1;
    }
    size_t distance = rows[a.len % 3][b.len];
    return distance > cap ? cap + 1 : distance;
}

size_t unum_str_distance(struct unum_str a, struct unum_str b, size_t cap)
{
    size_t apart = a.len > b.len ? a.len - b.len : b.len - a.len;
    if (apart > cap)
        return cap + 1;
    strip_common(&a, &b);
    if (!a.len || !b.len)
        return apart;
    if (a.len > LONGEST_NAME || b.len > LONGEST_NAME || !a.ptr || !b.ptr)
        return cap + 1;
    return banded_distance(a, b, cap);
}

size_t unum_utf8_length(struct unum_str s)
{
    if (s.len == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)s.ptr;
    if (p[0] < 0x80)
        return 1;
    size_t len;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        len = 2;
    } else if (p[0] >= 0xe0 && p[0] <= 0xef) {
        len = 3;
        low = p[0] == 0xe0 ? 0xa0 : 0x80;
        high = p[0] == 0xed ? 0x9f : 0xbf;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        len = 4;
        low = p[0] == 0xf0 ? 0x90 : 0x80;
        high = p[0] == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (s.len < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    return len;
}

bool unum_utf8_valid(struct unum_str s)
{
    while (s.len) {
        size_t len = unum_utf8_length(s);
        if (!len)
            return false;
        s = unum_str_from_pos(s, len);
    }
    return true;
}

char *unum_str_dup(struct unum_str s)
{
    char *copy = unum_alloc(s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    return copy;
}

#include "json/json.h"

#include "json/json_scan_internal.h"

enum json_type json_type(struct unum_str value)
{
    if (!value.len)
        return JSON_NULL;
    switch (value.ptr[0]) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

/* Brackets of both kinds and quotes; { and [ as well as } and ] differ in one bit only. */
static uint64_t structure_hits(uint64_t word)
{
    uint64_t folded = word | (JSON_ONES * 0x20);
    return json_hits(word, '"') | json_hits(folded, '{') | json_hits(folded, '}');
}

static bool is_structure(char c)
{
    return c == '"' || c == '{' || c == '}' || c == '[' || c == ']';
}

static const char *next_structure(const char *p, const char *end)
{
    for (; end - p >= 8; p += 8) {
        uint64_t hits = structure_hits(json_load8(p));
        if (hits)
            return p + json_hit_at(hits);
    }
    while (p < end && !is_structure(*p))
        p++;
    return p;
}

/* The text is known to be well formed, so brackets are only counted. */
static const char *skip_container(const char *p, const char *end)
{
    size_t depth = 0;
    while ((p = next_structure(p, end)) < end) {
        if (*p == '"') {
            p = json_skip_string(p, end);
            continue;
        }
        depth += *p == '{' || *p == '[' ? 1 : (size_t)-1;
        p++;
        if (!depth)
            return p;
    }
    return end;
}

const char *json_skip_value(const char *p, const char *end)
{
    if (p == end)
        return end;
    if (*p == '"')
        return json_skip_string(p, end);
    if (*p == '{' || *p == '[')
        return skip_container(p, end);
    while (p < end && !json_is_blank(*p) && *p != ',' && *p != '}' && *p != ']')
        p++;
    return p;
}

struct json_iter json_iter(struct unum_str value)
{
    enum json_type type = json_type(value);
    if ((type != JSON_OBJECT && type != JSON_ARRAY) || value.len < 2)
        return (struct json_iter){UNUM_STR_NONE, false};
    return (struct json_iter){unum_str_of(value.ptr + 1, value.len - 2), type == JSON_OBJECT};
}

bool json_next(struct json_iter *iter, struct unum_str *ret_key, struct unum_str *ret_value)
{
    if (!iter->rest.len)
        return false;
    const char *end = iter->rest.ptr + iter->rest.len;
    const char *p = json_skip_blanks(iter->rest.ptr, end);
    struct unum_str key = UNUM_STR_NONE;
    if (iter->object && p < end) {
        const char *start = p;
        p = json_skip_string(p, end);
        key = unum_str_of(start, (size_t)(p - start));
        p = json_skip_blanks(p, end);
        if (p < end)
            p++; /* the colon */
        p = json_skip_blanks(p, end);
    }
    const char *start = p;
    p = json_skip_value(p, end);
    if (p == start) {
        iter->rest.len = 0;
        return false;
    }
    if (ret_key)
        *ret_key = key;
    *ret_value = unum_str_of(start, (size_t)(p - start));
    p = json_skip_blanks(p, end);
    if (p < end)
        p++; /* the comma */
    iter->rest = unum_str_of(p, (size_t)(end - p));
    return true;
}

bool json_get(struct unum_str object, struct unum_str key, struct unum_str *ret_value)
{
    struct json_iter iter = json_iter(object);
    struct unum_str name;
    struct unum_str value;
    while (iter.object && json_next(&iter, &name, &value)) {
        if (json_is(name, key)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

bool json_at(struct unum_str array, size_t index, struct unum_str *ret_value)
{
    struct json_iter iter = json_iter(array);
    struct unum_str value;
    while (!iter.object && json_next(&iter, NULL, &value)) {
        if (index-- == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

size_t json_count(struct unum_str value)
{
    struct json_iter iter = json_iter(value);
    struct unum_str member;
    size_t count = 0;
    while (json_next(&iter, NULL, &member))
        count++;
    return count;
}

/* RFC 6901 section 4: "~1" is "/", "~0" is "~", a lone "~" is an error. */
static bool unescape_token(struct unum_str token, struct unum_buf *out)
{
    size_t tilde;
    while ((tilde = unum_str_find(token, '~')) != SIZE_MAX) {
        unum_buf_add(out, unum_str_slice(token, 0, tilde));
        char code = tilde + 1 < token.len ? token.ptr[tilde + 1] : '\0';
        if (code != '0' && code != '1')
            return false;
        unum_buf_addc(out, code == '0' ? '~' : '/');
        token = unum_str_from_pos(token, tilde + 2);
    }
    unum_buf_add(out, token);
    return true;
}

static bool step_into(struct unum_str value, struct unum_str token, struct unum_str *ret_value)
{
    if (json_type(value) == JSON_ARRAY) {
        uint64_t index;
        bool leading_zero = token.len > 1 && token.ptr[0] == '0';
        return !leading_zero && unum_str_to_u64(token, &index) &&
               json_at(value, (size_t)index, ret_value);
    }
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(token.len);
    return unescape_token(token, &name) && json_get(value, unum_buf_str(&name), ret_value);
}

bool json_pointer(struct unum_str value, struct unum_str pointer, struct unum_str *ret_value)
{
    if (pointer.len && pointer.ptr[0] != '/')
        return false;
    struct unum_str rest = pointer.len ? unum_str_from_pos(pointer, 1) : UNUM_STR_NONE;
    struct unum_str token;
    while (unum_str_split(&rest, '/', &token)) {
        if (!step_into(value, token, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

int json_hex4(const char *p)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = unum_hex_value(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

size_t json_put_utf8(char *at, uint32_t c)
{
    if (c < 0x80) {
        at[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        at[0] = (char)(0xc0 | c >> 6);
        at[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        at[0] = (char)(0xe0 | c >> 12);
        at[1] = (char)(0x80 | (c >> 6 & 0x3f));
        at[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    at[0] = (char)(0xf0 | c >> 18);
    at[1] = (char)(0x80 | (c >> 12 & 0x3f));
    at[2] = (char)(0x80 | (c >> 6 & 0x3f));
    at[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static uint32_t take_unicode_escape(const char **p, const char *end)
{
    const char *at = *p;
    int unit = end - at >= 6 ? json_hex4(at + 2) : -1;
    *p = end - at >= 6 ? at + 6 : end;
    if (unit < 0)
        return 0xfffd;
    if (unit < 0xd800 || unit > 0xdfff)
        return (uint32_t)unit;
    int low = end - at >= 12 && at[6] == '\\' && at[7] == 'u' ? json_hex4(at + 8) : -1;
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0xfffd;
    *p = at + 12;
    return 0x10000 + (((uint32_t)unit & 0x3ff) << 10 | ((uint32_t)low & 0x3ff));
}

uint32_t json_take_escape(const char **p, const char *end)
{
    static const char names[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *at = *p;
    if (end - at < 2) {
        *p = end;
        return 0xfffd;
    }
    if (at[1] == 'u')
        return take_unicode_escape(p, end);
    *p = at + 2;
    const char *known = at[1] ? strchr(names, at[1]) : NULL;
    return (unsigned char)(known ? meanings[known - names] : at[1]);
}

/* The text between the quotes; false if it is no string. */
static bool content(struct unum_str value, struct unum_str *ret)
{
    if (json_type(value) != JSON_STRING || value.len < 2)
        return false;
    *ret = unum_str_of(value.ptr + 1, value.len - 2);
    return true;
}

bool json_decode(struct unum_str value, struct unum_buf *out)
{
    struct unum_str inner;
    if (!content(value, &inner))
        return false;
    size_t slash;
    while ((slash = unum_str_find(inner, '\\')) != SIZE_MAX) {
        unum_buf_add(out, unum_str_slice(inner, 0, slash));
        const char *end = inner.ptr + inner.len;
        const char *p = inner.ptr + slash;
        char utf8[4];
        size_t len = json_put_utf8(utf8, json_take_escape(&p, end));
        unum_buf_add(out, unum_str_of(utf8, len));
        inner = unum_str_of(p, (size_t)(end - p));
    }
    unum_buf_add(out, inner);
    return true;
}

bool json_is(struct unum_str value, struct unum_str text)
{
    struct unum_str inner;
    if (!content(value, &inner) || inner.len < text.len)
        return false; /* decoding never lengthens */
    if (unum_str_find(inner, '\\') == SIZE_MAX)
        return unum_str_eq(inner, text);
    const char *end = inner.ptr + inner.len;
    for (const char *p = inner.ptr; p < end;) {
        char utf8[4] = {*p};
        size_t len = 1;
        if (*p == '\\')
            len = json_put_utf8(utf8, json_take_escape(&p, end));
        else
            p++;
        if (text.len < len || memcmp(text.ptr, utf8, len) != 0)
            return false;
        text = unum_str_from_pos(text, len);
    }
    return text.len == 0;
}

bool json_to_bool(struct unum_str value, bool *ret)
{
    if (json_type(value) != JSON_BOOL)
        return false;
    *ret = value.ptr[0] == 't';
    return true;
}

#include "aws/canonical.h"

#include <stdlib.h>
#include <string.h>

static bool is_unreserved(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static void add_escaped(struct unum_buf *out, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unum_buf_addc(out, '%');
    unum_buf_addc(out, digits[c >> 4]);
    unum_buf_addc(out, digits[c & 15]);
}

/* One spelling for text that may be encoded already: the service decodes what it gets and encodes
 * it anew. A percent sign that starts no escape stands for itself. */
static void encode_anew(struct unum_buf *out, struct unum_str text, bool keep_slash)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool escaped = false;
        if (c == '%' && i + 2 < text.len) {
            int high = unum_hex_value(text.ptr[i + 1]), low = unum_hex_value(text.ptr[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (unsigned char)(high * 16 + low);
                escaped = true;
                i += 2;
            }
        }
        if (is_unreserved(c) || (c == '/' && keep_slash && !escaped))
            unum_buf_addc(out, (char)c);
        else
            add_escaped(out, c);
    }
}

static void normalize(struct unum_buf *out, struct unum_str path)
{
    struct unum_str rest = path, segment;
    size_t start = out->len;
    while (unum_str_split(&rest, '/', &segment)) {
        if (!segment.len || unum_str_is(segment, "."))
            continue;
        if (!unum_str_is(segment, "..")) {
            unum_buf_addc(out, '/');
            unum_buf_add(out, segment);
            continue;
        }
        struct unum_str so_far = unum_str_from_pos(unum_buf_str(out), start);
        size_t slash = unum_str_rfind(so_far, '/');
        if (slash != SIZE_MAX)
            unum_buf_truncate(out, start + slash);
    }
    if (out->len == start || unum_str_ends(path, UNUM_STR("/")))
        unum_buf_addc(out, '/');
}

void canonical_path(struct unum_buf *out, struct unum_str path, bool normalized,
                    enum canonical_path_form form)
{
    struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(out->max);
    if (!path.len)
        path = UNUM_STR("/");
    if (normalized) {
        normalize(&plain, path);
        path = unum_buf_str(&plain);
    }
    if (form == CANONICAL_ENCODED_TWICE)
        http_encode(out, path, true);
    else
        encode_anew(out, path, true);
    out->failed |= plain.failed;
}

void canonical_pairs_add(struct canonical_pairs *pairs, struct unum_arena *arena,
                         struct unum_str name, struct unum_str value)
{
    if (pairs->len == pairs->cap) {
        size_t cap = pairs->cap ? pairs->cap * 2 : 16;
        struct canonical_pair *at = unum_arena_array(arena, cap, sizeof(*at));
        if (pairs->len)
            memcpy(at, pairs->at, pairs->len * sizeof(*at));
        pairs->at = at;
        pairs->cap = cap;
    }
    pairs->at[pairs->len] = (struct canonical_pair){name, value, pairs->len};
    pairs->len++;
}

static struct unum_str spelled_anew(struct unum_arena *arena, struct unum_str text)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(text.len * 3);
    encode_anew(&out, text, false);
    return unum_arena_str(arena, unum_buf_str(&out));
}

void canonical_query_read(struct canonical_pairs *pairs, struct unum_arena *arena,
                          struct unum_str query)
{
    struct unum_str rest = query, part;
    while (unum_str_split(&rest, '&', &part)) {
        if (!part.len)
            continue;
        size_t equals = unum_str_find(part, '=');
        struct unum_str name = unum_str_slice(part, 0, equals), value = UNUM_STR("");
        if (equals != SIZE_MAX)
            value = unum_str_from_pos(part, equals + 1);
        canonical_pairs_add(pairs, arena, spelled_anew(arena, name), spelled_anew(arena, value));
    }
}

static int by_name_and_value(const void *a, const void *b)
{
    const struct canonical_pair *x = a, *y = b;
    int order = unum_str_cmp(x->name, y->name);
    return order ? order : unum_str_cmp(x->value, y->value);
}

void canonical_query_write(struct unum_buf *out, struct canonical_pairs *pairs)
{
    if (pairs->len > 1)
        qsort(pairs->at, pairs->len, sizeof(*pairs->at), by_name_and_value);
    for (size_t i = 0; i < pairs->len; i++) {
        if (i)
            unum_buf_addc(out, '&');
        unum_buf_add(out, pairs->at[i].name);
        unum_buf_addc(out, '=');
        unum_buf_add(out, pairs->at[i].value);
    }
}

/* RFC 9110 section 5.6.2 */
static bool is_token(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (!is_unreserved(c) && (!c || !strchr("!#$%&'*+^`|", c)))
            return false;
    }
    return name.len > 0;
}

static struct unum_str lower(struct unum_arena *arena, struct unum_str name)
{
    char *copy = unum_arena_alloc(arena, name.len + 1);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        copy[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
    return unum_str_of(copy, name.len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Most values have nothing to fold and stay where they are. */
static struct unum_str without_extra_blanks(struct unum_arena *arena, struct unum_str value)
{
    value = unum_str_trim(value);
    size_t same = 0;
    while (same < value.len && value.ptr[same] != '\t' &&
           !(value.ptr[same] == ' ' && is_blank(value.ptr[same + 1])))
        same++;
    if (same == value.len)
        return value;
    char *copy = unum_arena_alloc(arena, value.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (is_blank(c) && is_blank(value.ptr[i - 1]))
            continue;
        copy[len++] = (char)(c == '\t' ? ' ' : c);
    }
    return unum_str_of(copy, len);
}

/* Line ends and NULs; each search is one pass of the C library. */
static bool has_breaks(struct unum_str value)
{
    return value.len && (memchr(value.ptr, '\r', value.len) || memchr(value.ptr, '\n', value.len) ||
                         memchr(value.ptr, '\0', value.len));
}

int canonical_header_add(struct canonical_pairs *pairs, struct unum_arena *arena,
                         const struct http_header *header, struct unum_err *err)
{
    if (!is_token(header->name))
        return unum_err_set(err, UNUM_E_INVAL, "\"%.*s\" is no header name",
                            UNUM_STR_ARG(header->name));
    /* The value may be secret, so it is not shown. */
    if (has_breaks(header->value))
        return unum_err_set(err, UNUM_E_INVAL, "the value of header %.*s has a line end or a NUL",
                            UNUM_STR_ARG(header->name));
    canonical_pairs_add(pairs, arena, lower(arena, header->name),
                        without_extra_blanks(arena, header->value));
    return 0;
}

static int by_name_and_order(const void *a, const void *b)
{
    const struct canonical_pair *x = a, *y = b;
    int order = unum_str_cmp(x->name, y->name);
    return order ? order : (x->order > y->order) - (x->order < y->order);
}

void canonical_headers_write(struct unum_buf *out, struct unum_buf *names,
                             struct canonical_pairs *pairs)
{
    if (pairs->len > 1)
        qsort(pairs->at, pairs->len, sizeof(*pairs->at), by_name_and_order);
    for (size_t i = 0; i < pairs->len; i++) {
        const struct canonical_pair *pair = &pairs->at[i];
        if (i && unum_str_eq(pair->name, pair[-1].name)) {
            unum_buf_addc(out, ',');
            unum_buf_add(out, pair->value);
            continue;
        }
        if (i) {
            unum_buf_addc(out, '\n');
            unum_buf_addc(names, ';');
        }
        unum_buf_add(names, pair->name);
        unum_buf_add(out, pair->name);
        unum_buf_addc(out, ':');
        unum_buf_add(out, pair->value);
    }
    unum_buf_addc(out, '\n');
}

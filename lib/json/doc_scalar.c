/* Strings, numbers and words of a JSON document, with a way on after most mistakes. */
#include "json/doc_reader_internal.h"
#include "json/json_scan_internal.h"

bool doc_is_bare(char c)
{
    return unum_is_alnum(c) || c == '_' || c == '$' || c == '.' || c == '-' || c == '+';
}

static void add_utf8(struct unum_buf *out, uint32_t c)
{
    char utf8[4];
    size_t len = json_put_utf8(utf8, c);
    unum_buf_add(out, unum_str_of(utf8, len));
}

/* `p` stands on "\u". */
static void read_unicode_escape(struct doc_reader *r)
{
    const char *at = r->p;
    const char *digits_end = at + 2;
    while (digits_end < r->end && digits_end - at < 6 && doc_is_bare(*digits_end))
        digits_end++;
    int unit = digits_end - at == 6 ? json_hex4(at + 2) : -1;
    if (unit < 0) {
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, at, digits_end),
                      "\\u must be followed by four hexadecimal digits");
        r->p = at + 2;
        return;
    }
    uint32_t c = json_take_escape(&r->p, r->end);
    if (c == 0xfffd && unit != 0xfffd)
        unum_diag_add(r->diags, UNUM_E0104, doc_span(r, at, r->p),
                      "\\u%.4s is half of a surrogate pair", at + 2);
    add_utf8(&r->scratch, c);
}

/* `p` stands on a backslash with something behind it. */
static void read_escape(struct doc_reader *r, char quote)
{
    const char *at = r->p;
    if (at[1] == 'u') {
        read_unicode_escape(r);
        return;
    }
    if (at[1] && strchr("\"\\/bfnrt", at[1])) {
        add_utf8(&r->scratch, json_take_escape(&r->p, r->end));
        return;
    }
    if (at[1] == '\'' && quote == '\'') {
        unum_buf_addc(&r->scratch, '\'');
        r->p = at + 2;
        return;
    }
    /* The character itself is read as content: it may be broken or a control character too. */
    unum_diag_add(r->diags, UNUM_E0101, doc_span(r, at, at + 2), "unknown escape sequence");
    unum_diag_hint(r->diags, "write \\\\ for a backslash");
    r->p = at + 1;
}

static bool not_closed(struct doc_reader *r, const char *opening)
{
    const char *line_end = memchr(opening, '\n', (size_t)(r->end - opening));
    unum_diag_add(r->diags, UNUM_E0101, doc_span(r, opening, line_end ? line_end : r->end),
                  "the string is not closed");
    return false;
}

/* A byte that is no plain content: a control character or non-ASCII. */
static bool read_special(struct doc_reader *r, const char *opening, bool *broken)
{
    unsigned char byte = (unsigned char)*r->p;
    size_t len = unum_utf8_length(unum_str_of(r->p, (size_t)(r->end - r->p)));
    struct unum_span span = doc_span(r, r->p, r->p + 1);
    if (len > 1) {
        unum_buf_add(&r->scratch, unum_str_of(r->p, len));
        r->p += len;
        return true;
    }
    if (byte == '\n' || byte == '\r')
        return not_closed(r, opening);
    if (byte && byte < 0x20) {
        unum_diag_add(r->diags, UNUM_E0101, span, "a control character must be escaped");
        unum_diag_hint(r->diags, byte == '\t' ? "write \\t" : "write \\u%04x", byte);
        unum_buf_addc(&r->scratch, (char)byte);
    } else {
        if (!*broken) /* a file in another encoding has thousands: one per string is enough */
            unum_diag_add(r->diags, UNUM_E0104, span,
                          byte ? "the byte 0x%02x is not UTF-8" : "a NUL byte (0x%02x)", byte);
        *broken = true;
        add_utf8(&r->scratch, 0xfffd);
    }
    r->p++;
    return true;
}

/* To the next byte that needs a look, but never beyond a single quote that ends the string: each
 * byte is seen once. */
static void skip_content(struct doc_reader *r, char quote)
{
    if (quote == '"') {
        r->p = json_skip_plain(r->p, r->end);
        return;
    }
    while (r->p < r->end && *r->p != quote && json_is_plain((unsigned char)*r->p))
        r->p++;
}

bool doc_read_string(struct doc_reader *r, struct unum_str *ret_text)
{
    const char *opening = r->p++;
    char quote = *opening;
    bool broken = false;
    unum_buf_clear(&r->scratch);
    for (;;) {
        const char *run = r->p;
        skip_content(r, quote);
        unum_buf_add(&r->scratch, unum_str_of(run, (size_t)(r->p - run)));
        if (r->p == r->end || (*r->p == '\\' && r->end - r->p < 2))
            return not_closed(r, opening);
        if (*r->p == quote)
            break;
        if (*r->p == '\\')
            read_escape(r, quote);
        else if (*r->p == '"')
            unum_buf_addc(&r->scratch, *r->p++);
        else if (!read_special(r, opening, &broken))
            return false;
    }
    r->p++;
    if (quote == '\'') {
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, opening, r->p),
                      "strings stand in double quotes");
        unum_diag_hint(r->diags, "write \" instead of '");
    }
    *ret_text = unum_arena_str(r->arena, unum_buf_str(&r->scratch));
    return true;
}

static struct unum_str take_bare(struct doc_reader *r)
{
    const char *start = r->p;
    while (r->p < r->end && doc_is_bare(*r->p))
        r->p++;
    return unum_str_of(start, (size_t)(r->p - start));
}

struct unum_str doc_read_bare_key(struct doc_reader *r)
{
    const char *start = r->p;
    struct unum_str key = take_bare(r);
    unum_diag_add(r->diags, UNUM_E0101, doc_span(r, start, r->p), "keys stand in double quotes");
    if (key.len < 80)
        unum_diag_hint(r->diags, "write \"%.*s\"", UNUM_STR_ARG(key));
    return unum_arena_str(r->arena, key);
}

static size_t digits_at(struct unum_str s, size_t at)
{
    size_t end = at;
    while (end < s.len && s.ptr[end] >= '0' && s.ptr[end] <= '9')
        end++;
    return end - at;
}

/* What is wrong with a number (RFC 8259 section 6), or NULL. */
static const char *number_problem(struct unum_str s)
{
    size_t at = s.len && s.ptr[0] == '-' ? 1 : 0;
    if (s.len && s.ptr[0] == '+')
        return "a number has no plus sign in front";
    size_t digits = digits_at(s, at);
    if (!digits)
        return "a number starts with a digit";
    if (digits > 1 && s.ptr[at] == '0')
        return "a number has no zeros in front";
    at += digits;
    if (at < s.len && s.ptr[at] == '.') {
        digits = digits_at(s, ++at);
        if (!digits)
            return "a digit is missing after the decimal point";
        at += digits;
    }
    if (at < s.len && (s.ptr[at] == 'e' || s.ptr[at] == 'E')) {
        at++;
        if (at < s.len && (s.ptr[at] == '+' || s.ptr[at] == '-'))
            at++;
        digits = digits_at(s, at);
        if (!digits)
            return "a digit is missing in the exponent";
        at += digits;
    }
    return at == s.len ? NULL : "this is no number";
}

static struct doc *read_number(struct doc_reader *r)
{
    const char *start = r->p;
    struct unum_str text = take_bare(r);
    const char *problem = number_problem(text);
    if (problem) {
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, start, r->p), "%s", problem);
        text = UNUM_STR("0");
    }
    struct doc *number = doc_new(r, DOC_NUMBER, start, r->p);
    number->text = unum_arena_str(r->arena, text);
    return number;
}

static struct doc *read_word(struct doc_reader *r)
{
    static const struct word {
        const char *text;
        enum doc_kind kind;
        bool boolean;
        const char *hint; /* set: other languages write it so */
    } words[] = {
        {"true", DOC_BOOL, true, NULL},
        {"false", DOC_BOOL, false, NULL},
        {"null", DOC_NULL, false, NULL},
        {"True", DOC_BOOL, true, "write true"},
        {"TRUE", DOC_BOOL, true, "write true"},
        {"False", DOC_BOOL, false, "write false"},
        {"FALSE", DOC_BOOL, false, "write false"},
        {"None", DOC_NULL, false, "write null"},
        {"NULL", DOC_NULL, false, "write null"},
        {"Null", DOC_NULL, false, "write null"},
        {"nil", DOC_NULL, false, "write null"},
        {"undefined", DOC_NULL, false, "write null"},
        {"NaN", DOC_NULL, false, "JSON has finite numbers only"},
        {"Infinity", DOC_NULL, false, "JSON has finite numbers only"},
    };
    const char *start = r->p;
    struct unum_str text = take_bare(r);
    for (size_t i = 0; i < UNUM_COUNT(words); i++) {
        if (!unum_str_is(text, words[i].text))
            continue;
        struct doc *doc = doc_new(r, words[i].kind, start, r->p);
        doc->boolean = words[i].boolean;
        if (words[i].hint) {
            unum_diag_add(r->diags, UNUM_E0101, doc->span, "%s is not JSON", words[i].text);
            unum_diag_hint(r->diags, "%s", words[i].hint);
        }
        return doc;
    }
    struct doc *doc = doc_new(r, DOC_STRING, start, r->p);
    doc->text = unum_arena_str(r->arena, text);
    unum_diag_add(r->diags, UNUM_E0101, doc->span, "a value is expected here");
    if (text.len < 80)
        unum_diag_hint(r->diags, "strings stand in double quotes: \"%.*s\"", UNUM_STR_ARG(text));
    return doc;
}

bool doc_read_scalar(struct doc_reader *r, struct doc **ret_doc)
{
    const char *start = r->p;
    char c = *start;
    if (c == '"' || c == '\'') {
        struct unum_str text;
        if (!doc_read_string(r, &text))
            return false;
        *ret_doc = doc_new(r, DOC_STRING, start, r->p);
        (*ret_doc)->text = text;
        return true;
    }
    if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9')) {
        *ret_doc = read_number(r);
        return true;
    }
    if (doc_is_bare(c)) {
        *ret_doc = read_word(r);
        return true;
    }
    if (c == ',' || c == '}' || c == ']') {
        *ret_doc = doc_new(r, DOC_NULL, start, start);
        unum_diag_add(r->diags, UNUM_E0101, doc_span(r, start, start + 1),
                      "a value is missing before '%c'", c);
        return true;
    }
    return doc_unexpected(r, "a value");
}

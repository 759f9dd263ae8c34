#include "json/json.h"
#include "json/json_scan_internal.h"

static void add_escape(struct unum_buf *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15]};
    size_t len = 2;
    switch (c) {
    case '"':
    case '\\':
        escape[1] = c;
        break;
    case '\b':
        escape[1] = 'b';
        break;
    case '\f':
        escape[1] = 'f';
        break;
    case '\n':
        escape[1] = 'n';
        break;
    case '\r':
        escape[1] = 'r';
        break;
    case '\t':
        escape[1] = 't';
        break;
    default:
        len = 6;
    }
    unum_buf_add(out, unum_str_of(escape, len));
}

void json_quote(struct unum_buf *out, struct unum_str text)
{
    unum_buf_addc(out, '"');
    const char *p = text.len ? text.ptr : "";
    const char *end = p + text.len;
    const char *copied = p; /* everything before is in `out` */
    while ((p = json_skip_plain(p, end)) < end) {
        size_t len = unum_utf8_length(unum_str_of(p, (size_t)(end - p)));
        if (len > 1) {
            p += len; /* a whole character is copied with what surrounds it */
            continue;
        }
        unum_buf_add(out, unum_str_of(copied, (size_t)(p - copied)));
        if (len)
            add_escape(out, *p);
        else
            unum_buf_add(out, UNUM_STR("\xef\xbf\xbd"));
        copied = ++p;
    }
    unum_buf_add(out, unum_str_of(copied, (size_t)(end - copied)));
    unum_buf_addc(out, '"');
}

static void new_line(struct json_writer *w)
{
    if (!w->indent)
        return;
    unum_buf_addc(w->out, '\n');
    for (unsigned i = 0; i < w->depth * w->indent; i++)
        unum_buf_addc(w->out, ' ');
}

/* What stands between two members, or between the opening bracket and the first one. */
static void before_member(struct json_writer *w)
{
    if (w->keyed || !w->depth) {
        w->keyed = false;
        return;
    }
    if (w->comma)
        unum_buf_addc(w->out, ',');
    new_line(w);
}

static void begin(struct json_writer *w, char bracket)
{
    before_member(w);
    unum_buf_addc(w->out, bracket);
    w->depth++;
    w->comma = false;
}

static void end(struct json_writer *w, char bracket)
{
    if (w->depth)
        w->depth--;
    if (w->comma)
        new_line(w);
    unum_buf_addc(w->out, bracket);
    w->comma = true;
}

void json_object_begin(struct json_writer *w)
{
    begin(w, '{');
}

void json_object_end(struct json_writer *w)
{
    end(w, '}');
}

void json_array_begin(struct json_writer *w)
{
    begin(w, '[');
}

void json_array_end(struct json_writer *w)
{
    end(w, ']');
}

void json_key_str(struct json_writer *w, struct unum_str key)
{
    before_member(w);
    json_quote(w->out, key);
    unum_buf_adds(w->out, w->indent ? ": " : ":");
    w->comma = true;
    w->keyed = true;
}

void json_key(struct json_writer *w, const char *key)
{
    json_key_str(w, unum_str_from(key));
}

void json_raw(struct json_writer *w, struct unum_str value)
{
    before_member(w);
    unum_buf_add(w->out, value);
    w->comma = true;
}

void json_string(struct json_writer *w, struct unum_str text)
{
    before_member(w);
    json_quote(w->out, text);
    w->comma = true;
}

void json_strings(struct json_writer *w, const char *text)
{
    json_string(w, unum_str_from(text));
}

void json_int(struct json_writer *w, int64_t number)
{
    before_member(w);
    if (number < 0)
        unum_buf_addc(w->out, '-');
    unum_buf_addu(w->out, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    w->comma = true;
}

void json_bool(struct json_writer *w, bool yes)
{
    json_raw(w, yes ? UNUM_STR("true") : UNUM_STR("false"));
}

void json_null(struct json_writer *w)
{
    json_raw(w, UNUM_STR("null"));
}

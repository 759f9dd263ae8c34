#include "local/markup.h"

#include "base/clock.h"
#include "base/rand.h"

static void add_escaped(struct unum_buf *out, struct unum_str text)
{
    while (text.len) {
        size_t len = unum_utf8_length(text);
        unsigned char c = (unsigned char)text.ptr[0];
        if (!len || (c < ' ' && c != '\t' && c != '\n' && c != '\r'))
            unum_buf_adds(out, "\xef\xbf\xbd");
        else if (c == '<')
            unum_buf_adds(out, "&lt;");
        else if (c == '>')
            unum_buf_adds(out, "&gt;");
        else if (c == '&')
            unum_buf_adds(out, "&amp;");
        else if (c == '"')
            unum_buf_adds(out, "&quot;");
        else if (c == '\r')
            unum_buf_adds(out, "&#13;");
        else
            unum_buf_add(out, unum_str_slice(text, 0, len));
        text = unum_str_from_pos(text, len ? len : 1);
    }
}

void markup_open(struct unum_buf *out, const char *tag)
{
    unum_buf_printf(out, "<%s>", tag);
}

/* A tag may carry a namespace when it is opened. */
void markup_close(struct unum_buf *out, const char *tag)
{
    struct unum_str name = unum_str_from(tag);
    unum_buf_printf(out, "</%.*s>",
                    UNUM_STR_ARG(unum_str_slice(name, 0, unum_str_find(name, ' '))));
}

void markup_text(struct unum_buf *out, const char *tag, struct unum_str text)
{
    markup_open(out, tag);
    add_escaped(out, text);
    markup_close(out, tag);
}

void markup_texts(struct unum_buf *out, const char *tag, const char *text)
{
    markup_text(out, tag, unum_str_from(text));
}

void markup_int(struct unum_buf *out, const char *tag, int64_t number)
{
    unum_buf_printf(out, "<%s>%lld</%s>", tag, (long long)number, tag);
}

void markup_bool(struct unum_buf *out, const char *tag, bool yes)
{
    markup_texts(out, tag, yes ? "true" : "false");
}

void markup_time(struct unum_buf *out, const char *tag, int64_t at_ms)
{
    markup_open(out, tag);
    unum_time_rfc3339(at_ms, out);
    markup_close(out, tag);
}

void markup_request_id(struct unum_buf *out)
{
    markup_open(out, "RequestId");
    unum_uuid4(out);
    markup_close(out, "RequestId");
}

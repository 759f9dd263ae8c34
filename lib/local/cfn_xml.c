/* Answers of the query protocol: XML without attributes, as AWS writes it. */
#include "local/cfn.h"

#include "base/rand.h"

#define NAMESPACE "http://cloudformation.amazonaws.com/doc/2010-05-15/"

static struct unum_buf *out_of(struct door_request *req)
{
    return &req->answer.body;
}

/* XML 1.0 has no control characters. */
static void add_escaped(struct unum_buf *out, struct unum_str text)
{
    while (text.len) {
        size_t len = unum_utf8_length(text);
        unsigned char c = (unsigned char)text.ptr[0];
        if (!len || (c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
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

void cfn_open(struct door_request *req, const char *tag)
{
    unum_buf_printf(out_of(req), "<%s>", tag);
}

void cfn_close(struct door_request *req, const char *tag)
{
    unum_buf_printf(out_of(req), "</%s>", tag);
}

void cfn_text(struct door_request *req, const char *tag, struct unum_str text)
{
    cfn_open(req, tag);
    add_escaped(out_of(req), text);
    cfn_close(req, tag);
}

void cfn_texts(struct door_request *req, const char *tag, const char *text)
{
    if (text)
        cfn_text(req, tag, unum_str_from(text));
}

void cfn_time(struct door_request *req, const char *tag, int64_t at_ms)
{
    if (!at_ms)
        return;
    cfn_open(req, tag);
    unum_time_rfc3339(at_ms, out_of(req));
    cfn_close(req, tag);
}

void cfn_flag(struct door_request *req, const char *tag, bool yes)
{
    cfn_text(req, tag, yes ? UNUM_STR("true") : UNUM_STR("false"));
}

static void add_request_id(struct door_request *req)
{
    cfn_open(req, "RequestId");
    unum_uuid4(out_of(req));
    cfn_close(req, "RequestId");
}

void cfn_begin(struct door_request *req)
{
    unum_buf_clear(out_of(req));
    unum_buf_printf(out_of(req), "<%.*sResponse xmlns=\"" NAMESPACE "\"><%.*sResult>",
                    UNUM_STR_ARG(req->operation), UNUM_STR_ARG(req->operation));
}

void cfn_end(struct door_request *req)
{
    unum_buf_printf(out_of(req), "</%.*sResult><ResponseMetadata>", UNUM_STR_ARG(req->operation));
    add_request_id(req);
    unum_buf_printf(out_of(req), "</ResponseMetadata></%.*sResponse>",
                    UNUM_STR_ARG(req->operation));
    req->answer.status = 200;
    req->answer.content_type = "text/xml";
    door_answer(req);
}

void cfn_error_body(struct door_request *req, int status, const char *code, struct unum_str text)
{
    unum_buf_adds(out_of(req), "<ErrorResponse xmlns=\"" NAMESPACE "\"><Error>");
    cfn_texts(req, "Type", status < 500 ? "Sender" : "Receiver");
    cfn_texts(req, "Code", code);
    cfn_text(req, "Message", text);
    cfn_close(req, "Error");
    add_request_id(req);
    cfn_close(req, "ErrorResponse");
}

/* Answers of the query protocol: XML without attributes, as AWS writes it. */
#include "local/cfn.h"

#include "local/markup.h"

#define NAMESPACE "http://cloudformation.amazonaws.com/doc/2010-05-15/"

static struct unum_buf *out_of(struct door_request *req)
{
    return &req->answer.body;
}

void cfn_open(struct door_request *req, const char *tag)
{
    markup_open(out_of(req), tag);
}

void cfn_close(struct door_request *req, const char *tag)
{
    markup_close(out_of(req), tag);
}

void cfn_text(struct door_request *req, const char *tag, struct unum_str text)
{
    markup_text(out_of(req), tag, text);
}

void cfn_texts(struct door_request *req, const char *tag, const char *text)
{
    if (text)
        cfn_text(req, tag, unum_str_from(text));
}

void cfn_time(struct door_request *req, const char *tag, int64_t at_ms)
{
    if (at_ms)
        markup_time(out_of(req), tag, at_ms);
}

void cfn_flag(struct door_request *req, const char *tag, bool yes)
{
    markup_bool(out_of(req), tag, yes);
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
    markup_request_id(out_of(req));
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
    markup_request_id(out_of(req));
    cfn_close(req, "ErrorResponse");
}

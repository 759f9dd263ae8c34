/*
 * The emulated STS: who is asking. Source: AWS STS API Reference, version 2011-06-15.
 */
#include "local/internal.h"
#include "local/markup.h"

#define XMLNS "https://sts.amazonaws.com/doc/2011-06-15/"

void sts_error_body(struct door_request *req, const char *code, struct unum_str text)
{
    req->answer.content_type = "text/xml";
    unum_buf_printf(&req->answer.body,
                    "<ErrorResponse xmlns=\"" XMLNS "\"><Error><Type>Sender</Type><Code>%s</Code>",
                    code);
    markup_text(&req->answer.body, "Message", text);
    unum_buf_adds(&req->answer.body, "</Error></ErrorResponse>");
}

bool sts_is_request(const struct door_request *req)
{
    static const struct unum_str marker = UNUM_STR_INIT("/sts/aws4_request");
    return unum_str_search(door_get(req, "authorization"), marker) != SIZE_MAX;
}

void sts_call(struct door_request *req)
{
    if (!unum_str_starts(req->body, UNUM_STR("Action=GetCallerIdentity"))) {
        door_error(req, 400, "InvalidAction", "the local STS has GetCallerIdentity");
        return;
    }
    req->operation = UNUM_STR("GetCallerIdentity");
    struct unum_str who = req->caller_function ? unum_str_from(req->caller_function->name)
                                               : UNUM_STR(LOCAL_ACCESS_KEY);
    unum_buf_printf(&req->answer.body,
                    "<GetCallerIdentityResponse xmlns=\"" XMLNS "\"><GetCallerIdentityResult>"
                    "<Arn>arn:aws:iam::" LOCAL_ACCOUNT ":user/%.*s</Arn><UserId>%.*s</UserId>"
                    "<Account>" LOCAL_ACCOUNT "</Account></GetCallerIdentityResult>"
                    "<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata>"
                    "</GetCallerIdentityResponse>",
                    UNUM_STR_ARG(who), UNUM_STR_ARG(who));
    req->answer.status = 200;
    req->answer.content_type = "text/xml";
    door_answer(req);
}

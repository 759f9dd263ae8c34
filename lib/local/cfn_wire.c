#include "local/cfn_wire.h"

#include <string.h>

#include "xml/xml.h"
#include "json/json.h"

struct inside {
    struct cfn_job *job;
    struct cfn_reply *reply;
    bool answered;
};

static void inside_answer(void *cookie, struct door_request *req)
{
    struct inside *inside = cookie;
    inside->answered = true;
    inside->reply->status = req->answer.status;
    inside->reply->body = unum_arena_str(inside->job->arena, unum_buf_str(&req->answer.body));
    for (size_t i = 0; i < req->answer.headers.len; i++) {
        if (unum_str_ieq(req->answer.headers.at[i].name, UNUM_STR("x-amzn-ErrorType")))
            inside->reply->code =
                unum_arena_str(inside->job->arena, req->answer.headers.at[i].value);
    }
}

static void inside_drop(void *cookie, struct door_request *req)
{
    (void)cookie, (void)req;
}

static const struct door_peer inside_peer = {inside_answer, inside_drop};

static bool json_text(struct unum_arena *arena, struct unum_str object, const char *name,
                      struct unum_str *ret)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    if (!json_get(object, unum_str_from(name), &value) || !json_decode(value, &text))
        return false;
    *ret = unum_arena_str(arena, unum_buf_str(&text));
    return true;
}

static void read_json_error(struct cfn_job *job, struct cfn_reply *reply)
{
    struct unum_str value;
    if (json_check(reply->body, &value, NULL))
        return;
    if (!json_text(job->arena, value, "message", &reply->message))
        (void)json_text(job->arena, value, "Message", &reply->message);
    (void)json_text(job->arena, value, "__type", &reply->code);
    size_t mark = unum_str_find(reply->code, '#');
    if (mark < reply->code.len)
        reply->code = unum_str_from_pos(reply->code, mark + 1);
}

static void read_error(struct cfn_job *job, struct cfn_reply *reply)
{
    const struct xml_element *root = NULL;
    reply->message = UNUM_STR("no message");
    if (reply->status < 300)
        return;
    if (!unum_str_starts(unum_str_trim(reply->body), UNUM_STR("<"))) {
        read_json_error(job, reply);
    } else if (xml_parse(reply->body, job->arena, &root, NULL) == 0) {
        const struct xml_element *error =
            unum_str_is(root->name, "Error") ? root : xml_at(root, "Error");
        reply->code = xml_text(error, "Code");
        reply->message = xml_text(error, "Message");
    }
}

int cfn_wire(struct cfn_job *job, const struct cfn_wire *wire, struct cfn_reply *ret,
             struct unum_err *err)
{
    struct inside inside = {job, ret, false};
    struct door_request req = {
        .local = job->local, .peer = &inside_peer, .cookie = &inside, .body = wire->body};
    struct unum_str target = wire->target.len ? wire->target : UNUM_STR("/");
    size_t mark = unum_str_find(target, '?');
    *ret = (struct cfn_reply){0};
    req.method = unum_str_from(wire->method);
    req.path = unum_str_slice(target, 0, mark);
    if (mark < target.len)
        req.query = unum_str_from_pos(target, mark + 1);
    if (wire->operation)
        http_headers_add(&req.headers, &req.arena, UNUM_STR("x-amz-target"),
                         unum_str_from(wire->operation));
    /* Who asks is not checked inside; the scope says whom. */
    http_headers_add(&req.headers, &req.arena, UNUM_STR("authorization"),
                     unum_arena_printf(&req.arena,
                                       "AWS4-HMAC-SHA256 Credential=" LOCAL_ACCESS_KEY
                                       "/20000101/%.*s/%s/aws4_request, SignedHeaders=host, "
                                       "Signature=0",
                                       UNUM_STR_ARG(job->local->region), wire->service));
    door_inside(&req);
    door_request_done(&req);
    unum_arena_done(&req.arena);
    unum_buf_done(&req.answer.body);
    if (!inside.answered)
        return unum_err_set(err, UNUM_E_FAILED, "%s did not answer", wire->service);
    read_error(job, ret);
    return 0;
}

static const char *handler_code(int status)
{
    return status == 404   ? "NotFound"
           : status == 409 ? "AlreadyExists"
           : status == 429 ? "Throttling"
           : status >= 500 ? "ServiceInternalError"
                           : "InvalidRequest";
}

int cfn_ask(struct cfn_job *job, const struct cfn_wire *wire, const char *fine,
            struct cfn_reply *ret, struct unum_err *err)
{
    struct cfn_reply own = {0};
    struct cfn_reply *reply = ret ? ret : &own;
    int rc = cfn_wire(job, wire, reply, err);
    if (rc || reply->status < 300 || (fine && unum_str_is(reply->code, fine)))
        return rc;
    return unum_err_set(err, UNUM_E_FAILED,
                        "Resource handler returned message: \"%.*s (Service: %s, Status Code: "
                        "%d)\" (HandlerErrorCode: %s)",
                        UNUM_STR_ARG(reply->message), wire->service, reply->status,
                        handler_code(reply->status));
}

struct unum_str cfn_encode(struct cfn_job *job, struct unum_str text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c && strchr(plain, c))
            unum_buf_addc(&out, c);
        else
            unum_buf_printf(&out, "%%%02X", (unsigned char)c);
    }
    return unum_arena_str(job->arena, unum_buf_str(&out));
}

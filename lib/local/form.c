#include "local/form.h"

#include "local/markup.h"

/* "a+b%20c" */
static bool decode(struct door_request *req, struct unum_str text, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF spaced = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_add(&spaced, text);
    for (size_t i = 0; i < spaced.len; i++) {
        if (spaced.ptr[i] == '+')
            spaced.ptr[i] = ' ';
    }
    if (!http_decode(&plain, unum_buf_str(&spaced)))
        return false;
    *ret = unum_arena_str(&req->arena, unum_buf_str(&plain));
    return true;
}

bool form_find(struct door_request *req, struct unum_str name, struct unum_str *ret)
{
    struct unum_str rest = req->body.len ? req->body : req->query, part;
    while (rest.len && unum_str_split(&rest, '&', &part)) {
        size_t mark = unum_str_find(part, '=');
        if (!unum_str_eq(unum_str_slice(part, 0, mark), name))
            continue;
        return decode(req, mark < part.len ? unum_str_from_pos(part, mark + 1) : UNUM_STR(""), ret);
    }
    return false;
}

struct unum_str form_get(struct door_request *req, const char *name)
{
    struct unum_str value = UNUM_STR_NONE;
    (void)form_find(req, unum_str_from(name), &value);
    return value;
}

static void begin(struct door_request *req, const char *space)
{
    struct unum_buf *out = &req->answer.body;
    unum_buf_clear(out);
    unum_buf_printf(out, "<%.*sResponse xmlns=\"%s\">", UNUM_STR_ARG(req->operation), space);
}

static void end(struct door_request *req)
{
    struct unum_buf *out = &req->answer.body;
    markup_open(out, "ResponseMetadata");
    markup_request_id(out);
    markup_close(out, "ResponseMetadata");
    unum_buf_printf(out, "</%.*sResponse>", UNUM_STR_ARG(req->operation));
    req->answer.status = 200;
    req->answer.content_type = "text/xml";
    door_answer(req);
}

void form_begin(struct door_request *req, const char *space)
{
    begin(req, space);
    unum_buf_printf(&req->answer.body, "<%.*sResult>", UNUM_STR_ARG(req->operation));
}

void form_end(struct door_request *req)
{
    unum_buf_printf(&req->answer.body, "</%.*sResult>", UNUM_STR_ARG(req->operation));
    end(req);
}

void form_empty(struct door_request *req, const char *space)
{
    begin(req, space);
    end(req);
}

#include "local/form.h"

#include "local/markup.h"

#define MOST_FORM (4 * UNUM_MB)

bool form_prepare(struct door_request *req)
{
    if (req->body.len > MOST_FORM) {
        door_error(req, 413, "RequestEntityTooLarge", "the form is larger than %zu bytes",
                   (size_t)MOST_FORM);
        return false;
    }
    if (unum_str_search(req->body, UNUM_STR("%00")) != SIZE_MAX ||
        unum_str_find(req->body, '\0') < req->body.len ||
        unum_str_search(req->query, UNUM_STR("%00")) != SIZE_MAX) {
        door_error(req, 400, "MalformedInput", "the form has a NUL character");
        return false;
    }
    return true;
}

/* "a+b%20c" */
static bool decode(const struct door_request *req, struct unum_str text, struct unum_str *ret)
{
    /* The arena is the only part of a request that grows while it is read. */
    struct unum_arena *arena = (struct unum_arena *)(uintptr_t)&req->arena;
    struct unum_buf UNUM_AUTO_BUF spaced = UNUM_BUF_INIT(MOST_FORM);
    struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(MOST_FORM);
    unum_buf_add(&spaced, text);
    for (size_t i = 0; i < spaced.len; i++) {
        if (spaced.ptr[i] == '+')
            spaced.ptr[i] = ' ';
    }
    if (!http_decode(&plain, unum_buf_str(&spaced)))
        return false;
    *ret = unum_arena_str(arena, unum_buf_str(&plain));
    return true;
}

bool form_find(const struct door_request *req, struct unum_str name, struct unum_str *ret)
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

struct unum_str form_get(const struct door_request *req, const char *name)
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

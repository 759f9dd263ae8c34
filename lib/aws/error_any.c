/*
 * What the program reads errors with: all forms that services use.
 */
#include "aws/error.h"
#include "base/limits.h"
#include "xml/xml.h"
#include "json/json.h"

/* <ErrorResponse><Error><Code>, of S3 <Error><Code>. */
static bool read_xml(struct http_exchange *x, struct aws_error *ret)
{
    const struct xml_element *error;
    struct unum_err UNUM_AUTO_ERR ignored = UNUM_ERR_INIT;
    struct unum_str body = unum_str_trim(unum_buf_str(&x->response));
    if (!unum_str_starts(body, UNUM_STR("<")) || xml_parse(body, &x->arena, &error, &ignored) < 0)
        return false;
    if (xml_at(error, "Error"))
        error = xml_at(error, "Error");
    else if (xml_at(error, "Errors/Error"))
        error = xml_at(error, "Errors/Error");
    if (!xml_text(error, "Code").len)
        return false;
    aws_error_set(ret, xml_text(error, "Code"), xml_text(error, "Message"), &x->arena);
    return true;
}

static struct unum_str member(struct unum_str object, const char *name, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_str value;
    if (!json_get(object, unum_str_from(name), &value) || !json_decode(value, &text))
        return UNUM_STR("");
    return unum_arena_str(arena, unum_buf_str(&text));
}

static void read_oauth(struct http_exchange *x, struct aws_error *ret)
{
    struct unum_str json;
    struct unum_err UNUM_AUTO_ERR ignored = UNUM_ERR_INIT;
    if (json_check(unum_buf_str(&x->response), &json, &ignored) < 0)
        return;
    struct unum_str code = member(json, "error", &x->arena);
    struct unum_str message = member(json, "error_description", &x->arena);
    aws_error_set(ret, ret->code.len ? ret->code : code, ret->message.len ? ret->message : message,
                  &x->arena);
}

void aws_error_read_any(struct http_exchange *x, struct aws_error *ret)
{
    if (read_xml(x, ret))
        return;
    aws_error_read(x, ret);
    if (!ret->code.len || !ret->message.len)
        read_oauth(x, ret);
}

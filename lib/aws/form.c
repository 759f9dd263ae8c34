/*
 * Forms of the query protocol. Source: "AWS Query protocol" (Smithy),
 * application/x-www-form-urlencoded with RFC 3986 percent encoding, as the services' signatures
 * expect it.
 */
#include "aws/client.h"

void aws_form_add(struct unum_buf *form, const char *name, struct unum_str value)
{
    if (form->len)
        unum_buf_addc(form, '&');
    http_encode(form, unum_str_from(name), false);
    unum_buf_addc(form, '=');
    http_encode(form, value, false);
}

void aws_form_begin(struct unum_buf *form, const char *action, const char *version)
{
    unum_buf_clear(form);
    aws_form_add(form, "Action", unum_str_from(action));
    aws_form_add(form, "Version", unum_str_from(version));
}

/*
 * Forms of the query protocol. Source: "AWS Query protocol" (Smithy),
 * application/x-www-form-urlencoded with RFC 3986 percent encoding, as the services' signatures
 * expect it.
 */
#include "aws/client.h"

static void add_encoded(struct unum_buf *form, struct unum_str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '_' || c == '.' || c == '~') {
            unum_buf_addc(form, (char)c);
            continue;
        }
        unum_buf_addc(form, '%');
        unum_buf_addc(form, digits[c >> 4]);
        unum_buf_addc(form, digits[c & 15]);
    }
}

void aws_form_add(struct unum_buf *form, const char *name, struct unum_str value)
{
    if (form->len)
        unum_buf_addc(form, '&');
    add_encoded(form, unum_str_from(name));
    unum_buf_addc(form, '=');
    add_encoded(form, value);
}

void aws_form_begin(struct unum_buf *form, const char *action, const char *version)
{
    unum_buf_clear(form);
    aws_form_add(form, "Action", unum_str_from(action));
    aws_form_add(form, "Version", unum_str_from(version));
}

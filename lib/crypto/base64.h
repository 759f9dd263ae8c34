/*
 * base64: RFC 4648 section 4, with padding and without line breaks.
 */
#ifndef UNUM_CRYPTO_BASE64_H
#define UNUM_CRYPTO_BASE64_H

#include "base/buf.h"

void base64_encode(struct unum_buf *out, struct unum_str bytes);
/* Append the bytes; false (and `out` as before) if the text is not canonical: another alphabet,
 * blanks, wrong length or padding, bits beyond the last byte that are not zero. */
UNUM_CHECKED bool base64_decode(struct unum_buf *out, struct unum_str text);

#endif

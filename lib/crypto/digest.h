/*
 * digest: the digests that workflows may ask for by name. Not for security: MD5 and SHA-1 are here
 * because their users need the same names of things as elsewhere.
 */
#ifndef UNUM_CRYPTO_DIGEST_H
#define UNUM_CRYPTO_DIGEST_H

#include "base/buf.h"

/* Append the lower-case hexadecimal digest of `data` by "MD5", "SHA-1", "SHA-256", "SHA-384" or
 * "SHA-512"; false for any other name. */
UNUM_CHECKED bool digest_hex(struct unum_str algorithm, struct unum_str data, struct unum_buf *out);

#endif

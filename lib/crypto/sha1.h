/*
 * sha1: SHA-1 (FIPS 180-4) where another program's file names are made of it. Not for security:
 * SHA-1 has collisions; everything else here is SHA-256 (hash.h).
 */
#ifndef UNUM_CRYPTO_SHA1_H
#define UNUM_CRYPTO_SHA1_H

#include "base/str.h"

#define SHA1_HEX 40

/* NUL-terminated lower-case hexadecimal. */
void sha1_hex(struct unum_str data, char ret[SHA1_HEX + 1]);

#endif

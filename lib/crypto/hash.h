/*
 * hash: SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104, RFC 4231) on OpenSSL's EVP interface.
 *
 * The algorithms are fetched once per process, at the first use, into a library context of our own:
 * it reads no openssl.cnf, and a process that never hashes never pays for it. Thread-safe. Nothing
 * here can fail: the algorithms are built into the library, and a library without them counts as
 * exhausted memory.
 */
#ifndef UNUM_CRYPTO_HASH_H
#define UNUM_CRYPTO_HASH_H

#include "base/str.h"

#define HASH_SHA256_LEN 32 /* bytes */
#define HASH_SHA256_HEX 64 /* lower-case digits */

void hash_sha256(struct unum_str data, unsigned char ret[HASH_SHA256_LEN]);
/* NUL-terminated lower-case hexadecimal, the form signatures and content names use. */
void hash_sha256_hex(struct unum_str data, char ret[HASH_SHA256_HEX + 1]);
void hash_hmac_sha256(struct unum_str key, struct unum_str data,
                      unsigned char ret[HASH_SHA256_LEN]);

/* SHA-256 of text that comes in parts. The caller frees; after hash_stream_finish() the stream is
 * empty and may be used again. */
struct hash_stream;
struct hash_stream *hash_stream_new(void);
void hash_stream_add(struct hash_stream *stream, struct unum_str part);
void hash_stream_finish(struct hash_stream *stream, unsigned char ret[HASH_SHA256_LEN]);
void hash_stream_free(struct hash_stream *stream); /* accepts NULL */

/* Lower-case hexadecimal of `len` bytes, NUL-terminated: 2 * len + 1 bytes at `ret`. */
void hash_hex(const unsigned char *bytes, size_t len, char *ret);

/* Equality in a time that does not depend on the content, for comparing signatures. */
bool hash_equal(struct unum_str a, struct unum_str b);

#endif

#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/library.h"

/* Written once, under the guard of `library_once`. */
static struct crypto_library library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void must(bool ok)
{
    if (ok)
        return;
    unum_oom_hook(0);
    abort();
}

static void library_init(void)
{
    library.context = OSSL_LIB_CTX_new();
    must(library.context != NULL);
    library.sha256 = EVP_MD_fetch(library.context, "SHA256", NULL);
    must(library.sha256 != NULL);
}

const struct crypto_library *crypto_library(void)
{
    must(pthread_once(&library_once, library_init) == 0);
    return &library;
}

struct hash_stream {
    EVP_MD_CTX *context;
};

static void restart(EVP_MD_CTX *context)
{
    must(EVP_DigestInit_ex2(context, crypto_library()->sha256, NULL) == 1);
}

struct hash_stream *hash_stream_new(void)
{
    struct hash_stream *stream = unum_alloc(sizeof(*stream));
    stream->context = EVP_MD_CTX_new();
    must(stream->context != NULL);
    restart(stream->context);
    return stream;
}

void hash_stream_add(struct hash_stream *stream, struct unum_str part)
{
    must(EVP_DigestUpdate(stream->context, part.ptr, part.len) == 1);
}

void hash_stream_finish(struct hash_stream *stream, unsigned char ret[HASH_SHA256_LEN])
{
    must(EVP_DigestFinal_ex(stream->context, ret, NULL) == 1);
    restart(stream->context);
}

void hash_stream_free(struct hash_stream *stream)
{
    if (!stream)
        return;
    EVP_MD_CTX_free(stream->context);
    free(stream);
}

void hash_sha256(struct unum_str data, unsigned char ret[HASH_SHA256_LEN])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL);
    restart(context);
    must(EVP_DigestUpdate(context, data.ptr, data.len) == 1 &&
         EVP_DigestFinal_ex(context, ret, NULL) == 1);
    EVP_MD_CTX_free(context);
}

void hash_hex(const unsigned char *bytes, size_t len, char *ret)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *ret++ = digits[bytes[i] >> 4];
        *ret++ = digits[bytes[i] & 15];
    }
    *ret = '\0';
}

void hash_sha256_hex(struct unum_str data, char ret[HASH_SHA256_HEX + 1])
{
    unsigned char digest[HASH_SHA256_LEN];
    hash_sha256(data, digest);
    hash_hex(digest, sizeof(digest), ret);
}

/* RFC 2104 on the digest that is at hand: EVP_MAC would be duplicated for every use. */
void hash_hmac_sha256(struct unum_str key, struct unum_str data, unsigned char ret[HASH_SHA256_LEN])
{
    enum { BLOCK = 64 };
    unsigned char inner[BLOCK] = {0}, outer[BLOCK];
    if (key.len > BLOCK)
        hash_sha256(key, inner);
    else if (key.len)
        memcpy(inner, key.ptr, key.len);
    for (size_t i = 0; i < BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context != NULL);
    restart(context);
    must(EVP_DigestUpdate(context, inner, BLOCK) == 1 &&
         EVP_DigestUpdate(context, data.ptr, data.len) == 1 &&
         EVP_DigestFinal_ex(context, ret, NULL) == 1);
    restart(context);
    must(EVP_DigestUpdate(context, outer, BLOCK) == 1 &&
         EVP_DigestUpdate(context, ret, HASH_SHA256_LEN) == 1 &&
         EVP_DigestFinal_ex(context, ret, NULL) == 1);
    EVP_MD_CTX_free(context); /* wipes its state */
    explicit_bzero(inner, sizeof(inner));
    explicit_bzero(outer, sizeof(outer));
}

bool hash_equal(struct unum_str a, struct unum_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

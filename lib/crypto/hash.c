#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

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
    EVP_MAC *mac = EVP_MAC_fetch(library.context, "HMAC", NULL);
    must(mac != NULL);
    library.hmac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac); /* the context holds it */
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_END};
    must(library.hmac && EVP_MAC_CTX_set_params(library.hmac, params) == 1);
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

void hash_hmac_sha256(struct unum_str key, struct unum_str data, unsigned char ret[HASH_SHA256_LEN])
{
    /* A NULL key would mean "the key from before". */
    static const unsigned char none[1];
    const unsigned char *key_bytes = key.len ? (const unsigned char *)key.ptr : none;
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(crypto_library()->hmac);
    size_t written = 0;
    must(context && EVP_MAC_init(context, key_bytes, key.len, NULL) == 1 &&
         EVP_MAC_update(context, (const unsigned char *)data.ptr, data.len) == 1 &&
         EVP_MAC_final(context, ret, &written, HASH_SHA256_LEN) == 1 && written == HASH_SHA256_LEN);
    EVP_MAC_CTX_free(context);
}

bool hash_equal(struct unum_str a, struct unum_str b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

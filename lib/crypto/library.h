/*
 * library: what this module keeps of OpenSSL for the whole process. Internal to crypto/.
 */
#ifndef UNUM_CRYPTO_LIBRARY_H
#define UNUM_CRYPTO_LIBRARY_H

#include <openssl/evp.h>

struct crypto_library {
    OSSL_LIB_CTX *context; /* ours alone: no configuration file, default provider */
    EVP_MD *sha256;
};

/* Made at the first call, constant afterwards; thread-safe. */
const struct crypto_library *crypto_library(void);

#endif

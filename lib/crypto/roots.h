/*
 * roots: the certificates that sign everything Amazon serves to programs. Internal to crypto/.
 */
#ifndef UNUM_CRYPTO_ROOTS_H
#define UNUM_CRYPTO_ROOTS_H

#include "base/attr.h"

struct crypto_root {
    const char *common_name; /* of its subject: different for each */
    const char *pem;
};

extern const struct crypto_root crypto_roots[];
extern const size_t crypto_roots_len;

#endif

/*
 * trust: which root certificates a TLS client believes. Internal to crypto/.
 */
#ifndef UNUM_CRYPTO_TRUST_H
#define UNUM_CRYPTO_TRUST_H

#include <openssl/x509.h>

#include "base/err.h"

/* A store of the certificates in `pem`, or of the built-in roots, which are decoded only when a
 * chain asks for them: all five cost as much as making the TLS context. INVAL: nothing in the
 * text, or a certificate that cannot be read. The caller frees with X509_STORE_free(). */
UNUM_CHECKED int trust_store_new(struct unum_str pem, X509_STORE **ret, struct unum_err *err);

#endif

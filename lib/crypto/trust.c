#include "crypto/trust.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "crypto/library.h"
#include "crypto/roots.h"

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_cert(X509 **cert)
{
    X509_free(*cert);
}

/* The next certificate of the text, decoded with our library context; NULL at the end or for what
 * is none. */
static X509 *next_cert(BIO *text)
{
    X509 *cert = X509_new_ex(crypto_library()->context, NULL);
    if (cert && !PEM_read_bio_X509(text, &cert, NULL, NULL)) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

/* Whether the reader stopped because there was no further PEM block. */
static bool at_end(void)
{
    unsigned long last = ERR_peek_last_error();
    return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

static int add_all(X509_STORE *store, struct unum_str pem, struct unum_err *err)
{
    BIO __attribute__((cleanup(free_bio))) *text =
        pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len) : NULL;
    size_t count = 0;
    ERR_clear_error();
    for (; text; count++) {
        X509 __attribute__((cleanup(free_cert))) *cert = next_cert(text);
        if (!cert)
            break;
        if (X509_STORE_add_cert(store, cert) != 1)
            break;
    }
    bool whole = text && at_end();
    ERR_clear_error();
    if (!whole)
        return unum_err_set(err, UNUM_E_INVAL,
                            "CA bundle: certificate %zu cannot be read (PEM is expected)",
                            count + 1);
    if (!count)
        return unum_err_set(err, UNUM_E_INVAL, "CA bundle: there is no certificate in it");
    return 0;
}

static void load_root(X509_STORE *store, const struct crypto_root *root)
{
    BIO __attribute__((cleanup(free_bio))) *text = BIO_new_mem_buf(root->pem, -1);
    X509 __attribute__((cleanup(free_cert))) *cert = text ? next_cert(text) : NULL;
    if (cert)
        X509_STORE_add_cert(store, cert);
}

static const struct crypto_root *root_named(const X509_NAME *name)
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    const X509_NAME_ENTRY *entry = at >= 0 ? X509_NAME_get_entry(name, at) : NULL;
    if (!entry)
        return NULL;
    const ASN1_STRING *text = X509_NAME_ENTRY_get_data(entry);
    struct unum_str common_name =
        unum_str_of((const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
    for (size_t i = 0; i < crypto_roots_len; i++) {
        if (unum_str_is(common_name, crypto_roots[i].common_name))
            return &crypto_roots[i];
    }
    return NULL;
}

/* The name only decides what is decoded; whether it is the issuer is up to OpenSSL's own search,
 * which compares whole names and, later, the signature. Adding a certificate twice is harmless. */
static int find_issuer(X509 **ret_issuer, X509_STORE_CTX *chain, X509 *cert)
{
    int found = X509_STORE_CTX_get1_issuer(ret_issuer, chain, cert);
    if (found != 0)
        return found;
    const struct crypto_root *root = root_named(X509_get_issuer_name(cert));
    if (!root)
        return 0;
    load_root(X509_STORE_CTX_get0_store(chain), root);
    return X509_STORE_CTX_get1_issuer(ret_issuer, chain, cert);
}

int trust_store_new(struct unum_str pem, X509_STORE **ret, struct unum_err *err)
{
    X509_STORE *store = X509_STORE_new();
    if (!store)
        return unum_err_set(err, UNUM_E_BUG, "TLS: no certificate store");
    if (pem.len) {
        int rc = add_all(store, pem, err);
        if (rc < 0) {
            X509_STORE_free(store);
            return rc;
        }
    } else {
        X509_STORE_set_get_issuer(store, find_issuer);
    }
    *ret = store;
    return 0;
}

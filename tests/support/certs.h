/*
 * certs: a certificate authority for one test run, made with OpenSSL's API.
 */
#ifndef UNUM_TESTS_SUPPORT_CERTS_H
#define UNUM_TESTS_SUPPORT_CERTS_H

#include <openssl/x509.h>

struct test_cert {
    X509 *cert;
    EVP_PKEY *key;
};

/* A self-signed authority with that common name. */
struct test_cert test_authority(const char *name);
/* A server's certificate. `names`: subject alternative names in OpenSSL's spelling
 * ("DNS:localhost,IP:127.0.0.1"); valid from `from_s` to `to_s`, seconds relative to now. */
struct test_cert test_server_cert(const struct test_cert *authority, const char *names, long from_s,
                                  long to_s);
void test_cert_done(struct test_cert *cert);
/* PEM text on the heap. */
char *test_cert_pem(const struct test_cert *cert);

#endif

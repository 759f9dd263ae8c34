#include "support/certs.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void must(int ok)
{
    if (!ok)
        abort();
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension && X509_add_ext(cert, extension, -1));
    X509_EXTENSION_free(extension);
}

static struct test_cert begin(const char *name, long from_s, long to_s)
{
    static long serial = 1;
    struct test_cert made = {X509_new(), EVP_EC_gen("P-256")};
    must(made.cert && made.key);
    must(X509_set_version(made.cert, X509_VERSION_3));
    must(ASN1_INTEGER_set(X509_get_serialNumber(made.cert), serial++));
    must(X509_gmtime_adj(X509_getm_notBefore(made.cert), from_s) != NULL);
    must(X509_gmtime_adj(X509_getm_notAfter(made.cert), to_s) != NULL);
    must(X509_set_pubkey(made.cert, made.key));
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.cert), "CN", MBSTRING_ASC,
                                    (const unsigned char *)name, -1, -1, 0));
    return made;
}

struct test_cert test_authority(const char *name)
{
    struct test_cert made = begin(name, -86400, 86400);
    must(X509_set_issuer_name(made.cert, X509_get_subject_name(made.cert)));
    add_extension(made.cert, made.cert, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made.cert, made.cert, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(made.cert, made.cert, NID_subject_key_identifier, "hash");
    must(X509_sign(made.cert, made.key, EVP_sha256()));
    return made;
}

struct test_cert test_server_cert(const struct test_cert *authority, const char *names, long from_s,
                                  long to_s)
{
    struct test_cert made = begin("server of a test", from_s, to_s);
    must(X509_set_issuer_name(made.cert, X509_get_subject_name(authority->cert)));
    add_extension(made.cert, authority->cert, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(made.cert, authority->cert, NID_ext_key_usage, "serverAuth");
    add_extension(made.cert, authority->cert, NID_subject_alt_name, names);
    add_extension(made.cert, authority->cert, NID_authority_key_identifier, "keyid");
    must(X509_sign(made.cert, authority->key, EVP_sha256()));
    return made;
}

void test_cert_done(struct test_cert *cert)
{
    X509_free(cert->cert);
    EVP_PKEY_free(cert->key);
    *cert = (struct test_cert){0};
}

char *test_cert_pem(const struct test_cert *cert)
{
    BIO *bio = BIO_new(BIO_s_mem());
    must(bio && PEM_write_bio_X509(bio, cert->cert));
    char *text;
    long len = BIO_get_mem_data(bio, &text);
    char *copy = unum_alloc((size_t)len + 1);
    memcpy(copy, text, (size_t)len);
    BIO_free(bio);
    return copy;
}

/* What is trusted. Handshakes are in tests/conformance/http. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "crypto/roots.h"
#include "crypto/tls.h"
#include "crypto/trust.h"
#include "support/certs.h"

static X509 *decode(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(cert);
    return cert;
}

static int verify(X509_STORE *store, X509 *cert)
{
    X509_STORE_CTX *chain = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_CTX_init(chain, store, cert, NULL), 1);
    int result = X509_verify_cert(chain) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(chain);
    X509_STORE_CTX_free(chain);
    return result;
}

static void built_in_roots_are_what_they_say(void **state)
{
    (void)state;
    assert_int_equal(crypto_roots_len, 5);
    for (size_t i = 0; i < crypto_roots_len; i++) {
        X509 *cert = decode(crypto_roots[i].pem);
        char name[100] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof(name));
        assert_string_equal(name, crypto_roots[i].common_name);
        assert_int_equal(X509_check_ca(cert), 1);
        assert_int_equal(X509_self_signed(cert, 1), 1);
        X509_free(cert);
    }
}

static void built_in_roots_are_the_installed_ones(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF bundle = UNUM_BUF_INIT(4 << 20);
    if (unum_file_read("/etc/ssl/certs/ca-certificates.crt", &bundle, NULL) < 0) {
        print_message("skipped: ca-certificates not installed\n");
        skip();
    }
    for (size_t i = 0; i < crypto_roots_len; i++)
        assert_non_null(strstr(unum_buf_text(&bundle), crypto_roots[i].pem));
}

static void built_in_roots_are_found_when_asked_for(void **state)
{
    (void)state;
    X509_STORE *store;
    assert_int_equal(trust_store_new(UNUM_STR_NONE, &store, NULL), 0);
    for (size_t i = 0; i < crypto_roots_len; i++) {
        X509 *cert = decode(crypto_roots[i].pem);
        assert_int_equal(verify(store, cert), X509_V_OK);
        assert_int_equal(verify(store, cert), X509_V_OK); /* now it is in the store */
        X509_free(cert);
    }
    X509_STORE_free(store);
}

/* The name alone proves nothing. */
static void namesakes_are_not_trusted(void **state)
{
    (void)state;
    X509_STORE *store;
    assert_int_equal(trust_store_new(UNUM_STR_NONE, &store, NULL), 0);
    struct test_cert namesake = test_authority("Amazon Root CA 1");
    struct test_cert leaf = test_server_cert(&namesake, "DNS:localhost", -100, 100);
    struct test_cert unknown = test_authority("somebody");
    assert_int_not_equal(verify(store, namesake.cert), X509_V_OK);
    assert_int_not_equal(verify(store, leaf.cert), X509_V_OK);
    assert_int_not_equal(verify(store, unknown.cert), X509_V_OK);
    test_cert_done(&namesake);
    test_cert_done(&leaf);
    test_cert_done(&unknown);
    X509_STORE_free(store);
}

static void bundles_replace_the_built_in_roots(void **state)
{
    (void)state;
    struct test_cert one = test_authority("one"), two = test_authority("two");
    char *one_pem = test_cert_pem(&one), *two_pem = test_cert_pem(&two);
    struct unum_buf UNUM_AUTO_BUF bundle = UNUM_BUF_INIT(1 << 20);
    unum_buf_printf(&bundle, "# comments are allowed\n%s\n%s%s", one_pem, two_pem, two_pem);
    X509_STORE *store;
    assert_int_equal(trust_store_new(unum_buf_str(&bundle), &store, NULL), 0);
    assert_int_equal(verify(store, one.cert), X509_V_OK);
    assert_int_equal(verify(store, two.cert), X509_V_OK);
    X509 *amazon = decode(crypto_roots[0].pem);
    assert_int_not_equal(verify(store, amazon), X509_V_OK);
    X509_free(amazon);
    X509_STORE_free(store);
    test_cert_done(&one);
    test_cert_done(&two);
    free(one_pem);
    free(two_pem);
}

static void unusable_bundles_are_refused(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF half = UNUM_BUF_INIT(1 << 20);
    unum_buf_adds(&half, crypto_roots[0].pem);
    unum_buf_truncate(&half, half.len / 2);
    struct unum_buf UNUM_AUTO_BUF second = UNUM_BUF_INIT(1 << 20);
    unum_buf_printf(&second, "%s-----BEGIN CERTIFICATE-----\nTWFu\n-----END CERTIFICATE-----\n",
                    crypto_roots[0].pem);
    const struct unum_str bad[] = {
        UNUM_STR("x"),
        UNUM_STR("\n"),
        UNUM_STR("-----BEGIN CERTIFICATE-----\n"),
        UNUM_STR("-----BEGIN CERTIFICATE-----\nTWFu\n-----END CERTIFICATE-----\n"),
        unum_buf_str(&half),
        unum_buf_str(&second)};
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct tls_client *client = NULL;
        assert_int_equal(tls_client_new(bad[i], &client, &err), UNUM_E_INVAL);
        assert_null(client);
        assert_non_null(strstr(unum_err_text(&err), "CA bundle"));
    }
    struct tls_client *client;
    assert_int_equal(tls_client_new(unum_str_from(crypto_roots[0].pem), &client, NULL), 0);
    tls_client_free(client);
    tls_client_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_roots_are_what_they_say),
        cmocka_unit_test(built_in_roots_are_the_installed_ones),
        cmocka_unit_test(built_in_roots_are_found_when_asked_for),
        cmocka_unit_test(namesakes_are_not_trusted),
        cmocka_unit_test(bundles_replace_the_built_in_roots),
        cmocka_unit_test(unusable_bundles_are_refused),
    };
    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}

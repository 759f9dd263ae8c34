/* FIPS 180-4 examples, NIST CAVP short messages, RFC 4231. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "crypto/hash.h"

static const struct {
    const char *text, *digest;
} sha256_rows[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qr"
     "smnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

static void sha256_of_known_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(sha256_rows); i++) {
        char hex[HASH_SHA256_HEX + 1];
        hash_sha256_hex(unum_str_from(sha256_rows[i].text), hex);
        assert_string_equal(hex, sha256_rows[i].digest);
    }
    char hex[HASH_SHA256_HEX + 1];
    hash_sha256_hex(UNUM_STR_NONE, hex);
    assert_string_equal(hex, sha256_rows[0].digest);
}

static void sha256_of_a_million_letters(void **state)
{
    (void)state;
    struct hash_stream *stream = hash_stream_new();
    unsigned char digest[HASH_SHA256_LEN];
    char hex[HASH_SHA256_HEX + 1];
    char part[997];
    memset(part, 'a', sizeof(part));
    for (int round = 0; round < 2; round++) { /* the stream is as new after the first */
        for (size_t left = 1000000; left;) {
            size_t len = left < sizeof(part) ? left : sizeof(part);
            hash_stream_add(stream, unum_str_of(part, len));
            left -= len;
        }
        hash_stream_finish(stream, digest);
        hash_hex(digest, sizeof(digest), hex);
        assert_string_equal(hex,
                            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    }
    hash_stream_free(stream);
    hash_stream_free(NULL);
}

struct hmac_row {
    const char *key, *data; /* hexadecimal, or text when it starts with '=' */
    const char *mac;
};

static const struct hmac_row hmac_rows[] = {
    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "=Hi There",
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"=Jefe", "=what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {"aa*20", "dd*50", "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819", "cd*50",
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {"aa*131", "=Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {"aa*131",
     "=This is a test using a larger than block-size key and a larger than block-size data. The "
     "key "
     "needs to be hashed before being used by the HMAC algorithm.",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
    {"=", "=", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

/* "=text", "hexadecimal", or "xx*count": the byte repeated. */
static struct unum_str spelled(const char *spec, char *room)
{
    if (spec[0] == '=')
        return unum_str_from(spec + 1);
    const char *star = strchr(spec, '*');
    size_t count = star ? (size_t)atoi(star + 1) : strlen(spec) / 2;
    for (size_t i = 0; i < count; i++) {
        char pair[3] = {spec[star ? 0 : 2 * i], spec[star ? 1 : 2 * i + 1], 0};
        room[i] = (char)strtoul(pair, NULL, 16);
    }
    return unum_str_of(room, count);
}

static void hmac_of_rfc_4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < UNUM_COUNT(hmac_rows); i++) {
        char key[256], data[256], hex[HASH_SHA256_HEX + 1];
        unsigned char mac[HASH_SHA256_LEN];
        hash_hmac_sha256(spelled(hmac_rows[i].key, key), spelled(hmac_rows[i].data, data), mac);
        hash_hex(mac, sizeof(mac), hex);
        assert_string_equal(hex, hmac_rows[i].mac);
    }
    unsigned char mac[HASH_SHA256_LEN];
    char hex[HASH_SHA256_HEX + 1];
    hash_hmac_sha256(UNUM_STR_NONE, UNUM_STR_NONE, mac);
    hash_hex(mac, sizeof(mac), hex);
    assert_string_equal(hex, hmac_rows[UNUM_COUNT(hmac_rows) - 1].mac);
}

static void equality(void **state)
{
    (void)state;
    assert_true(hash_equal(UNUM_STR("abc"), UNUM_STR("abc")));
    assert_true(hash_equal(UNUM_STR(""), UNUM_STR_NONE));
    assert_false(hash_equal(UNUM_STR("abc"), UNUM_STR("abd")));
    assert_false(hash_equal(UNUM_STR("abc"), UNUM_STR("ab")));
}

static void *hash_in_thread(void *wrong)
{
    for (size_t round = 0; round < 200; round++) {
        char hex[HASH_SHA256_HEX + 1];
        unsigned char mac[HASH_SHA256_LEN];
        hash_sha256_hex(UNUM_STR("abc"), hex);
        if (strcmp(hex, sha256_rows[1].digest) != 0)
            *(bool *)wrong = true;
        hash_hmac_sha256(UNUM_STR("Jefe"), UNUM_STR("what do ya want for nothing?"), mac);
        hash_hex(mac, sizeof(mac), hex);
        if (strcmp(hex, hmac_rows[1].mac) != 0)
            *(bool *)wrong = true;
    }
    return NULL;
}

static void first_use_by_several_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool wrong[4] = {false};
    for (size_t i = 0; i < UNUM_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hash_in_thread, &wrong[i]), 0);
    for (size_t i = 0; i < UNUM_COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_false(wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_use_by_several_threads),
        cmocka_unit_test(sha256_of_known_texts),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(hmac_of_rfc_4231),
        cmocka_unit_test(equality),
    };
    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}

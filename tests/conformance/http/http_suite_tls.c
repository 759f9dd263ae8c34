#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "bench.h"

/* One authority that is trusted, one that is not, and what they signed. */
struct pki {
    struct test_cert authority, stranger;
    struct test_cert good, other_host, expired, not_yet, by_stranger;
    char *ca_pem;
};

static struct pki pki;

static int make_pki(void **state)
{
    (void)state;
    const long day = 86400;
    static const char here[] = "DNS:localhost,IP:127.0.0.1";
    pki.authority = test_authority("authority of a test");
    pki.stranger = test_authority("stranger");
    pki.good = test_server_cert(&pki.authority, here, -day, day);
    pki.other_host = test_server_cert(&pki.authority,
                                      "DNS:other.example,DNS:*.localhost,IP:127.0.0.2", -day, day);
    pki.expired = test_server_cert(&pki.authority, here, -2 * day, -day);
    pki.not_yet = test_server_cert(&pki.authority, here, day, 2 * day);
    pki.by_stranger = test_server_cert(&pki.stranger, here, -day, day);
    pki.ca_pem = test_cert_pem(&pki.authority);
    return 0;
}

static int drop_pki(void **state)
{
    (void)state;
    struct test_cert *const all[] = {&pki.authority,  &pki.stranger, &pki.good,
                                     &pki.other_host, &pki.expired,  &pki.not_yet,
                                     &pki.by_stranger};
    for (size_t i = 0; i < UNUM_COUNT(all); i++)
        test_cert_done(all[i]);
    free(pki.ca_pem);
    return 0;
}

static void echo(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    while (peer_read_request(conn, &request)) {
        peer_answers(conn, unum_buf_str(&request.body));
        bool last = peer_request_has(&request, "/last");
        peer_request_done(&request);
        if (last)
            return;
    }
    peer_request_done(&request);
}

static void open_with(struct bench *b, void **state, const struct test_cert *cert, int max_version)
{
    const struct peer_tls tls = {cert, max_version};
    bench_open_tls(b, state, echo, NULL, &tls, pki.ca_pem);
}

static struct http_exchange *tls_request(struct bench *b, size_t i, const char *host,
                                         const char *target, struct unum_str body)
{
    struct http_exchange *x = bench_request(b, i, "POST", target, body);
    x->endpoint.tls = true;
    x->endpoint.host = unum_str_from(host);
    return x;
}

static void trusted_hosts_are_talked_to(void **state)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "LocalHost"};
    static const int versions[] = {0, TLS1_2_VERSION};
    for (size_t v = 0; v < UNUM_COUNT(versions); v++) {
        for (size_t h = 0; h < UNUM_COUNT(hosts); h++) {
            struct bench b;
            open_with(&b, state, &pki.good, versions[v]);
            for (int i = 0; i < 3; i++) {
                struct http_exchange *x = tls_request(&b, 0, hosts[h], "/", UNUM_STR("hello"));
                bench_send(&b);
                assert_answer(x, 200, "hello");
                assert_true(x->delivered);
            }
            assert_int_equal(peer_connections(b.peer), 1);
            bench_close(&b);
        }
    }
}

static void distrusted_peers_get_nothing(void **state)
{
    const struct {
        const struct test_cert *cert;
        const char *host;
    } rows[] = {
        {&pki.other_host, "localhost"},  {&pki.other_host, "127.0.0.1"},
        {&pki.expired, "localhost"},     {&pki.not_yet, "localhost"},
        {&pki.by_stranger, "localhost"}, {&pki.stranger, "localhost"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct bench b;
        open_with(&b, state, rows[i].cert, 0);
        struct http_exchange *x = tls_request(&b, 0, rows[i].host, "/", UNUM_STR("secret"));
        bench_send(&b);
        assert_failed(x, AUTH);
        assert_false(x->delivered);
        assert_int_equal(peer_requests(b.peer), 0);
        bench_close(&b);
    }
}

static void old_versions_are_refused(void **state)
{
    struct bench b;
    open_with(&b, state, &pki.good, TLS1_1_VERSION);
    struct http_exchange *x = tls_request(&b, 0, "localhost", "/", UNUM_STR("x"));
    bench_send(&b);
    assert_failed(x, IO);
    assert_false(x->delivered);
    bench_close(&b);
}

static void sessions_are_resumed(void **state)
{
    static const int versions[] = {0, TLS1_2_VERSION};
    for (size_t v = 0; v < UNUM_COUNT(versions); v++) {
        struct bench b;
        open_with(&b, state, &pki.good, versions[v]);
        for (int i = 0; i < 4; i++) { /* the peer closes after each */
            struct http_exchange *x = tls_request(&b, 0, "localhost", "/last", UNUM_STR("x"));
            bench_send(&b);
            assert_answer(x, 200, "x");
        }
        assert_int_equal(peer_connections(b.peer), 4);
        assert_int_equal(peer_resumed(b.peer), 3);
        bench_close(&b);
    }
}

static void large_bodies_over_tls(void **state)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_SYNC_PAYLOAD);
    for (unsigned i = 0; body.len + 8 <= UNUM_LIMIT_SYNC_PAYLOAD; i++)
        unum_buf_printf(&body, "%08x", i);
    struct bench b;
    open_with(&b, state, &pki.good, 0);
    for (size_t i = 0; i < 3; i++)
        tls_request(&b, i, "localhost", "/", unum_buf_str(&body));
    bench_send_all(&b, 3, 3, -1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(b.x[i].rc, 0);
        assert_true(unum_str_eq(unum_buf_str(&b.x[i].response), unum_buf_str(&body)));
    }
    /* Sizes around a record and around the size up to which head and body travel together. */
    for (size_t size = 16000; size < 17000; size += 37) {
        struct http_exchange *x =
            tls_request(&b, 0, "localhost", "/", unum_str_slice(unum_buf_str(&body), 0, size));
        assert_int_equal(bench_send(&b), 0);
        assert_true(unum_str_eq(unum_buf_str(&x->response), x->body));
    }
    bench_close(&b);
}

/* A body that only the end of the connection ends. */
static void until_the_end(struct peer_conn *conn, void *cookie)
{
    struct peer_request request;
    if (peer_read_request(conn, &request)) {
        peer_says(conn, "HTTP/1.1 200 OK\r\n\r\nall of it?");
        if (*(const bool *)cookie)
            peer_cut(conn);
    }
    peer_request_done(&request);
}

static void cut_off_bodies_are_noticed(void **state)
{
    static const bool cuts[] = {false, true};
    const struct http_suite *suite = *state;
    /* libcurl tells OpenSSL to overlook it; answers of AWS have lengths, so they do not need it. */
    if (!suite->strict)
        skip();
    for (size_t i = 0; i < UNUM_COUNT(cuts); i++) {
        struct bench b;
        const struct peer_tls tls = {&pki.good, 0};
        bench_open_tls(&b, state, until_the_end, (void *)(uintptr_t)&cuts[i], &tls, pki.ca_pem);
        struct http_exchange *x = tls_request(&b, 0, "localhost", "/", UNUM_STR("x"));
        bench_send(&b);
        if (cuts[i])
            assert_failed(x, IO);
        else
            assert_answer(x, 200, "all of it?");
        bench_close(&b);
    }
}

static void plain_peers_are_not_talked_to(void **state)
{
    struct bench b;
    bench_open_tls(&b, state, echo, NULL, NULL, pki.ca_pem);
    struct http_exchange *x = tls_request(&b, 0, "localhost", "/", UNUM_STR("secret"));
    x->timeout_ms = 1000; /* the peer waits for the end of a request it cannot read */
    bench_send(&b);
    assert_true(x->rc == UNUM_E_IO || x->rc == UNUM_E_TIMEOUT);
    assert_false(x->delivered);
    bench_close(&b);
}

int http_suite_run_tls(const struct http_suite *suite)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trusted_hosts_are_talked_to),
        cmocka_unit_test(distrusted_peers_get_nothing),
        cmocka_unit_test(old_versions_are_refused),
        cmocka_unit_test(sessions_are_resumed),
        cmocka_unit_test(large_bodies_over_tls),
        cmocka_unit_test(cut_off_bodies_are_noticed),
        cmocka_unit_test(plain_peers_are_not_talked_to),
    };
    struct CMUnitTest with_state[UNUM_COUNT(tests)];
    for (size_t i = 0; i < UNUM_COUNT(tests); i++) {
        with_state[i] = tests[i];
        with_state[i].initial_state = (void *)(uintptr_t)suite;
    }
    return cmocka_run_group_tests_name("tls", with_state, make_pki, drop_pki);
}

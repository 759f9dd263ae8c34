#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "bench.h"
#include "http_suite.h"

static char *temp_dir;

static void open_curl(const char *ca_pem, struct http_transport *ret)
{
    char *UNUM_AUTO_FREE path = ca_pem ? unum_path_join(temp_dir, "ca.pem") : NULL;
    if (path)
        assert_int_equal(unum_file_write(path, unum_str_from(ca_pem), 0644, NULL), 0);
    assert_int_equal(http_curl_open(&unum_clock_system, path, ret, NULL), 0);
}

/* Answers with the request line; refuses to tunnel. */
static void proxy(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    while (peer_read_request(conn, &request)) {
        size_t end = unum_str_find(unum_buf_str(&request.head), '\r');
        if (peer_request_has(&request, "CONNECT "))
            peer_says(conn, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        else
            peer_answers(conn, unum_str_slice(unum_buf_str(&request.head), 0, end));
        peer_request_done(&request);
    }
    peer_request_done(&request);
}

static void proxies_are_used(void **state)
{
    struct bench b;
    bench_open(&b, state, proxy, NULL);
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%u", peer_port(b.peer));
    setenv("http_proxy", url, 1);
    setenv("HTTPS_PROXY", url, 1);
    unsetenv("https_proxy");
    struct http_exchange *x = bench_request(&b, 0, "GET", "/a?b=c", UNUM_STR_NONE);
    x->endpoint = (struct http_endpoint){.host = UNUM_STR("service.invalid"), .port = 80};
    bench_send(&b);
    assert_answer(x, 200, "GET http://service.invalid/a?b=c HTTP/1.1");
    x->endpoint =
        (struct http_endpoint){.tls = true, .host = UNUM_STR("service.invalid"), .port = 443};
    bench_send(&b);
    assert_failed(x, IO);
    assert_int_equal(peer_requests(b.peer), 2);
    /* Never to this machine. */
    x->endpoint = (struct http_endpoint){.host = UNUM_STR("localhost"), .port = peer_unused_port()};
    bench_send(&b);
    assert_failed(x, IO);
    assert_int_equal(peer_requests(b.peer), 2);
    bench_close(&b);
}

static void ca_bundles_must_exist(void **state)
{
    (void)state;
    struct http_transport transport = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(http_curl_open(NULL, "/nowhere/ca.pem", &transport, &err), UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&err), "/nowhere/ca.pem"));
    assert_int_equal(http_curl_open(NULL, "/", &transport, &err), UNUM_E_INVAL);
    assert_null(transport.state);
}

static int run_own(const struct http_suite *suite)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(proxies_are_used, (void *)(uintptr_t)suite),
        cmocka_unit_test(ca_bundles_must_exist),
    };
    return cmocka_run_group_tests_name("curl only", tests, NULL, NULL);
}

int main(void)
{
    /* A proxy nobody listens at: whatever is sent to loopback must not go there. */
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    const struct http_suite suite = {"curl", open_curl, false};
    if (unum_make_temp_dir("unum-test-", &temp_dir, NULL) < 0)
        return 1;
    int failed = http_suite_run(&suite) + http_suite_run_tls(&suite) + run_own(&suite);
    if (unum_remove_tree(temp_dir, NULL) < 0)
        failed++;
    free(temp_dir);
    return failed;
}

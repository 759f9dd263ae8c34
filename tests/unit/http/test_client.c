/* What only the native client has: names, its pool, its clock. The rest is in
 * tests/conformance/http. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "http/http.h"
#include "support/dns_peer.h"
#include "support/http_peer.h"

static const struct dns_name names[] = {
    {.name = "peer.test", .last_bytes = {1}},
    {.name = "several.test", .last_bytes = {2, 3, 1}},
    {.name = "nowhere.test", .last_bytes = {2, 3}},
    {.name = "empty.test"},
    {.name = "silent.test", .silent = true},
    {.name = NULL},
};

/* Time that only moves when a test says so, added to the real one. */
static int64_t skipped_ns;

static int64_t skipping_monotonic_ns(void *cookie)
{
    (void)cookie;
    return unum_monotonic_ns(&unum_clock_system) + skipped_ns;
}

struct fixture {
    struct dns_peer *dns;
    struct peer *peer;
    struct http_transport transport;
    struct unum_clock clock;
    struct http_exchange x[40];
    struct http_exchange *all[40];
    char servers[32];
};

static void echo(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    while (peer_read_request(conn, &request)) {
        bool last = peer_request_has(&request, "/last");
        peer_answers(conn, unum_buf_str(&request.body));
        peer_request_done(&request);
        if (last)
            return;
    }
    peer_request_done(&request);
}

static void open_fixture(struct fixture *f, peer_script script, void *cookie)
{
    memset(f, 0, sizeof(*f));
    skipped_ns = 0;
    f->dns = dns_peer_start(names);
    f->peer = peer_start(script, cookie, NULL);
    snprintf(f->servers, sizeof(f->servers), "127.0.0.1:%u", dns_peer_port(f->dns));
    f->clock = unum_clock_system;
    f->clock.monotonic_ns = skipping_monotonic_ns;
    const struct http_native_config config = {
        .clock = &f->clock, .name_servers = unum_str_from(f->servers), .connect_timeout_ms = 1000};
    assert_int_equal(http_native_open(&config, &f->transport, NULL), 0);
    for (size_t i = 0; i < UNUM_COUNT(f->x); i++)
        f->all[i] = &f->x[i];
}

static void close_fixture(struct fixture *f)
{
    f->transport.ops->close(f->transport.state);
    for (size_t i = 0; i < UNUM_COUNT(f->x); i++)
        http_exchange_done(&f->x[i]);
    peer_stop(f->peer);
    dns_peer_stop(f->dns);
}

static struct http_exchange *request(struct fixture *f, size_t i, const char *host,
                                     const char *target)
{
    http_exchange_done(&f->x[i]);
    f->x[i] = (struct http_exchange){
        .endpoint = {.host = unum_str_from(host), .port = peer_port(f->peer)},
        .method = UNUM_STR("POST"),
        .target = unum_str_from(target),
        .body = UNUM_STR("hello"),
        .timeout_ms = 60000};
    return &f->x[i];
}

static int send_one(struct fixture *f, const char *host, const char *target)
{
    request(f, 0, host, target);
    http_send(&f->transport, f->all, 1, 1);
    return f->x[0].rc;
}

static void names_are_looked_up_once(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, echo, NULL);
    for (size_t i = 0; i < 8; i++)
        request(&f, i, i % 2 ? "peer.test" : "PEER.test", "/last");
    http_send(&f.transport, f.all, 8, 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(unum_buf_text(&f.x[i].response), "hello");
    assert_int_equal(send_one(&f, "peer.test", "/last"), 0);
    assert_int_equal(peer_connections(f.peer), 9);
    assert_int_equal(dns_peer_questions(f.dns), 1);
    /* Longer than the answer may be kept. */
    skipped_ns = 61LL * 1000000000;
    assert_int_equal(send_one(&f, "peer.test", "/last"), 0);
    assert_int_equal(dns_peer_questions(f.dns), 2);
    close_fixture(&f);
}

static void unknown_names_fail(void **state)
{
    (void)state;
    static const char *const hosts[] = {"other.test", "empty.test", "."};
    struct fixture f;
    open_fixture(&f, echo, NULL);
    for (size_t i = 0; i < UNUM_COUNT(hosts); i++) {
        assert_int_equal(send_one(&f, hosts[i], "/"), UNUM_E_IO);
        assert_false(f.x[0].delivered);
        assert_non_null(strstr(unum_err_text(&f.x[0].err), "look up the name"));
        assert_non_null(strstr(unum_err_text(&f.x[0].err), hosts[i]));
    }
    assert_int_equal(peer_connections(f.peer), 0);
    close_fixture(&f);
}

static void all_addresses_are_tried(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, echo, NULL);
    assert_int_equal(send_one(&f, "several.test", "/"), 0);
    assert_int_equal(send_one(&f, "several.test", "/"), 0);
    assert_int_equal(peer_connections(f.peer), 1);
    assert_int_equal(send_one(&f, "nowhere.test", "/"), UNUM_E_IO);
    assert_non_null(strstr(unum_err_text(&f.x[0].err), "connect to 127.0.0."));
    close_fixture(&f);
}

static void silent_name_servers_time_out(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, echo, NULL);
    request(&f, 0, "silent.test", "/")->timeout_ms = 30;
    request(&f, 1, "silent.test", "/")->timeout_ms = 0; /* then the time for connecting holds */
    request(&f, 2, "peer.test", "/");
    http_send(&f.transport, f.all, 3, 3);
    assert_int_equal(f.x[0].rc, UNUM_E_TIMEOUT);
    assert_int_equal(f.x[1].rc, UNUM_E_TIMEOUT);
    assert_int_equal(f.x[2].rc, 0);
    close_fixture(&f); /* with the question still open */
}

static void many_endpoints_are_possible(void **state)
{
    (void)state;
    struct fixture f;
    struct peer *peers[40];
    open_fixture(&f, echo, NULL);
    for (size_t i = 0; i < UNUM_COUNT(peers); i++)
        peers[i] = peer_start(echo, NULL, NULL);
    for (int round = 0; round < 2; round++) { /* the pool forgets the oldest and goes on */
        for (size_t i = 0; i < UNUM_COUNT(peers); i++)
            request(&f, i, "127.0.0.1", "/")->endpoint.port = peer_port(peers[i]);
        http_send(&f.transport, f.all, UNUM_COUNT(peers), 20);
        for (size_t i = 0; i < UNUM_COUNT(peers); i++)
            assert_int_equal(f.x[i].rc, 0);
    }
    for (size_t i = 0; i < UNUM_COUNT(peers); i++)
        peer_stop(peers[i]);
    close_fixture(&f);
}

struct signals {
    sem_t idle, spoken;
};

/* As servers do that tell an idle connection good-bye before they close it. */
static void says_goodbye(struct peer_conn *conn, void *cookie)
{
    struct signals *signals = cookie;
    struct peer_request request_;
    if (peer_read_request(conn, &request_)) {
        peer_answers(conn, UNUM_STR("fine"));
        if (request_.number == 0) {
            sem_wait(&signals->idle);
            peer_says(conn, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
            sem_post(&signals->spoken);
        }
        peer_drain(conn);
    }
    peer_request_done(&request_);
}

static void unasked_answers_are_not_taken(void **state)
{
    (void)state;
    struct fixture f;
    struct signals signals;
    sem_init(&signals.idle, 0, 0);
    sem_init(&signals.spoken, 0, 0);
    open_fixture(&f, says_goodbye, &signals);
    assert_int_equal(send_one(&f, "127.0.0.1", "/"), 0);
    sem_post(&signals.idle);
    sem_wait(&signals.spoken);
    skipped_ns = 2000000000; /* idle for long enough to be looked at before use */
    assert_int_equal(send_one(&f, "127.0.0.1", "/"), 0);
    assert_int_equal(f.x[0].status, 200);
    assert_int_equal(peer_connections(f.peer), 2);
    close_fixture(&f);
    sem_destroy(&signals.idle);
    sem_destroy(&signals.spoken);
}

static void old_connections_are_not_used(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, echo, NULL);
    assert_int_equal(send_one(&f, "127.0.0.1", "/"), 0);
    skipped_ns = 30LL * 1000000000;
    assert_int_equal(send_one(&f, "127.0.0.1", "/"), 0);
    assert_int_equal(peer_connections(f.peer), 1);
    skipped_ns += 61LL * 1000000000;
    assert_int_equal(send_one(&f, "127.0.0.1", "/"), 0);
    assert_int_equal(peer_connections(f.peer), 2);
    close_fixture(&f);
}

/* A client is for one thread, but every thread may have one. */
static void *run_thread(void *cookie)
{
    const uint16_t port = *(const uint16_t *)cookie;
    struct http_transport transport;
    const struct http_native_config config = {.clock = NULL};
    if (http_native_open(&config, &transport, NULL) < 0)
        return NULL;
    struct http_exchange x = {.endpoint = {.host = UNUM_STR("localhost"), .port = port},
                              .method = UNUM_STR("POST"),
                              .target = UNUM_STR("/"),
                              .body = UNUM_STR("hello")};
    struct http_exchange *all[] = {&x};
    size_t right = 0;
    for (int i = 0; i < 50; i++) {
        http_send(&transport, all, 1, 1);
        right += x.rc == 0 && unum_str_is(unum_buf_str(&x.response), "hello");
    }
    http_exchange_done(&x);
    transport.ops->close(transport.state);
    return right == 50 ? cookie : NULL;
}

static void every_thread_may_have_a_client(void **state)
{
    (void)state;
    struct peer *peer = peer_start(echo, NULL, NULL);
    uint16_t port = peer_port(peer);
    pthread_t threads[4];
    for (size_t i = 0; i < UNUM_COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_thread, &port), 0);
    for (size_t i = 0; i < UNUM_COUNT(threads); i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_ptr_equal(result, &port);
    }
    assert_int_equal(peer_connections(peer), 4);
    peer_stop(peer);
}

static void unusable_trust_is_found_when_opening(void **state)
{
    (void)state;
    struct http_transport transport = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct http_native_config config = {.trust_pem = UNUM_STR("nonsense"), .prepare_tls = true};
    assert_int_equal(http_native_open(&config, &transport, &err), UNUM_E_INVAL);
    assert_null(transport.state);
    config.trust_pem = UNUM_STR_NONE;
    assert_int_equal(http_native_open(&config, &transport, &err), 0);
    transport.ops->close(transport.state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_looked_up_once),
        cmocka_unit_test(unknown_names_fail),
        cmocka_unit_test(all_addresses_are_tried),
        cmocka_unit_test(silent_name_servers_time_out),
        cmocka_unit_test(many_endpoints_are_possible),
        cmocka_unit_test(unasked_answers_are_not_taken),
        cmocka_unit_test(old_connections_are_not_used),
        cmocka_unit_test(every_thread_may_have_a_client),
        cmocka_unit_test(unusable_trust_is_found_when_opening),
    };
    return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}

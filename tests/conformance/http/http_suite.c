#include "http_suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "bench.h"

static struct unum_str big_text(size_t len)
{
    char *text = unum_alloc(len + 1);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i * 7 % 26 + (i >> 16) % 2);
    return unum_str_of(text, len);
}

static void free_text(struct unum_str text)
{
    free((void *)(uintptr_t)text.ptr);
}

/* ---- scripts ---- */

/* Answer each request with its own body. */
static void echo(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    while (peer_read_request(conn, &request)) {
        peer_answers(conn, unum_buf_str(&request.body));
        peer_request_done(&request);
    }
    peer_request_done(&request);
}

/* Answer each request with its head. */
static void mirror(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    while (peer_read_request(conn, &request)) {
        peer_answers(conn, unum_buf_str(&request.head));
        peer_request_done(&request);
    }
    peer_request_done(&request);
}

/* One answer per request, counted over all connections; after the last the connection ends. */
struct step {
    const char *says; /* NULL: nothing */
    enum { STAYS, CLOSES, RESETS, WAITS } then;
};

static void play(struct peer_conn *conn, void *cookie)
{
    const struct step *steps = cookie;
    struct peer_request request;
    bool open = true;
    while (open && peer_read_request(conn, &request)) {
        const struct step *step = &steps[request.number];
        peer_request_done(&request);
        if (step->says)
            peer_says(conn, step->says);
        open = step->then == STAYS;
        if (step->then == RESETS)
            peer_reset(conn);
        if (step->then == WAITS)
            peer_drain(conn);
    }
    if (open)
        peer_request_done(&request);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: "

/* ---- the request ---- */

static void request_arrives_as_given(void **state)
{
    struct bench b;
    bench_open(&b, state, mirror, NULL);
    struct http_exchange *x =
        bench_request(&b, 0, "POST", "/a%2Fb/../c//d%20e?q=%7B1%7D&empty=&Z", UNUM_STR("{}"));
    http_headers_add(&x->headers, &x->arena, UNUM_STR("X-Amz-Target"), UNUM_STR("T_1.Get;Item"));
    http_headers_add(&x->headers, &x->arena, UNUM_STR("x-empty"), UNUM_STR(""));
    http_headers_add(&x->headers, &x->arena, UNUM_STR("Host"), UNUM_STR("not.this.one"));
    assert_int_equal(bench_send(&b), 0);
    /* Nothing that was not signed, in whatever order. */
    char host[64];
    snprintf(host, sizeof(host), "\r\nHost: 127.0.0.1:%u\r\n", peer_port(b.peer));
    const char *const expected[] = {"POST /a%2Fb/../c//d%20e?q=%7B1%7D&empty=&Z HTTP/1.1\r\n", host,
                                    "\r\nX-Amz-Target: T_1.Get;Item\r\n",
                                    "\r\nContent-Length: 2\r\n", "\r\nx-empty:"};
    const char *head = unum_buf_text(&x->response);
    for (size_t i = 0; i < UNUM_COUNT(expected); i++) {
        if (!strstr(head, expected[i]))
            print_error("missing: %s in %s\n", expected[i], head);
        assert_non_null(strstr(head, expected[i]));
    }
    size_t lines = 0;
    for (const char *at = head; (at = strstr(at, "\r\n")); at += 2)
        lines++;
    assert_int_equal(lines, 6); /* request line, four headers, the empty line */
    assert_true(x->delivered);
    bench_close(&b);
}

static void absent_bodies_are_announced(void **state)
{
    static const struct {
        const char *method;
        bool announced;
    } rows[] = {{"GET", false}, {"DELETE", false}, {"POST", true}, {"PUT", true}};
    struct bench b;
    bench_open(&b, state, mirror, NULL);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct http_exchange *x = bench_request(&b, 0, rows[i].method, "/", UNUM_STR_NONE);
        assert_int_equal(bench_send(&b), 0);
        const char *head = unum_buf_text(&x->response);
        assert_int_equal(strncmp(head, rows[i].method, strlen(rows[i].method)), 0);
        assert_int_equal(strstr(head, "Content-Length: 0\r\n") != NULL, rows[i].announced);
        assert_null(strcasestr(head, "transfer-encoding"));
    }
    bench_close(&b);
}

static void malformed_requests_are_not_sent(void **state)
{
    static const struct {
        const char *method, *target, *name, *value;
    } rows[] = {
        {"GET /", "/", "a", "b"},
        {"GET", "no-slash", "a", "b"},
        {"GET", "/a b", "a", "b"},
        {"GET", "/a\r\nx: y", "a", "b"},
        {"GET", "/a#b", "a", "b"},
        {"GET", "", "a", "b"},
        {"GET", "/", "a b", "b"},
        {"GET", "/", "", "b"},
        {"GET", "/", "a", "b\r\nsmuggled: 1"},
        {"GET", "/", "a", "b\nc"},
        {"", "/", "a", "b"},
    };
    struct bench b;
    bench_open(&b, state, mirror, NULL);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct http_exchange *x =
            bench_request(&b, 0, rows[i].method, rows[i].target, UNUM_STR_NONE);
        http_headers_add(&x->headers, &x->arena, unum_str_from(rows[i].name),
                         unum_str_from(rows[i].value));
        assert_int_equal(bench_send(&b), UNUM_E_INVAL);
        assert_failed(x, INVAL);
        assert_false(x->delivered);
    }
    assert_int_equal(peer_connections(b.peer), 0);
    bench_close(&b);
}

/* ---- connections ---- */

static void connections_are_kept(void **state)
{
    struct bench b;
    bench_open(&b, state, echo, NULL);
    for (int i = 0; i < 6; i++) {
        struct http_exchange *x = bench_request(&b, 0, "POST", "/", UNUM_STR("hello"));
        bench_send(&b);
        assert_answer(x, 200, "hello");
    }
    assert_int_equal(peer_connections(b.peer), 1);
    bench_close(&b);
}

static void closing_peers_get_new_connections(void **state)
{
    static const struct step steps[] = {
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na", CLOSES},
        {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nb", CLOSES},
        {"HTTP/1.1 200 OK\r\n\r\nuntil the end", CLOSES},
        {OK_HEAD "1\r\n\r\nd", CLOSES}};
    static const char *const bodies[] = {"a", "b", "until the end", "d"};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (int i = 0; i < 4; i++) {
        struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_answer(x, 200, bodies[i]);
    }
    assert_int_equal(peer_connections(b.peer), 4);
    assert_int_equal(peer_requests(b.peer), 4);
    bench_close(&b);
}

static void stale_connections_are_replaced(void **state)
{
    static const struct step steps[] = {{OK_HEAD "1\r\n\r\na", CLOSES},
                                        {OK_HEAD "1\r\n\r\nb", RESETS},
                                        {OK_HEAD "1\r\n\r\nc", STAYS}};
    static const char *const bodies[] = {"a", "b", "c"};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (int i = 0; i < 3; i++) {
        struct http_exchange *x = bench_request(&b, 0, "POST", "/", UNUM_STR("body"));
        bench_send(&b);
        assert_answer(x, 200, bodies[i]);
        assert_true(x->delivered);
    }
    assert_int_equal(peer_connections(b.peer), 3);
    assert_int_equal(peer_requests(b.peer), 3);
    bench_close(&b);
}

/* Here writing fails, with a signal for those who did not ask for none. */
static void stale_connections_are_noticed_while_writing(void **state)
{
    static const struct step steps[] = {{OK_HEAD "1\r\n\r\na", CLOSES},
                                        {OK_HEAD "1\r\n\r\nb", CLOSES},
                                        {OK_HEAD "1\r\n\r\nc", CLOSES},
                                        {OK_HEAD "1\r\n\r\nd", STAYS}};
    static const char *const bodies[] = {"a", "b", "c", "d"};
    struct unum_str body = big_text(UNUM_LIMIT_SYNC_PAYLOAD);
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (int i = 0; i < 4; i++) {
        struct http_exchange *x = bench_request(&b, 0, "POST", "/", body);
        bench_send(&b);
        assert_answer(x, 200, bodies[i]);
    }
    assert_int_equal(peer_connections(b.peer), 4);
    bench_close(&b);
    free_text(body);
}

/* The second request is read and not answered, as by a peer that was about to close; its
 * repetition on a fresh connection gets no answer either. */
static void repetition_happens_once(void **state)
{
    static const struct step steps[] = {
        {OK_HEAD "1\r\n\r\na", STAYS}, {NULL, CLOSES}, {NULL, CLOSES}, {NULL, CLOSES}};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
    assert_int_equal(bench_send(&b), 0);
    assert_int_equal(bench_send(&b), UNUM_E_IO);
    assert_failed(&b.x[0], IO);
    assert_true(b.x[0].delivered);
    assert_int_equal(peer_requests(b.peer), 3);
    assert_int_equal(peer_connections(b.peer), 2);
    bench_close(&b);
}

/* Whether a peer that closes has acted on the request is not known. */
static void what_must_not_arrive_twice_is_not_repeated(void **state)
{
    static const struct step steps[] = {
        {OK_HEAD "1\r\n\r\na", STAYS}, {NULL, CLOSES}, {OK_HEAD "1\r\n\r\nb", STAYS}};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    bench_request(&b, 0, "POST", "/", UNUM_STR("body"));
    assert_int_equal(bench_send(&b), 0);
    b.x[0].once = true;
    assert_int_equal(bench_send(&b), UNUM_E_IO);
    assert_failed(&b.x[0], IO);
    assert_true(b.x[0].delivered);
    assert_int_equal(peer_requests(b.peer), 2);
    assert_int_equal(peer_connections(b.peer), 2);
    bench_close(&b);
}

static void half_an_answer_is_not_repeated(void **state)
{
    static const struct step steps[] = {{OK_HEAD "1\r\n\r\na", STAYS},
                                        {"HTTP/1.1 200 OK\r\nConte", CLOSES},
                                        {OK_HEAD "1\r\n\r\nb", STAYS}};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
    assert_int_equal(bench_send(&b), 0);
    bench_send(&b);
    assert_failed(&b.x[0], IO);
    assert_int_equal(peer_requests(b.peer), 2);
    bench_close(&b);
}

/* Requests wait for each other, so that they only end if they run at the same time. */
struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int inside, most, arrived, wanted;
};

static void meet(struct peer_conn *conn, void *cookie)
{
    struct meeting *m = cookie;
    struct peer_request request;
    while (peer_read_request(conn, &request)) {
        pthread_mutex_lock(&m->lock);
        m->arrived++;
        if (++m->inside > m->most)
            m->most = m->inside;
        pthread_cond_broadcast(&m->changed);
        while (m->arrived < m->wanted)
            pthread_cond_wait(&m->changed, &m->lock);
        m->inside--;
        pthread_mutex_unlock(&m->lock);
        peer_answers(conn, unum_buf_str(&request.body));
        peer_request_done(&request);
    }
    peer_request_done(&request);
}

static void exchanges_run_concurrently(void **state)
{
    struct meeting m = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, .wanted = 5};
    char bodies[13][8];
    struct bench b;
    bench_open(&b, state, meet, &m);
    for (size_t i = 0; i < 13; i++) {
        snprintf(bodies[i], sizeof(bodies[i]), "body%zu", i);
        bench_request(&b, i, "POST", "/", unum_str_from(bodies[i]));
    }
    bench_send_all(&b, 13, 5, -1);
    for (size_t i = 0; i < 13; i++)
        assert_answer(&b.x[i], 200, bodies[i]);
    assert_int_equal(m.most, 5);
    assert_int_equal(peer_connections(b.peer), 5);
    /* The next batch finds them all. */
    bench_send_all(&b, 5, 5, -1);
    assert_int_equal(peer_connections(b.peer), 5);
    bench_close(&b);
}

static void no_exchanges_are_no_work(void **state)
{
    struct bench b;
    bench_open(&b, state, echo, NULL);
    bench_send_all(&b, 0, 4, -1);
    bench_request(&b, 0, "POST", "/", UNUM_STR("x"));
    bench_send_all(&b, 1, 0, -1); /* 0 at a time counts as 1 */
    assert_answer(&b.x[0], 200, "x");
    bench_close(&b);
}

static void refused_connections_fail(void **state)
{
    struct bench b;
    bench_open(&b, state, echo, NULL);
    bench_request(&b, 0, "POST", "/", UNUM_STR("x"))->endpoint.port = peer_unused_port();
    bench_request(&b, 1, "POST", "/", UNUM_STR("works"));
    bench_send_all(&b, 2, 2, -1);
    assert_failed(&b.x[0], IO);
    assert_false(b.x[0].delivered);
    assert_answer(&b.x[1], 200, "works");
    bench_close(&b);
}

static void localhost_needs_no_service(void **state)
{
    struct bench b;
    bench_open(&b, state, echo, NULL);
    struct http_exchange *x = bench_request(&b, 0, "POST", "/", UNUM_STR("x"));
    x->endpoint.host = UNUM_STR("localhost");
    bench_send(&b);
    assert_answer(x, 200, "x");
    bench_close(&b);
}

/* ---- answers ---- */

static void headers_are_returned(void **state)
{
    static const struct step steps[] = {
        {"HTTP/1.1 404 Not Found\r\nX-One: 1\r\nx-two:\t two words \r\nX-Empty:\r\nX-One: again\r\n"
         "Content-Length: 4\r\n\r\ngone",
         STAYS}};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
    bench_send(&b);
    assert_answer(x, 404, "gone");
    assert_int_equal(x->response_headers.len, 5);
    assert_true(unum_str_is(http_headers_get(&x->response_headers, "x-ONE")->value, "1"));
    assert_true(unum_str_is(http_headers_get(&x->response_headers, "X-Two")->value, "two words"));
    assert_int_equal(http_headers_get(&x->response_headers, "X-Empty")->value.len, 0);
    assert_null(http_headers_get(&x->response_headers, "X-Three"));
    bench_close(&b);
}

static void chunks_are_joined(void **state)
{
    static const struct step steps[] = {
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nwor\r\n\r\n000\r\nX-Trailer: dropped\r\n\r\n",
         STAYS},
        {"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n", STAYS},
        {OK_HEAD "4\r\n\r\nlast", STAYS}};
    static const char *const bodies[] = {"hello wor\r\n", "", "last"};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (int i = 0; i < 3; i++) {
        struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_answer(x, 200, bodies[i]);
        assert_null(http_headers_get(&x->response_headers, "X-Trailer"));
    }
    assert_int_equal(peer_connections(b.peer), 1);
    bench_close(&b);
}

static void answers_without_body(void **state)
{
    static const struct step steps[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", STAYS}, /* to HEAD */
        {"HTTP/1.1 204 No Content\r\n\r\n", STAYS},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", STAYS},
        {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", STAYS}};
    static const int statuses[] = {200, 204, 304, 200};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (int i = 0; i < 4; i++) {
        struct http_exchange *x = bench_request(&b, 0, i ? "GET" : "HEAD", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_answer(x, statuses[i], "");
    }
    assert_int_equal(peer_connections(b.peer), 1);
    bench_close(&b);
}

static void interim_answers_are_skipped(void **state)
{
    static const struct step steps[] = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n" OK_HEAD
         "4\r\n\r\nreal",
         STAYS},
        {OK_HEAD "4\r\n\r\nnext", STAYS}};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    struct http_exchange *x = bench_request(&b, 0, "POST", "/", UNUM_STR("x"));
    bench_send(&b);
    assert_answer(x, 200, "real");
    assert_null(http_headers_get(&x->response_headers, "X-Hint"));
    bench_send(&b);
    assert_answer(x, 200, "next");
    assert_int_equal(peer_connections(b.peer), 1);
    bench_close(&b);
}

static void drip(struct peer_conn *conn, void *cookie)
{
    struct peer_request request;
    if (peer_read_request(conn, &request)) {
        for (const char *at = cookie; *at; at++)
            peer_write(conn, unum_str_of(at, 1));
        peer_drain(conn);
    }
    peer_request_done(&request);
}

static void answers_may_come_byte_by_byte(void **state)
{
    static const char answer[] =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    struct bench b;
    bench_open(&b, state, drip, (void *)(uintptr_t)answer);
    struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
    bench_send(&b);
    assert_answer(x, 200, "abcde");
    bench_close(&b);
}

static void large_bodies_go_both_ways(void **state)
{
    struct unum_str body = big_text(UNUM_LIMIT_SYNC_PAYLOAD);
    struct bench b;
    bench_open(&b, state, echo, NULL);
    for (size_t i = 0; i < 3; i++)
        bench_request(&b, i, "POST", "/", body);
    bench_send_all(&b, 3, 3, -1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(b.x[i].rc, 0);
        assert_true(unum_str_eq(unum_buf_str(&b.x[i].response), body));
    }
    assert_int_equal(peer_connections(b.peer), 3);
    bench_close(&b);
    free_text(body);
}

static void broken_answers_fail(void **state)
{
    static const struct step steps[] = {
        {NULL, CLOSES},
        {NULL, RESETS},
        {"HTTP/1.1 200 OK\r\nContent-Le", CLOSES},
        {OK_HEAD "10\r\n\r\nhalf", CLOSES},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", CLOSES},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", CLOSES},
        {OK_HEAD "10\r\n\r\nhalf", RESETS},
    };
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (size_t i = 0; i < UNUM_COUNT(steps); i++) {
        struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_failed(x, IO);
        assert_true(x->delivered);
        assert_int_equal(peer_requests(b.peer), (int)i + 1);
    }
    bench_close(&b);
}

static void garbage_is_no_answer(void **state)
{
    static const struct step steps[] = {
        {"SSH-2.0-OpenSSH_9.2p1\r\n", CLOSES},
        {"<html>no status line</html>\r\n\r\n", CLOSES},
        {"\r\n\r\n\r\n\r\n\r\n", CLOSES},
    };
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (size_t i = 0; i < UNUM_COUNT(steps); i++) {
        struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_failed(x, PARSE);
        assert_true(x->delivered);
    }
    bench_close(&b);
}

/* Where libcurl is lenient the parser of our own is not. */
static void ambiguous_answers_are_refused(void **state)
{
    static const struct step steps[] = {
        {OK_HEAD "2\r\nContent-Length: 3\r\n\r\nabc", CLOSES},
        {OK_HEAD "2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", CLOSES},
        {"HTTP/1.1 200 OK\nContent-Length: 1\n\na", CLOSES},
        {"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 1\r\n\r\na", CLOSES},
    };
    struct bench b;
    const struct http_suite *suite = *state;
    if (!suite->strict)
        skip();
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (size_t i = 0; i < UNUM_COUNT(steps); i++) {
        bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_failed(&b.x[0], PARSE);
    }
    bench_close(&b);
}

static void connections_with_left_overs_are_not_kept(void **state)
{
    static const struct step steps[] = {{OK_HEAD "1\r\n\r\na" OK_HEAD "5\r\n\r\nwrong", STAYS},
                                        {OK_HEAD "1\r\n\r\nb", STAYS}};
    struct bench b;
    const struct http_suite *suite = *state;
    if (!suite->strict)
        skip();
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
    bench_send(&b);
    assert_answer(&b.x[0], 200, "a");
    bench_send(&b);
    assert_answer(&b.x[0], 200, "b");
    assert_int_equal(peer_connections(b.peer), 2);
    bench_close(&b);
}

/* ---- ceilings ---- */

static void ceilings_of_bodies_hold(void **state)
{
    static const struct step steps[] = {
        {OK_HEAD "8\r\n\r\n12345678", STAYS},
        {OK_HEAD "9\r\n\r\n123456789", STAYS},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n0\r\n\r\n", STAYS},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
         "chunked\r\n\r\n8\r\n12345678\r\n1\r\n9\r\n0\r\n\r\n",
         STAYS},
        {"HTTP/1.1 200 OK\r\n\r\n12345678", CLOSES},
        {"HTTP/1.1 200 OK\r\n\r\n123456789", CLOSES},
    };
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (size_t i = 0; i < UNUM_COUNT(steps); i++) {
        struct http_exchange *x = bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        x->max_body = 8;
        bench_send(&b);
        if (i % 2 == 0) {
            assert_answer(x, 200, "12345678");
        } else {
            assert_failed(x, LIMIT);
            assert_true(x->delivered);
        }
    }
    bench_close(&b);
}

/* `cookie`: length of one header's value; sent again and again until it is refused. */
static void flood(struct peer_conn *conn, void *cookie)
{
    size_t len = *(const size_t *)cookie;
    struct unum_str value = big_text(len);
    struct peer_request request;
    if (peer_read_request(conn, &request)) {
        peer_says(conn, "HTTP/1.1 200 OK\r\n");
        for (size_t sent = 0; sent < 8 * UNUM_LIMIT_HTTP_HEADERS; sent += len) {
            peer_says(conn, "X-Flood: ");
            peer_write(conn, value);
            peer_says(conn, "\r\n");
        }
        peer_says(conn, "Content-Length: 0\r\n\r\n");
        peer_drain(conn);
    }
    peer_request_done(&request);
    free_text(value);
}

static void ceilings_of_headers_hold(void **state)
{
    static const size_t lengths[] = {10, 1000, 60 * UNUM_KB, 300 * UNUM_KB};
    for (size_t i = 0; i < UNUM_COUNT(lengths); i++) {
        struct bench b;
        bench_open(&b, state, flood, (void *)(uintptr_t)&lengths[i]);
        bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
        bench_send(&b);
        assert_failed(&b.x[0], LIMIT);
        bench_close(&b);
    }
}

/* ---- time and cancelling ---- */

static void silence_times_out(void **state)
{
    static const struct step steps[] = {{NULL, WAITS},
                                        {"HTTP/1.1 200 OK\r\nConte", WAITS},
                                        {OK_HEAD "5\r\n\r\nab", WAITS},
                                        {OK_HEAD "1\r\n\r\nd", STAYS},
                                        {NULL, WAITS}};
    struct bench b;
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (int i = 0; i < 5; i++) {
        struct http_exchange *x = bench_request(&b, 0, "POST", "/", UNUM_STR("x"));
        bool answered = i == 3;
        x->timeout_ms = answered ? 60000 : 30;
        bench_send(&b);
        if (answered)
            assert_answer(x, 200, "d");
        else
            assert_failed(x, TIMEOUT);
        assert_true(x->delivered);
    }
    bench_close(&b);
}

static void wake_cancels(void **state)
{
    static const struct step steps[] = {
        {NULL, WAITS}, {NULL, WAITS}, {OK_HEAD "1\r\n\r\na", STAYS}};
    struct bench b;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    bench_open(&b, state, play, (void *)(uintptr_t)steps);
    for (size_t i = 0; i < 4; i++)
        bench_request(&b, i, "GET", "/", UNUM_STR_NONE);
    b.x[0].timeout_ms = 30; /* the first ends, the third is never started or cancelled too */
    assert_int_equal(write(pipe_ends[1], "x", 1), 1);
    bench_send_all(&b, 4, 2, pipe_ends[0]);
    for (size_t i = 0; i < 4; i++)
        assert_failed(&b.x[i], CANCELLED);
    assert_int_equal(peer_requests(b.peer), 0);
    /* The transport goes on working. */
    char byte;
    assert_int_equal(read(pipe_ends[0], &byte, 1), 1);
    bench_request(&b, 0, "GET", "/", UNUM_STR_NONE)->timeout_ms = 30;
    bench_request(&b, 1, "GET", "/", UNUM_STR_NONE)->timeout_ms = 30;
    bench_send_all(&b, 2, 2, pipe_ends[0]);
    assert_failed(&b.x[0], TIMEOUT);
    assert_failed(&b.x[1], TIMEOUT);
    bench_request(&b, 0, "GET", "/", UNUM_STR_NONE);
    bench_send_all(&b, 1, 1, pipe_ends[0]);
    assert_answer(&b.x[0], 200, "a");
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    bench_close(&b);
}

/* Wakes the client once the request has arrived. */
static void wake_up(struct peer_conn *conn, void *cookie)
{
    struct peer_request request;
    if (peer_read_request(conn, &request)) {
        if (write(*(const int *)cookie, "x", 1) != 1)
            abort();
        peer_drain(conn);
    }
    peer_request_done(&request);
}

static void wake_cancels_what_is_under_way(void **state)
{
    struct bench b;
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    bench_open(&b, state, wake_up, &pipe_ends[1]);
    bench_request(&b, 0, "POST", "/", UNUM_STR("x"))->timeout_ms = 0;
    bench_request(&b, 1, "POST", "/", UNUM_STR("x"));
    bench_send_all(&b, 2, 1, pipe_ends[0]);
    assert_failed(&b.x[0], CANCELLED);
    assert_failed(&b.x[1], CANCELLED);
    assert_true(b.x[0].delivered);
    assert_false(b.x[1].delivered);
    assert_int_equal(peer_requests(b.peer), 1);
    bench_close(&b);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

/* ---- peers that do not read to the end ---- */

static void answer_early(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    if (peer_read_head(conn, &request)) {
        peer_says(conn,
                  "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig");
        peer_drain(conn);
    }
    peer_request_done(&request);
}

static void early_answers_count(void **state)
{
    struct unum_str body = big_text(UNUM_LIMIT_HTTP_BODY);
    struct bench b;
    bench_open(&b, state, answer_early, NULL);
    bench_request(&b, 0, "POST", "/", body);
    bench_send(&b);
    assert_answer(&b.x[0], 413, "big");
    bench_close(&b);
    free_text(body);
}

static void reset_early(struct peer_conn *conn, void *cookie)
{
    (void)cookie;
    struct peer_request request;
    if (peer_read_head(conn, &request))
        peer_reset(conn);
    peer_request_done(&request);
}

static void a_reset_while_sending_is_an_error(void **state)
{
    struct unum_str body = big_text(UNUM_LIMIT_HTTP_BODY);
    struct bench b;
    bench_open(&b, state, reset_early, NULL);
    bench_request(&b, 0, "POST", "/", body);
    bench_send(&b);
    assert_failed(&b.x[0], IO);
    assert_false(b.x[0].delivered);
    bench_close(&b);
    free_text(body);
}

int http_suite_run(const struct http_suite *suite)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_arrives_as_given),
        cmocka_unit_test(absent_bodies_are_announced),
        cmocka_unit_test(malformed_requests_are_not_sent),
        cmocka_unit_test(connections_are_kept),
        cmocka_unit_test(closing_peers_get_new_connections),
        cmocka_unit_test(stale_connections_are_replaced),
        cmocka_unit_test(stale_connections_are_noticed_while_writing),
        cmocka_unit_test(repetition_happens_once),
        cmocka_unit_test(what_must_not_arrive_twice_is_not_repeated),
        cmocka_unit_test(half_an_answer_is_not_repeated),
        cmocka_unit_test(exchanges_run_concurrently),
        cmocka_unit_test(no_exchanges_are_no_work),
        cmocka_unit_test(refused_connections_fail),
        cmocka_unit_test(localhost_needs_no_service),
        cmocka_unit_test(headers_are_returned),
        cmocka_unit_test(chunks_are_joined),
        cmocka_unit_test(answers_without_body),
        cmocka_unit_test(interim_answers_are_skipped),
        cmocka_unit_test(answers_may_come_byte_by_byte),
        cmocka_unit_test(large_bodies_go_both_ways),
        cmocka_unit_test(broken_answers_fail),
        cmocka_unit_test(garbage_is_no_answer),
        cmocka_unit_test(ambiguous_answers_are_refused),
        cmocka_unit_test(connections_with_left_overs_are_not_kept),
        cmocka_unit_test(ceilings_of_bodies_hold),
        cmocka_unit_test(ceilings_of_headers_hold),
        cmocka_unit_test(silence_times_out),
        cmocka_unit_test(wake_cancels),
        cmocka_unit_test(wake_cancels_what_is_under_way),
        cmocka_unit_test(early_answers_count),
        cmocka_unit_test(a_reset_while_sending_is_an_error),
    };
    struct CMUnitTest with_state[UNUM_COUNT(tests)];
    for (size_t i = 0; i < UNUM_COUNT(tests); i++) {
        with_state[i] = tests[i];
        with_state[i].initial_state = (void *)(uintptr_t)suite;
    }
    return cmocka_run_group_tests_name(suite->name, with_state, NULL, NULL);
}

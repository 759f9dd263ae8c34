/*
 * bench: a transport, its peer and a few exchanges: the furniture of every case of the suite.
 */
#ifndef UNUM_TESTS_HTTP_BENCH_H
#define UNUM_TESTS_HTTP_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http_suite.h"
#include "support/http_peer.h"

enum { MAX_EXCHANGES = 16 };

struct bench {
    const struct http_suite *suite;
    struct http_transport transport;
    struct peer *peer;
    struct http_exchange x[MAX_EXCHANGES];
    struct http_exchange *all[MAX_EXCHANGES];
};

/* The cases get the suite as their state. */
void bench_open(struct bench *bench, void **state, peer_script script, void *cookie);
void bench_open_tls(struct bench *bench, void **state, peer_script script, void *cookie,
                    const struct peer_tls *tls, const char *ca_pem);
void bench_close(struct bench *bench);

/* Exchange `i` becomes a request to the peer (host "127.0.0.1"). */
struct http_exchange *bench_request(struct bench *bench, size_t i, const char *method,
                                    const char *target, struct unum_str body);
/* Send exchange 0 and report its rc. */
int bench_send(struct bench *bench);
void bench_send_all(struct bench *bench, size_t count, size_t parallel, int wake);

#define assert_answer(x, want_status, want_body)                                                   \
    do {                                                                                           \
        if ((x)->rc < 0)                                                                           \
            print_error("%s\n", unum_err_text(&(x)->err));                                         \
        assert_int_equal((x)->rc, 0);                                                              \
        assert_int_equal((x)->status, want_status);                                                \
        assert_string_equal(unum_buf_text(&(x)->response), want_body);                             \
        assert_true((x)->sent_ms > 0 && (x)->received_ms >= (x)->sent_ms);                         \
    } while (0)
/* Failed with that code and a text, and left no part of an answer. */
#define assert_failed(x, want_rc)                                                                  \
    do {                                                                                           \
        assert_string_equal(unum_rc_name((x)->rc), #want_rc);                                      \
        assert_int_equal((x)->err.rc, (x)->rc);                                                    \
        assert_non_null((x)->err.msg);                                                             \
        assert_int_equal((x)->status, 0);                                                          \
        assert_int_equal((x)->response.len, 0);                                                    \
        assert_int_equal((x)->response_headers.len, 0);                                            \
    } while (0)

#endif

/*
 * local_bench: a local platform with the test function, for tests.
 * Everything fails the running test with a message when it goes wrong.
 */
#ifndef TESTS_SUPPORT_LOCAL_BENCH_H
#define TESTS_SUPPORT_LOCAL_BENCH_H

#include "base/buf.h"
#include "local/local.h"

struct bench {
    struct local *local;
    struct local_config config;
    char *bundle;             /* folder with the test function as bootstrap */
    struct unum_buf log;      /* lines of functions, each with a line end */
    struct unum_buf platform; /* lines of the platform about them */
    size_t invocations, failed;
    /* Of the last synchronous invocation. */
    bool done, error;
    struct unum_buf answer, tail;
};

/* Fills the configuration with sinks; change it before bench_open(). */
void bench_init(struct bench *bench);
void bench_open(struct bench *bench); /* with table "items" */
void bench_close(struct bench *bench);
/* For tests that need nothing else: opened with function "app-f", and closed. The state is the
 * bench. */
int bench_setup(void **state);
int bench_teardown(void **state);
#define BENCH_TEST(test, bench)                                                                    \
    cmocka_unit_test_prestate_setup_teardown(test, bench_setup, bench_teardown, bench)
/* A function named `name` with defaults, or with what `change` says. */
void bench_function(struct bench *bench, const char *name);
void bench_add(struct bench *bench, const struct local_function *function);
/* Invoke and wait for the answer, which is returned; bench->error says whether it is an error. */
const char *bench_call(struct bench *bench, const char *function, const char *payload);
/* Queue an event and run until everything is quiet. */
void bench_event(struct bench *bench, const char *function, const char *payload);
void bench_settle(struct bench *bench);
/* Turn the loop for a while, whatever happens. */
void bench_turn(struct bench *bench, int64_t ms);
bool bench_has_item(struct bench *bench, const char *key);

/* Has the process ended, or does it after a while? (A zombie of another parent has.) */
bool bench_process_ends(long pid);

/* A raw exchange with the platform over a socket of its own: sends the bytes, turns the loop until
 * the peer closes or a whole answer is there. The answer is in `out`. */
int bench_dial(struct bench *bench);
void bench_exchange(struct bench *bench, int fd, struct unum_str request, struct unum_buf *out);
/* Is the answer of the platform's own signature check "yes" for a person's request? The status of a
 * signed request, its body in `out`. Headers is "name: value" lines or NULL. */
int bench_request(struct bench *bench, const char *method, const char *target, const char *service,
                  const char *headers, struct unum_str body, struct unum_buf *out);

#endif

/*
 * test_state: one state, one input, as AWS's TestState does it: what comes out, where it goes on,
 * and what the data looked like on the way. A Task, Map or Parallel is answered by a mock.
 * Source: AWS Step Functions API Reference, TestState.
 */
#ifndef UNUM_EVAL_TEST_STATE_H
#define UNUM_EVAL_TEST_STATE_H

#include "base/arena.h"
#include "base/err.h"

/* How a mocked result of lambda:invoke is held against what the service answers with. */
enum test_state_validation { TEST_STATE_STRICT, TEST_STATE_PRESENT, TEST_STATE_NONE };

struct test_state_request {
    struct unum_str definition; /* checked JSON: a state, or a machine when there is a name */
    struct unum_str name;       /* ptr NULL: `definition` is the state */
    struct unum_str input;      /* JSON; ptr NULL: {} */
    struct unum_str context;    /* JSON object; ptr NULL: one is made up */
    struct unum_str variables;  /* JSON object; ptr NULL: none */
    struct unum_str result;     /* JSON: the mocked result; ptr NULL: none */
    bool fails;                 /* the mock is an error */
    struct unum_str error, cause;
    enum test_state_validation validation;
    int64_t retry_count;     /* how often the retrier that takes the error has retried */
    int64_t failed_elements; /* Map: how many elements have failed */
    int64_t now_ms;
    uint64_t seed;
};

enum test_state_status {
    TEST_STATE_SUCCEEDED,
    TEST_STATE_FAILED,
    TEST_STATE_RETRIABLE,
    TEST_STATE_CAUGHT
};
const char *test_state_status_name(enum test_state_status status); /* "CAUGHT_ERROR", ... */

struct test_state_result {
    enum test_state_status status;
    struct unum_str output;       /* JSON; ptr NULL: none */
    struct unum_str error, cause; /* ptr NULL: none */
    struct unum_str next;         /* ptr NULL: the state ends its scope */
    struct unum_str inspection;   /* JSON object: input, afterInputPath, ..., errorDetails */
    struct unum_str variables;    /* JSON object afterwards; ptr NULL: none */
};

/* INVAL: there can be no such test, in the words of AWS; UNSUPPORTED: JSONata, services other than
 * Lambda, or a Task without a mock. Everything in *ret lives in `arena` or in the request. */
UNUM_CHECKED int test_state_run(const struct test_state_request *request, struct unum_arena *arena,
                                struct test_state_result *ret, struct unum_err *err);

#endif

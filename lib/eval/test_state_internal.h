/* A test of a state while it runs. */
#ifndef UNUM_EVAL_TEST_STATE_INTERNAL_H
#define UNUM_EVAL_TEST_STATE_INTERNAL_H

#include "eval/state.h"
#include "eval/test_state.h"

struct test_state {
    const struct test_state_request *request;
    struct unum_arena *arena;
    struct unum_err *err;
    struct unum_str name, fields, type, input;
    struct eval_env env;
    struct json_writer *seen; /* inspection data */
};

/* INVAL or UNSUPPORTED when there can be no such test. */
int test_state_check(struct test_state *t);

#endif

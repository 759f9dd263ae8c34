/*
 * answers: what services answer to the typed calls, in the form they use, and the calls that read
 * it. Tests cut and spoil them; the fuzz target begins with them.
 */
#ifndef UNUM_TESTS_SUPPORT_ANSWERS_H
#define UNUM_TESTS_SUPPORT_ANSWERS_H

#include "aws/client.h"

enum { ANSWERS_MAX_REQUESTS = 4 };

struct answer_case {
    const char *name; /* "... of several": all requests are made, whatever the answers say */
    /* One per request the call makes; NULL behind the last. */
    const char *bodies[ANSWERS_MAX_REQUESTS + 1];
    /* The call; `ret` gets a text of what was read. */
    int (*call)(struct aws_client *client, struct unum_arena *arena, struct unum_buf *ret,
                struct unum_err *err);
    const char *read; /* what of the bodies is expected */
};
extern const struct answer_case answer_cases[];
extern const size_t answer_cases_len;

#endif

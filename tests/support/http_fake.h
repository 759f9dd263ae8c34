/*
 * http_fake: a transport whose answers a test decides and whose requests a test can look at. It
 * owns no socket and takes no time but what the script adds to the fake clock.
 */
#ifndef UNUM_TESTS_SUPPORT_HTTP_FAKE_H
#define UNUM_TESTS_SUPPORT_HTTP_FAKE_H

#include "base/vec.h"
#include "http/http.h"
#include "support/fake_clock.h"

/* One answer, or what happens instead of it. */
struct http_fake_answer {
    int status;          /* 0: 200 */
    const char *headers; /* "Name: value\n..."; NULL: none */
    const char *body;    /* NULL: empty */
    int rc;              /* negative: no answer, the exchange fails with it */
    bool undelivered;    /* with rc: the request did not even leave */
    int64_t takes_ms;    /* the clock goes on by this while the request is under way */
};

struct http_fake_request {
    struct unum_str method, target, body; /* copies in the fake's arena */
    struct http_headers headers;
    int64_t timeout_ms, at_ms;
};

struct http_fake {
    struct fake_clock *clock;
    struct unum_arena arena;
    UNUM_VEC(struct http_fake_request) requests;
    size_t sends;    /* calls of send: rounds */
    size_t parallel; /* most exchanges in one of them */
    /* Answers in the order of the requests; the last one is given to all that follow. */
    const struct http_fake_answer *answers;
    size_t answers_len;
    /* Instead of the list: called per request, in order. Answers with http_fake_answer(). */
    void (*script)(void *cookie, const struct http_fake_request *request, struct http_exchange *x);
    void *cookie;
};

void http_fake_init(struct http_fake *fake, struct fake_clock *clock);
void http_fake_done(struct http_fake *fake);
struct http_transport http_fake_transport(struct http_fake *fake);

/* For scripts: this is the answer to `x`. */
void http_fake_answer(struct http_exchange *x, const struct http_fake_answer *answer);

/* The value of a recorded request's header, or NULL ptr. */
struct unum_str http_fake_header(const struct http_fake *fake, size_t request, const char *name);

#endif

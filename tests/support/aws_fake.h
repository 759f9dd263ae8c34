/*
 * aws_fake: an AWS client on a scripted transport and a clock of its own.
 */
#ifndef UNUM_TESTS_SUPPORT_AWS_FAKE_H
#define UNUM_TESTS_SUPPORT_AWS_FAKE_H

#include "aws/client.h"
#include "support/http_fake.h"

enum { AWS_FAKE_NOW_S = 1767225600 }; /* 2026-01-01T00:00:00Z */

struct aws_fake {
    struct fake_clock clock;
    struct http_fake http;
    struct aws_creds creds;
    struct unum_buf log;
    struct unum_log sink;
    struct aws_config config; /* may be changed before aws_fake_open() */
    struct aws_client *client;
};

void aws_fake_init(struct aws_fake *fake);
void aws_fake_open(struct aws_fake *fake);
void aws_fake_close(struct aws_fake *fake);
/* The answers of all requests to come. */
#define AWS_FAKE_ANSWERS(fake, ...)                                                                \
    static const struct http_fake_answer answers_[] = {__VA_ARGS__};                               \
    (fake)->http.answers = answers_;                                                               \
    (fake)->http.answers_len = UNUM_COUNT(answers_)

#endif

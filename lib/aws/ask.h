/*
 * ask: one request outside of the services' client, for what is needed before there is one: STS,
 * SSO, the metadata services. Signed where credentials are given; repeated in standard mode.
 * Neither URL nor body nor answer ever gets into a message: they hold secrets. Internal to aws/.
 */
#ifndef UNUM_AWS_ASK_H
#define UNUM_AWS_ASK_H

#include "aws/error.h"
#include "base/limits.h"

struct aws_ask {
    const struct http_transport *transport;
    const struct unum_clock *clock;
    const char *what;    /* "sts AssumeRole", in messages */
    struct unum_str url; /* scheme, host, port and base path */
    struct unum_str method;
    struct unum_str path, query; /* encoded; path starts with "/" */
    struct http_headers headers; /* in x.arena or longer-lived */
    struct unum_str body;
    const struct aws_creds *creds; /* NULL: not signed */
    struct unum_str service, region;
    int attempts;       /* 0: 3 */
    int64_t timeout_ms; /* of one attempt; 0: 60 s */

    struct http_exchange x; /* out */
    struct aws_error error; /* out: of a status that is no success */
};
#define AWS_ASK_MAX_ANSWER (1 * UNUM_MB)

/* 0 for a 2xx answer. Else what kept the last attempt from one: the transport's code, or
 * aws_error_rc() of status and code. */
UNUM_CHECKED int aws_ask_send(struct aws_ask *ask, struct unum_err *err);
void aws_ask_header(struct aws_ask *ask, struct unum_str name, struct unum_str value);
/* Wipes the answer. */
void aws_ask_done(struct aws_ask *ask);
#define AWS_AUTO_ASK UNUM_AUTO(aws_ask_done)

#endif

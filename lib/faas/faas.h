/*
 * faas: invoking functions asynchronously.
 * Backends: faas_lambda. The contract is at-least-once delivery: success of a send means that the
 * platform has accepted the event durably, nothing more.
 */
#ifndef UNUM_FAAS_FAAS_H
#define UNUM_FAAS_FAAS_H

#include "base/arena.h"
#include "base/err.h"

struct faas_event {
    struct unum_str function; /* the platform's name of it, "<app>-<node>" */
    struct unum_str payload;  /* JSON, at most UNUM_LIMIT_ASYNC_PAYLOAD */
    int rc;                   /* out: 0 accepted */
};

struct faas_ops {
    const char *scheme; /* "aws" */
    /* Send all concurrently, retrying what may be retried. 0 if every event was accepted; else the
     * first failure in `err`, and each event's rc says what happened to it. NOTFOUND: no such
     * function. LIMIT: a payload above the platform's limit (named in the message). */
    int (*send)(void *state, struct faas_event *events, size_t count, struct unum_err *err);
    void (*close)(void *state);
};

struct faas {
    const struct faas_ops *ops;
    void *state;
};

struct aws_client;
UNUM_CHECKED int faas_lambda_open(struct aws_client *client, struct faas *ret,
                                  struct unum_err *err);

#endif

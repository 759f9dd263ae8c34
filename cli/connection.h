/*
 * connection: how a verb reaches the platform that runs an application: a local platform of this
 * process, one that `unum local start` keeps running, or the state file the last one left.
 */
#ifndef UNUM_CLI_CONNECTION_H
#define UNUM_CLI_CONNECTION_H

#include "aws/client.h"
#include "local/local.h"
#include "program.h"
#include "store/store.h"

struct connection {
    struct http_transport transport;
    bool owns_transport;
    struct aws_creds creds;
    struct aws_client *client;
    struct store store;
    struct local *local; /* owned: opened on the state file, nothing runs in it */
    char *endpoint;      /* owned */
};
#define CONNECTION_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
void connection_close(struct connection *c);

/* To a platform of this process, which is borrowed. */
UNUM_CHECKED int connection_open_inside(struct connection *c, const struct program *p,
                                        struct local *local, struct unum_err *err);
/* To the platform that `unum local start` runs for p->app. NOTFOUND with a way out. */
UNUM_CHECKED int connection_open_running(struct connection *c, const struct program *p,
                                         struct unum_err *err);
/* To the running platform if there is one, else to the state file. NOTFOUND if there is neither. */
UNUM_CHECKED int connection_open_any(struct connection *c, const struct program *p,
                                     struct unum_err *err);

/* What `unum local start` writes into .unum/local.json. */
struct running {
    int64_t pid, port;
    bool memory;
    char *endpoint; /* owned */
};
void running_done(struct running *running);
/* NOTFOUND if no platform runs for this folder (the lock tells, not the file). */
UNUM_CHECKED int running_find(const struct program *p, struct running *ret, struct unum_err *err);

/* Verbs that work on AWS one day say so. */
UNUM_CHECKED int connection_need_local(bool local, const char *verb, struct unum_err *err);

#endif

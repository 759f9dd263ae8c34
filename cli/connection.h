/*
 * connection: how a verb reaches the platform that runs an application: a local platform of this
 * process, one that `unum local start` keeps running, or the state file the last one left.
 */
#ifndef UNUM_CLI_CONNECTION_H
#define UNUM_CLI_CONNECTION_H

#include "account.h"
#include "aws/client.h"
#include "local/local.h"
#include "program.h"
#include "store/store.h"

struct connection {
    struct http_transport transport;
    bool owns_transport;
    struct aws_creds creds;
    struct aws_client *client; /* owned, or the account's */
    struct store store;
    struct local *local; /* owned: opened on the state file, nothing runs in it */
    char *endpoint;      /* owned */
    bool aws;            /* `account` is open */
    struct account account;
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

/* Where a verb works: on this machine, or with an account (any endpoint). Part of its args. */
struct where {
    bool local;
    const char *stage;
    struct account_args account;
};
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members take no parentheses. */
#define WHERE_OPTIONS(args_type, where_field, text)                                                \
    {.letter = 'l',                                                                                \
     .name = "local",                                                                              \
     .help = text,                                                                                 \
     .type = OPT_FLAG,                                                                             \
     .at = offsetof(args_type, where_field.local),                                                 \
     .env = "UNUM_LOCAL",                                                                          \
     .common = true},                                                                              \
        {.name = "stage",                                                                          \
         .placeholder = "NAME",                                                                    \
         .help = "the deployment that is named <application>-<stage>; not with --local",           \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, where_field.stage),                                             \
         .complete = OPT_COMPLETE_STAGE,                                                           \
         .env = "UNUM_STAGE"},                                                                     \
        {.name = "profile",                                                                        \
         .placeholder = "NAME",                                                                    \
         .help = "profile of the shared AWS files; keys in the environment are then left out",     \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, where_field.account.profile)},                                  \
        {.name = "region",                                                                         \
         .placeholder = "REGION",                                                                  \
         .help = "AWS region; without it AWS_REGION, AWS_DEFAULT_REGION, the template's or the "   \
                 "profile's",                                                                      \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, where_field.account.region)},                                   \
    {                                                                                              \
        .name = "endpoint-url", .placeholder = "URL",                                              \
        .help = "where the services answer instead of AWS", .type = OPT_STRING,                    \
        .at = offsetof(args_type, where_field.account.endpoint_url)                                \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

/* The account's services; p->app becomes that of the stage. Asks nobody yet. */
UNUM_CHECKED int connection_open_account(struct connection *c, struct program *p,
                                         const struct where *where, struct unum_err *err);
/* With --local connection_open_running() or, with `state`, connection_open_any(); else the account.
 */
UNUM_CHECKED int connection_open(struct connection *c, struct program *p, const struct where *where,
                                 bool state, struct unum_err *err);
/* " --local", or "": for commands in hints. */
const char *connection_flag(const struct connection *c);
/* What a refusal by a service calls for: adds a way out to `err` by its code. */
int connection_explain(const struct connection *c, const struct program *p, int rc,
                       struct unum_err *err);

#endif

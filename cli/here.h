/*
 * here: a workflow on this machine: opens the local platform for an application and runs one
 * session to its end.
 */
#ifndef UNUM_CLI_HERE_H
#define UNUM_CLI_HERE_H

#include "compile/compile.h"
#include "connection.h"
#include "program.h"

/* Options that `run` and `local start` share; part of their args. */
struct here_args {
    int64_t concurrency;
    const char *latency;
    bool real_time, memory;
};
/* NOLINTBEGIN(bugprone-macro-parentheses): types and members take no parentheses. */
#define HERE_OPTIONS(args_type, field)                                                             \
    {.name = "concurrency",                                                                        \
     .placeholder = "N",                                                                           \
     .help = "function invocations at the same time; without it four per core",                    \
     .type = OPT_INT,                                                                              \
     .at = offsetof(args_type, field.concurrency),                                                 \
     .min = 1,                                                                                     \
     .max = 10000,                                                                                 \
     .env = "UNUM_CONCURRENCY"},                                                                   \
        {.name = "latency",                                                                        \
         .placeholder = "LIST",                                                                    \
         .help = "service times to imitate: store=20ms,invoke=30ms,cold=200ms,change=1s",          \
         .type = OPT_STRING,                                                                       \
         .at = offsetof(args_type, field.latency),                                                 \
         .env = "UNUM_LATENCY"},                                                                   \
        {.name = "real-time",                                                                      \
         .help = "wait out waits and retry delays instead of skipping them",                       \
         .type = OPT_FLAG,                                                                         \
         .at = offsetof(args_type, field.real_time)},                                              \
    {                                                                                              \
        .name = "memory", .help = "keep nothing: no .unum/local.db", .type = OPT_FLAG,             \
        .at = offsetof(args_type, field.memory)                                                    \
    }
/* NOLINTEND(bugprone-macro-parentheses) */

struct here {
    struct program *p;
    struct local *local;
    struct connection connection;
    int lock; /* .unum/local.lock; -1: another platform has it, this one is in memory */
    bool memory;
    int64_t began_ms;
    bool changed; /* a record may have changed since it was looked at last */
    int64_t looked_ns;
    struct unum_str session;           /* borrowed; empty: all runs are told about */
    uint64_t invocations, cold_starts; /* of the session */
};
#define HERE_INIT                                                                                  \
    {                                                                                              \
        .lock = -1                                                                                 \
    }
void here_close(struct here *h);

/* Open the platform on `port` (0: any) with all functions of p->app (`compiled` NULL: with none).
 * `exclusive`: CONFLICT if one
 * runs for this folder already; otherwise this one keeps its state in memory then. */
UNUM_CHECKED int here_open(struct here *h, struct program *p, const struct compiled *compiled,
                           const struct here_args *args, uint16_t port, bool exclusive,
                           struct unum_err *err);

struct here_end {
    struct unum_str status, output, error_type, cause; /* in `arena`; output is JSON */
    int64_t duration_ms;                               /* real time */
};
/* Start the entry with `input` (JSON) and turn the loop until the run has ended and what is left
 * has settled. TIMEOUT, CANCELLED; FAILED if everything is quiet but the run has no end. */
UNUM_CHECKED int here_run(struct here *h, const struct compiled *compiled, struct unum_str session,
                          struct unum_str input, int64_t timeout_ms, struct unum_arena *arena,
                          struct here_end *ret, struct unum_err *err);

/* The event that starts a run: {"Data":{"Source":"http","Value":INPUT},"Session":SESSION}. */
void here_entry_event(struct unum_str session, struct unum_str input, struct unum_buf *out);
/* "store=20ms,invoke=30ms,cold=200ms,change=1s" */
UNUM_CHECKED int here_latency(const char *text, struct local_latency *ret, struct unum_err *err);

#endif

/*
 * local: a whole workflow on this machine: real function processes against an emulated Lambda,
 * DynamoDB and CloudWatch Logs on loopback.
 *
 * A platform (struct local) is one event loop without threads and without locks. It does nothing
 * by itself: local_run_until() turns the loop. Several platforms can live in one process, turned
 * one after the other. Every emulated request passes one door, which numbers it, knows its caller,
 * applies the fault schedule and appends a row to the request log. Function processes are children
 * of this process and never outlive the platform.
 *
 * Platform time is real time plus the time that was skipped: when nothing runs, the clock jumps to
 * the next timer. Signatures, invocation deadlines and timeouts use real time.
 *
 * What a runtime may know about it: UNUM_LOCAL=1 is in the environment of its process; with the
 * header "x-unum-waiting: 1" on a signed request it says that its invocation only waits for inputs
 * ("0": no longer), which frees its slot and lets the clock jump. Without that header an invocation
 * that repeats the same read three times counts as waiting. The answer to a process that asks for
 * its next event, and every answer to a signed request of a process, has the header LOCAL_SKIPPED:
 * the milliseconds to add to the real clock to get platform time as it is now. It grows
 * while an invocation waits; only local_reset() takes it back. Lambda has no such header.
 *
 * All functions must be called from the thread that made the platform, and none from within a
 * callback unless its comment says so.
 */
#ifndef UNUM_LOCAL_LOCAL_H
#define UNUM_LOCAL_LOCAL_H

#include "base/clock.h"
#include "base/err.h"
#include "compile/compile.h"
#include "http/http.h"
#include "template/app.h"

struct local;
struct local_db;

/* Credentials of people (the CLI, boto3, any AWS client); any region. */
#define LOCAL_ACCESS_KEY "unum-local"
#define LOCAL_SECRET_KEY "unum-local-secret"
#define LOCAL_ACCOUNT    "000000000000"
#define LOCAL_REGION     "us-east-1"
/* A role that schedules may have without being made: UNUM_SCHEDULE_ROLE of functions that are not
 * deployed, whose template makes one on AWS. */
#define LOCAL_SCHEDULE_ROLE "arn:aws:iam::" LOCAL_ACCOUNT ":role/unum-local-schedules"

#define LOCAL_SKIPPED "Unum-Skipped-Ms"

/*
 * Faults. Numbered requests are the signed requests of function processes and their response and
 * error posts; the first one after local_new() or local_reset() has number 1. (Runtime API `next`
 * has no number, and requests of people only with `number_people`.)
 */
enum local_fault_kind {
    LOCAL_FAULT_KILL_BEFORE, /* the caller is killed, the request is not applied */
    LOCAL_FAULT_KILL_AFTER,  /* applied, then the caller is killed before the answer */
    LOCAL_FAULT_CLOSE,       /* applied, the connection is closed without an answer */
    LOCAL_FAULT_STALL,       /* not applied until later (see `until`) */
    LOCAL_FAULT_PAUSE,       /* applied, answered; the caller is stopped and goes on later */
    LOCAL_FAULT_TWICE,       /* Event: accepted once, delivered twice */
    LOCAL_FAULT_LATE,        /* Event: accepted, delivered later (see `until`) */
    LOCAL_FAULT_DROP,        /* Event: accepted, never delivered */
    LOCAL_FAULT_STATUS,      /* not applied, answered with `status` */
    LOCAL_FAULT_TRUNCATE,    /* applied, the connection is closed in the middle of the answer */
    LOCAL_FAULT_GARBLE,      /* applied, the second half of the answer's body is damaged */
    LOCAL_FAULT_KILL_USER,   /* no request: see `function` and `execution` */
    LOCAL_FAULT_KIND_COUNT
};

struct local_fault {
    enum local_fault_kind kind;
    uint64_t number; /* of the request; 0 for LOCAL_FAULT_KILL_USER */
    /* STALL, PAUSE, LATE: goes on when the request with this number has been seen; 0: when all
     * that is left is stalled, paused or late (oldest first). */
    uint64_t until;
    int status; /* STATUS: 400 or 429 (throttled), 403 (denied), 500, 503 */
    /* KILL_USER: the `execution`-th (from 1) invocation of this function is killed as soon as the
     * answer to its first signed request (its look-up) was sent, that is, at the beginning of user
     * code; with `delay_ms`, that long after its event was delivered instead. */
    struct unum_str function;
    uint64_t execution;
    int64_t delay_ms;
};
const char *local_fault_name(enum local_fault_kind kind); /* "kill-before" */

/* One row per emulated request, in the order in which they ended (Runtime API
 * `next` is not logged). Views are
 * valid until the next call on the platform, in the sink until it returns. */
struct local_request {
    uint64_t number;                      /* 0: not numbered */
    int64_t at_ms;                        /* platform time of arrival */
    struct unum_str function;             /* of the caller; empty for people */
    struct unum_str process;              /* of the caller; empty for people */
    struct unum_str session, instance;    /* of the caller's invocation, empty if not known */
    struct unum_str request_id;           /* of the caller's invocation */
    const char *service;                  /* "dynamodb", "lambda", "logs", "scheduler", "runtime" */
    struct unum_str operation;            /* "PutItem", "Invoke", "response", ... */
    struct unum_str target;               /* function of an Invoke, else empty */
    size_t request_bytes, response_bytes; /* bodies */
    int status;                           /* 0: closed without an answer */
    int64_t duration_us;                  /* arrival to answer, real time */
    bool faulted;
    enum local_fault_kind fault;
};

/* One line of a function's stdout or stderr, or of the platform about it (START, END, REPORT). */
struct local_log_line {
    uint64_t id;                                                      /* ascending from 1 */
    int64_t at_ms;                                                    /* platform time */
    struct unum_str function, process, session, instance, request_id; /* empty if not known */
    struct unum_str text;                                             /* without the line end */
    bool platform; /* written by the platform, not by the function */
};

/* How an invocation of a function went; for traces. */
struct local_invocation {
    struct unum_str function, process, session, instance, request_id;
    int64_t queued_ms, started_ms, ended_ms; /* platform time */
    int64_t init_us;                         /* cold start, real time; 0: warm */
    int64_t duration_us;                     /* real time */
    bool asynchronous, failed;
    unsigned attempt;           /* 1.. of an asynchronous event */
    struct unum_str error_type; /* "" or "Runtime.ExitError", ... */
};

struct local_function {
    struct unum_str name;       /* as Lambda knows it: "<app>-<node>" */
    struct unum_str dir;        /* bundle: holds the executable `bootstrap`; cwd of the process */
    const struct app_pair *env; /* in addition to what the platform sets */
    size_t env_len;
    struct unum_str handler;    /* _HANDLER; empty: "bootstrap" */
    int64_t timeout_ms;         /* 0: 3 s, Lambda's default */
    int64_t memory_mb;          /* 0: 128 */
    unsigned max_retries;       /* of asynchronous events, 0..2 (MaximumRetryAttempts) */
    int64_t max_age_s;          /* of asynchronous events, 60..21600; 0: 21600 */
    struct unum_str on_failure; /* function that gets the failure record; empty: none */
    int reserved;               /* reserved concurrency; -1: none */
};
#define LOCAL_FUNCTION                                                                             \
    {                                                                                              \
        .reserved = -1                                                                             \
    }

struct local_latency {
    int64_t store_ms, invoke_ms, cold_ms; /* added to the answer or the start, real time */
    int64_t change_ms; /* how long a function is Pending, or its update InProgress, real time */
};

struct local_config {
    const char *state_path; /* SQLite file; NULL: memory */
    uint16_t port;          /* on 127.0.0.1; 0: any free one */
    bool no_server;         /* nothing listens; only local_transport() (no function can run) */
    unsigned concurrency;   /* running invocations at most; 0: 4 per core */
    struct local_latency latency;
    bool real_time;         /* the clock never jumps */
    unsigned stack_page;    /* entries on a page of CloudFormation's lists; 0: 100 */
    struct unum_str region; /* empty: us-east-1 */
    const struct local_fault *faults;
    size_t faults_len;
    /* Requests of people have numbers too, so that a schedule can cut a deployment anywhere. With
     * nobody to be killed or paused, KILL_BEFORE and KILL_AFTER only close the connection. */
    bool number_people;
    /* The wall and monotonic clock that platform time is built on; NULL: the system's. */
    const struct unum_clock *clock;

    void *cookie; /* of all sinks; each may be NULL; they must not call the platform */
    void (*on_log)(void *cookie, const struct local_log_line *line);
    void (*on_request)(void *cookie, const struct local_request *request);
    void (*on_invocation)(void *cookie, const struct local_invocation *invocation);
    size_t keep_requests; /* rows kept for local_requests(); 0: none but those given to the sink */
};

/* Open a platform. CONFLICT: the port is in use; IO: the state file cannot be read or written, or
 * is damaged; each with a hint. Views in `config` need not outlive the call. */
UNUM_CHECKED int local_new(const struct local_config *config, struct local **ret,
                           struct unum_err *err);
/* Ends every child, then frees. NULL is fine. */
void local_free(struct local *local);

/* A function; views are copied. EXISTS if the name is taken, NOTFOUND if there is no bootstrap in
 * `dir`, LIMIT for a bad value. */
UNUM_CHECKED int local_add_function(struct local *local, const struct local_function *function,
                                    struct unum_err *err);
/* All functions of an application as deploy makes them: one per node from .unum/build/<Node>/, with
 * app_environment(), retries 0 and the failure function as destination (itself with 2 retries and
 * none); and the application's table. */
UNUM_CHECKED int local_add_app(struct local *local, const struct app *app,
                               const struct compiled *compiled, struct unum_err *err);
/* Everything but functions, tables and idle processes is forgotten: items, events, timers, logs,
 * numbers, skipped time; running processes are killed. `faults` replaces the schedule. */
UNUM_CHECKED int local_reset(struct local *local, const struct local_fault *faults, size_t len,
                             struct unum_err *err);

/* Queue an event, as Invoke with type Event by a person does. NOTFOUND, PARSE (not JSON), LIMIT
 * (too large). *ret_request_id (may be NULL) gets the request id as an owned string. */
UNUM_CHECKED int local_invoke_event(struct local *local, struct unum_str function,
                                    struct unum_str payload, char **ret_request_id,
                                    struct unum_err *err);

/* The end of a synchronous invocation. Views end with the callback. */
struct local_result {
    bool failed; /* X-Amz-Function-Error */
    struct unum_str payload;
    struct unum_str log_tail; /* last 4 KB of its log */
    struct unum_str request_id;
};
/* As Invoke with type RequestResponse; `done` is called from within local_run_until(), and not at
 * all if the platform is freed or reset before. */
UNUM_CHECKED int local_invoke_sync(struct local *local, struct unum_str function,
                                   struct unum_str payload,
                                   void (*done)(void *cookie, const struct local_result *result),
                                   void *cookie, struct unum_err *err);

/* Turn the loop until `done(cookie)` is true (asked after every event; NULL: until quiet), until
 * `deadline_ms` of real time have passed (0: never; TIMEOUT), or until local_stop() (CANCELLED).
 * With a predicate, a quiet platform goes on waiting for requests from outside, unless
 * `or_quiet`: then it returns when nothing can happen any more. */
struct local_until {
    bool (*done)(void *cookie);
    void *cookie;
    bool or_quiet;
    int64_t deadline_ms;
};
UNUM_CHECKED int local_run_until(struct local *local, const struct local_until *until,
                                 struct unum_err *err);
/* Nothing is queued, running or armed. */
bool local_quiet(const struct local *local);
/* Ends local_run_until() soon. May be called from a signal handler. Sticky until that has
 * returned. */
void local_stop(struct local *local);

/* "http://127.0.0.1:PORT"; empty with no_server. Valid as long as the platform. */
struct unum_str local_endpoint(const struct local *local);
/* A transport whose exchanges go straight through the door, without sockets: the endpoint's host
 * must be 127.0.0.1 or localhost, any port. send() turns the loop until the answer is there, so it
 * must not be used from within a sink. Its close() does nothing. Valid as long as the platform. */
struct http_transport local_transport(struct local *local);
/* Platform time. Valid as long as the platform. */
const struct unum_clock *local_clock(const struct local *local);
int64_t local_skipped_ms(const struct local *local);
/* The emulated DynamoDB, for looking straight in. */
struct local_db *local_database(struct local *local);

/* For tests: give a stack of the emulated CloudFormation a status ("UPDATE_ROLLBACK_FAILED"), and
 * make it first if there is none of that name. The same as the operation UnumSetStackStatus
 * (StackName, StackStatus, StackStatusReason). INVAL: no such status. */
UNUM_CHECKED int local_set_stack_status(struct local *local, struct unum_str name,
                                        struct unum_str status, struct unum_str reason,
                                        struct unum_err *err);

struct local_counts {
    uint64_t requests; /* highest number given */
    uint64_t invocations, cold_starts, killed, timeouts;
    size_t running, queued, timers, processes, held; /* held: stalled, paused or late */
    size_t peak_running;
    uint64_t faults_applied;
};
struct local_counts local_counts(const struct local *local);
/* Rows kept (config.keep_requests newest), oldest first. */
const struct local_request *local_requests(const struct local *local, size_t *ret_len);

/* Log lines. Filters are empty for "any". */
struct local_log_query {
    struct unum_str function, session;
    int64_t from_ms, until_ms; /* from <= time < until; until 0: no end */
    uint64_t after_id;         /* for following: lines with a larger id */
    size_t limit;              /* 0: no limit */
};
/* Calls `each` per line in order until it returns false. */
UNUM_CHECKED int local_logs(struct local *local, const struct local_log_query *query,
                            bool (*each)(void *cookie, const struct local_log_line *line),
                            void *cookie, struct unum_err *err);

#endif

/*
 * internal: what the files of the local platform share. Included in this folder only.
 */
#ifndef UNUM_LOCAL_INTERNAL_H
#define UNUM_LOCAL_INTERNAL_H

#include <event2/event.h>
#include <sys/types.h>

#include "aws/sigv4.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/vec.h"
#include "local/db.h"
#include "local/local.h"

#define LOCAL_MAX_CONNECTIONS 4096
#define LOCAL_MAX_BODY        (72 * UNUM_MB) /* of a request: 50 MB of a zip, as base64 */
#define LOCAL_MAX_IDLE        256    /* idle processes; beyond, the one unused longest is ended */
#define LOCAL_MAX_LOG_LINES   100000 /* kept in memory */
#define LOCAL_MAX_LOG_BYTES   (64u * UNUM_MB)
#define LOCAL_MAX_QUEUE       1000000 /* events waiting */
#define LOCAL_INIT_MS         10000   /* Lambda's limit on the init phase */
#define LOCAL_LOG_TAIL        4096
#define LOCAL_EXCESS_RESPONSE 100 /* Lambda takes answers of 6 MB + 100 bytes */

struct invocation;
struct worker;
struct server;
struct door_request;

enum door_service {
    DOOR_RUNTIME,
    DOOR_LAMBDA,
    DOOR_DYNAMODB,
    DOOR_LOGS,
    DOOR_SCHEDULER,
    DOOR_S3,
    DOOR_STS,
    DOOR_IAM,
    DOOR_CLOUDFORMATION,
    DOOR_UNKNOWN,
    DOOR_SERVICE_COUNT
};

/* ---- time (clock.c) ---- */

struct local_timer {
    int64_t due_ms; /* platform time */
    uint64_t seq;   /* equal times fire in the order they were armed */
    void (*fire)(struct local *local, void *cookie);
    void (*drop)(void *cookie); /* frees the cookie when the timer never fires; may be NULL */
    void *cookie;
};

int64_t local_now(const struct local *local);      /* platform time, ms */
int64_t local_real_now(const struct local *local); /* wall clock, ms */
int64_t local_mono_us(const struct local *local);
void local_timer_arm(struct local *local, const struct local_timer *timer);
/* Disarm the timers of this cookie; drop() is not called. */
void local_timer_disarm(struct local *local, const void *cookie);
/* Fire what is due; true if something was. */
bool local_timers_fire(struct local *local);
/* Let the clock jump to the next timer; false if there is none. */
bool local_timers_skip(struct local *local);
/* Milliseconds to the next timer, or -1. */
int64_t local_timers_wait(const struct local *local);
void local_timers_clear(struct local *local);

/* ---- functions and processes (workers.c) ---- */

struct function {
    char *name, *dir, *handler, *on_failure;
    struct app_pair *env; /* in `arena` */
    size_t env_len;
    struct unum_arena arena;
    int64_t timeout_ms, memory_mb, max_age_ms;
    unsigned max_retries;
    int reserved;
    char *record;               /* JSON, of functions.h; NULL: none yet */
    struct unum_arena settings; /* texts read from it */
    bool created, deleted;      /* over the wire */
    bool own_dir;               /* `dir` was unpacked here */
    bool fresh;                 /* until `settled_us` it is being created, not changed */
    struct local *local;        /* of one that was created over the wire */
    int64_t settled_us;         /* real time from which its last change counts as done */
    struct function *next_deleted;
    size_t running;      /* invocations */
    uint64_t generation; /* of code and settings */
    uint64_t delivered;  /* invocations since the last reset, for LOCAL_FAULT_KILL_USER */
    struct worker *warm; /* without an invocation, newest first */
};

enum worker_state {
    WORKER_STARTING, /* has not asked for its first event */
    WORKER_IDLE,     /* `parked` holds its request for an event */
    WORKER_BUSY,     /* has an event */
    WORKER_ANSWERED, /* has answered, has not asked for the next one */
    WORKER_ENDING,   /* killed, or told to end; nothing it sends counts any more */
};

struct worker {
    struct local *local;
    struct function *function;
    struct worker *next_warm;
    enum worker_state state;
    uint64_t generation; /* of its function, when it was started */
    bool cold;           /* no event was delivered to it yet */
    bool warm;           /* in the list of its function */
    bool given;          /* `invocation` was delivered to it */
    bool paused;
    bool timed_out;
    bool init_failed;
    char id[40];     /* path prefix of its Runtime API; unguessable */
    char key[24];    /* access key id */
    char secret[41]; /* secret access key */
    char *tmp;
    char *log_stream;
    struct sigv4_key_cache caches[DOOR_SERVICE_COUNT];
    pid_t pid;
    int pid_fd, output_fd;
    struct event *exit_event, *output_event;
    struct event *deadline;   /* ends the init phase or the invocation */
    struct event *late_start; /* injected cold start time */
    struct event *doom;       /* a scheduled kill of this invocation */
    struct unum_buf line;     /* what was read of an unfinished line */
    bool line_cut;
    struct invocation *invocation; /* owned reference: assigned or delivered */
    struct door_request *parked;
    int64_t started_us, init_us, used_us;
};

struct function *local_function_find(const struct local *local, struct unum_str name);
/* A process of the function that has nothing to do: one that waits for its next event, else one
 * that is about to; or NULL. */
struct worker *worker_take_warm(struct function *function);
/* Give it something to do: now, or as soon as it asks. */
void worker_give(struct worker *worker, struct invocation *inv);
/* Start a process for `inv`. FAILED... with the reason. */
UNUM_CHECKED int worker_start(struct local *local, struct function *function,
                              struct invocation *inv, struct unum_err *err);
/* The process asks for its next event: keep the request until there is one. */
void worker_park(struct worker *worker, struct door_request *req);
/* "NAME=value" of what its process is started with, NULL at the end, in the arena
 * (worker_environment.c). */
const char *const *worker_environment(const struct worker *worker, struct unum_arena *arena);
/* Hand its invocation to the parked process. */
void worker_deliver(struct worker *worker);
/* End the process; what it was doing fails as a crash when its end is seen. */
void worker_kill(struct worker *worker);
/* The same later, unless its invocation is over by then. 0: now. */
void worker_kill_after(struct worker *worker, int64_t delay_ms);
void worker_pause(struct worker *worker);
void worker_resume(struct worker *worker);
/* Read what the process has printed so far. */
void worker_drain(struct worker *worker);
/* Its invocation is over: stop its clock and give up the reference. It can have another one. */
void worker_release(struct worker *worker);
/* Its code or settings have changed: idle processes end now, others with their invocation. */
void workers_retire(struct function *function);
/* End all processes of a function. */
void workers_end_of(struct local *local, struct function *function);
/* End all (or only those that are not idle) and wait for it. */
void workers_end(struct local *local, bool idle_too);

/* ---- invocations (queue.c) ---- */

struct invocation {
    struct local *local;
    struct invocation *next; /* in the queue */
    unsigned refs;
    struct function *function;
    struct unum_buf payload;
    char request_id[37];
    char trace[80];
    char *client_context; /* may be NULL */
    char *session;        /* may be NULL */
    char *instance;       /* may be NULL */
    char process[40];
    bool asynchronous;
    bool running; /* counts against concurrency */
    bool over;
    bool blocked;   /* only waits for inputs */
    unsigned waits; /* reasons why it does not run: blocked, stalled, paused, synchronous call */
    unsigned attempt;
    int64_t first_ms, queued_ms, started_ms; /* platform time; first_ms: of attempt 1 */
    int64_t started_us, init_us;
    uint64_t execution; /* of the function, from 1 */
    bool first_answered;
    uint64_t read_hash; /* of its last store read, and how often it came in a row */
    unsigned same_reads;
    int64_t persistent_id; /* row in the state file, 0: none */
    bool want_tail;
    struct unum_buf tail;
    void (*done)(struct invocation *inv, bool failed, struct unum_str payload);
    void (*result)(void *cookie, const struct local_result *result);
    void *cookie;
};

/* A new invocation with one reference; `payload` is copied and must be checked JSON. */
struct invocation *invocation_new(struct local *local, struct function *function,
                                  struct unum_str payload, bool asynchronous);
struct invocation *invocation_ref(struct invocation *inv);
void invocation_unref(struct invocation *inv);
/* Takes over the reference. */
void queue_push(struct local *local, struct invocation *inv);
/* A running invocation whose process ended before it got the event: first in the queue again. */
void queue_again(struct invocation *inv);
/* Start what may start now. */
void queue_dispatch(struct local *local);
void queue_clear(struct local *local);
/* The function answered (failed: with an error object). Consumes nothing. */
void invocation_end(struct invocation *inv, bool failed, struct unum_str payload);
/* The same with {"errorType","errorMessage"}. */
void invocation_fail(struct invocation *inv, const char *type, const char *format, ...)
    UNUM_PRINTF(3, 4);
/* One reason more (1) or less (-1) why a running invocation does not run. */
void invocation_wait(struct invocation *inv, int change);
/* Accept an event. The caller gets a reference of its own. */
struct invocation *queue_event(struct local *local, struct function *function,
                               struct unum_str payload);
/* The same, but the fault (NULL, or of another kind: none) delivers it twice, late or never. */
struct invocation *queue_event_but(struct local *local, struct function *function,
                                   struct unum_str payload, const struct local_fault *fault);

/* ---- events in the state file (state.c) ---- */

struct state;
/* Open the tables; *ret stays NULL for a platform in memory. */
UNUM_CHECKED int state_open(struct local *local, const char *path, struct unum_err *err);
void state_close(struct local *local);
/* An accepted event is there until it has ended for good. */
void state_keep(struct invocation *inv);
void state_forget(struct invocation *inv);
void state_clear(struct local *local);
/* Queue again what an earlier platform left, once its function exists. */
UNUM_CHECKED int state_restore(struct local *local, struct function *function,
                               struct unum_err *err);

void state_skipped(struct local *local);

/* Named JSON documents, for services: kept, forgotten (all whose name begins with `prefix`),
 * and read again in the order of their names. Nothing happens for a platform in memory. What is
 * kept between the first begin and its end is kept as one. */
void state_keep_record(struct local *local, const char *kind, struct unum_str name,
                       struct unum_str body);
void state_forget_record(struct local *local, const char *kind, struct unum_str name);
void state_forget_records(struct local *local, const char *kind, struct unum_str prefix);
UNUM_CHECKED int state_each_record(struct local *local, const char *kind,
                                   void (*each)(struct local *local, struct unum_str name,
                                                struct unum_str body),
                                   struct unum_err *err);
void state_records_begin(struct local *local);
void state_records_end(struct local *local);

/* ---- the door (door.c) ---- */

struct door_answer {
    int status;
    const char *content_type;
    struct http_headers headers; /* in the request's arena */
    struct unum_buf body;
    bool cut; /* only a part of it is sent */
};

struct door_peer {
    /* The answer is ready; the request's views end when this returns. */
    void (*answer)(void *cookie, struct door_request *req);
    /* There is no answer: close. */
    void (*drop)(void *cookie, struct door_request *req);
};

/* What the parts of a signed stream are signed with: the next one after `signature`. */
struct door_chain {
    unsigned char key[32];
    struct unum_str date, scope, signature;
};

struct door_request {
    /* Set by the transport; views are valid until answer() or drop(). */
    struct local *local;
    const struct door_peer *peer;
    void *cookie;
    struct unum_str method, path, query;
    struct http_headers headers;
    struct unum_str body;

    struct unum_arena arena;
    struct door_answer answer;
    enum door_service service;
    struct unum_str operation;
    const struct operation *row;    /* NULL: none that there is (operations.h) */
    struct unum_str resource;       /* what the first placeholder of its route stands for */
    struct s3_request *s3;          /* of S3 (s3.h) */
    const struct door_chain *chain; /* of a body in signed frames; NULL: another one */
    struct session *session;        /* of AssumeRole (sts.h); NULL: the caller has none */
    struct function *target;
    struct worker *caller; /* NULL: a person, or the process has ended */
    struct function *caller_function;
    char process[40];
    struct invocation *invocation; /* the caller's; owned reference */
    uint64_t number;
    struct fault *fault;
    bool faulted;
    int64_t at_ms, at_us;
    struct event *delay;
    /* While a handler keeps the request: what to do when the peer goes away. */
    void (*gone)(struct door_request *req);
    void *kept;
    struct door_request *prev, *next; /* all open ones */
    bool open, held;
    bool inside; /* of the platform itself */
};

/* Everything comes in here. May answer at once. */
void door_receive(struct door_request *req);
/* A request of a part of the platform to another: nobody's signature is asked for, and it is
 * answered before this returns, or never. */
void door_inside(struct door_request *req);
/* The peer went away; the request is forgotten (not answered, not dropped). */
void door_gone(struct door_request *req);
/* Handlers end with one of these. */
void door_answer(struct door_request *req);
/* An error in the shape of the service. */
void door_error(struct door_request *req, int status, const char *code, const char *format, ...)
    UNUM_PRINTF(4, 5);
void door_header(struct door_request *req, const char *name, struct unum_str value);
struct unum_str door_get(const struct door_request *req, const char *name); /* header, or empty */
/* Value of a query parameter, decoded, in the request's arena; false if it is not there. */
bool door_query(struct door_request *req, const char *name, struct unum_str *ret);
const char *door_service_name(enum door_service service); /* "dynamodb" */
/* The request is over, with this status (0: closed without an answer): its row (request_log.c). */
void door_log(struct door_request *req, int status);
/* A held request goes on to its service. */
void door_resume(struct door_request *req);
/* A process ended: its open requests are dropped. */
void door_caller_ended(struct worker *worker);
/* Memory of the request's transport is reused: frees what the door allocated. */
void door_request_done(struct door_request *req);

/* The service that the scope of a signature names, or empty (auth.c). */
struct unum_str door_scope_service(struct door_request *req);
/* Check the signature (auth.c). False: an error was answered. */
bool door_authenticate(struct door_request *req);
/* Loopback names only, and nothing a web page can send (auth.c). False: an error was answered. */
bool door_check_host(struct door_request *req);

/* ---- faults (faults.c) ---- */

struct fault {
    struct local_fault what;
    char *function;
    bool used;
};

/* A stalled request, a paused process or a late event. */
struct held {
    uint64_t until;
    struct door_request *request;
    struct worker *worker;
    struct invocation *invocation;
};

UNUM_CHECKED int faults_set(struct local *local, const struct local_fault *faults, size_t len,
                            struct unum_err *err);
struct fault *faults_find(struct local *local, uint64_t number);
void faults_done(struct local *local);
/* After the answer to the first signed request of an invocation, or after delivery. */
void faults_user(struct local *local, struct worker *worker, bool delivered);
void held_add(struct local *local, const struct held *held);
/* Let go what waited for this number. */
void held_number(struct local *local, uint64_t number);
/* Let the oldest go; false if there is none. */
bool held_oldest(struct local *local);
void held_forget_request(struct local *local, const struct door_request *req);
void held_forget_worker(struct local *local, const struct worker *worker);
void held_clear(struct local *local);

/* ---- services ---- */

void runtime_api_call(struct door_request *req); /* runtime_api.c */
/* Their operations are rows of the table in operations.c. */
void s3_error_body(struct door_request *req, const char *code, struct unum_str text);
void sts_error_body(struct door_request *req, const char *code, struct unum_str text);
UNUM_CHECKED int iam_restore(struct local *local, struct unum_err *err);
void iam_clear(struct local *local);
bool iam_has_role(const struct local *local, struct unum_str arn);
/* Is there such a role, and may the service ("lambda.amazonaws.com") assume it? */
bool iam_trusts(const struct local *local, struct unum_str arn, const char *service);
void log_groups_clear(struct local *local);
void store_call(struct door_request *req); /* door.c: to local_db_call() */
UNUM_CHECKED int log_groups_restore(struct local *local, struct unum_err *err);

/* ---- server (server.c) ---- */

UNUM_CHECKED int server_open(struct local *local, uint16_t port, struct server **ret,
                             uint16_t *ret_port, struct unum_err *err);
void server_close(struct server *server);

/* ---- logs (logs.c) ---- */

struct log_entry {
    struct local_log_line line; /* texts are in one allocation behind it */
};

/* A line of a function's process (`inv`: what it works on, may be NULL), or of the platform about
 * it. */
void logs_add(struct local *local, const struct function *function, const char *process,
              struct invocation *inv, bool platform, struct unum_str text);
/* A line of the platform about an invocation. */
void logs_printf(struct local *local, struct invocation *inv, const char *format, ...)
    UNUM_PRINTF(3, 4);
void logs_clear(struct local *local);

/* ---- the platform (platform.c) ---- */

struct request_row {
    struct local_request row; /* texts are in one allocation */
    char *text;
};

struct local {
    struct event_base *base;
    struct event *stop_event, *wake;
    int stop_fd;
    const struct unum_clock *real;
    struct unum_clock clock;
    int64_t skipped_ms;
    struct local_config config; /* views point into `arena` */
    struct unum_arena arena;
    struct unum_str region;
    unsigned concurrency;
    struct local_db *db;
    struct state *state; /* NULL: memory */
    struct server *server;
    char endpoint[64];
    char address[32]; /* 127.0.0.1:PORT */
    char *tmp;
    bool closing;

    struct unum_map functions; /* name -> struct function */
    struct function *deleted;  /* functions that are no more, until the end */
    struct unum_map roles;     /* name -> struct iam_role (iam.c) */
    struct unum_map policies;  /* ARN -> struct iam_policy (iam_policy.c) */
    struct unum_map groups;    /* name -> struct log_group (log_group.c) */
    struct unum_map buckets;   /* name -> struct bucket (objects.h) */
    struct unum_map sessions;  /* access key -> struct session (sts.h) */
    struct unum_map processes; /* id -> struct worker */
    struct unum_map keys;      /* access key -> struct worker */
    struct sigv4_key_cache people_caches[DOOR_SERVICE_COUNT];
    uint64_t process_seq, timer_seq, log_seq;
    size_t warm; /* processes without an invocation */

    struct invocation *ready_first, *ready_last;
    size_t queued;
    size_t running, waiting;             /* invocations; waiting: of those, not really running */
    UNUM_VEC(struct local_timer) timers; /* latest first */
    UNUM_VEC(struct fault) faults;
    UNUM_VEC(struct held) held; /* oldest first */
    struct door_request *open;

    UNUM_VEC(struct request_row) rows; /* ring */
    size_t rows_start;
    UNUM_VEC(struct local_request) rows_view;
    UNUM_VEC(struct log_entry *) logs; /* those before logs_start are gone */
    size_t logs_start, log_bytes;
    struct local_counts counts;
    struct cfn *cfn;                 /* stacks; NULL: none yet */
    struct unum_map schedules;       /* "group/name" -> struct schedule (schedule.c) */
    struct unum_map schedule_groups; /* name -> struct schedule_group */
    struct unum_err broken; /* the state file could not be written; ends local_run_until() */
};

UNUM_CHECKED int schedules_restore(struct local *local, struct unum_err *err);
void schedules_clear(struct local *local);
/* Remember that state could not be kept. Takes the content of `err`. */
void local_broken(struct local *local, struct unum_err *err);

/* Turn the loop once, at most `wait_ms` long (-1: until something happens). */
void local_turn(struct local *local, int64_t wait_ms);
/* What can be done without waiting; true if something was. */
bool local_step(struct local *local);
/* "arn:aws:lambda:REGION:ACCOUNT:function:NAME" appended. */
void local_function_arn(const struct local *local, struct unum_str name, struct unum_buf *out);

#endif

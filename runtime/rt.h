/*
 * rt: what the parts of the function runtime share. One process serves one node of one application,
 * one invocation at a time. `struct rt` lives as long as the process, `struct rt_inv` as long as an
 * invocation (all its memory is one arena).
 *
 * The order of one invocation, in invoke.c: look up -> ingress -> user code -> create the outcome
 * -> send every edge of the recorded decision -> answer. region.c and graph.c turn a recorded
 * outcome into edges (compiled and hand-written IR); the same record always gives the same edges.
 */
#ifndef UNUM_RUNTIME_RT_H
#define UNUM_RUNTIME_RT_H

#include <unum/runtime.h>

#include "aws/client.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/vec.h"
#include "eval/state.h"
#include "faas/faas.h"
#include "ir/ir.h"
#include "store/record.h"
#include "json/json.h"

#define RT_LEAF 64 /* positions in a leaf of a completion set, children of a level above */

/* How user code is reached: a linked C handler is the first kind. */
struct rt_inv;
struct rt_code {
    const char *kind;
    /* Runs the code on inv->input and leaves inv->answer. Always returns. */
    void (*run)(struct rt_inv *inv);
};
extern const struct rt_code rt_code_linked; /* unum_handler() */
extern const struct rt_code rt_code_none;   /* generated functions: answer = input */

/* Header of Runtime API answers: how far the local platform's time is ahead of the machine's. */
#define RT_SKIPPED "Unum-Skipped-Ms"

struct rt_config {
    struct unum_str app, function, region, table, store_type, task_root, runtime_api;
    struct unum_str dynamodb_endpoint, lambda_endpoint;
    struct unum_str scheduler_endpoint, schedule_role;
    int64_t retention_s, inline_wait_s;
    bool debug, checkpoint;
};

struct rt {
    struct rt_config config;
    const struct rt_code *code;
    const struct unum_clock *clock;
    struct unum_clock platform_clock; /* the machine's and skipped_ms; cookie: this */
    int64_t skipped_ms;               /* by the local platform */
    struct unum_arena arena;          /* configuration and IR */
    struct ir_node *node;
    struct http_transport transport;
    struct aws_client *aws;
    struct store store;
    struct faas faas;
    struct http_endpoint api; /* Runtime API */
};

/* One level of fan-out. Its state is not sent: the receiver knows it from its IR (node->within). */
struct rt_frame {
    const struct ir_state *state; /* NULL in hand-written graphs */
    bool parallel;
    uint32_t index, size, attempt, visit;
    uint32_t window;        /* so many positions at a time; 0: all */
    uint32_t tolerated;     /* so many positions may fail */
    struct unum_str opener; /* instance whose record opened it; empty in hand-written graphs */
    struct unum_str item;   /* of a Map: the element, JSON; ptr NULL: not known here */
};

/* A path of frames, outermost first. Never changed in place: copies share nothing. */
struct rt_scope {
    const struct rt_frame *at;
    size_t len;
};

/* The value of an edge: inline bytes, the value of one recorded instance (or a part of it), or what
 * a fan-in gathers. */
enum rt_value_kind { RT_VALUE_INLINE, RT_VALUE_REF, RT_VALUE_NAMES, RT_VALUE_FANIN };

struct rt_value {
    enum rt_value_kind kind;
    struct unum_str json;    /* INLINE; FANIN: the reference object as JSON */
    struct unum_str ref;     /* REF: instance */
    struct unum_str pointer; /* REF: JSON Pointer into its value, "" for all of it */
    struct unum_str *names;  /* NAMES: instances */
    size_t names_len;
};

/* What an event says about the run. */
struct rt_run {
    struct unum_str session, nonce, machine;
    int64_t started_ms, expires_s;
    int64_t deadline_ms;   /* TimeoutSeconds of the machine; 0: none */
    struct unum_str input; /* JSON; ptr NULL: not known here */
};

struct rt_event {
    struct unum_str raw; /* the event as delivered, checked JSON */
    bool entry;          /* comes from outside: it has no run yet */
    bool has_session;    /* entry events: the caller named a session */
    struct rt_value value;
    struct rt_run run;
    struct rt_scope scope;
    uint32_t visit, attempt;
    struct unum_str
        weight;        /* hand-written: share of the run this branch carries; empty: all of it */
    uint32_t restarts; /* by the failure function */
    uint32_t from;     /* Resume.From: so many starts of the recorded decision are done */
    /* Resume.State: this event is not for the user code but for a state of the region: a Wait whose
     * time has come, or a Map or Parallel to be opened again; ptr NULL: for the user code. */
    struct unum_str resume;
    struct unum_str opener;    /* Resume.Opener: instance whose record holds the state's input */
    struct unum_str variables; /* JSON object; ptr NULL: none */
};

/* What user code said. */
struct rt_answer {
    bool given, failed;
    struct unum_str json;              /* checked */
    struct unum_str error_type, cause; /* if failed */
};

/* How an invocation ends towards the platform. */
struct rt_reply {
    bool failed;
    struct unum_str error_type; /* reported to the platform: Unum.* */
    struct unum_buf body;
};

/* Errors of ours, reported to the platform, by when they happened: the failure function starts an
 * event again whose user code has not run. */
#define RT_BEFORE_CODE "Unum.BeforeCode"
#define RT_AFTER_CODE  "Unum.AfterCode"
#define RT_BAD_EVENT   "Unum.BadEvent"
#define RT_DELIVERY    "Unum.Delivery"
#define RT_FAILED      "Unum.Failed" /* user code of a direct call said so */
/* Resume.State of the event that ends a run whose time is up. */
#define RT_DEADLINE "!deadline"
/* What the entry records for $$.Execution.Input, as the outcome of an instance of this name. */
#define RT_INPUT    "~input"
#define RT_RESTARTS 10 /* an event is started again at most so often */

enum rt_edge_kind {
    RT_EDGE_INVOKE,   /* start `node` */
    RT_EDGE_TIMER,    /* the same, but not before `due_ms` */
    RT_EDGE_OPEN,     /* start the positions of a fan-out; `scope` is inside, `name` the opener */
    RT_EDGE_COMPLETE, /* instance `name` ended position scope.last */
    RT_EDGE_CLOSE,    /* all positions of scope.last have ended (or there are none) */
    RT_EDGE_FAIL,     /* instance `name` failed and nobody in its scope handles it */
    RT_EDGE_JOIN,     /* hand-written fan-in: count the sender at aggregator instance `name` */
    RT_EDGE_FINISH,   /* hand-written: instance `name` took no edge */
    RT_EDGE_END,      /* the run ends */
};

struct rt_edge {
    enum rt_edge_kind kind;
    uint32_t visit;       /* INVOKE: of the target; COMPLETE, FAIL, CLOSE: not used */
    uint32_t attempt;     /* INVOKE */
    struct unum_str node; /* INVOKE, JOIN: target */
    struct rt_scope
        scope; /* INVOKE, JOIN: of the target; COMPLETE, FAIL: of the end; CLOSE: inside */
    struct rt_value value;             /* INVOKE, END */
    struct unum_str variables;         /* INVOKE: JSON object; ptr NULL: none */
    struct unum_str resume, opener;    /* INVOKE, TIMER: as in struct rt_event */
    const struct rt_walk *walk;        /* OPEN: what stands in front of `state` */
    int64_t due_ms;                    /* TIMER */
    int64_t now_ms;                    /* COMPLETE, FAIL: when the position ended */
    struct unum_str name;              /* instance: see the kinds; CLOSE: who brought it about */
    struct unum_str error_type, cause; /* FAIL, END of a failed run */
    const char *status;                /* END */
    struct unum_str weight;            /* hand-written */
    /* OPEN */
    const struct ir_state *state;
    struct unum_str pointer; /* where its items stand in the value of the record of instance `name`;
                              * ptr NULL: nowhere */
    /* JOIN */
    struct unum_str *members;
    size_t members_len, position;
};

struct rt_inv {
    struct rt *rt;
    struct unum_arena arena;
    struct unum_str request_id, arn, trace;
    struct unum_str entry_id;      /* names the run of an entry event without a session */
    int64_t deadline_ms, began_ms; /* real time */
    const struct ir_node *node;    /* rt->node; in the failure function the node that failed */
    struct rt_event event;
    struct unum_str prefix;   /* of keys: "<app>/<session>/" */
    struct unum_str instance; /* own name */
    struct unum_str input;    /* of user code, after ingress */
    struct rt_answer answer;
    struct unum_buf answer_text; /* memory of the answer */
    bool code_started;           /* user code may have had effects */
    uint32_t starts;             /* nodes started, or skipped because of event.from */
    bool handed_over;            /* the rest of the edges is a further invocation's business */
    UNUM_VEC(struct rt_edge) edges;
    struct rt_reply reply;
    int64_t started_ns;
    /* user API */
    struct unum_buf written;
    struct json_writer writer;
    UNUM_VEC(char) containers; /* what unum_end closes: '{' or '[' */
    bool written_wrong;        /* the structure is broken */
    struct unum_str *inputs;   /* index of a list input, made when first asked for */
    size_t inputs_len;
};

/* ---- names.c ---- */

/* "<name>[^visit][-unumIndex-i[~attempt][^visit].j...]", outermost first. */
struct unum_str rt_instance(struct rt_inv *inv, struct unum_str name, struct rt_scope scope,
                            uint32_t visit);
/* The instance that ends the innermost fan-out of `scope` (R3). */
struct unum_str rt_close_instance(struct rt_inv *inv, struct rt_scope scope);
/* Its name in keys of sets: with "~a<k>". */
struct unum_str rt_set_owner(struct rt_inv *inv, struct rt_scope scope);
/* The opening of an attempt as an instance: "<close>~o<k>". */
struct unum_str rt_opening_instance(struct rt_inv *inv, struct rt_scope scope);
struct rt_scope rt_scope_push(struct rt_inv *inv, struct rt_scope scope, struct rt_frame frame);
struct rt_scope rt_scope_pop(struct rt_scope scope);
struct rt_scope rt_scope_at(struct rt_inv *inv, struct rt_scope scope, uint32_t index);

/* ---- event.c ---- */

/* Parse what was delivered. INVAL with the reason if this node cannot be started with it. */
UNUM_CHECKED int rt_event_parse(struct rt_inv *inv, struct unum_str raw, struct rt_event *ret,
                                struct unum_err *err);
/* The payload that starts a node. */
void rt_event_write(const struct rt_inv *inv, const struct rt_edge *edge, struct unum_buf *out);
/* The event of this invocation, to be started again. */
void rt_event_write_again(const struct rt_inv *inv, struct unum_buf *out);
/* "Fan-out" of a scope as JSON; nothing for an empty scope. */
void rt_scope_write(struct rt_scope scope, struct json_writer *w);
UNUM_CHECKED int rt_scope_parse(struct unum_arena *arena, struct unum_str json,
                                struct rt_scope *ret, struct unum_err *err);

/* ---- direct.c ---- */

/* Is the event {"Unum":{"Direct":true},"Data":input}, a call of this function alone? `event` is
 * checked JSON, ret_input may be NULL. */
bool rt_direct_input(struct unum_str event, struct unum_str *ret_input);
/* The input of such a call; false if it is none: an event of a run, or bad JSON. */
bool rt_direct_begin(struct rt_inv *inv, struct unum_str raw);
/* Its reply is the answer of user code, or its error. */
void rt_direct_reply(struct rt_inv *inv);

/* ---- walk.c: the in-site interpreter of compiled regions. Pure. ---- */

enum rt_stop {
    RT_STOP_END,     /* of the scope */
    RT_STOP_TASK,    /* in front of `at` */
    RT_STOP_FAN_OUT, /* in front of `at`, which has Tasks inside */
    RT_STOP_WAIT,    /* in front of `at`, due at `due_ms` */
    RT_STOP_FAIL,    /* `error` leaves the scope */
};

/* A way through the region: where it stands, and where it stopped. */
struct rt_walk {
    struct rt_scope scope;
    uint32_t visit;
    struct unum_str value, variables; /* JSON; variables: ptr NULL: none */
    struct unum_str first;            /* of a position: the value it started with */
    uint64_t seed;
    int64_t now_ms;
    uint32_t steps;
    enum rt_stop stop;
    const struct ir_state *at;
    int64_t due_ms;
    struct unum_str error, cause;
};

struct rt_context {
    const struct rt_inv *inv;
    const struct rt_walk *w;
    const struct ir_state *state;
    const struct unum_str *item; /* of a Map, while its ItemSelector is evaluated */
    uint32_t index;
};

/* What the evaluator sees of one state. Must not be moved. */
struct rt_eval {
    struct eval_env env;
    struct rt_context source;
};
/* The account of the function that runs; a row of zeros where nobody says. */
struct unum_str rt_account(const struct rt_inv *inv);
void rt_eval_begin(struct rt_eval *e, struct rt_inv *inv, const struct rt_walk *w,
                   const struct ir_state *state);

/* From `from` (NULL: the end of the scope) to the next stop. */
void rt_walk(struct rt_inv *inv, const struct ir_state *from, struct rt_walk *w);
/* From the end of `state`, which goes on with `name` (ptr NULL: the end of the scope). */
void rt_walk_next(struct rt_inv *inv, const struct ir_state *state, struct unum_str name,
                  struct rt_walk *w);
void rt_walk_behind_wait(struct rt_inv *inv, const struct ir_state *state, struct rt_walk *w);
/* Does a catcher of `state` take the error? Then `w` has its output and variables, and *ret_next is
 * where it goes on; else `w` has failed. The value of `w` is the state's input. */
bool rt_catch(struct rt_inv *inv, struct rt_walk *w, const struct ir_state *state,
              struct unum_str error, struct unum_str cause, struct unum_str *ret_next);

/* The positions of a Map or Parallel, one after the other. */
struct rt_fan {
    const struct ir_state *state;
    struct rt_walk outer; /* in front of the state */
    struct unum_str items;
    struct json_iter iter;
    uint32_t size, at, attempt, window, tolerated;
    struct unum_str opener;
    struct unum_str error, cause;
};
/* False: error and cause say why it cannot be opened. */
bool rt_fan_begin(struct rt_inv *inv, const struct ir_state *state, const struct rt_walk *w,
                  struct rt_fan *ret);
/* The next position, walked to its first stop. False: it fails in place, or (with an empty scope in
 * *ret) cannot be started; error and cause. */
bool rt_fan_next(struct rt_inv *inv, struct rt_fan *fan, struct rt_walk *ret);
/* Only the value it starts with. */
bool rt_fan_skip(struct rt_inv *inv, struct rt_fan *fan, struct unum_str *ret_value);
/* As a value: {"Error","Cause"}. */
struct unum_str rt_error_value(struct rt_inv *inv, struct unum_str error, struct unum_str cause);
#define RT_EXCEEDED       "States.ExceedToleratedFailureThreshold"
#define RT_EXCEEDED_CAUSE "The specified tolerated failure threshold was exceeded"

/* ---- timeout.c ---- */

/* TimeoutSeconds of the Task, in ms; 0: nothing to watch. False: it cannot be evaluated, and the
 * answer is that failure. */
bool rt_timeout_of(struct rt_inv *inv, struct unum_str value, int64_t *ret_ms);
/* Run user code on a thread of its own. If it is not *ret_in_time the thread goes on, and nothing
 * of `inv` may be touched any more: rt_time_out() is what is left to do. */
UNUM_CHECKED int rt_run_timed(struct rt_inv *inv, const struct rt_code *code, int64_t timeout_ms,
                              bool *ret_in_time, struct unum_err *err);
/* Record States.Timeout and what follows from it, answer, and end the process. */
void rt_time_out(struct rt_inv *inv);
/* The timer of a run, by whose event it ends. Repeating it changes nothing. */
UNUM_CHECKED int rt_arm_deadline(struct rt_inv *inv, struct unum_err *err);
/* Is the time of the run over? Then it ends as TIMED_OUT, unless it has ended before. */
bool rt_is_late(const struct rt_inv *inv);
UNUM_CHECKED int rt_deadline_passed(struct rt_inv *inv, struct unum_err *err);

/* ---- attempt.c ---- */

bool rt_has_retry(const struct ir_state *state);
/* Decide, first wins, what follows from the failure of attempt `attempt` of `instance`. */
UNUM_CHECKED int rt_attempt(struct rt_inv *inv, const struct ir_state *state,
                            struct unum_str instance, uint32_t attempt, struct unum_str by,
                            struct unum_str error, struct unum_str cause,
                            struct attempt_record *ret, struct unum_err *err);
/* The attempt of this event has failed: retry it, or record the failure and go on from it. */
UNUM_CHECKED int rt_attempt_failed(struct rt_inv *inv, struct unum_str error, struct unum_str cause,
                                   struct unum_err *err);
/* The same for one that has been decided before. */
UNUM_CHECKED int rt_attempt_decided(struct rt_inv *inv, const struct attempt_record *verdict,
                                    struct unum_err *err);

/* ---- region.c (compiled) and graph.c (hand-written) ---- */

/* Ends of positions in completion sets: the name of an instance; or it needed no Task ("=", with a
 * window "=<ms>": when its turn came); or it failed and that is tolerated ("!" and the name of the
 * instance whose record says so, or "!", "!=<ms>" if it failed in place). */
#define RT_ENDED_IN_PLACE "="
#define RT_FAILED_MARK    '!'

void rt_walk_begin(struct rt_inv *inv, const struct record *record, struct unum_str value,
                   struct rt_walk *ret);
/* What the walk found, as the decision of a record. */
void rt_walk_record(const struct rt_walk *w, struct record *record);
/* A failure inside of the Map or Parallel that the innermost frame of `edge` stands in. */
UNUM_CHECKED int rt_fan_out_failed(struct rt_inv *inv, const struct rt_edge *edge,
                                   struct unum_str error, struct unum_str cause,
                                   struct unum_err *err);

/* Evaluate what follows the user's output, before the create: fills the decision of `record`.
 * False: the Task itself fails with that error. Pure. */
bool rt_region_evaluate(struct rt_inv *inv, struct unum_str input, struct record *record,
                        struct unum_str *ret_error, struct unum_str *ret_cause);
void rt_graph_evaluate(struct rt_inv *inv, struct record *record);
/* Append the edges of a recorded outcome of a node's instance. */
UNUM_CHECKED int rt_region_decide(struct rt_inv *inv, struct record *record, struct unum_err *err);
UNUM_CHECKED int rt_graph_decide(struct rt_inv *inv, struct record *record, struct unum_err *err);
/* Follow one edge that is evaluated in place; it may append further edges. */
UNUM_CHECKED int rt_region_follow(struct rt_inv *inv, const struct rt_edge *edge,
                                  struct unum_err *err);
UNUM_CHECKED int rt_graph_follow(struct rt_inv *inv, const struct rt_edge *edge,
                                 struct unum_err *err);
/* ---- ingress.c ---- */

/* The bytes of an edge's value: inline, read, or gathered. */
UNUM_CHECKED int rt_value_read(struct rt_inv *inv, const struct rt_value *value,
                               struct unum_str *ret_json, struct unum_err *err);
/* The list of results of the fan-out whose inside is `scope`. */
UNUM_CHECKED int rt_gather(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope,
                           struct unum_str *ret_json, struct unum_err *err);
/* The element that the innermost Map of `scope` stands at, for the context object; nothing is read
 * by nodes that do not need it. */
UNUM_CHECKED int rt_load_item(struct rt_inv *inv, struct rt_scope *scope, struct unum_err *err);
/* How many positions have failed, of a fan-out that tolerates some. */
UNUM_CHECKED int rt_failures(struct rt_inv *inv, struct rt_scope scope, uint32_t *ret,
                             struct unum_err *err);
/* The reference to that list, for edges: {"FanIn":close,"Size":n,"Ends":[...]}. */
struct unum_str rt_fan_in(struct rt_inv *inv, const struct ir_state *state, struct rt_scope scope);

/* The recorded outcome of an instance, not loaded; `present` tells. */
UNUM_CHECKED int rt_find(struct rt_inv *inv, struct unum_str instance, struct record *ret,
                         struct unum_err *err);

/* ---- send.c ---- */

struct rt_edge *rt_edge_add(struct rt_inv *inv, enum rt_edge_kind kind);
/* Start nodes: INVOKE edges, concurrently. When the time of this invocation runs out in the middle
 * of a fan-out, the rest is handed over to a further invocation of the same node (Resume.From): the
 * order of starts follows from the record, so their number says where to go on. */
UNUM_CHECKED int rt_start(struct rt_inv *inv, const struct rt_edge *edges, size_t count,
                          struct unum_err *err);
/* Start a node no earlier than edge->due_ms: here and now if that is over, after a pause in this
 * invocation if it is short (UNUM_MAX_INLINE_WAIT), else by a one-time schedule. */
UNUM_CHECKED int rt_timer(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err);
/* The same by a schedule in any case. */
UNUM_CHECKED int rt_schedule(struct rt_inv *inv, const struct rt_edge *edge, struct unum_err *err);
/* Send or follow every edge, until none is left. */
UNUM_CHECKED int rt_send(struct rt_inv *inv, struct unum_err *err);
/* Count position `position` in the completion set of `owner`, `width` wide; `end` (may be ptr NULL)
 * is remembered for it. After its own update a branch re-does the marks of all full levels on its
 * path, so that a crash between two levels is repaired by any repair of that branch. */
UNUM_CHECKED int rt_count(struct rt_inv *inv, struct unum_str owner, uint32_t position,
                          uint32_t width, struct unum_str end, bool *ret_full,
                          struct unum_err *err);

/* ---- invoke.c ---- */

/* Is the Resource of the Task lambda:invoke? Then its Parameters hold the Payload, and its result
 * is the function's answer with the metadata of the invocation around it. */
bool rt_is_invocation(const struct ir_state *task);

/* What a caller that waits gets: [output, session, metadata]; nobody reads the others' answers. */
void rt_reply_ok(struct rt_inv *inv, const struct unum_err *refused);
/* One invocation of a node, from its event to its reply. */
void rt_invoke(struct rt_inv *inv, struct unum_str raw);
/* The first requests of an invocation: run record and look-up. */
enum rt_found {
    RT_ABSENT,
    RT_PRESENT, /* the outcome is recorded */
    RT_DECIDED, /* the attempt has failed, and what follows is recorded */
    RT_OVER,
    RT_REFUSED
};
UNUM_CHECKED int rt_look_up(struct rt_inv *inv, enum rt_found *ret, struct record *ret_own,
                            struct attempt_record *ret_attempt, struct unum_err *err);
/* The name of the instance this event is for. */
struct unum_str rt_event_instance(struct rt_inv *inv);
/* Create the outcome (R1) and send the edges of whatever is recorded then. */
UNUM_CHECKED int rt_commit(struct rt_inv *inv, const struct record *mine, struct unum_err *err);
UNUM_CHECKED int rt_decide(struct rt_inv *inv, struct record *record, struct unum_err *err);
/* A record of this instance with everything but its result. */
struct record rt_record(struct rt_inv *inv);
void rt_reply_error(struct rt_inv *inv, const char *type, const struct unum_err *err);

/* ---- failure.c ---- */

/* One invocation of the application's failure function. */
void rt_failure(struct rt_inv *inv, struct unum_str raw);

/* ---- loop.c, config.c, log.c ---- */

UNUM_CHECKED int rt_open(struct rt *rt, const struct rt_code *code, struct unum_err *err);
void rt_close(struct rt *rt);
int rt_loop(struct rt *rt);
/* Answer the platform, and end the process whatever its threads do. */
void rt_end_process(struct rt_inv *inv);
/* The whole process: configuration, loop, end. Returns the exit status. */
int rt_main(const struct rt_code *code);

/* One JSON line on stderr: {"time","level","session","instance","requestId",...fields}. */
void rt_log(const struct rt_inv *inv, enum unum_log_level level, const char *message,
            struct unum_str fields);

#endif

/*
 * record: what the runtime writes into the store, and how the program reads it back: keys, the
 * outcome of an instance, the run record (design: "Payload, keys, one invocation").
 *
 * All keys start with "<app>/<session>/". An outcome whose value does not fit into one item is
 * spilled: its bytes are written in parts under a random nonce first, the outcome last with nonce,
 * count, length and SHA-256, so that parts of two writers are never mixed.
 */
#ifndef UNUM_STORE_RECORD_H
#define UNUM_STORE_RECORD_H

#include "store/store.h"

#define RECORD_VERSION   1
#define RECORD_PART_SIZE (300u * 1024u) /* bytes of value in one item; the item limit is 400 KB */
#define RECORD_FAILURE   "!"            /* decision of an error that leaves its scope */

/* "<app>/<session>/" */
struct unum_str record_prefix(struct unum_arena *arena, struct unum_str app,
                              struct unum_str session);
struct unum_str record_run_key(struct unum_arena *arena, struct unum_str prefix);
struct unum_str record_outcome_key(struct unum_arena *arena, struct unum_str prefix,
                                   struct unum_str instance);
struct unum_str record_attempt_key(struct unum_arena *arena, struct unum_str prefix,
                                   struct unum_str instance, uint32_t attempt);
/* A node of the completion tree: level 0 are the leaves of 64 positions. `owner` is the close with
 * "~a<k>" (compiled) or the aggregator's instance (hand-written). */
struct unum_str record_set_key(struct unum_arena *arena, struct unum_str prefix,
                               struct unum_str owner, unsigned level, uint32_t index);

struct record_spill {
    struct unum_str nonce; /* ptr NULL: nothing is spilled */
    uint32_t parts;
    uint64_t user_len, value_len; /* bytes; all parts together hold user, then value */
    struct unum_str sha256;       /* of all parts together, hex */
};

/* The outcome of an instance. */
struct record {
    bool present;
    bool error;
    struct unum_str nonce;   /* of the run */
    struct unum_str machine; /* hash of the state machine, empty if hand-written */
    int64_t expires_s;
    struct unum_str user;   /* JSON; ptr NULL: no user code ran, or spilled and not loaded */
    struct unum_str value;  /* JSON after the region; ptr NULL: equal to `user` */
    struct unum_str fan_in; /* JSON: the value is this reference to a fan-in; ptr NULL: it is not */
    bool has_to;
    struct unum_str to;     /* next state, or RECORD_FAILURE; has_to false: the end of the scope */
    struct unum_str by;     /* of a close: the instance that brought it about */
    struct unum_str frames; /* JSON, as "Fan-out" in payloads; ptr NULL: none */
    struct unum_str variables; /* JSON object; ptr NULL: none */
    uint32_t visit, attempt;
    uint32_t to_visit; /* of what follows: `visit`, or more behind a back edge */
    uint64_t seed;
    int64_t now_ms;
    int64_t due_ms;                    /* what follows starts no earlier; 0: at once */
    struct unum_str error_type, cause; /* of an error */
    struct record_spill spill;
};

/* Read what an item says; views into the item's memory. PARSE if it is no outcome of a version we
 * know. */
UNUM_CHECKED int record_parse(const struct store_item *item, struct record *ret,
                              struct unum_err *err);
/* Fetch spilled bytes into `arena` and check them. Nothing to do for others. */
UNUM_CHECKED int record_load(const struct store *store, struct unum_str prefix,
                             struct unum_str instance, struct record *record,
                             struct unum_arena *arena, struct unum_err *err);
/* The value of a loaded outcome: `value`, or `user` where they are equal. */
struct unum_str record_value(const struct record *record);
/* Is it a failure that leaves its scope? One that was caught goes on like a success. */
bool record_failed(const struct record *record);
/* Would this outcome be spilled? */
bool record_needs_spill(const struct record *record);

/* Create the outcome if absent (R1). On success *ret is what is there now: ours, or the winner's,
 * not loaded; *ret_won tells which. Causes are cut at UNUM_LIMIT_CAUSE. */
UNUM_CHECKED int record_create(const struct store *store, struct unum_str prefix,
                               struct unum_str instance, const struct record *record,
                               struct unum_arena *arena, bool *ret_won, struct record *ret,
                               struct unum_err *err);

/* What follows from a failed attempt of an instance with Retry: first wins (R1). */
struct attempt_record {
    bool present;
    bool retry;            /* else the failure is final */
    struct unum_str nonce; /* of the run */
    int64_t expires_s;
    struct unum_str error_type, cause;
    struct unum_str
        counts;         /* JSON list: how often each retrier has been used, this time included */
    struct unum_str by; /* of a close: the instance whose failure it is */
    int64_t due_ms;     /* the next attempt starts no earlier */
};

/* Read what an item says; views into the item's memory. PARSE as record_parse(). */
UNUM_CHECKED int record_attempt_parse(const struct store_item *item, struct attempt_record *ret,
                                      struct unum_err *err);
/* Create it if absent; *ret is what is there now: ours, or the winner's. */
UNUM_CHECKED int record_attempt_create(const struct store *store, struct unum_str prefix,
                                       struct unum_str instance, uint32_t attempt,
                                       const struct attempt_record *mine, struct unum_arena *arena,
                                       struct attempt_record *ret, struct unum_err *err);

/* The run record. */
struct run_record {
    bool present;
    struct unum_str nonce, input_hash, machine;
    int64_t started_ms, expires_s, ended_ms; /* ended_ms 0: still running */
    struct unum_str status;                  /* RUNNING, SUCCEEDED, FAILED, TIMED_OUT, CANCELLED */
    struct unum_str output;                  /* JSON; ptr NULL until SUCCEEDED, or by reference */
    struct unum_str output_ref; /* instance whose value is the output; ptr NULL: inline */
    struct unum_str error_type, cause;
};

UNUM_CHECKED int run_record_parse(const struct store_item *item, struct run_record *ret,
                                  struct unum_err *err);
/* Create, or join: success with the record that is there now and *ret_created. A run that has
 * expired is replaced. */
UNUM_CHECKED int run_record_create(const struct store *store, struct unum_str prefix,
                                   const struct run_record *run, int64_t now_s,
                                   struct unum_arena *arena, bool *ret_created,
                                   struct run_record *ret, struct unum_err *err);
/* RUNNING -> terminal; a run that has ended already stays as it is. */
UNUM_CHECKED int run_record_end(const struct store *store, struct unum_str prefix,
                                const struct run_record *end, struct unum_arena *arena,
                                struct unum_err *err);
/* Read the record of a run; an output by reference is fetched. `present` is false if there is none.
 */
UNUM_CHECKED int run_record_read(const struct store *store, struct unum_str app,
                                 struct unum_str session, struct unum_arena *arena,
                                 struct run_record *ret, struct unum_err *err);

#endif

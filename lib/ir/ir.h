/*
 * ir: one node's piece of orchestration, unum_config.json: the contract between compiler and
 * runtime (unum-ir(5)). Two spellings, one model:
 *
 * Hand-written (no "IRVersion"): edges in "Next", evaluated by `edges` below; names of fan-in
 * members are given in Values; never renamed.
 *
 * Compiled ("IRVersion": 1): `then`, `within` and `states` describe the in-site region behind the
 * node: what runs between its user code and the next functions' user code. A chain, a map and a
 * parallel of plain Tasks are spelled as edges ("Next", plus "Opens" and "Within" for the names of
 * the states); the reader turns them into the same region. Everything else is spelled with "Then",
 * "Within" and "States". A Map or Parallel that is followed by
 * nothing (it ends its scope) is never spelled with edges, because there is no fan-in edge that
 * could name the ends of its branches.
 *
 * Every state named by `then`, `within`, `branches`, `ends`, `next` and by the targets in `fields`
 * is in `states`, which is sorted by name (byte order). What a node cannot reach is left out: an
 * enclosing state that it cannot close has only its name (its `type` then says nothing) and the
 * `fields` that a failure of this node needs, one that it closes has no `branches`, and a nested
 * state that is only the end of a branch has name and type.
 *
 * `fields` keeps what the definition says about data, choices and errors of a state, verbatim, as
 * lib/eval reads it: Parameters, ResultPath, Choices, Retry, Catch, ... Only targets are written
 * with their names in the IR.
 *
 * Names of states in the IR are the definition's, except that a Map or Parallel whose name equals a
 * node's name gets "~" appended: closes and nodes share one name space in the store. Names with
 * characters that mean something in names of instances ("/~^$*()", "-unumIndex-") become a slug and
 * a hash.
 */
#ifndef UNUM_IR_IR_H
#define UNUM_IR_IR_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"
#include "base/map.h"

#define IR_VERSION       1
#define IR_ENTRY_NODE    "unum-entry" /* generated: a machine that does not start with one Task */
#define IR_FAILURES_NODE "unum-failures" /* generated: the application's failure function */

enum ir_input { IR_SCALAR, IR_MAP, IR_FANIN };

struct ir_edge {
    struct unum_str name; /* target node */
    enum ir_input input;
    struct unum_str *values; /* IR_FANIN: as written */
    size_t values_len;
    struct unum_str conditional; /* as written, ptr NULL: always */
    bool parallel, parallel_set; /* "Parallel" */
    struct unum_str *modifiers;  /* of this edge ("Payload Modifiers"), else of the node */
    size_t modifiers_len;
    struct unum_span span; /* of the name; only after ir_read */
};

enum ir_state_type {
    IR_STATE_TASK,
    IR_STATE_MAP,
    IR_STATE_PARALLEL,
    IR_STATE_PASS,
    IR_STATE_CHOICE,
    IR_STATE_WAIT,
    IR_STATE_SUCCEED,
    IR_STATE_FAIL,
    IR_STATE_TYPE_COUNT
};

const char *ir_state_type_name(enum ir_state_type type); /* "Task", ... */
/* Map or Parallel */
bool ir_is_fan_out(enum ir_state_type type);

struct ir_state {
    struct unum_str name;
    enum ir_state_type type;
    struct unum_str node;       /* TASK: which node runs it */
    struct unum_str items_path; /* MAP: reference path, "$" by default */
    struct unum_str *branches;  /* MAP: one; PARALLEL: the first state of each branch;
                                 * NULL where the node does not open the state */
    size_t branches_len;        /* of branches and ends; 0 if both are NULL */
    /* "Ends": the state each branch ends on (a Task, or a nested Map/Parallel), one per branch, ptr
     * NULL where that depends on the run; NULL where the node cannot close the state. In the edge
     * spelling they come from the fan-in's Values. */
    struct unum_str *ends;
    struct unum_str next; /* state after this one (after the close); ptr NULL: end of the scope */
    /* "Fields": JSON object, see above; ptr NULL: none. */
    struct unum_str fields;
    /* "Back": those of its targets that go round a cycle once more (visit + 1). */
    struct unum_str *back;
    size_t back_len;
    /* "Opener": MAP, PARALLEL with Retry: the node that opens it again. */
    struct unum_str opener;
    /* "InPlace": MAP, PARALLEL: a branch may end without a Task, so who closes it needs `branches`
     * too. */
    bool in_place;
};

struct ir_node {
    struct unum_str name;
    struct unum_span span; /* of the name; only after ir_read */
    bool compiled;
    bool start, checkpoint, end, debug;
    struct unum_str machine; /* hash of the state machine, hex */
    /* hand-written */
    struct ir_edge *edges;
    size_t edges_len;
    bool edges_list; /* Next is a list */
    /* compiled */
    bool has_region;         /* false for the failure function */
    struct ir_state *task;   /* the Task it runs: name, fields, back; NULL: nothing to say of it */
    struct unum_str then;    /* state after the user code; ptr NULL: end of the scope */
    struct unum_str *within; /* enclosing Map and Parallel states, outermost first */
    size_t within_len;
    struct ir_state *states;
    size_t states_len;
    bool generated;    /* no user code: output = input */
    bool reads_input;  /* "ReadsInput": a state here may read $$.Execution.Input, ... */
    bool reads_item;   /* "ReadsItem": ... $$.Map.Item.Value of a Map around it */
    bool keeps_input;  /* "KeepsInput": so the entry has to record it */
    int64_t timeout_s; /* "TimeoutSeconds" of the machine, at the entry; 0: none */
    int64_t waiting_s; /* "WaitingSeconds", at the entry: what a run waits at least, so that its
                        * records outlive that */
    /* the failure function: every node of the application */
    struct ir_node *nodes;
    size_t nodes_len;
};

/* The state with that name, or NULL. */
const struct ir_state *ir_state(const struct ir_node *node, struct unum_str name);

/* Call `each` with every target in the fields of a state: "Next" of Choices and Catch, "Default".
 * Stops and returns false when it does. */
bool ir_each_target(struct unum_str fields, bool (*each)(void *cookie, struct unum_str name),
                    void *cookie);

/* Read unum_config.json. Diagnostics E06xx with places; NULL if there is an error. */
struct ir_node *ir_read(const struct unum_source *source, struct unum_arena *arena,
                        struct unum_diags *diags);
/* The same without positions, for the runtime: no tree is built from diagnostics; INVAL with the
 * reason. */
UNUM_CHECKED int ir_load(struct unum_str json, struct unum_arena *arena, struct ir_node **ret,
                         struct unum_err *err);
/* Deterministic, diffable, ends with a newline; uses the edge spelling where the region allows it.
 */
void ir_write(const struct ir_node *node, struct unum_buf *out);

/* Names of instances in fan-in Values: "<node>-unumIndex-<indices, outermost first>". */
#define IR_INDEX "-unumIndex-"

/* What must hold between the nodes of an application: targets exist, one entry, ... */
void ir_check_application(struct ir_node *const *nodes, size_t count, struct unum_diags *diags);

#endif

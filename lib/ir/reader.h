/*
 * reader: the one builder of IR from text, behind ir_read() and ir_load(). It walks views that come
 * from a document with positions or from plain JSON slices; the table of keys, every check and the
 * conversion of edges into regions stand here once, so that the two cannot drift apart.
 */
#ifndef UNUM_IR_READER_H
#define UNUM_IR_READER_H

#include "ir/ir.h"
#include "json/doc.h"
#include "json/json.h"

/* A value in one of both worlds. */
struct ir_view {
    struct unum_str text; /* JSON slice; ptr NULL: a document */
    const struct doc *doc;
    const struct doc_member *member; /* the member it is the value of, or NULL */
};

/* Where a key may stand. */
enum ir_where {
    IR_AT_NODE = 1,
    IR_AT_EDGE = 2,
    IR_AT_TYPE = 4, /* {"Fan-in": ...} */
    IR_AT_FANIN = 8,
    IR_AT_OPENS = 16,
    IR_AT_STATE = 32,
    IR_AT_TASK = 64,
};

enum ir_fault {
    IR_FAULT_UNKNOWN,  /* key that nobody knows */
    IR_FAULT_MISSING,  /* key that must be there */
    IR_FAULT_VALUE,    /* wrong type, wrong value */
    IR_FAULT_OLD,      /* key of an older IR */
    IR_FAULT_LATER,    /* key that is not there yet */
    IR_FAULT_EXPR,     /* malformed expression */
    IR_FAULT_REGION,   /* states that contradict each other */
    IR_FAULT_CONFLICT, /* keys that contradict each other */
    IR_FAULT_DUPLICATE,
};

/* Keys in the order in which they are written. */
enum ir_key {
    IR_KEY_IRVERSION,
    IR_KEY_MACHINE,
    IR_KEY_NAME,
    IR_KEY_START,
    IR_KEY_CHECKPOINT,
    IR_KEY_GENERATED,
    IR_KEY_NEXT,
    IR_KEY_OPENS,
    IR_KEY_TASK,
    IR_KEY_THEN,
    IR_KEY_WITHIN,
    IR_KEY_STATES,
    IR_KEY_NODE_MODIFIERS,
    IR_KEY_DEBUG,
    IR_KEY_END,
    IR_KEY_READS_INPUT,
    IR_KEY_READS_ITEM,
    IR_KEY_KEEPS_INPUT,
    IR_KEY_TIMEOUT,
    IR_KEY_WAITING,
    IR_KEY_NODES,
    IR_KEY_INPUT_TYPE,
    IR_KEY_TYPE,
    IR_KEY_VALUES,
    IR_KEY_CONDITIONAL,
    IR_KEY_PARALLEL,
    IR_KEY_MODIFIERS,
    IR_KEY_FANIN,
    IR_KEY_MODE,
    IR_KEY_STATE,
    IR_KEY_NODE,
    IR_KEY_ITEMS_PATH,
    IR_KEY_BRANCH_START,
    IR_KEY_BRANCHES,
    IR_KEY_ENDS,
    IR_KEY_IN_PLACE,
    IR_KEY_OPENER,
    IR_KEY_FIELDS,
    IR_KEY_BACK,
    IR_KEY_STATE_NEXT,
    IR_KEY_COUNT,
    IR_KEY_REFUSED = IR_KEY_COUNT, /* known, but not to be used: `refusal` says why */
};

struct ir_key_row {
    struct unum_str name;
    unsigned where;
    enum ir_key key;
    const char *refusal;
    bool old;
};

extern const struct ir_key_row ir_keys[];
extern const size_t ir_keys_len;
const char *ir_key_name(enum ir_key key);

struct ir_reader {
    struct unum_arena *arena;
    const struct ir_reader_ops *ops;
    struct unum_err *err;     /* ir_load */
    struct unum_diags *diags; /* ir_read */
    bool failed;
    unsigned depth; /* "Nodes" inside of nodes */
};

struct ir_cursor {
    struct json_iter json;
    const struct doc *doc;
    size_t at;
};

struct ir_reader_ops {
    enum json_type (*type)(struct ir_view view);
    size_t (*count)(struct ir_view view);
    struct ir_cursor (*begin)(struct ir_view view);
    /* The next member; *ret_key (decoded) is empty in arrays. */
    bool (*next)(struct ir_reader *r, struct ir_cursor *cursor, struct unum_str *ret_key,
                 struct ir_view *ret_value);
    struct unum_str (*string)(struct ir_reader *r, struct ir_view view); /* decoded */
    bool (*boolean)(struct ir_view view);
    bool (*integer)(struct ir_view view, int64_t *ret);
    /* The value as JSON text, which lives as long as the arena. */
    struct unum_str (*json)(struct ir_reader *r, struct ir_view view);
    struct unum_span (*span)(struct ir_view view);
    /* Something is wrong at `view`; `at`: byte offset in its decoded string, for FAULT_EXPR. */
    void (*fault)(struct ir_reader *r, enum ir_fault fault, struct ir_view view, size_t at,
                  const char *text);
    /* A key that nobody knows; `view` is its value. */
    void (*unknown)(struct ir_reader *r, enum ir_where where, struct unum_str key,
                    struct ir_view view);
};

void ir_fault(struct ir_reader *r, enum ir_fault fault, struct ir_view view, const char *format,
              ...) UNUM_PRINTF(4, 5);

/* The node in `view`, or NULL after a fault. */
struct ir_node *ir_build(struct ir_reader *r, struct ir_view view);

/* ---- region.c ---- */

/* States collected for a node; grows in the arena. */
struct ir_states {
    struct unum_arena *arena;
    struct ir_state *at;
    size_t len, cap;
};
struct ir_state *ir_states_add(struct ir_states *states, struct unum_str name,
                               enum ir_state_type type);
/* Give them to the node: sorted, enclosing states added that are not among them. False if a name is
 * there twice (*ret_name). */
bool ir_states_finish(struct ir_states *states, struct ir_node *node, struct unum_str *ret_name);

/* "Opens". */
struct ir_opens {
    bool there;
    struct unum_str state, next;
};
/* Turn the edges of a compiled node into then and states. NULL, or what is wrong with them. */
const char *ir_region_of_edges(struct ir_node *node, const struct ir_opens *opens,
                               struct ir_states *states);
/* NULL, or what is wrong with a region; *ret_name: the state it is about. */
const char *ir_region_check(const struct ir_node *node, struct unum_str *ret_name);
/* Can it be spelled with edges? */
bool ir_region_is_edges(const struct ir_node *node);

/* One entry of the Values of a compiled fan-in: "<end>-unumIndex-$1.*" `depth` levels deep;
 * position SIZE_MAX: "*". */
void ir_member_name(struct unum_buf *out, struct unum_str end, size_t depth, size_t position);

#endif

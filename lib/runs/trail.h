/*
 * trail: what must come after a recorded decision. From the outcome of one instance and the IR of
 * the application to the keys in which the next step shows: what `invoke --wait` watches and what
 * `doctor` looks for. Nothing is evaluated here that needs values: where the way depends on one,
 * all ways are candidates and any of them counts.
 *
 * Names of instances and keys are those of the runtime (design: "Identity is the path").
 */
#ifndef UNUM_RUNS_TRAIL_H
#define UNUM_RUNS_TRAIL_H

#include "compile/compile.h"
#include "store/record.h"

/* One level of fan-out, as in "Fan-out" of payloads and records. */
struct trail_frame {
    bool parallel;
    uint32_t index, size, attempt, visit;
    struct unum_str opener;
};
struct trail_scope { /* outermost first */
    const struct trail_frame *at;
    size_t len;
};
/* PARSE if `json` (ptr NULL: no frames) is none. */
UNUM_CHECKED int trail_scope_parse(struct unum_str json, struct unum_arena *arena,
                                   struct trail_scope *ret, struct unum_err *err);
/* "<name>[^visit][-unumIndex-i[~attempt][^visit].j...]" */
struct unum_str trail_instance(struct unum_arena *arena, struct unum_str name,
                               struct trail_scope scope, uint32_t visit);
/* The name in front: of a node, or of the state that a close, an opening or a wait is called after.
 */
struct unum_str trail_name(struct unum_str instance);
/* "<close>~o<k>": attempt k of a Map or Parallel is opened. False: something else. */
bool trail_opening(struct unum_str instance, struct unum_str *ret_close, uint32_t *ret_attempt);

/* A Map or Parallel that something stands in: its close, and the attempt. */
struct trail_close {
    struct unum_str name;
    uint32_t attempt;
};
/* Those around an instance whose record has these frames, outermost first; none in hand-written IR.
 * PARSE, INVAL as trail_follow(). */
UNUM_CHECKED int trail_enclosing(const struct compiled *compiled, struct unum_str instance,
                                 struct unum_str frames, struct unum_arena *arena,
                                 struct trail_close **ret, size_t *ret_len, struct unum_err *err);
/* The opening of an attempt, as an instance. */
struct unum_str trail_opening_of(struct unum_arena *arena, struct trail_close close);
/* Is the instance called after a Map or Parallel? */
bool trail_is_fan_out(const struct compiled *compiled, struct unum_str instance);

enum trail_kind {
    TRAIL_STEP, /* an instance starts; `candidates` are its possible names */
    TRAIL_MARK, /* position `position` is marked in the completion set `owner`, or the fan-out has
                 * ended */
    TRAIL_MORE, /* the next attempt of a fan-out is opened: only if this one fails */
    TRAIL_END,  /* the run record becomes terminal */
};

/* Something that has to show. */
struct trail_link {
    enum trail_kind kind;
    struct unum_str *candidates; /* instances, any of them; MARK: the close */
    size_t candidates_len;
    struct unum_str from;    /* instance whose decision it is */
    struct unum_str label;   /* for people: state or node, with position */
    struct unum_str owner;   /* MARK, and STEP into a position: the close of the fan-out */
    uint32_t attempt;        /* of that fan-out, or of the one whose close is the only candidate */
    uint32_t position, size; /* position UINT32_MAX: a failure, which ends the whole */
    int64_t due_ms;          /* not before; 0: at once */
    bool probe; /* the first of a number that is not known: its record tells it (frames' Size) */
    const struct ir_state *state; /* STEP into a position: the fan-out; NULL if hand-written */
    struct trail_scope outer;     /* STEP into a position: where the fan-out stands */
    uint32_t visit;               /* the same: of the fan-out */
};
typedef UNUM_VEC(struct trail_link) trail_links;

/* Append what must follow `record` of `instance`. A Map's width is in no record: position 0 (or the
 * close, if it has none) stands for all; trail_siblings() has the rest. INVAL: the IR here does not
 * know the node or state; the application has changed since. */
UNUM_CHECKED int trail_follow(const struct compiled *compiled, struct unum_str instance,
                              const struct record *record, struct unum_arena *arena,
                              trail_links *links, struct unum_err *err);
/* The other positions of the fan-out that `probe` stands for, now that its width is known. */
void trail_siblings(const struct compiled *compiled, const struct trail_link *probe, uint32_t size,
                    struct unum_arena *arena, trail_links *links);
/* The name of the instance of the entry: without frames. */
struct unum_str trail_entry(const struct compiled *compiled);
/* The compiled node of an instance (of a close: one whose IR holds the state), or NULL. */
const struct compiled_node *trail_node(const struct compiled *compiled, struct unum_str instance);

#endif

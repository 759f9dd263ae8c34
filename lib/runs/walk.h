/*
 * walk: the recorded decisions of a run against what has come of them: which edges show nothing
 * yet. A run that goes on normally has some for as long as its functions work; one that stands
 * still has the same ones for longer than any function may take.
 */
#ifndef UNUM_RUNS_WALK_H
#define UNUM_RUNS_WALK_H

#include "runs/table.h"
#include "runs/trail.h"

/* A decision of which nothing has come. */
struct walk_gap {
    struct unum_str from;    /* instance that decided; empty: the start of the run */
    struct unum_str missing; /* instance that has no record, or what else does not show */
    struct unum_str label;   /* for people */
    struct unum_str sender;  /* node's instance whose event sends the edge again; may be empty */
    struct record record;    /* of the sender */
    int64_t since_ms;        /* when it was decided */
    int64_t due_ms;          /* not before; 0: at once */
    bool tried;              /* it has failed: what follows from that is missing */
    uint32_t attempts;       /* so often */
    bool retry;              /* the next attempt is missing; else its outcome, the failure */
};

struct run_walk {
    struct run_record run;
    struct walk_gap *gaps;
    size_t gaps_len;
    size_t records;    /* outcomes of the run */
    int64_t newest_ms; /* the latest decision or due time that has come, or the start of the run */
    size_t unknown;    /* records of nodes or states the application here does not have */
    size_t strange;    /* items of forms or versions that are not known here */
};

/* Reads all items of the run (the whole table, page by page). NOTFOUND if there is no such run.
 * Everything in `arena`. */
UNUM_CHECKED int run_walk(const struct runs_table *table, const struct store *store,
                          struct unum_str app, struct unum_str session,
                          const struct compiled *compiled, struct unum_arena *arena,
                          struct run_walk *ret, struct unum_err *err);

/* The event that makes `gap->sender` repeat its recorded decision: it finds its outcome and sends
 * the edges again, which is harmless where they have arrived. False: nothing recorded can be
 * repeated (hand-written IR, or the entry itself has no outcome). */
bool run_walk_event(const struct run_walk *walk, const struct compiled *compiled,
                    const struct walk_gap *gap, struct unum_str session, struct unum_arena *arena,
                    struct unum_str *ret_node, struct unum_str *ret_event);

#endif

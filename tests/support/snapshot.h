/*
 * snapshot: what is in the store after a run of a workbench, and what must hold for it.
 */
#ifndef TESTS_SUPPORT_SNAPSHOT_H
#define TESTS_SUPPORT_SNAPSHOT_H

#include "local/local.h"

struct snapshot_item {
    struct unum_str key, attrs; /* attrs: DynamoDB JSON */
};

struct snapshot {
    struct unum_arena arena;
    struct snapshot_item *items; /* in byte order of the keys */
    size_t len;
    struct unum_str prefix;                /* of the run's keys */
    struct unum_str status, output, error; /* of the run record; status empty: there is none */
    int64_t expires_s;
};

/* Reads the whole table; the run record is that of `session`. */
UNUM_CHECKED int snapshot_take(struct local *local, struct unum_str table, const char *session,
                               struct snapshot *ret, struct unum_err *err);
void snapshot_done(struct snapshot *snapshot);
/* The text attribute of an item, decoded into the snapshot's arena; ptr NULL if there is none. */
struct unum_str snapshot_text(struct snapshot *snapshot, const struct snapshot_item *item,
                              const char *name);
/* The item of an instance's outcome, or NULL. */
const struct snapshot_item *snapshot_outcome(const struct snapshot *snapshot,
                                             struct unum_str instance);
/* A value with every nonce blanked: what must be equal in every run. */
struct unum_str without_nonces(struct unum_arena *arena, struct unum_str json);

/* What holds after every schedule; FAILED with a sentence otherwise. */
UNUM_CHECKED int check_always(struct snapshot *now, struct unum_err *err);
/* A run that succeeded: same outcomes, same values but for nonces. */
UNUM_CHECKED int check_same(struct snapshot *now, struct snapshot *reference, struct unum_err *err);
/* Nothing in the store has changed. */
UNUM_CHECKED int check_untouched(const struct snapshot *before, const struct snapshot *after,
                                 struct unum_err *err);

#endif

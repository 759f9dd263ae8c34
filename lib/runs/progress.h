/*
 * progress: watching a run by its records: which steps have ended since the last look, and whether
 * the run has. Every look is a strongly consistent read of the run record and of the keys where the
 * next steps must show; nothing is scanned. Steps are told once each, a step after the one that led
 * to it. What cannot be foreseen (a value decides) is not shown; the end of the run always is.
 */
#ifndef UNUM_RUNS_PROGRESS_H
#define UNUM_RUNS_PROGRESS_H

#include "runs/trail.h"

struct progress_step {
    struct unum_str instance, name; /* name: of the node or state */
    bool error, close;
    struct unum_str error_type;
    int64_t after_ms; /* from the start of the run to the decision about its outcome */
};

struct progress;
/* All arguments are borrowed. `compiled` NULL: only the run record is watched. */
struct progress *progress_new(const struct store *store, struct unum_str app,
                              struct unum_str session, const struct compiled *compiled);
void progress_free(struct progress *progress);
/* One look. `each` is told what has ended since the last one; its texts live as long as the
 * progress. *ret has the run record (of this look; in `arena`). */
UNUM_CHECKED int progress_look(struct progress *progress,
                               void (*each)(void *cookie, const struct progress_step *step),
                               void *cookie, struct unum_arena *arena, struct run_record *ret,
                               struct unum_err *err);
/* What the run waits for, as text for people ("Resize[2], Publish"); empty if nothing is known. */
void progress_pending(const struct progress *progress, struct unum_buf *out);
/* How long to wait before the next look: 100 ms, growing to 2 s while nothing happens. */
int64_t progress_pause_ms(struct progress *progress);

#endif

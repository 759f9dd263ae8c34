/*
 * unit: one function directory on its way to a program: commands in stages, then the checks of the
 * result. Internal to lib/package. Commands run in the application's folder, so that no path that
 * reaches a compiler depends on where the application lies.
 */
#ifndef UNUM_PACKAGE_UNIT_H
#define UNUM_PACKAGE_UNIT_H

#include "package/hashes.h"
#include "package/job.h"
#include "package/source.h"
#include "package/toolchain.h"

#define UNIT_GENERATED "unum-generated" /* the unit of the nodes without user code */

enum unit_state { UNIT_WAITING, UNIT_RUNNING, UNIT_BUILT, UNIT_UNCHANGED, UNIT_FAILED };

struct unit_step {
    struct job job;
    struct words argv;
    bool started, ended;
};

struct unit {
    struct unum_str name;
    const char *dir;   /* sources: relative to the application's folder, or absolute */
    const char *cache; /* .unum/build-cache/<name>, relative */
    struct source source;
    const struct toolchain *toolchain;
    char key[HASHES_HEX]; /* hash of everything but the files' content */
    enum unit_state state;
    int stage;                          /* of its kind's stages, 0 first */
    UNUM_VEC(struct unit_step *) steps; /* all so far, in order; in the arena */
    size_t stage_start;                 /* first step of the current stage */
};

struct unit_context {
    const char *root; /* the application's folder */
    const char *absolute_root;
    const struct build_options *options;
    struct hashes *hashes;
    struct unum_arena *arena;
    const char *const *env;
};

void unit_done(struct unit *unit);

/* Read the directory and the stamp; state becomes UNCHANGED or WAITING. */
UNUM_CHECKED int unit_look(struct unit_context *context, struct unit *unit, struct unum_err *err);
/* Add the commands of the next stage; *ret_done when there are none left. */
UNUM_CHECKED int unit_advance(struct unit_context *context, struct unit *unit, bool *ret_done,
                              struct unum_err *err);
/* All commands succeeded: check the program, carry its libraries, put it into its place and write
 * the stamp. State becomes BUILT. */
UNUM_CHECKED int unit_finish(struct unit_context *context, struct unit *unit, struct unum_err *err);

/* Full path (heap) of a file in the unit's cache. */
char *unit_path(const struct unit_context *context, const struct unit *unit, const char *name);

/* stamp.c: what the last successful build saw. */
void unit_make_key(struct unit_context *context, struct unit *unit);
bool unit_stamp_holds(struct unit_context *context, const struct unit *unit);
UNUM_CHECKED int unit_stamp_write(struct unit_context *context, const struct unit *unit,
                                  struct unum_err *err);

/* program.c: from the linked file to one that runs elsewhere. Look at the ELF at `path`, copy the
 * libraries it needs and Amazon Linux has not. */
UNUM_CHECKED int unit_check_program(struct unit_context *context, struct unit *unit,
                                    const char *path, struct unum_err *err);

#endif

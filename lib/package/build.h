/*
 * build: from function directories to bundles.
 *
 * Below the application's folder: .unum/build/<Node>/ holds what is in the zip (bootstrap,
 * unum_config.json, the user's extra files), .unum/build/<Node>.zip is that zip, byte-identical for
 * equal inputs. Nothing is written into source directories. Unchanged inputs cost nothing.
 */
#ifndef UNUM_PACKAGE_BUILD_H
#define UNUM_PACKAGE_BUILD_H

#include "compile/compile.h"

struct build_options {
    bool debug;         /* symbols, -O0 */
    bool sanitize;      /* address and undefined-behaviour sanitizers */
    bool clean;         /* forget earlier output first */
    bool zip;           /* zips too (not needed to run here) */
    unsigned jobs;      /* 0: one per core */
    const char *prefix; /* installation: holds include/unum, lib/unum, share/unum */
    /* One line per phase for a person; may be NULL. */
    void *cookie;
    void (*progress)(void *cookie, struct unum_str function, const char *phase);
    /* The user's compiler speaking: passed on as it is. */
    void (*output)(void *cookie, struct unum_str function, struct unum_str text);
};

struct build_result {
    size_t built, unchanged; /* functions */
};

/* Errors: FAILED (a function does not compile; its output went to options->output), NOTFOUND (a
 * function directory or a tool is missing), INVAL (the ELF will not run on Amazon Linux 2023; names
 * the symbol). */
UNUM_CHECKED int build_app(const struct app *app, const struct compiled *compiled,
                           const struct build_options *options, struct build_result *ret,
                           struct unum_err *err);

/* INVAL: a bundle that lies in .unum/build is for another architecture than the template says; with
 * its place there. Bundles that are missing are not looked for. */
UNUM_CHECKED int build_check_machines(const struct app *app, const struct compiled *compiled,
                                      struct unum_err *err);

#endif

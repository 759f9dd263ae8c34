/*
 * compile: state machine -> one IR per node; and where the IR of an application is found.
 */
#ifndef UNUM_COMPILE_COMPILE_H
#define UNUM_COMPILE_COMPILE_H

#include "ir/ir.h"
#include "template/app.h"

struct compiled_node {
    struct unum_str node;     /* "<Function>" or "<Function>--<State>" */
    struct unum_str function; /* which bundle runs it; empty: generated, no user code */
    struct ir_node *ir;
};

struct compiled {
    struct compiled_node *at; /* in template order, then the generated ones */
    size_t len;
    struct unum_str entry; /* node that starts the workflow */
};

/* Everything that runs for `app`: its definition compiled, or its hand-written unum_config.json
 * files read. The failure function (IR_FAILURES_NODE) is always among the nodes. *ret is NULL when
 * diagnostics contain an error; a negative code means a file could not be read. Nothing is written.
 */
UNUM_CHECKED int compile_app(const struct app *app, struct unum_arena *arena,
                             struct unum_diags *diags, struct compiled **ret, struct unum_err *err);

struct doc;

/* The same for a definition that has been read already, with the name, functions and settings of
 * `app`; its folder and template are not looked at. NULL when diagnostics contain an error. */
struct compiled *compile_doc(const struct app *app, const struct doc *doc, struct unum_arena *arena,
                             struct unum_diags *diags);

struct asl_machine;
struct asl_functions;

/* A definition that is right; NULL with hand-written IR, or after an error. */
struct compile_checked {
    const struct asl_machine *machine;
    const struct asl_functions *functions;
};

/* Is there anything wrong with the definition of `app`, whether or not it can be projected? With
 * hand-written IR: as compile_app(). `ret` may be NULL. */
UNUM_CHECKED int compile_check(const struct app *app, struct unum_arena *arena,
                               struct unum_diags *diags, struct compile_checked *ret,
                               struct unum_err *err);

/* Write .unum/ir/<Node>/unum_config.json below the application's folder, each atomically and only
 * if it changed; folders of nodes that no longer exist are removed. */
UNUM_CHECKED int compile_write(const struct app *app, const struct compiled *compiled,
                               struct unum_err *err);

#endif

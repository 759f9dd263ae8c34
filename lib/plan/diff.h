/*
 * diff: what two versions of an application do differently, at the level of their IR, and what that
 * means for runs that have begun with the one and go on with the other.
 *
 * Nothing tells a run which version it belongs to: whoever comes next goes on with the IR it has.
 * What holds a run together are names: of functions, which events are sent to, and of records,
 * which others look for. So a change is safe for runs in flight as long as nobody looks under a new
 * name for what was written under an old one (rules.c has the table).
 */
#ifndef UNUM_PLAN_DIFF_H
#define UNUM_PLAN_DIFF_H

#include "plan/whole.h"

enum diff_kind { DIFF_SAME, DIFF_ADDED, DIFF_REMOVED, DIFF_CHANGED };

/* What a deployment does with the function. What user code does is not compared. */
enum diff_deploy {
    DEPLOY_NOTHING,
    DEPLOY_HASH, /* its IR, in which only the hash of the machine is another */
    DEPLOY_IR,   /* its IR */
    DEPLOY_CODE, /* another bundle */
    DEPLOY_NEW,
    DEPLOY_GONE,
};

struct diff_function {
    struct unum_str node;
    struct unum_str code; /* the bundle; ptr NULL: not known */
    enum diff_kind kind;
    enum diff_deploy deploy;
    struct unum_str *says; /* one sentence per difference, without full stop */
    size_t len;
};

enum diff_safety {
    DIFF_SAFE,
    DIFF_REPAIR, /* only a run that has to be repaired at that moment is hurt */
    DIFF_UNSAFE,
};

/* A row of the table of rules. */
struct diff_rule {
    const char *id;
    enum diff_safety safety;
    const char *what; /* has changed */
    const char *why;
};
extern const struct diff_rule diff_rules[];
extern const size_t diff_rules_len;

struct diff_finding {
    const struct diff_rule *rule;
    struct unum_str subject; /* state or function */
    struct unum_str runs;    /* which are concerned, and how it shows: a sentence */
};

struct diff {
    struct diff_function *functions; /* those of the new version in its order, then removed ones */
    size_t functions_len;
    size_t changed;                /* functions that are not DIFF_SAME */
    struct diff_finding *findings; /* worst first */
    size_t findings_len;
    enum diff_safety verdict; /* of the worst finding */
};

const char *diff_kind_name(enum diff_kind kind);       /* "same", "added", ... */
const char *diff_deploy_name(enum diff_deploy deploy); /* "nothing", "IR", "code", "new", ... */
const char *diff_safety_name(enum diff_safety safety); /* "safe", "repair", "unsafe" */

/* Compare. Everything in *ret lives in `arena`. Linear in the size of both. */
void diff_make(const struct plan_app *old, const struct plan_app *new, struct unum_arena *arena,
               struct diff *ret);

#endif

/*
 * app: an application as unum-template.yaml describes it (unum-template(5)).
 * Everything lives in the arena given to app_read().
 */
#ifndef UNUM_TEMPLATE_APP_H
#define UNUM_TEMPLATE_APP_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/err.h"

enum app_arch { APP_ARCH_X86_64, APP_ARCH_ARM64 };

struct app_pair {
    struct unum_str name, value;
};

struct app_function {
    struct unum_str name;
    struct unum_span span;    /* of the name in the template */
    struct unum_str code_uri; /* folder, relative to the template, without final slash */
    struct unum_str runtime, handler;
    bool start, start_set;
    int64_t memory_mb, timeout_s;
    enum app_arch arch;
    struct app_pair *environment;
    size_t environment_len;
    struct app_pair *tags; /* with those of Globals */
    size_t tags_len;
    struct unum_str *policies; /* names or ARNs of managed policies */
    size_t policies_len;
    struct unum_str *statements; /* policies written in place: IAM statements as JSON */
    size_t statements_len;
    bool durable; /* DurableConfig given */
    int64_t durable_timeout_s, durable_retention_days;
};

struct app {
    char *dir; /* folder of the template; all relative paths start there. In the arena. */
    struct unum_source source;
    struct unum_str name;
    struct unum_str workflow_type; /* "step-functions", or empty: hand-written IR */
    struct unum_str definition;    /* path, or empty */
    struct unum_span definition_span;
    size_t definition_limit;  /* largest one that is read; 0: UNUM_LIMIT_DEFINITION */
    struct unum_str platform; /* "aws" */
    struct unum_str region;   /* or empty */
    struct unum_str store_type, store_name;
    bool store_name_set; /* an explicit name is used exactly and adopted if it exists */
    bool store_discard;  /* the table goes with the stack */
    bool checkpoint, gc, debug, eager;
    int64_t retention_s, watchdog_s /* 0: off */, max_inline_wait_s;
    struct app_pair *tags;
    size_t tags_len;
    struct app_function *functions;
    size_t functions_len;
};

/* Read and check a template. *ret is NULL when diagnostics (E03xx) contain an error; a negative
 * code means the file could not be read. `source->text` and the tree live in `arena`. */
UNUM_CHECKED int app_read(const char *path, struct unum_arena *arena, struct unum_diags *diags,
                          struct app **ret, struct unum_err *err);
/* The same for a text that has been read from `path`; NULL when diagnostics contain an error. The
 * text is copied. */
struct app *app_parse(const char *path, struct unum_str text, struct unum_arena *arena,
                      struct unum_diags *diags);
const struct app_function *app_function(const struct app *app, struct unum_str name);

/* "<app>-<node>", the deployed name of a node. */
struct unum_str app_node_function(const struct app *app, struct unum_str node,
                                  struct unum_arena *arena);

const char *app_arch_name(enum app_arch arch); /* "x86_64" or "arm64" */
/* Of the function with that name; generated ones (an empty one) run where the first function does.
 */
enum app_arch app_function_arch(const struct app *app, struct unum_str name);

/* "unum-template.yaml:12:3", where the function (NULL: the application) stands, for messages about
 * what is found out later; NULL if it stands nowhere. In the arena. */
const char *app_place(const struct app *app, const struct app_function *function,
                      struct unum_arena *arena);

/* The environment every function of the application gets, on AWS and locally (unum-runtime(7)):
 * UNUM_APP, FAAS_PLATFORM, UNUM_INTERMEDIARY_DATASTORE_TYPE and _NAME, CHECKPOINT, GC, UNUM_DEBUG,
 * UNUM_RETENTION and UNUM_MAX_INLINE_WAIT (seconds). *ret in the arena. Functions that start others
 * later also get UNUM_SCHEDULE_ROLE, the ARN of the role that their schedules have. */
size_t app_environment(const struct app *app, struct unum_arena *arena, struct app_pair **ret);

#endif

/*
 * deploy: an application to AWS with CloudFormation: artifacts by content hash, one change set, its
 * events, its outputs. Every step can be repeated: a deployment that was interrupted anywhere is
 * continued by running it again.
 */
#ifndef UNUM_DEPLOY_DEPLOY_H
#define UNUM_DEPLOY_DEPLOY_H

#include "aws/cloudformation.h"
#include "compile/compile.h"

/* How a person hears of it and is asked. All may be NULL but `cookie`. */
struct deploy_ui {
    void *cookie;
    void (*phase)(void *cookie, const char *text); /* what is being done now */
    void (*warn)(void *cookie, const char *text);
    void (*note)(void *cookie, const char *text); /* good to know, and not gone with the phase */
    void (*changes)(void *cookie, const struct cfn_change_set *set, bool create);
    void (*event)(void *cookie, const struct cfn_event *event);
    /* Is there somebody to ask, and does he say yes? *ret_asked is false if there is nobody. */
    bool (*confirm)(void *cookie, const char *question, bool *ret_asked);
    bool (*interrupted)(void *cookie);
    /* What is true if this ends here and now, for the message of a failure: "the stack shop is not
     * changed". The text is gone when this returns. */
    void (*state)(void *cookie, const char *text);
};

struct deploy_target {
    const struct app *app;
    const struct compiled *compiled; /* built: .unum/build/<Node>.zip */
    struct aws_client *client;
    const struct unum_clock *clock;
    const struct deploy_ui *ui;
    struct unum_str account, region; /* account: id of whose buckets and stacks they must be */
    struct unum_str partition;       /* "aws" */
    struct unum_str stack;           /* its name */
    bool at_aws;                     /* CloudFormation answers at AWS itself */
    struct unum_str s3_url; /* where objects can be read from by CloudFormation, no final "/" */
};

struct deploy_options {
    struct unum_str bucket; /* empty: the managed one, made when it is missing */
    bool dry_run;           /* show the change set and take it back; nothing is made or uploaded,
                             * but a template that is too long for a request */
    bool yes;               /* ask nothing */
    bool replace_failed;    /* delete a stack whose creation failed, and make it anew */
    bool no_rollback;       /* what fails stays as far as it came, and a later run goes on there */
    bool fail_on_empty;     /* "no changes" is CONFLICT */
    bool no_wait;           /* CONFLICT instead of waiting for somebody else's operation */
    struct unum_str role_arn;
    const struct cfn_pair *parameters, *tags;
    size_t parameters_len, tags_len;
    const struct unum_str *skip; /* resources that a stuck rollback or deletion leaves alone */
    size_t skip_len;
    int64_t poll_ms; /* first pause between questions; 0: 500 ms */
};

struct deploy_result {
    struct cfn_stack stack; /* afterwards; in the arena */
    bool changed;           /* false: there was nothing to do, or it was a dry run */
    size_t uploaded, artifacts;
    size_t changes;         /* of the change set */
    size_t swapped;         /* functions that ran other code than the stack names; put right, but in
                             * a dry run */
    struct unum_str bucket; /* of the artifacts */
    size_t missing;         /* dry run: bundles that would be uploaded */
    bool no_bucket;         /* dry run: the managed one would be made */
};

/* ROLLED_BACK: the operation failed; the message names its first cause, and what state the stack is
 * in. CANCELLED: interrupted, or refused by the person; the operation goes on where it had begun.
 * CONFLICT, DENIED, AUTH, LIMIT, ... with what to do. */
UNUM_CHECKED int deploy_run(const struct deploy_target *target,
                            const struct deploy_options *options, struct unum_arena *arena,
                            struct deploy_result *ret, struct unum_err *err);

/* Undo an update that is in progress, or that failed and was not undone; one that is being undone
 * is waited for. *ret is the stack afterwards. CONFLICT: there is nothing to undo, or nothing to go
 * back to. CANCELLED: interrupted, the undoing goes on. ROLLED_BACK: it got stuck. Of `options`
 * only role_arn, skip and poll_ms count. */
UNUM_CHECKED int deploy_cancel(const struct deploy_target *target,
                               const struct deploy_options *options, struct unum_arena *arena,
                               struct cfn_stack *ret, struct unum_err *err);

struct deploy_removal {
    bool yes;
    bool purge;             /* the table too, with all records of runs */
    struct unum_str bucket; /* empty: the managed one */
    struct unum_str role_arn;
    const struct unum_str *skip; /* resources that cannot be deleted and shall stay */
    size_t skip_len;
    int64_t poll_ms;
};
struct deploy_removed {
    bool stack, table;
    size_t objects;
};
/* Delete what deploy_run() made for this stack: the stack, its artifacts, with `purge` its table;
 * the managed bucket stays, others may use it. Repeating it finishes what was interrupted. */
UNUM_CHECKED int deploy_remove(const struct deploy_target *target,
                               const struct deploy_removal *removal, struct deploy_removed *ret,
                               struct unum_err *err);

/* Tell the ui what is true from here on; `format` without end of sentence. */
void deploy_state(const struct deploy_target *target, const char *format, ...) UNUM_PRINTF(2, 3);

/* What runs of deploy in this folder know of a deployment, .unum/<stage>.json: written by the
 * program. */
void deploy_write_outputs(const struct deploy_target *target, const struct cfn_stack *stack,
                          struct unum_buf *out);

#endif

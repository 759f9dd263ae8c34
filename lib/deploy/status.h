/*
 * status: what a deployment does with a stack in each of CloudFormation's states.
 * Source: AWS CloudFormation User Guide, "Understanding CloudFormation stack status codes".
 */
#ifndef UNUM_DEPLOY_STATUS_H
#define UNUM_DEPLOY_STATUS_H

#include "base/str.h"

enum stack_action {
    STACK_CREATE,          /* there is none, or only the shell of one */
    STACK_UPDATE,          /* as it should be, or as it was before a failed update */
    STACK_RETRY,           /* failed with rollback disabled: an update goes on from what is there */
    STACK_REPLACE,         /* its creation failed: it can only be deleted and made anew */
    STACK_FINISH_ROLLBACK, /* a rollback got stuck */
    STACK_FINISH_DELETE,   /* a deletion got stuck */
    STACK_ATTACH,          /* an operation is in progress: follow it, then look again */
    STACK_REFUSE,          /* nothing that unum does leads here, and it cannot mend it */
};

/* What undoing the last update means. */
enum stack_undo {
    UNDO_NOTHING,   /* there is no update to undo */
    UNDO_CREATION,  /* there was nothing before it: that is a deletion */
    UNDO_CANCEL,    /* it is in progress */
    UNDO_ROLL_BACK, /* it failed, and what it did is kept */
    UNDO_CONTINUE,  /* undoing it got stuck */
    UNDO_FOLLOW,    /* it is being undone */
    UNDO_DONE,
    UNDO_LATE, /* it is done but for tidying up */
};

struct stack_status {
    const char *name;
    enum stack_action action;
    bool good; /* an operation that ends here did what it was asked for */
    enum stack_undo undo;
    const char *says; /* what it means, for a person */
    const char *next; /* which command goes on from here */
};

/* The row of a status, or of one that nobody knows (name "?"): attached while it ends with
 * _IN_PROGRESS, else updated. The empty status: there is no stack. */
const struct stack_status *stack_status(struct unum_str status);
bool stack_in_progress(struct unum_str status);
/* All rows, ended by a NULL name; for tests. */
extern const struct stack_status stack_statuses[];

#endif

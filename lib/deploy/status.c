#include "deploy/status.h"

#define AGAIN    "mend the cause and deploy again"
#define GOES_ON  "`unum deploy` follows it"
#define REPLACE  "mend the cause; `unum deploy --replace-failed` deletes it and makes it anew"
#define IN_PLACE "`unum deploy` changes it"

const struct stack_status stack_statuses[] = {
    {"", STACK_CREATE, false, UNDO_NOTHING, "there is no stack", "`unum deploy -b` makes it"},
    {"REVIEW_IN_PROGRESS", STACK_CREATE, false, UNDO_NOTHING, "it was planned, and never created",
     "`unum deploy` creates it"},
    {"CREATE_COMPLETE", STACK_UPDATE, true, UNDO_NOTHING, "it is in place", IN_PLACE},
    {"UPDATE_COMPLETE", STACK_UPDATE, true, UNDO_NOTHING, "it is in place", IN_PLACE},
    {"IMPORT_COMPLETE", STACK_UPDATE, true, UNDO_NOTHING, "it is in place", IN_PLACE},
    {"UPDATE_ROLLBACK_COMPLETE", STACK_UPDATE, false, UNDO_DONE,
     "an update failed, and it is as it was before", AGAIN},
    {"IMPORT_ROLLBACK_COMPLETE", STACK_UPDATE, false, UNDO_NOTHING,
     "an import failed, and it is as it was before", IN_PLACE},
    {"CREATE_FAILED", STACK_RETRY, false, UNDO_CREATION,
     "its creation failed, and what was made is kept",
     "mend the cause and deploy again: it goes on from what is there; `unum delete` removes it"},
    {"UPDATE_FAILED", STACK_RETRY, false, UNDO_ROLL_BACK,
     "an update failed, and what was done is kept",
     "mend the cause and deploy again: it goes on from what is there; `unum deploy --cancel` "
     "undoes it"},
    {"ROLLBACK_COMPLETE", STACK_REPLACE, false, UNDO_CREATION,
     "its creation failed, and what was made is removed", REPLACE},
    {"ROLLBACK_FAILED", STACK_REPLACE, false, UNDO_CREATION,
     "its creation failed, and not all that was made could be removed", REPLACE},
    {"UPDATE_ROLLBACK_FAILED", STACK_FINISH_ROLLBACK, false, UNDO_CONTINUE,
     "an update failed, and so did undoing it",
     "mend what is in the way, or leave a resource as it is with --skip-resource ID; then "
     "`unum deploy` finishes the rollback and goes on, `unum deploy --cancel` only finishes it"},
    {"DELETE_FAILED", STACK_FINISH_DELETE, false, UNDO_NOTHING, "not all of it could be deleted",
     "mend what is in the way, or leave a resource behind with --skip-resource ID; then "
     "`unum delete` finishes it, `unum deploy` finishes it and makes the stack anew"},
    {"IMPORT_ROLLBACK_FAILED", STACK_REFUSE, false, UNDO_NOTHING,
     "an import of resources failed, and so did undoing it",
     "unum imports nothing: who did has to finish it, in CloudFormation's console; then deploy "
     "again"},
    {"DELETE_COMPLETE", STACK_CREATE, true, UNDO_NOTHING, "it is deleted",
     "`unum deploy -b` makes it anew"},
    {"CREATE_IN_PROGRESS", STACK_ATTACH, false, UNDO_CREATION, "it is being created",
     GOES_ON ", `unum delete` removes it"},
    {"ROLLBACK_IN_PROGRESS", STACK_ATTACH, false, UNDO_CREATION,
     "a failed creation is being undone", GOES_ON},
    {"UPDATE_IN_PROGRESS", STACK_ATTACH, false, UNDO_CANCEL, "it is being updated",
     GOES_ON ", `unum deploy --cancel` undoes it"},
    {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", STACK_ATTACH, true, UNDO_LATE,
     "what was replaced is being removed", GOES_ON},
    {"UPDATE_ROLLBACK_IN_PROGRESS", STACK_ATTACH, false, UNDO_FOLLOW,
     "a failed update is being undone", GOES_ON},
    {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", STACK_ATTACH, false, UNDO_FOLLOW,
     "what a failed update had made is being removed", GOES_ON},
    {"DELETE_IN_PROGRESS", STACK_ATTACH, false, UNDO_NOTHING, "it is being deleted",
     "`unum delete` follows it, `unum deploy` makes it anew afterwards"},
    {"IMPORT_IN_PROGRESS", STACK_ATTACH, false, UNDO_NOTHING, "resources are being imported",
     GOES_ON},
    {"IMPORT_ROLLBACK_IN_PROGRESS", STACK_ATTACH, false, UNDO_NOTHING,
     "a failed import is being undone", GOES_ON},
    {0},
};

bool stack_in_progress(struct unum_str status)
{
    return stack_status(status)->action == STACK_ATTACH;
}

const struct stack_status *stack_status(struct unum_str status)
{
    static const struct stack_status unknown = {
        "?", STACK_UPDATE, false, UNDO_NOTHING, "a state that this program does not know", AGAIN};
    static const struct stack_status unknown_busy = {"?",
                                                     STACK_ATTACH,
                                                     false,
                                                     UNDO_NOTHING,
                                                     "an operation that this program does not know "
                                                     "is in progress",
                                                     GOES_ON};
    for (const struct stack_status *row = stack_statuses; row->name; row++) {
        if (unum_str_is(status, row->name))
            return row;
    }
    return unum_str_ends(status, UNUM_STR("_IN_PROGRESS")) ? &unknown_busy : &unknown;
}

#include "deploy/status.h"

const struct stack_status stack_statuses[] = {
    {"", STACK_CREATE, false, "there is no stack yet"},
    {"REVIEW_IN_PROGRESS", STACK_CREATE, false, "it was planned, and never created"},
    {"CREATE_COMPLETE", STACK_UPDATE, true, "it is in place"},
    {"UPDATE_COMPLETE", STACK_UPDATE, true, "it is in place"},
    {"IMPORT_COMPLETE", STACK_UPDATE, true, "it is in place"},
    {"UPDATE_ROLLBACK_COMPLETE", STACK_UPDATE, false,
     "an update failed, and it is as it was before"},
    {"IMPORT_ROLLBACK_COMPLETE", STACK_UPDATE, false,
     "an import failed, and it is as it was before"},
    {"CREATE_FAILED", STACK_RETRY, false, "its creation failed, and what was made is kept"},
    {"UPDATE_FAILED", STACK_RETRY, false, "an update failed, and what was done is kept"},
    {"ROLLBACK_COMPLETE", STACK_REPLACE, false,
     "its creation failed, and what was made is removed"},
    {"ROLLBACK_FAILED", STACK_REPLACE, false,
     "its creation failed, and not all that was made could be removed"},
    {"IMPORT_ROLLBACK_FAILED", STACK_REPLACE, false, "an import failed, and so did undoing it"},
    {"UPDATE_ROLLBACK_FAILED", STACK_FINISH_ROLLBACK, false,
     "an update failed, and so did undoing it"},
    {"DELETE_FAILED", STACK_FINISH_DELETE, false, "not all of it could be deleted"},
    {"DELETE_COMPLETE", STACK_CREATE, true, "it is deleted"},
    {"CREATE_IN_PROGRESS", STACK_ATTACH, false, "it is being created"},
    {"ROLLBACK_IN_PROGRESS", STACK_ATTACH, false, "a failed creation is being undone"},
    {"UPDATE_IN_PROGRESS", STACK_ATTACH, false, "it is being updated"},
    {"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", STACK_ATTACH, true,
     "what was replaced is being removed"},
    {"UPDATE_ROLLBACK_IN_PROGRESS", STACK_ATTACH, false, "a failed update is being undone"},
    {"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", STACK_ATTACH, false,
     "what a failed update had made is being removed"},
    {"DELETE_IN_PROGRESS", STACK_ATTACH, false, "it is being deleted"},
    {"IMPORT_IN_PROGRESS", STACK_ATTACH, false, "resources are being imported"},
    {"IMPORT_ROLLBACK_IN_PROGRESS", STACK_ATTACH, false, "a failed import is being undone"},
    {0},
};

bool stack_in_progress(struct unum_str status)
{
    return stack_status(status)->action == STACK_ATTACH;
}

const struct stack_status *stack_status(struct unum_str status)
{
    static const struct stack_status unknown = {"?", STACK_UPDATE, false,
                                                "a state that this program does not know"};
    static const struct stack_status unknown_busy = {
        "?", STACK_ATTACH, false, "an operation that this program does not know is in progress"};
    for (const struct stack_status *row = stack_statuses; row->name; row++) {
        if (unum_str_is(status, row->name))
            return row;
    }
    return unum_str_ends(status, UNUM_STR("_IN_PROGRESS")) ? &unknown_busy : &unknown;
}

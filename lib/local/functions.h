/*
 * functions: functions that were created over the wire: their definitions, kept as JSON records,
 * and their unpacked code. Internal to local/.
 */
#ifndef UNUM_LOCAL_FUNCTIONS_H
#define UNUM_LOCAL_FUNCTIONS_H

#include "local/internal.h"
#include "json/json.h"

#define FUNCTIONS_MAX 1000
#define FUNCTIONS_ZIP (50 * UNUM_MB) /* Lambda: code within a request */

/* What is known of it, as JSON object (in `arena`): members of CreateFunction and CodeSha256,
 * CodeSize, Dir, RevisionId, LastModified, Tags, RecursiveLoop, Reserved, Invoke. */
struct unum_str function_record(const struct function *function, struct unum_arena *arena);
/* The record with the members of `changes` in place of its own, a new RevisionId and time; then the
 * function is as the record says, processes of the old code end, and it is kept. `changes` is a
 * checked JSON object; null takes a member away. */
void function_change(struct local *local, struct function *function, struct unum_str changes);
/* A new function. The name must be free. */
struct function *function_create(struct local *local, struct unum_str name, struct unum_str record);
/* It counts as being created (State Pending), or as being changed (LastUpdateStatus InProgress), as
 * long as the configuration's latency says. */
void function_settles(struct local *local, struct function *function, bool created);
bool function_is_pending(const struct function *function);
bool function_is_changing(const struct function *function);
/* Its processes end, events that wait for it are lost. */
void function_delete(struct local *local, struct function *function);
/* Unpack a zip: writes CodeSha256, CodeSize and Dir as members to `w`. */
UNUM_CHECKED int function_unpack(struct local *local, struct unum_str name, struct unum_str zip,
                                 struct json_writer *w, struct unum_err *err);
UNUM_CHECKED int functions_restore(struct local *local, struct unum_err *err);

#endif

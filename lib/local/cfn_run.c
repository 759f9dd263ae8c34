/* What an operation is going through: the phases, and which status of the stack each leads to.
 * Source: CloudFormation User Guide, "Stack status codes", "Stack failure options", "Continue
 * rolling back an update". */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

int cfn_run_template(struct cfn_stack *stack, struct unum_err *err)
{
    if (stack->template)
        return 0;
    return cfn_template_read(unum_str_from(stack->next.body), &stack->template, err);
}

static void drop_template(struct cfn_stack *stack)
{
    cfn_template_free(stack->template);
    stack->template = NULL;
}

static void on_time(struct local *local, void *cookie);

static int64_t next_due(const struct cfn_stack *stack)
{
    int64_t due_ms = INT64_MAX;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *r = entry->value;
        if (r->action != CFN_NOTHING && r->progress == CFN_RUNNING && r->due_ms < due_ms)
            due_ms = r->due_ms;
    }
    return due_ms == INT64_MAX ? local_now(stack->local) + CFN_STEP_MS : due_ms;
}

static void arm(struct cfn_stack *stack, int64_t due_ms)
{
    local_timer_disarm(stack->local, stack);
    local_timer_arm(stack->local,
                    &(struct local_timer){.due_ms = due_ms, .fire = on_time, .cookie = stack});
}

void cfn_run_arm(struct cfn_stack *stack)
{
    arm(stack, next_due(stack));
}

/* ---- phases ---- */

static void give(struct cfn_stack *stack, struct cfn_resource *r, enum cfn_action action)
{
    r->action = action;
    r->progress = CFN_PENDING;
    r->replacing = false;
    cfn_keep_resource(stack, r);
}

/* Every resource its action, then the status: kept together. */
static void enter(struct cfn_stack *stack, enum cfn_phase phase, enum cfn_status status,
                  const char *reason,
                  enum cfn_action (*action)(const struct cfn_stack *, const struct cfn_resource *))
{
    struct unum_map_entry *entry = NULL;
    cfn_keep_begin(stack->local);
    stack->phase = phase;
    while (action && (entry = unum_map_next(&stack->resources, entry)))
        give(stack, entry->value, action(stack, entry->value));
    cfn_stack_status(stack, status, reason);
    cfn_keep_end(stack->local);
    cfn_run_arm(stack);
}

static void settle_resources(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        r->action = CFN_NOTHING;
        free(UNUM_TAKE(r->leftover));
        free(UNUM_TAKE(r->leftover_properties));
        if (!r->physical && (r->status == CFN_DELETE_COMPLETE || r->status == CFN_NO_STATUS))
            cfn_resource_drop(stack, r);
        else
            cfn_keep_resource(stack, r);
    }
}

/* The operation is over. */
static void leave(struct cfn_stack *stack, enum cfn_status status, const char *reason)
{
    cfn_keep_begin(stack->local);
    stack->phase = CFN_IDLE;
    stack->cancelled = false;
    settle_resources(stack);
    drop_template(stack);
    if (stack->updating)
        stack->updated_ms = local_now(stack->local);
    cfn_stack_status(stack, status, reason);
    free(UNUM_TAKE(stack->token));
    cfn_keep_end(stack->local);
}

static enum cfn_action remove_action(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    (void)stack, (void)r;
    return CFN_REMOVE;
}

static enum cfn_action cleanup_action(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    (void)stack;
    return r->unwanted ? CFN_REMOVE : r->leftover ? CFN_CLEAN : CFN_NOTHING;
}

static enum cfn_action roll_back_action(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    (void)stack;
    return !r->fresh && (r->changed || r->status == CFN_UPDATE_FAILED) ? CFN_RESTORE : CFN_NOTHING;
}

static enum cfn_action roll_cleanup_action(const struct cfn_stack *stack,
                                           const struct cfn_resource *r)
{
    (void)stack;
    return r->fresh ? CFN_REMOVE : r->leftover ? CFN_CLEAN : CFN_NOTHING;
}

/* Nothing of an earlier update is left to go back to. */
static void forget_old(struct cfn_resource *r)
{
    r->changed = r->replaced = r->fresh = r->unwanted = false;
    free(UNUM_TAKE(r->old_physical));
    free(UNUM_TAKE(r->old_properties));
    free(UNUM_TAKE(r->old_attributes));
    free(UNUM_TAKE(r->old_metadata));
}

static void forget_all_old(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry)))
        forget_old(entry->value);
}

/* What is not in the stack any more, deleted or not. */
static void drop_gone(struct cfn_stack *stack, bool fresh)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (fresh ? r->fresh : r->unwanted)
            cfn_resource_drop(stack, r);
    }
}

static void copy_depends(struct cfn_resource *r, const struct cfn_declared *declared)
{
    for (size_t i = 0; i < r->depends_len; i++)
        free(r->depends[i]);
    free(r->depends);
    r->depends_len = declared->depends_len;
    r->depends = unum_alloc_array(r->depends_len, sizeof(*r->depends));
    for (size_t i = 0; i < r->depends_len; i++)
        r->depends[i] = unum_str_dup(declared->depends[i]);
}

/* The resources that the template wants, in its order. */
static int plan(struct cfn_stack *stack, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    int rc = cfn_run_template(stack, err);
    if (rc)
        return rc;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        r->unwanted = true;
        r->action = CFN_NOTHING;
    }
    struct cfn_scope scope =
        cfn_stack_scope(stack, stack->template, &stack->next.parameters, &arena);
    for (size_t i = 0; i < stack->template->resources_len; i++) {
        const struct cfn_declared *declared = &stack->template->resources[i];
        bool included = true;
        rc = cfn_included(&scope, declared->condition, &included, err);
        if (rc)
            return rc;
        if (!included)
            continue;
        struct cfn_resource *r = cfn_resource_find(stack, declared->id);
        if (!r)
            r = cfn_resource_new(stack, declared->id, declared->type);
        if (!r->physical)
            r->fresh = true;
        r->unwanted = false;
        r->deletion = declared->deletion;
        r->replacement = declared->replacement;
        r->failed_once = false;
        copy_depends(r, declared);
        r->action = r->physical ? CFN_CHANGE : CFN_CREATE;
    }
    return 0;
}

static enum cfn_action planned_action(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    (void)stack;
    return r->action;
}

static void forward(struct cfn_stack *stack, enum cfn_status status)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    /* It was read before it was accepted. */
    if (plan(stack, &err))
        stack->cancelled = true;
    enter(stack, CFN_FORWARD, status, stack->cancelled ? unum_err_text(&err) : "User Initiated",
          planned_action);
}

/* ---- outputs ---- */

static int export_output(struct cfn_stack *stack, struct cfn_scope *scope,
                         const struct cfn_output *output, struct cfn_pairs *exports,
                         struct unum_err *err)
{
    struct unum_str name = UNUM_STR_NONE, value;
    const struct cfn_stack *other = NULL;
    int rc = cfn_evaluate_text(scope, output->export_name, &name, err);
    if (rc)
        return rc;
    if (cfn_export_find(stack->local, name, &value, &other) && other != stack)
        return unum_err_set(err, UNUM_E_EXISTS,
                            "Export with name %.*s is already exported by "
                            "stack %s",
                            UNUM_STR_ARG(name), other->name);
    cfn_pairs_add(exports, output->name, name, false);
    return 0;
}

static int make_outputs(struct cfn_stack *stack, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct cfn_pairs outputs = {0}, exports = {0}, descriptions = {0};
    int rc = cfn_run_template(stack, err);
    struct cfn_scope scope =
        cfn_stack_scope(stack, stack->template, &stack->next.parameters, &arena);
    for (size_t i = 0; rc == 0 && i < stack->template->outputs_len; i++) {
        const struct cfn_output *output = &stack->template->outputs[i];
        struct unum_str value = UNUM_STR_NONE;
        bool included = true;
        rc = cfn_included(&scope, output->condition, &included, err);
        if (rc || !included)
            continue;
        rc = cfn_evaluate_text(&scope, output->value, &value, err);
        if (rc == 0 && unum_str_search(value, UNUM_STR(CFN_UNKNOWN)) != SIZE_MAX)
            rc = unum_err_set(err, UNUM_E_INVALID_FILE,
                              "Template format error: Unresolved resource dependencies in the "
                              "Outputs block of the template");
        cfn_pairs_add(&outputs, output->name, value, false);
        if (output->description.len)
            cfn_pairs_add(&descriptions, output->name, output->description, false);
        if (rc == 0 && output->export_name)
            rc = export_output(stack, &scope, output, &exports, err);
    }
    cfn_pairs_done(rc ? &outputs : &stack->outputs);
    cfn_pairs_done(rc ? &exports : &stack->exports);
    cfn_pairs_done(rc ? &descriptions : &stack->descriptions);
    if (rc)
        return rc;
    stack->outputs = outputs;
    stack->exports = exports;
    stack->descriptions = descriptions;
    struct unum_str about = stack->template->description;
    cfn_set(&stack->description, about.len ? about : UNUM_STR_NONE);
    return 0;
}

/* ---- from one phase to the next ---- */

static void set_executed(struct cfn_stack *stack, bool failed)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->change_sets, entry))) {
        struct cfn_change_set *set = entry->value;
        if (!stack->change_set || strcmp(set->id, stack->change_set) != 0)
            continue;
        (void)snprintf(set->execution, sizeof(set->execution), "%s",
                       failed ? "EXECUTE_FAILED" : "EXECUTE_COMPLETE");
        cfn_keep_change_set(stack, set);
    }
}

static void accept_next(struct cfn_stack *stack)
{
    cfn_source_done(&stack->now);
    stack->now = stack->next;
    memset(&stack->next, 0, sizeof(stack->next));
    set_executed(stack, false);
}

static void set_leftovers(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (!r->replaced)
            continue;
        cfn_set(&r->leftover, unum_str_from(r->old_physical));
        cfn_set(&r->leftover_properties, unum_str_from(r->old_properties));
    }
}

static void forward_done(struct cfn_stack *stack)
{
    accept_next(stack);
    if (!stack->updating) {
        forget_all_old(stack);
        leave(stack, CFN_CREATE_COMPLETE, NULL);
        return;
    }
    set_leftovers(stack);
    enter(stack, CFN_CLEANUP, CFN_UPDATE_COMPLETE_CLEANUP_IN_PROGRESS, NULL, cleanup_action);
}

static void roll_back(struct cfn_stack *stack, const char *reason)
{
    stack->cancelled = false;
    if (stack->updating && stack->now.body)
        enter(stack, CFN_ROLL_BACK, CFN_UPDATE_ROLLBACK_IN_PROGRESS, reason, roll_back_action);
    else
        enter(stack, CFN_ROLL_CREATION, CFN_ROLLBACK_IN_PROGRESS, reason, remove_action);
}

static void forward_failed(struct cfn_stack *stack, const char *more)
{
    struct unum_buf UNUM_AUTO_BUF reason = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    cfn_step_failures(stack, &reason);
    if (more)
        unum_buf_adds(&reason, more);
    set_executed(stack, true);
    if (!stack->cancelled &&
        (stack->disable_rollback || stack->on_failure == CFN_ON_FAILURE_NOTHING)) {
        leave(stack, stack->updating ? CFN_UPDATE_FAILED : CFN_CREATE_FAILED,
              unum_buf_text(&reason));
        return;
    }
    if (!stack->updating && stack->on_failure == CFN_ON_FAILURE_DELETE) {
        unum_buf_adds(&reason, "Delete requested by user.");
        enter(stack, CFN_DELETION, CFN_DELETE_IN_PROGRESS, unum_buf_text(&reason), remove_action);
        return;
    }
    if (!stack->updating)
        unum_buf_adds(&reason, "Rollback requested by user.");
    roll_back(stack, stack->cancelled ? "User Initiated" : unum_buf_text(&reason));
}

static void delete_done(struct cfn_stack *stack)
{
    cfn_pairs_done(&stack->outputs);
    cfn_pairs_done(&stack->exports);
    stack->deleted_ms = local_now(stack->local);
    leave(stack, CFN_DELETE_COMPLETE, NULL);
    cfn_stack_deleted(stack);
}

static void rolled_back(struct cfn_stack *stack)
{
    cfn_source_done(&stack->next);
    drop_gone(stack, true);
    forget_all_old(stack);
    leave(stack, CFN_UPDATE_ROLLBACK_COMPLETE, NULL);
}

static void advance(struct cfn_stack *stack, bool failed)
{
    struct unum_buf UNUM_AUTO_BUF reason = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (failed && stack->phase != CFN_FORWARD)
        cfn_step_failures(stack, &reason);
    switch (stack->phase) {
    case CFN_FORWARD:
        if (failed)
            forward_failed(stack, NULL);
        else if (make_outputs(stack, &err))
            forward_failed(stack, unum_err_text(&err));
        else
            forward_done(stack);
        break;
    case CFN_CLEANUP:
        drop_gone(stack, false);
        forget_all_old(stack);
        leave(stack, CFN_UPDATE_COMPLETE, NULL);
        break;
    case CFN_ROLL_BACK:
        if (failed)
            leave(stack, CFN_UPDATE_ROLLBACK_FAILED, unum_buf_text(&reason));
        else
            enter(stack, CFN_ROLL_CLEANUP, CFN_UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS, NULL,
                  roll_cleanup_action);
        break;
    case CFN_ROLL_CLEANUP:
        rolled_back(stack);
        break;
    case CFN_ROLL_CREATION:
        leave(stack, failed ? CFN_ROLLBACK_FAILED : CFN_ROLLBACK_COMPLETE,
              failed ? unum_buf_text(&reason) : NULL);
        break;
    case CFN_DELETION:
        if (failed)
            leave(stack, CFN_DELETE_FAILED, unum_buf_text(&reason));
        else
            delete_done(stack);
        break;
    case CFN_IDLE:
        break;
    }
}

static void on_time(struct local *local, void *cookie)
{
    struct cfn_stack *stack = cookie;
    bool failed = false;
    (void)local;
    if (stack->phase == CFN_IDLE)
        return;
    if (cfn_step(stack, &failed))
        advance(stack, failed);
    else
        cfn_run_arm(stack);
}

/* ---- the operations ---- */

static void take_source(struct cfn_stack *stack, struct cfn_source *source)
{
    cfn_source_done(&stack->next);
    stack->next = *source;
    memset(source, 0, sizeof(*source));
    drop_template(stack);
}

void cfn_run_create(struct cfn_stack *stack, struct cfn_source *source)
{
    take_source(stack, source);
    stack->updating = false;
    forward(stack, CFN_CREATE_IN_PROGRESS);
}

void cfn_run_update(struct cfn_stack *stack, struct cfn_source *source)
{
    /* A second attempt after a failure without rollback still goes back to the same state. */
    bool again = stack->status == CFN_UPDATE_FAILED || stack->status == CFN_CREATE_FAILED;
    if (!again)
        forget_all_old(stack);
    take_source(stack, source);
    stack->updating = true;
    forward(stack, CFN_UPDATE_IN_PROGRESS);
}

void cfn_run_delete(struct cfn_stack *stack, const struct unum_map *retain)
{
    struct unum_map_entry *entry = NULL;
    while (retain && (entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (unum_map_has(retain, entry->key))
            r->deletion = CFN_RETAIN;
    }
    stack->updating = false;
    stack->cancelled = false;
    enter(stack, CFN_DELETION, CFN_DELETE_IN_PROGRESS, "User Initiated", remove_action);
}

void cfn_run_continue(struct cfn_stack *stack, const struct unum_map *skip)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (!skip || !unum_map_has(skip, entry->key))
            continue;
        /* It stays as it is, and counts as what it was. */
        r->changed = false;
        r->progress = CFN_DONE;
        cfn_resource_status(stack, r, CFN_UPDATE_COMPLETE,
                            "Resource was skipped by ContinueUpdateRollback");
    }
    stack->updating = true;
    enter(stack, CFN_ROLL_BACK, CFN_UPDATE_ROLLBACK_IN_PROGRESS, "User Initiated",
          roll_back_action);
}

void cfn_run_roll_back(struct cfn_stack *stack, const char *reason)
{
    if (stack->phase == CFN_FORWARD) {
        stack->cancelled = true; /* seen by the next step */
        cfn_keep_stack(stack);
        arm(stack, local_now(stack->local));
        return;
    }
    stack->updating = stack->now.body != NULL;
    roll_back(stack, reason);
}

/* The steps of an operation: one resource after the other, those that do not wait for each other
 * side by side. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "local/cfn_provider.h"
#include "json/json.h"

/* ---- what the metadata says for tests ---- */

static bool hook_in(const char *metadata, const char *name, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF pointer = UNUM_BUF_INIT(UNUM_KB);
    unum_buf_printf(&pointer, "/UnumLocal/%s", name);
    return metadata && json_pointer(unum_str_from(metadata), unum_buf_str(&pointer), ret);
}

bool cfn_hook_of_request(const struct cfn_stack *stack, const char *id, const char *name,
                         struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_KB);
    unum_buf_printf(&key, "%s/%s", stack->name, id);
    const char *hooks = unum_map_get(&cfn_of(stack->local)->hooks, unum_buf_str(&key));
    return hooks && json_get(unum_str_from(hooks), unum_str_from(name), ret);
}

static bool hook(const struct cfn_stack *stack, const struct cfn_resource *r, const char *name,
                 struct unum_str *ret)
{
    return cfn_hook_of_request(stack, r->id, name, ret) || hook_in(r->wanted_metadata, name, ret) ||
           hook_in(r->metadata, name, ret) ||
           (strcmp(name, "FailRollback") == 0 && hook_in(r->old_metadata, name, ret));
}

/* FAILED, if the template says that this goes wrong. */
static int forced(const struct cfn_stack *stack, struct cfn_resource *r, const char *name,
                  struct unum_err *err)
{
    struct unum_str value, once;
    bool only_once = false;
    struct unum_buf UNUM_AUTO_BUF reason = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT / 2);
    if (!hook(stack, r, name, &value) || !json_decode(value, &reason))
        return 0;
    if (hook(stack, r, "FailOnce", &once) && json_to_bool(once, &only_once) && only_once &&
        r->failed_once)
        return 0;
    r->failed_once = true;
    return unum_err_set(err, UNUM_E_FAILED, "%s", unum_buf_text(&reason));
}

static int64_t step_ms(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    struct unum_str value;
    int64_t ms = 0;
    if (hook(stack, r, "StepMs", &value) && json_to_i64(value, &ms) && ms >= 0 && ms <= 3600000)
        return ms;
    return CFN_STEP_MS;
}

/* ---- calling providers ---- */

static void write_attributes(struct cfn_resource *r, const struct unum_map *attributes)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct json_writer w = JSON_WRITER(&text);
    struct unum_map_entry *entry = NULL;
    json_object_begin(&w);
    while ((entry = unum_map_next(attributes, entry))) {
        json_key_str(&w, entry->key);
        json_strings(&w, entry->value);
    }
    json_object_end(&w);
    cfn_set(&r->attributes, unum_buf_str(&text));
}

typedef int provider_call(struct cfn_job *job, struct unum_err *err);

static int call(struct cfn_stack *stack, struct cfn_resource *r, provider_call *function,
                const char *physical, const char *properties, const char *before,
                struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_map UNUM_AUTO_MAP attributes = UNUM_MAP_INIT;
    struct cfn_job job = {.local = stack->local,
                          .stack = stack,
                          .arena = &arena,
                          .logical = unum_str_from(r->id),
                          .physical = unum_str_from(physical),
                          .properties = unum_str_from(properties ? properties : "{}"),
                          .before = unum_str_from(before),
                          .ret_attributes = &attributes};
    int rc = function(&job, err);
    if (rc)
        return rc;
    if (job.ret_physical.ptr)
        cfn_set(&r->physical, job.ret_physical);
    if (attributes.len)
        write_attributes(r, &attributes);
    return 0;
}

static const struct cfn_provider *provider_of(const struct cfn_resource *r)
{
    return cfn_provider_find(unum_str_from(r->type));
}

/* ---- starting ---- */

static void apply_wanted(struct cfn_resource *r)
{
    free(r->properties);
    free(r->metadata);
    r->properties = UNUM_TAKE(r->wanted);
    r->metadata = UNUM_TAKE(r->wanted_metadata);
}

static bool same_json(const char *a, const char *b)
{
    if (!a || !b)
        return a == b;
    return json_equal(unum_str_from(a), unum_str_from(b));
}

static bool must_replace(const struct cfn_resource *r)
{
    const struct cfn_property *p = provider_of(r)->properties;
    for (; p->name; p++) {
        struct unum_str was = UNUM_STR_NONE, is = UNUM_STR_NONE;
        bool had = json_get(unum_str_from(r->properties), unum_str_from(p->name), &was);
        bool has = json_get(unum_str_from(r->wanted), unum_str_from(p->name), &is);
        if ((p->flags & CFN_REPLACES) && (had != has || (had && !json_equal(was, is))))
            return true;
    }
    return false;
}

static void broken(struct cfn_stack *stack, struct cfn_resource *r, enum cfn_status status,
                   const char *reason)
{
    r->progress = CFN_BROKEN;
    cfn_resource_status(stack, r, status, reason);
    free(UNUM_TAKE(r->wanted));
    free(UNUM_TAKE(r->wanted_metadata));
}

static int resolve(struct cfn_stack *stack, struct cfn_resource *r, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    int rc = cfn_run_template(stack, err);
    if (rc)
        return rc;
    const struct cfn_declared *declared =
        cfn_template_resource(stack->template, unum_str_from(r->id));
    struct cfn_scope scope =
        cfn_stack_scope(stack, stack->template, &stack->next.parameters, &arena);
    struct unum_str properties = UNUM_STR_NONE, metadata = UNUM_STR_NONE;
    if (!declared)
        return unum_err_set(err, UNUM_E_BUG, "resource %s is not in the template", r->id);
    rc = cfn_evaluate_json(&scope, declared->properties, &properties, err);
    if (rc == 0 && unum_str_search(properties, UNUM_STR(CFN_UNKNOWN)) != SIZE_MAX)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Template format error: Unresolved resource dependencies in the "
                            "properties of %s: it refers to a resource that its condition leaves "
                            "out",
                            r->id);
    if (rc == 0 && declared->metadata)
        rc = cfn_evaluate_json(&scope, declared->metadata, &metadata, err);
    if (rc)
        return rc;
    cfn_set(&r->wanted, properties);
    cfn_set(&r->wanted_metadata, metadata);
    const char *invalid = cfn_provider_check(provider_of(r), properties, &arena);
    if (invalid)
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Properties validation failed for resource %s with message:\n%s", r->id,
                            invalid);
    return 0;
}

/* Remember what it was, once per update: a second attempt goes back to the same. */
static void remember(struct cfn_resource *r)
{
    if (r->changed)
        return;
    cfn_set(&r->old_physical, unum_str_from(r->physical));
    cfn_set(&r->old_properties, unum_str_from(r->properties));
    cfn_set(&r->old_attributes, unum_str_from(r->attributes));
    cfn_set(&r->old_metadata, unum_str_from(r->metadata));
}

static void running(struct cfn_stack *stack, struct cfn_resource *r, enum cfn_status status,
                    const char *reason)
{
    r->progress = CFN_RUNNING;
    r->due_ms = local_now(stack->local) + step_ms(stack, r);
    cfn_resource_status(stack, r, status, reason);
}

static void start_create(struct cfn_stack *stack, struct cfn_resource *r)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = resolve(stack, r, &err);
    running(stack, r, CFN_CREATE_IN_PROGRESS, NULL);
    if (rc)
        broken(stack, r, CFN_CREATE_FAILED, unum_err_text(&err));
}

static void start_change(struct cfn_stack *stack, struct cfn_resource *r)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = resolve(stack, r, &err);
    bool again = r->status == CFN_UPDATE_FAILED;
    if (rc == 0 && !again && same_json(r->wanted, r->properties) &&
        same_json(r->wanted_metadata, r->metadata)) {
        free(UNUM_TAKE(r->wanted));
        free(UNUM_TAKE(r->wanted_metadata));
        r->progress = CFN_DONE;
        cfn_keep_resource(stack, r);
        return;
    }
    r->replacing = rc == 0 && must_replace(r);
    running(stack, r, CFN_UPDATE_IN_PROGRESS,
            r->replacing ? "Requested update requires the creation of a new physical resource; "
                           "hence creating one."
                         : NULL);
    if (rc)
        broken(stack, r, CFN_UPDATE_FAILED, unum_err_text(&err));
}

static bool retained(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    if (r->action == CFN_CLEAN) /* a replacement that was not wanted after all goes in any case */
        return stack->phase == CFN_CLEANUP && r->replacement != CFN_DELETE;
    bool of_creation = stack->phase == CFN_ROLL_CREATION || stack->phase == CFN_ROLL_CLEANUP;
    if (r->deletion == CFN_RETAIN_EXCEPT_ON_CREATE ||
        (r->deletion == CFN_RETAIN && stack->retain_except_on_create))
        return !of_creation;
    return r->deletion == CFN_RETAIN;
}

static void start_remove(struct cfn_stack *stack, struct cfn_resource *r)
{
    if (!r->physical && r->action == CFN_REMOVE) {
        r->progress = CFN_DONE;
        if (r->status != CFN_NO_STATUS)
            cfn_resource_status(stack, r, CFN_DELETE_COMPLETE, NULL);
    } else if (retained(stack, r)) {
        r->progress = CFN_DONE;
        cfn_resource_status(stack, r, CFN_DELETE_SKIPPED, NULL);
    } else {
        running(stack, r, CFN_DELETE_IN_PROGRESS, NULL);
    }
}

static void start(struct cfn_stack *stack, struct cfn_resource *r)
{
    switch (r->action) {
    case CFN_CREATE:
        start_create(stack, r);
        break;
    case CFN_CHANGE:
        start_change(stack, r);
        break;
    case CFN_RESTORE:
        running(stack, r, CFN_UPDATE_IN_PROGRESS, NULL);
        break;
    case CFN_REMOVE:
    case CFN_CLEAN:
        start_remove(stack, r);
        break;
    case CFN_NOTHING:
        r->progress = CFN_DONE;
        break;
    }
}

/* ---- finishing ---- */

static void finish_create(struct cfn_stack *stack, struct cfn_resource *r)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = forced(stack, r, "FailCreate", &err);
    if (rc == 0)
        rc = call(stack, r, provider_of(r)->create, NULL, r->wanted, NULL, &err);
    if (rc) {
        broken(stack, r, CFN_CREATE_FAILED, unum_err_text(&err));
        return;
    }
    cfn_resource_status(stack, r, CFN_CREATE_IN_PROGRESS, "Resource creation Initiated");
    apply_wanted(r);
    r->progress = CFN_DONE;
    cfn_resource_status(stack, r, CFN_CREATE_COMPLETE, NULL);
}

static int replace(struct cfn_stack *stack, struct cfn_resource *r, struct unum_err *err)
{
    int rc = call(stack, r, provider_of(r)->create, NULL, r->wanted, NULL, err);
    if (rc)
        return rc;
    r->replaced = true;
    cfn_resource_status(stack, r, CFN_UPDATE_IN_PROGRESS, "Resource creation Initiated");
    return 0;
}

static void finish_change(struct cfn_stack *stack, struct cfn_resource *r)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    bool same = same_json(r->wanted, r->properties) && r->status != CFN_UPDATE_FAILED;
    int rc = forced(stack, r, "FailUpdate", &err);
    if (rc == 0) {
        remember(r);
        r->changed = true;
        if (r->replacing)
            rc = replace(stack, r, &err);
        else if (!same)
            rc =
                call(stack, r, provider_of(r)->update, r->physical, r->wanted, r->properties, &err);
    }
    if (rc) {
        broken(stack, r, CFN_UPDATE_FAILED, unum_err_text(&err));
        return;
    }
    apply_wanted(r);
    r->progress = CFN_DONE;
    cfn_resource_status(stack, r, CFN_UPDATE_COMPLETE, NULL);
}

static int restore(struct cfn_stack *stack, struct cfn_resource *r, struct unum_err *err)
{
    int rc = forced(stack, r, "FailRollback", err);
    if (rc || !r->changed)
        return rc;
    if (r->replaced) {
        cfn_set(&r->leftover, unum_str_from(r->physical));
        cfn_set(&r->leftover_properties, unum_str_from(r->properties));
        cfn_set(&r->physical, unum_str_from(r->old_physical));
    } else if (!same_json(r->old_properties, r->properties) || r->reason) {
        rc = call(stack, r, provider_of(r)->update, r->physical, r->old_properties, r->properties,
                  err);
        if (rc)
            return rc;
    }
    cfn_set(&r->properties, unum_str_from(r->old_properties));
    cfn_set(&r->attributes, unum_str_from(r->old_attributes));
    cfn_set(&r->metadata, unum_str_from(r->old_metadata));
    return 0;
}

static void finish_restore(struct cfn_stack *stack, struct cfn_resource *r)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (restore(stack, r, &err)) {
        broken(stack, r, CFN_UPDATE_FAILED, unum_err_text(&err));
        return;
    }
    r->changed = false;
    r->progress = CFN_DONE;
    cfn_resource_status(stack, r, CFN_UPDATE_COMPLETE, NULL);
}

static void finish_remove(struct cfn_stack *stack, struct cfn_resource *r)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    bool clean = r->action == CFN_CLEAN;
    int rc = forced(stack, r, "FailDelete", &err);
    if (rc == 0)
        rc = call(stack, r, provider_of(r)->remove, clean ? r->leftover : r->physical,
                  clean ? r->leftover_properties : r->properties, NULL, &err);
    if (rc) {
        broken(stack, r, CFN_DELETE_FAILED, unum_err_text(&err));
        return;
    }
    r->progress = CFN_DONE;
    cfn_resource_status(stack, r, CFN_DELETE_COMPLETE, NULL);
    if (!clean)
        free(UNUM_TAKE(r->physical));
    cfn_keep_resource(stack, r);
}

static void finish(struct cfn_stack *stack, struct cfn_resource *r)
{
    switch (r->action) {
    case CFN_CREATE:
        finish_create(stack, r);
        break;
    case CFN_CHANGE:
        finish_change(stack, r);
        break;
    case CFN_RESTORE:
        finish_restore(stack, r);
        break;
    case CFN_REMOVE:
    case CFN_CLEAN:
        finish_remove(stack, r);
        break;
    case CFN_NOTHING:
        r->progress = CFN_DONE;
        break;
    }
}

/* ---- whose turn it is ---- */

static bool depends(const struct cfn_resource *r, const char *id)
{
    for (size_t i = 0; i < r->depends_len; i++) {
        if (strcmp(r->depends[i], id) == 0)
            return true;
    }
    return false;
}

static bool removes(const struct cfn_resource *r)
{
    return r->action == CFN_REMOVE || r->action == CFN_CLEAN;
}

/* Made behind what it depends on, deleted before it. */
static bool ready(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    struct unum_map_entry *entry = NULL;
    if (r->action == CFN_RESTORE) /* one that is stuck must not hold up others */
        return true;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *other = entry->value;
        if (other == r || other->progress == CFN_DONE || other->action == CFN_NOTHING)
            continue;
        if (removes(r) ? removes(other) && depends(other, r->id) : depends(r, other->id))
            return false;
    }
    return true;
}

static bool has(const struct cfn_stack *stack, enum cfn_progress progress)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *r = entry->value;
        if (r->action != CFN_NOTHING && r->progress == progress)
            return true;
    }
    return false;
}

static void cancel_running(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (r->action == CFN_NOTHING || r->progress != CFN_RUNNING)
            continue;
        bool created = r->action == CFN_CREATE;
        broken(stack, r, created ? CFN_CREATE_FAILED : CFN_UPDATE_FAILED,
               created ? "Resource creation cancelled" : "Resource update cancelled");
    }
}

static void finish_due(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    int64_t now_ms = local_now(stack->local);
    bool stop = false;
    while (!stop && (entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (r->action == CFN_NOTHING || r->progress != CFN_RUNNING || r->due_ms > now_ms)
            continue;
        finish(stack, r);
        stop = stack->phase == CFN_FORWARD && r->progress == CFN_BROKEN;
    }
}

static bool start_ready(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    bool unlocked = false;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        struct cfn_resource *r = entry->value;
        if (r->action == CFN_NOTHING || r->progress != CFN_PENDING || !ready(stack, r))
            continue;
        start(stack, r);
        unlocked |= r->progress == CFN_DONE;
    }
    return unlocked;
}

bool cfn_step(struct cfn_stack *stack, bool *ret_failed)
{
    bool forward = stack->phase == CFN_FORWARD;
    finish_due(stack);
    if (!(forward && (stack->cancelled || has(stack, CFN_BROKEN)))) {
        while (start_ready(stack))
            ;
    }
    *ret_failed = has(stack, CFN_BROKEN) || (forward && stack->cancelled);
    if (forward && *ret_failed) {
        cancel_running(stack);
        return true;
    }
    return !has(stack, CFN_RUNNING);
}

static void list(const struct cfn_stack *stack, enum cfn_status status, const char *what,
                 struct unum_buf *out)
{
    struct unum_map_entry *entry = NULL;
    bool any = false;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *r = entry->value;
        if (r->action == CFN_NOTHING || r->progress != CFN_BROKEN || r->status != status)
            continue;
        if (any)
            unum_buf_printf(out, ", %s", r->id);
        else
            unum_buf_printf(out, "The following resource(s) failed to %s: [%s", what, r->id);
        any = true;
    }
    if (any)
        unum_buf_adds(out, "]. ");
}

void cfn_step_failures(const struct cfn_stack *stack, struct unum_buf *out)
{
    list(stack, CFN_CREATE_FAILED, "create", out);
    list(stack, CFN_UPDATE_FAILED, "update", out);
    list(stack, CFN_DELETE_FAILED, "delete", out);
}

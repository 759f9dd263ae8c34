/* Stacks in the state file: one record per stack, resource, event and change set. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "local/cfn_provider.h"
#include "json/json.h"

#define STACKS      "cfn-stack"
#define RESOURCES   "cfn-resource"
#define EVENTS      "cfn-event"
#define CHANGE_SETS "cfn-change-set"

void cfn_keep_begin(struct local *local)
{
    state_records_begin(local);
}

void cfn_keep_end(struct local *local)
{
    state_records_end(local);
}

/* ---- writing ---- */

struct record {
    struct local *local;
    const char *kind;
    struct unum_buf name, text;
    struct json_writer w;
};

/* The last part of the stack's ARN, which is unique. */
static void record_name(const struct cfn_stack *stack, const char *rest, struct unum_buf *out)
{
    struct unum_str id = unum_str_from(stack->id);
    unum_buf_printf(out, "%.*s/%s",
                    UNUM_STR_ARG(unum_str_from_pos(id, unum_str_rfind(id, '/') + 1)), rest);
}

/* `rest`: what names it among those of the stack, NULL for the stack itself. False: there is no
 * state file. */
static bool record_begin(struct record *record, const struct cfn_stack *stack, const char *kind,
                         const char *rest)
{
    if (!stack->local->state)
        return false;
    record->local = stack->local;
    record->kind = kind;
    record->name = (struct unum_buf)UNUM_BUF_INIT(UNUM_KB);
    record->text = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    record->w = (struct json_writer)JSON_WRITER(&record->text);
    if (rest)
        record_name(stack, rest, &record->name);
    else
        unum_buf_adds(&record->name, stack->id);
    json_object_begin(&record->w);
    return true;
}

static void record_end(struct record *record)
{
    json_object_end(&record->w);
    state_keep_record(record->local, record->kind, unum_buf_str(&record->name),
                      unum_buf_str(&record->text));
    unum_buf_done(&record->name);
    unum_buf_done(&record->text);
}

static void forget(const struct cfn_stack *stack, const char *kind, const char *rest)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    record_name(stack, rest, &name);
    state_forget_record(stack->local, kind, unum_buf_str(&name));
}

static void put_text(struct json_writer *w, const char *key, const char *text)
{
    if (!text)
        return;
    json_key(w, key);
    json_strings(w, text);
}

static void put_number(struct json_writer *w, const char *key, int64_t number)
{
    if (!number)
        return;
    json_key(w, key);
    json_int(w, number);
}

static void put_pairs(struct json_writer *w, const char *key, const struct cfn_pairs *pairs)
{
    if (!pairs->len)
        return;
    json_key(w, key);
    json_array_begin(w);
    for (size_t i = 0; i < pairs->len; i++) {
        json_array_begin(w);
        json_strings(w, pairs->at[i].key);
        json_strings(w, pairs->at[i].value);
        json_bool(w, pairs->at[i].hidden);
        json_array_end(w);
    }
    json_array_end(w);
}

static void put_source(struct json_writer *w, const char *key, const struct cfn_source *source)
{
    if (!source->body)
        return;
    json_key(w, key);
    json_object_begin(w);
    put_text(w, "body", source->body);
    put_pairs(w, "parameters", &source->parameters);
    put_pairs(w, "tags", &source->tags);
    put_number(w, "capabilities", source->capabilities);
    json_object_end(w);
}

void cfn_keep_stack(const struct cfn_stack *stack)
{
    struct record record;
    if (!record_begin(&record, stack, STACKS, NULL))
        return;
    struct json_writer *w = &record.w;
    put_text(w, "name", stack->name);
    put_text(w, "id", stack->id);
    put_text(w, "description", stack->description);
    put_text(w, "status", cfn_status_name(stack->status));
    put_text(w, "reason", stack->reason);
    put_number(w, "created", stack->created_ms);
    put_number(w, "updated", stack->updated_ms);
    put_number(w, "deleted", stack->deleted_ms);
    put_number(w, "protected", stack->protected);
    put_number(w, "disableRollback", stack->disable_rollback);
    put_source(w, "now", &stack->now);
    put_source(w, "next", &stack->next);
    put_pairs(w, "outputs", &stack->outputs);
    put_pairs(w, "exports", &stack->exports);
    put_pairs(w, "descriptions", &stack->descriptions);
    put_text(w, "changeSet", stack->change_set);
    put_number(w, "phase", stack->phase);
    put_number(w, "updating", stack->updating);
    put_number(w, "cancelled", stack->cancelled);
    put_number(w, "retainExceptOnCreate", stack->retain_except_on_create);
    put_number(w, "onFailure", stack->on_failure);
    put_text(w, "token", stack->token);
    record_end(&record);
}

void cfn_keep_resource(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    struct record record;
    if (!record_begin(&record, stack, RESOURCES, r->id))
        return;
    struct json_writer *w = &record.w;
    put_text(w, "id", r->id);
    put_text(w, "type", r->type);
    put_text(w, "physical", r->physical);
    put_text(w, "properties", r->properties);
    put_text(w, "attributes", r->attributes);
    put_text(w, "metadata", r->metadata);
    json_key(w, "depends");
    json_array_begin(w);
    for (size_t i = 0; i < r->depends_len; i++)
        json_strings(w, r->depends[i]);
    json_array_end(w);
    put_number(w, "deletion", r->deletion);
    put_number(w, "replacement", r->replacement);
    put_text(w, "status", cfn_status_name(r->status));
    put_text(w, "reason", r->reason);
    put_number(w, "at", r->at_ms);
    put_text(w, "oldPhysical", r->old_physical);
    put_text(w, "oldProperties", r->old_properties);
    put_text(w, "oldAttributes", r->old_attributes);
    put_text(w, "oldMetadata", r->old_metadata);
    put_number(w, "changed", r->changed);
    put_number(w, "replaced", r->replaced);
    put_number(w, "fresh", r->fresh);
    put_number(w, "unwanted", r->unwanted);
    put_text(w, "leftover", r->leftover);
    put_text(w, "leftoverProperties", r->leftover_properties);
    put_number(w, "action", r->action);
    put_number(w, "progress", r->progress);
    put_number(w, "replacing", r->replacing);
    put_number(w, "failedOnce", r->failed_once);
    put_text(w, "wanted", r->wanted);
    put_text(w, "wantedMetadata", r->wanted_metadata);
    put_number(w, "due", r->due_ms);
    record_end(&record);
}

void cfn_forget_resource(const struct cfn_stack *stack, const struct cfn_resource *r)
{
    forget(stack, RESOURCES, r->id);
}

static void event_name(const struct cfn_event *event, char ret[32])
{
    (void)snprintf(ret, 32, "%020llu", (unsigned long long)event->seq);
}

void cfn_forget_event(const struct cfn_stack *stack, const struct cfn_event *event)
{
    char rest[32];
    event_name(event, rest);
    forget(stack, EVENTS, rest);
}

void cfn_keep_event(const struct cfn_stack *stack, const struct cfn_event *event)
{
    struct record record;
    char rest[32];
    event_name(event, rest);
    if (!record_begin(&record, stack, EVENTS, rest))
        return;
    struct json_writer *w = &record.w;
    put_number(w, "seq", (int64_t)event->seq);
    put_text(w, "id", event->id);
    put_text(w, "logical", event->logical);
    put_text(w, "physical", event->physical);
    put_text(w, "type", event->type);
    put_text(w, "reason", event->reason);
    put_text(w, "properties", event->properties);
    put_text(w, "token", event->token);
    put_text(w, "status", cfn_status_name(event->status));
    put_number(w, "at", event->at_ms);
    record_end(&record);
}

void cfn_keep_change_set(const struct cfn_stack *stack, const struct cfn_change_set *set)
{
    struct record record;
    if (!record_begin(&record, stack, CHANGE_SETS, set->name))
        return;
    struct json_writer *w = &record.w;
    put_text(w, "name", set->name);
    put_text(w, "id", set->id);
    put_text(w, "description", set->description);
    put_text(w, "token", set->token);
    put_number(w, "creates", set->creates);
    put_text(w, "status", set->status);
    put_text(w, "execution", set->execution);
    put_text(w, "reason", set->reason);
    put_number(w, "created", set->created_ms);
    put_number(w, "onFailure", set->on_failure);
    put_number(w, "onFailureGiven", set->on_failure_given);
    put_source(w, "source", &set->source);
    record_end(&record);
}

void cfn_forget_change_set(const struct cfn_stack *stack, const struct cfn_change_set *set)
{
    forget(stack, CHANGE_SETS, set->name);
}

void cfn_forget_stack(const struct cfn_stack *stack)
{
    struct unum_buf UNUM_AUTO_BUF prefix = UNUM_BUF_INIT(UNUM_KB);
    record_name(stack, "", &prefix);
    state_forget_record(stack->local, STACKS, unum_str_from(stack->id));
    state_forget_records(stack->local, RESOURCES, unum_buf_str(&prefix));
    state_forget_records(stack->local, EVENTS, unum_buf_str(&prefix));
    state_forget_records(stack->local, CHANGE_SETS, unum_buf_str(&prefix));
}

/* ---- reading ---- */

static void take_text(struct unum_str record, const char *key, char **ret)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    if (json_get(record, unum_str_from(key), &value) && json_decode(value, &text))
        cfn_set(ret, text.len ? unum_buf_str(&text) : UNUM_STR(""));
}

static int64_t number_of(struct unum_str record, const char *key)
{
    struct unum_str value;
    int64_t number = 0;
    return json_get(record, unum_str_from(key), &value) && json_to_i64(value, &number) ? number : 0;
}

/* One of `count` values; what a damaged record says becomes the first. */
static unsigned one_of(struct unum_str record, const char *key, unsigned count)
{
    int64_t number = number_of(record, key);
    return number > 0 && number < count ? (unsigned)number : 0;
}

/* A text that is JSON itself, or nothing. */
static void take_json(struct unum_str record, const char *key, char **ret)
{
    struct unum_str value;
    take_text(record, key, ret);
    if (*ret && (json_check(unum_str_from(*ret), &value, NULL) || json_type(value) != JSON_OBJECT))
        cfn_set(ret, UNUM_STR_NONE);
}

static enum cfn_status status_of(struct unum_str record)
{
    char UNUM_AUTO_FREE *name = NULL;
    take_text(record, "status", &name);
    return cfn_status_of(unum_str_from(name));
}

static bool decode_at(struct unum_str array, size_t i, struct unum_buf *out)
{
    struct unum_str value;
    return json_at(array, i, &value) && json_decode(value, out);
}

static void take_pairs(struct unum_str record, const char *key, struct cfn_pairs *ret)
{
    struct unum_str list, pair;
    if (!json_get(record, unum_str_from(key), &list))
        return;
    struct json_iter iter = json_iter(list);
    while (json_next(&iter, NULL, &pair)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF value = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_str flag;
        bool hidden = false;
        if (decode_at(pair, 0, &name) && decode_at(pair, 1, &value) && json_at(pair, 2, &flag) &&
            json_to_bool(flag, &hidden))
            cfn_pairs_add(ret, unum_buf_str(&name), unum_buf_str(&value), hidden);
    }
}

static void take_source(struct unum_str record, const char *key, struct cfn_source *ret)
{
    struct unum_str value;
    if (!json_get(record, unum_str_from(key), &value))
        return;
    take_text(value, "body", &ret->body);
    take_pairs(value, "parameters", &ret->parameters);
    take_pairs(value, "tags", &ret->tags);
    ret->capabilities = (unsigned)number_of(value, "capabilities");
}

static void read_stack(struct local *local, struct unum_str name, struct unum_str r)
{
    struct cfn_stack *stack = unum_alloc(sizeof(*stack));
    stack->local = local;
    take_text(r, "name", &stack->name);
    take_text(r, "id", &stack->id);
    take_text(r, "description", &stack->description);
    stack->status = status_of(r);
    take_text(r, "reason", &stack->reason);
    stack->created_ms = number_of(r, "created");
    stack->updated_ms = number_of(r, "updated");
    stack->deleted_ms = number_of(r, "deleted");
    stack->protected = number_of(r, "protected") != 0;
    stack->disable_rollback = number_of(r, "disableRollback") != 0;
    take_source(r, "now", &stack->now);
    take_source(r, "next", &stack->next);
    take_pairs(r, "outputs", &stack->outputs);
    take_pairs(r, "exports", &stack->exports);
    take_pairs(r, "descriptions", &stack->descriptions);
    take_text(r, "changeSet", &stack->change_set);
    stack->phase = (enum cfn_phase)one_of(r, "phase", CFN_DELETION + 1);
    stack->updating = number_of(r, "updating") != 0;
    stack->cancelled = number_of(r, "cancelled") != 0;
    stack->retain_except_on_create = number_of(r, "retainExceptOnCreate") != 0;
    stack->on_failure = (enum cfn_on_failure)one_of(r, "onFailure", CFN_ON_FAILURE_NOTHING + 1);
    take_text(r, "token", &stack->token);
    if (!stack->name || !stack->id || !unum_str_is(name, stack->id)) {
        cfn_stack_free(stack);
        return;
    }
    (void)unum_map_set(&cfn_of(local)->stacks, name, stack);
}

/* The stack whose record name begins "uuid/". */
static struct cfn_stack *owner(struct local *local, struct unum_str name)
{
    struct unum_str uuid = unum_str_slice(name, 0, unum_str_find(name, '/'));
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&cfn_of(local)->stacks, entry))) {
        if (unum_str_ends(entry->key, uuid))
            return entry->value;
    }
    return NULL;
}

static void take_depends(struct unum_str record, struct cfn_resource *r)
{
    struct unum_str list;
    if (!json_get(record, UNUM_STR("depends"), &list))
        return;
    size_t count = json_count(list);
    r->depends = unum_alloc_array(count, sizeof(*r->depends));
    for (size_t i = 0; i < count; i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
        if (decode_at(list, i, &text))
            r->depends[r->depends_len++] = unum_str_dup(unum_buf_str(&text));
    }
}

static void read_resource(struct local *local, struct unum_str name, struct unum_str record)
{
    struct cfn_stack *stack = owner(local, name);
    char UNUM_AUTO_FREE *id = NULL;
    char UNUM_AUTO_FREE *type = NULL;
    take_text(record, "id", &id);
    take_text(record, "type", &type);
    if (!stack || !id || !type || cfn_resource_find(stack, unum_str_from(id)) ||
        !cfn_provider_find(unum_str_from(type)))
        return;
    struct cfn_resource *r = cfn_resource_new(stack, unum_str_from(id), unum_str_from(type));
    take_text(record, "physical", &r->physical);
    take_json(record, "properties", &r->properties);
    take_json(record, "attributes", &r->attributes);
    take_json(record, "metadata", &r->metadata);
    take_depends(record, r);
    r->deletion = (enum cfn_policy)one_of(record, "deletion", CFN_RETAIN_EXCEPT_ON_CREATE + 1);
    r->replacement =
        (enum cfn_policy)one_of(record, "replacement", CFN_RETAIN_EXCEPT_ON_CREATE + 1);
    r->status = status_of(record);
    take_text(record, "reason", &r->reason);
    r->at_ms = number_of(record, "at");
    take_text(record, "oldPhysical", &r->old_physical);
    take_json(record, "oldProperties", &r->old_properties);
    take_json(record, "oldAttributes", &r->old_attributes);
    take_json(record, "oldMetadata", &r->old_metadata);
    r->changed = number_of(record, "changed") != 0;
    r->replaced = number_of(record, "replaced") != 0;
    r->fresh = number_of(record, "fresh") != 0;
    r->unwanted = number_of(record, "unwanted") != 0;
    take_text(record, "leftover", &r->leftover);
    take_json(record, "leftoverProperties", &r->leftover_properties);
    r->action = (enum cfn_action)one_of(record, "action", CFN_CLEAN + 1);
    r->progress = (enum cfn_progress)one_of(record, "progress", CFN_BROKEN + 1);
    r->replacing = number_of(record, "replacing") != 0;
    r->failed_once = number_of(record, "failedOnce") != 0;
    take_json(record, "wanted", &r->wanted);
    take_json(record, "wantedMetadata", &r->wanted_metadata);
    r->due_ms = number_of(record, "due");
}

static void read_event(struct local *local, struct unum_str name, struct unum_str record)
{
    struct cfn_stack *stack = owner(local, name);
    if (!stack || stack->events_len == CFN_MOST_EVENTS)
        return;
    struct cfn_event *event = unum_alloc(sizeof(*event));
    char UNUM_AUTO_FREE *id = NULL;
    take_text(record, "id", &id);
    (void)snprintf(event->id, sizeof(event->id), "%s", id ? id : "");
    event->seq = (uint64_t)number_of(record, "seq");
    take_text(record, "logical", &event->logical);
    take_text(record, "physical", &event->physical);
    take_text(record, "type", &event->type);
    take_text(record, "reason", &event->reason);
    take_text(record, "properties", &event->properties);
    take_text(record, "token", &event->token);
    event->status = status_of(record);
    event->at_ms = number_of(record, "at");
    if (event->seq > cfn_of(local)->event_seq)
        cfn_of(local)->event_seq = event->seq;
    if (stack->events_len == stack->events_cap)
        stack->events =
            unum_vec_grow(stack->events, &stack->events_cap, sizeof(struct cfn_event *));
    stack->events[stack->events_len++] = event;
}

static void take_status(struct unum_str record, const char *key, char *ret, size_t size)
{
    char UNUM_AUTO_FREE *text = NULL;
    take_text(record, key, &text);
    (void)snprintf(ret, size, "%s", text ? text : "");
}

static void read_change_set(struct local *local, struct unum_str name, struct unum_str record)
{
    struct cfn_stack *stack = owner(local, name);
    if (!stack)
        return;
    struct cfn_change_set *set = unum_alloc(sizeof(*set));
    take_text(record, "name", &set->name);
    take_text(record, "id", &set->id);
    take_text(record, "description", &set->description);
    take_text(record, "token", &set->token);
    set->creates = number_of(record, "creates") != 0;
    take_status(record, "status", set->status, sizeof(set->status));
    take_status(record, "execution", set->execution, sizeof(set->execution));
    take_text(record, "reason", &set->reason);
    set->created_ms = number_of(record, "created");
    set->on_failure = (enum cfn_on_failure)one_of(record, "onFailure", CFN_ON_FAILURE_NOTHING + 1);
    set->on_failure_given = number_of(record, "onFailureGiven") != 0;
    take_source(record, "source", &set->source);
    if (!set->name || !set->id) {
        cfn_change_set_free(set);
        return;
    }
    (void)unum_map_set(&stack->change_sets, unum_str_from(set->name), set);
}

/* What was going on goes on. The changes of a change set are worked out again. */
static void go_on(struct cfn_stack *stack)
{
    struct unum_map_entry *entry = NULL;
    if (stack->phase != CFN_IDLE)
        cfn_run_arm(stack);
    while ((entry = unum_map_next(&stack->change_sets, entry))) {
        struct cfn_change_set *set = entry->value;
        if (strcmp(set->status, "CREATE_COMPLETE") == 0 ||
            strcmp(set->status, "CREATE_IN_PROGRESS") == 0 ||
            strcmp(set->status, "CREATE_PENDING") == 0)
            cfn_change_set_start(stack, set);
    }
}

int cfn_restore(struct local *local, struct unum_err *err)
{
    int rc = state_each_record(local, STACKS, read_stack, err);
    if (rc == 0)
        rc = state_each_record(local, RESOURCES, read_resource, err);
    if (rc == 0)
        rc = state_each_record(local, EVENTS, read_event, err);
    if (rc == 0)
        rc = state_each_record(local, CHANGE_SETS, read_change_set, err);
    if (rc || !local->cfn)
        return rc;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->cfn->stacks, entry)))
        go_on(entry->value);
    return 0;
}

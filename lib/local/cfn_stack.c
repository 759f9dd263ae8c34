/* Stacks, their resources and their events. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "json/json.h"

/* ---- statuses ---- */

static const char *const status_names[CFN_STATUS_COUNT] = {[CFN_NO_STATUS] = "",
#define CFN_STATUS_TEXT(name) [CFN_##name] = #name,
                                                           CFN_STATUS_TABLE(CFN_STATUS_TEXT)
#undef CFN_STATUS_TEXT
};

const char *cfn_status_name(enum cfn_status status)
{
    return status_names[status];
}

enum cfn_status cfn_status_of(struct unum_str name)
{
    for (int i = 1; i < CFN_STATUS_COUNT; i++) {
        if (unum_str_is(name, status_names[i]))
            return (enum cfn_status)i;
    }
    return CFN_NO_STATUS;
}

bool cfn_in_progress(enum cfn_status status)
{
    return status != CFN_REVIEW_IN_PROGRESS &&
           unum_str_ends(unum_str_from(status_names[status]), UNUM_STR("_IN_PROGRESS"));
}

/* ---- texts and pairs ---- */

void cfn_set(char **slot, struct unum_str text)
{
    char *copied = text.ptr ? unum_str_dup(text) : NULL;
    free(*slot);
    *slot = copied;
}

void cfn_pairs_done(struct cfn_pairs *pairs)
{
    for (size_t i = 0; i < pairs->len; i++) {
        free(pairs->at[i].key);
        free(pairs->at[i].value);
    }
    unum_vec_done(pairs);
}

void cfn_pairs_add(struct cfn_pairs *pairs, struct unum_str key, struct unum_str value, bool hidden)
{
    struct cfn_pair *pair = unum_vec_push(pairs);
    pair->key = unum_str_dup(key);
    pair->value = unum_str_dup(value);
    pair->hidden = hidden;
}

void cfn_pairs_copy(struct cfn_pairs *to, const struct cfn_pairs *from)
{
    for (size_t i = 0; i < from->len; i++)
        cfn_pairs_add(to, unum_str_from(from->at[i].key), unum_str_from(from->at[i].value),
                      from->at[i].hidden);
}

const struct cfn_pair *cfn_pairs_get(const struct cfn_pairs *pairs, struct unum_str key)
{
    for (size_t i = 0; i < pairs->len; i++) {
        if (unum_str_eq(unum_str_from(pairs->at[i].key), key))
            return &pairs->at[i];
    }
    return NULL;
}

void cfn_source_done(struct cfn_source *source)
{
    free(source->body);
    cfn_pairs_done(&source->parameters);
    cfn_pairs_done(&source->tags);
    memset(source, 0, sizeof(*source));
}

/* ---- all stacks ---- */

struct cfn *cfn_of(struct local *local)
{
    if (!local->cfn)
        local->cfn = unum_alloc(sizeof(*local->cfn));
    return local->cfn;
}

void cfn_clear(struct local *local)
{
    if (!local->cfn)
        return;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->cfn->stacks, entry)))
        cfn_stack_free(entry->value);
    unum_map_done(&local->cfn->stacks);
    entry = NULL;
    while ((entry = unum_map_next(&local->cfn->hooks, entry)))
        free(entry->value);
    unum_map_done(&local->cfn->hooks);
    free(local->cfn);
    local->cfn = NULL;
}

void cfn_arn(const struct local *local, const char *kind, struct unum_str name,
             struct unum_buf *out)
{
    unum_buf_printf(out, "arn:aws:cloudformation:%.*s:" LOCAL_ACCOUNT ":%s/%.*s/",
                    UNUM_STR_ARG(local->region), kind, UNUM_STR_ARG(name));
    unum_uuid4(out);
}

struct cfn_stack *cfn_stack_new(struct local *local, struct unum_str name)
{
    struct cfn_stack *stack = unum_alloc(sizeof(*stack));
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_KB);
    cfn_arn(local, "stack", name, &id);
    stack->local = local;
    stack->name = unum_str_dup(name);
    stack->id = unum_str_dup(unum_buf_str(&id));
    stack->created_ms = local_now(local);
    (void)unum_map_set(&cfn_of(local)->stacks, unum_buf_str(&id), stack);
    return stack;
}

static void stack_event_free(struct cfn_event *event)
{
    free(event->logical);
    free(event->physical);
    free(event->type);
    free(event->reason);
    free(event->properties);
    free(event->token);
    free(event);
}

void cfn_stack_free(struct cfn_stack *stack)
{
    local_timer_disarm(stack->local, stack);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry)))
        cfn_resource_free(entry->value);
    entry = NULL;
    while ((entry = unum_map_next(&stack->change_sets, entry))) {
        local_timer_disarm(stack->local, entry->value);
        cfn_change_set_free(entry->value);
    }
    for (size_t i = 0; i < stack->events_len; i++)
        stack_event_free(stack->events[i]);
    free(stack->events);
    unum_map_done(&stack->resources);
    unum_map_done(&stack->change_sets);
    cfn_source_done(&stack->now);
    cfn_source_done(&stack->next);
    cfn_pairs_done(&stack->outputs);
    cfn_pairs_done(&stack->exports);
    cfn_pairs_done(&stack->descriptions);
    cfn_template_free(stack->template);
    free(stack->name);
    free(stack->id);
    free(stack->description);
    free(stack->reason);
    free(stack->change_set);
    free(stack->token);
    free(stack);
}

struct cfn_stack *cfn_stack_find(struct local *local, struct unum_str name)
{
    struct unum_map *stacks = &cfn_of(local)->stacks;
    if (unum_str_starts(name, UNUM_STR("arn:")))
        return unum_map_get(stacks, name);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(stacks, entry))) {
        struct cfn_stack *stack = entry->value;
        if (stack->status != CFN_DELETE_COMPLETE && unum_str_is(name, stack->name))
            return stack;
    }
    return NULL;
}

void cfn_stack_deleted(struct cfn_stack *stack)
{
    struct unum_map *stacks = &cfn_of(stack->local)->stacks;
    struct cfn_stack *oldest = NULL;
    struct unum_map_entry *entry = NULL;
    size_t gone = 0;
    while ((entry = unum_map_next(stacks, entry))) {
        struct cfn_stack *other = entry->value;
        if (other->status != CFN_DELETE_COMPLETE || other == stack)
            continue;
        gone++;
        if (!oldest)
            oldest = other;
    }
    if (gone < CFN_MOST_GONE || !oldest)
        return;
    cfn_forget_stack(oldest);
    (void)unum_map_remove(stacks, unum_str_from(oldest->id));
    cfn_stack_free(oldest);
}

/* ---- resources ---- */

struct cfn_resource *cfn_resource_find(const struct cfn_stack *stack, struct unum_str id)
{
    return unum_map_get(&stack->resources, id);
}

struct cfn_resource *cfn_resource_new(struct cfn_stack *stack, struct unum_str id,
                                      struct unum_str type)
{
    struct cfn_resource *resource = unum_alloc(sizeof(*resource));
    resource->id = unum_str_dup(id);
    resource->type = unum_str_dup(type);
    (void)unum_map_set(&stack->resources, id, resource);
    return resource;
}

void cfn_resource_free(struct cfn_resource *r)
{
    for (size_t i = 0; i < r->depends_len; i++)
        free(r->depends[i]);
    free(r->depends);
    free(r->id);
    free(r->type);
    free(r->physical);
    free(r->properties);
    free(r->attributes);
    free(r->metadata);
    free(r->reason);
    free(r->old_physical);
    free(r->old_properties);
    free(r->old_attributes);
    free(r->old_metadata);
    free(r->leftover);
    free(r->leftover_properties);
    free(r->wanted);
    free(r->wanted_metadata);
    free(r);
}

void cfn_resource_drop(struct cfn_stack *stack, struct cfn_resource *resource)
{
    cfn_forget_resource(stack, resource);
    (void)unum_map_remove(&stack->resources, unum_str_from(resource->id));
    cfn_resource_free(resource);
}

/* ---- events ---- */

static struct cfn_event *stack_event(struct cfn_stack *stack, const char *logical,
                                     enum cfn_status status, const char *reason)
{
    struct cfn_event *event = unum_alloc(sizeof(*event));
    struct unum_buf UNUM_AUTO_BUF id = UNUM_BUF_INIT(UNUM_KB);
    unum_uuid4(&id);
    memcpy(event->id, unum_buf_text(&id), id.len < sizeof(event->id) ? id.len : 0);
    event->seq = ++cfn_of(stack->local)->event_seq;
    event->logical = unum_strdup(logical);
    event->status = status;
    event->at_ms = local_now(stack->local);
    cfn_set(&event->reason, unum_str_from(reason));
    cfn_set(&event->token, unum_str_from(stack->token));
    return event;
}

static void event_add_to(struct cfn_stack *stack, struct cfn_event *event)
{
    if (stack->events_len == CFN_MOST_EVENTS) {
        cfn_forget_event(stack, stack->events[0]);
        stack_event_free(stack->events[0]);
        stack->events_len--;
        memmove(stack->events, stack->events + 1, stack->events_len * sizeof(struct cfn_event *));
    }
    if (stack->events_len == stack->events_cap)
        stack->events =
            unum_vec_grow(stack->events, &stack->events_cap, sizeof(struct cfn_event *));
    stack->events[stack->events_len++] = event;
    cfn_keep_event(stack, event);
}

void cfn_stack_status(struct cfn_stack *stack, enum cfn_status status, const char *reason)
{
    struct cfn_event *event = stack_event(stack, stack->name, status, reason);
    event->physical = unum_strdup(stack->id);
    event->type = unum_strdup("AWS::CloudFormation::Stack");
    stack->status = status;
    cfn_set(&stack->reason, unum_str_from(reason));
    event_add_to(stack, event);
    cfn_keep_stack(stack);
}

void cfn_resource_status(struct cfn_stack *stack, struct cfn_resource *r, enum cfn_status status,
                         const char *reason)
{
    struct cfn_event *event = stack_event(stack, r->id, status, reason);
    bool clean = r->action == CFN_CLEAN; /* of what it was, so its own status stays */
    const char *physical = clean ? r->leftover : r->physical;
    const char *properties = clean ? r->leftover_properties : r->wanted ? r->wanted : r->properties;
    cfn_set(&event->physical, physical ? unum_str_from(physical) : UNUM_STR(""));
    event->type = unum_strdup(r->type);
    cfn_set(&event->properties, unum_str_from(properties));
    if (!clean) {
        r->status = status;
        r->at_ms = event->at_ms;
        cfn_set(&r->reason, unum_str_from(reason));
    }
    event_add_to(stack, event);
    cfn_keep_resource(stack, r);
}

/* ---- what expressions see of a stack ---- */

static bool on_resource(void *cookie, struct unum_str id, struct unum_str attribute,
                        struct unum_str *ret)
{
    const struct cfn_stack *stack = cookie;
    const struct cfn_resource *r = cfn_resource_find(stack, id);
    if (!r || !r->physical)
        return false;
    if (!attribute.len) {
        *ret = unum_str_from(r->physical);
        return true;
    }
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    if (!r->attributes || !json_get(unum_str_from(r->attributes), attribute, &value) ||
        !json_decode(value, &text))
        return false;
    /* Attributes are written without escapes where there are none, and ARNs and URLs have none. */
    *ret = unum_str_slice(value, 1, value.len - 2);
    return text.len == ret->len;
}

static bool on_import(void *cookie, struct unum_str name, struct unum_str *ret)
{
    const struct cfn_stack *stack = cookie;
    return cfn_export_find(stack->local, name, ret, NULL);
}

bool cfn_export_find(struct local *local, struct unum_str name, struct unum_str *ret_value,
                     const struct cfn_stack **ret_stack)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&cfn_of(local)->stacks, entry))) {
        const struct cfn_stack *stack = entry->value;
        for (size_t i = 0; stack->status != CFN_DELETE_COMPLETE && i < stack->exports.len; i++) {
            if (!unum_str_is(name, stack->exports.at[i].value))
                continue;
            const struct cfn_pair *output =
                cfn_pairs_get(&stack->outputs, unum_str_from(stack->exports.at[i].key));
            if (output)
                *ret_value = unum_str_from(output->value);
            if (ret_stack)
                *ret_stack = stack;
            return output != NULL;
        }
    }
    return false;
}

struct cfn_scope cfn_stack_scope(struct cfn_stack *stack, const struct cfn_template *template,
                                 const struct cfn_pairs *parameters, struct unum_arena *arena)
{
    return (struct cfn_scope){.local = stack->local,
                              .template = template,
                              .parameters = parameters,
                              .stack_name = unum_str_from(stack->name),
                              .stack_id = unum_str_from(stack->id),
                              .arena = arena,
                              .resource = on_resource,
                              .import = on_import,
                              .cookie = stack};
}

const struct cfn_source *cfn_stack_source(const struct cfn_stack *stack)
{
    return stack->now.body ? &stack->now : &stack->next;
}

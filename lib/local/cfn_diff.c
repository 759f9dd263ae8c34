/* What a change set would do: its template against what there is. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "local/cfn_provider.h"
#include "json/json.h"

static struct cfn_change *add(struct cfn_change_set *set, enum cfn_change_kind kind,
                              struct unum_str id, struct unum_str type)
{
    if (set->changes_len == set->changes_cap)
        set->changes = unum_vec_grow(set->changes, &set->changes_cap, sizeof(*set->changes));
    struct cfn_change *change = &set->changes[set->changes_len++];
    memset(change, 0, sizeof(*change));
    change->kind = kind;
    change->id = unum_str_dup(id);
    change->type = unum_str_dup(type);
    return change;
}

static struct cfn_detail *add_detail(struct cfn_change *change, const char *attribute,
                                     const char *name)
{
    if (change->details_len == change->details_cap)
        change->details =
            unum_vec_grow(change->details, &change->details_cap, sizeof(*change->details));
    struct cfn_detail *detail = &change->details[change->details_len++];
    memset(detail, 0, sizeof(*detail));
    detail->attribute = attribute;
    if (name)
        detail->name = unum_strdup(name);
    return detail;
}

/* {"Properties": ..., "Metadata": ...} */
static char *context(const char *properties, const char *metadata)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&out);
    json_object_begin(&w);
    json_key(&w, "Properties");
    json_raw(&w, unum_str_from(properties ? properties : "{}"));
    if (metadata) {
        json_key(&w, "Metadata");
        json_raw(&w, unum_str_from(metadata));
    }
    json_object_end(&w);
    return unum_buf_take(&out);
}

/* A value as it stands in a text: strings without quotes. */
static char *shown(struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (json_type(value) != JSON_STRING || !json_decode(value, &out))
        return unum_str_dup(value);
    return unum_buf_take(&out);
}

static bool has_unknown(struct unum_str value)
{
    return unum_str_search(value, UNUM_STR(CFN_UNKNOWN)) != SIZE_MAX;
}

static void compare_property(struct cfn_change *change, const struct cfn_provider *provider,
                             struct unum_str key, struct unum_str before, struct unum_str after)
{
    char UNUM_AUTO_FREE *name = shown(key);
    const struct cfn_property *property = cfn_provider_property(provider, unum_str_from(name));
    struct cfn_detail *detail = add_detail(change, "Properties", name);
    detail->before = before.ptr ? shown(before) : NULL;
    detail->after = after.ptr ? shown(after) : NULL;
    detail->dynamic = after.ptr && has_unknown(after);
    if (property && (property->flags & CFN_REPLACES))
        detail->replacement = detail->dynamic ? CFN_REPLACE_MAYBE : CFN_REPLACE_YES;
    if (detail->replacement == CFN_REPLACE_YES ||
        (detail->replacement == CFN_REPLACE_MAYBE && change->replacement == CFN_REPLACE_NO))
        change->replacement = detail->replacement;
}

static bool find(struct unum_str object, struct unum_str key, struct unum_str *ret)
{
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    return json_decode(key, &name) && json_get(object, unum_buf_str(&name), ret);
}

static void compare_properties(struct cfn_change *change, const char *before, const char *after)
{
    const struct cfn_provider *provider = cfn_provider_find(unum_str_from(change->type));
    struct unum_str was = unum_str_from(before), is = unum_str_from(after), key, value, other;
    struct json_iter iter = json_iter(was);
    while (json_next(&iter, &key, &value)) {
        bool there = find(is, key, &other);
        if (!there)
            compare_property(change, provider, key, value, UNUM_STR_NONE);
        else if (!json_equal(value, other))
            compare_property(change, provider, key, value, other);
    }
    iter = json_iter(is);
    while (json_next(&iter, &key, &value)) {
        if (!find(was, key, &other))
            compare_property(change, provider, key, UNUM_STR_NONE, value);
    }
}

static const char *policy_name(enum cfn_policy policy)
{
    static const char *const names[] = {"Delete", "Retain", "RetainExceptOnCreate"};
    return names[policy];
}

static void compare_policy(struct cfn_change *change, const char *attribute, enum cfn_policy before,
                           enum cfn_policy after)
{
    if (before == after)
        return;
    struct cfn_detail *detail = add_detail(change, attribute, NULL);
    detail->before = unum_strdup(policy_name(before));
    detail->after = unum_strdup(policy_name(after));
}

static int compare(struct cfn_stack *stack, struct cfn_change_set *set, struct cfn_scope *scope,
                   const struct cfn_declared *declared, struct unum_err *err)
{
    struct unum_str properties = UNUM_STR_NONE, metadata = UNUM_STR_NONE;
    const struct cfn_resource *r = cfn_resource_find(stack, declared->id);
    int rc = cfn_evaluate_json(scope, declared->properties, &properties, err);
    if (rc == 0 && declared->metadata)
        rc = cfn_evaluate_json(scope, declared->metadata, &metadata, err);
    if (rc)
        return rc;
    if (!r || !r->physical) {
        struct cfn_change *change = add(set, CFN_ADD, declared->id, declared->type);
        change->after = context(properties.ptr, metadata.ptr);
        return 0;
    }
    if (!unum_str_is(declared->type, r->type))
        return unum_err_set(err, UNUM_E_INVALID_FILE,
                            "Update of resource type is not permitted. The new template modifies "
                            "resource type of the following resources: [%s]",
                            r->id);
    struct cfn_change *change = add(set, CFN_MODIFY, declared->id, declared->type);
    cfn_set(&change->physical, unum_str_from(r->physical));
    compare_properties(change, r->properties ? r->properties : "{}", properties.ptr);
    bool had = r->metadata != NULL, has = metadata.ptr != NULL;
    if (had != has || (had && !json_equal(unum_str_from(r->metadata), metadata)))
        (void)add_detail(change, "Metadata", NULL);
    compare_policy(change, "DeletionPolicy", r->deletion, declared->deletion);
    compare_policy(change, "UpdateReplacePolicy", r->replacement, declared->replacement);
    change->policy = declared->replacement;
    if (!change->details_len && r->status != CFN_UPDATE_FAILED) {
        set->changes_len--;
        free(change->id);
        free(change->type);
        free(change->physical);
        return 0;
    }
    change->before = context(r->properties, r->metadata);
    change->after = context(properties.ptr, metadata.ptr);
    return 0;
}

struct view {
    struct cfn_stack *stack;
    struct cfn_scope inner;
    const struct unum_map *replaced; /* ids whose physical id is not known before */
};

static bool on_resource(void *cookie, struct unum_str id, struct unum_str attribute,
                        struct unum_str *ret)
{
    struct view *view = cookie;
    if (unum_map_has(view->replaced, id))
        return false;
    return view->inner.resource(view->inner.cookie, id, attribute, ret);
}

static bool on_import(void *cookie, struct unum_str name, struct unum_str *ret)
{
    struct view *view = cookie;
    return view->inner.import(view->inner.cookie, name, ret);
}

static void note_replaced(const struct cfn_change_set *set, struct unum_map *replaced)
{
    if (!set->changes_len)
        return;
    const struct cfn_change *last = &set->changes[set->changes_len - 1];
    if (last->kind == CFN_MODIFY && last->replacement != CFN_REPLACE_NO)
        (void)unum_map_set(replaced, unum_str_from(last->id), replaced);
}

static void clear(struct cfn_change_set *set)
{
    for (size_t i = 0; i < set->changes_len; i++) {
        struct cfn_change *change = &set->changes[i];
        for (size_t k = 0; k < change->details_len; k++) {
            free(change->details[k].name);
            free(change->details[k].before);
            free(change->details[k].after);
        }
        free(change->details);
        free(change->id);
        free(change->type);
        free(change->physical);
        free(change->before);
        free(change->after);
    }
    free(set->changes);
    set->changes = NULL;
    set->changes_len = set->changes_cap = 0;
}

void cfn_change_set_free(struct cfn_change_set *set)
{
    clear(set);
    cfn_source_done(&set->source);
    free(set->name);
    free(set->id);
    free(set->description);
    free(set->token);
    free(set->reason);
    free(set);
}

static void find_removed(const struct cfn_stack *stack, struct cfn_change_set *set,
                         const struct unum_map *kept)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&stack->resources, entry))) {
        const struct cfn_resource *r = entry->value;
        if (unum_map_has(kept, entry->key) || !r->physical)
            continue;
        struct cfn_change *change =
            add(set, CFN_REMOVE_RESOURCE, entry->key, unum_str_from(r->type));
        cfn_set(&change->physical, unum_str_from(r->physical));
        change->policy = r->deletion;
        change->before = context(r->properties, r->metadata);
    }
}

static bool same_pairs(const struct cfn_pairs *a, const struct cfn_pairs *b)
{
    bool same = a->len == b->len;
    for (size_t i = 0; same && i < a->len; i++) {
        const struct cfn_pair *other = cfn_pairs_get(b, unum_str_from(a->at[i].key));
        same = other && strcmp(other->value, a->at[i].value) == 0;
    }
    return same;
}

/* Do the outputs of the new template differ from those there are? */
static int compare_outputs(const struct cfn_stack *stack, struct cfn_change_set *set,
                           struct cfn_scope *scope, struct unum_err *err)
{
    struct cfn_pairs outputs = {0}, exports = {0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < scope->template->outputs_len; i++) {
        const struct cfn_output *output = &scope->template->outputs[i];
        struct unum_str value = UNUM_STR_NONE, name = UNUM_STR_NONE;
        bool included = true;
        rc = cfn_included(scope, output->condition, &included, err);
        if (rc || !included)
            continue;
        rc = cfn_evaluate_text(scope, output->value, &value, err);
        cfn_pairs_add(&outputs, output->name, value, false);
        if (rc == 0 && output->export_name) {
            rc = cfn_evaluate_text(scope, output->export_name, &name, err);
            cfn_pairs_add(&exports, output->name, name, false);
        }
    }
    set->other = rc == 0 &&
                 (!same_pairs(&outputs, &stack->outputs) || !same_pairs(&exports, &stack->exports));
    cfn_pairs_done(&outputs);
    cfn_pairs_done(&exports);
    return rc;
}

int cfn_diff(struct cfn_stack *stack, struct cfn_change_set *set, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_map UNUM_AUTO_MAP kept = UNUM_MAP_INIT;
    struct unum_map UNUM_AUTO_MAP replaced = UNUM_MAP_INIT;
    struct cfn_template *template = NULL;
    clear(set);
    int rc = cfn_template_read(unum_str_from(set->source.body), &template, err);
    if (rc)
        return rc;
    struct view view = {.stack = stack, .replaced = &replaced};
    view.inner = cfn_stack_scope(stack, template, &set->source.parameters, &arena);
    struct cfn_scope scope = view.inner;
    scope.resource = on_resource;
    scope.import = on_import;
    scope.cookie = &view;
    for (size_t i = 0; rc == 0 && i < template->resources_len; i++) {
        const struct cfn_declared *declared = &template->resources[i];
        bool included = true;
        rc = cfn_included(&scope, declared->condition, &included, err);
        if (rc || !included)
            continue;
        (void)unum_map_set(&kept, declared->id, set);
        rc = compare(stack, set, &scope, declared, err);
        if (rc == 0)
            note_replaced(set, &replaced);
    }
    if (rc == 0)
        find_removed(stack, set, &kept);
    if (rc == 0)
        rc = compare_outputs(stack, set, &scope, err);
    if (!same_pairs(&set->source.tags, &cfn_stack_source(stack)->tags))
        set->other = true;
    cfn_template_free(template);
    return rc;
}

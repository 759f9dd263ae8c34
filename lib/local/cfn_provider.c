/* The table of resource types, and what reading their properties has in common. */
#include "local/cfn_provider.h"

#include <string.h>

#include "base/rand.h"
#include "local/cfn_wire.h"
#include "json/json.h"

static const struct cfn_provider *const providers[] = {
    &cfn_lambda_function, &cfn_lambda_invoke_config, &cfn_lambda_permission, &cfn_iam_role,
    &cfn_iam_policy,      &cfn_iam_managed_policy,   &cfn_dynamodb_table,    &cfn_logs_group,
    &cfn_s3_bucket,       &cfn_s3_bucket_policy,     &cfn_scheduler_group,
};

const struct cfn_provider *cfn_provider_find(struct unum_str type)
{
    for (size_t i = 0; i < UNUM_COUNT(providers); i++) {
        if (unum_str_is(type, providers[i]->type))
            return providers[i];
    }
    return NULL;
}

const struct cfn_property *cfn_provider_property(const struct cfn_provider *provider,
                                                 struct unum_str name)
{
    for (const struct cfn_property *p = provider->properties; p->name; p++) {
        if (unum_str_is(name, p->name))
            return p;
    }
    return NULL;
}

bool cfn_provider_has_attribute(const struct cfn_provider *provider, struct unum_str name)
{
    for (const char *const *at = provider->attributes; at && *at; at++) {
        if (unum_str_is(name, *at))
            return true;
    }
    return false;
}

const char *cfn_provider_check(const struct cfn_provider *provider, struct unum_str properties,
                               struct unum_arena *arena)
{
    struct unum_str key, value;
    struct json_iter iter = json_iter(properties);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
        if (!json_decode(key, &name) || !cfn_provider_property(provider, unum_buf_str(&name)))
            return unum_arena_printf(arena, "#: extraneous key [%s] is not permitted",
                                     unum_buf_text(&name))
                .ptr;
    }
    if (json_get(properties, UNUM_STR("Tags"), &value) && json_count(value) > CFN_MOST_TAGS)
        return unum_arena_printf(arena, "#/Tags: expected maximum item count: %d", CFN_MOST_TAGS)
            .ptr;
    for (const struct cfn_property *p = provider->properties; p->name; p++) {
        if ((p->flags & CFN_REQUIRED) && !json_get(properties, unum_str_from(p->name), &value))
            return unum_arena_printf(arena, "#: required key [%s] not found", p->name).ptr;
    }
    return NULL;
}

bool cfn_prop(const struct cfn_job *job, const char *pointer, struct unum_str *ret)
{
    return json_pointer(job->properties, unum_str_from(pointer), ret);
}

struct unum_str cfn_prop_text(const struct cfn_job *job, const char *pointer)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (!cfn_prop(job, pointer, &value))
        return UNUM_STR_NONE;
    if (json_type(value) == JSON_STRING) {
        (void)json_decode(value, &text);
        return unum_arena_str(job->arena, unum_buf_str(&text));
    }
    return json_type(value) == JSON_NUMBER || json_type(value) == JSON_BOOL ? value : UNUM_STR_NONE;
}

bool cfn_prop_int(const struct cfn_job *job, const char *pointer, int64_t *ret)
{
    return unum_str_to_i64(cfn_prop_text(job, pointer), ret);
}

bool cfn_prop_bool(const struct cfn_job *job, const char *pointer, bool *ret)
{
    struct unum_str text = cfn_prop_text(job, pointer);
    *ret = unum_str_is(text, "true");
    return *ret || unum_str_is(text, "false");
}

size_t cfn_prop_tags(const struct cfn_job *job, struct app_pair **ret)
{
    struct unum_str list, tag;
    const struct cfn_pairs *stack_tags =
        job->stack->next.body ? &job->stack->next.tags : &job->stack->now.tags;
    size_t len = 0, count = cfn_prop(job, "/Tags", &list) ? json_count(list) : 0;
    struct app_pair *tags =
        unum_arena_array(job->arena, count + stack_tags->len + 3, sizeof(*tags));
    for (size_t i = 0; i < count && json_at(list, i, &tag); i++) {
        struct unum_arena *arena = job->arena;
        const char *key = unum_arena_printf(arena, "/Tags/%zu/Key", i).ptr;
        const char *value = unum_arena_printf(arena, "/Tags/%zu/Value", i).ptr;
        tags[len++] = (struct app_pair){cfn_prop_text(job, key), cfn_prop_text(job, value)};
    }
    size_t own = len;
    for (size_t i = 0; i < stack_tags->len; i++) {
        bool there = false;
        for (size_t k = 0; k < own; k++)
            there |= unum_str_is(tags[k].name, stack_tags->at[i].key);
        if (!there)
            tags[len++] = (struct app_pair){unum_str_from(stack_tags->at[i].key),
                                            unum_str_from(stack_tags->at[i].value)};
    }
    *ret = tags;
    return len;
}

static bool is_among(const struct app_pair *tags, size_t len, struct unum_str name)
{
    for (size_t i = 0; i < len; i++) {
        if (unum_str_eq(tags[i].name, name))
            return true;
    }
    return false;
}

size_t cfn_prop_tags_gone(const struct cfn_job *job, struct unum_str **ret)
{
    struct app_pair *tags;
    struct unum_str list = UNUM_STR("[]"), tag, key;
    size_t len = cfn_prop_tags(job, &tags), gone = 0;
    const struct cfn_pairs *of_stack = &job->stack->now.tags;
    (void)json_get(job->before, UNUM_STR("Tags"), &list);
    struct unum_str *names =
        unum_arena_array(job->arena, json_count(list) + of_stack->len + 1, sizeof(*names));
    struct json_iter iter = json_iter(list);
    while (json_next(&iter, NULL, &tag)) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
        if (json_get(tag, UNUM_STR("Key"), &key) && json_decode(key, &text) &&
            !is_among(tags, len, unum_buf_str(&text)))
            names[gone++] = unum_arena_str(job->arena, unum_buf_str(&text));
    }
    for (size_t i = 0; i < of_stack->len; i++) {
        if (!is_among(tags, len, unum_str_from(of_stack->at[i].key)))
            names[gone++] = unum_str_from(of_stack->at[i].key);
    }
    *ret = names;
    return gone;
}

struct unum_str cfn_generated_name(const struct cfn_job *job, size_t most)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz";
    char random[13] = {0};
    unsigned char bytes[12];
    unum_random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        random[i] = letters[bytes[i] % (sizeof(letters) - 1)];
    size_t room = most - sizeof(bytes) - 2;
    struct unum_str stack = unum_str_slice(unum_str_from(job->stack->name), 0, room / 2);
    struct unum_str logical = unum_str_slice(job->logical, 0, room - stack.len);
    return unum_arena_printf(job->arena, "%.*s-%.*s-%s", UNUM_STR_ARG(stack), UNUM_STR_ARG(logical),
                             random);
}

void cfn_attribute(struct cfn_job *job, const char *name, struct unum_str value)
{
    struct unum_str copy = unum_arena_str(job->arena, value);
    (void)unum_map_set(job->ret_attributes, unum_str_from(name), (void *)(uintptr_t)copy.ptr);
}

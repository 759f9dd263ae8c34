#include <string.h>

#include "template/reader.h"

enum { MOST_BYTES = 4096 };

/* Set by Lambda (Lambda developer guide, "Defined runtime environment variables") or by
 * app_environment(): a template cannot. */
static bool is_reserved(struct unum_str name)
{
    static const char *const ours[] = {"UNUM_APP",
                                       "FAAS_PLATFORM",
                                       "CHECKPOINT",
                                       "GC",
                                       "UNUM_DEBUG",
                                       "UNUM_RETENTION",
                                       "UNUM_MAX_INLINE_WAIT",
                                       "UNUM_SCHEDULE_ROLE",
                                       "_HANDLER",
                                       "_X_AMZN_TRACE_ID",
                                       "UNUM_INTERMEDIARY_DATASTORE_TYPE",
                                       "UNUM_INTERMEDIARY_DATASTORE_NAME"};
    /* Of AWS's own names some may be set: AWS_ENDPOINT_URL and the like. */
    static const char *const aws[] = {"AWS_REGION",
                                      "AWS_DEFAULT_REGION",
                                      "AWS_ACCESS_KEY",
                                      "AWS_ACCESS_KEY_ID",
                                      "AWS_SECRET_ACCESS_KEY",
                                      "AWS_SESSION_TOKEN",
                                      "AWS_EXECUTION_ENV",
                                      "LAMBDA_TASK_ROOT",
                                      "LAMBDA_RUNTIME_DIR",
                                      "AWS_LAMBDA_FUNCTION_NAME",
                                      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                                      "AWS_LAMBDA_FUNCTION_VERSION",
                                      "AWS_LAMBDA_INITIALIZATION_TYPE",
                                      "AWS_LAMBDA_LOG_GROUP_NAME",
                                      "AWS_LAMBDA_LOG_STREAM_NAME",
                                      "AWS_LAMBDA_RUNTIME_API"};
    for (size_t i = 0; i < UNUM_COUNT(ours); i++) {
        if (unum_str_is(name, ours[i]))
            return true;
    }
    for (size_t i = 0; i < UNUM_COUNT(aws); i++) {
        if (unum_str_is(name, aws[i]))
            return true;
    }
    return false;
}

/* CloudFormation, AWS::Lambda::Function Environment: [a-zA-Z]([a-zA-Z0-9_])+ */
static bool is_variable_name(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = unum_is_letter(c);
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    return name.len >= 2;
}

/* Switches of fan-in modes and early invocation, which the runtime does not have: only their
 * "off" may be written. */
static bool is_absent_feature(struct unum_str name, struct unum_str value)
{
    static const char *const names[] = {"EAGER", "UNUM_FUTURE_BASED", "EARLY_INVOKE"};
    static const char *const off[] = {"false", "0", "no", ""};
    for (size_t i = 0; i < UNUM_COUNT(off); i++) {
        if (unum_str_ieq(value, unum_str_from(off[i])))
            return false;
    }
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (unum_str_is(name, names[i]))
            return true;
    }
    return unum_str_is(name, "UNUM_EAGER_POLL_INTERVAL") || unum_str_is(name, "UNUM_EAGER_TIMEOUT");
}

static bool check_variable(struct template_reader *r, const struct doc_member *member,
                           struct app_pair pair)
{
    if (!is_variable_name(pair.name)) {
        unum_diag_add(r->diags, UNUM_E0305, member->key_span,
                      "Lambda allows no environment variable \"%.*s\"", UNUM_STR_ARG(pair.name));
        unum_diag_hint(r->diags, "use two or more letters, digits and _, a letter first");
        return false;
    }
    if (is_reserved(pair.name)) {
        unum_diag_add(r->diags, UNUM_E0311, member->key_span,
                      "the environment variable %.*s is set by the platform",
                      UNUM_STR_ARG(pair.name));
        return false;
    }
    if (is_absent_feature(pair.name, pair.value)) {
        const char *what = unum_arena_printf(r->arena, "%.*s is", UNUM_STR_ARG(pair.name)).ptr;
        template_not_yet(r, member->value->span, what, "remove the variable");
        return false;
    }
    return true;
}

bool template_environment(struct template_reader *r, const struct template_key *key,
                          const struct doc *value, struct app_pair **ret, size_t *ret_len)
{
    /* CloudFormation's form, Environment: {Variables: {...}}, is understood as well. */
    if (value->kind == DOC_OBJECT && value->len == 1 &&
        unum_str_is(value->members[0].key, "Variables") &&
        value->members[0].value->kind == DOC_OBJECT)
        value = value->members[0].value;
    struct app_pair *pairs;
    size_t len;
    if (!template_map(r, key, value, &pairs, &len))
        return false;
    bool ok = true;
    for (size_t i = 0; i < len; i++)
        ok = check_variable(r, &value->members[i], pairs[i]) && ok;
    if (!ok)
        return false;
    *ret = pairs;
    *ret_len = len;
    return true;
}

/* Lambda quotas: all environment variables of a function together, ours included. */
static void check_size(struct template_reader *r, const struct app_function *function)
{
    struct app_pair *ours;
    size_t ours_len = app_environment(r->app, r->arena, &ours);
    size_t size = 0;
    for (size_t i = 0; i < ours_len; i++)
        size += ours[i].name.len + ours[i].value.len;
    for (size_t i = 0; i < function->environment_len; i++)
        size += function->environment[i].name.len + function->environment[i].value.len;
    if (size > MOST_BYTES)
        unum_diag_add(r->diags, UNUM_E0304, function->span,
                      "the environment of %.*s has %zu bytes; Lambda allows %d",
                      UNUM_STR_ARG(function->name), size, MOST_BYTES);
}

void template_environment_merge(struct template_reader *r, const struct app_function *defaults,
                                struct app_function *own)
{
    own->environment_len =
        template_pairs_merge(r->arena, defaults->environment, defaults->environment_len,
                             own->environment, own->environment_len, &own->environment);
    check_size(r, own);
}

size_t app_environment(const struct app *app, struct unum_arena *arena, struct app_pair **ret)
{
#define YES_NO(flag) ((flag) ? UNUM_STR("true") : UNUM_STR("false"))
    const struct app_pair pairs[] = {
        {UNUM_STR("UNUM_APP"), app->name},
        {UNUM_STR("FAAS_PLATFORM"), app->platform},
        {UNUM_STR("UNUM_INTERMEDIARY_DATASTORE_TYPE"), app->store_type},
        {UNUM_STR("UNUM_INTERMEDIARY_DATASTORE_NAME"), app->store_name},
        {UNUM_STR("CHECKPOINT"), YES_NO(app->checkpoint)},
        {UNUM_STR("GC"), YES_NO(app->gc)},
        {UNUM_STR("UNUM_DEBUG"), YES_NO(app->debug)},
        {UNUM_STR("UNUM_RETENTION"), unum_arena_printf(arena, "%lld", (long long)app->retention_s)},
        {UNUM_STR("UNUM_MAX_INLINE_WAIT"),
         unum_arena_printf(arena, "%lld", (long long)app->max_inline_wait_s)},
    };
#undef YES_NO
    *ret = unum_arena_array(arena, UNUM_COUNT(pairs), sizeof(pairs[0]));
    memcpy(*ret, pairs, sizeof(pairs));
    return UNUM_COUNT(pairs);
}

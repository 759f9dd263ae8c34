/* What a function's process finds in its environment. */
#include "local/internal.h"

#include <stdlib.h>
#include <string.h>

struct environment {
    const char **list;
    size_t len;
    struct unum_arena *arena;
};

enum { PLATFORMS_OWN = 64 }; /* more than the platform sets and passes on */

static void set(struct environment *env, const char *name, struct unum_str value)
{
    /* The last definition wins: the function's own pairs come first, the platform's last. */
    size_t len = strlen(name);
    const char *text = unum_arena_printf(env->arena, "%s=%.*s", name, UNUM_STR_ARG(value)).ptr;
    for (size_t i = 0; i < env->len; i++) {
        if (strncmp(env->list[i], text, len + 1) == 0) {
            env->list[i] = text;
            return;
        }
    }
    env->list[env->len++] = text;
}

static void set_number(struct environment *env, const char *name, int64_t number)
{
    set(env, name, unum_arena_printf(env->arena, "%lld", (long long)number));
}

/* Of this process's environment only what instruments need is passed on. */
static void pass_on(struct environment *env)
{
    static const char *const passed[] = {"ASAN_OPTIONS",        "UBSAN_OPTIONS",     "LSAN_OPTIONS",
                                         "TSAN_OPTIONS",        "LLVM_PROFILE_FILE", "GCOV_PREFIX",
                                         "ASAN_SYMBOLIZER_PATH"};
    for (size_t i = 0; i < UNUM_COUNT(passed); i++) {
        /* NOLINTNEXTLINE(concurrency-mt-unsafe): a platform has no threads */
        const char *value = getenv(passed[i]);
        if (value)
            set(env, passed[i], unum_str_from(value));
    }
}

/* Source: "Defined runtime environment variables" (Lambda Developer Guide). */
static void fill(const struct worker *worker, struct environment *env)
{
    const struct local *local = worker->local;
    const struct function *function = worker->function;
    set(env, "PATH", UNUM_STR("/usr/local/bin:/usr/bin:/bin:/opt/bin"));
    set(env, "LANG", UNUM_STR("en_US.UTF-8"));
    set(env, "TZ", UNUM_STR(":UTC"));
    pass_on(env);
    if (!function->created)
        set(env, "UNUM_SCHEDULE_ROLE", UNUM_STR(LOCAL_SCHEDULE_ROLE));
    for (size_t i = 0; i < function->env_len; i++) {
        const char *name = unum_arena_str(env->arena, function->env[i].name).ptr;
        set(env, name, function->env[i].value);
    }
    set(env, "_HANDLER", unum_str_from(function->handler));
    set(env, "LAMBDA_TASK_ROOT", unum_str_from(function->dir));
    set(env, "TMPDIR", unum_str_from(worker->tmp));
    set(env, "AWS_LAMBDA_FUNCTION_NAME", unum_str_from(function->name));
    set(env, "AWS_LAMBDA_FUNCTION_VERSION", UNUM_STR("$LATEST"));
    set_number(env, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function->memory_mb);
    set(env, "AWS_LAMBDA_LOG_GROUP_NAME",
        unum_arena_printf(env->arena, "/aws/lambda/%s", function->name));
    set(env, "AWS_LAMBDA_LOG_STREAM_NAME", unum_str_from(worker->log_stream));
    set(env, "AWS_LAMBDA_INITIALIZATION_TYPE", UNUM_STR("on-demand"));
    set(env, "AWS_LAMBDA_RUNTIME_API",
        unum_arena_printf(env->arena, "%s/%s", local->address, worker->id));
    set(env, "AWS_ENDPOINT_URL", unum_str_from(local->endpoint));
    set(env, "AWS_REGION", local->region);
    set(env, "AWS_DEFAULT_REGION", local->region);
    set(env, "AWS_ACCESS_KEY_ID", unum_str_from(worker->key));
    set(env, "AWS_SECRET_ACCESS_KEY", unum_str_from(worker->secret));
    set(env, "AWS_SESSION_TOKEN", unum_str_from(worker->id));
    set(env, "UNUM_LOCAL", UNUM_STR("1"));
}

const char *const *worker_environment(const struct worker *worker, struct unum_arena *arena)
{
    struct environment env = {.arena = arena};
    env.list =
        unum_arena_array(arena, worker->function->env_len + PLATFORMS_OWN, sizeof(*env.list));
    fill(worker, &env);
    env.list[env.len] = NULL;
    return env.list;
}

/* The functions of an application as deploy makes them, from the bundles that build made. */
#include "local/internal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/path.h"

#define GENERATED_TIMEOUT_MS 60000
#define FAILURES_RETRIES     2

static bool is_failures(const struct compiled_node *node)
{
    return unum_str_is(node->node, IR_FAILURES_NODE);
}

/* The application's variables, the function's own, and no waiting inside of functions: every wait
 * is a timer here, which can be skipped. */
static size_t environment(const struct app *app, const struct app_function *function,
                          struct unum_arena *arena, struct app_pair **ret)
{
    static const struct unum_str inline_wait = UNUM_STR_INIT("UNUM_MAX_INLINE_WAIT");
    struct app_pair *common;
    size_t common_len = app_environment(app, arena, &common);
    size_t own_len = function ? function->environment_len : 0;
    struct app_pair *all = unum_arena_array(arena, common_len + own_len + 1, sizeof(*all));
    size_t len = 0;
    for (size_t i = 0; i < own_len; i++)
        all[len++] = function->environment[i];
    for (size_t i = 0; i < common_len; i++) {
        if (!unum_str_eq(common[i].name, inline_wait))
            all[len++] = common[i];
    }
    all[len++] = (struct app_pair){inline_wait, UNUM_STR("0")};
    *ret = all;
    return len;
}

static int add_node(struct local *local, const struct app *app, const struct compiled_node *node,
                    const char *root, struct unum_arena *arena, struct unum_err *err)
{
    const struct app_function *function = app_function(app, node->function);
    const char *dir =
        unum_arena_printf(arena, "%s/.unum/build/%.*s", root, UNUM_STR_ARG(node->node)).ptr;
    struct app_pair *env;
    struct local_function add = LOCAL_FUNCTION;
    add.env_len = environment(app, function, arena, &env);
    add.env = env;
    add.name = app_node_function(app, node->node, arena);
    add.dir = unum_str_from(dir);
    if (function)
        add.handler = function->handler;
    add.timeout_ms = function ? function->timeout_s * 1000 : GENERATED_TIMEOUT_MS;
    add.memory_mb = function ? function->memory_mb : 0;
    add.max_retries = is_failures(node) ? FAILURES_RETRIES : 0;
    if (!is_failures(node))
        add.on_failure = app_node_function(app, UNUM_STR(IR_FAILURES_NODE), arena);
    return local_add_function(local, &add, err);
}

int local_add_app(struct local *local, const struct app *app, const struct compiled *compiled,
                  struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    char UNUM_AUTO_FREE *root = realpath(app->dir, NULL);
    if (!root)
        return unum_err_sys(err, errno, "folder %s", app->dir);
    for (size_t i = 0; i < compiled->len; i++) {
        int rc = add_node(local, app, &compiled->at[i], root, &arena, err);
        if (rc)
            return rc;
    }
    return local_db_ensure_table(local->db, app->store_name, local_now(local), err);
}

/* An application on the local platform, as deploy would make it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "support/local_bench.h"

static struct bench bench;
static char *dir;

static void make_bundle(const char *node)
{
    char UNUM_AUTO_FREE *build = unum_path_join(dir, ".unum/build");
    char UNUM_AUTO_FREE *bundle = unum_path_join(build, node);
    char UNUM_AUTO_FREE *bootstrap = unum_path_join(bundle, "bootstrap");
    assert_int_equal(unum_make_dirs(bundle, NULL), 0);
    assert_int_equal(symlink(LOCAL_FUNCTION_PROGRAM, bootstrap), 0);
}

static struct app_pair variable = {UNUM_STR_INIT("MINE"), UNUM_STR_INIT("yes")};
static struct app_function functions[] = {{
    .name = UNUM_STR_INIT("Resize"),
    .handler = UNUM_STR_INIT("resize"),
    .memory_mb = 512,
    .timeout_s = 30,
    .environment = &variable,
    .environment_len = 1,
}};
static struct compiled_node nodes[] = {
    {.node = UNUM_STR_INIT("Resize"), .function = UNUM_STR_INIT("Resize")},
    {.node = UNUM_STR_INIT(IR_FAILURES_NODE)},
};
static const struct compiled compiled = {nodes, 2, UNUM_STR_INIT("Resize")};

static struct app app_in(char *folder)
{
    return (struct app){
        .dir = folder,
        .name = UNUM_STR("shop"),
        .platform = UNUM_STR("aws"),
        .store_type = UNUM_STR("dynamodb"),
        .store_name = UNUM_STR("shop-store"),
        .checkpoint = true,
        .retention_s = 3600,
        .max_inline_wait_s = 60,
        .functions = functions,
        .functions_len = 1,
    };
}

static int setup(void **state)
{
    (void)state;
    if (unum_make_temp_dir("unum-test", &dir, NULL))
        return -1;
    bench_init(&bench);
    bench_open(&bench);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_close(&bench);
    int rc = unum_remove_tree(dir, NULL);
    free(dir);
    return rc;
}

static void runs_every_node_as_deployed(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    make_bundle("Resize");
    make_bundle(IR_FAILURES_NODE);
    const struct app app = app_in(dir);
    if (local_add_app(bench.local, &app, &compiled, &err))
        fail_msg("%s", unum_err_text(&err));
    static const struct {
        const char *name, *value;
    } rows[] = {{"MINE", "\"yes\""},
                {"UNUM_MAX_INLINE_WAIT", "\"0\""},
                {"UNUM_INTERMEDIARY_DATASTORE_NAME", "\"shop-store\""},
                {"AWS_LAMBDA_FUNCTION_NAME", "\"shop-Resize\""},
                {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "\"512\""},
                {"_HANDLER", "\"resize\""}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char event[128];
        (void)snprintf(event, sizeof(event), "{\"do\":\"env\",\"name\":\"%s\"}", rows[i].name);
        assert_string_equal(bench_call(&bench, "shop-Resize", event), rows[i].value);
    }
    bench.invocations = 0;
    bench_event(&bench, "shop-Resize", "{\"do\":\"crash\"}");
    /* No retry; the failure function got the record. */
    assert_int_equal(bench.invocations, 2);
    assert_non_null(strstr(unum_buf_text(&bench.log), "\"condition\":\"RetriesExhausted\""));
}

static void says_what_is_not_built(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct app app = app_in(dir);
    assert_int_equal(local_add_app(bench.local, &app, &compiled, &err), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&err), ".unum/build/Resize/bootstrap"));
    assert_non_null(strstr(err.hint, "unum build"));
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(runs_every_node_as_deployed),
        RUN(says_what_is_not_built),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

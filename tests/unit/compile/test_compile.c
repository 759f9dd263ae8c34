#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "compile/compile.h"

/* An application in a folder of its own. */
struct fixture {
    struct unum_arena arena;
    struct unum_diags diags;
    struct unum_err err;
    char *dir;
    struct app_function functions[2];
    struct app app;
};

static int set_up(void **state)
{
    struct fixture *f = unum_alloc(sizeof(*f));
    f->functions[0] = (struct app_function){.name = UNUM_STR("A"), .code_uri = UNUM_STR("a")};
    f->functions[1] = (struct app_function){.name = UNUM_STR("B"), .code_uri = UNUM_STR("b")};
    assert_int_equal(unum_make_temp_dir("unum-test-", &f->dir, NULL), 0);
    f->app = (struct app){.dir = f->dir,
                          .name = UNUM_STR("shop"),
                          .definition = UNUM_STR("machine.json"),
                          .checkpoint = true,
                          .functions = f->functions,
                          .functions_len = 2};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(unum_remove_tree(f->dir, NULL), 0);
    unum_arena_done(&f->arena);
    unum_diags_done(&f->diags);
    unum_err_done(&f->err);
    free(f->dir);
    free(f);
    return 0;
}

static struct compiled *compiled(struct fixture *f, struct unum_str definition)
{
    struct compiled *ret = NULL;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = unum_path_join(f->dir, "machine.json");
    assert_int_equal(unum_file_write(path, definition, 0644, NULL), 0);
    if (compile_app(&f->app, &f->arena, &f->diags, &ret, &f->err))
        fail_msg("%s", unum_err_text(&f->err));
    unum_diags_print(&f->diags, false, &text);
    if (!ret)
        fail_msg("%s", unum_buf_text(&text));
    return ret;
}

static bool there(const struct fixture *f, const char *name)
{
    char *UNUM_AUTO_FREE path = unum_path_join(f->dir, name);
    return unum_file_exists(path);
}

#define TASK(name, function, on)                                                                   \
    "\"" name "\":{\"Type\":\"Task\",\"Resource\":\"" function "\"," on "}"

static const char chain[] = "{\"StartAt\":\"One\",\"States\":{" TASK(
    "One", "A", "\"Next\":\"Two\"") "," TASK("Two", "B", "\"End\":true") "}}";
static const char twice[] = "{\"StartAt\":\"One\",\"States\":{" TASK(
    "One", "A", "\"Next\":\"Two\"") "," TASK("Two", "A", "\"End\":true") "}}";

static void ir_is_written_and_old_nodes_go(void **state)
{
    struct fixture *f = *state;
    struct compiled *c = compiled(f, unum_str_from(chain));
    assert_int_equal(c->len, 3);
    assert_true(unum_str_is(c->entry, "A"));
    assert_true(unum_str_is(c->at[2].node, IR_FAILURES_NODE));
    assert_int_equal(c->at[2].function.len, 0);
    assert_int_equal(c->at[2].ir->nodes_len, 2);
    assert_int_equal(compile_write(&f->app, c, &f->err), 0);
    assert_true(there(f, ".unum/ir/A/unum_config.json"));
    assert_true(there(f, ".unum/ir/B/unum_config.json"));
    assert_true(there(f, ".unum/ir/unum-failures/unum_config.json"));
    char *UNUM_AUTO_FREE path = unum_path_join(f->dir, ".unum/ir/unum-failures/unum_config.json");
    int64_t written = unum_file_mtime_ns(path);
    assert_int_equal(compile_write(&f->app, c, &f->err), 0);
    assert_true(unum_file_mtime_ns(path) == written);
    c = compiled(f, unum_str_from(twice));
    assert_int_equal(compile_write(&f->app, c, &f->err), 0);
    assert_true(there(f, ".unum/ir/A--One/unum_config.json"));
    assert_true(there(f, ".unum/ir/A--Two/unum_config.json"));
    assert_false(there(f, ".unum/ir/A"));
    assert_false(there(f, ".unum/ir/B"));
}

static void blanks_do_not_change_the_machine(void **state)
{
    struct fixture *f = *state;
    struct compiled *c = compiled(f, unum_str_from(chain));
    struct unum_str before = c->at[0].ir->machine;
    assert_int_equal(before.len, 64);
    struct unum_buf UNUM_AUTO_BUF spaced = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (const char *p = chain; *p; p++)
        unum_buf_printf(&spaced, *p == ',' ? "%c\n  " : "%c", *p);
    c = compiled(f, unum_buf_str(&spaced));
    assert_true(unum_str_eq(c->at[0].ir->machine, before));
    c = compiled(f, unum_str_from(twice));
    assert_false(unum_str_eq(c->at[0].ir->machine, before));
}

static void missing_definition_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct compiled *c = NULL;
    assert_int_equal(compile_app(&f->app, &f->arena, &f->diags, &c, &f->err), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&f->err), "machine.json"));
    assert_null(c);
}

/* The memory of the nodes grows with the machine, not with its square. */
static void large_machines_are_linear(void **state)
{
    struct fixture *f = *state;
    size_t used[2] = {0};
    for (int round = 0; round < 2; round++) {
        size_t count = round ? 8000 : 2000;
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_buf_adds(&text, "{\"StartAt\":\"s0\",\"States\":{");
        for (size_t i = 0; i < count; i++)
            unum_buf_printf(&text,
                            "%s\"s%zu\":{\"Type\":\"Task\",\"Resource\":\"%s\",\"Next\":\"s%zu\"}",
                            i ? "," : "", i, i % 2 ? "A" : "B", i + 1);
        unum_buf_printf(&text, "," TASK("s%zu", "A", "\"End\":true") "}}", count);
        struct compiled *c = compiled(f, unum_buf_str(&text));
        assert_int_equal(c->len, count + 2);
        used[round] = f->arena.used;
        unum_arena_done(&f->arena);
    }
    assert_true(used[1] < used[0] * 6);
}

static void wide_parallels_have_a_ceiling(void **state)
{
    struct fixture *f = *state;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    char *UNUM_AUTO_FREE path = unum_path_join(f->dir, "machine.json");
    struct compiled *c = NULL;
    unum_buf_adds(&text, "{\"StartAt\":\"p\",\"States\":{\"p\":{\"Type\":\"Parallel\",\"End\":true,"
                         "\"Branches\":[");
    for (int i = 0; i < 2000; i++)
        unum_buf_printf(&text,
                        "%s{\"StartAt\":\"s%d\",\"States\":{" TASK("s%d", "A", "\"End\":true") "}}",
                        i ? "," : "", i, i);
    unum_buf_adds(&text, "]}}}");
    assert_int_equal(unum_file_write(path, unum_buf_str(&text), 0644, NULL), 0);
    assert_int_equal(compile_app(&f->app, &f->arena, &f->diags, &c, &f->err), 0);
    assert_null(c);
    assert_int_equal(f->diags.errors, 1);
    assert_int_equal(f->diags.list.at[f->diags.list.len - 1].code, UNUM_E0415);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ir_is_written_and_old_nodes_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(blanks_do_not_change_the_machine, set_up, tear_down),
        cmocka_unit_test_setup_teardown(missing_definition_is_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wide_parallels_have_a_ceiling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_machines_are_linear, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

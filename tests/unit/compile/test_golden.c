/*
 * Definitions in tests/golden/compile compile to exactly the IR beside them; those in
 * tests/golden/validate give exactly the diagnostics beside them. UNUM_UPDATE_GOLDEN=1 rewrites.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "compile/compile.h"

static bool updating(void)
{
    return getenv("UNUM_UPDATE_GOLDEN") != NULL;
}

/* Compare with a file, or write it; an absent file is an empty one. */
static size_t compare(const char *test, const char *path, struct unum_str got)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (updating()) {
        int rc = got.len ? unum_file_update(path, got, 0644, &err) : unum_remove_tree(path, &err);
        if (rc)
            fail_msg("%s", unum_err_text(&err));
        return 0;
    }
    if (unum_file_exists(path) && unum_file_read(path, &wanted, &err))
        fail_msg("%s", unum_err_text(&err));
    if (unum_str_eq(unum_buf_str(&wanted), got))
        return 0;
    print_error("%s: %s\n--- wanted\n%s\n--- got\n%.*s\n", test, path, unum_buf_text(&wanted),
                UNUM_STR_ARG(got));
    return 1;
}

/* What the compiler wrote is what the runtime loads and what people read. */
static size_t both_readers_agree(const char *test, struct unum_str text)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF loaded = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF read = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_source source = {"unum_config.json", text};
    struct ir_node *node = NULL;
    if (ir_load(text, &arena, &node, &err))
        fail_msg("%s: %s", test, unum_err_text(&err));
    ir_write(node, &loaded);
    node = ir_read(&source, &arena, &diags);
    if (node)
        ir_write(node, &read);
    else
        unum_diags_print(&diags, false, &read);
    if (unum_str_eq(unum_buf_str(&loaded), text) && unum_str_eq(unum_buf_str(&read), text))
        return 0;
    print_error("%s:\n--- written\n%.*s\n--- loaded\n%s\n--- read\n%s\n", test, UNUM_STR_ARG(text),
                unum_buf_text(&loaded), unum_buf_text(&read));
    return 1;
}

static size_t compare_nodes(const char *test, const struct compiled *compiled)
{
    size_t wrong = 0, expected = 0;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    for (size_t i = 0; compiled && i < compiled->len; i++) {
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf UNUM_AUTO_BUF path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        ir_write(compiled->at[i].ir, &text);
        wrong += both_readers_agree(test, unum_buf_str(&text));
        if (unum_str_is(compiled->at[i].node, IR_FAILURES_NODE))
            continue;
        unum_buf_printf(&path, "expected/%.*s.json", UNUM_STR_ARG(compiled->at[i].node));
        if (updating())
            assert_int_equal(unum_make_dirs("expected", &err), 0);
        wrong += compare(test, unum_buf_text(&path), unum_buf_str(&text));
        expected++;
    }
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    if (unum_is_dir("expected") && unum_list_dir("expected", &names, &err))
        fail_msg("%s", unum_err_text(&err));
    if (names.list.len != expected) {
        print_error("%s: %zu nodes, %zu expected\n", test, expected, names.list.len);
        wrong++;
    }
    return wrong;
}

static size_t run_case(const char *test)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct app *app = NULL;
    struct compiled *compiled = NULL;
    const char *template =
        unum_file_exists("unum-template.yaml") ? "unum-template.yaml" : "../unum-template.yaml";
    if (app_read(template, &arena, &diags, &app, &err))
        fail_msg("%s: %s", test, unum_err_text(&err));
    if (app) {
        app->dir = unum_strdup(".");
        if (compile_app(app, &arena, &diags, &compiled, &err))
            fail_msg("%s: %s", test, unum_err_text(&err));
        free(app->dir);
    }
    assert_true((compiled == NULL) == (diags.errors > 0));
    unum_diags_print(&diags, false, &text);
    return compare(test, "expected.diag", unum_buf_str(&text)) + compare_nodes(test, compiled);
}

static void run_cases(const char *area, size_t least)
{
    struct unum_names UNUM_AUTO(unum_names_done) names = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    size_t wrong = 0, count = 0;
    if (unum_list_dir(area, &names, &err))
        fail_msg("%s", unum_err_text(&err));
    for (size_t i = 0; i < names.list.len; i++) {
        char *UNUM_AUTO_FREE dir = unum_path_join(area, names.list.at[i]);
        if (!unum_is_dir(dir))
            continue;
        assert_int_equal(chdir(dir), 0);
        wrong += run_case(names.list.at[i]);
        count++;
    }
    assert_true(count >= least);
    assert_int_equal(wrong, 0);
}

static void machines_compile_to_their_ir(void **state)
{
    (void)state;
    run_cases(UNUM_SOURCE_DIR "/tests/golden/compile", 15);
}

static void broken_machines_give_their_diagnostics(void **state)
{
    (void)state;
    run_cases(UNUM_SOURCE_DIR "/tests/golden/validate", 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_compile_to_their_ir),
        cmocka_unit_test(broken_machines_give_their_diagnostics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/proc.h"
#include "package/build.h"

/* An application in a temporary folder, with a runtime archive that only calls the handler. */
struct world {
    char *dir, *app_dir, *prefix;
    struct app app;
    struct app_function functions[2];
    struct ir_node ir[3];
    struct compiled_node nodes[3];
    struct compiled compiled;
    struct build_options options;
    struct build_result result;
    struct unum_buf output, phases;
    struct unum_err err;
};

static const char fake_runtime[] = "#include <stdio.h>\n"
                                   "int unum_handler(void *, void *);\n"
                                   "int main(void) { return unum_handler(0, 0); }\n";

static void put(const char *dir, const char *name, const char *text, int mode)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    char *UNUM_AUTO_FREE path = unum_path_join(dir, name);
    char *UNUM_AUTO_FREE folder = unum_str_dup(unum_path_dir(unum_str_from(path)));
    assert_int_equal(unum_make_dirs(folder, &err), 0);
    assert_int_equal(unum_file_write(path, unum_str_from(text), (mode_t)mode, &err), 0);
}

static bool has(struct world *w, const char *name)
{
    char *UNUM_AUTO_FREE path = unum_path_join(w->app_dir, name);
    return unum_file_exists(path);
}

static char *content(struct world *w, const char *name)
{
    char *UNUM_AUTO_FREE path = unum_path_join(w->app_dir, name);
    struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    assert_int_equal(unum_file_read(path, &text, NULL), 0);
    return unum_buf_take(&text);
}

static int64_t inode(struct world *w, const char *name)
{
    char *UNUM_AUTO_FREE path = unum_path_join(w->app_dir, name);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (int64_t)st.st_ino;
}

static void run_tool(const char *const *argv, struct unum_buf *output)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = argv;
    int status;
    if (unum_proc_run(&spec, output, &status, &err) < 0 || status != 0)
        fail_msg("%s: %s %s", argv[0], unum_err_text(&err), unum_buf_text(output));
}

/* What the node's program prints. */
static char *run_node(struct world *w, const char *node)
{
    struct unum_buf path = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf output = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&path, "%s/.unum/build/%s/bootstrap", w->app_dir, node);
    const char *const argv[] = {path.ptr, NULL};
    run_tool(argv, &output);
    unum_buf_done(&path);
    return unum_buf_take(&output);
}

static void on_output(void *cookie, struct unum_str function, struct unum_str text)
{
    struct world *w = cookie;
    (void)function;
    unum_buf_add(&w->output, text);
}

static void on_progress(void *cookie, struct unum_str function, const char *phase)
{
    struct world *w = cookie;
    unum_buf_printf(&w->phases, "%.*s: %s\n", UNUM_STR_ARG(function), phase);
}

static void make_prefix(struct world *w)
{
    put(w->prefix, "include/unum/runtime.h", "int unum_handler(void *ctx, void *input);\n", 0644);
    put(w->prefix, "share/unum/generated/generated.c",
        "#include <unum/runtime.h>\nint unum_handler(void *c, void *i) { (void)c; (void)i; "
        "return 0; }\n",
        0644);
    put(w->prefix, "work/main.c", fake_runtime, 0644);
    char *UNUM_AUTO_FREE source = unum_path_join(w->prefix, "work/main.c");
    char *UNUM_AUTO_FREE object = unum_path_join(w->prefix, "work/main.o");
    char *UNUM_AUTO_FREE archive = unum_path_join(w->prefix, "lib/unum/libunum_runtime.a");
    char *UNUM_AUTO_FREE folder = unum_path_join(w->prefix, "lib/unum");
    assert_int_equal(unum_make_dirs(folder, NULL), 0);
    struct unum_buf UNUM_AUTO_BUF output = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    const char *const cc[] = {"gcc", "-Os", "-fPIE", "-c", source, "-o", object, NULL};
    const char *const ar[] = {"ar", "crD", archive, object, NULL};
    run_tool(cc, &output);
    run_tool(ar, &output);
    char *UNUM_AUTO_FREE cmake = unum_path_join(w->prefix, "share/unum/cmake/unum-config.cmake");
    char *UNUM_AUTO_FREE cmake_dir = unum_path_join(w->prefix, "share/unum/cmake");
    assert_int_equal(unum_make_dirs(cmake_dir, NULL), 0);
    assert_int_equal(unum_file_copy(UNUM_SOURCE_DIR "/share/cmake/unum-config.cmake", cmake, NULL),
                     0);
}

static int setup(void **state)
{
    struct world *w = unum_alloc(sizeof(*w));
    if (unum_make_temp_dir("unum-build", &w->dir, NULL) < 0)
        return -1;
    w->app_dir = unum_path_join(w->dir, "app");
    w->prefix = unum_path_join(w->dir, "prefix");
    w->output = w->phases = (struct unum_buf)UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    make_prefix(w);
    put(w->app_dir, "unum-template.yaml", "", 0644);
#if defined(__aarch64__)
    const enum app_arch arch = APP_ARCH_ARM64;
#else
    const enum app_arch arch = APP_ARCH_X86_64;
#endif
    w->functions[0] = (struct app_function){
        .name = UNUM_STR("First"), .code_uri = UNUM_STR("first"), .arch = arch};
    w->functions[1] = (struct app_function){
        .name = UNUM_STR("Second"), .code_uri = UNUM_STR("second"), .arch = arch};
    w->app = (struct app){
        .dir = w->app_dir, .name = UNUM_STR("demo"), .functions = w->functions, .functions_len = 2};
    const char *const names[] = {"First", "Second", IR_FAILURES_NODE};
    for (size_t i = 0; i < 3; i++) {
        w->ir[i] = (struct ir_node){.name = unum_str_from(names[i]), .checkpoint = true};
        w->nodes[i] = (struct compiled_node){
            unum_str_from(names[i]), i < 2 ? w->functions[i].name : UNUM_STR(""), &w->ir[i]};
    }
    w->compiled = (struct compiled){w->nodes, 3, UNUM_STR("First")};
    w->options = (struct build_options){.prefix = w->prefix,
                                        .zip = true,
                                        .cookie = w,
                                        .output = on_output,
                                        .progress = on_progress};
    put(w->app_dir, "first/main.c",
        "#include <stdio.h>\n#include <unum/runtime.h>\n#include \"greeting.h\"\n"
        "int unum_handler(void *c, void *i) { (void)c; (void)i; puts(GREETING); return 0; }\n",
        0644);
    put(w->app_dir, "first/greeting.h", "#define GREETING \"one\"\n", 0644);
    put(w->app_dir, "second/main.c",
        "#include <stdio.h>\n#include <unum/runtime.h>\n"
        "int unum_handler(void *c, void *i) { (void)c; (void)i; puts(__FILE__); return 0; }\n",
        0644);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    int rc = unum_remove_tree(w->dir, NULL);
    unum_buf_done(&w->output);
    unum_buf_done(&w->phases);
    unum_err_done(&w->err);
    free(w->dir);
    free(w->app_dir);
    free(w->prefix);
    free(w);
    return rc;
}

static int build(struct world *w)
{
    unum_err_clear(&w->err);
    unum_buf_clear(&w->output);
    unum_buf_clear(&w->phases);
    w->result = (struct build_result){0};
    return build_app(&w->app, &w->compiled, &w->options, &w->result, &w->err);
}

static void expect_built(struct world *w, size_t built, size_t unchanged)
{
    int rc = build(w);
    if (rc != 0)
        fail_msg("%s\n%s", unum_err_text(&w->err), unum_buf_text(&w->output));
    assert_int_equal(w->result.built, built);
    assert_int_equal(w->result.unchanged, unchanged);
}

static void builds_sources_into_bundles_that_run(void **state)
{
    struct world *w = *state;
    put(w->app_dir, "first/data/words.txt", "words", 0644);
    put(w->app_dir, "first/tool.sh", "#!/bin/sh\n", 0755);
    put(w->app_dir, "first/.hidden", "x", 0644);
    put(w->app_dir, "first/notes.md", "x", 0644);
    put(w->app_dir, "first/.unumignore", "*.md\n", 0644);
    expect_built(w, 3, 0);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "one\n");
    char *UNUM_AUTO_FREE second = run_node(w, "Second");
    assert_string_equal(second, "second/main.c\n"); /* no trace of where the application lies */
    assert_true(has(w, ".unum/build/First/unum_config.json"));
    assert_true(has(w, ".unum/build/First/data/words.txt"));
    assert_true(has(w, ".unum/build/First/tool.sh"));
    assert_false(has(w, ".unum/build/First/.hidden"));
    assert_false(has(w, ".unum/build/First/notes.md"));
    assert_false(has(w, ".unum/build/First/main.c"));
    assert_false(has(w, ".unum/build/First/greeting.h"));
    assert_true(has(w, ".unum/build/First.zip"));
    assert_true(has(w, ".unum/build/unum-failures/bootstrap"));
    char *UNUM_AUTO_FREE ignore = content(w, ".unum/.gitignore");
    assert_string_equal(ignore, "*\n");
    assert_false(has(w, "first/main.o"));
}

static void does_nothing_when_nothing_changed(void **state)
{
    struct world *w = *state;
    expect_built(w, 3, 0);
    int64_t bootstrap = inode(w, ".unum/build/First/bootstrap");
    int64_t zip = inode(w, ".unum/build/First.zip");
    expect_built(w, 0, 3);
    assert_int_equal(inode(w, ".unum/build/First/bootstrap"), bootstrap);
    assert_int_equal(inode(w, ".unum/build/First.zip"), zip);
    assert_int_equal(w->phases.len, 0);
    /* Other times with the same content are no change either. */
    char *UNUM_AUTO_FREE header = unum_path_join(w->app_dir, "first/greeting.h");
    struct utimbuf times = {1000000000, 1000000000};
    assert_int_equal(utime(header, &times), 0);
    expect_built(w, 0, 3);
}

static void rebuilds_what_a_changed_header_reaches(void **state)
{
    struct world *w = *state;
    expect_built(w, 3, 0);
    int64_t other = inode(w, ".unum/build/Second.zip");
    put(w->app_dir, "first/greeting.h", "#define GREETING \"two\"\n", 0644);
    expect_built(w, 1, 2);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "two\n");
    assert_int_equal(inode(w, ".unum/build/Second.zip"), other);
    /* A header outside of the function's folder is found through the compiler. */
    put(w->app_dir, "shared/text.h", "#define TEXT \"a\"\n", 0644);
    put(w->app_dir, "first/greeting.h", "#include \"../shared/text.h\"\n#define GREETING TEXT\n",
        0644);
    expect_built(w, 1, 2);
    put(w->app_dir, "shared/text.h", "#define TEXT \"b\"\n", 0644);
    expect_built(w, 1, 2);
    /* So is the runtime's. */
    put(w->prefix, "include/unum/runtime.h", "int unum_handler(void *ctx, void *input); /**/\n",
        0644);
    expect_built(w, 3, 0);
    /* Another source, another option. */
    put(w->app_dir, "first/more.c", "int more; int more = 1;\n", 0644);
    expect_built(w, 1, 2);
    w->options.debug = true;
    expect_built(w, 3, 0);
    expect_built(w, 0, 3);
}

static void changes_only_the_bundle_for_another_file(void **state)
{
    struct world *w = *state;
    put(w->app_dir, "first/data.txt", "a", 0644);
    expect_built(w, 3, 0);
    put(w->app_dir, "first/data.txt", "b", 0644);
    expect_built(w, 0, 3);
    char *UNUM_AUTO_FREE data = content(w, ".unum/build/First/data.txt");
    assert_string_equal(data, "b");
    /* What somebody did to the bundle is put right. */
    put(w->app_dir, ".unum/build/First/data.txt", "c", 0644);
    expect_built(w, 0, 3);
    char *UNUM_AUTO_FREE again = content(w, ".unum/build/First/data.txt");
    assert_string_equal(again, "b");
}

static void keeps_the_old_bundle_when_code_is_broken(void **state)
{
    struct world *w = *state;
    expect_built(w, 3, 0);
    put(w->app_dir, "first/greeting.h", "#define GREETING nonsense\n", 0644);
    put(w->app_dir, "second/main.c",
        "#include <stdio.h>\n#include <unum/runtime.h>\n"
        "int unum_handler(void *c, void *i) { (void)c; (void)i; puts(\"new\"); return 0; }\n",
        0644);
    assert_int_equal(build(w), UNUM_E_FAILED);
    assert_non_null(strstr(unum_err_text(&w->err), "First"));
    assert_non_null(strstr(unum_buf_text(&w->output), "first/greeting.h"));
    assert_non_null(strstr(unum_buf_text(&w->output), "nonsense"));
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "one\n");
    char *UNUM_AUTO_FREE second = run_node(w, "Second"); /* the others go on */
    assert_string_equal(second, "new\n");
    put(w->app_dir, "first/greeting.h", "#define GREETING \"three\"\n", 0644);
    expect_built(w, 1, 2);
}

static void makes_equal_zips_in_other_folders(void **state)
{
    struct world *w = *state;
    put(w->app_dir, "first/assert.c",
        "#include <assert.h>\nint f(int); int f(int i) { assert(i); "
        "return i; }\n",
        0644);
    expect_built(w, 3, 0);
    struct unum_buf UNUM_AUTO_BUF one = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    struct unum_buf UNUM_AUTO_BUF two = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    char *UNUM_AUTO_FREE zip = unum_path_join(w->app_dir, ".unum/build/First.zip");
    assert_int_equal(unum_file_read(zip, &one, NULL), 0);
    char *moved = unum_path_join(w->dir, "somewhere-else");
    assert_int_equal(rename(w->app_dir, moved), 0);
    free(w->app_dir);
    w->app_dir = w->app.dir = moved;
    w->options.clean = true;
    mode_t mask = umask(0077);
    expect_built(w, 3, 0);
    umask(mask);
    char *UNUM_AUTO_FREE again = unum_path_join(w->app_dir, ".unum/build/First.zip");
    assert_int_equal(unum_file_read(again, &two, NULL), 0);
    assert_true(unum_str_eq(unum_buf_str(&one), unum_buf_str(&two)));
}

static void builds_with_make(void **state)
{
    struct world *w = *state;
    put(w->app_dir, "first/Makefile",
        "CFLAGS += -DEXTRA\n$(OUT)/bootstrap: main.c\n"
        "\t$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LDLIBS)\n",
        0644);
    put(w->app_dir, "first/main.c",
        "#include <stdio.h>\n#include <unum/runtime.h>\n#include \"greeting.h\"\n"
        "#ifndef EXTRA\n#error no\n#endif\n"
        "int unum_handler(void *c, void *i) { (void)c; (void)i; puts(GREETING); return 0; }\n",
        0644);
    expect_built(w, 3, 0);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "one\n");
    expect_built(w, 0, 3);
    put(w->app_dir, "first/greeting.h", "#define GREETING \"two\"\n", 0644);
    expect_built(w, 1, 2);
    put(w->app_dir, "first/Makefile", "all:\n\ttrue\n", 0644);
    assert_int_equal(build(w), UNUM_E_NOTFOUND);
    assert_non_null(strstr(w->err.hint, "$(OUT)/bootstrap"));
}

static void builds_with_cmake(void **state)
{
    struct world *w = *state;
    if (access("/usr/bin/cmake", X_OK) != 0) {
        print_message("skipped: cmake not installed\n");
        skip();
    }
    put(w->app_dir, "first/CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.18)\nproject(first C)\nfind_package(unum REQUIRED)\n"
        "add_executable(First main.c)\ntarget_link_libraries(First PRIVATE unum::runtime)\n",
        0644);
    expect_built(w, 3, 0);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "one\n");
    expect_built(w, 0, 3);
    put(w->app_dir, "first/greeting.h", "#define GREETING \"two\"\n", 0644);
    expect_built(w, 1, 2);
    char *UNUM_AUTO_FREE again = run_node(w, "First");
    assert_string_equal(again, "two\n");
    assert_false(has(w, "first/CMakeCache.txt"));
}

static void builds_cxx(void **state)
{
    struct world *w = *state;
    put(w->app_dir, "first/main.c", "", 0644);
    put(w->app_dir, "first/handler.cpp",
        "#include <iostream>\n#include <string>\nextern \"C\" {\n#include <unum/runtime.h>\n}\n"
        "int unum_handler(void *, void *) { std::cout << std::string(\"c++\") << std::endl; "
        "return 0; }\n",
        0644);
    expect_built(w, 3, 0);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "c++\n");
}

static void carries_cjson(void **state)
{
    struct world *w = *state;
    if (access("/usr/include/cjson/cJSON.h", R_OK) != 0) {
        print_message("skipped: libcjson-dev not installed\n");
        skip();
    }
    put(w->app_dir, "first/main.c",
        "#include <stdio.h>\n#include <cjson/cJSON.h>\n#include <unum/runtime.h>\n"
        "int unum_handler(void *c, void *i) { (void)c; (void)i; cJSON *v = cJSON_Parse(\"[1]\");\n"
        "printf(\"%d\\n\", cJSON_GetArraySize(v)); cJSON_Delete(v); return 0; }\n",
        0644);
    expect_built(w, 3, 0);
    assert_true(has(w, ".unum/build/First/lib/libcjson.so.1"));
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "1\n");
}

static void carries_cjson_with_cmake(void **state)
{
    struct world *w = *state;
    if (access("/usr/include/cjson/cJSON.h", R_OK) != 0 || access("/usr/bin/cmake", X_OK) != 0) {
        print_message("skipped: cmake or libcjson-dev not installed\n");
        skip();
    }
    put(w->app_dir, "first/CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.18)\nproject(first C)\nset(UNUM_CJSON ON)\n"
        "find_package(unum REQUIRED)\nadd_executable(bootstrap main.c)\n"
        "target_link_libraries(bootstrap PRIVATE unum::runtime)\n",
        0644);
    put(w->app_dir, "first/main.c",
        "#include <stdio.h>\n#include <cjson/cJSON.h>\n#include <unum/runtime.h>\n"
        "int unum_handler(void *c, void *i) { (void)c; (void)i; cJSON *v = cJSON_Parse(\"[1]\");\n"
        "printf(\"%d\\n\", cJSON_GetArraySize(v)); cJSON_Delete(v); return 0; }\n",
        0644);
    expect_built(w, 3, 0);
    assert_true(has(w, ".unum/build/First/lib/libcjson.so.1"));
    struct unum_buf UNUM_AUTO_BUF bytes = UNUM_BUF_INIT(UNUM_LIMIT_BUNDLE);
    char *UNUM_AUTO_FREE program = unum_path_join(w->app_dir, ".unum/build/First/bootstrap");
    assert_int_equal(unum_file_read(program, &bytes, NULL), 0);
    assert_true(unum_str_search(unum_buf_str(&bytes), UNUM_STR("$ORIGIN/lib")) != SIZE_MAX);
    assert_true(unum_str_search(unum_buf_str(&bytes), UNUM_STR("$$ORIGIN")) == SIZE_MAX);
}

static void takes_a_bootstrap_that_is_there(void **state)
{
    struct world *w = *state;
    put(w->app_dir, "first/bootstrap", "#!/bin/sh\necho script\n", 0755);
    expect_built(w, 3, 0);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "script\n");
    put(w->app_dir, "first/bootstrap", "#!/bin/sh\necho other\n", 0755);
    expect_built(w, 1, 2);
    put(w->app_dir, "first/bootstrap", "no program", 0755);
    assert_int_equal(build(w), UNUM_E_PARSE);
}

static void refuses_a_program_for_another_machine(void **state)
{
    struct world *w = *state;
    char head[64] = "\177ELF\2\1\1";
    head[16] = 2;          /* e_type: ET_EXEC */
    head[18] = (char)0xf3; /* e_machine: RISC-V */
    char *UNUM_AUTO_FREE path = unum_path_join(w->app_dir, "first/bootstrap");
    assert_int_equal(unum_file_write(path, unum_str_of(head, sizeof(head)), 0755, NULL), 0);
    assert_int_equal(build(w), UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&w->err), "another machine"));
}

static void says_what_is_missing(void **state)
{
    struct world *w = *state;
    w->functions[0].code_uri = UNUM_STR("nowhere");
    assert_int_equal(build(w), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&w->err), "First"));
    w->functions[0].code_uri = UNUM_STR("empty");
    put(w->app_dir, "empty/readme.txt", "x", 0644);
    assert_int_equal(build(w), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&w->err), "nothing to build"));
    w->functions[0].code_uri = UNUM_STR("first");
    w->functions[0].arch =
        w->functions[0].arch == APP_ARCH_ARM64 ? APP_ARCH_X86_64 : APP_ARCH_ARM64;
    assert_int_equal(setenv("UNUM_CC_ARM64", "no-such-compiler", 1), 0);
    assert_int_equal(setenv("UNUM_CC_X86_64", "no-such-compiler", 1), 0);
    assert_int_equal(build(w), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&w->err), "no-such-compiler"));
    assert_int_equal(setenv("UNUM_CC_ARM64", "gcc", 1), 0);
    assert_int_equal(setenv("UNUM_CC_X86_64", "gcc", 1), 0);
    assert_int_equal(setenv("UNUM_SYSROOT", w->dir, 1), 0);
    assert_int_equal(build(w), UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&w->err), "libssl.a"));
    assert_non_null(strstr(w->err.hint, "libssl-dev:"));
    assert_int_equal(unsetenv("UNUM_SYSROOT"), 0);
    assert_int_equal(unsetenv("UNUM_CC_ARM64"), 0);
    assert_int_equal(unsetenv("UNUM_CC_X86_64"), 0);
}

static void knows_what_bundles_are_built_for(void **state)
{
    struct world *w = *state;
    assert_int_equal(build_check_machines(&w->app, &w->compiled, NULL), 0); /* nothing there */
    expect_built(w, 3, 0);
    assert_int_equal(build_check_machines(&w->app, &w->compiled, NULL), 0);
    w->functions[1].arch =
        w->functions[1].arch == APP_ARCH_ARM64 ? APP_ARCH_X86_64 : APP_ARCH_ARM64;
    assert_int_equal(build_check_machines(&w->app, &w->compiled, &w->err), UNUM_E_INVAL);
    assert_non_null(strstr(unum_err_text(&w->err), "arm64"));
    assert_non_null(strstr(w->err.hint, "--arch"));
}

static void refuses_a_second_build_at_the_same_time(void **state)
{
    struct world *w = *state;
    expect_built(w, 3, 0);
    char *UNUM_AUTO_FREE lock = unum_path_join(w->app_dir, ".unum/lock");
    int UNUM_AUTO_FD fd = -1;
    assert_int_equal(unum_lock_file(lock, &fd, NULL), 0);
    assert_int_equal(build(w), UNUM_E_CONFLICT);
}

static void removes_bundles_of_nodes_that_are_gone(void **state)
{
    struct world *w = *state;
    expect_built(w, 3, 0);
    w->nodes[1] = w->nodes[2];
    w->compiled.len = 2;
    expect_built(w, 0, 2);
    assert_false(has(w, ".unum/build/Second"));
    assert_false(has(w, ".unum/build/Second.zip"));
    assert_true(has(w, ".unum/build/First.zip"));
}

/* The function's own build sends the signal, so that it comes at the right moment. */
static void an_interrupt_ends_the_commands(void **state)
{
    struct world *w = *state;
    expect_built(w, 3, 0);
    char pid[24];
    snprintf(pid, sizeof(pid), "%ld", (long)getpid());
    assert_int_equal(setenv("UNUM_TEST_PID", pid, 1), 0);
    put(w->app_dir, "first/Makefile", "all:\n\tkill -INT $(UNUM_TEST_PID); sleep 600\n", 0644);
    assert_int_equal(build(w), UNUM_E_CANCELLED);
    assert_int_equal(unsetenv("UNUM_TEST_PID"), 0);
    char *UNUM_AUTO_FREE first = run_node(w, "First");
    assert_string_equal(first, "one\n");
}

static void refuses_zips_with_sanitizers(void **state)
{
    struct world *w = *state;
    w->options.sanitize = true;
    assert_int_equal(build(w), UNUM_E_UNSUPPORTED);
    w->options.zip = false;
    assert_int_equal(build(w), UNUM_E_NOTFOUND); /* the archive with sanitizers */
    assert_non_null(strstr(unum_err_text(&w->err), "libunum_runtime_asan.a"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(builds_sources_into_bundles_that_run),
        CASE(does_nothing_when_nothing_changed),
        CASE(rebuilds_what_a_changed_header_reaches),
        CASE(changes_only_the_bundle_for_another_file),
        CASE(keeps_the_old_bundle_when_code_is_broken),
        CASE(makes_equal_zips_in_other_folders),
        CASE(builds_with_make),
        CASE(builds_with_cmake),
        CASE(builds_cxx),
        CASE(carries_cjson),
        CASE(carries_cjson_with_cmake),
        CASE(takes_a_bootstrap_that_is_there),
        CASE(refuses_a_program_for_another_machine),
        CASE(says_what_is_missing),
        CASE(knows_what_bundles_are_built_for),
        CASE(refuses_a_second_build_at_the_same_time),
        CASE(removes_bundles_of_nodes_that_are_gone),
        CASE(an_interrupt_ends_the_commands),
        CASE(refuses_zips_with_sanitizers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

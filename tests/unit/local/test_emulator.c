#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/file.h"
#include "local/emulator.h"
#include "support/temp_dir.h"

#if defined(__aarch64__)
#define FOREIGN          "x86_64"
#define FOREIGN_MACHINE  62
#define FOREIGN_EMULATOR "qemu-x86_64"
#else
#define FOREIGN          "arm64"
#define FOREIGN_MACHINE  183
#define FOREIGN_EMULATOR "qemu-aarch64"
#endif

static const char *put(struct temp_dir *dir, const char *name, struct unum_str content)
{
    const char *path = temp_path(dir, name);
    assert_int_equal(unum_file_write(path, content, 0755, NULL), 0);
    return path;
}

static const char *put_foreign(struct temp_dir *dir)
{
    char head[64] = "\177ELF\2\1\1";
    head[16] = 3;
    head[18] = (char)FOREIGN_MACHINE;
    return put(dir, "bootstrap", unum_str_of(head, sizeof(head)));
}

static int run(const char *program, int *ret_status, struct unum_err *err)
{
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    pid_t pid;
    int rc = emulator_start(program, &spec, &pid, err);
    return rc < 0 ? rc : unum_proc_wait(pid, ret_status, err);
}

static void starts_what_needs_none(void **state)
{
    int status = -1;
    const char *script = put(*state, "script", UNUM_STR("#!/bin/sh\nexit 7\n"));
    assert_int_equal(run(script, &status, NULL), 0);
    assert_int_equal(WEXITSTATUS(status), 7);

    assert_int_equal(run(temp_path(*state, "nothing"), &status, NULL), UNUM_E_NOTFOUND);
}

static void says_what_is_not_installed(void **state)
{
    struct temp_dir *dir = *state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int status = -1;
    const char *program = put_foreign(*state);
    char *UNUM_AUTO_FREE path = unum_strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", dir->path, 1), 0);
    assert_int_equal(run(program, &status, &err), UNUM_E_UNSUPPORTED);
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_non_null(strstr(unum_err_text(&err), FOREIGN));
    assert_non_null(strstr(err.hint, "qemu-user-static"));
}

static void hands_the_program_to_the_emulator(void **state)
{
    struct temp_dir *dir = *state;
    int status = -1;
    const char *program = put_foreign(*state);
    (void)put(*state, FOREIGN_EMULATOR,
              UNUM_STR("#!/bin/sh\ncase $1 in */bootstrap) exit 9 ;; esac\nexit 1\n"));
    char *UNUM_AUTO_FREE path = unum_strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", dir->path, 1), 0);
    assert_int_equal(run(program, &status, NULL), 0);
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_int_equal(WEXITSTATUS(status), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(starts_what_needs_none, temp_dir_setup, temp_dir_teardown),
        cmocka_unit_test_setup_teardown(says_what_is_not_installed, temp_dir_setup,
                                        temp_dir_teardown),
        cmocka_unit_test_setup_teardown(hands_the_program_to_the_emulator, temp_dir_setup,
                                        temp_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

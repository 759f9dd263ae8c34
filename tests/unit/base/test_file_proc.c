#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/proc.h"
#include "support/temp_dir.h"

static void write_text(const char *path, const char *text)
{
    assert_int_equal(unum_file_write(path, unum_str_from(text), 0644, NULL), 0);
}

static void assert_content(const char *path, const char *text)
{
    struct unum_buf UNUM_AUTO_BUF content = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    assert_int_equal(unum_file_read(path, &content, NULL), 0);
    assert_string_equal(unum_buf_text(&content), text);
}

static size_t count_names(const char *path)
{
    struct unum_names names;
    assert_int_equal(unum_list_dir(path, &names, NULL), 0);
    size_t count = names.list.len;
    unum_names_done(&names);
    return count;
}

static void replaces_files_whole(void **state)
{
    struct temp_dir *dir = *state;
    const char *path = temp_path(dir, "a");
    write_text(path, "first");
    int UNUM_AUTO_FD reader = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(unum_file_write(path, UNUM_STR("second"), 0600, NULL), 0);
    char old[16] = {0};
    assert_int_equal(read(reader, old, sizeof(old)), 5); /* who reads goes on with the old one */
    assert_string_equal(old, "first");
    assert_content(path, "second");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(count_names(dir->path), 1); /* no temporary file is left */
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(unum_file_write(temp_path(dir, "no/a"), UNUM_STR("x"), 0600, &err),
                     UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&err), "no/a"));
    assert_int_equal(mkdir(temp_path(dir, "sub"), 0755), 0);
    assert_int_not_equal(unum_file_write(temp_path(dir, "sub"), UNUM_STR("x"), 0600, NULL), 0);
    assert_int_equal(count_names(dir->path), 2);
}

static void leaves_equal_files_alone(void **state)
{
    struct temp_dir *dir = *state;
    const char *path = temp_path(dir, "a");
    static const struct {
        const char *text;
        mode_t mode;
        bool same;
    } rows[] = {{"one", 0644, false}, {"one", 0644, true}, {"two", 0644, false},
                {"two", 0755, false}, {"tw", 0755, false}, {"tw2", 0755, false},
                {"", 0755, false},    {"", 0755, true}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct stat before = {0};
        struct stat after;
        (void)stat(path, &before);
        assert_int_equal(unum_file_update(path, unum_str_from(rows[i].text), rows[i].mode, NULL),
                         0);
        assert_int_equal(stat(path, &after), 0);
        bool same =
            before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec;
        assert_int_equal(same, rows[i].same);
        assert_content(path, rows[i].text);
        assert_int_equal(after.st_mode & 0777, rows[i].mode);
    }
}

static void reading_has_a_ceiling(void **state)
{
    struct temp_dir *dir = *state;
    const char *path = temp_path(dir, "a");
    write_text(path, "12345");
    static const struct {
        size_t limit;
        int rc;
    } rows[] = {{5, 0}, {6, 0}, {4, UNUM_E_LIMIT}, {0, UNUM_E_LIMIT}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(rows[i].limit);
        assert_int_equal(unum_file_read(path, &out, NULL), rows[i].rc);
        assert_true(out.len <= rows[i].limit);
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(5);
    assert_int_equal(unum_file_read(temp_path(dir, "absent"), &out, NULL), UNUM_E_NOTFOUND);
    assert_int_equal(unum_file_read("/dev/zero", &out, NULL), UNUM_E_LIMIT);
    assert_int_not_equal(unum_file_read(dir->path, &out, NULL), 0);
    struct unum_buf UNUM_AUTO_BUF big = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (int i = 0; i < 300000; i++)
        unum_buf_adds(&big, "x\n");
    write_text(path, unum_buf_text(&big));
    assert_content(path, unum_buf_text(&big));
}

static void copies_the_permission_to_run(void **state)
{
    struct temp_dir *dir = *state;
    static const mode_t modes[][2] = {{0700, 0755}, {0600, 0644}};
    for (size_t i = 0; i < UNUM_COUNT(modes); i++) {
        assert_int_equal(unum_file_write(temp_path(dir, "a"), UNUM_STR("x"), modes[i][0], NULL), 0);
        assert_int_equal(unum_file_copy(temp_path(dir, "a"), temp_path(dir, "b"), NULL), 0);
        struct stat st;
        assert_int_equal(stat(temp_path(dir, "b"), &st), 0);
        assert_int_equal(st.st_mode & 0777, modes[i][1]);
    }
    assert_int_equal(unum_file_copy(temp_path(dir, "absent"), temp_path(dir, "c"), NULL),
                     UNUM_E_NOTFOUND);
}

static void makes_and_lists_folders(void **state)
{
    struct temp_dir *dir = *state;
    assert_int_equal(unum_make_dirs(temp_path(dir, "x/y//z/"), NULL), 0);
    assert_int_equal(unum_make_dirs(temp_path(dir, "x/y/z"), NULL), 0);
    assert_true(unum_is_dir(temp_path(dir, "x/y/z")));
    write_text(temp_path(dir, "x/b"), "");
    write_text(temp_path(dir, "x/B"), "");
    write_text(temp_path(dir, "x/.a"), "");
    struct unum_names names;
    assert_int_equal(unum_list_dir(temp_path(dir, "x"), &names, NULL), 0);
    static const char *const sorted[] = {".a", "B", "b", "y"};
    assert_int_equal(names.list.len, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(names.list.at[i], sorted[i]);
    unum_names_done(&names);
    assert_int_not_equal(unum_make_dirs(temp_path(dir, "x/b/c"), NULL), 0);
    assert_int_not_equal(unum_make_dirs(temp_path(dir, "x/b"), NULL), 0);
    assert_int_equal(unum_list_dir(temp_path(dir, "absent"), &names, NULL), UNUM_E_NOTFOUND);
    assert_true(unum_file_exists(temp_path(dir, "x/b")) && !unum_is_dir(temp_path(dir, "x/b")));
    assert_true(unum_file_mtime_ns(temp_path(dir, "x/b")) > 0);
    assert_true(unum_file_mtime_ns(temp_path(dir, "absent")) == -1);
}

static void removes_links_without_following_them(void **state)
{
    struct temp_dir *dir = *state;
    assert_int_equal(unum_make_dirs(temp_path(dir, "keep"), NULL), 0);
    write_text(temp_path(dir, "keep/file"), "precious");
    assert_int_equal(unum_make_dirs(temp_path(dir, "gone/deep/deeper"), NULL), 0);
    write_text(temp_path(dir, "gone/deep/file"), "x");
    assert_int_equal(symlink(temp_path(dir, "keep"), temp_path(dir, "gone/deep/link")), 0);
    assert_int_equal(symlink(temp_path(dir, "keep/file"), temp_path(dir, "gone/link")), 0);
    assert_int_equal(symlink("nowhere", temp_path(dir, "gone/dangling")), 0);
    assert_int_equal(unum_remove_tree(temp_path(dir, "gone"), NULL), 0);
    assert_false(unum_file_exists(temp_path(dir, "gone")));
    assert_content(temp_path(dir, "keep/file"), "precious");
    assert_int_equal(symlink(temp_path(dir, "keep"), temp_path(dir, "top")), 0);
    assert_int_equal(unum_remove_tree(temp_path(dir, "top"), NULL), 0);
    assert_content(temp_path(dir, "keep/file"), "precious");
    assert_int_equal(unum_remove_tree(temp_path(dir, "absent"), NULL), 0);
}

static void a_lock_excludes_and_names_its_holder(void **state)
{
    struct temp_dir *dir = *state;
    const char *path = temp_path(dir, "lock");
    int fd = -1;
    assert_int_equal(unum_lock_file(path, &fd, NULL), 0);
    int other = -1;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(unum_lock_file(path, &other, &err), UNUM_E_CONFLICT);
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(100);
    unum_buf_printf(&text, "process %ld", (long)getpid());
    assert_non_null(strstr(unum_err_text(&err), unum_buf_text(&text)));
    assert_int_equal(other, -1);
    unum_close_fd(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(unum_lock_file(path, &other, NULL), 0);
    unum_close_fd(&other);
}

static int run(const char *const *argv, struct unum_buf *output, struct unum_err *err)
{
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = argv;
    int status = -1;
    int rc = unum_proc_run(&spec, output, &status, err);
    return rc < 0 ? rc : status;
}

static void collects_output_and_status(void **state)
{
    (void)state;
    static const struct {
        const char *script, *output, *described;
    } rows[] = {
        {"echo out; echo err >&2", "out\nerr\n", "exited with status 0"},
        {"cat; exit 3", "", "exited with status 3"}, /* standard input is empty */
        {"kill -9 $$", "", "was killed by signal 9 (SIGKILL)"},
        {"yes 123456789 | head -n 100", "1234567", NULL}, /* cut at the ceiling */
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(rows[i].described ? 1000 : 7);
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(100);
        int status = run((const char *const[]){"sh", "-c", rows[i].script, NULL}, &out, NULL);
        assert_true(status >= 0);
        assert_string_equal(unum_buf_text(&out), rows[i].output);
        unum_proc_describe(status, &text);
        assert_string_equal(unum_buf_text(&text),
                            rows[i].described ? rows[i].described : "exited with status 0");
    }
}

static void finds_out_that_there_is_no_such_program(void **state)
{
    struct temp_dir *dir = *state;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    assert_int_equal(run((const char *const[]){"unum-no-such-program", NULL}, &out, &err),
                     UNUM_E_NOTFOUND);
    assert_non_null(strstr(unum_err_text(&err), "unum-no-such-program"));
    assert_int_equal(run((const char *const[]){temp_path(dir, "absent"), NULL}, &out, NULL),
                     UNUM_E_NOTFOUND);
    write_text(temp_path(dir, "plain"), "no program");
    assert_int_equal(run((const char *const[]){temp_path(dir, "plain"), NULL}, &out, NULL),
                     UNUM_E_IO);
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = (const char *const[]){"true", NULL};
    spec.cwd = temp_path(dir, "absent");
    pid_t pid = -1;
    assert_int_equal(unum_proc_start(&spec, &pid, NULL), UNUM_E_NOTFOUND);
    assert_int_equal(pid, -1);
}

static void a_child_gets_what_the_spec_says_and_nothing_else(void **state)
{
    struct temp_dir *dir = *state;
    int UNUM_AUTO_FD leaked = open("/dev/null", O_RDONLY); /* without close-on-exec */
    assert_int_equal(fcntl(leaked, F_DUPFD, 50), 50);
    signal(SIGPIPE, SIG_IGN);
    static const char script[] = "pwd -P; echo $A:$HOME; test -e /proc/self/fd/50 && echo leaked; "
                                 "(trap - PIPE; kill -PIPE $(exec sh -c 'echo $PPID')) ; echo $?";
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = (const char *const[]){"/bin/sh", "-c", script, NULL};
    spec.env = (const char *const[]){"A=b", "PATH=/usr/bin:/bin", NULL};
    spec.cwd = dir->path;
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(1000);
    struct unum_buf UNUM_AUTO_BUF wanted = UNUM_BUF_INIT(1000);
    char *UNUM_AUTO_FREE real = realpath(dir->path, NULL);
    int status;
    assert_int_equal(unum_proc_run(&spec, &out, &status, NULL), 0);
    signal(SIGPIPE, SIG_DFL);
    close(50);
    unum_buf_printf(&wanted, "%s\nb:\n141\n", real);
    assert_string_equal(unum_buf_text(&out), unum_buf_text(&wanted));
}

/* Wait until the other ends of a pipe are all closed: everybody who had them is dead. */
static void assert_all_dead(int pipe_end)
{
    char byte;
    alarm(30); /* instead of hanging for ever */
    assert_int_equal(read(pipe_end, &byte, 1), 0);
    alarm(0);
}

static void start_pair(int out_fd, pid_t *ret_pid)
{
    struct unum_proc_spec spec = UNUM_PROC_SPEC;
    spec.argv = (const char *const[]){"sh", "-c", "sleep 1000 & echo x; sleep 1000", NULL};
    spec.stdout_fd = out_fd;
    assert_int_equal(unum_proc_start(&spec, ret_pid, NULL), 0);
}

static void kills_the_whole_group(void **state)
{
    (void)state;
    int ends[2];
    char byte[2];
    pid_t pid;
    int status;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    start_pair(ends[1], &pid);
    close(ends[1]);
    assert_int_equal(read(ends[0], byte, 2), 2);
    unum_proc_kill(pid, SIGTERM);
    assert_int_equal(unum_proc_wait(pid, &status, NULL), 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_all_dead(ends[0]);
    close(ends[0]);
    assert_int_not_equal(unum_proc_wait(pid, &status, NULL), 0);
}

static void a_child_dies_with_its_parent(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct unum_proc_spec spec = UNUM_PROC_SPEC;
        spec.argv = (const char *const[]){"sleep", "1000", NULL};
        spec.stdout_fd = ends[1];
        pid_t pid;
        _exit(unum_proc_start(&spec, &pid, NULL) == 0 ? 0 : 1);
    }
    close(ends[1]);
    int status;
    assert_int_equal(unum_proc_wait(parent, &status, NULL), 0);
    assert_int_equal(status, 0);
    assert_all_dead(ends[0]);
    close(ends[0]);
}

#define IN_TEMP_DIR(test) cmocka_unit_test_setup_teardown(test, temp_dir_setup, temp_dir_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TEMP_DIR(replaces_files_whole),
        IN_TEMP_DIR(leaves_equal_files_alone),
        IN_TEMP_DIR(reading_has_a_ceiling),
        IN_TEMP_DIR(copies_the_permission_to_run),
        IN_TEMP_DIR(makes_and_lists_folders),
        IN_TEMP_DIR(removes_links_without_following_them),
        IN_TEMP_DIR(a_lock_excludes_and_names_its_holder),
        cmocka_unit_test(collects_output_and_status),
        IN_TEMP_DIR(finds_out_that_there_is_no_such_program),
        IN_TEMP_DIR(a_child_gets_what_the_spec_says_and_nothing_else),
        cmocka_unit_test(kills_the_whole_group),
        cmocka_unit_test(a_child_dies_with_its_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

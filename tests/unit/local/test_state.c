/* What a platform with a state file keeps, and what it says when it cannot. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/path.h"
#include "support/local_bench.h"

static struct bench bench;
static char *dir, *path;

static int setup(void **state)
{
    (void)state;
    if (unum_make_temp_dir("unum-test", &dir, NULL))
        return -1;
    path = unum_path_join(dir, "local.db");
    bench_init(&bench);
    bench.config.state_path = path;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bench_close(&bench);
    int rc = unum_remove_tree(dir, NULL);
    free(dir);
    free(path);
    return rc;
}

static void reopen(void)
{
    local_free(bench.local);
    bench.local = NULL;
    bench_open(&bench);
}

static bool count(void *cookie, const struct local_log_line *line)
{
    *(size_t *)cookie += unum_str_is(line->text, "two") && unum_str_is(line->function, "app-f") &&
                         unum_str_is(line->session, "s1");
    return true;
}

static void keeps_items_and_logs(void **state)
{
    (void)state;
    bench_open(&bench);
    bench_function(&bench, "app-f");
    bench_event(&bench, "app-f", "{\"do\":\"put\",\"key\":\"k\"}");
    bench_event(&bench, "app-f", "{\"do\":\"log\",\"Session\":\"s1\"}");
    reopen();
    assert_true(bench_has_item(&bench, "k0"));
    size_t lines = 0;
    const struct local_log_query query = {.function = UNUM_STR("app-f")};
    assert_int_equal(local_logs(bench.local, &query, count, &lines, NULL), 0);
    assert_int_equal(lines, 1);
}

static void delivers_what_was_accepted_before(void **state)
{
    (void)state;
    bench_open(&bench);
    bench_function(&bench, "app-f");
    /* One still queued, one in the middle of running, one over. */
    bench_event(&bench, "app-f", "{\"do\":\"put\",\"key\":\"over\"}");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(local_invoke_event(bench.local, UNUM_STR("app-f"),
                                            i ? UNUM_STR("{\"do\":\"hang\",\"ms\":300}")
                                              : UNUM_STR("{\"do\":\"put\",\"key\":\"queued\"}"),
                                            NULL, NULL),
                         0);
        if (i)
            bench_turn(&bench, 50);
    }
    bench.invocations = 0;
    reopen();
    bench_function(&bench, "app-f");
    bench_settle(&bench);
    assert_int_equal(bench.invocations, 1); /* the one that was running */
    assert_true(bench_has_item(&bench, "queued0"));
    reopen();
    bench_function(&bench, "app-f");
    assert_true(local_quiet(bench.local));
}

static void keeps_skipped_time(void **state)
{
    (void)state;
    bench_open(&bench);
    struct local_function function = LOCAL_FUNCTION;
    function.name = UNUM_STR("app-f");
    function.max_retries = 1;
    bench_add(&bench, &function);
    bench_event(&bench, "app-f", "{\"do\":\"error\"}");
    int64_t skipped = local_skipped_ms(bench.local);
    assert_true(skipped > 0);
    reopen();
    assert_int_equal(local_skipped_ms(bench.local), skipped);
}

static void says_when_the_file_is_damaged(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct local *local = NULL;
    assert_int_equal(
        unum_file_write(path, UNUM_STR("this is not a database, far from it ......"), 0644, NULL),
        0);
    assert_true(local_new(&bench.config, &local, &err) < 0);
    assert_null(local);
    assert_non_null(strstr(unum_err_text(&err), path));
    assert_non_null(err.hint);
}

static void says_when_the_folder_is_missing(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct local *local = NULL;
    char UNUM_AUTO_FREE *nowhere = unum_path_join(dir, "no/such/folder/local.db");
    bench.config.state_path = nowhere;
    assert_true(local_new(&bench.config, &local, &err) < 0);
    assert_non_null(strstr(unum_err_text(&err), nowhere));
}

static void says_when_the_disk_is_full(void **state)
{
    (void)state;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    bench_open(&bench);
    bench_function(&bench, "app-f");
    bench_event(&bench, "app-f", "1");
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {.rlim_cur = 4096, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    int queued = local_invoke_event(bench.local, UNUM_STR("app-f"), UNUM_STR("{\"do\":\"log\"}"),
                                    NULL, NULL);
    const struct local_until until = {.deadline_ms = 20000};
    int rc = local_run_until(bench.local, &until, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(queued, 0);
    assert_int_equal(rc, UNUM_E_IO);
    assert_non_null(strstr(unum_err_text(&err), path));
    assert_non_null(err.hint);
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(keeps_items_and_logs),
        RUN(delivers_what_was_accepted_before),
        RUN(keeps_skipped_time),
        RUN(says_when_the_file_is_damaged),
        RUN(says_when_the_folder_is_missing),
        RUN(says_when_the_disk_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

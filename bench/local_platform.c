/*
 * How fast the local platform is: steps per second with warm functions (a step: look up, create,
 * invoke the next), and fault schedules per second (three steps, one kill, a reset).
 *
 *   build/release/bench/bench_local_platform [sessions [steps]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "local/db.h"
#include "local/local.h"

static _Noreturn void die(const struct unum_err *err)
{
    (void)fprintf(stderr, "bench: %s\n", unum_err_text(err));
    exit(1);
}

static double seconds_since(int64_t start_ns)
{
    return (double)(unum_monotonic_ns(&unum_clock_system) - start_ns) / 1e9;
}

static void start_chain(struct local *local, int session, int steps)
{
    struct unum_err err = UNUM_ERR_INIT;
    char event[128];
    (void)snprintf(event, sizeof(event), "{\"do\":\"hop\",\"Session\":\"s%d\",\"left\":%d}",
                   session, steps - 1);
    if (local_invoke_event(local, UNUM_STR("app-f"), unum_str_from(event), NULL, &err))
        die(&err);
}

static void settle(struct local *local)
{
    struct unum_err err = UNUM_ERR_INIT;
    if (local_run_until(local, NULL, &err))
        die(&err);
}

static void steps_per_second(struct local *local, int sessions, int steps)
{
    int64_t start = unum_monotonic_ns(&unum_clock_system);
    for (int i = 0; i < sessions; i++)
        start_chain(local, i, steps);
    settle(local);
    double took = seconds_since(start);
    (void)printf("%d steps in %.3f s: %.0f steps/s, %zu processes\n", sessions * steps, took,
                 sessions * steps / took, local_counts(local).processes);
}

static void schedules_per_second(struct local *local, int count, enum local_fault_kind kind)
{
    struct unum_err err = UNUM_ERR_INIT;
    int64_t start = unum_monotonic_ns(&unum_clock_system);
    for (int i = 0; i < count; i++) {
        const struct local_fault fault = {.kind = kind, .number = 1 + (uint64_t)i % 12};
        if (local_reset(local, &fault, 1, &err))
            die(&err);
        start_chain(local, 0, 3);
        settle(local);
    }
    double took = seconds_since(start);
    (void)printf("%d schedules (%s) in %.3f s: %.0f schedules/s\n", count, local_fault_name(kind),
                 took, count / took);
}

int main(int argc, char **argv)
{
    struct unum_err err = UNUM_ERR_INIT;
    int sessions = argc > 1 ? atoi(argv[1]) : 8, steps = argc > 2 ? atoi(argv[2]) : 1000;
    char *bundle = NULL;
    if (unum_make_temp_dir("unum-bench", &bundle, &err))
        die(&err);
    char *bootstrap = unum_path_join(bundle, "bootstrap");
    if (symlink(LOCAL_FUNCTION_PROGRAM, bootstrap))
        return 1;
    const struct local_config config = {0};
    struct local *local = NULL;
    struct local_function function = LOCAL_FUNCTION;
    function.name = UNUM_STR("app-f");
    function.dir = unum_str_from(bundle);
    function.timeout_ms = 60000;
    if (local_new(&config, &local, &err) || local_add_function(local, &function, &err) ||
        local_db_ensure_table(local_database(local), UNUM_STR("items"), 0, &err))
        die(&err);
    steps_per_second(local, sessions, 10); /* warm up */
    steps_per_second(local, sessions, steps);
    steps_per_second(local, 1, steps);
    schedules_per_second(local, 1000, LOCAL_FAULT_CLOSE);
    schedules_per_second(local, 1000, LOCAL_FAULT_KILL_BEFORE);
    schedules_per_second(local, 1000, LOCAL_FAULT_KILL_AFTER);
    local_free(local);
    if (unum_remove_tree(bundle, &err))
        die(&err);
    free(bootstrap);
    free(bundle);
    return 0;
}

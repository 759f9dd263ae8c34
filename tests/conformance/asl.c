/*
 * asl [--via evaluator|workflow] [--split] [--all] [--bootstrap FILE] [--only ID] [--trace] [-v]
 *     [PATH...]
 *
 * Hold executions of state machines against recordings of AWS Step Functions, and against what was
 * worked out by hand.
 *
 * PATH is a file with one JSON case per line, or with one case: an execution (`definition`,
 * `input`, `tasks`, `expected`; see asl_case.h), a test of one state (`request`, `expected`), or a
 * verdict (`definition_text`, `valid`; see asl_verdict.c), which is the same in every way to run
 * it. Without PATH: the vectors in $UNUM_VECTORS, or beside the source tree. A run that was aborted
 * from outside is aborted at its first wait.
 *
 *   --via evaluator  the interpreter of lib/eval
 *   --via workflow   real workflows: every case is compiled, its functions are one prebuilt program
 *                    (--bootstrap), and run on a local platform under skipped time. Without a
 *                    disturbance there are exactly as many invocations as Task attempts, wake-ups
 * by timers, reopened Maps and Parallels, and the entry function where there is one.
 *   --split          an identity Task behind every Pass and at the head of every branch
 *   --all            (workflow) what the evaluator runs must not be refused
 *   --trace          (workflow) invocations, requests and logs on standard error
 *
 * What asks for JSONata or services other than Lambda must be refused. Prints a line per failing
 * case (-v: and per refused one), then "passed N, failed M, refused K". Exit status 0, 1 (something
 * failed, or all was refused), 2 (usage), 77 (no vectors).
 */
#include "asl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl_case.h"
#include "asl_compare.h"
#include "asl_platform.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"

enum { EXIT_USAGE = 2, EXIT_SKIPPED = 77 };

/* Cases whose recording does not say what has to come out. */
static const struct known {
    const char *id, *reason;
    bool workflow; /* only there */
} known[] = {
    {"v2/local_mocking/test_base_scenarios.py::TestBaseScenarios::test_parallel_state_lambda#0:"
     "get_execution_history",
     "the recorded output is the name of a field (executionSucceededEventDetails.output), not a "
     "value",
     false},
    {"v2/error_handling/test_states_errors.py::TestStatesErrors::"
     "test_service_task_lambada_data_limit_exceeded_on_large_utf8_response#0:get_execution_history",
     "a result above the limit of Step Functions is no error in a workflow, and a function cannot "
     "answer with an error of that name",
     true},
};

struct driver {
    struct asl_tally *tally;
    struct asl_platform *platform; /* NULL: the evaluator */
    bool split, all, trace;
    const char *only; /* id of a case; NULL: all */
};

static const char *not_comparable(const struct asl_tally *tally, const char *id)
{
    for (size_t i = 0; i < UNUM_COUNT(known); i++) {
        if (strcmp(known[i].id, id) == 0 && (tally->workflow || !known[i].workflow))
            return known[i].reason;
    }
    return NULL;
}

void asl_fail(struct asl_tally *tally, const char *id, const char *what, struct unum_str expected,
              struct unum_str got)
{
    const char *reason = not_comparable(tally, id);
    if (reason) {
        tally->explained++;
        if (tally->verbose)
            printf("%s: not comparable: %s\n", id, reason);
        return;
    }
    tally->failed++;
    printf("%s: %s is %.*s, expected %.*s\n", id, what, (int)(got.len > 600 ? 600 : got.len),
           got.ptr ? got.ptr : "", (int)(expected.len > 600 ? 600 : expected.len),
           expected.ptr ? expected.ptr : "");
}

void asl_refuse(struct asl_tally *tally, const char *id, bool expected, const char *why)
{
    if (!expected) {
        asl_fail(tally, id, "the answer", UNUM_STR("a result"), unum_str_from(why));
        return;
    }
    tally->refused++;
    if (tally->verbose)
        printf("%s: refused: %s\n", id, why);
}

static struct unum_str quoted(struct unum_str text, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(64 * UNUM_MB);
    if (!text.ptr)
        return UNUM_STR("null");
    json_quote(&out, text);
    return unum_arena_str(arena, unum_buf_str(&out));
}

static void compare(const struct driver *d, const struct asl_case *c, const struct asl_run *run,
                    struct unum_arena *arena)
{
    struct asl_tally *tally = d->tally;
    struct unum_str status = case_text(c->expected, "status", arena);
    if (!unum_str_eq(status, run->status)) {
        asl_fail(tally, c->id, "the status", status,
                 unum_arena_printf(arena, "%.*s (%.*s: %.*s)", UNUM_STR_ARG(run->status),
                                   UNUM_STR_ARG(run->error), UNUM_STR_ARG(run->cause)));
        return;
    }
    if (unum_str_is(run->status, "SUCCEEDED")) {
        struct unum_str wanted = case_normal(case_member(c->expected, "output"), arena);
        struct unum_str output = case_normal(run->output, arena);
        if (d->platform) {
            wanted = case_without_metadata(wanted, arena);
            output = case_without_metadata(output, arena);
        }
        if (!case_same(wanted, output, c->placeholders, arena))
            asl_fail(tally, c->id, "the output", wanted, output);
        else
            tally->passed++;
        return;
    }
    struct unum_str wanted = case_normal(case_member(c->expected, "error"), arena);
    struct unum_str error = quoted(run->error, arena);
    struct unum_str wanted_cause = case_normal(case_member(c->expected, "cause"), arena);
    struct unum_str cause = case_normal(quoted(run->cause, arena), arena);
    if (!case_same(wanted, error, c->placeholders, arena))
        asl_fail(tally, c->id, "the error", wanted, error);
    else if (run->by_fail && !case_same(wanted_cause, cause, c->placeholders, arena))
        asl_fail(tally, c->id, "the cause", wanted_cause, cause);
    else
        tally->passed++;
}

/* Does the definition ask for what we say is not there? */
static bool is_beyond(const struct asl_case *c, struct unum_arena *arena)
{
    static const char *const members[] = {"\"ItemReader\"", "\"ResultWriter\"", "\"ItemBatcher\""};
    for (size_t i = 0; i < UNUM_COUNT(members); i++) {
        if (unum_str_search(c->json, unum_str_from(members[i])) != SIZE_MAX)
            return true;
    }
    return case_list_has(case_member(c->json, "features"), "JSONata") ||
           unum_str_is(case_text(c->json, "tier", arena), "service");
}

static void run_workflow(const struct driver *d, const struct asl_case *c, struct unum_arena *arena)
{
    struct asl_run run;
    struct asl_run reference;
    struct asl_counts counts;
    struct unum_str why;
    if (c->aborted) {
        d->tally->explained++;
        if (d->tally->verbose)
            printf("%s: not comparable: was aborted from outside\n", c->id);
        return;
    }
    asl_platform_run(d->platform, c, d->split, arena, &run, &counts);
    if (run.refused) {
        asl_refuse(d->tally, c->id, !d->all || is_beyond(c, arena),
                   unum_arena_str(arena, run.problem).ptr);
        return;
    }
    if (run.rc < 0) {
        asl_fail(d->tally, c->id, "the run", UNUM_STR("possible"), run.problem);
        return;
    }
    asl_evaluate(c, 0, arena, &reference);
    run.by_fail = reference.by_fail;
    if (asl_counts_add_up(&counts, &reference, arena, &why))
        compare(d, c, &run, arena);
    else
        asl_fail(d->tally, c->id, "the run", UNUM_STR("a reason for every invocation"), why);
}

static void run_evaluator(const struct driver *d, const struct asl_case *c,
                          struct unum_arena *arena)
{
    struct asl_run run;
    struct asl_bound bound;
    struct asl_case used = *c;
    if (d->split) {
        asl_bind(c, true, arena, &bound);
        used.definition = bound.definition;
        asl_bound_done(&bound);
    }
    asl_evaluate(&used, 0, arena, &run);
    if (run.rc < 0)
        asl_refuse(d->tally, c->id, run.refused && is_beyond(c, arena),
                   unum_arena_str(arena, run.problem).ptr);
    else
        compare(d, c, &run, arena);
}

static void run_case(const struct driver *d, struct unum_str line)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str value;
    struct unum_str request;
    struct asl_case c;
    if (json_check(line, &value, NULL)) {
        asl_fail(d->tally, "?", "a line", UNUM_STR("JSON"), unum_str_slice(line, 0, 60));
        return;
    }
    asl_case_read(value, &arena, &c);
    if (d->only && strcmp(d->only, c.id) != 0)
        return;
    if (json_get(value, UNUM_STR("definition_text"), &request)) {
        asl_run_verdict(d->tally, value);
        return;
    }
    bool test_state = json_get(value, UNUM_STR("request"), &request);
    if (test_state && !d->platform)
        asl_run_test_state(d->tally, c.id, value);
    else if (!test_state && d->platform)
        run_workflow(d, &c, &arena);
    else if (!test_state)
        run_evaluator(d, &c, &arena);
}

static void run_file(const struct driver *d, const char *path)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(256 * UNUM_MB);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str line;
    if (unum_file_read(path, &text, &err)) {
        asl_fail(d->tally, path, "the file", UNUM_STR("readable"),
                 unum_str_from(unum_err_text(&err)));
        return;
    }
    struct unum_str rest = unum_buf_str(&text);
    if (json_check(rest, &line, NULL) == 0) {
        run_case(d, line);
        return;
    }
    while (unum_str_split(&rest, '\n', &line)) {
        if (unum_str_trim(line).len)
            run_case(d, line);
    }
}

static bool run_default(const struct driver *d)
{
    static const char *const files[] = {"executions.jsonl", "teststate.jsonl"};
    const char *vectors = getenv("UNUM_VECTORS");
    char *UNUM_AUTO_FREE root =
        unum_path_join(vectors ? vectors : UNUM_SOURCE_DIR "/../shared/vectors", "asl");
    if (!unum_is_dir(root))
        return false;
    for (size_t i = 0; i < UNUM_COUNT(files); i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(root, files[i]);
        run_file(d, path);
    }
    return true;
}

static int usage(const char *why)
{
    fprintf(stderr,
            "asl: %s\nusage: asl [--via evaluator|workflow] [--split] [--all] [--bootstrap FILE] "
            "[--only ID] [--trace] [-v] [PATH...]\n",
            why);
    return EXIT_USAGE;
}

/* Where the paths start, or negative. */
static int read_options(int argc, char **argv, struct driver *d, const char **ret_via,
                        const char **ret_bootstrap)
{
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        const char **text = strcmp(argv[i], "--via") == 0         ? ret_via
                            : strcmp(argv[i], "--bootstrap") == 0 ? ret_bootstrap
                            : strcmp(argv[i], "--only") == 0      ? &d->only
                                                                  : NULL;
        if (text && i + 1 < argc)
            *text = argv[++i];
        else if (strcmp(argv[i], "-v") == 0)
            d->tally->verbose = true;
        else if (strcmp(argv[i], "--split") == 0)
            d->split = true;
        else if (strcmp(argv[i], "--trace") == 0)
            d->trace = true;
        else if (strcmp(argv[i], "--all") == 0)
            d->all = true;
        else
            return -1;
    }
    return i;
}

static int report(const struct asl_tally *tally)
{
    if (tally->explained)
        printf("%zu not comparable (-v says why)\n", tally->explained);
    printf("passed %zu, failed %zu, refused %zu\n", tally->passed, tally->failed, tally->refused);
    return tally->failed || (tally->refused && !tally->passed) ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct asl_tally tally = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const char *via = "evaluator";
    const char *bootstrap = UNUM_TABLE_BOOTSTRAP;
    struct driver d = {.tally = &tally};
    int first = read_options(argc, argv, &d, &via, &bootstrap);
    bool workflow = tally.workflow = strcmp(via, "workflow") == 0;
    if (first < 0)
        return usage("no such option");
    if (!workflow && strcmp(via, "evaluator") != 0)
        return usage("cases are run --via evaluator or --via workflow");
    if (workflow && asl_platform_new(bootstrap, d.trace, &d.platform, &err) < 0)
        return usage(unum_err_text(&err));
    for (int i = first; i < argc; i++)
        run_file(&d, argv[i]);
    bool found = first < argc || run_default(&d);
    asl_platform_free(d.platform);
    if (!found) {
        printf("skipped: vectors not present\n");
        return EXIT_SKIPPED;
    }
    return report(&tally);
}

/*
 * sweep [--bootstrap FILE] [--retries N] [--pairs N [--seed S]] [--expect-violation] [-v]
 *       [--machines | SHAPE]
 *
 * Every shape: one undisturbed run, then one run per request and kind of fault, or with --pairs N
 * random schedules of two faults. One line per shape, details of what does not hold, last line
 * "passed N, failed M".
 */
#include "sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"

struct options {
    const char *bootstrap;
    unsigned retries;
    size_t pairs;
    uint64_t seed;
    bool expect_violation, verbose, machines;
    const char *shape; /* NULL: all */
};

struct sweep {
    const struct options *options;
    const struct shape *shape;
    struct workbench bench;
    struct snapshot reference;
    uint64_t requests;
    size_t runs, violations;
};

static int run(struct sweep *s, struct unum_err *err)
{
    const char *event = s->shape->event ? s->shape->event
                                        : "{\"Data\":{\"Source\":\"http\",\"Value\":[1,2,3]},"
                                          "\"Session\":\"" WORKBENCH_SESSION "\"}";
    return workbench_event(&s->bench, unum_str_from(event), err);
}

static int snapshot_now(struct sweep *s, struct snapshot *ret, struct unum_err *err)
{
    return snapshot_take(s->bench.local, s->bench.app->store_name, WORKBENCH_SESSION, ret, err);
}

static bool kills(const struct local_fault *faults, size_t len)
{
    bool any = false;
    for (size_t i = 0; i < len; i++)
        any = any || faults[i].kind == LOCAL_FAULT_KILL_BEFORE ||
              faults[i].kind == LOCAL_FAULT_KILL_AFTER;
    return any;
}

/* A run may end as FAILED although it would have succeeded only if an instance was killed before
 * its outcome was recorded and the platform does not repeat the event. */
static int check_run(struct sweep *s, struct snapshot *now, const struct local_fault *faults,
                     size_t len, struct unum_err *err)
{
    int rc = check_always(now, err);
    if (rc < 0)
        return rc;
    bool handled =
        s->shape->racy || (s->shape->handles && kills(faults, len) && s->options->retries == 0);
    if (unum_str_is(now->status, s->shape->status))
        return unum_str_is(now->status, "SUCCEEDED") && !handled
                   ? check_same(now, &s->reference, err)
                   : 0;
    if (kills(faults, len) && s->options->retries == 0 && unum_str_is(now->status, "FAILED") &&
        unum_str_is(now->error, "Runtime.ExitError"))
        return 0;
    return unum_err_set(err, UNUM_E_FAILED, "the run is %.*s (%.*s), undisturbed it is %s",
                        UNUM_STR_ARG(now->status), UNUM_STR_ARG(now->error), s->shape->status);
}

/* The first event once more, when all is over. */
static int check_late_event(struct sweep *s, struct snapshot *now, struct unum_err *err)
{
    struct snapshot later = {0};
    size_t before = workbench_executions(&s->bench);
    int rc = run(s, err);
    if (rc == 0)
        rc = snapshot_now(s, &later, err);
    if (rc == 0)
        rc = check_untouched(now, &later, err);
    if (rc == 0 && workbench_executions(&s->bench) != before)
        rc = unum_err_set(err, UNUM_E_FAILED, "a late event ran user code again");
    snapshot_done(&later);
    return rc;
}

static void complain(const struct sweep *s, const struct local_fault *faults, size_t len,
                     const struct unum_err *err)
{
    printf("%s", s->shape->name);
    for (size_t i = 0; i < len; i++)
        printf(", %s at request %llu", local_fault_name(faults[i].kind),
               (unsigned long long)faults[i].number);
    printf(": %s\n", unum_err_text(err));
}

static void disturb(struct sweep *s, const struct local_fault *faults, size_t len)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct snapshot now = {0};
    int rc = workbench_reset(&s->bench, faults, len, &err);
    if (rc == 0)
        rc = run(s, &err);
    if (rc == 0)
        rc = snapshot_now(s, &now, &err);
    if (rc == 0)
        rc = check_run(s, &now, faults, len, &err);
    if (rc == 0)
        rc = check_late_event(s, &now, &err);
    s->runs++;
    if (rc < 0) {
        s->violations++;
        if (!s->options->expect_violation || s->options->verbose)
            complain(s, faults, len, &err);
    }
    snapshot_done(&now);
}

static void undisturbed(struct sweep *s)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = run(s, &err);
    if (rc == 0)
        rc = snapshot_now(s, &s->reference, &err);
    if (rc == 0)
        rc = check_always(&s->reference, &err);
    if (rc == 0 && !unum_str_is(s->reference.status, s->shape->status))
        rc =
            unum_err_set(&err, UNUM_E_FAILED, "the run is %.*s", UNUM_STR_ARG(s->reference.status));
    struct local_counts counts = local_counts(s->bench.local);
    size_t tasks = s->shape->tasks + s->shape->crashing * s->options->retries;
    if (rc == 0 && counts.invocations != tasks + s->shape->generated)
        rc = unum_err_set(&err, UNUM_E_FAILED, "%llu invocations for %zu Tasks",
                          (unsigned long long)counts.invocations, tasks);
    /* In a run that fails, a branch that comes late finds its scope over and does not run. */
    size_t ran = workbench_executions(&s->bench);
    bool fails = unum_str_is(s->reference.status, "FAILED") || s->shape->racy;
    if (rc == 0 && (ran > tasks || (ran < tasks && !fails)))
        rc = unum_err_set(&err, UNUM_E_FAILED, "%zu executions of user code for %zu Tasks", ran,
                          tasks);
    s->requests = counts.requests;
    s->runs++;
    if (rc < 0) {
        s->violations++;
        printf("%s, undisturbed: %s\n", s->shape->name, unum_err_text(&err));
    }
}

/* The last three hold something back until nothing else can happen: a process that wakes up late, a
 * request that arrives late, an event that is delivered late. */
static const enum local_fault_kind kinds[] = {
    LOCAL_FAULT_KILL_BEFORE, LOCAL_FAULT_KILL_AFTER, LOCAL_FAULT_CLOSE, LOCAL_FAULT_TWICE,
    LOCAL_FAULT_STATUS,      LOCAL_FAULT_PAUSE,      LOCAL_FAULT_STALL, LOCAL_FAULT_LATE};

static void singles(struct sweep *s)
{
    for (uint64_t number = 1; number <= s->requests && s->violations < 20; number++) {
        for (size_t i = 0; i < UNUM_COUNT(kinds); i++) {
            const struct local_fault fault = {.kind = kinds[i], .number = number, .status = 500};
            disturb(s, &fault, 1);
        }
    }
}

/* Repairs make further requests, so the second fault may come after the last request of the
 * undisturbed run. */
static void pairs(struct sweep *s)
{
    struct unum_prng prng = {s->options->seed};
    for (size_t i = 0; i < s->options->pairs && s->violations < 20; i++) {
        struct local_fault faults[2];
        for (size_t j = 0; j < UNUM_COUNT(faults); j++)
            faults[j] = (struct local_fault){
                .kind = kinds[unum_prng_below(&prng, UNUM_COUNT(kinds))],
                .number = 1 + unum_prng_below(&prng, s->requests + s->requests / 2),
                .status = 500};
        disturb(s, faults, faults[0].number == faults[1].number ? 1 : 2);
    }
}

static void sweep_shape(const struct options *options, const struct shape *shape, size_t *runs,
                        size_t *violations)
{
    struct sweep s = {.options = options, .shape = shape};
    const struct workbench_app app = {.definition = shape->definition,
                                      .ir = shape->ir,
                                      .functions = shape->functions,
                                      .bootstrap = options->bootstrap,
                                      .retries = options->retries};
    workbench_open(&s.bench, &app);
    undisturbed(&s);
    if (options->pairs)
        pairs(&s);
    else
        singles(&s);
    printf("%-16s %3llu requests, %4zu runs, %zu violations\n", shape->name,
           (unsigned long long)s.requests, s.runs, s.violations);
    fflush(stdout);
    *runs += s.runs;
    *violations += s.violations;
    snapshot_done(&s.reference);
    workbench_close(&s.bench);
}

static void parse(int argc, char **argv, struct options *ret)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--bootstrap") == 0 && i + 1 < argc)
            ret->bootstrap = argv[++i];
        else if (strcmp(argv[i], "--retries") == 0 && i + 1 < argc)
            ret->retries = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--pairs") == 0 && i + 1 < argc)
            ret->pairs = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            ret->seed = strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--expect-violation") == 0)
            ret->expect_violation = true;
        else if (strcmp(argv[i], "--machines") == 0)
            ret->machines = true;
        else if (strcmp(argv[i], "-v") == 0)
            ret->verbose = true;
        else
            ret->shape = argv[i];
    }
}

int main(int argc, char **argv)
{
    struct options options = {.bootstrap = UNUM_TEST_BOOTSTRAP, .seed = 1};
    parse(argc, argv, &options);
    size_t runs = 0;
    size_t violations = 0;
    for (size_t i = 0; i < shapes_len + machines_len; i++) {
        bool machine = i >= shapes_len;
        const struct shape *shape = machine ? &machines[i - shapes_len] : &shapes[i];
        bool wanted =
            options.shape ? strcmp(options.shape, shape->name) == 0 : machine == options.machines;
        if (wanted)
            sweep_shape(&options, shape, &runs, &violations);
    }
    printf("passed %zu, failed %zu\n", runs - violations, violations);
    if (!runs)
        fprintf(stderr, "sweep: no such shape\n");
    bool good = options.expect_violation ? violations > 0 : violations == 0;
    return good && runs ? EXIT_SUCCESS : EXIT_FAILURE;
}

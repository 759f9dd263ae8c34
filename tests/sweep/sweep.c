/*
 * sweep [--bootstrap FILE] [--retries N] [--pairs N [--seed S]] [--expect-violation] [-v] [SHAPE]
 *
 * Every shape: one undisturbed run, then one run per request and kind of fault, or with --pairs N
 * random schedules of two faults. One line per shape, details of what does not hold, last line
 * "passed N, failed M".
 */
#include "sweep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "base/rand.h"
#include "ir/ir.h"
#include "local/db.h"

struct options {
    const char *bootstrap;
    unsigned retries;
    size_t pairs;
    uint64_t seed;
    bool expect_violation, verbose;
    const char *shape; /* NULL: all */
};

struct sweep {
    const struct options *options;
    const struct shape *shape;
    struct unum_arena arena;
    char *dir;
    char *executions; /* file with a line per execution of user code */
    struct app *app;
    struct compiled *compiled;
    struct local *local;
    struct snapshot reference;
    uint64_t requests;
    size_t runs, violations;
};

static void stop(const char *what, const struct unum_err *err)
{
    fprintf(stderr, "sweep: %s: %s\n", what, unum_err_text(err));
    exit(EXIT_FAILURE);
}

static void must(int rc, const char *what, const struct unum_err *err)
{
    if (rc < 0)
        stop(what, err);
}

/* ---- the application ---- */

static void write_application(struct sweep *s)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEMPLATE);
    must(unum_make_temp_dir("unum-sweep", &s->dir, &err), "temporary folder", &err);
    s->executions = unum_path_join(s->dir, "executions");
    unum_buf_adds(&text,
                  "Globals:\n  ApplicationName: " SWEEP_APP "\n  WorkflowType: step-functions\n"
                  "  WorkflowDefinition: unum-step-functions.json\n  FaaSPlatform: aws\n"
                  "  UnumIntermediaryDataStoreType: dynamodb\nFunctions:\n");
    struct unum_str rest = unum_str_from(s->shape->functions);
    struct unum_str line;
    while (unum_str_split(&rest, '\n', &line)) {
        size_t colon = unum_str_find(line, ':');
        if (colon == SIZE_MAX)
            continue;
        struct unum_str name = unum_str_slice(line, 0, colon);
        struct unum_str code = unum_str_trim(unum_str_from_pos(line, colon + 1));
        unum_buf_printf(&text,
                        "  %.*s:\n    Properties:\n      CodeUri: %.*s/\n"
                        "      Runtime: provided.al2023\n      Environment:\n"
                        "        UNUM_TEST_CODE: \"%.*s\"\n",
                        UNUM_STR_ARG(name), UNUM_STR_ARG(name), UNUM_STR_ARG(code));
    }
    char *UNUM_AUTO_FREE template = unum_path_join(s->dir, "unum-template.yaml");
    char *UNUM_AUTO_FREE definition = unum_path_join(s->dir, "unum-step-functions.json");
    must(unum_file_write(template, unum_buf_str(&text), 0644, &err), "template", &err);
    must(unum_file_write(definition, unum_str_from(s->shape->definition), 0644, &err), "definition",
         &err);
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    must(app_read(template, &s->arena, &diags, &s->app, &err), "template", &err);
    if (s->app)
        must(compile_app(s->app, &s->arena, &diags, &s->compiled, &err), "compile", &err);
    if (!s->app || !s->compiled) {
        struct unum_buf UNUM_AUTO_BUF shown = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        unum_diags_print(&diags, false, &shown);
        fprintf(stderr, "%s", unum_buf_text(&shown));
        exit(EXIT_FAILURE);
    }
}

/* One folder per node: the function of the tests and the node's IR. */
static char *write_bundle(struct sweep *s, const struct compiled_node *node)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF ir = UNUM_BUF_INIT(UNUM_LIMIT_IR);
    char *UNUM_AUTO_FREE name = unum_str_dup(node->node);
    char *dir = unum_path_join(s->dir, name);
    char *UNUM_AUTO_FREE config = unum_path_join(dir, "unum_config.json");
    char *UNUM_AUTO_FREE bootstrap = unum_path_join(dir, "bootstrap");
    must(unum_make_dirs(dir, &err), "bundle", &err);
    ir_write(node->ir, &ir);
    must(unum_file_write(config, unum_buf_str(&ir), 0644, &err), "bundle", &err);
    if (symlink(s->options->bootstrap, bootstrap) != 0)
        stop("bundle", &(struct unum_err){.msg = strerror(errno)});
    return dir;
}

static void add_function(struct sweep *s, const struct compiled_node *node)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct app_pair *env;
    size_t env_len = app_environment(s->app, &s->arena, &env);
    struct app_pair *all = unum_arena_array(&s->arena, env_len + 2, sizeof(*all));
    memcpy(all, env, env_len * sizeof(*all));
    const struct app_function *function =
        node->function.len ? app_function(s->app, node->function) : NULL;
    if (function && function->environment_len)
        all[env_len++] = function->environment[0];
    all[env_len++] =
        (struct app_pair){UNUM_STR("UNUM_TEST_EXECUTIONS"), unum_str_from(s->executions)};
    bool failures = unum_str_is(node->node, IR_FAILURES_NODE);
    char *UNUM_AUTO_FREE dir = write_bundle(s, node);
    struct local_function row = LOCAL_FUNCTION;
    row.name = app_node_function(s->app, node->node, &s->arena);
    row.dir = unum_str_from(dir);
    row.env = all;
    row.env_len = env_len;
    row.timeout_ms = 60000;
    row.max_retries = failures ? 2 : s->options->retries;
    if (!failures)
        row.on_failure = app_node_function(s->app, UNUM_STR(IR_FAILURES_NODE), &s->arena);
    must(local_add_function(s->local, &row, &err), "function", &err);
}

static void open_platform(struct sweep *s)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct local_config config = {.concurrency = 8};
    must(local_new(&config, &s->local, &err), "local platform", &err);
    must(local_db_ensure_table(local_database(s->local), s->app->store_name,
                               unum_wall_ms(local_clock(s->local)), &err),
         "table", &err);
    for (size_t i = 0; i < s->compiled->len; i++)
        add_function(s, &s->compiled->at[i]);
}

/* ---- one run ---- */

static size_t executions(const struct sweep *s)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    must(unum_file_read(s->executions, &text, &err), "executions", &err);
    size_t lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}

static void forget_executions(const struct sweep *s)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    must(unum_file_write(s->executions, UNUM_STR(""), 0644, &err), "executions", &err);
}

static int run(struct sweep *s, struct unum_err *err)
{
    struct unum_str entry = app_node_function(s->app, s->compiled->entry, &s->arena);
    const struct unum_str payload = UNUM_STR(
        "{\"Data\":{\"Source\":\"http\",\"Value\":[1,2,3]},\"Session\":\"" SWEEP_SESSION "\"}");
    int rc = local_invoke_event(s->local, entry, payload, NULL, err);
    const struct local_until until = {.or_quiet = true, .deadline_ms = 60000};
    if (rc == 0)
        rc = local_run_until(s->local, &until, err);
    if (rc == 0 && !local_quiet(s->local))
        rc = unum_err_set(err, UNUM_E_FAILED, "the platform is not quiet");
    return rc;
}

static int snapshot_now(struct sweep *s, struct snapshot *ret, struct unum_err *err)
{
    return snapshot_take(s->local, s->app->store_name, ret, err);
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
    if (unum_str_is(now->status, s->shape->status))
        return unum_str_is(now->status, "SUCCEEDED") ? check_same(now, &s->reference, err) : 0;
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
    size_t before = executions(s);
    int rc = run(s, err);
    if (rc == 0)
        rc = snapshot_now(s, &later, err);
    if (rc == 0)
        rc = check_untouched(now, &later, err);
    if (rc == 0 && executions(s) != before)
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
    forget_executions(s);
    int rc = local_reset(s->local, faults, len, &err);
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
    forget_executions(s);
    int rc = run(s, &err);
    if (rc == 0)
        rc = snapshot_now(s, &s->reference, &err);
    if (rc == 0)
        rc = check_always(&s->reference, &err);
    if (rc == 0 && !unum_str_is(s->reference.status, s->shape->status))
        rc =
            unum_err_set(&err, UNUM_E_FAILED, "the run is %.*s", UNUM_STR_ARG(s->reference.status));
    struct local_counts counts = local_counts(s->local);
    size_t tasks = s->shape->tasks + s->shape->crashing * s->options->retries;
    if (rc == 0 && counts.invocations != tasks + s->shape->generated)
        rc = unum_err_set(&err, UNUM_E_FAILED, "%llu invocations for %zu Tasks",
                          (unsigned long long)counts.invocations, tasks);
    /* In a run that fails, a branch that comes late finds its scope over and does not run. */
    size_t ran = executions(s);
    bool fails = unum_str_is(s->reference.status, "FAILED");
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
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    write_application(&s);
    open_platform(&s);
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
    local_free(s.local);
    snapshot_done(&s.reference);
    must(unum_remove_tree(s.dir, &err), "clean up", &err);
    free(s.executions);
    free(s.dir);
    unum_arena_done(&s.arena);
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
    for (size_t i = 0; i < shapes_len; i++) {
        if (!options.shape || strcmp(options.shape, shapes[i].name) == 0)
            sweep_shape(&options, &shapes[i], &runs, &violations);
    }
    printf("passed %zu, failed %zu\n", runs - violations, violations);
    if (!runs)
        fprintf(stderr, "sweep: no such shape\n");
    bool good = options.expect_violation ? violations > 0 : violations == 0;
    return good && runs ? EXIT_SUCCESS : EXIT_FAILURE;
}

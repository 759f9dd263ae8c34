/*
 * random [--machines N] [--seed S] [--via evaluator|workflow] [--bootstrap FILE] [--no-variables]
 *        [--timeouts] [--plain] [--common] [--print] [-v]
 *
 * Random machines: number S, S+1, ... Every one must be valid for lib/asl, and must give the same
 *   evaluator  again, and with identity Tasks put in between
 *   workflow   as a real workflow on the local platform
 * as the interpreter of lib/eval. The first machines that do not are made small and printed with
 * their seeds.
 * --print writes every case with what came out of it, a line each, and compares nothing.
 *
 * Which of several failures at the same time ends a Map or a Parallel is open: a workflow may end
 * with any of them. Last line: "passed N, failed M, refused K". Exit status 0, 1 (something failed,
 * or nothing passed), 2 (usage).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl_compare.h"
#include "asl_platform.h"
#include "base/limits.h"
#include "generate.h"
#include "shrink.h"

#include "asl/states.h"

enum { EXIT_USAGE = 2, TIES = 24, MOST_QUESTIONS = 400, MOST_SHRUNK = 5 };

struct options {
    uint64_t machines, seed;
    bool workflow, print, verbose;
    const char *bootstrap;
    struct generate_options generate;
};

struct tally {
    size_t passed, failed, refused, succeeded;
};

struct check {
    const struct options *options;
    struct asl_platform *platform;
    char kind; /* while a case is made small: the first letter of what is wrong with it */
};

enum verdict { PASSED, FAILED, REFUSED };

/* ---- is it valid? ---- */

static bool is_valid(struct unum_str definition, struct unum_arena *arena, struct unum_str *ret_why)
{
    struct unum_diags UNUM_AUTO_DIAGS diags = UNUM_DIAGS_INIT;
    struct unum_buf UNUM_AUTO_BUF why = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_source source = {"machine", definition};
    struct doc *doc = doc_parse_json(&source, arena, &diags);
    if (doc && asl_parse(doc, NULL, arena, &diags))
        return true;
    unum_diags_print(&diags, false, &why);
    *ret_why = unum_arena_str(arena, unum_buf_str(&why));
    return false;
}

/* ---- is it the same? ---- */

/* Causes of Step Functions name the event of the history at which the state was entered. A workflow
 * has no history: they say the rest. */
static struct unum_str without_events(struct unum_str text, struct unum_arena *arena)
{
    static const char begin[] = "An error occurred while executing the state '";
    static const char end[] = "). ";
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (size_t at; (at = unum_str_search(text, unum_str_from(begin))) != SIZE_MAX;) {
        unum_buf_add(&out, unum_str_slice(text, 0, at));
        text = unum_str_from_pos(text, at + sizeof(begin) - 1);
        size_t stop = unum_str_search(text, unum_str_from(end));
        text = unum_str_from_pos(text, stop == SIZE_MAX ? text.len : stop + sizeof(end) - 1);
    }
    unum_buf_add(&out, text);
    return unum_arena_str(arena, unum_buf_str(&out));
}

static bool same_run(const struct asl_run *a, const struct asl_run *b, struct unum_arena *arena)
{
    if (!unum_str_eq(a->status, b->status) || !unum_str_eq(a->error, b->error))
        return false;
    if (!unum_str_is(a->status, "SUCCEEDED"))
        return !a->by_fail || unum_str_eq(a->cause, b->cause);
    return json_equal(without_events(a->output, arena), without_events(b->output, arena));
}

static struct unum_str shown(const struct asl_run *run, struct unum_arena *arena)
{
    if (run->rc < 0)
        return run->problem;
    if (unum_str_is(run->status, "SUCCEEDED"))
        return run->output;
    return unum_arena_printf(arena, "%.*s %.*s: %.*s", UNUM_STR_ARG(run->status),
                             UNUM_STR_ARG(run->error), UNUM_STR_ARG(run->cause));
}

static enum verdict differ(const struct asl_run *wanted, const struct asl_run *got,
                           struct unum_arena *arena, struct unum_str *ret_why)
{
    *ret_why =
        unum_arena_printf(arena, "gives %.*s, expected %.*s", UNUM_STR_ARG(shown(got, arena)),
                          UNUM_STR_ARG(shown(wanted, arena)));
    return FAILED;
}

static enum verdict check_evaluator(const struct asl_case *c, const struct asl_run *wanted,
                                    struct unum_arena *arena, struct unum_str *ret_why)
{
    struct asl_case split = *c;
    struct asl_bound bound;
    struct asl_run got;
    asl_evaluate(c, 0, arena, &got);
    if (!same_run(wanted, &got, arena))
        return differ(wanted, &got, arena, ret_why);
    asl_bind(c, true, arena, &bound);
    split.definition = bound.definition;
    asl_bound_done(&bound);
    asl_evaluate(&split, 0, arena, &got);
    return same_run(wanted, &got, arena) ? PASSED : differ(wanted, &got, arena, ret_why);
}

static enum verdict check_workflow(const struct check *check, const struct asl_case *c,
                                   const struct asl_run *wanted, struct unum_arena *arena,
                                   struct unum_str *ret_why)
{
    struct asl_run got;
    struct asl_counts counts;
    asl_platform_run(check->platform, c, false, arena, &got, &counts);
    if (got.refused) {
        *ret_why = got.problem;
        return REFUSED;
    }
    if (got.rc < 0)
        return differ(wanted, &got, arena, ret_why);
    struct asl_run other = *wanted;
    for (uint64_t tie = 1; !same_run(&other, &got, arena); tie++) {
        if (tie > TIES)
            return differ(wanted, &got, arena, ret_why);
        asl_evaluate(c, tie, arena, &other);
    }
    return asl_counts_add_up(&counts, wanted, arena, ret_why) ? PASSED : FAILED;
}

static enum verdict check_case(const struct check *check, struct unum_str json,
                               struct unum_arena *arena, struct asl_run *ret,
                               struct unum_str *ret_why)
{
    struct asl_case c;
    asl_case_read(json, arena, &c);
    if (!is_valid(c.definition, arena, ret_why))
        return FAILED;
    asl_evaluate(&c, 0, arena, ret);
    if (ret->rc < 0) {
        *ret_why = ret->problem;
        return FAILED;
    }
    return check->options->workflow ? check_workflow(check, &c, ret, arena, ret_why)
                                    : check_evaluator(&c, ret, arena, ret_why);
}

/* ---- a machine ---- */

/* A smaller machine fails as the first if it is valid and fails. */
static bool fails(void *cookie, struct unum_str json)
{
    const struct check *check = cookie;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct asl_run run;
    struct asl_case c;
    struct unum_str why;
    asl_case_read(json, &arena, &c);
    return json_type(c.definition) == JSON_OBJECT && json_type(c.input) == JSON_OBJECT &&
           is_valid(c.definition, &arena, &why) &&
           check_case(check, json, &arena, &run, &why) == FAILED && why.ptr[0] == check->kind;
}

static void put_run(struct json_writer *w, const struct asl_run *run)
{
    json_object_begin(w);
    json_key(w, "status");
    json_string(w, run->status);
    if (unum_str_is(run->status, "SUCCEEDED")) {
        json_key(w, "output");
        json_raw(w, run->output);
    } else {
        json_key(w, "error");
        json_string(w, run->error);
        json_key(w, "cause");
        json_string(w, run->cause);
    }
    json_object_end(w);
}

/* The case with what comes out of it ("expected"), and what else may ("others"). */
static void print_case(struct unum_str json, const struct asl_run *run, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&out);
    struct asl_case c;
    struct asl_run other = *run;
    asl_case_read(json, arena, &c);
    put_run(&w, run);
    unum_buf_adds(&out, ",\"others\":");
    w.comma = false;
    json_array_begin(&w);
    for (uint64_t tie = 1; run->broken_off && tie <= TIES; tie++) {
        asl_evaluate(&c, tie, arena, &other);
        if (!same_run(run, &other, arena))
            put_run(&w, &other);
    }
    json_array_end(&w);
    printf("%.*s,\"expected\":%s}\n", (int)json.len - 1, json.ptr, unum_buf_text(&out));
}

static void run_machine(const struct check *check, uint64_t seed, struct tally *tally)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct generate_options how = check->options->generate;
    struct asl_run run = {0};
    struct unum_str why = UNUM_STR("");
    how.seed = seed;
    struct unum_str json = generate_case(&how, &arena);
    enum verdict verdict = check_case(check, json, &arena, &run, &why);
    tally->succeeded += unum_str_is(run.status, "SUCCEEDED");
    if (check->options->print)
        print_case(json, &run, &arena);
    switch (verdict) {
    case PASSED:
        tally->passed++;
        return;
    case REFUSED:
        tally->refused++;
        if (check->options->verbose)
            printf("seed %llu: refused: %.*s\n", (unsigned long long)seed, UNUM_STR_ARG(why));
        return;
    case FAILED:
        break;
    }
    tally->failed++;
    printf("seed %llu: %.*s\n", (unsigned long long)seed, UNUM_STR_ARG(why));
    if (tally->failed > MOST_SHRUNK)
        return;
    struct check same = *check;
    same.kind = why.ptr[0];
    struct unum_str small = shrink_case(json, fails, &same, MOST_QUESTIONS, &arena);
    (void)check_case(check, small, &arena, &run, &why);
    printf("seed %llu: small: %.*s\nseed %llu: %.*s\n", (unsigned long long)seed,
           UNUM_STR_ARG(small), (unsigned long long)seed, UNUM_STR_ARG(why));
}

/* ---- the program ---- */

static int usage(const char *why)
{
    fprintf(
        stderr,
        "random: %s\nusage: random [--machines N] [--seed S] [--via evaluator|workflow] "
        "[--bootstrap FILE] [--no-variables] [--timeouts] [--plain] [--common] [--print] [-v]\n",
        why);
    return EXIT_USAGE;
}

static bool set_flag(struct options *options, const char *name)
{
    const struct {
        const char *name;
        bool *at, value;
    } flags[] = {
        {"--no-variables", &options->generate.variables, false},
        {"--timeouts", &options->generate.timeouts, true},
        {"--plain", &options->generate.plain, true},
        {"--common", &options->generate.common, true},
        {"--print", &options->print, true},
        {"-v", &options->verbose, true},
    };
    for (size_t i = 0; i < UNUM_COUNT(flags); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            *flags[i].at = flags[i].value;
            return true;
        }
    }
    return false;
}

static bool set_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--machines") == 0)
        return unum_str_to_u64(unum_str_from(value), &options->machines);
    if (strcmp(name, "--seed") == 0)
        return unum_str_to_u64(unum_str_from(value), &options->seed);
    if (strcmp(name, "--bootstrap") == 0) {
        options->bootstrap = value;
        return true;
    }
    if (strcmp(name, "--via") != 0)
        return false;
    options->workflow = strcmp(value, "workflow") == 0;
    return options->workflow || strcmp(value, "evaluator") == 0;
}

int main(int argc, char **argv)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct options options = {.machines = 100,
                              .seed = 1,
                              .bootstrap = UNUM_TABLE_BOOTSTRAP,
                              .generate = {.variables = true}};
    struct check check = {.options = &options};
    struct tally tally = {0};
    for (int i = 1; i < argc; i++) {
        if (set_flag(&options, argv[i]))
            continue;
        if (i + 1 >= argc || !set_option(&options, argv[i], argv[i + 1]))
            return usage("no such option or value");
        i++;
    }
    if (options.workflow && asl_platform_new(options.bootstrap, false, &check.platform, &err) < 0)
        return usage(unum_err_text(&err));
    for (uint64_t i = 0; i < options.machines; i++)
        run_machine(&check, options.seed + i, &tally);
    asl_platform_free(check.platform);
    if (!options.print)
        printf("%zu of the runs succeed\npassed %zu, failed %zu, refused %zu\n", tally.succeeded,
               tally.passed, tally.failed, tally.refused);
    return tally.failed || !tally.passed ? EXIT_FAILURE : EXIT_SUCCESS;
}

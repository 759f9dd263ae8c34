/*
 * asl [--via evaluator|workflow] [--split] [-v] [PATH...]: hold executions of state machines
 * against recordings of AWS Step Functions.
 *
 * PATH is a file with one JSON case per line: an execution (`definition`, `input`, `tasks`,
 * `expected`) or a test of one state (`request`, `expected`). Without PATH: the vectors in
 * $UNUM_VECTORS, or beside the source tree. Tasks answer what was recorded for them; those of which
 * nothing was recorded answer with their input. A run that was aborted from outside is aborted at
 * its first wait.
 *
 * What asks for JSONata or services other than Lambda must be refused. Prints a line per failing
 * case (-v: and per refused one), then "passed N, failed M, refused K". Exit status 0, 1 (something
 * failed), 2 (usage), 77 (no vectors).
 */
#include "asl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asl_compare.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/path.h"
#include "eval/machine.h"

enum { EXIT_USAGE = 2, EXIT_SKIPPED = 77 };

/* Cases whose recording does not say what has to come out. */
static const struct known {
    const char *id, *reason;
} known[] = {
    {"v2/local_mocking/test_base_scenarios.py::TestBaseScenarios::test_parallel_state_lambda#0:"
     "get_execution_history",
     "the recorded output is the name of a field (executionSucceededEventDetails.output), not a "
     "value"},
};

struct tables {
    struct unum_str tasks; /* JSON list */
    bool *used;
    bool aborted;
};

static bool is_next(struct unum_str entry, const struct machine_task *task, bool same_input,
                    struct unum_arena *arena)
{
    struct unum_str scheduled;
    struct unum_str input;
    if (!unum_str_eq(asl_text(entry, "state", arena), task->state))
        return false;
    if (!same_input)
        return true;
    return json_get(entry, UNUM_STR("scheduled"), &scheduled) &&
           (json_get(scheduled, UNUM_STR("input"), &input) ||
            json_get(scheduled, UNUM_STR("parameters"), &input)) &&
           asl_same(asl_normal(input, arena), asl_normal(task->input, arena), true, arena);
}

/* The recorded answer, in the order of the events; the one to the same input first. */
static bool find_answer(struct tables *t, const struct machine_task *task, struct unum_arena *arena,
                        struct unum_str *ret)
{
    for (int pass = 0; pass < 2; pass++) {
        struct json_iter iter = json_iter(t->tasks);
        struct unum_str entry;
        for (size_t i = 0; json_next(&iter, NULL, &entry); i++) {
            if (t->used[i] || !is_next(entry, task, pass == 0, arena))
                continue;
            t->used[i] = true;
            return json_get(entry, UNUM_STR("result"), ret);
        }
    }
    return false;
}

/* A function that answers with its input. */
static struct unum_str echo(const struct machine_task *task, struct unum_arena *arena)
{
    struct unum_str payload = UNUM_STR("{}");
    if (!unum_str_is(task->resource, "arn:aws:states:::lambda:invoke"))
        return task->input;
    (void)json_get(task->input, UNUM_STR("Payload"), &payload);
    return unum_arena_printf(
        arena, "{\"ExecutedVersion\":\"$LATEST\",\"Payload\":%.*s,\"StatusCode\":200}",
        UNUM_STR_ARG(payload));
}

static void answer(void *cookie, const struct machine_task *task, struct unum_arena *arena,
                   struct machine_answer *ret)
{
    struct unum_str result;
    struct unum_str cause;
    if (!find_answer(cookie, task, arena, &result)) {
        ret->output = echo(task, arena);
        return;
    }
    if (json_get(result, UNUM_STR("output"), &ret->output))
        return;
    ret->failed = true;
    ret->error = asl_text(result, "error", arena);
    if (json_get(result, UNUM_STR("cause"), &cause))
        ret->cause = json_type(cause) == JSON_STRING ? asl_text(result, "cause", arena) : cause;
}

static bool may_wait(void *cookie, struct unum_str state, int64_t due_ms)
{
    const struct tables *t = cookie;
    (void)state;
    (void)due_ms;
    return !t->aborted;
}

static bool has(struct unum_str list, const char *text)
{
    struct json_iter iter = json_iter(list);
    struct unum_str element;
    while (json_next(&iter, NULL, &element)) {
        if (json_is(element, unum_str_from(text)))
            return true;
    }
    return false;
}

static struct unum_str member(struct unum_str object, const char *key)
{
    struct unum_str value;
    return json_get(object, unum_str_from(key), &value) ? value : UNUM_STR("null");
}

void asl_fail(struct asl_tally *tally, const char *id, const char *what, struct unum_str expected,
              struct unum_str got)
{
    for (size_t i = 0; i < UNUM_COUNT(known); i++) {
        if (strcmp(known[i].id, id) == 0) {
            tally->explained++;
            if (tally->verbose)
                printf("%s: not comparable: %s\n", id, known[i].reason);
            return;
        }
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

static void compare(struct asl_tally *tally, const char *id, struct unum_str expected,
                    bool placeholders, const struct machine_result *result,
                    struct unum_arena *arena)
{
    struct unum_str status = asl_text(expected, "status", arena);
    struct unum_str got = unum_str_from(machine_status_name(result->status));
    if (!unum_str_eq(status, got)) {
        asl_fail(tally, id, "the status", status,
                 unum_arena_printf(arena, "%.*s (%.*s: %.*s)", UNUM_STR_ARG(got),
                                   UNUM_STR_ARG(result->error), UNUM_STR_ARG(result->cause)));
        return;
    }
    if (result->status == MACHINE_SUCCEEDED) {
        struct unum_str wanted = asl_normal(member(expected, "output"), arena);
        struct unum_str output = asl_normal(result->output, arena);
        if (!asl_same(wanted, output, placeholders, arena))
            asl_fail(tally, id, "the output", wanted, output);
        else
            tally->passed++;
        return;
    }
    struct unum_str wanted = asl_normal(member(expected, "error"), arena);
    struct unum_str error = quoted(result->error, arena);
    struct unum_str wanted_cause = asl_normal(member(expected, "cause"), arena);
    struct unum_str cause = asl_normal(quoted(result->cause, arena), arena);
    if (!asl_same(wanted, error, placeholders, arena))
        asl_fail(tally, id, "the error", wanted, error);
    else if (result->by_fail && !asl_same(wanted_cause, cause, placeholders, arena))
        asl_fail(tally, id, "the cause", wanted_cause, cause);
    else
        tally->passed++;
}

static void run_execution(struct asl_tally *tally, const char *id, struct unum_str line)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct tables tables = {.tasks = member(line, "tasks"),
                            .aborted = has(member(line, "event_types"), "ExecutionAborted")};
    tables.used = unum_arena_array(&arena, json_count(tables.tasks) + 1, sizeof(*tables.used));
    const struct machine_options options = {.cookie = &tables,
                                            .task = answer,
                                            .wait = may_wait,
                                            .name = UNUM_STR("run"),
                                            .machine_name = UNUM_STR("machine"),
                                            .role = UNUM_STR("snf_role_arn"),
                                            .start_ms = 1795219200000,
                                            .seed = 1};
    struct machine_result result;
    int rc = machine_run(member(line, "definition"), member(line, "input"), &options, &arena,
                         &result, &err);
    bool beyond = has(member(line, "features"), "JSONata") ||
                  unum_str_is(asl_text(line, "tier", &arena), "service") ||
                  unum_str_search(line, UNUM_STR("\"ItemReader\"")) != SIZE_MAX ||
                  unum_str_search(line, UNUM_STR("\"ResultWriter\"")) != SIZE_MAX ||
                  unum_str_search(line, UNUM_STR("\"ItemBatcher\"")) != SIZE_MAX;
    if (rc < 0)
        asl_refuse(tally, id, beyond && rc == UNUM_E_UNSUPPORTED, unum_err_text(&err));
    else
        compare(tally, id, member(line, "expected"),
                unum_str_is(asl_text(line, "comparable", &arena), "placeholders"), &result, &arena);
}

static void run_case(struct asl_tally *tally, struct unum_str line)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str value;
    struct unum_str request;
    if (json_check(line, &value, NULL)) {
        asl_fail(tally, "?", "a line", UNUM_STR("JSON"), unum_str_slice(line, 0, 60));
        return;
    }
    struct unum_str name = asl_text(value, "id", &arena);
    const char *id = name.ptr ? unum_arena_str(&arena, name).ptr : "?";
    if (json_get(value, UNUM_STR("request"), &request))
        asl_run_test_state(tally, id, value);
    else
        run_execution(tally, id, value);
}

static void run_file(struct asl_tally *tally, const char *path)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(256 * UNUM_MB);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (unum_file_read(path, &text, &err)) {
        asl_fail(tally, path, "the file", UNUM_STR("readable"), unum_str_from(unum_err_text(&err)));
        return;
    }
    struct unum_str rest = unum_buf_str(&text);
    struct unum_str line;
    while (unum_str_split(&rest, '\n', &line)) {
        if (unum_str_trim(line).len)
            run_case(tally, line);
    }
}

static bool run_default(struct asl_tally *tally)
{
    static const char *const files[] = {"executions.jsonl", "teststate.jsonl"};
    const char *vectors = getenv("UNUM_VECTORS");
    char *UNUM_AUTO_FREE root =
        unum_path_join(vectors ? vectors : UNUM_SOURCE_DIR "/../shared/vectors", "asl");
    if (!unum_is_dir(root))
        return false;
    for (size_t i = 0; i < UNUM_COUNT(files); i++) {
        char *UNUM_AUTO_FREE path = unum_path_join(root, files[i]);
        run_file(tally, path);
    }
    return true;
}

static int usage(const char *why)
{
    fprintf(stderr, "asl: %s\nusage: asl [--via evaluator] [-v] [PATH...]\n", why);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct asl_tally tally = {0};
    int first = 1;
    for (; first < argc && argv[first][0] == '-'; first++) {
        if (strcmp(argv[first], "-v") == 0)
            tally.verbose = true;
        else if (strcmp(argv[first], "--via") == 0 && first + 1 < argc &&
                 strcmp(argv[first + 1], "evaluator") == 0)
            first++;
        else
            return usage("cases can only be run --via evaluator so far");
    }
    for (int i = first; i < argc; i++)
        run_file(&tally, argv[i]);
    if (first == argc && !run_default(&tally)) {
        printf("skipped: vectors not present\n");
        return EXIT_SKIPPED;
    }
    if (tally.explained)
        printf("%zu not comparable (-v says why)\n", tally.explained);
    printf("passed %zu, failed %zu, refused %zu\n", tally.passed, tally.failed, tally.refused);
    return tally.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

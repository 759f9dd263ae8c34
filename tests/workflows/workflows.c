/*
 * workflows GROUP [NAME]
 *
 * One line per workflow, details of what does not hold, last line "passed N, failed M".
 */
#include "workflows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXCERPT 400

size_t report(const char *what, int rc, const struct unum_err *err)
{
    if (rc < 0)
        printf("not ok  %s: %s\n", what, unum_err_text(err));
    else
        printf("ok      %s\n", what);
    fflush(stdout);
    return rc < 0;
}

static void write_event(const struct workflow *w, struct unum_buf *out)
{
    unum_buf_adds(out, "{\"Data\":{\"Source\":\"http\",\"Value\":");
    if (w->value) {
        unum_buf_adds(out, w->value);
    } else {
        for (size_t i = 0; i < w->n; i++)
            unum_buf_printf(out, "%c%zu", i ? ',' : '[', i + 1);
        unum_buf_adds(out, w->n ? "]" : "[]");
    }
    unum_buf_adds(out, "},\"Session\":\"" WORKBENCH_SESSION "\"");
    if (w->fan_out)
        unum_buf_printf(out, ",\"Fan-out\":%s", w->fan_out);
    unum_buf_adds(out, "}");
}

/* Where two texts begin to differ, or SIZE_MAX. */
static size_t difference(struct unum_str a, struct unum_str b)
{
    size_t i = 0;
    while (i < a.len && i < b.len && a.ptr[i] == b.ptr[i])
        i++;
    return i == a.len && i == b.len ? SIZE_MAX : i;
}

static int check_output(const struct workflow *w, struct unum_str output, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF expected = UNUM_BUF_INIT(UNUM_LIMIT_GATHER);
    if (w->output)
        unum_buf_adds(&expected, w->output);
    else
        w->expect(w->n, &expected);
    size_t at = difference(unum_buf_str(&expected), output);
    if (at == SIZE_MAX)
        return 0;
    size_t from = at > EXCERPT / 2 ? at - EXCERPT / 2 : 0;
    return unum_err_set(err, UNUM_E_FAILED,
                        "the output (%zu bytes, expected %zu) differs at byte %zu: \"%.*s\" "
                        "instead of \"%.*s\"",
                        output.len, expected.len, at,
                        UNUM_STR_ARG(unum_str_slice(output, from, EXCERPT)),
                        UNUM_STR_ARG(unum_str_slice(unum_buf_str(&expected), from, EXCERPT)));
}

static int check_end(const struct workflow *w, const struct run_record *run, struct unum_err *err)
{
    const char *status = w->error ? "FAILED" : "SUCCEEDED";
    if (!unum_str_is(run->status, status) || (w->error && !unum_str_is(run->error_type, w->error)))
        return unum_err_set(err, UNUM_E_FAILED, "the run is %.*s: %.*s: %.*s",
                            UNUM_STR_ARG(run->status), UNUM_STR_ARG(run->error_type),
                            UNUM_STR_ARG(run->cause));
    return w->error ? 0 : check_output(w, run->output, err);
}

/* The node or state of an outcome's key, or no text. */
static struct unum_str node_of(const struct snapshot *now, struct unum_str key)
{
    if (!unum_str_ends(key, UNUM_STR("-output")) || !unum_str_starts(key, now->prefix))
        return UNUM_STR_NONE;
    struct unum_str instance =
        unum_str_slice(key, now->prefix.len, key.len - now->prefix.len - strlen("-output"));
    size_t index = unum_str_search(instance, UNUM_STR("-unumIndex-"));
    return index == SIZE_MAX ? instance : unum_str_slice(instance, 0, index);
}

static int check_outcomes(const struct workflow *w, const struct snapshot *now,
                          struct unum_err *err)
{
    size_t all = 0;
    size_t listed = 0;
    for (size_t i = 0; i < now->len; i++)
        all += node_of(now, now->items[i].key).len != 0;
    struct unum_str rest = unum_str_from(w->outcomes);
    struct unum_str part;
    while (unum_str_split(&rest, ',', &part)) {
        part = unum_str_trim(part);
        size_t blank = unum_str_find(part, ' ');
        struct unum_str name = unum_str_slice(part, 0, blank);
        uint64_t expected = 0;
        size_t found = 0;
        if (!unum_str_to_u64(unum_str_from_pos(part, blank + 1), &expected))
            return unum_err_set(err, UNUM_E_BUG, "\"%.*s\"", UNUM_STR_ARG(part));
        for (size_t i = 0; i < now->len; i++)
            found += unum_str_eq(node_of(now, now->items[i].key), name);
        if (found != expected)
            return unum_err_set(err, UNUM_E_FAILED, "%zu outcomes of %.*s instead of %llu", found,
                                UNUM_STR_ARG(name), (unsigned long long)expected);
        listed += found;
    }
    if (listed == all)
        return 0;
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    for (size_t i = 0; i < now->len && names.len < EXCERPT; i++)
        unum_buf_printf(&names, " %.*s", UNUM_STR_ARG(now->items[i].key));
    return unum_err_set(err, UNUM_E_FAILED, "%zu outcomes, %zu of the nodes expected; keys:%s", all,
                        listed, unum_buf_text(&names));
}

static int check_counts(const struct workflow *w, const struct workbench *bench,
                        struct unum_err *err)
{
    struct local_counts counts = local_counts(bench->local);
    size_t ran = workbench_executions(bench);
    if (ran != w->tasks)
        return unum_err_set(err, UNUM_E_FAILED, "%zu executions of user code instead of %zu", ran,
                            w->tasks);
    if (counts.invocations != w->tasks + w->generated)
        return unum_err_set(err, UNUM_E_FAILED, "%llu invocations instead of %zu + %zu",
                            (unsigned long long)counts.invocations, w->tasks, w->generated);
    return 0;
}

static int check_workflow(const struct workflow *w, struct workbench *bench, struct snapshot *now,
                          struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct run_record run = {0};
    write_event(w, &event);
    int rc = workbench_event(bench, unum_buf_str(&event), err);
    if (rc == 0)
        rc = check_counts(w, bench, err);
    struct unum_err UNUM_AUTO_ERR second = UNUM_ERR_INIT;
    int got = workbench_result(bench, UNUM_STR(WORKBENCH_SESSION), &arena, &run, &second);
    if (got < 0)
        return unum_err_set(err, UNUM_E_FAILED, "reading the result: %s", unum_err_text(&second));
    if (rc == 0)
        rc = check_end(w, &run, err);
    if (rc == 0)
        rc = snapshot_take(bench->local, bench->app->store_name, WORKBENCH_SESSION, now, err);
    if (rc == 0)
        rc = check_outcomes(w, now, err);
    if (rc == 0 && w->check)
        rc = w->check(w->n, now, err);
    return rc;
}

size_t run_workflow(const struct workflow *w)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct workbench bench;
    struct snapshot now = {0};
    const struct workbench_app app = {.definition = w->definition,
                                      .ir = w->ir,
                                      .functions = w->functions,
                                      .bootstrap = UNUM_TEST_BOOTSTRAP};
    workbench_open(&bench, &app);
    size_t failed = report(w->name, check_workflow(w, &bench, &now, &err), &err);
    snapshot_done(&now);
    workbench_close(&bench);
    return failed;
}

static const struct {
    const char *name;
    const struct workflow *at;
    const size_t *len;
} groups[] = {
    {"shapes", shapes, &shapes_len},
    {"hand-written", hand_written, &hand_written_len},
    {"values", values, &values_len},
};

int main(int argc, char **argv)
{
    size_t passed = 0;
    size_t failed = 0;
    const char *group = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < UNUM_COUNT(groups); i++) {
        for (size_t j = 0; strcmp(group, groups[i].name) == 0 && j < *groups[i].len; j++) {
            if (argc > 2 && strcmp(argv[2], groups[i].at[j].name) != 0)
                continue;
            size_t wrong = run_workflow(&groups[i].at[j]);
            failed += wrong;
            passed += !wrong;
        }
    }
    if (strcmp(group, "sessions") == 0) {
        failed += run_sessions(&passed);
    }
    printf("passed %zu, failed %zu\n", passed, failed);
    return passed && !failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

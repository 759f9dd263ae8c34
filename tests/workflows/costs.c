/*
 * costs: what `unum compile --explain` says a run costs is what the local platform counts.
 * One line per machine, last line "passed N, failed M".
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plan/cost.h"
#include "workflows.h"

struct machine {
    const char *name, *definition, *functions, *value;
    uint64_t elements;
    bool longest;     /* the way the input takes */
    uint64_t turns;   /* of the only cycle */
    uint64_t retries; /* of the only state with Retry */
    struct cost more; /* besides, said in a comment */
};

#define LESS(n) (UINT64_MAX - (n) + 1)

#define ITEM(name, rest) "\"" name "\":{\"Type\":" rest "}"
#define PASS(name, next) ITEM(name, "\"Pass\"," next)
#define ECHO3            "A: echo\nB: echo\nC: echo\n"
#define ECHO5            ECHO3 "D: echo\nE: echo\n"
#define BRANCH(name)     MACHINE(name, TASK(name, END))
#define EACH(state, more)                                                                          \
    MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END),                            \
                                              more NEXT("C")) "," TASK("C", END))
#define BOTH(more)                                                                                 \
    MACHINE("A", TASK("A", NEXT("P")) "," PARALLEL("P", BRANCH("B") "," BRANCH("C"),               \
                                                   more NEXT("D")) "," TASK("D", END))
#define RESULT   "\"ResultPath\":\"$.r\","
#define ALWAYS   "\"ErrorEquals\":[\"States.ALL\"]"
#define RETRY(n) "\"Retry\":[{" ALWAYS ",\"MaxAttempts\":" #n ",\"IntervalSeconds\":1}],"
#define CATCH(n) "\"Catch\":[{" ALWAYS ",\"Next\":\"" n "\"}],"
#define CHOOSE(name, variable, yes, no)                                                            \
    "\"" name "\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"" variable                     \
    "\",\"IsPresent\":true,\"Next\":\"" yes "\"}],\"Default\":\"" no "\"}"

static const struct machine machines[] = {
    {"one Task", MACHINE("A", TASK("A", END)), "A: echo\n", "1", .elements = 0},
    {"a chain", MACHINE("A", TASK("A", NEXT("B")) "," TASK("B", NEXT("C")) "," TASK("C", END)),
     ECHO3, "1", .elements = 0},
    {"a Map without elements", EACH("M", ""), ECHO3, "[]", .elements = 0},
    {"a Map with one element", EACH("M", ""), ECHO3, "[1]", .elements = 1},
    {"a Map with 3 elements", EACH("M", ""), ECHO3, "[1,2,3]", .elements = 3},
    {"a Map with 130 elements", EACH("M", ""), "A: count 130\nB: echo\nC: echo\n", "1",
     .elements = 130},
    {"a Map that ends the run",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END), END)), ECHO3, "[1,2,3]",
     .elements = 3},
    {"a Map with ResultPath",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP(
                      "M", "B", TASK("B", END),
                      "\"ItemsPath\":\"$.l\"," RESULT NEXT("C")) "," TASK("C", END)),
     ECHO3, "{\"l\":[1,2]}", .elements = 2},
    {"a Map with ItemSelector", EACH("M", "\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\"},"),
     ECHO3, "[1,2]", .elements = 2},
    {"a Map of Passes",
     MACHINE("A",
             TASK("A", NEXT("M")) "," MAP("M", "Q", PASS("Q", END), NEXT("C")) "," TASK("C", END)),
     ECHO3, "[1,2,3]", .elements = 3},
    {"a Map first", MACHINE("M", MAP("M", "B", TASK("B", END), NEXT("C")) "," TASK("C", END)),
     "B: echo\nC: echo\n", "[1,2]", .elements = 2},
    {"a Pass first", MACHINE("Q", PASS("Q", NEXT("A")) "," TASK("A", END)), "A: echo\n", "1",
     .elements = 0},
    {"no Task at all", MACHINE("Q", PASS("Q", NEXT("Z")) "," PASS("Z", END)), "A: echo\n", "1",
     .elements = 0},
    {"a Parallel", BOTH(""), ECHO5, "1", .elements = 0},
    {"a Parallel with ResultPath", BOTH(RESULT), ECHO5, "{}", .elements = 0},
    {"a Parallel that ends the run",
     MACHINE("A", TASK("A", NEXT("P")) "," PARALLEL("P", BRANCH("B") "," BRANCH("C"), END)), ECHO3,
     "1", .elements = 0},
    {"a branch without a Task",
     MACHINE("A",
             TASK("A", NEXT("P")) "," PARALLEL("P", BRANCH("B") "," MACHINE("Q", PASS("Q", END)),
                                               NEXT("C")) "," TASK("C", END)),
     ECHO3, "1", .elements = 0},
    {"a Parallel of Passes",
     MACHINE("A", TASK("A", NEXT("P")) "," PARALLEL("P", MACHINE("Q", PASS("Q", END)),
                                                    NEXT("C")) "," TASK("C", END)),
     ECHO3, "1", .elements = 0},
    {"a Map in a Map",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "N", MAP("N", "B", TASK("B", END), END),
                                               NEXT("C")) "," TASK("C", END)),
     ECHO3, "[[1,2],[3,4]]", .elements = 2},
    {"a Parallel at the head of a branch, with ResultPath",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "P", PARALLEL("P", BRANCH("B"), RESULT END),
                                               NEXT("C")) "," TASK("C", END)),
     ECHO3, "[{},{}]", .elements = 2},
    {"a Parallel behind a Task of a branch, with ResultPath",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP(
                      "M", "D", TASK("D", NEXT("P")) "," PARALLEL("P", BRANCH("B"), RESULT END),
                      NEXT("C")) "," TASK("C", END)),
     ECHO5, "[{},{}]", .elements = 2},
    {"a Map behind a Map",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP("M", "B", TASK("B", END),
                                               NEXT("N")) "," MAP("N", "C", TASK("C", END), END)),
     ECHO3, "[1,2,3]", .elements = 3},
    {"the short way of a Choice",
     MACHINE("A", TASK("A", NEXT("K")) "," CHOOSE("K", "$.x", "B", "Z") "," TASK(
                      "B", NEXT("C")) "," TASK("C", END) "," PASS("Z", END)),
     ECHO3, "{}", .elements = 0},
    {"the long way of a Choice",
     MACHINE("A", TASK("A", NEXT("K")) "," CHOOSE("K", "$.x", "B", "Z") "," TASK(
                      "B", NEXT("C")) "," TASK("C", END) "," PASS("Z", END)),
     ECHO3, "{\"x\":1}", .elements = 0, .longest = true},
    {"branches that end on a Task or not: the short way",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP(
                      "M", "K", CHOOSE("K", "$.x", "B", "Z") "," TASK("B", END) "," PASS("Z", END),
                      NEXT("C")) "," TASK("C", END)),
     ECHO3, "[{},{}]", .elements = 2},
    {"branches that end on a Task or not: the long way",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP(
                      "M", "K", CHOOSE("K", "$.x", "B", "Z") "," TASK("B", END) "," PASS("Z", END),
                      NEXT("C")) "," TASK("C", END)),
     ECHO3, "[{\"x\":1},{\"x\":2}]", .elements = 2, .longest = true},
    {"a Wait",
     MACHINE("A", TASK("A", NEXT("W")) "," ITEM(
                      "W", "\"Wait\",\"Seconds\":600," NEXT("B")) "," TASK("B", END)),
     ECHO3, "1", .elements = 0},
    {"a Wait of no time",
     MACHINE("A", TASK("A", NEXT("W")) "," ITEM("W", "\"Wait\",\"Seconds\":0," NEXT("B")) "," TASK(
                      "B", END)),
     ECHO3, "1", .elements = 0},
    {"Waits at the heads of branches",
     MACHINE("A", TASK("A", NEXT("M")) "," MAP(
                      "M", "W", ITEM("W", "\"Wait\",\"Seconds\":600," NEXT("B")) "," TASK("B", END),
                      NEXT("C")) "," TASK("C", END)),
     ECHO3, "[1,2]", .elements = 2},
    {"variables",
     MACHINE("A", "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\",\"Assign\":{\"v.$\":\"$\"}," NEXT(
                      "M") "}," MAP("M", "B", TASK("B", END), NEXT("C")) "," TASK("C", END)),
     ECHO3, "[1,2]", .elements = 2},
    {"three turns of a cycle",
     MACHINE("Q",
             PASS("Q", "\"Parameters\":{\"n\":0}," NEXT("A")) "," TASK("A", NEXT("I")) "," PASS(
                 "I", "\"Parameters\":{\"n.$\":\"States.MathAdd($.n, 1)\"}," NEXT(
                          "K")) "," ITEM("K",
                                         "\"Choice\",\"Choices\":[{\"Variable\":\"$.n\","
                                         "\"NumericLessThan\":4,"
                                         "\"Next\":\"A\"}],\"Default\":\"Z\"") "," PASS("Z", END)),
     "A: echo\n", "1", .elements = 0, .turns = 3},
    {"a window of 2", EACH("M", "\"MaxConcurrency\":2,"), ECHO3, "[1,2,3,4,5]", .elements = 5},
    {"a window as wide as the Map", EACH("M", "\"MaxConcurrency\":5,"), ECHO3, "[1,2,3,4,5]",
     .elements = 5},
    {"a window over more than one list", EACH("M", "\"MaxConcurrency\":3,"),
     "A: count 70\nB: echo\nC: echo\n", "1", .elements = 70},
    {"tolerated failures that do not happen", EACH("M", "\"ToleratedFailureCount\":1,"), ECHO3,
     "[1,2,3]", .elements = 3},
    {"a share too small for a failure", EACH("M", "\"ToleratedFailurePercentage\":10,"), ECHO3,
     "[1,2,3]", .elements = 3},
    {"tolerated failures of no element", EACH("M", "\"ToleratedFailureCount\":1,"), ECHO3, "[]",
     .elements = 0},
    {"the input of the run",
     MACHINE("A", TASK("A", NEXT("Q")) "," PASS(
                      "Q", "\"Parameters\":{\"i.$\":"
                           "\"$$.Execution.Input\"}," NEXT("B")) "," TASK("B", END)),
     ECHO3, "1", .elements = 0},
    {"a time limit for the machine",
     "{\"TimeoutSeconds\":900,\"StartAt\":\"A\",\"States\":{" TASK("A", END) "}}", "A: echo\n", "1",
     .elements = 0},
    {"a time limit for a Task",
     MACHINE("A", TASK("A", "\"TimeoutSeconds\":20," NEXT("B")) "," TASK("B", END)), ECHO3, "1",
     .elements = 0},
    /* Besides the last attempt: its record, and the counts of the one before. */
    {"two retries of a Task, caught",
     MACHINE("A", "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\"," RETRY(2) CATCH("B")
                      NEXT("B") "}," TASK("B", END)),
     "A: fail\nB: echo\n", "1", .elements = 0, .retries = 2, .more = {.writes = 1, .reads = 2}},
    /* Two failing branches are not counted in a set, there is no list to gather, and the final
     * attempt has its record and the reads that go with it. */
    {"a retry of a Parallel, caught",
     MACHINE("A", TASK("A", NEXT("P")) "," PARALLEL(
                      "P", BRANCH("B"), RETRY(1) CATCH("D") NEXT("D")) "," TASK("D", END)),
     "A: echo\nB: fail\nD: echo\n", "1", .retries = 1,
     .more = {.writes = LESS(2) + 1, .reads = LESS(1) + 2}},
    {"an error that is caught",
     MACHINE("A", "\"A\":{\"Type\":\"Task\",\"Resource\":\"A\"," CATCH("B")
                      NEXT("B") "}," TASK("B", END)),
     "A: fail\nB: echo\n", "1", .elements = 0},
};

/* ---- counting ---- */

static void count(const struct workbench *bench, struct cost *ret)
{
    static const struct {
        const char *operation;
        size_t at;
    } kinds[] = {{"Invoke", offsetof(struct cost, invocations)},
                 {"PutItem", offsetof(struct cost, writes)},
                 {"UpdateItem", offsetof(struct cost, writes)},
                 {"DeleteItem", offsetof(struct cost, writes)},
                 {"TransactWriteItems", offsetof(struct cost, writes)},
                 {"GetItem", offsetof(struct cost, reads)},
                 {"BatchGetItem", offsetof(struct cost, reads)}};
    size_t len;
    const struct local_request *rows = local_requests(bench->local, &len);
    *ret = (struct cost){0};
    for (size_t i = 0; i < len; i++) {
        for (size_t j = 0; j < UNUM_COUNT(kinds); j++) {
            if (rows[i].number && unum_str_is(rows[i].operation, kinds[j].operation))
                ++*(uint64_t *)(void *)((char *)ret + kinds[j].at);
        }
        if (rows[i].number && strcmp(rows[i].service, "scheduler") == 0)
            ret->timers++;
    }
    /* The first invocation is ours, those of schedules are the platform's. */
    ret->invocations += 1 + ret->timers;
}

static void add_times(struct cost *to, struct cost more, uint64_t times)
{
    to->invocations += times * more.invocations;
    to->writes += times * more.writes;
    to->reads += times * more.reads;
    to->timers += times * more.timers;
}

static void expect(const struct workbench *bench, const struct machine *m, struct unum_arena *arena,
                   struct cost *ret)
{
    struct plan_app app = {0};
    struct plan_whole UNUM_AUTO(plan_whole_done) whole;
    struct costs costs;
    app.at = unum_arena_array(arena, bench->compiled->len, sizeof(*app.at));
    for (size_t i = 0; i < bench->compiled->len; i++) {
        const struct compiled_node *node = &bench->compiled->at[i];
        if (node->ir->has_region)
            app.at[app.len++] = (struct plan_node){node->node, node->function, node->ir};
    }
    plan_whole(&app, &whole);
    plan_cost(&whole, m->elements, arena, &costs);
    *ret = m->longest ? costs.run.longest : costs.run.shortest;
    if (m->turns)
        add_times(ret, costs.turns[0].own, m->turns);
    if (m->retries) {
        add_times(ret, costs.retries[0].own, m->retries);
        add_times(ret, costs.retries[0].again.shortest, m->retries);
    }
    add_times(ret, m->more, 1);
}

static int compare(struct cost expected, struct cost counted, struct unum_err *err)
{
    if (expected.invocations == counted.invocations && expected.writes == counted.writes &&
        expected.reads == counted.reads)
        return 0;
    return unum_err_set(err, UNUM_E_FAILED,
                        "said %" PRIu64 " invocations, %" PRIu64 " writes, %" PRIu64
                        " reads; counted %" PRIu64 ", %" PRIu64 ", %" PRIu64,
                        expected.invocations, expected.writes, expected.reads, counted.invocations,
                        counted.writes, counted.reads);
}

static int run_machine(const struct machine *m, struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_buf UNUM_AUTO_BUF event = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct workbench bench;
    const struct workbench_app what = {
        .definition = m->definition, .functions = m->functions, .bootstrap = UNUM_TEST_BOOTSTRAP};
    struct cost expected, counted;
    struct run_record record;
    workbench_open(&bench, &what);
    unum_buf_printf(&event,
                    "{\"Data\":{\"Source\":\"http\",\"Value\":%s},\"Session\":\"" WORKBENCH_SESSION
                    "\"}",
                    m->value);
    int rc = workbench_event(&bench, unum_buf_str(&event), err);
    if (rc == 0) {
        count(&bench, &counted);
        expect(&bench, m, &arena, &expected);
        rc = compare(expected, counted, err);
    }
    if (rc == 0)
        rc = workbench_result(&bench, UNUM_STR(WORKBENCH_SESSION), &arena, &record, err);
    if (rc == 0 && !unum_str_is(record.status, "SUCCEEDED"))
        rc = unum_err_set(err, UNUM_E_FAILED, "the run ended as %.*s: %.*s: %.*s",
                          UNUM_STR_ARG(record.status), UNUM_STR_ARG(record.error_type),
                          UNUM_STR_ARG(record.cause));
    workbench_close(&bench);
    return rc;
}

int main(int argc, char **argv)
{
    size_t passed = 0, failed = 0;
    for (size_t i = 0; i < UNUM_COUNT(machines); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        if (argc > 1 && strcmp(argv[1], machines[i].name) != 0)
            continue;
        int rc = run_machine(&machines[i], &err);
        if (rc < 0)
            printf("not ok  %s: %s\n", machines[i].name, unum_err_text(&err));
        else
            printf("ok      %s\n", machines[i].name);
        fflush(stdout);
        passed += rc == 0;
        failed += rc < 0;
    }
    printf("passed %zu, failed %zu\n", passed, failed);
    return failed || !passed ? 1 : 0;
}

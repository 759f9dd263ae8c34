#include "workflows.h"

#include <stdio.h>
#include <string.h>

#include "crypto/hash.h"

/* An event, and what the table must hold after it, whatever came before. */
struct session_step {
    const char *name, *event;
    const char *session; /* whose run record is looked at */
    const char *output;  /* of that run */
    size_t executions;   /* of user code by this event */
    bool untouched;      /* nothing in the table changed */
};

/* Sent one after the other to A -> B. */
static const struct session_step steps[] = {
    {"a session that is given",
     "{\"Data\":{\"Source\":\"http\",\"Value\":[1]},\"Session\":\"one\"}", "one", "[1]", 2, false},
    {"the same session and input: joined, nothing runs",
     "{\"Data\":{\"Source\":\"http\",\"Value\":[1]},\"Session\":\"one\"}", "one", "[1]", 0, true},
    {"the same session, other input: refused",
     "{\"Data\":{\"Source\":\"http\",\"Value\":[2]},\"Session\":\"one\"}", "one", "[1]", 0, true},
    {"another session, the same input",
     "{\"Data\":{\"Source\":\"http\",\"Value\":[1]},\"Session\":\"two.A-b_c:9\"}", "two.A-b_c:9",
     "[1]", 2, false},
    {"bookkeeping from outside is ignored",
     "{\"Data\":{\"Source\":\"http\",\"Value\":3},\"Session\":\"three\",\"GC\":[7],"
     "\"Visit\":\"x\",\"Attempt\":-4,\"Run\":17,\"Resume\":{\"state\":\"B\"},\"Weight\":5,"
     "\"Fan-out\":{\"Type\":\"Map\",\"Index\":1,\"Size\":2}}",
     "three", "3", 2, false},
    {"an event of EventBridge",
     "{\"version\":\"0\",\"id\":\"12345678-1234-1234-1234-111122223333\",\"detail-type\":\"Order\","
     "\"source\":\"shop\",\"account\":\"000000000000\",\"time\":\"2026-01-01T00:00:00Z\","
     "\"region\":\"us-east-1\",\"resources\":[],\"detail\":{\"item\":\"desk\"}}",
     "eb-12345678-1234-1234-1234-111122223333", "{\"item\":\"desk\"}", 2, false},
    {"the same event of EventBridge again",
     "{\"version\":\"0\",\"id\":\"12345678-1234-1234-1234-111122223333\",\"detail-type\":\"Order\","
     "\"source\":\"shop\",\"account\":\"000000000000\",\"time\":\"2026-01-01T00:00:00Z\","
     "\"region\":\"us-east-1\",\"resources\":[],\"detail\":{\"item\":\"desk\"}}",
     "eb-12345678-1234-1234-1234-111122223333", "{\"item\":\"desk\"}", 0, true},
};

/* Names that are not clean are hashed. */
static const char *const odd[] = {"a/b", "with blank", "\xC3\xA9", "../../run", "x#y", ""};

/* Events without an envelope: the whole event is the input, the request names the run. */
static const char *const raw[] = {"[1,2]",
                                  "\"text\"",
                                  "null",
                                  "0",
                                  "{}",
                                  "{\"Data\":{\"Source\":\"http\"}}",
                                  "{\"Data\":5,\"Session\":\"not-mine\"}",
                                  "{\"Session\":\"not-mine\"}"};

static int take(struct workbench *bench, const char *session, struct snapshot *ret,
                struct unum_err *err)
{
    return snapshot_take(bench->local, bench->app->store_name, session, ret, err);
}

static int check_run(struct snapshot *now, const char *output, struct unum_err *err)
{
    if (!unum_str_is(now->status, "SUCCEEDED") || !unum_str_is(now->output, output))
        return unum_err_set(err, UNUM_E_FAILED, "the run is \"%.*s\" with \"%.*s\", not \"%s\"",
                            UNUM_STR_ARG(now->status), UNUM_STR_ARG(now->output), output);
    return 0;
}

static int do_step(struct workbench *bench, const struct session_step *step, struct unum_err *err)
{
    struct snapshot before = {0};
    struct snapshot after = {0};
    size_t ran = workbench_executions(bench);
    int rc = take(bench, step->session, &before, err);
    if (rc == 0)
        rc = workbench_event(bench, unum_str_from(step->event), err);
    if (rc == 0)
        rc = take(bench, step->session, &after, err);
    if (rc == 0 && step->untouched)
        rc = check_untouched(&before, &after, err);
    if (rc == 0)
        rc = check_run(&after, step->output, err);
    ran = workbench_executions(bench) - ran;
    if (rc == 0 && ran != step->executions)
        rc = unum_err_set(err, UNUM_E_FAILED, "%zu executions instead of %zu", ran,
                          step->executions);
    snapshot_done(&before);
    snapshot_done(&after);
    return rc;
}

static int do_odd(struct workbench *bench, const char *name, struct unum_err *err)
{
    char event[256];
    char hex[HASH_SHA256_HEX + 1];
    struct snapshot after = {0};
    hash_sha256_hex(unum_str_from(name), hex);
    hex[HASH_SHA256_HEX] = '\0';
    (void)snprintf(event, sizeof(event),
                   "{\"Data\":{\"Source\":\"http\",\"Value\":1},\"Session\":\"%s\"}", name);
    int rc = workbench_event(bench, unum_str_from(event), err);
    if (rc == 0)
        rc = take(bench, hex, &after, err);
    if (rc == 0)
        rc = check_run(&after, "1", err);
    snapshot_done(&after);
    return rc;
}

/* Exactly one more run with that output, under a name nobody gave. */
static int do_raw(struct workbench *bench, const char *event, struct unum_err *err)
{
    struct snapshot before = {0};
    struct snapshot after = {0};
    struct snapshot forbidden = {0};
    int rc = take(bench, "none", &before, err);
    if (rc == 0)
        rc = workbench_event(bench, unum_str_from(event), err);
    if (rc == 0)
        rc = take(bench, "none", &after, err);
    size_t runs = 0;
    for (size_t i = 0; i < after.len; i++) {
        if (unum_str_ends(after.items[i].key, UNUM_STR("/run")) &&
            unum_str_is(snapshot_text(&after, &after.items[i], "Output"), event))
            runs++;
    }
    for (size_t i = 0; i < before.len; i++) {
        if (unum_str_ends(before.items[i].key, UNUM_STR("/run")) &&
            unum_str_is(snapshot_text(&before, &before.items[i], "Output"), event))
            runs--;
    }
    if (rc == 0 && runs != 1)
        rc = unum_err_set(err, UNUM_E_FAILED, "%zu more runs with that result", runs);
    if (rc == 0)
        rc = take(bench, "not-mine", &forbidden, err);
    if (rc == 0 && forbidden.status.len)
        rc = unum_err_set(err, UNUM_E_FAILED, "the session of an event without data was taken");
    snapshot_done(&before);
    snapshot_done(&after);
    snapshot_done(&forbidden);
    return rc;
}

/* A process killed after its outcome was recorded: the run goes on with what it recorded. */
static size_t killed_after_recording(struct workbench *bench)
{
    size_t failed = 0;
    struct unum_err UNUM_AUTO_ERR plain = UNUM_ERR_INIT;
    const struct unum_str event =
        UNUM_STR("{\"Data\":{\"Source\":\"http\",\"Value\":[1]},\"Session\":\"kill\"}");
    workbench_must(workbench_reset(bench, NULL, 0, &plain), "reset", &plain);
    workbench_must(workbench_event(bench, event, &plain), "undisturbed", &plain);
    uint64_t requests = local_counts(bench->local).requests;
    size_t succeeded = 0;
    for (uint64_t number = 1; number <= requests; number++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        struct snapshot after = {0};
        const struct local_fault fault = {.kind = LOCAL_FAULT_KILL_AFTER, .number = number};
        int rc = workbench_reset(bench, &fault, 1, &err);
        if (rc == 0)
            rc = workbench_event(bench, event, &err);
        if (rc == 0)
            rc = take(bench, "kill", &after, &err);
        bool recorded =
            rc == 0 && snapshot_outcome(&after, UNUM_STR("A")) &&
            unum_str_is(snapshot_text(&after, snapshot_outcome(&after, UNUM_STR("A")), "User"),
                        "[1]");
        bool last =
            recorded && snapshot_outcome(&after, UNUM_STR("B")) &&
            unum_str_is(snapshot_text(&after, snapshot_outcome(&after, UNUM_STR("B")), "User"),
                        "[1]");
        if (last)
            rc = check_run(&after, "[1]", &err);
        succeeded += last;
        if (rc < 0)
            failed += report("killed after recording", rc, &err);
        snapshot_done(&after);
    }
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = succeeded ? 0 : unum_err_set(&err, UNUM_E_FAILED, "no run got to its end");
    return failed + report("a process killed after its outcome was recorded", rc, &err);
}

size_t run_sessions(size_t *ret_passed)
{
    struct workbench bench;
    size_t failed = 0;
    const struct workbench_app app = {.definition =
                                          MACHINE("A", TASK("A", NEXT("B")) "," TASK("B", END)),
                                      .functions = "A: echo\nB: echo\n",
                                      .bootstrap = UNUM_TEST_BOOTSTRAP};
    workbench_open(&bench, &app);
    for (size_t i = 0; i < UNUM_COUNT(steps); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        failed += report(steps[i].name, do_step(&bench, &steps[i], &err), &err);
    }
    for (size_t i = 0; i < UNUM_COUNT(odd); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        failed += report("an odd name of a session", do_odd(&bench, odd[i], &err), &err);
    }
    for (size_t i = 0; i < UNUM_COUNT(raw); i++) {
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        failed += report(raw[i], do_raw(&bench, raw[i], &err), &err);
    }
    failed += killed_after_recording(&bench);
    workbench_close(&bench);
    *ret_passed = UNUM_COUNT(steps) + UNUM_COUNT(odd) + UNUM_COUNT(raw) + 1 - failed;
    return failed;
}

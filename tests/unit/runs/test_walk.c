#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "machines.h"
#include "runs/walk.h"
#include "support/aws_fake.h"
#include "json/json.h"

#define S(name, text)   ",\"" name "\":{\"S\":\"" text "\"}"
#define N(name, number) ",\"" name "\":{\"N\":\"" #number "\"}"
#define ITEM_OF(nonce, key, more)                                                                  \
    "{\"Name\":{\"S\":\"app/s/" key "\"},\"V\":{\"N\":\"1\"},\"Nonce\":{\"S\":\"" nonce "\"}" more \
    "}"
#define ITEM(key, more)            ITEM_OF("n", key, more)
#define OK(instance, more)         ITEM(instance "-output", S("Status", "ok") N("Now", 2000) more)
#define FAILED(instance, more)     ITEM(instance "-output", S("Status", "error") S("To", "!") more)
#define TRIED(instance, how, more) ITEM(instance, S("Verdict", how) S("Error", "E") more)
#define SET(key, numbers)          ITEM(key, ",\"Positions\":{\"NS\":[" numbers "]}")
#define AT(i, more)                                                                                \
    S("Frames", "{\\\"Type\\\":\\\"Map\\\",\\\"Index\\\":" #i ",\\\"Size\\\":2" more               \
                ",\\\"Opener\\\":\\\"Split\\\"}")
#define ATTEMPT(k) ",\\\"Attempt\\\":" #k

#define SPLIT  OK("Split", S("To", "Each"))
#define WORK0  OK("Work-unumIndex-0", S("To", "Check") AT(0, ""))
#define WORK1  OK("Work-unumIndex-1", S("To", "Check") AT(1, ""))
#define CHECK0 OK("Check-unumIndex-0", AT(0, ""))
#define CHECK1 OK("Check-unumIndex-1", AT(1, ""))

struct walked {
    struct machine machine;
    struct aws_fake fake;
    struct run_walk walk;
    int rc;
};

static void walk_run(struct walked *w, const char *run, const char *items)
{
    struct store store;
    struct unum_buf UNUM_AUTO_BUF record = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF page = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    machine_map(&w->machine);
    aws_fake_init(&w->fake);
    aws_fake_open(&w->fake);
    unum_buf_printf(&record, "{%s}", run);
    unum_buf_printf(&page, "{\"Items\":[%s]}", items);
    const struct http_fake_answer answers[] = {{.body = unum_buf_text(&record)},
                                               {.body = unum_buf_text(&page)}};
    w->fake.http.answers = answers;
    w->fake.http.answers_len = UNUM_COUNT(answers);
    assert_int_equal(store_dynamodb_open(w->fake.client, UNUM_STR("t"), &store, NULL), 0);
    const struct runs_table table = {w->fake.client, UNUM_STR("t"), &w->fake.clock.clock};
    w->rc = run_walk(&table, &store, UNUM_STR("app"), UNUM_STR("s"), &w->machine.compiled,
                     &w->machine.arena, &w->walk, NULL);
    store.ops->close(store.state);
}

static void done(struct walked *w)
{
    aws_fake_close(&w->fake);
    unum_arena_done(&w->machine.arena);
}

#define RUN                                                                                        \
    "\"Item\":" ITEM("run", S("Status", "RUNNING") N("Started", 1000) N("Expires", 9999999999))

/* The gaps as text: "from>missing", "!" tried (retry to come), "x" tried (final), "(sender)". */
static void expect(const char *items, const char *wanted)
{
    struct walked w = {0};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    walk_run(&w, RUN, items);
    assert_int_equal(w.rc, 0);
    for (size_t i = 0; i < w.walk.gaps_len; i++) {
        const struct walk_gap *gap = &w.walk.gaps[i];
        unum_buf_printf(&text, "%s%.*s>%.*s", i ? " " : "", UNUM_STR_ARG(gap->from),
                        UNUM_STR_ARG(gap->missing));
        if (gap->tried)
            unum_buf_printf(&text, "%c%u", gap->retry ? '!' : 'x', gap->attempts);
        if (!unum_str_eq(gap->sender, gap->from))
            unum_buf_printf(&text, "(%.*s)", UNUM_STR_ARG(gap->sender));
    }
    if (w.walk.unknown || w.walk.strange)
        unum_buf_printf(&text, " unknown %zu strange %zu", w.walk.unknown, w.walk.strange);
    assert_string_equal(unum_buf_text(&text), wanted);
    done(&w);
}

static void a_step_that_has_not_come(void **state)
{
    (void)state;
    expect(ITEM("run", ""), ">Split");
    expect(SPLIT, "Split>Work-unumIndex-0");
    /* The first position tells how many there are. */
    expect(SPLIT "," WORK0, "Split>Work-unumIndex-1 Work-unumIndex-0>Check-unumIndex-0");
    expect(SPLIT "," WORK0 "," WORK1 "," CHECK0 "," SET("Each~a0-fanin/0.0", "\"0\""),
           "Work-unumIndex-1>Check-unumIndex-1");
    expect(SPLIT "," WORK0 "," WORK1 "," CHECK0 "," CHECK1 "," SET("Each~a0-fanin/0.0", "\"0\""),
           "Check-unumIndex-1>Each");
}

static void a_fan_out_that_is_complete_but_not_closed(void **state)
{
    (void)state;
    expect(SPLIT "," WORK0 "," WORK1 "," CHECK0 "," CHECK1
                 "," SET("Each~a0-fanin/0.0", "\"0\",\"1\""),
           "Split>Each");
}

static void a_close_and_what_follows_it(void **state)
{
    (void)state;
    const char *const all = SPLIT "," WORK0 "," WORK1 "," CHECK0 "," CHECK1
                                  "," SET("Each~a0-fanin/0.0", "\"0\",\"1\"") ",";
    struct unum_buf UNUM_AUTO_BUF items = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&items, "%s%s", all, OK("Each", S("To", "Pause") S("By", "Check-unumIndex-1")));
    expect(unum_buf_text(&items), "Each>Pause(Check-unumIndex-1)");
    /* Behind the Wait its own event goes on. */
    unum_buf_printf(&items, ",%s", OK("Pause", S("To", "Sum")));
    expect(unum_buf_text(&items), "Pause>Sum");
    unum_buf_printf(&items, ",%s", OK("Sum", ""));
    expect(unum_buf_text(&items), "Sum>the end of the run");
}

static void failed_attempts_of_a_task(void **state)
{
    (void)state;
    expect(TRIED("Split~a0", "retry", ""), ">Split!1");
    expect(TRIED("Split~a0", "retry", "") "," TRIED("Split~a1", "final", ""), ">Splitx2");
    /* In any order of items. */
    expect(SPLIT "," TRIED("Work-unumIndex-0~a2", "retry", "") "," TRIED(
               "Work-unumIndex-0~a1", "final", "") "," TRIED("Work-unumIndex-0~a0", "retry", ""),
           "Split>Work-unumIndex-0!3");
    /* It has come at last. */
    expect(SPLIT "," TRIED("Work-unumIndex-0~a0", "retry", "") "," WORK0,
           "Split>Work-unumIndex-1 Work-unumIndex-0>Check-unumIndex-0");
}

#define LOST0        FAILED("Check-unumIndex-0", AT(0, ""))
#define EACH_A0(how) TRIED("Each~a0", how, S("By", "Check-unumIndex-0"))

static void failed_attempts_of_a_fan_out(void **state)
{
    (void)state;
    const char *const before = SPLIT "," WORK0 "," WORK1 "," LOST0;
    struct unum_buf UNUM_AUTO_BUF items = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    /* Nobody has decided yet what follows from the failure; the other position is at work. */
    unum_buf_printf(&items, "%s", before);
    expect(unum_buf_text(&items), "Work-unumIndex-1>Check-unumIndex-1 Check-unumIndex-0>Each");
    /* Decided: the attempt is over, and nothing in it is missed any more. */
    unum_buf_printf(&items, ",%s", EACH_A0("retry"));
    expect(unum_buf_text(&items), "Check-unumIndex-0>Each!1");
    unum_buf_printf(&items, ",%s", OK("Each~o1", S("To", "Each")));
    expect(unum_buf_text(&items), "Each~o1>Work-unumIndex-0~1");
    unum_buf_printf(&items, ",%s", OK("Work-unumIndex-0~1", S("To", "Check") AT(0, ATTEMPT(1))));
    expect(unum_buf_text(&items),
           "Each~o1>Work-unumIndex-1~1 Work-unumIndex-0~1>Check-unumIndex-0~1");
    unum_buf_clear(&items);
    unum_buf_printf(&items, "%s,%s", before, EACH_A0("final"));
    expect(unum_buf_text(&items), "Check-unumIndex-0>Eachx1");
    unum_buf_printf(&items, ",%s", FAILED("Each", S("By", "Check-unumIndex-0")));
    expect(unum_buf_text(&items), "Each>the end of the run(Check-unumIndex-0)");
}

static void items_that_are_no_decisions(void **state)
{
    (void)state;
    expect(
        OK("Split", S("To", "Each")) "," ITEM("Split-output/00ff/0", "") "," ITEM(
            "Each~a0-items/0",
            "") "," ITEM_OF("old", "Work-unumIndex-0-output",
                            S("Status", "ok")) "," ITEM_OF("old", "Each~a0-fanin/0.0",
                                                           "") "," ITEM_OF("old", "Split~a0",
                                                                           S("Verdict", "final")),
        "Split>Work-unumIndex-0");
    expect(SPLIT "," ITEM("Work~b0", "") "," ITEM("Work~a1x", S("Verdict", "retry")) "," ITEM(
               "Work~a1",
               S("Verdict", "perhaps")) "," ITEM("Check-output",
                                                 S("Status", "?")) "," ITEM("Sum~a99999999999",
                                                                            S("Verdict", "retry")),
           "Split>Work-unumIndex-0 unknown 0 strange 5");
    expect(SPLIT "," OK("Gone", ""), "Split>Work-unumIndex-0 unknown 1 strange 0");
}

static void times(void **state)
{
    (void)state;
    struct walked w = {0};
    const int64_t now_ms = (int64_t)AWS_FAKE_NOW_S * 1000;
    /* Due in a year, of 2026-01-01. */
    walk_run(&w, RUN,
             OK("Split", S("To", "Each") N("Due", 1798761600000)) "," TRIED(
                 "Work-unumIndex-0~a0", "retry", N("Due", 1767225599000)));
    assert_int_equal(w.rc, 0);
    assert_int_equal(w.walk.gaps_len, 1);
    assert_int_equal(w.walk.gaps[0].due_ms, 1798761600000);
    assert_int_equal(w.walk.gaps[0].since_ms, 2000);
    /* What is due later is no progress, what was due is. */
    assert_int_equal(w.walk.newest_ms, now_ms - 1000);
    done(&w);
    walk_run(&w, RUN, SPLIT "," TRIED("Work-unumIndex-0~a0", "retry", N("Due", 1767225599000)));
    assert_int_equal(w.walk.gaps[0].since_ms, now_ms - 1000);
    done(&w);
}

static void event_is(const char *items, const char *node, const char *event)
{
    struct walked w = {0};
    struct unum_str got_node = UNUM_STR_NONE, got = UNUM_STR_NONE;
    walk_run(&w, RUN, items);
    assert_int_equal(w.walk.gaps_len, 1);
    bool any = run_walk_event(&w.walk, &w.machine.compiled, &w.walk.gaps[0], UNUM_STR("s"),
                              &w.machine.arena, &got_node, &got);
    if (any != (node != NULL))
        fail_msg("%s: %d", items, any);
    if (node) {
        assert_true(unum_str_is(got_node, node));
        if (!unum_str_is(got, event))
            fail_msg("%.*s is not %s", UNUM_STR_ARG(got), event);
    }
    done(&w);
}

#define EVENT(more)                                                                                \
    "{\"Data\":{\"Source\":\"http\",\"Value\":null},\"Session\":\"s\",\"Run\":{\"Nonce\":\"n\","   \
    "\"Started\":1000,\"Expires\":9999999999}" more "}"

static void events_that_repeat_a_decision(void **state)
{
    (void)state;
    event_is(SPLIT, "Split", EVENT(""));
    event_is(OK("Split", S("To", "Each") N("Attempt", 2)), "Split", EVENT(",\"Attempt\":2"));
    /* Of a close: the branch that brought it about. */
    event_is(SPLIT "," CHECK1 "," OK("Each", S("To", "Pause") S("By", "Check-unumIndex-1")),
             "Check", EVENT(",\"Fan-out\":" M_AT(1, "")));
    /* Of a Wait and of an opening: their own events, at a node that stands where they do. */
    event_is(SPLIT "," OK("Each", S("To", "Pause")) "," OK("Pause", S("To", "Sum") N("Visit", 3)),
             "Split", EVENT(",\"Visit\":3,\"Resume\":{\"State\":\"Pause\"}"));
    event_is(SPLIT "," EACH_A0("retry") "," OK("Each~o1", S("To", "Each") N("Attempt", 7)), "Split",
             EVENT(",\"Attempt\":1,\"Resume\":{\"State\":\"Each\"}"));
    /* Nothing recorded leads to the entry. */
    event_is(ITEM("run", ""), NULL, NULL);
}

static void a_run_that_has_ended_or_is_none(void **state)
{
    (void)state;
    struct walked w = {0};
    walk_run(&w, "\"Item\":" ITEM("run", S("Status", "SUCCEEDED") N("Started", 1000)), SPLIT);
    assert_int_equal(w.rc, 0);
    assert_int_equal(w.walk.gaps_len, 0);
    done(&w);
    walk_run(&w, "", SPLIT);
    assert_int_equal(w.rc, UNUM_E_NOTFOUND);
    assert_int_equal(w.fake.http.requests.len, 1);
    done(&w);
    /* A page cut off, and one that is no answer. */
    walk_run(&w, RUN, SPLIT ",{\"Name\":{\"S\":\"app/s/x\"");
    assert_true(w.rc < 0);
    assert_int_equal(w.walk.gaps_len, 0);
    done(&w);
    walk_run(&w, RUN, "7");
    assert_true(w.rc < 0);
    done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_that_has_not_come),
        cmocka_unit_test(a_fan_out_that_is_complete_but_not_closed),
        cmocka_unit_test(a_close_and_what_follows_it),
        cmocka_unit_test(failed_attempts_of_a_task),
        cmocka_unit_test(failed_attempts_of_a_fan_out),
        cmocka_unit_test(items_that_are_no_decisions),
        cmocka_unit_test(times),
        cmocka_unit_test(events_that_repeat_a_decision),
        cmocka_unit_test(a_run_that_has_ended_or_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

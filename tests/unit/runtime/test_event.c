#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/rt_bench.h"

#define ENTRY "{\"Name\":\"A\",\"Start\":true,\"Next\":{\"Name\":\"B\",\"InputType\":\"Scalar\"}}"
#define INNER "{\"Name\":\"B\"}"
#define RUN   "\"Session\":\"s\",\"Run\":{\"Nonce\":\"n\",\"Started\":5,\"Expires\":9}"
#define IN_MAP                                                                                     \
    "{\"IRVersion\":1,\"Machine\":\"41\",\"Name\":\"B\",\"Start\":false,\"Checkpoint\":true,"      \
    "\"Within\":[\"M\"],\"Next\":{\"Name\":\"C\",\"InputType\":{\"Fan-in\":{\"Values\":[\"B-"      \
    "unumIndex-*\"]}}},"                                                                           \
    "\"Next Payload Modifiers\":[\"Pop\"]}"

static void parse_ok(const char *ir, const char *raw, struct rt_bench *bench)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    rt_bench_open(bench, ir);
    if (rt_event_parse(&bench->inv, unum_str_from(raw), &bench->inv.event, &err) < 0)
        fail_msg("%s: %s", raw, unum_err_text(&err));
}

static void assert_str(struct unum_str got, const char *want)
{
    if (!unum_str_is(got, want))
        fail_msg("\"%.*s\" is not \"%s\"", UNUM_STR_ARG(got), want);
}

static void entry_events(void **state)
{
    (void)state;
    static const struct {
        const char *raw, *value, *session;
    } rows[] = {
        {"\"x\"", "\"x\"", "req-1"},
        {" {\"Data\":1} ", "{\"Data\":1}", "req-1"},
        {"{\"Data\":{\"Source\":\"http\",\"Value\":null}}", "null", "req-1"},
        {"{\"Data\":{\"Source\":\"http\",\"Value\":7},\"Session\":\"a.b:c_1-\"}", "7", "a.b:c_1-"},
        /* Not of the allowed characters: a hash of it. */
        {"{\"Data\":{\"Source\":\"http\",\"Value\":7},\"Session\":\"a/b\"}", "7",
         "c14cddc033f64b9dea80ea675cf280a015e672516090a5626781153dc68fea11"},
        /* Bookkeeping of others is ignored. */
        {"{\"Data\":{\"Source\":\"http\",\"Value\":7},\"Session\":\"s\",\"Visit\":-1,\"Attempt\":"
         "\"x\","
         "\"Run\":3,\"GC\":{}}",
         "7", "s"},
        {"{\"id\":\"77-1\",\"source\":\"aws.s3\",\"detail-type\":\"Object "
         "Created\",\"detail\":{\"k\":1}}",
         "{\"k\":1}", "eb-77-1"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct rt_bench bench;
        parse_ok(ENTRY, rows[i].raw, &bench);
        assert_true(bench.inv.event.entry);
        assert_int_equal(bench.inv.event.value.kind, RT_VALUE_INLINE);
        assert_str(bench.inv.event.value.json, rows[i].value);
        assert_str(bench.inv.event.run.session, rows[i].session);
        rt_bench_close(&bench);
    }
}

static void inner_events(void **state)
{
    (void)state;
    struct rt_bench bench;
    parse_ok(
        INNER,
        "{\"Data\":{\"Source\":\"dynamodb\",\"Value\":\"A-unumIndex-1\",\"Pointer\":\"/3\"}," RUN
        ",\"Fan-out\":{\"Type\":\"Map\",\"Index\":2,\"Size\":5,\"Opener\":\"A\",\"OuterLoop\":"
        "{\"Type\":\"Parallel\",\"Index\":0,\"Size\":2}},\"Visit\":3,\"Weight\":\".8\"}",
        &bench);
    const struct rt_event *event = &bench.inv.event;
    assert_false(event->entry);
    assert_int_equal(event->value.kind, RT_VALUE_REF);
    assert_str(event->value.ref, "A-unumIndex-1");
    assert_str(event->value.pointer, "/3");
    assert_int_equal(event->scope.len, 2);
    assert_true(event->scope.at[0].parallel);
    assert_int_equal(event->scope.at[1].index, 2);
    assert_int_equal(event->scope.at[1].size, 5);
    assert_str(event->scope.at[1].opener, "A");
    assert_str(event->weight, ".8");
    assert_str(rt_instance(&bench.inv, UNUM_STR("B"), event->scope, event->visit),
               "B^3-unumIndex-0.2");
    rt_bench_close(&bench);
}

static void names_carry_attempts_and_visits_only_where_there_are_any(void **state)
{
    (void)state;
    struct rt_bench bench;
    rt_bench_open(&bench, INNER);
    const struct rt_frame frames[] = {{.index = 1, .size = 2, .attempt = 2},
                                      {.index = 7, .size = 9, .visit = 4}};
    assert_str(rt_instance(&bench.inv, UNUM_STR("B"), (struct rt_scope){frames, 2}, 0),
               "B-unumIndex-1~2.7^4");
    assert_str(rt_instance(&bench.inv, UNUM_STR("B"), (struct rt_scope){frames, 0}, 0), "B");
    rt_bench_close(&bench);
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    struct rt_bench bench;
    parse_ok(INNER,
             "{\"Data\":{\"Source\":\"http\",\"Value\":{\"b\": 1,\"a\":[1.50,\"\\u00e9\"]}}," RUN
             "}",
             &bench);
    const struct rt_frame frame = {.index = 3, .size = 4, .opener = UNUM_STR_INIT("A")};
    const struct rt_edge edge = {.kind = RT_EDGE_INVOKE,
                                 .node = UNUM_STR("B"),
                                 .scope = {&frame, 1},
                                 .visit = 2,
                                 .value = bench.inv.event.value,
                                 .weight = UNUM_STR(".4")};
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    rt_event_write(&bench.inv, &edge, &text);
    struct rt_event again;
    assert_int_equal(rt_event_parse(&bench.inv, unum_buf_str(&text), &again, NULL), 0);
    assert_str(again.value.json, "{\"b\": 1,\"a\":[1.50,\"\\u00e9\"]}"); /* not one byte changed */
    assert_str(again.run.nonce, "n");
    assert_int_equal(again.run.expires_s, 9);
    assert_int_equal(again.scope.len, 1);
    assert_int_equal(again.scope.at[0].index, 3);
    assert_str(again.scope.at[0].opener, "A");
    assert_int_equal(again.visit, 2);
    assert_str(again.weight, ".4");
    rt_bench_close(&bench);
}

static void wrong_events_say_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *ir, *raw, *says;
    } rows[] = {
        {ENTRY, "", "the event"},
        {ENTRY, "{\"a\":}", "line 1, column 6"},
        {INNER, "{}", "not the entry"},
        {INNER, "{\"Data\":{\"Source\":\"http\",\"Value\":1},\"Session\":\"s\",\"Run\":{}}",
         "names no run"},
        {INNER, "{\"Data\":{\"Source\":\"s3\",\"Value\":\"x\"}," RUN "}", "Data.Source"},
        {INNER, "{\"Data\":{\"Source\":\"dynamodb\",\"Value\":7}," RUN "}", "no reference"},
        {INNER, "{\"Data\":{\"Source\":\"dynamodb\",\"Value\":[1]}," RUN "}", "must be strings"},
        {INNER,
         "{\"Data\":{\"Source\":\"http\",\"Value\":1}," RUN
         ",\"Fan-out\":{\"Index\":-1,\"Size\":2}}",
         "Fan-out"},
        {INNER, "{\"Data\":{\"Source\":\"http\",\"Value\":1}," RUN ",\"Fan-out\":[]}", "Fan-out"},
        {IN_MAP, "{\"Data\":{\"Source\":\"http\",\"Value\":1}," RUN "}", "0 levels"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct rt_bench bench;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        rt_bench_open(&bench, rows[i].ir);
        int rc = rt_event_parse(&bench.inv, unum_str_from(rows[i].raw), &bench.inv.event, &err);
        if (rc >= 0 || unum_str_search(unum_str_from(unum_err_text(&err)),
                                       unum_str_from(rows[i].says)) == SIZE_MAX)
            fail_msg("%s gives %d \"%s\"", rows[i].raw, rc, unum_err_text(&err));
        rt_bench_close(&bench);
    }
}

static void frames_of_compiled_nodes_know_their_states(void **state)
{
    (void)state;
    struct rt_bench bench;
    parse_ok(
        IN_MAP,
        "{\"Data\":{\"Source\":\"http\",\"Value\":1}," RUN
        ",\"Fan-out\":{\"Type\":\"Map\",\"Index\":2,\"Size\":5,\"Opener\":\"A\",\"Attempt\":1}}",
        &bench);
    const struct rt_scope scope = bench.inv.event.scope;
    assert_non_null(scope.at[0].state);
    assert_str(rt_close_instance(&bench.inv, scope), "M");
    assert_str(rt_set_owner(&bench.inv, scope), "M~a1");
    rt_bench_close(&bench);
}

static void deep_fan_outs_are_refused(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF raw = UNUM_BUF_INIT(UNUM_LIMIT_ASYNC_PAYLOAD);
    unum_buf_adds(&raw, "{\"Data\":{\"Source\":\"http\",\"Value\":1}," RUN ",\"Fan-out\":");
    for (int i = 0; i <= UNUM_LIMIT_FRAMES; i++)
        unum_buf_adds(&raw, "{\"Index\":0,\"Size\":1,\"OuterLoop\":");
    unum_buf_adds(&raw, "null");
    for (int i = 0; i <= UNUM_LIMIT_FRAMES + 1; i++)
        unum_buf_addc(&raw, '}');
    struct rt_bench bench;
    rt_bench_open(&bench, INNER);
    assert_int_equal(rt_event_parse(&bench.inv, unum_buf_str(&raw), &bench.inv.event, NULL),
                     UNUM_E_LIMIT);
    rt_bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_events),
        cmocka_unit_test(inner_events),
        cmocka_unit_test(names_carry_attempts_and_visits_only_where_there_are_any),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(wrong_events_say_what_is_wrong),
        cmocka_unit_test(frames_of_compiled_nodes_know_their_states),
        cmocka_unit_test(deep_fan_outs_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "machines.h"

static void assert_str(struct unum_str got, const char *want)
{
    if (!unum_str_is(got, want))
        fail_msg("\"%.*s\" is not \"%s\"", UNUM_STR_ARG(got), want);
}

static void names_of_instances(void **state)
{
    (void)state;
    static const struct {
        const char *instance, *name, *close; /* close: of an opening */
        uint32_t attempt;
    } rows[] = {
        {"Hello", "Hello", NULL, 0},
        {"Hello--First-Try", "Hello--First-Try", NULL, 0},
        {"Hello^3", "Hello", NULL, 0},
        {"Work-unumIndex-4", "Work", NULL, 0},
        {"Work^2-unumIndex-4~1^7.3~2", "Work", NULL, 0},
        {"Each~o0", "Each", "Each", 0},
        {"Each~o12", "Each", "Each", 12},
        {"Each^2~o1", "Each", "Each^2", 1},
        {"Each-unumIndex-2~1~o4", "Each", "Each-unumIndex-2~1", 4},
        {"Each~o", "Each", NULL, 0},
        {"Each~oo", "Each", NULL, 0},
        {"Each~o99999999999", "Each", NULL, 0},
        {"", "", NULL, 0},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str instance = unum_str_from(rows[i].instance), close = UNUM_STR_NONE;
        uint32_t attempt = 77;
        assert_str(trail_name(instance), rows[i].name);
        assert_int_equal(trail_opening(instance, &close, &attempt), rows[i].close != NULL);
        if (rows[i].close) {
            struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
            assert_str(close, rows[i].close);
            assert_int_equal(attempt, rows[i].attempt);
            assert_str(trail_opening_of(&arena, (struct trail_close){close, attempt}),
                       rows[i].instance);
        } else {
            assert_int_equal(attempt, 77);
        }
    }
}

static void frames_are_read_outermost_first(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct trail_scope scope;
    assert_int_equal(trail_scope_parse(UNUM_STR_NONE, &arena, &scope, NULL), 0);
    assert_int_equal(scope.len, 0);
    assert_int_equal(
        trail_scope_parse(UNUM_STR("{\"Type\":\"Parallel\",\"Index\":1,\"Size\":2,\"Attempt\":3,"
                                   "\"OuterLoop\":{\"Type\":\"Map\",\"Index\":4,\"Size\":5,"
                                   "\"Visit\":6,\"Opener\":\"A\"}}"),
                          &arena, &scope, NULL),
        0);
    assert_int_equal(scope.len, 2);
    assert_false(scope.at[0].parallel);
    assert_str(scope.at[0].opener, "A");
    assert_true(scope.at[1].parallel);
    assert_str(trail_instance(&arena, UNUM_STR("B"), scope, 9), "B^9-unumIndex-4^6.1~3");
}

static void frames_that_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "1",
        "null",
        "[]",
        "{\"Index\":-1,\"Size\":1}",
        "{\"Index\":1.5,\"Size\":1}",
        "{\"Index\":\"1\",\"Size\":1}",
        "{\"Index\":4294967296,\"Size\":1}",
        "{\"Index\":0,\"Size\":1",
        "{\"Index\":0,\"Size\":1,\"OuterLoop\":7}",
    };
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct trail_scope scope;
    for (size_t i = 0; i < UNUM_COUNT(bad); i++) {
        if (trail_scope_parse(unum_str_from(bad[i]), &arena, &scope, NULL) != UNUM_E_PARSE)
            fail_msg("%s is taken for frames", bad[i]);
    }
    struct unum_buf UNUM_AUTO_BUF deep = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    for (int i = 0; i <= UNUM_LIMIT_FRAMES; i++)
        unum_buf_adds(&deep, "{\"Index\":0,\"Size\":1,\"OuterLoop\":");
    unum_buf_adds(&deep, "{\"Index\":0,\"Size\":1}");
    for (int i = 0; i <= UNUM_LIMIT_FRAMES; i++)
        unum_buf_addc(&deep, '}');
    assert_int_equal(trail_scope_parse(unum_buf_str(&deep), &arena, &scope, NULL), UNUM_E_PARSE);
}

/* What must follow, as text: kind letter, the candidates, for positions and marks owner~attempt[i].
 */
static void expect(const char *instance, const struct record *record, const char *wanted)
{
    struct machine machine;
    trail_links links = {0};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    machine_map(&machine);
    if (trail_follow(&machine.compiled, unum_str_from(instance), record, &machine.arena, &links,
                     &err) < 0)
        unum_buf_printf(&text, "error: %s", unum_err_text(&err));
    for (size_t i = 0; i < links.len; i++) {
        const struct trail_link *link = &links.at[i];
        assert_str(link->from, instance);
        unum_buf_printf(&text, "%s%c", i ? " " : "", "SM+E"[link->kind]);
        for (size_t c = 0; c < link->candidates_len; c++)
            unum_buf_printf(&text, "%c%.*s", c ? '|' : ' ', UNUM_STR_ARG(link->candidates[c]));
        if (link->owner.len)
            unum_buf_printf(&text, " (%.*s~a%u %d%s)", UNUM_STR_ARG(link->owner), link->attempt,
                            (int)link->position, link->probe ? "?" : "");
    }
    assert_string_equal(unum_buf_text(&text), wanted);
    unum_vec_done(&links);
    unum_arena_done(&machine.arena);
}

static void decisions_and_where_they_lead(void **state)
{
    (void)state;
    const struct record to_each = {.has_to = true, .to = UNUM_STR("Each")};
    expect("Split", &to_each, "S Work-unumIndex-0|Each (Each~a0 0?) S Each + Each~o1");
    expect("Each~o2", &to_each, "S Work-unumIndex-0~2|Each (Each~a2 0?) S Each + Each~o3");
    const struct record again = {.has_to = true, .to = UNUM_STR("Each"), .visit = 1, .to_visit = 2};
    expect("Split^1", &again, "S Work-unumIndex-0^2|Each^2 (Each^2~a0 0?) S Each^2 + Each^2~o1");
    const struct record to_check = {
        .has_to = true, .to = UNUM_STR("Check"), .frames = UNUM_STR(M_AT(1, ",\"Attempt\":2"))};
    expect("Work-unumIndex-1~2", &to_check, "S Check-unumIndex-1~2");
    const struct record end = {.frames = UNUM_STR(M_AT(1, ""))};
    expect("Check-unumIndex-1", &end, "M Each (Each~a0 1)");
    const struct record failed = {.error = true,
                                  .has_to = true,
                                  .to = UNUM_STR(RECORD_FAILURE),
                                  .frames = UNUM_STR(M_AT(1, ",\"Attempt\":1"))};
    expect("Check-unumIndex-1~1", &failed, "M Each (Each~a1 -1)");
    const struct record to_pause = {.has_to = true, .to = UNUM_STR("Pause"), .due_ms = 5};
    expect("Each", &to_pause, "S Pause|Sum");
    const struct record to_sum = {.has_to = true, .to = UNUM_STR("Sum")};
    expect("Pause", &to_sum, "S Sum");
    const struct record last = {.user = UNUM_STR("1")};
    expect("Sum", &last, "E");
}

static void what_the_application_does_not_have(void **state)
{
    (void)state;
    const struct record record = {.has_to = true, .to = UNUM_STR("Gone")};
    expect("Split", &record,
           "error: Split goes on with the state Gone, which the application here does not have");
    expect("Gone^2-unumIndex-1", &record, "error: no function of the application is called Gone");
    const struct record broken = {.frames = UNUM_STR("{")};
    struct machine machine;
    trail_links links = {0};
    machine_map(&machine);
    assert_int_equal(
        trail_follow(&machine.compiled, UNUM_STR("Sum"), &broken, &machine.arena, &links, NULL),
        UNUM_E_PARSE);
    assert_int_equal(links.len, 0);
    unum_arena_done(&machine.arena);
}

static void a_probe_stands_for_its_siblings(void **state)
{
    (void)state;
    struct machine machine;
    trail_links links = {0};
    const struct record record = {.has_to = true, .to = UNUM_STR("Each"), .due_ms = 9};
    machine_map(&machine);
    assert_int_equal(
        trail_follow(&machine.compiled, UNUM_STR("Each~o1"), &record, &machine.arena, &links, NULL),
        0);
    assert_int_equal(links.len, 3);
    trail_siblings(&machine.compiled, &links.at[0], 3, &machine.arena, &links);
    assert_int_equal(links.len, 5);
    assert_str(links.at[3].candidates[0], "Work-unumIndex-1~1");
    assert_str(links.at[4].candidates[0], "Work-unumIndex-2~1");
    assert_str(links.at[4].label, "Each[2]");
    assert_int_equal(links.at[4].attempt, 1);
    assert_int_equal(links.at[4].due_ms, 9);
    assert_int_equal(links.at[4].size, 3);
    unum_vec_done(&links);
    unum_arena_done(&machine.arena);
}

static void what_an_instance_stands_in(void **state)
{
    (void)state;
    struct machine machine;
    struct trail_close *around = NULL;
    size_t len = 9;
    machine_map(&machine);
    const struct compiled *compiled = &machine.compiled;
    assert_int_equal(trail_enclosing(compiled, UNUM_STR("Check-unumIndex-1~3"),
                                     UNUM_STR(M_AT(1, ",\"Attempt\":3,\"Visit\":2")),
                                     &machine.arena, &around, &len, NULL),
                     0);
    assert_int_equal(len, 1);
    assert_str(around[0].name, "Each^2");
    assert_int_equal(around[0].attempt, 3);
    assert_int_equal(trail_enclosing(compiled, UNUM_STR("Sum"), UNUM_STR_NONE, &machine.arena,
                                     &around, &len, NULL),
                     0);
    assert_int_equal(len, 0);
    /* Frames deeper than anything of that name stands. */
    assert_int_equal(trail_enclosing(compiled, UNUM_STR("Check"),
                                     UNUM_STR("{\"Index\":0,\"Size\":1,\"OuterLoop\":"
                                              "{\"Index\":0,\"Size\":1}}"),
                                     &machine.arena, &around, &len, NULL),
                     UNUM_E_INVAL);
    assert_true(trail_is_fan_out(compiled, UNUM_STR("Each^2-unumIndex-3~o1")));
    assert_false(trail_is_fan_out(compiled, UNUM_STR("Work")));
    assert_false(trail_is_fan_out(compiled, UNUM_STR("Gone")));
    unum_arena_done(&machine.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_instances),
        cmocka_unit_test(frames_are_read_outermost_first),
        cmocka_unit_test(frames_that_are_none),
        cmocka_unit_test(decisions_and_where_they_lead),
        cmocka_unit_test(what_the_application_does_not_have),
        cmocka_unit_test(a_probe_stands_for_its_siblings),
        cmocka_unit_test(what_an_instance_stands_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/rand.h"

static void times_survive_a_round_trip(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1709164799999, "2024-02-28T23:59:59.999Z"},
        {1709164800000, "2024-02-29T00:00:00.000Z"},
        {1709251200000, "2024-03-01T00:00:00.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {4107456000000, "2100-02-28T00:00:00.000Z"},
        {1000000000123, "2001-09-09T01:46:40.123Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
        unum_time_rfc3339(rows[i].ms, &out);
        assert_string_equal(unum_buf_text(&out), rows[i].text);
        int64_t ms = -1;
        assert_true(unum_time_parse(unum_buf_str(&out), &ms));
        assert_true(ms == rows[i].ms);
    }
    struct unum_buf UNUM_AUTO_BUF out = UNUM_BUF_INIT(100);
    unum_time_basic(1000000000123, &out);
    assert_string_equal(unum_buf_text(&out), "20010909T014640Z");
    struct unum_prng prng = {1};
    for (int i = 0; i < 10000; i++) {
        int64_t ms = (int64_t)unum_prng_below(&prng, 253402300799999);
        struct unum_civil civil = unum_civil_of(ms);
        assert_true(unum_civil_to_ms(&civil) == ms);
    }
}

static void parses_what_rfc3339_allows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms; /* -1: refused */
    } rows[] = {
        {"1970-01-01T00:00:01Z", 1000},        {"1970-01-01t00:00:01z", 1000},
        {"1970-01-01T01:00:00+01:00", 0},      {"1969-12-31T22:30:00-01:30", 0},
        {"1970-01-01T00:00:00.5Z", 500},       {"1970-01-01T00:00:00.123999999Z", 123},
        {"1972-06-30T23:59:60Z", 78796800000}, {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T00:00:00", -1},           {"1970-01-01 00:00:00Z", -1},
        {"1970-13-01T00:00:00Z", -1},          {"1970-00-01T00:00:00Z", -1},
        {"1970-04-31T00:00:00Z", -1},          {"1970-02-29T00:00:00Z", -1},
        {"1900-02-29T00:00:00Z", -1},          {"1970-01-01T24:00:00Z", -1},
        {"1970-01-01T00:60:00Z", -1},          {"1970-01-01T00:00:00.Z", -1},
        {"1970-01-01T00:00:00+24:00", -1},     {"1970-01-01T00:00:00+0100", -1},
        {"1970-01-01T00:00:00Zx", -1},         {"1970-1-01T00:00:00Z", -1},
        {"+970-01-01T00:00:00Z", -1},          {"", -1},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        int64_t ms = -1;
        bool parsed = unum_time_parse(unum_str_from(rows[i].text), &ms);
        if (parsed != (rows[i].ms >= 0) || ms != rows[i].ms)
            fail_msg("%s", rows[i].text);
    }
}

static void the_system_clock_goes_forward(void **state)
{
    (void)state;
    int64_t before = unum_monotonic_ns(&unum_clock_system);
    unum_clock_system.sleep_ms(NULL, 1);
    unum_clock_system.sleep_ms(NULL, -1);
    assert_true(unum_monotonic_ns(&unum_clock_system) > before);
    assert_true(unum_wall_ms(&unum_clock_system) > 1600000000000);
}

static void random_numbers_are_what_they_say(void **state)
{
    (void)state;
    struct unum_prng prng = {0};
    assert_true(unum_prng_next(&prng) == 0xe220a8397b1dcdafu); /* splitmix64, seed 0 */
    struct unum_prng a = {42};
    struct unum_prng b = {42};
    size_t counts[10] = {0};
    for (int i = 0; i < 10000; i++) {
        uint64_t x = unum_prng_below(&a, 10);
        assert_true(x < 10 && x == unum_prng_below(&b, 10));
        counts[x]++;
    }
    for (size_t i = 0; i < 10; i++)
        assert_in_range(counts[i], 800, 1200);
    assert_int_equal(unum_prng_below(&a, 0), 0);
    assert_int_equal(unum_prng_below(&a, 1), 0);
    struct unum_buf UNUM_AUTO_BUF first = UNUM_BUF_INIT(36);
    struct unum_buf UNUM_AUTO_BUF second = UNUM_BUF_INIT(36);
    unum_uuid4(&first);
    unum_uuid4(&second);
    assert_int_equal(first.len, 36);
    assert_int_equal(first.ptr[14], '4');
    assert_non_null(strchr("89ab", first.ptr[19]));
    for (size_t i = 8; i <= 23; i += 5)
        assert_int_equal(first.ptr[i], '-');
    assert_string_not_equal(first.ptr, second.ptr);
}

static void joins_and_takes_paths_apart(void **state)
{
    (void)state;
    static const struct {
        const char *dir, *name, *joined;
    } joins[] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a//", "b", "a/b"}, {"/", "b", "/b"},
                 {"", "b", "./b"},  {NULL, "b", "./b"}, {"a", "/b", "/b"},   {".", "b/c", "./b/c"}};
    for (size_t i = 0; i < UNUM_COUNT(joins); i++) {
        char *UNUM_AUTO_FREE joined = unum_path_join(joins[i].dir, joins[i].name);
        assert_string_equal(joined, joins[i].joined);
    }
    static const struct {
        const char *path, *dir, *base, *clean;
        bool below;
    } rows[] = {
        {"a", ".", "a", "a", true},
        {"a/b", "a", "b", "a/b", true},
        {"/a", "/", "a", "/a", false},
        {"/", "/", "", "/", false},
        {"", ".", "", ".", false},
        {"a/./b//c/", "a/./b//c", "", "a/b/c", true},
        {"a/../b", "a/..", "b", "b", false},
        {"../a", "..", "a", "../a", false},
        {"a/../../b", "a/../..", "b", "../b", false},
        {"/../a", "/..", "a", "/a", false},
        {"a/..", "a", "..", ".", false},
        {"..a/b..", "..a", "b..", "..a/b..", true},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str path = unum_str_from(rows[i].path);
        char *UNUM_AUTO_FREE clean = unum_path_clean(path);
        assert_string_equal(clean, rows[i].clean);
        assert_true(unum_str_is(unum_path_dir(path), rows[i].dir));
        assert_true(unum_str_is(unum_path_base(path), rows[i].base));
        assert_int_equal(unum_path_is_below(path), rows[i].below);
    }
    assert_false(unum_path_is_below(UNUM_STR("a\0b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_survive_a_round_trip),
        cmocka_unit_test(parses_what_rfc3339_allows),
        cmocka_unit_test(the_system_clock_goes_forward),
        cmocka_unit_test(random_numbers_are_what_they_say),
        cmocka_unit_test(joins_and_takes_paths_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

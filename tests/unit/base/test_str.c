#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static void compares(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int order;
        bool starts, ends;
    } rows[] = {
        {"", "", 0, true, true},
        {"a", "", 1, true, true},
        {"", "a", -1, false, false},
        {"abc", "ab", 1, true, false},
        {"abc", "bc", -1, false, true},
        {"abc", "abc", 0, true, true},
        {"\x7f", "\xc3\xa9", -1, false, false},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str a = unum_str_from(rows[i].a);
        struct unum_str b = unum_str_from(rows[i].b);
        int order = unum_str_cmp(a, b);
        assert_int_equal((order > 0) - (order < 0), rows[i].order);
        assert_int_equal(unum_str_eq(a, b), rows[i].order == 0);
        assert_int_equal(unum_str_starts(a, b), rows[i].starts);
        assert_int_equal(unum_str_ends(a, b), rows[i].ends);
    }
    assert_true(unum_str_eq(UNUM_STR_NONE, UNUM_STR("")));
    assert_true(unum_str_ieq(UNUM_STR("Content-Type"), UNUM_STR("content-type")));
    assert_false(unum_str_ieq(UNUM_STR("a"), UNUM_STR("ab")));
}

static void finds_and_cuts(void **state)
{
    (void)state;
    struct unum_str s = UNUM_STR("a/b/c");
    assert_int_equal(unum_str_find(s, '/'), 1);
    assert_int_equal(unum_str_rfind(s, '/'), 3);
    assert_true(unum_str_find(s, 'x') == SIZE_MAX && unum_str_rfind(s, 'x') == SIZE_MAX);
    assert_true(unum_str_find(UNUM_STR_NONE, 'x') == SIZE_MAX);
    assert_int_equal(unum_str_search(s, UNUM_STR("/c")), 3);
    assert_int_equal(unum_str_search(s, UNUM_STR("")), 0);
    assert_true(unum_str_search(s, UNUM_STR("a/b/c/d")) == SIZE_MAX);
    assert_true(unum_str_is(unum_str_slice(s, 2, 1), "b"));
    assert_true(unum_str_is(unum_str_slice(s, 4, 100), "c"));
    assert_true(unum_str_is(unum_str_slice(s, 100, SIZE_MAX), ""));
    assert_true(unum_str_is(unum_str_trim(UNUM_STR(" \t\r\n a b \n")), "a b"));
    assert_true(unum_str_is(unum_str_trim(UNUM_STR(" \n ")), ""));
}

static void splits_with_empty_parts(void **state)
{
    (void)state;
    static const char *const parts[] = {"", "a", "", "b", ""};
    struct unum_str rest = UNUM_STR(",a,,b,");
    struct unum_str part;
    for (size_t i = 0; i < UNUM_COUNT(parts); i++) {
        assert_true(unum_str_split(&rest, ',', &part));
        assert_true(unum_str_is(part, parts[i]));
    }
    assert_false(unum_str_split(&rest, ',', &part));
}

static void reads_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool fits_unsigned, fits_signed;
    } rows[] = {
        {"0", true, true},
        {"00012", true, true},
        {"9223372036854775807", true, true},
        {"9223372036854775808", true, false},
        {"18446744073709551615", true, false},
        {"18446744073709551616", false, false},
        {"99999999999999999999", false, false},
        {"-1", false, true},
        {"-9223372036854775808", false, true},
        {"-9223372036854775809", false, false},
        {"", false, false},
        {"-", false, false},
        {"+1", false, false},
        {" 1", false, false},
        {"1x", false, false},
        {"--1", false, false},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str s = unum_str_from(rows[i].text);
        uint64_t u = 7;
        int64_t n = 7;
        if (unum_str_to_u64(s, &u) != rows[i].fits_unsigned ||
            unum_str_to_i64(s, &n) != rows[i].fits_signed)
            fail_msg("%s", rows[i].text);
        if (rows[i].fits_unsigned)
            assert_true(u == strtoull(rows[i].text, NULL, 10));
        if (rows[i].fits_signed)
            assert_true(n == strtoll(rows[i].text, NULL, 10));
        else
            assert_true(n == 7);
    }
}

/* Published values of FNV-1a, 64 bits. */
static void hashes_the_same_everywhere(void **state)
{
    (void)state;
    assert_true(unum_str_hash(UNUM_STR("")) == 0xcbf29ce484222325u);
    assert_true(unum_str_hash(UNUM_STR("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(unum_str_hash(UNUM_STR("foobar")) == 0x85944171f73967e8u);
}

static void measures_edits(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},         {"", "abc", 3},           {"Ship", "Ship", 0},
        {"Shp", "Ship", 1},  {"Shiip", "Ship", 1},     {"Sihp", "Ship", 1},
        {"Shop", "Ship", 1}, {"kitten", "sitting", 3}, {"abcdef", "uvwxyz", 5},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str a = unum_str_from(rows[i].a);
        struct unum_str b = unum_str_from(rows[i].b);
        assert_int_equal(unum_str_distance(a, b, 4), rows[i].distance);
        assert_int_equal(unum_str_distance(b, a, 4), rows[i].distance);
    }
}

static void knows_utf8(void **state)
{
    (void)state;
    static const struct {
        struct unum_str text;
        size_t length;
    } rows[] = {
        {UNUM_STR_INIT(""), 0},
        {UNUM_STR_INIT("a"), 1},
        {UNUM_STR_INIT("\0"), 1},
        {UNUM_STR_INIT("\xc3\xa9"), 2},
        {UNUM_STR_INIT("\xc2\x80"), 2},
        {UNUM_STR_INIT("\xc1\xbf"), 0},
        {UNUM_STR_INIT("\xe0\xa0\x80"), 3},
        {UNUM_STR_INIT("\xe0\x9f\xbf"), 0},
        {UNUM_STR_INIT("\xed\x9f\xbf"), 3},
        {UNUM_STR_INIT("\xed\xa0\x80"), 0},
        {UNUM_STR_INIT("\xf0\x90\x80\x80"), 4},
        {UNUM_STR_INIT("\xf0\x8f\xbf\xbf"), 0},
        {UNUM_STR_INIT("\xf4\x8f\xbf\xbf"), 4},
        {UNUM_STR_INIT("\xf4\x90\x80\x80"), 0},
        {UNUM_STR_INIT("\xf5\x80\x80\x80"), 0},
        {UNUM_STR_INIT("\x80"), 0},
        {UNUM_STR_INIT("\xff"), 0},
        {UNUM_STR_INIT("\xe2\x82"), 0},
        {UNUM_STR_INIT("\xe2\x82x"), 0},
        {UNUM_STR_INIT("\xc3"), 0},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        assert_int_equal(unum_utf8_length(rows[i].text), rows[i].length);
        assert_int_equal(unum_utf8_valid(rows[i].text), rows[i].length == rows[i].text.len);
    }
}

/* The whole table, as the textbook fills it. */
static size_t plain_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[16][16];
    for (size_t i = 0; i <= a_len; i++) {
        for (size_t j = 0; j <= b_len; j++) {
            size_t best = i ? rows[i - 1][j] + 1 : j;
            if (i && j) {
                size_t replaced = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
                best = replaced < best ? replaced : best;
            }
            if (j && (!i || rows[i][j - 1] + 1 < best))
                best = i ? rows[i][j - 1] + 1 : j;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                rows[i - 2][j - 2] + 1 < best)
                best = rows[i - 2][j - 2] + 1;
            rows[i][j] = best;
        }
    }
    return rows[a_len][b_len];
}

static void distances_are_those_of_the_whole_table(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char a[15], b[15];
        size_t lens[2];
        for (int side = 0; side < 2; side++) {
            lens[side] = (seed = seed * 1103515245u + 12345u) >> 16 & 7;
            lens[side] += (seed = seed * 1103515245u + 12345u) >> 16 & 7;
            for (size_t i = 0; i < lens[side]; i++)
                (side ? b : a)[i] = (char)('a' + ((seed = seed * 1103515245u + 12345u) >> 16 & 1));
        }
        size_t whole = plain_distance(a, lens[0], b, lens[1]);
        for (size_t cap = 0; cap < 6; cap++)
            assert_int_equal(
                unum_str_distance(unum_str_of(a, lens[0]), unum_str_of(b, lens[1]), cap),
                whole > cap ? cap + 1 : whole);
    }
}

static void knows_characters(void **state)
{
    (void)state;
    static const char hex[] = "0123456789abcdefABCDEF";
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        bool digit = i && strchr("0123456789", c);
        bool letter = i && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", c);
        const char *at = i ? strchr(hex, c) : NULL;
        int value = at ? (int)(at - hex) : -1;
        assert_int_equal(unum_is_digit(c), digit);
        assert_int_equal(unum_is_letter(c), letter);
        assert_int_equal(unum_is_alnum(c), digit || letter);
        assert_int_equal(unum_hex_value(c), value > 15 ? value - 6 : value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_the_whole_table),
        cmocka_unit_test(compares),
        cmocka_unit_test(finds_and_cuts),
        cmocka_unit_test(splits_with_empty_parts),
        cmocka_unit_test(reads_numbers),
        cmocka_unit_test(hashes_the_same_everywhere),
        cmocka_unit_test(measures_edits),
        cmocka_unit_test(knows_utf8),
        cmocka_unit_test(knows_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

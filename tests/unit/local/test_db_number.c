#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/limits.h"
#include "base/rand.h"
#include "local/db_number.h"

static struct unum_arena arena;

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 unsigned_wide;

/* The canonical text of what was read, or the message. */
static struct unum_str read_text(const char *text)
{
    struct db_fault fault = {.arena = &arena};
    struct db_number number;
    if (db_number_parse(unum_str_from(text), &number, &fault))
        return fault.message;
    return db_number_text(&number, &arena);
}

struct read_row {
    const char *text, *expected;
};

static void reads_and_writes_numbers(void **state)
{
    (void)state;
    static const struct read_row rows[] = {
        {"0", "0"},
        {"-0", "0"},
        {"-0.000e99", "0"},
        {"1", "1"},
        {"+1", "1"},
        {"-1", "-1"},
        {"007", "7"},
        {"1.", "1"},
        {".5", "0.5"},
        {"10", "10"},
        {"100.00", "100"},
        {"1e2", "100"},
        {"1E+2", "100"},
        {"1e-2", "0.01"},
        {"12.50", "12.5"},
        {"0.00012300", "0.000123"},
        {"123456e-3", "123.456"},
        {"99999999999999999999999999999999999999", "99999999999999999999999999999999999999"},
        {"99999999999999999999999999999999999999000", "99999999999999999999999999999999999999000"},
        {"0.00000000000000000000000000000000000000000001",
         "0.00000000000000000000000000000000000000000001"},
        {"999999999999999999999999999999999999999",
         "Attempting to store more than 38 significant digits in a Number"},
        {"1.00000000000000000000000000000000000001",
         "Attempting to store more than 38 significant digits in a Number"},
        {"1e126", "Number overflow. Attempting to store a number with magnitude larger than "
                  "supported range"},
        {"1e99999999999999999999", "Number overflow. Attempting to store a number with magnitude "
                                   "larger than supported range"},
        {"-1e-131", "Number underflow. Attempting to store a number with magnitude smaller than "
                    "supported range"},
        {"1e-99999999999999999999", "Number underflow. Attempting to store a number with "
                                    "magnitude smaller than supported range"},
        {"", "The parameter cannot be converted to a numeric value"},
        {".", "The parameter cannot be converted to a numeric value: ."},
        {"-", "The parameter cannot be converted to a numeric value: -"},
        {"1e", "The parameter cannot be converted to a numeric value: 1e"},
        {"1e+", "The parameter cannot be converted to a numeric value: 1e+"},
        {"e5", "The parameter cannot be converted to a numeric value: e5"},
        {"1.2.3", "The parameter cannot be converted to a numeric value: 1.2.3"},
        {" 1", "The parameter cannot be converted to a numeric value:  1"},
        {"0x10", "The parameter cannot be converted to a numeric value: 0x10"},
        {"Infinity", "The parameter cannot be converted to a numeric value: Infinity"},
    };
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_str got = read_text(rows[i].text);
        if (!unum_str_is(got, rows[i].expected))
            fail_msg("%s: expected %s, got %.*s", rows[i].text, rows[i].expected,
                     UNUM_STR_ARG(got));
    }
    unum_arena_done(&arena);
}

/* A decimal with `scale` digits after the point as an integer, written without help of the code
 * under test. */
static struct unum_str fixed_text(wide value, unsigned scale)
{
    char digits[64];
    size_t at = sizeof(digits);
    bool negative = value < 0;
    unsigned_wide rest = negative ? -(unsigned_wide)value : (unsigned_wide)value;
    bool significant = false;
    for (unsigned i = 0; i < scale || rest || i == scale; i++) {
        if (i == scale && significant)
            digits[--at] = '.';
        if (i >= scale)
            significant = true;
        char digit = (char)('0' + (int)(rest % 10));
        significant = significant || digit != '0';
        if (significant)
            digits[--at] = digit;
        rest /= 10;
        if (i >= scale && !rest)
            break;
    }
    if (negative)
        digits[--at] = '-';
    return unum_arena_str(&arena, unum_str_of(digits + at, sizeof(digits) - at));
}

static struct db_number number_of(struct unum_str text)
{
    struct db_fault fault = {.arena = &arena};
    struct db_number number;
    if (db_number_parse(text, &number, &fault))
        fail_msg("%.*s: %.*s", UNUM_STR_ARG(text), UNUM_STR_ARG(fault.message));
    return number;
}

static void assert_text(struct db_number number, wide value, unsigned scale)
{
    struct unum_str got = db_number_text(&number, &arena);
    struct unum_str expected = fixed_text(value, scale);
    if (!unum_str_eq(got, expected))
        fail_msg("expected %.*s, got %.*s", UNUM_STR_ARG(expected), UNUM_STR_ARG(got));
}

static wide random_value(struct unum_prng *prng)
{
    unsigned_wide bits = (unsigned_wide)unum_prng_next(prng) << 64 | unum_prng_next(prng);
    wide value = (wide)(bits >> (8 + unum_prng_below(prng, 112))); /* 36 digits and fewer */
    if (unum_prng_below(prng, 4) == 0)                             /* many nines: carries */
        value = value / 1000000 * 1000000 + (unum_prng_below(prng, 2) ? 999999 : 0);
    return unum_prng_below(prng, 2) ? value : -value;
}

static void adds_as_integers_do(void **state)
{
    (void)state;
    struct unum_prng prng = {7};
    for (unsigned round = 0; round < 100000; round++) {
        struct db_fault fault = {.arena = &arena};
        unsigned scale = (unsigned)unum_prng_below(&prng, 20);
        wide a = random_value(&prng), b = random_value(&prng);
        struct db_number x = number_of(fixed_text(a, scale)), y = number_of(fixed_text(b, scale));
        struct db_number sum, difference;
        assert_text(x, a, scale);
        assert_int_equal(db_number_add(&x, &y, &sum, &fault), 0);
        assert_int_equal(db_number_subtract(&x, &y, &difference, &fault), 0);
        assert_text(sum, a + b, scale);
        assert_text(difference, a - b, scale);
        assert_int_equal(db_number_cmp(&x, &y), (a > b) - (a < b));
        if (round % 256 == 0)
            unum_arena_reset(&arena);
    }
    unum_arena_done(&arena);
}

static struct db_number random_number(struct unum_prng *prng)
{
    struct db_number number = {.negative = unum_prng_below(prng, 2)};
    number.len = 1 + (unsigned)unum_prng_below(prng, DB_NUMBER_DIGITS);
    for (unsigned i = 0; i < number.len; i++)
        number.digits[i] = (unsigned char)(unum_prng_below(prng, 3) ? unum_prng_below(prng, 10)
                                                                    : 9 * unum_prng_below(prng, 2));
    number.digits[0] = (unsigned char)(1 + unum_prng_below(prng, 9));
    number.digits[number.len - 1] = (unsigned char)(1 + unum_prng_below(prng, 9));
    number.exponent =
        (int)unum_prng_below(prng, DB_NUMBER_LARGEST - DB_NUMBER_SMALLEST + 1) + DB_NUMBER_SMALLEST;
    if (unum_prng_below(prng, 2))
        number.exponent = (int)unum_prng_below(prng, 40) - 20;
    return number;
}

/* Over the whole range: what is written is read back, sums commute and can be undone. */
static void keeps_the_laws_of_arithmetic(void **state)
{
    (void)state;
    struct unum_prng prng = {11};
    size_t exact = 0;
    for (unsigned round = 0; round < 100000; round++) {
        struct db_fault fault = {.arena = &arena};
        struct db_number a = random_number(&prng), b = random_number(&prng), sum, other, back;
        struct db_number again = number_of(db_number_text(&a, &arena));
        assert_int_equal(db_number_cmp(&a, &again), 0);
        assert_int_equal(db_number_cmp(&a, &b), -db_number_cmp(&b, &a));
        int rc = db_number_add(&a, &b, &sum, &fault);
        assert_int_equal(db_number_add(&b, &a, &other, &fault), rc);
        if (rc)
            continue;
        assert_int_equal(db_number_cmp(&sum, &other), 0);
        assert_int_equal(db_number_subtract(&sum, &b, &back, &fault), 0);
        assert_int_equal(db_number_cmp(&back, &a), 0);
        exact++;
        struct db_number nothing;
        assert_int_equal(db_number_subtract(&a, &a, &nothing, &fault), 0);
        assert_int_equal(nothing.len, 0);
        assert_false(nothing.negative);
        if (round % 256 == 0)
            unum_arena_reset(&arena);
    }
    assert_true(exact > 10000);
    unum_arena_done(&arena);
}

static void refuses_sums_it_cannot_hold(void **state)
{
    (void)state;
    struct db_fault fault = {.arena = &arena};
    struct db_number large = number_of(UNUM_STR("9.9999999999999999999999999999999999999e125"));
    struct db_number unit = number_of(UNUM_STR("1e88"));
    struct db_number one = number_of(UNUM_STR("1"));
    struct db_number sum;
    assert_int_not_equal(db_number_add(&large, &unit, &sum, &fault), 0);
    assert_int_equal(unum_str_search(fault.message, UNUM_STR("overflow")), 7);
    assert_int_not_equal(db_number_add(&large, &one, &sum, &fault), 0);
    assert_true(unum_str_search(fault.message, UNUM_STR("38 significant")) != SIZE_MAX);
    assert_int_equal(db_number_subtract(&large, &unit, &sum, &fault), 0);
    unum_arena_done(&arena);
}

static void counts_bytes_as_billed(void **state)
{
    (void)state;
    struct read_row rows[] = {{"0", "1"}, {"7", "2"}, {"42", "2"}, {"421", "3"}, {"1e100", "2"}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct db_number number = number_of(unum_str_from(rows[i].text));
        assert_int_equal(db_number_size(&number), rows[i].expected[0] - '0');
    }
    unum_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_writes_numbers),
        cmocka_unit_test(adds_as_integers_do),
        cmocka_unit_test(keeps_the_laws_of_arithmetic),
        cmocka_unit_test(refuses_sums_it_cannot_hold),
        cmocka_unit_test(counts_bytes_as_billed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

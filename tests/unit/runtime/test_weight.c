#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rand.h"
#include "weight.h"

static void shares_add_up_to_what_was_split(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 3, 15, 16, 17, 255, 256, 257, 1000};
    for (size_t c = 0; c < UNUM_COUNT(counts); c++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct weight_sum sum = {{0}};
        for (size_t i = 0; i < counts[c]; i++) {
            struct unum_str share;
            assert_int_equal(weight_split(&arena, UNUM_STR(""), counts[c], i, &share, NULL), 0);
            assert_false(i && weight_is_whole(&sum));
            assert_int_equal(weight_add(&sum, share, NULL), 0);
        }
        assert_true(weight_is_whole(&sum));
    }
}

/* Leaves of a random tree add up to the whole, in any order, and no part of them does. */
static void grow(struct unum_arena *arena, struct unum_prng *prng, struct unum_str weight,
                 int depth, struct unum_str *leaves, size_t *len)
{
    size_t count = depth ? 1 + unum_prng_below(prng, 4) : 1;
    if (count == 1) {
        leaves[(*len)++] = weight;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct unum_str share;
        assert_int_equal(weight_split(arena, weight, count, i, &share, NULL), 0);
        grow(arena, prng, share, depth - 1, leaves, len);
    }
}

static void leaves_of_random_trees_add_up(void **state)
{
    (void)state;
    struct unum_prng prng = {7};
    for (int round = 0; round < 50; round++) {
        struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
        struct unum_str leaves[1024];
        size_t len = 0;
        grow(&arena, &prng, UNUM_STR(""), 5, leaves, &len);
        struct weight_sum sum = {{0}};
        for (size_t i = 0; i < len; i++) {
            assert_false(weight_is_whole(&sum));
            assert_int_equal(weight_add(&sum, leaves[i], NULL), 0);
        }
        assert_true(weight_is_whole(&sum));
    }
}

static void a_partial_sum_is_a_weight_again(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str a;
    struct unum_str b;
    struct weight_sum sum = {{0}};
    assert_int_equal(weight_split(&arena, UNUM_STR(""), 3, 0, &a, NULL), 0);
    assert_int_equal(weight_split(&arena, UNUM_STR(""), 3, 1, &b, NULL), 0);
    assert_int_equal(weight_add(&sum, a, NULL), 0);
    assert_int_equal(weight_add(&sum, b, NULL), 0);
    assert_true(unum_str_is(weight_text(&arena, &sum), ".f"));
    assert_true(unum_str_is(a, ".e"));
    assert_true(unum_str_is(b, ".1"));
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {".", "1", ".8g", "8", ".-1", ".F", " .8"};
    for (size_t i = 0; i < UNUM_COUNT(wrong); i++) {
        struct weight_sum sum = {{0}};
        assert_int_equal(weight_add(&sum, unum_str_from(wrong[i]), NULL), UNUM_E_INVAL);
    }
}

static void more_than_the_whole_is_refused(void **state)
{
    (void)state;
    struct weight_sum sum = {{0}};
    assert_int_equal(weight_add(&sum, UNUM_STR(""), NULL), 0);
    assert_int_equal(weight_add(&sum, UNUM_STR(".00001"), NULL), UNUM_E_INVAL);
}

static void too_many_splits_are_refused(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_str weight = UNUM_STR("");
    int rc = 0;
    size_t splits = 0;
    while (rc == 0 && splits <= WEIGHT_LIMIT) {
        rc = weight_split(&arena, weight, 2, 1, &weight, NULL);
        splits += rc == 0;
    }
    assert_int_equal(rc, UNUM_E_LIMIT);
    assert_int_equal(splits, WEIGHT_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_add_up_to_what_was_split),
        cmocka_unit_test(leaves_of_random_trees_add_up),
        cmocka_unit_test(a_partial_sum_is_a_weight_again),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(more_than_the_whole_is_refused),
        cmocka_unit_test(too_many_splits_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

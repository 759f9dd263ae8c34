#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/rand.h"
#include "base/vec.h"

static void a_buffer_appends_and_stays_terminated(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF buf = UNUM_BUF_INIT(1000);
    assert_string_equal(unum_buf_text(&buf), "");
    assert_int_equal(unum_buf_str(&buf).len, 0);
    unum_buf_adds(&buf, "a");
    unum_buf_addc(&buf, 'b');
    unum_buf_addu(&buf, 0);
    unum_buf_addu(&buf, UINT64_MAX);
    unum_buf_printf(&buf, "%d-%s", -5, "x");
    unum_buf_hex(&buf, "\x00\xff\x1a", 3);
    unum_buf_add(&buf, UNUM_STR_NONE);
    assert_string_equal(unum_buf_text(&buf), "ab018446744073709551615-5-x00ff1a");
    unum_buf_truncate(&buf, 2);
    assert_string_equal(unum_buf_text(&buf), "ab");
    unum_buf_truncate(&buf, 100);
    assert_int_equal(buf.len, 2);
    char *UNUM_AUTO_FREE taken = unum_buf_take(&buf);
    assert_string_equal(taken, "ab");
    assert_int_equal(buf.len, 0);
    char *UNUM_AUTO_FREE nothing = unum_buf_take(&buf);
    assert_string_equal(nothing, "");
}

static void a_buffer_has_a_ceiling(void **state)
{
    (void)state;
    struct unum_buf UNUM_AUTO_BUF buf = UNUM_BUF_INIT(5);
    unum_buf_adds(&buf, "12345");
    assert_false(buf.failed);
    unum_buf_addc(&buf, '6');
    assert_true(buf.failed);
    unum_buf_truncate(&buf, 0);
    unum_buf_addc(&buf, 'x'); /* sticky */
    assert_true(buf.failed && buf.len == 0);
    unum_buf_clear(&buf);
    unum_buf_printf(&buf, "%s", "123456");
    assert_true(buf.failed && buf.len == 0);
    unum_buf_clear(&buf);
    assert_null(unum_buf_reserve(&buf, SIZE_MAX));
    struct unum_buf UNUM_AUTO_BUF endless = UNUM_BUF_INIT(SIZE_MAX);
    for (int i = 0; i < 1000; i++)
        unum_buf_adds(&endless, "0123456789");
    assert_int_equal(endless.len, 10000);
}

static void an_arena_aligns_and_zeroes(void **state)
{
    (void)state;
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 9000; size = size * 2 + 1) {
            unsigned char *at = unum_arena_alloc(&arena, size);
            assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(at[i], 0);
            memset(at, 0xff, size);
        }
        unum_arena_reset(&arena);
    }
    struct unum_str copy = unum_arena_str(&arena, UNUM_STR("a\0b"));
    assert_true(unum_str_eq(copy, UNUM_STR("a\0b")) && copy.ptr[3] == '\0');
    assert_true(unum_str_is(unum_arena_printf(&arena, "%d %s", 7, "x"), "7 x"));
    uint64_t *many = unum_arena_array(&arena, 1 << 18, sizeof(uint64_t));
    many[(1 << 18) - 1] = 1;
}

static void a_vector_grows_with_zeroed_elements(void **state)
{
    (void)state;
    struct point {
        int x, y;
    };
    UNUM_VEC(struct point) points = {0};
    for (int i = 0; i < 1000; i++) {
        struct point *p = unum_vec_push(&points);
        assert_true(p->x == 0 && p->y == 0);
        *p = (struct point){i, -i};
    }
    for (int i = 0; i < 1000; i++)
        assert_true(points.at[i].x == i && points.at[i].y == -i);
    unum_vec_done(&points);
    assert_true(!points.at && !points.len);
}

static struct unum_str number_key(char *text, size_t size, uint64_t number)
{
    return unum_str_of(text, (size_t)snprintf(text, size, "%d", (int)number));
}

static void a_map_keeps_insertion_order(void **state)
{
    (void)state;
    struct unum_map UNUM_AUTO_MAP map = UNUM_MAP_INIT;
    static int values[4];
    assert_null(unum_map_get(&map, UNUM_STR("a")));
    assert_null(unum_map_remove(&map, UNUM_STR("a")));
    assert_null(unum_map_next(&map, NULL));
    assert_null(unum_map_set(&map, UNUM_STR("b"), &values[0]));
    assert_null(unum_map_set(&map, UNUM_STR(""), &values[1]));
    assert_null(unum_map_set(&map, UNUM_STR("a\0x"), &values[2]));
    assert_ptr_equal(unum_map_set(&map, UNUM_STR("b"), &values[3]), &values[0]);
    assert_true(unum_map_has(&map, UNUM_STR("")) && !unum_map_has(&map, UNUM_STR("a")));
    assert_ptr_equal(unum_map_remove(&map, UNUM_STR("")), &values[1]);
    unum_map_set(&map, UNUM_STR(""), NULL);
    static const struct unum_str order[] = {UNUM_STR_INIT("b"), UNUM_STR_INIT("a\0x"),
                                            UNUM_STR_INIT("")};
    size_t i = 0;
    for (struct unum_map_entry *e = unum_map_next(&map, NULL); e; e = unum_map_next(&map, e))
        assert_true(unum_str_eq(e->key, order[i++]));
    assert_int_equal(i, 3);
    assert_int_equal(map.len, 3);
}

/* Random operations against a plain array. */
static void a_map_agrees_with_a_model(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    static int tokens[KEYS];
    int *model[KEYS] = {0};
    struct unum_map UNUM_AUTO_MAP map = UNUM_MAP_INIT;
    struct unum_prng prng = {1};
    char text[24];
    for (int step = 0; step < 20000; step++) {
        size_t k = unum_prng_below(&prng, KEYS);
        struct unum_str key = number_key(text, sizeof(text), k);
        void *before = unum_prng_below(&prng, 3) ? unum_map_set(&map, key, &tokens[k])
                                                 : unum_map_remove(&map, key);
        assert_ptr_equal(before, model[k]);
        model[k] = unum_map_get(&map, key);
    }
    size_t alive = 0;
    for (size_t k = 0; k < KEYS; k++) {
        assert_ptr_equal(unum_map_get(&map, number_key(text, sizeof(text), k)), model[k]);
        alive += model[k] != NULL;
    }
    assert_int_equal(map.len, alive);
    for (struct unum_map_entry *e = unum_map_next(&map, NULL); e; e = unum_map_next(&map, e))
        unum_map_remove(&map, e->key);
    assert_int_equal(map.len, 0);
}

/* One in, one out, on a map that is nearly full: minutes if each step rebuilt the index. */
static void a_full_map_stays_fast(void **state)
{
    (void)state;
    enum { KEYS = (1 << 16) - 1 };
    struct unum_map UNUM_AUTO_MAP map = UNUM_MAP_INIT;
    char text[24];
    for (uint64_t k = 0; k < KEYS; k++)
        unum_map_set(&map, number_key(text, sizeof(text), k), text);
    for (uint64_t k = 0; k < KEYS; k++) {
        unum_map_remove(&map, number_key(text, sizeof(text), k));
        unum_map_set(&map, number_key(text, sizeof(text), k + KEYS), text);
    }
    assert_int_equal(map.len, KEYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_appends_and_stays_terminated),
        cmocka_unit_test(a_buffer_has_a_ceiling),
        cmocka_unit_test(an_arena_aligns_and_zeroes),
        cmocka_unit_test(a_vector_grows_with_zeroed_elements),
        cmocka_unit_test(a_map_keeps_insertion_order),
        cmocka_unit_test(a_map_agrees_with_a_model),
        cmocka_unit_test(a_full_map_stays_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

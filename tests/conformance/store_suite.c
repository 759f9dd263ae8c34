#include "conformance/store_suite.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "base/rand.h"

enum { MAX_RACERS = 16, LARGE = 350 * 1024 };

#define NONCE UNUM_STR("nonce-of-this-run")
#define STALE UNUM_STR("nonce-of-an-old-run")

struct suite {
    const struct store_backend *backend;
    struct store_handle handle;
    struct store *store;
    struct unum_arena arena;
    struct unum_buf prefix; /* of all keys of one test */
};

static struct unum_str key(struct suite *s, const char *name)
{
    return unum_arena_printf(&s->arena, "%s/%s", unum_buf_text(&s->prefix), name);
}

static struct store_item read_one(struct suite *s, struct unum_str nonce, struct unum_str at)
{
    struct store_item item;
    assert_int_equal(s->store->ops->read(s->store->state, nonce, &at, 1, &s->arena, &item, NULL),
                     0);
    return item;
}

static int create(struct suite *s, struct unum_str nonce, struct unum_str at, struct unum_str value,
                  struct store_item *ret_existing)
{
    const struct store_attr attrs[] = {SUITE_TEXT("Value", value)};
    return s->store->ops->create(s->store->state, nonce, at, attrs, 1, &s->arena, ret_existing,
                                 NULL);
}

static int update(struct suite *s, struct unum_str nonce, const struct store_update *change,
                  struct store_item *ret_new)
{
    return s->store->ops->update(s->store->state, nonce, change, &s->arena, ret_new, NULL);
}

static void put(struct suite *s, struct unum_str at, const struct store_attr *attrs, size_t len)
{
    assert_int_equal(s->store->ops->put(s->store->state, at, attrs, len, NULL), 0);
}

/* A left-over of another run: text, a number set with 900 and an end. */
static void put_stale(struct suite *s, struct unum_str at)
{
    static const uint32_t numbers[] = {900};
    static const struct store_end ends[] = {{3, UNUM_STR_INIT("old")}};
    const struct store_attr attrs[] = {
        SUITE_TEXT(STORE_NONCE, STALE),
        SUITE_TEXT("Value", UNUM_STR("old")),
        {.name = UNUM_STR("Positions"), .type = STORE_NUMBERS, .numbers = numbers, .len = 1},
        {.name = UNUM_STR("Ends"), .type = STORE_ENDS, .ends = ends, .len = 1},
    };
    put(s, at, attrs, UNUM_COUNT(attrs));
}

static void assert_text(const struct store_item *item, const char *name, struct unum_str expected)
{
    assert_true(item->present);
    struct unum_str got = store_text(item, name);
    if (!got.ptr || !unum_str_eq(got, expected))
        fail_msg("%s is \"%.*s\" instead of \"%.*s\"", name, (int)(got.len > 200 ? 200 : got.len),
                 got.ptr, (int)(expected.len > 200 ? 200 : expected.len), expected.ptr);
}

static void assert_numbers(const struct store_item *item, const char *name,
                           const uint32_t *expected, size_t len)
{
    const struct store_attr *attr = store_attr(item, name);
    assert_int_equal(attr ? attr->len : 0, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(attr->numbers[i], expected[i]);
}

/* ---- races ---- */

struct race {
    struct suite *suite;
    pthread_barrier_t start;
    struct unum_str key;
    struct racer {
        struct race *race;
        int index;
        int rc;
        bool full;            /* saw the full set */
        struct unum_str seen; /* in `arena` */
        struct unum_arena arena;
    } racers[MAX_RACERS];
    void (*run)(struct racer *racer, struct store *store);
};

static void *run_racer(void *cookie)
{
    struct racer *racer = cookie;
    struct race *race = racer->race;
    struct store_handle handle;
    race->suite->backend->open(race->suite->backend->cookie, &handle);
    pthread_barrier_wait(&race->start);
    race->run(racer, &handle.store);
    race->suite->backend->close(&handle);
    return NULL;
}

static void race(struct race *race, struct suite *s, struct unum_str at,
                 void (*run)(struct racer *racer, struct store *store))
{
    pthread_t threads[MAX_RACERS];
    int count = s->backend->racers;
    race->suite = s;
    race->key = at;
    race->run = run;
    assert_int_equal(pthread_barrier_init(&race->start, NULL, (unsigned)count), 0);
    for (int i = 0; i < count; i++) {
        race->racers[i] = (struct racer){.race = race, .index = i};
        assert_int_equal(pthread_create(&threads[i], NULL, run_racer, &race->racers[i]), 0);
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&race->start);
}

static void race_done(struct race *race)
{
    for (int i = 0; i < race->suite->backend->racers; i++)
        unum_arena_done(&race->racers[i].arena);
}

static struct unum_str round_key(struct suite *s, const char *name, int round)
{
    return unum_arena_printf(&s->arena, "%s/%s/%d", unum_buf_text(&s->prefix), name, round);
}

/* ---- create ---- */

static void the_first_create_wins(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item existing = {0};
    assert_int_equal(create(s, NONCE, at, UNUM_STR("1"), &existing), 0);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct store_attr attrs[] = {SUITE_TEXT("Value", UNUM_STR("2"))};
    assert_int_equal(
        s->store->ops->create(s->store->state, NONCE, at, attrs, 1, &s->arena, &existing, &err),
        UNUM_E_EXISTS);
    assert_true(err.rc == UNUM_E_EXISTS && err.msg);
    assert_text(&existing, "Value", UNUM_STR("1"));
    assert_text(&existing, STORE_NONCE, NONCE);
    struct store_item item = read_one(s, NONCE, at);
    assert_text(&item, "Value", UNUM_STR("1"));
    assert_int_equal(item.len, 2); /* the key is no attribute */
}

static void race_create(struct racer *racer, struct store *store)
{
    struct store_item existing;
    struct unum_str value = unum_arena_printf(&racer->arena, "value of %d", racer->index);
    const struct store_attr attrs[] = {SUITE_TEXT("Value", value)};
    racer->rc = store->ops->create(store->state, NONCE, racer->race->key, attrs, 1, &racer->arena,
                                   &existing, NULL);
    racer->seen = racer->rc == UNUM_E_EXISTS ? store_text(&existing, "Value") : value;
}

static void check_one_winner(struct race *r)
{
    int winners = 0;
    struct store_item item = read_one(r->suite, NONCE, r->key);
    for (int i = 0; i < r->suite->backend->racers; i++) {
        winners += r->racers[i].rc == 0;
        assert_true(r->racers[i].rc == 0 || r->racers[i].rc == UNUM_E_EXISTS);
        assert_text(&item, "Value", r->racers[i].seen);
    }
    assert_int_equal(winners, 1);
}

static void racing_creates_have_one_winner_everybody_sees(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        race(&r, s, round_key(s, "c", round), race_create);
        check_one_winner(&r);
        race_done(&r);
    }
}

static void racing_creates_over_a_left_over_have_one_winner(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        struct unum_str at = round_key(s, "c", round);
        put_stale(s, at);
        race(&r, s, at, race_create);
        check_one_winner(&r);
        struct store_item item = read_one(s, NONCE, at);
        assert_null(store_attr(&item, "Positions"));
        race_done(&r);
    }
}

static void items_of_another_run_are_absent(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item existing;
    put_stale(s, at);
    assert_false(read_one(s, NONCE, at).present);
    assert_true(read_one(s, STALE, at).present);
    assert_true(read_one(s, UNUM_STR_NONE, at).present); /* of whatever run */
    assert_int_equal(create(s, NONCE, at, UNUM_STR("new"), &existing), 0);
    struct store_item item = read_one(s, NONCE, at);
    assert_text(&item, "Value", UNUM_STR("new"));
    assert_null(store_attr(&item, "Ends")); /* nothing of the old one is left */
    assert_false(read_one(s, STALE, at).present);
    /* An item without nonce belongs to no run. */
    const struct store_attr bare[] = {SUITE_TEXT("Value", UNUM_STR("bare"))};
    put(s, at, bare, 1);
    assert_false(read_one(s, NONCE, at).present);
    assert_int_equal(create(s, NONCE, at, UNUM_STR("new"), &existing), 0);
}

static int create_run(struct suite *s, int64_t now_s, struct unum_str at, struct unum_str nonce,
                      const char *expires, struct store_item *ret_existing)
{
    const struct store_attr attrs[] = {
        SUITE_TEXT(STORE_NONCE, nonce),
        {.name = UNUM_STR(STORE_EXPIRES), .type = STORE_NUMBER, .text = unum_str_from(expires)}};
    return s->store->ops->create_run(s->store->state, now_s, at, attrs, 2, &s->arena, ret_existing,
                                     NULL);
}

static void a_run_can_be_replaced_when_it_has_expired(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "run");
    struct store_item existing;
    assert_int_equal(create_run(s, 1000, at, UNUM_STR("n1"), "2000", &existing), 0);
    assert_int_equal(create_run(s, 1000, at, UNUM_STR("n2"), "3000", &existing), UNUM_E_EXISTS);
    assert_text(&existing, STORE_NONCE, UNUM_STR("n1"));
    assert_text(&existing, STORE_EXPIRES, UNUM_STR("2000"));
    assert_int_equal(create_run(s, 1999, at, UNUM_STR("n2"), "3000", &existing), UNUM_E_EXISTS);
    assert_int_equal(create_run(s, 2000, at, UNUM_STR("n2"), "3000", &existing), 0);
    struct store_item item = read_one(s, UNUM_STR_NONE, at);
    assert_text(&item, STORE_NONCE, UNUM_STR("n2"));
    assert_text(&item, STORE_EXPIRES, UNUM_STR("3000"));
    /* Numbers are compared as numbers. */
    assert_int_equal(create_run(s, 900, at, UNUM_STR("n3"), "4000", &existing), UNUM_E_EXISTS);
    assert_int_equal(create_run(s, 20000, at, UNUM_STR("n3"), "40000", &existing), 0);
}

static void race_create_run(struct racer *racer, struct store *store)
{
    struct store_item existing;
    struct unum_str nonce = unum_arena_printf(&racer->arena, "n%d", racer->index);
    const struct store_attr attrs[] = {SUITE_TEXT(STORE_NONCE, nonce),
                                       SUITE_NUMBER(STORE_EXPIRES, "9000")};
    racer->rc = store->ops->create_run(store->state, 5000, racer->race->key, attrs, 2,
                                       &racer->arena, &existing, NULL);
    racer->seen = racer->rc == UNUM_E_EXISTS ? store_text(&existing, STORE_NONCE) : nonce;
}

static void racing_entries_agree_on_one_run(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        struct store_item existing;
        struct unum_str at = round_key(s, "run", round);
        int winners = 0;
        if (round % 2) /* an expired one is there */
            assert_int_equal(create_run(s, 100, at, UNUM_STR("old"), "5000", &existing), 0);
        race(&r, s, at, race_create_run);
        struct store_item item = read_one(s, UNUM_STR_NONE, at);
        for (int i = 0; i < s->backend->racers; i++) {
            winners += r.racers[i].rc == 0;
            assert_text(&item, STORE_NONCE, r.racers[i].seen);
        }
        assert_int_equal(winners, 1);
        race_done(&r);
    }
}

static void put_writes_whatever_is_there(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    const struct store_attr attrs[] = {SUITE_TEXT(STORE_NONCE, NONCE),
                                       SUITE_TEXT("Part", UNUM_STR("p"))};
    put_stale(s, at);
    put(s, at, attrs, 2);
    put(s, at, attrs, 2);
    struct store_item item = read_one(s, NONCE, at);
    assert_text(&item, "Part", UNUM_STR("p"));
    assert_int_equal(item.len, 2);
}

/* ---- update ---- */

static struct store_update add_position(struct unum_str at, uint32_t position)
{
    return (struct store_update){.key = at, .add_name = UNUM_STR("Positions"), .add = position};
}

static void positions_are_a_set_in_ascending_order(void **state)
{
    static const uint32_t order[] = {5, 10, 2, 100, 2, 4294967295u, 0, 5};
    static const uint32_t sorted[] = {0, 2, 5, 10, 100, 4294967295u};
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item item;
    for (size_t i = 0; i < UNUM_COUNT(order); i++) {
        struct store_update change = add_position(at, order[i]);
        assert_int_equal(update(s, NONCE, &change, &item), 0);
    }
    assert_numbers(&item, "Positions", sorted, UNUM_COUNT(sorted));
    assert_text(&item, STORE_NONCE, NONCE);
    item = read_one(s, NONCE, at);
    assert_numbers(&item, "Positions", sorted, UNUM_COUNT(sorted));
}

/* Each racer adds PER_RACER positions, and its last one once more. */
enum { PER_RACER = 4 };

static void race_add(struct racer *racer, struct store *store)
{
    size_t all = (size_t)racer->race->suite->backend->racers * PER_RACER;
    for (int i = 0; i <= PER_RACER && !racer->rc; i++) {
        struct store_item item;
        int which = i < PER_RACER ? i : PER_RACER - 1;
        uint32_t position = (uint32_t)(racer->index + which * racer->race->suite->backend->racers);
        struct store_update change = add_position(racer->race->key, position);
        racer->rc = store->ops->update(store->state, NONCE, &change, &racer->arena, &item, NULL);
        if (racer->rc < 0)
            return;
        const struct store_attr *set = store_attr(&item, "Positions");
        racer->full |= set && set->len == all;
    }
}

static void check_no_position_is_lost(struct race *r)
{
    struct suite *s = r->suite;
    uint32_t expected[MAX_RACERS * PER_RACER];
    int count = s->backend->racers * PER_RACER;
    bool full = false;
    for (int i = 0; i < count; i++)
        expected[i] = (uint32_t)i;
    for (int i = 0; i < s->backend->racers; i++) {
        assert_int_equal(r->racers[i].rc, 0);
        full |= r->racers[i].full;
    }
    assert_true(full); /* at least one saw that it was the last */
    struct store_item item = read_one(s, NONCE, r->key);
    assert_numbers(&item, "Positions", expected, (size_t)count);
    /* Whoever repeats its addition afterwards hears it too. */
    struct store_update again = add_position(r->key, 1);
    assert_int_equal(update(s, NONCE, &again, &item), 0);
    assert_numbers(&item, "Positions", expected, (size_t)count);
}

static void racing_additions_lose_nothing(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        race(&r, s, round_key(s, "set", round), race_add);
        check_no_position_is_lost(&r);
        race_done(&r);
    }
}

static void racing_additions_over_a_left_over_lose_nothing(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        struct unum_str at = round_key(s, "set", round);
        put_stale(s, at);
        race(&r, s, at, race_add);
        check_no_position_is_lost(&r); /* 900 is not among them */
        struct store_item item = read_one(s, NONCE, at);
        assert_null(store_attr(&item, "Value"));
        assert_null(store_attr(&item, "Ends"));
        race_done(&r);
    }
}

static void a_failed_position_is_added_to_both_sets_at_once(void **state)
{
    static const uint32_t both[] = {1, 7}, failed[] = {7};
    struct suite *s = *state;
    struct store_item item;
    struct store_update change = add_position(key(s, "a"), 1);
    assert_int_equal(update(s, NONCE, &change, &item), 0);
    assert_null(store_attr(&item, "Failed"));
    change.add = 7;
    change.failed_name = UNUM_STR("Failed");
    assert_int_equal(update(s, NONCE, &change, &item), 0);
    assert_int_equal(update(s, NONCE, &change, &item), 0);
    assert_numbers(&item, "Positions", both, 2);
    assert_numbers(&item, "Failed", failed, 1);
}

static void an_end_keeps_its_first_writer(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item item;
    static const struct {
        uint32_t position;
        const char *text;
    } writes[] = {{12, "first"}, {2, "two"}, {12, "second"}, {0, ""}, {12, "third"}};
    for (size_t i = 0; i < UNUM_COUNT(writes); i++) {
        const struct store_update change = {.key = at,
                                            .add = writes[i].position,
                                            .end_name = UNUM_STR("Ends"),
                                            .end = unum_str_from(writes[i].text)};
        assert_int_equal(update(s, NONCE, &change, &item), 0);
    }
    for (int i = 0; i < 2; i++) {
        const struct store_attr *ends = store_attr(&item, "Ends");
        assert_non_null(ends);
        assert_int_equal(ends->type, STORE_ENDS);
        assert_int_equal(ends->len, 3);
        assert_int_equal(ends->ends[0].position, 0);
        assert_int_equal(ends->ends[0].text.len, 0);
        assert_int_equal(ends->ends[1].position, 2);
        assert_int_equal(ends->ends[2].position, 12);
        assert_true(unum_str_is(ends->ends[2].text, "first"));
        item = read_one(s, NONCE, at);
    }
}

static void race_end(struct racer *racer, struct store *store)
{
    struct store_item item;
    const struct store_update change = {
        .key = racer->race->key,
        .add = (uint32_t)(racer->index % 2),
        .end_name = UNUM_STR("Ends"),
        .end = unum_arena_printf(&racer->arena, "end of %d", racer->index)};
    racer->rc = store->ops->update(store->state, NONCE, &change, &racer->arena, &item, NULL);
    const struct store_attr *ends = racer->rc ? NULL : store_attr(&item, "Ends");
    for (size_t i = 0; ends && i < ends->len; i++) {
        if (ends->ends[i].position == change.add)
            racer->seen = ends->ends[i].text;
    }
}

static void racing_ends_are_seen_alike_by_all(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        struct unum_str at = round_key(s, "ends", round);
        if (round % 2)
            put_stale(s, at);
        race(&r, s, at, race_end);
        struct store_item item = read_one(s, NONCE, at);
        const struct store_attr *ends = store_attr(&item, "Ends");
        assert_non_null(ends);
        assert_int_equal(ends->len, s->backend->racers > 1 ? 2 : 1);
        for (int i = 0; i < s->backend->racers; i++) {
            assert_int_equal(r.racers[i].rc, 0);
            assert_true(unum_str_eq(ends->ends[i % 2].text, r.racers[i].seen));
        }
        race_done(&r);
    }
}

static void members_are_a_set_of_texts(void **state)
{
    static const char *const members[] = {"b", "a", "b", "\xc3\xa9\"\\", "a"};
    struct suite *s = *state;
    struct store_item item;
    for (size_t i = 0; i < UNUM_COUNT(members); i++) {
        const struct store_update change = {.key = key(s, "a"),
                                            .member_name = UNUM_STR("Members"),
                                            .member = unum_str_from(members[i])};
        assert_int_equal(update(s, NONCE, &change, &item), 0);
    }
    const struct store_attr *set = store_attr(&item, "Members");
    assert_non_null(set);
    assert_int_equal(set->type, STORE_ENDS);
    assert_int_equal(set->len, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(set->ends[i].position, i);
    assert_true(unum_str_is(set->ends[0].text, "a"));
    assert_true(unum_str_is(set->ends[1].text, "b"));
    assert_true(unum_str_is(set->ends[2].text, members[3]));
}

static void setting_replaces_and_keeps_the_rest(void **state)
{
    static const uint32_t numbers[] = {4, 2, 4};
    static const uint32_t sorted[] = {2, 4};
    static const struct store_end ends[] = {{9, UNUM_STR_INIT("nine")}, {1, UNUM_STR_INIT("one")}};
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item item;
    assert_int_equal(create(s, NONCE, at, UNUM_STR("1"), &item), 0);
    const struct store_attr set[] = {
        SUITE_TEXT("Name 2", UNUM_STR("odd name")),
        SUITE_NUMBER("Count", "-12"),
        {.name = UNUM_STR("Ends"), .type = STORE_ENDS, .ends = ends, .len = 2},
        {.name = UNUM_STR("Set"), .type = STORE_NUMBERS, .numbers = numbers + 1, .len = 2},
        SUITE_TEXT("size", UNUM_STR("a reserved word")),
    };
    struct store_update change = {.key = at, .set = set, .set_len = UNUM_COUNT(set)};
    assert_int_equal(update(s, NONCE, &change, &item), 0);
    assert_text(&item, "Value", UNUM_STR("1"));
    assert_text(&item, "Name 2", UNUM_STR("odd name"));
    assert_text(&item, "Count", UNUM_STR("-12"));
    assert_text(&item, "size", UNUM_STR("a reserved word"));
    assert_numbers(&item, "Set", sorted, 2);
    const struct store_attr *got = store_attr(&item, "Ends");
    assert_int_equal(got->len, 2);
    assert_int_equal(got->ends[0].position, 1);
    assert_true(unum_str_is(got->ends[1].text, "nine"));
    const struct store_attr again[] = {
        SUITE_TEXT("Value", UNUM_STR("")),
        {.name = UNUM_STR("Set"), .type = STORE_NUMBERS}, /* empty: gone */
    };
    change.set = again;
    change.set_len = 2;
    assert_int_equal(update(s, NONCE, &change, &item), 0);
    assert_text(&item, "Value", UNUM_STR(""));
    assert_null(store_attr(&item, "Set"));
    assert_text(&item, "Name 2", UNUM_STR("odd name"));
}

/* ---- conditions ---- */

static struct store_update transition(struct unum_str at, const char *from,
                                      const struct store_attr *to)
{
    return (struct store_update){.key = at,
                                 .set = to,
                                 .set_len = 1,
                                 .if_name = UNUM_STR("Status"),
                                 .if_text = unum_str_from(from)};
}

static void conditions_hold_or_nothing_changes(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item item = {0};
    const struct store_attr done = SUITE_TEXT("Status", UNUM_STR("DONE"));
    const struct store_attr running[] = {SUITE_TEXT("Status", UNUM_STR("RUNNING"))};
    struct store_update change = transition(at, "RUNNING", &done);
    /* Absent, and nothing is made. */
    assert_int_equal(update(s, NONCE, &change, &item), UNUM_E_CONFLICT);
    assert_false(item.present);
    assert_false(read_one(s, UNUM_STR_NONE, at).present);
    assert_int_equal(
        s->store->ops->create(s->store->state, NONCE, at, running, 1, &s->arena, &item, NULL), 0);
    assert_int_equal(update(s, NONCE, &change, &item), 0);
    assert_text(&item, "Status", UNUM_STR("DONE"));
    assert_int_equal(update(s, NONCE, &change, &item), UNUM_E_CONFLICT);
    assert_text(&item, "Status", UNUM_STR("DONE"));
    /* An attribute that is not there is not equal to anything, the empty text included. */
    struct store_update other = change;
    other.if_name = UNUM_STR("Missing");
    other.if_text = UNUM_STR("");
    assert_int_equal(update(s, NONCE, &other, &item), UNUM_E_CONFLICT);
    assert_text(&item, "Status", UNUM_STR("DONE"));
}

static void conditions_on_a_left_over_do_not_hold(void **state)
{
    struct suite *s = *state;
    struct unum_str at = key(s, "a");
    struct store_item item = {.present = true};
    const struct store_attr done = SUITE_TEXT("Value", UNUM_STR("new"));
    put_stale(s, at);
    struct store_update change = transition(at, "old", &done);
    change.if_name = UNUM_STR("Value");
    assert_int_equal(update(s, NONCE, &change, &item), UNUM_E_CONFLICT);
    assert_false(item.present);
    item = read_one(s, STALE, at);
    assert_text(&item, "Value", UNUM_STR("old")); /* untouched */
}

static void race_transition(struct racer *racer, struct store *store)
{
    struct store_item item;
    struct unum_str mine = unum_arena_printf(&racer->arena, "DONE by %d", racer->index);
    const struct store_attr done = SUITE_TEXT("Status", mine);
    struct store_update change = transition(racer->race->key, "RUNNING", &done);
    racer->rc = store->ops->update(store->state, NONCE, &change, &racer->arena, &item, NULL);
    racer->seen = store_text(&item, "Status");
}

static void racing_transitions_have_one_winner(void **state)
{
    struct suite *s = *state;
    for (int round = 0; round < s->backend->rounds; round++) {
        struct race r;
        struct store_item item;
        struct unum_str at = round_key(s, "run", round);
        const struct store_attr running[] = {SUITE_TEXT("Status", UNUM_STR("RUNNING"))};
        int winners = 0;
        assert_int_equal(
            s->store->ops->create(s->store->state, NONCE, at, running, 1, &s->arena, &item, NULL),
            0);
        race(&r, s, at, race_transition);
        item = read_one(s, NONCE, at);
        for (int i = 0; i < s->backend->racers; i++) {
            winners += r.racers[i].rc == 0;
            assert_true(r.racers[i].rc == 0 || r.racers[i].rc == UNUM_E_CONFLICT);
            assert_text(&item, "Status", r.racers[i].seen);
        }
        assert_int_equal(winners, 1);
        race_done(&r);
    }
}

/* ---- reading ---- */

static void many_keys_are_read_in_order(void **state)
{
    enum { COUNT = 253 };
    struct suite *s = *state;
    struct unum_str keys[COUNT];
    struct store_item items[COUNT], unused;
    for (int i = 0; i < COUNT; i++) {
        keys[i] = unum_arena_printf(&s->arena, "%s/%d", unum_buf_text(&s->prefix), i);
        if (i % 7 == 3)
            put_stale(s, keys[i]);
        else if (i % 5)
            assert_int_equal(create(s, NONCE, keys[i], keys[i], &unused), 0);
    }
    keys[200] = keys[1]; /* a key may be asked for twice */
    assert_int_equal(
        s->store->ops->read(s->store->state, NONCE, keys, COUNT, &s->arena, items, NULL), 0);
    for (int i = 0; i < COUNT; i++) {
        int from = i == 200 ? 1 : i;
        if (from % 7 == 3 || from % 5 == 0)
            assert_false(items[i].present);
        else
            assert_text(&items[i], "Value", keys[i]);
    }
    assert_int_equal(s->store->ops->read(s->store->state, NONCE, keys, 0, &s->arena, items, NULL),
                     0);
}

static void odd_bytes_survive(void **state)
{
    static const struct unum_str texts[] = {
        UNUM_STR_INIT(""),
        UNUM_STR_INIT("\"quoted\" \\ / \b\f\n\r\t"),
        UNUM_STR_INIT("{\"a\":[1,2.50,1e400,\"\\u0000\"]}"),
        UNUM_STR_INIT("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80 \x7f\x01"),
        UNUM_STR_INIT("null"),
        UNUM_STR_INIT("a\0b"),
        UNUM_STR_INIT(" outer blanks "),
    };
    struct suite *s = *state;
    for (size_t i = 0; i < UNUM_COUNT(texts); i++) {
        struct store_item item;
        struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
        unum_buf_printf(&name, "%s/%zu-", unum_buf_text(&s->prefix), i);
        unum_buf_add(&name, texts[i]);
        struct unum_str at = unum_buf_str(&name);
        assert_int_equal(create(s, NONCE, at, texts[i], &item), 0);
        assert_int_equal(create(s, NONCE, at, UNUM_STR("x"), &item), UNUM_E_EXISTS);
        assert_text(&item, "Value", texts[i]);
        const struct store_update change = {
            .key = at, .add = 3, .end_name = UNUM_STR("Ends"), .end = texts[i]};
        assert_int_equal(update(s, NONCE, &change, &item), 0);
        struct unum_str keys[] = {at, key(s, "absent")};
        struct store_item items[2];
        assert_int_equal(
            s->store->ops->read(s->store->state, NONCE, keys, 2, &s->arena, items, NULL), 0);
        assert_text(&items[0], "Value", texts[i]);
        assert_true(unum_str_eq(store_attr(&items[0], "Ends")->ends[0].text, texts[i]));
        assert_false(items[1].present);
    }
}

static struct unum_str filled(struct suite *s, size_t len)
{
    char *text = unum_arena_alloc(&s->arena, len);
    for (size_t i = 0; i < len; i++)
        text[i] = "abc\"\\ \n{"[i % 8];
    return unum_str_of(text, len);
}

static void large_values_fit_up_to_the_limit(void **state)
{
    struct suite *s = *state;
    struct unum_str keys[3] = {key(s, "a"), key(s, "b"), key(s, "c")};
    struct unum_str large = filled(s, LARGE);
    struct store_item items[3], unused;
    for (int i = 0; i < 3; i++)
        assert_int_equal(create(s, NONCE, keys[i], large, &unused), 0);
    assert_int_equal(s->store->ops->read(s->store->state, NONCE, keys, 3, &s->arena, items, NULL),
                     0);
    for (int i = 0; i < 3; i++)
        assert_text(&items[i], "Value", large);
    if (s->backend->lax)
        return;
    struct unum_str at = key(s, "too-large");
    struct unum_str beyond = filled(s, UNUM_LIMIT_ITEM + 1);
    assert_int_equal(create(s, NONCE, at, beyond, &unused), UNUM_E_LIMIT);
    const struct store_attr set[] = {SUITE_TEXT("More", filled(s, UNUM_LIMIT_ITEM - LARGE))};
    const struct store_update change = {.key = keys[0], .set = set, .set_len = 1};
    assert_int_equal(update(s, NONCE, &change, &unused), UNUM_E_LIMIT);
    assert_false(read_one(s, UNUM_STR_NONE, at).present);
    struct store_item item = read_one(s, NONCE, keys[0]);
    assert_null(store_attr(&item, "More"));
}

/* ---- input ---- */

static void bad_input_is_refused_before_it_is_sent(void **state)
{
    static char long_key[3000];
    struct suite *s = *state;
    struct store_item item;
    memset(long_key, 'k', sizeof(long_key));
    const struct unum_str keys[] = {UNUM_STR(""), UNUM_STR("\xff"),
                                    unum_str_of(long_key, sizeof(long_key))};
    for (size_t i = 0; i < UNUM_COUNT(keys); i++) {
        struct store_update change = add_position(keys[i], 1);
        assert_int_equal(create(s, NONCE, keys[i], UNUM_STR("1"), &item), UNUM_E_INVAL);
        assert_int_equal(update(s, NONCE, &change, &item), UNUM_E_INVAL);
        assert_int_equal(
            s->store->ops->read(s->store->state, NONCE, &keys[i], 1, &s->arena, &item, NULL),
            UNUM_E_INVAL);
        assert_int_equal(s->store->ops->put(s->store->state, keys[i], NULL, 0, NULL), UNUM_E_INVAL);
    }
    const struct store_attr bad[] = {
        SUITE_TEXT("Value", UNUM_STR("\xc3\x28")),
        SUITE_TEXT("", UNUM_STR("1")),
        SUITE_TEXT("Ends:1", UNUM_STR("1")),
        SUITE_NUMBER("N", "twelve"),
        SUITE_NUMBER("N", ""),
    };
    for (size_t i = 0; i < UNUM_COUNT(bad); i++)
        assert_int_equal(s->store->ops->put(s->store->state, key(s, "a"), &bad[i], 1, NULL),
                         UNUM_E_INVAL);
    const struct store_attr twice[] = {SUITE_TEXT("A", UNUM_STR("1")),
                                       SUITE_TEXT("A", UNUM_STR("2"))};
    assert_int_equal(s->store->ops->put(s->store->state, key(s, "a"), twice, 2, NULL),
                     UNUM_E_INVAL);
    struct store_update both = add_position(key(s, "a"), 1);
    const struct store_attr set = SUITE_TEXT("Positions", UNUM_STR("1"));
    both.set = &set;
    both.set_len = 1;
    assert_int_equal(update(s, NONCE, &both, &item), UNUM_E_INVAL);
    const struct store_update empty_member = {.key = key(s, "a"),
                                              .member_name = UNUM_STR("Members")};
    assert_int_equal(update(s, NONCE, &empty_member, &item), UNUM_E_INVAL);
    assert_false(read_one(s, UNUM_STR_NONE, key(s, "a")).present);
}

/* ---- running ---- */

static const struct store_backend *under_test;

static int begin(void **state)
{
    struct suite *s = unum_alloc(sizeof(*s));
    s->backend = under_test;
    s->prefix.max = UNUM_LIMIT_PATH;
    unum_uuid4(&s->prefix);
    under_test->open(under_test->cookie, &s->handle);
    s->store = &s->handle.store;
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct suite *s = *state;
    s->backend->close(&s->handle);
    unum_arena_done(&s->arena);
    unum_buf_done(&s->prefix);
    free(s);
    return 0;
}

int store_suite_run(const struct store_backend *backend)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(the_first_create_wins),
        TEST(racing_creates_have_one_winner_everybody_sees),
        TEST(racing_creates_over_a_left_over_have_one_winner),
        TEST(items_of_another_run_are_absent),
        TEST(a_run_can_be_replaced_when_it_has_expired),
        TEST(racing_entries_agree_on_one_run),
        TEST(put_writes_whatever_is_there),
        TEST(positions_are_a_set_in_ascending_order),
        TEST(racing_additions_lose_nothing),
        TEST(racing_additions_over_a_left_over_lose_nothing),
        TEST(a_failed_position_is_added_to_both_sets_at_once),
        TEST(an_end_keeps_its_first_writer),
        TEST(racing_ends_are_seen_alike_by_all),
        TEST(members_are_a_set_of_texts),
        TEST(setting_replaces_and_keeps_the_rest),
        TEST(conditions_hold_or_nothing_changes),
        TEST(conditions_on_a_left_over_do_not_hold),
        TEST(racing_transitions_have_one_winner),
        TEST(many_keys_are_read_in_order),
        TEST(odd_bytes_survive),
        TEST(large_values_fit_up_to_the_limit),
        TEST(bad_input_is_refused_before_it_is_sent),
    };
#undef TEST
    under_test = backend;
    return cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
}

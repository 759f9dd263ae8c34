#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "machines.h"
#include "runs/progress.h"
#include "support/aws_fake.h"

/* Machines as compile_app() leaves them: one IR per node. */
static const char chain_hello[] =
    "{\"Name\":\"Hello\",\"Start\":true,\"Checkpoint\":true,\"IRVersion\":1,\"Machine\":\"m\","
    "\"Then\":\"World\",\"Within\":[],\"States\":{\"World\":{\"Type\":\"Task\",\"Node\":\"World\"}}"
    "}";
static const char chain_world[] =
    "{\"Name\":\"World\",\"Start\":false,\"Checkpoint\":true,\"IRVersion\":1,\"Machine\":\"m\","
    "\"Then\":null,\"Within\":[],\"States\":{}}";
static const char map_split[] =
    "{\"IRVersion\":1,\"Machine\":\"m\",\"Name\":\"Split\",\"Start\":true,\"Checkpoint\":true,"
    "\"Next\":{\"Name\":\"Work\",\"InputType\":\"Map\"},"
    "\"Opens\":{\"State\":\"Each\",\"Next\":\"Sum\"}}";
static const char map_work[] =
    "{\"IRVersion\":1,\"Machine\":\"m\",\"Name\":\"Work\",\"Start\":false,\"Checkpoint\":true,"
    "\"Next\":{\"Name\":\"Sum\",\"InputType\":{\"Fan-in\":{\"Values\":[\"Work-unumIndex-*\"]}}},"
    "\"Next Payload Modifiers\":[\"Pop\"],\"Within\":[\"Each\"]}";
static const char map_sum[] = "{\"IRVersion\":1,\"Machine\":\"m\",\"Name\":\"Sum\",\"Start\":false,"
                              "\"Checkpoint\":true}";

struct bench {
    struct unum_arena arena;
    struct store store;
    struct compiled compiled;
    struct compiled_node nodes[4];
    struct progress *progress;
    struct unum_buf told; /* "instance " per step, "!" for errors, "+" for closes */
};

static void add_node(struct bench *bench, const char *ir)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct ir_node *node = NULL;
    if (ir_load(unum_str_from(ir), &bench->arena, &node, &err) < 0)
        fail_msg("%s", unum_err_text(&err));
    bench->nodes[bench->compiled.len++] = (struct compiled_node){node->name, node->name, node};
    if (node->start)
        bench->compiled.entry = node->name;
}

static int open_bench(void **state)
{
    static struct bench bench;
    bench = (struct bench){.told = UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    bench.compiled.at = bench.nodes;
    *state = &bench;
    return store_memory_open(&bench.store, NULL);
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    progress_free(bench->progress);
    bench->store.ops->close(bench->store.state);
    unum_arena_done(&bench->arena);
    unum_buf_done(&bench->told);
    return 0;
}

static void begin(struct bench *bench)
{
    const struct run_record run = {.nonce = UNUM_STR("n"),
                                   .input_hash = UNUM_STR("h"),
                                   .started_ms = 1000,
                                   .expires_s = 9000000000};
    struct run_record now;
    bool created;
    struct unum_str prefix = record_prefix(&bench->arena, UNUM_STR("app"), UNUM_STR("s"));
    assert_int_equal(
        run_record_create(&bench->store, prefix, &run, 1, &bench->arena, &created, &now, NULL), 0);
}

static void record(struct bench *bench, const char *instance, const char *to, const char *frames,
                   bool error)
{
    const struct record mine = {.nonce = UNUM_STR("n"),
                                .expires_s = 9000000000,
                                .error = error,
                                .user = error ? UNUM_STR_NONE : UNUM_STR("1"),
                                .has_to = to != NULL,
                                .to = unum_str_from(to),
                                .frames = unum_str_from(frames),
                                .error_type = error ? UNUM_STR("E") : UNUM_STR_NONE,
                                .now_ms = 1500};
    struct record now;
    bool won;
    struct unum_str prefix = record_prefix(&bench->arena, UNUM_STR("app"), UNUM_STR("s"));
    assert_int_equal(record_create(&bench->store, prefix, unum_str_from(instance), &mine,
                                   &bench->arena, &won, &now, NULL),
                     0);
}

static void each(void *cookie, const struct progress_step *step)
{
    struct bench *bench = cookie;
    assert_int_equal(step->after_ms, 500);
    unum_buf_printf(&bench->told, "%.*s%s%s ", UNUM_STR_ARG(step->instance), step->close ? "+" : "",
                    step->error ? "!" : "");
}

static void look(struct bench *bench, const char *expected)
{
    struct run_record run;
    if (!bench->progress)
        bench->progress =
            progress_new(&bench->store, UNUM_STR("app"), UNUM_STR("s"), &bench->compiled);
    unum_buf_clear(&bench->told);
    assert_int_equal(progress_look(bench->progress, each, bench, &bench->arena, &run, NULL), 0);
    assert_string_equal(unum_buf_text(&bench->told), expected);
}

static void pending(struct bench *bench, const char *expected)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    progress_pending(bench->progress, &text);
    assert_string_equal(unum_buf_text(&text), expected);
}

static void a_chain_is_told_step_by_step(void **state)
{
    struct bench *bench = *state;
    add_node(bench, chain_hello);
    add_node(bench, chain_world);
    look(bench, "");
    begin(bench);
    look(bench, "");
    pending(bench, "Hello");
    record(bench, "Hello", "World", NULL, false);
    look(bench, "Hello ");
    look(bench, "");
    pending(bench, "World");
    record(bench, "World", NULL, NULL, true);
    look(bench, "World! ");
    pending(bench, "");
}

static void what_has_ended_before_the_first_look_is_told_in_order(void **state)
{
    struct bench *bench = *state;
    add_node(bench, chain_hello);
    add_node(bench, chain_world);
    begin(bench);
    record(bench, "Hello", "World", NULL, false);
    record(bench, "World", NULL, NULL, false);
    look(bench, "Hello World ");
}

#define POSITION(i) "{\"Type\":\"Map\",\"Index\":" #i ",\"Size\":3,\"Opener\":\"Split\"}"

static void a_map_is_told_position_by_position(void **state)
{
    struct bench *bench = *state;
    add_node(bench, map_split);
    add_node(bench, map_work);
    add_node(bench, map_sum);
    begin(bench);
    record(bench, "Split", "Each", NULL, false);
    look(bench, "Split ");
    /* How wide it is, the first position says. */
    record(bench, "Work-unumIndex-2", NULL, POSITION(2), false);
    look(bench, "");
    record(bench, "Work-unumIndex-0", NULL, POSITION(0), false);
    look(bench, "Work-unumIndex-0 Work-unumIndex-2 ");
    pending(bench, "Each, Each[1]");
    record(bench, "Work-unumIndex-1", NULL, POSITION(1), false);
    record(bench, "Each", "Sum", NULL, false);
    record(bench, "Sum", NULL, NULL, false);
    look(bench, "Each+ Work-unumIndex-1 Sum ");
    pending(bench, "");
}

/* The opening of a next attempt ends nothing, but leads to its positions. */
static void the_next_attempt_of_a_map_is_told(void **state)
{
    struct bench *bench = *state;
    add_node(bench, M_SPLIT);
    add_node(bench, M_WORK);
    add_node(bench, M_CHECK);
    add_node(bench, M_SUM);
    begin(bench);
    record(bench, "Split", "Each", NULL, false);
    record(bench, "Work-unumIndex-0", "!", M_AT(0, ""), true);
    look(bench, "Split Work-unumIndex-0! ");
    record(bench, "Each~o1", "Each", NULL, false);
    record(bench, "Work-unumIndex-0~1", "Check", M_AT(0, ",\"Attempt\":1"), false);
    record(bench, "Work-unumIndex-1~1", "Check", M_AT(1, ",\"Attempt\":1"), false);
    look(bench, "Work-unumIndex-0~1 Work-unumIndex-1~1 ");
}

static void records_of_another_run_are_not_told(void **state)
{
    struct bench *bench = *state;
    add_node(bench, chain_hello);
    add_node(bench, chain_world);
    begin(bench);
    struct record now;
    bool won;
    const struct record old = {
        .nonce = UNUM_STR("old"), .expires_s = 9000000000, .user = UNUM_STR("1"), .now_ms = 1500};
    assert_int_equal(record_create(&bench->store,
                                   record_prefix(&bench->arena, UNUM_STR("app"), UNUM_STR("s")),
                                   UNUM_STR("Hello"), &old, &bench->arena, &won, &now, NULL),
                     0);
    look(bench, "");
}

static void a_record_that_leads_elsewhere_ends_the_telling(void **state)
{
    struct bench *bench = *state;
    add_node(bench, chain_hello);
    add_node(bench, chain_world);
    begin(bench);
    record(bench, "Hello", "Removed", NULL, false);
    look(bench, "Hello ");
    pending(bench, "");
}

static void looks_become_rarer_while_nothing_happens(void **state)
{
    struct bench *bench = *state;
    add_node(bench, chain_hello);
    add_node(bench, chain_world);
    begin(bench);
    look(bench, "");
    int64_t first = progress_pause_ms(bench->progress);
    for (int i = 0; i < 50; i++)
        look(bench, "");
    assert_true(progress_pause_ms(bench->progress) > first);
    assert_int_equal(progress_pause_ms(bench->progress), 2000);
    record(bench, "Hello", "World", NULL, false);
    look(bench, "Hello ");
    assert_int_equal(progress_pause_ms(bench->progress), 100);
}

/* One look is one read of the run record and one of all awaited keys, strongly consistent. */
static void looks_are_few_requests(void **state)
{
    struct bench *bench = *state;
    struct aws_fake fake;
    struct store store;
    struct run_record run;
    add_node(bench, chain_hello);
    add_node(bench, chain_world);
    aws_fake_init(&fake);
    aws_fake_open(&fake);
    static const struct http_fake_answer answers[] = {
        {.body = "{\"Item\":{\"Name\":{\"S\":\"app/s/run\"},\"V\":{\"N\":\"1\"},"
                 "\"Nonce\":{\"S\":\"n\"},\"Status\":{\"S\":\"RUNNING\"},\"Started\":{\"N\":"
                 "\"1000\"}}}"},
        {.body = "{}"},
        {.status = 400, .body = "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}"},
    };
    fake.http.answers = answers;
    fake.http.answers_len = UNUM_COUNT(answers);
    assert_int_equal(store_dynamodb_open(fake.client, UNUM_STR("t"), &store, NULL), 0);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct progress *progress =
        progress_new(&store, UNUM_STR("app"), UNUM_STR("s"), &bench->compiled);
    assert_int_equal(progress_look(progress, each, bench, &bench->arena, &run, NULL), 0);
    assert_true(unum_str_is(run.status, "RUNNING"));
    assert_int_equal(fake.http.requests.len, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(unum_str_search(fake.http.requests.at[i].body,
                                    UNUM_STR("\"ConsistentRead\":true")) != SIZE_MAX);
    assert_int_equal(progress_look(progress, each, bench, &bench->arena, &run, &err),
                     UNUM_E_DENIED);
    progress_free(progress);
    store.ops->close(store.state);
    aws_fake_close(&fake);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_chain_is_told_step_by_step),
        TEST(what_has_ended_before_the_first_look_is_told_in_order),
        TEST(a_map_is_told_position_by_position),
        TEST(the_next_attempt_of_a_map_is_told),
        TEST(records_of_another_run_are_not_told),
        TEST(a_record_that_leads_elsewhere_ends_the_telling),
        TEST(looks_become_rarer_while_nothing_happens),
        TEST(looks_are_few_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

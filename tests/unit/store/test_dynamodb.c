/* The DynamoDB backend on the wire: what it sends, and what it makes of every kind of answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "local/db.h"
#include "store/store.h"
#include "support/aws_fake.h"
#include "json/json.h"

#define NONCE UNUM_STR("n1")
#define KEY   UNUM_STR("a/s/k")

enum fault { FAULT_NONE, FAULT_LOST, FAULT_500, FAULT_THROTTLED, FAULT_CLOSED, FAULT_MUTE };

struct bench {
    struct aws_fake fake;
    struct store store;
    struct unum_arena arena;
    struct local_db *db; /* behind the script `serve`, made when first used */
    size_t fault_at;     /* number of the request (from 1) that `fault` happens to; 0: none */
    enum fault fault;
    /* Called before request `hook_at` is applied. */
    size_t hook_at;
    void (*hook)(struct bench *bench);
    bool in_hook;
};

static int open_bench(void **state)
{
    static struct bench bench;
    bench = (struct bench){0};
    aws_fake_init(&bench.fake);
    aws_fake_open(&bench.fake);
    *state = &bench;
    return store_dynamodb_open(bench.fake.client, UNUM_STR("items"), &bench.store, NULL);
}

static int close_bench(void **state)
{
    struct bench *bench = *state;
    bench->store.ops->close(bench->store.state);
    aws_fake_close(&bench->fake);
    unum_arena_done(&bench->arena);
    local_db_close(bench->db);
    return 0;
}

static void assert_body(struct bench *bench, size_t request, const char *expected)
{
    struct unum_str got = bench->fake.http.requests.at[request].body;
    struct unum_str checked;
    assert_int_equal(json_check(unum_str_from(expected), &checked, NULL), 0);
    if (!json_equal(got, checked))
        fail_msg("request %zu is\n%.*s\ninstead of\n%s", request, UNUM_STR_ARG(got), expected);
}

static void assert_target(struct bench *bench, size_t request, const char *operation)
{
    struct unum_str target = http_fake_header(&bench->fake.http, request, "X-Amz-Target");
    assert_true(unum_str_ends(target, unum_str_from(operation)));
}

static int read(struct bench *bench, const struct unum_str *keys, size_t count,
                struct store_item *items, struct unum_err *err)
{
    return bench->store.ops->read(bench->store.state, NONCE, keys, count, &bench->arena, items,
                                  err);
}

static int create(struct bench *bench, struct unum_str value, struct store_item *existing,
                  struct unum_err *err)
{
    const struct store_attr attr = {.name = UNUM_STR("Value"), .type = STORE_TEXT, .text = value};
    return bench->store.ops->create(bench->store.state, NONCE, KEY, &attr, 1, &bench->arena,
                                    existing, err);
}

static int add(struct bench *bench, uint32_t position, struct store_item *item,
               struct unum_err *err)
{
    const struct store_attr expires = {
        .name = UNUM_STR(STORE_EXPIRES), .type = STORE_NUMBER, .text = UNUM_STR("99")};
    const struct store_update change = {.key = KEY,
                                        .set = &expires,
                                        .set_len = 1,
                                        .add_name = UNUM_STR("Positions"),
                                        .add = position,
                                        .end_name = UNUM_STR("Ends"),
                                        .end = UNUM_STR("e")};
    return bench->store.ops->update(bench->store.state, NONCE, &change, &bench->arena, item, err);
}

/* ---- what is sent ---- */

static void one_key_is_read_with_get_item(void **state)
{
    struct bench *bench = *state;
    struct unum_str key = KEY;
    struct store_item item;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"Item\":{\"Name\":{\"S\":\"a/s/k\"},\"Nonce\":{\"S\":\"n1\"},"
                              "\"Set\":{\"NS\":[\"10\",\"9\"]},\"E:2\":{\"S\":\"x\"},"
                              "\"Other\":{\"BOOL\":true}}}"});
    assert_int_equal(read(bench, &key, 1, &item, NULL), 0);
    assert_target(bench, 0, ".GetItem");
    assert_body(bench, 0,
                "{\"TableName\":\"items\",\"Key\":{\"Name\":{\"S\":\"a/s/k\"}},"
                "\"ConsistentRead\":true}");
    assert_true(item.present);
    assert_int_equal(item.len, 3); /* without key and without what is not ours */
    assert_int_equal(store_attr(&item, "Set")->numbers[0], 9);
    assert_int_equal(store_attr(&item, "E")->ends[0].position, 2);
    assert_null(store_attr(&item, "missing"));
    assert_null(store_text(&item, "Set").ptr);
}

static void many_keys_are_read_with_concurrent_batches_of_100(void **state)
{
    enum { COUNT = 250 };
    struct bench *bench = *state;
    struct unum_str keys[COUNT];
    static struct store_item items[COUNT];
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{\"Responses\":{\"items\":[]}}"});
    for (int i = 0; i < COUNT; i++)
        keys[i] = unum_arena_printf(&bench->arena, "k%d", i / 2); /* each twice */
    assert_int_equal(read(bench, keys, COUNT, items, NULL), 0);
    assert_int_equal(bench->fake.http.requests.len, 2); /* 125 different ones */
    assert_int_equal(bench->fake.http.sends, 1);
    assert_target(bench, 1, ".BatchGetItem");
    struct unum_str list, part;
    size_t asked = 0;
    for (size_t i = 0; i < 2; i++) {
        struct unum_str body = bench->fake.http.requests.at[i].body;
        assert_true(json_pointer(body, UNUM_STR("/RequestItems/items/Keys"), &list));
        asked += json_count(list);
        assert_true(json_pointer(body, UNUM_STR("/RequestItems/items/ConsistentRead"), &part));
        assert_true(unum_str_is(part, "true"));
    }
    assert_int_equal(asked, 125);
}

static void create_is_one_conditional_put(void **state)
{
    struct bench *bench = *state;
    struct store_item existing;
    AWS_FAKE_ANSWERS(&bench->fake, {.body = "{}"});
    assert_int_equal(create(bench, UNUM_STR("1"), &existing, NULL), 0);
    assert_target(bench, 0, ".PutItem");
    assert_body(bench, 0,
                "{\"TableName\":\"items\",\"Item\":{\"Name\":{\"S\":\"a/s/k\"},"
                "\"Value\":{\"S\":\"1\"},\"Nonce\":{\"S\":\"n1\"}},"
                "\"ConditionExpression\":\"attribute_not_exists(#a0) OR #a1 <> :v0\","
                "\"ExpressionAttributeNames\":{\"#a0\":\"Nonce\",\"#a1\":\"Nonce\"},"
                "\"ExpressionAttributeValues\":{\":v0\":{\"S\":\"n1\"}},"
                "\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\"}");
}

static void update_is_one_conditional_update(void **state)
{
    struct bench *bench = *state;
    struct store_item item;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.body = "{\"Attributes\":{\"Name\":{\"S\":\"a/s/k\"},"
                              "\"Nonce\":{\"S\":\"n1\"},\"Positions\":{\"NS\":[\"3\"]}}}"});
    assert_int_equal(add(bench, 3, &item, NULL), 0);
    assert_target(bench, 0, ".UpdateItem");
    assert_body(
        bench, 0,
        "{\"TableName\":\"items\",\"Key\":{\"Name\":{\"S\":\"a/s/k\"}},"
        "\"ReturnValues\":\"ALL_NEW\",\"ReturnValuesOnConditionCheckFailure\":\"ALL_OLD\","
        "\"UpdateExpression\":\"SET #a0 = :v0, #a1 = :v1, #a2 = if_not_exists(#a3, :v2) ADD #a4 "
        ":v3\",\"ConditionExpression\":\"attribute_not_exists(#a5) OR #a6 = :v4\","
        "\"ExpressionAttributeNames\":{\"#a0\":\"Expires\",\"#a1\":\"Nonce\",\"#a2\":\"Ends:3\","
        "\"#a3\":\"Ends:3\",\"#a4\":\"Positions\",\"#a5\":\"Name\",\"#a6\":\"Nonce\"},"
        "\"ExpressionAttributeValues\":{\":v0\":{\"N\":\"99\"},\":v1\":{\"S\":\"n1\"},"
        "\":v2\":{\"S\":\"e\"},\":v3\":{\"NS\":[\"3\"]},\":v4\":{\"S\":\"n1\"}}}");
    assert_int_equal(store_attr(&item, "Positions")->len, 1);
}

/* ---- unprocessed keys ---- */

/* The first requests answer only `served` keys each, the later ones all. */
struct shy {
    size_t served, rounds, seen;
};

static void answer_some(void *cookie, const struct http_fake_request *request,
                        struct http_exchange *x)
{
    struct shy *shy = cookie;
    struct unum_buf UNUM_AUTO_BUF found = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF left = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_str keys, key, name;
    size_t most = shy->seen++ < shy->rounds ? shy->served : SIZE_MAX, count = 0;
    assert_true(json_pointer(request->body, UNUM_STR("/RequestItems/items/Keys"), &keys));
    struct json_iter iter = json_iter(keys);
    while (json_next(&iter, NULL, &key)) {
        assert_true(json_get(key, UNUM_STR("Name"), &name));
        if (count++ < most) /* in the wrong order */
            unum_buf_printf(&found, "%s{\"Name\":%.*s,\"Nonce\":{\"S\":\"n1\"},\"Value\":%.*s}",
                            found.len ? "," : "", UNUM_STR_ARG(name), UNUM_STR_ARG(name));
        else
            unum_buf_printf(&left, "%s%.*s", left.len ? "," : "", UNUM_STR_ARG(key));
    }
    unum_buf_printf(&body, "{\"Responses\":{\"items\":[%s]},\"UnprocessedKeys\":{",
                    unum_buf_text(&found));
    if (left.len)
        unum_buf_printf(&body, "\"items\":{\"Keys\":[%s]}", unum_buf_text(&left));
    unum_buf_adds(&body, "}}");
    const struct http_fake_answer answer = {.body = unum_buf_text(&body)};
    http_fake_answer(x, &answer);
}

static void assert_all_read(struct bench *bench, size_t count)
{
    struct unum_str *keys = unum_arena_array(&bench->arena, count, sizeof(*keys));
    struct store_item *items = unum_arena_array(&bench->arena, count, sizeof(*items));
    for (size_t i = 0; i < count; i++)
        keys[i] = unum_arena_printf(&bench->arena, "key %zu \"\\", i);
    assert_int_equal(read(bench, keys, count, items, NULL), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(items[i].present);
        assert_true(unum_str_eq(store_text(&items[i], "Value"), keys[i]));
    }
}

static void unprocessed_keys_are_asked_again_at_once_while_there_is_progress(void **state)
{
    struct bench *bench = *state;
    struct shy shy = {.served = 7, .rounds = 20};
    bench->fake.http.script = answer_some;
    bench->fake.http.cookie = &shy;
    assert_all_read(bench, 230);
    assert_int_equal(bench->fake.clock.sleeps, 0);
}

static void unprocessed_keys_without_progress_are_waited_for(void **state)
{
    struct bench *bench = *state;
    struct shy shy = {.served = 0, .rounds = 5};
    bench->fake.http.script = answer_some;
    bench->fake.http.cookie = &shy;
    assert_all_read(bench, 30);
    assert_int_equal(bench->fake.http.requests.len, 6);
    assert_int_equal(bench->fake.clock.sleeps, 5);
}

static void unprocessed_keys_are_given_up_at_the_deadline(void **state)
{
    struct bench *bench = *state;
    struct shy shy = {.served = 0, .rounds = SIZE_MAX};
    struct unum_str keys[] = {UNUM_STR("a"), UNUM_STR("b")};
    struct store_item items[2];
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    bench->fake.http.script = answer_some;
    bench->fake.http.cookie = &shy;
    int64_t begin_ms = bench->fake.clock.now_ms;
    aws_client_set_deadline(bench->fake.client, begin_ms + 1000);
    assert_int_equal(read(bench, keys, 2, items, &err), UNUM_E_THROTTLED);
    assert_true(bench->fake.clock.now_ms < begin_ms + 1000);
    assert_string_equal(unum_err_text(&err), "dynamodb BatchGetItem: 2 keys stay unprocessed");
    aws_client_set_deadline(bench->fake.client, 0);
    assert_int_equal(read(bench, keys, 2, items, NULL), UNUM_E_THROTTLED); /* not for ever */
}

/* ---- answers that are none ---- */

static void malformed_answers_are_errors(void **state)
{
    static const struct {
        const char *body;
        size_t keys;
        int rc;
    } rows[] = {
        {"", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"Na", 1, UNUM_E_PARSE},
        {"{\"Item\":[]}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":\"text\"}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{\"S\":1}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{\"NS\":[\"-1\"]}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{\"NS\":[\"4294967296\"]}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{\"NS\":[1]}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{\"NS\":[\"1.5\"]}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A:1\":{\"S\":{}}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{\"SS\":[3]}}}", 1, UNUM_E_PARSE},
        {"{\"Item\":{\"A\":{}}}", 1, UNUM_E_PARSE},
        {"{}", 1, 0},
        {"[]", 2, UNUM_E_PARSE},
        {"{}", 2, UNUM_E_PARSE}, /* absent must be said */
        {"{\"Responses\":{\"items\":[{\"Name\":{\"S\":\"z\"}}]}}", 2, UNUM_E_PARSE},
        {"{\"Responses\":{\"items\":[{\"Name\":{\"N\":\"1\"}}]}}", 2, UNUM_E_PARSE},
        {"{\"Responses\":{\"items\":[]},\"UnprocessedKeys\":{\"items\":{\"Keys\":[{\"Name\":{"
         "\"S\":\"z\"}}]}}}",
         2, UNUM_E_PARSE},
        {"{\"Responses\":{\"items\":[]},\"UnprocessedKeys\":{}}", 2, 0},
        {"{\"Responses\":{}}", 2, 0},
    };
    struct bench *bench = *state;
    struct unum_str keys[] = {UNUM_STR("a"), UNUM_STR("b")};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        const struct http_fake_answer answer = {.body = rows[i].body};
        struct store_item items[2];
        bench->fake.http.answers = &answer;
        bench->fake.http.answers_len = 1;
        int rc = read(bench, keys, rows[i].keys, items, NULL);
        if (rc != rows[i].rc)
            fail_msg("%s: %d", rows[i].body, rc);
    }
}

static void refusals_have_their_meaning(void **state)
{
    static const struct {
        struct http_fake_answer answer;
        int rc;
    } rows[] = {
        {{.status = 400, .body = "{\"__type\":\"x#ResourceNotFoundException\"}"}, UNUM_E_NOTFOUND},
        {{.status = 400, .body = "{\"__type\":\"x#AccessDeniedException\"}"}, UNUM_E_DENIED},
        {{.status = 400,
          .body = "{\"__type\":\"x#ValidationException\",\"message\":\"Item size has exceeded the "
                  "maximum allowed size\"}"},
         UNUM_E_LIMIT},
        {{.status = 400,
          .body = "{\"__type\":\"x#ValidationException\",\"message\":\"Item size to update has "
                  "exceeded the maximum allowed size\"}"},
         UNUM_E_LIMIT},
        {{.status = 400, .body = "{\"__type\":\"x#ValidationException\"}"}, UNUM_E_INVAL},
        {{.status = 500}, UNUM_E_REMOTE},
        {{.rc = UNUM_E_IO}, UNUM_E_IO},
        {{.status = 400, .body = "{\"__type\":\"ProvisionedThroughputExceededException\"}"},
         UNUM_E_THROTTLED},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct store_item item;
        struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
        bench->fake.http.answers = &rows[i].answer;
        bench->fake.http.answers_len = 1;
        assert_int_equal(create(bench, UNUM_STR("1"), &item, &err), rows[i].rc);
        assert_int_equal(err.rc, rows[i].rc);
        assert_int_equal(add(bench, 1, &item, NULL), rows[i].rc);
    }
}

/* ---- with a database behind it, and faults before it ---- */

static void serve(void *cookie, const struct http_fake_request *request, struct http_exchange *x)
{
    struct bench *bench = cookie;
    size_t number = bench->fake.http.requests.len;
    const struct http_header *target = http_headers_get(&request->headers, "x-amz-target");
    const struct http_fake_request copy = *request; /* a hook's requests may move the list */
    enum fault fault = number == bench->fault_at ? bench->fault : FAULT_NONE;
    static const struct http_fake_answer instead[] = {
        [FAULT_500] = {.status = 500},
        [FAULT_THROTTLED] = {.status = 400, .body = "{\"__type\":\"ThrottlingException\"}"},
        [FAULT_CLOSED] = {.rc = UNUM_E_IO, .undelivered = true},
        [FAULT_LOST] = {.rc = UNUM_E_IO},
        [FAULT_MUTE] = {.rc = UNUM_E_TIMEOUT},
    };
    if (number == bench->hook_at && !bench->in_hook) {
        bench->in_hook = true;
        bench->hook(bench);
        bench->in_hook = false;
    }
    if (fault == FAULT_500 || fault == FAULT_THROTTLED || fault == FAULT_CLOSED) {
        http_fake_answer(x, &instead[fault]);
        return;
    }
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    int status;
    local_db_call(bench->db, target->value, copy.body, copy.at_ms, &status, &body);
    const struct http_fake_answer answer = {.status = status, .body = unum_buf_text(&body)};
    http_fake_answer(x, fault == FAULT_NONE ? &answer : &instead[fault]);
}

static void with_database(struct bench *bench)
{
    const struct local_db_config config = {0};
    assert_int_equal(local_db_open(&config, &bench->db, NULL), 0);
    assert_int_equal(local_db_ensure_table(bench->db, UNUM_STR("items"), 0, NULL), 0);
    bench->fake.http.script = serve;
    bench->fake.http.cookie = bench;
}

static void reset(struct bench *bench, bool stale)
{
    static const uint32_t old[] = {900};
    const struct store_attr attrs[] = {
        {.name = UNUM_STR(STORE_NONCE), .type = STORE_TEXT, .text = UNUM_STR("old")},
        {.name = UNUM_STR("Positions"), .type = STORE_NUMBERS, .numbers = old, .len = 1}};
    assert_int_equal(local_db_reset(bench->db, NULL), 0);
    bench->fault_at = bench->hook_at = 0;
    bench->fake.http.requests.len = 0;
    if (stale)
        assert_int_equal(bench->store.ops->put(bench->store.state, KEY, attrs, 2, NULL), 0);
    bench->fake.http.requests.len = 0;
}

static void assert_positions(struct bench *bench, const uint32_t *expected, size_t len)
{
    struct unum_str key = KEY;
    struct store_item item;
    bench->fault_at = bench->hook_at = 0;
    assert_int_equal(read(bench, &key, 1, &item, NULL), 0);
    assert_true(item.present);
    const struct store_attr *set = store_attr(&item, "Positions");
    assert_non_null(set);
    assert_int_equal(set->len, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(set->numbers[i], expected[i]);
    assert_true(unum_str_is(store_text(&item, STORE_EXPIRES), "99"));
}

static const enum fault all_faults[] = {FAULT_LOST, FAULT_500, FAULT_THROTTLED, FAULT_CLOSED,
                                        FAULT_MUTE};

static void a_create_whose_answer_is_lost_finds_itself(void **state)
{
    struct bench *bench = *state;
    with_database(bench);
    for (size_t i = 0; i < UNUM_COUNT(all_faults); i++) {
        struct store_item existing = {0};
        enum fault fault = all_faults[i];
        bool applied = fault == FAULT_LOST || fault == FAULT_MUTE;
        reset(bench, i % 2);
        bench->fault_at = 1;
        bench->fault = fault;
        int rc = create(bench, UNUM_STR("mine"), &existing, NULL);
        assert_int_equal(rc, applied ? UNUM_E_EXISTS : 0);
        if (applied)
            assert_true(unum_str_is(store_text(&existing, "Value"), "mine"));
        assert_int_equal(bench->fake.http.requests.len, 2);
    }
}

static void an_update_survives_a_fault_at_any_of_its_requests(void **state)
{
    static const uint32_t expected[] = {5};
    struct bench *bench = *state;
    with_database(bench);
    for (int stale = 0; stale < 2; stale++) {
        struct store_item item;
        reset(bench, stale);
        assert_int_equal(add(bench, 5, &item, NULL), 0);
        size_t requests = bench->fake.http.requests.len;
        assert_int_equal(requests, stale ? 3 : 1); /* refused, replaced, repeated */
        for (size_t at = 1; at <= requests; at++) {
            for (size_t i = 0; i < UNUM_COUNT(all_faults); i++) {
                reset(bench, stale);
                bench->fault_at = at;
                bench->fault = all_faults[i];
                assert_int_equal(add(bench, 5, &item, NULL), 0);
                assert_positions(bench, expected, 1);
            }
        }
    }
}

static void add_eight(struct bench *bench)
{
    struct store_item item;
    assert_int_equal(add(bench, 8, &item, NULL), 0);
}

static void another_caller_between_any_two_requests_loses_nothing(void **state)
{
    static const uint32_t expected[] = {5, 8};
    struct bench *bench = *state;
    with_database(bench);
    bench->hook = add_eight;
    for (size_t at = 1; at <= 3; at++) {
        for (size_t fault_at = 0; fault_at <= 6; fault_at++) {
            struct store_item item;
            reset(bench, true);
            bench->hook_at = at;
            bench->fault_at = fault_at;
            bench->fault = FAULT_LOST;
            assert_int_equal(add(bench, 5, &item, NULL), 0);
            assert_positions(bench, expected, 2);
        }
    }
}

static void delete_item(struct bench *bench)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    int status;
    local_db_call(bench->db, UNUM_STR("DeleteItem"),
                  UNUM_STR("{\"TableName\":\"items\",\"Key\":{\"Name\":{\"S\":\"a/s/k\"}}}"), 0,
                  &status, &body);
    assert_int_equal(status, 200);
}

static void an_item_that_expires_under_an_update_does_no_harm(void **state)
{
    static const uint32_t expected[] = {5};
    struct bench *bench = *state;
    with_database(bench);
    bench->hook = delete_item;
    for (size_t at = 1; at <= 3; at++) {
        struct store_item item;
        reset(bench, true);
        bench->hook_at = at;
        assert_int_equal(add(bench, 5, &item, NULL), 0);
        assert_positions(bench, expected, 1);
    }
}

/* A server that does not return the item that made a condition fail. */
static void serve_mutely(void *cookie, const struct http_fake_request *request,
                         struct http_exchange *x)
{
    struct unum_str item;
    serve(cookie, request, x);
    struct unum_str body = unum_buf_str(&x->response);
    if (x->status == 400 && json_get(body, UNUM_STR("Item"), &item)) {
        unum_buf_clear(&x->response);
        unum_buf_adds(&x->response, "{\"__type\":\"ConditionalCheckFailedException\"}");
    }
}

static void servers_that_do_not_return_the_refusing_item_are_asked(void **state)
{
    static const uint32_t expected[] = {5};
    struct bench *bench = *state;
    struct store_item item = {0};
    with_database(bench);
    bench->fake.http.script = serve_mutely;
    reset(bench, false);
    assert_int_equal(create(bench, UNUM_STR("1"), &item, NULL), 0);
    assert_int_equal(create(bench, UNUM_STR("2"), &item, NULL), UNUM_E_EXISTS);
    assert_true(unum_str_is(store_text(&item, "Value"), "1"));
    assert_target(bench, 2, ".GetItem");
    reset(bench, true);
    assert_int_equal(add(bench, 5, &item, NULL), 0);
    assert_positions(bench, expected, 1);
    /* Gone by the time it is read: once more. */
    reset(bench, false);
    assert_int_equal(create(bench, UNUM_STR("1"), &item, NULL), 0);
    bench->hook = delete_item;
    bench->hook_at = 3; /* the read after the refusal */
    assert_int_equal(create(bench, UNUM_STR("2"), &item, NULL), 0);
}

static void a_wrong_clock_is_corrected_under_the_store(void **state)
{
    struct bench *bench = *state;
    struct store_item item;
    AWS_FAKE_ANSWERS(&bench->fake,
                     {.status = 403,
                      .headers = "Date: Thu, 01 Jan 2026 01:00:00 GMT",
                      .body = "{\"__type\":\"RequestTimeTooSkewed\"}"},
                     {.headers = "Date: Thu, 01 Jan 2026 01:00:00 GMT", .body = "{}"});
    assert_int_equal(create(bench, UNUM_STR("1"), &item, NULL), 0);
    assert_true(
        unum_str_is(http_fake_header(&bench->fake.http, 1, "X-Amz-Date"), "20260101T010000Z"));
}

static void opening_needs_a_table(void **state)
{
    struct bench *bench = *state;
    struct store store = {0};
    assert_int_equal(store_dynamodb_open(bench->fake.client, UNUM_STR(""), &store, NULL),
                     UNUM_E_INVAL);
    assert_null(store.ops);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
    const struct CMUnitTest tests[] = {
        TEST(one_key_is_read_with_get_item),
        TEST(many_keys_are_read_with_concurrent_batches_of_100),
        TEST(create_is_one_conditional_put),
        TEST(update_is_one_conditional_update),
        TEST(unprocessed_keys_are_asked_again_at_once_while_there_is_progress),
        TEST(unprocessed_keys_without_progress_are_waited_for),
        TEST(unprocessed_keys_are_given_up_at_the_deadline),
        TEST(malformed_answers_are_errors),
        TEST(refusals_have_their_meaning),
        TEST(a_create_whose_answer_is_lost_finds_itself),
        TEST(an_update_survives_a_fault_at_any_of_its_requests),
        TEST(another_caller_between_any_two_requests_loses_nothing),
        TEST(an_item_that_expires_under_an_update_does_no_harm),
        TEST(servers_that_do_not_return_the_refusing_item_are_asked),
        TEST(a_wrong_clock_is_corrected_under_the_store),
        TEST(opening_needs_a_table),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}

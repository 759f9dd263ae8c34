/* Ceilings, expiry, consumed capacity. */
#include "db_fixture.h"

#include <string.h>

static void repeat(struct unum_buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        unum_buf_adds(out, text);
}

/* PutItem of an item with key `key` and `bytes` bytes in attribute v. */
static void put_sized(struct db_fixture *f, const char *key, size_t bytes)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&body, "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"%s\"},\"v\":{\"S\":\"",
                    key);
    repeat(&body, "x", bytes);
    unum_buf_adds(&body, "\"}},\"ReturnConsumedCapacity\":\"TOTAL\"}");
    fixture_call_str(f, UNUM_STR("PutItem"), unum_buf_str(&body), DB_NOW_MS);
}

/* 409600 bytes: k + 1 + v + the rest. */
static void limits_the_size_of_items(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    put_sized(&f, "a", UNUM_LIMIT_ITEM - 3);
    assert_answer(&f, 200,
                  "{\"ConsumedCapacity\":{\"TableName\":\"tab\",\"CapacityUnits\":400.0}}");
    put_sized(&f, "b", UNUM_LIMIT_ITEM - 2);
    assert_refused(&f, 400, "ValidationException",
                   "Item size has exceeded the maximum allowed size");
    fixture_call(&f, "UpdateItem",
                 "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}},"
                 "\"UpdateExpression\":\"SET w = :w\","
                 "\"ExpressionAttributeValues\":{\":w\":{\"S\":\"\"}}}");
    assert_refused(&f, 400, "ValidationException",
                   "Item size to update has exceeded the maximum allowed size");
    fixture_call(&f, "GetItem",
                 "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}},"
                 "\"ProjectionExpression\":\"w\",\"ReturnConsumedCapacity\":\"TOTAL\"}");
    assert_answer(&f, 200,
                  "{\"Item\":{},\"ConsumedCapacity\":{\"TableName\":\"tab\",\"CapacityUnits\":"
                  "50.0}}");
    fixture_close(&f);
}

static void get_key(struct db_fixture *f, size_t bytes)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_adds(&body, "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"");
    repeat(&body, "k", bytes);
    unum_buf_adds(&body, "\"}}}");
    fixture_call_str(f, UNUM_STR("GetItem"), unum_buf_str(&body), DB_NOW_MS);
}

static void limits_the_size_of_keys(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    get_key(&f, 2048);
    assert_answer(&f, 200, "{}");
    get_key(&f, 2049);
    assert_refused(&f, 400, "ValidationException", "maximum size limit of2048 bytes");
    fixture_close(&f);
}

static void put_nested(struct db_fixture *f, size_t levels)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_adds(&body, "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"n\"},\"v\":");
    repeat(&body, "{\"M\":{\"a\":", levels);
    unum_buf_adds(&body, "{\"N\":\"1\"}");
    repeat(&body, "}}", levels);
    unum_buf_adds(&body, "}}");
    fixture_call_str(f, UNUM_STR("PutItem"), unum_buf_str(&body), DB_NOW_MS);
}

static void limits_nesting(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    put_nested(&f, 32);
    assert_answer(&f, 200, "{}");
    put_nested(&f, 33);
    assert_refused(&f, 400, "ValidationException", "Nesting Levels have exceeded");
    /* One level more by an update. */
    fixture_call(&f, "UpdateItem",
                 "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"n\"}},"
                 "\"UpdateExpression\":\"SET w = :w\",\"ExpressionAttributeValues\":{\":w\":"
                 "{\"M\":{}}}}");
    assert_answer(&f, 200, "{}");
    fixture_call(&f, "UpdateItem",
                 "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"n\"}},"
                 "\"UpdateExpression\":\"SET w.x = v\"}");
    assert_refused(&f, 400, "ValidationException", "Nesting Levels have exceeded");
    fixture_close(&f);
}

/* `count` times `part`, joined, as a FilterExpression with one value :v. */
static void filter(struct db_fixture *f, const char *before, const char *part, const char *joint,
                   size_t count, const char *after)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&body,
                    "{\"TableName\":\"tab\",\"ExpressionAttributeValues\":{\":v\":{\"N\":\"1\"}},"
                    "\"Select\":\"COUNT\",\"FilterExpression\":\"%s",
                    before);
    for (size_t i = 0; i < count; i++)
        unum_buf_printf(&body, "%s%s", i ? joint : "", part);
    unum_buf_printf(&body, "%s\"}", after);
    fixture_call_str(f, UNUM_STR("Scan"), unum_buf_str(&body), DB_NOW_MS);
}

static void limits_expressions(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    const char *none = "{\"Count\":0,\"ScannedCount\":0}";
    filter(&f, "a=:v", " ", "", 4092, "");
    assert_answer(&f, 200, none);
    filter(&f, "a=:v", " ", "", 4093, "");
    assert_refused(&f, 400, "ValidationException", "expression size: 4097");
    filter(&f, "a IN (", ":v", ",", 100, ")");
    assert_answer(&f, 200, none);
    filter(&f, "a IN (", ":v", ",", 101, ")");
    assert_refused(&f, 400, "ValidationException", "function: IN, number of operands: 102");
    filter(&f, "", "a=:v", " OR ", 150, "");
    assert_answer(&f, 200, none);
    filter(&f, "", "a=:v", " OR ", 151, "");
    assert_refused(&f, 400, "ValidationException", "more than 300 operators");
    filter(&f, "", "(", "", 3000, "");
    assert_refused(&f, 400, "ValidationException", "nested too deeply");
    filter(&f, "", "NOT ", "", 1000, "a=:v");
    assert_refused(&f, 400, "ValidationException", "more than 300 operators");
    filter(&f, "a", ".a", "", 32, " = :v");
    assert_answer(&f, 200, none);
    filter(&f, "a", ".a", "", 33, " = :v");
    assert_refused(&f, 400, "ValidationException", "too many nesting elements");
    fixture_close(&f);
}

/* `{"k":{"S":"item <i>"}}` for i in [from, until), joined by commas. */
static void add_keys(struct unum_buf *out, size_t from, size_t until, const char *before,
                     const char *after)
{
    for (size_t i = from; i < until; i++)
        unum_buf_printf(out, "%s%s{\"k\":{\"S\":\"item %03zu\"}}%s", i > from ? "," : "", before, i,
                        after);
}

static void batch_get(struct db_fixture *f, size_t keys)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_adds(&body, "{\"RequestItems\":{\"tab\":{\"ConsistentRead\":true,\"Keys\":[");
    add_keys(&body, 0, keys, "", "");
    unum_buf_adds(&body, "]}}}");
    fixture_call_str(f, UNUM_STR("BatchGetItem"), unum_buf_str(&body), DB_NOW_MS);
}

static size_t count_at(struct db_fixture *f, const char *pointer)
{
    struct unum_str value;
    if (!json_pointer(unum_buf_str(&f->answer), unum_str_from(pointer), &value))
        return SIZE_MAX;
    return json_count(value);
}

static void limits_batches(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    batch_get(&f, 100);
    assert_answer(&f, 200, "{\"Responses\":{\"tab\":[]},\"UnprocessedKeys\":{}}");
    batch_get(&f, 101);
    assert_refused(&f, 400, "ValidationException", "less than or equal to 100");
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_adds(&body, "{\"RequestItems\":{\"tab\":[");
    add_keys(&body, 0, 26, "{\"PutRequest\":{\"Item\":", "}}");
    unum_buf_adds(&body, "]}}");
    fixture_call_str(&f, UNUM_STR("BatchWriteItem"), unum_buf_str(&body), DB_NOW_MS);
    assert_refused(&f, 400, "ValidationException", "Too many items");
    unum_buf_clear(&body);
    unum_buf_adds(&body, "{\"TransactItems\":[");
    for (size_t i = 0; i < 101; i++)
        unum_buf_printf(&body,
                        "%s{\"Delete\":{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"%zu\"}}}}",
                        i ? "," : "", i);
    unum_buf_adds(&body, "]}");
    fixture_call_str(&f, UNUM_STR("TransactWriteItems"), unum_buf_str(&body), DB_NOW_MS);
    assert_refused(&f, 400, "ValidationException", "less than or equal to 100");
    fixture_close(&f);
}

/* 50 items of 390 KB are more than one answer takes: asking again for what is left gets all. */
static void hands_back_unprocessed_keys(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    for (size_t i = 0; i < 50; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "item %03zu", i);
        put_sized(&f, key, 390 * UNUM_KB);
        assert_int_equal(f.status, 200);
    }
    batch_get(&f, 50);
    assert_int_equal(f.status, 200);
    assert_int_equal(count_at(&f, "/Responses/tab"), 42); /* 42 * (390 KB + 10) <= 16 MB */
    assert_int_equal(count_at(&f, "/UnprocessedKeys/tab/Keys"), 8);
    struct unum_str rest, consistent;
    assert_true(json_pointer(unum_buf_str(&f.answer), UNUM_STR("/UnprocessedKeys"), &rest));
    assert_true(json_pointer(rest, UNUM_STR("/tab/ConsistentRead"), &consistent));
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    unum_buf_printf(&body, "{\"RequestItems\":%.*s}", UNUM_STR_ARG(rest));
    fixture_call_str(&f, UNUM_STR("BatchGetItem"), unum_buf_str(&body), DB_NOW_MS);
    assert_int_equal(count_at(&f, "/Responses/tab"), 8);
    assert_int_equal(count_at(&f, "/UnprocessedKeys"), 0);
    fixture_close(&f);
}

/* Pages end at 1 MB; all segments together are the whole table. */
static void pages_scans(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    for (size_t i = 0; i < 25; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "item %03zu", i);
        put_sized(&f, key, 100 * UNUM_KB);
    }
    size_t seen = 0, pages = 0;
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_str last = UNUM_STR("");
    do {
        unum_buf_clear(&body);
        unum_buf_printf(&body, "{\"TableName\":\"tab\"%s%.*s}",
                        last.len ? ",\"ExclusiveStartKey\":" : "", UNUM_STR_ARG(last));
        fixture_call_str(&f, UNUM_STR("Scan"), unum_buf_str(&body), DB_NOW_MS);
        seen += count_at(&f, "/Items");
        pages++;
        last = UNUM_STR("");
        (void)json_get(unum_buf_str(&f.answer), UNUM_STR("LastEvaluatedKey"), &last);
    } while (last.len && pages < 100);
    assert_int_equal(seen, 25);
    assert_int_equal(pages, 3);
    size_t in_segments = 0;
    for (int segment = 0; segment < 4; segment++) {
        unum_buf_clear(&body);
        unum_buf_printf(&body,
                        "{\"TableName\":\"tab\",\"ProjectionExpression\":\"k\",\"Segment\":%d,"
                        "\"TotalSegments\":4}",
                        segment);
        fixture_call_str(&f, UNUM_STR("Scan"), unum_buf_str(&body), DB_NOW_MS);
        in_segments += count_at(&f, "/Items");
    }
    assert_int_equal(in_segments, 25);
    fixture_close(&f);
}

/* An answer that cannot fit its buffer is an error, not half an answer. */
static void never_answers_in_part(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    put_sized(&f, "a", 5000);
    struct unum_buf small = UNUM_BUF_INIT(1000);
    int status = 0;
    unum_buf_adds(&small, "before ");
    local_db_call(f.db, UNUM_STR("GetItem"),
                  UNUM_STR("{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}"), DB_NOW_MS,
                  &status, &small);
    assert_int_equal(status, 500);
    assert_non_null(strstr(unum_buf_text(&small), "before {\"__type\":"));
    assert_non_null(strstr(unum_buf_text(&small), "larger than 1000 bytes"));
    unum_buf_done(&small);
    fixture_close(&f);
}

static void expect_present(struct db_fixture *f, const char *key, bool present)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&body, "{\"TableName\":\"runs\",\"Key\":{\"Name\":{\"S\":\"%s\"}}}", key);
    fixture_call_str(f, UNUM_STR("GetItem"), unum_buf_str(&body), DB_NOW_MS);
    assert_int_equal(f->status, 200);
    assert_int_equal(json_count(unum_buf_str(&f->answer)), present);
}

static void put_expiring(struct db_fixture *f, const char *key, const char *expires)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    unum_buf_printf(&body,
                    "{\"TableName\":\"runs\",\"Item\":{\"Name\":{\"S\":\"%s\"},\"Expires\":%s}}",
                    key, expires);
    fixture_call_str(f, UNUM_STR("PutItem"), unum_buf_str(&body), DB_NOW_MS);
    assert_int_equal(f->status, 200);
}

static void expires_items(bool on_disk)
{
    struct db_fixture f;
    size_t removed = 99;
    fixture_open(&f, on_disk);
    assert_int_equal(local_db_ensure_table(f.db, UNUM_STR("runs"), DB_NOW_MS, NULL), 0);
    assert_int_equal(local_db_ensure_table(f.db, UNUM_STR("runs"), DB_NOW_MS, NULL), 0);
    put_expiring(&f, "past", "{\"N\":\"999\"}");
    put_expiring(&f, "fraction", "{\"N\":\"999.5\"}");
    put_expiring(&f, "future", "{\"N\":\"1001\"}");
    put_expiring(&f, "text", "{\"S\":\"5\"}");
    put_expiring(&f, "zero", "{\"N\":\"0\"}");
    put_expiring(&f, "huge", "{\"N\":\"1e100\"}");
    expect_present(&f, "past", true);
    assert_int_equal(local_db_expire(f.db, 1000, &removed, NULL), 0);
    assert_int_equal(removed, 2);
    expect_present(&f, "past", false);
    expect_present(&f, "fraction", false);
    expect_present(&f, "future", true);
    expect_present(&f, "text", true);
    expect_present(&f, "zero", true);
    expect_present(&f, "huge", true);
    /* Switched off, nothing expires; switched to another attribute, that one counts. */
    fixture_call(&f, "UpdateTimeToLive",
                 "{\"TableName\":\"runs\",\"TimeToLiveSpecification\":{\"Enabled\":false,"
                 "\"AttributeName\":\"Expires\"}}");
    assert_int_equal(f.status, 200);
    assert_int_equal(local_db_expire(f.db, 5000, &removed, NULL), 0);
    assert_int_equal(removed, 0);
    fixture_call(&f, "UpdateItem",
                 "{\"TableName\":\"runs\",\"Key\":{\"Name\":{\"S\":\"text\"}},"
                 "\"UpdateExpression\":\"SET u = :u\",\"ExpressionAttributeValues\":{\":u\":{"
                 "\"N\":\"7\"}}}");
    fixture_call(&f, "UpdateTimeToLive",
                 "{\"TableName\":\"runs\",\"TimeToLiveSpecification\":{\"Enabled\":true,"
                 "\"AttributeName\":\"u\"}}");
    assert_int_equal(local_db_expire(f.db, 5000, &removed, NULL), 0);
    assert_int_equal(removed, 1);
    expect_present(&f, "text", false);
    expect_present(&f, "future", true);
    /* A reset keeps the table and nothing in it. */
    assert_int_equal(local_db_reset(f.db, NULL), 0);
    expect_present(&f, "future", false);
    fixture_close(&f);
}

static void expires_items_in_memory(void **state)
{
    (void)state;
    expires_items(false);
}

static void expires_items_in_sqlite(void **state)
{
    (void)state;
    expires_items(true);
}

/* A token is good for ten minutes. */
static void forgets_tokens(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    struct unum_str body =
        UNUM_STR("{\"ClientRequestToken\":\"t\",\"TransactItems\":[{\"Update\":{\"TableName\":"
                 "\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}},\"UpdateExpression\":\"ADD n :n\","
                 "\"ExpressionAttributeValues\":{\":n\":{\"N\":\"1\"}}}}]}");
    const int64_t times[] = {0, 1, 600000, 600001, 600002};
    for (size_t i = 0; i < UNUM_COUNT(times); i++) {
        fixture_call_str(&f, UNUM_STR("TransactWriteItems"), body, DB_NOW_MS + times[i]);
        assert_answer(&f, 200, "{}");
    }
    fixture_call(&f, "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    assert_answer(&f, 200, "{\"Item\":{\"k\":{\"S\":\"a\"},\"n\":{\"N\":\"2\"}}}");
    fixture_close(&f);
}

static void counts_what_is_consumed(void **state)
{
    (void)state;
    struct db_fixture f;
    fixture_open(&f, false);
    fixture_table(&f);
    struct local_db_usage before = local_db_usage(f.db);
    put_sized(&f, "a", 1500);
    fixture_call(&f, "GetItem", "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}}}");
    fixture_call(&f, "GetItem",
                 "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"a\"}},\"ConsistentRead\":true}");
    fixture_call(&f, "PutItem",
                 "{\"TableName\":\"tab\",\"Item\":{\"k\":{\"S\":\"a\"}},\"ConditionExpression\":"
                 "\"attribute_not_exists(k)\"}");
    fixture_call(&f, "TransactWriteItems",
                 "{\"TransactItems\":[{\"Delete\":{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":"
                 "\"a\"}}}}]}");
    fixture_call(&f, "GetItem", "broken");
    struct local_db_usage after = local_db_usage(f.db);
    assert_int_equal(after.operations - before.operations, 5);
    assert_int_equal(after.read_halves - before.read_halves, 1 + 2);
    assert_int_equal(after.write_units - before.write_units, 2 + 2 + 2 * 2);
    assert_int_equal(after.conditions_failed - before.conditions_failed, 1);
    fixture_close(&f);
}

/* The atomic ADD of a completion set, interleaved from many branches: each position counts once and
 * exactly the last one sees the set full. */
static void adds_to_sets_atomically(void **state)
{
    (void)state;
    for (int on_disk = 0; on_disk < 2; on_disk++) {
        struct db_fixture f;
        size_t full = 0;
        fixture_open(&f, on_disk);
        fixture_table(&f);
        for (unsigned i = 0; i < 128; i++) {
            struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
            unum_buf_printf(&body,
                            "{\"TableName\":\"tab\",\"Key\":{\"k\":{\"S\":\"set\"}},"
                            "\"UpdateExpression\":\"ADD pos :p SET n = if_not_exists(n, :n)\","
                            "\"ConditionExpression\":\"attribute_not_exists(n) OR n = :n\","
                            "\"ExpressionAttributeValues\":{\":p\":{\"NS\":[\"%u\"]},\":n\":{"
                            "\"S\":\"nonce\"}},\"ReturnValues\":\"ALL_NEW\"}",
                            i * 37 % 64);
            fixture_call_str(&f, UNUM_STR("UpdateItem"), unum_buf_str(&body), DB_NOW_MS);
            assert_int_equal(f.status, 200);
            size_t len = count_at(&f, "/Attributes/pos/NS");
            assert_int_equal(len, i < 64 ? i + 1 : 64);
            full += len == 64;
        }
        assert_int_equal(full, 65);
        fixture_close(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_the_size_of_items),
        cmocka_unit_test(limits_the_size_of_keys),
        cmocka_unit_test(limits_nesting),
        cmocka_unit_test(limits_expressions),
        cmocka_unit_test(limits_batches),
        cmocka_unit_test(hands_back_unprocessed_keys),
        cmocka_unit_test(pages_scans),
        cmocka_unit_test(never_answers_in_part),
        cmocka_unit_test(expires_items_in_memory),
        cmocka_unit_test(expires_items_in_sqlite),
        cmocka_unit_test(forgets_tokens),
        cmocka_unit_test(counts_what_is_consumed),
        cmocka_unit_test(adds_to_sets_atomically),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

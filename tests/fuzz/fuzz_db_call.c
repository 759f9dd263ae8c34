/* Whole operations: any bytes as a request get one JSON answer with a status of the service, and no
 * 500. First byte: which operation. */
#include <stdlib.h>

#include "base/limits.h"
#include "local/db.h"
#include "json/json.h"

static const char *const operations[] = {
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactWriteItems",
    "TransactGetItems",
    "Scan",
    "Query",
    "CreateTable",
    "DescribeTable",
    "ListTables",
    "UpdateTimeToLive",
    "DescribeTimeToLive",
    "DeleteTable",
};

static void call(struct local_db *db, const char *operation, struct unum_str body)
{
    struct unum_buf UNUM_AUTO_BUF answer = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY);
    struct unum_str value;
    int status = 0;
    local_db_call(db, unum_str_from(operation), body, INT64_C(1700000000000), &status, &answer);
    if ((status != 200 && status != 400) || json_check(unum_buf_str(&answer), &value, NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct local_db_config config = {.path = NULL};
    struct local_db *db = NULL;
    if (!size || local_db_open(&config, &db, NULL) ||
        local_db_ensure_table(db, UNUM_STR("tab"), 0, NULL))
        return 0;
    call(db, "PutItem",
         UNUM_STR("{\"TableName\":\"tab\",\"Item\":{\"Name\":{\"S\":\"a\"},\"n\":{\"N\":\"1\"}}}"));
    const char *operation = operations[data[0] % UNUM_COUNT(operations)];
    struct unum_str body = {(const char *)data + 1, size - 1};
    call(db, operation, body);
    call(db, operation, body); /* what it did to the state does not break it */
    call(db, "Scan", UNUM_STR("{\"TableName\":\"tab\"}"));
    local_db_close(db);
    return 0;
}

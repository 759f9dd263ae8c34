/* Answers of AWS: errors of any service, items of DynamoDB, dates. The first line is a header. */
#include <stdint.h>

#include "aws/error.h"
#include "aws/retry.h"
#include "base/limits.h"
#include "store/dynamodb_item.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_item(struct unum_str body)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    struct unum_str json;
    struct store_item item = {0};
    if (json_check(body, &json, &err) < 0 || dynamodb_read_item(json, &arena, &item, &err) < 0)
        return;
    /* Sets and ends are in order, as readers rely on. */
    for (size_t i = 0; i < item.len; i++) {
        for (size_t j = 1; j < item.at[i].len; j++) {
            if (item.at[i].type == STORE_NUMBERS &&
                item.at[i].numbers[j - 1] > item.at[i].numbers[j])
                __builtin_trap();
            if (item.at[i].type == STORE_ENDS &&
                item.at[i].ends[j - 1].position > item.at[i].ends[j].position)
                __builtin_trap();
        }
    }
}

static void read_error(struct unum_str header, struct unum_str body)
{
    struct http_exchange x = {.status = 400, .response = UNUM_BUF_INIT(UNUM_LIMIT_HTTP_BODY)};
    struct aws_error error;
    int64_t skew_ms;
    unum_buf_add(&x.response, body);
    http_headers_add(&x.response_headers, &x.answer, UNUM_STR("x-amzn-errortype"), header);
    http_headers_add(&x.response_headers, &x.answer, UNUM_STR("date"), header);
    aws_error_read(&x, &error);
    (void)skew_measure(&x, &skew_ms);
    /* They get into messages of one line. */
    if (unum_str_find(error.code, '\n') != SIZE_MAX ||
        unum_str_find(error.message, '\n') != SIZE_MAX)
        __builtin_trap();
    http_exchange_done(&x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unum_str rest = unum_str_of((const char *)data, size), header;
    if (!size || !unum_str_split(&rest, '\n', &header))
        return 0;
    read_error(header, rest);
    read_item(rest);
    return 0;
}

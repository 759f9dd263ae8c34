#include "aws/rest.h"

#include "aws/endpoint.h"

int rest_object(const struct aws_call *call, struct unum_str *ret, struct unum_err *err)
{
    const char *name = aws_service_row(call->service)->name;
    int rc = json_check(unum_buf_str(&call->x.response), ret, err);
    if (rc == 0 && json_type(*ret) != JSON_OBJECT)
        rc = unum_err_set(err, UNUM_E_PARSE, "the answer is no JSON object");
    if (rc < 0)
        (void)unum_err_wrap(err, "%s %.*s", name, UNUM_STR_ARG(call->operation));
    return rc;
}

struct unum_str rest_decode(struct unum_str value, struct unum_arena *arena)
{
    /* Decoding never makes a text longer than its quoted form. */
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(value.len);
    if (!json_decode(value, &text) || text.failed)
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

struct unum_str rest_text(struct unum_str object, const char *key, struct unum_arena *arena)
{
    struct unum_str value;
    return json_get(object, unum_str_from(key), &value) ? rest_decode(value, arena) : UNUM_STR_NONE;
}

int64_t rest_number(struct unum_str object, const char *key, int64_t otherwise)
{
    struct unum_str value;
    int64_t number;
    return json_get(object, unum_str_from(key), &value) && json_to_i64(value, &number) ? number
                                                                                       : otherwise;
}

int64_t rest_time(struct unum_str object, const char *key, int64_t otherwise)
{
    struct unum_str value;
    double number;
    int64_t whole;
    if (!json_get(object, unum_str_from(key), &value))
        return otherwise;
    if (json_to_i64(value, &whole))
        return whole;
    return json_to_double(value, &number) && number >= 0 && number < 1e15 ? (int64_t)number
                                                                          : otherwise;
}

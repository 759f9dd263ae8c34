#include "aws/lambda_internal.h"
#include "base/limits.h"
#include "crypto/base64.h"

enum { LOG_TAIL = 8 * 1024 };

static const struct invoke_row {
    const char *name;
    size_t most; /* bytes of payload */
    int status;
} invoke_rows[] = {
    [LAMBDA_SYNC] = {"RequestResponse", UNUM_LIMIT_SYNC_PAYLOAD, 200},
    [LAMBDA_EVENT] = {"Event", UNUM_LIMIT_ASYNC_PAYLOAD, 202},
    [LAMBDA_DRY] = {"DryRun", UNUM_LIMIT_SYNC_PAYLOAD, 204},
};

static struct unum_str header(const struct aws_call *call, const char *name,
                              struct unum_arena *arena)
{
    const struct http_header *found = http_headers_get(&call->x.response_headers, name);
    return found ? unum_arena_str(arena, found->value) : UNUM_STR_NONE;
}

static struct unum_str decode_tail(const struct aws_call *call, struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(LOG_TAIL);
    const struct http_header *found =
        http_headers_get(&call->x.response_headers, "X-Amz-Log-Result");
    if (!found || !base64_decode(&text, found->value) || text.failed)
        return UNUM_STR_NONE;
    return unum_arena_str(arena, unum_buf_str(&text));
}

int lambda_invoke(struct aws_client *client, struct unum_str name, enum lambda_invoke_type type,
                  struct unum_str payload, struct unum_arena *arena, struct lambda_answer *ret,
                  struct unum_err *err)
{
    const struct invoke_row *row = &invoke_rows[type];
    struct aws_call UNUM_AUTO(aws_call_done) call = lambda_begin("Invoke", "POST");
    int rc = lambda_check_name(name, err);
    if (rc < 0)
        return rc;
    if (payload.len > row->most)
        return unum_err_set(err, UNUM_E_LIMIT,
                            "the payload for %.*s has %zu bytes, Lambda takes %zu",
                            UNUM_STR_ARG(name), payload.len, row->most);
    call.path = lambda_path(&call, LAMBDA_FUNCTIONS, name, "/invocations");
    call.body = payload;
    call.once = type == LAMBDA_SYNC;
    http_headers_add(&call.headers, &call.x.arena, UNUM_STR("X-Amz-Invocation-Type"),
                     unum_str_from(row->name));
    if (type == LAMBDA_SYNC)
        http_headers_add(&call.headers, &call.x.arena, UNUM_STR("X-Amz-Log-Type"),
                         UNUM_STR("Tail"));
    rc = lambda_send(client, &call, name, err);
    if (rc < 0)
        return rc;
    if (call.status != row->status)
        return unum_err_set(err, UNUM_E_REMOTE, "lambda Invoke: status %d instead of %d",
                            call.status, row->status);
    *ret = (struct lambda_answer){
        .payload = unum_arena_str(arena, unum_buf_str(&call.x.response)),
        .function_error = header(&call, "X-Amz-Function-Error", arena),
        .log_tail = decode_tail(&call, arena),
        .version = header(&call, "X-Amz-Executed-Version", arena),
        .request_id = unum_arena_str(arena, call.request_id),
    };
    return 0;
}

#include "aws/error.h"

#include "base/limits.h"
#include "json/json.h"

enum { MAX_MESSAGE = 1024, MAX_CODE = 128 };

/* One row per code whose class or meaning does not follow from the HTTP status. */
static const struct error_row {
    struct unum_str code;
    int rc;
    enum aws_retry_class retry;
} rows[] = {
#define ROW(name, rc, retry)                                                                       \
    {                                                                                              \
        UNUM_STR_INIT(name), UNUM_E_##rc, AWS_RETRY_##retry                                        \
    }
    ROW("Throttling", THROTTLED, THROTTLED),
    ROW("ThrottlingException", THROTTLED, THROTTLED),
    ROW("ThrottledException", THROTTLED, THROTTLED),
    ROW("RequestThrottled", THROTTLED, THROTTLED),
    ROW("RequestThrottledException", THROTTLED, THROTTLED),
    ROW("TooManyRequestsException", THROTTLED, THROTTLED),
    ROW("ProvisionedThroughputExceededException", THROTTLED, THROTTLED),
    ROW("TransactionInProgressException", THROTTLED, THROTTLED),
    ROW("RequestLimitExceeded", THROTTLED, THROTTLED),
    ROW("BandwidthLimitExceeded", THROTTLED, THROTTLED),
    ROW("LimitExceededException", THROTTLED, THROTTLED),
    ROW("SlowDown", THROTTLED, THROTTLED),
    ROW("PriorRequestNotComplete", THROTTLED, THROTTLED),
    ROW("EC2ThrottledException", THROTTLED, THROTTLED),
    ROW("RequestTimeout", TIMEOUT, TRANSIENT),
    ROW("RequestTimeoutException", TIMEOUT, TRANSIENT),
    ROW("IDPCommunicationError", REMOTE, TRANSIENT),
    ROW("RequestTimeTooSkewed", AUTH, SKEW),
    ROW("RequestExpired", AUTH, SKEW),
    ROW("RequestInTheFuture", AUTH, SKEW),
    ROW("InvalidSignatureException", AUTH, MAYBE_SKEW),
    ROW("SignatureDoesNotMatch", AUTH, MAYBE_SKEW),
    ROW("AuthFailure", AUTH, MAYBE_SKEW),
    ROW("ExpiredToken", AUTH, CREDS),
    ROW("ExpiredTokenException", AUTH, CREDS),
    ROW("TokenRefreshRequired", AUTH, CREDS),
    ROW("InvalidClientTokenId", AUTH, NO),
    ROW("UnrecognizedClientException", AUTH, NO),
    ROW("IncompleteSignature", AUTH, NO),
    ROW("IncompleteSignatureException", AUTH, NO),
    ROW("MissingAuthenticationToken", AUTH, NO),
    ROW("MissingAuthenticationTokenException", AUTH, NO),
    ROW("AccessDenied", DENIED, NO),
    ROW("AccessDeniedException", DENIED, NO),
    ROW("KMSAccessDeniedException", DENIED, NO),
    ROW("UnauthorizedOperation", DENIED, NO),
    ROW("ResourceNotFoundException", NOTFOUND, NO),
    ROW("ConditionalCheckFailedException", EXISTS, NO),
    ROW("ResourceAlreadyExistsException", EXISTS, NO),
    ROW("ResourceInUseException", CONFLICT, NO),
    ROW("ResourceConflictException", CONFLICT, NO),
    ROW("PreconditionFailedException", CONFLICT, NO),
    ROW("TransactionCanceledException", CONFLICT, NO),
    ROW("TransactionConflictException", CONFLICT, NO),
    ROW("UnknownOperationException", UNSUPPORTED, NO),
    ROW("RequestTooLargeException", LIMIT, NO),
    ROW("RequestEntityTooLargeException", LIMIT, NO),
    ROW("ItemCollectionSizeLimitExceededException", LIMIT, NO),
#undef ROW
};

static const struct error_row *find_row(struct unum_str code)
{
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (unum_str_eq(rows[i].code, code))
            return &rows[i];
    }
    return NULL;
}

bool aws_error_is_expiry(struct unum_str code)
{
    const struct error_row *row = find_row(code);
    return (row && row->retry == AWS_RETRY_CREDS) || unum_str_is(code, "RequestExpired");
}

int aws_error_rc(int status, struct unum_str code)
{
    const struct error_row *row = find_row(code);
    if (row)
        return row->rc;
    switch (status) {
    case 401:
        return UNUM_E_AUTH;
    case 403:
        return UNUM_E_DENIED;
    case 404:
        return UNUM_E_NOTFOUND;
    case 409:
        return UNUM_E_CONFLICT;
    case 413:
        return UNUM_E_LIMIT;
    case 429:
        return UNUM_E_THROTTLED;
    default:
        return status >= 400 && status < 500 ? UNUM_E_INVAL : UNUM_E_REMOTE;
    }
}

enum aws_retry_class aws_error_class(int status, struct unum_str code)
{
    const struct error_row *row = find_row(code);
    if (row && row->retry != AWS_RETRY_NO)
        return row->retry;
    if (status == 429)
        return AWS_RETRY_THROTTLED;
    if (status == 500 || status == 502 || status == 503 || status == 504)
        return AWS_RETRY_TRANSIENT;
    return AWS_RETRY_NO;
}

/* "namespace#Code", "Code:http://..." */
static struct unum_str bare_code(struct unum_str code)
{
    size_t hash = unum_str_rfind(code, '#');
    if (hash != SIZE_MAX)
        code = unum_str_from_pos(code, hash + 1);
    return unum_str_trim(unum_str_slice(code, 0, unum_str_find(code, ':')));
}

static struct unum_str member(struct unum_str object, const char *const *names, size_t len,
                              struct unum_arena *arena)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    struct unum_str value;
    for (size_t i = 0; i < len; i++) {
        if (json_get(object, unum_str_from(names[i]), &value) && json_decode(value, &text))
            return unum_arena_str(arena, unum_buf_str(&text));
    }
    return UNUM_STR("");
}

/* At most `max` bytes of the first line (whole characters), blanks for control characters. The rest
 * of an answer about a signature repeats the request, session token included: it must not get into
 * messages. */
static struct unum_str first_line(struct unum_str text, size_t max, struct unum_arena *arena)
{
    text = unum_str_trim(text);
    size_t end = 0;
    while (end < text.len && text.ptr[end] != '\n') {
        size_t len = unum_utf8_length(unum_str_from_pos(text, end));
        if (!len)
            len = 1;
        if (end + len > max)
            break;
        end += len;
    }
    struct unum_str line = unum_arena_str(arena, unum_str_slice(text, 0, end));
    char *copy = unum_arena_alloc(arena, line.len + 1);
    for (size_t i = 0; i < line.len; i++)
        copy[i] = (char)((unsigned char)line.ptr[i] < ' ' ? ' ' : line.ptr[i]);
    return unum_str_trim(unum_str_of(copy, line.len));
}

/* The text of <name>...</name>: some refusals of gateways before a JSON service are XML. */
static struct unum_str element(struct unum_str xml, struct unum_str open, struct unum_str close)
{
    size_t at = unum_str_search(xml, open);
    if (at == SIZE_MAX)
        return UNUM_STR("");
    struct unum_str rest = unum_str_from_pos(xml, at + open.len);
    size_t end = unum_str_search(rest, close);
    return end == SIZE_MAX ? UNUM_STR("") : unum_str_slice(rest, 0, end);
}

void aws_error_read(struct http_exchange *x, struct aws_error *ret)
{
    static const char *const code_names[] = {"__type", "code", "Code"};
    static const char *const message_names[] = {"message", "Message", "errorMessage"};
    const struct http_header *type = http_headers_get(&x->response_headers, "x-amzn-errortype");
    struct unum_str body = unum_buf_str(&x->response), json;
    struct aws_error error = {0};
    if (type)
        error.code = bare_code(type->value);
    if (json_check(body, &json, NULL) == 0) {
        if (!error.code.len)
            error.code = bare_code(member(json, code_names, UNUM_COUNT(code_names), &x->arena));
        error.message = member(json, message_names, UNUM_COUNT(message_names), &x->arena);
    } else {
        if (!error.code.len)
            error.code = bare_code(element(body, UNUM_STR("<Code>"), UNUM_STR("</Code>")));
        error.message = element(body, UNUM_STR("<Message>"), UNUM_STR("</Message>"));
    }
    aws_error_set(ret, error.code, error.message, &x->arena);
}

void aws_error_set(struct aws_error *error, struct unum_str code, struct unum_str message,
                   struct unum_arena *arena)
{
    error->code = first_line(code, MAX_CODE, arena);
    error->message = first_line(message, MAX_MESSAGE, arena);
}

struct unum_str aws_request_id(const struct http_headers *headers)
{
    static const char *const names[] = {"x-amzn-requestid", "x-amz-request-id",
                                        "x-amzn-request-id"};
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        const struct http_header *header = http_headers_get(headers, names[i]);
        if (header)
            return header->value;
    }
    return UNUM_STR("");
}

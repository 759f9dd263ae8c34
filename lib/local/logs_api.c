/*
 * The calls of CloudWatch Logs that `unum logs` and people use to look around.
 * Source: CloudWatch Logs API reference: FilterLogEvents, GetLogEvents, DescribeLogGroups,
 * DescribeLogStreams. Filter patterns: terms that must all occur (quoted or not), as the filter
 * pattern syntax for unstructured events has them; "?" and "-" forms and JSON selectors are
 * refused.
 */
#include "local/logs_api.h"

#include "base/alloc.h"
#include "json/json.h"

#define MAX_EVENTS 10000
#define MAX_BYTES  (1 * UNUM_MB)

struct logs_query {
    struct door_request *req;
    struct json_writer w;
    struct unum_str function, stream; /* stream: empty: any */
    UNUM_VEC(struct unum_str) terms;
    int64_t from_ms, until_ms, limit, after;
    int64_t count;
    uint64_t last;
    bool more, from_tail;
};

static bool text_of(struct door_request *req, struct unum_str object, const char *name,
                    struct unum_str *ret)
{
    struct unum_str value;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_ERROR_TEXT);
    if (!json_get(object, unum_str_from(name), &value) || !json_decode(value, &text))
        return false;
    *ret = unum_arena_str(&req->arena, unum_buf_str(&text));
    return true;
}

static int64_t number_of(struct unum_str object, const char *name, int64_t otherwise)
{
    struct unum_str value;
    int64_t number;
    if (json_get(object, unum_str_from(name), &value) && json_to_i64(value, &number))
        return number;
    return otherwise;
}

static void stream_name(const struct local_log_line *line, struct unum_buf *out)
{
    struct unum_civil day = unum_civil_of(line->at_ms);
    unum_buf_printf(out, "%04d/%02d/%02d/[$LATEST]%.*s", day.year, day.month, day.day,
                    UNUM_STR_ARG(line->process));
}

static bool matches(const struct logs_query *query, const struct local_log_line *line)
{
    if (query->stream.len && !unum_str_ends(query->stream, line->process))
        return false;
    for (size_t i = 0; i < query->terms.len; i++) {
        if (unum_str_search(line->text, query->terms.at[i]) == SIZE_MAX)
            return false;
    }
    return true;
}

static bool write_event(void *cookie, const struct local_log_line *line)
{
    struct logs_query *query = cookie;
    if (!matches(query, line))
        return true;
    if (query->count >= query->limit || query->req->answer.body.len > MAX_BYTES) {
        query->more = true;
        return false;
    }
    query->count++;
    query->last = line->id;
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
    stream_name(line, &text);
    struct json_writer *w = &query->w;
    json_object_begin(w);
    json_key(w, "logStreamName");
    json_string(w, unum_buf_str(&text));
    json_key(w, "timestamp");
    json_int(w, line->at_ms);
    json_key(w, "message");
    json_string(w, line->text);
    json_key(w, "ingestionTime");
    json_int(w, line->at_ms);
    json_key(w, "eventId");
    unum_buf_clear(&text);
    unum_buf_addu(&text, line->id);
    json_string(w, unum_buf_str(&text));
    json_object_end(w);
    return true;
}

/* False: an error was answered. */
static bool parse_pattern(struct logs_query *query, struct unum_str pattern)
{
    pattern = unum_str_trim(pattern);
    while (pattern.len > 0) {
        char c = pattern.ptr[0];
        bool quoted = c == '"';
        if (c == '{' || c == '[' || c == '?' || c == '-' || c == '%') {
            door_error(query->req, 400, "InvalidParameterException",
                       "the local platform's filter patterns are terms that must all occur");
            return false;
        }
        if (quoted)
            pattern = unum_str_from_pos(pattern, 1);
        size_t end = unum_str_find(pattern, quoted ? '"' : ' ');
        *unum_vec_push(&query->terms) = unum_str_slice(pattern, 0, end);
        pattern =
            end < pattern.len ? unum_str_trim(unum_str_from_pos(pattern, end + 1)) : UNUM_STR_NONE;
    }
    return true;
}

static bool find_group(struct logs_query *query, struct unum_str body)
{
    struct unum_str group = UNUM_STR_NONE, prefix = UNUM_STR(LOGS_OF_FUNCTIONS);
    if (!text_of(query->req, body, "logGroupName", &group) &&
        text_of(query->req, body, "logGroupIdentifier", &group)) {
        size_t at = unum_str_search(group, UNUM_STR(LOGS_OF_FUNCTIONS)); /* an ARN */
        group = unum_str_from_pos(group, at == SIZE_MAX ? 0 : at);
    }
    query->function = unum_str_from_pos(group, prefix.len);
    /* A group that was made for something else is there, and has no lines. */
    if ((unum_str_starts(group, prefix) &&
         local_function_find(query->req->local, query->function)) ||
        unum_map_has(&query->req->local->groups, group))
        return true;
    door_error(query->req, 400, "ResourceNotFoundException",
               "The specified log group does not exist: \"%.*s\"; there is one " LOGS_OF_FUNCTIONS
               "<function> per function",
               UNUM_STR_ARG(group));
    return false;
}

static bool begin(struct logs_query *query, struct unum_str body)
{
    struct unum_str text;
    if (!find_group(query, body))
        return false;
    query->from_ms = number_of(body, "startTime", 0);
    query->until_ms = number_of(body, "endTime", 0);
    query->limit = number_of(body, "limit", MAX_EVENTS);
    if (query->limit < 1 || query->limit > MAX_EVENTS) {
        door_error(query->req, 400, "InvalidParameterException", "limit must be 1 to %d",
                   MAX_EVENTS);
        return false;
    }
    if (text_of(query->req, body, "nextToken", &text)) {
        struct unum_str digits =
            unum_str_starts(text, UNUM_STR("f/")) ? unum_str_from_pos(text, 2) : text;
        if (!unum_str_to_i64(digits, &query->after)) {
            door_error(query->req, 400, "InvalidParameterException",
                       "The specified nextToken is invalid.");
            return false;
        }
        query->last = (uint64_t)query->after;
    }
    return true;
}

/* False: an error was answered. */
static bool write_events(struct logs_query *query)
{
    const struct local_log_query rows = {
        .function = query->function,
        .from_ms = query->from_ms,
        /* endTime of FilterLogEvents is inclusive. */
        .until_ms = query->until_ms > 0 ? query->until_ms + 1 : 0,
        .after_id = (uint64_t)query->after,
    };
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    query->w = (struct json_writer)JSON_WRITER(&query->req->answer.body);
    json_object_begin(&query->w);
    json_key(&query->w, "events");
    json_array_begin(&query->w);
    if (local_logs(query->req->local, &rows, write_event, query, &err)) {
        door_error(query->req, 500, "ServiceUnavailableException", "%s", unum_err_text(&err));
        return false;
    }
    json_array_end(&query->w);
    return true;
}

static void end(struct logs_query *query)
{
    json_object_end(&query->w);
    query->req->answer.status = 200;
    query->req->answer.content_type = "application/x-amz-json-1.1";
    door_answer(query->req);
}

static void filter_call(struct logs_query *query, struct unum_str body)
{
    struct unum_str pattern;
    if (!begin(query, body) ||
        (text_of(query->req, body, "filterPattern", &pattern) && !parse_pattern(query, pattern)))
        return;
    struct unum_str names, name;
    if (json_get(body, UNUM_STR("logStreamNames"), &names) && json_at(names, 0, &name)) {
        if (json_count(names) > 1) {
            door_error(query->req, 400, "InvalidParameterException",
                       "the local platform filters by one log stream at most");
            return;
        }
        struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_KB);
        if (json_decode(name, &text))
            query->stream = unum_arena_str(&query->req->arena, unum_buf_str(&text));
    }
    if (!write_events(query))
        return;
    json_key(&query->w, "searchedLogStreams");
    json_array_begin(&query->w);
    json_array_end(&query->w);
    if (query->more) {
        struct unum_str token =
            unum_arena_printf(&query->req->arena, "%llu", (unsigned long long)query->last);
        json_key(&query->w, "nextToken");
        json_string(&query->w, token);
    }
    end(query);
}

static void get_events_call(struct logs_query *query, struct unum_str body)
{
    if (!begin(query, body))
        return;
    if (!text_of(query->req, body, "logStreamName", &query->stream)) {
        door_error(query->req, 400, "InvalidParameterException", "logStreamName is missing");
        return;
    }
    if (!write_events(query))
        return;
    struct unum_str token =
        unum_arena_printf(&query->req->arena, "f/%llu", (unsigned long long)query->last);
    json_key(&query->w, "nextForwardToken");
    json_string(&query->w, token);
    json_key(&query->w, "nextBackwardToken");
    json_string(&query->w, UNUM_STR("f/0"));
    end(query);
}

struct stream_list {
    struct logs_query *query;
    struct unum_map seen; /* name -> itself */
};

static bool write_stream(void *cookie, const struct local_log_line *line)
{
    struct stream_list *list = cookie;
    struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
    stream_name(line, &name);
    if (unum_map_has(&list->seen, unum_buf_str(&name)))
        return true;
    (void)unum_map_set(&list->seen, unum_buf_str(&name), list);
    struct json_writer *w = &list->query->w;
    json_object_begin(w);
    json_key(w, "logStreamName");
    json_string(w, unum_buf_str(&name));
    json_key(w, "firstEventTimestamp");
    json_int(w, line->at_ms);
    json_object_end(w);
    return true;
}

static void streams_call(struct logs_query *query, struct unum_str body)
{
    if (!find_group(query, body))
        return;
    struct stream_list list = {.query = query};
    query->w = (struct json_writer)JSON_WRITER(&query->req->answer.body);
    json_object_begin(&query->w);
    json_key(&query->w, "logStreams");
    json_array_begin(&query->w);
    const struct local_log_query rows = {.function = query->function};
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    int rc = local_logs(query->req->local, &rows, write_stream, &list, &err);
    unum_map_done(&list.seen);
    if (rc) {
        door_error(query->req, 500, "ServiceUnavailableException", "%s", unum_err_text(&err));
        return;
    }
    json_array_end(&query->w);
    end(query);
}

/* False: an error was answered. */
bool logs_body(struct door_request *req, struct unum_str *ret)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (json_check(req->body, ret, &err) == 0 && json_type(*ret) == JSON_OBJECT)
        return true;
    door_error(req, 400, "SerializationException", "%s", unum_err_text(&err));
    return false;
}

static void serve(struct door_request *req,
                  void (*call)(struct logs_query *query, struct unum_str body))
{
    struct logs_query query = {.req = req};
    struct unum_str body;
    if (!logs_body(req, &body))
        return;
    call(&query, body);
    unum_vec_done(&query.terms);
}

void logs_filter_call(struct door_request *req)
{
    serve(req, filter_call);
}

void logs_get_events_call(struct door_request *req)
{
    serve(req, get_events_call);
}

void logs_describe_streams_call(struct door_request *req)
{
    serve(req, streams_call);
}

#include "aws/log_events.h"

#include <string.h>

#include "aws/rest.h"
#include "base/limits.h"

enum {
    PARALLEL = 5, /* FilterLogEvents is limited to 5 to 25 requests per second, by region */
    REQUEST = 64 * 1024,
};

/* ---- requests ---- */

static void write_text(struct json_writer *w, const char *key, struct unum_str text)
{
    if (!text.len)
        return;
    json_key(w, key);
    json_string(w, text);
}

static void write_query(const struct log_query *query, struct unum_buf *body)
{
    struct json_writer w = JSON_WRITER(body);
    json_object_begin(&w);
    write_text(&w, "logGroupName", query->group);
    if (query->from_ms > 0) {
        json_key(&w, "startTime");
        json_int(&w, query->from_ms);
    }
    if (query->until_ms > 0) {
        json_key(&w, "endTime"); /* events at this time are part of the answer */
        json_int(&w, query->until_ms - 1);
    }
    write_text(&w, "filterPattern", query->pattern);
    write_text(&w, "nextToken", query->token);
    if (query->limit) {
        json_key(&w, "limit");
        json_int(&w, (int64_t)query->limit);
    }
    json_object_end(&w);
}

static struct unum_str without_line_end(struct unum_str text)
{
    while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* CloudWatch gives a text, others a number or nothing: then time and content have to do. */
static struct unum_str event_id(struct unum_str object, const struct log_event *event,
                                struct unum_arena *arena)
{
    struct unum_str value;
    struct unum_str id = rest_text(object, "eventId", arena);
    if (id.len)
        return id;
    if (json_get(object, UNUM_STR("eventId"), &value) && json_type(value) == JSON_NUMBER)
        return unum_arena_str(arena, value);
    return unum_arena_printf(arena, "%.*s %lld %llx", UNUM_STR_ARG(event->stream),
                             (long long)event->at_ms,
                             (unsigned long long)unum_str_hash(event->message));
}

static int read_page(const struct aws_call *call, struct unum_arena *arena, log_event_list *events,
                     struct unum_str *ret_token, struct unum_err *err)
{
    struct unum_str object = UNUM_STR_NONE, list, value;
    int rc = rest_object(call, &object, err);
    if (rc < 0)
        return rc;
    if (!json_get(object, UNUM_STR("events"), &list) || json_type(list) != JSON_ARRAY)
        return unum_err_set(err, UNUM_E_PARSE, "logs FilterLogEvents: an answer without events");
    struct json_iter iter = json_iter(list);
    while (json_next(&iter, NULL, &value)) {
        struct log_event event = {
            .stream = rest_text(value, "logStreamName", arena),
            .message = without_line_end(rest_text(value, "message", arena)),
            .at_ms = rest_time(value, "timestamp", -1),
            .ingested_ms = rest_time(value, "ingestionTime", 0),
        };
        if (event.at_ms < 0)
            return unum_err_set(err, UNUM_E_PARSE,
                                "logs FilterLogEvents: an event without timestamp");
        event.id = event_id(value, &event, arena);
        *unum_vec_push(events) = event;
    }
    *ret_token = rest_text(object, "nextToken", arena);
    return 0;
}

int log_events_page(struct aws_client *client, const struct log_query *query,
                    struct unum_arena *arena, log_event_list *events, struct unum_str *ret_token,
                    struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(REQUEST);
    write_query(query, &body);
    if (body.failed)
        return unum_err_set(err, UNUM_E_LIMIT, "the filter for the log is too long");
    struct aws_call UNUM_AUTO(aws_call_done) call = {
        .service = AWS_LOGS, .operation = UNUM_STR("FilterLogEvents"), .body = unum_buf_str(&body)};
    int rc = aws_call_one(client, &call, err);
    return rc < 0 ? rc : read_page(&call, arena, events, ret_token, err);
}

/* ---- groups ---- */

struct group_list {
    struct unum_arena *arena;
    UNUM_VEC(struct log_group) found;
};

static int groups_page(struct aws_client *client, struct unum_str prefix, struct group_list *l,
                       struct unum_str *token, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(REQUEST);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str object = UNUM_STR_NONE, list, value;
    json_object_begin(&w);
    write_text(&w, "logGroupNamePrefix", prefix);
    write_text(&w, "nextToken", *token);
    json_object_end(&w);
    struct aws_call UNUM_AUTO(aws_call_done) call = {.service = AWS_LOGS,
                                                     .operation = UNUM_STR("DescribeLogGroups"),
                                                     .body = unum_buf_str(&body)};
    int rc = aws_call_one(client, &call, err);
    if (rc == 0)
        rc = rest_object(&call, &object, err);
    if (rc < 0)
        return rc;
    if (!json_get(object, UNUM_STR("logGroups"), &list) || json_type(list) != JSON_ARRAY)
        return unum_err_set(err, UNUM_E_PARSE,
                            "logs DescribeLogGroups: an answer without "
                            "logGroups");
    struct json_iter iter = json_iter(list);
    while (json_next(&iter, NULL, &value)) {
        if (l->found.len >= LOG_MAX_GROUPS)
            return unum_err_set(err, UNUM_E_LIMIT, "there are more than %d log groups",
                                LOG_MAX_GROUPS);
        *unum_vec_push(&l->found) = (struct log_group){
            rest_text(value, "logGroupName", l->arena), rest_text(value, "arn", l->arena),
            rest_number(value, "storedBytes", 0), rest_number(value, "retentionInDays", 0)};
    }
    *token = rest_text(object, "nextToken", l->arena);
    return 0;
}

int log_groups(struct aws_client *client, struct unum_str prefix, struct unum_arena *arena,
               struct log_group **ret, size_t *ret_len, struct unum_err *err)
{
    struct group_list l = {.arena = arena};
    struct unum_str token = UNUM_STR_NONE;
    int rc = 0;
    for (size_t page = 0; rc == 0 && (page == 0 || token.len); page++) {
        rc = page > LOG_MAX_GROUPS
                 ? unum_err_set(err, UNUM_E_LIMIT, "logs DescribeLogGroups does not end")
                 : groups_page(client, prefix, &l, &token, err);
    }
    if (rc == 0) {
        *ret = unum_arena_array(arena, l.found.len, sizeof(**ret));
        if (l.found.len)
            memcpy(*ret, l.found.at, l.found.len * sizeof(**ret));
        *ret_len = l.found.len;
    }
    unum_vec_done(&l.found);
    return rc;
}

/* ---- feeds ---- */

void log_feed_init(struct log_feed *feed, struct unum_str group, int64_t from_ms)
{
    *feed = (struct log_feed){.group = group, .next_ms = from_ms > 0 ? from_ms : 0};
}

void log_feed_done(struct log_feed *feed)
{
    unum_map_done(&feed->seen);
    unum_arena_done(&feed->memory);
    *feed = (struct log_feed){0};
}

/* Times are kept where a map keeps its pointers. */
static void *as_value(int64_t at_ms)
{
    return (void *)(uintptr_t)(at_ms + 1); // NOLINT(performance-no-int-to-ptr): never followed
}

/* What the next round asks for again is kept in mind, everything older is forgotten. */
static void end_round(struct log_feed *feed)
{
    int64_t from_ms = feed->newest_ms - LOG_OVERLAP_MS;
    feed->reading = false;
    feed->token = UNUM_STR_NONE;
    unum_arena_reset(&feed->memory);
    if (from_ms > feed->next_ms)
        feed->next_ms = from_ms;
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&feed->seen, entry))) {
        if ((int64_t)(uintptr_t)entry->value - 1 < feed->next_ms)
            (void)unum_map_remove(&feed->seen, entry->key);
    }
}

struct round {
    struct aws_client *client;
    bool (*each)(void *cookie, struct log_feed *feed, const struct log_event *event);
    void *cookie;
    bool stopped;
};

/* How far the log is read with this event. One that a function dates into the future (two hours are
 * taken) must not hide what comes until then. */
static int64_t reached(const struct log_event *event)
{
    return event->ingested_ms > 0 && event->ingested_ms < event->at_ms ? event->ingested_ms
                                                                       : event->at_ms;
}

static int pass_on(struct round *r, struct log_feed *feed, const struct aws_call *call,
                   struct unum_err *err)
{
    struct unum_arena UNUM_AUTO_ARENA arena = UNUM_ARENA_INIT;
    log_event_list events = {0};
    struct unum_str token = UNUM_STR_NONE;
    int rc = read_page(call, &arena, &events, &token, err);
    for (size_t i = 0; rc == 0 && i < events.len; i++) {
        const struct log_event *event = &events.at[i];
        bool known = unum_map_set(&feed->seen, event->id, as_value(event->at_ms)) != NULL;
        if (reached(event) > feed->newest_ms)
            feed->newest_ms = reached(event);
        if (!known && !r->stopped)
            r->stopped = !r->each(r->cookie, feed, event);
    }
    unum_vec_done(&events);
    if (rc < 0)
        return rc;
    feed->missing = false;
    if (token.len) {
        unum_arena_reset(&feed->memory);
        feed->token = unum_arena_str(&feed->memory, token);
    } else {
        end_round(feed);
    }
    return 0;
}

/* One page of each of some feeds, concurrently. */
static int read_some(struct round *r, struct log_feed **feeds, size_t count, struct unum_err *err)
{
    struct aws_call calls[PARALLEL] = {{0}};
    struct aws_call *list[PARALLEL];
    struct unum_buf bodies[PARALLEL];
    struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
    for (size_t i = 0; i < count; i++) {
        const struct log_query query = {.group = feeds[i]->group,
                                        .from_ms = feeds[i]->next_ms,
                                        .until_ms = feeds[i]->until_ms,
                                        .pattern = feeds[i]->pattern,
                                        .token = feeds[i]->token};
        bodies[i] = (struct unum_buf)UNUM_BUF_INIT(REQUEST);
        write_query(&query, &bodies[i]);
        calls[i] = (struct aws_call){.service = AWS_LOGS,
                                     .operation = UNUM_STR("FilterLogEvents"),
                                     .body = unum_buf_str(&bodies[i])};
        list[i] = &calls[i];
    }
    int first = aws_call_all(r->client, list, count, &failure), rc = 0;
    for (size_t i = 0; i < count; i++) {
        if (calls[i].rc == UNUM_E_NOTFOUND) {
            feeds[i]->missing = true;
            end_round(feeds[i]);
        } else if (calls[i].rc < 0 && rc == 0) {
            rc = first == calls[i].rc
                     ? unum_err_set(err, calls[i].rc, "%s", unum_err_text(&failure))
                     : unum_err_set(err, calls[i].rc, "logs FilterLogEvents: %.*s",
                                    UNUM_STR_ARG(calls[i].code));
        } else if (calls[i].rc == 0) {
            int passed = pass_on(r, feeds[i], &calls[i], rc == 0 ? err : NULL);
            rc = rc == 0 ? passed : rc;
        }
        aws_call_done(&calls[i]);
        unum_buf_done(&bodies[i]);
    }
    return rc;
}

/* A round that was broken off (throttled) goes on where it was. */
static void begin_round(struct log_feed *feeds, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= feeds[i].reading;
    for (size_t i = 0; !any && i < count; i++)
        feeds[i].reading = true;
}

static size_t choose(struct log_feed *feeds, size_t count, struct log_feed **some)
{
    size_t chosen = 0;
    for (size_t i = 0; i < count && chosen < PARALLEL; i++) {
        if (feeds[i].reading)
            some[chosen++] = &feeds[i];
    }
    return chosen;
}

int log_feeds_read(struct aws_client *client, struct log_feed *feeds, size_t count,
                   bool (*each)(void *cookie, struct log_feed *feed, const struct log_event *event),
                   void *cookie, struct unum_err *err)
{
    struct round r = {.client = client, .each = each, .cookie = cookie};
    begin_round(feeds, count);
    for (size_t page = 0; page < LOG_MAX_PAGES && !r.stopped; page++) {
        struct log_feed *some[PARALLEL];
        size_t chosen = choose(feeds, count, some);
        if (!chosen)
            return 0;
        int rc = read_some(&r, some, chosen, err);
        if (rc < 0)
            return rc;
    }
    return r.stopped ? 0 : unum_err_set(err, UNUM_E_LIMIT, "logs FilterLogEvents does not end");
}

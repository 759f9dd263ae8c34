/*
 * log_events: reading CloudWatch Logs.
 *
 * A feed is one log group that is read again and again without losing what arrives late: every
 * round asks for the last ten seconds once more and passes over what was there before (by event
 * id). A group that does not exist yet is empty. Throttling makes the rounds slower, never wrong.
 * Source: CloudWatch Logs API reference, FilterLogEvents and DescribeLogGroups.
 */
#ifndef UNUM_AWS_LOG_EVENTS_H
#define UNUM_AWS_LOG_EVENTS_H

#include "aws/client.h"
#include "base/map.h"
#include "base/vec.h"

struct log_event {
    struct unum_str id, stream, message; /* message: without the line end, if it has one */
    int64_t at_ms, ingested_ms;
};

struct log_query {
    struct unum_str group;
    int64_t from_ms, until_ms; /* from <= time < until; until 0: no end */
    struct unum_str pattern;   /* filter pattern; empty: everything */
    struct unum_str token;     /* of the page before; empty: the first one */
    size_t limit;              /* events at most; 0: as many as the service gives (10,000) */
};

enum {
    LOG_OVERLAP_MS = 10 * 1000, /* how late an event may arrive and is still seen */
    LOG_MAX_GROUPS = 10000,
    LOG_MAX_PAGES = 100000, /* of one round: ends a service that never stops giving tokens */
};

/* One page; events are appended to *events, texts live in `arena`. *ret_token is empty after the
 * last page. NOTFOUND: there is no such group. */
typedef UNUM_VEC(struct log_event) log_event_list;
UNUM_CHECKED int log_events_page(struct aws_client *client, const struct log_query *query,
                                 struct unum_arena *arena, log_event_list *events,
                                 struct unum_str *ret_token, struct unum_err *err);

struct log_group {
    struct unum_str name, arn;
    int64_t stored_bytes, retention_days; /* retention_days 0: for ever */
};
/* All groups whose name starts with `prefix`, every page; *ret is an array in the arena. */
UNUM_CHECKED int log_groups(struct aws_client *client, struct unum_str prefix,
                            struct unum_arena *arena, struct log_group **ret, size_t *ret_len,
                            struct unum_err *err);

struct log_feed {
    struct unum_str group;    /* borrowed */
    struct unum_str pattern;  /* borrowed */
    void *cookie;             /* the caller's */
    int64_t next_ms;          /* the round to come asks from here on */
    int64_t until_ms;         /* 0: no end */
    bool missing;             /* in the latest round there was no such group */
    bool reading;             /* pages of this round are left */
    struct unum_str token;    /* of the page to come */
    struct unum_arena memory; /* of the token */
    int64_t newest_ms;        /* of all events seen */
    struct unum_map seen;     /* event id -> its time, of the overlap */
};
void log_feed_init(struct log_feed *feed, struct unum_str group, int64_t from_ms);
void log_feed_done(struct log_feed *feed);

/* One round over all feeds: every page of what is new, five groups at a time. Calls `each` per
 * event; its texts are valid until it returns, and within a page events come as the service gives
 * them. `each` returning false ends the round (0 is returned). THROTTLED: ask again later, nothing
 * is lost; what was passed on is not passed on again. */
UNUM_CHECKED int log_feeds_read(struct aws_client *client, struct log_feed *feeds, size_t count,
                                bool (*each)(void *cookie, struct log_feed *feed,
                                             const struct log_event *event),
                                void *cookie, struct unum_err *err);

#endif

/*
 * log_order: log lines of many functions in the order in which one thing led to another.
 *
 * What is known of a line beside its time: the lines of one log stream are in order; the runtime's
 * JSON lines say which invocation is of which session and instance, and a line with "children" says
 * which instances are started after it. A line is never put before one that led to it, whatever the
 * clocks of two machines and the arrival at the log service say; otherwise time decides.
 */
#ifndef UNUM_RUNS_LOG_ORDER_H
#define UNUM_RUNS_LOG_ORDER_H

#include "base/arena.h"
#include "base/map.h"

struct log_line {
    int64_t at_ms;
    struct unum_str function, stream, text;
    struct unum_str request_id, session, instance; /* empty: not known (yet) */
    struct unum_str children;                      /* JSON array of instances; or empty */
    bool platform;   /* Lambda's own line about an invocation: START, END, REPORT */
    bool ends;       /* the last one of its invocation */
    uint64_t serial; /* the caller's: order of arrival */
};

/* What is remembered between lines: which invocation a stream is in, whose session it is. */
struct log_trace {
    struct unum_arena arena;
    struct unum_map streams;  /* "<function>\n<stream>" -> request id (struct unum_str *) */
    struct unum_map requests; /* request id -> struct log_owner */
};
void log_trace_done(struct log_trace *trace);
/* Fill request_id, session, instance, children, platform and ends from the text and what is
 * remembered. Lines of one stream must come in order. */
void log_trace_add(struct log_trace *trace, struct log_line *line);
/* Session and instance of a line added before, if another line of its invocation has told them by
 * now. False: still unknown. */
bool log_trace_resolve(const struct log_trace *trace, struct log_line *line);

/* Sort. `arena` for what is needed meanwhile. */
void log_order(struct log_line *lines, size_t len, struct unum_arena *arena);

#endif

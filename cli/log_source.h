/*
 * log_source: where log lines come from: the platform of this machine, or CloudWatch Logs of an
 * account. Both give lines with function, stream, invocation, session and instance as far as known.
 */
#ifndef UNUM_CLI_LOG_SOURCE_H
#define UNUM_CLI_LOG_SOURCE_H

#include "connection.h"
#include "runs/log_order.h"

struct log_span {
    int64_t from_ms, until_ms; /* until 0: no end */
};

struct log_source;
/* The state file of this machine. UNSUPPORTED with a way out if it is kept in memory. */
UNUM_CHECKED int log_source_local(const struct program *p, const struct log_span *span,
                                  struct log_source **ret, struct unum_err *err);
/* The log groups of the nodes (names of functions without the application's) with the account;
 * their LoggingConfig is honoured. NOTFOUND if none of them is deployed. */
UNUM_CHECKED int log_source_account(struct connection *c, struct program *p,
                                    const struct unum_str *nodes, size_t nodes_len,
                                    const struct log_span *span, struct log_source **ret,
                                    struct unum_err *err);
void log_source_free(struct log_source *source);

/* What is new since the last call, in order of arrival; texts live in the source. The list is the
 * caller's. THROTTLED: what came is in the list, ask again later. LIMIT above LOG_SOURCE_MAX lines.
 */
enum { LOG_SOURCE_MAX = 1000000 };
typedef UNUM_VEC(struct log_line) log_line_list;
UNUM_CHECKED int log_source_read(struct log_source *source, log_line_list *lines,
                                 struct unum_err *err);
/* Session and instance of a line that was read before, if they are known by now. */
bool log_source_resolve(const struct log_source *source, struct log_line *line);
/* How long to wait between two calls while following. */
int64_t log_source_pause_ms(const struct log_source *source);

#endif

/*
 * log: where messages about progress and trouble go. Library code logs at debug level only; what
 * a user must see travels in an err or a diagnostic and is printed once, by the program.
 */
#ifndef UNUM_BASE_LOG_H
#define UNUM_BASE_LOG_H

#include "base/str.h"

enum unum_log_level { UNUM_LOG_DEBUG, UNUM_LOG_INFO, UNUM_LOG_WARN, UNUM_LOG_ERROR };

struct unum_log {
    enum unum_log_level least; /* lower levels are dropped before formatting */
    void *cookie;
    void (*write)(void *cookie, enum unum_log_level level, struct unum_str line);
};

const char *unum_log_level_name(enum unum_log_level level); /* "debug" */
/* NULL `log` drops everything. Lines are cut at UNUM_LIMIT_LOG_LINE. */
void unum_logf(const struct unum_log *log, enum unum_log_level level, const char *format, ...)
    UNUM_PRINTF(3, 4);

#endif

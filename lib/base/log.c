#include "base/log.h"

#include <stdarg.h>

#include "base/buf.h"
#include "base/limits.h"

const char *unum_log_level_name(enum unum_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return names[level];
}

void unum_logf(const struct unum_log *log, enum unum_log_level level, const char *format, ...)
{
    if (!log || !log->write || level < log->least)
        return;
    struct unum_buf UNUM_AUTO_BUF line = UNUM_BUF_INIT(UNUM_LIMIT_LOG_LINE);
    va_list args;
    va_start(args, format);
    unum_buf_vprintf(&line, format, args);
    va_end(args);
    log->write(log->cookie, level, unum_buf_str(&line));
}

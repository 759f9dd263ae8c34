#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/limits.h"

static const struct rc_row {
    int rc;
    const char *name, *text;
    bool retryable;
    int exit_code;
} rc_rows[] = {
#define UNUM_RC_ROW(name, value, text, retryable, exit_code)                                       \
    {value, #name, text, retryable, exit_code},
    UNUM_RC_TABLE(UNUM_RC_ROW)
#undef UNUM_RC_ROW
};

static const struct rc_row *row_of(int rc)
{
    for (size_t i = 0; i < UNUM_COUNT(rc_rows); i++) {
        if (rc_rows[i].rc == rc)
            return &rc_rows[i];
    }
    return NULL;
}

const char *unum_rc_name(int rc)
{
    const struct rc_row *row = row_of(rc);
    return row ? row->name : "OK";
}

const char *unum_rc_text(int rc)
{
    const struct rc_row *row = row_of(rc);
    return row ? row->text : "no error";
}

bool unum_rc_retryable(int rc)
{
    const struct rc_row *row = row_of(rc);
    return row && row->retryable;
}

int unum_rc_exit_code(int rc)
{
    const struct rc_row *row = row_of(rc);
    if (row)
        return row->exit_code;
    return rc == 0 ? 0 : 1;
}

void unum_err_done(struct unum_err *err)
{
    free(err->msg);
    free(err->hint);
    *err = (struct unum_err)UNUM_ERR_INIT;
}

void unum_err_clear(struct unum_err *err)
{
    if (err)
        unum_err_done(err);
}

char *unum_err_format(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int need = vsnprintf(NULL, 0, format, again);
    va_end(again);
    size_t size = need < 0 ? 1 : (size_t)need + 1;
    if (size > UNUM_LIMIT_ERROR_TEXT)
        size = UNUM_LIMIT_ERROR_TEXT;
    char *text = unum_alloc(size);
    vsnprintf(text, size, format, args);
    return text;
}

static UNUM_PRINTF(1, 2) char *format_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = unum_err_format(format, args);
    va_end(args);
    return text;
}

int unum_err_set(struct unum_err *err, int rc, const char *format, ...)
{
    if (!err)
        return rc;
    va_list args;
    va_start(args, format);
    char *msg = unum_err_format(format, args); /* before clearing: it may quote the old message */
    va_end(args);
    unum_err_done(err);
    err->rc = rc;
    err->msg = msg;
    return rc;
}

static int rc_of_errno(int sys_errno)
{
    switch (sys_errno) {
    case ENOENT:
    case ENOTDIR:
        return UNUM_E_NOTFOUND;
    case EEXIST:
        return UNUM_E_EXISTS;
    case EACCES:
    case EPERM:
        return UNUM_E_IO; /* a file's permission, not credentials */
    case ETIMEDOUT:
        return UNUM_E_TIMEOUT;
    case EINTR:
        return UNUM_E_CANCELLED;
    default:
        return UNUM_E_IO;
    }
}

int unum_err_sys(struct unum_err *err, int sys_errno, const char *format, ...)
{
    int rc = rc_of_errno(sys_errno);
    if (!err)
        return rc;
    va_list args;
    va_start(args, format);
    char *what = unum_err_format(format, args);
    va_end(args);
    char reason[128];
    unum_err_set(err, rc, "%s: %s", what, strerror_r(sys_errno, reason, sizeof(reason)));
    free(what);
    err->sys_errno = sys_errno;
    return rc;
}

int unum_err_wrap(struct unum_err *err, const char *format, ...)
{
    if (!err)
        return UNUM_E_BUG;
    va_list args;
    va_start(args, format);
    char *context = unum_err_format(format, args);
    va_end(args);
    char *msg = format_text("%s: %s", context, unum_err_text(err));
    free(context);
    free(err->msg);
    err->msg = msg;
    if (!err->rc)
        err->rc = UNUM_E_BUG;
    return err->rc;
}

int unum_err_hint(struct unum_err *err, const char *format, ...)
{
    if (!err)
        return UNUM_E_BUG;
    if (!err->hint) {
        va_list args;
        va_start(args, format);
        err->hint = unum_err_format(format, args);
        va_end(args);
    }
    return err->rc;
}

const char *unum_err_text(const struct unum_err *err)
{
    return err && err->msg ? err->msg : unum_rc_text(err ? err->rc : 0);
}

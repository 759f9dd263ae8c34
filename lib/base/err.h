/*
 * err: "the operation could not be done".
 *
 * Every function that can fail returns int: 0, or a negative enum unum_rc. Positive values do not
 * occur. Its last parameter is a struct unum_err that lives on the caller's stack. NULL is allowed
 * for callers that only ask "did it work": then the result says failure, but not always which. The
 * lowest layer says what happened, each boundary adds the noun it knows with unum_err_wrap(), only
 * the program prints. Codes are for branching, text for people. What is wrong with a user's *file*
 * is not an err but a list of diagnostics: see diag.h.
 */
#ifndef UNUM_BASE_ERR_H
#define UNUM_BASE_ERR_H

#include <stdarg.h>

#include "base/str.h"

/* X(name, value, text, retryable, exit code of the program) */
#define UNUM_RC_TABLE(X)                                                                           \
    X(INVAL, -1, "invalid argument", false, 1)                                                     \
    X(PARSE, -2, "malformed data", false, 1)                                                       \
    X(NOTFOUND, -3, "not found", false, 1)                                                         \
    X(EXISTS, -4, "exists already", false, 1)                                                      \
    X(CONFLICT, -5, "conflict", false, 5)                                                          \
    X(AUTH, -6, "credentials", false, 4)                                                           \
    X(DENIED, -7, "permission denied", false, 4)                                                   \
    X(THROTTLED, -8, "throttled", true, 1)                                                         \
    X(TIMEOUT, -9, "timed out", true, 6)                                                           \
    X(IO, -10, "input/output error", false, 1)                                                     \
    X(REMOTE, -11, "service error", true, 1)                                                       \
    X(UNSUPPORTED, -12, "not supported", false, 1)                                                 \
    X(CANCELLED, -13, "interrupted", false, 130)                                                   \
    X(LIMIT, -14, "limit exceeded", false, 1)                                                      \
    X(FAILED, -15, "workflow or function failed", false, 3)                                        \
    X(INVALID_FILE, -16, "validation failed", false, 7)                                            \
    X(USAGE, -17, "usage", false, 2)                                                               \
    X(BUG, -18, "internal error", false, 1)                                                        \
    X(ROLLED_BACK, -19, "deployment failed", false, 8)

enum unum_rc {
    UNUM_OK = 0,
#define UNUM_RC_ENUM(name, value, text, retryable, exit_code) UNUM_E_##name = (value),
    UNUM_RC_TABLE(UNUM_RC_ENUM)
#undef UNUM_RC_ENUM
};

const char *unum_rc_name(int rc); /* "NOTFOUND" */
const char *unum_rc_text(int rc); /* "not found" */
bool unum_rc_retryable(int rc);
int unum_rc_exit_code(int rc);

struct unum_err {
    int rc;
    int sys_errno; /* 0 if none */
    char *msg;     /* owned; outermost context first */
    char *hint;    /* owned; one concrete way out, or NULL */
};

#define UNUM_ERR_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define UNUM_AUTO_ERR UNUM_AUTO(unum_err_done)

void unum_err_done(struct unum_err *err);
void unum_err_clear(struct unum_err *err);

/* Set code and message (replacing what was there) and return the code, so that
 *     return unum_err_set(err, UNUM_E_INVAL, "session is empty");
 * reads as one step. */
int unum_err_set(struct unum_err *err, int rc, const char *format, ...) UNUM_PRINTF(3, 4);
/* As unum_err_set with ": <strerror>" appended; the code follows the errno. */
int unum_err_sys(struct unum_err *err, int sys_errno, const char *format, ...) UNUM_PRINTF(3, 4);
/* Put "context: " in front of the message; returns the code it already has (BUG if none, and for
 * NULL: the code is kept in the err). */
int unum_err_wrap(struct unum_err *err, const char *format, ...) UNUM_PRINTF(2, 3);
/* Attach a way out; returns the code as unum_err_wrap does. The innermost hint stays. */
int unum_err_hint(struct unum_err *err, const char *format, ...) UNUM_PRINTF(2, 3);

/* A message on the heap, cut at UNUM_LIMIT_ERROR_TEXT. */
char *unum_err_format(const char *format, va_list args) UNUM_PRINTF(1, 0);

/* The message, or the text of the code. Never NULL. */
const char *unum_err_text(const struct unum_err *err);

#endif

/*
 * buf: the only growable string.
 *
 * A buffer has a ceiling: it cannot be made without one (UNUM_BUF_INIT(limit)). Appending
 * beyond it sets `failed`, which is sticky: later appends do nothing, so twenty appends need one
 * check at the end. `ptr` is NUL-terminated whenever it is not NULL; the content may contain
 * NULs. A zero-length buffer may have ptr NULL; unum_buf_text() never returns NULL.
 */
#ifndef UNUM_BASE_BUF_H
#define UNUM_BASE_BUF_H

#include <stdarg.h>

#include "base/str.h"

struct unum_buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max; /* ceiling on len */
    bool failed;
};

#define UNUM_BUF_INIT(limit)                                                                       \
    {                                                                                              \
        .max = (limit)                                                                             \
    }
/* struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT); */
#define UNUM_AUTO_BUF UNUM_AUTO(unum_buf_done)

void unum_buf_done(struct unum_buf *buf);
/* Empty again, memory kept, `failed` cleared. */
void unum_buf_clear(struct unum_buf *buf);

void unum_buf_add(struct unum_buf *buf, struct unum_str s);
void unum_buf_adds(struct unum_buf *buf, const char *text);
void unum_buf_addc(struct unum_buf *buf, char c);
void unum_buf_addu(struct unum_buf *buf, uint64_t number);
void unum_buf_printf(struct unum_buf *buf, const char *format, ...) UNUM_PRINTF(2, 3);
void unum_buf_vprintf(struct unum_buf *buf, const char *format, va_list args) UNUM_PRINTF(2, 0);
void unum_buf_hex(struct unum_buf *buf, const void *bytes, size_t len);
/* Room for `extra` more bytes plus the NUL; NULL if that exceeds the ceiling. Commit by raising
 * len. */
char *unum_buf_reserve(struct unum_buf *buf, size_t extra);
/* Shorten to `len` (must not be larger than now). */
void unum_buf_truncate(struct unum_buf *buf, size_t len);

struct unum_str unum_buf_str(const struct unum_buf *buf);
const char *unum_buf_text(const struct unum_buf *buf);
/* The text as an owned C string (never NULL); the buffer is empty afterwards. */
char *unum_buf_take(struct unum_buf *buf);

#endif

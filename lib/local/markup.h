/*
 * markup: XML answers of the emulated services, written as AWS writes them: elements without
 * attributes but for a namespace at the root.
 */
#ifndef UNUM_LOCAL_MARKUP_H
#define UNUM_LOCAL_MARKUP_H

#include "base/buf.h"

#define MARKUP_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

void markup_open(struct unum_buf *out, const char *tag);
void markup_close(struct unum_buf *out, const char *tag);
/* An element with text, escaped; what XML 1.0 cannot say becomes U+FFFD. */
void markup_text(struct unum_buf *out, const char *tag, struct unum_str text);
void markup_texts(struct unum_buf *out, const char *tag, const char *text);
void markup_int(struct unum_buf *out, const char *tag, int64_t number);
void markup_bool(struct unum_buf *out, const char *tag, bool yes);
void markup_time(struct unum_buf *out, const char *tag, int64_t at_ms); /* RFC 3339, UTC */
/* <RequestId> with a new one. */
void markup_request_id(struct unum_buf *out);

#endif

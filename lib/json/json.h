/*
 * json: JSON text (RFC 8259) as byte slices.
 *
 * A value is a view of its own text, without the blanks around it. Nothing builds a tree: what is
 * not reached into is not touched, so numbers, key order and Unicode survive bit for bit.
 * json_check() is the only function that accepts unchecked bytes; all others expect a value that
 * came out of it (or was written by json_writer) and never read outside of the view.
 * Looking at something of another type is not an error: it simply has no members.
 */
#ifndef UNUM_JSON_JSON_H
#define UNUM_JSON_JSON_H

#include "base/buf.h"
#include "base/err.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Check that `text` is one JSON value with only blanks around it: grammar, UTF-8, whole surrogate
 * pairs, nesting up to UNUM_LIMIT_JSON_DEPTH. Duplicate keys pass (RFC 8259 section 4); the first
 * counts. PARSE with "line L, column C: ..." otherwise. *ret_value is the view without blanks. */
UNUM_CHECKED int json_check(struct unum_str text, struct unum_str *ret_value, struct unum_err *err);

enum json_type json_type(struct unum_str value);

/* Members of an array or object, in order. */
struct json_iter {
    struct unum_str rest;
    bool object;
};
struct json_iter json_iter(struct unum_str value);
/* The next member; *ret_key (may be NULL) is the key's quoted text, empty in arrays. */
bool json_next(struct json_iter *iter, struct unum_str *ret_key, struct unum_str *ret_value);

/* The member with that key (given decoded), the element at that position, the number of members. */
bool json_get(struct unum_str object, struct unum_str key, struct unum_str *ret_value);
bool json_at(struct unum_str array, size_t index, struct unum_str *ret_value);
size_t json_count(struct unum_str value);
/* RFC 6901. An empty pointer is the value itself. */
bool json_pointer(struct unum_str value, struct unum_str pointer, struct unum_str *ret_value);

/* Append the decoded characters of a string; false if it is no string. */
bool json_decode(struct unum_str value, struct unum_buf *out);
/* Is it a string with exactly this content? */
bool json_is(struct unum_str value, struct unum_str text);
bool json_to_bool(struct unum_str value, bool *ret);
/* Whole numbers only; "1.0" and "1e3" count as whole. False if it does not fit. */
bool json_to_i64(struct unum_str value, int64_t *ret);
bool json_to_double(struct unum_str value, double *ret);

/* Same JSON value: numbers by value, objects without key order, strings decoded. */
bool json_equal(struct unum_str a, struct unum_str b);

/* Append `text` as a quoted string: only what must be escaped is escaped. `text` must be UTF-8;
 * broken bytes become U+FFFD. */
void json_quote(struct unum_buf *out, struct unum_str text);

/*
 * Writing. Commas and quotes are the writer's business; a value inside an object is preceded by
 * json_key(). There is no way to fail but the buffer's ceiling, checked once at the end.
 */
struct json_writer {
    struct unum_buf *out;
    bool comma;      /* something stands before in the current container */
    bool keyed;      /* a key stands before, its value is next */
    unsigned indent; /* 0: compact; else blanks per level */
    unsigned depth;
};
#define JSON_WRITER(buffer)                                                                        \
    {                                                                                              \
        .out = (buffer)                                                                            \
    }

void json_object_begin(struct json_writer *w);
void json_object_end(struct json_writer *w);
void json_array_begin(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_key_str(struct json_writer *w, struct unum_str key);
void json_string(struct json_writer *w, struct unum_str text);
void json_strings(struct json_writer *w, const char *text); /* a C string */
void json_int(struct json_writer *w, int64_t number);
void json_bool(struct json_writer *w, bool yes);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct unum_str value); /* a checked value, bytes unchanged */

#endif

/*
 * unum/runtime.h: writing a function of a workflow in C or C++.
 *
 * A function defines one thing, unum_handler(). It gets its input as JSON text and the context of
 * the invocation, and gives exactly one answer: JSON text (the unum_answer_... functions) or an
 * error with a type and a message (unum_fail). The runtime does the rest: it decides whether the
 * code has to run at all, records the answer, and starts the next functions.
 *
 *     #include <unum/runtime.h>
 *
 *     int unum_handler(unum_context *ctx, struct unum_json input)
 *     {
 *         const char *name = unum_string(ctx, unum_at(input, "/name"));
 *         return name ? unum_answer_string(ctx, "Hello %s", name)
 *                     : unum_fail(ctx, "Hello.NoName", "the input has no \"name\"");
 *     }
 *
 * What is promised: of an instance of a step exactly one result is ever visible to later steps.
 * What is not: code may run more than once (after a crash, or when the platform delivers an event
 * twice), so effects outside of the workflow should be repeatable. See unum-guarantees(7).
 *
 * Memory: everything that functions here return lives until the handler returns; nothing is to be
 * freed. The context is valid only during the call and only on the calling thread.
 * This header is C11 and C++; it needs no other library.
 */
#ifndef UNUM_RUNTIME_H
#define UNUM_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define UNUM_PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUM_PUBLIC                  __attribute__((visibility("default")))
#else
#define UNUM_PRINTF_LIKE(fmt, first)
#define UNUM_PUBLIC
#endif

/* One invocation of one function. */
typedef struct unum_context unum_context;

/*
 * A JSON value as a view of its text (RFC 8259): checked, without blanks around it, NOT terminated
 * by a NUL. `data` is NULL where there is no value. Numbers, key order and Unicode are as the
 * sender wrote them.
 */
struct unum_json {
    const char *data;
    size_t size;
};

/*
 * The function's code. Return what unum_answer_... or unum_fail returned. Returning without having
 * called one of them is an error of type Unum.NoAnswer; of several answers the last one counts.
 */
UNUM_PUBLIC int unum_handler(unum_context *ctx, struct unum_json input);

/* ---- Answering ---- */

/* Answer with JSON text. The text is checked: if it is not JSON the answer is the error
 * Unum.InvalidJSON. At most 6 MB; more is the error States.DataLimitExceeded. Returns 0, or -1 if
 * it became an error. */
UNUM_PUBLIC int unum_answer(unum_context *ctx, const char *json);
UNUM_PUBLIC int unum_answer_bytes(unum_context *ctx, const char *json, size_t size);
/* Answer with a value one has (the input or a part of it). */
UNUM_PUBLIC int unum_answer_json(unum_context *ctx, struct unum_json value);
/* Answer with a JSON string: the formatted text, quoted and escaped. Broken UTF-8 becomes U+FFFD.
 */
UNUM_PUBLIC int unum_answer_string(unum_context *ctx, const char *format, ...)
    UNUM_PRINTF_LIKE(2, 3);

/* Answer with an error. `type` is what Retry and Catch match (ErrorEquals), e.g.
 * "Payment.Declined"; the types States.* and Unum.* are reserved and get "User." in front. Always
 * returns -1. */
UNUM_PUBLIC int unum_fail(unum_context *ctx, const char *type, const char *format, ...)
    UNUM_PRINTF_LIKE(3, 4);

/* ---- Reading JSON ---- */

enum unum_json_type {
    UNUM_JSON_NONE, /* there is no value */
    UNUM_JSON_NULL,
    UNUM_JSON_BOOL,
    UNUM_JSON_NUMBER,
    UNUM_JSON_STRING,
    UNUM_JSON_ARRAY,
    UNUM_JSON_OBJECT
};

UNUM_PUBLIC enum unum_json_type unum_type(struct unum_json value);
/* The part a JSON Pointer names (RFC 6901): "/orders/0/total"; "" is the value itself. No value if
 * absent. */
UNUM_PUBLIC struct unum_json unum_at(struct unum_json value, const char *pointer);
/* Elements of an array or members of an object; 0 for anything else. */
UNUM_PUBLIC size_t unum_count(struct unum_json value);
/* The element at `index` of an array. To walk a long one, use unum_each. */
UNUM_PUBLIC struct unum_json unum_element(struct unum_json array, size_t index);

/* Walk an array or object in order:
 *     struct unum_iterator it = unum_each(list);
 *     while (unum_next(&it)) use(it.key, it.value);
 * `key` is the quoted JSON text of the member's name, no value in arrays. */
struct unum_iterator {
    struct unum_json key, value;
    struct unum_json rest; /* private */
    int in_object;         /* private */
};
UNUM_PUBLIC struct unum_iterator unum_each(struct unum_json value);
UNUM_PUBLIC int unum_next(struct unum_iterator *iterator);

/* The characters of a string, NUL-terminated; *size (may be NULL) is their number, for strings that
 * contain NULs. NULL if it is no string. */
UNUM_PUBLIC const char *unum_string(unum_context *ctx, struct unum_json value);
UNUM_PUBLIC const char *unum_string_sized(unum_context *ctx, struct unum_json value, size_t *size);
/* Whole numbers that fit, numbers, booleans; otherwise the fallback. */
UNUM_PUBLIC int64_t unum_int(struct unum_json value, int64_t fallback);
UNUM_PUBLIC double unum_double(struct unum_json value, double fallback);
UNUM_PUBLIC int unum_bool(struct unum_json value, int fallback);
/* The value's JSON text as a C string; NULL if there is no value. */
UNUM_PUBLIC const char *unum_text(unum_context *ctx, struct unum_json value);
/* JSON text as a value; no value if it is not JSON. The text is borrowed. */
UNUM_PUBLIC struct unum_json unum_parse(const char *text, size_t size);

/* ---- Writing JSON ---- */

/* Build an answer piece by piece; commas and quotes are taken care of:
 *     unum_object(ctx);
 *     unum_key(ctx, "total");
 *     unum_put_int(ctx, 42);
 *     unum_end(ctx);
 *     return unum_answer_written(ctx);
 * unum_end closes the innermost object or array. Mistakes in the structure (a missing key or end)
 * make the answer the error Unum.InvalidJSON. */
UNUM_PUBLIC void unum_object(unum_context *ctx);
UNUM_PUBLIC void unum_array(unum_context *ctx);
UNUM_PUBLIC void unum_end(unum_context *ctx);
UNUM_PUBLIC void unum_key(unum_context *ctx, const char *key);
UNUM_PUBLIC void unum_put_string(unum_context *ctx, const char *text);
UNUM_PUBLIC void unum_put_bytes(unum_context *ctx, const char *text, size_t size); /* a string */
UNUM_PUBLIC void unum_put_int(unum_context *ctx, int64_t number);
UNUM_PUBLIC void unum_put_double(unum_context *ctx, double number); /* NaN, infinity: null */
UNUM_PUBLIC void unum_put_bool(unum_context *ctx, int yes);
UNUM_PUBLIC void unum_put_null(unum_context *ctx);
UNUM_PUBLIC void unum_put_json(unum_context *ctx, struct unum_json value);
/* Answer with what has been written. */
UNUM_PUBLIC int unum_answer_written(unum_context *ctx);

/* ---- Fan-in ---- */

/* A function behind a Map, a Parallel or a fan-in gets the list of results, in the order of the
 * positions, as its input (a JSON array). The same, one by one; 0 inputs if the input is no list.
 */
UNUM_PUBLIC size_t unum_input_count(unum_context *ctx);
UNUM_PUBLIC struct unum_json unum_input(unum_context *ctx, size_t position);

/* ---- The invocation ---- */

UNUM_PUBLIC const char *unum_function(unum_context *ctx); /* node name */
UNUM_PUBLIC const char *unum_session(unum_context *ctx);  /* the run; "" in a direct call */
UNUM_PUBLIC const char *unum_instance(unum_context *ctx); /* e.g. "Resize-unumIndex-3" */
UNUM_PUBLIC const char *unum_request_id(unum_context *ctx);
UNUM_PUBLIC int unum_attempt(unum_context *ctx); /* 0 for the first */
/* Position in the fan-out `level` levels out (0 = innermost), or -1; and how wide it is. */
UNUM_PUBLIC int64_t unum_index(unum_context *ctx, int level);
UNUM_PUBLIC int64_t unum_size(unum_context *ctx, int level);
/* Milliseconds until the platform kills this invocation. */
UNUM_PUBLIC int64_t unum_remaining_ms(unum_context *ctx);

/* Zeroed memory that lives until the handler returns. Never NULL. */
UNUM_PUBLIC void *unum_memory(unum_context *ctx, size_t size);

/* ---- Logging ---- */

enum unum_severity { UNUM_DEBUG, UNUM_INFO, UNUM_WARN, UNUM_ERROR };

/* One line in the function's log: a JSON object with time, level, session, instance and message.
 * UNUM_DEBUG lines appear only with Debug: true in unum-template.yaml. */
UNUM_PUBLIC void unum_log(unum_context *ctx, enum unum_severity severity, const char *format, ...)
    UNUM_PRINTF_LIKE(3, 4);
/* The same with an object of further fields. */
UNUM_PUBLIC void unum_log_json(unum_context *ctx, enum unum_severity severity, const char *message,
                               struct unum_json fields);

#ifdef __cplusplus
}
#endif

#endif

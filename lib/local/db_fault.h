/*
 * db_fault: how an operation of the local DynamoDB is refused. Inside the database this is what
 * struct unum_err is elsewhere: the last parameter of everything that can fail, written once by
 * whoever finds the trouble, turned into the error answer at the end. Message texts follow those of
 * the service where they are known, because people search for them.
 */
#ifndef UNUM_LOCAL_DB_FAULT_H
#define UNUM_LOCAL_DB_FAULT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* X(name, type as on the wire, HTTP status, key of the message, rc) */
#define DB_FAULT_TABLE(X)                                                                          \
    X(VALIDATION, "com.amazon.coral.validate#ValidationException", 400, "message", INVAL)          \
    X(SERIALIZATION, "com.amazon.coral.service#SerializationException", 400, "Message", PARSE)     \
    X(UNKNOWN_OPERATION, "com.amazon.coral.service#UnknownOperationException", 400, "message",     \
      UNSUPPORTED)                                                                                 \
    X(CONDITION, "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", 400,          \
      "message", CONFLICT)                                                                         \
    X(CANCELED, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", 400, "Message",   \
      CONFLICT)                                                                                    \
    X(TOKEN_REUSED, "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException", 400,  \
      "Message", CONFLICT)                                                                         \
    X(NOT_FOUND, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", 400, "message",     \
      NOTFOUND)                                                                                    \
    X(IN_USE, "com.amazonaws.dynamodb.v20120810#ResourceInUseException", 400, "message", EXISTS)   \
    X(INTERNAL, "com.amazonaws.dynamodb.v20120810#InternalServerError", 500, "message", IO)

enum db_fault_type {
    DB_NO_FAULT,
#define DB_FAULT_ENUM(name, type, status, key, rc) DB_##name,
    DB_FAULT_TABLE(DB_FAULT_ENUM)
#undef DB_FAULT_ENUM
};

struct db_fault {
    struct unum_arena *arena; /* texts live here */
    enum db_fault_type type;
    struct unum_str message;
    struct unum_str item;    /* JSON of the item a condition failed on; ptr NULL: not asked for */
    struct unum_str reasons; /* JSON array; CANCELED only */
};

/* Set type and message (replacing what was there); returns the negative code of the type. */
int db_refuse(struct db_fault *fault, enum db_fault_type type, const char *format, ...)
    UNUM_PRINTF(3, 4);
/* Put text in front of the message; returns the code. */
int db_fault_wrap(struct db_fault *fault, const char *format, ...) UNUM_PRINTF(2, 3);
/* The state could not be read or written: INTERNAL with the text of `err`, which is cleared. */
int db_refuse_state(struct db_fault *fault, struct unum_err *err);

/* The error answer: appends the body, returns the HTTP status. */
int db_fault_write(const struct db_fault *fault, struct unum_buf *out);

#endif

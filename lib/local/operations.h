/*
 * operations: every operation that the emulated services have, one row each. The door finds by it
 * what a request asks for; tests hold it against AWS's own clients.
 */
#ifndef UNUM_LOCAL_OPERATIONS_H
#define UNUM_LOCAL_OPERATIONS_H

#include "local/internal.h"

enum operation_protocol {
    OPERATION_JSON,  /* the header X-Amz-Target names it */
    OPERATION_QUERY, /* the form's field Action names it */
    OPERATION_REST,  /* method, path and query parameters do */
};

struct operation_service {
    enum door_service service;
    const char *name;   /* as signatures are scoped to it: "dynamodb" */
    const char *target; /* JSON: what stands before the "." of X-Amz-Target */
    enum operation_protocol protocol;
    bool xml; /* its answers are XML */
    /* What is refused here, and how the service calls that. */
    int status;
    const char *code;
    /* Before any of its rows is called; false: an error was answered. May be NULL. */
    bool (*prepare)(struct door_request *req);
};

struct operation {
    enum door_service service;
    const char *name;
    /* REST: "GET /2015-03-31/functions/{FunctionName}/code", "PUT /{Bucket}/{Key+}?uploadId": a
     * placeholder is one segment, with "+" all the rest; parameters must be there, with "=" with
     * that value. Of the rows that fit the first one counts. */
    const char *route;
    void (*call)(struct door_request *req);
};

/* NULL: not a service with operations of AWS's (the Runtime API, an unknown one). */
const struct operation_service *operations_service(enum door_service service);
/* The service of this signing name, or of this X-Amz-Target; DOOR_UNKNOWN if there is none. */
enum door_service operations_of_name(struct unum_str name);
enum door_service operations_of_target(struct unum_str target);
/* The row that a request of a known service asks for, or NULL; sets `operation` (also of one that
 * there is not, as far as it is named) and `resource`. */
const struct operation *operations_find(struct door_request *req);
/* Does a path that is no request to S3 belong to one of these REST services? For requests without
 * a signature. */
enum door_service operations_of_path(struct unum_str path);
/* Answer that there is no such operation, and what there is. */
void operations_refuse(struct door_request *req);
/* All rows; NULL behind the last. */
const struct operation *operations_at(size_t i);

#endif

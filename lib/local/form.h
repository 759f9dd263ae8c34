/*
 * form: requests of AWS's query protocol: a form in the body of a POST, or in the query of a GET,
 * and their answers. Source: "AWS query protocol" (Smithy specification).
 */
#ifndef UNUM_LOCAL_FORM_H
#define UNUM_LOCAL_FORM_H

#include "local/internal.h"

/* A form that is not too large and has no NUL. False: an error was answered. */
bool form_prepare(struct door_request *req);
/* Decoded, in the request's arena; false if there is no such field. */
bool form_find(const struct door_request *req, struct unum_str name, struct unum_str *ret);
struct unum_str form_get(const struct door_request *req, const char *name); /* or empty */
/* <OPERATIONResponse xmlns=NAMESPACE><OPERATIONResult> ... and its end, which answers. */
void form_begin(struct door_request *req, const char *space);
void form_end(struct door_request *req);
/* The same without a result. */
void form_empty(struct door_request *req, const char *space);

#endif

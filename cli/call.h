/*
 * call: one function by itself: its answer, or its error with the end of its log.
 */
#ifndef UNUM_CLI_CALL_H
#define UNUM_CLI_CALL_H

#include "connection.h"

/* Run the user code of `function` (a name of the application's) once with `input`, outside of any
 * run, and print the answer; as an event with `async`: print the request id. FAILED if the code
 * failed. */
UNUM_CHECKED int call_function(struct connection *c, struct program *p, const char *function,
                               bool async, struct unum_str input, struct unum_err *err);
/* Print a result: JSON as it is, or as member `key` (NULL: none) of an object with the session. */
UNUM_CHECKED int call_print(struct program *p, const char *key, struct unum_str session,
                            struct unum_str value);

#endif

/*
 * attr: compiler attributes and the few macros used everywhere.
 */
#ifndef UNUM_BASE_ATTR_H
#define UNUM_BASE_ATTR_H

#include <stddef.h>

/* Every function that can fail carries this: ignoring the result is an error of the caller. */
#define UNUM_CHECKED            __attribute__((warn_unused_result))
#define UNUM_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define UNUM_NORETURN           __attribute__((noreturn))
#define UNUM_COUNT(array)       (sizeof(array) / sizeof((array)[0]))

/* Owners inside .c files: the declaration says what happens at the end of the scope. */
#define UNUM_AUTO(destroy) __attribute__((cleanup(destroy)))

#endif

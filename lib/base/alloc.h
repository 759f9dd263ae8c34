/*
 * alloc: memory that is always there.
 *
 * An allocation that cannot be satisfied ends the process with one line through one hook; no
 * caller ever checks for NULL. What is checked instead is every size that comes from outside
 * (see limits.h). Everything returned here is released with free().
 */
#ifndef UNUM_BASE_ALLOC_H
#define UNUM_BASE_ALLOC_H

#include "base/attr.h"

/* Zeroed memory of `size` bytes (at least 1). */
void *unum_alloc(size_t size);
/* Zeroed memory for `count` elements of `size` bytes; an overflowing product counts as exhausted.
 */
void *unum_alloc_array(size_t count, size_t size);
/* As realloc: grown bytes are not zeroed. */
void *unum_realloc(void *old, size_t count, size_t size);
char *unum_strdup(const char *text);

/* Called when memory is exhausted; must not return. The default writes one line to stderr and
 * aborts. */
extern void (*unum_oom_hook)(size_t wanted);

void unum_free_ptr(void *pointer_to_pointer);
/* char *UNUM_AUTO_FREE text = NULL; */
#define UNUM_AUTO_FREE UNUM_AUTO(unum_free_ptr)

/* Hand a pointer over: the variable becomes NULL, so its cleanup does nothing. */
#define UNUM_TAKE(var)                                                                             \
    __extension__({                                                                                \
        __auto_type taken_ = (var);                                                                \
        (var) = NULL;                                                                              \
        taken_;                                                                                    \
    })

#endif

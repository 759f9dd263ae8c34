/*
 * vec: a typed growable array.
 *
 *   UNUM_VEC(struct edge) edges = {0};
 *   *unum_vec_push(&edges) = (struct edge){...};
 *   for (size_t i = 0; i < edges.len; i++) use(&edges.at[i]);
 *   unum_vec_done(&edges);
 */
#ifndef UNUM_BASE_VEC_H
#define UNUM_BASE_VEC_H

#include <stdlib.h>

#include "base/alloc.h"

#define UNUM_VEC(type)                                                                             \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len, cap;                                                                           \
    }

/* A pointer to a new zeroed element at the end. Earlier element pointers become invalid. */
#define unum_vec_push(vec)                                                                         \
    (((vec)->len == (vec)->cap)                                                                    \
         ? ((vec)->at = unum_vec_grow((vec)->at, &(vec)->cap, sizeof(*(vec)->at)),                 \
            &(vec)->at[(vec)->len++])                                                              \
         : &(vec)->at[(vec)->len++])

#define unum_vec_done(vec) (free((vec)->at), (vec)->at = NULL, (vec)->len = (vec)->cap = 0)

/* Doubles the capacity; the new part is zeroed. */
void *unum_vec_grow(void *at, size_t *cap, size_t size);

#endif

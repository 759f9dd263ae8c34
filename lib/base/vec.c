#include "base/vec.h"

#include <string.h>

void *unum_vec_grow(void *at, size_t *cap, size_t size)
{
    size_t wanted = *cap ? *cap * 2 : 8;
    char *grown = unum_realloc(at, wanted, size);
    memset(grown + *cap * size, 0, (wanted - *cap) * size);
    *cap = wanted;
    return grown;
}

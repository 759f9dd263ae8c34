/*
 * rand: unpredictable bytes of the system, and a seeded generator for what must be repeatable.
 */
#ifndef UNUM_BASE_RAND_H
#define UNUM_BASE_RAND_H

#include "base/buf.h"

void unum_random_bytes(void *bytes, size_t len); /* getrandom(2); cannot fail on Linux >= 3.17 */
/* A random UUID (RFC 9562, version 4) in its 36-character form. */
void unum_uuid4(struct unum_buf *out);

/* splitmix64: small, fast, equal sequences for equal seeds. Not for secrets. */
struct unum_prng {
    uint64_t state;
};
uint64_t unum_prng_next(struct unum_prng *prng);
/* Uniform in [0, bound); 0 for bound 0. */
uint64_t unum_prng_below(struct unum_prng *prng, uint64_t bound);

#endif

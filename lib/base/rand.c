#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void unum_random_bytes(void *bytes, size_t len)
{
    char *at = bytes;
    while (len) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno != EINTR)
            abort(); /* no kernel we run on lacks it; going on with zeros would be worse */
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}

void unum_uuid4(struct unum_buf *out)
{
    unsigned char b[16];
    unum_random_bytes(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    static const size_t groups[] = {4, 2, 2, 2, 6};
    size_t at = 0;
    for (size_t i = 0; i < UNUM_COUNT(groups); i++) {
        if (i)
            unum_buf_addc(out, '-');
        unum_buf_hex(out, b + at, groups[i]);
        at += groups[i];
    }
}

uint64_t unum_prng_next(struct unum_prng *prng)
{
    uint64_t z = prng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Multiply-shift: the high half of a 128-bit product. */
uint64_t unum_prng_below(struct unum_prng *prng, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)(((wide)unum_prng_next(prng) * bound) >> 64);
}

#include "crypto/sha1.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "crypto/hash.h"

void sha1_hex(struct unum_str data, char ret[SHA1_HEX + 1])
{
    unsigned char digest[SHA1_HEX / 2];
    size_t len = 0;
    if (EVP_Q_digest(NULL, "SHA1", NULL, data.len ? data.ptr : "", data.len, digest, &len) != 1 ||
        len != sizeof(digest)) {
        unum_oom_hook(0); /* the algorithm is built into the library */
        abort();
    }
    hash_hex(digest, sizeof(digest), ret);
}

#include "crypto/digest.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "crypto/library.h"

bool digest_hex(struct unum_str algorithm, struct unum_str data, struct unum_buf *out)
{
    static const char *const names[] = {"MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512"};
    unsigned char bytes[EVP_MAX_MD_SIZE];
    size_t len = 0;
    for (size_t i = 0; i < UNUM_COUNT(names); i++) {
        if (!unum_str_is(algorithm, names[i]))
            continue;
        if (EVP_Q_digest(crypto_library()->context, names[i], NULL, data.len ? data.ptr : "",
                         data.len, bytes, &len) != 1) {
            unum_oom_hook(0); /* the algorithm is built into the library */
            abort();
        }
        unum_buf_hex(out, bytes, len);
        return true;
    }
    return false;
}

#include "local/checksum.h"

#include <string.h>

#include "crypto/base64.h"
#include "crypto/digest.h"
#include "crypto/hash.h"

const struct checksum_kind checksum_kinds[CHECKSUM_COUNT] = {
    [CHECKSUM_CRC32] = {"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4, false},
    [CHECKSUM_CRC32C] = {"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4, false},
    [CHECKSUM_CRC64NVME] = {"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8, true},
    [CHECKSUM_SHA1] = {"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20, false},
    [CHECKSUM_SHA256] = {"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", HASH_SHA256_LEN,
                         false},
};

enum checksum checksum_named(struct unum_str name)
{
    for (unsigned i = 0; i < CHECKSUM_COUNT; i++) {
        if (unum_str_ieq(name, unum_str_from(checksum_kinds[i].name)))
            return i;
    }
    return CHECKSUM_COUNT;
}

/* A reflected CRC of 32 or 64 bits, most significant byte first. */
static void put_crc(struct unum_str data, uint64_t polynomial, uint64_t ones, size_t len,
                    unsigned char *ret)
{
    uint64_t table[256], crc = ones;
    for (uint64_t i = 0; i < 256; i++) {
        uint64_t value = i;
        for (int k = 0; k < 8; k++)
            value = value & 1 ? polynomial ^ (value >> 1) : value >> 1;
        table[i] = value;
    }
    for (size_t i = 0; i < data.len; i++)
        crc = table[(crc ^ (unsigned char)data.ptr[i]) & 0xff] ^ (crc >> 8);
    crc ^= ones;
    for (size_t i = 0; i < len; i++)
        ret[i] = (unsigned char)(crc >> (8 * (len - 1 - i)));
}

static int nibble(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

static size_t put_digest(const char *algorithm, struct unum_str data, unsigned char *ret)
{
    struct unum_buf UNUM_AUTO_BUF hex = UNUM_BUF_INIT(256);
    if (!digest_hex(unum_str_from(algorithm), data, &hex))
        return 0;
    for (size_t i = 0; i + 1 < hex.len; i += 2)
        ret[i / 2] = (unsigned char)(nibble(hex.ptr[i]) * 16 + nibble(hex.ptr[i + 1]));
    return hex.len / 2;
}

void checksum_bytes(enum checksum which, struct unum_str data, unsigned char ret[CHECKSUM_MOST])
{
    switch (which) {
    case CHECKSUM_CRC32: /* IEEE 802.3 */
        put_crc(data, 0xedb88320U, UINT32_MAX, 4, ret);
        break;
    case CHECKSUM_CRC32C: /* Castagnoli: RFC 3720, appendix B.4 */
        put_crc(data, 0x82f63b78U, UINT32_MAX, 4, ret);
        break;
    case CHECKSUM_CRC64NVME: /* NVM Express NVM Command Set Specification, "64b CRC" */
        put_crc(data, UINT64_C(0x9a6c9329ac4bc9b5), UINT64_MAX, 8, ret);
        break;
    case CHECKSUM_SHA1:
        (void)put_digest("SHA-1", data, ret);
        break;
    case CHECKSUM_SHA256:
        hash_sha256(data, ret);
        break;
    case CHECKSUM_COUNT:
        break;
    }
}

void checksum_text(enum checksum which, struct unum_str data, struct unum_buf *out)
{
    unsigned char bytes[CHECKSUM_MOST] = {0};
    checksum_bytes(which, data, bytes);
    base64_encode(out, unum_str_of((const char *)bytes, checksum_kinds[which].len));
}

void checksum_md5_text(struct unum_str data, struct unum_buf *out)
{
    unsigned char bytes[CHECKSUM_MOST];
    base64_encode(out, unum_str_of((const char *)bytes, put_digest("MD5", data, bytes)));
}

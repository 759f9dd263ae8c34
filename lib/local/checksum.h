/*
 * checksum: the checksums that S3's clients send beside a body, and get back with an object.
 * Source: "Checking object integrity in Amazon S3" (Amazon S3 User Guide).
 */
#ifndef UNUM_LOCAL_CHECKSUM_H
#define UNUM_LOCAL_CHECKSUM_H

#include "base/buf.h"

enum checksum {
    CHECKSUM_CRC32,
    CHECKSUM_CRC32C,
    CHECKSUM_CRC64NVME,
    CHECKSUM_SHA1,
    CHECKSUM_SHA256,
    CHECKSUM_COUNT, /* none */
};

enum { CHECKSUM_MOST = 32 }; /* bytes of the longest */

extern const struct checksum_kind {
    const char *name;    /* "CRC32" */
    const char *header;  /* "x-amz-checksum-crc32" */
    const char *element; /* "ChecksumCRC32" */
    size_t len;          /* bytes */
    bool linear; /* only as the checksum of a whole object ("FULL_OBJECT"), never of parts */
} checksum_kinds[CHECKSUM_COUNT];

/* CHECKSUM_COUNT if the text names none. */
enum checksum checksum_named(struct unum_str name);
/* The checksum's bytes, most significant first; how many: its `len`. */
void checksum_bytes(enum checksum which, struct unum_str data, unsigned char ret[CHECKSUM_MOST]);
/* The same as base64 text, as it stands in headers and elements. */
void checksum_text(enum checksum which, struct unum_str data, struct unum_buf *out);
/* Of a body: Content-MD5. */
void checksum_md5_text(struct unum_str data, struct unum_buf *out);

#endif

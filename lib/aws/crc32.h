/*
 * crc32: the checksum DynamoDB puts on its answers (x-amz-crc32). Internal to aws/.
 */
#ifndef UNUM_AWS_CRC32_H
#define UNUM_AWS_CRC32_H

#include "base/str.h"

/* CRC-32 of ISO 3309, as in gzip (RFC 1952 section 8): polynomial 0xEDB88320, reflected. */
uint32_t aws_crc32(struct unum_str bytes);

#endif

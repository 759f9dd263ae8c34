/*
 * endpoint: what is known about each service, and where it answers. Internal to aws/.
 */
#ifndef UNUM_AWS_ENDPOINT_H
#define UNUM_AWS_ENDPOINT_H

#include "aws/client.h"

enum aws_protocol { AWS_JSON, AWS_REST, AWS_REST_UNSIGNED, AWS_QUERY };

struct aws_service_row {
    const char *name; /* in messages, in the signature's scope and in regional host names */
    const char *target_prefix; /* JSON protocol: X-Amz-Target is prefix + operation; else empty */
    const char *content_type;
    uint8_t protocol;   /* enum aws_protocol */
    uint8_t sign_flags; /* enum sigv4_flags */
    uint8_t max_attempts;
    uint8_t retry_scale_ms; /* of the back-off after anything but throttling */
};
const struct aws_service_row *aws_service_row(enum aws_service service);

/* The endpoint of `service`: `url` if it is not empty, else the regional one, whose text lives in
 * `arena`. (Other endpoints of AWS are what aws/public.h knows.) INVAL: a malformed region or URL.
 */
UNUM_CHECKED int aws_endpoint(enum aws_service service, struct unum_str region, struct unum_str url,
                              struct unum_arena *arena, struct http_endpoint *ret,
                              struct unum_err *err);

/* A group of regions with accounts, names and endpoints of its own. */
struct aws_partition {
    struct unum_str name, region_prefix; /* "aws", as in ARNs */
    struct unum_str suffix;              /* of host names */
};
/* The partition of a region, by the start of its name; "aws" for names nobody knows. */
const struct aws_partition *aws_partition(struct unum_str region);
/* It becomes part of a host name that credentials are sent to: lower case, digits, "-" inside. */
bool aws_is_region(struct unum_str region);
/* INVAL with the reason if it is none, or empty. */
UNUM_CHECKED int aws_check_region(struct unum_str region, struct unum_err *err);

#endif

/*
 * endpoint: what is known about each service, and where it answers. Internal to aws/.
 */
#ifndef UNUM_AWS_ENDPOINT_H
#define UNUM_AWS_ENDPOINT_H

#include "aws/client.h"

enum aws_protocol { AWS_JSON, AWS_REST, AWS_QUERY };

struct aws_service_row {
    struct unum_str name; /* in messages, in host names and in the signature's scope */
    struct unum_str
        target_prefix; /* JSON protocol: X-Amz-Target is prefix + operation; else empty */
    struct unum_str content_type;
    enum aws_protocol protocol;
    bool global;         /* one endpoint per partition */
    unsigned sign_flags; /* enum sigv4_flags */
    int max_attempts;
    double retry_scale_s; /* of the back-off after anything but throttling */
};
const struct aws_service_row *aws_service_row(enum aws_service service);

/* The region that a service without regions is in, as signatures see it. */
struct unum_str aws_signing_region(enum aws_service service, struct unum_str region);
/* The endpoint of `service`: `url` if it is not empty, else the public one of the region, whose
 * text lives in `arena`. INVAL: a malformed region or URL. */
UNUM_CHECKED int aws_endpoint(enum aws_service service, struct unum_str region, struct unum_str url,
                              struct unum_arena *arena, struct http_endpoint *ret,
                              struct unum_err *err);

/* A group of regions with accounts, names and endpoints of its own. */
struct aws_partition {
    struct unum_str name, region_prefix;       /* "aws", as in ARNs */
    struct unum_str suffix, dual_stack_suffix; /* of host names: the latter has IPv6, too */
    struct unum_str global_region;             /* where its services without regions are signed */
};
/* The partition of a region, by the start of its name; "aws" for names nobody knows. */
const struct aws_partition *aws_partition(struct unum_str region);
/* It becomes part of a host name that credentials are sent to: lower case, digits, "-" inside. */
bool aws_is_region(struct unum_str region);

#endif

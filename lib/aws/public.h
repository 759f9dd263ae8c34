/*
 * public: where each service of AWS answers, for the program. Internal to aws/.
 * Source: the endpoint rules that AWS publishes with its SDKs.
 */
#ifndef UNUM_AWS_PUBLIC_H
#define UNUM_AWS_PUBLIC_H

#include "aws/endpoint.h"

struct aws_public {
    struct unum_str url, signing_region;
};
/* INVAL: a malformed region, FIPS where there is none. The texts live in `arena` or for ever. Not
 * for AWS_CONTAINER and AWS_INSTANCE. */
UNUM_CHECKED int aws_public_endpoint(enum aws_service service, struct unum_str region, bool fips,
                                     bool dual_stack, struct unum_arena *arena,
                                     struct aws_public *ret, struct unum_err *err);

#endif

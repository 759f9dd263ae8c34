/*
 * region: which profile, which region and which endpoints the program uses, and where each came
 * from. Nothing is ever assumed: without a region there is an error.
 * Source: AWS SDKs and Tools Reference Guide, "AWS Region", "Service-specific endpoints",
 * "Dual-stack and FIPS endpoints".
 */
#ifndef UNUM_AWS_REGION_H
#define UNUM_AWS_REGION_H

#include "aws/client.h"
#include "aws/profile.h"

/* The profile in effect. */
struct aws_profile_choice {
    const struct aws_profiles *profiles; /* borrowed */
    struct unum_str name;
    const struct aws_section *section; /* NULL: nobody chose one, and there is no default profile */
    bool by_flag;
    const char *origin; /* "--profile", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "the default" */
};
/* --profile (empty: not given) > AWS_PROFILE > AWS_DEFAULT_PROFILE > "default". AUTH for a name
 * that is in neither file. */
UNUM_CHECKED int aws_profile_choose(const struct aws_profiles *profiles, struct unum_str flag,
                                    struct aws_profile_choice *ret, struct unum_err *err);

struct aws_region {
    struct unum_str name;
    struct unum_str origin; /* "--region", "AWS_REGION", "profile x (PATH:LINE)" */
};
/* --region (empty: not given) > AWS_REGION > AWS_DEFAULT_REGION > the profile's `region`. INVAL if
 * there is none or its name is malformed. `choice` may be NULL: no profile. */
UNUM_CHECKED int aws_region_resolve(struct unum_str flag, const struct aws_profile_choice *choice,
                                    struct unum_arena *arena, struct aws_region *ret,
                                    struct unum_err *err);

struct aws_url {
    struct unum_str url;    /* without a query; ready for http_endpoint_parse() */
    struct unum_str origin; /* "--endpoint-url", "AWS_ENDPOINT_URL_S3", ..., "AWS" */
    struct unum_str signing_region;
    bool custom; /* not AWS's own: S3 is then addressed by path */
};
/* --endpoint-url (empty: not given) > AWS_ENDPOINT_URL_<SERVICE> > AWS_ENDPOINT_URL > the profile's
 * `services` section > the profile's `endpoint_url` > AWS's own, where use of FIPS and dual-stack
 * endpoints may be asked for. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (or the profile's setting) leaves
 * out all in between. Not for AWS_CONTAINER and AWS_INSTANCE, which have variables of their own.
 * INVAL: a malformed URL, a missing services section, a value that is neither "true" nor "false".
 */
UNUM_CHECKED int aws_endpoint_url(enum aws_service id, struct unum_str flag,
                                  const struct aws_profile_choice *choice, struct unum_str region,
                                  struct unum_arena *arena, struct aws_url *ret,
                                  struct unum_err *err);

/* A yes-or-no that is a variable, else a setting of the profile; INVAL for other words. */
UNUM_CHECKED int aws_switch(const char *variable, const char *key,
                            const struct aws_profile_choice *choice, bool *ret,
                            struct unum_err *err);

#endif

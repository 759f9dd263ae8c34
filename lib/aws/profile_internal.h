/*
 * profile_internal: between the reader of one file and what is asked of both.
 */
#ifndef UNUM_AWS_PROFILE_INTERNAL_H
#define UNUM_AWS_PROFILE_INTERNAL_H

#include "aws/profile.h"

/* Add what `text` says. `text` is in the profiles' arena. */
UNUM_CHECKED int profile_read(struct aws_profiles *profiles, enum aws_profile_file file,
                              struct unum_str text, struct unum_err *err);

#endif

/*
 * settings: how calls are repeated and what the program calls itself, as the environment and the
 * profile say.
 * Source: AWS SDKs and Tools Reference Guide, "Retry behavior", "Application ID".
 */
#ifndef UNUM_AWS_SETTINGS_H
#define UNUM_AWS_SETTINGS_H

#include "aws/region.h"

enum { AWS_MAX_MAX_ATTEMPTS = 100, AWS_MAX_APP_ID = 50, AWS_ACCOUNT_DIGITS = 12 };

struct aws_settings {
    int max_attempts;           /* 0: every service's own */
    struct unum_str user_agent; /* "unum/1.0 app/orders" */
};
/* AWS_MAX_ATTEMPTS or `max_attempts`, AWS_RETRY_MODE or `retry_mode`, AWS_SDK_UA_APP_ID or
 * `sdk_ua_app_id`; variables come first. There is one mode, standard: "legacy" means the same, and
 * "adaptive" is told to `log` (may be NULL) to be it, too. INVAL for what is no number or no mode.
 * An application's name is cut to AWS_MAX_APP_ID characters, of which those that headers do not
 * allow become "-". `choice` may be NULL: no profile. */
UNUM_CHECKED int aws_settings_read(const struct aws_profile_choice *choice,
                                   const struct unum_log *log, struct unum_arena *arena,
                                   struct aws_settings *ret, struct unum_err *err);

/* The account of the credentials in the environment, where AWS_ACCOUNT_ID says it and they are the
 * ones that count (no --profile); else empty: STS knows. INVAL if it is no account number. */
UNUM_CHECKED int aws_settings_account(const struct aws_profile_choice *choice, struct unum_str *ret,
                                      struct unum_err *err);

#endif

/*
 * chain: the program's credentials: the sources in their order, and refreshing in time.
 *
 * The first source that applies counts; if it fails, that is an error. Order: environment (unless
 * --profile is given), the profile's role, web identity, SSO, keys of the credentials file, login
 * session, process, keys of the config file; then container or instance.
 * Credentials with an end are renewed in the last 15 minutes; a failure is an error in the last 10
 * and passes before. Those that live shorter are renewed at most once a minute. When a service says
 * that they have expired, all sources are asked again, once per call.
 * No message, line of log or origin ever holds a secret key or a token.
 * Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers"; AWS CLI User
 * Guide, "Configuration and credential precedence".
 */
#ifndef UNUM_AWS_CHAIN_H
#define UNUM_AWS_CHAIN_H

#include "aws/client.h"
#include "aws/region.h"

/* Ask the person at the terminal; CANCELLED if they do not want to. */
struct aws_ask_code {
    void *cookie;
    int (*ask)(void *cookie, struct unum_str mfa_serial, struct unum_buf *ret_code,
               struct unum_err *err);
};

struct aws_chain_config {
    struct http_transport transport; /* borrowed */
    const struct unum_clock *clock;
    const struct unum_log *log; /* may be NULL */
    struct aws_profile_choice choice;
    struct unum_str region;     /* for STS; may be empty: asked for when it is needed */
    struct aws_ask_code mfa;    /* `ask` NULL: there is no terminal */
    struct unum_str user_agent; /* of the calls the sources make; empty: unum and its version */
    int max_attempts;           /* of them; 0: the services' defaults */
    struct aws_skew *skew;      /* shared with the clients that use the credentials; NULL: own */
};

struct aws_chain;
/* Looks for nothing yet. The configuration is copied, what it points to is borrowed. */
struct aws_chain *aws_chain_new(const struct aws_chain_config *config);
void aws_chain_free(struct aws_chain *chain); /* wipes; accepts NULL */
/* What a client takes. Credentials are valid until the next call. AUTH if there are none, with one
 * line per source that tells why it did not apply; the failure of the source that applied. */
struct aws_creds_source aws_chain_source(struct aws_chain *chain);
/* Where the present credentials came from; empty before the first were got. */
struct unum_str aws_chain_origin(const struct aws_chain *chain);

#endif

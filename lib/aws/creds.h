/*
 * creds: what all sources of credentials have in common. Internal to aws/; the program uses
 * aws/chain.h.
 *
 * A source says whether it applies (its variables, settings or files are there). One that applies
 * and fails is an error: the next is not tried, because then work would be done with somebody
 * else's rights.
 */
#ifndef UNUM_AWS_CREDS_H
#define UNUM_AWS_CREDS_H

#include "aws/chain.h"

/* Credentials that are owned; wiped when they are done. */
struct creds_held {
    struct unum_arena arena;
    struct aws_creds creds;
    struct unum_str origin; /* "assume role ARN (profile x)" */
};
#define CREDS_AUTO_HELD UNUM_AUTO(creds_held_done)
void creds_held_done(struct creds_held *held);
/* Replace what is held by copies. */
void creds_keep(struct creds_held *held, const struct aws_creds *creds);
void creds_origin(struct creds_held *held, const char *format, ...) UNUM_PRINTF(2, 3);

enum { CREDS_MAX_PROFILES = 16 }; /* source_profile: one after another */

/* What a source is asked with. */
struct creds_request {
    const struct aws_chain_config *config;
    struct aws_profile_choice choice;  /* whose settings count; differs from the config's below
                                          source_profile */
    bool variables;                    /* may variables of the environment be used? */
    bool chained;                      /* out: the credentials are a role's */
    const struct creds_request *above; /* who named this profile as its source */
    size_t depth;
};

struct creds_row {
    const char *name;
    bool machine; /* belongs to the machine, not to a profile */
    /* If not, `why` says so. Never any value of a secret. */
    bool (*applies)(const struct creds_request *request, struct unum_buf *why);
    /* NOTFOUND is only for machine sources: nothing is there after all, the next is tried. */
    int (*fetch)(struct creds_request *request, struct creds_held *ret, struct unum_err *err);
};

extern const struct creds_row creds_environment, creds_role, creds_web_identity, creds_sso,
    creds_shared_file, creds_login, creds_process, creds_config_file, creds_container, creds_imds;

/* Through the rows in order. */
UNUM_CHECKED int creds_look(struct creds_request *request, struct creds_held *ret,
                            struct unum_err *err);

/* A client of the one service a source asks; it shares what the chain knows of the clock. Free it
 * with creds_client_free(). */
struct creds_peer {
    enum aws_service service;
    struct unum_str url, region;   /* borrowed; of aws_endpoint_url() */
    const struct aws_creds *creds; /* borrowed; NULL: nothing is signed */
    int attempts;                  /* 0: the chain's */
};
UNUM_CHECKED int creds_client(const struct creds_request *request, const struct creds_peer *peer,
                              struct aws_client **ret, struct unum_err *err);
void creds_client_free(struct aws_client **client);
#define CREDS_AUTO_CLIENT UNUM_AUTO(creds_client_free)
/* aws_call_one() with a ceiling fit for credentials. */
UNUM_CHECKED int creds_send(struct aws_client *client, struct aws_call *call, struct unum_err *err);
void creds_call_done(struct aws_call *call); /* wipes the answer */
#define CREDS_AUTO_CALL UNUM_AUTO(creds_call_done)
static inline void creds_header(struct aws_call *call, const char *name, struct unum_str value)
{
    http_headers_add(&call->headers, &call->x.arena, unum_str_from(name), value);
}
/* Milliseconds as the services have them. */
int64_t creds_now_ms(const struct creds_request *request);

/* One setting of the request's profile; empty if there is none. */
struct unum_str creds_setting(const struct creds_request *request, const char *key);

/* Credentials as JSON: the names of the four members ("AccessKeyId", ...); `token` and `expires`
 * may be absent from the text, `expires` (RFC 3339) NULL. PARSE without quoting anything. */
struct creds_names {
    const char *access, *secret, *token, *expires;
};
UNUM_CHECKED int creds_from_json(struct unum_str object, const struct creds_names *names,
                                 struct creds_held *ret, struct unum_err *err);
/* A string member, decoded into the arena; empty if it is none. */
struct unum_str creds_member(struct unum_str object, const char *name, struct unum_arena *arena);
/* A file of one token, without blanks around it; at most 20000 bytes, neither empty nor with a line
 * break inside. */
UNUM_CHECKED int creds_token_file(struct unum_str path, struct unum_arena *arena,
                                  struct unum_str *ret, struct unum_err *err);

#endif

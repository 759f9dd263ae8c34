#include "aws/chain.h"

#include <stdlib.h>
#include <string.h>

#include "aws/creds.h"
#include "base/alloc.h"

enum {
    ADVISORY_MS = 15 * 60 * 1000,
    MANDATORY_MS = 10 * 60 * 1000,
    RENEW_PAUSE_MS = 60 * 1000,
};

static const struct creds_row *const rows[] = {
    &creds_environment, &creds_role,    &creds_web_identity, &creds_sso,       &creds_shared_file,
    &creds_login,       &creds_process, &creds_config_file,  &creds_container, &creds_imds,
};

struct aws_chain {
    struct aws_chain_config config;
    struct creds_held held;
    struct aws_skew skew;
    bool have, expired; /* expired: a service has said so */
    int64_t renewed_ms; /* when renewing was last tried */
};

/*
 * One walk through the sources.
 */
static int none_applies(const struct creds_request *request, struct unum_buf *tried,
                        struct unum_err *err)
{
    struct unum_str profile = request->choice.name;
    if (request->above)
        (void)unum_err_set(err, UNUM_E_AUTH, "profile \"%.*s\" gives no credentials:%s",
                           UNUM_STR_ARG(profile), unum_buf_text(tried));
    else
        (void)unum_err_set(err, UNUM_E_AUTH, "no AWS credentials; tried (profile %.*s%s%.*s):%s",
                           UNUM_STR_ARG(profile), request->config->region.len ? ", region " : "",
                           UNUM_STR_ARG(request->config->region), unum_buf_text(tried));
    (void)unum_err_hint(err, "`aws configure` or `aws sso login` sets them up; "
                             "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    return UNUM_E_AUTH;
}

/* Whatever is wrong with a source, the program has no credentials; what may pass by itself or was
 * refused keeps its code. */
static int as_auth(int rc, struct unum_err *err)
{
    switch (rc) {
    case UNUM_E_DENIED:
    case UNUM_E_TIMEOUT:
    case UNUM_E_IO:
    case UNUM_E_REMOTE:
    case UNUM_E_THROTTLED:
    case UNUM_E_CANCELLED:
        return rc;
    default:
        if (err)
            err->rc = UNUM_E_AUTH;
        return UNUM_E_AUTH;
    }
}

int creds_look(struct creds_request *request, struct creds_held *ret, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF tried = UNUM_BUF_INIT(16384);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        struct unum_buf UNUM_AUTO_BUF why = UNUM_BUF_INIT(1024);
        struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
        if (rows[i]->machine && request->above)
            continue;
        int rc = UNUM_E_NOTFOUND;
        if (rows[i]->applies(request, &why)) {
            rc = rows[i]->fetch(request, ret, &failure);
            if (rc == 0)
                return 0;
            if (rc == UNUM_E_NOTFOUND && rows[i]->machine)
                unum_buf_adds(&why, unum_err_text(&failure));
            else {
                if (err) {
                    unum_err_done(err);
                    *err = failure;
                    failure = (struct unum_err)UNUM_ERR_INIT;
                }
                rc = as_auth(rc, err);
                (void)unum_err_wrap(err, "%s", rows[i]->name);
                return rc;
            }
        }
        unum_buf_printf(&tried, "\n  %s: %s", rows[i]->name, unum_buf_text(&why));
    }
    return none_applies(request, &tried, err);
}

/*
 * Renewing.
 */
static int fetch(struct aws_chain *chain, struct unum_err *err)
{
    struct creds_held CREDS_AUTO_HELD fresh = {0};
    struct creds_request request = {.config = &chain->config,
                                    .choice = chain->config.choice,
                                    .variables = !chain->config.choice.by_flag};
    int rc = creds_look(&request, &fresh, err);
    int64_t now_ms = creds_now_ms(&request); /* by now the clock may be known to be wrong */
    chain->renewed_ms = unum_wall_ms(chain->config.clock);
    if (rc < 0)
        return rc;
    if (fresh.creds.expires_ms && fresh.creds.expires_ms <= now_ms)
        return unum_err_set(err, UNUM_E_AUTH, "%.*s: the credentials have expired",
                            UNUM_STR_ARG(fresh.origin));
    creds_held_done(&chain->held);
    chain->held = fresh;
    chain->have = true;
    chain->expired = false;
    fresh = (struct creds_held){0};
    unum_logf(chain->config.log, UNUM_LOG_DEBUG, "credentials: %.*s",
              UNUM_STR_ARG(chain->held.origin));
    return 0;
}

static int renew(struct aws_chain *chain, int64_t left_ms, struct unum_err *err)
{
    struct unum_err UNUM_AUTO_ERR failure = UNUM_ERR_INIT;
    int64_t pause_ms = unum_wall_ms(chain->config.clock) - chain->renewed_ms;
    if (left_ms > 0 && pause_ms >= 0 && pause_ms < RENEW_PAUSE_MS)
        return 0;
    if (left_ms <= MANDATORY_MS)
        return fetch(chain, err);
    if (fetch(chain, &failure) < 0)
        unum_logf(chain->config.log, UNUM_LOG_DEBUG, "credentials are not renewed yet: %s",
                  unum_err_text(&failure));
    return 0;
}

static int get(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    struct aws_chain *chain = cookie;
    int64_t now_ms = unum_wall_ms(chain->config.clock) + chain->config.skew->ms;
    int64_t left_ms = chain->held.creds.expires_ms - now_ms;
    int rc = 0;
    if (!chain->have || chain->expired)
        rc = fetch(chain, err);
    else if (chain->held.creds.expires_ms && left_ms <= ADVISORY_MS)
        rc = renew(chain, left_ms, err);
    if (rc == 0)
        *ret = &chain->held.creds;
    return rc;
}

static void expire(void *cookie)
{
    struct aws_chain *chain = cookie;
    chain->expired = true;
    unum_logf(chain->config.log, UNUM_LOG_DEBUG, "credentials are refused as expired: %.*s",
              UNUM_STR_ARG(chain->held.origin));
}

struct aws_chain *aws_chain_new(const struct aws_chain_config *config)
{
    struct aws_chain *chain = unum_alloc(sizeof(*chain));
    chain->config = *config;
    if (!chain->config.skew)
        chain->config.skew = &chain->skew;
    return chain;
}

void aws_chain_free(struct aws_chain *chain)
{
    if (!chain)
        return;
    creds_held_done(&chain->held);
    free(chain);
}

struct aws_creds_source aws_chain_source(struct aws_chain *chain)
{
    return (struct aws_creds_source){.cookie = chain, .get = get, .expire = expire};
}

struct unum_str aws_chain_origin(const struct aws_chain *chain)
{
    return chain->held.origin;
}

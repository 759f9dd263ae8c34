#include "aws/creds_env.h"

#include <stdlib.h>

static struct unum_str variable(const char *name)
{
    /* Nobody sets variables while requests are made, and the runtime asks from one thread. */
    return unum_str_trim(unum_str_from(getenv(name))); /* NOLINT(concurrency-mt-unsafe) */
}

static int get(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    struct aws_creds_env *state = cookie;
    struct aws_creds creds = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                              variable("AWS_SESSION_TOKEN"), 0};
    if (!creds.access_key.len || !creds.secret_key.len)
        return unum_err_set(err, UNUM_E_AUTH, "%s is not set in the environment",
                            creds.access_key.len ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    state->creds = creds;
    *ret = &state->creds;
    return 0;
}

struct aws_creds_source aws_creds_env(struct aws_creds_env *state)
{
    return (struct aws_creds_source){.cookie = state, .get = get};
}

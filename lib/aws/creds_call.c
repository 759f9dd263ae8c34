/*
 * Calls a source makes: through the client of all calls, on the chain's transport.
 */
#include <string.h>

#include "aws/creds.h"
#include "aws/error.h"
#include "base/limits.h"

enum { MAX_ANSWER = 1024 * 1024 };

static int get_fixed(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    (void)err;
    *ret = cookie;
    return 0;
}

int creds_client(const struct creds_request *request, const struct creds_peer *peer,
                 struct aws_client **ret, struct unum_err *err)
{
    const struct aws_chain_config *chain = request->config;
    struct aws_config config = {
        .transport = chain->transport,
        .clock = chain->clock,
        .log = chain->log,
        .region = peer->region,
        .user_agent = chain->user_agent,
        .max_attempts = peer->attempts ? peer->attempts : chain->max_attempts,
        .skew = chain->skew,
        .read_error = aws_error_read_any,
    };
    /* The client does not write to what it borrows. */
    if (peer->creds)
        config.creds =
            (struct aws_creds_source){.cookie = (void *)(uintptr_t)peer->creds, .get = get_fixed};
    config.endpoints[peer->service] = peer->url;
    return aws_client_new(&config, ret, err);
}

void creds_client_free(struct aws_client **client)
{
    aws_client_free(*client);
    *client = NULL;
}

int creds_send(struct aws_client *client, struct aws_call *call, struct unum_err *err)
{
    call->x.max_body = MAX_ANSWER;
    return aws_call_one(client, call, err);
}

void creds_call_done(struct aws_call *call)
{
    if (call->x.response.ptr)
        explicit_bzero(call->x.response.ptr, call->x.response.cap);
    aws_call_done(call);
}

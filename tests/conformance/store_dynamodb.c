#include "conformance/store_dynamodb.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

struct own {
    struct http_transport transport;
    struct aws_client *client;
};

static int get_creds(void *cookie, const struct aws_creds **ret, struct unum_err *err)
{
    const struct dynamodb_server *server = cookie;
    (void)err;
    *ret = &server->creds;
    return 0;
}

static void must(int rc, const struct unum_err *err)
{
    if (rc >= 0)
        return;
    fprintf(stderr, "%s\n", unum_err_text(err));
    abort();
}

void dynamodb_handle_open(void *cookie, struct store_handle *ret)
{
    struct dynamodb_server *server = cookie;
    struct own *own = unum_alloc(sizeof(*own));
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    const struct http_native_config http = {.clock = &unum_clock_system};
    must(http_native_open(&http, &own->transport, &err), &err);
    const struct aws_config config = {
        .transport = own->transport,
        .clock = &unum_clock_system,
        .creds = {.cookie = server, .get = get_creds},
        .region = UNUM_STR("us-east-1"),
        .endpoints = {[AWS_DYNAMODB] = server->endpoint},
    };
    must(aws_client_new(&config, &own->client, &err), &err);
    must(store_dynamodb_open(own->client, UNUM_STR(SUITE_TABLE), &ret->store, &err), &err);
    ret->own = own;
}

void dynamodb_handle_close(struct store_handle *handle)
{
    struct own *own = handle->own;
    handle->store.ops->close(handle->store.state);
    aws_client_free(own->client);
    own->transport.ops->close(own->transport.state);
    free(own);
}

struct aws_client *dynamodb_handle_client(struct store_handle *handle)
{
    return ((struct own *)handle->own)->client;
}

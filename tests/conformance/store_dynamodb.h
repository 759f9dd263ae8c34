/*
 * store_dynamodb: handles for store_suite on a server that speaks DynamoDB's protocol. Each has its
 * own client and transport.
 */
#ifndef UNUM_TESTS_CONFORMANCE_STORE_DYNAMODB_H
#define UNUM_TESTS_CONFORMANCE_STORE_DYNAMODB_H

#include "aws/client.h"
#include "conformance/store_suite.h"

#define SUITE_TABLE "items"

struct dynamodb_server {
    struct unum_str endpoint;
    struct aws_creds creds;
};

/* `cookie` is a struct dynamodb_server. */
void dynamodb_handle_open(void *cookie, struct store_handle *ret);
void dynamodb_handle_close(struct store_handle *handle);
struct aws_client *dynamodb_handle_client(struct store_handle *handle);

#endif

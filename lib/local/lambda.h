/* lambda: the operations of the emulated Lambda that lambda.c hands on. Internal to local/. */
#ifndef UNUM_LOCAL_LAMBDA_H
#define UNUM_LOCAL_LAMBDA_H

#include "local/internal.h"
#include "json/json.h"

/* The function that the path names becomes `req->target`. False: an error was answered. */
bool lambda_prepare(struct door_request *req);
void lambda_list_call(struct door_request *req);
void lambda_get_call(struct door_request *req);
void lambda_get_configuration_call(struct door_request *req);
void lambda_invoke_call(struct door_request *req);
/* Of lambda_control.c: all but create concern `req->target`. */
void lambda_create_call(struct door_request *req);
void lambda_update_code_call(struct door_request *req);
void lambda_update_configuration_call(struct door_request *req);
void lambda_delete_call(struct door_request *req);
void lambda_put_invoke_config_call(struct door_request *req);
void lambda_get_invoke_config_call(struct door_request *req);
void lambda_delete_invoke_config_call(struct door_request *req);
void lambda_put_concurrency_call(struct door_request *req);
void lambda_get_concurrency_call(struct door_request *req);
void lambda_delete_concurrency_call(struct door_request *req);
void lambda_get_recursion_call(struct door_request *req);
void lambda_put_recursion_call(struct door_request *req);
void lambda_tags_call(struct door_request *req);
void lambda_write_configuration(struct door_request *req, const struct function *function,
                                struct json_writer *w);

#endif

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

/* The request's JSON object. False: an error was answered. */
bool lambda_read_body(struct door_request *req, struct unum_str *ret);
/* InvalidParameterValueException; false. */
bool lambda_invalid(struct door_request *req, const char *text);
/* The text at a JSON pointer, in the request's arena; empty if it is not there or no string. */
struct unum_str lambda_text(struct door_request *req, struct unum_str object, const char *pointer);
/* Is the number at a JSON pointer within these? True as well if there is none. */
bool lambda_is_between(struct unum_str object, const char *pointer, int64_t least, int64_t most);
/* A member of the record, or several, as they are. */
void lambda_copy_member(struct json_writer *w, struct unum_str record, const char *name);
void lambda_copy_members(struct json_writer *w, struct unum_str body, const char *const *names,
                         size_t len);
void lambda_answer(struct door_request *req, int status);
void lambda_write_configuration(struct door_request *req, const struct function *function,
                                struct json_writer *w);

#endif

/* logs_api: the operations of the emulated CloudWatch Logs. Internal to local/. */
#ifndef UNUM_LOCAL_LOGS_API_H
#define UNUM_LOCAL_LOGS_API_H

#include "local/internal.h"

#define LOGS_OF_FUNCTIONS "/aws/lambda/"

/* The request's JSON object. False: an error was answered. */
bool logs_body(struct door_request *req, struct unum_str *ret);
/* Of logs_api.c */
void logs_filter_call(struct door_request *req);
void logs_get_events_call(struct door_request *req);
void logs_describe_streams_call(struct door_request *req);
/* Of log_group.c */
void logs_create_group_call(struct door_request *req);
void logs_delete_group_call(struct door_request *req);
void logs_describe_groups_call(struct door_request *req);
void logs_put_retention_call(struct door_request *req);
void logs_delete_retention_call(struct door_request *req);

#endif

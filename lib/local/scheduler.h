/* scheduler: the operations of the emulated EventBridge Scheduler. Internal to local/. */
#ifndef UNUM_LOCAL_SCHEDULER_H
#define UNUM_LOCAL_SCHEDULER_H

#include "local/internal.h"

/* The name in the path becomes `req->resource`, decoded. False: an error was answered. */
bool scheduler_prepare(struct door_request *req);
void scheduler_create_call(struct door_request *req);
void scheduler_update_call(struct door_request *req);
void scheduler_get_call(struct door_request *req);
void scheduler_delete_call(struct door_request *req);
void scheduler_list_call(struct door_request *req);
void scheduler_create_group_call(struct door_request *req);
void scheduler_get_group_call(struct door_request *req);
void scheduler_delete_group_call(struct door_request *req);
void scheduler_list_groups_call(struct door_request *req);

#endif

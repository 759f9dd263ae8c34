/* iam: the operations of the emulated IAM; see the table in operations.c. Internal to local/. */
#ifndef UNUM_LOCAL_IAM_H
#define UNUM_LOCAL_IAM_H

#include "local/internal.h"

void iam_attach_call(struct door_request *req);
void iam_create_call(struct door_request *req);
void iam_delete_call(struct door_request *req);
void iam_delete_policy_call(struct door_request *req);
void iam_detach_call(struct door_request *req);
void iam_get_call(struct door_request *req);
void iam_get_policy_call(struct door_request *req);
void iam_list_attached_call(struct door_request *req);
void iam_list_policies_call(struct door_request *req);
void iam_list_tags_call(struct door_request *req);
void iam_list_call(struct door_request *req);
void iam_put_policy_call(struct door_request *req);
void iam_simulate_call(struct door_request *req);
void iam_tag_call(struct door_request *req);
void iam_untag_call(struct door_request *req);
void iam_update_trust_call(struct door_request *req);

#endif

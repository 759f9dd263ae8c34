/* iam: the operations of the emulated IAM; see the table in operations.c. Internal to local/. */
#ifndef UNUM_LOCAL_IAM_H
#define UNUM_LOCAL_IAM_H

#include "local/internal.h"

#define IAM_SPACE "https://iam.amazonaws.com/doc/2010-05-08/"

struct iam_role;
/* 1 to 128 letters, digits and _+=,.@- */
bool iam_is_name(struct unum_str name);
bool iam_is_attached(const struct iam_role *role, struct unum_str arn);
/* Of iam_policy.c */
UNUM_CHECKED int iam_policies_restore(struct local *local, struct unum_err *err);
void iam_policies_clear(struct local *local);
void iam_create_policy_call(struct door_request *req);
void iam_create_policy_version_call(struct door_request *req);
void iam_delete_managed_policy_call(struct door_request *req);
void iam_get_managed_policy_call(struct door_request *req);
void iam_get_policy_version_call(struct door_request *req);
void iam_list_managed_policies_call(struct door_request *req);
/* Of iam.c */

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

#include "local/operations.h"

#include "local/cfn.h"
#include "local/form.h"
#include "local/iam.h"
#include "local/lambda.h"
#include "local/logs_api.h"
#include "local/s3.h"
#include "local/scheduler.h"
#include "local/sts.h"

static const struct operation_service services[] = {
    {DOOR_LAMBDA, "lambda", NULL, OPERATION_REST, false, 404, "ResourceNotFoundException",
     lambda_prepare},
    {DOOR_DYNAMODB, "dynamodb", "DynamoDB_20120810", OPERATION_JSON, false, 400,
     "UnknownOperationException", NULL},
    {DOOR_LOGS, "logs", "Logs_20140328", OPERATION_JSON, false, 400, "UnknownOperationException",
     NULL},
    {DOOR_SCHEDULER, "scheduler", NULL, OPERATION_REST, false, 400, "ValidationException",
     scheduler_prepare},
    {DOOR_S3, "s3", NULL, OPERATION_REST, true, 501, "NotImplemented", s3_prepare},
    {DOOR_STS, "sts", NULL, OPERATION_QUERY, true, 400, "InvalidAction", form_prepare},
    {DOOR_IAM, "iam", NULL, OPERATION_QUERY, true, 400, "InvalidAction", form_prepare},
    {DOOR_CLOUDFORMATION, "cloudformation", NULL, OPERATION_QUERY, true, 400, "InvalidAction",
     form_prepare},
};

static const struct operation operations[] = {
    {DOOR_LAMBDA, "ListFunctions", "GET /2015-03-31/functions", lambda_list_call},
    {DOOR_LAMBDA, "CreateFunction", "POST /2015-03-31/functions", lambda_create_call},
    {DOOR_LAMBDA, "GetFunction", "GET /2015-03-31/functions/{FunctionName}", lambda_get_call},
    {DOOR_LAMBDA, "DeleteFunction", "DELETE /2015-03-31/functions/{FunctionName}",
     lambda_delete_call},
    {DOOR_LAMBDA, "GetFunctionConfiguration",
     "GET /2015-03-31/functions/{FunctionName}/configuration", lambda_get_configuration_call},
    {DOOR_LAMBDA, "UpdateFunctionConfiguration",
     "PUT /2015-03-31/functions/{FunctionName}/configuration", lambda_update_configuration_call},
    {DOOR_LAMBDA, "UpdateFunctionCode", "PUT /2015-03-31/functions/{FunctionName}/code",
     lambda_update_code_call},
    {DOOR_LAMBDA, "Invoke", "POST /2015-03-31/functions/{FunctionName}/invocations",
     lambda_invoke_call},
    {DOOR_LAMBDA, "PutFunctionEventInvokeConfig",
     "PUT /2019-09-25/functions/{FunctionName}/event-invoke-config", lambda_put_invoke_config_call},
    {DOOR_LAMBDA, "GetFunctionEventInvokeConfig",
     "GET /2019-09-25/functions/{FunctionName}/event-invoke-config", lambda_get_invoke_config_call},
    {DOOR_LAMBDA, "DeleteFunctionEventInvokeConfig",
     "DELETE /2019-09-25/functions/{FunctionName}/event-invoke-config",
     lambda_delete_invoke_config_call},
    {DOOR_LAMBDA, "PutFunctionConcurrency", "PUT /2017-10-31/functions/{FunctionName}/concurrency",
     lambda_put_concurrency_call},
    {DOOR_LAMBDA, "GetFunctionConcurrency", "GET /2019-09-30/functions/{FunctionName}/concurrency",
     lambda_get_concurrency_call},
    {DOOR_LAMBDA, "DeleteFunctionConcurrency",
     "DELETE /2017-10-31/functions/{FunctionName}/concurrency", lambda_delete_concurrency_call},
    {DOOR_LAMBDA, "PutFunctionRecursionConfig",
     "PUT /2024-08-31/functions/{FunctionName}/recursion-config", lambda_put_recursion_call},
    {DOOR_LAMBDA, "GetFunctionRecursionConfig",
     "GET /2024-08-31/functions/{FunctionName}/recursion-config", lambda_get_recursion_call},
    {DOOR_LAMBDA, "ListTags", "GET /2017-03-31/tags/{Resource}", lambda_tags_call},
    {DOOR_LAMBDA, "TagResource", "POST /2017-03-31/tags/{Resource}", lambda_tags_call},
    {DOOR_LAMBDA, "UntagResource", "DELETE /2017-03-31/tags/{Resource}", lambda_tags_call},

    {DOOR_DYNAMODB, "BatchGetItem", NULL, store_call},
    {DOOR_DYNAMODB, "BatchWriteItem", NULL, store_call},
    {DOOR_DYNAMODB, "CreateTable", NULL, store_call},
    {DOOR_DYNAMODB, "DeleteItem", NULL, store_call},
    {DOOR_DYNAMODB, "DeleteTable", NULL, store_call},
    {DOOR_DYNAMODB, "DescribeTable", NULL, store_call},
    {DOOR_DYNAMODB, "DescribeTimeToLive", NULL, store_call},
    {DOOR_DYNAMODB, "GetItem", NULL, store_call},
    {DOOR_DYNAMODB, "ListTables", NULL, store_call},
    {DOOR_DYNAMODB, "ListTagsOfResource", NULL, store_call},
    {DOOR_DYNAMODB, "PutItem", NULL, store_call},
    {DOOR_DYNAMODB, "Query", NULL, store_call},
    {DOOR_DYNAMODB, "Scan", NULL, store_call},
    {DOOR_DYNAMODB, "TagResource", NULL, store_call},
    {DOOR_DYNAMODB, "TransactGetItems", NULL, store_call},
    {DOOR_DYNAMODB, "TransactWriteItems", NULL, store_call},
    {DOOR_DYNAMODB, "UntagResource", NULL, store_call},
    {DOOR_DYNAMODB, "UpdateItem", NULL, store_call},
    {DOOR_DYNAMODB, "UpdateTimeToLive", NULL, store_call},

    {DOOR_LOGS, "CreateLogGroup", NULL, logs_create_group_call},
    {DOOR_LOGS, "DeleteLogGroup", NULL, logs_delete_group_call},
    {DOOR_LOGS, "DeleteRetentionPolicy", NULL, logs_delete_retention_call},
    {DOOR_LOGS, "DescribeLogGroups", NULL, logs_describe_groups_call},
    {DOOR_LOGS, "DescribeLogStreams", NULL, logs_describe_streams_call},
    {DOOR_LOGS, "FilterLogEvents", NULL, logs_filter_call},
    {DOOR_LOGS, "GetLogEvents", NULL, logs_get_events_call},
    {DOOR_LOGS, "PutRetentionPolicy", NULL, logs_put_retention_call},

    {DOOR_SCHEDULER, "CreateSchedule", "POST /schedules/{Name}", scheduler_create_call},
    {DOOR_SCHEDULER, "GetSchedule", "GET /schedules/{Name}", scheduler_get_call},
    {DOOR_SCHEDULER, "UpdateSchedule", "PUT /schedules/{Name}", scheduler_update_call},
    {DOOR_SCHEDULER, "DeleteSchedule", "DELETE /schedules/{Name}", scheduler_delete_call},
    {DOOR_SCHEDULER, "ListSchedules", "GET /schedules", scheduler_list_call},
    {DOOR_SCHEDULER, "CreateScheduleGroup", "POST /schedule-groups/{Name}",
     scheduler_create_group_call},
    {DOOR_SCHEDULER, "GetScheduleGroup", "GET /schedule-groups/{Name}", scheduler_get_group_call},
    {DOOR_SCHEDULER, "DeleteScheduleGroup", "DELETE /schedule-groups/{Name}",
     scheduler_delete_group_call},
    {DOOR_SCHEDULER, "ListScheduleGroups", "GET /schedule-groups", scheduler_list_groups_call},

    {DOOR_S3, "ListBuckets", "GET /", s3_list_buckets},
    {DOOR_S3, "GetBucketLocation", "GET /{Bucket}?location", s3_get_location},
    {DOOR_S3, "ListMultipartUploads", "GET /{Bucket}?uploads", s3_list_uploads},
    {DOOR_S3, "ListObjectsV2", "GET /{Bucket}?list-type=2", s3_list_objects_v2},
    {DOOR_S3, "GetBucketPolicy", "GET /{Bucket}?policy", s3_get_setting},
    {DOOR_S3, "GetBucketVersioning", "GET /{Bucket}?versioning", s3_get_setting},
    {DOOR_S3, "GetBucketEncryption", "GET /{Bucket}?encryption", s3_get_setting},
    {DOOR_S3, "GetPublicAccessBlock", "GET /{Bucket}?publicAccessBlock", s3_get_setting},
    {DOOR_S3, "GetBucketLifecycleConfiguration", "GET /{Bucket}?lifecycle", s3_get_setting},
    {DOOR_S3, "GetBucketOwnershipControls", "GET /{Bucket}?ownershipControls", s3_get_setting},
    {DOOR_S3, "GetBucketTagging", "GET /{Bucket}?tagging", s3_get_setting},
    {DOOR_S3, "ListObjects", "GET /{Bucket}", s3_list_objects},
    {DOOR_S3, "PutBucketPolicy", "PUT /{Bucket}?policy", s3_put_setting},
    {DOOR_S3, "PutBucketVersioning", "PUT /{Bucket}?versioning", s3_put_setting},
    {DOOR_S3, "PutBucketEncryption", "PUT /{Bucket}?encryption", s3_put_setting},
    {DOOR_S3, "PutPublicAccessBlock", "PUT /{Bucket}?publicAccessBlock", s3_put_setting},
    {DOOR_S3, "PutBucketLifecycleConfiguration", "PUT /{Bucket}?lifecycle", s3_put_setting},
    {DOOR_S3, "PutBucketOwnershipControls", "PUT /{Bucket}?ownershipControls", s3_put_setting},
    {DOOR_S3, "PutBucketTagging", "PUT /{Bucket}?tagging", s3_put_setting},
    {DOOR_S3, "CreateBucket", "PUT /{Bucket}", s3_create_bucket},
    {DOOR_S3, "DeleteBucketPolicy", "DELETE /{Bucket}?policy", s3_delete_setting},
    {DOOR_S3, "DeleteBucketEncryption", "DELETE /{Bucket}?encryption", s3_delete_setting},
    {DOOR_S3, "DeletePublicAccessBlock", "DELETE /{Bucket}?publicAccessBlock", s3_delete_setting},
    {DOOR_S3, "DeleteBucketLifecycle", "DELETE /{Bucket}?lifecycle", s3_delete_setting},
    {DOOR_S3, "DeleteBucketOwnershipControls", "DELETE /{Bucket}?ownershipControls",
     s3_delete_setting},
    {DOOR_S3, "DeleteBucketTagging", "DELETE /{Bucket}?tagging", s3_delete_setting},
    {DOOR_S3, "DeleteBucket", "DELETE /{Bucket}", s3_delete_bucket},
    {DOOR_S3, "HeadBucket", "HEAD /{Bucket}", s3_head_bucket},
    {DOOR_S3, "DeleteObjects", "POST /{Bucket}?delete", s3_delete_objects},
    {DOOR_S3, "ListParts", "GET /{Bucket}/{Key+}?uploadId", s3_list_parts},
    {DOOR_S3, "GetObject", "GET /{Bucket}/{Key+}", s3_get_object},
    {DOOR_S3, "HeadObject", "HEAD /{Bucket}/{Key+}", s3_head_object},
    {DOOR_S3, "UploadPart", "PUT /{Bucket}/{Key+}?partNumber&uploadId", s3_upload_part},
    {DOOR_S3, "PutObject", "PUT /{Bucket}/{Key+}", s3_put_object},
    {DOOR_S3, "AbortMultipartUpload", "DELETE /{Bucket}/{Key+}?uploadId", s3_abort_upload},
    {DOOR_S3, "DeleteObject", "DELETE /{Bucket}/{Key+}", s3_delete_object},
    {DOOR_S3, "CreateMultipartUpload", "POST /{Bucket}/{Key+}?uploads", s3_create_upload},
    {DOOR_S3, "CompleteMultipartUpload", "POST /{Bucket}/{Key+}?uploadId", s3_complete_upload},

    {DOOR_STS, "AssumeRole", NULL, sts_assume_role_call},
    {DOOR_STS, "GetCallerIdentity", NULL, sts_identity_call},

    {DOOR_IAM, "AttachRolePolicy", NULL, iam_attach_call},
    {DOOR_IAM, "CreatePolicy", NULL, iam_create_policy_call},
    {DOOR_IAM, "CreatePolicyVersion", NULL, iam_create_policy_version_call},
    {DOOR_IAM, "DeletePolicy", NULL, iam_delete_managed_policy_call},
    {DOOR_IAM, "GetPolicy", NULL, iam_get_managed_policy_call},
    {DOOR_IAM, "GetPolicyVersion", NULL, iam_get_policy_version_call},
    {DOOR_IAM, "ListPolicies", NULL, iam_list_managed_policies_call},
    {DOOR_IAM, "CreateRole", NULL, iam_create_call},
    {DOOR_IAM, "DeleteRole", NULL, iam_delete_call},
    {DOOR_IAM, "DeleteRolePolicy", NULL, iam_delete_policy_call},
    {DOOR_IAM, "DetachRolePolicy", NULL, iam_detach_call},
    {DOOR_IAM, "GetRole", NULL, iam_get_call},
    {DOOR_IAM, "GetRolePolicy", NULL, iam_get_policy_call},
    {DOOR_IAM, "ListAttachedRolePolicies", NULL, iam_list_attached_call},
    {DOOR_IAM, "ListRolePolicies", NULL, iam_list_policies_call},
    {DOOR_IAM, "ListRoleTags", NULL, iam_list_tags_call},
    {DOOR_IAM, "ListRoles", NULL, iam_list_call},
    {DOOR_IAM, "PutRolePolicy", NULL, iam_put_policy_call},
    {DOOR_IAM, "SimulatePrincipalPolicy", NULL, iam_simulate_call},
    {DOOR_IAM, "TagRole", NULL, iam_tag_call},
    {DOOR_IAM, "UntagRole", NULL, iam_untag_call},
    {DOOR_IAM, "UpdateAssumeRolePolicy", NULL, iam_update_trust_call},

    {DOOR_CLOUDFORMATION, "CancelUpdateStack", NULL, cfn_call_cancel_update_stack},
    {DOOR_CLOUDFORMATION, "ContinueUpdateRollback", NULL, cfn_call_continue_update_rollback},
    {DOOR_CLOUDFORMATION, "CreateChangeSet", NULL, cfn_call_create_change_set},
    {DOOR_CLOUDFORMATION, "CreateStack", NULL, cfn_call_create_stack},
    {DOOR_CLOUDFORMATION, "DeleteChangeSet", NULL, cfn_call_delete_change_set},
    {DOOR_CLOUDFORMATION, "DeleteStack", NULL, cfn_call_delete_stack},
    {DOOR_CLOUDFORMATION, "DescribeChangeSet", NULL, cfn_call_describe_change_set},
    {DOOR_CLOUDFORMATION, "DescribeEvents", NULL, cfn_call_describe_events},
    {DOOR_CLOUDFORMATION, "DescribeStackEvents", NULL, cfn_call_describe_stack_events},
    {DOOR_CLOUDFORMATION, "DescribeStackResource", NULL, cfn_call_describe_stack_resource},
    {DOOR_CLOUDFORMATION, "DescribeStackResources", NULL, cfn_call_describe_stack_resources},
    {DOOR_CLOUDFORMATION, "DescribeStacks", NULL, cfn_call_describe_stacks},
    {DOOR_CLOUDFORMATION, "ExecuteChangeSet", NULL, cfn_call_execute_change_set},
    {DOOR_CLOUDFORMATION, "GetTemplate", NULL, cfn_call_get_template},
    {DOOR_CLOUDFORMATION, "GetTemplateSummary", NULL, cfn_call_get_template_summary},
    {DOOR_CLOUDFORMATION, "ListChangeSets", NULL, cfn_call_list_change_sets},
    {DOOR_CLOUDFORMATION, "ListExports", NULL, cfn_call_list_exports},
    {DOOR_CLOUDFORMATION, "ListStackResources", NULL, cfn_call_list_stack_resources},
    {DOOR_CLOUDFORMATION, "ListStacks", NULL, cfn_call_list_stacks},
    {DOOR_CLOUDFORMATION, "RollbackStack", NULL, cfn_call_rollback_stack},
    {DOOR_CLOUDFORMATION, "UnumSetPage", NULL, cfn_call_set_page},
    {DOOR_CLOUDFORMATION, "UnumSetResourceHook", NULL, cfn_call_set_resource_hook},
    {DOOR_CLOUDFORMATION, "UnumSetStackStatus", NULL, cfn_call_set_stack_status},
    {DOOR_CLOUDFORMATION, "UpdateStack", NULL, cfn_call_update_stack},
    {DOOR_CLOUDFORMATION, "UpdateTerminationProtection", NULL,
     cfn_call_update_termination_protection},
    {DOOR_CLOUDFORMATION, "ValidateTemplate", NULL, cfn_call_validate_template},
};

const struct operation *operations_at(size_t i)
{
    return i < UNUM_COUNT(operations) ? &operations[i] : NULL;
}

const struct operation_service *operations_service(enum door_service service)
{
    for (size_t i = 0; i < UNUM_COUNT(services); i++) {
        if (services[i].service == service)
            return &services[i];
    }
    return NULL;
}

enum door_service operations_of_name(struct unum_str name)
{
    for (size_t i = 0; i < UNUM_COUNT(services); i++) {
        if (unum_str_is(name, services[i].name))
            return services[i].service;
    }
    return DOOR_UNKNOWN;
}

enum door_service operations_of_target(struct unum_str target)
{
    struct unum_str api = unum_str_slice(target, 0, unum_str_find(target, '.'));
    for (size_t i = 0; i < UNUM_COUNT(services); i++) {
        if (services[i].target && unum_str_is(api, services[i].target))
            return services[i].service;
    }
    return DOOR_UNKNOWN;
}

/* "/2015-03-31/functions/NAME": a date, then one of these. */
static bool is_lambda_path(struct unum_str path)
{
    struct unum_str rest = unum_str_from_pos(path, sizeof("/2015-03-31") - 1);
    return path.len > sizeof("/2015-03-31") - 1 && path.ptr[5] == '-' && path.ptr[8] == '-' &&
           (unum_str_starts(rest, UNUM_STR("/functions")) ||
            unum_str_starts(rest, UNUM_STR("/tags/")));
}

enum door_service operations_of_path(struct unum_str path)
{
    if (is_lambda_path(path))
        return DOOR_LAMBDA;
    struct unum_str rest = unum_str_from_pos(path, 1), folder = UNUM_STR_NONE;
    (void)unum_str_split(&rest, '/', &folder);
    bool schedules = unum_str_is(folder, "schedules") || unum_str_is(folder, "schedule-groups");
    return schedules ? DOOR_SCHEDULER : DOOR_UNKNOWN;
}

/* ---- which row ---- */

/* Does the path fit "/a/{B}/{C+}"? *ret_first is what the first placeholder stands for. */
static bool path_fits(struct unum_str route, struct unum_str path, struct unum_str *ret_first)
{
    struct unum_str want, have;
    *ret_first = UNUM_STR_NONE;
    while (unum_str_split(&route, '/', &want)) {
        bool all = unum_str_ends(want, UNUM_STR("+}"));
        if (!path.ptr)
            return false;
        if (all)
            return path.len > 0;
        (void)unum_str_split(&path, '/', &have);
        if (!unum_str_starts(want, UNUM_STR("{"))) {
            if (!unum_str_eq(want, have))
                return false;
        } else if (!have.len) {
            return false;
        } else if (!ret_first->ptr) {
            *ret_first = have;
        }
    }
    return path.len == 0; /* one slash at the end changes nothing */
}

static bool query_fits(struct unum_str wanted, struct unum_str query)
{
    struct unum_str want, part;
    while (wanted.len && unum_str_split(&wanted, '&', &want)) {
        struct unum_str rest = query;
        bool by_value = unum_str_find(want, '=') < want.len, found = false;
        while (!found && rest.len && unum_str_split(&rest, '&', &part))
            found = unum_str_eq(want, by_value ? part
                                               : unum_str_slice(part, 0, unum_str_find(part, '=')));
        if (!found)
            return false;
    }
    return true;
}

static bool route_fits(const struct door_request *req, struct unum_str path, const char *route,
                       struct unum_str *ret_first)
{
    struct unum_str rest = unum_str_from(route), method;
    (void)unum_str_split(&rest, ' ', &method);
    size_t mark = unum_str_find(rest, '?');
    return unum_str_eq(req->method, method) &&
           path_fits(unum_str_slice(rest, 0, mark), path, ret_first) &&
           (mark >= rest.len || query_fits(unum_str_from_pos(rest, mark + 1), req->query));
}

const struct operation *operations_find(struct door_request *req)
{
    const struct operation_service *service = operations_service(req->service);
    if (!service)
        return NULL;
    if (service->protocol == OPERATION_JSON) {
        struct unum_str target = door_get(req, "x-amz-target");
        req->operation = unum_str_from_pos(target, unum_str_find(target, '.') + 1);
    } else if (service->protocol == OPERATION_QUERY) {
        req->operation = form_get(req, "Action");
    }
    struct unum_str path = req->service == DOOR_S3 ? s3_path(req) : req->path;
    for (size_t i = 0; i < UNUM_COUNT(operations); i++) {
        const struct operation *row = &operations[i];
        if (row->service == req->service &&
            (row->route ? route_fits(req, path, row->route, &req->resource)
                        : unum_str_is(req->operation, row->name))) {
            /* A name of the table can stand in XML as it is. */
            req->operation = unum_str_from(row->name);
            return row;
        }
    }
    return NULL;
}

void operations_refuse(struct door_request *req)
{
    const struct operation_service *service = operations_service(req->service);
    struct unum_buf UNUM_AUTO_BUF names = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    bool named = service->protocol != OPERATION_REST;
    for (size_t i = 0; i < UNUM_COUNT(operations); i++) {
        if (operations[i].service == req->service)
            unum_buf_printf(&names, "%s%s", names.len ? ", " : "", operations[i].name);
    }
    struct unum_str query = named ? UNUM_STR("") : req->query;
    door_error(req, service->status, service->code,
               "the local platform has no operation %.*s%s%.*s%s%.*s of %s; it has %s",
               UNUM_STR_ARG(named ? req->operation : req->method), named ? "" : " ",
               UNUM_STR_ARG(named ? UNUM_STR("") : req->path), query.len ? "?" : "",
               UNUM_STR_ARG(query), service->name, unum_buf_text(&names));
}

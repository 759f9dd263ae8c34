#include "asl/integration.h"

#include <string.h>

enum { R = 1 << INTEGRATION_REQUEST, S = 1 << INTEGRATION_SYNC, C = 1 << INTEGRATION_CALLBACK };

/* The optimized integrations and the patterns each has. */
static const struct row {
    const char *action;
    unsigned patterns;
} rows[] = {
    {"apigateway:invoke", R | C},
    {"athena:startQueryExecution", R | S},
    {"athena:stopQueryExecution", R},
    {"athena:getQueryExecution", R},
    {"athena:getQueryResults", R},
    {"batch:submitJob", R | S},
    {"bedrock:invokeModel", R | C},
    {"bedrock:createModelCustomizationJob", R | S},
    {"codebuild:startBuild", R | S},
    {"codebuild:stopBuild", R},
    {"codebuild:batchDeleteBuilds", R},
    {"codebuild:batchGetReports", R},
    {"codebuild:startBuildBatch", R | S},
    {"codebuild:stopBuildBatch", R},
    {"codebuild:retryBuildBatch", R | S},
    {"codebuild:deleteBuildBatch", R},
    {"databrew:startJobRun", R | S},
    {"dynamodb:getItem", R},
    {"dynamodb:putItem", R},
    {"dynamodb:deleteItem", R},
    {"dynamodb:updateItem", R},
    {"ecs:runTask", R | S | C},
    {"eks:createCluster", R | S},
    {"eks:deleteCluster", R | S},
    {"eks:createFargateProfile", R | S},
    {"eks:deleteFargateProfile", R | S},
    {"eks:createNodegroup", R | S},
    {"eks:deleteNodegroup", R | S},
    {"eks:runJob", R | S},
    {"eks:call", R},
    {"elasticmapreduce:createCluster", R | S},
    {"elasticmapreduce:setClusterTerminationProtection", R},
    {"elasticmapreduce:terminateCluster", R | S},
    {"elasticmapreduce:addStep", R | S},
    {"elasticmapreduce:cancelStep", R},
    {"elasticmapreduce:modifyInstanceFleetByName", R},
    {"elasticmapreduce:modifyInstanceGroupByName", R},
    {"emr-containers:createVirtualCluster", R},
    {"emr-containers:deleteVirtualCluster", R | S},
    {"emr-containers:startJobRun", R | S},
    {"emr-serverless:createApplication", R | S},
    {"emr-serverless:startApplication", R | S},
    {"emr-serverless:stopApplication", R | S},
    {"emr-serverless:deleteApplication", R | S},
    {"emr-serverless:startJobRun", R | S},
    {"emr-serverless:cancelJobRun", R | S},
    {"events:putEvents", R | C},
    {"glue:startJobRun", R | S},
    {"http:invoke", R},
    {"lambda:invoke", R | C},
    {"mediaconvert:createJob", R | S},
    {"sagemaker:createEndpoint", R},
    {"sagemaker:createEndpointConfig", R},
    {"sagemaker:createHyperParameterTuningJob", R | S},
    {"sagemaker:createLabelingJob", R | S},
    {"sagemaker:createModel", R},
    {"sagemaker:createProcessingJob", R | S},
    {"sagemaker:createTrainingJob", R | S},
    {"sagemaker:createTransformJob", R | S},
    {"sagemaker:updateEndpoint", R},
    {"sns:publish", R | C},
    {"sqs:sendMessage", R | C},
    {"states:startExecution", R | S | C},
};

/* What stands behind "arn:<partition>:states:::"; ptr NULL if it does not. */
static struct unum_str action_of(struct unum_str arn)
{
    struct unum_str part = UNUM_STR_NONE;
    for (size_t i = 0; i < 5; i++) {
        if (!unum_str_split(&arn, ':', &part))
            return UNUM_STR_NONE;
    }
    return arn;
}

/* Cut ".sync", ".sync:2" or ".waitForTaskToken" off. */
static enum integration_pattern cut_pattern(struct unum_str *action)
{
    static const struct {
        const char *suffix;
        enum integration_pattern pattern;
    } suffixes[] = {{".sync", INTEGRATION_SYNC},
                    {".sync:2", INTEGRATION_SYNC},
                    {".waitForTaskToken", INTEGRATION_CALLBACK}};
    for (size_t i = 0; i < UNUM_COUNT(suffixes); i++) {
        struct unum_str suffix = unum_str_from(suffixes[i].suffix);
        if (unum_str_ends(*action, suffix)) {
            action->len -= suffix.len;
            return suffixes[i].pattern;
        }
    }
    return INTEGRATION_REQUEST;
}

static bool sdk_form(struct unum_str action)
{
    struct unum_str rest = unum_str_from_pos(action, strlen("aws-sdk:")), service, name;
    return unum_str_split(&rest, ':', &service) && unum_str_split(&rest, ':', &name) && !rest.ptr &&
           service.len && name.len && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
}

bool integration_read(struct unum_str arn, struct integration *ret)
{
    struct unum_str action = action_of(arn);
    if (!action.ptr)
        return false;
    ret->pattern = cut_pattern(&action);
    ret->lambda = unum_str_is(action, "lambda:invoke");
    if (unum_str_starts(action, UNUM_STR("aws-sdk:")))
        return sdk_form(action) && ret->pattern != INTEGRATION_SYNC;
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (unum_str_is(action, rows[i].action))
            return rows[i].patterns & (1U << ret->pattern);
    }
    return false;
}

struct unum_str integration_nearest(struct unum_str arn, struct unum_arena *arena)
{
    struct unum_str action = action_of(arn);
    struct {
        struct unum_str best;
        size_t distance;
    } nearest = {UNUM_STR_NONE, 4};
    if (!action.ptr)
        return UNUM_STR_NONE;
    struct unum_str bare = action;
    (void)cut_pattern(&bare);
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        size_t d = unum_str_distance(bare, unum_str_from(rows[i].action), 3);
        if (d < nearest.distance) {
            nearest.distance = d;
            nearest.best = unum_str_from(rows[i].action);
        }
    }
    if (!nearest.best.ptr || !nearest.distance)
        return UNUM_STR_NONE;
    return unum_arena_printf(arena, "%.*s%.*s", (int)(arn.len - action.len), arn.ptr,
                             UNUM_STR_ARG(nearest.best));
}

#include "template/key.h"

#include "base/diag.h"

enum {
    DAY = 24 * 60 * 60,
    GLOBALS = TEMPLATE_GLOBALS,
    PROPERTIES = TEMPLATE_PROPERTIES,
    BOTH = TEMPLATE_GLOBALS | TEMPLATE_PROPERTIES
};

/* Limits: Lambda quotas (memory, timeout), DynamoDB naming rules (table), design (the rest). */
const struct template_key template_keys[] = {
    {"Globals", TEMPLATE_TOP, TEMPLATE_OBJECT, true, 0, 0, NULL, NULL,
     "settings of the application and defaults of its functions"},
    {"Functions", TEMPLATE_TOP, TEMPLATE_OBJECT, true, 0, 0, NULL, NULL, "the functions by name"},

    {"ApplicationName", GLOBALS, TEMPLATE_TEXT, true, 1, 50, NULL, NULL,
     "name of the application: the stack, and the prefix of everything that is made for it"},
    {"WorkflowType", GLOBALS, TEMPLATE_CHOICE, false, 0, 0, "step-functions", "step-functions",
     "language of the workflow definition"},
    {"WorkflowDefinition", GLOBALS, TEMPLATE_TEXT, false, 1, 4096, NULL, "unum-step-functions.json",
     "the state machine, JSON or YAML, relative to this file; without it and without WorkflowType "
     "each function directory has a hand-written unum_config.json"},
    {"FaaSPlatform", GLOBALS, TEMPLATE_CHOICE, false, 0, 0, "aws", "aws",
     "where the functions run"},
    {"UnumIntermediaryDataStoreType", GLOBALS, TEMPLATE_CHOICE, false, 0, 0, "dynamodb", "dynamodb",
     "kind of data store that keeps the checkpoints"},
    {"UnumIntermediaryDataStoreName", GLOBALS, TEMPLATE_TEXT, false, 3, 255, NULL,
     "<ApplicationName>-unum-intermediate-datastore, made by deploy",
     "an explicit name is used exactly, and adopted if it exists"},
    {"UnumIntermediaryDataStoreRetain", GLOBALS, TEMPLATE_BOOL, false, 0, 0, NULL, "true",
     "keep the table when the stack is deleted"},
    {"Checkpoint", GLOBALS, TEMPLATE_BOOL, false, 0, 0, NULL, "true",
     "record every outcome before the next function is invoked"},
    {"GC", GLOBALS, TEMPLATE_BOOL, false, 0, 0, NULL, "false",
     "remove records as soon as nobody can need them"},
    {"Debug", GLOBALS, TEMPLATE_BOOL, false, 0, 0, NULL, "false", "more detailed logs"},
    {"Eager", GLOBALS, TEMPLATE_BOOL, false, 0, 0, NULL, "false",
     "start aggregators before all of their inputs are there"},
    {"Retention", GLOBALS, TEMPLATE_DURATION, false, 60, 3650LL * DAY, NULL, "7 days",
     "how long the records of a run are kept"},
    {"Watchdog", GLOBALS, TEMPLATE_DURATION, false, 0, 365LL * DAY, NULL, "0",
     "look after runs that have not ended by then; 0 is off"},
    {"MaxInlineWait", GLOBALS, TEMPLATE_DURATION, false, 0, 900, NULL, "60 seconds",
     "longest wait or retry delay that a function sits out itself; longer ones use a timer"},
    {"Region", GLOBALS, TEMPLATE_TEXT, false, 1, 32, NULL, "the environment's or the profile's",
     "AWS region to deploy to"},

    {"MemorySize", BOTH, TEMPLATE_INTEGER, false, 128, 10240, NULL, "256", "memory in MB"},
    {"Timeout", BOTH, TEMPLATE_DURATION, false, 1, 900, NULL, "60 seconds",
     "an invocation is killed after that"},
    {"Architectures", BOTH, TEMPLATE_LIST, false, 0, 0, "x86_64 arm64",
     "that of the machine that builds", "one of x86_64 and arm64"},
    {"Runtime", BOTH, TEMPLATE_CHOICE, false, 0, 0, "provided.al2023", "provided.al2023",
     "operating system of the function"},
    {"Environment", BOTH, TEMPLATE_MAP, false, 0, 0, NULL, NULL,
     "environment variables; those of a function override those of Globals"},
    {"Tags", BOTH, TEMPLATE_MAP, false, 0, 0, NULL, NULL,
     "tags of what is deployed; those of a function override those of Globals"},

    {"Properties", TEMPLATE_FUNCTION, TEMPLATE_OBJECT, true, 0, 0, NULL, NULL,
     "properties of the function"},

    {"CodeUri", PROPERTIES, TEMPLATE_TEXT, true, 1, 4096, NULL, NULL,
     "folder of the function, relative to this file"},
    {"Start", PROPERTIES, TEMPLATE_BOOL, false, 0, 0, NULL, "false",
     "the workflow starts here; needed once, unless a workflow definition says it"},
    {"Policies", PROPERTIES, TEMPLATE_LIST, false, 0, 0, NULL, NULL,
     "managed policies (names or ARNs) and statements that the function's own code needs"},
    {"Handler", PROPERTIES, TEMPLATE_TEXT, false, 1, 128, NULL, "bootstrap",
     "handed to the function as _HANDLER"},
    {"DurableConfig", PROPERTIES, TEMPLATE_OBJECT, false, 0, 0, NULL, NULL,
     "the function is a durable function"},
};
const size_t template_keys_len = UNUM_COUNT(template_keys);

const struct template_key *template_key_find(struct unum_str name, enum template_scope scope)
{
    for (size_t i = 0; i < template_keys_len; i++) {
        if ((template_keys[i].scopes & scope) && unum_str_is(name, template_keys[i].name))
            return &template_keys[i];
    }
    return NULL;
}

const struct template_key *template_key_nearest(struct unum_str name, enum template_scope scope)
{
    struct unum_nearest nearest;
    unum_nearest_init(&nearest, name);
    for (size_t i = 0; i < template_keys_len; i++) {
        const struct template_key *key = &template_keys[i];
        if (!(key->scopes & scope))
            continue;
        if (unum_str_ieq(name, unum_str_from(key->name)))
            return key;
        unum_nearest_try(&nearest, unum_str_from(key->name));
    }
    return nearest.best.ptr ? template_key_find(nearest.best, scope) : NULL;
}

const char *template_scope_name(enum template_scope scope)
{
    switch (scope) {
    case TEMPLATE_TOP:
        return "the template";
    case TEMPLATE_GLOBALS:
        return "Globals";
    case TEMPLATE_FUNCTION:
        return "a function";
    case TEMPLATE_PROPERTIES:
        return "Properties";
    }
    return "";
}

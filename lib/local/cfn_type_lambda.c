/* AWS::Lambda::Function, ::EventInvokeConfig, ::Permission.
 * Source: CloudFormation Template Reference; Lambda API Reference: CreateFunction,
 * UpdateFunctionCode, UpdateFunctionConfiguration, PutFunctionEventInvokeConfig. */
#include "local/cfn_wire.h"
#include "json/json.h"

#define FUNCTIONS "/2015-03-31/functions"

/* Properties that the calls take as they stand; numbers may be texts in a template. */
static const struct {
    const char *name;
    bool number, configuration; /* UpdateFunctionConfiguration has it too */
    const char *otherwise;      /* what it becomes if a template says it no longer; NULL: stays */
} copied[] = {
    {"FunctionName", false, false, NULL},
    {"Runtime", false, true, NULL},
    {"Role", false, true, NULL},
    {"Handler", false, true, NULL},
    {"Description", false, true, "\"\""},
    {"Timeout", true, true, "3"},
    {"MemorySize", true, true, "128"},
    {"Environment", false, true, "{\"Variables\":{}}"},
    {"EphemeralStorage", false, true, "{\"Size\":512}"},
    {"TracingConfig", false, true, "{\"Mode\":\"PassThrough\"}"},
    {"LoggingConfig", false, true, "{}"},
    {"Layers", false, true, "[]"},
    {"PackageType", false, false, NULL},
    {"Architectures", false, false, NULL},
    {"DurableConfig", false, true, "{}"},
};

static void write_copied(struct cfn_job *job, struct json_writer *w, bool configuration)
{
    for (size_t i = 0; i < UNUM_COUNT(copied); i++) {
        struct unum_str value;
        const char *pointer = unum_arena_printf(job->arena, "/%s", copied[i].name).ptr;
        int64_t number;
        if (configuration && !copied[i].configuration)
            continue;
        if (!cfn_prop(job, pointer, &value)) {
            if (configuration && copied[i].otherwise &&
                json_get(job->before, unum_str_from(copied[i].name), &value)) {
                json_key(w, copied[i].name);
                json_raw(w, unum_str_from(copied[i].otherwise));
            }
            continue;
        }
        json_key(w, copied[i].name);
        if (copied[i].number && cfn_prop_int(job, pointer, &number))
            json_int(w, number);
        else
            json_raw(w, value);
    }
}

static void write_tags(struct cfn_job *job, struct json_writer *w)
{
    struct app_pair *tags;
    size_t len = cfn_prop_tags(job, &tags);
    json_key(w, "Tags");
    json_object_begin(w);
    for (size_t i = 0; i < len; i++) {
        json_key_str(w, tags[i].name);
        json_string(w, tags[i].value);
    }
    json_object_end(w);
}

static struct unum_str path_of(struct cfn_job *job, struct unum_str name, const char *rest)
{
    return unum_arena_printf(job->arena, FUNCTIONS "/%.*s%s", UNUM_STR_ARG(cfn_encode(job, name)),
                             rest);
}

static int ask(struct cfn_job *job, const char *method, struct unum_str target,
               const struct unum_buf *body, const char *fine, struct unum_err *err)
{
    const struct cfn_wire wire = {.service = "lambda",
                                  .method = method,
                                  .target = target,
                                  .body = body ? unum_buf_str(body) : UNUM_STR_NONE};
    return cfn_ask(job, &wire, fine, NULL, err);
}

/* What has calls of its own. */
static int set_more(struct cfn_job *job, struct unum_str name, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_KB);
    struct unum_str loop = cfn_prop_text(job, "/RecursiveLoop"), value;
    bool had = json_get(job->before, UNUM_STR("RecursiveLoop"), &value);
    int64_t reserved;
    int rc = 0;
    if (loop.len || had) {
        struct json_writer w = JSON_WRITER(&body);
        json_object_begin(&w);
        json_key(&w, "RecursiveLoop");
        json_string(&w, loop.len ? loop : UNUM_STR("Terminate"));
        json_object_end(&w);
        rc = ask(job, "PUT",
                 unum_arena_printf(job->arena, "/2024-08-31/functions/%.*s/recursion-config",
                                   UNUM_STR_ARG(cfn_encode(job, name))),
                 &body, NULL, err);
    }
    if (rc == 0 && cfn_prop_int(job, "/ReservedConcurrentExecutions", &reserved)) {
        unum_buf_clear(&body);
        unum_buf_printf(&body, "{\"ReservedConcurrentExecutions\":%lld}", (long long)reserved);
        rc = ask(job, "PUT",
                 unum_arena_printf(job->arena, "/2017-10-31/functions/%.*s/concurrency",
                                   UNUM_STR_ARG(cfn_encode(job, name))),
                 &body, NULL, err);
    } else if (rc == 0 && json_get(job->before, UNUM_STR("ReservedConcurrentExecutions"), &value))
        rc = ask(job, "DELETE",
                 unum_arena_printf(job->arena, "/2017-10-31/functions/%.*s/concurrency",
                                   UNUM_STR_ARG(cfn_encode(job, name))),
                 NULL, NULL, err);
    return rc;
}

static void set_function(struct cfn_job *job, struct unum_str name)
{
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_KB);
    local_function_arn(job->local, name, &arn);
    job->ret_physical = unum_arena_str(job->arena, name);
    cfn_attribute(job, "Arn", unum_buf_str(&arn));
}

static int remove_function(struct cfn_job *job, struct unum_err *err)
{
    return ask(job, "DELETE", path_of(job, job->physical, ""), NULL, "ResourceNotFoundException",
               err);
}

static int create_function(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str name = cfn_prop_text(job, "/FunctionName"), value;
    if (cfn_prop(job, "/Code/ZipFile", &value))
        return unum_err_set(err, UNUM_E_UNSUPPORTED,
                            "Code.ZipFile: the local platform takes code from S3 only");
    json_object_begin(&w);
    if (!name.len) {
        name = cfn_generated_name(job, 64);
        json_key(&w, "FunctionName");
        json_string(&w, name);
    }
    write_copied(job, &w, false);
    json_key(&w, "Code");
    json_raw(&w, cfn_prop(job, "/Code", &value) ? value : UNUM_STR("{}"));
    write_tags(job, &w);
    json_object_end(&w);
    int rc = ask(job, "POST", UNUM_STR(FUNCTIONS), &body, NULL, err);
    if (rc)
        return rc;
    set_function(job, name);
    rc = set_more(job, name, err);
    if (rc) { /* half a function would stand in the way of the next attempt */
        job->physical = name;
        (void)!remove_function(job, NULL);
    }
    return rc;
}

static bool differs(const struct cfn_job *job, const char *name)
{
    struct unum_str was, is;
    bool had = json_get(job->before, unum_str_from(name), &was);
    bool has = json_get(job->properties, unum_str_from(name), &is);
    return had != has || (had && !json_equal(was, is));
}

static int update_code(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str value, key;
    if (!differs(job, "Code") && !differs(job, "Architectures"))
        return 0;
    json_object_begin(&w);
    if (cfn_prop(job, "/Code", &value)) {
        struct json_iter iter = json_iter(value);
        while (json_next(&iter, &key, &value)) {
            struct unum_buf UNUM_AUTO_BUF name = UNUM_BUF_INIT(UNUM_KB);
            if (!json_decode(key, &name))
                continue;
            json_key_str(&w, unum_buf_str(&name));
            json_raw(&w, value);
        }
    }
    if (cfn_prop(job, "/Architectures", &value)) {
        json_key(&w, "Architectures");
        json_raw(&w, value);
    }
    json_object_end(&w);
    return ask(job, "PUT", path_of(job, job->physical, "/code"), &body, NULL, err);
}

static int set_tags(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct unum_buf UNUM_AUTO_BUF arn = UNUM_BUF_INIT(UNUM_KB);
    struct unum_buf UNUM_AUTO_BUF target = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str *gone;
    size_t len = cfn_prop_tags_gone(job, &gone);
    int rc = 0;
    local_function_arn(job->local, job->physical, &arn);
    unum_buf_printf(&target, "/2017-03-31/tags/%.*s",
                    UNUM_STR_ARG(cfn_encode(job, unum_buf_str(&arn))));
    json_object_begin(&w);
    write_tags(job, &w);
    json_object_end(&w);
    rc = ask(job, "POST", unum_buf_str(&target), &body, NULL, err);
    for (size_t i = 0; i < len; i++)
        unum_buf_printf(&target, "%ctagKeys=%.*s", i ? '&' : '?',
                        UNUM_STR_ARG(cfn_encode(job, gone[i])));
    return rc || !len ? rc : ask(job, "DELETE", unum_buf_str(&target), NULL, NULL, err);
}

static int update_function(struct cfn_job *job, struct unum_err *err)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    int rc = update_code(job, err);
    if (rc)
        return rc;
    json_object_begin(&w);
    write_copied(job, &w, true);
    json_object_end(&w);
    rc = ask(job, "PUT", path_of(job, job->physical, "/configuration"), &body, NULL, err);
    if (rc == 0)
        rc = set_more(job, job->physical, err);
    return rc ? rc : set_tags(job, err);
}

static const struct cfn_property function_properties[] = {
    {"FunctionName", CFN_REPLACES},
    {"PackageType", CFN_REPLACES},
    {"Code", CFN_REQUIRED},
    {"Role", CFN_REQUIRED},
    {"Architectures", 0},
    {"Description", 0},
    {"DurableConfig", 0},
    {"Environment", 0},
    {"EphemeralStorage", 0},
    {"Handler", 0},
    {"Layers", 0},
    {"LoggingConfig", 0},
    {"MemorySize", 0},
    {"RecursiveLoop", 0},
    {"ReservedConcurrentExecutions", 0},
    {"Runtime", 0},
    {"Tags", 0},
    {"Timeout", 0},
    {"TracingConfig", 0},
    {NULL, 0},
};
static const char *const arn_only[] = {"Arn", NULL};

const struct cfn_provider cfn_lambda_function = {
    .type = "AWS::Lambda::Function",
    .properties = function_properties,
    .name_property = "FunctionName",
    .attributes = arn_only,
    .create = create_function,
    .update = update_function,
    .remove = remove_function,
};

/* ---- AWS::Lambda::EventInvokeConfig ---- */

static struct unum_str invoke_config_path(struct cfn_job *job)
{
    struct unum_str name = cfn_prop_text(job, "/FunctionName");
    struct unum_str qualifier = cfn_prop_text(job, "/Qualifier");
    return unum_arena_printf(
        job->arena, "/2019-09-25/functions/%.*s/event-invoke-config?Qualifier=%.*s",
        UNUM_STR_ARG(cfn_encode(job, name)), UNUM_STR_ARG(cfn_encode(job, qualifier)));
}

static int put_invoke_config(struct cfn_job *job, struct unum_err *err)
{
    static const char *const numbers[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"};
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    struct unum_str value;
    int64_t number;
    json_object_begin(&w);
    for (size_t i = 0; i < UNUM_COUNT(numbers); i++) {
        if (cfn_prop_int(job, unum_arena_printf(job->arena, "/%s", numbers[i]).ptr, &number)) {
            json_key(&w, numbers[i]);
            json_int(&w, number);
        }
    }
    if (cfn_prop(job, "/DestinationConfig", &value)) {
        json_key(&w, "DestinationConfig");
        json_raw(&w, value);
    }
    json_object_end(&w);
    int rc = ask(job, "PUT", invoke_config_path(job), &body, NULL, err);
    if (rc == 0)
        job->ret_physical = unum_arena_printf(job->arena, "%.*s|%.*s",
                                              UNUM_STR_ARG(cfn_prop_text(job, "/FunctionName")),
                                              UNUM_STR_ARG(cfn_prop_text(job, "/Qualifier")));
    return rc;
}

static int remove_invoke_config(struct cfn_job *job, struct unum_err *err)
{
    return ask(job, "DELETE", invoke_config_path(job), NULL, "ResourceNotFoundException", err);
}

static const struct cfn_property invoke_config_properties[] = {
    {"FunctionName", CFN_REQUIRED | CFN_REPLACES},
    {"Qualifier", CFN_REQUIRED | CFN_REPLACES},
    {"DestinationConfig", 0},
    {"MaximumEventAgeInSeconds", 0},
    {"MaximumRetryAttempts", 0},
    {NULL, 0},
};

const struct cfn_provider cfn_lambda_invoke_config = {
    .type = "AWS::Lambda::EventInvokeConfig",
    .properties = invoke_config_properties,
    .create = put_invoke_config,
    .update = put_invoke_config,
    .remove = remove_invoke_config,
};

/* ---- AWS::Lambda::Permission: kept, because nobody is kept out here ---- */

static int create_permission(struct cfn_job *job, struct unum_err *err)
{
    (void)err;
    job->ret_physical = cfn_generated_name(job, 100);
    cfn_attribute(job, "Id", job->ret_physical);
    return 0;
}

static int keep_permission(struct cfn_job *job, struct unum_err *err)
{
    (void)job, (void)err;
    return 0;
}

static const struct cfn_property permission_properties[] = {
    {"Action", CFN_REQUIRED | CFN_REPLACES},
    {"FunctionName", CFN_REQUIRED | CFN_REPLACES},
    {"Principal", CFN_REQUIRED | CFN_REPLACES},
    {"SourceAccount", CFN_REPLACES},
    {"SourceArn", CFN_REPLACES},
    {NULL, 0},
};
static const char *const id_only[] = {"Id", NULL};

const struct cfn_provider cfn_lambda_permission = {
    .type = "AWS::Lambda::Permission",
    .properties = permission_properties,
    .attributes = id_only,
    .create = create_permission,
    .update = keep_permission,
    .remove = keep_permission,
};

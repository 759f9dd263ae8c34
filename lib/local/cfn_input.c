/* What requests that make or change a stack have in common: template, parameters, tags and
 * capabilities. */
#include "local/cfn.h"

#include <stdlib.h>
#include <string.h>

#include "local/cfn_provider.h"

void cfn_fail(struct door_request *req, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char UNUM_AUTO_FREE *text = unum_err_format(format, args);
    va_end(args);
    door_error(req, 400, "ValidationError", "%s", text);
}

bool cfn_check_texts(struct door_request *req)
{
    static const struct {
        const char *name;
        size_t most;
    } rows[] = {{"ClientRequestToken", CFN_MOST_TOKEN},
                {"ClientToken", CFN_MOST_TOKEN},
                {"Description", CFN_MOST_ABOUT}};
    for (size_t i = 0; i < UNUM_COUNT(rows); i++) {
        if (cfn_get(req, rows[i].name).len <= rows[i].most)
            continue;
        cfn_fail(req,
                 "1 validation error detected: Value at '%s' failed to satisfy constraint: Member "
                 "must have length less than or equal to %zu",
                 rows[i].name, rows[i].most);
        return false;
    }
    return true;
}

void cfn_input_done(struct cfn_input *input)
{
    cfn_source_done(&input->source);
    cfn_template_free(input->template);
    input->template = NULL;
}

struct cfn_stack *cfn_input_stack(struct door_request *req)
{
    struct unum_str name = cfn_get(req, "StackName");
    if (!name.len) {
        cfn_fail(req, "1 validation error detected: Value null at 'stackName' failed to satisfy "
                      "constraint: Member must not be null");
        return NULL;
    }
    struct cfn_stack *stack = cfn_stack_find(req->local, name);
    if (!stack)
        cfn_fail(req, "Stack with id %.*s does not exist", UNUM_STR_ARG(name));
    return stack;
}

/* ---- templates ---- */

/* https://s3.REGION.amazonaws.com/BUCKET/KEY, https://BUCKET.s3.REGION.amazonaws.com/KEY, and
 * http://127.0.0.1:PORT/BUCKET/KEY as clients of this platform write it. */
static bool split_url(struct unum_str url, struct unum_str *ret_bucket, struct unum_str *ret_key)
{
    size_t scheme = unum_str_search(url, UNUM_STR("://"));
    if (scheme == SIZE_MAX)
        return false;
    struct unum_str rest = unum_str_from_pos(url, scheme + 3);
    size_t slash = unum_str_find(rest, '/');
    if (slash >= rest.len)
        return false;
    struct unum_str host = unum_str_slice(rest, 0, slash),
                    path = unum_str_from_pos(rest, slash + 1);
    path = unum_str_slice(path, 0, unum_str_find(path, '?'));
    size_t service = unum_str_search(host, UNUM_STR(".s3"));
    if (service != SIZE_MAX) {
        *ret_bucket = unum_str_slice(host, 0, service);
        *ret_key = path;
        return ret_bucket->len && ret_key->len;
    }
    slash = unum_str_find(path, '/');
    if (slash >= path.len)
        return false;
    *ret_bucket = unum_str_slice(path, 0, slash);
    *ret_key = unum_str_from_pos(path, slash + 1);
    return ret_bucket->len && ret_key->len;
}

static bool read_url(struct door_request *req, struct unum_str url, char **ret)
{
    struct unum_str bucket, encoded;
    struct unum_buf UNUM_AUTO_BUF key = UNUM_BUF_INIT(UNUM_LIMIT_PATH);
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(CFN_MOST_URL);
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!split_url(url, &bucket, &encoded) || !http_decode(&key, encoded)) {
        cfn_fail(req, "TemplateURL must be a supported URL.");
        return false;
    }
    int rc = cfn_object_read(req->local, bucket, unum_buf_str(&key), &body, &err);
    if (rc == UNUM_E_LIMIT) {
        cfn_fail(req, "Template may not exceed %zu bytes in size.", CFN_MOST_URL);
        return false;
    }
    if (rc) {
        cfn_fail(req, "S3 error: %s", unum_err_text(&err));
        return false;
    }
    *ret = unum_buf_take(&body);
    return true;
}

bool cfn_input_body(struct door_request *req, const struct cfn_stack *previous, char **ret)
{
    struct unum_str body = cfn_get(req, "TemplateBody"), url = cfn_get(req, "TemplateURL");
    bool again = cfn_is_true(req, "UsePreviousTemplate");
    if ((body.len > 0) + (url.len > 0) + again != 1) {
        cfn_fail(req, body.len || url.len || again
                          ? "Exactly one of TemplateBody, TemplateURL and UsePreviousTemplate must "
                            "be specified."
                          : "Either Template URL or Template Body must be specified.");
        return false;
    }
    if (again) {
        if (!previous || !cfn_stack_source(previous)->body) {
            cfn_fail(req, "There is no previous template.");
            return false;
        }
        *ret = unum_strdup(cfn_stack_source(previous)->body);
        return true;
    }
    if (url.len)
        return read_url(req, url, ret);
    if (body.len > CFN_MOST_BODY) {
        cfn_fail(req,
                 "1 validation error detected: Value '%.*s...' at 'templateBody' failed to satisfy "
                 "constraint: Member must have length less than or equal to %zu",
                 UNUM_STR_ARG(unum_str_slice(body, 0, 100)), CFN_MOST_BODY);
        return false;
    }
    *ret = unum_str_dup(body);
    return true;
}

/* ---- lists ---- */

static bool read_tags(struct door_request *req, struct cfn_pairs *ret)
{
    struct unum_str key, value;
    for (size_t i = 1; cfn_member(req, "Tags", i, ".Key", &key); i++) {
        if (!cfn_member(req, "Tags", i, ".Value", &value))
            value = UNUM_STR("");
        if (i > CFN_MOST_TAGS || !key.len || key.len > 128 || value.len > 256 ||
            unum_str_starts(key, UNUM_STR("aws:"))) {
            cfn_fail(req,
                     "Tag %.*s: there are at most %d tags, keys have 1 to 128 characters and "
                     "do not begin with aws:, values have at most 256",
                     UNUM_STR_ARG(key), CFN_MOST_TAGS);
            return false;
        }
        if (cfn_pairs_get(ret, key)) {
            cfn_fail(req, "Duplicate tag keys found: %.*s", UNUM_STR_ARG(key));
            return false;
        }
        cfn_pairs_add(ret, key, value, false);
    }
    return true;
}

static bool read_capabilities(struct door_request *req, unsigned *ret)
{
    static const struct {
        const char *name;
        unsigned bit;
    } rows[] = {{"CAPABILITY_IAM", CFN_CAPABILITY_IAM},
                {"CAPABILITY_NAMED_IAM", CFN_CAPABILITY_NAMED_IAM},
                {"CAPABILITY_AUTO_EXPAND", CFN_CAPABILITY_AUTO_EXPAND}};
    struct unum_str name;
    for (size_t i = 1; cfn_member(req, "Capabilities", i, "", &name); i++) {
        unsigned bit = 0;
        for (size_t k = 0; i <= UNUM_COUNT(rows) && k < UNUM_COUNT(rows); k++)
            bit |= unum_str_is(name, rows[k].name) ? rows[k].bit : 0;
        if (!bit) {
            cfn_fail(req,
                     "1 validation error detected: Value '[%.*s]' at 'capabilities' failed to "
                     "satisfy constraint: Member must satisfy constraint: [Member must satisfy "
                     "enum value set: [CAPABILITY_NAMED_IAM, CAPABILITY_IAM, "
                     "CAPABILITY_AUTO_EXPAND]]",
                     UNUM_STR_ARG(name));
            return false;
        }
        *ret |= bit;
    }
    return true;
}

static bool check_capabilities(struct door_request *req, const struct cfn_input *input)
{
    unsigned given = input->source.capabilities;
    bool named = given & CFN_CAPABILITY_NAMED_IAM, any = named || (given & CFN_CAPABILITY_IAM);
    if ((!input->template->named_iam || named) && (!input->template->iam || any))
        return true;
    door_error(req, 400, "InsufficientCapabilitiesException", "Requires capabilities : [%s]",
               input->template->named_iam ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM");
    return false;
}

static int read_parameters(struct door_request *req, const struct cfn_stack *previous,
                           struct cfn_input *input, struct unum_err *err)
{
    struct cfn_pairs given = {0};
    struct unum_map UNUM_AUTO_MAP again = UNUM_MAP_INIT;
    struct unum_str key, value, flag;
    int rc = 0;
    for (size_t i = 1; rc == 0 && cfn_member(req, "Parameters", i, ".ParameterKey", &key); i++) {
        bool use = cfn_member(req, "Parameters", i, ".UsePreviousValue", &flag) &&
                   unum_str_ieq(flag, UNUM_STR("true"));
        bool has = cfn_member(req, "Parameters", i, ".ParameterValue", &value);
        if (i > CFN_MOST_PARAMETERS)
            rc = unum_err_set(err, UNUM_E_LIMIT, "There are more than %d parameters",
                              CFN_MOST_PARAMETERS);
        else if (use && has && value.len)
            rc = unum_err_set(err, UNUM_E_INVALID_FILE,
                              "Invalid input for parameter key %.*s. Cannot specify "
                              "usePreviousValue as true and non empty value for a parameter",
                              UNUM_STR_ARG(key));
        else if (use && !previous)
            rc = unum_err_set(err, UNUM_E_INVALID_FILE,
                              "Invalid input for parameter key %.*s. Cannot specify "
                              "usePreviousValue as true for a parameter key not in the previous "
                              "template",
                              UNUM_STR_ARG(key));
        else if (use)
            (void)unum_map_set(&again, key, &again);
        else
            cfn_pairs_add(&given, key, has ? value : UNUM_STR(""), false);
    }
    if (rc == 0)
        rc = cfn_parameters_resolve(input->template, &given, &again,
                                    previous ? &cfn_stack_source(previous)->parameters : NULL,
                                    &input->source.parameters, err);
    cfn_pairs_done(&given);
    return rc;
}

bool cfn_input_read(struct door_request *req, const struct cfn_stack *previous,
                    struct cfn_input *ret)
{
    struct unum_err UNUM_AUTO_ERR err = UNUM_ERR_INIT;
    if (!cfn_input_body(req, previous, &ret->source.body) ||
        !read_capabilities(req, &ret->source.capabilities) || !read_tags(req, &ret->source.tags))
        return false;
    if (!ret->source.tags.len && previous && !cfn_has(req, "Tags.member.1.Key") &&
        !cfn_has(req, "Tags"))
        cfn_pairs_copy(&ret->source.tags, &cfn_stack_source(previous)->tags);
    int rc = cfn_template_read(unum_str_from(ret->source.body), &ret->template, &err);
    if (rc == 0)
        rc = read_parameters(req, previous, ret, &err);
    if (rc) {
        cfn_fail(req, "%s", unum_err_text(&err));
        return false;
    }
    return check_capabilities(req, ret);
}

bool cfn_input_on_failure(struct door_request *req, const char *name, enum cfn_on_failure *ret,
                          bool *ret_given)
{
    struct unum_str value = cfn_get(req, name);
    *ret_given = value.len > 0;
    *ret = CFN_ON_FAILURE_ROLLBACK;
    if (!value.len || unum_str_is(value, "ROLLBACK"))
        return true;
    if (unum_str_is(value, "DELETE")) {
        *ret = CFN_ON_FAILURE_DELETE;
        return true;
    }
    if (unum_str_is(value, "DO_NOTHING")) {
        *ret = CFN_ON_FAILURE_NOTHING;
        return true;
    }
    cfn_fail(req,
             "1 validation error detected: Value '%.*s' at 'onStackFailure' failed to satisfy "
             "constraint: Member must satisfy enum value set: [ROLLBACK, DELETE, DO_NOTHING]",
             UNUM_STR_ARG(value));
    return false;
}

/* AWS::IAM::Role, ::Policy, ::ManagedPolicy.
 * Source: CloudFormation Template Reference; IAM API Reference: CreateRole, PutRolePolicy,
 * AttachRolePolicy, CreatePolicy and their opposites. */
#include "local/cfn_wire.h"
#include "json/json.h"

/* A form: Action=...&Version=...&Name=value */
struct form {
    struct cfn_job *job;
    struct unum_buf text;
};

static void add(struct form *form, const char *name, struct unum_str value)
{
    unum_buf_printf(&form->text, "&%s=%.*s", name, UNUM_STR_ARG(cfn_encode(form->job, value)));
}

static struct form begin(struct cfn_job *job, const char *action)
{
    struct form form = {job, UNUM_BUF_INIT(UNUM_LIMIT_TEXT)};
    unum_buf_printf(&form.text, "Action=%s&Version=2010-05-08", action);
    return form;
}

static int send_form(struct form *form, const char *fine, struct unum_err *err)
{
    const struct cfn_wire wire = {
        .service = "iam", .method = "POST", .body = unum_buf_str(&form->text)};
    int rc = cfn_ask(form->job, &wire, fine, NULL, err);
    unum_buf_done(&form->text);
    return rc;
}

static int on_role(struct cfn_job *job, const char *action, struct unum_str role, const char *name,
                   struct unum_str value, const char *fine, struct unum_err *err)
{
    struct form form = begin(job, action);
    add(&form, "RoleName", role);
    add(&form, name, value);
    return send_form(&form, fine, err);
}

static struct unum_str text_of(struct cfn_job *job, struct unum_str value)
{
    struct unum_buf UNUM_AUTO_BUF text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    return json_decode(value, &text) ? unum_arena_str(job->arena, unum_buf_str(&text)) : value;
}

static int put_policy(struct cfn_job *job, struct unum_str role, struct unum_str name,
                      struct unum_str document, struct unum_err *err)
{
    struct form form = begin(job, "PutRolePolicy");
    add(&form, "RoleName", role);
    add(&form, "PolicyName", name);
    add(&form, "PolicyDocument", document);
    return send_form(&form, NULL, err);
}

/* Is the element in that list of other properties? By name of a policy, or as it is. */
static bool has(struct cfn_job *job, struct unum_str properties, const char *list,
                struct unum_str wanted, bool by_name)
{
    struct unum_str all, one, name = UNUM_STR_NONE;
    if (!properties.len || !json_get(properties, unum_str_from(list), &all))
        return false;
    struct json_iter iter = json_iter(all);
    while (json_next(&iter, NULL, &one)) {
        if (by_name && !json_get(one, UNUM_STR("PolicyName"), &name))
            continue;
        if (unum_str_eq(text_of(job, by_name ? name : one), wanted))
            return true;
    }
    return false;
}

/* ---- roles ---- */

static int put_policies(struct cfn_job *job, struct unum_str role, struct unum_err *err)
{
    struct unum_str all, one, name, document;
    int rc = 0;
    if (cfn_prop(job, "/Policies", &all)) {
        struct json_iter iter = json_iter(all);
        while (rc == 0 && json_next(&iter, NULL, &one)) {
            if (!json_get(one, UNUM_STR("PolicyName"), &name) ||
                !json_get(one, UNUM_STR("PolicyDocument"), &document))
                return unum_err_set(err, UNUM_E_INVALID_FILE,
                                    "Policies: every policy has PolicyName and PolicyDocument");
            rc = put_policy(job, role, text_of(job, name), document, err);
        }
    }
    if (rc == 0 && cfn_prop(job, "/ManagedPolicyArns", &all)) {
        struct json_iter iter = json_iter(all);
        while (rc == 0 && json_next(&iter, NULL, &one))
            rc = on_role(job, "AttachRolePolicy", role, "PolicyArn", text_of(job, one), NULL, err);
    }
    return rc;
}

/* Take away what `from` has, but for what `keep` has too. */
static int drop_policies(struct cfn_job *job, struct unum_str role, struct unum_str from,
                         struct unum_str keep, struct unum_err *err)
{
    struct unum_str all, one, name;
    int rc = 0;
    if (json_get(from, UNUM_STR("Policies"), &all)) {
        struct json_iter iter = json_iter(all);
        while (rc == 0 && json_next(&iter, NULL, &one)) {
            if (!json_get(one, UNUM_STR("PolicyName"), &name))
                continue;
            name = text_of(job, name);
            if (!has(job, keep, "Policies", name, true))
                rc =
                    on_role(job, "DeleteRolePolicy", role, "PolicyName", name, "NoSuchEntity", err);
        }
    }
    if (rc == 0 && json_get(from, UNUM_STR("ManagedPolicyArns"), &all)) {
        struct json_iter iter = json_iter(all);
        while (rc == 0 && json_next(&iter, NULL, &one)) {
            name = text_of(job, one);
            if (!has(job, keep, "ManagedPolicyArns", name, false))
                rc = on_role(job, "DetachRolePolicy", role, "PolicyArn", name, "NoSuchEntity", err);
        }
    }
    return rc;
}

static int delete_role(struct cfn_job *job, struct unum_err *err)
{
    int rc = drop_policies(job, job->physical, job->properties, UNUM_STR_NONE, err);
    if (rc)
        return rc;
    struct form form = begin(job, "DeleteRole");
    add(&form, "RoleName", job->physical);
    return send_form(&form, "NoSuchEntity", err);
}

static struct unum_str role_path(struct cfn_job *job)
{
    struct unum_str path = cfn_prop_text(job, "/Path");
    return path.len ? path : UNUM_STR("/");
}

static void add_tags(struct form *form)
{
    struct app_pair *tags;
    size_t len = cfn_prop_tags(form->job, &tags);
    for (size_t i = 0; i < len; i++) {
        struct unum_arena *arena = form->job->arena;
        add(form, unum_arena_printf(arena, "Tags.member.%zu.Key", i + 1).ptr, tags[i].name);
        add(form, unum_arena_printf(arena, "Tags.member.%zu.Value", i + 1).ptr, tags[i].value);
    }
}

/* Those it is to lose, then those it is to have. */
static int set_tags(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str *gone;
    size_t len = cfn_prop_tags_gone(job, &gone);
    struct form form = begin(job, "UntagRole");
    add(&form, "RoleName", job->physical);
    for (size_t i = 0; i < len; i++)
        add(&form, unum_arena_printf(job->arena, "TagKeys.member.%zu", i + 1).ptr, gone[i]);
    int rc = send_form(&form, NULL, err);
    if (rc)
        return rc;
    form = begin(job, "TagRole");
    add(&form, "RoleName", job->physical);
    add_tags(&form);
    return send_form(&form, NULL, err);
}

static int create_role(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str name = cfn_prop_text(job, "/RoleName"), value;
    struct form form = begin(job, "CreateRole");
    if (!name.len)
        name = cfn_generated_name(job, 64);
    add(&form, "RoleName", name);
    if (cfn_prop(job, "/AssumeRolePolicyDocument", &value))
        add(&form, "AssumeRolePolicyDocument", value);
    if (cfn_prop(job, "/Path", &value))
        add(&form, "Path", role_path(job));
    if (cfn_prop(job, "/Description", &value))
        add(&form, "Description", cfn_prop_text(job, "/Description"));
    if (cfn_prop(job, "/MaxSessionDuration", &value))
        add(&form, "MaxSessionDuration", cfn_prop_text(job, "/MaxSessionDuration"));
    add_tags(&form);
    int rc = send_form(&form, NULL, err);
    if (rc)
        return rc;
    job->ret_physical = name;
    cfn_attribute(job, "Arn",
                  unum_arena_printf(job->arena, "arn:aws:iam::" LOCAL_ACCOUNT ":role%.*s%.*s",
                                    UNUM_STR_ARG(role_path(job)), UNUM_STR_ARG(name)));
    cfn_attribute(
        job, "RoleId",
        unum_arena_printf(job->arena, "AROA%016llX", (unsigned long long)unum_str_hash(name)));
    rc = put_policies(job, name, err);
    if (rc) {
        job->physical = name;
        (void)!delete_role(job, NULL);
    }
    return rc;
}

static int update_role(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str document;
    int rc = 0;
    if (cfn_prop(job, "/AssumeRolePolicyDocument", &document))
        rc = on_role(job, "UpdateAssumeRolePolicy", job->physical, "PolicyDocument", document, NULL,
                     err);
    if (rc == 0)
        rc = drop_policies(job, job->physical, job->before, job->properties, err);
    if (rc == 0)
        rc = put_policies(job, job->physical, err);
    return rc ? rc : set_tags(job, err);
}

static const struct cfn_property role_properties[] = {
    {"AssumeRolePolicyDocument", CFN_REQUIRED},
    {"RoleName", CFN_REPLACES},
    {"Path", CFN_REPLACES},
    {"Description", 0},
    {"ManagedPolicyArns", 0},
    {"MaxSessionDuration", 0},
    {"PermissionsBoundary", 0},
    {"Policies", 0},
    {"Tags", 0},
    {NULL, 0},
};
static const char *const role_attributes[] = {"Arn", "RoleId", NULL};

const struct cfn_provider cfn_iam_role = {
    .type = "AWS::IAM::Role",
    .properties = role_properties,
    .name_property = "RoleName",
    .iam_kind = "role",
    .attributes = role_attributes,
    .create = create_role,
    .update = update_role,
    .remove = delete_role,
};

/* ---- inline policies of several roles ---- */

static int each_role(struct cfn_job *job, struct unum_str properties, struct unum_str keep,
                     const char *action, const char *name, struct unum_str value,
                     struct unum_str document, struct unum_err *err)
{
    struct unum_str all, one;
    int rc = 0;
    if (!properties.len || !json_get(properties, UNUM_STR("Roles"), &all))
        return 0;
    struct json_iter iter = json_iter(all);
    while (rc == 0 && json_next(&iter, NULL, &one)) {
        struct unum_str role = text_of(job, one);
        if (document.len)
            rc = put_policy(job, role, value, document, err);
        else if (!has(job, keep, "Roles", role, false))
            rc = on_role(job, action, role, name, value, "NoSuchEntity", err);
    }
    return rc;
}

static int remove_inline(struct cfn_job *job, struct unum_err *err)
{
    return each_role(job, job->properties, UNUM_STR_NONE, "DeleteRolePolicy", "PolicyName",
                     cfn_prop_text(job, "/PolicyName"), UNUM_STR_NONE, err);
}

static int put_inline(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str name = cfn_prop_text(job, "/PolicyName"), document = UNUM_STR("{}");
    (void)cfn_prop(job, "/PolicyDocument", &document);
    int rc = each_role(job, job->before, job->properties, "DeleteRolePolicy", "PolicyName", name,
                       UNUM_STR_NONE, err);
    if (rc == 0)
        rc = each_role(job, job->properties, UNUM_STR_NONE, NULL, NULL, name, document, err);
    if (rc && !job->physical.len) /* some roles may have it, and nobody would take it away */
        (void)!remove_inline(job, NULL);
    if (rc == 0 && !job->physical.len)
        job->ret_physical = cfn_generated_name(job, 64);
    return rc;
}

static const struct cfn_property policy_properties[] = {
    {"PolicyName", CFN_REQUIRED | CFN_REPLACES},
    {"PolicyDocument", CFN_REQUIRED},
    {"Roles", 0},
    {NULL, 0},
};

const struct cfn_provider cfn_iam_policy = {
    .type = "AWS::IAM::Policy",
    .properties = policy_properties,
    .name_property = "PolicyName",
    .iam_kind = "policy",
    .create = put_inline,
    .update = put_inline,
    .remove = remove_inline,
};

/* ---- managed policies ---- */

static int attach(struct cfn_job *job, struct unum_str arn, struct unum_err *err)
{
    struct unum_str all, one;
    int rc = 0;
    if (!cfn_prop(job, "/Roles", &all))
        return 0;
    struct json_iter iter = json_iter(all);
    while (rc == 0 && json_next(&iter, NULL, &one))
        rc = on_role(job, "AttachRolePolicy", text_of(job, one), "PolicyArn", arn, NULL, err);
    return rc;
}

static int delete_managed(struct cfn_job *job, struct unum_err *err)
{
    int rc = each_role(job, job->properties, UNUM_STR_NONE, "DetachRolePolicy", "PolicyArn",
                       job->physical, UNUM_STR_NONE, err);
    if (rc)
        return rc;
    struct form form = begin(job, "DeletePolicy");
    add(&form, "PolicyArn", job->physical);
    return send_form(&form, "NoSuchEntity", err);
}

static int create_managed(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str name = cfn_prop_text(job, "/ManagedPolicyName"), value;
    struct form form = begin(job, "CreatePolicy");
    if (!name.len)
        name = cfn_generated_name(job, 128);
    add(&form, "PolicyName", name);
    if (cfn_prop(job, "/PolicyDocument", &value))
        add(&form, "PolicyDocument", value);
    if (cfn_prop(job, "/Path", &value))
        add(&form, "Path", role_path(job));
    if (cfn_prop(job, "/Description", &value))
        add(&form, "Description", cfn_prop_text(job, "/Description"));
    int rc = send_form(&form, NULL, err);
    if (rc)
        return rc;
    job->ret_physical =
        unum_arena_printf(job->arena, "arn:aws:iam::" LOCAL_ACCOUNT ":policy%.*s%.*s",
                          UNUM_STR_ARG(role_path(job)), UNUM_STR_ARG(name));
    cfn_attribute(job, "PolicyArn", job->ret_physical);
    rc = attach(job, job->ret_physical, err);
    if (rc) {
        job->physical = job->ret_physical;
        (void)!delete_managed(job, NULL);
    }
    return rc;
}

static int update_managed(struct cfn_job *job, struct unum_err *err)
{
    struct unum_str document = UNUM_STR("{}");
    (void)cfn_prop(job, "/PolicyDocument", &document);
    struct form form = begin(job, "CreatePolicyVersion");
    add(&form, "PolicyArn", job->physical);
    add(&form, "PolicyDocument", document);
    add(&form, "SetAsDefault", UNUM_STR("true"));
    int rc = send_form(&form, NULL, err);
    if (rc == 0)
        rc = each_role(job, job->before, job->properties, "DetachRolePolicy", "PolicyArn",
                       job->physical, UNUM_STR_NONE, err);
    return rc ? rc : attach(job, job->physical, err);
}

static const struct cfn_property managed_properties[] = {
    {"PolicyDocument", CFN_REQUIRED},
    {"ManagedPolicyName", CFN_REPLACES},
    {"Description", CFN_REPLACES},
    {"Path", CFN_REPLACES},
    {"Roles", 0},
    {NULL, 0},
};
static const char *const managed_attributes[] = {"PolicyArn", NULL};

const struct cfn_provider cfn_iam_managed_policy = {
    .type = "AWS::IAM::ManagedPolicy",
    .properties = managed_properties,
    .name_property = "ManagedPolicyName",
    .iam_kind = "policy",
    .attributes = managed_attributes,
    .create = create_managed,
    .update = update_managed,
    .remove = delete_managed,
};

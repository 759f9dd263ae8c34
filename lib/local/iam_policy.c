/*
 * IAM's managed policies: kept, one version of each, and attached to roles; nothing is enforced.
 * Source: AWS IAM API Reference, version 2010-05-08: CreatePolicy, CreatePolicyVersion,
 * DeletePolicy, GetPolicy, GetPolicyVersion, ListPolicies.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "local/form.h"
#include "local/iam.h"
#include "local/markup.h"
#include "local/objects.h"
#include "json/json.h"

#define KIND "policy"

enum { MAX_MANAGED = 1500, MAX_DOCUMENT = 6144, MAX_TEXT = 1000, MAX_PATH = 512, PAGE = 100 };

struct iam_policy {
    char *name, *path, *description, *document;
    int64_t version, created_ms, updated_ms;
};

static void policy_free(struct iam_policy *policy)
{
    free(policy->name);
    free(policy->path);
    free(policy->description);
    free(policy->document);
    free(policy);
}

void iam_policies_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->policies, entry)))
        policy_free(entry->value);
    unum_map_done(&local->policies);
}

static void keep(struct local *local, struct unum_str arn, const struct iam_policy *policy)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_MB);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "Name");
    json_strings(&w, policy->name);
    json_key(&w, "Path");
    json_strings(&w, policy->path);
    json_key(&w, "Description");
    json_strings(&w, policy->description);
    json_key(&w, "Document");
    json_strings(&w, policy->document);
    json_key(&w, "Version");
    json_int(&w, policy->version);
    json_key(&w, "Created");
    json_int(&w, policy->created_ms);
    json_key(&w, "Updated");
    json_int(&w, policy->updated_ms);
    json_object_end(&w);
    state_keep_record(local, KIND, arn, unum_buf_str(&body));
}

static void restore_one(struct local *local, struct unum_str arn, struct unum_str body)
{
    struct iam_policy *policy = unum_alloc(sizeof(*policy));
    policy->name = objects_text_at(body, "Name");
    policy->path = objects_text_at(body, "Path");
    policy->description = objects_text_at(body, "Description");
    policy->document = objects_text_at(body, "Document");
    policy->version = objects_number_at(body, "Version", 1);
    policy->created_ms = objects_number_at(body, "Created", 0);
    policy->updated_ms = objects_number_at(body, "Updated", 0);
    (void)unum_map_set(&local->policies, arn, policy);
}

int iam_policies_restore(struct local *local, struct unum_err *err)
{
    return state_each_record(local, KIND, restore_one, err);
}

/* ---- answers ---- */

static size_t attachments(const struct local *local, struct unum_str arn)
{
    struct unum_map_entry *entry = NULL;
    size_t count = 0;
    while ((entry = unum_map_next(&local->roles, entry)))
        count += iam_is_attached(entry->value, arn);
    return count;
}

static void write_policy(struct door_request *req, struct unum_str arn,
                         const struct iam_policy *policy, const char *tag)
{
    struct unum_buf *out = &req->answer.body;
    markup_open(out, tag);
    markup_texts(out, "PolicyName", policy->name);
    markup_text(
        out, "PolicyId",
        unum_arena_printf(&req->arena, "ANPA%016llX", (unsigned long long)unum_str_hash(arn)));
    markup_text(out, "Arn", arn);
    markup_texts(out, "Path", policy->path);
    markup_text(out, "DefaultVersionId",
                unum_arena_printf(&req->arena, "v%lld", (long long)policy->version));
    markup_int(out, "AttachmentCount", (int64_t)attachments(req->local, arn));
    markup_int(out, "PermissionsBoundaryUsageCount", 0);
    markup_bool(out, "IsAttachable", true);
    if (policy->description[0])
        markup_texts(out, "Description", policy->description);
    markup_time(out, "CreateDate", policy->created_ms);
    markup_time(out, "UpdateDate", policy->updated_ms);
    markup_close(out, tag);
}

static void write_version(struct door_request *req, const struct iam_policy *policy, bool document)
{
    struct unum_buf *out = &req->answer.body;
    struct unum_buf UNUM_AUTO_BUF encoded = UNUM_BUF_INIT(UNUM_MB);
    markup_open(out, "PolicyVersion");
    if (document) {
        http_encode(&encoded, unum_str_from(policy->document), false);
        markup_text(out, "Document", unum_buf_str(&encoded));
    }
    markup_text(out, "VersionId",
                unum_arena_printf(&req->arena, "v%lld", (long long)policy->version));
    markup_bool(out, "IsDefaultVersion", true);
    markup_time(out, "CreateDate", policy->updated_ms);
    markup_close(out, "PolicyVersion");
}

/* ---- operations ---- */

/* NULL: an error was answered. */
static struct iam_policy *find(struct door_request *req, struct unum_str *ret_arn)
{
    *ret_arn = form_get(req, "PolicyArn");
    struct iam_policy *policy = unum_map_get(&req->local->policies, *ret_arn);
    if (!policy)
        door_error(req, 404, "NoSuchEntity", "Policy %.*s was not found.", UNUM_STR_ARG(*ret_arn));
    return policy;
}

static bool check_document(struct door_request *req, struct unum_str text)
{
    struct unum_str value;
    if (text.len <= MAX_DOCUMENT && json_check(text, &value, NULL) == 0 &&
        json_type(value) == JSON_OBJECT && json_get(value, UNUM_STR("Statement"), &value))
        return true;
    door_error(req, 400, "MalformedPolicyDocument",
               "a policy document is a JSON object with Statement, of at most %d bytes",
               MAX_DOCUMENT);
    return false;
}

void iam_create_policy_call(struct door_request *req)
{
    struct unum_str name = form_get(req, "PolicyName"), path = form_get(req, "Path");
    struct unum_str about = form_get(req, "Description"), text = form_get(req, "PolicyDocument");
    if (!path.len)
        path = UNUM_STR("/");
    if (!iam_is_name(name) || about.len > MAX_TEXT || path.len > MAX_PATH || path.ptr[0] != '/' ||
        path.ptr[path.len - 1] != '/') {
        door_error(req, 400, "ValidationError",
                   "PolicyName has 1 to 128 characters, Path begins and ends with / and has at "
                   "most %d, Description has at most %d",
                   MAX_PATH, MAX_TEXT);
        return;
    }
    if (!check_document(req, text))
        return;
    struct unum_str arn =
        unum_arena_printf(&req->arena, "arn:aws:iam::" LOCAL_ACCOUNT ":policy%.*s%.*s",
                          UNUM_STR_ARG(path), UNUM_STR_ARG(name));
    if (unum_map_has(&req->local->policies, arn)) {
        door_error(req, 409, "EntityAlreadyExists", "A policy called %.*s already exists.",
                   UNUM_STR_ARG(name));
        return;
    }
    if (req->local->policies.len >= MAX_MANAGED) {
        door_error(req, 409, "LimitExceeded", "Cannot exceed quota for PoliciesPerAccount: %d",
                   MAX_MANAGED);
        return;
    }
    struct iam_policy *policy = unum_alloc(sizeof(*policy));
    policy->name = unum_str_dup(name);
    policy->path = unum_str_dup(path);
    policy->description = unum_str_dup(about);
    policy->document = unum_str_dup(text);
    policy->version = 1;
    policy->created_ms = policy->updated_ms = local_now(req->local);
    (void)unum_map_set(&req->local->policies, arn, policy);
    keep(req->local, arn, policy);
    form_begin(req, IAM_SPACE);
    write_policy(req, arn, policy, "Policy");
    form_end(req);
}

void iam_create_policy_version_call(struct door_request *req)
{
    struct unum_str arn, text = form_get(req, "PolicyDocument");
    struct iam_policy *policy = find(req, &arn);
    if (!policy || !check_document(req, text))
        return;
    if (!unum_str_is(form_get(req, "SetAsDefault"), "true")) {
        door_error(req, 400, "ValidationError",
                   "the local IAM keeps one version of a policy: SetAsDefault must be true");
        return;
    }
    free(policy->document);
    policy->document = unum_str_dup(text);
    policy->version++;
    policy->updated_ms = local_now(req->local);
    keep(req->local, arn, policy);
    form_begin(req, IAM_SPACE);
    write_version(req, policy, false);
    form_end(req);
}

void iam_get_managed_policy_call(struct door_request *req)
{
    struct unum_str arn;
    const struct iam_policy *policy = find(req, &arn);
    if (!policy)
        return;
    form_begin(req, IAM_SPACE);
    write_policy(req, arn, policy, "Policy");
    form_end(req);
}

void iam_get_policy_version_call(struct door_request *req)
{
    struct unum_str arn, version = form_get(req, "VersionId");
    const struct iam_policy *policy = find(req, &arn);
    if (!policy)
        return;
    if (!unum_str_eq(version,
                     unum_arena_printf(&req->arena, "v%lld", (long long)policy->version))) {
        door_error(req, 404, "NoSuchEntity", "Policy %.*s version %.*s was not found.",
                   UNUM_STR_ARG(arn), UNUM_STR_ARG(version));
        return;
    }
    form_begin(req, IAM_SPACE);
    write_version(req, policy, true);
    form_end(req);
}

void iam_delete_managed_policy_call(struct door_request *req)
{
    struct unum_str arn;
    struct iam_policy *policy = find(req, &arn);
    if (!policy)
        return;
    if (attachments(req->local, arn)) {
        door_error(req, 409, "DeleteConflict", "Cannot delete a policy attached to entities.");
        return;
    }
    (void)unum_map_remove(&req->local->policies, arn);
    state_forget_record(req->local, KIND, arn);
    policy_free(policy);
    form_empty(req, IAM_SPACE);
}

/* Those of the account only; a page begins behind the ARN that is its marker. */
void iam_list_managed_policies_call(struct door_request *req)
{
    struct unum_buf *out = &req->answer.body;
    struct unum_str marker = form_get(req, "Marker"), last = UNUM_STR_NONE;
    struct unum_map_entry *entry = NULL;
    bool behind = !marker.len, more = false;
    size_t count = 0;
    form_begin(req, IAM_SPACE);
    markup_open(out, "Policies");
    while (!more && (entry = unum_map_next(&req->local->policies, entry))) {
        if (behind && count == PAGE) {
            more = true;
        } else if (behind) {
            write_policy(req, entry->key, entry->value, "member");
            last = entry->key;
            count++;
        }
        behind |= unum_str_eq(entry->key, marker);
    }
    markup_close(out, "Policies");
    markup_bool(out, "IsTruncated", more);
    if (more)
        markup_text(out, "Marker", last);
    form_end(req);
}

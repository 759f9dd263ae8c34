/*
 * IAM roles and their policies: kept, and looked for when a function names one; nothing is
 * enforced.
 * Source: AWS IAM API Reference, version 2010-05-08.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rand.h"
#include "local/form.h"
#include "local/iam.h"
#include "local/markup.h"
#include "json/json.h"

#define ROLES "role"

enum {
    PAGE = 100,
    MAX_ROLES = 1000,
    MAX_POLICY = 10 * 1024,
    MAX_POLICIES = 100, /* in line, of a role */
    MAX_ATTACHED = 20,
    MAX_TAGS = 50,
    MAX_PATH = 512,
    MAX_ABOUT = 1000,
    MAX_ACTIONS = 200, /* of a simulation */
};

struct iam_role {
    char *name, *path, *trust, *description, id[24];
    int64_t created_ms;
    struct unum_map policies; /* in line: name -> document */
    struct unum_map attached; /* ARN -> itself */
    struct unum_map tags;     /* name -> value */
};

/* ---- roles ---- */

static void texts_free(struct unum_map *map)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(map, entry)))
        free(entry->value);
    unum_map_done(map);
}

static void role_free(struct iam_role *role)
{
    texts_free(&role->policies);
    texts_free(&role->attached);
    texts_free(&role->tags);
    free(role->name);
    free(role->path);
    free(role->trust);
    free(role->description);
    free(role);
}

void iam_clear(struct local *local)
{
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&local->roles, entry)))
        role_free(entry->value);
    unum_map_done(&local->roles);
}

static struct unum_str arn_of(struct door_request *req, const struct iam_role *role)
{
    return unum_arena_printf(&req->arena, "arn:aws:iam::" LOCAL_ACCOUNT ":role%s%s", role->path,
                             role->name);
}

bool iam_has_role(const struct local *local, struct unum_str arn)
{
    static const struct unum_str head = UNUM_STR_INIT("arn:aws:iam::" LOCAL_ACCOUNT ":role/");
    return unum_str_starts(arn, head) &&
           unum_map_has(&local->roles, unum_str_from_pos(arn, unum_str_rfind(arn, '/') + 1));
}

bool iam_trusts(const struct local *local, struct unum_str arn, const char *service)
{
    struct unum_buf UNUM_AUTO_BUF quoted = UNUM_BUF_INIT(UNUM_KB);
    if (!iam_has_role(local, arn))
        return false;
    const struct iam_role *role =
        unum_map_get(&local->roles, unum_str_from_pos(arn, unum_str_rfind(arn, '/') + 1));
    json_quote(&quoted, unum_str_from(service));
    return unum_str_search(unum_str_from(role->trust), unum_buf_str(&quoted)) != SIZE_MAX;
}

static void write_texts(struct json_writer *w, const char *name, const struct unum_map *map)
{
    json_key(w, name);
    json_object_begin(w);
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(map, entry))) {
        json_key_str(w, entry->key);
        json_strings(w, entry->value);
    }
    json_object_end(w);
}

static void keep_role(struct local *local, const struct iam_role *role)
{
    struct unum_buf UNUM_AUTO_BUF body = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    struct json_writer w = JSON_WRITER(&body);
    json_object_begin(&w);
    json_key(&w, "Path");
    json_strings(&w, role->path);
    json_key(&w, "Id");
    json_strings(&w, role->id);
    json_key(&w, "Trust");
    json_strings(&w, role->trust);
    json_key(&w, "Description");
    json_strings(&w, role->description);
    json_key(&w, "Created");
    json_int(&w, role->created_ms);
    write_texts(&w, "Policies", &role->policies);
    write_texts(&w, "Attached", &role->attached);
    write_texts(&w, "Tags", &role->tags);
    json_object_end(&w);
    state_keep_record(local, ROLES, unum_str_from(role->name), unum_buf_str(&body));
}

static char *text_at(struct unum_str object, const char *name)
{
    struct unum_str value;
    struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    if (json_get(object, unum_str_from(name), &value))
        (void)json_decode(value, &text);
    return unum_buf_take(&text);
}

static void read_texts(struct unum_str object, const char *name, struct unum_map *map)
{
    struct unum_str value, key;
    if (!json_get(object, unum_str_from(name), &value))
        return;
    struct json_iter iter = json_iter(value);
    while (json_next(&iter, &key, &value)) {
        struct unum_buf UNUM_AUTO_BUF plain = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        struct unum_buf text = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
        (void)json_decode(key, &plain);
        (void)json_decode(value, &text);
        free(unum_map_set(map, unum_buf_str(&plain), unum_buf_take(&text)));
    }
}

static void restore_role(struct local *local, struct unum_str name, struct unum_str body)
{
    struct iam_role *role = unum_alloc(sizeof(*role));
    char *UNUM_AUTO_FREE id = text_at(body, "Id");
    struct unum_str value;
    role->name = unum_str_dup(name);
    role->path = text_at(body, "Path");
    role->trust = text_at(body, "Trust");
    role->description = text_at(body, "Description");
    if (strlen(id) < sizeof(role->id))
        memcpy(role->id, id, strlen(id) + 1);
    if (!json_get(body, UNUM_STR("Created"), &value) || !json_to_i64(value, &role->created_ms))
        role->created_ms = 0;
    read_texts(body, "Policies", &role->policies);
    read_texts(body, "Attached", &role->attached);
    read_texts(body, "Tags", &role->tags);
    (void)unum_map_set(&local->roles, name, role);
}

int iam_restore(struct local *local, struct unum_err *err)
{
    return state_each_record(local, ROLES, restore_role, err);
}

/* ---- parts of requests ---- */

/* NULL: an error was answered. */
static struct iam_role *find_role(struct door_request *req)
{
    struct unum_str name = form_get(req, "RoleName");
    struct iam_role *role = unum_map_get(&req->local->roles, name);
    if (!role)
        door_error(req, 404, "NoSuchEntity", "The role with name %.*s cannot be found.",
                   UNUM_STR_ARG(name));
    return role;
}

bool iam_is_name(struct unum_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (!c || !strchr("_+=,.@-", c)))
            return false;
    }
    return name.len > 0 && name.len <= 128;
}

bool iam_is_attached(const struct iam_role *role, struct unum_str arn)
{
    return unum_map_has(&role->attached, arn);
}

/* False: an error was answered. */
static bool check_document(struct door_request *req, struct unum_str text)
{
    struct unum_str value;
    if (text.len <= MAX_POLICY && json_check(text, &value, NULL) == 0 &&
        json_type(value) == JSON_OBJECT && json_get(value, UNUM_STR("Statement"), &value))
        return true;
    door_error(req, 400, "MalformedPolicyDocument",
               "a policy document is a JSON object with Statement, of at most 10240 bytes");
    return false;
}

/* Tags.member.1.Key ... */
static void read_tags(struct door_request *req, struct iam_role *role)
{
    for (int i = 1; i <= 50; i++) {
        struct unum_str key, value = UNUM_STR("");
        if (!form_find(req, unum_arena_printf(&req->arena, "Tags.member.%d.Key", i), &key))
            break;
        (void)form_find(req, unum_arena_printf(&req->arena, "Tags.member.%d.Value", i), &value);
        if (key.len <= 128 && value.len <= 256 &&
            (role->tags.len < MAX_TAGS || unum_map_has(&role->tags, key)))
            free(unum_map_set(&role->tags, key, unum_str_dup(value)));
    }
}

static void write_document(struct door_request *req, const char *tag, const char *document)
{
    struct unum_buf UNUM_AUTO_BUF encoded = UNUM_BUF_INIT(UNUM_LIMIT_TEXT);
    http_encode(&encoded, unum_str_from(document), false);
    markup_text(&req->answer.body, tag, unum_buf_str(&encoded));
}

static void write_tags(struct door_request *req, const struct iam_role *role)
{
    struct unum_buf *out = &req->answer.body;
    struct unum_map_entry *entry = NULL;
    markup_open(out, "Tags");
    while ((entry = unum_map_next(&role->tags, entry))) {
        markup_open(out, "member");
        markup_text(out, "Key", entry->key);
        markup_texts(out, "Value", entry->value);
        markup_close(out, "member");
    }
    markup_close(out, "Tags");
}

static void write_role(struct door_request *req, const struct iam_role *role, const char *tag)
{
    struct unum_buf *out = &req->answer.body;
    markup_open(out, tag);
    markup_texts(out, "Path", role->path);
    markup_texts(out, "RoleName", role->name);
    markup_texts(out, "RoleId", role->id);
    markup_text(out, "Arn", arn_of(req, role));
    markup_time(out, "CreateDate", role->created_ms);
    write_document(req, "AssumeRolePolicyDocument", role->trust);
    if (role->description[0])
        markup_texts(out, "Description", role->description);
    markup_int(out, "MaxSessionDuration", 3600);
    if (role->tags.len)
        write_tags(req, role);
    markup_close(out, tag);
}

/* ---- roles: operations ---- */

void iam_create_call(struct door_request *req)
{
    struct local *local = req->local;
    struct unum_str name = form_get(req, "RoleName"), path = form_get(req, "Path");
    struct unum_str trust = form_get(req, "AssumeRolePolicyDocument");
    if (!iam_is_name(name) || name.len > 64) {
        door_error(req, 400, "ValidationError", "RoleName has 1 to 64 letters, digits or _+=,.@-");
        return;
    }
    if (path.len > MAX_PATH || form_get(req, "Description").len > MAX_ABOUT ||
        (path.len && (path.ptr[0] != '/' || path.ptr[path.len - 1] != '/'))) {
        door_error(req, 400, "ValidationError",
                   "Path begins and ends with / and has at most %d characters, Description has at "
                   "most %d",
                   MAX_PATH, MAX_ABOUT);
        return;
    }
    if (!check_document(req, trust))
        return;
    if (unum_map_has(&local->roles, name)) {
        door_error(req, 409, "EntityAlreadyExists", "Role with name %.*s already exists.",
                   UNUM_STR_ARG(name));
        return;
    }
    if (local->roles.len >= MAX_ROLES) {
        door_error(req, 409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: %d",
                   MAX_ROLES);
        return;
    }
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned char random[17];
    unum_random_bytes(random, sizeof(random));
    struct iam_role *role = unum_alloc(sizeof(*role));
    memcpy(role->id, "AROA", 4);
    for (size_t i = 0; i < sizeof(random); i++)
        role->id[4 + i] = letters[random[i] % 32];
    role->name = unum_str_dup(name);
    role->path = unum_str_dup(path.len ? path : UNUM_STR("/"));
    role->trust = unum_str_dup(trust);
    role->description = unum_str_dup(form_get(req, "Description"));
    role->created_ms = local_now(local);
    read_tags(req, role);
    (void)unum_map_set(&local->roles, name, role);
    keep_role(local, role);
    form_begin(req, IAM_SPACE);
    write_role(req, role, "Role");
    form_end(req);
}

void iam_get_call(struct door_request *req)
{
    const struct iam_role *role = find_role(req);
    if (!role)
        return;
    form_begin(req, IAM_SPACE);
    write_role(req, role, "Role");
    form_end(req);
}

void iam_delete_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    if (!role)
        return;
    if (role->policies.len || role->attached.len) {
        door_error(req, 409, "DeleteConflict", "Cannot delete entity, must %s first.",
                   role->policies.len ? "delete policies" : "detach all policies");
        return;
    }
    (void)unum_map_remove(&req->local->roles, unum_str_from(role->name));
    state_forget_record(req->local, ROLES, unum_str_from(role->name));
    role_free(role);
    form_empty(req, IAM_SPACE);
}

/* Marker and MaxItems; the marker is the number of entries before the page. False: an error was
 * answered. */
static bool read_page(struct door_request *req, uint64_t *ret_from, uint64_t *ret_most)
{
    struct unum_str marker = form_get(req, "Marker"), most = form_get(req, "MaxItems");
    *ret_from = 0;
    *ret_most = PAGE;
    if ((!marker.len || unum_str_to_u64(marker, ret_from)) &&
        (!most.len || (unum_str_to_u64(most, ret_most) && *ret_most >= 1 && *ret_most <= 1000)))
        return true;
    door_error(req, 400, "ValidationError", "Marker or MaxItems is not valid");
    return false;
}

static void end_page(struct door_request *req, bool more, uint64_t next)
{
    markup_bool(&req->answer.body, "IsTruncated", more);
    if (more)
        markup_int(&req->answer.body, "Marker", (int64_t)next);
    form_end(req);
}

void iam_list_call(struct door_request *req)
{
    uint64_t from, most, at = 0;
    struct unum_str prefix = form_get(req, "PathPrefix");
    if (!read_page(req, &from, &most))
        return;
    form_begin(req, IAM_SPACE);
    markup_open(&req->answer.body, "Roles");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&req->local->roles, entry))) {
        const struct iam_role *role = entry->value;
        if (!unum_str_starts(unum_str_from(role->path), prefix))
            continue;
        if (at >= from && at - from < most)
            write_role(req, role, "member");
        at++;
    }
    markup_close(&req->answer.body, "Roles");
    end_page(req, at > from + most, from + most);
}

void iam_update_trust_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    struct unum_str document = form_get(req, "PolicyDocument");
    if (!role || !check_document(req, document))
        return;
    free(role->trust);
    role->trust = unum_str_dup(document);
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

void iam_tag_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    if (!role)
        return;
    read_tags(req, role);
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

void iam_untag_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    struct unum_str key;
    if (!role)
        return;
    for (int i = 1; i <= MAX_TAGS &&
                    form_find(req, unum_arena_printf(&req->arena, "TagKeys.member.%d", i), &key);
         i++)
        free(unum_map_remove(&role->tags, key));
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

void iam_list_tags_call(struct door_request *req)
{
    const struct iam_role *role = find_role(req);
    if (!role)
        return;
    form_begin(req, IAM_SPACE);
    write_tags(req, role);
    end_page(req, false, 0);
}

/* ---- policies ---- */

void iam_put_policy_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    struct unum_str name = form_get(req, "PolicyName"), text = form_get(req, "PolicyDocument");
    if (!role)
        return;
    if (!iam_is_name(name)) {
        door_error(req, 400, "ValidationError", "PolicyName has 1 to 128 characters");
        return;
    }
    if (!check_document(req, text))
        return;
    if (role->policies.len >= MAX_POLICIES && !unum_map_has(&role->policies, name)) {
        door_error(req, 409, "LimitExceeded", "Cannot exceed quota for policies of a role: %d",
                   MAX_POLICIES);
        return;
    }
    free(unum_map_set(&role->policies, name, unum_str_dup(text)));
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

/* NULL: an error was answered. */
static const char *find_policy(struct door_request *req, const struct iam_role *role)
{
    struct unum_str name = form_get(req, "PolicyName");
    const char *text = role ? unum_map_get(&role->policies, name) : NULL;
    if (role && !text)
        door_error(req, 404, "NoSuchEntity", "The role policy with name %.*s cannot be found.",
                   UNUM_STR_ARG(name));
    return text;
}

void iam_get_policy_call(struct door_request *req)
{
    const struct iam_role *role = find_role(req);
    const char *text = find_policy(req, role);
    if (!text)
        return;
    form_begin(req, IAM_SPACE);
    markup_texts(&req->answer.body, "RoleName", role->name);
    markup_text(&req->answer.body, "PolicyName", form_get(req, "PolicyName"));
    write_document(req, "PolicyDocument", text);
    form_end(req);
}

void iam_delete_policy_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    if (!find_policy(req, role))
        return;
    free(unum_map_remove(&role->policies, form_get(req, "PolicyName")));
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

void iam_list_policies_call(struct door_request *req)
{
    const struct iam_role *role = find_role(req);
    if (!role)
        return;
    form_begin(req, IAM_SPACE);
    markup_open(&req->answer.body, "PolicyNames");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&role->policies, entry)))
        markup_text(&req->answer.body, "member", entry->key);
    markup_close(&req->answer.body, "PolicyNames");
    end_page(req, false, 0);
}

void iam_attach_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    struct unum_str arn = form_get(req, "PolicyArn");
    if (!role)
        return;
    if (!unum_str_starts(arn, UNUM_STR("arn:aws:iam::")) ||
        unum_str_search(arn, UNUM_STR(":policy/")) == SIZE_MAX) {
        door_error(req, 400, "ValidationError", "PolicyArn must be the ARN of a policy");
        return;
    }
    if (unum_str_starts(arn, UNUM_STR("arn:aws:iam::" LOCAL_ACCOUNT ":")) &&
        !unum_map_has(&req->local->policies, arn)) {
        door_error(req, 404, "NoSuchEntity", "Policy %.*s was not found.", UNUM_STR_ARG(arn));
        return;
    }
    if (arn.len > UNUM_KB ||
        (role->attached.len >= MAX_ATTACHED && !unum_map_has(&role->attached, arn))) {
        door_error(req, 409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: %d",
                   MAX_ATTACHED);
        return;
    }
    free(unum_map_set(&role->attached, arn, unum_str_dup(arn)));
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

void iam_detach_call(struct door_request *req)
{
    struct iam_role *role = find_role(req);
    struct unum_str arn = form_get(req, "PolicyArn");
    if (!role)
        return;
    if (!unum_map_has(&role->attached, arn)) {
        door_error(req, 404, "NoSuchEntity", "Policy %.*s was not found.", UNUM_STR_ARG(arn));
        return;
    }
    free(unum_map_remove(&role->attached, arn));
    keep_role(req->local, role);
    form_empty(req, IAM_SPACE);
}

void iam_list_attached_call(struct door_request *req)
{
    struct unum_buf *out = &req->answer.body;
    const struct iam_role *role = find_role(req);
    if (!role)
        return;
    form_begin(req, IAM_SPACE);
    markup_open(out, "AttachedPolicies");
    struct unum_map_entry *entry = NULL;
    while ((entry = unum_map_next(&role->attached, entry))) {
        markup_open(out, "member");
        markup_text(out, "PolicyName",
                    unum_str_from_pos(entry->key, unum_str_rfind(entry->key, '/') + 1));
        markup_text(out, "PolicyArn", entry->key);
        markup_close(out, "member");
    }
    markup_close(out, "AttachedPolicies");
    end_page(req, false, 0);
}

/* Nothing is denied here, so everything is allowed. */
void iam_simulate_call(struct door_request *req)
{
    struct unum_buf *out = &req->answer.body;
    struct unum_str action, resource = UNUM_STR("*");
    (void)form_find(req, UNUM_STR("ResourceArns.member.1"), &resource);
    form_begin(req, IAM_SPACE);
    markup_open(out, "EvaluationResults");
    for (int i = 1;
         i <= MAX_ACTIONS &&
         form_find(req, unum_arena_printf(&req->arena, "ActionNames.member.%d", i), &action);
         i++) {
        markup_open(out, "member");
        markup_text(out, "EvalActionName", action);
        markup_text(out, "EvalResourceName", resource);
        markup_texts(out, "EvalDecision", "allowed");
        markup_close(out, "member");
    }
    markup_close(out, "EvaluationResults");
    end_page(req, false, 0);
}
